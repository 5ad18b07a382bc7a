//! Scalar observables of one frame: size, native contacts, global distance test (paper A.7).

use super::superposition::{Superposition, ca_positions};
use super::vectors::{Vec3, distance_angstrom, vec3};
use crate::structure::Topology;

/// Residues closer than this along the chain never count as a contact.
pub const CONTACT_MIN_SEPARATION: usize = 3;
/// Cα distance below which two residues are in contact.
pub const CONTACT_CUTOFF_ANGSTROM: f64 = 8.0;

/// Mass-weighted radius of gyration over all heavy atoms, Å (eq. 22). Hydrogens, which the model does not
/// carry, are not counted.
///
/// # Panics
/// When `positions` does not belong to the topology, which is a programming error.
pub fn radius_of_gyration_angstrom(topology: &Topology, positions: &[[f32; 3]]) -> f64 {
    assert_eq!(positions.len(), topology.atom_count(), "positions do not belong to this topology");
    let masses = || topology.atoms().iter().map(|a| a.element.mass_da());
    let total: f64 = masses().sum();
    if total == 0.0 {
        return 0.0;
    }
    let center = masses().zip(positions).fold(Vec3::zeros(), |sum, (m, &p)| sum + vec3(p) * m) / total;
    let sum: f64 = masses().zip(positions).map(|(m, &p)| m * (vec3(p) - center).norm_squared()).sum();
    (sum / total).sqrt()
}

/// The contacts of a reference structure: Cα pairs at least three residues apart and closer than 8 Å.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NativeContacts {
    /// Pairs of atom indices.
    pairs: Vec<[usize; 2]>,
}

impl NativeContacts {
    /// Finds the contacts of `reference`, with the separation and cutoff of the paper.
    pub fn new(topology: &Topology, reference: &[[f32; 3]]) -> Self {
        let ca = topology.ca_atoms();
        let mut pairs = Vec::new();
        for i in 0..ca.len() {
            for j in i + CONTACT_MIN_SEPARATION..ca.len() {
                if distance_angstrom(reference[ca[i]], reference[ca[j]]) < CONTACT_CUTOFF_ANGSTROM {
                    pairs.push([ca[i], ca[j]]);
                }
            }
        }
        Self { pairs }
    }

    /// Number of native contacts.
    pub fn len(&self) -> usize {
        self.pairs.len()
    }

    /// Whether the reference has no contact at all.
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// Fraction of native contacts present in a frame (eq. 23), `0..=1`; `None` when the reference has none,
    /// as with an extended peptide.
    pub fn fraction(&self, positions: &[[f32; 3]]) -> Option<f64> {
        if self.pairs.is_empty() {
            return None;
        }
        let present = self
            .pairs
            .iter()
            .filter(|[a, b]| distance_angstrom(positions[*a], positions[*b]) < CONTACT_CUTOFF_ANGSTROM)
            .count();
        Some(present as f64 / self.pairs.len() as f64)
    }
}

/// Global distance test over the thresholds 1, 2, 4 and 8 Å after one superposition of all Cα (eq. 21),
/// `0..=1`. The paper's definition: unlike LGA's GDT_TS it does not search for the superposition that is
/// best for each threshold.
pub fn gdt_ts(topology: &Topology, positions: &[[f32; 3]], reference: &[[f32; 3]]) -> f64 {
    let mobile = ca_positions(topology, positions);
    let reference = ca_positions(topology, reference);
    if mobile.is_empty() {
        return 0.0;
    }
    let fit = Superposition::of_points(&mobile, &reference);
    let mut hits = 0usize;
    for (&m, r) in mobile.iter().zip(&reference) {
        let deviation = (fit.apply_point(m) - r).norm();
        hits += [1.0, 2.0, 4.0, 8.0].iter().filter(|&&d| deviation <= d).count();
    }
    hits as f64 / (4 * mobile.len()) as f64
}

/// Distances of all Cα pairs `i < j`, row by row, Å: `N(N−1)/2` numbers.
pub fn ca_distances_angstrom(topology: &Topology, positions: &[[f32; 3]]) -> Vec<f64> {
    let ca = ca_positions(topology, positions);
    let mut distances = Vec::with_capacity(ca.len() * ca.len().saturating_sub(1) / 2);
    for i in 0..ca.len() {
        for j in i + 1..ca.len() {
            distances.push((ca[i] - ca[j]).norm());
        }
    }
    distances
}
