//! The interpolated clouds X_τ of all transports ([`Transport`]; paper 3.1–3.3, ARCHITECTURE.md §6) and the loss of a
//! batch. What the headers are asked for is in [`super::heads`].

use crate::network::templates::residue_and_slot;
use crate::network::{CloudBatch, NetworkConfig, SequenceBatch, Transport};
use crate::structure::SLOTS;

use super::heads::targets;
use super::sampler::Replica;
use crate::random::{NUMBERS_PER_RESIDUE, Noise};

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

impl NoiseAddress {
    /// That of the frame which a replica makes next.
    pub fn of(replica: &Replica) -> Self {
        Self { replica: replica.index, frame: replica.frame, latent_step: 0 }
    }
}

/// Fills `out` with `σ ξ`, unused slots zero, mean Cα noise of each protein removed (clouds are centered, so
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
    transport: Transport,
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
            let (s, a) = (transport.source_scale(t), transport.target_scale(t));
            let n = transport.noise_scale(t);
            for i in range {
                out[i] = s * x0[i] + a * x1[i] + n * z[i];
            }
        });
    };
    mix(&source.positions, &target.positions, &noise.positions, 1, &mut out.positions);
    mix(&source.vectors, &target.vectors, &noise.vectors, SLOTS, &mut out.vectors);
}

/// Mean square errors of one batch, Å² per residue or per vector.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct TrackLosses {
    /// Mean over atoms of everything that is trained, the number that is minimized (up to the constant
    /// `½‖target‖²` that Alg. 1 leaves out).
    pub total: f64,
    /// Share of `total` that weighs the rigid pairs.
    pub rigid: f64,
    /// Error of the position track: of the end-point velocity u, or of b_P (not for DDPM).
    pub positions: f64,
    /// Error of the vector track: of u, or of b_V (not for DDPM).
    pub vectors: f64,
    /// Error of η_P (`heads = paper` and DDPM only).
    pub noise_positions: f64,
    /// Error of η_V (`heads = paper` and DDPM only).
    pub noise_vectors: f64,
}

impl TrackLosses {
    /// Adds `other · weight`.
    pub fn add_scaled(&mut self, other: &Self, weight: f64) {
        self.total += weight * other.total;
        self.rigid += weight * other.rigid;
        self.positions += weight * other.positions;
        self.vectors += weight * other.vectors;
        self.noise_positions += weight * other.noise_positions;
        self.noise_vectors += weight * other.noise_vectors;
    }
}

/// The clouds and times of one batch.
#[derive(Clone, Copy)]
pub struct LossBatch<'a> {
    /// Labels, rows and covalent geometry.
    pub sequence: &'a SequenceBatch,
    /// X^t.
    pub source: &'a CloudBatch,
    /// X^{t+1}.
    pub target: &'a CloudBatch,
    /// Z.
    pub noise: &'a CloudBatch,
    /// X_τ.
    pub latent: &'a CloudBatch,
    /// τ per protein.
    pub tau: &'a [f32],
    /// Weight of the loss of each residue; 1 in the paper.
    pub weights: &'a [f32],
    /// Heavy atoms of the whole step, which may be more than this batch when several workers share one.
    pub atoms: usize,
    /// Weight of the relative error of rigid pairs, see [`loss_and_gradient`].
    pub rigid_weight: f32,
    /// Weight of the error of positions relative to that of vectors, 1 in the paper.
    pub position_weight: f32,
}

/// Loss of Alg. 1 (lines 8–9) and its gradient with respect to the header outputs, which are those of
/// [`crate::network::fused::Workspace`]; `gradients` receives arrays of the same shape.
///
/// The loss is the mean over atoms of half the square error, that of positions times `position_weight`, each residue's
/// part times its weight. `rigid_weight` λ adds
/// `λ w(τ) ½ ((e_b − e_a)·r̂_ab)²` for each bond, each 1–3 pair and each pair of touching atoms in X_τ, `e`
/// being the error of the prediction for an atom and `r̂` the direction of the pair in X_τ; `w` is
/// `rigid_share` times the mean weight of the two residues. All terms are quadratic forms in the error
/// that depend on X_τ and τ alone, so their minimum is the same conditional mean; the last weighs the few
/// directions in which molecules are stiff, whose errors are a small part of the first but decide
/// whether the chemistry is right.
pub fn loss_and_gradient(
    config: &NetworkConfig,
    batch: &LossBatch<'_>,
    outputs: &[Vec<f32>],
    gradients: &mut Vec<Vec<f32>>,
) -> TrackLosses {
    gradients.resize_with(outputs.len(), Vec::new);
    for (gradient, output) in gradients.iter_mut().zip(outputs) {
        gradient.resize(output.len(), 0.0);
    }
    let sequence = batch.sequence;
    let scale = 1.0 / batch.atoms.max(1) as f32;
    let rows = sequence.rows();
    let vectors: usize = sequence.used_slots.iter().sum();
    let mut losses = TrackLosses::default();
    let mut error = CloudBatch::zeros(rows);
    let mut weighted = CloudBatch::zeros(rows);
    for target in targets(config) {
        let (mut error_vectors, mut error_positions) = (0.0f64, 0.0f64);
        let mut square = 0.0f64;
        for (protein, pair) in sequence.starts.windows(2).enumerate() {
            let tau = batch.tau[protein];
            let (moved, w) = ((target.displacement)(tau), (target.noise)(tau));
            for row in pair[0]..pair[1] {
                let (vectors_before, positions_before) = (error_vectors, error_positions);
                for at in row * 3..row * 3 + 3 {
                    let (header, width) = target.vectors;
                    for slot in 0..SLOTS {
                        let i = at * SLOTS + slot;
                        // The output of an unused slot is masked to zero, and so is what it should be.
                        error.vectors[i] = if slot < sequence.used_slots[row] {
                            outputs[header][at * width + slot]
                                - moved * (batch.target.vectors[i] - batch.source.vectors[i])
                                - target.source * batch.source.vectors[i]
                                - w * batch.noise.vectors[i]
                        } else {
                            0.0
                        };
                        error_vectors += f64::from(error.vectors[i] * error.vectors[i]);
                    }
                    let (header, width) = target.positions;
                    error.positions[at] = outputs[header][at * width + width - 1]
                        - moved * (batch.target.positions[at] - batch.source.positions[at])
                        - target.source * batch.source.positions[at]
                        - w * batch.noise.positions[at];
                    error_positions += f64::from(error.positions[at] * error.positions[at]);
                }
                let of_positions = f64::from(batch.position_weight) * (error_positions - positions_before);
                square += f64::from(batch.weights[row]) * (error_vectors - vectors_before + of_positions);
            }
        }
        weighted.clone_from(&error);
        for (positions, &weight) in weighted.positions.chunks_exact_mut(3).zip(batch.weights) {
            positions.iter_mut().for_each(|x| *x *= weight * batch.position_weight);
        }
        for (vectors, &weight) in weighted.vectors.chunks_exact_mut(3 * SLOTS).zip(batch.weights) {
            vectors.iter_mut().for_each(|x| *x *= weight);
        }
        let mut rigid = 0.0;
        if batch.rigid_weight > 0.0 {
            rigid = add_rigid_pairs(config, batch, &error, &mut weighted);
        }
        for at in 0..rows * 3 {
            let (header, width) = target.vectors;
            for slot in 0..SLOTS {
                gradients[header][at * width + slot] = scale * weighted.vectors[at * SLOTS + slot];
            }
            let (header, width) = target.positions;
            gradients[header][at * width + width - 1] = scale * weighted.positions[at];
        }
        losses.total += 0.5 * (square + rigid) * f64::from(scale);
        losses.rigid += 0.5 * rigid * f64::from(scale);
        let (mean_vectors, mean_positions) =
            (error_vectors / vectors.max(1) as f64, error_positions / rows.max(1) as f64);
        if target.moves {
            losses.vectors += mean_vectors;
            losses.positions += mean_positions;
        } else {
            losses.noise_vectors += mean_vectors;
            losses.noise_positions += mean_positions;
        }
    }
    losses
}

/// Atoms up to this much beyond contact count as touching.
const TOUCHING_MARGIN_ANGSTROM: f32 = 0.5;

/// Most noise of the vectors at which the rigid pairs have their full weight, that of the two-sided transport
/// with σ_V = 1 Å, which never has more.
const RIGID_NOISE_ANGSTROM: f32 = 0.25;

/// Weight of the rigid pairs at τ: τ², and less where the noise is larger than [`RIGID_NOISE_ANGSTROM`], since
/// in such a cloud neither bonds nor contacts are what they are in molecules.
fn rigid_share(config: &NetworkConfig, tau: f32) -> f32 {
    let noise = config.transport.noise_scale(tau) * config.sigma_vector_angstrom;
    tau * tau * (RIGID_NOISE_ANGSTROM / noise).min(1.0).powi(2)
}

/// Adds the gradient of the rigid-pair term to `gradient` and returns twice the term, both times the number
/// of atoms.
fn add_rigid_pairs(
    config: &NetworkConfig,
    batch: &LossBatch<'_>,
    error: &CloudBatch,
    gradient: &mut CloudBatch,
) -> f64 {
    let mut total = 0.0f64;
    let (mut atoms, mut touching) = (Vec::new(), Vec::new());
    for (protein, pair) in batch.sequence.starts.windows(2).enumerate() {
        let share = batch.rigid_weight * rigid_share(config, batch.tau[protein]);
        let weight_of = |site: usize| batch.weights[pair[0] + residue_and_slot(site).0];
        // Value of a field at an atom: that of its residue's position plus that of its vector.
        let value = |cloud: &CloudBatch, site: usize| -> [f32; 3] {
            let (residue, slot) = residue_and_slot(site);
            std::array::from_fn(|axis| {
                let at = (pair[0] + residue) * 3 + axis;
                cloud.positions[at] + slot.map_or(0.0, |slot| cloud.vectors[at * SLOTS + slot])
            })
        };
        let template = &batch.sequence.strain[protein];
        atoms.clear();
        atoms.extend((0..(pair[1] - pair[0]) * (SLOTS + 1)).map(|site| value(batch.latent, site)));
        template.touching_pairs(&atoms, TOUCHING_MARGIN_ANGSTROM, &mut touching);
        for (a, b) in template.rigid_pairs().chain(touching.iter().copied()) {
            let (xa, xb) = (atoms[a], atoms[b]);
            let d: [f32; 3] = std::array::from_fn(|i| xb[i] - xa[i]);
            let length = (d[0] * d[0] + d[1] * d[1] + d[2] * d[2]).sqrt();
            if length < 1e-3 {
                continue;
            }
            let (ea, eb) = (value(error, a), value(error, b));
            let weight = 0.5 * (weight_of(a) + weight_of(b)) * share;
            let along = (0..3).map(|i| (eb[i] - ea[i]) * d[i]).sum::<f32>() / length;
            total += f64::from(weight * along * along);
            for (site, sign) in [(a, -1.0), (b, 1.0)] {
                let (residue, slot) = residue_and_slot(site);
                for axis in 0..3 {
                    let at = (pair[0] + residue) * 3 + axis;
                    let g = sign * weight * along * d[axis] / length;
                    gradient.positions[at] += g;
                    if let Some(slot) = slot {
                        gradient.vectors[at * SLOTS + slot] += g;
                    }
                }
            }
        }
    }
    total
}
