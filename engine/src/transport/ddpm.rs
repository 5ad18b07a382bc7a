//! Factors of one reverse step of denoising diffusion, from noise scale `n` and data scale `a` at τ to `n'`, `a'` at the
//! next τ.
//!
//! With `x̂ = (X − n η̂)/a` the step is `X' = a' x̂ + √(n'² − s²) η̂ + s σξ`, where
//! `s² = ε (n'/n)² (1 − a²/a'²)`: ε = 1 is the ancestral sampling of Ho et al. (2020), whose steps may be any
//! subset of the schedule's; ε = 0 is the deterministic sampler of Song et al. (DDIM, 2021), eq. 12.

use crate::network::{Factors, Transport};

/// Factors of the step from `tau` to `next` with noise strength `epsilon` from 0 to 1.
pub(super) fn factors(tau: f32, next: f32, epsilon: f32) -> Factors {
    let path = Transport::Ddpm;
    let a = (path.target_scale(tau), path.target_scale(next));
    let n = (path.noise_scale(tau), path.noise_scale(next));
    let keep = a.1 / a.0;
    // At the end n' = 0, and nothing random is left.
    let variance = epsilon * (n.1 / n.0).powi(2) * (1.0 - (a.0 / a.1).powi(2));
    let noise = (n.1 * n.1 - variance).max(0.0).sqrt() - keep * n.0;
    Factors { keep, noise, random: variance.max(0.0).sqrt(), ..Factors::default() }
}
