//! Facts about a protein, as integers that the kernels look up.

use crate::network::SequenceBatch;
use crate::structure::SLOTS;

/// Sites of a residue: 13 slots and Cα.
const SITES: usize = SLOTS + 1;
/// No branch.
const NOWHERE: u32 = u32::MAX;

/// The tables of one protein, and where each begins.
#[derive(Clone, Debug, Default)]
pub(super) struct Tables {
    pub words: Vec<u32>,
    /// Per residue: label, used slots in bits 8–15, whether it has a Cβ in bit 16.
    pub residue_words: u32,
    /// Per residue: sites of a branch's center and three substituents.
    pub branches: u32,
    /// Per residue: two bits per site for carbon, polar, sulfur.
    pub classes: u32,
    /// Per site: its first entry in `pairs`; one more at the end.
    pub pair_starts: u32,
    /// The other site and in bit 0 whether it is a 1–3 pair; the reference distance in Å.
    pub pairs: u32,
    /// Per site two words: bits of the sites fewer than four bonds away in the residue before and in its own;
    /// in the residue after.
    pub close: u32,
    /// Per residue: the four sites of each torsion.
    pub torsions: u32,
    /// Per replica: index, frame, upper half of the frame. Written anew each frame.
    pub addresses: u32,
}

impl Tables {
    /// Tables of the first protein of `sequence`, with room for the addresses of `replicas`.
    pub fn new(sequence: &SequenceBatch, replicas: usize) -> Self {
        let residues = sequence.starts.get(1).copied().unwrap_or_default();
        let mut t = Self::default();
        let Some(template) = sequence.strain.first() else { return t };
        for residue in 0..residues {
            let has_cb = u32::from(template.sites[residue].len() > 4);
            let used = sequence.used_slots[residue] as u32;
            t.words.push(sequence.residues[residue].index() as u32 | used << 8 | has_cb << 16);
        }
        t.branches = t.words.len() as u32;
        for branch in &template.branches {
            t.words.extend(branch.unwrap_or([NOWHERE; 4]));
        }
        t.classes = t.words.len() as u32;
        for sites in &template.sites {
            let bits = |(site, class): &(u32, u8)| u32::from(*class) << (2 * (*site as usize % SITES));
            t.words.push(sites.iter().map(bits).sum());
        }
        let mut pairs: Vec<Vec<[u32; 2]>> = vec![Vec::new(); residues * SITES];
        for (kind, list) in [(0, &template.bonds), (1, &template.angles)] {
            for &(a, b, reference) in list {
                pairs[a as usize].push([b << 1 | kind, reference.to_bits()]);
                pairs[b as usize].push([a << 1 | kind, reference.to_bits()]);
            }
        }
        t.pair_starts = t.words.len() as u32;
        let mut start = 0;
        for list in &pairs {
            t.words.push(start);
            start += list.len() as u32;
        }
        t.words.push(start);
        t.pairs = t.words.len() as u32;
        t.words.extend(pairs.iter().flatten().flatten());
        t.close = t.words.len() as u32;
        let mut close = vec![[0u32; 2]; residues * SITES];
        for (a, list) in template.close.iter().enumerate() {
            for &b in list {
                let b = b as usize;
                mark(&mut close, a, b);
                mark(&mut close, b, a);
            }
        }
        t.words.extend(close.iter().flatten());
        t.torsions = t.words.len() as u32;
        if let Some(torsions) = sequence.torsions.first() {
            let sites = torsions.residues.iter().flatten();
            t.words.extend(sites.flat_map(|sites| sites.unwrap_or([NOWHERE; 4])));
        }
        t.addresses = t.words.len() as u32;
        t.words.resize(t.words.len() + 3 * replicas, 0);
        t
    }
}

/// Notes that `other` is close to `site`. Pairs farther apart along the chain are never left out of the
/// contacts, see [`crate::network::inputs::strain`].
fn mark(close: &mut [[u32; 2]], site: usize, other: usize) {
    let bit = 1 << (other % SITES);
    match (other / SITES) as i64 - (site / SITES) as i64 {
        -1 => close[site][0] |= bit,
        0 => close[site][0] |= bit << SITES,
        1 => close[site][1] |= bit,
        _ => {}
    }
}
