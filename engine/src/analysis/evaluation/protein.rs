//! What an evaluation is about.

use std::sync::Arc;

use crate::structure::Topology;

/// The protein that is evaluated.
#[derive(Clone, Debug)]
pub struct Protein {
    /// Its atoms.
    pub topology: Arc<Topology>,
    /// The structure that RMSD, GDT and contacts refer to, canonical positions, Å.
    pub native_angstrom: Arc<Vec<[f32; 3]>>,
}
