//! Random numbers, all of them from one generator: noise as a pure function of where it is used, and sequences
//! for clustering, resampling and tests.
//!
//! A counter-based generator (Philox 4x32-10, Salmon et al. 2011) has no state to carry along, so the same
//! seed gives the same trajectory whatever the batch, the number of threads or the point of resumption, and
//! the GPU can make the same numbers. candle's CPU generator cannot be seeded and is not used anywhere.

use crate::structure::SLOTS;

/// Normal numbers per residue and latent step: 13 vectors and one position, three axes each.
pub const NUMBERS_PER_RESIDUE: usize = 3 * (SLOTS + 1);

/// Keeps streams apart that share a seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Stream {
    /// Noise of the sampler.
    Sampling = 0,
    /// Initial weights.
    Weights = 0x5EED_0001,
    /// Choice of pairs, latent times and noise in training.
    Training = 0x5EED_0002,
    /// Choices in tests: which byte of a file is damaged.
    Testing = 0x5EED_0003,
    /// Numbers taken one after the other: see [`Random`].
    Sequence = 0x5EED_0004,
}

/// One application of the Philox 4x32-10 bijection.
pub fn philox(counter: [u32; 4], key: [u32; 2]) -> [u32; 4] {
    const M0: u64 = 0xD251_1F53;
    const M1: u64 = 0xCD9E_8D57;
    let (mut c, mut k) = (counter, key);
    for _ in 0..10 {
        let p0 = M0 * u64::from(c[0]);
        let p1 = M1 * u64::from(c[2]);
        c = [(p1 >> 32) as u32 ^ c[1] ^ k[0], p1 as u32, (p0 >> 32) as u32 ^ c[3] ^ k[1], p0 as u32];
        k = [k[0].wrapping_add(0x9E37_79B9), k[1].wrapping_add(0xBB67_AE85)];
    }
    c
}

/// A seeded stream of blocks of four numbers, addressed by a 128-bit position.
#[derive(Clone, Copy, Debug)]
pub struct Noise {
    key: [u32; 2],
}

impl Noise {
    /// The stream of `seed`.
    pub fn new(seed: u64, stream: Stream) -> Self {
        Self { key: [seed as u32, (seed >> 32) as u32 ^ stream as u32] }
    }

    /// What selects the stream, for generators elsewhere.
    pub fn key(&self) -> [u32; 2] {
        self.key
    }

    /// Four uniform 32-bit numbers.
    pub fn bits(&self, counter: [u32; 4]) -> [u32; 4] {
        philox(counter, self.key)
    }

    /// 64 uniform bits at a position of the stream, for what wants a generator: choices, damage.
    pub fn word(&self, at: u64) -> u64 {
        let [low, high, _, _] = self.bits([at as u32, (at >> 32) as u32, 0, 0]);
        u64::from(high) << 32 | u64::from(low)
    }

    /// Four standard normal numbers (Box–Muller on 24-bit uniforms inside (0, 1)).
    pub fn normals(&self, counter: [u32; 4]) -> [f32; 4] {
        let bits = self.bits(counter);
        let uniform = bits.map(|b| ((b >> 8) as f32 + 0.5) * (1.0 / 16_777_216.0));
        let pair = |u: f32, v: f32| {
            let radius = (-2.0 * u.ln()).sqrt();
            let (sin, cos) = (std::f32::consts::TAU * v).sin_cos();
            [radius * cos, radius * sin]
        };
        let ([a, b], [c, d]) = (pair(uniform[0], uniform[1]), pair(uniform[2], uniform[3]));
        [a, b, c, d]
    }

    /// The noise of one residue in one latent step: `[slot · 3 + axis]`, the position as slot 13.
    /// `replica`, `frame` and `latent_step` count from 0; replicas beyond 2³² would repeat.
    pub fn residue(
        &self,
        replica: u64,
        frame: u64,
        latent_step: u32,
        residue: usize,
    ) -> [f32; NUMBERS_PER_RESIDUE] {
        let mut out = [0.0; NUMBERS_PER_RESIDUE];
        // Frame numbers beyond 2³² spill into the upper half of the latent step's word.
        let step = latent_step | ((frame >> 32) as u32) << 16;
        for (block, chunk) in out.chunks_mut(4).enumerate() {
            let counter = [replica as u32, frame as u32, step, (residue * 16 + block) as u32];
            chunk.copy_from_slice(&self.normals(counter)[..chunk.len()]);
        }
        out
    }

    /// Fills `out` with consecutive normal numbers of the sub-stream `(a, b)`.
    pub fn fill(&self, a: u32, b: u32, out: &mut [f32]) {
        for (block, chunk) in out.chunks_mut(4).enumerate() {
            chunk.copy_from_slice(&self.normals([block as u32, a, b, 0])[..chunk.len()]);
        }
    }
}

/// Numbers taken one after the other, where nothing asks for those of one place: clustering, resampling, tests.
#[derive(Clone, Debug)]
pub struct Random {
    noise: Noise,
    at: u64,
}

impl Random {
    /// The sequence of `seed`, from its beginning.
    pub fn new(seed: u64) -> Self {
        Self { noise: Noise::new(seed, Stream::Sequence), at: 0 }
    }

    /// The next 64 uniform bits.
    pub fn word(&mut self) -> u64 {
        let word = self.noise.word(self.at);
        self.at = self.at.wrapping_add(1);
        word
    }

    /// Uniform in `[0, 1)`.
    pub fn uniform(&mut self) -> f64 {
        (self.word() >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
    }

    /// Standard normal (Box–Muller).
    pub fn normal(&mut self) -> f32 {
        let (radius, angle) = (1.0 - self.uniform(), self.uniform());
        ((-2.0 * radius.ln()).sqrt() * (std::f64::consts::TAU * angle).cos()) as f32
    }

    /// Uniform index below `len`; 0 where that is 0.
    pub fn index(&mut self, len: usize) -> usize {
        ((self.uniform() * len as f64) as usize).min(len.saturating_sub(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Known answers of the Random123 distribution (`kat_vectors`, philox4x32 10).
    #[test]
    fn philox_gives_the_published_known_answers() {
        assert_eq!(philox([0; 4], [0; 2]), [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]);
        assert_eq!(
            philox([u32::MAX; 4], [u32::MAX; 2]),
            [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]
        );
        assert_eq!(
            philox([0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344], [0xa409_3822, 0x299f_31d0]),
            [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]
        );
    }

    #[test]
    fn normals_have_the_moments_of_a_normal_distribution() {
        let noise = Noise::new(7, Stream::Sampling);
        let mut numbers = vec![0.0; 400_000];
        noise.fill(1, 2, &mut numbers);
        let moment =
            |k: i32| numbers.iter().map(|&x| f64::from(x).powi(k)).sum::<f64>() / numbers.len() as f64;
        assert!(moment(1).abs() < 0.006, "mean {}", moment(1));
        assert!((moment(2) - 1.0).abs() < 0.01, "variance {}", moment(2));
        assert!(moment(3).abs() < 0.03, "skewness {}", moment(3));
        assert!((moment(4) - 3.0).abs() < 0.1, "kurtosis {}", moment(4));
    }

    #[test]
    fn each_address_has_its_own_numbers() {
        let noise = Noise::new(1, Stream::Sampling);
        let base = noise.residue(0, 0, 0, 0);
        for other in [
            noise.residue(1, 0, 0, 0),
            noise.residue(0, 1, 0, 0),
            noise.residue(0, 0, 1, 0),
            noise.residue(0, 0, 0, 1),
            noise.residue(0, 1 << 32, 0, 0),
            Noise::new(2, Stream::Sampling).residue(0, 0, 0, 0),
            Noise::new(1, Stream::Training).residue(0, 0, 0, 0),
        ] {
            assert!(base.iter().zip(other).all(|(a, b)| *a != b), "two addresses share numbers");
        }
    }
}
