//! Why an analysis could not be made.

use super::units::time_text;
use crate::brief::brief;
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
    #[error("no Markov model of these trajectories is supported: {0}")]
    NotSupported(#[from] UnsupportedModel),
    #[error("the trajectories are too short for a Markov model: at least four frames each are needed")]
    TrajectoriesTooShort,
    #[error(transparent)]
    Coordinate(#[from] CoordinateError),
    #[error("TICA needs at least 3 distances, the limit is {limit}: raise it")]
    FeatureLimit { limit: usize },
    #[error(
        "the native structure has {got} atoms and the protein {expected}: choose a structure of the same sequence"
    )]
    Native { expected: usize, got: usize },
    #[error("the reference {reference} belongs to another sequence than {protein}")]
    OtherSequence { reference: String, protein: String },
    #[error("replica {replica} does not belong to a run of {replicas} replicas")]
    Replica { replica: usize, replicas: usize },
    #[error("this run is not fitted a basis of its own")]
    NoOwnBasis,
}

/// Why data cannot carry a Markov model; each message is a clause. Times are in ps.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[allow(missing_docs)] // the messages are the documentation
pub enum UnsupportedModel {
    #[error("the slowest process decays in {}, within the lag of {}", time_text(*.slowest_ps), time_text(*.lag_ps))]
    WithinLag { slowest_ps: f64, lag_ps: f64 },
    #[error(
        "all trajectories together last {}, only {:.1} times the slowest timescale of {} that a model finds",
        time_text(*.held_ps),
        held_ps / slowest_ps,
        time_text(*.slowest_ps)
    )]
    TooShort { held_ps: f64, slowest_ps: f64 },
    #[error(
        "at a lag of {} the slowest timescale is {}, and frames shuffled in time, which have no processes, give {}",
        time_text(*.lag_ps),
        time_text(*.slowest_ps),
        time_text(*.shuffled_ps)
    )]
    AsShuffled { lag_ps: f64, slowest_ps: f64, shuffled_ps: f64 },
    #[error(
        "at a lag of {} the slowest timescale is {}, but the slowest process of one half of the data decays in {} in the other half",
        time_text(*.lag_ps),
        time_text(*.slowest_ps),
        time_text(*.held_out_ps)
    )]
    NotHeldOut { lag_ps: f64, slowest_ps: f64, held_out_ps: f64 },
    /// The shortest and the longest lag, each with the timescale there.
    #[error(
        "the slowest implied timescale does not level off, it goes from {} at a lag of {} to {} at {}, the longest that these trajectories allow",
        time_text(shortest.1),
        time_text(shortest.0),
        time_text(longest.1),
        time_text(longest.0)
    )]
    NotLevel { shortest: (f64, f64), longest: (f64, f64) },
    #[error("its slowest processes do not tell two sets of conformations apart")]
    OneSet,
}

/// Why a name stands for no coordinate of this protein.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)] // the messages are the documentation
pub enum CoordinateError {
    #[error("there is no coordinate {name:?}; there are {known}")]
    Unknown { name: String, known: &'static str },
    #[error("slow coordinates are numbered from tic1")]
    FromOne,
    #[error("{name}: there are no slow coordinates of {protein}")]
    NoneSlow { name: String, protein: String },
    #[error("{name}: there are only tic1 to tic{held}")]
    FewSlow { name: String, held: usize },
    #[error("native-contacts: the native structure has none")]
    NoContacts,
    #[error("{name}: it takes {count} different atoms, as 1.CA/10.CA")]
    Atoms { name: String, count: usize },
    #[error("{protein} has no atom {atom:?}; name one as 10.CA")]
    NoAtom { protein: String, atom: String },
}

/// Why a file of reference data cannot be used; each message is a clause about it. What is quoted of it is told in brief
/// alone, so it is no source.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)] // the messages are the documentation
pub enum ReferenceFileError {
    #[error("{}", brief(.0))]
    Json(#[from] serde_json::Error),
    #[error("{}", brief(.0))]
    Toml(#[from] toml::de::Error),
    #[error("it has format {found}, this version reads format {reads}")]
    Format { found: u32, reads: u32 },
    #[error("its TICA basis is incomplete")]
    Basis,
    #[error("a histogram does not fit its bins")]
    Bins,
    #[error("its TICA basis belongs to another sequence")]
    OtherSequence,
    #[error("a table of the paper does not have a number in every column")]
    MissingNumber,
    #[error("no protein of the paper is called {0}")]
    NoProtein(String),
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
