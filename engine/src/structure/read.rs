//! Reading a structure file as one protein chain, ready to simulate (ARCHITECTURE.md §4).

use std::collections::BTreeMap;
use std::io::Read;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use super::alternates::choose;
use super::cell::Lattice;
use super::chains::{Chain, Content, sort_content};
use super::conformer::{RawResidue, read_residue};
use super::error::{ChainSummary, MissingAtoms, StructureError, StructureProblem, list};
pub use super::error::{MAX_FILE_BYTES, MAX_RESIDUES, MIN_RESIDUES};
use super::hands;
use super::rebuild::rebuild;
use super::records::FileAtoms;
use super::segments::unbroken;
use super::whole::{check_bonds, make_whole};
use super::{Notice, OpenedStructure, Topology, source};
use crate::regular_file::{NotOpened, open_regular};

/// Choices that a structure file may leave to the user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadOptions {
    /// The chain to read, needed when the file holds several protein chains.
    pub chain: Option<String>,
    /// Whether to read the longest unbroken segment of a broken chain instead of refusing it.
    pub longest_segment: bool,
}

/// Reads a PDB or mmCIF file, gzipped or not (told by content, not by name).
///
/// # Errors
/// [`StructureError`], one clear sentence for each way in which a file can be unusable.
/// [`StructureProblem::SeveralChains`] lists the chains to choose from.
pub fn read_structure(path: &Path, options: &ReadOptions) -> Result<OpenedStructure, StructureError> {
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    let result = read_bytes(path).and_then(|bytes| interpret(&name, &bytes, options));
    match result {
        Ok(opened) => Ok(OpenedStructure { path: Some(path.to_owned()), ..opened }),
        Err(problem) => Err(StructureError { file: name, problem }),
    }
}

/// Reads a structure from memory; `name` is its file name.
///
/// # Errors
/// As [`read_structure`].
pub fn read_structure_bytes(
    name: &str,
    bytes: &[u8],
    options: &ReadOptions,
) -> Result<OpenedStructure, StructureError> {
    interpret(name, bytes, options).map_err(|problem| StructureError { file: name.to_owned(), problem })
}

/// The whole file, unless it is too large to be a structure.
pub(super) fn read_bytes(path: &Path) -> Result<Vec<u8>, StructureProblem> {
    let file = open_regular(path).map_err(|refused| match refused {
        NotOpened::NotRegular(kind) => StructureProblem::NotRegular(kind),
        NotOpened::Io(error) => StructureProblem::Io(error),
    })?;
    if file.metadata()?.len() > MAX_FILE_BYTES {
        return Err(StructureProblem::FileTooLarge);
    }
    let mut bytes = Vec::new();
    file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_FILE_BYTES { Err(StructureProblem::FileTooLarge) } else { Ok(bytes) }
}

/// Refuses coordinates in nanometers before bonds are looked for: everything would be bonded to everything.
fn check_unit(file: &FileAtoms) -> Result<(), StructureProblem> {
    const SHORTEST_ANGSTROM: f64 = 0.5;
    let mut distances: Vec<f64> = file
        .atoms
        .windows(2)
        .filter(|pair| pair[0].name == "N" && pair[1].name == "CA" && pair[0].number == pair[1].number)
        .map(|pair| {
            let between = |axis: usize| pair[0].position_angstrom[axis] - pair[1].position_angstrom[axis];
            (0..3).map(|axis| between(axis).powi(2)).sum::<f64>().sqrt()
        })
        // Atoms in one place are damage of another kind.
        .filter(|distance| *distance > 0.0)
        .collect();
    distances.sort_by(f64::total_cmp);
    match distances.get(distances.len() / 2) {
        Some(&n_ca) if distances.len() > 2 && n_ca < SHORTEST_ANGSTROM => {
            Err(StructureProblem::NotAngstrom { n_ca })
        }
        _ => Ok(()),
    }
}

fn interpret(name: &str, bytes: &[u8], options: &ReadOptions) -> Result<OpenedStructure, StructureProblem> {
    let file = source::open(bytes)?;
    check_unit(&file)?;
    let content = sort_content(&file);
    let chain = select_chain(&content, options.chain.as_deref())?;
    let mut notices = content_notices(&file, &content, chain);

    let mut residues = read_residues(&file, chain)?;
    check_finite(&residues)?;
    if make_whole(&mut residues, file.cell_angstrom) {
        notices.push(Notice("Put the molecule together again across its periodic cell.".to_owned()));
    }
    let range = unbroken(&residues, options.longest_segment)?;
    if range.len() < residues.len() {
        notices.push(Notice(segment_notice(&residues, &range)));
    }
    let residues = &mut residues[range];
    check_length(residues.len())?;
    check_bonds(residues, file.cell_angstrom)?;
    notices.extend(residue_notices(residues));
    notices.extend(hands::notice(residues).map(Notice));

    let rebuilt = rebuild(residues);
    if !rebuilt.is_empty() {
        notices.push(Notice(format!("Rebuilt missing atoms from ideal geometry: {}.", list(&rebuilt))));
    }
    let incomplete = missing_atoms(residues);
    if !incomplete.is_empty() {
        return Err(StructureProblem::MissingBackbone(incomplete));
    }
    let positions: Vec<[f32; 3]> = residues
        .iter()
        .flat_map(|r| r.positions_angstrom.iter().flatten().map(|p| p.map(|x| x as f32)))
        .collect();
    Ok(OpenedStructure {
        path: None,
        topology: Arc::new(topology(name, chain, residues)),
        positions_angstrom: Arc::new(positions),
        notices,
    })
}

/// Which part of a broken chain was read.
pub(super) fn segment_notice(residues: &[RawResidue], range: &Range<usize>) -> String {
    format!(
        "Took the longest unbroken segment, {} to {} ({} of {} residues).",
        residues[range.start].residue.label(),
        residues[range.end - 1].residue.label(),
        range.len(),
        residues.len(),
    )
}

pub(super) fn topology(name: &str, chain: &Chain, residues: &[RawResidue]) -> Topology {
    Topology::new(stem(name), chain.id.clone(), residues.iter().map(|r| r.residue.clone()).collect())
}

/// `1lmb` for `1lmb.pdb.gz`.
fn stem(name: &str) -> &str {
    let mut stem = name;
    for extension in [".gz", ".pdb", ".ent", ".cif", ".mmcif", ".pdb1", ".gro"] {
        if stem.len() > extension.len()
            && stem.is_char_boundary(stem.len() - extension.len())
            && stem[stem.len() - extension.len()..].eq_ignore_ascii_case(extension)
        {
            stem = &stem[..stem.len() - extension.len()];
        }
    }
    stem
}

/// The chain asked for, or the only one. Stray single residues do not make a choice necessary.
pub(super) fn select_chain<'a>(
    content: &'a Content,
    wanted: Option<&str>,
) -> Result<&'a Chain, StructureProblem> {
    let summaries = |chains: &[&Chain]| {
        chains
            .iter()
            .map(|chain| ChainSummary { id: chain.id.clone(), residues: chain.groups.len() })
            .collect::<Vec<_>>()
    };
    let all: Vec<&Chain> = content.chains.iter().collect();
    if all.is_empty() {
        return Err(StructureProblem::NoProtein(description_of_rest(content)));
    }
    if let Some(wanted) = wanted {
        let of_id: Vec<&Chain> = all.iter().filter(|chain| chain.file_id == wanted).copied().collect();
        if of_id.len() > 1 && of_id.iter().all(|chain| chain.id != wanted) {
            let chains = summaries(&of_id);
            return Err(StructureProblem::SharedChain { wanted: wanted.to_owned(), chains });
        }
        return all.iter().find(|chain| chain.id == wanted).copied().ok_or_else(|| {
            StructureProblem::NoSuchChain { wanted: wanted.to_owned(), chains: summaries(&all) }
        });
    }
    let long: Vec<&Chain> = all.iter().filter(|chain| chain.groups.len() >= MIN_RESIDUES).copied().collect();
    match (if long.is_empty() { &all } else { &long }).as_slice() {
        [chain] => Ok(chain),
        several => Err(StructureProblem::SeveralChains(summaries(several))),
    }
}

/// The residues of a chain, or the error that names the first outside the vocabulary.
pub(super) fn read_residues(file: &FileAtoms, chain: &Chain) -> Result<Vec<RawResidue>, StructureProblem> {
    let lattice = file.cell_angstrom.and_then(Lattice::new);
    let records: Vec<Vec<_>> = chain
        .groups
        .iter()
        .map(|group| group.records.iter().map(|&index| (index, &file.atoms[index])).collect())
        .collect();
    let conformers = choose(&records, lattice.as_ref());
    let mut residues = Vec::with_capacity(records.len());
    for ((group, records), conformer) in chain.groups.iter().zip(&records).zip(&conformers) {
        let residue = read_residue(records, conformer, group.number);
        residues.push(residue.ok_or_else(|| {
            let code = records[0].1.insertion_code.map(String::from).unwrap_or_default();
            StructureProblem::UnknownResidue {
                residue: format!("{} {}{code}", conformer.name, group.number),
                chain: chain.id.clone(),
            }
        })?);
    }
    Ok(residues)
}

/// Refuses chains too short or too long to simulate.
pub(super) fn check_length(residues: usize) -> Result<(), StructureProblem> {
    match residues {
        n if n > MAX_RESIDUES => Err(StructureProblem::TooManyResidues(n)),
        n if n < MIN_RESIDUES => Err(StructureProblem::TooFewResidues(n)),
        _ => Ok(()),
    }
}

/// Residues with missing heavy atoms.
pub(super) fn missing_atoms(residues: &[RawResidue]) -> Vec<MissingAtoms> {
    residues
        .iter()
        .map(|r| MissingAtoms { residue: r.residue.label(), atoms: r.missing(|_| true) })
        .filter(|missing| !missing.atoms.is_empty())
        .collect()
}

fn check_finite(residues: &[RawResidue]) -> Result<(), StructureProblem> {
    for residue in residues {
        for (name, position) in residue.residue.kind.atom_names().iter().zip(&residue.positions_angstrom) {
            // The format holds no more than four digits before the point; f32 would lose the rest.
            let readable = |x: &f64| x.is_finite() && x.abs() < 1e6;
            if position.is_some_and(|p| !p.iter().all(readable)) {
                return Err(StructureProblem::NotFinite(format!("{} {name}", residue.residue.label())));
            }
        }
    }
    Ok(())
}

fn description_of_rest(content: &Content) -> String {
    let mut parts = Vec::new();
    if content.waters > 0 {
        parts.push("water".to_owned());
    }
    if content.nucleotides > 0 {
        parts.push("DNA or RNA".to_owned());
    }
    if !content.caps.is_empty() || !content.others.is_empty() {
        parts.push(format!("the groups {}", counted(content.caps.iter().chain(&content.others))));
    }
    parts.join(" and ")
}

fn counted<'a>(names: impl Iterator<Item = (&'a String, &'a usize)>) -> String {
    const SHOWN: usize = 8;
    let mut texts: Vec<String> =
        names.map(|(name, &n)| if n == 1 { name.clone() } else { format!("{name} ×{n}") }).collect();
    if texts.len() > SHOWN {
        let more = texts.len() - SHOWN;
        texts.truncate(SHOWN);
        texts.push(format!("{more} more"));
    }
    texts.join(", ")
}

fn content_notices(file: &FileAtoms, content: &Content, chain: &Chain) -> Vec<Notice> {
    let mut notices = file.notices.clone();
    if chain.renumbered {
        notices.push(format!(
            "The residue numbers of chain {} cannot be read or repeat; its residues are counted from 1.",
            chain.id
        ));
    }
    if file.model_count > 1 {
        notices.push(format!("Read the first of {} models.", file.model_count));
    }
    let rest: Vec<&str> =
        content.chains.iter().filter(|c| !std::ptr::eq(*c, chain)).map(|c| c.id.as_str()).collect();
    if !rest.is_empty() {
        notices.push(format!("Read chain {}; left out chain {}.", chain.id, rest.join(", ")));
    }
    if content.waters > 0 {
        notices.push(format!("Left out {} water molecules.", content.waters));
    }
    if content.nucleotides > 0 {
        notices.push(format!("Left out {} nucleotides.", content.nucleotides));
    }
    if !content.others.is_empty() {
        notices.push(format!("Left out the hetero groups {}.", counted(content.others.iter())));
    }
    if !content.caps.is_empty() {
        notices.push(format!("Left out the terminal caps {}.", counted(content.caps.iter())));
    }
    notices.into_iter().map(Notice).collect()
}

fn residue_notices(residues: &[RawResidue]) -> Vec<Notice> {
    let mut notices = Vec::new();
    let mut renamed: BTreeMap<(&str, &str), Vec<String>> = BTreeMap::new();
    for residue in residues {
        if let Some(from) = &residue.renamed_from {
            renamed.entry((from, residue.residue.kind.code3())).or_default().push(number(residue));
        }
        if !residue.foreign.is_empty() {
            notices.push(format!(
                "Left out atoms of {} that its residue type does not have: {}.",
                residue.residue.label(),
                residue.foreign.join(", ")
            ));
        }
    }
    for ((from, to), numbers) in renamed {
        notices.push(format!("Read {from} as {to} at {}.", numbers.join(", ")));
    }
    let ends: Vec<String> = residues.iter().filter(|r| r.terminal_oxygen_left_out).map(number).collect();
    if !ends.is_empty() {
        notices.push(format!(
            "Left out the second oxygen of the terminal carboxyl group (OXT) at {}.",
            ends.join(", ")
        ));
    }
    let repeated: Vec<MissingAtoms> = residues
        .iter()
        .filter(|residue| !residue.repeated.is_empty())
        .map(|r| MissingAtoms { residue: r.residue.label(), atoms: r.repeated.clone() })
        .collect();
    if !repeated.is_empty() {
        notices.push(format!("Kept the first of several atoms of one name: {}.", list(&repeated)));
    }
    let alternates: Vec<String> = residues.iter().filter(|r| r.had_alternates).map(number).collect();
    if !alternates.is_empty() {
        notices.push(format!(
            "Kept one alternate location, complete and of the highest occupancy, at {}.",
            alternates.join(", ")
        ));
    }
    notices.into_iter().map(Notice).collect()
}

fn number(residue: &RawResidue) -> String {
    let code = residue.residue.insertion_code.map(String::from).unwrap_or_default();
    format!("{}{code}", residue.residue.number)
}
