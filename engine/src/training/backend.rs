//! What computes a training step inside the operation of [`super::loss`]: fused kernels on the processor, or
//! composed candle operations on any device.

use crate::transport::interpolant::TrackLosses;

use super::batch::Draw;
use super::{TrainError, TrainSettings};

/// Seed of the noise on held-out pairs, the same at every validation of every run.
pub(super) const VALIDATION_SEED: u64 = 0x5A11_DA7E;

/// Computes losses and gradients of one network. Optimizer and parameters stay with the caller.
pub(super) trait GradientBackend: Send {
    /// Losses of a training step on `draw`, and their gradient by the flat `parameters`, which replaces what
    /// `gradient` (of the same length) holds.
    ///
    /// # Errors
    /// [`TrainError`] when the device fails.
    fn gradient(
        &mut self,
        parameters: &[f32],
        settings: &TrainSettings,
        draw: Draw,
        gradient: &mut [f32],
    ) -> Result<TrackLosses, TrainError>;

    /// Losses on held-out pairs: sources as they are, noise of [`VALIDATION_SEED`].
    ///
    /// # Errors
    /// [`TrainError`] when the device fails.
    fn validation_losses(
        &mut self,
        parameters: &[f32],
        settings: &TrainSettings,
        draw: &Draw,
    ) -> Result<TrackLosses, TrainError>;
}

/// Adds the losses of one part of a step with `rows` residues and `atoms` atoms in all. Sums are scaled by
/// the atoms of the whole step already; the tracks are means over the part's residues and vectors.
pub(super) fn add_part(losses: &mut TrackLosses, own: &TrackLosses, part: &Draw, rows: usize, atoms: usize) {
    let share = |part: usize, whole: usize| part as f64 / whole.max(1) as f64;
    let of_positions = share(part.rows(), rows);
    let of_vectors = share(part.atoms() - part.rows(), atoms - rows);
    losses.total += own.total;
    losses.rigid += own.rigid;
    losses.positions += of_positions * own.positions;
    losses.noise_positions += of_positions * own.noise_positions;
    losses.vectors += of_vectors * own.vectors;
    losses.noise_vectors += of_vectors * own.noise_vectors;
}
