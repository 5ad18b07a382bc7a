//! The engine threads: commands in, events out. The only door through which the app runs work (ARCHITECTURE.md §9).

pub mod compare;
pub mod history;
pub mod protocol;
pub mod request;

mod backend;
mod branches;
mod campaign;
mod context;
mod cost;
mod description;
mod devices;
mod evaluate;
mod export;
mod files;
mod handle;
mod judge;
mod jumps;
mod mailbox;
mod models;
pub mod openmm;
mod output;
mod pairs;
mod rate;
mod recorded;
mod recorded_files;
mod sampling;
mod shard;
mod simulate;
mod starts;
pub mod study;
mod training;
mod validity_watch;

pub use backend::{ComputeBackend, PreparedSampler, SamplerOrder};
pub use branches::{BranchRequest, BranchTest};
pub use campaign::{FoundTrajectories, find_trajectories};
pub use cost::Cost;
pub use description::{DescribedRun, RunDescription};
pub use devices::known_adapters;
pub use evaluate::EvaluationRequest;
pub use handle::{LatestFrame, SessionHandle, Stopper};
pub use history::{Frame, FrameHistory};
pub use jumps::{JumpRequest, JumpTest};
pub use mailbox::WakeCallback;
pub use models::ModelLibrary;
pub use output::replica_path;
pub use pairs::PairsRequest;
pub use protocol::{
    Command, Event, JobId, JobOutcome, JobStage, ModelInfo, Progress, ProgressUnit, RunInfo, RunState,
};
pub use recorded_files::{OpenedTrajectory, RecordedRun, TrajectoryNeed, TrajectoryRequest};
pub use request::{
    DevicePreference, ExistingFiles, ExportRequest, ModelSource, OpenRequest, RunOutput, SimulationRequest,
    StructureChoice, StructureSource, beside,
};
pub use shard::{Shard, ShardError, ShardRecord};
pub use starts::{StartFrame, read_starts};

pub use crate::structure::{ChainSummary, Notice, OpenedStructure};
pub use crate::training::{
    Coverage, EarlierRun, KeptSettings, LogRow, TrainOutcome, TrainProgress, TrainRequest,
};
pub use crate::trajectory::{ImportReport, ImportRequest};

#[cfg(test)]
mod tests;
