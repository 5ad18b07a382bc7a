//! The thread that looks at frames: RMSD, dihedrals, slow coordinates, validity. All numbers come from
//! [`crate::analysis`]; this file only decides when they are computed.
//!
//! The window sends `Task`s and reads the newest result; neither waits for the other. Looking at the
//! frame on screen comes before catching up with the run, and of several such requests only the newest is
//! answered.

use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::analysis::Measurement;
use crate::trust::TrustData;

use super::landscape::MapSettings;
use super::observations::{FrameDetails, Observations};
use super::run_observer::RunObserver;
use super::{ObserveError, Positions};

pub use super::run_observer::Subject;

/// The least time between two publications while catching up: more often helps nobody's eyes and copies
/// long series for nothing.
const PUBLISH_INTERVAL: Duration = Duration::from_millis(150);

enum Task {
    Observe {
        generation: u64,
        subject: Box<Subject>,
    },
    Inspect(Inspection),
    Measure(Vec<Measurement>),
    /// What the model in use was trained on.
    Trust(Option<Arc<TrustData>>),
    Map(MapSettings),
    FramesMade,
}

#[derive(Clone)]
struct Inspection {
    frame: usize,
    replica: usize,
    positions: Positions,
}

/// What has been found out.
#[derive(Default)]
struct Published {
    generation: u64,
    observations: Arc<Observations>,
    details: Option<Arc<FrameDetails>>,
    failure: Option<ObserveError>,
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

    /// Looks at one frame, before anything else; its replica is the one whose series are shown.
    pub fn inspect(&self, frame: usize, replica: usize, positions: Positions) {
        self.send(Task::Inspect(Inspection { frame, replica, positions }));
    }

    /// Follows these measurements through the run, until another subject is observed.
    pub fn measure(&self, wanted: &[Measurement]) {
        self.send(Task::Measure(wanted.to_vec()));
    }

    /// Measures frames looked at against what the model in use was trained on.
    pub fn trust(&self, data: Option<Arc<TrustData>>) {
        self.send(Task::Trust(data));
    }

    /// Makes the free-energy map like this from now on, of other subjects as well.
    pub fn map(&self, settings: MapSettings) {
        self.send(Task::Map(settings));
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
    pub fn take_failure(&self) -> Option<ObserveError> {
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
        let mut observer: Option<RunObserver> = None;
        let mut trust: Option<Arc<TrustData>> = None;
        let mut map = MapSettings::default();
        let mut inspected: Option<Inspection> = None;
        let mut to_inspect = false;
        let mut to_publish = false;
        let mut last_publication = Instant::now();
        let mut behind = false;
        loop {
            // Wait only when there is nothing to catch up with.
            let mut next =
                if behind { tasks.try_recv() } else { tasks.recv().map_err(|_| TryRecvError::Disconnected) };
            loop {
                match next {
                    Ok(Task::Observe { generation, subject }) => {
                        *lock(&self.published) = Published { generation, ..Published::default() };
                        observer = RunObserver::new(*subject).map_err(|error| self.fail(error)).ok();
                        if let Some(watched) = &mut observer {
                            watched.set_map(map);
                        }
                        inspected = None;
                        to_inspect = false;
                    }
                    Ok(Task::Inspect(inspection)) => {
                        if let Some(watched) = &mut observer {
                            watched.measure_replica(inspection.replica);
                        }
                        inspected = Some(inspection);
                        to_inspect = true;
                    }
                    Ok(Task::Measure(wanted)) => {
                        if let Some(watched) = &mut observer {
                            watched.measure(&wanted);
                        }
                    }
                    Ok(Task::Trust(data)) => {
                        trust = data;
                        to_inspect = inspected.is_some();
                    }
                    Ok(Task::Map(settings)) => {
                        map = settings;
                        if let Some(watched) = &mut observer {
                            watched.set_map(map);
                            to_inspect = inspected.is_some();
                            to_publish = true;
                        }
                    }
                    Ok(Task::FramesMade) => {}
                    Err(TryRecvError::Empty) => break,
                    Err(TryRecvError::Disconnected) => return,
                }
                next = tasks.try_recv();
            }
            let Some(watched) = &mut observer else {
                behind = false;
                to_publish = false;
                continue;
            };
            if let (true, Some(wanted)) = (to_inspect, &inspected) {
                to_inspect = false;
                let mut details = watched.inspect(wanted.frame, wanted.replica, &wanted.positions);
                details.trust = trust.as_ref().map(|data| watched.trust(data, &wanted.positions));
                let mut published = lock(&self.published);
                let other_replica = published.details.as_ref().is_none_or(|d| d.replica != wanted.replica);
                published.details = Some(Arc::new(details));
                drop(published);
                to_publish |= other_replica;
                (self.wake)();
            }
            if std::mem::take(&mut to_publish) {
                let replica = inspected.as_ref().map_or(0, |inspection| inspection.replica);
                let observations = Arc::new(watched.observations(replica));
                lock(&self.published).observations = observations;
                (self.wake)();
            }
            let due = last_publication + PUBLISH_INTERVAL;
            match watched.catch_up(due.max(Instant::now() + Duration::from_millis(20))) {
                Ok(progress) => {
                    behind = progress.behind;
                    if progress.changed && (!behind || Instant::now() >= due) {
                        last_publication = Instant::now();
                        let replica = inspected.as_ref().map_or(0, |inspection| inspection.replica);
                        let observations = Arc::new(watched.observations(replica));
                        lock(&self.published).observations = observations;
                        // The basis may be another one now, so the frame shown has new coordinates.
                        to_inspect = inspected.is_some();
                        behind |= to_inspect;
                        (self.wake)();
                    }
                }
                Err(error) => {
                    // The same frame would fail again.
                    observer = None;
                    behind = false;
                    self.fail(error);
                }
            }
        }
    }

    fn fail(&self, error: ObserveError) {
        lock(&self.published).failure = Some(error);
        (self.wake)();
    }
}
