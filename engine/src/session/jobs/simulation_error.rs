//! Why a simulation does not begin or go on.

use std::io;
use std::path::PathBuf;

use crate::session::backend::BackendError;
use crate::session::output::OutputError;
use crate::session::shard::ShardError;
use crate::trajectory::{MOST_REPLICAS, TrajectoryError};

/// Why a simulation does not begin or go on.
#[derive(Debug, thiserror::Error)]
pub enum SimulationError {
    /// Frames of another run to go on from.
    #[error("the frames to continue from belong to another run")]
    OtherFrames,
    /// Nothing to simulate.
    #[error("a simulation needs at least one replica")]
    NoReplica,
    /// More replicas than one process makes.
    #[error("a simulation has at most {MOST_REPLICAS} replicas; deal more out to shards")]
    TooManyReplicas,
    /// More replicas than one shard makes.
    #[error("a shard has at most {MOST_REPLICAS} replicas; take more shards")]
    TooManyOfShard,
    /// A structure that is not whole.
    #[error("the start structure has {positions} positions for {atoms} atoms")]
    Structure {
        /// Positions of the structure.
        positions: usize,
        /// Atoms of the protein.
        atoms: usize,
    },
    /// A start that is not whole.
    #[error("a start has {positions} positions for {atoms} atoms")]
    Start {
        /// Positions of the start.
        positions: usize,
        /// Atoms of the protein.
        atoms: usize,
    },
    /// There is no such shard.
    #[error(transparent)]
    Shard(#[from] ShardError),
    /// The model cannot be used.
    #[error(transparent)]
    Backend(#[from] BackendError),
    /// The files cannot be written or gone on with.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// A trajectory of the run cannot be read.
    #[error(transparent)]
    Trajectory(#[from] TrajectoryError),
    /// Frames cannot be kept.
    #[error("no temporary file for the frames can be made: {0}")]
    NoTemporaryFile(#[source] io::Error),
    /// A new frame cannot be kept.
    #[error("a frame cannot be kept in the temporary file: {0}; free some disk space")]
    Keep(#[source] io::Error),
    /// A frame of the files cannot be kept.
    #[error("a frame cannot be kept in the temporary file: {0}")]
    Recall(#[source] io::Error),
    /// A model with jumps of another length.
    #[error(
        "the frames are {frames_ps} ps apart and the model makes jumps of {model_ps} ps; start a new run from the last frame"
    )]
    Interval {
        /// Time between the frames, ps.
        frames_ps: f64,
        /// Time of a jump, ps.
        model_ps: f64,
    },
    /// A frame of the run is lost.
    #[error("{which} frame of the run cannot be read back: {source}")]
    ReadBack {
        /// `a` or `the last`.
        which: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// A frame of the run cannot be taken over.
    #[error("a frame of the run cannot be copied: {0}")]
    Copy(#[source] io::Error),
    /// Another run was written to the files since.
    #[error("{} holds another run by now; write this one to another file", path.display())]
    OtherRun {
        /// The files.
        path: PathBuf,
    },
}
