//! Why training cannot start or go on.

use std::path::PathBuf;

use crate::network::{DeviceError, ModelError};
use crate::remedy::Remedy;
use crate::trajectory::StoreError;

/// What is in the way, and advice that helps: a run without checkpoint and settings cannot be resumed.
fn in_the_way(file: &str, can_go_on: &bool) -> String {
    if *can_go_on {
        format!("a training run already; {} or {}", Remedy::Continue, Remedy::Replace)
    } else {
        format!("{file}, and no training run to continue; choose another folder, or {}", Remedy::Replace)
    }
}

/// Why a training run ended before its time. The last checkpoint is intact in every case.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// A setting makes no sense.
    #[error("cannot train: {0}")]
    Settings(String),
    /// A store cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The stores hold no pair of frames at the lag.
    #[error(
        "the stores hold no two frames {lag_ps} ps apart in one trajectory{after}; use longer trajectories or a shorter lag"
    )]
    NoPairs {
        /// The lag.
        lag_ps: f64,
        /// What reduced the data.
        after: String,
    },
    /// The folder has a run already.
    #[error("{folder} holds {}", in_the_way(.file, .can_go_on))]
    Exists {
        /// The folder.
        folder: PathBuf,
        /// What of a run is there.
        file: &'static str,
        /// Whether it is a run that can be resumed.
        can_go_on: bool,
    },
    /// There is nothing to resume.
    #[error("{path} cannot be resumed: {reason}")]
    Checkpoint {
        /// The checkpoint.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Another process trains in the folder, or it cannot be used.
    #[error("{0}")]
    Folder(String),
    /// A file cannot be written or read.
    #[error("cannot access {path}: {source}")]
    Io {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The model file cannot be written.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// There is no such device.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// The device failed.
    #[error("the network failed on {device}: {reason}; if its memory is full, {}", Remedy::SmallerBatch)]
    Network {
        /// Which device.
        device: String,
        /// What it said.
        reason: String,
    },
    /// An operation on the parameters failed.
    #[error("the training step failed: {0}")]
    Tensor(#[from] candle_core::Error),
    /// The loss or its gradient is NaN or infinite.
    #[error(
        "{what} became {value} in step {step}; the last checkpoint is intact; train anew with a lower learning rate"
    )]
    Diverged {
        /// Which step.
        step: u64,
        /// What: `the loss`.
        what: &'static str,
        /// Its value.
        value: f64,
    },
    /// A store is not the one that the run was started with.
    #[error(
        "{store} is not the store that the run in {folder} was started with; start a new training in another folder, or {}",
        Remedy::Replace
    )]
    OtherStore {
        /// The store.
        store: PathBuf,
        /// The run.
        folder: PathBuf,
    },
    /// Stopped by the caller before the first step.
    #[error("the training was stopped before its first step")]
    Cancelled,
    /// Another of the ranks that train together could not go on.
    #[error("rank {rank} cannot continue: {reason}")]
    OtherRank {
        /// Which.
        rank: usize,
        /// Why, as it said itself.
        reason: String,
    },
    /// A worker thread panicked.
    #[error("a training worker stopped unexpectedly: {0}")]
    Worker(String),
}
