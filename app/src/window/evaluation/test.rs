//! A test of the model in use: begun, stopped, ended.

use equijump_engine::session::{Job, JobOutcome, Report, Session};

use crate::window::log::{Level, Log};
use crate::window::running::Running;
use crate::window::wording::in_window_words;

/// A test that goes on, and what came of the last one.
#[derive(Debug)]
pub struct Test<J: Job> {
    pub(in crate::window) running: Option<Running<J>>,
    /// The last test that was done.
    pub tested: Option<J::Output>,
    /// Why the last test failed.
    pub error: Option<String>,
}

impl<J: Job> Default for Test<J> {
    fn default() -> Self {
        Self { running: None, tested: None, error: None }
    }
}

impl<J: Job<Update = Report>> Test<J> {
    pub(super) fn begin(&mut self, session: &Session, job: J) {
        self.error = None;
        self.running = Some(Running::new(session.start(job)));
    }

    pub(super) fn stop(&mut self) {
        if let Some(running) = &mut self.running {
            running.stop();
        }
    }

    /// Takes what the test tells; what came of it, if it is done now.
    pub(super) fn take(&mut self, log: &mut Log) -> Option<&J::Output> {
        let running = self.running.as_mut()?;
        let outcome = running.take(|notice| log.note(Level::Warning, in_window_words(notice)))?;
        self.running = None;
        match outcome {
            JobOutcome::Finished(output) => return Some(self.tested.insert(output)),
            JobOutcome::Cancelled => self.error = Some("The test was stopped.".to_owned()),
            JobOutcome::Failed(error) => {
                let sentence = in_window_words(&error.what);
                log.note(Level::Error, sentence.clone());
                self.error = Some(sentence);
            }
        }
        None
    }
}
