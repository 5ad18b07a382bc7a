//! Where the jump was said to lead before. An addition to the paper (`estimate_inputs`).

use super::displacements::{DISPLACEMENTS, POSITION_JUMP_ANGSTROM, VECTOR_JUMP_ANGSTROM};
use super::torsions::{TORSION_SCALARS, torsion_scalars};
use crate::network::{CloudBatch, SequenceBatch};
use crate::structure::SLOTS;

/// Scalars of the estimate: whether there is one, lengths of its displacements, its torsions.
pub const ESTIMATE_SCALARS: usize = 1 + DISPLACEMENTS + TORSION_SCALARS;
/// Vectors of the estimate: displacements of the 13 vectors and of Cα.
pub const ESTIMATE_VECTORS: usize = DISPLACEMENTS;

/// What headers see of the end point that they gave at the latent step before: the jump `X̂₁ − X^t` of the 13 vectors
/// and of Cα in units of a usual jump, and the torsions of X̂₁. All zero where there was no step before.
///
/// Which of several ways a jump goes is decided early, by a motion of all atoms together that is far smaller than the
/// noise of each. A network that begins anew at every step must find it anew; one that sees its own answer adds to it
/// (Chen, Zhang and Hinton 2022).
#[derive(Clone, Debug, Default)]
pub struct EstimateFeatures {
    /// `[R, 29]`.
    pub scalars: Vec<f32>,
    /// `[R, 3, 14]`.
    pub vectors: Vec<f32>,
    end_point: CloudBatch,
    torsions: Vec<f32>,
}

impl EstimateFeatures {
    /// Fills them from X^t (`source`) and the jump, if one is known.
    pub fn update(&mut self, sequence: &SequenceBatch, source: &CloudBatch, jump: Option<&CloudBatch>) {
        let rows = source.rows();
        for (values, width) in
            [(&mut self.scalars, ESTIMATE_SCALARS), (&mut self.vectors, 3 * ESTIMATE_VECTORS)]
        {
            values.clear();
            values.resize(rows * width, 0.0);
        }
        let Some(jump) = jump else { return };
        self.end_point.positions.clone_from(&source.positions);
        self.end_point.vectors.clone_from(&source.vectors);
        self.end_point.positions.iter_mut().zip(&jump.positions).for_each(|(x, jump)| *x += jump);
        self.end_point.vectors.iter_mut().zip(&jump.vectors).for_each(|(x, jump)| *x += jump);
        torsion_scalars(sequence, &self.end_point, &mut self.torsions);
        for row in 0..rows {
            let mut squared = [0.0f32; ESTIMATE_VECTORS];
            for at in row * 3..row * 3 + 3 {
                let out = &mut self.vectors[at * ESTIMATE_VECTORS..][..ESTIMATE_VECTORS];
                for (out, jump) in out.iter_mut().zip(&jump.vectors[at * SLOTS..][..SLOTS]) {
                    *out = jump / VECTOR_JUMP_ANGSTROM;
                }
                out[SLOTS] = jump.positions[at] / POSITION_JUMP_ANGSTROM;
                squared.iter_mut().zip(out).for_each(|(sum, x)| *sum += *x * *x);
            }
            let scalars = &mut self.scalars[row * ESTIMATE_SCALARS..][..ESTIMATE_SCALARS];
            scalars[0] = 1.0;
            scalars[1..].iter_mut().zip(squared).for_each(|(length, squared)| *length = squared.sqrt());
            let torsions = &self.torsions[row * TORSION_SCALARS..][..TORSION_SCALARS];
            scalars[1 + DISPLACEMENTS..].copy_from_slice(torsions);
        }
    }
}
