//! Why training cannot start or go on.

use std::path::PathBuf;

use crate::brief::brief;
use crate::network::{ConfigError, DeviceError, ModelError, TensorError};
use crate::remedy::Remedy;
use crate::run_lock::LockError;
use crate::sealed_file::SealedFileError;
use crate::trajectory::StoreError;

/// What is in the way, and advice that helps: a run without checkpoint and settings cannot be resumed.
fn in_the_way(file: &str, can_go_on: &bool) -> String {
    if *can_go_on {
        format!("a training run already; {} or {}", Remedy::Continue, Remedy::Replace)
    } else {
        format!("{file}, and no training run to continue; choose another folder, or {}", Remedy::Replace)
    }
}

/// Why nothing can be trained as it was asked for; each message is a clause.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// A setting makes no sense.
    #[error("{setting} must {rule}")]
    Setting {
        /// The setting.
        setting: &'static str,
        /// What is allowed.
        rule: &'static str,
    },
    /// The settings make no network.
    #[error(transparent)]
    Network(#[from] ConfigError),
    /// The model to start from has another network.
    #[error("{} has {difference} is asked for; give the settings of the model", model.display())]
    OtherNetwork {
        /// The model.
        model: PathBuf,
        /// A setting with its value in the model and the value asked for: `multiplicity = 32, and 64`.
        difference: String,
    },
    /// A file that the training reads is one that it writes.
    #[error("{} is the {what} that the training starts from and would be replaced; choose another folder", path.display())]
    Replaced {
        /// The file.
        path: PathBuf,
        /// `model` or `store`.
        what: &'static str,
    },
    /// A run that goes on with fewer steps than it has.
    #[error("the run has {steps} steps; resumed it can have more, not fewer")]
    FewerSteps {
        /// Steps that it has.
        steps: u64,
    },
    /// More ranks than pairs.
    #[error(
        "{pairs} pairs a step cannot be shared out to {ranks} ranks; start as many ranks as pairs at most"
    )]
    TooManyRanks {
        /// Pairs of a step.
        pairs: usize,
        /// Ranks.
        ranks: usize,
    },
    /// Ranks with different stores.
    #[error("the stores are not those of rank 0; give all ranks the same")]
    OtherStores,
}

/// Why a run cannot be resumed from a file; each message is a clause about the file.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointProblem {
    /// It cannot be read.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// It is no file of tensors, or damaged.
    #[error(transparent)]
    File(#[from] SealedFileError),
    /// It is another kind of file.
    #[error("it is not a checkpoint of the format {0}")]
    Format(&'static str),
    /// It tells no step and settings.
    #[error("it has no state entry")]
    NoState,
    /// What it tells cannot be read. What that quotes of the file is told in brief alone, so it is no source.
    #[error("its {part} cannot be read ({})", brief(reason))]
    Unreadable {
        /// `state` or `settings`.
        part: &'static str,
        /// Why.
        reason: serde_json::Error,
    },
    /// Its settings make no network.
    #[error(transparent)]
    Network(#[from] ConfigError),
    /// Its weights are not those of its network.
    #[error(transparent)]
    Weights(#[from] TensorError),
    /// No run was begun.
    #[error("it is not there, and no run was begun in this folder; {}", Remedy::BeginAnew)]
    NoRun,
    /// The run has a model and no checkpoint.
    #[error("it is not there, but the model of the run is; keep {} elsewhere, or {}", folder.display(), Remedy::Replace)]
    ModelAlone {
        /// The folder of the run.
        folder: PathBuf,
    },
}

/// Why a training run ended before its time. The last checkpoint is intact in every case.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// A setting makes no sense.
    #[error("cannot train: {0}")]
    Settings(#[from] SettingsError),
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
    #[error("{path} cannot be resumed: {source}")]
    Checkpoint {
        /// The checkpoint.
        path: PathBuf,
        /// What is wrong with it.
        source: Box<CheckpointProblem>,
    },
    /// Another process trains in the folder, or it cannot be used.
    #[error(transparent)]
    Folder(#[from] LockError),
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
