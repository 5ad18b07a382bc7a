//! Carrying out what the training pane asks for, and taking in what the engine answers.

use std::path::PathBuf;

use equijump_engine::session::{
    Command, EarlierRun, ImportReport, JobId, JobOutcome, Progress, RunState, TrainOutcome, TrainProgress,
};

use super::import::ImportJob;
use super::{Curves, TrainingAction, TrainingRun, in_window_words, model_of};
use crate::window::app::EquiJumpApp;
use crate::window::file_dialogs::Purpose;
use crate::window::layout::{self, Pane};
use crate::window::log::Level;
use crate::window::project::{Phase, grouped};

impl EquiJumpApp {
    pub(in crate::window) fn carry_out_training(&mut self, action: TrainingAction) {
        match action {
            TrainingAction::Start => self.start_training(),
            TrainingAction::PauseOrResume => self.pause_or_resume_training(),
            TrainingAction::Stop => {
                if let Some(run) = self.training.run.as_mut().filter(|run| run.is_active()) {
                    run.stop_wanted = true;
                    self.session.send(Command::Stop { job: run.job });
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
            TrainingAction::StopImport => {
                if let Some(import) = &mut self.training.import.running {
                    import.stop_wanted = true;
                    self.session.send(Command::Stop { job: import.job });
                }
            }
        }
    }

    fn start_training(&mut self) {
        let desk = &mut self.training;
        if desk.is_training() || desk.missing().is_some() {
            return;
        }
        let request = desk.form.request();
        let job = self.session.next_job();
        let mut run = TrainingRun::new(
            job,
            request.out.clone(),
            request.name.clone(),
            request.settings.validation_fraction > 0.0,
        );
        desk.curves = Curves::default();
        if let (true, Some(earlier)) = (request.resume, desk.earlier_run()) {
            let curves = Curves::from_log(&earlier.log);
            run.best = earlier.best_validation.map(|best| (curves.best().map(|(step, _)| step), best));
            desk.curves = curves;
        }
        let begun = if request.resume { "Going on with training" } else { "Training" };
        self.log.note(Level::Info, format!("{begun} {} in {}.", request.name, request.out.display()));
        desk.error = None;
        desk.run = Some(run);
        self.session.send(Command::Train { job, request: Box::new(request) });
        layout::show(&mut self.tree, Pane::LearningCurves);
    }

    fn pause_or_resume_training(&mut self) {
        let Some(run) = self.training.run.as_mut().filter(|run| run.is_active()) else { return };
        if run.phase == Phase::Paused || run.pause_wanted {
            run.pause_wanted = false;
            self.session.send(Command::Resume { job: run.job });
        } else {
            run.pause_wanted = true;
            self.session.send(Command::Pause { job: run.job });
        }
    }

    /// Takes over the settings of the run in the folder of the form, so that the form shows what goes on.
    fn read_earlier_run(&mut self) {
        let desk = &mut self.training;
        let folder = desk.form.folder_path();
        let found = EarlierRun::load(&folder).map_err(|_| {
            format!("{} holds no training run to continue: choose another folder.", folder.display())
        });
        if let Ok(earlier) = &found {
            let request = &earlier.request;
            desk.form.stores.clone_from(&request.stores);
            desk.form.name.clone_from(&request.name);
            desk.form.network = request.network.clone();
            desk.form.settings = request.settings.clone();
            // The run that is over may have told more than it logged.
            let known = desk.run.as_ref().is_some_and(|run| run.folder == folder);
            if !desk.is_training() && !known {
                desk.curves = Curves::from_log(&earlier.log);
                desk.run = None;
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
        let job = self.session.next_job();
        import.error = None;
        import.report = None;
        import.running =
            Some(ImportJob { job, output: request.output.clone(), progress: None, stop_wanted: false });
        self.session.send(Command::Import { job, request });
    }

    fn training_run_of(&mut self, job: JobId) -> Option<&mut TrainingRun> {
        self.training.run.as_mut().filter(|run| run.job == job)
    }

    pub(in crate::window) fn training_state(&mut self, job: JobId, state: RunState) {
        if let Some(run) = self.training_run_of(job) {
            run.set_state(state);
        }
    }

    pub(in crate::window) fn training_progress(&mut self, job: JobId, progress: TrainProgress) {
        if let Some(run) = self.training_run_of(job) {
            run.take_progress(progress);
            self.training.curves.take_progress(&progress);
        }
    }

    /// The loss that counts is that of the engine: it knows of the run's earlier parts as well.
    pub(in crate::window) fn trained(&mut self, job: JobId, result: &TrainOutcome) {
        self.training.remember_speed(job);
        let logged = self.training.curves.best();
        if let Some(run) = self.training_run_of(job) {
            run.best = result.best_validation.map(|loss| {
                let step =
                    logged.filter(|(_, best)| (best - loss).abs() <= 1e-5 * loss).map(|(step, _)| step);
                (step, loss)
            });
        }
    }

    /// Progress of an import. Returns whether the job is one.
    pub(in crate::window) fn import_progress(&mut self, job: JobId, progress: Progress) -> bool {
        match self.training.import.running.as_mut().filter(|import| import.job == job) {
            Some(import) => {
                import.progress = Some(progress);
                true
            }
            None => false,
        }
    }

    pub(in crate::window) fn imported(&mut self, job: JobId, report: ImportReport) {
        let import = &mut self.training.import;
        let Some(running) = import.running.as_ref().filter(|import| import.job == job) else { return };
        let store = running.output.clone();
        let frames = grouped(report.frames as u64);
        self.log.tell(Level::Success, format!("Imported {frames} frames into {}", store.display()));
        import.report = Some((store.clone(), report));
        import.form.replace = false;
        // What is being trained on or about to go on stays as it is.
        let form = &mut self.training.form;
        if !form.go_on {
            form.add_store(store);
        }
    }

    /// A notice, if it is about a training or an import; their panes show it.
    pub(in crate::window) fn training_notice(&mut self, job: JobId, sentence: &str) -> bool {
        if let Some(run) = self.training_run_of(job) {
            run.notices.push(in_window_words(sentence));
            self.log.note(Level::Info, in_window_words(sentence));
            return true;
        }
        // The report of an import tells its notices.
        self.training.import.running.as_ref().is_some_and(|import| import.job == job)
    }

    /// The end of a job, if it is a training or an import. Their errors are told in the pane.
    pub(in crate::window) fn training_job_ended(&mut self, job: JobId, outcome: &JobOutcome) -> bool {
        let import = &mut self.training.import;
        if import.running.as_ref().is_some_and(|import| import.job == job) {
            import.running = None;
            import.error = match outcome {
                JobOutcome::Finished => None,
                JobOutcome::Cancelled => Some("The import was stopped; nothing was written.".into()),
                JobOutcome::Failed(reason) => Some(in_window_words(reason)),
            };
            if let (JobOutcome::Failed(_), Some(error)) = (outcome, &import.error) {
                self.log.note(Level::Error, error.clone());
            }
            return true;
        }
        let Some(run) = self.training_run_of(job) else { return false };
        run.phase = Phase::Ended(outcome.clone());
        run.stop_wanted = false;
        let (step, name, folder) = (grouped(run.step()), run.name.clone(), run.folder.clone());
        let trained = run.step() > 0;
        match outcome {
            JobOutcome::Finished => {
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
            JobOutcome::Failed(reason) => {
                let text = in_window_words(reason);
                self.log.tell(Level::Error, text.clone());
                self.training.error = Some(text);
            }
        }
        true
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
