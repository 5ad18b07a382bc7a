//! The vectors of a conformation and their lengths: within residues, and along the chain.

use crate::network::{CloudBatch, SequenceBatch};
use crate::structure::SLOTS;

/// Vectors along the chain per residue: peptide bond from the previous residue's C to this N, from this C
/// to the next residue's N, and from this Cα to the previous and the next Cα; zero at the ends.
pub const CHAIN_VECTORS: usize = 4;

/// Geometric features of a conformation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CloudFeatures {
    /// Lengths of the 13 vectors and of the chain vectors, `[R, 17]`, Å.
    pub lengths: Vec<f32>,
    /// The 13 vectors and the chain vectors, `[R, 3, 17]`, Å.
    pub vectors: Vec<f32>,
}

/// Number of vector features of [`CloudFeatures`].
pub const FEATURES: usize = SLOTS + CHAIN_VECTORS;

impl CloudFeatures {
    /// Fills them with those of `cloud`.
    pub fn update(&mut self, sequence: &SequenceBatch, cloud: &CloudBatch) {
        const N_SLOT: usize = 0;
        const C_SLOT: usize = 1;
        let rows = cloud.rows();
        self.lengths.clear();
        self.lengths.resize(rows * FEATURES, 0.0);
        self.vectors.clear();
        self.vectors.resize(rows * 3 * FEATURES, 0.0);
        let p = |row: usize, axis: usize| cloud.positions[row * 3 + axis];
        let v = |row: usize, axis: usize, slot: usize| cloud.vectors[(row * 3 + axis) * SLOTS + slot];
        for pair in sequence.starts.windows(2) {
            for row in pair[0]..pair[1] {
                for axis in 0..3 {
                    let out = &mut self.vectors[(row * 3 + axis) * FEATURES..][..FEATURES];
                    out[..SLOTS].copy_from_slice(&cloud.vectors[(row * 3 + axis) * SLOTS..][..SLOTS]);
                    if row > pair[0] {
                        let step = p(row, axis) - p(row - 1, axis);
                        out[SLOTS] = step + v(row, axis, N_SLOT) - v(row - 1, axis, C_SLOT);
                        out[SLOTS + 2] = -step;
                    }
                    if row + 1 < pair[1] {
                        let step = p(row + 1, axis) - p(row, axis);
                        out[SLOTS + 1] = step + v(row + 1, axis, N_SLOT) - v(row, axis, C_SLOT);
                        out[SLOTS + 3] = step;
                    }
                }
                for feature in 0..FEATURES {
                    let squared: f32 =
                        (0..3).map(|axis| self.vectors[(row * 3 + axis) * FEATURES + feature].powi(2)).sum();
                    self.lengths[row * FEATURES + feature] = squared.sqrt();
                }
            }
        }
    }
}
