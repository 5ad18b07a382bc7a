//! What the headers are asked for, by transport, and drift b̂ and noise η̂ from what they say.
//!
//! `heads = paper`: each header predicts one of b and η itself, the vectors or the positions of it. Flow
//! matching has headers for b only, and `η̂ = X_τ − τ b̂`; DDPM has headers for η only and needs no b.
//!
//! # The endpoint head
//! One header predicts both tracks of one cloud u, from which everything follows exactly.
//!
//! **Two-sided**: `u = X^{t+1} − X^t − τ Z`, then
//! - the end point is `X̂₁ = X_τ + (1 − τ) u`,
//! - the noise `η̂ = (X_τ − X^t)/τ − u`,
//! - the drift `b̂ = τ u + (1 − τ)(X_τ − X^t)/τ`.
//!
//! `u` has the same size at every τ, which the end point itself or η̂ from it have not: `η̂ = (…)/γ` would
//! divide the error of X̂₁ by a number that vanishes at both ends. At τ = 0, where `X_τ = X^t`, the limits of
//! the conditional means are `b̂ = u`, `η̂ = 0`.
//!
//! **One-sided and flow matching**: `u = X^{t+1} − X^t − Z`, the velocity counted from X^t. Then `b̂ = X^t + u`,
//! `η̂ = X_τ − τ b̂`, `X̂₁ = X_τ + (1 − τ) b̂`. The velocity itself is as large as the protein, and outputs are
//! scaled by σ; X^t is known, so that nothing is gained by having the network repeat it. One network of this
//! form serves both transports: they train alike and differ in how they sample.
//!
//! **DDPM**: `u = Z`, then `X̂₁ = (X_τ − n u)/a` with the scales of [`Transport`].

use crate::network::{CloudBatch, Heads, NetworkConfig, SequenceBatch, Transport};
use crate::structure::SLOTS;

/// One pair of tracks: what the vectors and the positions should be, as `displacement · (X^{t+1} − X^t) +
/// source · X^t + noise(τ) · Z`, and which outputs hold them at which channel.
pub(super) struct Target {
    pub displacement: f32,
    pub source: f32,
    pub noise: fn(f32) -> f32,
    /// `(header, channels of that header)`; vectors are its first 13 channels, the position its last.
    pub vectors: (usize, usize),
    pub positions: (usize, usize),
}

/// The targets of a network's headers.
pub(super) fn targets(config: &NetworkConfig) -> Vec<Target> {
    const BOTH: (usize, usize) = (0, SLOTS + 1);
    let one = |displacement, noise| {
        vec![Target { displacement, source: 0.0, noise, vectors: BOTH, positions: BOTH }]
    };
    let pair = |first: usize, displacement, source, noise| Target {
        displacement,
        source,
        noise,
        vectors: (first, SLOTS),
        positions: (first + 1, 1),
    };
    match (config.heads, config.transport) {
        (Heads::Endpoint, Transport::TwoSided) => one(1.0, |t| -t),
        (Heads::Endpoint, Transport::OneSided | Transport::FlowMatching) => one(1.0, |_| -1.0),
        (Heads::Endpoint, Transport::Ddpm) => one(0.0, |_| 1.0),
        (Heads::Paper, Transport::TwoSided) => {
            vec![pair(0, 1.0, 0.0, |t| 1.0 - 2.0 * t), pair(2, 0.0, 0.0, |_| 1.0)]
        }
        (Heads::Paper, Transport::OneSided) => {
            vec![pair(0, 1.0, 1.0, |_| -1.0), pair(2, 0.0, 0.0, |_| 1.0)]
        }
        (Heads::Paper, Transport::FlowMatching) => vec![pair(0, 1.0, 1.0, |_| -1.0)],
        (Heads::Paper, Transport::Ddpm) => vec![pair(0, 0.0, 0.0, |_| 1.0)],
    }
}

/// How one component of b̂ and η̂ follows from the components of X_τ, X^t and the outputs `(first, second)`.
type Reading = fn(tau: f32, latent: f32, source: f32, outputs: (f32, f32)) -> (f32, f32);

fn reading(config: &NetworkConfig) -> Reading {
    match (config.heads, config.transport) {
        (Heads::Endpoint, Transport::TwoSided) => |tau, x, x0, (u, _)| {
            if tau <= 0.0 {
                return (u, 0.0);
            }
            let rate = (x - x0) / tau;
            (tau * u + (1.0 - tau) * rate, rate - u)
        },
        (Heads::Endpoint, Transport::OneSided | Transport::FlowMatching) => {
            |tau, x, x0, (u, _)| (x0 + u, x - tau * (x0 + u))
        }
        (Heads::Paper, Transport::TwoSided | Transport::OneSided) => |_, _, _, (b, eta)| (b, eta),
        (Heads::Paper, Transport::FlowMatching) => |tau, x, _, (b, _)| (b, x - tau * b),
        (_, Transport::Ddpm) => |_, _, _, (eta, _)| (0.0, eta),
    }
}

/// Drift b̂ and noise η̂ of both tracks from the header outputs; DDPM has no drift, it is left zero.
pub fn drift_and_noise(
    config: &NetworkConfig,
    sequence: &SequenceBatch,
    source: &CloudBatch,
    latent: &CloudBatch,
    tau: f32,
    outputs: &[Vec<f32>],
    drift: &mut CloudBatch,
    noise: &mut CloudBatch,
) {
    let rows = sequence.rows();
    for cloud in [&mut *drift, &mut *noise] {
        cloud.positions.resize(rows * 3, 0.0);
        cloud.vectors.resize(rows * 3 * SLOTS, 0.0);
    }
    let targets = targets(config);
    let read = reading(config);
    // A network with one pair of tracks gives it twice; its reading looks at the first only.
    let (Some(first), Some(second)) = (targets.first(), targets.last()) else { return };
    let vector = |target: &Target, at: usize, slot: usize| {
        let (header, width) = target.vectors;
        outputs[header][at * width + slot]
    };
    let position = |target: &Target, at: usize| {
        let (header, width) = target.positions;
        outputs[header][at * width + width - 1]
    };
    for at in 0..rows * 3 {
        for slot in 0..SLOTS {
            let i = at * SLOTS + slot;
            let both = (vector(first, at, slot), vector(second, at, slot));
            (drift.vectors[i], noise.vectors[i]) = read(tau, latent.vectors[i], source.vectors[i], both);
        }
        let both = (position(first, at), position(second, at));
        (drift.positions[at], noise.positions[at]) =
            read(tau, latent.positions[at], source.positions[at], both);
    }
}

#[cfg(test)]
#[path = "heads_tests.rs"]
mod tests;
