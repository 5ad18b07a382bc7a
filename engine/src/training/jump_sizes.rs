//! How far conformations move in one lag, as weights of the loss.
//!
//! Unfolded chains move several times as far as folded ones in the same time, and the square error of their jumps
//! owns the gradient. Divided by the mean square jump of its source's cluster, every conformation weighs alike. A
//! weight that depends on the source alone leaves the conditional mean, which the loss asks for, what it is.

use super::TrainError;
use super::conformations::Conformations;
use super::pair_index::PairIndex;

/// Pairs that the mean of one cluster is taken over.
const PAIRS_OF_CLUSTER: usize = 24;
/// Bounds of the weights: what moves least must not own the gradient in turn.
const WEIGHTS: (f64, f64) = (0.2, 5.0);

/// Mean square jumps of one protein, or the weights that follow from them.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct JumpSizes {
    /// Of each cluster, or of all pairs where there are no clusters; Å².
    mean_square_angstrom2: Vec<f64>,
    weights: Vec<f32>,
}

impl JumpSizes {
    /// Measures the jumps of `pairs`, some of each cluster of `conformations`, by `measure`, which gives the mean
    /// square displacement of a pair in Å².
    ///
    /// # Errors
    /// Those of `measure`.
    pub fn find(
        pairs: &PairIndex,
        conformations: Option<&Conformations>,
        measure: &mut dyn FnMut(usize) -> Result<f64, TrainError>,
    ) -> Result<Self, TrainError> {
        let mut mean = |pairs: &mut dyn Iterator<Item = usize>| -> Result<f64, TrainError> {
            let (mut sum, mut count) = (0.0, 0.0);
            for pair in pairs {
                sum += measure(pair)?;
                count += 1.0;
            }
            Ok(if count > 0.0 { sum / count } else { 0.0 })
        };
        let mean_square_angstrom2 = match conformations {
            Some(conformations) => (0..conformations.cluster_count())
                .map(|cluster| mean(&mut conformations.some_of(cluster, PAIRS_OF_CLUSTER)))
                .collect::<Result<_, _>>()?,
            None => {
                let most = 8 * PAIRS_OF_CLUSTER;
                vec![mean(&mut (0..pairs.len()).step_by(pairs.len().div_ceil(most).max(1)))?]
            }
        };
        Ok(Self { mean_square_angstrom2, weights: Vec::new() })
    }

    /// Mean over the clusters, Å².
    pub fn mean_angstrom2(&self) -> f64 {
        self.mean_square_angstrom2.iter().sum::<f64>() / self.mean_square_angstrom2.len().max(1) as f64
    }

    /// With weights, 1 for jumps of `mean_angstrom2`.
    pub fn relative_to(mut self, mean_angstrom2: f64) -> Self {
        let weight = |&own: &f64| {
            if own > 0.0 { (mean_angstrom2 / own).clamp(WEIGHTS.0, WEIGHTS.1) as f32 } else { 1.0 }
        };
        self.weights = self.mean_square_angstrom2.iter().map(weight).collect();
        self
    }

    /// Of `cluster`, Å².
    pub fn mean_square_angstrom2(&self, cluster: usize) -> f64 {
        self.mean_square_angstrom2.get(cluster).copied().unwrap_or(0.0)
    }

    /// Weight of pairs that start in `cluster`.
    pub fn weight(&self, cluster: usize) -> f32 {
        self.weights.get(cluster).copied().unwrap_or(1.0)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn what_moves_far_weighs_less_within_bounds() {
        let mut pairs = PairIndex::default();
        pairs.push(0, 0..100);
        let find = |square: f64| JumpSizes::find(&pairs, None, &mut |_| Ok(square)).unwrap();
        assert_eq!(find(4.0).mean_angstrom2(), 4.0);
        for (square, expected) in [(4.0, 0.5), (2.0, 1.0), (0.5, 4.0), (0.01, 5.0), (100.0, 0.2), (0.0, 1.0)]
        {
            assert_eq!(find(square).relative_to(2.0).weight(0), expected, "{square}");
        }
    }
}
