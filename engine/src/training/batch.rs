//! What a training step computes with (Alg. 1, lines 1–7): pairs, latent times, noise, the interpolated cloud.
//! The same for every backend.

use crate::network::{CloudBatch, NetworkConfig, SequenceBatch, Transport};
use crate::random::{Noise, Stream};
use crate::transport::interpolant::{LossBatch, NoiseAddress, fill_noise, interpolate};

use super::dataset::{Pair, PairChances, PairDataset};
use super::{TrainError, TrainSettings};

/// Keeps the draws of pairs and times apart from the noise of the clouds, whose latent step is 0.
const DRAW: u32 = 0x3FFF;

/// The number of no pair: what is drawn with it holds for the whole step.
const ESTIMATE: u32 = u32::MAX;
/// A quarter of the steps shows no estimate: a frame begins without one.
const SHARE_WITHOUT_ESTIMATE: u32 = 1 << 30;

/// Whether training step `step` shows estimates: all of its pairs alike, so that one that does not costs no second pass.
fn shows_estimate(noise: &Noise, step: u64) -> bool {
    let [chance, ..] = noise.bits([ESTIMATE, step as u32, DRAW | ((step >> 32) as u32) << 16, 0]);
    chance >= SHARE_WITHOUT_ESTIMATE
}

/// Which pairs, at which latent times.
#[derive(Default)]
pub(super) struct Draw {
    pub pairs: Vec<Pair>,
    pub tau: Vec<f32>,
    pub addresses: Vec<NoiseAddress>,
    /// Whether the network is shown what it says itself when it is shown nothing, if it sees estimates.
    pub with_estimate: bool,
    /// Number of each pair in the step: those of one number, which follow each other, are one pair at several times.
    pub numbers: Vec<u64>,
}

impl Draw {
    /// The pairs `numbers` of training step `step`, each at all of its latent times; a pure function of seed, step and
    /// number.
    ///
    /// # Errors
    /// [`TrainError::Store`] when a store cannot be read.
    pub fn training(
        dataset: &PairDataset,
        transport: Transport,
        settings: &TrainSettings,
        step: u64,
        numbers: std::ops::Range<usize>,
    ) -> Result<Self, TrainError> {
        let noise = Noise::new(settings.seed, Stream::Training);
        let times = (settings.times_per_pair, f64::from(settings.time_power));
        let draw =
            Self::new(numbers, step, &noise, transport, times, |_, chances| dataset.training_pair(chances))?;
        Ok(Self { with_estimate: shows_estimate(&noise, step), ..draw })
    }

    /// `count` held-out pairs, the same ones with the same noise at every validation.
    ///
    /// # Errors
    /// [`TrainError::Store`] when a store cannot be read.
    pub fn validation(dataset: &PairDataset, transport: Transport, count: usize) -> Result<Self, TrainError> {
        let noise = Noise::new(0x5A11_DA7E, Stream::Training);
        let draw = Self::new(0..count, 0, &noise, transport, (1, 1.0), |index, _| {
            dataset.validation_pair(index, count)
        })?;
        Ok(Self { with_estimate: true, ..draw })
    }

    fn new(
        numbers: std::ops::Range<usize>,
        step: u64,
        noise: &Noise,
        transport: Transport,
        (times, power): (usize, f64),
        pair: impl Fn(usize, PairChances) -> Result<Pair, TrainError>,
    ) -> Result<Self, TrainError> {
        let mut draw = Self::default();
        for number in numbers {
            let bits = |of| noise.bits([number as u32, step as u32, DRAW | ((step >> 32) as u32) << 16, of]);
            let ([within, tau, cluster, offset], [enhanced, direction, ..]) = (bits(0), bits(1));
            let pair = pair(number, PairChances { within, cluster, offset, enhanced, direction })?;
            let first = (f64::from(tau) + 0.5) / 4_294_967_296.0;
            for time in 0..times {
                // U(1e-4, 1 − 1e-4), as the authors draw it, of the clock that sampling goes by; or its power.
                let uniform = ((time as f64 + first) / times as f64).powf(power);
                draw.tau.push(transport.time_at((1e-4 + uniform * (1.0 - 2e-4)) as f32));
                let replica = (number * times + time) as u64;
                draw.addresses.push(NoiseAddress { replica, frame: step, latent_step: 0 });
                draw.numbers.push(number as u64);
                draw.pairs.push(pair.clone());
            }
        }
        Ok(draw)
    }

    /// Splits the draw into consecutive parts of these numbers of pairs.
    pub fn split(mut self, sizes: impl IntoIterator<Item = usize>) -> Vec<Self> {
        let take = |size: usize| Self {
            pairs: self.pairs.drain(..size).collect(),
            tau: self.tau.drain(..size).collect(),
            addresses: self.addresses.drain(..size).collect(),
            with_estimate: self.with_estimate,
            numbers: self.numbers.drain(..size).collect(),
        };
        sizes.into_iter().map(take).collect()
    }

    /// Where a pair begins, whose latent clouds follow.
    pub fn firsts(&self) -> impl Iterator<Item = usize> {
        (0..self.len()).filter(|&k| k == 0 || self.numbers[k] != self.numbers[k - 1])
    }

    /// Number of latent clouds.
    pub fn len(&self) -> usize {
        self.pairs.len()
    }

    /// Residues of all pairs.
    pub fn rows(&self) -> usize {
        self.pairs.iter().map(|p| p.topology.residue_count()).sum()
    }

    /// Heavy atoms of all pairs.
    pub fn atoms(&self) -> usize {
        self.pairs.iter().map(|p| p.topology.atom_count()).sum()
    }
}

/// The clouds of a draw, and buffers for the next one.
#[derive(Default)]
pub(super) struct PreparedBatch {
    /// X^t, blurred when training.
    pub source: CloudBatch,
    target: CloudBatch,
    noise: CloudBatch,
    /// X_τ.
    pub latent: CloudBatch,
    /// Weights of the loss of all residues.
    weights: Vec<f32>,
}

impl PreparedBatch {
    /// Makes the clouds of `draw` with the noise of `seed`; `train` blurs the sources.
    pub fn prepare(
        &mut self,
        config: &NetworkConfig,
        settings: &TrainSettings,
        seed: u64,
        draw: &Draw,
        train: bool,
    ) -> SequenceBatch {
        let sequence = SequenceBatch::from_topologies(draw.pairs.iter().map(|p| &*p.topology));
        for cloud in [&mut self.source, &mut self.target] {
            cloud.positions.clear();
            cloud.vectors.clear();
        }
        self.weights.clear();
        for pair in &draw.pairs {
            self.source.push(&pair.source);
            self.target.push(&pair.target);
            self.weights.extend_from_slice(&pair.weights);
        }
        let noise = Noise::new(seed, Stream::Training);
        if train && settings.source_noise_angstrom > 0.0 {
            self.blur_source(&sequence, &noise, draw, settings.source_noise_angstrom);
        }
        fill_noise(config, &sequence, &noise, &draw.addresses, &mut self.noise);
        interpolate(
            config.transport,
            &sequence,
            &self.source,
            &self.target,
            &self.noise,
            &draw.tau,
            &mut self.latent,
        );
        sequence
    }

    /// What the loss is computed from, for a part of a step that has `atoms` atoms in all.
    pub fn loss_batch<'a>(
        &'a self,
        settings: &TrainSettings,
        sequence: &'a SequenceBatch,
        draw: &'a Draw,
        atoms: usize,
    ) -> LossBatch<'a> {
        LossBatch {
            sequence,
            source: &self.source,
            target: &self.target,
            noise: &self.noise,
            latent: &self.latent,
            tau: &draw.tau,
            weights: &self.weights,
            atoms,
            rigid_weight: settings.rigid_weight,
            position_weight: settings.position_weight,
        }
    }

    /// Adds normal noise to X^t. A simulation feeds a model its own frames, which are never as clean as
    /// those of MD; a model that has seen blurred sources leads back to clean ones instead of astray.
    fn blur_source(&mut self, sequence: &SequenceBatch, noise: &Noise, draw: &Draw, sigma: f32) {
        let same = NetworkConfig {
            sigma_position_angstrom: sigma,
            sigma_vector_angstrom: sigma,
            ..NetworkConfig::basic()
        };
        // One for all latent times of a pair, which share the source.
        let blurs = draw.addresses.iter().zip(&draw.numbers);
        let addresses: Vec<NoiseAddress> =
            blurs.map(|(a, &replica)| NoiseAddress { replica, latent_step: 1, ..*a }).collect();
        fill_noise(&same, sequence, noise, &addresses, &mut self.noise);
        for (x, n) in self.source.positions.iter_mut().zip(&self.noise.positions) {
            *x += n;
        }
        for (x, n) in self.source.vectors.iter_mut().zip(&self.noise.vectors) {
            *x += n;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_quarters_of_the_steps_show_estimates_and_so_do_all_parts_of_them() {
        let noise = Noise::new(3, Stream::Training);
        let shown = (0..4000).filter(|&step| shows_estimate(&noise, step)).count();
        assert!((2900..3100).contains(&shown), "{shown} of 4000");
        let other = Noise::new(4, Stream::Training);
        assert!((0..40).any(|step| shows_estimate(&noise, step) != shows_estimate(&other, step)));
        for with_estimate in [false, true] {
            let draw = Draw { with_estimate, ..Draw::default() };
            assert!(draw.split([0, 0]).iter().all(|part| part.with_estimate == with_estimate));
        }
    }
}
