//! What an evaluation may be asked for.

use std::ops::ControlFlow;

use serde::{Deserialize, Serialize};

use super::error::{EvaluationError, ImpossibleSetting};
use crate::analysis::msm::Estimator;
use crate::analysis::tica::TicaSettings;

/// How samples are compared with the reference.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EvaluationSettings {
    /// The slow coordinates, fitted to the reference.
    pub tica: TicaSettings,
    /// Components that conformations are clustered in (paper: 4).
    pub cluster_components: usize,
    /// Clusters, the states of the Markov models (paper: 100).
    pub clusters: usize,
    /// Lag of the Markov models, ps; by default chosen by the implied timescales of the reference.
    pub markov_lag_ps: Option<f64>,
    /// The lag is a multiple of this time, so that samples with frames this far apart can use it, ps.
    pub markov_lag_step_ps: f64,
    /// Estimator of the Markov models.
    pub estimator: Estimator,
    /// A frame is folded when its Cα RMSD from the native structure is below this, Å.
    pub folded_below_angstrom: f64,
    /// A frame is unfolded when its Cα RMSD from the native structure is beyond this, Å.
    pub unfolded_beyond_angstrom: f64,
    /// Bootstrap replicates behind each confidence interval.
    pub bootstrap: usize,
    /// Confidence of the intervals, in (0, 1).
    pub confidence: f64,
    /// Random halvings of the reference behind each floor.
    pub halvings: usize,
    /// Seed of clustering and resampling.
    pub seed: u64,
}

impl Default for EvaluationSettings {
    fn default() -> Self {
        Self {
            tica: TicaSettings::default(),
            cluster_components: 4,
            clusters: 100,
            markov_lag_ps: None,
            markov_lag_step_ps: 100.0,
            estimator: Estimator::default(),
            folded_below_angstrom: 1.5,
            unfolded_beyond_angstrom: 2.5,
            bootstrap: 200,
            confidence: 0.95,
            halvings: 30,
            seed: 0,
        }
    }
}

impl EvaluationSettings {
    /// Whether the numbers make sense.
    ///
    /// # Errors
    /// One sentence about the first that does not.
    pub fn check(&self) -> Result<(), EvaluationError> {
        let refuse = |problem: ImpossibleSetting| Err(problem.into());
        if self.tica.components < 2 || self.cluster_components < 1 {
            return refuse(ImpossibleSetting::Components);
        }
        if !(2..=10_000).contains(&self.clusters) {
            return refuse(ImpossibleSetting::Clusters(self.clusters));
        }
        if self.markov_lag_ps.is_some_and(|lag| !(lag.is_finite() && lag > 0.0)) {
            return refuse(ImpossibleSetting::Lag);
        }
        if !(self.markov_lag_step_ps.is_finite() && self.markov_lag_step_ps > 0.0) {
            return refuse(ImpossibleSetting::LagStep);
        }
        ImpossibleSetting::of_states(self.folded_below_angstrom, self.unfolded_beyond_angstrom)?;
        Ok(ImpossibleSetting::of_resampling(self.confidence, self.bootstrap, (self.halvings, 1))?)
    }
}

/// What an evaluation is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EvaluationStage {
    /// Fitting TICA to the reference, first reading.
    FittingTica,
    /// Measuring the reference, second reading.
    MeasuringReference,
    /// Measuring the samples.
    MeasuringSamples,
    /// Resampling for confidence intervals and floors.
    Resampling,
    /// Measuring pairs of frames one lag apart, of the one-step test.
    ReadingPairs,
    /// Drawing jumps with the model, of the one-step test.
    DrawingJumps,
    /// Measuring trajectories that branch off a frame.
    ReadingBranches,
    /// Drawing trajectories with the model from that frame.
    DrawingBranches,
}

impl EvaluationStage {
    /// For people.
    pub fn label(self) -> &'static str {
        match self {
            Self::FittingTica => "fitting TICA to the reference",
            Self::MeasuringReference => "measuring the reference",
            Self::MeasuringSamples => "measuring the samples",
            Self::Resampling => "resampling for confidence intervals",
            Self::ReadingPairs => "reading pairs of frames one lag apart",
            Self::DrawingJumps => "drawing jumps with the model",
            Self::ReadingBranches => "reading branches of molecular dynamics",
            Self::DrawingBranches => "drawing branches with the model",
        }
    }

    /// What is counted at this stage.
    pub fn noun(self) -> &'static str {
        match self {
            Self::Resampling => "replicates",
            Self::DrawingJumps | Self::DrawingBranches => "jumps",
            _ => "frames",
        }
    }
}

/// How far an evaluation has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EvaluationProgress {
    /// What it is doing.
    pub stage: EvaluationStage,
    /// Frames or replicates done at this stage.
    pub done: usize,
    /// All of them.
    pub total: usize,
}

/// Asked after every step whether to go on.
pub type ProgressCallback<'a> = dyn FnMut(EvaluationProgress) -> ControlFlow<()> + 'a;

/// Passes progress on; an error when the caller breaks off.
pub(super) fn report(
    progress: &mut ProgressCallback<'_>,
    stage: EvaluationStage,
    done: usize,
    total: usize,
) -> Result<(), EvaluationError> {
    match progress(EvaluationProgress { stage, done, total }) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(EvaluationError::Cancelled),
    }
}
