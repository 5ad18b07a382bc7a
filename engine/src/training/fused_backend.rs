//! Gradients by the fused kernels, the batch cut into shards that threads share.
//!
//! The same shards are added in the same order whatever the number of threads, so that weights do not depend on it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::network::NetworkConfig;
use crate::network::fused::{Conditioned, FusedModel, HeaderContext, Workspace};
use crate::transport::interpolant::{TrackLosses, loss_and_gradient};

use super::backend::{GradientBackend, VALIDATION_SEED, add_part};
use super::batch::{Draw, PreparedBatch};
use super::{TrainError, TrainSettings};

/// Fewest residues of a shard. Each costs a pass over all weights, to add up its gradient: with fewer residues that
/// would show, and with more there would be less for threads to share.
const SHARD_RESIDUES: usize = 40;

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
    output_gradients: Vec<Vec<f32>>,
    /// Gradient of the parameters, of one shard.
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
        let (rows, atoms) = (draw.rows(), draw.atoms());
        let sizes = shard_sizes(&draw);
        let shards = draw.split(sizes);
        let (model, seed) = (&self.model, settings.seed);
        let next = AtomicUsize::new(0);
        let sum = Mutex::new(OrderedSum::new(gradient));
        let work = |worker: &mut Worker| {
            while let Some((index, shard)) = claim(&next, &shards) {
                worker.run(model, parameters, settings, seed, shard, atoms, true);
                let mut sum = sum.lock().unwrap_or_else(PoisonError::into_inner);
                sum.add(index, &mut worker.gradient, worker.losses);
            }
        };
        let threads = self.workers.len().min(shards.len());
        match &mut self.workers[..threads] {
            [worker] => work(worker),
            workers => std::thread::scope(|scope| {
                let handles: Vec<_> = workers.iter_mut().map(|worker| scope.spawn(|| work(worker))).collect();
                // All of them, or a second panic would end the program.
                let ends: Vec<_> = handles.into_iter().map(|h| h.join().map_err(panic_message)).collect();
                ends.into_iter().collect::<Result<(), _>>()
            })?,
        }
        let of_shards = sum.into_inner().unwrap_or_else(PoisonError::into_inner).losses;
        let mut losses = TrackLosses::default();
        for (own, shard) in of_shards.iter().zip(&shards) {
            add_part(&mut losses, own, shard, rows, atoms);
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

/// Numbers of pairs of the shards of a step, which depend on nothing but its pairs.
fn shard_sizes(draw: &Draw) -> Vec<usize> {
    let mut sizes = Vec::new();
    let (mut pairs, mut residues) = (0, 0);
    for pair in &draw.pairs {
        pairs += 1;
        residues += pair.topology.residue_count();
        if residues >= SHARD_RESIDUES {
            sizes.push(std::mem::take(&mut pairs));
            residues = 0;
        }
    }
    match sizes.last_mut() {
        // What is left over is too little for a shard.
        Some(last) => *last += pairs,
        None if pairs > 0 => sizes.push(pairs),
        None => {}
    }
    sizes
}

/// The next shard that nobody has, with its index.
fn claim<'a>(next: &AtomicUsize, shards: &'a [Draw]) -> Option<(usize, &'a Draw)> {
    let index = next.fetch_add(1, Ordering::Relaxed);
    shards.get(index).map(|shard| (index, shard))
}

/// Gradients of shards added up in the order of the shards, in whichever order they come.
struct OrderedSum<'a> {
    total: &'a mut [f32],
    /// Of the shards that are added, whose number is the index of the next one.
    losses: Vec<TrackLosses>,
    /// Shards that came before their turn.
    early: BTreeMap<usize, (Vec<f32>, TrackLosses)>,
    /// Buffers to use again.
    spare: Vec<Vec<f32>>,
}

impl<'a> OrderedSum<'a> {
    fn new(total: &'a mut [f32]) -> Self {
        total.fill(0.0);
        Self { total, losses: Vec::new(), early: BTreeMap::new(), spare: Vec::new() }
    }

    /// Adds shard `index`, or keeps it until it is its turn and leaves another buffer in its place.
    fn add(&mut self, index: usize, gradient: &mut Vec<f32>, losses: TrackLosses) {
        if index > self.losses.len() {
            let kept = std::mem::replace(gradient, self.spare.pop().unwrap_or_default());
            self.early.insert(index, (kept, losses));
            return;
        }
        self.take(gradient, losses);
        while let Some((gradient, losses)) = self.early.remove(&self.losses.len()) {
            self.take(&gradient, losses);
            self.spare.push(gradient);
        }
    }

    fn take(&mut self, gradient: &[f32], losses: TrackLosses) {
        for (total, part) in self.total.iter_mut().zip(gradient) {
            *total += part;
        }
        self.losses.push(losses);
    }
}

impl Worker {
    /// Computes losses and, if `train`, the gradient of the shard `draw` of a step with `atoms` atoms.
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
        let (workspace, source) = (&mut self.workspace, &self.batch.source);
        model.condition(parameters, workspace, &sequence, source, &mut self.conditioned, train);
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
            model.backward(parameters, workspace, &sequence, gradients, &mut self.gradient);
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
