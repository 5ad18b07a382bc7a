//! Ctrl-C: the first one ends the job with whole files, the second one ends the process at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::anyhow;

/// Tells whether the user has pressed Ctrl-C (or the process was asked to terminate).
#[derive(Clone, Debug)]
pub(super) struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Listens from now on. Once per process.
    pub fn listen() -> anyhow::Result<Self> {
        let flag = Arc::new(AtomicBool::new(false));
        let seen = flag.clone();
        ctrlc::set_handler(move || {
            if seen.swap(true, Ordering::SeqCst) {
                // Files are readable at any moment, so there is nothing left to put in order.
                std::process::exit(super::INTERRUPTED.into());
            }
        })
        .map_err(|error| anyhow!("cannot listen to Ctrl-C: {error}"))?;
        Ok(Self(flag))
    }

    /// Whether it happened.
    pub fn happened(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}
