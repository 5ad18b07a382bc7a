//! The engine threads. A program asks for a [`Job`], holds its [`JobHandle`], and learns from it what the job tells:
//! the only door through which the app runs work (ARCHITECTURE.md §9).
//!
//! ```text
//! Session::start(job) ──► lane (a named thread) ──► job.run(context) ──► updates, then one outcome ──► JobHandle
//! ```

pub mod history;
pub mod openmm;
pub mod request;

pub(crate) mod backend;
mod campaign;
mod description;
mod devices;
pub(crate) mod job;
pub(crate) mod jobs;
pub(crate) mod lane;
mod models;
pub(crate) mod output;
pub(crate) mod progress;
mod recorded;
mod shard;
mod starts;
mod validity_watch;

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

pub use backend::{BackendError, ComputeBackend, LoadedModel, PreparedSampler, SamplerOrder};
pub use campaign::{CampaignError, FoundTrajectories, find_trajectories};
pub use description::{DescribedRun, DescriptionError, RunDescription, RunDifference};
pub use devices::known_adapters;
pub use history::FrameHistory;
pub use job::{Halt, Job, JobContext, JobError, JobEvent, JobHandle, JobOutcome, Update, WakeCallback};
pub use jobs::branches::{BranchRequest, BranchTest};
pub use jobs::drawing::{Drawing, ModelTest};
pub use jobs::evaluate::{EvaluationFilesError, EvaluationRequest, OtherProtein};
pub use jobs::export::{ExportError, ExportRequest, Exported};
pub use jobs::jumps::{JumpRequest, JumpTest};
pub use jobs::load_model::LoadModel;
pub use jobs::open::{Open, OpenRequest, Opened, StructureChoice};
pub use jobs::open_trajectory::{
    OpenError, OpenedTrajectory, RecordedRun, TrajectoryNeed, TrajectoryRequest, structure_beside,
};
pub use jobs::save_run::SaveRun;
pub use jobs::simulate::{Simulate, SimulationRequest, SimulationUpdate, StartedRun};
pub use jobs::simulation_error::SimulationError;
pub use jobs::train::TrainingUpdate;
pub use lane::Lane;
pub use models::ModelLibrary;
pub use output::OutputError;
pub use progress::{JobPhase, Progress, ProgressUnit, Report};
pub use request::{
    DevicePreference, ExistingFiles, ModelSource, ReferenceFiles, RunOutput, StructureSource, beside,
    replica_path,
};
pub use shard::{Shard, ShardError, ShardRecord};
pub use starts::{StartError, StartFrame, read_starts};

pub use crate::structure::{ChainSummary, Notice, OpenedStructure};
pub use crate::training::{
    Coverage, EarlierRun, KeptSettings, LogRow, TrainOutcome, TrainProgress, TrainRequest,
};
pub use crate::trajectory::{ImportReport, ImportRequest};

use job::{JobControl, Started};
use lane::Lanes;

/// A running session: the [lanes](Lane), side by side. Dropping it cancels all jobs, a simulation within one latent
/// step, a training with a checkpoint of its last step, and waits for them.
pub struct Session {
    lanes: Lanes,
    begun: Begun,
    wake: WakeCallback,
}

/// What steers the jobs that were asked for and have not ended.
#[derive(Clone, Default)]
struct Begun(Arc<Mutex<Vec<Arc<JobControl>>>>);

impl Begun {
    fn lock(&self) -> MutexGuard<'_, Vec<Arc<JobControl>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn end(&self, control: &Arc<JobControl>) {
        self.lock().retain(|known| !Arc::ptr_eq(known, control));
    }

    /// Cancels all; whether there are none.
    fn cancel_all(&self) -> bool {
        let controls = self.lock().clone();
        controls.iter().for_each(|control| control.cancel());
        controls.is_empty()
    }
}

impl Session {
    /// Starts the threads. `wake` is called, from any thread, whenever a job has told something.
    ///
    /// # Errors
    /// When the system refuses a thread.
    pub fn new(backend: Arc<dyn ComputeBackend>, wake: WakeCallback) -> io::Result<Self> {
        Ok(Self { lanes: Lanes::start(&backend)?, begun: Begun::default(), wake })
    }

    /// Asks for a job. Never waits.
    pub fn start<J: Job>(&self, job: J) -> JobHandle<J> {
        let begun = self.begun.clone();
        let Started { handle, control, work, refuse } =
            Started::new(job, self.wake.clone(), move |control| begun.end(control));
        self.begun.lock().push(control.clone());
        if !self.lanes.queue(J::LANE, work) {
            self.begun.end(&control);
            refuse();
        }
        handle
    }

    /// What stops the jobs from another thread.
    pub fn stopper(&self) -> Stopper {
        Stopper(self.begun.clone())
    }
}

/// Stops the jobs of a session from any thread, whoever owns it.
pub struct Stopper(Begun);

impl Stopper {
    /// Stops all jobs, a training with a checkpoint of its last step, and waits until they have ended, no longer than
    /// `limit`. Whether they have.
    pub fn stop_and_wait(&self, limit: Duration) -> bool {
        let deadline = Instant::now() + limit;
        loop {
            let ended = self.0.cancel_all();
            if ended || Instant::now() >= deadline {
                return ended;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // Jobs that are queued end at once, being cancelled.
        self.begun.cancel_all();
        self.lanes.close();
    }
}

#[cfg(test)]
mod tests;
