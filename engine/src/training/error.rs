//! Why training cannot start or go on.

use std::path::PathBuf;

use crate::brief::brief;
use crate::difference::SettingDifference;
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
#[allow(missing_docs)] // the messages are the documentation
pub enum TrainSettingsError {
    #[error("{setting} must {rule}")]
    Setting { setting: &'static str, rule: &'static str },
    #[error(transparent)]
    Network(#[from] ConfigError),
    #[error(
        "{} has {} = {}, and {} is asked for; give the settings of the model",
        model.display(),
        .difference.setting,
        .difference.has,
        .difference.asked
    )]
    OtherNetwork { model: PathBuf, difference: SettingDifference },
    #[error("{} is the {what} that the training starts from and would be replaced; choose another folder", path.display())]
    Replaced { path: PathBuf, what: &'static str },
    #[error("the run has {steps} steps; resumed it can have more, not fewer")]
    FewerSteps { steps: u64 },
    #[error(
        "{pairs} pairs a step cannot be shared out to {ranks} ranks; start as many ranks as pairs at most"
    )]
    TooManyRanks { pairs: usize, ranks: usize },
    #[error("the stores are not those of rank 0; give all ranks the same")]
    OtherStores,
}

/// Why a run cannot be resumed from a file; each message is a clause about the file.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)] // the messages are the documentation
pub enum CheckpointProblem {
    #[error(transparent)]
    Io(#[from] std::io::Error),
    #[error(transparent)]
    File(#[from] SealedFileError),
    #[error("it is not a checkpoint of the format {0}")]
    Format(&'static str),
    #[error("it has no state entry")]
    NoState,
    /// What it tells cannot be read. What that quotes of the file is told in brief alone, so it is no source.
    #[error("its {part} cannot be read ({})", brief(reason))]
    Unreadable { part: &'static str, reason: serde_json::Error },
    #[error(transparent)]
    Network(#[from] ConfigError),
    #[error(transparent)]
    Weights(#[from] TensorError),
    #[error("it is not there, and no run was begun in this folder; {}", Remedy::BeginAnew)]
    NoRun,
    #[error("it is not there, but the model of the run is; keep {} elsewhere, or {}", folder.display(), Remedy::Replace)]
    ModelAlone { folder: PathBuf },
}

/// Why a training run ended before its time. The last checkpoint is intact in every case.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)] // the messages are the documentation
pub enum TrainError {
    #[error("cannot train: {0}")]
    Settings(#[from] TrainSettingsError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(
        "the stores hold no two frames {lag_ps} ps apart in one trajectory{}; use longer trajectories or a shorter lag",
        if *.left_out { " once skipped and held-out frames are left out" } else { "" }
    )]
    NoPairs { lag_ps: f64, left_out: bool },
    #[error("{folder} holds {}", in_the_way(.file, .can_go_on))]
    Exists { folder: PathBuf, file: &'static str, can_go_on: bool },
    #[error("{path} cannot be resumed: {source}")]
    Checkpoint { path: PathBuf, source: Box<CheckpointProblem> },
    #[error(transparent)]
    Folder(#[from] LockError),
    #[error("cannot access {path}: {source}")]
    Io { path: PathBuf, source: std::io::Error },
    #[error(transparent)]
    Model(#[from] ModelError),
    #[error(transparent)]
    Device(#[from] DeviceError),
    #[error("the network failed on {device}: {reason}; if its memory is full, {}", Remedy::SmallerBatch)]
    Network { device: String, reason: String },
    #[error("the training step failed: {0}")]
    Tensor(#[from] candle_core::Error),
    #[error(
        "{what} became {value} in step {step}; the last checkpoint is intact; train anew with a lower learning rate"
    )]
    Diverged { step: u64, what: &'static str, value: f64 },
    #[error(
        "{store} is not the store that the run in {folder} was started with; start a new training in another folder, or {}",
        Remedy::Replace
    )]
    OtherStore { store: PathBuf, folder: PathBuf },
    #[error("the training was stopped before its first step")]
    Cancelled,
    #[error("rank {rank} cannot continue: {reason}")]
    OtherRank { rank: usize, reason: String },
    #[error("a training worker stopped unexpectedly: {0}")]
    Worker(String),
}
