//! Evaluation from the window: samples against reference trajectories, browsed as figures and tables.

mod begin_tests;
mod branches;
mod figures;
mod form;
mod jobs;
mod jumps;
mod save;
mod test;

use std::path::PathBuf;
use std::sync::Arc;

use equijump_engine::analysis::evaluation::{Evaluation, EvaluationStage};
use equijump_engine::session::{EvaluationRequest, ExportRequest, Progress};

use super::running::Running;
use crate::report::Provenance;

pub use branches::BranchTestState;
pub use figures::{Page, Shown};
pub use form::{EvaluationForm, FrameChoice, NativeChoice, SampleChoice};
pub use jumps::JumpTestState;
pub(super) use save::Saving;
pub use test::Test;

/// Storage key of [`EvaluationForm`]. The number grows when the meaning of a field changes.
pub const STORAGE_KEY: &str = "evaluation-1";

/// What the evaluation panes ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EvaluationAction {
    /// Evaluate.
    Start,
    /// End the evaluation; nothing comes of it.
    Stop,
    /// Write the report into the folder of the form.
    Save,
    /// Test single jumps of the model in use.
    TestJumps,
    /// End that test.
    StopJumps,
    /// Test branches of the model in use.
    TestBranches,
    /// End that test.
    StopBranches,
}

/// An evaluation in progress.
#[derive(Debug)]
pub(super) struct Evaluating {
    /// What the engine is asked, once the frames of the run are in files.
    request: EvaluationRequest,
    provenance: Provenance,
    /// Frames of the run on their way to files.
    exports: Vec<Running<ExportRequest>>,
    /// Where these lie, of samples and reference; removed with the evaluation.
    _folders: [Option<tempfile::TempDir>; 2],
    /// The evaluation, once it has begun.
    job: Option<Running<EvaluationRequest>>,
    /// The user asked for the end.
    pub stop_wanted: bool,
}

impl Evaluating {
    /// What it does.
    pub fn stage(&self) -> Option<EvaluationStage> {
        self.job.as_ref().and_then(|job| job.stage)
    }

    /// How far that is.
    pub fn progress(&self) -> Option<Progress> {
        let exporting = self.exports.first().and_then(|export| export.progress);
        self.job.as_ref().map_or(exporting, |job| job.progress)
    }
}

/// An evaluation that is done.
#[derive(Clone, Debug)]
pub struct Evaluated {
    /// All numbers and curves.
    pub evaluation: Arc<Evaluation>,
    /// How it came about.
    pub provenance: Provenance,
    /// What there is to look at, in order.
    pub pages: Vec<Page>,
}

/// Everything of the evaluation panes.
#[derive(Debug, Default)]
pub struct EvaluationState {
    /// What the user filled in.
    pub form: EvaluationForm,
    pub(super) evaluating: Option<Evaluating>,
    /// The last evaluation that was done.
    pub evaluated: Option<Evaluated>,
    /// Which page of it is shown.
    pub page: usize,
    /// The one-step test.
    pub jumps: JumpTestState,
    /// The branch test.
    pub branches: BranchTestState,
    /// Why the last evaluation or report failed.
    pub error: Option<String>,
    pub(super) saving: Option<Saving>,
    /// The page of the report written last.
    pub saved: Option<PathBuf>,
}

impl EvaluationState {
    /// The state with a form of an earlier session.
    pub fn new(form: EvaluationForm) -> Self {
        Self { form, ..Self::default() }
    }

    /// Whether there is an evaluation of which no report was written.
    pub fn is_unsaved(&self) -> bool {
        self.evaluated.is_some() && self.saved.is_none() && self.saving.is_none()
    }

    /// Whether an evaluation is in progress.
    pub fn is_evaluating(&self) -> bool {
        self.evaluating.is_some()
    }
}
