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
//! **Bridge**: `u = √(1 − τ) (X^{t+1} − X^t) − √τ Z`, the motion at right angles to the input
//! `D = (X_τ − X^t)/√τ = √τ (X^{t+1} − X^t) + √(1 − τ) Z`. Then
//! - the end point is `X̂₁ = X_τ + √(1 − τ) u`,
//! - the noise `η̂ = √(1 − τ) D − √τ u`,
//! - the drift of the interpolant `Î = X̂₁ − X^t`. It stands in for b̂, whose other part `γ̇ η̂` has no limit at the ends.
//!
//! **One-sided and flow matching**: `u = X^{t+1} − X^t − Z`, the velocity counted from X^t. Then `b̂ = X^t + u`,
//! `η̂ = X_τ − τ b̂`, `X̂₁ = X_τ + (1 − τ) b̂`. The velocity itself is as large as the protein, and outputs are
//! scaled by σ; X^t is known, so that nothing is gained by having the network repeat it. One network of this
//! form serves both transports: they train alike and differ in how they sample.
//!
//! **DDPM**: `u = Z`, then `X̂₁ = (X_τ − n u)/a` with the scales of [`Transport`].

use crate::network::{CloudBatch, Heads, NetworkConfig, Reading, SequenceBatch, Transport};
use crate::structure::SLOTS;

/// One pair of tracks: what the vectors and the positions should be, as `displacement(τ) · (X^{t+1} − X^t) +
/// source · X^t + noise(τ) · Z`, and which outputs hold them at which channel.
#[derive(Clone, Copy)]
pub(super) struct Target {
    /// Whether it is a motion rather than the noise.
    pub moves: bool,
    pub displacement: fn(f32) -> f32,
    pub source: f32,
    pub noise: fn(f32) -> f32,
    /// `(header, channels of that header)`; vectors are its first 13 channels, the position its last.
    pub vectors: (usize, usize),
    pub positions: (usize, usize),
}

/// The targets of a network's headers, one or two.
pub(super) fn targets(config: &NetworkConfig) -> impl Iterator<Item = Target> + use<> {
    const BOTH: (usize, usize) = (0, SLOTS + 1);
    type Scale = fn(f32) -> f32;
    let one = |moves, displacement: Scale, noise: Scale| {
        [Some(Target { moves, displacement, source: 0.0, noise, vectors: BOTH, positions: BOTH }), None]
    };
    let tracks = |first: usize| ((first, SLOTS), (first + 1, 1));
    let motion = |source, noise: Scale| {
        let (vectors, positions) = tracks(0);
        Some(Target { moves: true, displacement: |_| 1.0, source, noise, vectors, positions })
    };
    let noise = |first| {
        let (vectors, positions) = tracks(first);
        Some(Target { moves: false, displacement: |_| 0.0, source: 0.0, noise: |_| 1.0, vectors, positions })
    };
    let targets = match (config.heads, config.transport) {
        (Heads::Endpoint, Transport::TwoSided) => one(true, |_| 1.0, |t| -t),
        (Heads::Endpoint, Transport::Bridge) => one(true, |t| (1.0 - t).sqrt(), |t| -t.sqrt()),
        (Heads::Endpoint, Transport::OneSided | Transport::FlowMatching) => one(true, |_| 1.0, |_| -1.0),
        (Heads::Endpoint, Transport::Ddpm) => one(false, |_| 0.0, |_| 1.0),
        (Heads::Paper, Transport::TwoSided) => [motion(0.0, |t| 1.0 - 2.0 * t), noise(2)],
        (Heads::Paper, Transport::Bridge) => [motion(0.0, |_| 0.0), noise(2)],
        (Heads::Paper, Transport::OneSided) => [motion(1.0, |_| -1.0), noise(2)],
        (Heads::Paper, Transport::FlowMatching) => [motion(1.0, |_| -1.0), None],
        (Heads::Paper, Transport::Ddpm) => [noise(0), None],
    };
    targets.into_iter().flatten()
}

impl Reading {
    /// That of `config` at `tau`.
    pub(super) fn new(config: &NetworkConfig, tau: f32) -> Self {
        const NOTHING: [f32; 4] = [0.0; 4];
        const FIRST: [f32; 4] = [1.0, 0.0, 0.0, 0.0];
        const SECOND: [f32; 4] = [0.0, 1.0, 0.0, 0.0];
        let left = 1.0 - tau;
        let (drift, noise) = match (config.heads, config.transport) {
            // The limits at the point X^t, where `X_τ − X^t` is zero.
            (Heads::Endpoint, Transport::TwoSided | Transport::Bridge) if tau <= 0.0 => (FIRST, NOTHING),
            (Heads::Endpoint, Transport::TwoSided) => {
                ([tau, 0.0, left / tau, 0.0], [-1.0, 0.0, 1.0 / tau, 0.0])
            }
            (Heads::Endpoint, Transport::Bridge) => {
                ([left.sqrt(), 0.0, 1.0, 0.0], [-tau.sqrt(), 0.0, (left / tau).sqrt(), 0.0])
            }
            (Heads::Endpoint, Transport::OneSided | Transport::FlowMatching) => {
                ([1.0, 0.0, 0.0, 1.0], [-tau, 0.0, 1.0, left])
            }
            (Heads::Paper, Transport::TwoSided | Transport::Bridge | Transport::OneSided) => (FIRST, SECOND),
            (Heads::Paper, Transport::FlowMatching) => (FIRST, [-tau, 0.0, 1.0, 1.0]),
            (_, Transport::Ddpm) => (NOTHING, FIRST),
        };
        Self { drift, noise }
    }

    fn at(&self, latent: f32, source: f32, (first, second): (f32, f32)) -> (f32, f32) {
        let of = |k: &[f32; 4]| k[0] * first + k[1] * second + k[2] * (latent - source) + k[3] * source;
        (of(&self.drift), of(&self.noise))
    }
}

/// Drift b̂ and noise η̂ of both tracks from the header outputs; DDPM has no drift, it is left zero.
pub fn drift_and_noise(
    config: &NetworkConfig,
    sequence: &SequenceBatch,
    source: &CloudBatch,
    latent: &CloudBatch,
    reading: &Reading,
    outputs: &[Vec<f32>],
    drift: &mut CloudBatch,
    noise: &mut CloudBatch,
) {
    let rows = sequence.rows();
    for cloud in [&mut *drift, &mut *noise] {
        cloud.positions.resize(rows * 3, 0.0);
        cloud.vectors.resize(rows * 3 * SLOTS, 0.0);
    }
    let mut targets = targets(config);
    let Some(first) = targets.next() else { return };
    // A network with one pair of tracks gives it twice; its reading looks at the first only.
    let second = targets.next().unwrap_or(first);
    let vector = |target: Target, at: usize, slot: usize| {
        let (header, width) = target.vectors;
        outputs[header][at * width + slot]
    };
    let position = |target: Target, at: usize| {
        let (header, width) = target.positions;
        outputs[header][at * width + width - 1]
    };
    for at in 0..rows * 3 {
        for slot in 0..SLOTS {
            let i = at * SLOTS + slot;
            let both = (vector(first, at, slot), vector(second, at, slot));
            (drift.vectors[i], noise.vectors[i]) = reading.at(latent.vectors[i], source.vectors[i], both);
        }
        let both = (position(first, at), position(second, at));
        (drift.positions[at], noise.positions[at]) =
            reading.at(latent.positions[at], source.positions[at], both);
    }
}

/// The jump `X̂₁ − X^t` from the header outputs at a τ per protein, for networks that are shown it: those of the bridge
/// with the endpoint head, whose drift it is.
pub fn estimated_jump(
    config: &NetworkConfig,
    sequence: &SequenceBatch,
    source: &CloudBatch,
    latent: &CloudBatch,
    tau: &[f32],
    outputs: &[Vec<f32>],
    jump: &mut CloudBatch,
) {
    let rows = sequence.rows();
    jump.positions.resize(rows * 3, 0.0);
    jump.vectors.resize(rows * 3 * SLOTS, 0.0);
    let Some(outputs) = outputs.first() else { return };
    for (pair, &tau) in sequence.starts.windows(2).zip(tau) {
        let reading = Reading::new(config, tau);
        let at_site = |latent: f32, source: f32, output: f32| reading.at(latent, source, (output, 0.0)).0;
        for at in pair[0] * 3..pair[1] * 3 {
            let said = &outputs[at * (SLOTS + 1)..][..SLOTS + 1];
            for (slot, &said) in said[..SLOTS].iter().enumerate() {
                let i = at * SLOTS + slot;
                jump.vectors[i] = at_site(latent.vectors[i], source.vectors[i], said);
            }
            jump.positions[at] = at_site(latent.positions[at], source.positions[at], said[SLOTS]);
        }
    }
}

#[cfg(test)]
#[path = "heads_tests.rs"]
mod tests;
