//! The two-sided stochastic interpolant `I = (1 − τ) X^t + τ X^{t+1} + γ(τ) Z`, `γ = τ (1 − τ)`, `Z = σ ξ`
//! (paper 3.1–3.3, design §6), its training targets, and drift and noise from the heads' outputs.
//!
//! # The endpoint head
//! One header predicts `u = X^{t+1} − X^t − τ Z`, from which everything follows exactly:
//! - the end point `X̂₁ = X_τ + (1 − τ) u`,
//! - the noise `η̂ = (X_τ − X^t)/τ − u`,
//! - the drift `b̂ = τ u + (1 − τ)(X_τ − X^t)/τ`.
//!
//! `u` has the same size at every τ, which the end point itself or η̂ from it have not: `η̂ = (…)/γ` would
//! divide the error of X̂₁ by a number that vanishes at both ends. At τ = 0, where `X_τ = X^t`, the limits of
//! the conditional means are `b̂ = u`, `η̂ = 0`.

use crate::network::{CloudBatch, Heads, NetworkConfig, SequenceBatch};
use crate::structure::SLOTS;

use super::noise::{NUMBERS_PER_RESIDUE, Noise};

/// `γ(τ) = τ (1 − τ)`.
pub fn gamma(tau: f32) -> f32 {
    tau * (1.0 - tau)
}

/// The largest value of [`gamma`].
pub const GAMMA_MAX: f32 = 0.25;

/// One protein's share of the noise stream.
#[derive(Clone, Copy, Debug)]
pub struct NoiseAddress {
    /// Replica, or index within a training batch.
    pub replica: u64,
    /// Frame, or training step.
    pub frame: u64,
    /// Latent step.
    pub latent_step: u32,
}

/// Fills `out` with `σ ξ`, unused slots zero, mean Cα noise of each protein removed (clouds are centred, so
/// that their overall shift is not a thing to be learned).
pub fn fill_noise(
    config: &NetworkConfig,
    sequence: &SequenceBatch,
    noise: &Noise,
    addresses: &[NoiseAddress],
    out: &mut CloudBatch,
) {
    let rows = sequence.rows();
    out.positions.resize(rows * 3, 0.0);
    out.vectors.resize(rows * 3 * SLOTS, 0.0);
    for (address, pair) in addresses.iter().zip(sequence.starts.windows(2)) {
        for row in pair[0]..pair[1] {
            let numbers: [f32; NUMBERS_PER_RESIDUE] =
                noise.residue(address.replica, address.frame, address.latent_step, row - pair[0]);
            for axis in 0..3 {
                let vectors = &mut out.vectors[(row * 3 + axis) * SLOTS..][..SLOTS];
                for (slot, value) in vectors.iter_mut().enumerate() {
                    *value = if slot < sequence.used_slots[row] {
                        config.sigma_vector_angstrom * numbers[slot * 3 + axis]
                    } else {
                        0.0
                    };
                }
                out.positions[row * 3 + axis] = config.sigma_position_angstrom * numbers[SLOTS * 3 + axis];
            }
        }
    }
    out.center(&sequence.starts);
}

/// Runs `f(protein, entries)` over the parts of a `[R, 3 · width]` array that belong to each protein.
fn per_protein(starts: &[usize], width: usize, mut f: impl FnMut(usize, std::ops::Range<usize>)) {
    for (protein, pair) in starts.windows(2).enumerate() {
        f(protein, pair[0] * 3 * width..pair[1] * 3 * width);
    }
}

/// `X_τ` for `tau [B]`.
pub fn interpolate(
    sequence: &SequenceBatch,
    source: &CloudBatch,
    target: &CloudBatch,
    noise: &CloudBatch,
    tau: &[f32],
    out: &mut CloudBatch,
) {
    let mix = |x0: &[f32], x1: &[f32], z: &[f32], width: usize, out: &mut Vec<f32>| {
        out.resize(x0.len(), 0.0);
        per_protein(&sequence.starts, width, |protein, range| {
            let t = tau[protein];
            for i in range {
                out[i] = (1.0 - t) * x0[i] + t * x1[i] + gamma(t) * z[i];
            }
        });
    };
    mix(&source.positions, &target.positions, &noise.positions, 1, &mut out.positions);
    mix(&source.vectors, &target.vectors, &noise.vectors, SLOTS, &mut out.vectors);
}

/// Mean square errors of one batch, Å² per residue or per vector.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct TrackLosses {
    /// Mean over atoms of everything that is trained, the number that is minimised (up to the constant
    /// `½‖target‖²` that Alg. 1 leaves out).
    pub total: f64,
    /// Error of the position track: of the end-point velocity u, or of b_P.
    pub positions: f64,
    /// Error of the vector track: of u, or of b_V.
    pub vectors: f64,
    /// Error of η_P (`heads = paper` only).
    pub noise_positions: f64,
    /// Error of η_V (`heads = paper` only).
    pub noise_vectors: f64,
}

impl TrackLosses {
    /// Adds `other · weight`.
    pub fn add_scaled(&mut self, other: &Self, weight: f64) {
        self.total += weight * other.total;
        self.positions += weight * other.positions;
        self.vectors += weight * other.vectors;
        self.noise_positions += weight * other.noise_positions;
        self.noise_vectors += weight * other.noise_vectors;
    }
}

/// Loss of Alg. 1 (lines 8–9) and its gradient with respect to the header outputs.
///
/// `outputs` are those of [`crate::network::fused::Workspace`]; `gradients` receives arrays of the same
/// shape, scaled by `1/atoms` with `atoms` the number of heavy atoms of the whole step, which may be more
/// than this batch when several workers share one.
pub fn loss_and_gradient(
    heads: Heads,
    sequence: &SequenceBatch,
    (source, target, noise): (&CloudBatch, &CloudBatch, &CloudBatch),
    tau: &[f32],
    atoms: usize,
    outputs: &[Vec<f32>],
    gradients: &mut Vec<Vec<f32>>,
) -> TrackLosses {
    gradients.resize_with(outputs.len(), Vec::new);
    let scale = 1.0 / atoms.max(1) as f32;
    let rows = sequence.rows().max(1) as f64;
    let vectors: usize = sequence.used_slots.iter().sum();
    let mut losses = TrackLosses::default();
    for (head, (output, gradient)) in outputs.iter().zip(gradients).enumerate() {
        gradient.resize(output.len(), 0.0);
        // How the target mixes the displacement and the noise: displacement · X + noise_weight(τ) · Z.
        let (displacement, noise_weight): (f32, fn(f32) -> f32) = match (heads, head) {
            (Heads::Endpoint, _) => (1.0, |t| -t),
            (Heads::Paper, 0 | 1) => (1.0, |t| 1.0 - 2.0 * t),
            (Heads::Paper, _) => (0.0, |_| 1.0),
        };
        let (first, second) = match heads {
            Heads::Endpoint => (SLOTS, 1),
            Heads::Paper if head % 2 == 0 => (SLOTS, 0),
            Heads::Paper => (0, 1),
        };
        let width = first + second;
        let (mut error_vectors, mut error_positions) = (0.0f64, 0.0f64);
        for (protein, pair) in sequence.starts.windows(2).enumerate() {
            let w = noise_weight(tau[protein]);
            for row in pair[0]..pair[1] {
                for axis in 0..3 {
                    let at = row * 3 + axis;
                    let (o, g) = (&output[at * width..][..width], &mut gradient[at * width..][..width]);
                    for slot in 0..first {
                        let i = at * SLOTS + slot;
                        let t = if slot < sequence.used_slots[row] {
                            displacement * (target.vectors[i] - source.vectors[i]) + w * noise.vectors[i]
                        } else {
                            0.0
                        };
                        let difference = o[slot] - t;
                        g[slot] = scale * difference;
                        error_vectors += f64::from(difference * difference);
                    }
                    if second == 1 {
                        let t = displacement * (target.positions[at] - source.positions[at])
                            + w * noise.positions[at];
                        let difference = o[first] - t;
                        g[first] = scale * difference;
                        error_positions += f64::from(difference * difference);
                    }
                }
            }
        }
        losses.total += 0.5 * (error_vectors + error_positions) * f64::from(scale);
        let (mean_vectors, mean_positions) = (error_vectors / vectors.max(1) as f64, error_positions / rows);
        if displacement > 0.0 {
            losses.vectors += mean_vectors;
            losses.positions += mean_positions;
        } else {
            losses.noise_vectors += mean_vectors;
            losses.noise_positions += mean_positions;
        }
    }
    losses
}

/// Drift b̂ and noise η̂ of both tracks from the header outputs.
pub fn drift_and_noise(
    heads: Heads,
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
    match heads {
        Heads::Endpoint => {
            let u = &outputs[0];
            let split = |x: f32, x0: f32, u: f32| {
                if tau <= 0.0 {
                    return (u, 0.0);
                }
                let rate = (x - x0) / tau;
                (tau * u + (1.0 - tau) * rate, rate - u)
            };
            for at in 0..rows * 3 {
                let u = &u[at * (SLOTS + 1)..][..SLOTS + 1];
                for slot in 0..SLOTS {
                    let i = at * SLOTS + slot;
                    (drift.vectors[i], noise.vectors[i]) =
                        split(latent.vectors[i], source.vectors[i], u[slot]);
                }
                (drift.positions[at], noise.positions[at]) =
                    split(latent.positions[at], source.positions[at], u[SLOTS]);
            }
        }
        Heads::Paper => {
            drift.vectors.copy_from_slice(&outputs[0]);
            drift.positions.copy_from_slice(&outputs[1]);
            noise.vectors.copy_from_slice(&outputs[2]);
            noise.positions.copy_from_slice(&outputs[3]);
        }
    }
}
