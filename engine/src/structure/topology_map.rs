//! Topologies of trajectories made by other programs: which atoms of the file are the canonical ones.

use std::path::Path;
use std::sync::Arc;

use super::chains::sort_content;
use super::error::{StructureError, StructureProblem};
use super::read::{check_length, missing_atoms, read_bytes, read_residues, select_chain, topology};
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
}

impl TopologyMap {
    /// Picks the canonical atoms out of one frame, or `None` if the frame has another number of atoms.
    pub fn reduce(&self, file_atoms: &[[f32; 3]]) -> Option<Vec<[f32; 3]>> {
        (file_atoms.len() == self.file_atom_count)
            .then(|| self.indices.iter().map(|&index| file_atoms[index]).collect())
    }
}

/// Reads the PDB or mmCIF file that belongs to a trajectory. Only names matter: coordinates may be
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
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    read_bytes(path)
        .and_then(|bytes| interpret(&name, &bytes, chain))
        .map_err(|problem| StructureError { file: name, problem })
}

fn interpret(name: &str, bytes: &[u8], chain: Option<&str>) -> Result<TopologyMap, StructureProblem> {
    let file = source::parse(bytes)?;
    let content = sort_content(&file.atoms, false);
    let chain = select_chain(&content, chain)?;
    let residues = read_residues(&file, chain)?;
    check_length(residues.len())?;
    let incomplete = missing_atoms(&residues);
    if !incomplete.is_empty() {
        return Err(StructureProblem::MissingHeavyAtoms(incomplete));
    }
    Ok(TopologyMap {
        topology: Arc::new(topology(name, chain, &residues)),
        file_atom_count: file.atoms.len(),
        indices: residues.iter().flat_map(|r| r.records.iter().copied().flatten()).collect(),
    })
}
