//! The runs of a session: the one on view and the others, which keep their frames, their numbers and the place
//! they were left at. Nothing is lost by starting or opening another one.

use std::path::PathBuf;
use std::sync::Arc;

use equijump_engine::observe::landscape::MapSettings;
use equijump_engine::observe::observations::Observations;
use equijump_engine::observe::observer::Observer;
use equijump_engine::session::{
    FrameHistory, JobEvent, JobHandle, JobOutcome, JobPhase, OpenedStructure, Progress, RecordedRun,
    Simulate, SimulationRequest, StartedRun,
};
use equijump_engine::transport::LatentProgress;

use super::models::ModelFacts;
use super::session_file::Entry;

/// Where the frames of a run come from.
#[derive(Clone, Debug)]
pub enum Origin {
    /// Made in this window.
    Made,
    /// Opened from files.
    Opened {
        /// The files, as they are shown.
        files: Vec<PathBuf>,
        /// What made them, if it was this program.
        recorded: Option<RecordedRun>,
    },
}

/// A run that was asked for and has not begun: what is on view stays until it has.
#[derive(Debug)]
pub struct Starting {
    /// The run.
    pub run: Run,
    /// The structure that it starts from.
    pub opened: Opened,
    /// Whether it goes on with the run of its number.
    pub extends: bool,
}

/// Something that could not be opened.
#[derive(Clone, Debug)]
pub struct Unopened {
    /// How it would be opened.
    pub entry: Entry,
    /// Why it was not.
    pub reason: String,
}

/// A run that is not on view.
pub struct OtherRun {
    /// Its protein.
    pub opened: Opened,
    /// The run.
    pub run: Run,
    /// What is known of it.
    pub observations: Arc<Observations>,
    /// Looks at its frames; absent where the system refused a thread.
    pub(super) observer: Option<Observer>,
    /// The frame that was shown last.
    pub(super) frame: usize,
}

/// The structure that is open.
#[derive(Clone, Debug)]
pub struct Opened {
    /// What the engine read.
    pub structure: OpenedStructure,
    /// How it can be opened again.
    pub entry: Option<Entry>,
}

/// Where a run stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Loading the model, preparing the sampler.
    Preparing,
    /// Making frames.
    Running,
    /// Held.
    Paused,
    /// Over.
    Ended(JobOutcome),
}

/// A simulation, running or over.
#[derive(Debug)]
pub struct Run {
    /// The job that makes its frames, while it goes on.
    pub job: Option<JobHandle<Simulate>>,
    /// Its number in the session, from 1; tells its color.
    pub number: u32,
    /// Where its frames come from.
    pub origin: Origin,
    /// What the engine was asked, to go on with it; `None` for what was opened.
    pub request: Option<Box<SimulationRequest>>,
    /// The model that makes its frames, if one of this window does.
    pub model: Option<ModelFacts>,
    /// How it can be opened again, if it was opened.
    pub entry: Option<Entry>,
    /// The file that all its frames were exported to.
    pub saved_as: Option<PathBuf>,
    /// The trajectory, as it would name it as its own output, that it was saved to with all that belongs to it.
    pub saved_run: Option<PathBuf>,
    /// Whether plots show it beside the run on view.
    pub in_plots: bool,
    /// Where it stands.
    pub phase: Phase,
    /// What the engine said when it began.
    pub info: Option<StartedRun>,
    /// Frames asked for; `None` runs until stopped.
    pub frames_wanted: Option<u64>,
    /// Frames there are, the start structure included.
    pub frames: u64,
    /// The frame being made and its latent loop.
    pub latent: Option<(u64, LatentProgress)>,
    /// Speed and time left.
    pub progress: Option<Progress>,
    /// Replica shown.
    pub replica: usize,
    /// Frames of each replica that were written to a file of the user's, so that leaving them behind loses nothing.
    pub frames_saved: Vec<u64>,
    /// The user asked for a pause that has not come yet (it waits for the present frame).
    pub pause_wanted: bool,
    /// The user asked for the end.
    pub stop_wanted: bool,
}

impl Run {
    /// A run that was just asked for.
    pub fn new(job: JobHandle<Simulate>, number: u32, request: Box<SimulationRequest>) -> Self {
        Self { job: Some(job), frames_wanted: request.frames, request: Some(request), ..Self::empty(number) }
    }

    /// Frames that were opened.
    pub fn opened(number: u32, origin: Origin, info: StartedRun) -> Self {
        Self {
            origin,
            phase: Phase::Ended(JobOutcome::Finished(())),
            frames: info.history.as_ref().map_or(1, |history| history.len()),
            info: Some(info),
            ..Self::empty(number)
        }
    }

    fn empty(number: u32) -> Self {
        Self {
            job: None,
            number,
            origin: Origin::Made,
            request: None,
            model: None,
            entry: None,
            saved_as: None,
            saved_run: None,
            in_plots: true,
            phase: Phase::Preparing,
            info: None,
            frames_wanted: None,
            frames: 1,
            latent: None,
            progress: None,
            replica: 0,
            frames_saved: Vec::new(),
            pause_wanted: false,
            stop_wanted: false,
        }
    }

    /// The next thing that its job tells.
    pub fn next_event(&self) -> Option<JobEvent<Simulate>> {
        self.job.as_ref()?.try_next()
    }

    /// Asks for its end.
    pub fn stop(&mut self) {
        if let Some(job) = &self.job {
            self.stop_wanted = true;
            job.cancel();
        }
    }

    /// Whether it is not over.
    pub fn is_active(&self) -> bool {
        !matches!(self.phase, Phase::Ended(_))
    }

    /// All frames, once the run has begun.
    pub fn history(&self) -> Option<&Arc<FrameHistory>> {
        self.info.as_ref().and_then(|info| info.history.as_ref())
    }

    /// Time between frames, ps, once the run has begun.
    pub fn frame_interval_ps(&self) -> Option<f64> {
        self.info.as_ref().map(|info| info.frame_interval_ps)
    }

    /// Whether its frames were made by this program, now or before it was opened again.
    pub fn is_of_this_program(&self) -> bool {
        !matches!(self.origin, Origin::Opened { recorded: None, .. })
    }

    /// Whether it can be written with all that belongs to it.
    pub fn can_be_saved(&self) -> bool {
        let described = self.info.as_ref().is_some_and(|info| info.description.is_some());
        described && self.request.is_some() && self.history().is_some()
    }

    /// Frames that leaving the run behind loses, of all replicas; `on_its_way` tells how many frames of a replica are
    /// being written.
    pub fn unsaved_frames(&self, on_its_way: impl Fn(usize) -> u64) -> u64 {
        let Some(info) = &self.info else { return 0 };
        if !info.outputs.is_empty() || matches!(self.origin, Origin::Opened { .. }) {
            return 0;
        }
        let saved = |replica: usize| self.frames_saved.get(replica).copied().unwrap_or(0);
        let lost = |replica: &usize| saved(*replica).max(on_its_way(*replica)) < self.frames;
        (0..info.replicas).filter(lost).count() as u64 * self.frames.saturating_sub(1)
    }

    /// So many frames of a replica, or of all, are in a file of the user's now.
    pub fn has_saved(&mut self, replica: Option<usize>, frames: u64) {
        let replicas = self.info.as_ref().map_or(1, |info| info.replicas);
        self.frames_saved.resize(replicas, 0);
        for (index, saved) in self.frames_saved.iter_mut().enumerate() {
            if replica.is_none_or(|replica| replica == index) {
                *saved = frames.max(*saved);
            }
        }
    }

    /// Takes a new state from the engine.
    pub fn set_state(&mut self, state: JobPhase) {
        self.phase = match state {
            JobPhase::Preparing => Phase::Preparing,
            JobPhase::Running => Phase::Running,
            JobPhase::Paused => Phase::Paused,
        };
        self.pause_wanted = self.pause_wanted && state != JobPhase::Paused;
    }

    /// Simulated time per day of computing at the present speed, ns/day, of one replica.
    pub fn ns_per_day(&self) -> Option<f64> {
        const SECONDS_A_DAY: f64 = 86_400.0;
        Some(self.progress?.per_second? * self.frame_interval_ps()? / 1000.0 * SECONDS_A_DAY)
    }
}

impl OtherRun {
    /// Takes what its observer has found out. Returns whether it is news.
    pub(super) fn take_observations(&mut self) -> bool {
        let Some(observer) = &self.observer else { return false };
        let observations = observer.observations();
        let new = !Arc::ptr_eq(&observations, &self.observations);
        self.observations = observations;
        new
    }

    /// The frame of this run that is nearest to a frame of another one.
    pub fn nearest_frame(&self, frame: usize) -> usize {
        frame.min(usize::try_from(self.run.frames.saturating_sub(1)).unwrap_or(0))
    }

    /// Makes its free-energy map like this.
    pub(super) fn map(&self, settings: MapSettings) {
        if let Some(observer) = &self.observer {
            observer.map(settings);
        }
    }

    /// There are more frames.
    pub(super) fn frames_made(&self) {
        if let Some(observer) = &self.observer {
            observer.frames_made();
        }
    }
}
