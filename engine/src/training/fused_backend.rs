//! Gradients by the fused kernels, the batch shared out among threads.

use crate::network::fused::{Conditioned, FusedModel, HeaderContext, Workspace};
use crate::network::{CloudBatch, NetworkConfig, SequenceBatch};
use crate::structure::SLOTS;
use crate::transport::interpolant::{TrackLosses, loss_and_gradient};

use super::backend::{GradientBackend, VALIDATION_SEED, add_part};
use super::batch::{Draw, PreparedBatch};
use super::{TrainError, TrainSettings};

/// The processor with hand-written kernels.
pub(super) struct FusedBackend {
    model: FusedModel,
    workers: Vec<Worker>,
}

/// Buffers of one thread.
#[derive(Default)]
struct Worker {
    workspace: Workspace,
    conditioned: Conditioned,
    batch: PreparedBatch,
    /// X^t of each pair once, where pairs have several latent times.
    sources: CloudBatch,
    output_gradients: Vec<Vec<f32>>,
    /// Gradient of the parameters, this worker's share.
    gradient: Vec<f32>,
    losses: TrackLosses,
}

impl FusedBackend {
    /// A backend with as many threads as `settings` ask for, at most one per pair.
    pub fn new(config: &NetworkConfig, settings: &TrainSettings) -> Self {
        let threads = settings.threads.min(settings.batch_size).max(1);
        Self { model: FusedModel::new(config), workers: (0..threads).map(|_| Worker::default()).collect() }
    }
}

impl GradientBackend for FusedBackend {
    fn gradient(
        &mut self,
        parameters: &[f32],
        settings: &TrainSettings,
        draw: Draw,
        gradient: &mut [f32],
    ) -> Result<TrackLosses, TrainError> {
        let (batch, shares) = (draw.len(), self.workers.len());
        let (rows, atoms) = (draw.rows(), draw.atoms());
        let size = |k: usize| (k + 1) * batch / shares - k * batch / shares;
        let draws = draw.split((0..shares).map(size));
        let (model, seed) = (&self.model, settings.seed);
        if let ([worker], [draw]) = (&mut self.workers[..], &draws[..]) {
            worker.run(model, parameters, settings, seed, draw, atoms, true);
        } else {
            std::thread::scope(|scope| {
                let handles: Vec<_> = self
                    .workers
                    .iter_mut()
                    .zip(&draws)
                    .filter(|(_, draw)| draw.len() > 0)
                    .map(|(worker, draw)| {
                        scope.spawn(move || worker.run(model, parameters, settings, seed, draw, atoms, true))
                    })
                    .collect();
                handles.into_iter().try_for_each(|h| h.join().map_err(panic_message))
            })?;
        }
        gradient.fill(0.0);
        let mut losses = TrackLosses::default();
        for (worker, draw) in self.workers.iter().zip(&draws).filter(|(_, draw)| draw.len() > 0) {
            for (total, share) in gradient.iter_mut().zip(&worker.gradient) {
                *total += share;
            }
            add_part(&mut losses, &worker.losses, draw, rows, atoms);
        }
        Ok(losses)
    }

    fn validation_losses(
        &mut self,
        parameters: &[f32],
        settings: &TrainSettings,
        draw: &Draw,
    ) -> Result<TrackLosses, TrainError> {
        let worker = &mut self.workers[0];
        worker.run(&self.model, parameters, settings, VALIDATION_SEED, draw, draw.atoms(), false);
        Ok(worker.losses)
    }
}

impl Worker {
    /// Computes losses and, if `train`, the gradient of the share `draw` of a step with `atoms` atoms.
    fn run(
        &mut self,
        model: &FusedModel,
        parameters: &[f32],
        settings: &TrainSettings,
        seed: u64,
        draw: &Draw,
        atoms: usize,
        train: bool,
    ) {
        let config = model.config();
        let sequence = self.batch.prepare(config, settings, seed, draw, train);
        let (workspace, source, conditioned) =
            (&mut self.workspace, &self.batch.source, &mut self.conditioned);
        let firsts: Vec<usize> = draw.firsts().collect();
        conditioned.shared_rows.clear();
        if firsts.len() == draw.len() {
            model.condition(parameters, workspace, &sequence, source, conditioned, train);
        } else {
            let own = SequenceBatch::from_topologies(firsts.iter().map(|&k| &*draw.pairs[k].topology));
            share_sources(
                &sequence,
                (&own, &firsts),
                source,
                &mut self.sources,
                &mut conditioned.shared_rows,
            );
            model.condition(parameters, workspace, &own, &self.sources, conditioned, train);
        }
        let context = HeaderContext {
            sequence: &sequence,
            source,
            latent: &self.batch.latent,
            tau: &draw.tau,
            conditioned: &self.conditioned,
        };
        model.headers(parameters, workspace, &context, train);
        let batch = self.batch.loss_batch(settings, &sequence, draw, atoms);
        let gradients = &mut self.output_gradients;
        self.losses = loss_and_gradient(config, &batch, &workspace.outputs, gradients);
        if train {
            self.gradient.clear();
            self.gradient.resize(parameters.len(), 0.0);
            let batch = (&sequence, &self.conditioned);
            model.backward(parameters, workspace, batch, gradients, &mut self.gradient);
        }
    }
}

/// Copies the clouds of `source` that pairs begin with into `once`, and says which of its rows each row of `source` is.
/// `own` are the labels of those clouds, which begin at `firsts`.
fn share_sources(
    sequence: &SequenceBatch,
    (own, firsts): (&SequenceBatch, &[usize]),
    source: &CloudBatch,
    once: &mut CloudBatch,
    rows: &mut Vec<usize>,
) {
    once.positions.clear();
    once.vectors.clear();
    let ends = firsts.iter().skip(1).copied().chain([sequence.proteins()]);
    for ((&first, end), start) in firsts.iter().zip(ends).zip(&own.starts) {
        let (from, to) = (sequence.starts[first], sequence.starts[first + 1]);
        once.positions.extend_from_slice(&source.positions[from * 3..to * 3]);
        once.vectors.extend_from_slice(&source.vectors[from * 3 * SLOTS..to * 3 * SLOTS]);
        for _ in first..end {
            rows.extend(*start..start + (to - from));
        }
    }
}

fn panic_message(payload: Box<dyn std::any::Any + Send>) -> TrainError {
    let text = payload
        .downcast_ref::<String>()
        .cloned()
        .or_else(|| payload.downcast_ref::<&str>().map(|s| (*s).to_owned()))
        .unwrap_or_else(|| "no message".to_owned());
    TrainError::Worker(text)
}
