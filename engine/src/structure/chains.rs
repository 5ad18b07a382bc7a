//! From atom records to protein chains: which records form a residue, and which residues a chain.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use super::naming::{ResidueName, residue_name};
use super::records::AtomRecord;
use super::segments::PEPTIDE_BOND_LIMIT_ANGSTROM;

/// The records of one residue, all alternate locations included.
#[derive(Clone, Debug)]
pub(super) struct Group {
    /// Record indices, ascending. Not always consecutive: some programs write hydrogens after all heavy atoms.
    pub records: Vec<usize>,
    /// Whether a name of the vocabulary is among its residue names.
    pub known: bool,
}

/// One protein chain.
#[derive(Clone, Debug)]
pub(super) struct Chain {
    /// Identifier by which the user chooses it.
    pub id: String,
    /// Its residues; those not known are modified residues, which are an error in the chain that is used.
    pub groups: Vec<Group>,
}

/// The content of a file, sorted.
#[derive(Debug, Default)]
pub(super) struct Content {
    /// Protein chains in file order.
    pub chains: Vec<Chain>,
    /// Number of waters.
    pub waters: usize,
    /// Number of nucleotides.
    pub nucleotides: usize,
    /// Names and numbers of caps.
    pub caps: BTreeMap<String, usize>,
    /// Names and numbers of all other groups that are no part of a protein.
    pub others: BTreeMap<String, usize>,
}

/// Sorts the residues of a file into protein chains and the rest. `trust_positions` is false for the
/// topology of a trajectory, where distances may mean nothing (periodic images).
pub(super) fn sort_content(atoms: &[AtomRecord], trust_positions: bool) -> Content {
    let groups = group_records(atoms);
    let mut content = Content::default();
    let mut keys: Vec<(&str, usize)> = Vec::new();
    let mut last_at: HashMap<((&str, usize), i32, Option<char>), (usize, usize)> = HashMap::new();
    for (index, records) in groups.iter().enumerate() {
        let first = &atoms[records.start];
        let key = (first.chain.as_str(), if first.chain.is_empty() { first.part } else { 0 });
        let place = (key, first.number, first.insertion_code);
        if let Some(&(chain, earlier)) = last_at.get(&place)
            && continues(atoms, &content.chains[chain].groups[earlier], records)
        {
            content.chains[chain].groups[earlier].records.extend(records.clone());
            continue;
        }
        let names: Vec<_> = atoms[records.clone()].iter().map(|a| residue_name(&a.residue_name)).collect();
        let known = names.iter().any(|name| matches!(name, ResidueName::Protein { .. }));
        match names[0] {
            ResidueName::Water => content.waters += 1,
            ResidueName::Nucleic => content.nucleotides += 1,
            ResidueName::Cap => *content.caps.entry(first.residue_name.clone()).or_default() += 1,
            _ if in_polymer(atoms, &groups, index, known, trust_positions) => {
                let chain = keys.iter().position(|&k| k == key).unwrap_or_else(|| {
                    keys.push(key);
                    content.chains.push(Chain { id: first.chain.clone(), groups: Vec::new() });
                    keys.len() - 1
                });
                let chain_groups = &mut content.chains[chain].groups;
                last_at.insert(place, (chain, chain_groups.len()));
                chain_groups.push(Group { records: records.clone().collect(), known });
            }
            _ => *content.others.entry(first.residue_name.clone()).or_default() += 1,
        }
    }
    for (index, chain) in content.chains.iter_mut().enumerate() {
        if chain.id.is_empty() {
            chain.id = (index + 1).to_string();
        }
    }
    content
}

/// Splits records into residues. Different names under one number are one residue only if they are
/// alternate locations of each other.
fn group_records(atoms: &[AtomRecord]) -> Vec<Range<usize>> {
    let mut groups = Vec::new();
    let mut start = 0;
    for index in 1..=atoms.len() {
        let ends = index == atoms.len() || {
            let (a, b) = (&atoms[index - 1], &atoms[index]);
            (a.number, a.insertion_code, a.part, &a.chain) != (b.number, b.insertion_code, b.part, &b.chain)
                || (a.residue_name != b.residue_name && (a.altloc.is_none() || b.altloc.is_none()))
        };
        if ends {
            groups.push(start..index);
            start = index;
        }
    }
    groups
}

/// Whether later records belong to an earlier residue of the same number: same name, other atoms.
fn continues(atoms: &[AtomRecord], earlier: &Group, records: &Range<usize>) -> bool {
    atoms[records.clone()].iter().all(|new| {
        earlier.records.iter().all(|&index| {
            let old = &atoms[index];
            let same_atom = old.name == new.name && old.altloc == new.altloc;
            !same_atom && (old.residue_name == new.residue_name || old.altloc != new.altloc)
        })
    })
}

/// Whether a group that is no water, cap or nucleotide belongs to a protein chain.
fn in_polymer(
    atoms: &[AtomRecord],
    groups: &[Range<usize>],
    index: usize,
    known: bool,
    trust_positions: bool,
) -> bool {
    let records = &atoms[groups[index].clone()];
    let backbone = ["N", "CA", "C"].iter().all(|name| records.iter().any(|a| a.name == *name));
    if !known && !backbone {
        return false;
    }
    if let Some(polymer) = records[0].polymer {
        return polymer;
    }
    if !records.iter().all(|a| a.hetero) {
        return true;
    }
    if !trust_positions {
        return true;
    }
    // A hetero group with a backbone: a modified residue if it is bonded to a neighbour, else a ligand.
    let neighbour = |other: usize| groups.get(other).map_or(&[][..], |range| &atoms[range.clone()]);
    let bonded = |before: &[AtomRecord], after: &[AtomRecord]| {
        before.iter().filter(|a| a.name == "C").any(|c| {
            after.iter().filter(|a| a.name == "N").any(|n| {
                let d2: f64 = (0..3).map(|k| (c.position_angstrom[k] - n.position_angstrom[k]).powi(2)).sum();
                d2.sqrt() < PEPTIDE_BOND_LIMIT_ANGSTROM
            })
        })
    };
    (index > 0 && bonded(neighbour(index - 1), records)) || bonded(records, neighbour(index + 1))
}
