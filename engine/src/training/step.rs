//! One training step (Alg. 1, lines 1–9) on one worker's share of the batch.

use crate::network::fused::{Conditioned, HeaderContext, Workspace};
use crate::network::{CloudBatch, NetworkConfig, SequenceBatch, fused::FusedModel};
use crate::transport::interpolant::{
    LossBatch, NoiseAddress, TrackLosses, fill_noise, interpolate, loss_and_gradient,
};
use crate::transport::noise::{Noise, Stream};

use super::TrainSettings;
use super::dataset::{Pair, PairDataset};

/// Keeps the draws of pairs and times apart from the noise of the clouds, whose latent step is 0.
const DRAW: u32 = 0x3FFF;

/// Buffers of one worker.
#[derive(Default)]
pub(super) struct Worker {
    workspace: Workspace,
    conditioned: Conditioned,
    source: CloudBatch,
    target: CloudBatch,
    noise: CloudBatch,
    latent: CloudBatch,
    output_gradients: Vec<Vec<f32>>,
    /// Gradient of the parameters, this worker's share.
    pub gradient: Vec<f32>,
    /// Losses of the share.
    pub losses: TrackLosses,
}

/// Which pairs, at which latent times.
pub(super) struct Draw {
    pub pairs: Vec<Pair>,
    pub tau: Vec<f32>,
    pub addresses: Vec<NoiseAddress>,
}

impl Draw {
    /// The pairs `samples` of training step `step`; a pure function of seed, step and sample.
    pub fn training(dataset: &PairDataset, seed: u64, step: u64, samples: std::ops::Range<usize>) -> Self {
        let noise = Noise::new(seed, Stream::Training);
        Self::new(samples, step, &noise, |_, random| dataset.training_pair(random))
    }

    /// `count` held-out pairs, the same ones with the same noise at every validation.
    pub fn validation(dataset: &PairDataset, count: usize) -> Self {
        let noise = Noise::new(0x5A11_DA7E, Stream::Training);
        Self::new(0..count, 0, &noise, |index, _| dataset.validation_pair(index, count))
    }

    fn new(
        samples: std::ops::Range<usize>,
        step: u64,
        noise: &Noise,
        pair: impl Fn(usize, u32) -> Pair,
    ) -> Self {
        let mut draw = Self { pairs: Vec::new(), tau: Vec::new(), addresses: Vec::new() };
        for sample in samples {
            let bits = noise.bits([sample as u32, step as u32, DRAW | ((step >> 32) as u32) << 16, 0]);
            draw.pairs.push(pair(sample, bits[0]));
            // U(1e-4, 1 − 1e-4), as the authors draw it.
            let uniform = (f64::from(bits[1]) + 0.5) / 4_294_967_296.0;
            draw.tau.push((1e-4 + uniform * (1.0 - 2e-4)) as f32);
            draw.addresses.push(NoiseAddress { replica: sample as u64, frame: step, latent_step: 0 });
        }
        draw
    }

    /// Heavy atoms of all pairs.
    pub fn atoms(&self) -> usize {
        self.pairs.iter().map(|p| p.topology.atom_count()).sum()
    }
}

impl Worker {
    /// Computes losses and, if `train`, the gradient of the share `draw` of a step with `atoms` atoms.
    pub fn run(
        &mut self,
        model: &FusedModel,
        parameters: &[f32],
        settings: &TrainSettings,
        seed: u64,
        draw: &Draw,
        atoms: usize,
        train: bool,
    ) {
        let config: &NetworkConfig = model.config();
        let sequence = SequenceBatch::from_topologies(draw.pairs.iter().map(|p| &*p.topology));
        for cloud in [&mut self.source, &mut self.target] {
            cloud.positions.clear();
            cloud.vectors.clear();
        }
        for pair in &draw.pairs {
            self.source.push(&pair.source);
            self.target.push(&pair.target);
        }
        let noise = Noise::new(seed, Stream::Training);
        if train && settings.source_noise_angstrom > 0.0 {
            self.blur_source(&sequence, &noise, draw, settings.source_noise_angstrom);
        }
        fill_noise(config, &sequence, &noise, &draw.addresses, &mut self.noise);
        interpolate(&sequence, &self.source, &self.target, &self.noise, &draw.tau, &mut self.latent);
        model.condition(
            parameters,
            &mut self.workspace,
            &sequence,
            &self.source,
            &mut self.conditioned,
            train,
        );
        let context = HeaderContext {
            sequence: &sequence,
            source: &self.source,
            latent: &self.latent,
            tau: &draw.tau,
            conditioned: &self.conditioned,
        };
        model.headers(parameters, &mut self.workspace, &context, train);
        let batch = LossBatch {
            sequence: &sequence,
            source: &self.source,
            target: &self.target,
            noise: &self.noise,
            latent: &self.latent,
            tau: &draw.tau,
            atoms,
            rigid_weight: settings.rigid_weight,
        };
        let gradients = &mut self.output_gradients;
        self.losses = loss_and_gradient(config.heads, &batch, &self.workspace.outputs, gradients);
        if train {
            self.gradient.clear();
            self.gradient.resize(parameters.len(), 0.0);
            let (gradients, into) = (&mut self.output_gradients, &mut self.gradient);
            model.backward(parameters, &mut self.workspace, &sequence, gradients, into);
        }
    }
}

impl Worker {
    /// Adds normal noise to X^t. A simulation feeds a model its own frames, which are never as clean as
    /// those of MD; a model that has seen blurred sources leads back to clean ones instead of astray.
    fn blur_source(&mut self, sequence: &SequenceBatch, noise: &Noise, draw: &Draw, sigma: f32) {
        let same = NetworkConfig {
            sigma_position_angstrom: sigma,
            sigma_vector_angstrom: sigma,
            ..NetworkConfig::default()
        };
        let addresses: Vec<NoiseAddress> =
            draw.addresses.iter().map(|a| NoiseAddress { latent_step: 1, ..*a }).collect();
        fill_noise(&same, sequence, noise, &addresses, &mut self.noise);
        for (x, n) in self.source.positions.iter_mut().zip(&self.noise.positions) {
            *x += n;
        }
        for (x, n) in self.source.vectors.iter_mut().zip(&self.noise.vectors) {
            *x += n;
        }
    }
}

/// Mean losses of `model` over `count` held-out pairs.
pub(super) fn validate(
    worker: &mut Worker,
    model: &FusedModel,
    parameters: &[f32],
    settings: &TrainSettings,
    draw: &[Draw],
) -> TrackLosses {
    let mut total = TrackLosses::default();
    for part in draw {
        worker.run(model, parameters, settings, 0x5A11_DA7E, part, part.atoms(), false);
        total.add_scaled(&worker.losses, 1.0 / draw.len() as f64);
    }
    total
}
