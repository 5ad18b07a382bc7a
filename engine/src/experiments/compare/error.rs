//! Why a comparison cannot be planned or made.

use std::io;
use std::path::PathBuf;

use crate::analysis::evaluation::EvaluationError;
use crate::brief::printable;
use crate::difference::SettingDifference;
use crate::network::ConfigError;
use crate::remedy::Remedy;
use crate::training::{self, TrainError};
use crate::trajectory::StoreError;
use crate::transport;

/// Why a comparison cannot be planned or made.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)] // the messages are the documentation
pub enum ComparisonError {
    #[error("cannot read {}: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    /// The file says something else. What is quoted of it is told in printable characters alone, so it is no source.
    #[error("{}: {}", path.display(), printable(&problem.to_string()))]
    Content { path: PathBuf, problem: ContentProblem },
    #[error(transparent)]
    Setting(#[from] SettingProblem),
    #[error("[data] names trajectories without their topology")]
    NoTopology,
    #[error("[data] names neither stores nor trajectories to train on")]
    NoData,
    #[error("[reference] names no trajectories to compare with")]
    NoReference,
    #[error("[reference] names no topology")]
    NoReferenceTopology,
    #[error("{} is trained on and compared with: the reference must be held out", path.display())]
    NotHeldOut { path: PathBuf },
    #[error("[sampling] needs at least one replica and one frame")]
    NoSamples,
    #[error("[evaluation] {0}")]
    Evaluation(#[source] EvaluationError),
    #[error("two variants are called {label}: give each a label of its own, in letters and digits")]
    SameLabel { label: String },
    #[error("variants and seeds make {asked} trainings, more than {most}")]
    TooMany { asked: usize, most: usize },
    #[error("a variant gives sigma_position_angstrom and sigma_position_squared: give one")]
    SigmaTwice,
    #[error("sigma_position_squared is {0} Å², it must be positive")]
    Sigma(f32),
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    #[error("variant {label}: {source}")]
    Variant { label: String, source: Box<VariantProblem> },
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(
        "{} holds other frames than the data of this comparison; {}, or {}",
        store.display(),
        Remedy::OtherFolder,
        Remedy::Replace
    )]
    OtherData { store: PathBuf },
    #[error(transparent)]
    Training(#[from] TrainError),
    #[error(
        "{} holds another training, with {difference}; {}, or {}",
        folder.display(),
        Remedy::OtherFolder,
        Remedy::Replace
    )]
    OtherTraining { folder: PathBuf, difference: TrainingDifference },
}

/// In what a training differs from the one that is wanted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)] // the messages are the documentation
pub enum TrainingDifference {
    #[error("{} = {} instead of {}", .0.setting, .0.has, .0.asked)]
    Setting(SettingDifference),
    #[error("{has} steps instead of {asked}")]
    Steps { has: u64, asked: u64 },
    #[error("other frames in its stores")]
    Frames,
    #[error("the data {} instead of {}", has.join(", "), asked.join(", "))]
    Data { has: Vec<String>, asked: Vec<String> },
}

/// What is wrong with a file that describes a comparison; each message is a clause.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)] // the messages are the documentation
pub enum ContentProblem {
    #[error("its name must end in .toml or .json")]
    Extension,
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    #[error("{}{message}", line.map(|line| format!("line {line}: ")).unwrap_or_default())]
    Toml {
        /// Which line, from 1.
        line: Option<usize>,
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
#[allow(missing_docs)] // the messages are the documentation
pub enum VariantProblem {
    #[error(transparent)]
    Network(#[from] ConfigError),
    #[error("{0} is part of the budget, which is common to all: set it in [training]")]
    Budget(&'static str),
    #[error(transparent)]
    Setting(#[from] SettingProblem),
    #[error(transparent)]
    Training(#[from] training::TrainSettingsError),
    #[error(transparent)]
    Sampler(#[from] transport::SamplerSettingsError),
    #[error("its label needs a letter or a digit")]
    NoName,
}
