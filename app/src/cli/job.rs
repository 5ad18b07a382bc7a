//! Running one job of the session from the command line: events to the terminal, Ctrl-C to the session.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::anyhow;
use equijump_engine::session::{Command, Event, JobId, JobOutcome, ModelLibrary, SessionHandle};

use super::Ending;
use super::interrupt::Interrupt;

/// How often Ctrl-C is looked for.
const POLL: Duration = Duration::from_millis(50);

/// A session that serves one command-line job after the other.
pub(super) struct Jobs {
    session: SessionHandle,
    interrupt: Interrupt,
}

impl Jobs {
    /// Starts the session and listens to Ctrl-C.
    pub fn start() -> anyhow::Result<Self> {
        let session = SessionHandle::start(Arc::new(ModelLibrary::new()), Arc::new(|| ()))
            .map_err(|error| anyhow!("cannot start the engine threads: {error}"))?;
        Ok(Self { session, interrupt: Interrupt::listen()? })
    }

    /// Runs a job to its end. `on_event` sees its events, all but the last and the notices, which go to
    /// stderr. The first Ctrl-C stops the job.
    pub fn run(
        &self,
        command: impl FnOnce(JobId) -> Command,
        on_event: impl FnMut(Event) -> anyhow::Result<()>,
    ) -> anyhow::Result<Ending> {
        self.run_within(None, command, on_event)
    }

    /// As [`Self::run`], and stops the job in time to be done at the end of `time`.
    pub fn run_within(
        &self,
        time: Option<TimeLimit>,
        command: impl FnOnce(JobId) -> Command,
        on_event: impl FnMut(Event) -> anyhow::Result<()>,
    ) -> anyhow::Result<Ending> {
        self.run_steered(time, command, on_event, |_, _| ())
    }

    /// As [`Self::run_within`]; `steer` is called again and again, with what commands are sent to and the job, to
    /// pause it or stop it.
    pub fn run_steered(
        &self,
        time: Option<TimeLimit>,
        command: impl FnOnce(JobId) -> Command,
        mut on_event: impl FnMut(Event) -> anyhow::Result<()>,
        mut steer: impl FnMut(&SessionHandle, JobId),
    ) -> anyhow::Result<Ending> {
        let job = self.session.next_job();
        self.session.send(command(job));
        let mut time = time;
        // Why it is being stopped.
        let mut stopping = None;
        loop {
            let out_of_time = time.as_ref().is_some_and(|time| time.is_up(Instant::now()));
            if stopping.is_none() && (self.interrupt.happened() || out_of_time) {
                let interrupted = self.interrupt.happened();
                stopping = Some(if interrupted { Ending::Interrupted } else { Ending::OutOfTime });
                self.session.send(Command::Stop { job });
            }
            steer(&self.session, job);
            match self.session.recv_timeout(POLL) {
                // Of an earlier job that was left before its end.
                Some(event) if event.job() != job => (),
                Some(Event::JobEnded { outcome: JobOutcome::Finished, .. }) => return Ok(Ending::Done),
                Some(Event::JobEnded { outcome: JobOutcome::Cancelled, .. }) => {
                    return Ok(stopping.unwrap_or(Ending::Interrupted));
                }
                Some(Event::JobEnded { outcome: JobOutcome::Failed(message), .. }) => {
                    return Err(anyhow!(message));
                }
                Some(event) => {
                    if let (Event::FramesMade { .. }, Some(time)) = (&event, &mut time) {
                        time.frame_made(Instant::now());
                    }
                    on_event(event)?;
                }
                None => (),
            }
        }
    }

    /// Whether Ctrl-C was pressed.
    pub fn interrupted(&self) -> bool {
        self.interrupt.happened()
    }
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

    fn frame_made(&mut self, now: Instant) {
        if let Some(before) = self.newest.replace(now) {
            self.longest_frame = self.longest_frame.max(now.saturating_duration_since(before));
        }
    }

    /// Whether to stop: there is no time for one more frame, or, where none was made yet, none is left at all.
    fn is_up(&self, now: Instant) -> bool {
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
