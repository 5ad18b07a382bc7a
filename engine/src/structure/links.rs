//! Peptide bonds between the residues of a file, found by distance.
//!
//! They decide which residues belong together: neither the order of a file nor TER nor HETATM is kept by all
//! programs (sorting by record type puts a modified or an all-HETATM terminus behind everything else).

use super::bond_limits::PEPTIDE_BOND_LIMIT_ANGSTROM;
use super::cell::{Lattice, separation_angstrom};
use super::records::AtomRecord;

/// Nearer than this, atoms lie on top of each other and say nothing.
const NEAREST_ANGSTROM: f64 = 0.8;
/// Most loose ends among which bonds are looked for. More of them means that the coordinates are no protein's.
const MOST_LOOSE_ENDS: usize = 4000;

/// One end of a residue: positions of its C or N, with their alternate locations.
type End<'a> = Vec<(Option<&'a str>, [f64; 3])>;

/// What a link needs to know of a residue.
pub(super) struct Linkable<'a> {
    /// Chain identifier.
    pub chain: &'a str,
    /// Whether all of its records are HETATM.
    pub hetero: bool,
    carbon: End<'a>,
    nitrogen: End<'a>,
}

impl<'a> Linkable<'a> {
    pub fn new(records: &[&'a AtomRecord]) -> Self {
        let end = |name: &str| -> End<'a> {
            let atoms = records.iter().filter(|a| a.name == name);
            let finite = |a: &&&AtomRecord| a.position_angstrom.iter().all(|x| x.is_finite());
            atoms.filter(finite).map(|a| (a.altloc.as_deref(), a.position_angstrom)).collect()
        };
        Self {
            chain: records.first().map_or("", |a| &a.chain),
            hetero: records.iter().all(|a| a.hetero),
            carbon: end("C"),
            nitrogen: end("N"),
        }
    }

    /// Distance of its C to the N of `next`, if that is a peptide bond in some pair of conformers that go
    /// together.
    fn bond_angstrom(&self, next: &Linkable<'_>, lattice: Option<&Lattice>) -> Option<f64> {
        let mut shortest: Option<f64> = None;
        for (a, c) in &self.carbon {
            for (b, n) in &next.nitrogen {
                let compatible = a.is_none() || b.is_none() || a == b;
                let length = separation_angstrom(*c, *n, lattice);
                let bonded = (NEAREST_ANGSTROM..PEPTIDE_BOND_LIMIT_ANGSTROM).contains(&length);
                if compatible && bonded && shortest.is_none_or(|best| length < best) {
                    shortest = Some(length);
                }
            }
        }
        shortest
    }
}

/// For every residue the one that follows it in its chain. No residue follows two, and no chain closes to a
/// ring.
pub(super) fn successors(residues: &[Linkable<'_>], lattice: Option<&Lattice>) -> Vec<Option<usize>> {
    let mut links = Links { next: vec![None; residues.len()], before: vec![None; residues.len()] };
    // Nearly all follow each other in the file.
    for (index, pair) in residues.windows(2).enumerate() {
        if pair[0].chain == pair[1].chain && pair[0].bond_angstrom(&pair[1], lattice).is_some() {
            links.join(index, index + 1);
        }
    }
    let ends: Vec<usize> =
        (0..residues.len()).filter(|&i| links.next[i].is_none() && !residues[i].carbon.is_empty()).collect();
    let starts: Vec<usize> = (0..residues.len())
        .filter(|&i| links.before[i].is_none() && !residues[i].nitrogen.is_empty())
        .collect();
    if ends.len().max(starts.len()) > MOST_LOOSE_ENDS {
        return links.next;
    }
    let mut bonds = Vec::new();
    for &end in &ends {
        for &start in &starts {
            let (a, b) = (&residues[end], &residues[start]);
            // Another chain identifier is believed of molecules, not of modified residues within one.
            let may = end != start && (a.chain == b.chain || a.hetero || b.hetero);
            if may && let Some(length) = a.bond_angstrom(b, lattice) {
                bonds.push((a.chain != b.chain, length, end, start));
            }
        }
    }
    bonds.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    for (_, _, end, start) in bonds {
        if links.next[end].is_none() && links.before[start].is_none() && links.last(start) != end {
            links.join(end, start);
        }
    }
    links.next
}

struct Links {
    next: Vec<Option<usize>>,
    before: Vec<Option<usize>>,
}

impl Links {
    fn join(&mut self, end: usize, start: usize) {
        self.next[end] = Some(start);
        self.before[start] = Some(end);
    }

    /// Last residue of the path from `start`.
    fn last(&self, start: usize) -> usize {
        let mut at = start;
        while let Some(next) = self.next[at] {
            at = next;
        }
        at
    }
}
