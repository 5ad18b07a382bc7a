//! Integration of the latent dynamics from τ = 0 to 1 (Alg. 2; eqs. 8 and 9).
//!
//! The source is one point, not a distribution, so the flow of eq. 8 alone would give it one successor only.
//! The deterministic integrators therefore spread the point over the first fifth of latent time with the
//! stochastic equation, and are deterministic from there on.

use std::ops::ControlFlow;

use crate::network::{CloudBatch, NetworkConfig, SequenceBatch};

use super::interpolant::{GAMMA_MAX, NoiseAddress, fill_noise, gamma};
use super::noise::Noise;
use super::sampler::{LatentProgress, TransportError};
use super::settings::{Integrator, SamplerSettings, Schedule};

/// Ends of the window in which `Schedule::Window` is stochastic.
const WINDOW: std::ops::Range<f32> = 0.1..0.9;
/// Latent time up to which both tracks are stochastic, whatever the integrator.
const SPREAD: f32 = 0.2;

/// Drift b̂ and noise η̂ at a point of latent space.
pub trait Field {
    /// Fills `drift` and `noise` for `latent` at `tau`.
    ///
    /// # Errors
    /// [`TransportError`] if they cannot be computed.
    fn evaluate(
        &mut self,
        tau: f32,
        latent: &CloudBatch,
        drift: &mut CloudBatch,
        noise: &mut CloudBatch,
    ) -> Result<(), TransportError>;
}

/// Buffers of the integration.
#[derive(Default)]
pub struct IntegratorState {
    /// The latent cloud; the result at the end.
    pub latent: CloudBatch,
    drift: CloudBatch,
    noise: CloudBatch,
    second_drift: CloudBatch,
    predicted: CloudBatch,
    random: CloudBatch,
}

/// ε at `tau` for a step of `dt`, and `ε/γ`.
fn strength(schedule: Schedule, epsilon: f32, tau: f32, dt: f32) -> (f32, f32) {
    match schedule {
        Schedule::Window if WINDOW.contains(&tau) => (epsilon, epsilon / gamma(tau)),
        Schedule::Window => (0.0, 0.0),
        Schedule::Matched => {
            // No step may put in more noise than the interpolant has at its end, `2 ε dτ ≤ γ(τ + dτ)²`,
            // else a finite step near either end overshoots what the next ones can take out again.
            let next = gamma((tau + dt).min(1.0));
            let epsilon = (epsilon * gamma(tau) / GAMMA_MAX).min(next * next / (2.0 * dt));
            (epsilon, if tau > 0.0 { epsilon / gamma(tau) } else { 0.0 })
        }
    }
}

/// Moves `state.latent`, which must hold the source, to τ = 1. Asks `control` before each step; `Break` ends
/// the integration with `Ok(false)`.
///
/// `addresses` select each protein's noise; their latent step is overwritten.
///
/// # Errors
/// What `field` returns.
pub fn integrate(
    settings: &SamplerSettings,
    config: &NetworkConfig,
    sequence: &SequenceBatch,
    stream: &Noise,
    addresses: &mut [NoiseAddress],
    field: &mut dyn Field,
    state: &mut IntegratorState,
    control: &mut dyn FnMut(LatentProgress) -> ControlFlow<()>,
) -> Result<bool, TransportError> {
    let steps = settings.latent_steps;
    let dt = 1.0 / steps as f32;
    let s = state;
    for step in 0..steps {
        if control(LatentProgress { done: step, total: steps }).is_break() {
            return Ok(false);
        }
        let tau = step as f32 / steps as f32;
        field.evaluate(tau, &s.latent, &mut s.drift, &mut s.noise)?;
        let (epsilon, ratio) = match settings.integrator {
            Integrator::Sde => strength(settings.schedule, settings.epsilon, tau, dt),
            Integrator::Ode | Integrator::OdeHeun if tau < SPREAD => {
                strength(Schedule::Matched, 1.0, tau, dt)
            }
            Integrator::Ode | Integrator::OdeHeun => (0.0, 0.0),
        };
        let last = step + 1 == steps;
        if settings.integrator == Integrator::OdeHeun && tau >= SPREAD && !last {
            s.predicted.clone_from(&s.latent);
            advance(&mut s.predicted, &s.drift, dt);
            s.predicted.center(&sequence.starts);
            let next = (step + 1) as f32 / steps as f32;
            field.evaluate(next, &s.predicted, &mut s.second_drift, &mut s.noise)?;
            advance(&mut s.latent, &s.drift, 0.5 * dt);
            advance(&mut s.latent, &s.second_drift, 0.5 * dt);
        } else {
            advance(&mut s.latent, &s.drift, dt);
            // Each track may have a strength of its own; the marginals are the same for all.
            let factor = if tau < SPREAD { 1.0 } else { settings.position_epsilon_factor };
            if ratio > 0.0 {
                scale(&mut s.noise.positions, factor);
                advance(&mut s.latent, &s.noise, -ratio * dt);
            }
            if epsilon > 0.0 && !last {
                for address in addresses.iter_mut() {
                    address.latent_step = step;
                }
                fill_noise(config, sequence, stream, addresses, &mut s.random);
                scale(&mut s.random.positions, factor.sqrt());
                advance(&mut s.latent, &s.random, (2.0 * epsilon * dt).sqrt());
            }
        }
        s.latent.center(&sequence.starts);
    }
    Ok(true)
}

fn scale(x: &mut [f32], factor: f32) {
    for x in x {
        *x *= factor;
    }
}

fn advance(cloud: &mut CloudBatch, by: &CloudBatch, factor: f32) {
    for (x, d) in cloud.positions.iter_mut().zip(&by.positions) {
        *x += factor * d;
    }
    for (x, d) in cloud.vectors.iter_mut().zip(&by.vectors) {
        *x += factor * d;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::network::SequenceBatch;
    use crate::structure::{Residue, ResidueType, SLOTS, Topology};
    use crate::transport::noise::Stream;

    /// X^{t+1} | X^t normal with mean X^t + `mean` and independent coordinates of variance `variance`;
    /// then every X_τ is normal and b, η are known (paper eqs. 4, 5):
    /// with `x̄ = X^t + τ mean`, `c = τ² S + γ² σ²`: `b = mean + (τ S + γ γ' σ²)/c (x − x̄)`,
    /// `η = γ σ²/c (x − x̄)`.
    struct Gaussian {
        source: CloudBatch,
        mean: f32,
        variance: (f32, f32),
        sigma: (f32, f32),
    }

    impl Field for Gaussian {
        fn evaluate(
            &mut self,
            tau: f32,
            latent: &CloudBatch,
            drift: &mut CloudBatch,
            noise: &mut CloudBatch,
        ) -> Result<(), TransportError> {
            let g = gamma(tau);
            let run =
                |x: &[f32], x0: &[f32], mean: f32, s: f32, sigma: f32, b: &mut Vec<f32>, e: &mut Vec<f32>| {
                    b.resize(x.len(), 0.0);
                    e.resize(x.len(), 0.0);
                    let c = tau * tau * s + g * g * sigma * sigma;
                    for i in 0..x.len() {
                        // An unused slot is zero in both and stays so.
                        let m = if x0[i] == 0.0 { 0.0 } else { mean };
                        let d = x[i] - x0[i] - tau * m;
                        let k = if tau > 0.0 { d / c } else { 0.0 };
                        b[i] = m + k * (tau * s + g * (1.0 - 2.0 * tau) * sigma * sigma);
                        e[i] = k * g * sigma * sigma;
                    }
                };
            let (x, x0) = (latent, &self.source);
            // Positions are centred, so their mean cannot move.
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

    fn sample_moments(settings: &SamplerSettings) -> [f64; 4] {
        const RESIDUES: usize = 8;
        const COPIES: usize = 1500;
        let residues = (0..RESIDUES)
            .map(|i| Residue { kind: ResidueType::Trp, number: i as i32, insertion_code: None })
            .collect();
        let topology = Topology::new("gaussian", "A", residues);
        let sequence = SequenceBatch::replicate(&topology, COPIES);
        let config = NetworkConfig::default();
        let mut source = CloudBatch::zeros(sequence.rows());
        for (i, x) in source.positions.iter_mut().enumerate() {
            *x = (i % 24) as f32 * 0.7 + 0.1;
        }
        source.vectors.fill(1.25);
        source.center(&sequence.starts);
        let (mean, variance) = (0.4, (1.7, 0.3));
        let sigma = (config.sigma_position_angstrom, config.sigma_vector_angstrom);
        let mut field = Gaussian { source: source.clone(), mean, variance, sigma };
        let mut addresses: Vec<_> =
            (0..COPIES).map(|i| NoiseAddress { replica: i as u64, frame: 0, latent_step: 0 }).collect();
        let mut state = IntegratorState { latent: source.clone(), ..IntegratorState::default() };
        let stream = Noise::new(11, Stream::Sampling);
        let all = |_| ControlFlow::Continue(());
        let mut control = all;
        assert!(
            integrate(
                settings,
                &config,
                &sequence,
                &stream,
                &mut addresses,
                &mut field,
                &mut state,
                &mut control
            )
            .unwrap()
        );
        let moments = |x: &[f32], x0: &[f32]| {
            let n = x.len() as f64;
            let mean = x.iter().zip(x0).map(|(a, b)| f64::from(a - b)).sum::<f64>() / n;
            let square = x.iter().zip(x0).map(|(a, b)| (f64::from(a - b) - mean).powi(2)).sum::<f64>() / n;
            (mean, square)
        };
        let (mp, vp) = moments(&state.latent.positions, &source.positions);
        let (mv, vv) = moments(&state.latent.vectors, &source.vectors);
        // Centring takes one of the residues' degrees of freedom.
        let shrink = 1.0 - 1.0 / RESIDUES as f64;
        assert_eq!(state.latent.vectors.len(), sequence.rows() * 3 * SLOTS);
        [mp, vp / shrink / f64::from(variance.0), mv / f64::from(mean), vv / f64::from(variance.1)]
    }

    /// The sampled mean and variance are those of the distribution, for every integrator and schedule.
    /// 36,000 positions and 468,000 vector components: sampling errors of the variances are 0.8 % and 0.2 %;
    /// the rest of the tolerance is the discretisation error of 200 steps.
    #[test]
    fn a_gaussian_transition_comes_out_with_its_mean_and_variance() {
        for (integrator, schedule, epsilon, position_epsilon_factor) in [
            (Integrator::Sde, Schedule::Matched, 1.0, 1.0),
            (Integrator::Sde, Schedule::Matched, 1.0, 0.0),
            (Integrator::Sde, Schedule::Matched, 0.3, 1.0),
            (Integrator::Sde, Schedule::Window, 1.0, 1.0),
            (Integrator::Ode, Schedule::Matched, 1.0, 0.0),
            (Integrator::OdeHeun, Schedule::Matched, 1.0, 0.0),
        ] {
            let settings = SamplerSettings {
                integrator,
                schedule,
                epsilon,
                position_epsilon_factor,
                latent_steps: 200,
                ..SamplerSettings::default()
            };
            let [mean_p, variance_p, mean_v, variance_v] = sample_moments(&settings);
            let what =
                format!("{integrator:?} {schedule:?} {epsilon}: {mean_p} {variance_p} {mean_v} {variance_v}");
            println!("{what}");
            assert!(mean_p.abs() < 1e-4, "{what}");
            assert!((variance_p - 1.0).abs() < 0.05, "{what}");
            assert!((mean_v - 1.0).abs() < 0.01, "{what}");
            assert!((variance_v - 1.0).abs() < 0.05, "{what}");
        }
    }

    #[test]
    fn no_strength_is_infinite_and_the_matched_schedule_ends_without_noise() {
        for steps in [2, 3, 10, 100, 1000] {
            let dt = 1.0 / steps as f32;
            for step in 0..steps {
                for schedule in [Schedule::Window, Schedule::Matched] {
                    let (epsilon, ratio) = strength(schedule, 1.0, step as f32 * dt, dt);
                    assert!(epsilon.is_finite() && ratio.is_finite() && epsilon >= 0.0);
                }
            }
            assert!(strength(Schedule::Matched, 1.0, 1.0 - dt, dt).0 < 1e-6);
        }
    }
}
