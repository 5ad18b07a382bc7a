//! Which of several proteins a training pair is taken from.

use serde::{Deserialize, Serialize};

use super::random_index::split;

/// How often each of several proteins is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum ProteinDraw {
    /// Each as often as every other.
    #[default]
    Equal,
    /// By the square root of its residues times its frame pairs, so that many short peptides do not drown the
    /// proteins, nor one long trajectory the others.
    SquareRoot,
}

/// Draws proteins by random numbers.
#[derive(Clone, Debug, Default)]
pub(super) struct ProteinDraws {
    /// Number of proteins.
    count: usize,
    /// Where the numbers of each protein begin, and the end of the last; empty where all are alike.
    bounds: Vec<u64>,
}

impl ProteinDraws {
    /// Draws among proteins of these numbers of residues and pairs.
    pub fn new(how: ProteinDraw, sizes: impl ExactSizeIterator<Item = (usize, usize)>) -> Self {
        let count = sizes.len();
        if how == ProteinDraw::Equal {
            return Self { count, bounds: Vec::new() };
        }
        let weights: Vec<f64> =
            sizes.map(|(residues, pairs)| (residues as f64 * pairs as f64).sqrt()).collect();
        let all: f64 = weights.iter().sum();
        let mut bounds = vec![0];
        let mut sum = 0.0;
        for weight in weights {
            sum += weight / all;
            bounds.push((sum * 4_294_967_296.0).round() as u64);
        }
        if let Some(last) = bounds.last_mut() {
            *last = 1 << 32;
        }
        Self { count, bounds }
    }

    /// The protein for a uniform random number, and what choosing it leaves of the number, as random again.
    pub fn draw(&self, random: u32) -> (usize, u32) {
        let at = u64::from(random);
        let protein = self.bounds.partition_point(|&bound| bound <= at);
        match (protein.checked_sub(1), self.bounds.get(protein)) {
            (Some(index), Some(end)) => {
                let begin = self.bounds[index];
                (index, (((at - begin) << 32) / (end - begin)) as u32)
            }
            _ => split(random, self.count),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proteins_are_drawn_by_the_root_of_what_there_is_of_them() {
        // Roots of 10 · 1000, 80 · 50 and 10 · 90: 100, 63.2, 30.
        let sizes = [(10, 1000), (80, 50), (10, 90)];
        let draws = ProteinDraws::new(ProteinDraw::SquareRoot, sizes.into_iter());
        let mut counts = [0usize; 3];
        let mut left = 0.0;
        for k in 0..10_000u32 {
            let (protein, rest) = draws.draw(k.wrapping_mul(2_654_435_761));
            counts[protein] += 1;
            left += f64::from(rest) / 4_294_967_296.0;
        }
        for (count, expected) in counts.into_iter().zip([5175usize, 3273, 1552]) {
            assert!(count.abs_diff(expected) < 20, "{counts:?}");
        }
        assert!((left / 1e4 - 0.5).abs() < 0.01, "{left}");
        assert_eq!(draws.draw(u32::MAX).0, 2);
        let alike = ProteinDraws::new(ProteinDraw::Equal, sizes.into_iter());
        assert_eq!([0, 1 << 31, u32::MAX].map(|random| alike.draw(random).0), [0, 1, 2]);
    }
}
