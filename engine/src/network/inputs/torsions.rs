//! The torsions of a conformation as input scalars.
//!
//! They are invariant under rotation and translation and change sign under reflection, as the network's features
//! may. A network of vectors forms such numbers only as products of three: the sign of φ is a triple product of
//! vectors from two residues. Given as scalars, what a chain remembers of its torsions over a jump can be learned
//! from few examples. An addition to the paper (`torsion_inputs`, `source_torsion_inputs`).

use super::arithmetic::{cross, dot, minus, unit};
use crate::network::templates::{TORSIONS, residue_and_slot};
use crate::network::{CloudBatch, SequenceBatch};
use crate::structure::SLOTS;

/// Scalars of the torsions: sine and cosine of each.
pub const TORSION_SCALARS: usize = 2 * TORSIONS;

/// Fills `out [R, TORSION_SCALARS]` with `√2 (sin, cos)` of the torsions of `cloud`, zeros where there is none or
/// its atoms lie in a line.
pub fn torsion_scalars(sequence: &SequenceBatch, cloud: &CloudBatch, out: &mut Vec<f32>) {
    out.clear();
    out.resize(cloud.rows() * TORSION_SCALARS, 0.0);
    for (template, pair) in sequence.torsions.iter().zip(sequence.starts.windows(2)) {
        let at = |site: u32| -> [f32; 3] {
            let (residue, slot) = residue_and_slot(site as usize);
            std::array::from_fn(|axis| {
                let at = (pair[0] + residue) * 3 + axis;
                cloud.positions[at] + slot.map_or(0.0, |slot| cloud.vectors[at * SLOTS + slot])
            })
        };
        for (row, torsions) in (pair[0]..pair[1]).zip(&template.residues) {
            let out = &mut out[row * TORSION_SCALARS..][..TORSION_SCALARS];
            for (out, sites) in out.chunks_exact_mut(2).zip(torsions) {
                if let Some(sites) = sites {
                    let [sin, cos] = sine_and_cosine(sites.map(at));
                    out.copy_from_slice(&[std::f32::consts::SQRT_2 * sin, std::f32::consts::SQRT_2 * cos]);
                }
            }
        }
    }
}

/// Sine and cosine of the torsion of four points, zero both where three of them lie in a line.
fn sine_and_cosine([a, b, c, d]: [[f32; 3]; 4]) -> [f32; 2] {
    let (first, axis, last) = (minus(b, a), minus(c, b), minus(d, c));
    let (left, right) = (cross(first, axis), cross(axis, last));
    let size = (dot(left, left) * dot(right, right)).sqrt();
    if size < 1e-6 {
        return [0.0; 2];
    }
    [dot(cross(left, right), unit(axis)) / size, dot(left, right) / size]
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::analysis::dihedrals::dihedrals;
    use crate::network::inputs::{CloudFeatures, source_frame_scalars};
    use crate::structure::{TensorCloud, Topology};
    use crate::test_support::bundled_atoms;

    fn batch(topology: &Topology, positions: &[[f32; 3]]) -> (SequenceBatch, CloudBatch) {
        let mut cloud = CloudBatch::default();
        cloud.push(&TensorCloud::from_atoms(topology, positions));
        (SequenceBatch::replicate(topology, 1), cloud)
    }

    #[test]
    fn torsions_are_those_of_the_analysis() {
        let (topology, positions) = bundled_atoms("chignolin");
        let (sequence, cloud) = batch(&topology, &positions);
        let mut scalars = Vec::new();
        torsion_scalars(&sequence, &cloud, &mut scalars);
        let expected = dihedrals(&topology, &positions);
        let mut seen = 0;
        for (row, angles) in expected.iter().enumerate() {
            let measured =
                [angles.phi_rad, angles.psi_rad, angles.omega_rad, angles.chi1_rad, angles.chi2_rad];
            for (torsion, angle) in measured.into_iter().enumerate() {
                let found = &scalars[row * TORSION_SCALARS + 2 * torsion..][..2];
                let (sin, cos) = angle.map_or((0.0, 0.0), f64::sin_cos);
                assert!((f64::from(found[0]) - 2f64.sqrt() * sin).abs() < 1e-4, "{row} {torsion}");
                assert!((f64::from(found[1]) - 2f64.sqrt() * cos).abs() < 1e-4, "{row} {torsion}");
                seen += usize::from(angle.is_some());
            }
        }
        assert!(seen > 40, "{seen}");
    }

    /// A rotation leaves them as they are, a reflection does not.
    #[test]
    fn internal_coordinates_turn_with_the_molecule_and_see_its_hand() {
        let (topology, positions) = bundled_atoms("chignolin");
        let all = |positions: &[[f32; 3]]| {
            let (sequence, cloud) = batch(&topology, positions);
            let (mut torsions, mut frame) = (Vec::new(), Vec::new());
            torsion_scalars(&sequence, &cloud, &mut torsions);
            let mut features = CloudFeatures::default();
            features.update(&sequence, &cloud);
            source_frame_scalars(&cloud, &features, &mut frame);
            [torsions, frame].concat()
        };
        let own = all(&positions);
        let difference =
            |other: Vec<f32>| own.iter().zip(other).map(|(a, b)| (a - b).abs()).fold(0.0f32, f32::max);
        let (sin, cos) = 0.7f32.sin_cos();
        let turned = positions.iter().map(|&[x, y, z]| [z + 3.0, cos * x - sin * y, sin * x + cos * y]);
        let turned: Vec<_> = turned.collect();
        assert!(difference(all(&turned)) < 1e-4);
        let mirrored: Vec<_> = positions.iter().map(|&[x, y, z]| [-x, y, z]).collect();
        assert!(difference(all(&mirrored)) > 1.0);
    }
}
