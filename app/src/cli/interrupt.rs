//! Ctrl-C: the first one ends the job with whole files, the second one ends the process at once.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use anyhow::anyhow;

use super::terminal;

/// How long the work may take to end before the user is told what else can be done.
const PATIENCE: Duration = Duration::from_secs(5);

/// Signals that are closer are one: `timeout` and batch systems send theirs to a process and to its group, which is the
/// same process twice. Nobody presses a key twice in that time.
const ONE_SIGNAL: Duration = Duration::from_millis(150);

/// How long the end waits for its sentence: a log may stall as a disk does.
const LAST_WORD: Duration = Duration::from_millis(300);

/// Says it, unless that takes long.
fn say_in_passing(sentence: &'static str) {
    let (said, heard) = mpsc::channel();
    let speaker = move || {
        terminal::remark(sentence);
        // Nobody may be waiting any more.
        let _ = said.send(());
    };
    if std::thread::Builder::new().spawn(speaker).is_ok() {
        let _ = heard.recv_timeout(LAST_WORD);
    }
}

/// Tells whether the user has pressed Ctrl-C (or the process was asked to terminate).
#[derive(Clone, Debug)]
pub(super) struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Listens from now on. Once per process.
    pub fn listen() -> anyhow::Result<Self> {
        let flag = Arc::new(AtomicBool::new(false));
        let seen = flag.clone();
        let mut first: Option<Instant> = None;
        ctrlc::set_handler(move || match first {
            None => {
                first = Some(Instant::now());
                seen.store(true, Ordering::SeqCst);
                // Most jobs end before this thread speaks. Without it Ctrl-C works all the same.
                let _ = std::thread::Builder::new().spawn(|| {
                    std::thread::sleep(PATIENCE);
                    terminal::remark(
                        "note: the work has not ended yet, since a step of it takes long or a disk does not answer; \
                         press Ctrl-C again to end at once",
                    );
                });
            }
            Some(first) if first.elapsed() < ONE_SIGNAL => (),
            Some(_) => {
                say_in_passing("equijump: ended at once; what is on the disk is whole");
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
