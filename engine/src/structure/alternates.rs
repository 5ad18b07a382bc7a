//! Alternate locations: which conformer of each residue is read.
//!
//! One conformer is taken as a whole, chosen for all bonded residues together: a standard residue before a
//! modified one, then sound peptide bonds, then the most complete conformer, then the same one as the
//! neighbors', then the highest occupancy. Mixing conformers gives bonds that no molecule has.

use super::bond_limits::PEPTIDE_BOND_LIMIT_ANGSTROM;
use super::cell::{Lattice, separation_angstrom};
use super::naming::{AtomName, ResidueName, atom_name, residue_name};
use super::records::AtomRecord;

/// One way to read a residue.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Conformer {
    /// Residue name.
    pub name: String,
    /// Its alternate location; `None` where the residue has none, or where the unmarked atoms are meant.
    pub altloc: Option<String>,
    /// How it compares with the others of its residue.
    own: Cost,
    carbon: Option<[f64; 3]>,
    nitrogen: Option<[f64; 3]>,
}

/// Smaller is better, the first entry first.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
struct Cost {
    /// Residues outside the vocabulary, then those that the file calls otherwise.
    modified: u32,
    renamed: u32,
    broken: u32,
    missing: u32,
    changes: u32,
    /// Occupancy that is left out.
    vacancy: f64,
}

impl Cost {
    fn plus(self, other: Cost) -> Cost {
        Cost {
            modified: self.modified + other.modified,
            renamed: self.renamed + other.renamed,
            broken: self.broken + other.broken,
            missing: self.missing + other.missing,
            changes: self.changes + other.changes,
            vacancy: self.vacancy + other.vacancy,
        }
    }
}

/// Whether an atom is read in a conformer: marked by it, or not marked where it has no such atom.
pub(super) fn belongs(record: &AtomRecord, conformer: &Conformer, records: &[(usize, &AtomRecord)]) -> bool {
    if record.residue_name != conformer.name {
        return false;
    }
    match (&record.altloc, &conformer.altloc) {
        (None, Some(_)) => !records.iter().any(|(_, a)| {
            a.altloc == conformer.altloc && a.name == record.name && a.residue_name == record.residue_name
        }),
        (a, b) => a == b,
    }
}

/// Chooses the conformer of every residue of a chain.
pub(super) fn choose(residues: &[Vec<(usize, &AtomRecord)>], lattice: Option<&Lattice>) -> Vec<Conformer> {
    let options: Vec<Vec<Conformer>> = residues.iter().map(|records| conformers(records)).collect();
    // The cheapest way to every conformer of every residue, and where it came from.
    let mut best: Vec<Vec<(Cost, usize)>> = Vec::with_capacity(options.len());
    for (index, here) in options.iter().enumerate() {
        let ways = here.iter().map(|option| {
            let Some(before) = index.checked_sub(1) else { return (option.own, 0) };
            let mut way = (Cost::default(), usize::MAX);
            for (k, previous) in options[before].iter().enumerate() {
                let cost = best[before][k].0.plus(junction(previous, option, lattice)).plus(option.own);
                if way.1 == usize::MAX || cost < way.0 {
                    way = (cost, k);
                }
            }
            way
        });
        let ways = ways.collect();
        best.push(ways);
    }
    let mut chosen = Vec::with_capacity(options.len());
    let mut at = best.last().map_or(0, |ways| {
        (0..ways.len()).reduce(|a, b| if ways[b].0 < ways[a].0 { b } else { a }).unwrap_or(0)
    });
    for (index, here) in options.iter().enumerate().rev() {
        chosen.push(here[at].clone());
        at = best[index][at].1;
    }
    chosen.reverse();
    chosen
}

fn junction(before: &Conformer, after: &Conformer, lattice: Option<&Lattice>) -> Cost {
    let bonded = match (before.carbon, after.nitrogen) {
        (Some(c), Some(n)) => separation_angstrom(c, n, lattice) < PEPTIDE_BOND_LIMIT_ANGSTROM,
        _ => false,
    };
    let change = before.altloc.is_some() && after.altloc.is_some() && before.altloc != after.altloc;
    Cost { broken: u32::from(!bonded), changes: u32::from(change), ..Cost::default() }
}

/// All conformers of a residue, in file order; at least one.
fn conformers(records: &[(usize, &AtomRecord)]) -> Vec<Conformer> {
    let mut keys: Vec<(&str, Option<&str>)> = Vec::new();
    for (_, record) in records.iter().filter(|(_, a)| a.altloc.is_some()) {
        let key = (record.residue_name.as_str(), record.altloc.as_deref());
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    // Unmarked atoms are a conformer of their own where a marked one has the same name.
    let unmarked = |a: &AtomRecord| a.altloc.is_none();
    let rival = records.iter().find(|(_, a)| {
        unmarked(a)
            && records
                .iter()
                .any(|(_, b)| !unmarked(b) && (b.name == a.name || b.residue_name != a.residue_name))
    });
    let first = rival.or(records.first()).map(|(_, a)| a.residue_name.as_str()).unwrap_or_default();
    if keys.is_empty() || rival.is_some() {
        keys.insert(0, (first, None));
    }
    keys.into_iter().map(|(name, altloc)| conformer(records, name, altloc)).collect()
}

fn conformer(records: &[(usize, &AtomRecord)], name: &str, altloc: Option<&str>) -> Conformer {
    let mut conformer = Conformer {
        name: name.to_owned(),
        altloc: altloc.map(str::to_owned),
        own: Cost::default(),
        carbon: None,
        nitrogen: None,
    };
    let members: Vec<&AtomRecord> =
        records.iter().map(|&(_, a)| a).filter(|a| belongs(a, &conformer, records)).collect();
    let position = |name: &str| members.iter().find(|a| a.name == name).map(|a| a.position_angstrom);
    conformer.carbon = position("C");
    conformer.nitrogen = position("N");
    match residue_name(name) {
        ResidueName::Protein { kind, renamed } => {
            let mut present = vec![false; kind.atom_count()];
            for member in &members {
                if let AtomName::Canonical(offset) = atom_name(kind, &member.name, member.hydrogen) {
                    present[offset] = true;
                }
            }
            conformer.own.renamed = u32::from(renamed);
            conformer.own.missing = present.iter().filter(|&&there| !there).count() as u32;
        }
        _ => conformer.own.modified = 1,
    }
    let marked: Vec<f64> =
        members.iter().filter(|a| a.altloc.as_deref() == altloc).map(|a| a.occupancy).collect();
    let mean = if marked.is_empty() { 0.0 } else { marked.iter().sum::<f64>() / marked.len() as f64 };
    // Thousandths, so that sums in another order are equal.
    conformer.own.vacancy = (1000.0 * (1.0 - mean)).round();
    conformer
}
