//! How proteins were looked at that are not on view: what was selected, painted and measured comes back with them.

use std::sync::Arc;

use equijump_engine::structure::Topology;

use super::measurements::Measurements;
use super::selection::Selected;
use crate::viewport::Camera;

/// Proteins that are remembered.
const MOST_PROTEINS: usize = 32;

/// How a protein was looked at.
pub struct Looks {
    /// Where from.
    pub camera: Camera,
    /// What was selected and painted.
    pub selected: Selected,
    /// What was measured.
    pub measurements: Measurements,
    /// The atom that was clicked.
    pub marked_atom: Option<usize>,
}

/// How the proteins were looked at that are not on view, the last one last.
#[derive(Default)]
pub struct KeptLooks(Vec<(Arc<Topology>, Looks)>);

impl KeptLooks {
    /// Keeps how a protein was looked at.
    pub fn keep(&mut self, protein: Arc<Topology>, looks: Looks) {
        self.0.retain(|(known, _)| known.residues() != protein.residues());
        self.0.push((protein, looks));
        let surplus = self.0.len().saturating_sub(MOST_PROTEINS);
        self.0.drain(..surplus);
    }

    /// How a protein was looked at, and whether it was the very structure: another file of the same protein may have
    /// it in another place.
    pub fn take(&mut self, protein: &Arc<Topology>) -> Option<(Looks, bool)> {
        let place = self.0.iter().position(|(known, _)| known.residues() == protein.residues())?;
        let (known, looks) = self.0.remove(place);
        Some((looks, Arc::ptr_eq(&known, protein)))
    }
}
