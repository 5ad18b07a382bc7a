//! Whether a frame can be a protein in Å with these atoms.

use std::path::Path;

use super::ImportError;
use crate::structure::Topology;

/// Distance between consecutive Cα across a trans peptide bond, Å.
const CA_CA_ANGSTROM: f32 = 3.8;
/// What still passes as such a median distance; thermal motion changes it by a few hundredths.
const CA_CA_TOLERANCE_ANGSTROM: f32 = 0.6;

/// Median distance between consecutive Cα, Å; `None` for fewer than two residues.
pub(super) fn median_ca_distance(topology: &Topology, positions: &[[f32; 3]]) -> Option<f32> {
    let mut distances: Vec<f32> = (1..topology.residue_count())
        .map(|residue| {
            let (a, b) = (positions[topology.ca(residue - 1)], positions[topology.ca(residue)]);
            (0..3).map(|k| (a[k] - b[k]).powi(2)).sum::<f32>().sqrt()
        })
        .collect();
    if distances.is_empty() {
        return None;
    }
    let middle = distances.len() / 2;
    Some(*distances.select_nth_unstable_by(middle, f32::total_cmp).1)
}

/// Refuses frames in nm, and atoms in another order than the topology's.
pub(in crate::trajectory) fn check_geometry(
    topology: &Topology,
    positions: &[[f32; 3]],
    path: &Path,
) -> Result<(), ImportError> {
    let Some(median_angstrom) = median_ca_distance(topology, positions) else { return Ok(()) };
    let near =
        |expected: f32| (median_angstrom / expected - 1.0).abs() < CA_CA_TOLERANCE_ANGSTROM / CA_CA_ANGSTROM;
    if near(CA_CA_ANGSTROM) {
        return Ok(());
    }
    let guess = if near(CA_CA_ANGSTROM / 10.0) {
        "the file seems to hold nanometers where its format demands ångström; convert it first"
    } else if near(CA_CA_ANGSTROM * 10.0) {
        "the coordinates seem to be ten times too large; convert them first"
    } else {
        "the atoms of the topology do not seem to be those of the trajectory, in the same order"
    };
    Err(ImportError::ImplausibleGeometry { path: path.to_path_buf(), median_angstrom, guess })
}
