//! Why an evaluation could not be made.

use super::time_text;
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
    #[error(transparent)]
    Setting(#[from] ImpossibleSetting),
    #[error("the native structure has {got} atoms and the protein {expected}")]
    Native { expected: usize, got: usize },
    #[error(
        "the reference holds {pairs} pairs of frames {lag_ps} ps apart, at least {needed} are needed: give longer trajectories"
    )]
    FewPairs { pairs: usize, lag_ps: f64, needed: usize },
    #[error("there is no source frame {0}")]
    NoSource(usize),
    #[error("the model has made no jump that can be evaluated")]
    NoJump,
    /// The most trajectories that any of the starts has.
    #[error(
        "the reference {}, and at least {needed} from one frame are needed: where the files do not begin with the frame that they branch off, name that frame as their start",
        starts_held(*.starts, *.most)
    )]
    FewBranches { starts: usize, most: usize, needed: usize },
    #[error(
        "no trajectories of the reference go {} beyond their start, the time of one jump of the model: give longer ones",
        time_text(*.lag_ps)
    )]
    ShortBranches { lag_ps: f64 },
    #[error("nothing is compared {jumps} jumps after start {start}")]
    NotCompared { start: usize, jumps: usize },
    #[error("the model has made no trajectory that can be evaluated")]
    NoTrajectory,
    #[error("the evaluation was stopped; nothing was written")]
    Cancelled,
}

/// A setting of an evaluation that makes no sense.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[allow(missing_docs)] // the messages are the documentation
pub enum ImpossibleSetting {
    #[error("an evaluation needs at least two TICA components")]
    Components,
    #[error("{0} clusters cannot be used: choose 2 to 10000")]
    Clusters(usize),
    #[error("the lag of the Markov model must be a positive time in ps")]
    Lag,
    #[error("the step of the lag must be a positive time in ps")]
    LagStep,
    #[error("a confidence of {0} is impossible: choose 0.95")]
    Confidence(f64),
    #[error(
        "folded below {folded_angstrom} Å and unfolded beyond {unfolded_angstrom} Å are no two states: the first threshold must be positive and the second no less"
    )]
    States { folded_angstrom: f64, unfolded_angstrom: f64 },
    #[error("{given} bootstrap replicates are too few: use at least {LEAST_REPLICATES}")]
    Bootstrap { given: usize },
    #[error("{given} random halvings of the reference are too few: use at least {needed}")]
    Halvings { given: usize, needed: usize },
    #[error("a jump test needs 2 to 1000000 source frames and 1 to 10000 draws of each")]
    Draws,
    #[error("name the jumps after which branches are compared in rising order, from 1, 20 at most: 1,10")]
    Horizons,
    #[error("branches are compared after 1000000 jumps at most")]
    LastHorizon,
    #[error("draw {least} to 10000 trajectories from each start")]
    BranchDraws { least: usize },
}

/// Bootstrap replicates behind an interval, at least.
const LEAST_REPLICATES: usize = 20;

impl ImpossibleSetting {
    /// Refuses a confidence or numbers of replicates and halvings that give no intervals and floors.
    pub(super) fn of_resampling(
        confidence: f64,
        bootstrap: usize,
        (halvings, needed): (usize, usize),
    ) -> Result<(), Self> {
        if !(confidence > 0.0 && confidence < 1.0) {
            return Err(Self::Confidence(confidence));
        }
        if bootstrap < LEAST_REPLICATES {
            return Err(Self::Bootstrap { given: bootstrap });
        }
        if halvings < needed {
            return Err(Self::Halvings { given: halvings, needed });
        }
        Ok(())
    }

    /// Refuses thresholds of the RMSD from the native structure that tell no two states apart.
    pub(super) fn of_states(folded_angstrom: f64, unfolded_angstrom: f64) -> Result<(), Self> {
        let two =
            folded_angstrom > 0.0 && unfolded_angstrom >= folded_angstrom && unfolded_angstrom.is_finite();
        if two { Ok(()) } else { Err(Self::States { folded_angstrom, unfolded_angstrom }) }
    }
}

fn starts_held(starts: usize, most: usize) -> String {
    match starts {
        0 => "holds no trajectory".to_owned(),
        1 => format!("holds {most} trajectories from its start"),
        count => format!("holds {count} different starts of {most} trajectories at most"),
    }
}

impl EvaluationError {
    /// Names the ensemble that an analysis failed on.
    pub(super) fn of(ensemble: &'static str) -> impl Fn(AnalysisError) -> Self {
        move |source| Self::Analysis { ensemble, source }
    }
}
