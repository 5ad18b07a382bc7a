//! One reverse step of denoising diffusion, from noise scale `n` and data scale `a` at τ to `n'`, `a'` at the
//! next τ.
//!
//! With `x̂ = (X − n η̂)/a` the step is `X' = a' x̂ + √(n'² − s²) η̂ + s σξ`, where
//! `s² = ε (n'/n)² (1 − a²/a'²)`: ε = 1 is the ancestral sampling of Ho et al. (2020), whose steps may be any
//! subset of the schedule's; ε = 0 is the deterministic sampler of Song et al. (DDIM, 2021), eq. 12.

use crate::network::Transport;

/// Scales of the schedule before and after a step.
pub(super) struct Step {
    /// a'/a, the factor on X.
    keep: f32,
    a: (f32, f32),
    n: (f32, f32),
}

/// Factors of one step: `X' = keep X + noise η̂ + random σξ`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Factors {
    pub keep: f32,
    pub noise: f32,
    pub random: f32,
}

impl Step {
    /// From `tau` to `next`.
    pub fn new(tau: f32, next: f32) -> Self {
        let path = Transport::Ddpm;
        let a = (path.target_scale(tau), path.target_scale(next));
        let n = (path.noise_scale(tau), path.noise_scale(next));
        Self { keep: a.1 / a.0, a, n }
    }

    /// The factors for noise strength `epsilon` from 0 to 1.
    pub fn factors(&self, epsilon: f32) -> Factors {
        let (a, n) = (self.a, self.n);
        // At the end n' = 0, and nothing random is left.
        let variance = epsilon * (n.1 / n.0).powi(2) * (1.0 - (a.0 / a.1).powi(2));
        let noise = (n.1 * n.1 - variance).max(0.0).sqrt() - self.keep * n.0;
        Factors { keep: self.keep, noise, random: variance.max(0.0).sqrt() }
    }
}
