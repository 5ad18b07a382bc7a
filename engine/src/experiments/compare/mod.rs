//! The comparison of transports (paper 4.3, Table 1) for any protein: every variant is trained with the same
//! budget, sampled with the same number of frames, and its samples are compared with the same reference.
//!
//! ```text
//! compare.toml ──► ComparisonPlan ──► per variant: train ──► sample ──► evaluate ──► VariantResult
//! ```
//!
//! Everything lies in one folder, a variant in a folder of its own, and is gone on with where it stopped:
//!
//! | file | what |
//! |---|---|
//! | `data.store.safetensors` | the training data, where they were given as trajectories |
//! | `VARIANT/training/` | as `equijump train` leaves it, and `cost.json` |
//! | `VARIANT/samples/run_r000.dcd` … | as `equijump simulate` leaves it, and `cost.json` |
//!
//! A variant that fails is told of in its result and does not keep the others from being made.

mod config;
mod error;
mod plan;
mod run;
#[cfg(test)]
mod tests;
mod variant;

use std::path::PathBuf;
use std::sync::Arc;

pub use config::{
    ChosenModel, ComparisonConfig, DataConfig, ReferenceConfig, SamplingConfig, Settings, Start,
    VariantConfig,
};
pub use error::{ComparisonError, ContentProblem, SettingProblem, VariantProblem};
pub use plan::{ComparisonPlan, VariantPlan, VariantState};
pub use run::run;

use super::cost::Cost;
use crate::analysis::evaluation::Evaluation;
use crate::session::StructureSource;

/// A comparison to make.
#[derive(Clone, Debug)]
pub struct ComparisonRequest {
    /// What to do.
    pub plan: ComparisonPlan,
    /// The structure that RMSD, GDT and native contacts refer to.
    pub native: StructureSource,
    /// Folder of all results.
    pub out: PathBuf,
    /// Whether trainings and samples of other settings that lie there may be replaced.
    pub replace: bool,
}

/// What became of one variant.
#[derive(Clone, Debug)]
pub struct VariantResult {
    /// The variant.
    pub plan: VariantPlan,
    /// Optimizer steps done.
    pub steps: u64,
    /// Lowest loss on held-out pairs, Å² per atom.
    pub validation_loss: Option<f64>,
    /// What training cost; units are optimizer steps.
    pub training: Cost,
    /// What sampling cost; units are frames, those of all replicas together.
    pub sampling: Cost,
    /// The samples.
    pub samples: Vec<PathBuf>,
    /// Its samples against the reference.
    pub evaluation: Option<Arc<Evaluation>>,
    /// Why there is no evaluation, in one sentence.
    pub failure: Option<String>,
}

impl VariantResult {
    /// Nothing yet.
    pub fn pending(plan: VariantPlan) -> Self {
        Self {
            plan,
            steps: 0,
            validation_loss: None,
            training: Cost::default(),
            sampling: Cost::default(),
            samples: Vec::new(),
            evaluation: None,
            failure: None,
        }
    }
}
