//! The fused kernels as an [`Evaluator`].

use super::{Conditioned, FusedModel, HeaderContext, Workspace};
use crate::network::{CloudBatch, Evaluator, SequenceBatch};

/// Working memory of the kernels, kept from batch to batch.
#[derive(Default)]
pub struct FusedBuffers {
    /// That of conditioner and headers, and the threads that they run on.
    pub workspace: Workspace,
    conditioned: Conditioned,
}

/// The kernels, the flat parameters that they run with, and their working memory.
pub struct FusedEvaluator<'a> {
    /// The network.
    pub network: &'a FusedModel,
    /// Flat parameters in the order of [`crate::network::ParameterLayout`].
    pub parameters: &'a [f32],
    /// Working memory.
    pub buffers: &'a mut FusedBuffers,
    /// Whether what a backward pass needs is kept.
    pub train: bool,
}

impl Evaluator for FusedEvaluator<'_> {
    fn condition(&mut self, sequence: &SequenceBatch, source: &CloudBatch) -> candle_core::Result<()> {
        let FusedBuffers { workspace, conditioned } = &mut *self.buffers;
        self.network.condition(self.parameters, workspace, sequence, source, conditioned, self.train);
        Ok(())
    }

    fn headers(
        &mut self,
        sequence: &SequenceBatch,
        source: &CloudBatch,
        latent: &CloudBatch,
        tau: &[f32],
    ) -> candle_core::Result<&[Vec<f32>]> {
        let FusedBuffers { workspace, conditioned } = &mut *self.buffers;
        let context = HeaderContext { sequence, source, latent, tau, conditioned };
        self.network.headers(self.parameters, workspace, &context, self.train);
        Ok(&workspace.outputs)
    }

    fn backward(
        &mut self,
        sequence: &SequenceBatch,
        by_outputs: &mut [Vec<f32>],
        gradient: &mut [f32],
    ) -> candle_core::Result<()> {
        let workspace = &mut self.buffers.workspace;
        self.network.backward(self.parameters, workspace, sequence, by_outputs, gradient);
        Ok(())
    }
}
