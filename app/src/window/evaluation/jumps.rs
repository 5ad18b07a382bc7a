//! The one-step test from the window: jumps of the model in use from frames of the reference.

use std::path::PathBuf;
use std::sync::Arc;

use equijump_engine::analysis::evaluation::EvaluationStage;
use equijump_engine::analysis::evaluation::jumps::JumpSettings;
use equijump_engine::session::{Command, JobId, JobOutcome, JumpRequest, JumpTest, Progress};

use crate::window::app::EquiJumpApp;
use crate::window::log::Level;
use crate::window::training::in_window_words;

/// A test that goes on.
#[derive(Debug)]
pub(in crate::window) struct Testing {
    pub(super) job: JobId,
    /// What it does.
    pub stage: Option<EvaluationStage>,
    /// How far the stage is.
    pub progress: Option<Progress>,
    /// The user asked for the end.
    pub stop_wanted: bool,
}

impl Testing {
    pub(super) fn new(job: JobId) -> Self {
        Self { job, stage: None, progress: None, stop_wanted: false }
    }

    pub(super) fn begin_stage(&mut self, stage: EvaluationStage) {
        self.stage = Some(stage);
        self.progress = None;
    }
}

/// Everything of the one-step test.
#[derive(Debug)]
pub struct JumpDesk {
    /// Frames that jumps start from.
    pub sources: usize,
    /// Jumps from each.
    pub draws: usize,
    pub(in crate::window) testing: Option<Testing>,
    /// The last test that was done.
    pub tested: Option<Arc<JumpTest>>,
    /// Why the last test failed.
    pub error: Option<String>,
}

impl Default for JumpDesk {
    fn default() -> Self {
        let JumpSettings { sources, draws, .. } = JumpSettings::default();
        Self { sources, draws, testing: None, tested: None, error: None }
    }
}

impl EquiJumpApp {
    /// Begins a test with the model and the sampling settings of the next run.
    pub(super) fn start_jumps(&mut self) {
        let form = &self.evaluation.form;
        // Files of samples play no part.
        let files = form
            .reference_in_files(&self.project)
            .and_then(|reference| form.request(&self.project, reference, Vec::<PathBuf>::new()));
        let (Some(request), Some(model)) = (files, self.model.source()) else { return };
        if self.evaluation.jumps.testing.is_some() {
            return;
        }
        let run = &self.preferences.run;
        let settings = &form.settings;
        let job = self.session.next_job();
        let request = Box::new(JumpRequest {
            topology: request.topology,
            chain: request.chain,
            native: request.native,
            reference: request.reference,
            reference_selection: request.reference_selection,
            model,
            sampler: run.sampler.clone(),
            device: run.device.clone(),
            settings: JumpSettings {
                sources: self.evaluation.jumps.sources,
                draws: self.evaluation.jumps.draws,
                folded_below_angstrom: settings.folded_below_angstrom,
                unfolded_beyond_angstrom: settings.unfolded_beyond_angstrom,
                bootstrap: settings.bootstrap,
                confidence: settings.confidence,
                seed: settings.seed,
                ..JumpSettings::default()
            },
        });
        let desk = &mut self.evaluation.jumps;
        desk.error = None;
        desk.testing = Some(Testing::new(job));
        self.session.send(Command::TestJumps { job, request });
    }

    pub(super) fn stop_jumps(&mut self) {
        if let Some(testing) = &mut self.evaluation.jumps.testing {
            testing.stop_wanted = true;
            self.session.send(Command::Stop { job: testing.job });
        }
    }

    pub(in crate::window) fn jumps_tested(&mut self, job: JobId, test: Arc<JumpTest>) {
        let desk = &mut self.evaluation.jumps;
        if desk.is_of(job) {
            let text = format!("Tested {} jumps of {}.", test.report.draws, test.report.protein);
            desk.tested = Some(test);
            self.log.tell(Level::Success, text);
        }
    }

    /// The end of a job, if it is the test.
    pub(super) fn jumps_ended(&mut self, job: JobId, outcome: &JobOutcome) -> bool {
        let desk = &mut self.evaluation.jumps;
        if !desk.is_of(job) {
            return false;
        }
        desk.testing = None;
        desk.error = match outcome {
            JobOutcome::Finished => None,
            JobOutcome::Cancelled => Some("The test was stopped.".to_owned()),
            JobOutcome::Failed(reason) => Some(in_window_words(reason)),
        };
        if let (JobOutcome::Failed(_), Some(sentence)) = (outcome, &desk.error) {
            self.log.note(Level::Error, sentence.clone());
        }
        true
    }
}

impl JumpDesk {
    pub(super) fn is_of(&self, job: JobId) -> bool {
        self.testing.as_ref().is_some_and(|testing| testing.job == job)
    }

    pub(super) fn begin_stage(&mut self, stage: EvaluationStage) {
        if let Some(testing) = &mut self.testing {
            testing.begin_stage(stage);
        }
    }

    pub(super) fn reach(&mut self, progress: Progress) {
        if let Some(testing) = &mut self.testing {
            testing.progress = Some(progress);
        }
    }
}
