//! Every transport and integrator on a transition whose drift and noise are known.
#![allow(clippy::unwrap_used)]

use std::ops::ControlFlow;

use super::integrator::*;
use super::interpolant::NoiseAddress;
use super::latent_moves::{latent_moves, network_calls};
use super::sampler::TransportError;
use super::settings::{Integrator, SamplerSettings, Schedule};
use crate::network::{CloudBatch, LatentMove, NetworkConfig, SequenceBatch, Transport};
use crate::random::{Noise, Stream};
use crate::structure::{ResidueType, SLOTS};
use crate::test_support::chain;

/// X^{t+1} | X^t normal with mean X^t + `mean` and independent coordinates of variance `variance`;
/// then every X_τ is normal and b, η are known (paper eqs. 4, 5). With the scales s, a, n of the path,
/// `x̄ = (s + a) X^t + a mean` and `c = a² S + n² σ²`:
/// `b = ∂x̄/∂τ + (a a' S + n n' σ²)/c (x − x̄)`, `η = n σ²/c (x − x̄)`.
struct Gaussian {
    transport: Transport,
    source: CloudBatch,
    mean: f32,
    variance: (f32, f32),
    sigma: (f32, f32),
}

impl Field for Gaussian {
    fn evaluate(
        &mut self,
        latent_move: &LatentMove,
        latent: &CloudBatch,
        _: Option<&CloudBatch>,
        drift: &mut CloudBatch,
        noise: &mut CloudBatch,
    ) -> Result<(), TransportError> {
        let (path, tau) = (self.transport, latent_move.tau);
        let (still, a, n) = (path.still_scale(tau), path.target_scale(tau), path.noise_scale(tau));
        // Derivatives; DDPM uses no drift.
        let (still_rate, n_rate) = match path {
            Transport::TwoSided => (0.0, 1.0 - 2.0 * tau),
            // The interpolant's share of the drift only.
            Transport::Bridge => (0.0, 0.0),
            _ => (1.0, -1.0),
        };
        let run =
            |x: &[f32], x0: &[f32], mean: f32, s: f32, sigma: f32, b: &mut Vec<f32>, e: &mut Vec<f32>| {
                b.resize(x.len(), 0.0);
                e.resize(x.len(), 0.0);
                let c = a * a * s + n * n * sigma * sigma;
                for i in 0..x.len() {
                    // An unused slot is zero in both and stays so.
                    let m = if x0[i] == 0.0 { 0.0 } else { mean };
                    let d = x[i] - still * x0[i] - a * m;
                    let k = if c > 0.0 { d / c } else { 0.0 };
                    b[i] = still_rate * x0[i] + m + k * (a * s + n * n_rate * sigma * sigma);
                    e[i] = k * n * sigma * sigma;
                }
            };
        let (x, x0) = (latent, &self.source);
        // Positions are centered, so their mean cannot move.
        run(
            &x.positions,
            &x0.positions,
            0.0,
            self.variance.0,
            self.sigma.0,
            &mut drift.positions,
            &mut noise.positions,
        );
        run(
            &x.vectors,
            &x0.vectors,
            self.mean,
            self.variance.1,
            self.sigma.1,
            &mut drift.vectors,
            &mut noise.vectors,
        );
        Ok(())
    }
}

fn sample_moments(transport: Transport, settings: &SamplerSettings, variance: (f32, f32)) -> [f64; 4] {
    const RESIDUES: usize = 8;
    const COPIES: usize = 1500;
    let topology = chain("gaussian", [ResidueType::Trp; RESIDUES]);
    let sequence = SequenceBatch::replicate(&topology, COPIES);
    let config = NetworkConfig { transport, ..NetworkConfig::basic() };
    let mut source = CloudBatch::zeros(sequence.rows());
    for (i, x) in source.positions.iter_mut().enumerate() {
        *x = (i % 24) as f32 * 0.7 + 0.1;
    }
    source.vectors.fill(1.25);
    source.center(&sequence.starts);
    let mean = 0.4;
    let sigma = (config.sigma_position_angstrom, config.sigma_vector_angstrom);
    let mut field = Gaussian { transport, source: source.clone(), mean, variance, sigma };
    let addresses =
        (0..COPIES as u64).map(|replica| NoiseAddress { replica, frame: 0, latent_step: 0 }).collect();
    let stream = Noise::new(11, Stream::Sampling);
    let mut integration =
        Integration { config: &config, sequence: &sequence, stream: &stream, addresses, attempt: 0 };
    let mut state = IntegratorState::default();
    integration.start(&source, &mut state.latent);
    let frame = latent_moves(settings, &config, 0);
    let mut control = |_| ControlFlow::Continue(());
    assert!(integration.run(&frame, &mut field, &mut state, &mut control).unwrap());
    let moments = |x: &[f32], x0: &[f32]| {
        let n = x.len() as f64;
        let mean = x.iter().zip(x0).map(|(a, b)| f64::from(a - b)).sum::<f64>() / n;
        let square = x.iter().zip(x0).map(|(a, b)| (f64::from(a - b) - mean).powi(2)).sum::<f64>() / n;
        (mean, square)
    };
    let (mp, vp) = moments(&state.latent.positions, &source.positions);
    let (mv, vv) = moments(&state.latent.vectors, &source.vectors);
    // Centering takes one of the residues' degrees of freedom.
    let shrink = 1.0 - 1.0 / RESIDUES as f64;
    assert_eq!(state.latent.vectors.len(), sequence.rows() * 3 * SLOTS);
    [mp, vp / shrink / f64::from(variance.0), mv / f64::from(mean), vv / f64::from(variance.1)]
}

/// The sampled mean and variance are those of the distribution, for every integrator and schedule.
/// 36,000 positions and 468,000 vector components: sampling errors of the variances are 0.8 % and 0.2 %;
/// the rest of the tolerance is the discretisation error of 200 steps; the ancestral sampler, whose variances
/// are those of data without spread, takes 800 for as much.
#[test]
fn a_gaussian_transition_comes_out_with_its_mean_and_variance() {
    use Integrator::{Ode, OdeHeun, Sde};
    use Schedule::{Matched, Window};
    for (transport, integrator, schedule, epsilon, position_epsilon_factor, latent_steps) in [
        (Transport::TwoSided, Sde, Matched, 1.0, 1.0, 200),
        (Transport::TwoSided, Sde, Matched, 1.0, 0.0, 200),
        (Transport::TwoSided, Sde, Matched, 0.3, 1.0, 200),
        (Transport::TwoSided, Sde, Window, 1.0, 1.0, 200),
        (Transport::TwoSided, Ode, Matched, 1.0, 0.0, 200),
        (Transport::TwoSided, OdeHeun, Matched, 1.0, 0.0, 200),
        (Transport::Bridge, Sde, Matched, 1.0, 0.0, 50),
        (Transport::Bridge, Sde, Matched, 0.3, 0.0, 100),
        (Transport::Bridge, Sde, Matched, 3.0, 0.0, 100),
        (Transport::Bridge, Ode, Matched, 1.0, 0.0, 100),
        (Transport::Bridge, OdeHeun, Matched, 1.0, 0.0, 50),
        (Transport::OneSided, Sde, Matched, 1.0, 0.0, 200),
        (Transport::OneSided, Sde, Matched, 0.3, 0.0, 200),
        (Transport::OneSided, Sde, Window, 1.0, 0.0, 200),
        (Transport::OneSided, Ode, Matched, 1.0, 0.0, 200),
        (Transport::OneSided, OdeHeun, Matched, 1.0, 0.0, 200),
        (Transport::FlowMatching, Ode, Matched, 1.0, 0.0, 200),
        (Transport::FlowMatching, OdeHeun, Matched, 1.0, 0.0, 200),
        (Transport::Ddpm, Sde, Matched, 1.0, 0.0, 800),
        (Transport::Ddpm, Sde, Matched, 0.5, 0.0, 800),
        (Transport::Ddpm, Ode, Matched, 1.0, 0.0, 200),
        (Transport::Ddpm, OdeHeun, Matched, 1.0, 0.0, 200),
    ] {
        let settings = SamplerSettings {
            integrator,
            schedule,
            epsilon,
            position_epsilon_factor,
            latent_steps,
            ..SamplerSettings::default()
        };
        let [mean_p, variance_p, mean_v, variance_v] = sample_moments(transport, &settings, (1.7, 0.3));
        let what = format!(
            "{transport} {integrator:?} {schedule:?} {epsilon}: {mean_p} {variance_p} {mean_v} {variance_v}"
        );
        println!("{what}");
        assert!(mean_p.abs() < 1e-4, "{what}");
        assert!((variance_p - 1.0).abs() < 0.05, "{what}");
        // The schedule of DDPM starts from 0.7 % of the data, of which pure noise knows nothing.
        let tolerance = if transport == Transport::Ddpm { 0.02 } else { 0.01 };
        assert!((mean_v - 1.0).abs() < tolerance, "{what}");
        assert!((variance_v - 1.0).abs() < 0.05, "{what}");
    }
}

/// Jumps seven times as wide as the noise of the vectors, as those of a collective motion are: the bridge makes
/// them as wide as they are, the paper's path in as many steps does not. This is why there is a bridge.
#[test]
fn wide_jumps_come_out_wide_from_the_bridge() {
    let settings = SamplerSettings { position_epsilon_factor: 1.0, ..SamplerSettings::default() };
    let variance = |transport| sample_moments(transport, &settings, (9.0, 50.0))[3];
    let (bridge, two_sided) = (variance(Transport::Bridge), variance(Transport::TwoSided));
    println!("share of the variance: bridge {bridge}, two-sided {two_sided}");
    assert!((bridge - 1.0).abs() < 0.03, "{bridge}");
    assert!(two_sided < 0.6, "{two_sided}: is the bridge still needed?");
}

/// Counts its evaluations.
struct Counted(u32);

impl Field for Counted {
    fn evaluate(
        &mut self,
        _: &LatentMove,
        latent: &CloudBatch,
        _: Option<&CloudBatch>,
        drift: &mut CloudBatch,
        noise: &mut CloudBatch,
    ) -> Result<(), TransportError> {
        self.0 += 1;
        drift.clone_from(latent);
        noise.clone_from(latent);
        Ok(())
    }
}

#[test]
fn network_calls_are_told_as_they_are_made() {
    let topology = chain("GGG", [ResidueType::Gly; 3]);
    let sequence = SequenceBatch::replicate(&topology, 1);
    let mut source = CloudBatch::zeros(sequence.rows());
    source.positions.iter_mut().enumerate().for_each(|(i, x)| *x = i as f32);
    for transport in Transport::ALL {
        for integrator in [Integrator::Sde, Integrator::Ode, Integrator::OdeHeun] {
            for latent_steps in [2, 5, 30, 100] {
                let settings = SamplerSettings { integrator, latent_steps, ..SamplerSettings::default() };
                let config = NetworkConfig { transport, ..NetworkConfig::basic() };
                let mut field = Counted(0);
                let addresses = vec![NoiseAddress { replica: 0, frame: 1, latent_step: 0 }];
                let stream = Noise::new(1, Stream::Sampling);
                let mut integration = Integration {
                    config: &config,
                    sequence: &sequence,
                    stream: &stream,
                    addresses,
                    attempt: 0,
                };
                let mut state = IntegratorState::default();
                integration.start(&source, &mut state.latent);
                let mut asked = 0;
                let done = integration.run(
                    &latent_moves(&settings, &config, 0),
                    &mut field,
                    &mut state,
                    &mut |progress| {
                        assert_eq!((progress.done, progress.total), (asked, latent_steps));
                        asked += 1;
                        ControlFlow::Continue(())
                    },
                );
                assert!(done.unwrap());
                assert_eq!(asked, latent_steps);
                assert_eq!(field.0, network_calls(&settings, transport), "{transport} {integrator:?}");
            }
        }
    }
}
