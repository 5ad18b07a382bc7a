//! Carrying out what the evaluation panes ask for, and taking in what the engine answers.

use std::path::PathBuf;
use std::sync::Arc;

use equijump_engine::analysis::evaluation::Evaluation;
use equijump_engine::session::{ExportRequest, JobOutcome, StructureSource, beside, replica_path};

use super::form::{command_of, topology_of_run};
use super::{Evaluated, Evaluating, EvaluationAction, SampleChoice, Saving, figures};
use crate::report::Provenance;
use crate::shared::clock::utc_now;
use crate::window::app::EquiJumpApp;
use crate::window::file_dialogs::Purpose;
use crate::window::layout::{self, Pane};
use crate::window::log::Level;
use crate::window::running::Running;
use crate::window::runs::Origin;
use crate::window::runs::Run;
use crate::window::wording::in_window_words;

/// Samples of an evaluation, as far as they are files already.
struct Samples {
    files: Vec<PathBuf>,
    exports: Vec<ExportRequest>,
    folder: Option<tempfile::TempDir>,
    /// For people: which run they are of.
    names: Vec<String>,
}

impl EquiJumpApp {
    pub(in crate::window) fn carry_out_evaluation(&mut self, action: EvaluationAction, ctx: &egui::Context) {
        match action {
            EvaluationAction::Start => {
                if let Err(sentence) = self.start_evaluation() {
                    self.evaluation.error = Some(sentence);
                }
            }
            EvaluationAction::Stop => {
                if let Some(evaluating) = &mut self.evaluation.evaluating {
                    evaluating.stop_wanted = true;
                    evaluating.exports.iter_mut().for_each(Running::stop);
                    if let Some(job) = &mut evaluating.job {
                        job.stop();
                    }
                }
            }
            EvaluationAction::Save => self.save_report(ctx),
            EvaluationAction::TestJumps => self.start_jumps(),
            EvaluationAction::StopJumps => self.evaluation.jumps.test.stop(),
            EvaluationAction::TestBranches => self.start_branches(),
            EvaluationAction::StopBranches => self.evaluation.branches.test.stop(),
        }
    }

    fn start_evaluation(&mut self) -> Result<(), String> {
        let form = &self.evaluation.form;
        if self.evaluation.is_evaluating() || form.missing(&self.project).is_some() {
            return Ok(());
        }
        let samples = match form.samples {
            SampleChoice::Files => Samples {
                files: form.sample_files.clone(),
                exports: Vec::new(),
                folder: None,
                names: form.sample_files.iter().map(|file| file.display().to_string()).collect(),
            },
            SampleChoice::Run => self.frames_of_run(self.project.run.as_ref(), false)?,
        };
        let (reference, of_run) = match form.reference_run {
            None => {
                let Some(reference) = form.reference_in_files(&self.project) else { return Ok(()) };
                (reference, None)
            }
            Some(number) => {
                let run = self.project.run_of_number(number);
                let frames = self.frames_of_run(run, true)?;
                // Copies have their atoms beside them, as files of a run do.
                let copied = frames.files.first().map(|file| beside(file, "_topology.pdb"));
                let topology = match (&frames.folder, run.and_then(topology_of_run)) {
                    (None, Some(written)) => Some(written),
                    _ => copied,
                };
                let Some(topology) = topology else { return Ok(()) };
                (form.reference(topology, frames.files.clone()), Some(frames))
            }
        };
        let Some(request) = self.evaluation.form.request(&self.project, reference, samples.files) else {
            return Ok(());
        };
        let native = match &request.native {
            StructureSource::File(path) => path.display().to_string(),
            bundled => bundled.display_name(),
        };
        let temporary = samples.folder.is_some() || of_run.as_ref().is_some_and(|run| run.folder.is_some());
        let command = if temporary {
            // The files of this very run are gone when somebody reads the report.
            format!("evaluated in the window: {}", samples.names.join(", "))
        } else {
            command_of(&request, &native)
        };
        let provenance = Provenance {
            command,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            made: utc_now(),
            topology: request.reference.topology.display().to_string(),
            native,
            reference: match &of_run {
                Some(run) => run.names.clone(),
                None => {
                    request.reference.trajectories.iter().map(|file| file.display().to_string()).collect()
                }
            },
            samples: samples.names,
        };
        let (reference_exports, reference_folder) =
            of_run.map(|run| (run.exports, run.folder)).unwrap_or_default();
        let exports = samples.exports.into_iter().chain(reference_exports);
        let exports = exports.map(|export| Running::new(self.session.start(export))).collect();
        self.evaluation.error = None;
        self.evaluation.evaluating = Some(Evaluating {
            request,
            provenance,
            exports,
            _folders: [samples.folder, reference_folder],
            job: None,
            stop_wanted: false,
        });
        Ok(())
    }

    /// The frames of a run: the files it writes, if wanted only where their topology lies beside them, or else copies in
    /// a folder of their own.
    fn frames_of_run(&self, run: Option<&Run>, with_topology: bool) -> Result<Samples, String> {
        let nothing = || "There is no run to evaluate; simulate first.".to_owned();
        let run = run.ok_or_else(nothing)?;
        let info = run.info.as_ref().ok_or_else(nothing)?;
        let last_frame = run.frames.saturating_sub(1);
        let name = match &run.origin {
            Origin::Made => format!(
                "run of {} in the window, seed {}, frames 0 to {last_frame}, replicas: {}",
                info.topology.name, info.settings.seed, info.replicas
            ),
            Origin::Opened { files, .. } => {
                let files: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
                format!("frames 0 to {last_frame} of {}", files.join(", "))
            }
        };
        // Files of other programs may hold atoms that no topology here names.
        if run.is_of_this_program()
            && !info.outputs.is_empty()
            && (!with_topology || topology_of_run(run).is_some())
        {
            let names = info.outputs.iter().map(|file| file.display().to_string()).collect();
            return Ok(Samples { files: info.outputs.clone(), exports: Vec::new(), folder: None, names });
        }
        let history = info.history.clone().ok_or_else(nothing)?;
        let folder = tempfile::tempdir().map_err(|error| {
            format!("The frames of the run cannot be put into a temporary folder: {error}.")
        })?;
        let path = folder.path().join("run.dcd");
        let export = |replica: usize| ExportRequest {
            topology: Arc::clone(&info.topology),
            history: history.clone(),
            replica,
            first_frame: 0,
            last_frame,
            stride: 1,
            only: None,
            atoms: None,
            path: replica_path(&path, replica, info.replicas),
            hydrogens: false,
            overwrite: true,
        };
        let exports: Vec<_> = (0..info.replicas).map(export).collect();
        let files = exports.iter().map(|export| export.path.clone()).collect();
        Ok(Samples { files, exports, folder: Some(folder), names: vec![name] })
    }

    /// Fills the form with two runs and shows it: one is the reference, the other is judged.
    pub(in crate::window) fn evaluate_runs(&mut self, reference: u32, samples: u32) {
        if reference == samples || self.project.run_of_number(reference).is_none() {
            return;
        }
        self.show_run(samples);
        self.evaluation.form.reference_run = Some(reference);
        self.evaluation.form.samples = SampleChoice::Run;
        self.evaluation.error = None;
        layout::show(&mut self.tree, Pane::Evaluation);
    }

    /// Takes what the comparison and the tests tell.
    pub(in crate::window) fn take_evaluation(&mut self) {
        let (state, log) = (&mut self.evaluation, &mut self.log);
        if let Some(test) = state.jumps.test.take(log) {
            let text = format!("Tested {} jumps of {}.", test.report.draws, test.report.protein);
            log.tell(Level::Success, text);
        }
        if let Some(test) = state.branches.test.take(log) {
            let text = format!("Compared {} with branches of molecular dynamics.", test.report.protein);
            log.tell(Level::Success, text);
        }
        let outcome = match self.take_comparing() {
            None => return,
            Some(JobOutcome::Finished(evaluation)) => return self.evaluated(evaluation),
            Some(outcome) => outcome.without_output(),
        };
        self.evaluation.evaluating = None;
        self.evaluation.error = Some(match outcome {
            JobOutcome::Failed(error) => {
                let sentence = in_window_words(&error.what);
                self.log.note(Level::Error, sentence.clone());
                sentence
            }
            _ => "The evaluation was stopped.".to_owned(),
        });
    }

    /// Takes what the comparison tells, and begins it as soon as all samples are in files. Its outcome, once it has
    /// ended.
    fn take_comparing(&mut self) -> Option<JobOutcome<Arc<Evaluation>>> {
        let evaluating = self.evaluation.evaluating.as_mut()?;
        // What the user must know is among the warnings of the evaluation as well.
        let mut note = |notice: &str| self.log.note(Level::Warning, in_window_words(notice));
        let mut ended = None;
        evaluating.exports.retain_mut(|export| match export.take(&mut note) {
            None => true,
            Some(JobOutcome::Finished(_)) => false,
            Some(JobOutcome::Cancelled) => {
                ended = Some(JobOutcome::Cancelled);
                false
            }
            Some(JobOutcome::Failed(error)) => {
                ended = Some(JobOutcome::Failed(error));
                false
            }
        });
        match &mut evaluating.job {
            Some(job) => job.take(&mut note),
            None if ended.is_none() && evaluating.exports.is_empty() && !evaluating.stop_wanted => {
                let request = evaluating.request.clone();
                evaluating.job = Some(Running::new(self.session.start(request)));
                None
            }
            None if evaluating.exports.is_empty() => ended.or(Some(JobOutcome::Cancelled)),
            None => ended,
        }
    }

    fn evaluated(&mut self, evaluation: Arc<Evaluation>) {
        let Some(evaluating) = self.evaluation.evaluating.take() else { return };
        let provenance = evaluating.provenance;
        let pages = figures::pages(&evaluation);
        let text = format!("Evaluated {} frames of {}.", evaluation.samples.frames, evaluation.protein);
        self.log.tell(Level::Success, text);
        self.evaluation.error = None;
        self.evaluation.page = self.evaluation.page.min(pages.len().saturating_sub(1));
        self.evaluation.evaluated = Some(Evaluated { evaluation, provenance, pages });
        self.evaluation.saved = None;
        layout::show(&mut self.tree, Pane::EvaluationResults);
    }

    fn save_report(&mut self, ctx: &egui::Context) {
        let state = &mut self.evaluation;
        let (Some(evaluated), None) = (&state.evaluated, &state.saving) else { return };
        let folder = state.form.folder.trim();
        if folder.is_empty() {
            state.error = Some("Choose a folder for the report.".into());
            return;
        }
        let folder = PathBuf::from(folder);
        match Saving::start(evaluated.clone(), folder, state.form.replace, ctx.clone()) {
            Ok(saving) => {
                state.error = None;
                state.saving = Some(saving);
            }
            Err(error) => state.error = Some(format!("The report cannot be written: {error}.")),
        }
    }

    /// Takes what came of writing a report.
    pub(in crate::window) fn take_report(&mut self) {
        let Some(result) = self.evaluation.saving.as_ref().and_then(Saving::poll) else { return };
        self.evaluation.saving = None;
        match result {
            Ok(page) => {
                self.evaluation.form.replace = false;
                self.log.tell(Level::Success, format!("Wrote the report {}", page.display()));
                self.evaluation.saved = Some(page);
            }
            Err(reason) => {
                self.evaluation.error = Some(in_window_words(&reason));
                self.close_when_written = false;
            }
        }
    }

    /// Takes a path picked for the evaluation pane. Returns whether it is one of its purposes.
    pub(in crate::window) fn evaluation_path_picked(&mut self, purpose: Purpose, path: PathBuf) -> bool {
        let form = &mut self.evaluation.form;
        let text = path.display().to_string();
        let add = |paths: &mut Vec<PathBuf>, path: PathBuf| {
            if !paths.contains(&path) {
                paths.push(path);
            }
        };
        match purpose {
            Purpose::EvaluationTopology => form.topology = text,
            Purpose::EvaluationNative => form.native_file = text,
            Purpose::EvaluationReference => add(&mut form.reference, path),
            Purpose::EvaluationSamples => add(&mut form.sample_files, path),
            Purpose::EvaluationSampleTopology => form.sample_topology = text,
            Purpose::ReportFolder => form.folder = text,
            _ => return false,
        }
        true
    }
}
