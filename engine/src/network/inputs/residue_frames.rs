//! Vectors as coordinates in the frame N–Cα–C of a residue: invariant under rotation, and they see the hand. An addition
//! to the paper (`frame_inputs`, `source_frame_inputs`).

use super::arithmetic::{cross, dot, unit};
use super::displacements::{DISPLACEMENTS, DisplacementFeatures, displacement_scales};
use super::latent::LatentBatch;
use super::vectors::{CHAIN_VECTORS, CloudFeatures, FEATURES};
use crate::network::CloudBatch;
use crate::structure::SLOTS;

/// Scalars of the conditioner's vectors in the frame of their residue.
pub const SOURCE_FRAME_SCALARS: usize = 3 * FEATURES;

/// Scalars of a header's displacements in the frame of the source's residue.
pub const DISPLACEMENT_FRAME_SCALARS: usize = 3 * DISPLACEMENTS;

/// Scalars of the displacements of the chain vectors in the frame of the source's residue.
pub const CHAIN_FRAME_SCALARS: usize = 3 * CHAIN_VECTORS;

/// Length that counts as one for vectors in a frame.
const FRAME_UNIT_ANGSTROM: f32 = 1.5;

const N_SLOT: usize = 0;
const C_SLOT: usize = 1;

/// Fills `out [R, SOURCE_FRAME_SCALARS]` with the vectors of `features` in the frames of their residues, which
/// `cloud` has.
pub fn source_frame_scalars(cloud: &CloudBatch, features: &CloudFeatures, out: &mut Vec<f32>) {
    out.clear();
    for row in 0..cloud.rows() {
        let frame = residue_frame(cloud, row).map(|axis| axis.map(|x| x / FRAME_UNIT_ANGSTROM));
        for feature in 0..FEATURES {
            let v = |axis: usize| features.vectors[(row * 3 + axis) * FEATURES + feature];
            out.extend(frame.map(|e| dot(e, [v(0), v(1), v(2)])));
        }
    }
}

/// Fills `out [R, DISPLACEMENT_FRAME_SCALARS]` with the scaled displacements in the frames of the residues of
/// `source`.
pub fn displacement_frame_scalars(
    source: &CloudBatch,
    displacements: &DisplacementFeatures,
    out: &mut Vec<f32>,
) {
    out.clear();
    for row in 0..source.rows() {
        let frame = residue_frame(source, row);
        for which in 0..DISPLACEMENTS {
            let v = |axis: usize| displacements.vectors[(row * 3 + axis) * DISPLACEMENTS + which];
            out.extend(frame.map(|e| dot(e, [v(0), v(1), v(2)])));
        }
    }
}

/// Fills `out [R, CHAIN_FRAME_SCALARS]` with how far the chain vectors of X_τ are from those of X^t, given as the
/// features of both, scaled as displacements of vectors are, in the frames of the residues of X^t.
pub fn chain_frame_scalars(
    batch: LatentBatch<'_>,
    (source, latent): (&CloudFeatures, &CloudFeatures),
    out: &mut Vec<f32>,
) {
    out.clear();
    for (rows, tau) in batch.proteins() {
        let (_, scale) = displacement_scales(batch.config, tau);
        let still = batch.config.transport.still_scale(tau);
        for row in rows {
            let frame = residue_frame(batch.source, row);
            for which in SLOTS..FEATURES {
                let v = |axis: usize| {
                    let at = (row * 3 + axis) * FEATURES + which;
                    scale * (latent.vectors[at] - still * source.vectors[at])
                };
                out.extend(frame.map(|e| dot(e, [v(0), v(1), v(2)])));
            }
        }
    }
}

/// Right-handed axes of a residue: along Cα–C, towards N at right angles to it, and their cross product. Zero
/// where the three atoms lie in a line.
pub(super) fn residue_frame(cloud: &CloudBatch, row: usize) -> [[f32; 3]; 3] {
    let slot = |slot: usize| -> [f32; 3] {
        std::array::from_fn(|axis| cloud.vectors[(row * 3 + axis) * SLOTS + slot])
    };
    let (n, c) = (slot(N_SLOT), slot(C_SLOT));
    let first = unit(c);
    let third = unit(cross(first, n));
    [first, cross(third, first), third]
}
