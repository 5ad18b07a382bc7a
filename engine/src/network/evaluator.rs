//! The network as samplers and training call it, whatever computes it.

use candle_core::Result;

use super::{CloudBatch, SequenceBatch};

/// A network with its parameters, and the buffers of one batch at a time.
pub trait Evaluator {
    /// Runs the conditioner on X^t. What it says is kept for [`Self::headers`].
    ///
    /// # Errors
    /// If the device fails.
    fn condition(&mut self, sequence: &SequenceBatch, source: &CloudBatch) -> Result<()>;

    /// Runs all headers on X_τ (`latent`) at `tau` (one per protein), X^t being the `source` that the conditioner ran
    /// on last. `estimate` is the jump `X̂₁ − X^t` that the evaluation before gave, for networks that see it
    /// ([`super::NetworkConfig::estimate_inputs`]). The outputs are in the order of
    /// [`super::parameters::header_outputs`], `[R, 3, outputs]`, scaled by σ and masked.
    ///
    /// # Errors
    /// If the device fails.
    fn headers(
        &mut self,
        sequence: &SequenceBatch,
        source: &CloudBatch,
        latent: &CloudBatch,
        tau: &[f32],
        estimate: Option<&CloudBatch>,
    ) -> Result<&[Vec<f32>]>;

    /// Given the gradient with respect to the outputs of the last [`Self::headers`] (used up as scratch), adds that of
    /// all parameters to `gradient`. Only for evaluators made for training.
    ///
    /// # Errors
    /// If the device fails.
    fn backward(
        &mut self,
        sequence: &SequenceBatch,
        by_outputs: &mut [Vec<f32>],
        gradient: &mut [f32],
    ) -> Result<()>;
}
