//! Taking in what the engine and the desktop answered.

use equijump_engine::session::{
    Event, JobId, JobOutcome, OpenRequest, OpenedStructure, StructureChoice, StructureSource,
};
use equijump_engine::transport::presets::DEFAULT_PRESET;

use super::app::{EquiJumpApp, PendingJob};
use super::dialogs::Dialog;
use super::dialogs::choice::{ChainChoice, SegmentChoice};
use super::dialogs::open_path::OpenPath;
use super::file_dialogs::{FileAnswer, Purpose};
use super::log::Level;
use super::models::ModelState;
use super::observer::Subject;
use super::preferences::follow_model;
use super::project::{Opened, Phase, Run};

/// The frame interval before a model has told its own; only the time axis of an empty plot sees it.
const PAPER_FRAME_INTERVAL_PS: f64 = 100.0;

impl EquiJumpApp {
    /// Takes all events that have arrived.
    pub(super) fn take_events(&mut self) {
        while let Some(event) = self.session.try_recv() {
            self.take_event(event);
        }
    }

    fn run_of(&mut self, job: JobId) -> Option<&mut Run> {
        self.project.run.as_mut().filter(|run| run.job == job)
    }

    fn take_event(&mut self, event: Event) {
        match event {
            Event::StructureOpened { job, structure } => self.structure_opened(job, structure),
            Event::StructureNeedsChoice { request, choice, .. } => {
                self.dialog = Some(match choice {
                    StructureChoice::Chain(chains) => Dialog::Chain(ChainChoice::new(request, chains)),
                    StructureChoice::LongestSegment(sentence) => {
                        Dialog::Segment(SegmentChoice::new(request, sentence))
                    }
                });
            }
            Event::ModelLoaded { job, model } => {
                if matches!(self.model.state, ModelState::Loading(wanted) if wanted == job) {
                    self.log.note(Level::Info, format!("Model {} is ready.", model.name));
                    if let Ok(preset) = model.presets.get(DEFAULT_PRESET) {
                        let settings = &mut self.preferences.run.sampler;
                        follow_model(settings, &self.model.defaults, &preset.settings);
                        self.model.defaults = preset.settings;
                    }
                    self.model.state = ModelState::Loaded(model);
                }
            }
            Event::SimulationStarted { job, run: info } => {
                if let Some(run) = self.run_of(job) {
                    run.frames = info.first_new_frame.max(1);
                    run.info = Some(info);
                    run.phase = Phase::Running;
                    self.timeline.set_frame_count(self.project.frame_count());
                    self.observe();
                }
            }
            Event::RunState { job, state } => match self.run_of(job) {
                Some(run) => run.set_state(state),
                None => self.training_state(job, state),
            },
            Event::LatentProgress { job, frame, progress } => {
                if let Some(run) = self.run_of(job) {
                    run.latent = Some((frame, progress));
                }
            }
            Event::FramesMade { job, last_frame, .. } => {
                if let Some(run) = self.run_of(job) {
                    run.frames = last_frame + 1;
                    self.timeline.set_frame_count(self.project.frame_count());
                    self.observer.frames_made();
                }
            }
            Event::Progress { job, progress } => {
                if let Some(run) = self.run_of(job) {
                    run.progress = Some(progress);
                } else if !self.import_progress(job, progress) {
                    self.evaluation_progress(job, progress);
                }
            }
            Event::Notice { job, notice } => {
                if !self.training_notice(job, &notice.0) && !self.evaluation_notice(job, &notice.0) {
                    self.log.tell(Level::Warning, notice.0);
                }
            }
            Event::Exported { job, .. } if self.is_sample_export(job) => {}
            Event::Exported { job, frames, files } => {
                self.exported(job);
                let names: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
                let plural = if frames == 1 { "frame" } else { "frames" };
                self.log.tell(Level::Success, format!("Wrote {frames} {plural}: {}", names.join(", ")));
            }
            Event::Imported { job, report } => self.imported(job, report),
            Event::TrainingProgress { job, progress } => self.training_progress(job, progress),
            Event::Trained { job, result } => self.trained(job, &result),
            Event::EvaluationStage { job, stage } => self.evaluation_stage(job, stage),
            Event::Evaluated { job, evaluation } => self.evaluated(job, evaluation),
            // The window asks for none of these.
            Event::StageBegan { .. }
            | Event::VariantCompared { .. }
            | Event::CellStudied { .. }
            | Event::PairsDrawn { .. } => {}
            Event::JobEnded { job, outcome } => self.job_ended(job, outcome),
        }
    }

    /// Only what has been written counts as saved: a full disk or a closed window would lose it.
    fn exported(&mut self, job: JobId) {
        for pending in &self.pending {
            if let (PendingJob::Export(export), Some(run)) = (pending, &mut self.project.run)
                && (export.job, export.run) == (job, run.job)
            {
                run.frames_saved = run.frames_saved.max(export.frames_saved);
            }
        }
    }

    fn structure_opened(&mut self, job: JobId, structure: OpenedStructure) {
        // Only the structure asked for last is shown.
        if !self.pending.contains(&PendingJob::Open(job)) {
            return;
        }
        if let Some(path) = &structure.path {
            self.preferences.remember_file(path);
        }
        let name = structure.topology.name.clone();
        self.log
            .note(Level::Info, format!("Opened {name}, {} residues.", structure.topology.residue_count()));
        for notice in &structure.notices {
            self.log.note(Level::Warning, format!("{name}: {}", notice.0));
        }
        if !structure.notices.is_empty() && structure.path.is_some() {
            let count = structure.notices.len();
            let plural = if count == 1 { "notice" } else { "notices" };
            self.log.tell(Level::Warning, format!("{name} was read with {count} {plural}, see the log."));
        }
        self.project.opened = Some(Opened { structure });
        self.project.open_error = None;
        self.project.run = None;
        self.project.shown = None;
        self.details = None;
        self.map_selection = None;
        self.timeline.reset(1);
        self.molecule_opened();
        self.observe();
    }

    /// Tells the observer what to look at: the structure, and the run if there is one.
    pub(super) fn observe(&mut self) {
        let Some(opened) = &self.project.opened else { return };
        let run = self.project.run.as_ref();
        self.observer.observe(Subject {
            topology: opened.structure.topology.clone(),
            reference: opened.structure.positions_angstrom.clone(),
            run: run.and_then(Run::history).cloned(),
            frame_interval_ps: run.and_then(Run::frame_interval_ps).unwrap_or(PAPER_FRAME_INTERVAL_PS),
        });
        // The observer has forgotten the measurements and the frame on screen as well.
        self.observer.measure(self.measurements.list());
        if let Some(shown) = &self.project.shown {
            self.observer.inspect(shown.frame, shown.replica, shown.positions.clone());
        }
    }

    fn job_ended(&mut self, job: JobId, outcome: JobOutcome) {
        if self.training_job_ended(job, &outcome) || self.evaluation_job_ended(job, &outcome) {
            return;
        }
        let opening = self.pending.contains(&PendingJob::Open(job));
        self.pending.retain(|pending| pending.id() != job);
        if matches!(self.model.state, ModelState::Loading(wanted) if wanted == job) {
            self.model.state = match &outcome {
                JobOutcome::Failed(reason) => ModelState::Failed(reason.clone()),
                JobOutcome::Finished | JobOutcome::Cancelled => ModelState::None,
            };
        }
        if let Some(run) = self.run_of(job) {
            run.phase = Phase::Ended(outcome.clone());
            run.latent = None;
            let made = run.frames.saturating_sub(1);
            match &outcome {
                JobOutcome::Finished => {
                    self.log.tell(Level::Success, format!("The run has finished with {made} frames."));
                }
                JobOutcome::Cancelled => {
                    self.log.note(Level::Info, format!("The run was stopped after {made} frames."));
                }
                JobOutcome::Failed(_) => {}
            }
            if self.project.frame_count() <= 1 {
                self.timeline.pause();
            }
        }
        if let JobOutcome::Failed(reason) = outcome {
            if opening {
                self.project.open_error = Some(reason.clone());
            }
            self.log.tell(Level::Error, reason);
        }
    }

    /// Takes the answers of file dialogs.
    pub(super) fn take_file_answers(&mut self) {
        while let Some((purpose, answer)) = self.file_dialogs.poll() {
            let taken = self.dialog.as_mut().is_some_and(|dialog| dialog.take_answer(purpose, &answer));
            if taken {
                continue;
            }
            match (purpose, answer) {
                (Purpose::OpenStructure, FileAnswer::Picked(path)) => {
                    self.ask_before_opening(OpenRequest::new(StructureSource::File(path)));
                }
                (Purpose::OpenStructure | Purpose::OpenModel, FileAnswer::Unavailable) => {
                    self.dialog = Some(Dialog::OpenPath(OpenPath::new(purpose, true)));
                }
                (purpose, FileAnswer::Unavailable) => {
                    log::info!("no file dialog for {purpose:?}");
                    let advice = "This desktop offers no file dialog; type the path into the field.";
                    self.log.tell(Level::Warning, advice);
                }
                (Purpose::RunOutput, FileAnswer::Picked(path)) => {
                    // The dialog of the desktop has asked about replacing.
                    self.preferences.run.output.overwrite = path.exists();
                    self.preferences.run.output.path = path.display().to_string();
                }
                (Purpose::OpenModel, FileAnswer::Picked(path)) => self.choose_model(Some(path)),
                (purpose, FileAnswer::Picked(path)) => {
                    if !self.training_path_picked(purpose, path.clone()) {
                        self.evaluation_path_picked(purpose, path);
                    }
                }
                (_, FileAnswer::Dismissed) => {}
            }
        }
    }
}
