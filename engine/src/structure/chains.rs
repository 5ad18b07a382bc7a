//! From atom records to protein chains: which records form a residue, and which residues a chain.
//!
//! Peptide bonds come first. Where the coordinates show none (a missing loop, the topology of a trajectory that
//! was wrapped in its box), file order holds residues of one chain identifier together, unless something says
//! that another molecule begins: numbers that start again, TER, a terminal oxygen, another segment.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::cell::Lattice;
use super::error::MIN_RESIDUES;
use super::links::{Linkable, successors};
use super::naming::{AtomName, ResidueName, atom_name, residue_name};
use super::records::{AtomRecord, FileAtoms};

/// No residue in pieces has more records, alternate locations included.
const MOST_RECORDS: usize = 1000;
/// No residue of which atoms come twice has more records; what has more was made to keep a program busy.
const MOST_WITH_TWINS: usize = 200;

/// The records of one residue, all alternate locations included.
#[derive(Clone, Debug)]
pub(super) struct Group {
    /// Record indices, ascending. Not always consecutive: some programs write hydrogens after all heavy atoms.
    pub records: Vec<usize>,
    /// Residue number as it is shown.
    pub number: i32,
}

/// One protein chain: one molecule, as far as the file shows.
#[derive(Clone, Debug)]
pub(super) struct Chain {
    /// Identifier by which the user chooses it, unique in the file.
    pub id: String,
    /// Chain identifier in the file, which several molecules may share.
    pub file_id: String,
    /// Its residues; those outside the vocabulary are an error in the chain that is used.
    pub groups: Vec<Group>,
    /// Whether the residues are counted from 1 because the file does not number them, or all alike.
    pub renumbered: bool,
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

/// Records of one residue.
struct RawGroup {
    records: Vec<usize>,
    /// Whether only an atom name that came again tells it from the residue before.
    split: bool,
}

/// A residue that may belong to a protein.
struct Candidate<'a> {
    records: Vec<usize>,
    first: &'a AtomRecord,
    known: bool,
    split: bool,
    hetero: bool,
    in_sequence: bool,
    ends_chain: bool,
}

/// Sorts the residues of a file into protein chains and the rest.
pub(super) fn sort_content(file: &FileAtoms) -> Content {
    let atoms = &file.atoms;
    let mut content = Content::default();
    let mut candidates: Vec<Candidate<'_>> = Vec::new();
    for group in group_records(atoms) {
        let first = &atoms[group.records[0]];
        let records = || group.records.iter().map(|&index| &atoms[index]);
        let names: Vec<_> = records().map(|a| residue_name(&a.residue_name)).collect();
        let known = names.iter().any(|&name| matches!(name, ResidueName::Protein { .. }));
        let backbone = || ["N", "CA", "C"].iter().all(|name| records().any(|a| a.name == *name));
        match names[0] {
            ResidueName::Water => content.waters += 1,
            ResidueName::Nucleic => content.nucleotides += 1,
            ResidueName::Cap => *content.caps.entry(first.residue_name.clone()).or_default() += 1,
            _ if known || backbone() => candidates.push(Candidate {
                first,
                known,
                split: group.split,
                hetero: records().all(|a| a.hetero),
                in_sequence: records().any(|a| a.in_sequence),
                ends_chain: records().any(ends_chain),
                records: group.records,
            }),
            _ => *content.others.entry(first.residue_name.clone()).or_default() += 1,
        }
    }
    let lattice = file.cell_angstrom.and_then(Lattice::new);
    let linkable: Vec<Linkable<'_>> = candidates
        .iter()
        .map(|c| Linkable::new(&c.records.iter().map(|&index| &atoms[index]).collect::<Vec<_>>()))
        .collect();
    let next = successors(&linkable, lattice.as_ref());
    drop(linkable);
    let molecules = molecules(&candidates, &next, &mut content.others);
    content.chains = molecules
        .into_iter()
        .map(|members| {
            let renumbered =
                members.iter().any(|&i| candidates[i].split || candidates[i].first.number.is_none());
            let groups = members.iter().enumerate().map(|(place, &index)| {
                let candidate = &mut candidates[index];
                let number = candidate.first.number.filter(|_| !renumbered);
                Group {
                    records: std::mem::take(&mut candidate.records),
                    number: number.unwrap_or(place as i32 + 1),
                }
            });
            let groups = groups.collect();
            let file_id = candidates[members[0]].first.chain.clone();
            Chain { id: String::new(), file_id, groups, renumbered }
        })
        .collect();
    name_chains(&mut content.chains);
    content
}

/// The second oxygen of a carboxyl group.
fn ends_chain(atom: &AtomRecord) -> bool {
    match residue_name(&atom.residue_name) {
        ResidueName::Protein { kind, .. } => {
            atom_name(kind, &atom.name, atom.hydrogen) == AtomName::TerminalOxygen
        }
        _ => atom.name == "OXT",
    }
}

/// Splits records into residues. Different names under one number are one residue only if they are
/// alternate locations of each other; under one name and number, a backbone atom that comes again begins the
/// next residue.
fn group_records(atoms: &[AtomRecord]) -> Vec<RawGroup> {
    let mut groups: Vec<RawGroup> = Vec::new();
    let mut last_at: HashMap<(&str, &str, usize, i32, Option<char>), usize> = HashMap::new();
    let mut seen: HashSet<(&str, Option<&str>)> = HashSet::new();
    let mut start = 0;
    let mut split = false;
    let mut close = |range: std::ops::Range<usize>, split: bool| {
        let first = &atoms[range.start];
        let part = if first.chain.is_empty() { first.part } else { 0 };
        if let Some(number) = first.number {
            let place = (first.chain.as_str(), first.segment.as_str(), part, number, first.insertion_code);
            if let Some(&earlier) = last_at.get(&place)
                && continues(atoms, &groups[earlier].records, range.clone())
            {
                groups[earlier].records.extend(range);
                return;
            }
            last_at.insert(place, groups.len());
        }
        groups.push(RawGroup { records: range.collect(), split });
    };
    for (index, atom) in atoms.iter().enumerate() {
        let key = (atom.name.as_str(), atom.altloc.as_deref());
        if index > 0 {
            let before = &atoms[index - 1];
            let place = |a: &AtomRecord| (a.number, a.insertion_code, a.part);
            let differs = place(before) != place(atom)
                || before.chain != atom.chain
                || before.segment != atom.segment
                || (before.residue_name != atom.residue_name
                    && (before.altloc.is_none() || atom.altloc.is_none()));
            let marks = matches!(key.0, "N" | "CA" | "C") || atom.name == atoms[start].name;
            // Of ligands, any name may come again.
            let counts = || {
                matches!(residue_name(&atom.residue_name), ResidueName::Protein { .. } | ResidueName::Water)
            };
            // What comes twice in a row is one atom written twice.
            let protein = || matches!(residue_name(&atom.residue_name), ResidueName::Protein { .. });
            let twin = key == (before.name.as_str(), before.altloc.as_deref())
                && index - start < MOST_WITH_TWINS
                && protein();
            let again = !differs && marks && !twin && seen.contains(&key) && counts();
            if differs || again {
                close(start..index, split);
                seen.clear();
                start = index;
                // Waters and ions that share a number are no reason to count anew.
                split = again && protein();
            }
        }
        seen.insert(key);
    }
    if !atoms.is_empty() {
        close(start..atoms.len(), split);
    }
    groups
}

/// Whether later records belong to an earlier residue of the same number: same name, other atoms.
fn continues(atoms: &[AtomRecord], earlier: &[usize], records: std::ops::Range<usize>) -> bool {
    if earlier.len() > MOST_RECORDS {
        return false;
    }
    atoms[records].iter().all(|new| {
        earlier.iter().all(|&index| {
            let old = &atoms[index];
            let same_atom = old.name == new.name && old.altloc == new.altloc;
            !same_atom && (old.residue_name == new.residue_name || old.altloc != new.altloc)
        })
    })
}

/// The members of every molecule, in chain order. What turns out to be no part of a protein goes to `others`.
fn molecules(
    candidates: &[Candidate<'_>],
    next: &[Option<usize>],
    others: &mut BTreeMap<String, usize>,
) -> Vec<Vec<usize>> {
    let mut has_before = vec![false; candidates.len()];
    next.iter().flatten().for_each(|&index| has_before[index] = true);
    let mut segments: Vec<Vec<usize>> = Vec::new();
    for head in (0..candidates.len()).filter(|&index| !has_before[index]) {
        segments.push(std::iter::successors(Some(head), |&at| next[at]).collect());
    }
    segments.sort_by_key(|segment| segment.iter().min().copied());
    // Without peptide bonds the coordinates mean nothing, and HETATM alone makes no ligand.
    let standard = candidates.iter().filter(|c| !c.hetero).count();
    let trusted = 2 * next.iter().flatten().count() + 1 >= standard;
    let mut molecules: Vec<Vec<usize>> = Vec::new();
    // The last part of each molecule's ATOM records.
    let mut last_parts: Vec<Option<usize>> = Vec::new();
    let parts_of = |segment: &[usize]| -> Vec<usize> {
        segment.iter().map(|&i| &candidates[i]).filter(|c| !c.hetero).map(|c| c.first.part).collect()
    };
    let mut latest: HashMap<&str, usize> = HashMap::new();
    for segment in segments {
        let first = &candidates[segment[0]];
        let chain = first.first.chain.as_str();
        let parts = parts_of(&segment);
        let before = latest.get(chain).copied().filter(|&m| {
            goes_on(candidates, (&molecules[m], last_parts[m]), (&segment, parts.first().copied()))
        });
        if trusted && segment.len() == 1 && first.hetero && !first.in_sequence {
            // A free amino acid, unless its number says that it stands in the chain.
            let number = before.and_then(|m| candidates[*molecules[m].last()?].first.number);
            if !first.known || number.is_none() || number.map(|n| n + 1) != first.first.number {
                *others.entry(first.first.residue_name.clone()).or_default() += 1;
                continue;
            }
        }
        match before {
            Some(molecule) => {
                molecules[molecule].extend(segment);
                last_parts[molecule] = last_parts[molecule].max(parts.into_iter().max());
            }
            None => {
                latest.insert(chain, molecules.len());
                molecules.push(segment);
                last_parts.push(parts.into_iter().max());
            }
        }
    }
    molecules
}

/// Whether a segment that is not bonded to the one before may be more of the same molecule. Each comes with the part
/// of the file where its ATOM records end or begin: records moved behind a TER say nothing about where the
/// TER belongs.
fn goes_on(
    candidates: &[Candidate<'_>],
    (molecule, last_part): (&[usize], Option<usize>),
    (segment, first_part): (&[usize], Option<usize>),
) -> bool {
    let (Some(&last), Some(&first)) = (molecule.last(), segment.first()) else { return false };
    let (last, first) = (&candidates[last], &candidates[first]);
    let parts = (last_part.unwrap_or(last.first.part), first_part.unwrap_or(first.first.part));
    let numbers = match (last.first.number, first.first.number) {
        // Numbers of four digits start again at the end of their columns.
        (Some(before), Some(after)) if before < 9999 => {
            after > before
                || (after == before
                    && (first.split || first.first.insertion_code >= last.first.insertion_code))
        }
        _ => true,
    };
    numbers && parts.0 == parts.1 && !last.ends_chain && last.first.segment == first.first.segment
}

/// Gives every chain an identifier of its own: `A` where one molecule of a size to simulate has it, `A.1`,
/// `A.2` … where several share it, and a number where the file names none.
fn name_chains(chains: &mut [Chain]) {
    for index in 0..chains.len() {
        if chains[index].file_id.is_empty() {
            chains[index].id = (index + 1).to_string();
        }
    }
    let mut of_id: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (index, chain) in chains.iter().enumerate().filter(|(_, chain)| !chain.file_id.is_empty()) {
        of_id.entry(chain.file_id.clone()).or_default().push(index);
    }
    let mut taken: HashSet<String> = chains.iter().flat_map(|c| [c.id.clone(), c.file_id.clone()]).collect();
    for (id, members) in of_id {
        let long: Vec<usize> =
            members.iter().copied().filter(|&i| chains[i].groups.len() >= MIN_RESIDUES).collect();
        let main = match (members.as_slice(), long.as_slice()) {
            ([only], _) | (_, [only]) => Some(*only),
            _ => None,
        };
        let mut count = 0;
        for &member in &members {
            if Some(member) == main {
                chains[member].id = id.clone();
                continue;
            }
            chains[member].id = loop {
                count += 1;
                let name = format!("{id}.{count}");
                if taken.insert(name.clone()) {
                    break name;
                }
            };
        }
    }
}
