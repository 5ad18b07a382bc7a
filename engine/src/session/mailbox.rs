//! Events on their way to the app. Writers never wait, and memory stays bounded however slow the reader:
//! events of which only the newest matters replace the unread one of the same kind and job.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::protocol::Event;

/// Called after an event was queued; the window asks for a repaint here. Must return quickly.
pub type WakeCallback = Arc<dyn Fn() + Send + Sync>;

/// The queue between engine threads and the app.
pub(super) struct Mailbox {
    queue: Mutex<VecDeque<Event>>,
    arrived: Condvar,
    wake: WakeCallback,
}

impl Mailbox {
    /// An empty mailbox that calls `wake` after every event.
    pub fn new(wake: WakeCallback) -> Self {
        Self { queue: Mutex::default(), arrived: Condvar::new(), wake }
    }

    /// Queues an event, or merges it with an unread one.
    pub fn post(&self, event: Event) {
        {
            let mut queue = self.lock();
            // Newest first: a kind can only be merged with its newest unread event, and not across the end
            // of a job, after which nothing of that job follows anyway.
            if let Some(unread) = queue.iter_mut().rev().find(|unread| can_merge(unread, &event)) {
                merge(unread, event);
            } else {
                queue.push_back(event);
            }
        }
        self.arrived.notify_all();
        (self.wake)();
    }

    /// The oldest unread event.
    pub fn try_take(&self) -> Option<Event> {
        self.lock().pop_front()
    }

    /// The oldest unread event; waits for one no longer than `timeout`.
    pub fn take_timeout(&self, timeout: Duration) -> Option<Event> {
        let deadline = Instant::now() + timeout;
        let mut queue = self.lock();
        loop {
            if let Some(event) = queue.pop_front() {
                return Some(event);
            }
            let left = deadline.checked_duration_since(Instant::now())?;
            queue = self.arrived.wait_timeout(queue, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Number of unread events.
    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Event>> {
        // Nothing panics while holding the lock, and a queue is valid at any moment.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn can_merge(unread: &Event, event: &Event) -> bool {
    let latest_only = matches!(
        event,
        Event::Progress { .. }
            | Event::LatentProgress { .. }
            | Event::FramesMade { .. }
            | Event::RunState { .. }
            | Event::TrainingProgress { .. }
    );
    // A validation belongs to its step, and there are few of them.
    let validated =
        matches!(unread, Event::TrainingProgress { progress, .. } if progress.validation.is_some());
    latest_only
        && !validated
        && unread.job() == event.job()
        && std::mem::discriminant(unread) == std::mem::discriminant(event)
}

fn merge(unread: &mut Event, event: Event) {
    if let (Event::FramesMade { last_frame, .. }, Event::FramesMade { last_frame: newest, .. }) =
        (&mut *unread, &event)
    {
        *last_frame = *newest;
        return;
    }
    *unread = event;
}
