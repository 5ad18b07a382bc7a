//! Running the jobs of a session from the command line: updates to the terminal, Ctrl-C to the job.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::anyhow;
use equijump_engine::experiments::{ExperimentUpdate, Runner};
use equijump_engine::session::{Halt, Job, JobError, JobEvent, JobHandle, JobOutcome, ModelLibrary, Session};

use super::Ending;
use super::interrupt::Interrupt;

/// How often Ctrl-C is looked for.
const POLL: Duration = Duration::from_millis(50);

/// A session that serves one command-line job after the other.
pub(super) struct Jobs {
    session: Session,
    interrupt: Interrupt,
}

/// What came of a job: its output, or how it was ended before.
pub(super) type Ended<T> = Result<T, Ending>;

impl Jobs {
    /// Starts the session and listens to Ctrl-C.
    pub fn start() -> anyhow::Result<Self> {
        let session = Session::new(Arc::new(ModelLibrary::new()), Arc::new(|| ()))
            .map_err(|error| anyhow!("cannot start the engine threads: {error}"))?;
        Ok(Self { session, interrupt: Interrupt::listen()? })
    }

    /// Runs a job to its end. `on_update` sees what it tells. The first Ctrl-C stops the job.
    pub fn run<J: Job>(&self, job: J, on_update: impl FnMut(J::Update)) -> anyhow::Result<Ended<J::Output>> {
        self.run_steered(job, on_update, |_| None)
    }

    /// As [`Self::run`]; `steer` is called again and again, with the job to pause or to resume; what it returns ends
    /// the job.
    pub fn run_steered<J: Job>(
        &self,
        job: J,
        mut on_update: impl FnMut(J::Update),
        mut steer: impl FnMut(&JobHandle<J>) -> Option<Ending>,
    ) -> anyhow::Result<Ended<J::Output>> {
        let job = self.session.start(job);
        // Why it is being stopped.
        let mut stopping = None;
        loop {
            let wanted = steer(&job);
            if stopping.is_none() {
                stopping = if self.interrupted() { Some(Ending::Interrupted) } else { wanted };
                if stopping.is_some() {
                    job.cancel();
                }
            }
            match job.next_timeout(POLL) {
                Some(JobEvent::Update(update)) => on_update(update),
                Some(JobEvent::Ended(JobOutcome::Finished(output))) => return Ok(Ok(output)),
                Some(JobEvent::Ended(JobOutcome::Cancelled)) => {
                    return Ok(Err(stopping.unwrap_or(Ending::Interrupted)));
                }
                Some(JobEvent::Ended(JobOutcome::Failed(JobError { what, .. }))) => {
                    return Err(anyhow!(what));
                }
                None => (),
            }
        }
    }

    /// Runs an experiment to its end. `tell` sees how it goes. The first Ctrl-C stops it.
    pub fn experiment(
        &self,
        tell: impl FnMut(ExperimentUpdate),
        run: impl FnOnce(&Runner<'_>) -> Result<(), Halt>,
    ) -> anyhow::Result<Ending> {
        let tell = RefCell::new(tell);
        let runner = Runner {
            session: &self.session,
            tell: &|update| (*tell.borrow_mut())(update),
            cancelled: &|| self.interrupted(),
        };
        match run(&runner) {
            Ok(()) => Ok(Ending::Done),
            Err(Halt::Cancelled) => Ok(Ending::Interrupted),
            Err(Halt::Failed(error)) => Err(anyhow!(error.what)),
        }
    }

    /// Whether Ctrl-C was pressed.
    pub fn interrupted(&self) -> bool {
        self.interrupt.happened()
    }
}

/// The failure of an experiment whose results cannot be written.
pub(super) fn halted(error: &anyhow::Error) -> Halt {
    Halt::Failed(JobError::new(super::sentence(error)))
}

/// When a job has to be done.
#[derive(Clone, Copy, Debug)]
pub(super) struct TimeLimit {
    end: Instant,
    /// Kept free for writing files at the end.
    reserve: Duration,
    newest: Option<Instant>,
    longest_frame: Duration,
}

impl TimeLimit {
    /// Most that is kept free.
    const MOST_RESERVE: Duration = Duration::from_secs(30);

    /// What --max-hours asks for, from now on.
    ///
    /// # Errors
    /// When it is no time.
    pub fn given(hours: Option<f64>) -> anyhow::Result<Option<Self>> {
        let limit = |hours| {
            Self::new(Instant::now(), hours)
                .ok_or_else(|| anyhow!("--max-hours must be a time above 0, in hours"))
        };
        hours.map(limit).transpose()
    }

    /// `hours` from `start` on; `None` where that is no time.
    fn new(start: Instant, hours: f64) -> Option<Self> {
        let time = Duration::try_from_secs_f64(hours * 3600.0).ok().filter(|time| !time.is_zero())?;
        let end = start.checked_add(time)?;
        let reserve = Self::MOST_RESERVE.min(time / 20);
        Some(Self { end, reserve, newest: None, longest_frame: Duration::ZERO })
    }

    /// Notes that a frame was made.
    pub fn frame_made(&mut self, now: Instant) {
        if let Some(before) = self.newest.replace(now) {
            self.longest_frame = self.longest_frame.max(now.saturating_duration_since(before));
        }
    }

    /// Whether to stop: there is no time for one more frame, or, where none was made yet, none is left at all.
    pub fn is_up(&self, now: Instant) -> bool {
        let left = self.end.saturating_duration_since(now).saturating_sub(self.reserve);
        // A frame that would not be finished is better not begun; one under way is given what it may take.
        match self.newest {
            Some(newest) => {
                let until_next = self.longest_frame.saturating_sub(now.saturating_duration_since(newest));
                left.is_zero() || left < until_next
            }
            None => left.is_zero(),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_job_stops_before_the_frame_that_would_not_be_finished() {
        let start = Instant::now();
        let at = |seconds: f64| start + Duration::from_secs_f64(seconds);
        // 36 s, of which 1.8 s are kept free.
        let mut time = TimeLimit::new(start, 0.01).unwrap();
        assert!(!time.is_up(at(34.0)) && time.is_up(at(34.3)));
        time.frame_made(at(1.0));
        time.frame_made(at(11.0));
        assert!(!time.is_up(at(11.0)));
        time.frame_made(at(21.0));
        // The next one is there at 31 s, the one after it would be at 41 s.
        assert!(!time.is_up(at(21.0)) && !time.is_up(at(30.9)));
        time.frame_made(at(31.0));
        assert!(time.is_up(at(31.0)));
        for hours in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e300] {
            assert!(TimeLimit::new(start, hours).is_none(), "{hours}");
        }
    }
}
