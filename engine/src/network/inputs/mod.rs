//! Input features of conditioner and headers that follow directly from coordinates.

mod arithmetic;
pub mod carried;
mod displacements;
mod estimate;
mod latent;
mod residue_frames;
pub mod strain;
mod torsions;
mod vectors;

pub use displacements::{DISPLACEMENTS, DisplacementFeatures, displacement_scales};
pub use estimate::{ESTIMATE_SCALARS, ESTIMATE_VECTORS, EstimateFeatures};
pub use latent::LatentBatch;
pub use residue_frames::{
    CHAIN_FRAME_SCALARS, DISPLACEMENT_FRAME_SCALARS, SOURCE_FRAME_SCALARS, chain_frame_scalars,
    displacement_frame_scalars, source_frame_scalars,
};
pub use torsions::{TORSION_SCALARS, torsion_scalars};
pub use vectors::{CHAIN_VECTORS, CloudFeatures, FEATURES};

use self::carried::{CARRIED_SCALARS, CARRIED_VECTORS};
use self::strain::{STRAIN_SCALARS, STRAIN_VECTORS};
use super::NetworkConfig;
use crate::structure::{ResidueType, SLOTS};

/// Scalars of the conditioner's input: label, lengths of the 13 vectors, lengths of the chain vectors, torsions,
/// vectors in the frame of their residue.
pub fn conditioner_scalars(config: &NetworkConfig) -> usize {
    let torsions = if config.torsion_inputs { TORSION_SCALARS } else { 0 };
    let frame = if config.frame_inputs { SOURCE_FRAME_SCALARS } else { 0 };
    ResidueType::COUNT + FEATURES + torsions + frame
}

/// Vectors of the conditioner's input.
pub const CONDITIONER_VECTORS: usize = SLOTS + CHAIN_VECTORS;

/// Scalars of a header's input: time, conditioner, lengths, strain, lengths of the scaled displacements, torsions,
/// scaled displacements in the frame of the source's residue, torsions of the source, its vectors in the frames of its
/// residues, scaled displacements of the chain vectors in them, what is left when pieces are carried along, the estimate.
pub fn header_scalars(config: &NetworkConfig) -> usize {
    let torsions = if config.torsion_inputs { TORSION_SCALARS } else { 0 };
    let frame = if config.frame_inputs { DISPLACEMENT_FRAME_SCALARS } else { 0 };
    let strain = if config.strain_inputs { STRAIN_SCALARS } else { 0 };
    let displacements = if config.displacement_inputs { DISPLACEMENTS } else { 0 };
    let source = if config.source_torsion_inputs { TORSION_SCALARS } else { 0 };
    let source_frame =
        if config.source_frame_inputs { SOURCE_FRAME_SCALARS + CHAIN_FRAME_SCALARS } else { 0 };
    let carried = if config.carried_inputs { CARRIED_SCALARS } else { 0 };
    let estimate = if config.estimate_inputs { ESTIMATE_SCALARS } else { 0 };
    let all = [FEATURES, strain, displacements, torsions, frame, source, source_frame, carried, estimate];
    config.time_bins + config.multiplicity + all.iter().sum::<usize>()
}

/// Vectors of a header's input: 13 vectors, chain vectors, strain, scaled displacements, both kinds of vectors of the
/// source, what leads to the source carried along, the estimate, displacement of Cα in Å, conditioner.
pub fn header_vectors(config: &NetworkConfig) -> usize {
    let strain = if config.strain_inputs { STRAIN_VECTORS } else { 0 };
    let displacements = if config.displacement_inputs { DISPLACEMENTS } else { 0 };
    let source = if config.source_frame_inputs { FEATURES } else { 0 };
    let carried = if config.carried_inputs { CARRIED_VECTORS } else { 0 };
    let estimate = if config.estimate_inputs { ESTIMATE_VECTORS } else { 0 };
    FEATURES + strain + displacements + source + carried + estimate + 1 + config.multiplicity
}

/// Soft one-hot of τ (as [`crate::network::Transport::clock_at`] has it) on `bins` cosine bumps: `cos(π/2·d)` for `|d| < 1`, `d` the distance to a bin center in
/// spacings, centers evenly inside (0, 1); scaled by `√bins` to unit second moment. At most two entries are
/// non-zero: `(bin, value)` twice.
pub fn time_embedding(bins: usize, clock: f32) -> [(usize, f32); 2] {
    let x = clock * (bins + 1) as f32 - 1.0;
    let scale = (bins as f32).sqrt();
    let lower = x.floor();
    std::array::from_fn(|side| {
        let center = lower + side as f32;
        let d = (x - center).abs();
        if center < 0.0 || center > (bins - 1) as f32 || d >= 1.0 {
            (0, 0.0)
        } else {
            (center as usize, scale * (std::f32::consts::FRAC_PI_2 * d).cos())
        }
    })
}
