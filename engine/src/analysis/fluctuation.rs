//! How much each residue moves: root mean square fluctuation of the Cα atoms about their mean positions.

use super::superposition::{Superposition, ca_positions};
use super::vectors::{Vec3, vec3};
use crate::structure::Topology;

/// Collects frames of one protein, each superposed on a reference by all Cα, and tells the RMSF at any
/// time. Sums are kept relative to the reference, so that they lose no digits.
#[derive(Clone, Debug)]
pub struct Fluctuation {
    reference: Vec<Vec3>,
    frames: u64,
    sums: Vec<Vec3>,
    squares: Vec<f64>,
}

impl Fluctuation {
    /// No frames yet.
    ///
    /// # Panics
    /// When `reference` does not belong to the topology, which is a programming error.
    pub fn new(topology: &Topology, reference: &[[f32; 3]]) -> Self {
        let reference = ca_positions(topology, reference);
        let residues = reference.len();
        Self { reference, frames: 0, sums: vec![Vec3::zeros(); residues], squares: vec![0.0; residues] }
    }

    /// Adds a frame. A frame with coordinates that are not finite is left out.
    ///
    /// # Panics
    /// When `positions` does not belong to the topology, which is a programming error.
    pub fn add(&mut self, topology: &Topology, positions: &[[f32; 3]]) {
        let mobile = ca_positions(topology, positions);
        let fit = Superposition::of_points(&mobile, &self.reference);
        if !fit.rmsd_angstrom.is_finite() {
            return;
        }
        self.frames += 1;
        for (residue, point) in mobile.iter().enumerate() {
            let displacement = fit.apply_point(*point) - self.reference[residue];
            self.sums[residue] += displacement;
            self.squares[residue] += displacement.norm_squared();
        }
    }

    /// RMSF per residue, Å; `None` before the second frame.
    pub fn rmsf_angstrom(&self) -> Option<Vec<f64>> {
        if self.frames < 2 {
            return None;
        }
        let n = self.frames as f64;
        let of_residue =
            |(sum, squares): (&Vec3, &f64)| (squares / n - (sum / n).norm_squared()).max(0.0).sqrt();
        Some(self.sums.iter().zip(&self.squares).map(of_residue).collect())
    }
}

/// Distance of each Cα from where it is in the reference, after superposition by all Cα, Å.
///
/// # Panics
/// When a slice does not belong to the topology, which is a programming error.
pub fn ca_deviations_angstrom(
    topology: &Topology,
    positions: &[[f32; 3]],
    reference: &[[f32; 3]],
) -> Vec<f64> {
    let fit = Superposition::of_ca(topology, positions, reference);
    (0..topology.residue_count())
        .map(|residue| {
            let atom = topology.ca(residue);
            (fit.apply_point(vec3(positions[atom])) - vec3(reference[atom])).norm()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::test_support::coil;

    #[test]
    fn rigid_motion_is_no_fluctuation() {
        let (topology, reference) = coil(12);
        let mut fluctuation = Fluctuation::new(&topology, &reference);
        for k in 0..10 {
            let (s, c) = (0.3 * k as f32).sin_cos();
            let turned: Vec<[f32; 3]> = reference
                .iter()
                .map(|[x, y, z]| [c * x - s * y + k as f32, s * x + c * y, z - 2.0])
                .collect();
            fluctuation.add(&topology, &turned);
        }
        assert!(fluctuation.rmsf_angstrom().unwrap().iter().all(|rmsf| *rmsf < 1e-4));
    }

    #[test]
    fn a_residue_that_swings_by_a_known_amplitude_has_that_rmsf() {
        // One residue of many swings by ±a: its RMSF is a, up to what the superposition of all residues
        // takes away, which falls as 1/N.
        let (topology, reference) = coil(200);
        let mut fluctuation = Fluctuation::new(&topology, &reference);
        let moved = topology.ca(100);
        for sign in [1.0, -1.0, 1.0, -1.0] {
            let mut frame = reference.clone();
            frame[moved][0] += 0.8 * sign;
            fluctuation.add(&topology, &frame);
            let deviations = ca_deviations_angstrom(&topology, &frame, &reference);
            assert!((deviations[100] - 0.8).abs() < 0.02);
        }
        let rmsf = fluctuation.rmsf_angstrom().unwrap();
        assert!((rmsf[100] - 0.8).abs() < 0.02, "{}", rmsf[100]);
        assert!(rmsf.iter().enumerate().all(|(residue, value)| residue == 100 || *value < 0.05));
    }

    #[test]
    fn nothing_is_told_before_the_second_frame() {
        let (topology, reference) = coil(5);
        let mut fluctuation = Fluctuation::new(&topology, &reference);
        fluctuation.add(&topology, &reference);
        fluctuation.add(&topology, &vec![[f32::NAN; 3]; topology.atom_count()]);
        assert_eq!(fluctuation.rmsf_angstrom(), None);
    }
}
