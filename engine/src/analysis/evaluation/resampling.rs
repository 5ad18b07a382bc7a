//! Blocks of trajectories drawn anew, and intervals from what comes of them.

use serde::{Deserialize, Serialize};

use crate::random::Random;

/// A number with its confidence interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// The estimate from all data.
    pub value: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// Multiplicities of `blocks` draws with replacement.
pub(super) fn with_replacement(blocks: usize, random: &mut Random) -> Vec<f64> {
    let mut times = vec![0.0; blocks];
    for _ in 0..blocks {
        times[random.index(blocks)] += 1.0;
    }
    times
}

/// A random half of the blocks, and the rest.
pub(super) fn halves(blocks: usize, random: &mut Random) -> (Vec<f64>, Vec<f64>) {
    let mut order: Vec<usize> = (0..blocks).collect();
    for k in (1..blocks).rev() {
        order.swap(k, random.index(k + 1));
    }
    let mut one = vec![0.0; blocks];
    order.iter().take(blocks / 2).for_each(|&block| one[block] = 1.0);
    let other = one.iter().map(|times| 1.0 - times).collect();
    (one, other)
}

/// The range that holds the middle `confidence` of the values; NaN when there are none.
pub(super) fn range(mut values: Vec<f64>, confidence: f64) -> [f64; 2] {
    values.sort_by(f64::total_cmp);
    let tail = 0.5 * (1.0 - confidence);
    [quantile(&values, tail), quantile(&values, 1.0 - tail)]
}

/// Linear interpolation between order statistics, as NumPy does by default.
pub(super) fn quantile(sorted: &[f64], fraction: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return f64::NAN };
    let position = fraction * last as f64;
    let below = position.floor() as usize;
    let above = (below + 1).min(last);
    let share = position - below as f64;
    // Infinite values, as of times that a resampled set never saw the end of, have no difference.
    if share == 0.0 || sorted[below] == sorted[above] {
        return sorted[below];
    }
    sorted[below] + (sorted[above] - sorted[below]) * share
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_numpy() {
        // numpy.quantile([1, 2, 4, 8], [0.025, 0.5, 0.975]) = [1.075, 3.0, 7.7]
        let sorted = [1.0, 2.0, 4.0, 8.0];
        for (fraction, expected) in [(0.025, 1.075), (0.5, 3.0), (0.975, 7.7)] {
            assert!((quantile(&sorted, fraction) - expected).abs() < 1e-12);
        }
        assert!(quantile(&[], 0.5).is_nan());
        let unbounded = [1.0, 2.0, f64::INFINITY, f64::INFINITY];
        assert_eq!(quantile(&unbounded, 1.0 / 3.0), 2.0);
        assert_eq!(quantile(&unbounded, 0.975), f64::INFINITY);
        assert_eq!(range(vec![3.0], 0.95), [3.0, 3.0]);
    }
}
