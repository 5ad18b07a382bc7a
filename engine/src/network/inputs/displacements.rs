//! How far a conformation is from where it started, scaled to unit size at every τ. An addition to the paper
//! (`displacement_inputs`).

use super::latent::LatentBatch;
use crate::network::NetworkConfig;
use crate::structure::SLOTS;

/// Displacements per residue: of the 13 vectors, then of Cα.
pub const DISPLACEMENTS: usize = SLOTS + 1;

/// `X_τ − m X^t` of the 13 vectors and of Cα, `m` being [`crate::network::Transport::still_scale`], scaled to about unit size.
///
/// `X_τ − m X^t = a (X^{t+1} − X^t) + n Z` with the shares a, n of [`crate::network::Transport`], so that divided by
/// `√(a² j² + n² σ²)`, with j the usual size of a jump, it has the same size at every τ. Unscaled it vanishes
/// with τ in the two-sided transport, and with it the only thing from which a header could tell at small τ
/// which way the conformation goes. Zero where a and n are, at τ = 0 of that transport: there the quotient has
/// no value.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DisplacementFeatures {
    /// Lengths, `[R, 14]`.
    pub lengths: Vec<f32>,
    /// `[R, 3, 14]`.
    pub vectors: Vec<f32>,
}

/// Usual jump of an axis of Cα and of a vector in 100 ps, the root mean square in MD of chignolin. They set the
/// scale of an input and nothing else.
pub(super) const POSITION_JUMP_ANGSTROM: f32 = 1.1;
pub(super) const VECTOR_JUMP_ANGSTROM: f32 = 1.5;

impl DisplacementFeatures {
    /// Fills them with those of a batch.
    pub fn update(&mut self, batch: LatentBatch<'_>) {
        let LatentBatch { config, source, latent, .. } = batch;
        let rows = latent.rows();
        self.lengths.resize(rows * DISPLACEMENTS, 0.0);
        self.vectors.resize(rows * 3 * DISPLACEMENTS, 0.0);
        for (rows, tau) in batch.proteins() {
            let (of_position, of_vector) = displacement_scales(config, tau);
            let still = config.transport.still_scale(tau);
            for row in rows {
                let mut squared = [0.0f32; DISPLACEMENTS];
                for at in row * 3..row * 3 + 3 {
                    let out = &mut self.vectors[at * DISPLACEMENTS..][..DISPLACEMENTS];
                    for slot in 0..SLOTS {
                        let i = at * SLOTS + slot;
                        out[slot] = of_vector * (latent.vectors[i] - still * source.vectors[i]);
                    }
                    out[SLOTS] = of_position * (latent.positions[at] - still * source.positions[at]);
                    for (sum, x) in squared.iter_mut().zip(out) {
                        *sum += *x * *x;
                    }
                }
                let lengths = &mut self.lengths[row * DISPLACEMENTS..][..DISPLACEMENTS];
                for (length, squared) in lengths.iter_mut().zip(squared) {
                    *length = squared.sqrt();
                }
            }
        }
    }
}

/// Factors of the displacements of positions and of vectors at `tau`, 1/Å.
pub fn displacement_scales(config: &NetworkConfig, tau: f32) -> (f32, f32) {
    let (a, n) = (config.transport.target_scale(tau), config.transport.noise_scale(tau));
    let scale = |jump: f32, sigma: f32| {
        let size = (a * jump).hypot(n * sigma);
        if size > 0.0 { 1.0 / size } else { 0.0 }
    };
    (
        scale(POSITION_JUMP_ANGSTROM, config.sigma_position_angstrom),
        scale(VECTOR_JUMP_ANGSTROM, config.sigma_vector_angstrom),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::{CloudBatch, SequenceBatch, Transport};
    use crate::random::{Noise, Stream};
    use crate::structure::ResidueType;
    use crate::test_support::chain;
    use crate::transport::interpolant::{NoiseAddress, fill_noise, interpolate};

    /// Jumps of the expected size, blurred by the noise of the interpolant: the feature has unit mean square
    /// at every τ, and the source moved along with the latent cloud changes nothing.
    #[test]
    fn displacements_have_unit_size_at_every_latent_time() {
        const COPIES: usize = 200;
        let config = NetworkConfig::basic();
        let topology = chain("displacements", [ResidueType::Trp; 8]);
        let sequence = SequenceBatch::replicate(&topology, COPIES);
        let addresses = |latent_step: u32| -> Vec<NoiseAddress> {
            (0..COPIES as u64).map(|replica| NoiseAddress { replica, frame: 0, latent_step }).collect()
        };
        let noise = Noise::new(5, Stream::Training);
        let jumps = NetworkConfig {
            sigma_position_angstrom: POSITION_JUMP_ANGSTROM,
            sigma_vector_angstrom: VECTOR_JUMP_ANGSTROM,
            ..config.clone()
        };
        let source = CloudBatch::zeros(sequence.rows());
        let (mut target, mut z, mut latent) = Default::default();
        fill_noise(&jumps, &sequence, &noise, &addresses(1), &mut target);
        fill_noise(&config, &sequence, &noise, &addresses(2), &mut z);
        let cases = Transport::ALL.map(|transport| [1e-4, 0.05, 0.3, 0.7, 0.99].map(|tau| (transport, tau)));
        for (transport, tau) in cases.into_iter().flatten() {
            let config = NetworkConfig { transport, ..config.clone() };
            let tau = vec![tau; COPIES];
            interpolate(transport, &sequence, &source, &target, &z, &tau, &mut latent);
            let batch = LatentBatch {
                config: &config,
                sequence: &sequence,
                source: &source,
                latent: &latent,
                tau: &tau,
            };
            let mut features = DisplacementFeatures::default();
            features.update(batch);
            let mean_square = |slots: std::ops::Range<usize>| {
                let picked = features.vectors.chunks(DISPLACEMENTS).flat_map(|f| &f[slots.clone()]);
                picked.map(|x| x * x).sum::<f32>() / (sequence.rows() * 3 * slots.len()) as f32
            };
            let vectors = mean_square(0..SLOTS);
            // Centering takes one of eight residues.
            let positions = mean_square(SLOTS..DISPLACEMENTS) * 8.0 / 7.0;
            assert!((vectors - 1.0).abs() < 0.03, "{transport}, τ = {}: vectors {vectors}", tau[0]);
            assert!((positions - 1.0).abs() < 0.06, "{transport}, τ = {}: positions {positions}", tau[0]);
        }
        let start = vec![0.0; COPIES];
        let (sequence, source, latent, tau) = (&sequence, &source, &latent, &*start);
        let mut features = DisplacementFeatures::default();
        features.update(LatentBatch { config: &config, sequence, source, latent, tau });
        assert!(features.vectors.iter().all(|x| *x == 0.0));
    }
}
