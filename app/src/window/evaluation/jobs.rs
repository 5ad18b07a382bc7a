//! Carrying out what the evaluation panes ask for, and taking in what the engine answers.

use std::path::PathBuf;
use std::sync::Arc;

use equijump_engine::analysis::evaluation::{Evaluation, EvaluationStage};
use equijump_engine::session::{
    Command, ExportRequest, JobId, JobOutcome, Progress, StructureSource, beside, replica_path,
};

use super::form::{Reference, command_of, topology_of_run};
use super::{Comparing, Evaluated, EvaluationAction, SampleChoice, Saving, figures};
use crate::cli::clock::utc_now;
use crate::report::Provenance;
use crate::window::app::EquiJumpApp;
use crate::window::file_dialogs::Purpose;
use crate::window::layout::{self, Pane};
use crate::window::log::Level;
use crate::window::project::Run;
use crate::window::training::in_window_words;

/// Samples of an evaluation, as far as they are files already.
struct Samples {
    files: Vec<PathBuf>,
    exports: Vec<(JobId, ExportRequest)>,
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
                if let Some(comparing) = &mut self.evaluation.comparing {
                    comparing.stop_wanted = true;
                    for job in comparing.exports.iter().copied().chain(comparing.job) {
                        self.session.send(Command::Stop { job });
                    }
                }
            }
            EvaluationAction::Save => self.save_report(ctx),
            EvaluationAction::TestJumps => self.start_jumps(),
            EvaluationAction::StopJumps => self.stop_jumps(),
            EvaluationAction::TestBranches => self.start_branches(),
            EvaluationAction::StopBranches => self.stop_branches(),
        }
    }

    fn start_evaluation(&mut self) -> Result<(), String> {
        let form = &self.evaluation.form;
        if self.evaluation.is_comparing() || form.missing(&self.project).is_some() {
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
                (Reference { files: frames.files.clone(), topology }, Some(frames))
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
            topology: request.topology.display().to_string(),
            native,
            reference: match &of_run {
                Some(run) => run.names.clone(),
                None => request.reference.iter().map(|file| file.display().to_string()).collect(),
            },
            samples: samples.names,
        };
        let (reference_exports, reference_folder) =
            of_run.map(|run| (run.exports, run.folder)).unwrap_or_default();
        let exports: Vec<(JobId, ExportRequest)> =
            samples.exports.into_iter().chain(reference_exports).collect();
        self.evaluation.error = None;
        self.evaluation.saved = None;
        self.evaluation.comparing = Some(Comparing {
            request: Box::new(request),
            provenance,
            exports: exports.iter().map(|(job, _)| *job).collect(),
            _folders: [samples.folder, reference_folder],
            job: None,
            stage: None,
            progress: None,
            stop_wanted: false,
        });
        for (job, request) in exports {
            self.session.send(Command::Export { job, request });
        }
        self.evaluate_when_ready();
        Ok(())
    }

    /// The frames of a run: the files it writes, if wanted only where their topology lies beside them, or else copies in
    /// a folder of their own.
    fn frames_of_run(&self, run: Option<&Run>, with_topology: bool) -> Result<Samples, String> {
        let nothing = || "There is no run to evaluate; simulate first.".to_owned();
        let run = run.ok_or_else(nothing)?;
        let info = run.info.as_ref().ok_or_else(nothing)?;
        let last_frame = run.frames.saturating_sub(1);
        let name = format!(
            "run of {} in the window, seed {}, frames 0 to {last_frame}, replicas: {}",
            info.topology.name, info.settings.seed, info.replicas
        );
        if !info.outputs.is_empty() && (!with_topology || topology_of_run(run).is_some()) {
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
        let exports: Vec<_> =
            (0..info.replicas).map(|replica| (self.session.next_job(), export(replica))).collect();
        let files = exports.iter().map(|(_, export)| export.path.clone()).collect();
        Ok(Samples { files, exports, folder: Some(folder), names: vec![name] })
    }

    /// Fills the form with two runs and shows it: one is the reference, the other is judged.
    pub(in crate::window) fn compare_runs(&mut self, reference: u32, samples: u32) {
        if reference == samples || self.project.run_of_number(reference).is_none() {
            return;
        }
        self.show_run(samples);
        self.evaluation.form.reference_run = Some(reference);
        self.evaluation.form.samples = SampleChoice::Run;
        self.evaluation.error = None;
        layout::show(&mut self.tree, Pane::Evaluation);
    }

    /// Begins the evaluation as soon as all samples are in files.
    fn evaluate_when_ready(&mut self) {
        let Some(comparing) = &mut self.evaluation.comparing else { return };
        if comparing.job.is_none() && comparing.exports.is_empty() {
            let job = self.session.next_job();
            comparing.job = Some(job);
            self.session.send(Command::Evaluate { job, request: comparing.request.clone() });
        }
    }

    fn comparing(&mut self, job: JobId) -> Option<&mut Comparing> {
        let comparing = self.evaluation.comparing.as_mut();
        comparing.filter(|comparing| comparing.job == Some(job) || comparing.exports.contains(&job))
    }

    pub(in crate::window) fn evaluation_stage(&mut self, job: JobId, stage: EvaluationStage) {
        if let Some(comparing) = self.comparing(job) {
            comparing.stage = Some(stage);
            comparing.progress = None;
        } else if self.evaluation.jumps.is_of(job) {
            self.evaluation.jumps.begin_stage(stage);
        } else if let Some(testing) = self.evaluation.branches.testing_of(job) {
            testing.begin_stage(stage);
        }
    }

    pub(in crate::window) fn evaluation_progress(&mut self, job: JobId, progress: Progress) {
        if let Some(comparing) = self.comparing(job) {
            comparing.progress = Some(progress);
        } else if self.evaluation.jumps.is_of(job) {
            self.evaluation.jumps.reach(progress);
        } else if let Some(testing) = self.evaluation.branches.testing_of(job) {
            testing.progress = Some(progress);
        }
    }

    pub(in crate::window) fn evaluated(&mut self, job: JobId, evaluation: Arc<Evaluation>) {
        let Some(comparing) = self.comparing(job) else { return };
        let provenance = comparing.provenance.clone();
        let pages = figures::pages(&evaluation);
        let text = format!("Evaluated {} frames of {}.", evaluation.samples.frames, evaluation.protein);
        self.log.tell(Level::Success, text);
        self.evaluation.page = self.evaluation.page.min(pages.len().saturating_sub(1));
        self.evaluation.evaluated = Some(Evaluated { evaluation, provenance, pages });
        layout::show(&mut self.tree, Pane::EvaluationResults);
    }

    /// Whether frames that were exported are samples on their way to an evaluation.
    pub(in crate::window) fn is_sample_export(&self, job: JobId) -> bool {
        self.evaluation.comparing.as_ref().is_some_and(|comparing| comparing.exports.contains(&job))
    }

    /// A notice, if it is about an evaluation; what the user must know is among its warnings as well.
    pub(in crate::window) fn evaluation_notice(&mut self, job: JobId, sentence: &str) -> bool {
        let ours = self.comparing(job).is_some()
            || self.evaluation.jumps.is_of(job)
            || self.evaluation.branches.testing_of(job).is_some();
        if ours {
            self.log.note(Level::Warning, in_window_words(sentence));
        }
        ours
    }

    /// The end of a job, if it belongs to an evaluation. Its errors are told in the pane.
    pub(in crate::window) fn evaluation_job_ended(&mut self, job: JobId, outcome: &JobOutcome) -> bool {
        if self.jumps_ended(job, outcome) || self.branches_ended(job, outcome) {
            return true;
        }
        let Some(comparing) = self.comparing(job) else { return false };
        let exported = comparing.exports.iter().position(|export| *export == job);
        if let (Some(index), JobOutcome::Finished, false) = (exported, outcome, comparing.stop_wanted) {
            comparing.exports.remove(index);
            comparing.progress = None;
            self.evaluate_when_ready();
            return true;
        }
        let sentence = match outcome {
            JobOutcome::Failed(reason) => Some(in_window_words(reason)),
            JobOutcome::Cancelled => Some("The evaluation was stopped.".to_owned()),
            JobOutcome::Finished if exported.is_some() => Some("The evaluation was stopped.".to_owned()),
            JobOutcome::Finished => None,
        };
        if let (JobOutcome::Failed(_), Some(sentence)) = (outcome, &sentence) {
            self.log.note(Level::Error, sentence.clone());
        }
        self.evaluation.error = sentence;
        self.evaluation.comparing = None;
        true
    }

    fn save_report(&mut self, ctx: &egui::Context) {
        let desk = &mut self.evaluation;
        let (Some(evaluated), None) = (&desk.evaluated, &desk.saving) else { return };
        let folder = desk.form.folder.trim();
        if folder.is_empty() {
            desk.error = Some("Choose a folder for the report.".into());
            return;
        }
        desk.saved = None;
        let folder = PathBuf::from(folder);
        match Saving::start(evaluated.clone(), folder, desk.form.replace, ctx.clone()) {
            Ok(saving) => {
                desk.error = None;
                desk.saving = Some(saving);
            }
            Err(error) => desk.error = Some(format!("The report cannot be written: {error}.")),
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
            Err(reason) => self.evaluation.error = Some(in_window_words(&reason)),
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
