//! The threads that serve jobs: each lane its own kind of jobs, in the order they were asked for.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::thread::{Builder, JoinHandle};

use super::backend::ComputeBackend;

/// A thread that serves jobs one after the other, beside the other lanes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// Simulates, and draws with models.
    Compute,
    /// Trains.
    Training,
    /// Imports and evaluates.
    Data,
    /// Opens, loads and exports.
    Files,
}

impl Lane {
    const ALL: [Self; 4] = [Self::Compute, Self::Training, Self::Data, Self::Files];

    fn thread_name(self) -> &'static str {
        match self {
            Self::Compute => "equijump-compute",
            Self::Training => "equijump-training",
            Self::Data => "equijump-data",
            Self::Files => "equijump-files",
        }
    }
}

/// What a lane does for one job. It lets no panic through.
pub(super) type Work = Box<dyn FnOnce(&dyn ComputeBackend) + Send>;

/// All lanes.
pub(super) struct Lanes(Vec<(Lane, Sender<Work>, JoinHandle<()>)>);

impl Lanes {
    /// Starts the threads.
    pub fn start(backend: &Arc<dyn ComputeBackend>) -> io::Result<Self> {
        let start = |lane: Lane| -> io::Result<_> {
            let (sender, queue) = channel::<Work>();
            let backend = backend.clone();
            let serve = move || queue.into_iter().for_each(|work| work(backend.as_ref()));
            Ok((lane, sender, Builder::new().name(lane.thread_name().into()).spawn(serve)?))
        };
        Lane::ALL.into_iter().map(start).collect::<io::Result<_>>().map(Self)
    }

    /// Queues work. Whether the lane takes it.
    pub fn queue(&self, lane: Lane, work: Work) -> bool {
        let found = self.0.iter().find(|(of, ..)| *of == lane);
        found.is_some_and(|(_, queue, _)| queue.send(work).is_ok())
    }

    /// Takes no more work, and waits until what is queued is done.
    pub fn close(&mut self) {
        // All queues are closed before the first thread is waited for.
        let threads: Vec<_> = self.0.drain(..).map(|(_, _, thread)| thread).collect();
        for thread in threads {
            if thread.join().is_err() {
                log::error!("an engine thread ended by a panic outside of any job");
            }
        }
    }
}
