//! The app's end of the session: sends commands, takes events, and stops the threads when dropped.

use std::any::Any;
use std::collections::HashMap;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use crate::training::TrainRequest;
use crate::trajectory::ImportRequest;

use super::backend::ComputeBackend;
use super::branches::{self, BranchRequest};
use super::compare::{self, ComparisonRequest};
use super::context::{JobContext, JobControl};
use super::evaluate::EvaluationRequest;
use super::jumps::{self, JumpRequest};
use super::mailbox::{Mailbox, WakeCallback};
use super::pairs::{self, PairsRequest};
use super::protocol::{Command, Event, JobId, JobOutcome};
use super::recorded_files::TrajectoryRequest;
use super::request::{ExportRequest, ModelSource, OpenRequest, SimulationRequest};
use super::study::{self, StudyRequest};
use super::{FrameHistory, evaluate, export, files, recorded_files, simulate, training};

pub use super::context::LatestFrame;

/// A running session. Named threads serve it side by side, each its own kind of jobs in order: `equijump-compute`
/// simulates, `equijump-training` trains, `equijump-data` imports and evaluates, `equijump-files` opens, loads and
/// exports. Dropping the handle stops them all, a simulation within one latent step, a training with a checkpoint
/// of its last step, and waits for them.
pub struct SessionHandle {
    shared: Arc<Shared>,
    compute: Option<Sender<Work>>,
    training: Option<Sender<Work>>,
    data: Option<Sender<Work>>,
    files: Option<Sender<Work>>,
    threads: Vec<JoinHandle<()>>,
    next_job: AtomicU64,
}

struct Shared {
    backend: Arc<dyn ComputeBackend>,
    mailbox: Mailbox,
    latest: Mutex<Option<LatestFrame>>,
    /// Jobs that were sent and have not ended.
    jobs: Mutex<HashMap<JobId, Arc<JobControl>>>,
}

impl Shared {
    fn jobs(&self) -> MutexGuard<'_, HashMap<JobId, Arc<JobControl>>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Work {
    job: JobId,
    control: Arc<JobControl>,
    task: Task,
}

enum Task {
    Open(OpenRequest),
    OpenTrajectory(TrajectoryRequest),
    Extend(Box<SimulationRequest>, Arc<FrameHistory>),
    LoadModel(ModelSource),
    Export(ExportRequest),
    Import(ImportRequest),
    Evaluate(Box<EvaluationRequest>),
    TestJumps(Box<JumpRequest>),
    TestBranches(Box<BranchRequest>),
    Simulate(Box<SimulationRequest>),
    Compare(Box<ComparisonRequest>),
    Study(Box<StudyRequest>),
    DrawPairs(PairsRequest),
    Train(Box<TrainRequest>),
}

impl SessionHandle {
    /// Starts the threads. `wake` is called, from any thread, whenever an event is waiting.
    ///
    /// # Errors
    /// When the system refuses a thread.
    pub fn start(backend: Arc<dyn ComputeBackend>, wake: WakeCallback) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            backend,
            mailbox: Mailbox::new(wake),
            latest: Mutex::default(),
            jobs: Mutex::default(),
        });
        let (compute, compute_queue) = channel();
        let (training, training_queue) = channel();
        let (data, data_queue) = channel();
        let (files, files_queue) = channel();
        let mut handle = Self {
            shared: shared.clone(),
            compute: Some(compute),
            training: Some(training),
            data: Some(data),
            files: Some(files),
            threads: Vec::new(),
            next_job: AtomicU64::new(1),
        };
        for (name, queue) in [
            ("equijump-compute", compute_queue),
            ("equijump-training", training_queue),
            ("equijump-data", data_queue),
            ("equijump-files", files_queue),
        ] {
            let shared = shared.clone();
            handle.threads.push(Builder::new().name(name.into()).spawn(move || serve(&shared, &queue))?);
        }
        Ok(handle)
    }

    /// A fresh id for a command that begins a job.
    pub fn next_job(&self) -> JobId {
        JobId(self.next_job.fetch_add(1, Ordering::Relaxed))
    }

    /// Sends a command. Never waits. Commands for jobs that have ended are ignored.
    pub fn send(&self, command: Command) {
        match command {
            Command::OpenStructure { job, request } => self.begin(&self.files, job, Task::Open(request)),
            Command::LoadModel { job, model } => self.begin(&self.files, job, Task::LoadModel(model)),
            Command::OpenTrajectory { job, request } => {
                self.begin(&self.files, job, Task::OpenTrajectory(request));
            }
            Command::Extend { job, request, history } => {
                self.begin(&self.compute, job, Task::Extend(request, history));
            }
            Command::Export { job, request } => self.begin(&self.files, job, Task::Export(request)),
            Command::Import { job, request } => self.begin(&self.data, job, Task::Import(request)),
            Command::Evaluate { job, request } => self.begin(&self.data, job, Task::Evaluate(request)),
            Command::TestJumps { job, request } => self.begin(&self.compute, job, Task::TestJumps(request)),
            Command::TestBranches { job, request } => {
                self.begin(&self.compute, job, Task::TestBranches(request));
            }
            Command::Simulate { job, request } => self.begin(&self.compute, job, Task::Simulate(request)),
            Command::Train { job, request } => self.begin(&self.training, job, Task::Train(request)),
            Command::Compare { job, request } => self.begin(&self.training, job, Task::Compare(request)),
            Command::Study { job, request } => self.begin(&self.compute, job, Task::Study(request)),
            Command::DrawPairs { job, request } => self.begin(&self.data, job, Task::DrawPairs(request)),
            Command::Pause { job } => self.with_control(job, |control| control.set_paused(true)),
            Command::Resume { job } => self.with_control(job, |control| control.set_paused(false)),
            Command::Stop { job } => self.with_control(job, JobControl::cancel),
        }
    }

    /// The oldest event not yet taken.
    pub fn try_recv(&self) -> Option<Event> {
        self.shared.mailbox.try_take()
    }

    /// The oldest event not yet taken; waits for one no longer than `timeout`.
    pub fn recv_timeout(&self, timeout: Duration) -> Option<Event> {
        self.shared.mailbox.take_timeout(timeout)
    }

    /// The newest frame of the simulation that runs or ran last.
    pub fn latest_frame(&self) -> Option<LatestFrame> {
        self.shared.latest.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What stops the jobs from another thread.
    pub fn stopper(&self) -> Stopper {
        Stopper(self.shared.clone())
    }

    fn begin(&self, lane: &Option<Sender<Work>>, job: JobId, task: Task) {
        let control = Arc::new(JobControl::default());
        self.shared.jobs().insert(job, control.clone());
        let sent = lane.as_ref().is_some_and(|lane| lane.send(Work { job, control, task }).is_ok());
        if !sent {
            end(&self.shared, job, JobOutcome::Failed("the engine has been shut down".into()));
        }
    }

    fn with_control(&self, job: JobId, act: impl FnOnce(&JobControl)) {
        let control = self.shared.jobs().get(&job).cloned();
        if let Some(control) = control {
            act(&control);
        }
    }

    fn cancel_all(&self) {
        let controls: Vec<_> = self.shared.jobs().values().cloned().collect();
        for control in controls {
            control.cancel();
        }
    }
}

/// Stops the jobs of a session from any thread, whoever owns its handle.
pub struct Stopper(Arc<Shared>);

impl Stopper {
    /// Stops all jobs, a training with a checkpoint of its last step, and waits until they have ended, no longer than
    /// `limit`. Whether they have.
    pub fn stop_and_wait(&self, limit: Duration) -> bool {
        let deadline = Instant::now() + limit;
        loop {
            let controls: Vec<_> = self.0.jobs().values().cloned().collect();
            if controls.is_empty() || Instant::now() >= deadline {
                return controls.is_empty();
            }
            controls.iter().for_each(|control| control.cancel());
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for SessionHandle {
    fn drop(&mut self) {
        // Closing the queues ends each thread after the jobs already queued, all of which are cancelled.
        self.compute = None;
        self.training = None;
        self.data = None;
        self.files = None;
        self.cancel_all();
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                log::error!("an engine thread ended by a panic outside of any job");
            }
        }
    }
}

/// Body of the threads: runs jobs in order; whatever a job does, its outcome is posted and the next one
/// is served.
fn serve(shared: &Shared, queue: &Receiver<Work>) {
    while let Ok(Work { job, control, task }) = queue.recv() {
        let outcome = if control.is_cancelled() {
            JobOutcome::Cancelled
        } else {
            // Unwind safety: jobs share only the mailbox, the latest frame and the backend's cache, each
            // behind a lock and whole at any moment.
            let run = catch_unwind(AssertUnwindSafe(|| {
                let context = JobContext {
                    job,
                    control: &control,
                    mailbox: &shared.mailbox,
                    latest: &shared.latest,
                    tap: None,
                };
                run(&context, shared.backend.as_ref(), task)
            }));
            match run {
                Ok(Ok(outcome)) => outcome,
                Ok(Err(message)) => JobOutcome::Failed(message),
                Err(panic) => JobOutcome::Failed(format!(
                    "an internal error stopped this job ({}); what it has written is kept, please report it",
                    panic_message(panic.as_ref())
                )),
            }
        };
        end(shared, job, outcome);
    }
}

fn end(shared: &Shared, job: JobId, outcome: JobOutcome) {
    shared.jobs().remove(&job);
    shared.mailbox.post(Event::JobEnded { job, outcome });
}

fn run(context: &JobContext<'_>, backend: &dyn ComputeBackend, task: Task) -> Result<JobOutcome, String> {
    match task {
        Task::Simulate(request) => simulate::run(context, backend, *request),
        Task::TestJumps(request) => jumps::run(context, backend, &request),
        Task::TestBranches(request) => branches::run(context, backend, &request),
        Task::Train(request) => training::run(context, &request),
        Task::Compare(request) => compare::run(context, backend, &request),
        Task::Study(request) => study::run(context, backend, &request),
        Task::DrawPairs(request) => pairs::run(context, &request),
        Task::LoadModel(model) => {
            let model = backend.load_model(&model)?;
            context.post(Event::ModelLoaded { job: context.job, model });
            Ok(JobOutcome::Finished)
        }
        Task::Extend(request, history) => simulate::extend(context, backend, *request, history),
        Task::Open(request) => files::open(context, request),
        Task::OpenTrajectory(request) => recorded_files::open(context, request),
        Task::Import(request) => files::import(context, &request),
        Task::Evaluate(request) => evaluate::run(context, &request),
        Task::Export(request) => export::run(context, &request),
    }
}

fn panic_message(panic: &(dyn Any + Send)) -> String {
    panic
        .downcast_ref::<&str>()
        .map(|message| (*message).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".into())
}
