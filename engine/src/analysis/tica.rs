//! Time-lagged independent component analysis (Pérez-Hernández et al., J. Chem. Phys. 139, 015102, 2013).
//!
//! Solves `C_τ r = λ C₀ r` with symmetrized covariances. C₀ is first reduced to the directions whose
//! variance exceeds `rank_epsilon` times the largest, and whitened; what remains is an ordinary symmetric
//! problem. Components are sorted by falling eigenvalue, scaled by their eigenvalue (kinetic map: Noé &
//! Clementi, JCTC 11, 5002, 2015), and turned so that larger values mean larger Cα distances.

use nalgebra::{DMatrix, DVector, SymmetricEigen};
use serde::{Deserialize, Serialize};

use super::covariance::{Covariances, LagWindow, LaggedMoments};
use super::error::AnalysisError;
use super::features::CaPairFeatures;
use crate::structure::Topology;

/// What a TICA fit may be asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TicaSettings {
    /// Lag time, ps. Must be a whole number of frames.
    pub lag_ps: f64,
    /// Directions whose variance is below this fraction of the largest are dropped.
    pub rank_epsilon: f64,
    /// Components kept.
    pub components: usize,
    /// Most Cα distances used as features; see [`CaPairFeatures::DEFAULT_MAX`].
    pub max_features: usize,
}

impl Default for TicaSettings {
    fn default() -> Self {
        Self { lag_ps: 2000.0, rank_epsilon: 1e-6, components: 4, max_features: CaPairFeatures::DEFAULT_MAX }
    }
}

impl TicaSettings {
    /// The lag in frames.
    ///
    /// # Errors
    /// When it is not a whole number of frames, or less than one.
    pub fn lag_frames(&self, interval_ps: f64) -> Result<usize, AnalysisError> {
        let frames = self.lag_ps / interval_ps;
        if !(frames.is_finite() && frames >= 0.999 && (frames - frames.round()).abs() < 1e-3 * frames) {
            return Err(AnalysisError::Lag { lag_ps: self.lag_ps, interval_ps });
        }
        Ok(frames.round() as usize)
    }
}

/// A fitted basis: projects frames of one protein on its slow components. Immutable.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TicaBasis {
    /// The distances it works on.
    pub features: CaPairFeatures,
    /// Lag time of the fit, ps.
    pub lag_ps: f64,
    /// Frame pairs the fit is made from.
    pub pairs: u64,
    /// Variance directions kept by the rank cut.
    pub rank: usize,
    /// Mean of the features, Å, `[F]`.
    pub mean_angstrom: Vec<f64>,
    /// Eigenvalues (autocorrelations at the lag) of the kept components, falling.
    pub eigenvalues: Vec<f64>,
    /// Components scaled by their eigenvalue, `[D][F]`.
    pub components: Vec<Vec<f64>>,
}

impl TicaBasis {
    /// Number of components, `D`.
    pub fn len(&self) -> usize {
        self.components.len()
    }

    /// Whether no component was kept.
    pub fn is_empty(&self) -> bool {
        self.components.is_empty()
    }

    /// Projects one frame: `[D]` coordinates, without unit.
    ///
    /// # Panics
    /// When frame and topology belong to another protein, which is a programming error.
    pub fn project(&self, topology: &Topology, positions: &[[f32; 3]]) -> Vec<f64> {
        self.project_features(&self.features.measure(topology, positions))
    }

    /// Projects a feature vector `[F]`.
    pub fn project_features(&self, features_angstrom: &[f64]) -> Vec<f64> {
        self.components
            .iter()
            .map(|component| {
                component
                    .iter()
                    .zip(features_angstrom.iter().zip(&self.mean_angstrom))
                    .map(|(c, (x, mean))| c * (x - mean))
                    .sum()
            })
            .collect()
    }

    /// Implied timescales `−lag / ln λ`, ps; NaN where an eigenvalue is not in (0, 1).
    pub fn timescales_ps(&self) -> Vec<f64> {
        self.eigenvalues
            .iter()
            .map(|&l| if l > 0.0 && l < 1.0 { -self.lag_ps / l.ln() } else { f64::NAN })
            .collect()
    }

    /// Whether the numbers fit together, for a basis read from a file.
    pub fn is_valid(&self) -> bool {
        let f = self.features.len();
        self.features.is_valid()
            && self.mean_angstrom.len() == f
            && self.eigenvalues.len() == self.components.len()
            && self.components.iter().all(|c| c.len() == f)
            && self.components.iter().flatten().chain(&self.mean_angstrom).all(|x| x.is_finite())
    }
}

/// Collects moments of the frames of one protein and fits a [`TicaBasis`] at any time.
#[derive(Clone, Debug)]
pub struct TicaFit {
    features: CaPairFeatures,
    settings: TicaSettings,
    lag_frames: usize,
    moments: LaggedMoments,
}

impl TicaFit {
    /// An empty fit for `topology` with a frame every `interval_ps`.
    ///
    /// # Errors
    /// A chain too short, or a lag that is not a whole number of frames.
    pub fn new(topology: &Topology, interval_ps: f64, settings: TicaSettings) -> Result<Self, AnalysisError> {
        let features = CaPairFeatures::new(topology, settings.max_features)?;
        let lag_frames = settings.lag_frames(interval_ps)?;
        let moments = LaggedMoments::new(features.len());
        Ok(Self { features, settings, lag_frames, moments })
    }

    /// The distances used.
    pub fn features(&self) -> &CaPairFeatures {
        &self.features
    }

    /// A window that pairs the frames of one trajectory; one per trajectory.
    pub fn window(&self) -> LagWindow {
        LagWindow::new(self.lag_frames)
    }

    /// Adds the features of the next frame of the trajectory that `window` follows.
    ///
    /// # Errors
    /// When the vector has another length than the features.
    pub fn push(&mut self, window: &mut LagWindow, features_angstrom: &[f64]) -> Result<(), AnalysisError> {
        window.push(features_angstrom, &mut self.moments)
    }

    /// Adds the features of two frames of one trajectory that are one lag apart, without a window.
    ///
    /// # Errors
    /// When a vector has another length than the features.
    pub fn push_pair(
        &mut self,
        earlier_angstrom: &[f64],
        later_angstrom: &[f64],
    ) -> Result<(), AnalysisError> {
        self.moments.add_pair(earlier_angstrom, later_angstrom)
    }

    /// Frame pairs so far.
    pub fn pair_count(&self) -> u64 {
        self.moments.pair_count()
    }

    /// Fits a basis to all frames so far. With `previous`, components are turned to agree in sign with that
    /// basis, so that a map refitted during a run does not flip over.
    ///
    /// # Errors
    /// Too few frame pairs, or features that do not vary.
    pub fn fit(&self, previous: Option<&TicaBasis>) -> Result<TicaBasis, AnalysisError> {
        let covariances = self.moments.covariances()?;
        let solution = solve(&covariances, self.settings.rank_epsilon)?;
        let kept = self.settings.components.min(solution.eigenvalues.len());
        let mut components = Vec::with_capacity(kept);
        for d in 0..kept {
            let vector = solution.vectors.column(d).clone_owned();
            let earlier = previous.filter(|p| p.features == self.features).and_then(|p| p.components.get(d));
            let sign = orientation(&vector, &covariances.instantaneous, earlier);
            // A kinetic map scales by λ; a spurious negative λ must not turn the axis round.
            components.push((vector * (sign * solution.eigenvalues[d].abs())).as_slice().to_vec());
        }
        Ok(TicaBasis {
            features: self.features.clone(),
            lag_ps: self.settings.lag_ps,
            pairs: covariances.pairs,
            rank: solution.eigenvalues.len(),
            mean_angstrom: covariances.mean.as_slice().to_vec(),
            eigenvalues: solution.eigenvalues.as_slice()[..kept].to_vec(),
            components,
        })
    }
}

/// Generalized eigenpairs, sorted by falling eigenvalue; vectors satisfy `rᵀ C₀ r = 1`.
struct Solution {
    eigenvalues: DVector<f64>,
    vectors: DMatrix<f64>,
}

fn solve(covariances: &Covariances, rank_epsilon: f64) -> Result<Solution, AnalysisError> {
    let features = covariances.mean.len();
    let (variances, directions) = sorted_eigen(covariances.instantaneous.clone());
    // A variance below the rounding of the sums (relative to the size of the features) is no variance.
    let rounding = 1e-14 * covariances.mean.amax().powi(2);
    let floor = (rank_epsilon * variances[0]).max(-variances[features - 1]).max(rounding);
    let rank = variances.iter().take_while(|&&v| v > floor).count();
    if rank == 0 || !variances[0].is_finite() {
        return Err(AnalysisError::ConstantFeatures { features });
    }
    let mut whitening = directions.columns(0, rank).clone_owned();
    for (k, mut column) in whitening.column_iter_mut().enumerate() {
        column /= variances[k].sqrt();
    }
    let reduced = whitening.transpose() * &covariances.lagged * &whitening;
    let (eigenvalues, rotated) = sorted_eigen((&reduced + reduced.transpose()) * 0.5);
    Ok(Solution { eigenvalues, vectors: whitening * rotated })
}

/// Eigenpairs of a symmetric matrix by falling eigenvalue.
fn sorted_eigen(matrix: DMatrix<f64>) -> (DVector<f64>, DMatrix<f64>) {
    if !matrix.iter().all(|x| x.is_finite()) {
        let n = matrix.nrows();
        return (DVector::from_element(n, f64::NAN), DMatrix::identity(n, n));
    }
    let eigen = SymmetricEigen::new(matrix);
    let mut order: Vec<usize> = (0..eigen.eigenvalues.len()).collect();
    order.sort_by(|&a, &b| eigen.eigenvalues[b].total_cmp(&eigen.eigenvalues[a]));
    let values = DVector::from_iterator(order.len(), order.iter().map(|&k| eigen.eigenvalues[k]));
    (values, eigen.eigenvectors.select_columns(&order))
}

/// +1 or −1: agrees with an earlier component where there is one; else a larger coordinate goes with a
/// larger mean Cα distance.
fn orientation(vector: &DVector<f64>, instantaneous: &DMatrix<f64>, earlier: Option<&Vec<f64>>) -> f64 {
    let with_features = instantaneous * vector;
    let agreement = match earlier {
        Some(earlier) => with_features.iter().zip(earlier).map(|(a, b)| a * b).sum(),
        None => with_features.sum(),
    };
    if agreement < 0.0 { -1.0 } else { 1.0 }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn moments(frames: &[Vec<f64>], lag: usize) -> LaggedMoments {
        let mut moments = LaggedMoments::new(frames[0].len());
        let mut window = LagWindow::new(lag);
        for frame in frames {
            window.push(frame, &mut moments).unwrap();
        }
        moments
    }

    #[test]
    fn finds_the_slow_direction_of_a_mixture_with_known_autocorrelation() {
        // Two sine waves seen through a mixing matrix: over whole periods the autocorrelation of sin(ωt) at
        // lag τ is exactly cos(ωτ), and sources of different frequency are uncorrelated.
        let (slow, fast) = (std::f64::consts::TAU / 500.0, std::f64::consts::TAU / 20.0);
        let frames: Vec<Vec<f64>> = (0..50_005)
            .map(|t| {
                let (s, f) = ((slow * t as f64).sin(), 20.0 * (fast * t as f64).sin());
                vec![10.0 + s + f, 5.0 + 0.5 * f - 0.2 * s]
            })
            .collect();
        let solution = solve(&moments(&frames, 5).covariances().unwrap(), 1e-9).unwrap();
        assert!((solution.eigenvalues[0] - (5.0 * slow).cos()).abs() < 1e-3, "{}", solution.eigenvalues);
        assert!((solution.eigenvalues[1] - (5.0 * fast).cos()).abs() < 1e-3);
        // The slow component must not respond to the fast source, which enters as (1, 0.5).
        let v = solution.vectors.column(0);
        assert!((v[0] + 0.5 * v[1]).abs() < 1e-3 * v.norm());
    }

    #[test]
    fn constant_features_are_a_named_error() {
        let frames = vec![vec![3.8, 5.5, 7.1]; 50];
        let error = solve(&moments(&frames, 2).covariances().unwrap(), 1e-6).map(|_| ()).unwrap_err();
        assert_eq!(error, AnalysisError::ConstantFeatures { features: 3 });
    }

    #[test]
    fn a_redundant_feature_is_cut_not_fatal() {
        let frames: Vec<Vec<f64>> =
            (0..300).map(|t| (0.1 * t as f64).sin()).map(|x| vec![x, 2.0 * x, x + 1.0]).collect();
        let solution = solve(&moments(&frames, 2).covariances().unwrap(), 1e-6).unwrap();
        assert_eq!(solution.eigenvalues.len(), 1);
    }

    #[test]
    fn the_lag_must_be_a_whole_number_of_frames() {
        let settings = TicaSettings::default();
        assert_eq!(settings.lag_frames(100.0).unwrap(), 20);
        assert_eq!(settings.lag_frames(20.0).unwrap(), 100);
        for interval_ps in [0.0, f64::NAN, 300.0, 4000.0] {
            assert!(settings.lag_frames(interval_ps).is_err(), "{interval_ps}");
        }
    }
}
