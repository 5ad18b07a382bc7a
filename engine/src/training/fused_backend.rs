//! Gradients by the fused kernels, the batch shared out among threads.

use crate::brief::panic_message;
use crate::network::NetworkConfig;
use crate::network::fused::{FusedBuffers, FusedEvaluator, FusedModel};
use crate::transport::interpolant::TrackLosses;

use super::backend::{GradientBackend, PassBuffers, VALIDATION_SEED, add_part};
use super::batch::Draw;
use super::{TrainError, TrainSettings};

/// The processor with hand-written kernels.
pub(super) struct FusedBackend {
    model: FusedModel,
    workers: Vec<Worker>,
}

/// Buffers of one thread.
#[derive(Default)]
struct Worker {
    network: FusedBuffers,
    pass: PassBuffers,
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
            worker.run(model, parameters, settings, seed, draw, atoms, true)?;
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
                handles.into_iter().try_for_each(|h| {
                    h.join().map_err(|panic| TrainError::Worker(panic_message(panic.as_ref())))?
                })
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
        worker.run(&self.model, parameters, settings, VALIDATION_SEED, draw, draw.atoms(), false)?;
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
    ) -> Result<(), TrainError> {
        let Self { network: buffers, pass, gradient, losses } = self;
        let firsts: Vec<usize> = draw.firsts().collect();
        let mut network = FusedEvaluator { network: model, parameters, buffers, firsts: &firsts, train };
        let into = if train {
            gradient.clear();
            gradient.resize(parameters.len(), 0.0);
            Some(gradient.as_mut_slice())
        } else {
            None
        };
        *losses = pass
            .pass(&mut network, model.config(), settings, seed, draw, atoms, into)
            .map_err(|error| TrainError::Network { device: "CPU".to_owned(), reason: error.to_string() })?;
        Ok(())
    }
}
