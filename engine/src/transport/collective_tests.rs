//! The sampler on jumps that are correlated over all atoms, much wider than the noise, and bimodal, with the exact
//! drift and noise: what 25 and 100 latent steps leave of them before any network is to blame.
#![allow(clippy::unwrap_used)]

use std::ops::ControlFlow;

use super::integrator::*;
use super::interpolant::NoiseAddress;
use super::latent_moves::latent_moves;
use super::sampler::TransportError;
use super::settings::SamplerSettings;
use crate::network::{CloudBatch, LatentMove, NetworkConfig, SequenceBatch, Transport};
use crate::random::{Noise, Stream};
use crate::structure::{ResidueType, SLOTS};
use crate::test_support::chain;

const RESIDUES: usize = 3;
/// Vector components of a protein.
const WIDTH: usize = RESIDUES * 3 * SLOTS;
const COPIES: usize = 4000;

/// Jumps of the vectors: along one unit direction over all components a mixture of two normal distributions of
/// standard deviation `wide`, one about 0 and, with probability `share`, one about `far`; at right angles to it a
/// standard deviation of `narrow`. The positions stay where they are.
#[derive(Clone, Copy)]
struct Jump {
    share: f64,
    far: f64,
    wide: f64,
    narrow: f64,
}

/// The exact field: all posterior means are known in closed form.
struct Collective {
    transport: Transport,
    jump: Jump,
    sigma: f64,
    source: CloudBatch,
}

/// Component of the direction: of one sign in each residue, so that it is a motion of the whole.
fn direction(component: usize) -> f64 {
    let sign = if component / (3 * SLOTS) == 1 { -1.0 } else { 1.0 };
    sign / (WIDTH as f64).sqrt()
}

impl Collective {
    /// `E[jump | along]` for the part along the direction.
    fn mean_along(&self, a: f64, n: f64, along: f64) -> f64 {
        let Jump { share, far, wide, .. } = self.jump;
        let spread = a * a * wide * wide + n * n * self.sigma * self.sigma;
        let of = |middle: f64, prior: f64| {
            let off = along - a * middle;
            let gain = if spread > 0.0 { a * wide * wide / spread } else { 0.0 };
            let weight = if spread > 0.0 { -0.5 * off * off / spread } else { 0.0 };
            (prior.ln() + weight, middle + gain * off)
        };
        let ((first, near), (second, away)) = (of(0.0, 1.0 - share), of(far, share));
        let p = 1.0 / (1.0 + (first - second).exp());
        p * away + (1.0 - p) * near
    }
}

impl Field for Collective {
    fn evaluate(
        &mut self,
        latent_move: &LatentMove,
        latent: &CloudBatch,
        _: Option<&CloudBatch>,
        drift: &mut CloudBatch,
        noise: &mut CloudBatch,
    ) -> Result<(), TransportError> {
        let (a, n) = (f64::from(latent_move.tau), f64::from(self.transport.noise_scale(latent_move.tau)));
        let n_rate = if self.transport == Transport::TwoSided { 1.0 - 2.0 * a } else { 0.0 };
        *drift = CloudBatch::zeros(latent.rows());
        *noise = CloudBatch::zeros(latent.rows());
        // Positions do not jump: what they show is noise.
        for (i, x) in latent.positions.iter().enumerate() {
            let z = if n > 0.0 { f64::from(x - self.source.positions[i]) / n } else { 0.0 };
            noise.positions[i] = z as f32;
            drift.positions[i] = (n_rate * z) as f32;
        }
        let Jump { narrow, .. } = self.jump;
        let spread = a * a * narrow * narrow + n * n * self.sigma * self.sigma;
        let gain = if spread > 0.0 { a * narrow * narrow / spread } else { 0.0 };
        for copy in 0..latent.rows() / RESIDUES {
            let range = copy * WIDTH..(copy + 1) * WIDTH;
            let moved: Vec<f64> = range
                .clone()
                .map(|i| f64::from(latent.vectors[i]) - f64::from(self.source.vectors[i]))
                .collect();
            let along: f64 = moved.iter().enumerate().map(|(c, d)| d * direction(c)).sum();
            let mean = self.mean_along(a, n, along);
            for (c, i) in range.enumerate() {
                let jump = gain * (moved[c] - along * direction(c)) + mean * direction(c);
                let z = if n > 0.0 { (moved[c] - a * jump) / n } else { 0.0 };
                noise.vectors[i] = z as f32;
                drift.vectors[i] = (jump + n_rate * z) as f32;
            }
        }
        Ok(())
    }
}

/// What came out, as shares of what should: standard deviation along the direction, that at right angles to it,
/// and the share of far jumps.
struct Outcome {
    along: f64,
    across: f64,
    far: f64,
}

fn sample(transport: Transport, sigma: f32, latent_steps: u32, epsilon: f32, jump: Jump) -> Outcome {
    // Tryptophan uses all slots.
    let topology = chain("collective", [ResidueType::Trp; RESIDUES]);
    let sequence = SequenceBatch::replicate(&topology, COPIES);
    let config = NetworkConfig {
        transport,
        sigma_position_angstrom: sigma,
        sigma_vector_angstrom: sigma,
        ..NetworkConfig::basic()
    };
    let mut source = CloudBatch::zeros(sequence.rows());
    source.vectors.iter_mut().enumerate().for_each(|(i, x)| *x = (i % 7) as f32);
    let mut field = Collective { transport, jump, sigma: f64::from(sigma), source: source.clone() };
    let settings =
        SamplerSettings { latent_steps, epsilon, position_epsilon_factor: 1.0, ..SamplerSettings::default() };
    let addresses =
        (0..COPIES as u64).map(|replica| NoiseAddress { replica, frame: 0, latent_step: 0 }).collect();
    let stream = Noise::new(7, Stream::Sampling);
    let mut integration =
        Integration { config: &config, sequence: &sequence, stream: &stream, addresses, attempt: 0 };
    let mut state = IntegratorState::default();
    integration.start(&source, &mut state.latent);
    let frame = latent_moves(&settings, &config, 0);
    let mut control = |_| ControlFlow::Continue(());
    assert!(integration.run(&frame, &mut field, &mut state, &mut control).unwrap());
    let mut alongs = Vec::new();
    let mut across = 0.0;
    for copy in 0..COPIES {
        let moved = (copy * WIDTH..(copy + 1) * WIDTH)
            .map(|i| f64::from(state.latent.vectors[i]) - f64::from(source.vectors[i]));
        let moved: Vec<f64> = moved.collect();
        let along: f64 = moved.iter().enumerate().map(|(c, d)| d * direction(c)).sum();
        across += moved.iter().enumerate().map(|(c, d)| (d - along * direction(c)).powi(2)).sum::<f64>();
        alongs.push(along);
    }
    let n = COPIES as f64;
    let mean = alongs.iter().sum::<f64>() / n;
    let variance = alongs.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n;
    let expected = jump.wide * jump.wide + jump.share * (1.0 - jump.share) * jump.far * jump.far;
    Outcome {
        along: (variance / expected).sqrt(),
        across: (across / (n * (WIDTH - 1) as f64)).sqrt() / jump.narrow,
        far: alongs.iter().filter(|x| **x > 0.5 * jump.far).count() as f64 / n,
    }
}

/// A motion of all atoms together, 5 and 10 times as wide as the noise: 4,000 jumps tell its width to 1.1 %. 100 steps
/// make it; 25 lose a tenth of the width where it is 10 times that of the noise.
#[test]
fn the_bridge_makes_collective_motions_as_wide_as_they_are() {
    for ratio in [5.0, 10.0] {
        let sigma = 1.5f32;
        let jump = Jump { share: 0.0, far: 0.0, wide: ratio * 1.5, narrow: 0.8 };
        for (steps, tolerance) in [(25, if ratio > 5.0 { 0.14 } else { 0.08 }), (100, 0.04)] {
            for epsilon in [0.35, 1.0] {
                let out = sample(Transport::Bridge, sigma, steps, epsilon, jump);
                println!("{ratio} {steps} {epsilon}: along {:.3} across {:.3}", out.along, out.across);
                assert!((out.along - 1.0).abs() < tolerance, "{ratio} {steps} {epsilon}: {}", out.along);
                assert!((out.across - 1.0).abs() < tolerance, "{ratio} {steps} {epsilon}: {}", out.across);
            }
        }
    }
}

/// One jump in forty leaves: a rare, wide mode is found as often as it should be, 4,000 times 2.6 % being 104 with a
/// standard deviation of 10.
#[test]
fn the_bridge_finds_a_rare_mode_as_often_as_it_is() {
    let jump = Jump { share: 0.026, far: 24.0, wide: 2.0, narrow: 0.8 };
    for steps in [25, 100] {
        for epsilon in [0.35, 1.0] {
            let out = sample(Transport::Bridge, 1.5, steps, epsilon, jump);
            println!("{steps} {epsilon}: far {:.4} along {:.3} across {:.3}", out.far, out.along, out.across);
            assert!((out.far - jump.share).abs() < 0.01, "{steps} {epsilon}: {}", out.far);
            assert!((out.across - 1.0).abs() < 0.08, "{steps} {epsilon}: {}", out.across);
        }
    }
}

/// The paper's schedule loses motions much wider than its noise, and keeps them where the noise is half as wide.
#[test]
fn the_two_sided_transport_needs_noise_half_as_wide_as_the_jumps() {
    let wide = Jump { share: 0.0, far: 0.0, wide: 10.0, narrow: 0.8 };
    let width = |sigma| sample(Transport::TwoSided, sigma, 100, 1.0, wide).along;
    let (narrow, half) = (width(1.0), width(5.0));
    println!("along: σ = 1 {narrow:.3}, σ = 5 {half:.3}");
    assert!(narrow < 0.6, "{narrow}");
    assert!((half - 1.0).abs() < 0.06, "{half}");
}
