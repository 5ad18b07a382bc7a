//! What is open: the structure, the run made from it, and the frame shown. Changed only by events of the
//! engine and by actions, never while drawing.

use std::sync::Arc;

use equijump_engine::analysis::superposed_copy;
use equijump_engine::session::{
    FrameHistory, JobId, JobOutcome, OpenedStructure, Progress, RunInfo, RunState,
};
use equijump_engine::transport::LatentProgress;

/// Canonical atom positions, Å, shared between threads.
pub type Positions = Arc<Vec<[f32; 3]>>;

/// The structure that is open.
#[derive(Clone, Debug)]
pub struct Opened {
    /// What the engine read.
    pub structure: OpenedStructure,
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
#[derive(Clone, Debug)]
pub struct Run {
    /// The engine's name for it.
    pub job: JobId,
    /// Where it stands.
    pub phase: Phase,
    /// What the engine said when it began.
    pub info: Option<RunInfo>,
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
    /// Frames that were written to a file of the user's, so that leaving them behind loses nothing.
    pub frames_saved: u64,
    /// The user asked for a pause that has not come yet (it waits for the present frame).
    pub pause_wanted: bool,
    /// The user asked for the end.
    pub stop_wanted: bool,
}

impl Run {
    /// A run that was just asked for.
    pub fn new(job: JobId, frames_wanted: Option<u64>) -> Self {
        Self {
            job,
            phase: Phase::Preparing,
            info: None,
            frames_wanted,
            frames: 1,
            latent: None,
            progress: None,
            replica: 0,
            frames_saved: 0,
            pause_wanted: false,
            stop_wanted: false,
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

    /// Whether leaving the run behind loses frames.
    pub fn has_unsaved_frames(&self) -> bool {
        let written_live = self.info.as_ref().is_some_and(|info| !info.outputs.is_empty());
        self.frames > 1 && !written_live && self.frames_saved < self.frames
    }

    /// Takes a new state from the engine.
    pub fn set_state(&mut self, state: RunState) {
        self.phase = match state {
            RunState::Preparing => Phase::Preparing,
            RunState::Running => Phase::Running,
            RunState::Paused => Phase::Paused,
        };
        self.pause_wanted = self.pause_wanted && state != RunState::Paused;
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
    /// The run from it.
    pub run: Option<Run>,
    /// The frame on screen.
    pub shown: Option<Shown>,
}

impl Project {
    /// Whether a simulation is going on.
    pub fn is_running(&self) -> bool {
        self.run.as_ref().is_some_and(Run::is_active)
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

fn displayed(opened: &Opened, positions: &Positions, superpose: bool) -> Positions {
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
