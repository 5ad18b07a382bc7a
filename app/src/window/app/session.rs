//! Writing the session, and opening it again.

use std::collections::VecDeque;
use std::path::Path;

use equijump_engine::session::{self, JobEvent, JobOutcome, OpenRequest};

use super::EquiJumpApp;
use crate::shared::examples::EXAMPLES;
use crate::window::action::Action;
use crate::window::columns::Columns;
use crate::window::ghost::Ghost;
use crate::window::kept_map::KeptMap;
use crate::window::layout;
use crate::window::log::Level;
use crate::window::running::Running;
use crate::window::runs::{Opened, Run};
use crate::window::session_file::{Entry, ReadProject, Restoring, SessionFile, VERSION, absolute};
use crate::window::wording::in_window_words;

/// Says at the foot of the window what is being read, once that takes a while.
pub(super) fn reading_ui(ui: &mut egui::Ui, being_read: Option<&str>, actions: &mut Vec<Action>) {
    let waited = ui.ctx().animate_bool_with_time(egui::Id::unique("reading"), being_read.is_some(), 0.5);
    let Some(name) = being_read.filter(|_| waited >= 1.0) else { return };
    ui.label(format!("Reading {name}…"));
    if ui.small_button("Cancel").on_hover_text("Wait for it no longer").clicked() {
        actions.push(Action::StopReading);
    }
    ui.separator();
}

/// How the frames of a run can be opened again: by its own files, or by what was exported of it.
fn entry_of(run: &Run) -> Option<Entry> {
    let frames = |path: &Path| Entry::Frames {
        files: vec![absolute(path)],
        topology: None,
        chain: None,
        interval_ps: None,
    };
    let written = run.request.as_ref().and_then(|request| request.output.as_ref());
    let written = written.map(|output| &output.path).or(run.saved_run.as_ref());
    let written = written.map(|path| frames(&path.with_extension("json")));
    run.entry.clone().or(written).or_else(|| run.saved_as.as_deref().map(frames))
}

impl EquiJumpApp {
    /// The session as it is; runs whose frames are in no file are left out, their structure stays.
    pub(in crate::window) fn session_file(&self) -> SessionFile {
        let mut file = SessionFile { version: VERSION, ..SessionFile::default() };
        let own = self.project.run.iter().map(|run| (run, self.project.opened.as_ref()));
        let others = self.project.others.iter().map(|other| (&other.run, Some(&other.opened)));
        let mut open: Vec<(&Run, Option<&Opened>)> = own.chain(others).collect();
        open.sort_by_key(|(run, _)| run.number);
        let on_view = self.project.run.as_ref().map(|run| run.number);
        for (run, opened) in open {
            let structure = || opened.and_then(|opened| opened.entry.clone());
            if let Some(entry) = entry_of(run).or_else(structure) {
                if Some(run.number) == on_view {
                    file.on_view = file.entries.len();
                    file.frame = self.timeline.frame();
                    file.replica = run.replica;
                }
                file.entries.push(entry);
            }
        }
        if self.project.run.is_none()
            && let Some(entry) = self.project.opened.as_ref().and_then(|opened| opened.entry.clone())
        {
            file.on_view = file.entries.len();
            file.entries.push(entry);
        }
        // What could not be opened is not forgotten by that: its disk may come back.
        file.entries.extend(self.project.unopened.iter().map(|unopened| unopened.entry.clone()));
        file.selected = Some(self.selected.clone())
            .filter(|selected| !selected.text.is_empty() || !selected.painted.is_empty());
        // Where frames were looked at from is no place to look at their start structure from.
        let comes_back = self.project.run.as_ref().is_none_or(|run| entry_of(run).is_some());
        file.camera = comes_back.then(|| self.cache.molecule.viewport.camera());
        file.measurements = self.measurements.list().iter().map(|m| m.atoms().to_vec()).collect();
        file.marked_atom = self.selected_atom;
        file.map = Some(KeptMap::of(self.map_settings, self.cache.free_energy.layers));
        file
    }

    /// How many runs have their frames in no file.
    pub(super) fn runs_in_no_file(&self) -> usize {
        self.project.runs().into_iter().filter(|run| entry_of(run).is_none()).count()
    }

    /// Has a project file read.
    pub(in crate::window) fn open_project(&mut self, path: &Path) {
        let job = Running::new(self.session.start(ReadProject(path.to_owned())));
        self.reading.push_back((job, path.to_owned()));
    }

    /// The name of the file that is being read, if any is.
    pub(super) fn being_read(&self) -> Option<String> {
        let project = self.reading.front().map(|(_, path)| path.display().to_string());
        let of_session = self.restoring.as_ref().and_then(|restoring| {
            let (_, index) = restoring.jobs.front()?;
            Some(restoring.file.entries.get(*index)?.name())
        });
        let opening = self.opening.as_ref().and_then(|(_, entry)| Some(entry.as_ref()?.name()));
        let name = project.or(of_session).or(opening)?;
        let file = Path::new(&name).file_name().map(|file| file.to_string_lossy().into_owned());
        Some(file.unwrap_or(name))
    }

    /// Waits no more for what is being read. What else there was of a session can be opened from the list of runs.
    pub(super) fn stop_reading(&mut self) {
        self.reading.clear();
        self.opening = None;
        self.sessions.clear();
        let Some(Restoring { file, jobs, .. }) = self.restoring.take() else { return };
        for (_, index) in jobs {
            if let Some(entry) = file.entries.get(index) {
                self.not_opened(entry.clone(), "Reading it was canceled.".to_owned());
            }
        }
    }

    /// Takes the project files that have been read, in the order in which they were asked for.
    pub(in crate::window) fn take_projects(&mut self) {
        while let Some((job, _)) = self.reading.front_mut() {
            let Some(outcome) = job.take(|_| ()) else { return };
            let Some((_, path)) = self.reading.pop_front() else { return };
            match outcome {
                JobOutcome::Finished(file) => self.project_read(&path, file),
                JobOutcome::Cancelled => (),
                JobOutcome::Failed(error) => {
                    let reason = in_window_words(&error.what);
                    self.project.open_error = Some(reason.clone());
                    self.log.tell(Level::Error, reason);
                }
            }
        }
    }

    /// What is open gives way to a project, but for runs that go on or whose frames are in no file.
    fn make_way(&mut self) {
        self.put_run_aside();
        let stays = |run: &Run| run.is_active() || run.unsaved_frames(|_| 0) > 0;
        self.project.others.retain(|other| stays(&other.run));
        self.project.unopened.clear();
        self.timeline.reset(self.project.frame_count());
        self.observe();
        self.ghost = Ghost::None;
        self.ghost_changed();
        let kept = self.project.others.len();
        if kept > 0 {
            let runs = if kept == 1 { "A run".to_owned() } else { format!("{kept} runs") };
            self.log.note(Level::Info, format!("{runs} with frames in no file stayed beside the project."));
        }
    }

    /// Opens what a project holds in place of what is open, and makes the window as it was.
    fn project_read(&mut self, path: &Path, file: SessionFile) {
        if self.restoring.is_none() {
            self.make_way();
        }
        self.preferences.remember_file(path);
        if let Some(style) = file.style {
            self.set_style(style);
        }
        if let Some(run) = file.run.clone() {
            let same_model = run.model_file == self.preferences.run.model_file;
            self.preferences.run = run;
            if !same_model {
                self.choose_model(self.preferences.run.model_file.clone());
            }
        }
        if let Some(tree) = file.layout.clone().filter(layout::is_complete) {
            self.tree = tree;
            self.columns = Columns::default();
        }
        self.restore(file);
    }

    /// Opens all that a session holds, beside what is open; after another session that is still being opened. Returns
    /// whether there is anything.
    pub(in crate::window) fn restore(&mut self, file: SessionFile) -> bool {
        if self.restoring.is_some() {
            let any = !file.entries.is_empty();
            self.sessions.push_back(file);
            return any;
        }
        let mut jobs = VecDeque::new();
        let mut order: Vec<(usize, &Entry)> = file.entries.iter().enumerate().collect();
        // A structure without frames gives way to what is opened after it, so the one on view comes last.
        order.sort_by_key(|(index, entry)| *index == file.on_view && !matches!(entry, Entry::Frames { .. }));
        let mut unknown = Vec::new();
        for (index, entry) in order {
            match entry.job() {
                Some(job) => jobs.push_back((self.session.start(job), index)),
                None => unknown.push(entry.clone()),
            }
        }
        for entry in unknown {
            let reason = format!("There is no example {}.", entry.name());
            self.log.tell(Level::Warning, format!("{} was not opened again: {reason}", entry.name()));
            self.not_opened(entry, reason);
        }
        let any = !jobs.is_empty();
        self.restoring = any.then_some(Restoring { file, jobs, on_view: None });
        any
    }

    /// Opens an entry by itself.
    pub(in crate::window) fn open_entry(&mut self, entry: Entry) {
        match entry.job() {
            Some(job) => self.begin_opening(job, Some(entry)),
            None => self.not_opened(entry, "There is no such example.".to_owned()),
        }
    }

    /// Takes what has been opened of the session that comes back.
    pub(in crate::window) fn take_restored(&mut self) {
        loop {
            let Some(Restoring { file, jobs, .. }) = &mut self.restoring else { return };
            let outcome = match jobs.front().and_then(|(job, _)| job.try_next()) {
                Some(JobEvent::Ended(outcome)) => outcome,
                Some(JobEvent::Update(_)) => continue,
                None => return,
            };
            let Some((_, index)) = jobs.pop_front() else { return };
            let (done, on_view) = (jobs.is_empty(), index == file.on_view);
            if let Some(entry) = file.entries.get(index).cloned() {
                self.restore_entry(entry, outcome, on_view);
            }
            if done && let Some(restoring) = self.restoring.take() {
                self.come_back(&restoring);
                if let Some(next) = self.sessions.pop_front() {
                    self.make_way();
                    self.restore(next);
                } else if self.project.opened.is_none() {
                    self.open(OpenRequest::new(EXAMPLES[0].source()));
                }
            }
        }
    }

    /// Takes what came of opening an entry of the session.
    fn restore_entry(&mut self, entry: Entry, outcome: JobOutcome<session::Opened>, on_view: bool) {
        // What cannot be opened without an answer is left out.
        let reason = match outcome {
            JobOutcome::Finished(opened) => {
                let question = self.take_opened(opened, Some(entry.clone()));
                question.map(|_| "its files are not as they were".to_owned())
            }
            JobOutcome::Cancelled => None,
            JobOutcome::Failed(error) => Some(error.what),
        };
        match reason {
            Some(reason) => {
                let reason = in_window_words(&reason);
                self.log.tell(Level::Warning, format!("{} was not opened again: {reason}", entry.name()));
                self.not_opened(entry, reason);
            }
            None if on_view => {
                let number = self.project.run.as_ref().map(|run| run.number);
                if let Some(restoring) = &mut self.restoring {
                    restoring.on_view = number;
                }
            }
            None => (),
        }
    }

    /// All is open: back to where the session was left.
    fn come_back(&mut self, restoring: &Restoring) {
        let file = &restoring.file;
        if let Some(number) = restoring.on_view
            && self.project.run.as_ref().is_none_or(|run| run.number != number)
        {
            self.show_run(number);
        }
        if let Some(run) = &mut self.project.run {
            let replicas = run.info.as_ref().map_or(1, |info| info.replicas);
            run.replica = file.replica.min(replicas.saturating_sub(1));
        }
        self.timeline.go_to(file.frame);
        if let Some(selected) = &file.selected {
            self.selected.look = selected.look.clone();
            self.selected.painted = selected.painted.clone();
            self.select(&selected.text);
        }
        let Some(opened) = &self.project.opened else { return };
        let shown = self.project.run.as_ref().and_then(|run| run.entry.as_ref()).or(opened.entry.as_ref());
        let as_it_was = shown == file.entries.get(file.on_view);
        let atoms = opened.structure.topology.atom_count();
        self.measurements.restore(file.measurements.iter().filter(|m| m.iter().all(|atom| *atom < atoms)));
        self.selected_atom = file.marked_atom.filter(|atom| *atom < atoms);
        self.cache.molecule.viewport.set_selected_atom(self.selected_atom);
        self.measurements_changed();
        if let Some(map) = &file.map {
            self.cache.free_energy.layers = map.layers;
            self.set_map(map.settings(atoms));
        }
        if let Some(camera) = file.camera.filter(|_| as_it_was) {
            self.cache.molecule.viewport.restore_camera(camera);
        }
    }
}
