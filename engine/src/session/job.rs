//! A job and the handle of whoever asked for it. What a job tells goes to its own handle and to nobody else.

use std::collections::VecDeque;
use std::error::Error;
use std::mem::discriminant;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::backend::ComputeBackend;
use super::lane::Lane;
use super::progress::{Progress, Report};
use crate::brief::panic_message;
use crate::remedy::{self, Remedy};
use crate::structure::Notice;

/// Called after something was told; the window asks for a repaint here. Must return quickly.
pub type WakeCallback = Arc<dyn Fn() + Send + Sync>;

/// Work in the background: what is asked for, what it tells meanwhile, what comes of it.
///
/// `session/jobs/load_model.rs` is the smallest one.
pub trait Job: Sized + Send + 'static {
    /// What it tells while it works.
    type Update: Update;
    /// What comes of it.
    type Output: Send + 'static;
    /// The thread that serves it. Jobs of one lane run one after the other.
    const LANE: Lane;

    /// Does the work.
    ///
    /// # Errors
    /// [`Halt::Cancelled`] soon after [`JobContext::is_cancelled`], [`Halt::Failed`] with one sentence for the user.
    fn run(self, context: &JobContext<'_, Self::Update>) -> Result<Self::Output, Halt>;
}

/// What a job tells while it works.
pub trait Update: Send + 'static {
    /// Takes a newer update of the same variant into this one, which nobody has read yet, where only the newest
    /// matters; gives it back where both are to be read. So a slow reader costs neither memory nor frames.
    fn absorb(&mut self, newer: Self) -> Option<Self>
    where
        Self: Sized;
}

impl Update for Report {
    fn absorb(&mut self, newer: Self) -> Option<Self> {
        match (self, newer) {
            (Self::Progress(known), Self::Progress(newer)) => {
                *known = newer;
                None
            }
            (_, newer) => Some(newer),
        }
    }
}

/// Why a job is not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Halt {
    /// It was asked to end.
    Cancelled,
    /// It could not go on.
    Failed(JobError),
}

/// What went wrong, and what helps.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct JobError {
    /// One clear sentence; remedies in it are worded by whoever shows it ([`remedy::worded`]).
    pub what: String,
    /// What the user can do about it, where the engine knows.
    pub remedy: Option<Remedy>,
}

impl JobError {
    /// What went wrong, in a sentence with the remedies that it names.
    pub fn new(what: impl Into<String>) -> Self {
        let what = what.into();
        Self { remedy: remedy::first_in(&what), what }
    }
}

/// Work fails with the sentence of the error that it came to.
impl<E: Error> From<E> for Halt {
    fn from(error: E) -> Self {
        Self::Failed(JobError::new(error.to_string()))
    }
}

/// Why a job came to no end of its own.
#[derive(Debug, thiserror::Error)]
enum Broken {
    #[error("the engine has been shut down")]
    ShutDown,
    #[error("an internal error stopped this job ({0}); what it has written is kept, please report it")]
    Panic(String),
}

/// How a job ended. Every job ends in exactly one of these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JobOutcome<T = ()> {
    /// All the work asked for is done.
    Finished(T),
    /// Stopped by the user; what was made so far is kept.
    Cancelled,
    /// Ended by an error or a panic.
    Failed(JobError),
}

impl<T> JobOutcome<T> {
    /// What came of it, or why nothing did.
    ///
    /// # Errors
    /// Where it is not [`Self::Finished`].
    pub fn into_result(self) -> Result<T, Halt> {
        match self {
            Self::Finished(output) => Ok(output),
            Self::Cancelled => Err(Halt::Cancelled),
            Self::Failed(error) => Err(Halt::Failed(error)),
        }
    }

    /// How it ended, whatever came of it.
    pub fn without_output(&self) -> JobOutcome {
        match self {
            Self::Finished(_) => JobOutcome::Finished(()),
            Self::Cancelled => JobOutcome::Cancelled,
            Self::Failed(error) => JobOutcome::Failed(error.clone()),
        }
    }
}

impl<T> From<Result<T, Halt>> for JobOutcome<T> {
    fn from(result: Result<T, Halt>) -> Self {
        match result {
            Ok(output) => Self::Finished(output),
            Err(Halt::Cancelled) => Self::Cancelled,
            Err(Halt::Failed(error)) => Self::Failed(error),
        }
    }
}

/// The next thing that a job tells.
pub enum JobEvent<J: Job> {
    /// What it tells while it works.
    Update(J::Update),
    /// How it ended; the last event.
    Ended(JobOutcome<J::Output>),
}

/// Flags through which a job is steered.
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

    fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Acquire)
    }

    fn set_paused(&self, pause: bool) {
        *self.paused.lock().unwrap_or_else(PoisonError::into_inner) = pause;
        self.changed.notify_all();
    }
}

/// What a running job sees of the session.
pub struct JobContext<'a, U> {
    control: &'a JobControl,
    backend: &'a dyn ComputeBackend,
    post: &'a dyn Fn(U),
}

impl<U> JobContext<'_, U> {
    /// What loads models and prepares samplers.
    pub fn backend(&self) -> &dyn ComputeBackend {
        self.backend
    }

    /// Tells something.
    pub fn post(&self, update: U) {
        (self.post)(update);
    }

    /// Whether the job was asked to end.
    pub fn is_cancelled(&self) -> bool {
        self.control.is_cancelled()
    }

    /// Goes on, or ends the job if it was asked to end.
    pub fn check(&self) -> Result<(), Halt> {
        if self.is_cancelled() { Err(Halt::Cancelled) } else { Ok(()) }
    }

    /// Whether the job was asked to pause.
    pub fn is_paused(&self) -> bool {
        *self.control.paused.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the job is neither paused nor, being cancelled, of no further interest.
    pub fn wait_while_paused(&self) {
        let mut paused = self.control.paused.lock().unwrap_or_else(PoisonError::into_inner);
        while *paused && !self.is_cancelled() {
            paused = self.control.changed.wait(paused).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl<U: From<Report>> JobContext<'_, U> {
    /// Tells the user something that is not an error.
    pub fn notice(&self, sentence: impl Into<String>) {
        self.post(Report::Notice(Notice(sentence.into())).into());
    }

    /// Tells how far the job is.
    pub fn progress(&self, progress: Progress) {
        self.post(Report::Progress(progress).into());
    }
}

/// What was told and not yet read, in order. Writers never wait, and memory stays bounded however slow the reader.
struct Stream<J: Job> {
    unread: Mutex<(VecDeque<J::Update>, Option<JobOutcome<J::Output>>)>,
    arrived: Condvar,
    wake: WakeCallback,
}

impl<J: Job> Stream<J> {
    fn post(&self, update: J::Update) {
        {
            let mut unread = self.lock();
            let same = |known: &&mut J::Update| discriminant(&**known) == discriminant(&update);
            // Newest first: what comes later is never put before what it must not replace.
            let apart = match unread.0.iter_mut().rev().find(same) {
                Some(known) => known.absorb(update),
                None => Some(update),
            };
            unread.0.extend(apart);
        }
        self.tell();
    }

    fn end(&self, outcome: JobOutcome<J::Output>) {
        self.lock().1 = Some(outcome);
        self.tell();
    }

    fn tell(&self) {
        self.arrived.notify_all();
        (self.wake)();
    }

    fn lock(&self) -> MutexGuard<'_, (VecDeque<J::Update>, Option<JobOutcome<J::Output>>)> {
        // Nothing panics while holding the lock, and what it guards is valid at any moment.
        self.unread.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next_until(&self, deadline: Option<Instant>) -> Option<JobEvent<J>> {
        let mut unread = self.lock();
        loop {
            let update: Option<JobEvent<J>> = unread.0.pop_front().map(JobEvent::Update);
            if let Some(event) = update.or_else(|| unread.1.take().map(JobEvent::Ended)) {
                return Some(event);
            }
            let left = deadline?.checked_duration_since(Instant::now())?;
            unread = self.arrived.wait_timeout(unread, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

/// A job that was asked for: what it tells, and what steers it. Dropping the handle cancels the job.
pub struct JobHandle<J: Job> {
    stream: Arc<Stream<J>>,
    control: Arc<JobControl>,
}

impl<J: Job> JobHandle<J> {
    /// The oldest event not yet taken.
    pub fn try_next(&self) -> Option<JobEvent<J>> {
        self.stream.next_until(None)
    }

    /// The oldest event not yet taken; waits for one no longer than `timeout`.
    pub fn next_timeout(&self, timeout: Duration) -> Option<JobEvent<J>> {
        self.stream.next_until(Some(Instant::now() + timeout))
    }

    /// Pauses a simulation after the present frame, a training after the present step; other jobs do not pause.
    pub fn pause(&self) {
        self.control.set_paused(true);
    }

    /// Goes on after a pause.
    pub fn resume(&self) {
        self.control.set_paused(false);
    }

    /// Asks the job to end: a simulation within one latent step, keeping all whole frames; others between two items
    /// of work.
    pub fn cancel(&self) {
        self.control.cancel();
    }
}

impl<J: Job> Drop for JobHandle<J> {
    fn drop(&mut self) {
        self.cancel();
    }
}

impl<J: Job> std::fmt::Debug for JobHandle<J> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("JobHandle").field("control", &self.control).finish_non_exhaustive()
    }
}

/// A job on its way to its lane.
pub(super) struct Started<J: Job> {
    pub handle: JobHandle<J>,
    pub control: Arc<JobControl>,
    /// Does the work; `ended` is called before its outcome is told.
    pub work: Box<dyn FnOnce(&dyn ComputeBackend) + Send>,
    /// Ends it where no lane takes it any more.
    pub refuse: Box<dyn FnOnce()>,
}

impl<J: Job> Started<J> {
    pub fn new(job: J, wake: WakeCallback, ended: impl FnOnce(&Arc<JobControl>) + Send + 'static) -> Self {
        let stream =
            Arc::new(Stream { unread: Mutex::new((VecDeque::new(), None)), arrived: Condvar::new(), wake });
        let control = Arc::new(JobControl::default());
        let handle = JobHandle { stream: stream.clone(), control: control.clone() };
        let (refused, steered) = (stream.clone(), control.clone());
        let work = move |backend: &dyn ComputeBackend| {
            let outcome = run(job, &stream, &steered, backend);
            ended(&steered);
            stream.end(outcome);
        };
        let refuse = move || refused.end(Err(Broken::ShutDown.into()).into());
        Self { handle, control, work: Box::new(work), refuse: Box::new(refuse) }
    }
}

fn run<J: Job>(
    job: J,
    stream: &Stream<J>,
    control: &JobControl,
    backend: &dyn ComputeBackend,
) -> JobOutcome<J::Output> {
    if control.is_cancelled() {
        return JobOutcome::Cancelled;
    }
    // Unwind safety: jobs share only their streams and the backend's cache, each behind a lock and whole at any
    // moment.
    let done = catch_unwind(AssertUnwindSafe(|| {
        job.run(&JobContext { control, backend, post: &|update| stream.post(update) })
    }));
    done.unwrap_or_else(|panic| Err(Broken::Panic(panic_message(panic.as_ref())).into())).into()
}
