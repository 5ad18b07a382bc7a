//! Running one job of the session from the command line: events to the terminal, Ctrl-C to the session.

use std::sync::Arc;
use std::time::Duration;

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
        mut on_event: impl FnMut(Event) -> anyhow::Result<()>,
    ) -> anyhow::Result<Ending> {
        let job = self.session.next_job();
        self.session.send(command(job));
        let mut stopping = false;
        loop {
            if self.interrupt.happened() && !stopping {
                stopping = true;
                self.session.send(Command::Stop { job });
            }
            match self.session.recv_timeout(POLL) {
                Some(Event::JobEnded { outcome: JobOutcome::Finished, .. }) => return Ok(Ending::Done),
                Some(Event::JobEnded { outcome: JobOutcome::Cancelled, .. }) => {
                    return Ok(Ending::Interrupted);
                }
                Some(Event::JobEnded { outcome: JobOutcome::Failed(message), .. }) => {
                    return Err(anyhow!(message));
                }
                Some(event) => on_event(event)?,
                None => (),
            }
        }
    }
}
