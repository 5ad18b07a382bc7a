//! Why a simulation does not begin or go on.

use std::io;
use std::path::PathBuf;

use crate::session::backend::BackendError;
use crate::session::output::OutputError;
use crate::session::shard::ShardError;
use crate::trajectory::{MOST_REPLICAS, TrajectoryError};

/// Why a simulation does not begin or go on.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)] // the messages are the documentation
pub enum SimulationError {
    #[error("the frames to continue from belong to another run")]
    OtherFrames,
    #[error("a simulation needs at least one replica")]
    NoReplica,
    #[error("a simulation has at most {MOST_REPLICAS} replicas; deal more out to shards")]
    TooManyReplicas,
    #[error("a shard has at most {MOST_REPLICAS} replicas; take more shards")]
    TooManyOfShard,
    #[error("the start structure has {positions} positions for {atoms} atoms")]
    Structure { positions: usize, atoms: usize },
    #[error("a start has {positions} positions for {atoms} atoms")]
    Start { positions: usize, atoms: usize },
    #[error(transparent)]
    Shard(#[from] ShardError),
    #[error(transparent)]
    Backend(#[from] BackendError),
    #[error(transparent)]
    Output(#[from] OutputError),
    #[error(transparent)]
    Trajectory(#[from] TrajectoryError),
    #[error("no temporary file for the frames can be made: {0}")]
    NoTemporaryFile(#[source] io::Error),
    #[error("a frame cannot be kept in the temporary file: {0}; free some disk space")]
    Keep(#[source] io::Error),
    #[error("a frame cannot be kept in the temporary file: {0}")]
    Recall(#[source] io::Error),
    #[error(
        "the frames are {frames_ps} ps apart and the model makes jumps of {model_ps} ps; start a new run from the last frame"
    )]
    Interval { frames_ps: f64, model_ps: f64 },
    #[error("{which} frame of the run cannot be read back: {source}")]
    ReadBack { which: &'static str, source: io::Error },
    #[error("a frame of the run cannot be copied: {0}")]
    Copy(#[source] io::Error),
    #[error("{} holds another run by now; write this one to another file", path.display())]
    OtherRun { path: PathBuf },
}
