//! What a training store tells about itself.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::structure::{Residue, Topology};

/// Description of a store, kept as JSON in the header of its file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoreMetadata {
    /// Version of the layout.
    pub version: u32,
    /// Display name of the protein.
    pub name: String,
    /// Author's chain identifier.
    pub chain_id: String,
    /// Residues, from which atoms and their order follow.
    pub residues: Vec<Residue>,
    /// Time between consecutive frames of one trajectory, ps.
    pub interval_ps: f64,
    /// Files that the frames came from.
    pub sources: Vec<SourceFile>,
    /// CRC-32 of the bytes of `positions`.
    pub positions_crc32: u32,
    /// Program and version that wrote it.
    pub created_by: String,
    /// Whether the trajectories are in equilibrium, so that they are as likely backwards in time as forwards.
    #[serde(default = "in_equilibrium", skip_serializing_if = "is_true")]
    pub in_equilibrium: bool,
    /// Whether a model made the frames, not molecular dynamics: training starts jumps from them, and learns none of
    /// theirs.
    #[serde(default, skip_serializing_if = "is_false")]
    pub made_by_model: bool,
}

/// What a store says that was written before it could say otherwise.
fn in_equilibrium() -> bool {
    true
}

fn is_false(value: &bool) -> bool {
    !*value
}

fn is_true(value: &bool) -> bool {
    *value
}

impl StoreMetadata {
    /// The protein.
    pub fn topology(&self) -> Arc<Topology> {
        Arc::new(Topology::new(self.name.clone(), self.chain_id.clone(), self.residues.clone()))
    }
}

/// One file that frames were imported from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SourceFile {
    /// Path as given to the import.
    pub path: String,
    /// Length in bytes.
    pub bytes: u64,
    /// CRC-32 of the whole file.
    pub crc32: u32,
    /// Complete frames in the file.
    pub frames_in_file: usize,
    /// Frames taken from it.
    pub frames_stored: usize,
}
