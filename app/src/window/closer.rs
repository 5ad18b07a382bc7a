//! Closing the window from outside: another thread asks, the window closes in its next pass.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use equijump_engine::session::{Session, Stopper};

/// Asks the window to close, without a question about frames that would be lost: who sends a signal cannot answer.
#[derive(Clone)]
pub struct Closer {
    asked: Arc<AtomicBool>,
    stopper: Arc<Stopper>,
}

impl Closer {
    pub(super) fn new(session: &Session) -> Self {
        Self { asked: Arc::default(), stopper: Arc::new(session.stopper()) }
    }

    /// Asks.
    pub fn ask(&self) {
        self.asked.store(true, Ordering::SeqCst);
    }

    /// Whether it was asked.
    pub fn asked(&self) -> bool {
        self.asked.load(Ordering::SeqCst)
    }

    /// Stops all jobs and waits for them, no longer than `limit`, whether the window is drawn or not.
    pub fn stop_jobs(&self, limit: Duration) {
        if !self.stopper.stop_and_wait(limit) {
            log::warn!("jobs did not end within {} s", limit.as_secs());
        }
    }
}
