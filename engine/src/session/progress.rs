//! How far a job is, how fast it goes, and what else most jobs tell.

use std::time::{Duration, Instant};

use crate::analysis::evaluation::EvaluationStage;
use crate::structure::Notice;

/// What most jobs tell while they work.
#[derive(Clone, Debug, PartialEq)]
pub enum Report {
    /// How far the job is, with an estimate of the time left. Only the newest is kept until it is read.
    Progress(Progress),
    /// Something the user should know that is not an error.
    Notice(Notice),
    /// An evaluation began its next stage; progress counts from zero.
    Stage(EvaluationStage),
}

/// Whether a simulation or a training is moving.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobPhase {
    /// Loading the model, preparing the sampler and the files; or reading the training data.
    Preparing,
    /// Making frames, or optimizer steps.
    Running,
    /// Waiting for [`JobHandle::resume`](super::JobHandle::resume).
    Paused,
}

/// What progress counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProgressUnit {
    /// Trajectory frames (per replica, in a simulation).
    Frames,
    /// Bytes of a file.
    Bytes,
    /// Optimizer steps.
    Steps,
    /// Resamplings of an evaluation.
    Replicates,
}

/// How far a job is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// Work done.
    pub done: u64,
    /// All the work; `None` for a run until stopped.
    pub total: Option<u64>,
    /// What is counted.
    pub unit: ProgressUnit,
    /// Units per second over the last seconds, pauses left out; `None` until it can be told.
    pub per_second: Option<f64>,
    /// Estimate of the time left; `None` until it can be told, and for runs until stopped.
    pub time_left: Option<Duration>,
}

/// Weight of the newest interval in the running mean: about the last ten count.
const NEWEST_WEIGHT: f64 = 0.15;

/// Measures seconds per unit of work as a running mean. Pauses are left out by [`RateMeter::skip_pause`].
#[derive(Debug)]
pub(super) struct RateMeter {
    unit: ProgressUnit,
    done: u64,
    total: Option<u64>,
    last: Instant,
    seconds_per_unit: Option<f64>,
}

impl RateMeter {
    /// Starts the clock. `done` counts work of an earlier run that is being resumed.
    pub fn start(unit: ProgressUnit, done: u64, total: Option<u64>) -> Self {
        Self { unit, done, total, last: Instant::now(), seconds_per_unit: None }
    }

    /// Notes that `units` more are done.
    pub fn advance(&mut self, units: u64) {
        self.advance_at(units, Instant::now());
    }

    /// Notes that `done` in all are done, of `total`.
    pub fn reach(&mut self, done: u64, total: Option<u64>) {
        self.total = total;
        self.advance(done.saturating_sub(self.done));
    }

    /// Forgets the time since the last unit: the job was paused.
    pub fn skip_pause(&mut self) {
        self.last = Instant::now();
    }

    fn advance_at(&mut self, units: u64, now: Instant) {
        if units == 0 {
            return;
        }
        let seconds = now.duration_since(self.last).as_secs_f64() / units as f64;
        self.last = now;
        self.done += units;
        self.seconds_per_unit = Some(match self.seconds_per_unit {
            Some(mean) => mean + NEWEST_WEIGHT * (seconds - mean),
            None => seconds,
        });
    }

    /// Progress for the user.
    pub fn progress(&self) -> Progress {
        let time_left = self.total.zip(self.seconds_per_unit).and_then(|(total, seconds)| {
            Duration::try_from_secs_f64(total.saturating_sub(self.done) as f64 * seconds).ok()
        });
        Progress {
            done: self.done,
            total: self.total,
            unit: self.unit,
            per_second: self.seconds_per_unit.filter(|&s| s > 0.0).map(|s| 1.0 / s),
            time_left,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn steady_work_gives_its_rate_and_the_time_left() {
        let mut meter = RateMeter::start(ProgressUnit::Frames, 10, Some(50));
        let start = meter.last;
        for i in 1..=20u32 {
            meter.advance_at(1, start + i * Duration::from_millis(250));
        }
        let progress = meter.progress();
        assert_eq!(progress.done, 30);
        assert!((progress.per_second.unwrap() - 4.0).abs() < 1e-9);
        assert!((progress.time_left.unwrap().as_secs_f64() - 5.0).abs() < 1e-6);
    }

    #[test]
    fn work_without_end_has_no_time_left() {
        let mut meter = RateMeter::start(ProgressUnit::Frames, 0, None);
        let start = meter.last;
        meter.advance_at(1, start + Duration::from_millis(1));
        assert_eq!(meter.progress().time_left, None);
    }
}
