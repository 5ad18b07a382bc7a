//! The thread that looks at frames: RMSD, dihedrals, slow coordinates, validity. All numbers come from
//! `engine::analysis`; this file only decides when they are computed.
//!
//! The window sends [`Task`]s and reads the newest result; neither waits for the other. Looking at the
//! frame on screen comes before catching up with the run, and of several such requests only the newest is
//! answered.

use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use equijump_engine::session::FrameHistory;
use equijump_engine::structure::Topology;

use super::observations::{FrameDetails, Observations};
use super::project::Positions;
use super::run_observer::{RunObserver, inspect};

/// The least time between two publications while catching up: more often helps nobody's eyes and copies
/// long series for nothing.
const PUBLISH_INTERVAL: Duration = Duration::from_millis(150);

/// What the observer looks at from now on.
#[derive(Clone)]
pub struct Subject {
    /// The protein.
    pub topology: Arc<Topology>,
    /// The start structure.
    pub reference: Positions,
    /// The run, if there is one: its frames and the replica to look at.
    pub run: Option<(Arc<FrameHistory>, usize)>,
    /// Time between frames, ps.
    pub frame_interval_ps: f64,
}

enum Task {
    Observe { generation: u64, subject: Box<Subject> },
    Inspect { frame: usize, replica: usize, positions: Positions },
    FramesMade,
}

/// What has been found out.
#[derive(Clone, Default)]
struct Published {
    generation: u64,
    observations: Arc<Observations>,
    details: Option<Arc<FrameDetails>>,
    failure: Option<String>,
}

/// The window's end of the thread. Dropping it ends the thread.
pub struct Observer {
    tasks: Option<Sender<Task>>,
    published: Arc<Mutex<Published>>,
    thread: Option<JoinHandle<()>>,
    generation: u64,
}

impl Observer {
    /// Starts the thread; `wake` is called when there is something new.
    ///
    /// # Errors
    /// When the system refuses a thread.
    pub fn start(wake: Arc<dyn Fn() + Send + Sync>) -> std::io::Result<Self> {
        let (sender, receiver) = channel();
        let published = Arc::new(Mutex::new(Published::default()));
        let shared = published.clone();
        let thread = std::thread::Builder::new()
            .name("observer".into())
            .spawn(move || Worker { published: shared, wake }.run(&receiver))?;
        Ok(Self { tasks: Some(sender), published, thread: Some(thread), generation: 0 })
    }

    /// Looks at something else from now on; what is known of the last subject is forgotten.
    pub fn observe(&mut self, subject: Subject) {
        self.generation += 1;
        self.send(Task::Observe { generation: self.generation, subject: Box::new(subject) });
    }

    /// Looks at one frame, before anything else.
    pub fn inspect(&self, frame: usize, replica: usize, positions: Positions) {
        self.send(Task::Inspect { frame, replica, positions });
    }

    /// There are more frames.
    pub fn frames_made(&self) {
        self.send(Task::FramesMade);
    }

    /// Numbers over the run so far, of the present subject.
    pub fn observations(&self) -> Arc<Observations> {
        let published = lock(&self.published);
        if published.generation == self.generation { published.observations.clone() } else { Arc::default() }
    }

    /// The frame looked at last, of the present subject.
    pub fn details(&self) -> Option<Arc<FrameDetails>> {
        let published = lock(&self.published);
        if published.generation == self.generation { published.details.clone() } else { None }
    }

    /// A failure not reported yet.
    pub fn take_failure(&self) -> Option<String> {
        lock(&self.published).failure.take()
    }

    fn send(&self, task: Task) {
        // Fails only after the thread has ended by a panic, which is reported when it is joined.
        if let Some(tasks) = &self.tasks {
            tasks.send(task).ok();
        }
    }
}

impl Drop for Observer {
    fn drop(&mut self) {
        self.tasks = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            log::error!("the observer thread ended by a panic");
        }
    }
}

fn lock(published: &Mutex<Published>) -> MutexGuard<'_, Published> {
    published.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Worker {
    published: Arc<Mutex<Published>>,
    wake: Arc<dyn Fn() + Send + Sync>,
}

impl Worker {
    fn run(&self, tasks: &Receiver<Task>) {
        let mut generation = 0;
        let mut subject: Option<Box<Subject>> = None;
        let mut observer: Option<RunObserver> = None;
        let mut inspection = None;
        let mut last_publication = Instant::now();
        let mut behind = false;
        loop {
            // Wait only when there is nothing to catch up with.
            let mut next =
                if behind { tasks.try_recv() } else { tasks.recv().map_err(|_| TryRecvError::Disconnected) };
            loop {
                match next {
                    Ok(Task::Observe { generation: newest, subject: chosen }) => {
                        generation = newest;
                        observer = Some(RunObserver::new(&chosen));
                        subject = Some(chosen);
                        inspection = None;
                        *lock(&self.published) = Published { generation, ..Published::default() };
                    }
                    Ok(Task::Inspect { frame, replica, positions }) => {
                        inspection = Some((frame, replica, positions));
                    }
                    Ok(Task::FramesMade) => {}
                    Err(TryRecvError::Empty) => break,
                    Err(TryRecvError::Disconnected) => return,
                }
                next = tasks.try_recv();
            }
            let (Some(subject), Some(observer)) = (&subject, &mut observer) else { continue };
            if let Some((frame, replica, positions)) = inspection.take() {
                let details = inspect(&subject.topology, frame, replica, &positions);
                lock(&self.published).details = Some(Arc::new(details));
                (self.wake)();
            }
            let deadline = last_publication + PUBLISH_INTERVAL;
            match observer.catch_up(subject, deadline.max(Instant::now() + Duration::from_millis(20))) {
                Ok(progress) => {
                    behind = progress.behind;
                    if progress.changed && (!behind || Instant::now() >= deadline) {
                        last_publication = Instant::now();
                        let mut published = lock(&self.published);
                        if published.generation == generation {
                            published.observations = Arc::new(observer.observations());
                        }
                        drop(published);
                        (self.wake)();
                    }
                }
                Err(failure) => {
                    behind = false;
                    lock(&self.published).failure = Some(failure);
                    (self.wake)();
                }
            }
        }
    }
}
