//! Why an evaluation could not be made.

use crate::analysis::AnalysisError;
use crate::trajectory::ImportError;

/// Errors of evaluations, each in one sentence that says what to do.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)] // the messages are the documentation
pub enum EvaluationError {
    #[error("{ensemble}: {source}")]
    Analysis { ensemble: &'static str, source: AnalysisError },
    #[error(transparent)]
    Frames(#[from] ImportError),
    #[error(
        "the {ensemble} hold {frames} usable frames, at least {needed} are needed: give longer trajectories"
    )]
    TooFewFrames { ensemble: &'static str, frames: usize, needed: usize },
    #[error("{0}")]
    Setting(String),
    #[error("the evaluation was stopped; nothing was written")]
    Cancelled,
}

impl EvaluationError {
    /// Names the ensemble that an analysis failed on.
    pub(super) fn of(ensemble: &'static str) -> impl Fn(AnalysisError) -> Self {
        move |source| Self::Analysis { ensemble, source }
    }
}
