//! What is open: the structure, the run made from it, and the frame shown. Changed only by events of the
//! engine and by actions, never while drawing.

use std::path::PathBuf;
use std::sync::Arc;

use equijump_engine::analysis::superposed_copy;
use equijump_engine::session::{
    FrameHistory, JobEvent, JobHandle, JobOutcome, JobPhase, OpenedStructure, Progress, Simulate,
    SimulationRequest, StartedRun,
};
use equijump_engine::transport::LatentProgress;

use super::models::ModelFacts;
use super::runs::{Origin, OtherRun, Starting, Unopened};
use super::session_file::Entry;

pub use equijump_engine::observe::Positions;

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

/// The frame on screen.
#[derive(Clone, Debug)]
pub struct Shown {
    /// Its number; 0 is the start structure.
    pub frame: usize,
    /// Its replica.
    pub replica: usize,
    /// Positions as they were made.
    pub positions: Positions,
    /// Positions as displayed: superposed on the start structure, if so chosen.
    pub displayed: Positions,
}

/// What is open.
#[derive(Default)]
pub struct Project {
    /// The structure.
    pub opened: Option<Opened>,
    /// Why the structure asked for last is not the one that is open.
    pub open_error: Option<String>,
    /// The run on view.
    pub run: Option<Run>,
    /// The run that was asked for and has not begun.
    pub starting: Option<Starting>,
    /// The other runs of the session, in the order they were begun.
    pub others: Vec<OtherRun>,
    /// What could not be opened, to be tried again or forgotten.
    pub unopened: Vec<Unopened>,
    /// Runs numbered so far.
    pub numbered: u32,
    /// The frame on screen.
    pub shown: Option<Shown>,
}

impl Project {
    /// Whether a simulation is going on.
    pub fn is_running(&self) -> bool {
        self.starting.is_some() || self.active_run().is_some()
    }

    /// All runs that have begun, in the order of their numbers.
    pub fn runs(&self) -> Vec<&Run> {
        let mut runs: Vec<&Run> = self.others.iter().map(|other| &other.run).chain(&self.run).collect();
        runs.sort_by_key(|run| run.number);
        runs
    }

    /// The run that goes on, on view or not.
    pub fn active_run(&self) -> Option<&Run> {
        self.runs().into_iter().find(|run| run.is_active())
    }

    /// The run that goes on, or is about to.
    pub fn active_run_mut(&mut self) -> Option<&mut Run> {
        let begun = self.others.iter_mut().map(|other| &mut other.run).chain(self.run.as_mut());
        begun.chain(self.starting.as_mut().map(|starting| &mut starting.run)).find(|run| run.is_active())
    }

    /// The run of a number, to change it.
    pub fn run_mut(&mut self, number: u32) -> Option<&mut Run> {
        let begun = self.others.iter_mut().map(|other| &mut other.run).chain(self.run.as_mut());
        begun.into_iter().find(|run| run.number == number)
    }

    /// The run of a number.
    pub fn run_of_number(&self, number: u32) -> Option<&Run> {
        self.runs().into_iter().find(|run| run.number == number)
    }

    /// A number for one run more.
    pub fn next_number(&mut self) -> u32 {
        self.numbered += 1;
        self.numbered
    }

    /// Frames that can be shown.
    pub fn frame_count(&self) -> usize {
        let of_run = self.run.as_ref().filter(|run| run.history().is_some()).map(|run| run.frames as usize);
        of_run.unwrap_or(usize::from(self.opened.is_some()))
    }

    /// Time of a frame, ns; `None` before a model has told the interval between frames.
    pub fn time_ns(&self, frame: usize) -> Option<f64> {
        let interval_ps = self.run.as_ref()?.frame_interval_ps()?;
        Some(frame as f64 * interval_ps / 1000.0)
    }

    /// Makes `frame` the one on screen, unless it is already. Returns whether anything changed.
    ///
    /// # Errors
    /// One sentence when the frame cannot be read back.
    pub fn show(&mut self, frame: usize, superpose: bool) -> Result<bool, String> {
        let Some(opened) = &self.opened else { return Ok(false) };
        let replica = self.run.as_ref().map_or(0, |run| run.replica);
        if self.shown.as_ref().is_some_and(|shown| (shown.frame, shown.replica) == (frame, replica)) {
            return Ok(false);
        }
        let positions = match self.run.as_ref().and_then(Run::history) {
            Some(history) => Arc::new(
                history
                    .read(frame as u64, replica)
                    .map_err(|error| format!("Frame {frame} could not be read back: {error}"))?,
            ),
            None => opened.structure.positions_angstrom.clone(),
        };
        let displayed = displayed(opened, &positions, superpose);
        self.shown = Some(Shown { frame, replica, positions, displayed });
        Ok(true)
    }

    /// Positions as they are displayed: superposed on the start structure, if so chosen.
    pub fn displayed(&self, positions: &Positions, superpose: bool) -> Positions {
        match &self.opened {
            Some(opened) => displayed(opened, positions, superpose),
            None => positions.clone(),
        }
    }

    /// Superposition was switched on or off.
    pub fn set_superpose(&mut self, superpose: bool) {
        if let (Some(opened), Some(shown)) = (&self.opened, &mut self.shown) {
            shown.displayed = displayed(opened, &shown.positions, superpose);
        }
    }
}

/// Positions as they are displayed beside the structure that they belong to.
pub(super) fn displayed(opened: &Opened, positions: &Positions, superpose: bool) -> Positions {
    let reference = &opened.structure.positions_angstrom;
    if superpose && !Arc::ptr_eq(reference, positions) {
        Arc::new(superposed_copy(&opened.structure.topology, positions, reference))
    } else {
        positions.clone()
    }
}

/// A duration as a person would say it: `45 s`, `3 min`, `2 h 10 min`.
pub fn human_duration(duration: std::time::Duration) -> String {
    let seconds = duration.as_secs_f64().round() as u64;
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        3600..86_400 => format!("{} h {:02} min", seconds / 3600, seconds / 60 % 60),
        _ => format!("{} d {} h", seconds / 86_400, seconds / 3600 % 24),
    }
}

/// A count with thin groups of three: `12 345`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

/// A time with its digits in groups of three: `15 213.2 ns`.
pub fn time_text(time_ns: f64) -> String {
    let tenths = (10.0 * time_ns.max(0.0)).round() as u64;
    format!("{}.{} ns", grouped(tenths / 10), tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn durations_and_counts_read_well() {
        assert_eq!(human_duration(Duration::from_secs(45)), "45 s");
        assert_eq!(human_duration(Duration::from_secs(125)), "2 min 05 s");
        assert_eq!(human_duration(Duration::from_secs(7800)), "2 h 10 min");
        assert_eq!(human_duration(Duration::from_secs(180_000)), "2 d 2 h");
        assert_eq!(grouped(7), "7");
        assert_eq!(grouped(1_234_567), "1\u{202f}234\u{202f}567");
    }
}
