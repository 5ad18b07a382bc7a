//! Input features of conditioner and headers that follow directly from coordinates.

use super::strain::{STRAIN_SCALARS, STRAIN_VECTORS};
use super::{CloudBatch, NetworkConfig, SequenceBatch};
use crate::structure::{ResidueType, SLOTS};

/// Vectors along the chain per residue: peptide bond from the previous residue's C to this N, from this C
/// to the next residue's N, and from this Cα to the previous and the next Cα; zero at the ends.
pub const CHAIN_VECTORS: usize = 4;

/// Scalars of the conditioner's input: label, lengths of the 13 vectors, lengths of the chain vectors.
pub const CONDITIONER_SCALARS: usize = ResidueType::COUNT + SLOTS + CHAIN_VECTORS;

/// Vectors of the conditioner's input.
pub const CONDITIONER_VECTORS: usize = SLOTS + CHAIN_VECTORS;

/// Scalars of a header's input: time, conditioner, lengths, strain.
pub fn header_scalars(config: &NetworkConfig) -> usize {
    let strain = if config.strain_inputs { STRAIN_SCALARS } else { 0 };
    config.time_bins + config.multiplicity + FEATURES + strain
}

/// Vectors of a header's input: 13 vectors, chain vectors, strain, displacement, conditioner.
pub fn header_vectors(config: &NetworkConfig) -> usize {
    let strain = if config.strain_inputs { STRAIN_VECTORS } else { 0 };
    FEATURES + strain + 1 + config.multiplicity
}

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
    /// Features of `cloud`.
    pub fn new(sequence: &SequenceBatch, cloud: &CloudBatch) -> Self {
        let mut features = Self::default();
        features.update(sequence, cloud);
        features
    }

    /// As [`Self::new`], into existing memory.
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

/// Soft one-hot of τ on `bins` cosine bumps: `cos(π/2·d)` for `|d| < 1`, `d` the distance to a bin centre in
/// spacings, centres evenly inside (0, 1); scaled by `√bins` to unit second moment. At most two entries are
/// non-zero: `(bin, value)` twice.
pub fn time_embedding(bins: usize, tau: f32) -> [(usize, f32); 2] {
    let x = tau * (bins + 1) as f32 - 1.0;
    let scale = (bins as f32).sqrt();
    let lower = x.floor();
    std::array::from_fn(|side| {
        let centre = lower + side as f32;
        let d = (x - centre).abs();
        if centre < 0.0 || centre > (bins - 1) as f32 || d >= 1.0 {
            (0, 0.0)
        } else {
            (centre as usize, scale * (std::f32::consts::FRAC_PI_2 * d).cos())
        }
    })
}
