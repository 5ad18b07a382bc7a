//! Streaming time-lagged moments.
//!
//! Frame pairs `(x_t, x_{t+lag})` of any number of trajectories are added one at a time; memory is two
//! `[F, F]` matrices whatever their number. The estimator is symmetrized (time-reversal averaged):
//!
//! ```text
//! μ   = Σ (x + y) / 2n
//! C₀  = Σ (x xᵀ + y yᵀ) / 2n − μ μᵀ
//! C_τ = Σ (x yᵀ + y xᵀ) / 2n − μ μᵀ
//! ```
//!
//! Sums are taken relative to the first frame seen, so that nothing is lost to cancellation, and pairs are
//! gathered in blocks that enter as matrix products.

use std::collections::VecDeque;

use nalgebra::{DMatrix, DVector};

use super::error::AnalysisError;

/// Pairs gathered before they are added as one matrix product.
const BLOCK: usize = 64;

/// Running moments of lagged pairs of feature vectors.
#[derive(Clone, Debug)]
pub struct LaggedMoments {
    features: usize,
    origin: Option<DVector<f64>>,
    pairs: u64,
    sum: DVector<f64>,
    /// Σ (x xᵀ + y yᵀ).
    same: DMatrix<f64>,
    /// Σ x yᵀ.
    cross: DMatrix<f64>,
    /// Pairs not yet added, `[F, BLOCK]`, of which `pending` columns are filled.
    block_x: DMatrix<f64>,
    block_y: DMatrix<f64>,
    pending: usize,
}

/// Mean and symmetrized covariances.
#[derive(Clone, Debug, PartialEq)]
pub struct Covariances {
    /// Mean of the features, `[F]`.
    pub mean: DVector<f64>,
    /// Instantaneous covariance, `[F, F]`, symmetric.
    pub instantaneous: DMatrix<f64>,
    /// Time-lagged covariance, `[F, F]`, symmetric.
    pub lagged: DMatrix<f64>,
    /// Frame pairs that entered.
    pub pairs: u64,
}

impl LaggedMoments {
    /// No pairs yet.
    pub fn new(features: usize) -> Self {
        Self {
            features,
            origin: None,
            pairs: 0,
            sum: DVector::zeros(features),
            same: DMatrix::zeros(features, features),
            cross: DMatrix::zeros(features, features),
            block_x: DMatrix::zeros(features, BLOCK),
            block_y: DMatrix::zeros(features, BLOCK),
            pending: 0,
        }
    }

    /// Frame pairs added so far.
    pub fn pair_count(&self) -> u64 {
        self.pairs
    }

    /// Adds one pair of feature vectors one lag apart, `[F]` each.
    ///
    /// # Errors
    /// When a vector has another length than the moments.
    pub fn add_pair(&mut self, earlier: &[f64], later: &[f64]) -> Result<(), AnalysisError> {
        for vector in [earlier, later] {
            if vector.len() != self.features {
                return Err(AnalysisError::FeatureCount { expected: self.features, got: vector.len() });
            }
        }
        let origin = self.origin.get_or_insert_with(|| DVector::from_column_slice(earlier));
        for f in 0..self.features {
            self.block_x[(f, self.pending)] = earlier[f] - origin[f];
            self.block_y[(f, self.pending)] = later[f] - origin[f];
        }
        self.pending += 1;
        self.pairs += 1;
        if self.pending == BLOCK {
            self.flush();
        }
        Ok(())
    }

    /// Adds the moments of another accumulator, as if its pairs had been added here.
    ///
    /// # Errors
    /// When the two differ in features.
    pub fn merge(&mut self, mut other: Self) -> Result<(), AnalysisError> {
        if self.features != other.features {
            return Err(AnalysisError::FeatureCount { expected: self.features, got: other.features });
        }
        self.flush();
        other.flush();
        let Some(theirs) = other.origin else { return Ok(()) };
        let origin = self.origin.get_or_insert_with(|| theirs.clone());
        // x − o = (x − o') + d with d = o' − o: the sums of the other about o' move to o.
        let shift = theirs - &*origin;
        let n = other.pairs as f64;
        let outer = &shift * shift.transpose();
        let shifted_sum = &other.sum * shift.transpose();
        self.same += other.same + &shifted_sum + shifted_sum.transpose() + &outer * (2.0 * n);
        // Σ x yᵀ needs Σx and Σy apart; only its symmetric part is ever used, and that needs their sum only.
        self.cross += other.cross + (&shifted_sum + shifted_sum.transpose()) * 0.5 + &outer * n;
        self.sum += other.sum + shift * (2.0 * n);
        self.pairs += other.pairs;
        Ok(())
    }

    /// Mean and symmetrized covariances of all pairs so far.
    ///
    /// # Errors
    /// Fewer than two pairs.
    pub fn covariances(&self) -> Result<Covariances, AnalysisError> {
        let mut done = self.clone();
        done.flush();
        let Some(origin) = done.origin else {
            return Err(AnalysisError::TooFewFrames { have: 0, needed: 2 });
        };
        if done.pairs < 2 {
            return Err(AnalysisError::TooFewFrames { have: done.pairs, needed: 2 });
        }
        let twice = 2.0 * done.pairs as f64;
        let mean = done.sum / twice;
        let outer = &mean * mean.transpose();
        let instantaneous = (&done.same + done.same.transpose()) / (2.0 * twice) - &outer;
        let lagged = (&done.cross + done.cross.transpose()) / twice - &outer;
        Ok(Covariances { mean: mean + origin, instantaneous, lagged, pairs: done.pairs })
    }

    fn flush(&mut self) {
        if self.pending == 0 {
            return;
        }
        let x = self.block_x.columns(0, self.pending);
        let y = self.block_y.columns(0, self.pending);
        let (xt, yt) = (x.transpose(), y.transpose());
        self.same.gemm(1.0, &x, &xt, 1.0);
        self.same.gemm(1.0, &y, &yt, 1.0);
        self.cross.gemm(1.0, &x, &yt, 1.0);
        self.sum += x.column_sum() + y.column_sum();
        self.pending = 0;
    }
}

/// Pairs the frames of one growing trajectory with those one lag later. One per trajectory, so that no
/// pair ever crosses from one trajectory into another.
#[derive(Clone, Debug)]
pub struct LagWindow {
    lag_frames: usize,
    recent: VecDeque<Vec<f32>>,
}

impl LagWindow {
    /// A window of `lag_frames` frames (at least one).
    pub fn new(lag_frames: usize) -> Self {
        Self { lag_frames: lag_frames.max(1), recent: VecDeque::new() }
    }

    /// Takes the features of the next frame and adds the pair it completes, if any. The window keeps
    /// features in `f32`: 1e-7 of a distance is far below what any model or thermostat resolves.
    ///
    /// # Errors
    /// When the vector has another length than the moments.
    pub fn push(&mut self, features: &[f64], moments: &mut LaggedMoments) -> Result<(), AnalysisError> {
        if self.recent.len() == self.lag_frames
            && let Some(earlier) = self.recent.pop_front()
        {
            let earlier: Vec<f64> = earlier.iter().map(|&x| f64::from(x)).collect();
            moments.add_pair(&earlier, features)?;
        }
        self.recent.push_back(features.iter().map(|&x| x as f32).collect());
        Ok(())
    }

    /// Forgets the frames seen: the next frame starts a new trajectory.
    pub fn clear(&mut self) {
        self.recent.clear();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn frame(t: usize) -> Vec<f64> {
        let t = t as f64;
        vec![1000.0 + (0.1 * t).sin(), (0.37 * t).cos() * 3.0, 0.01 * t + (1.3 * t).sin()]
    }

    /// The definition, written out without streaming.
    fn by_definition(pairs: &[(Vec<f64>, Vec<f64>)]) -> (DVector<f64>, DMatrix<f64>, DMatrix<f64>) {
        let n = 2.0 * pairs.len() as f64;
        let v = |x: &[f64]| DVector::from_column_slice(x);
        let mean = pairs.iter().fold(DVector::zeros(3), |s, (x, y)| s + v(x) + v(y)) / n;
        let (mut c0, mut ct) = (DMatrix::zeros(3, 3), DMatrix::zeros(3, 3));
        for (x, y) in pairs {
            let (x, y) = (v(x) - &mean, v(y) - &mean);
            c0 += (&x * x.transpose() + &y * y.transpose()) / n;
            ct += (&x * y.transpose() + &y * x.transpose()) / n;
        }
        (mean, c0, ct)
    }

    #[test]
    fn streaming_and_merging_equal_the_definition() {
        let pairs: Vec<_> = (0..201).map(|t| (frame(t), frame(t + 7))).collect();
        let (mean, c0, ct) = by_definition(&pairs);
        let mut whole = LaggedMoments::new(3);
        let (mut left, mut right) = (LaggedMoments::new(3), LaggedMoments::new(3));
        for (k, (x, y)) in pairs.iter().enumerate() {
            whole.add_pair(x, y).unwrap();
            if k < 90 { &mut left } else { &mut right }.add_pair(x, y).unwrap();
        }
        left.merge(right).unwrap();
        left.merge(LaggedMoments::new(3)).unwrap();
        for moments in [whole, left] {
            let got = moments.covariances().unwrap();
            assert_eq!(got.pairs, 201);
            assert!((got.mean - &mean).amax() < 1e-10);
            assert!((got.instantaneous - &c0).amax() < 1e-12);
            assert!((got.lagged - &ct).amax() < 1e-12);
        }
    }

    #[test]
    fn lag_windows_keep_trajectories_apart() {
        let mut moments = LaggedMoments::new(3);
        for length in [5, 2, 9] {
            let mut window = LagWindow::new(3);
            for t in 0..length {
                window.push(&frame(t), &mut moments).unwrap();
            }
        }
        assert_eq!(moments.pair_count(), 2 + 6);
        assert!(moments.add_pair(&[1.0], &[1.0]).is_err());
        assert_eq!(
            LaggedMoments::new(2).covariances().unwrap_err(),
            AnalysisError::TooFewFrames { have: 0, needed: 2 }
        );
    }
}
