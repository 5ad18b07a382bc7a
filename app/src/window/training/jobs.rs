//! Carrying out what the training pane asks for, and taking in what the engine answers.

use std::path::PathBuf;

use equijump_engine::session::{
    EarlierRun, ImportReport, ImportRequest, JobEvent, JobOutcome, Report, TrainOutcome, TrainingUpdate,
};

use super::import::{ImportJob, ImportQueue};
use super::{Curves, ExampleData, TrainingAction, TrainingRun, model_of};
use crate::window::app::EquiJumpApp;
use crate::window::file_dialogs::Purpose;
use crate::window::layout::{self, Pane};
use crate::window::log::Level;
use crate::window::numbers::grouped;
use crate::window::running::Running;
use crate::window::runs::Phase;
use crate::window::wording::in_window_words;

/// Folder of the stores of many systems.
const EXAMPLE_STORES: &str = "example-stores";

impl EquiJumpApp {
    pub(in crate::window) fn carry_out_training(&mut self, action: TrainingAction) {
        match action {
            TrainingAction::Start => self.start_training(),
            TrainingAction::PauseOrResume => self.pause_or_resume_training(),
            TrainingAction::Stop => {
                if let Some(run) = self.training.run.as_mut().filter(|run| run.is_active()) {
                    run.stop_wanted = true;
                    if let Some(job) = &run.job {
                        job.cancel();
                    }
                }
            }
            TrainingAction::UseModel(folder) => match model_of(&folder) {
                Some(model) => {
                    self.choose_model(Some(model));
                    let text = "The next simulation uses the model just trained.";
                    self.log.tell(Level::Success, text);
                }
                None => {
                    self.training.error =
                        Some(format!("{} holds no model yet: let it train longer.", folder.display()));
                }
            },
            TrainingAction::ReadEarlier => self.read_earlier_run(),
            TrainingAction::Import => self.start_import(),
            TrainingAction::TakeExample(example) => {
                let folder = self.preferences.export_folder();
                self.training.import.form.take_example(&example, &folder);
            }
            TrainingAction::ImportExamples(examples) => self.import_examples(&examples),
            TrainingAction::StopImport => {
                if let Some(queue) = &mut self.training.import.queue {
                    queue.waiting.clear();
                }
                if let Some(import) = &mut self.training.import.running {
                    import.job.stop();
                }
            }
        }
    }

    fn start_training(&mut self) {
        let state = &mut self.training;
        if state.is_training() || state.missing().is_some() {
            return;
        }
        let request = state.form.request();
        let mut run = TrainingRun::new(
            request.out.clone(),
            request.name.clone(),
            request.settings.validation_fraction > 0.0,
        );
        state.curves = Curves::default();
        if let (true, Some(earlier)) = (request.resume, state.earlier_run()) {
            let curves = Curves::from_log(&earlier.log);
            run.best = earlier.best_validation.map(|best| (curves.best().map(|(step, _)| step), best));
            state.curves = curves;
        }
        let begun = if request.resume { "Continuing the training" } else { "Training" };
        self.log.note(Level::Info, format!("{begun} {} in {}.", request.name, request.out.display()));
        state.error = None;
        run.job = Some(self.session.start(request));
        state.run = Some(run);
        layout::show(&mut self.tree, Pane::LearningCurves);
    }

    fn pause_or_resume_training(&mut self) {
        let Some(run) = self.training.run.as_mut().filter(|run| run.is_active()) else { return };
        let Some(job) = &run.job else { return };
        run.pause_wanted = run.phase != Phase::Paused && !run.pause_wanted;
        if run.pause_wanted { job.pause() } else { job.resume() }
    }

    /// Takes over the settings of the run in the folder of the form, so that the form shows what goes on.
    fn read_earlier_run(&mut self) {
        let state = &mut self.training;
        let folder = state.form.folder_path();
        let found = EarlierRun::load(&folder).map_err(|_| {
            format!("{} holds no training run to continue: choose another folder.", folder.display())
        });
        if let Ok(earlier) = &found {
            let request = &earlier.request;
            state.form.stores.clone_from(&request.stores);
            state.form.name.clone_from(&request.name);
            state.form.network = request.network.clone();
            state.form.settings = request.settings.clone();
            // The run that is over may have told more than it logged.
            let known = state.run.as_ref().is_some_and(|run| run.folder == folder);
            if !state.is_training() && !known {
                state.curves = Curves::from_log(&earlier.log);
                state.run = None;
            }
        }
        self.training.earlier = Some((folder, found));
    }

    fn start_import(&mut self) {
        let import = &mut self.training.import;
        if import.running.is_some() || import.form.missing().is_some() {
            return;
        }
        let request = import.form.request();
        import.error = None;
        import.report = None;
        self.start_import_of(request);
    }

    fn start_import_of(&mut self, request: ImportRequest) {
        let output = request.output.clone();
        let job = Running::new(self.session.start(request));
        self.training.import.running = Some(ImportJob { job, output });
    }

    /// Imports all of these into a folder of their own. Stores that are there from an earlier time are taken as they are.
    fn import_examples(&mut self, examples: &[ExampleData]) {
        if self.training.import.running.is_some() {
            return;
        }
        let folder = self.preferences.export_folder().join(EXAMPLE_STORES);
        if let Err(error) = std::fs::create_dir_all(&folder) {
            self.training.import.error =
                Some(format!("The folder {} cannot be made: {error}.", folder.display()));
            return;
        }
        let (there, to_come): (Vec<_>, Vec<_>) =
            examples.iter().partition(|example| example.store(&folder).exists());
        if !self.training.form.go_on {
            there.iter().for_each(|example| self.training.form.add_store(example.store(&folder)));
        }
        let import = &mut self.training.import;
        (import.error, import.report) = (None, None);
        let waiting = to_come.into_iter().map(|example| example.request(&folder)).collect();
        let (total, done) = (examples.len(), there.len());
        import.queue = Some(ImportQueue { waiting, total, done, failed: 0 });
        self.next_import();
    }

    /// Goes on with the imports that follow one another; tells when there are no more.
    fn next_import(&mut self) {
        let Some(queue) = &mut self.training.import.queue else { return };
        if let Some(request) = queue.waiting.pop_front() {
            return self.start_import_of(request);
        }
        let (made, failed) = (grouped((queue.done - queue.failed) as u64), queue.failed);
        self.training.import.queue = None;
        let folder = self.preferences.export_folder().join(EXAMPLE_STORES);
        let sentence = format!("{made} stores are in {}", folder.display());
        match failed {
            0 => self.log.tell(Level::Success, sentence),
            _ => {
                self.log.tell(Level::Warning, format!("{sentence}; {failed} could not be made, see the log."))
            }
        }
    }

    /// Takes what the training and the import tell; their panes show it.
    pub(in crate::window) fn take_training(&mut self) {
        while let Some(event) = self.training.next_event() {
            match event {
                JobEvent::Update(TrainingUpdate::Trained(result)) => self.trained(&result),
                JobEvent::Update(TrainingUpdate::Report(Report::Notice(notice))) => {
                    let sentence = in_window_words(&notice.0);
                    self.log.note(Level::Info, sentence.clone());
                    self.training.run.iter_mut().for_each(|run| run.notices.push(sentence.clone()));
                }
                JobEvent::Update(TrainingUpdate::Report(_)) => (),
                JobEvent::Update(TrainingUpdate::State(state)) => {
                    self.training.run.iter_mut().for_each(|run| run.set_state(state));
                }
                JobEvent::Update(TrainingUpdate::Step(progress)) => {
                    self.training.run.iter_mut().for_each(|run| run.take_progress(progress));
                    self.training.curves.take_progress(&progress);
                }
                JobEvent::Ended(outcome) => self.training_ended(outcome),
            }
        }
        let import = &mut self.training.import;
        // The report tells its notices.
        let Some(outcome) = import.running.as_mut().and_then(|import| import.job.take(|_| ())) else {
            return;
        };
        let Some(ImportJob { output, .. }) = import.running.take() else { return };
        let failed = matches!(outcome, JobOutcome::Failed(_));
        let error = match outcome {
            JobOutcome::Finished(report) => {
                self.imported(output, report);
                None
            }
            JobOutcome::Cancelled => Some("The import was stopped; nothing was written.".to_owned()),
            JobOutcome::Failed(error) => {
                let sentence = in_window_words(&error.what);
                self.log.note(Level::Error, sentence.clone());
                Some(sentence)
            }
        };
        self.training.import.error = error;
        if let Some(queue) = &mut self.training.import.queue {
            queue.done += 1;
            queue.failed += usize::from(failed);
            self.next_import();
        }
    }

    /// The loss that counts is that of the engine: it knows of the run's earlier parts as well.
    fn trained(&mut self, result: &TrainOutcome) {
        self.training.remember_speed();
        let logged = self.training.curves.best();
        if let Some(run) = &mut self.training.run {
            run.best = result.best_validation.map(|loss| {
                let step =
                    logged.filter(|(_, best)| (best - loss).abs() <= 1e-5 * loss).map(|(step, _)| step);
                (step, loss)
            });
        }
    }

    fn imported(&mut self, store: PathBuf, report: ImportReport) {
        let frames = grouped(report.frames as u64);
        let sentence = format!("Imported {frames} frames into {}", store.display());
        match &self.training.import.queue {
            // Of many only the last is told.
            Some(_) => self.log.note(Level::Success, sentence),
            None => self.log.tell(Level::Success, sentence),
        }
        let import = &mut self.training.import;
        import.report = Some((store.clone(), report));
        import.form.replace = false;
        // What is being trained on or about to go on stays as it is.
        let form = &mut self.training.form;
        if !form.go_on {
            form.add_store(store);
        }
    }

    fn training_ended(&mut self, outcome: JobOutcome) {
        let Some(run) = &mut self.training.run else { return };
        run.job = None;
        run.phase = Phase::Ended(outcome.clone());
        run.stop_wanted = false;
        let (step, name, folder) = (grouped(run.step()), run.name.clone(), run.folder.clone());
        let trained = run.step() > 0;
        match outcome {
            JobOutcome::Finished(()) => {
                self.log.tell(Level::Success, format!("The training of {name} has finished, {step} steps."));
            }
            JobOutcome::Cancelled => {
                self.log.note(Level::Info, format!("The training of {name} was stopped after step {step}."));
                // What lies near after a stop is to go on.
                if trained && self.training.form.folder_path() == folder {
                    self.training.form.go_on = true;
                    self.read_earlier_run();
                }
            }
            JobOutcome::Failed(error) => {
                let text = in_window_words(&error.what);
                self.log.tell(Level::Error, text.clone());
                self.training.error = Some(text);
            }
        }
    }

    /// Takes a path picked for the training pane. Returns whether it is one of its purposes.
    pub(in crate::window) fn training_path_picked(&mut self, purpose: Purpose, path: PathBuf) -> bool {
        let form = &mut self.training.form;
        let import = &mut self.training.import.form;
        let text = path.display().to_string();
        match purpose {
            Purpose::TrainingStore => form.add_store(path),
            Purpose::TrainingFolder => form.folder = text,
            Purpose::TrainingInit => form.init = text,
            Purpose::ImportTopology => {
                import.topology = text;
                import.propose_output();
            }
            Purpose::ImportTrajectories => {
                if !import.trajectories.contains(&path) {
                    import.trajectories.push(path);
                }
                import.propose_topology();
                import.propose_output();
            }
            Purpose::ImportOutput => {
                // The dialog of the desktop has asked about replacing.
                import.replace = path.exists();
                import.output = text;
            }
            _ => return false,
        }
        true
    }
}
