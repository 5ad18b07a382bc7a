//! Factors of one step of the bridge transport from τ to τ'.
//!
//! Whatever the drift Î and the noise η̂ are, `X_τ = X^t + τ Î + n η̂` with `n = √(τ (1 − τ))`. The step keeps the
//! share c of the noise and draws the rest anew: `X' = X^t + τ' Î + n' (c η̂ + √(1 − c²) σξ)`, that is
//! `X' = X_τ + (τ' − τ) Î + (n' c − n) η̂ + n' √(1 − c²) σξ`.
//! - `c² = τ (1 − τ')/(τ' (1 − τ))` is what a Brownian bridge between X^t and X̂₁ would keep, whatever the length
//!   of the step: eq. 9 with `ε = σ²/2`. A strength ε₀ makes it `c^(2 ε₀)`.
//! - `c = 1` is the deterministic flow, eq. 8, whose random start is the first step: at τ = 0 there is no noise
//!   to keep.
//!
//! Holding Î over a step makes the spread of jumps some 3 to 9 % too small in 100 steps. In its place stands
//! `Î + ½ (Î − Î₋)`, with Î₋ that of the step before, and the noise that goes with it,
//! `η̂ − ½ (τ/n) (Î − Î₋)`: second order at no cost (Lu et al. 2022, DPM-Solver++(2M), here for a bridge). Not
//! before there are two steps to look back at (Î at τ = 0 is a limit), nor in the last step, which lands on X̂₁.
//!
//! A noise gain g makes the new noise of a step `1 + g (1 − τ')` times as large: a trained network answers less to the
//! noise than the exact X̂₁ would, and what it makes of more noise spreads as far as molecular dynamics does.

use crate::network::{Factors, Transport};

use super::settings::{Integrator, SamplerSettings};

/// Factors of latent step `step` of an integration that begins with `first_step`.
pub(super) fn factors(settings: &SamplerSettings, step: u32, first_step: u32) -> Factors {
    let path = Transport::Bridge;
    let time = |step: u32| path.time_at(step as f32 / settings.latent_steps as f32);
    let (tau, next) = (time(step), time(step + 1));
    let kept = match settings.integrator {
        _ if step == 0 => 0.0,
        Integrator::Ode | Integrator::OdeHeun => 1.0,
        Integrator::Sde => {
            let bridge = tau * (1.0 - next) / (next * (1.0 - tau));
            bridge.max(0.0).powf(0.5 * settings.epsilon)
        }
    };
    let (before, after) = (path.noise_scale(tau), path.noise_scale(next));
    let looks_back = settings.integrator != Integrator::OdeHeun
        && step > first_step.max(1)
        && step + 1 < settings.latent_steps;
    let gain = 1.0 + settings.noise_gain * (1.0 - next);
    Factors {
        drift: next - tau,
        noise: after * kept - before,
        change: if looks_back { 0.5 * (next - kept * after * tau / before) } else { 0.0 },
        random: gain * after * (1.0 - kept * kept).max(0.0).sqrt(),
        ..Factors::default()
    }
}
