//! Why a comparison cannot be planned or made.

use std::io;
use std::path::PathBuf;

use crate::analysis::evaluation::EvaluationError;
use crate::brief::printable;
use crate::network::ConfigError;
use crate::remedy::Remedy;
use crate::training::{self, TrainError};
use crate::trajectory::StoreError;
use crate::transport;

/// Why a comparison cannot be planned or made.
#[derive(Debug, thiserror::Error)]
pub enum ComparisonError {
    /// The file that describes it cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file says something else. What is quoted of it is told in printable characters alone, so it is no source.
    #[error("{}: {}", path.display(), printable(&problem.to_string()))]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: ContentProblem,
    },
    /// A setting does not exist or has no such value.
    #[error(transparent)]
    Setting(#[from] SettingProblem),
    /// Trajectories to train on without their atoms.
    #[error("[data] names trajectories without their topology")]
    NoTopology,
    /// Nothing to train on.
    #[error("[data] names neither stores nor trajectories to train on")]
    NoData,
    /// Nothing to compare with.
    #[error("[reference] names no trajectories to compare with")]
    NoReference,
    /// Reference trajectories without their atoms.
    #[error("[reference] names no topology")]
    NoReferenceTopology,
    /// A trajectory is training data and reference.
    #[error("{} is trained on and compared with: the reference must be held out", path.display())]
    NotHeldOut {
        /// The trajectory.
        path: PathBuf,
    },
    /// Nothing to sample.
    #[error("[sampling] needs at least one replica and one frame")]
    NoSamples,
    /// Settings of the evaluation make no sense.
    #[error("[evaluation] {0}")]
    Evaluation(#[source] EvaluationError),
    /// Two variants would share a folder.
    #[error("two variants are called {label}: give each a label of its own, in letters and digits")]
    SameLabel {
        /// The label.
        label: String,
    },
    /// A variant gives its noise twice.
    #[error("a variant gives sigma_position_angstrom and sigma_position_squared: give one")]
    SigmaTwice,
    /// A variance is none.
    #[error("sigma_position_squared is {0} Å², it must be positive")]
    Sigma(f32),
    /// A setting cannot be told in JSON.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// A variant cannot be made.
    #[error("variant {label}: {source}")]
    Variant {
        /// Its label.
        label: String,
        /// Why.
        source: Box<VariantProblem>,
    },
    /// A store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A store of other data is there.
    #[error(
        "{} holds other frames than the data of this comparison; {}, or {}",
        store.display(),
        Remedy::OtherFolder,
        Remedy::Replace
    )]
    OtherData {
        /// The store.
        store: PathBuf,
    },
    /// A training cannot be read.
    #[error(transparent)]
    Training(#[from] TrainError),
    /// Another training is there.
    #[error(
        "{} holds another training, with {difference}; {}, or {}",
        folder.display(),
        Remedy::OtherFolder,
        Remedy::Replace
    )]
    OtherTraining {
        /// Its folder.
        folder: PathBuf,
        /// In what it differs.
        difference: String,
    },
}

/// What is wrong with a file that describes a comparison; each message is a clause.
#[derive(Debug, thiserror::Error)]
pub enum ContentProblem {
    /// Its name tells no format.
    #[error("its name must end in .toml or .json")]
    Extension,
    /// It is not the JSON of a comparison.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// It is not the TOML of a comparison.
    #[error("{}{message}", line.map(|line| format!("line {line}: ")).unwrap_or_default())]
    Toml {
        /// Which line, from 1.
        line: Option<usize>,
        /// What is wrong.
        message: String,
    },
}

/// A setting that does not exist, or has no such value. What is quoted of it is told in printable characters alone, so
/// it is no source.
#[derive(Debug, thiserror::Error)]
#[error("[{table}] {}", printable(&reason.to_string()))]
pub struct SettingProblem {
    /// The table that the setting is in.
    pub table: &'static str,
    /// What is wrong.
    pub reason: serde_json::Error,
}

/// Why a variant cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum VariantProblem {
    /// Its settings make no network.
    #[error(transparent)]
    Network(#[from] ConfigError),
    /// A setting that must be common to all.
    #[error("{0} is part of the budget, which is common to all: set it in [training]")]
    Budget(&'static str),
    /// A setting does not exist or has no such value.
    #[error(transparent)]
    Setting(#[from] SettingProblem),
    /// It cannot be trained so.
    #[error(transparent)]
    Training(#[from] training::SettingsError),
    /// It cannot be sampled so.
    #[error(transparent)]
    Sampler(#[from] transport::SettingsError),
    /// Its label gives no name for a folder.
    #[error("its label needs a letter or a digit")]
    NoName,
}
