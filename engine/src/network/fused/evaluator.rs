//! The fused kernels as an [`Evaluator`].

use super::{Conditioned, FusedModel, HeaderContext, Workspace};
use crate::network::{CloudBatch, Evaluator, SequenceBatch};
use crate::structure::SLOTS;

/// Working memory of the kernels, kept from batch to batch.
#[derive(Default)]
pub struct FusedBuffers {
    /// That of conditioner and headers, and the threads that they run on.
    pub workspace: Workspace,
    conditioned: Conditioned,
    /// X^t once for all latent clouds that share it.
    sources: CloudBatch,
}

/// The kernels, the flat parameters that they run with, and their working memory.
pub struct FusedEvaluator<'a> {
    /// The network.
    pub network: &'a FusedModel,
    /// Flat parameters in the order of [`crate::network::ParameterLayout`].
    pub parameters: &'a [f32],
    /// Working memory.
    pub buffers: &'a mut FusedBuffers,
    /// Proteins of the batch whose source is not that of the protein before them, in order; empty where each has its
    /// own. The conditioner runs once for each.
    pub firsts: &'a [usize],
    /// Whether what a backward pass needs is kept.
    pub train: bool,
}

impl Evaluator for FusedEvaluator<'_> {
    fn condition(&mut self, sequence: &SequenceBatch, source: &CloudBatch) -> candle_core::Result<()> {
        let FusedBuffers { workspace, conditioned, sources } = &mut *self.buffers;
        conditioned.shared_rows.clear();
        if self.firsts.is_empty() || self.firsts.len() == sequence.proteins() {
            self.network.condition(self.parameters, workspace, sequence, source, conditioned, self.train);
        } else {
            let own = share_sources(sequence, self.firsts, source, sources, &mut conditioned.shared_rows);
            self.network.condition(self.parameters, workspace, &own, sources, conditioned, self.train);
        }
        Ok(())
    }

    fn headers(
        &mut self,
        sequence: &SequenceBatch,
        source: &CloudBatch,
        latent: &CloudBatch,
        tau: &[f32],
        estimate: Option<&CloudBatch>,
    ) -> candle_core::Result<&[Vec<f32>]> {
        let FusedBuffers { workspace, conditioned, .. } = &mut *self.buffers;
        let context = HeaderContext { sequence, source, latent, tau, estimate, conditioned };
        self.network.headers(self.parameters, workspace, &context, self.train);
        Ok(&workspace.outputs)
    }

    fn backward(
        &mut self,
        sequence: &SequenceBatch,
        by_outputs: &mut [Vec<f32>],
        gradient: &mut [f32],
    ) -> candle_core::Result<()> {
        let FusedBuffers { workspace, conditioned, .. } = &mut *self.buffers;
        self.network.backward(self.parameters, workspace, (sequence, conditioned), by_outputs, gradient);
        Ok(())
    }
}

/// Copies the clouds of `source` of the proteins `firsts` into `once`, says which of its rows each row of `source` is,
/// and returns their labels.
fn share_sources(
    sequence: &SequenceBatch,
    firsts: &[usize],
    source: &CloudBatch,
    once: &mut CloudBatch,
    rows: &mut Vec<usize>,
) -> SequenceBatch {
    once.positions.clear();
    once.vectors.clear();
    let own = sequence.select(firsts);
    let ends = firsts.iter().skip(1).copied().chain([sequence.proteins()]);
    for ((&first, end), start) in firsts.iter().zip(ends).zip(&own.starts) {
        let (from, to) = (sequence.starts[first], sequence.starts[first + 1]);
        once.positions.extend_from_slice(&source.positions[from * 3..to * 3]);
        once.vectors.extend_from_slice(&source.vectors[from * 3 * SLOTS..to * 3 * SLOTS]);
        for _ in first..end {
            rows.extend(*start..start + (to - from));
        }
    }
    own
}
