//! Why an evaluation could not be made.

use crate::analysis::AnalysisError;
use crate::trajectory::ImportError;

/// Errors of evaluations, each in one sentence that says what to do.
#[derive(Debug, thiserror::Error)]
pub enum EvaluationError {
    /// The frames cannot carry the analysis.
    #[error("{ensemble}: {source}")]
    Analysis {
        /// `reference` or `samples`.
        ensemble: &'static str,
        /// Why.
        source: AnalysisError,
    },
    /// A trajectory cannot be read.
    #[error(transparent)]
    Frames(#[from] ImportError),
    /// Nothing to compare.
    #[error(
        "the {ensemble} hold {frames} usable frames, at least {needed} are needed: give longer trajectories"
    )]
    TooFewFrames {
        /// `reference trajectories` or `samples`.
        ensemble: &'static str,
        /// Frames there are.
        frames: usize,
        /// Frames needed.
        needed: usize,
    },
    /// A senseless setting.
    #[error("{0}")]
    Setting(String),
    /// Stopped by the caller.
    #[error("the evaluation was stopped; nothing was written")]
    Cancelled,
}

impl EvaluationError {
    /// Names the ensemble that an analysis failed on.
    pub(super) fn of(ensemble: &'static str) -> impl Fn(AnalysisError) -> Self {
        move |source| Self::Analysis { ensemble, source }
    }
}
