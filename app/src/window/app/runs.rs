//! Changing between the runs of a session, and closing them.

use equijump_engine::observe::observer::Observer;
use equijump_engine::session::SimulationRequest;

use super::EquiJumpApp;
use crate::window::action::Action;
use crate::window::command::UiCommand;
use crate::window::dialogs::Dialog;
use crate::window::dialogs::hindrance::Hindrance;
use crate::window::ghost::Ghost;
use crate::window::log::Level;
use crate::window::numbers::grouped;
use crate::window::runs::{Origin, OtherRun, Unopened};
use crate::window::session_file::Entry;

impl EquiJumpApp {
    /// Puts the run on view aside, with its numbers. A structure without frames is not kept.
    pub(in crate::window) fn put_run_aside(&mut self) {
        let frame = self.timeline.frame();
        let Some(run) = self.project.run.take() else { return };
        self.project.shown = None;
        self.details = None;
        self.map_selection = None;
        self.frame_group = None;
        let Some(opened) = self.project.opened.clone().filter(|_| run.frames > 1 || run.is_active()) else {
            return;
        };
        let observer = match Observer::start(self.wake.clone()) {
            Ok(fresh) => {
                fresh.map(self.map_settings);
                fresh.trust(self.model.trust());
                Some(std::mem::replace(&mut self.observer, fresh))
            }
            Err(error) => {
                self.log.note(Level::Warning, format!("A run is no longer measured: {error}."));
                None
            }
        };
        let observations = std::mem::take(&mut self.observations);
        let other = OtherRun { opened, run, observations, observer, frame };
        let place = self.project.others.partition_point(|known| known.run.number < other.run.number);
        self.project.others.insert(place, other);
    }

    /// Lists what could not be opened, with the reason.
    pub(in crate::window) fn not_opened(&mut self, entry: Entry, reason: String) {
        self.project.unopened.retain(|known| known.entry != entry);
        self.project.unopened.push(Unopened { entry, reason });
    }

    /// Tries once more to open what could not be opened.
    pub(in crate::window) fn open_again(&mut self, place: usize) {
        if let Some(unopened) = self.project.unopened.get(place) {
            self.open_entry(unopened.entry.clone());
        }
    }

    /// Takes what could not be opened off the list.
    pub(in crate::window) fn forget_unopened(&mut self, place: usize) {
        if place < self.project.unopened.len() {
            self.project.unopened.remove(place);
        }
    }

    /// Brings a run on view.
    pub(in crate::window) fn show_run(&mut self, number: u32) {
        let Some(place) = self.project.others.iter().position(|other| other.run.number == number) else {
            return;
        };
        let other = self.project.others.remove(place);
        // The two change places.
        if let (Ghost::Run(beside), Some(run)) = (&mut self.ghost, &self.project.run)
            && *beside == number
        {
            *beside = run.number;
        }
        self.put_run_aside();
        let before = self.project.opened.replace(other.opened);
        let same_protein = before.as_ref().is_some_and(|before| {
            let now = self.project.opened.as_ref();
            now.is_some_and(|now| before.structure.topology.residues() == now.structure.topology.residues())
        });
        self.project.open_error = None;
        self.project.run = Some(other.run);
        self.project.shown = None;
        self.timeline.reset(self.project.frame_count());
        self.timeline.go_to(other.frame);
        if !same_protein {
            let sequence = self.project.opened.as_ref().map(|opened| opened.structure.topology.sequence());
            if sequence.is_some_and(|sequence| self.model.choose_for(&sequence)) {
                self.load_model();
            }
            self.molecule_opened();
        }
        self.ghost_changed();
        match other.observer {
            Some(observer) => {
                self.observer = observer;
                // Since it was put aside another model may have been chosen.
                self.observer.trust(self.model.trust());
                self.observations = other.observations;
                self.observer.measure(self.measurements.list());
                self.residue_values_changed();
            }
            None => self.observe(),
        }
    }

    /// Takes a run off the list, after asking if its frames would be lost.
    pub(in crate::window) fn ask_before_closing_run(&mut self, number: u32) {
        let run = self.project.run_of_number(number);
        match run.map_or(0, |run| run.unsaved_frames(|_| 0)) {
            0 => self.close_run(number),
            frames => {
                let sentence =
                    format!("{} frames of this run are in no file and would be lost.", grouped(frames));
                let save = vec![Action::ShowRun(number), Action::Command(UiCommand::ExportTrajectory)];
                let ways = vec![("Save…", save), ("Discard frames", vec![Action::CloseRunConfirmed(number)])];
                self.dialog = Some(Dialog::Hindrance(Hindrance::new("Close this run?", sentence, ways)));
            }
        }
    }

    /// Takes a run off the list, which ends it if it goes on. Another one comes on view in place of the present one.
    pub(in crate::window) fn close_run(&mut self, number: u32) {
        if self.project.run.as_ref().is_some_and(|run| run.number == number) {
            self.project.run = None;
            self.project.shown = None;
            self.details = None;
            self.map_selection = None;
            self.frame_group = None;
            match self.project.others.last().map(|other| other.run.number) {
                Some(other) => self.show_run(other),
                None => {
                    self.timeline.reset(self.project.frame_count());
                    self.observe();
                }
            }
        } else {
            self.project.others.retain(|other| other.run.number != number);
        }
        if matches!(self.ghost, Ghost::Run(beside) if self.project.others.iter().all(|o| o.run.number != beside))
        {
            self.ghost = Ghost::None;
            self.take_choices_as_they_are();
        }
        self.ghost_changed();
    }

    /// Shows a run in the plots beside the one on view, or no more.
    pub(in crate::window) fn set_run_in_plots(&mut self, number: u32, shown: bool) {
        if let Some(run) = self.project.run_mut(number) {
            run.in_plots = shown;
        }
    }

    /// What the engine is asked to go on with the run on view; `None` where that cannot be done.
    pub(in crate::window) fn extension(&self) -> Option<Box<SimulationRequest>> {
        use equijump_engine::session::{ExistingFiles, ModelSource, RunOutput};
        let run = self.project.run.as_ref().filter(|run| !run.is_active())?;
        let (info, opened) = (run.info.as_ref()?, self.project.opened.as_ref()?);
        info.history.as_ref()?;
        let settings = &self.preferences.run;
        let made = run.frames.saturating_sub(1);
        let frames = (!settings.until_stopped).then_some(made + settings.frames);
        if let Some(request) = &run.request {
            let written = request.output.as_ref().map(|output| &output.path);
            // Files that were saved when there were fewer frames stay as they are.
            let saved = run.saved_run.as_ref().filter(|_| run.unsaved_frames(|_| 0) == 0);
            let output = written
                .or(saved)
                .map(|path| RunOutput { path: path.clone(), existing: ExistingFiles::Extend });
            return Some(Box::new(SimulationRequest { frames, output, ..(**request).clone() }));
        }
        let Origin::Opened { recorded: Some(recorded), .. } = &run.origin else { return None };
        let model: ModelSource = self.model.source_of(recorded)?;
        let output = Some(recorded).filter(|recorded| recorded.can_go_on);
        Some(Box::new(SimulationRequest {
            structure: opened.structure.clone(),
            starts_angstrom: Vec::new(),
            model,
            settings: info.settings.clone(),
            replicas: u32::try_from(info.replicas).ok()?,
            shard: None,
            frames,
            device: settings.device.clone(),
            output: output
                .map(|recorded| RunOutput { path: recorded.output.clone(), existing: ExistingFiles::Extend }),
            keep_history: true,
        }))
    }
}
