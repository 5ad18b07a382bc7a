//! What reading a structure gives.

use std::path::PathBuf;
use std::sync::Arc;

use super::Topology;

/// Something the user should know that is not an error: what was substituted, rebuilt, dropped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice(pub String);

impl std::fmt::Display for Notice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// A protein that was opened: topology and the positions to start from.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenedStructure {
    /// Where it came from; `None` for bundled examples.
    pub path: Option<PathBuf>,
    /// Residues, atoms, bonds.
    pub topology: Arc<Topology>,
    /// Canonical atom positions, Å.
    pub positions_angstrom: Arc<Vec<[f32; 3]>>,
    /// What reading it changed or dropped.
    pub notices: Vec<Notice>,
}
