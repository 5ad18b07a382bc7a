//! Where a residue of X^t would be, had its surroundings been carried along with X_τ as one rigid piece.
//!
//! Over 100 ps most of a chain turns and shifts but stays what it is, piece by piece. What is left of X_τ when the
//! turn and the shift of a piece are taken out is noise if the piece is as it was, and noise and more if a torsion has
//! changed: the evidence for it, free of all motion that is not about it. A network of few channels hardly finds a
//! rotation amid noise; here the least-squares rotation of the backbone around each residue is given
//! ([`Superposition`]). An addition to the paper (`carried_inputs`).

use std::ops::Range;

use super::arithmetic::{dot, minus};
use super::displacements::{DISPLACEMENTS, displacement_scales};
use super::latent::LatentBatch;
use super::residue_frames::residue_frame;
use crate::analysis::superposition::Superposition;
use crate::analysis::vectors::{Vec3, centroid, vec3};
use crate::network::{CloudBatch, SequenceBatch};
use crate::structure::SLOTS;

/// Atoms of the neighbors that belong to the piece of a residue: Cα, C and O of the one before, N and Cα of the one
/// after.
const OF_NEIGHBORS: [(isize, Option<usize>); 5] =
    [(-1, None), (-1, Some(C_SLOT)), (-1, Some(O_SLOT)), (1, Some(N_SLOT)), (1, None)];
/// Atoms of the residue itself that do: N, Cα, C, O, Cβ.
const OWN: [Option<usize>; 5] = [Some(N_SLOT), None, Some(C_SLOT), Some(O_SLOT), Some(CB_SLOT)];

const N_SLOT: usize = 0;
const C_SLOT: usize = 1;
const O_SLOT: usize = 2;
const CB_SLOT: usize = 3;

/// Vectors of [`CarriedFeatures`].
pub const CARRIED_VECTORS: usize = DISPLACEMENTS;

/// Scalars of [`CarriedFeatures`].
pub const CARRIED_SCALARS: usize = 3 * (DISPLACEMENTS + OF_NEIGHBORS.len());

/// How far X_τ is from X^t carried along.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CarriedFeatures {
    /// What leads from X_τ to X^t carried along, scaled as displacements are: of the 13 vectors, then of Cα,
    /// `[R, 3, 14]`.
    pub vectors: Vec<f32>,
    /// The same, and that of the neighbors' atoms, as coordinates in the carried frame of the residue, `[R, 57]`; zero
    /// where there is no neighbor.
    pub scalars: Vec<f32>,
}

impl CarriedFeatures {
    /// Fills them with those of a batch.
    pub fn update(&mut self, batch: LatentBatch<'_>) {
        let LatentBatch { config, sequence, source, latent, .. } = batch;
        let rows = latent.rows();
        self.vectors.clear();
        self.vectors.resize(rows * 3 * CARRIED_VECTORS, 0.0);
        self.scalars.clear();
        self.scalars.resize(rows * CARRIED_SCALARS, 0.0);
        for (protein, tau) in batch.proteins() {
            let (of_position, of_vector) = displacement_scales(config, tau);
            for row in protein.clone() {
                let piece = Piece::new(sequence, &protein, row, source, latent);
                let frame = residue_frame(source, row).map(|axis| piece.turned(axis));
                let scalars = &mut self.scalars[row * CARRIED_SCALARS..][..CARRIED_SCALARS];
                let mut put = |at: usize, x: [f32; 3]| {
                    for (out, axis) in scalars[3 * at..].iter_mut().zip(frame) {
                        *out = dot(axis, x);
                    }
                };
                for which in 0..DISPLACEMENTS {
                    let x = if which == SLOTS {
                        piece
                            .left(point(source, row, None), point(latent, row, None))
                            .map(|x| of_position * x)
                    } else {
                        let (before, now) = (vector(source, row, which), vector(latent, row, which));
                        minus(piece.turned(before), now).map(|x| of_vector * x)
                    };
                    put(which, x);
                    for (axis, x) in x.into_iter().enumerate() {
                        self.vectors[(row * 3 + axis) * CARRIED_VECTORS + which] = x;
                    }
                }
                for (index, (step, slot)) in OF_NEIGHBORS.into_iter().enumerate() {
                    if let Some(other) = neighbor(&protein, row, step) {
                        let x = piece.left(point(source, other, slot), point(latent, other, slot));
                        put(DISPLACEMENTS + index, x.map(|x| of_vector * x));
                    }
                }
            }
        }
    }
}

/// How the backbone around a residue has turned and shifted.
struct Piece {
    rotation: [[f32; 3]; 3],
    /// Its center in X^t and in X_τ.
    centers: [[f32; 3]; 2],
}

impl Piece {
    fn new(
        sequence: &SequenceBatch,
        protein: &Range<usize>,
        row: usize,
        source: &CloudBatch,
        latent: &CloudBatch,
    ) -> Self {
        let own = OWN.into_iter().filter(|slot| slot.is_none_or(|slot| slot < sequence.used_slots[row]));
        let others = OF_NEIGHBORS
            .into_iter()
            .filter_map(|(step, slot)| neighbor(protein, row, step).map(|other| (other, slot)));
        let atoms = own.map(|slot| (row, slot)).chain(others);
        let (before, now): (Vec<Vec3>, Vec<Vec3>) =
            atoms.map(|(row, slot)| (vec3(point(source, row, slot)), vec3(point(latent, row, slot)))).unzip();
        let fit = Superposition::of_points(&before, &now);
        let center = |points: Vec<Vec3>| centroid(points.into_iter()).map(|x| x as f32).into();
        Self {
            rotation: std::array::from_fn(|i| std::array::from_fn(|j| fit.rotation[(i, j)] as f32)),
            centers: [center(before), center(now)],
        }
    }

    fn turned(&self, x: [f32; 3]) -> [f32; 3] {
        self.rotation.map(|row| dot(row, x))
    }

    /// What leads from an atom of X_τ to where it would be.
    fn left(&self, before: [f32; 3], now: [f32; 3]) -> [f32; 3] {
        let carried = self.turned(minus(before, self.centers[0]));
        std::array::from_fn(|axis| carried[axis] + self.centers[1][axis] - now[axis])
    }
}

fn neighbor(protein: &Range<usize>, row: usize, step: isize) -> Option<usize> {
    row.checked_add_signed(step).filter(|other| protein.contains(other))
}

fn vector(cloud: &CloudBatch, row: usize, slot: usize) -> [f32; 3] {
    std::array::from_fn(|axis| cloud.vectors[(row * 3 + axis) * SLOTS + slot])
}

fn point(cloud: &CloudBatch, row: usize, slot: Option<usize>) -> [f32; 3] {
    let own = slot.map_or([0.0; 3], |slot| vector(cloud, row, slot));
    std::array::from_fn(|axis| cloud.positions[row * 3 + axis] + own[axis])
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::network::NetworkConfig;
    use crate::structure::{TensorCloud, Topology};
    use crate::test_support::bundled_atoms;

    fn cloud(topology: &Topology, positions: &[[f32; 3]]) -> CloudBatch {
        let mut cloud = CloudBatch::default();
        cloud.push(&TensorCloud::from_atoms(topology, positions));
        cloud
    }

    fn turned(positions: &[[f32; 3]], angle: f32) -> Vec<[f32; 3]> {
        let (sin, cos) = angle.sin_cos();
        positions.iter().map(|&[x, y, z]| [z + 3.0, cos * x - sin * y, sin * x + cos * y - 1.0]).collect()
    }

    fn features(source: &[[f32; 3]], latent: &[[f32; 3]]) -> CarriedFeatures {
        let (topology, _) = bundled_atoms("chignolin");
        let sequence = SequenceBatch::replicate(&topology, 1);
        let (source, latent) = (cloud(&topology, source), cloud(&topology, latent));
        let config = &NetworkConfig::default();
        let (sequence, source, latent) = (&sequence, &source, &latent);
        let mut features = CarriedFeatures::default();
        features.update(LatentBatch { config, sequence, source, latent, tau: &[0.3] });
        features
    }

    fn largest(x: &[f32]) -> f32 {
        x.iter().fold(0.0, |most, x| most.max(x.abs()))
    }

    #[test]
    fn nothing_is_left_of_a_motion_of_the_whole() {
        let (_, positions) = bundled_atoms("chignolin");
        for angle in [0.3, 1.5, 3.0] {
            let left = features(&positions, &turned(&positions, angle));
            assert!(largest(&left.vectors) < 1e-4 && largest(&left.scalars) < 1e-4, "{angle}");
        }
    }

    /// Coordinates of what is left do not depend on how X^t and X_τ lie.
    #[test]
    fn what_is_left_is_seen_from_the_residue() {
        let (_, positions) = bundled_atoms("chignolin");
        let mut moved = positions.clone();
        for (index, x) in moved.iter_mut().flatten().enumerate() {
            *x += 0.4 * (1.7 * index as f32).sin();
        }
        let here = features(&positions, &moved);
        assert!(largest(&here.scalars) > 0.3);
        for (source, latent) in
            [(turned(&positions, 0.7), turned(&moved, 0.7)), (positions, turned(&moved, 2.0))]
        {
            let there = features(&source, &latent);
            let change: Vec<f32> = here.scalars.iter().zip(&there.scalars).map(|(a, b)| a - b).collect();
            assert!(largest(&change) < 1e-3, "{}", largest(&change));
        }
    }
}
