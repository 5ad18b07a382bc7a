//! Ctrl-C: the first one ends the job with whole files, the second one ends the process at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::anyhow;

use super::terminal;

/// How long the work may take to end before the user is told what else can be done.
const PATIENCE: Duration = Duration::from_secs(5);

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
                terminal::remark("equijump: ended at once; what is on the disk is whole");
                std::process::exit(super::INTERRUPTED.into());
            }
            // Most jobs end before this thread speaks.
            std::thread::spawn(|| {
                std::thread::sleep(PATIENCE);
                terminal::remark(
                    "note: the work has not ended yet, since a step of it takes long or a disk does not answer; \
                     press Ctrl-C again to end at once",
                );
            });
        })
        .map_err(|error| anyhow!("cannot listen to Ctrl-C: {error}"))?;
        Ok(Self(flag))
    }

    /// Whether it happened.
    pub fn happened(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}
