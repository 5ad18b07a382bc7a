//! Training from the window: what the user fills in, the run that goes on, its curves. Changed by events of
//! the engine, by actions, and by the forms.

mod curves;
mod example_data;
mod form;
pub mod help;
mod import;
mod jobs;
mod speed;

use std::path::{Path, PathBuf};

use equijump_engine::session::{
    EarlierRun, JobEvent, JobHandle, JobOutcome, JobPhase, TrainProgress, TrainRequest,
};

pub use curves::{Curves, Held};
pub use example_data::{ExampleData, ExampleKind};
pub use form::{TrainingForm, TrainingSpeed};
pub use import::{ImportForm, ImportQueue, ImportState};
pub use speed::SpeedTrial;

use super::numbers::grouped;
use super::runs::Phase;

/// Storage key of [`TrainingForm`]. The number grows when the meaning of a field changes.
pub const STORAGE_KEY: &str = "training-1";

/// What the training pane asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TrainingAction {
    /// Train, or go on training.
    Start,
    /// Hold the run, or let it go on.
    PauseOrResume,
    /// End the run with a checkpoint.
    Stop,
    /// Simulate with the best model of this folder from now on.
    UseModel(PathBuf),
    /// Read what an earlier run left in the folder of the form.
    ReadEarlier,
    /// Import trajectories into a store.
    Import,
    /// Fill in data that came with the program.
    TakeExample(ExampleData),
    /// Import all of these, one after the other.
    ImportExamples(Vec<ExampleData>),
    /// End the import; nothing is written.
    StopImport,
}

/// Everything of the training panes.
#[derive(Debug, Default)]
pub struct TrainingState {
    /// What the user filled in.
    pub form: TrainingForm,
    /// Import of trajectories.
    pub import: ImportState,
    /// The run that goes on, or was the last.
    pub run: Option<TrainingRun>,
    /// Curves of that run, or of the earlier run that is to go on.
    pub curves: Curves,
    /// The folder read last for an earlier run, and what was found.
    pub earlier: Option<(PathBuf, Result<EarlierRun, String>)>,
    /// How fast a few steps on these stores were on this machine.
    pub measured: Option<(Vec<PathBuf>, TrainingSpeed)>,
    /// Why the last wish could not be carried out.
    pub error: Option<String>,
}

impl TrainingState {
    /// The state with a form of an earlier session.
    pub fn new(form: TrainingForm) -> Self {
        Self { form, ..Self::default() }
    }

    /// Whether a training goes on.
    pub fn is_training(&self) -> bool {
        self.run.as_ref().is_some_and(TrainingRun::is_active)
    }

    /// The earlier run in the folder of the form, once it has been read.
    pub fn earlier_run(&self) -> Option<&EarlierRun> {
        let (folder, run) = self.earlier.as_ref()?;
        run.as_ref().ok().filter(|_| *folder == self.form.folder_path())
    }

    /// The next thing that the training tells.
    fn next_event(&self) -> Option<JobEvent<TrainRequest>> {
        self.run.as_ref()?.job.as_ref()?.try_next()
    }

    /// Keeps how fast a training was, for the estimate of the next one.
    fn remember_speed(&mut self) {
        let progress = self.run.as_ref().and_then(|run| run.progress);
        let Some(steps_per_second) = progress.map(|progress| progress.steps_per_second) else { return };
        if steps_per_second > 0.0 {
            self.form.speed = Some(TrainingSpeed { steps_per_second, work: self.form.work_of_a_step() });
        }
    }

    /// The speed of a few steps on the stores of the form, once it has been measured.
    fn measured_speed(&self) -> Option<TrainingSpeed> {
        let (stores, speed) = self.measured.as_ref()?;
        (*stores == self.form.stores).then_some(*speed)
    }

    /// How long the training will take, in words: from a few steps that were measured, from the speed of the last one,
    /// or what can be said without.
    pub fn time_estimate(&self) -> String {
        let done = self.earlier_run().filter(|_| self.form.go_on).map_or(0, |run| run.step);
        let steps = self.form.settings.steps.saturating_sub(done);
        let text = super::numbers::grouped(steps);
        let measured = self.measured_speed().map(|speed| (speed, "as a few steps on this machine took"));
        let known =
            measured.or(self.form.speed.map(|speed| (speed, "at the speed of the last training here")));
        let time = known.and_then(|(speed, how)| Some((self.form.time_for(steps, speed)?, how)));
        match time {
            Some((time, how)) => format!("{text} steps take about {time}, {how}."),
            None => format!(
                "How long {text} steps will take is shown once the first are made; on a processor, expect hours. It can be \
                 stopped and continued at any time."
            ),
        }
    }

    /// What is to be done for a store.
    fn missing_store(&self) -> &'static str {
        if self.import.running.is_some() {
            "The training store is being made of the trajectories."
        } else if self.import.form.missing().is_none() {
            "Press Import below to make a training store of the trajectories."
        } else {
            "First give it data: add a training store, or import trajectories of molecular dynamics below to make one."
        }
    }

    /// Why a training cannot start now, as advice; `None` if it can.
    pub fn missing(&self) -> Option<String> {
        if self.form.stores.is_empty() && !self.form.go_on {
            return Some(self.missing_store().into());
        }
        if self.form.folder.trim().is_empty() {
            return Some("Choose a folder for the results.".into());
        }
        if self.form.go_on {
            match &self.earlier {
                Some((folder, Err(reason))) if *folder == self.form.folder_path() => {
                    return Some(reason.clone());
                }
                _ => (),
            }
            let Some(run) = self.earlier_run() else { return Some("Reading the folder.".into()) };
            if run.step >= self.form.settings.steps {
                return Some(format!(
                    "All {} steps of this run are done; raise Steps to continue.",
                    super::numbers::grouped(run.step)
                ));
            }
        }
        if self.form.stores.is_empty() {
            return Some(self.missing_store().into());
        }
        let settings = self.form.settings.check();
        settings.err().map(|reason| format!("It cannot be trained like this: {reason}."))
    }
}

/// A training, going on or over.
#[derive(Debug)]
pub struct TrainingRun {
    /// The job, while it goes on.
    pub job: Option<JobHandle<TrainRequest>>,
    /// Where its files lie.
    pub folder: PathBuf,
    /// Name on the model's card.
    pub name: String,
    /// Where it stands.
    pub phase: Phase,
    /// Newest numbers.
    pub progress: Option<TrainProgress>,
    /// Step and loss of the best model so far. The step is unknown where an earlier part of the run did not log it.
    pub best: Option<(Option<u64>, f64)>,
    /// Whether trajectories are held out to be judged by.
    pub holds_out: bool,
    /// What the engine remarked.
    pub notices: Vec<String>,
    /// The user asked for a pause that has not come yet.
    pub pause_wanted: bool,
    /// The user asked for the end.
    pub stop_wanted: bool,
}

impl TrainingRun {
    fn new(folder: PathBuf, name: String, holds_out: bool) -> Self {
        Self {
            job: None,
            folder,
            name,
            phase: Phase::Preparing,
            progress: None,
            best: None,
            holds_out,
            notices: Vec::new(),
            pause_wanted: false,
            stop_wanted: false,
        }
    }

    /// Whether it is not over.
    pub fn is_active(&self) -> bool {
        !matches!(self.phase, Phase::Ended(_))
    }

    /// Steps done.
    pub fn step(&self) -> u64 {
        self.progress.map_or(0, |progress| progress.step)
    }

    /// Whether there may be a model in the folder.
    pub fn has_model(&self) -> bool {
        let ended = matches!(self.phase, Phase::Ended(JobOutcome::Finished(()) | JobOutcome::Cancelled));
        self.best.is_some() || (ended && self.step() > 0)
    }

    /// The loss by which its model was chosen, or why there is none.
    pub fn best_text(&self) -> String {
        let stopped = self.phase == Phase::Ended(JobOutcome::Cancelled);
        match self.best {
            Some((Some(step), loss)) => format!("Best held-out loss {loss:.4}, step {}", grouped(step)),
            Some((None, loss)) => format!("Best held-out loss {loss:.4}"),
            None if self.holds_out && stopped => {
                "Stopped before the held-out loss was measured; the newest model counts".to_owned()
            }
            None => "Nothing was held out; the newest model counts".to_owned(),
        }
    }

    fn set_state(&mut self, state: JobPhase) {
        self.phase = match state {
            JobPhase::Preparing => Phase::Preparing,
            JobPhase::Running => Phase::Running,
            JobPhase::Paused => Phase::Paused,
        };
        self.pause_wanted = self.pause_wanted && state != JobPhase::Paused;
    }

    fn take_progress(&mut self, progress: TrainProgress) {
        self.progress = Some(progress);
        if let Some(loss) = progress.validation.map(|losses| losses.total)
            && self.best.is_none_or(|(_, best)| loss < best)
        {
            self.best = Some((Some(progress.step), loss));
        }
    }
}

/// The model to use of a run: the best on held-out pairs, or the newest where nothing was held out.
pub fn model_of(folder: &Path) -> Option<PathBuf> {
    ["best.safetensors", "model.safetensors"]
        .map(|name| folder.join(name))
        .into_iter()
        .find(|path| path.is_file())
}

#[cfg(test)]
mod tests;
