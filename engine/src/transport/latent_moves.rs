//! The moves of a frame: what (settings, transport) mean, compiled once into a list of numbers that every sampler
//! carries out.
//!
//! The source of the two-sided transport is one point, not a distribution, so the flow of eq. 8 alone would
//! give it one successor only. The deterministic integrators therefore spread the point over the first fifth
//! of latent time with the stochastic equation, and are deterministic from there on. The other transports
//! start from noise, and their deterministic integrators add no more. One-sided interpolants follow the same
//! equations with α in place of γ, flow matching eq. 8, DDPM and the bridge the steps of `ddpm` and
//! `bridge`.

use crate::network::{Factors, LatentMove, NetworkConfig, Reading, Stage, Transport};

use super::settings::{Integrator, SamplerSettings, Schedule};
use super::{bridge, ddpm};

/// Ends of the window in which `Schedule::Window` is stochastic.
const WINDOW: std::ops::Range<f32> = 0.1..0.9;
/// Latent time up to which both tracks of the two-sided transport are stochastic, whatever the integrator.
const SPREAD: f32 = 0.2;

/// The moves that lead from X_τ of latent step `first_step`, 0 for a whole frame, to τ = 1, in order.
pub fn latent_moves(settings: &SamplerSettings, config: &NetworkConfig, first_step: u32) -> Vec<LatentMove> {
    let (transport, steps) = (config.transport, settings.latent_steps);
    let time = |step: u32| transport.time_at(step as f32 / steps as f32);
    let mut latent_moves = Vec::new();
    for latent_step in first_step..steps {
        let (tau, next) = (time(latent_step), time(latent_step + 1));
        let factors = match transport {
            Transport::Bridge => bridge::factors(settings, latent_step, first_step),
            Transport::Ddpm => {
                let is_stochastic = settings.integrator == Integrator::Sde;
                ddpm::factors(tau, next, if is_stochastic { settings.epsilon } else { 0.0 })
            }
            _ => interpolant_factors(settings, transport, latent_step),
        };
        let mut act = |tau, stage, factors| {
            let reading = Reading::new(config, tau);
            latent_moves.push(LatentMove { latent_step, tau, reading, stage, factors });
        };
        if corrects(settings, transport, latent_step) {
            act(tau, Stage::Predict, factors);
            let half = Factors { drift: 0.5 * factors.drift, noise: 0.5 * factors.noise, ..factors };
            act(next, Stage::Correct, half);
        } else {
            act(tau, Stage::Whole, factors);
        }
    }
    latent_moves
}

/// How often the network is called for one frame.
pub fn network_calls(settings: &SamplerSettings, transport: Transport) -> u32 {
    let corrected = |&step: &u32| corrects(settings, transport, step);
    settings.latent_steps + (0..settings.latent_steps).filter(corrected).count() as u32
}

/// Whether Heun's correction follows the step: not where a point is spread, nor in the last step, which lands on X̂₁.
fn corrects(settings: &SamplerSettings, transport: Transport, step: u32) -> bool {
    let spreads = match transport {
        Transport::Bridge => step == 0,
        _ => spreads(settings, transport, step),
    };
    settings.integrator == Integrator::OdeHeun && !spreads && step + 1 < settings.latent_steps
}

/// Whether an interpolant's step is one of those that spread the point that it starts from.
fn spreads(settings: &SamplerSettings, transport: Transport, step: u32) -> bool {
    !transport.starts_from_noise() && (step as f32 / settings.latent_steps as f32) < SPREAD
}

/// Factors of a step of eq. 8 or 9. Each track may have a strength of its own; the marginals are the same for all.
fn interpolant_factors(settings: &SamplerSettings, transport: Transport, step: u32) -> Factors {
    let steps = settings.latent_steps;
    let (tau, dt) = (step as f32 / steps as f32, 1.0 / steps as f32);
    let spreads = spreads(settings, transport, step);
    let (epsilon, ratio) = match settings.integrator {
        Integrator::Sde => strength(transport, settings.schedule, settings.epsilon, tau, dt),
        Integrator::Ode | Integrator::OdeHeun if spreads => {
            strength(transport, Schedule::Matched, 1.0, tau, dt)
        }
        Integrator::Ode | Integrator::OdeHeun => (0.0, 0.0),
    };
    let is_last = step + 1 == steps;
    let position_factor =
        if spreads || transport.starts_from_noise() { 1.0 } else { settings.position_epsilon_factor };
    Factors {
        drift: dt,
        noise: -ratio * dt,
        random: if is_last { 0.0 } else { (2.0 * epsilon * dt).sqrt() },
        position_noise: position_factor,
        position_random: position_factor.sqrt(),
        ..Factors::default()
    }
}

/// ε at `tau` for a step of `dt`, and `ε/γ` (one-sided: `ε/α`).
fn strength(transport: Transport, schedule: Schedule, epsilon: f32, tau: f32, dt: f32) -> (f32, f32) {
    let noise = transport.noise_scale(tau);
    match schedule {
        Schedule::Window if WINDOW.contains(&tau) => (epsilon, epsilon / noise),
        Schedule::Window => (0.0, 0.0),
        Schedule::Matched => {
            // No step may put in more noise than the interpolant has at its end, `2 ε dτ ≤ γ(τ + dτ)²`,
            // else a finite step near either end overshoots what the next ones can take out again.
            let next = transport.noise_scale((tau + dt).min(1.0));
            let epsilon = (epsilon * noise / transport.largest_noise_scale()).min(next * next / (2.0 * dt));
            (epsilon, if noise > 0.0 { epsilon / noise } else { 0.0 })
        }
    }
}

#[cfg(test)]
#[path = "latent_moves_tests.rs"]
mod tests;
