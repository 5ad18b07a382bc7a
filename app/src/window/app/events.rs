//! Taking in what the engine and the desktop answered.

use std::sync::Arc;

use equijump_engine::observe::observer::Subject;
use equijump_engine::remedy::Remedy;
use equijump_engine::session::{
    self, JobEvent, JobHandle, JobOutcome, Notice, OpenRequest, OpenedStructure, OpenedTrajectory, Report,
    Simulate, SimulationUpdate, StartedRun, StructureChoice, StructureSource, TrajectoryNeed,
};
use equijump_engine::transport::presets::DEFAULT_PRESET;

use super::EquiJumpApp;
use crate::window::action::Action;
use crate::window::dialogs::Dialog;
use crate::window::dialogs::choice::{ChainChoice, SegmentChoice, ToOpen};
use crate::window::dialogs::hindrance::Hindrance;
use crate::window::dialogs::open_path::OpenPath;
use crate::window::dialogs::trajectory_needs::{IntervalChoice, TopologyChoice};
use crate::window::file_dialogs::{FileAnswer, Purpose};
use crate::window::intact::Broken;
use crate::window::log::Level;
use crate::window::models::ModelState;
use crate::window::numbers::grouped;
use crate::window::preferences::{LiveOutput, follow_model};
use crate::window::runs::{Opened, Phase, Run};
use crate::window::runs::{Origin, Starting};
use crate::window::session_file::{self, Entry};
use crate::window::wording::in_window_words;

/// The frame interval before a model has told its own; only the time axis of an empty plot sees it.
const PAPER_FRAME_INTERVAL_PS: f64 = 100.0;

impl EquiJumpApp {
    /// Takes all that jobs have told.
    pub(in crate::window) fn take_events(&mut self) {
        self.take_model();
        self.take_opening();
        self.take_projects();
        self.take_restored();
        self.take_runs();
        self.take_exports();
        self.take_written();
        self.take_training();
        self.take_evaluation();
    }

    /// Takes what the observers of runs that are not on view have found out.
    pub(in crate::window) fn take_observations_of_others(&mut self) {
        for other in &mut self.project.others {
            other.take_observations();
        }
        self.tell_of_finished_runs();
    }

    /// Tells that runs have finished once their frames have been looked at: a run of torn molecules is no success.
    fn tell_of_finished_runs(&mut self) {
        let waiting = std::mem::take(&mut self.finished);
        for number in waiting {
            let own = self.project.run.as_ref().map(|run| (run, &self.observations));
            let others = self.project.others.iter().map(|other| (&other.run, &other.observations));
            let found = own.into_iter().chain(others).find(|(run, _)| run.number == number);
            let Some((run, observations)) = found else {
                continue;
            };
            let made = grouped(run.frames.saturating_sub(1));
            match Broken::of(run, observations) {
                None => self.finished.push(number),
                Some(broken) => {
                    let level = if broken.made == 0 { Level::Success } else { Level::Warning };
                    let sentence =
                        format!("Run {} has finished: {made} frames, {}.", run.number, broken.words());
                    self.log.tell(level, sentence);
                }
            }
        }
    }

    /// The run that was asked for has begun: it comes on view, beside those there are, or goes on where it was.
    fn simulation_started(&mut self, info: StartedRun) {
        let Some(starting) = self.project.starting.take() else { return };
        let Starting { mut run, opened, extends } = starting;
        run.frames = info.first_new_frame.max(1);
        run.phase = Phase::Running;
        if extends {
            let number = run.number;
            let on_view = self.project.run.as_ref().is_some_and(|known| known.number == number);
            let Some(known) = self.project.run_mut(number) else { return };
            let same_frames = match (known.history(), &info.history) {
                (Some(known), Some(now)) => Arc::ptr_eq(known, now),
                _ => false,
            };
            run.frames_saved.clone_from(&known.frames_saved);
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
        let same =
            self.project.opened.as_ref().is_some_and(|known| {
                known.structure.topology.residues() == opened.structure.topology.residues()
            });
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
    fn trajectory_opened(&mut self, trajectory: OpenedTrajectory, entry: Option<Entry>) {
        let OpenedTrajectory { structure, run: info, recorded } = trajectory;
        let mut files = info.outputs.clone();
        files.extend(structure.path.clone().filter(|_| files.is_empty()));
        if let Some(file) =
            recorded.as_ref().map(|run| run.output.with_extension("json")).or(files.first().cloned())
        {
            self.preferences.remember_file(&file);
        }
        let number = self.project.next_number();
        let mut run = Run::opened(number, Origin::Opened { files, recorded }, info);
        run.entry = entry;
        let name = structure.topology.name.clone();
        self.log.note(Level::Info, format!("Opened {} frames of {name}.", run.frames));
        self.tell_notices(&name, &structure.notices);
        self.put_run_aside();
        let sequence = structure.topology.sequence();
        let before = self.project.opened.as_ref().map(|before| before.structure.topology.sequence());
        // A model that was chosen for this protein stays.
        if before.as_ref() != Some(&sequence) && self.model.choose_for(&sequence) {
            self.load_model();
        }
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

    fn take_model(&mut self) {
        let Some(JobEvent::Ended(outcome)) = self.loading.as_ref().and_then(JobHandle::try_next) else {
            return;
        };
        self.loading = None;
        self.model.state = match outcome {
            JobOutcome::Finished(model) => {
                self.log.note(Level::Info, format!("Model {} is ready.", model.name));
                if let Ok(preset) = model.presets.get(DEFAULT_PRESET) {
                    let settings = &mut self.preferences.run.sampler;
                    follow_model(settings, &self.model.defaults, &preset.settings);
                    self.model.defaults = preset.settings;
                    self.take_choices_as_they_are();
                }
                self.observer.trust(model.trust.clone());
                ModelState::Loaded(model)
            }
            JobOutcome::Cancelled => ModelState::None,
            JobOutcome::Failed(error) => {
                let reason = in_window_words(&error.what);
                self.log.tell(Level::Error, reason.clone());
                ModelState::Failed(reason)
            }
        };
    }

    /// Takes what was opened, or what must be answered first.
    fn take_opening(&mut self) {
        let Some((job, _)) = &self.opening else { return };
        let Some(JobEvent::Ended(outcome)) = job.try_next() else { return };
        let entry = self.opening.take().and_then(|(_, entry)| entry);
        match outcome {
            JobOutcome::Finished(opened) => {
                let question = self.take_opened(opened, entry.clone());
                if question.is_none() {
                    self.project.unopened.retain(|known| Some(&known.entry) != entry.as_ref());
                }
                self.dialog = question.or(self.dialog.take());
            }
            JobOutcome::Cancelled => (),
            JobOutcome::Failed(error) => {
                let reason = in_window_words(&error.what);
                self.project.open_error = Some(reason.clone());
                // Of what the user opens the line of messages is enough; what belongs to the session stays on the list.
                let of_session =
                    self.project.unopened.iter_mut().find(|known| Some(&known.entry) == entry.as_ref());
                if let Some(known) = of_session {
                    known.reason.clone_from(&reason);
                }
                self.log.tell(Level::Error, reason);
            }
        }
    }

    /// Brings what was opened on view; what must be answered first is asked by the dialog that is returned.
    pub(in crate::window) fn take_opened(
        &mut self,
        opened: session::Opened,
        entry: Option<Entry>,
    ) -> Option<Dialog> {
        match opened {
            session::Opened::Structure(structure) => self.structure_opened(structure, entry),
            session::Opened::Trajectory(trajectory) => self.trajectory_opened(*trajectory, entry),
            session::Opened::StructureChoice(request, choice) => {
                return Some(match choice {
                    StructureChoice::Chain(chains) => {
                        Dialog::Chain(ChainChoice::new(ToOpen::Structure(request), chains))
                    }
                    StructureChoice::LongestSegment(sentence) => {
                        Dialog::Segment(SegmentChoice::new(request, sentence))
                    }
                });
            }
            session::Opened::TrajectoryNeed(request, need) => {
                return Some(match need {
                    TrajectoryNeed::Chain(chains) => {
                        Dialog::Chain(ChainChoice::new(ToOpen::Trajectory(request), chains))
                    }
                    TrajectoryNeed::Topology(sentence) => {
                        Dialog::Topology(TopologyChoice::new(request, sentence))
                    }
                    TrajectoryNeed::Interval => Dialog::Interval(IntervalChoice::new(request)),
                });
            }
        }
        None
    }

    /// Takes what simulations tell.
    fn take_runs(&mut self) {
        while let Some(event) = self.project.starting.as_ref().and_then(|starting| starting.run.next_event())
        {
            self.take_starting(event);
        }
        let going_on = self.project.runs().into_iter().filter(|run| run.job.is_some());
        for number in going_on.map(|run| run.number).collect::<Vec<_>>() {
            while let Some(event) = self.project.run_of_number(number).and_then(Run::next_event) {
                self.take_run(number, event);
            }
        }
    }

    /// Something about the run that was asked for and has not begun.
    fn take_starting(&mut self, event: JobEvent<Simulate>) {
        match event {
            JobEvent::Update(SimulationUpdate::Started(info)) => self.simulation_started(*info),
            JobEvent::Update(SimulationUpdate::State(state)) => {
                if let Some(starting) = &mut self.project.starting {
                    starting.run.set_state(state);
                }
            }
            JobEvent::Update(SimulationUpdate::Report(Report::Notice(notice))) => self.warn(&notice.0),
            JobEvent::Update(_) => (),
            JobEvent::Ended(outcome) => {
                // One that could not begin leaves what is on view as it is.
                let starting = self.project.starting.take();
                let JobOutcome::Failed(error) = outcome else { return };
                let reason = in_window_words(&error.what);
                let begins = starting.is_some_and(|starting| !starting.extends);
                let output = &self.preferences.run.output;
                let ways = match error.remedy {
                    Some(Remedy::Replace) if begins && output.enabled => {
                        let output = LiveOutput { overwrite: true, ..output.clone() };
                        vec![("Replace", vec![Action::SimulateWriting(output)])]
                    }
                    _ => Vec::new(),
                };
                self.dialog =
                    Some(Dialog::Hindrance(Hindrance::new("The run did not start", reason.clone(), ways)));
                self.log.tell(Level::Error, reason);
            }
        }
    }

    /// Something about a run that goes on.
    fn take_run(&mut self, number: u32, event: JobEvent<Simulate>) {
        let on_view = self.project.run.as_ref().is_some_and(|run| run.number == number);
        let Some(run) = self.project.run_mut(number) else { return };
        match event {
            JobEvent::Update(SimulationUpdate::Started(_)) => (),
            JobEvent::Update(SimulationUpdate::State(state)) => run.set_state(state),
            JobEvent::Update(SimulationUpdate::Latent { frame, progress }) => {
                run.latent = Some((frame, progress));
            }
            JobEvent::Update(SimulationUpdate::FramesMade { last_frame, .. }) => {
                run.frames = last_frame + 1;
                if on_view {
                    self.timeline.set_frame_count(self.project.frame_count());
                    self.observer.frames_made();
                } else if let Some(other) =
                    self.project.others.iter().find(|other| other.run.number == number)
                {
                    other.frames_made();
                }
            }
            JobEvent::Update(SimulationUpdate::Report(Report::Progress(progress))) => {
                run.progress = Some(progress);
            }
            JobEvent::Update(SimulationUpdate::Report(Report::Notice(notice))) => self.warn(&notice.0),
            JobEvent::Update(SimulationUpdate::Report(Report::Stage(_))) => (),
            JobEvent::Ended(outcome) => self.run_ended(number, outcome),
        }
    }

    fn run_ended(&mut self, number: u32, outcome: JobOutcome) {
        let Some(run) = self.project.run_mut(number) else { return };
        run.job = None;
        run.phase = Phase::Ended(outcome.clone());
        run.latent = None;
        let made = run.frames.saturating_sub(1);
        match outcome {
            JobOutcome::Finished(()) => {
                self.log.note(Level::Info, format!("The run has made {made} frames."));
                self.finished.push(number);
            }
            JobOutcome::Cancelled => {
                self.log.note(Level::Info, format!("The run was stopped after {made} frames."));
            }
            JobOutcome::Failed(error) => self.log.tell(Level::Error, in_window_words(&error.what)),
        }
        if self.project.frame_count() <= 1 {
            self.timeline.pause();
        }
    }

    fn warn(&mut self, sentence: &str) {
        self.log.tell(Level::Warning, in_window_words(sentence));
    }

    fn structure_opened(&mut self, structure: OpenedStructure, entry: Option<Entry>) {
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
    pub(in crate::window) fn observe(&mut self) {
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

    /// Takes the answers of file dialogs.
    pub(in crate::window) fn take_file_answers(&mut self) {
        while let Some((purpose, answer)) = self.file_dialogs.poll() {
            let taken = self.dialog.as_mut().is_some_and(|dialog| dialog.take_answer(purpose, &answer));
            if taken {
                continue;
            }
            match (purpose, answer) {
                (Purpose::OpenStructure, FileAnswer::Picked(path)) => {
                    self.open(OpenRequest::new(StructureSource::File(path)));
                }
                (Purpose::SaveProject, FileAnswer::Picked(path)) => self.ask_before_saving_project(&path),
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
                    let mut form = OpenPath::new(purpose, true);
                    if purpose == Purpose::SaveProject {
                        form.path.set(self.proposal("project", session_file::EXTENSION));
                    }
                    self.dialog = Some(Dialog::OpenPath(form));
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
