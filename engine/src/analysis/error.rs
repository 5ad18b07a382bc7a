//! Why an analysis could not be made.

use crate::structure::Topology;

/// Each message says in one sentence what is wrong and what to do.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[allow(missing_docs)] // the messages are the documentation
pub enum AnalysisError {
    #[error(
        "TICA needs at least {needed} frame pairs one lag apart and has {have}: run longer or shorten the lag"
    )]
    TooFewFrames { have: u64, needed: u64 },
    #[error(
        "TICA needs features that vary, and all {features} are constant: is the trajectory one repeated frame?"
    )]
    ConstantFeatures { features: usize },
    #[error("TICA needs at least three residues, the chain has {residues}")]
    TooFewResidues { residues: usize },
    #[error("a coordinate is NaN or infinite in frame {frame} of trajectory {trajectory}")]
    NonFinite { trajectory: usize, frame: usize },
    #[error("frame {frame} of trajectory {trajectory} has {got} atoms, the protein has {expected}")]
    AtomCount { trajectory: usize, frame: usize, expected: usize, got: usize },
    #[error("{expected} features were expected and {got} given")]
    FeatureCount { expected: usize, got: usize },
    #[error("histograms with {left} and {right} bins cannot be combined: use the same binning for both")]
    Binning { left: usize, right: usize },
    #[error("a histogram needs at least one bin and a finite range, not {bins} bins on [{min}, {max}]")]
    Range { bins: usize, min: f64, max: f64 },
    #[error("the distribution is empty: there is nothing to compare or draw")]
    EmptyDistribution,
    #[error("k-means needs at least as many points as clusters: {clusters} clusters, {points} points")]
    TooFewPoints { clusters: usize, points: usize },
    #[error(
        "the lag of {lag_ps} ps is not a whole number of frames of {interval_ps} ps: choose a multiple of the frame interval"
    )]
    Lag { lag_ps: f64, interval_ps: f64 },
    #[error(
        "a Markov model needs states that are visited back and forth, and no two of the {states} states are: use longer trajectories or a shorter lag"
    )]
    Disconnected { states: usize },
    #[error(
        "a Markov model of these trajectories would cover only {percent:.0} % of the frames, the rest is visited one way only: use more or longer trajectories"
    )]
    Unconnected { percent: f64 },
    #[error("no Markov model of these trajectories is supported: {reason}")]
    NotSupported { reason: String },
    #[error("the trajectories are too short for a Markov model: at least four frames each are needed")]
    TrajectoriesTooShort,
    #[error("the reference file is not valid: {0}")]
    ReferenceFile(String),
    #[error("{0}")]
    Setting(String),
}

/// Refuses a frame that is not of this protein, or has coordinates that are no numbers. `trajectory` and
/// `frame` say which it is.
///
/// # Errors
/// [`AnalysisError::AtomCount`], [`AnalysisError::NonFinite`].
pub(super) fn check_positions(
    topology: &Topology,
    positions: &[[f32; 3]],
    trajectory: usize,
    frame: usize,
) -> Result<(), AnalysisError> {
    let (expected, got) = (topology.atom_count(), positions.len());
    if got != expected {
        return Err(AnalysisError::AtomCount { trajectory, frame, expected, got });
    }
    if !positions.iter().flatten().all(|x| x.is_finite()) {
        return Err(AnalysisError::NonFinite { trajectory, frame });
    }
    Ok(())
}
