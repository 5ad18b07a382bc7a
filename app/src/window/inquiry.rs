//! Work that a pane asked for and waits for, on a thread of its own: it ends early when nobody waits any more.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};

/// What the work looks at: whether somebody still waits, and where it tells how far it is.
#[derive(Clone)]
pub struct Watch {
    stop: Arc<AtomicBool>,
    per_mille: Arc<AtomicU32>,
    wake: egui::Context,
}

impl Watch {
    /// Whether nobody waits any more.
    pub fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// For work that asks whether to go on.
    pub fn go_on(&self) -> std::ops::ControlFlow<()> {
        if self.is_stopped() { std::ops::ControlFlow::Break(()) } else { std::ops::ControlFlow::Continue(()) }
    }

    /// Tells how far the work is, from 0 to 1.
    pub fn done(&self, fraction: f64) {
        let per_mille = (1000.0 * fraction.clamp(0.0, 1.0)) as u32;
        if self.per_mille.swap(per_mille, Ordering::Relaxed) != per_mille {
            self.wake.request_repaint();
        }
    }
}

/// The answer that is waited for. Dropping it ends the work.
pub struct Inquiry<T> {
    watch: Watch,
    answer: Receiver<Result<Option<T>, String>>,
}

impl<T: Send + 'static> Inquiry<T> {
    /// Begins the work; it answers with `None` when it was stopped. `name` is that of the thread.
    ///
    /// # Errors
    /// One sentence when the system refuses a thread.
    pub fn start(
        name: &str,
        ctx: &egui::Context,
        work: impl FnOnce(&Watch) -> Result<Option<T>, String> + Send + 'static,
    ) -> Result<Self, String> {
        let watch = Watch { stop: Arc::default(), per_mille: Arc::default(), wake: ctx.clone() };
        let (tell, answer) = sync_channel(1);
        let own = watch.clone();
        std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || {
                // The pane may be gone.
                tell.send(work(&own)).ok();
                own.wake.request_repaint();
            })
            .map_err(|error| format!("The work cannot be started: {error}."))?;
        Ok(Self { watch, answer })
    }

    /// The answer, once it is there: an error is one sentence.
    pub fn take(&self) -> Option<Result<Option<T>, String>> {
        match self.answer.try_recv() {
            Ok(answer) => Some(answer),
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Disconnected) => {
                Some(Err("An internal error ended the work; try it with other frames.".to_owned()))
            }
        }
    }

    /// How far it is, from 0 to 1.
    pub fn fraction(&self) -> f32 {
        self.watch.per_mille.load(Ordering::Relaxed) as f32 / 1000.0
    }
}

impl<T> Drop for Inquiry<T> {
    fn drop(&mut self) {
        self.watch.stop.store(true, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn work_that_nobody_waits_for_ends() {
        let ctx = egui::Context::default();
        let (ended, has_ended) = sync_channel(1);
        let inquiry = Inquiry::<()>::start("test", &ctx, move |watch| {
            while !watch.is_stopped() {
                std::thread::yield_now();
            }
            ended.send(()).ok();
            Ok(None)
        })
        .unwrap();
        assert!(inquiry.take().is_none());
        drop(inquiry);
        has_ended.recv().unwrap();
    }

    #[test]
    fn a_panic_is_told_as_an_error() {
        let ctx = egui::Context::default();
        let inquiry =
            Inquiry::<()>::start("test", &ctx, |_| std::panic::resume_unwind(Box::new(()))).unwrap();
        let answer = loop {
            if let Some(answer) = inquiry.take() {
                break answer;
            }
            std::thread::yield_now();
        };
        assert!(answer.is_err());
    }
}
