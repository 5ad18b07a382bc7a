//! What a running job sees of the session: its cancel and pause flags, and the way to post events.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use crate::structure::Notice;

use super::history::Frame;
use super::mailbox::Mailbox;
use super::protocol::{Event, JobId};

/// Flags through which the app steers one job.
#[derive(Debug, Default)]
pub(super) struct JobControl {
    cancelled: AtomicBool,
    paused: Mutex<bool>,
    changed: Condvar,
}

impl JobControl {
    /// Asks the job to end; also wakes it from a pause.
    pub fn cancel(&self) {
        // The flag is set under the lock that a pausing job holds while it decides to wait, or the wake-up
        // could be lost.
        let _paused = self.paused.lock().unwrap_or_else(PoisonError::into_inner);
        self.cancelled.store(true, Ordering::Release);
        self.changed.notify_all();
    }

    /// Whether the job was asked to end.
    pub fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Acquire)
    }

    /// Pauses the job or lets it go on.
    pub fn set_paused(&self, pause: bool) {
        *self.paused.lock().unwrap_or_else(PoisonError::into_inner) = pause;
        self.changed.notify_all();
    }

    /// Whether the job was asked to pause.
    pub fn is_paused(&self) -> bool {
        *self.paused.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the job is neither paused nor, being cancelled, of no further interest.
    pub fn wait_while_paused(&self) {
        let mut paused = self.paused.lock().unwrap_or_else(PoisonError::into_inner);
        while *paused && !self.is_cancelled() {
            paused = self.changed.wait(paused).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// The newest frame of the simulation that runs or ran last.
#[derive(Clone, Debug)]
pub struct LatestFrame {
    /// The simulation.
    pub job: JobId,
    /// The frame.
    pub frame: Arc<Frame>,
}

/// Handed to every job.
pub(super) struct JobContext<'a> {
    pub job: JobId,
    pub control: &'a JobControl,
    pub mailbox: &'a Mailbox,
    pub latest: &'a Mutex<Option<LatestFrame>>,
    /// Sees every event before it is posted: how a job that is made of other jobs learns what they did.
    pub tap: Option<&'a dyn Fn(&Event)>,
}

impl JobContext<'_> {
    /// Posts an event.
    pub fn post(&self, event: Event) {
        if let Some(tap) = self.tap {
            tap(&event);
        }
        self.mailbox.post(event);
    }

    /// The same job, its events seen by `tap` as well.
    pub fn tapped<'b>(&'b self, tap: &'b dyn Fn(&Event)) -> JobContext<'b> {
        JobContext { tap: Some(tap), ..*self }
    }

    /// Posts a notice.
    pub fn notice(&self, sentence: impl Into<String>) {
        self.post(Event::Notice { job: self.job, notice: Notice(sentence.into()) });
    }

    /// Puts a frame into the latest-value slot.
    pub fn show(&self, frame: Arc<Frame>) {
        *self.latest.lock().unwrap_or_else(PoisonError::into_inner) =
            Some(LatestFrame { job: self.job, frame });
    }
}
