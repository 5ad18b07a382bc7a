//! Taking in what the engine and the desktop answered.

use std::path::PathBuf;
use std::sync::Arc;

use equijump_engine::session::{
    Event, JobId, JobOutcome, Notice, OpenRequest, OpenedStructure, OpenedTrajectory, RunInfo,
    StructureChoice, StructureSource, TrajectoryNeed,
};
use equijump_engine::transport::presets::DEFAULT_PRESET;

use super::app::{EquiJumpApp, PendingJob};
use super::dialogs::Dialog;
use super::dialogs::choice::{ChainChoice, SegmentChoice, ToOpen};
use super::dialogs::open_path::OpenPath;
use super::dialogs::remedy::Remedy;
use super::dialogs::trajectory_needs::{IntervalChoice, TopologyChoice};
use super::file_dialogs::{FileAnswer, Purpose};
use super::log::Level;
use super::models::ModelState;
use super::observer::Subject;
use super::preferences::follow_model;
use super::project::{Opened, Phase, Run, grouped};
use super::runs::{Origin, Starting};
use super::session_file::Entry;
use super::training::in_window_words;

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
        self.project.run_of_job(job)
    }

    /// Takes what the observers of runs that are not on view have found out.
    pub(super) fn take_observations_of_others(&mut self) {
        for other in &mut self.project.others {
            other.take_observations();
        }
        self.tell_of_finished_runs();
    }

    /// Tells that runs have finished once their frames have been looked at: a run of torn molecules is no success.
    fn tell_of_finished_runs(&mut self) {
        let waiting = std::mem::take(&mut self.finished);
        for job in waiting {
            let own =
                self.project.run.as_ref().filter(|run| run.job == job).map(|run| (run, &self.observations));
            let others = self.project.others.iter().map(|other| (&other.run, &other.observations));
            let Some((run, observations)) = own.into_iter().chain(others).find(|(run, _)| run.job == job)
            else {
                continue;
            };
            let replicas = run.info.as_ref().map_or(1, |info| info.replicas) as u64;
            let made = grouped(run.frames.saturating_sub(1));
            match observations.validity.as_ref().filter(|all| all.frames >= run.frames * replicas) {
                None => self.finished.push(job),
                Some(all) => {
                    let broken = all.frames - all.intact_frames;
                    let (level, intact) = match broken {
                        0 => (Level::Success, "all intact".to_owned()),
                        _ => (Level::Warning, format!("{} not intact", grouped(broken))),
                    };
                    let sentence = format!("Run {} has finished: {made} frames, {intact}.", run.number);
                    self.log.tell(level, sentence);
                }
            }
        }
    }

    /// The run that was asked for has begun: it comes on view, beside those there are, or goes on where it was.
    fn simulation_started(&mut self, job: JobId, info: RunInfo) {
        let Some(starting) = self.project.starting.take_if(|starting| starting.run.job == job) else {
            return;
        };
        let Starting { mut run, opened, extends } = starting;
        run.frames = info.first_new_frame.max(1);
        run.phase = Phase::Running;
        if let Some(before) = extends {
            let on_view = self.project.run.as_ref().is_some_and(|known| known.job == before);
            let Some(known) = self.project.run_of_job(before) else { return };
            let same_frames = match (known.history(), &info.history) {
                (Some(known), Some(now)) => Arc::ptr_eq(known, now),
                _ => false,
            };
            run.frames_saved = known.frames_saved;
            run.replica = known.replica;
            run.in_plots = known.in_plots;
            run.info = Some(info);
            *known = run;
            if on_view {
                self.project.shown = None;
                self.timeline.set_frame_count(self.project.frame_count());
                self.timeline.follow();
                if !same_frames {
                    self.observe();
                }
            }
            return;
        }
        run.info = Some(info);
        self.put_run_aside();
        let same = self
            .project
            .opened
            .as_ref()
            .is_some_and(|known| Arc::ptr_eq(&known.structure.topology, &opened.structure.topology));
        self.project.opened = Some(opened);
        self.project.run = Some(run);
        self.project.shown = None;
        self.map_selection = None;
        self.frame_group = None;
        self.timeline.reset(1);
        self.timeline.follow();
        self.timeline.set_frame_count(self.project.frame_count());
        if !same {
            self.molecule_opened();
        }
        self.observe();
    }

    /// Trajectories come on view as a run that is over.
    fn trajectory_opened(&mut self, job: JobId, trajectory: OpenedTrajectory) {
        if !self.pending.contains(&PendingJob::Open(job)) && !self.is_restoring(job) {
            return;
        }
        let entry = self.entry_of_job(job);
        let OpenedTrajectory { structure, run: info, recorded } = trajectory;
        let mut files = info.outputs.clone();
        files.extend(structure.path.clone().filter(|_| files.is_empty()));
        if let Some(file) =
            recorded.as_ref().map(|run| run.output.with_extension("json")).or(files.first().cloned())
        {
            self.preferences.remember_file(&file);
        }
        let number = self.project.next_number();
        let mut run = Run::opened(job, number, Origin::Opened { files, recorded }, info);
        run.entry = entry;
        let name = structure.topology.name.clone();
        self.log.note(Level::Info, format!("Opened {} frames of {name}.", run.frames));
        self.tell_notices(&name, &structure.notices);
        self.put_run_aside();
        self.project.opened = Some(Opened { structure, entry: None });
        self.project.open_error = None;
        self.project.run = Some(run);
        self.project.shown = None;
        self.map_selection = None;
        self.frame_group = None;
        self.timeline.reset(self.project.frame_count());
        self.molecule_opened();
        self.observe();
    }

    /// How what a job has opened can be opened again.
    fn entry_of_job(&mut self, job: JobId) -> Option<Entry> {
        let place = self.opening.iter().position(|(known, _)| *known == job)?;
        Some(self.opening.swap_remove(place).1)
    }

    /// What reading a file changed or left out.
    fn tell_notices(&mut self, name: &str, notices: &[Notice]) {
        for notice in notices {
            self.log.note(Level::Warning, format!("{name}: {}", notice.0));
        }
        if !notices.is_empty() {
            let count = notices.len();
            let plural = if count == 1 { "notice" } else { "notices" };
            self.log.tell(Level::Warning, format!("{name} was read with {count} {plural}, see the log."));
        }
    }

    fn take_event(&mut self, event: Event) {
        match event {
            Event::StructureOpened { job, structure } => self.structure_opened(job, structure),
            // What cannot be opened without an answer is left out of a session that comes back.
            Event::TrajectoryNeeds { job, .. } | Event::StructureNeedsChoice { job, .. }
                if self.is_restoring(job) =>
            {
                self.restored(job, &JobOutcome::Failed("its files are not as they were".to_owned()));
            }
            Event::StructureNeedsChoice { request, choice, .. } => {
                self.dialog = Some(match choice {
                    StructureChoice::Chain(chains) => {
                        Dialog::Chain(ChainChoice::new(ToOpen::Structure(request), chains))
                    }
                    StructureChoice::LongestSegment(sentence) => {
                        Dialog::Segment(SegmentChoice::new(request, sentence))
                    }
                });
            }
            Event::TrajectoryOpened { job, trajectory } => self.trajectory_opened(job, *trajectory),
            Event::TrajectoryNeeds { request, need, .. } => {
                self.dialog = Some(match need {
                    TrajectoryNeed::Chain(chains) => {
                        Dialog::Chain(ChainChoice::new(ToOpen::Trajectory(request), chains))
                    }
                    TrajectoryNeed::Topology(sentence) => {
                        Dialog::Topology(TopologyChoice::new(request, sentence))
                    }
                    TrajectoryNeed::Interval => Dialog::Interval(IntervalChoice::new(request)),
                });
            }
            Event::ModelLoaded { job, model } => {
                if matches!(self.model.state, ModelState::Loading(wanted) if wanted == job) {
                    self.log.note(Level::Info, format!("Model {} is ready.", model.name));
                    if let Ok(preset) = model.presets.get(DEFAULT_PRESET) {
                        let settings = &mut self.preferences.run.sampler;
                        follow_model(settings, &self.model.defaults, &preset.settings);
                        self.model.defaults = preset.settings;
                        self.take_choices_as_they_are();
                    }
                    self.observer.trust(model.trust.clone());
                    self.model.state = ModelState::Loaded(model);
                }
            }
            Event::SimulationStarted { job, run } => self.simulation_started(job, run),
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
                let Some(run) = self.run_of(job) else { return };
                run.frames = last_frame + 1;
                if self.project.run.as_ref().is_some_and(|run| run.job == job) {
                    self.timeline.set_frame_count(self.project.frame_count());
                    self.observer.frames_made();
                } else if let Some(other) = self.project.others.iter().find(|other| other.run.job == job) {
                    other.frames_made();
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
                    self.log.tell(Level::Warning, in_window_words(&notice.0));
                }
            }
            Event::Exported { job, .. } if self.is_sample_export(job) => {}
            Event::Exported { job, frames, files } => {
                self.exported(job, &files);
                let names: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
                let plural = if frames == 1 { "frame" } else { "frames" };
                self.log.tell(Level::Success, format!("Wrote {frames} {plural}: {}", names.join(", ")));
            }
            Event::Imported { job, report } => self.imported(job, report),
            Event::TrainingProgress { job, progress } => self.training_progress(job, progress),
            Event::Trained { job, result } => self.trained(job, &result),
            Event::EvaluationStage { job, stage } => self.evaluation_stage(job, stage),
            Event::JumpsTested { job, test } => self.jumps_tested(job, test),
            Event::BranchesTested { job, test } => self.branches_tested(job, test),
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
    fn exported(&mut self, job: JobId, files: &[PathBuf]) {
        for pending in &self.pending {
            if let PendingJob::Export(export) = pending
                && export.job == job
                && let Some(run) = self.project.run_of_job(export.run)
            {
                run.frames_saved = run.frames_saved.max(export.frames_saved);
                if export.whole {
                    run.saved_as = files.first().cloned();
                }
            }
        }
    }

    fn structure_opened(&mut self, job: JobId, structure: OpenedStructure) {
        // Only the structure asked for last is shown.
        if !self.pending.contains(&PendingJob::Open(job)) && !self.is_restoring(job) {
            return;
        }
        let entry = self.entry_of_job(job);
        if let Some(path) = &structure.path {
            self.preferences.remember_file(path);
        }
        let name = structure.topology.name.clone();
        self.log
            .note(Level::Info, format!("Opened {name}, {} residues.", structure.topology.residue_count()));
        if structure.path.is_some() {
            self.tell_notices(&name, &structure.notices);
        }
        self.put_run_aside();
        if self.model.choose_for(&structure.topology.sequence()) {
            self.load_model();
        }
        self.project.opened = Some(Opened { structure, entry });
        self.project.open_error = None;
        self.project.shown = None;
        self.details = None;
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
        let entry = self.entry_of_job(job);
        if self.restored(job, &outcome) {
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
        // One that could not begin leaves what is on view as it is.
        let began = self.project.starting.take_if(|starting| starting.run.job == job).is_none();
        if let Some(run) = self.run_of(job) {
            run.phase = Phase::Ended(outcome.clone());
            run.latent = None;
            let made = run.frames.saturating_sub(1);
            match &outcome {
                JobOutcome::Finished => {
                    self.log.note(Level::Info, format!("The run has made {made} frames."));
                    self.finished.push(job);
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
            let reason = in_window_words(&reason);
            if !began {
                self.dialog =
                    Some(Dialog::Remedy(Remedy::new("The run did not start", reason.clone(), Vec::new())));
            }
            if opening {
                self.project.open_error = Some(reason.clone());
                if let Some(entry) = entry {
                    self.not_opened(entry, reason.clone());
                }
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
                    self.open(OpenRequest::new(StructureSource::File(path)));
                }
                (Purpose::SaveProject, FileAnswer::Picked(path)) => self.save_project(&path),
                (Purpose::MdStartFolder, FileAnswer::Picked(path)) => self.write_md_start(&path),
                (Purpose::TrainingScriptFolder, FileAnswer::Picked(path)) => {
                    self.write_training_script(&path)
                }
                (
                    Purpose::OpenStructure
                    | Purpose::OpenModel
                    | Purpose::SaveProject
                    | Purpose::MdStartFolder
                    | Purpose::TrainingScriptFolder,
                    FileAnswer::Unavailable,
                ) => {
                    self.dialog = Some(Dialog::OpenPath(OpenPath::new(purpose, true)));
                }
                (purpose, FileAnswer::Unavailable) => {
                    log::info!("no file dialog for {purpose:?}");
                    let advice = "This desktop offers no file dialog; type the path into the field.";
                    self.log.tell(Level::Warning, advice);
                }
                (Purpose::RunOutput, FileAnswer::Picked(path)) => {
                    // The dialog of the desktop has asked about replacing.
                    let output = &mut self.preferences.run.output;
                    output.enabled = true;
                    output.overwrite = path.exists();
                    output.path = path.display().to_string();
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
