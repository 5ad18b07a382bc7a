//! Topologies of trajectories made by other programs: which atoms of the file are the canonical ones.

use std::path::Path;
use std::sync::Arc;

use super::cell::Lattice;
use super::chains::sort_content;
use super::conformer::RawResidue;
use super::error::{StructureError, StructureProblem};
use super::pdb_records::parse_pdb;
use super::read::{
    ReadOptions, check_length, missing_atoms, read_bytes, read_residues, segment_notice, select_chain,
    topology,
};
use super::records::FileAtoms;
use super::segments::gaps_of_topology;
use super::{Topology, source};

/// Reduces frames of a trajectory to canonical heavy atoms.
#[derive(Clone, Debug)]
pub struct TopologyMap {
    /// The protein.
    pub topology: Arc<Topology>,
    /// Number of atoms in the file, hydrogens, waters and all; each frame must hold as many.
    pub file_atom_count: usize,
    /// Per canonical atom, its index in the file.
    pub indices: Vec<usize>,
    /// Per canonical atom, its name in the file.
    pub file_names: Vec<String>,
    /// Residues after which part of the chain is missing in the file, as far as bonds or numbers show.
    pub gaps: Vec<usize>,
    /// What reading the file substituted or left out, in sentences.
    pub notices: Vec<String>,
}

impl TopologyMap {
    /// The map of files that hold the canonical atoms and nothing else, as ours do.
    pub fn canonical(topology: Arc<Topology>) -> Self {
        Self {
            file_atom_count: topology.atom_count(),
            indices: (0..topology.atom_count()).collect(),
            file_names: topology.atoms().iter().map(|atom| atom.name.to_owned()).collect(),
            gaps: Vec::new(),
            notices: Vec::new(),
            topology,
        }
    }

    /// Picks the canonical atoms out of one frame, or `None` if the frame has another number of atoms.
    pub fn reduce(&self, file_atoms: &[[f32; 3]]) -> Option<Vec<[f32; 3]>> {
        (file_atoms.len() == self.file_atom_count)
            .then(|| self.indices.iter().map(|&index| file_atoms[index]).collect())
    }
}

/// Reads the PDB, mmCIF or GRO file that belongs to a trajectory. Only names matter: coordinates may be
/// anything, and atoms may stand in any order within a residue.
///
/// # Errors
/// As [`super::read_structure`]; besides, every canonical heavy atom must be present.
pub fn read_topology_map(path: &Path) -> Result<TopologyMap, StructureError> {
    read_topology_map_of_chain(path, None)
}

/// As [`read_topology_map`], for one chain of a file with several.
///
/// # Errors
/// As [`read_topology_map`].
pub fn read_topology_map_of_chain(path: &Path, chain: Option<&str>) -> Result<TopologyMap, StructureError> {
    let options = ReadOptions { chain: chain.map(str::to_owned), longest_segment: false };
    read_topology_map_with(path, &options)
}

/// As [`read_topology_map`], with the choices that a file may leave open.
///
/// # Errors
/// As [`read_topology_map`].
pub fn read_topology_map_with(path: &Path, options: &ReadOptions) -> Result<TopologyMap, StructureError> {
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    read_bytes(path)
        .and_then(|bytes| interpret(&name, &bytes, options))
        .map_err(|problem| StructureError { file: name, problem })
}

/// Reads a file of several models as the frames of a trajectory: which atoms are the canonical ones, and the
/// positions of every model, Å, in the order of the first one.
///
/// # Errors
/// As [`read_topology_map`]; besides [`StructureProblem::OtherModel`] where a model holds other atoms than the first.
pub fn read_models(path: &Path, chain: Option<&str>) -> Result<(TopologyMap, Models), StructureError> {
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    let read = || {
        let mut file = source::parse(&read_bytes(path)?)?;
        let later = std::mem::take(&mut file.later_models);
        let options = ReadOptions { chain: chain.map(str::to_owned), longest_segment: false };
        let map = map_of(&name, &file, &options)?;
        let mut models =
            vec![file.atoms.iter().map(|atom| atom.position_angstrom.map(|x| x as f32)).collect()];
        for (index, model) in later.into_iter().enumerate() {
            let (number, found) = (index + 2, model.len());
            let other = || StructureProblem::OtherModel { number, found, expected: file.atoms.len() };
            models.push(model.in_order_of(&file.atoms).ok_or_else(other)?);
        }
        let unreadable = |model: &Vec<[f32; 3]>| {
            map.indices.iter().position(|&index| !model[index].iter().all(|x| x.is_finite()))
        };
        if let Some((model, atom)) =
            models.iter().enumerate().find_map(|(model, positions)| Some((model, unreadable(positions)?)))
        {
            let atom = map.topology.atom_label(atom);
            return Err(StructureProblem::NotFinite(format!("{atom} in model {}", model + 1)));
        }
        Ok((map, models))
    };
    read().map_err(|problem| StructureError { file: name.clone(), problem })
}

/// Positions of the models of a file, Å, atoms in the order of the first model.
pub type Models = Vec<Vec<[f32; 3]>>;

fn interpret(name: &str, bytes: &[u8], options: &ReadOptions) -> Result<TopologyMap, StructureProblem> {
    map_of(name, &source::parse(bytes)?, options)
}

fn map_of(name: &str, file: &FileAtoms, options: &ReadOptions) -> Result<TopologyMap, StructureProblem> {
    let content = sort_content(file);
    let chain = select_chain(&content, options.chain.as_deref())?;
    let mut notices = file.notices.clone();
    let mut residues = read_residues(file, chain)?;
    let lattice = file.cell_angstrom.and_then(Lattice::new);
    let (longest, mut gaps) = gaps_of_topology(&residues, lattice.as_ref());
    if options.longest_segment && longest.len() < residues.len() && !longest.is_empty() {
        notices.push(segment_notice(&residues, &longest));
        residues = residues[longest].to_vec();
        gaps.clear();
    }
    check_length(residues.len())?;
    let incomplete = missing_atoms(&residues);
    if !incomplete.is_empty() {
        return Err(StructureProblem::MissingHeavyAtoms(incomplete));
    }
    let indices = indices(&residues);
    Ok(TopologyMap {
        topology: Arc::new(topology(name, chain, &residues)),
        file_atom_count: file.atoms.len(),
        file_names: indices.iter().map(|&index| file.atoms[index].name.clone()).collect(),
        indices,
        gaps,
        notices,
    })
}

fn indices(residues: &[RawResidue]) -> Vec<usize> {
    residues.iter().flat_map(|r| r.records.iter().copied().flatten()).collect()
}

/// The index of every canonical atom of `topology` in the atom records of a PDB model, found by name; `None` if
/// no chain of the model is the protein.
pub(crate) fn indices_in_pdb(records: &[u8], topology: &Topology) -> Option<Vec<usize>> {
    let file = parse_pdb(records);
    let content = sort_content(&file);
    let mut fitting: Vec<(bool, Vec<usize>)> = Vec::new();
    for chain in &content.chains {
        let Ok(residues) = read_residues(&file, chain) else { continue };
        let kinds = residues.iter().map(|r| r.residue.kind);
        // A segment of the chain may be all that is wanted.
        let wanted: Vec<_> = topology.residues().iter().map(|r| r.kind).collect();
        let kinds: Vec<_> = kinds.collect();
        let numbers = |at: usize| residues[at].residue.number == topology.residues()[0].number;
        let starts = (0..=kinds.len().saturating_sub(wanted.len()))
            .filter(|&at| kinds.get(at..at + wanted.len()) == Some(&wanted[..]));
        let starts: Vec<usize> = starts.collect();
        let Some(at) = starts.iter().copied().find(|&at| numbers(at)).or(starts.first().copied()) else {
            continue;
        };
        let part = &residues[at..at + wanted.len()];
        if missing_atoms(part).is_empty() {
            fitting.push((chain.id == topology.chain_id, indices(part)));
        }
    }
    let own = fitting.iter().position(|(own, _)| *own).unwrap_or(0);
    (!fitting.is_empty()).then(|| fitting.swap_remove(own).1)
}
