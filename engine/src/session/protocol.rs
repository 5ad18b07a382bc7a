//! The whole conversation between app and engine: [`Command`]s go in, [`Event`]s come out.
//!
//! A job begins with a command that carries a fresh [`JobId`] (from
//! [`SessionHandle::next_job`](super::SessionHandle::next_job)) and ends with exactly one
//! [`Event::JobEnded`], after which no event of that job follows.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::analysis::evaluation::{Evaluation, EvaluationStage};
use crate::network::NetworkConfig;
use crate::structure::{Notice, OpenedStructure, Topology};
use crate::training::{Coverage, TrainOutcome, TrainProgress, TrainRequest};
use crate::trajectory::{ImportReport, ImportRequest};
use crate::transport::presets::Presets;
use crate::transport::{LatentProgress, SamplerSettings};
use crate::trust::{TrustData, TrustReport};

use super::FrameHistory;
use super::branches::{BranchRequest, BranchTest};
use super::compare::{ComparisonRequest, VariantResult};
use super::evaluate::EvaluationRequest;
use super::jumps::{JumpRequest, JumpTest};
use super::pairs::PairsRequest;
use super::recorded_files::{OpenedTrajectory, TrajectoryNeed, TrajectoryRequest};
use super::request::{ExportRequest, ModelSource, OpenRequest, SimulationRequest, StructureChoice};
use super::study::{CellResult, StudyRequest};

/// Identifies one job from its command to its outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct JobId(pub u64);

/// How a job ended. Every job ends in exactly one of these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JobOutcome {
    /// All the work asked for is done.
    Finished,
    /// Stopped by the user; what was made so far is kept.
    Cancelled,
    /// Ended by an error or a panic; one clear sentence.
    Failed(String),
}

/// What the app asks of the engine. Jobs of one kind run one after the other, jobs of different kinds beside
/// each other: simulations; training; imports and evaluations; opening, loading and exporting. Control
/// commands (pause, resume, stop) act at once.
#[derive(Clone, Debug)]
pub enum Command {
    /// Reads a structure. Answered by [`Event::StructureOpened`] or [`Event::StructureNeedsChoice`].
    OpenStructure {
        /// Fresh id.
        job: JobId,
        /// What to read.
        request: OpenRequest,
    },
    /// Opens trajectories, or a run by its description, to be looked at as a run; a file with one model is a
    /// structure. Answered by [`Event::TrajectoryOpened`], [`Event::TrajectoryNeeds`], or as
    /// [`Command::OpenStructure`].
    OpenTrajectory {
        /// Fresh id.
        job: JobId,
        /// What to open.
        request: TrajectoryRequest,
    },
    /// Loads a model, so that a simulation starts without delay and its card can be shown. Answered by
    /// [`Event::ModelLoaded`].
    LoadModel {
        /// Fresh id.
        job: JobId,
        /// Which.
        model: ModelSource,
    },
    /// Runs a simulation. Answered by [`Event::SimulationStarted`], then frames.
    Simulate {
        /// Fresh id.
        job: JobId,
        /// What to run.
        request: Box<SimulationRequest>,
    },
    /// Goes on with a run after its last frame, as if it had never ended. Answered as [`Command::Simulate`].
    Extend {
        /// Fresh id.
        job: JobId,
        /// The run; its frames are counted from the start. With files, they must allow it
        /// ([`ExistingFiles::Extend`](super::ExistingFiles::Extend)).
        request: Box<SimulationRequest>,
        /// The frames that there are.
        history: Arc<FrameHistory>,
    },
    /// Writes frames made so far to a file; may run while the simulation goes on. Answered by
    /// [`Event::Exported`].
    Export {
        /// Fresh id.
        job: JobId,
        /// What to write.
        request: ExportRequest,
    },
    /// Turns trajectories of other programs into a training store. Answered by [`Event::Imported`].
    Import {
        /// Fresh id.
        job: JobId,
        /// What to read and write.
        request: ImportRequest,
    },
    /// Trains a model, or goes on training it. Answered by [`Event::TrainingProgress`], at the end by
    /// [`Event::Trained`].
    Train {
        /// Fresh id.
        job: JobId,
        /// Data, network, optimiser, folder for the results.
        request: Box<TrainRequest>,
    },
    /// Compares samples with reference trajectories. Answered by [`Event::EvaluationStage`], at the end by
    /// [`Event::Evaluated`].
    Evaluate {
        /// Fresh id.
        job: JobId,
        /// What to read, and how to compare.
        request: Box<EvaluationRequest>,
    },
    /// Draws single jumps of a model from frames of reference trajectories and compares them with theirs. Answered by
    /// [`Event::EvaluationStage`], at the end by [`Event::JumpsTested`].
    TestJumps {
        /// Fresh id.
        job: JobId,
        /// What to read, and how to draw.
        request: Box<JumpRequest>,
    },
    /// Draws trajectories of a model from frames that molecular dynamics branches off, and compares both. Answered by
    /// [`Event::EvaluationStage`], at the end by [`Event::BranchesTested`].
    TestBranches {
        /// Fresh id.
        job: JobId,
        /// What to read, and how to draw.
        request: Box<BranchRequest>,
    },
    /// Trains, samples and evaluates variants of one model. Answered by [`Event::StageBegan`] and the events
    /// of the jobs that it is made of, and by one [`Event::VariantCompared`] for each variant.
    Compare {
        /// Fresh id.
        job: JobId,
        /// What to compare.
        request: Box<ComparisonRequest>,
    },
    /// Samples a model with many settings and evaluates the samples. Answered by [`Event::StageBegan`] and the
    /// events of the jobs that it is made of, and by one [`Event::CellStudied`] for each setting.
    Study {
        /// Fresh id.
        job: JobId,
        /// What to study.
        request: Box<StudyRequest>,
    },
    /// Draws training pairs, to show what they start from. Answered by [`Event::PairsDrawn`].
    DrawPairs {
        /// Fresh id.
        job: JobId,
        /// What to draw from.
        request: PairsRequest,
    },
    /// Pauses a simulation after the present frame, a training after the present step. Answered by
    /// [`Event::RunState`]; other jobs do not pause.
    Pause {
        /// Which.
        job: JobId,
    },
    /// Goes on after a pause.
    Resume {
        /// Which.
        job: JobId,
    },
    /// Stops a job: a simulation within one latent step, keeping all whole frames; others between two
    /// items of work. The job ends as [`JobOutcome::Cancelled`].
    Stop {
        /// Which.
        job: JobId,
    },
}

/// Whether a simulation or a training is moving.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunState {
    /// Loading the model, preparing the sampler and the files; or reading the training data.
    Preparing,
    /// Making frames, or optimiser steps.
    Running,
    /// Waiting for [`Command::Resume`].
    Paused,
}

/// What progress counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProgressUnit {
    /// Trajectory frames (per replica, in a simulation).
    Frames,
    /// Bytes of a file.
    Bytes,
    /// Optimiser steps.
    Steps,
    /// Resamplings of an evaluation.
    Replicates,
}

/// What a job that is made of several is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobStage {
    /// The item that it works on; empty for work that all items share.
    pub item: String,
    /// Number of the item, from 1; 0 for work that all share.
    pub number: usize,
    /// Number of items.
    pub of: usize,
    /// What is done, as a participle: `training`.
    pub doing: &'static str,
}

impl JobStage {
    /// Work that all items share.
    pub(super) fn alone(doing: &'static str) -> Self {
        Self { item: String::new(), number: 0, of: 0, doing }
    }
}

impl std::fmt::Display for JobStage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.number {
            0 => f.write_str(self.doing),
            number => write!(f, "{number} of {}, {}: {}", self.of, self.item, self.doing),
        }
    }
}

/// How far a job is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// Work done.
    pub done: u64,
    /// All the work; `None` for a run until stopped.
    pub total: Option<u64>,
    /// What is counted.
    pub unit: ProgressUnit,
    /// Units per second over the last seconds, pauses left out; `None` until it can be told.
    pub per_second: Option<f64>,
    /// Estimate of the time left; `None` until it can be told, and for runs until stopped.
    pub time_left: Option<Duration>,
}

/// A simulation that started.
#[derive(Clone, Debug)]
pub struct RunInfo {
    /// The protein.
    pub topology: Arc<Topology>,
    /// Settings in force.
    pub settings: SamplerSettings,
    /// Replicas made together.
    pub replicas: usize,
    /// Time between frames, ps.
    pub frame_interval_ps: f64,
    /// Number of the first frame that will be made: 1 after the start structure, more when a run is resumed.
    pub first_new_frame: u64,
    /// What computes: `CPU, 2 threads`.
    pub device_name: String,
    /// All frames of the run, when the request kept them. Grows while the run goes on.
    pub history: Option<Arc<FrameHistory>>,
    /// Trajectory files being written, one per replica; empty when none was asked for.
    pub outputs: Vec<PathBuf>,
    /// How familiar the structure that the run starts from is to the model; `None` where it has no trust data.
    pub trust: Option<Arc<TrustReport>>,
}

/// A model that was loaded.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelInfo {
    /// Name for the user.
    pub name: String,
    /// Hyperparameters.
    pub config: NetworkConfig,
    /// Number of weights.
    pub parameter_count: usize,
    /// Checksums of its content and of its file, with a slash between; kept beside results. It is the same model if
    /// one of them is the same.
    pub checksum: String,
    /// The model card in a few lines: what it was trained on, what it reproduces and what not.
    pub card: String,
    /// Sampler settings that come with it.
    pub presets: Presets,
    /// The surroundings of residues that it was trained on; `None` in models that were made without.
    pub trust: Option<Arc<TrustData>>,
}

/// What the engine tells the app.
///
/// Events of a kind that only the newest value matters of ([`Progress`](Event::Progress),
/// [`LatentProgress`](Event::LatentProgress), [`FramesMade`](Event::FramesMade),
/// [`RunState`](Event::RunState), [`TrainingProgress`](Event::TrainingProgress)) are merged while nobody reads them, so a slow reader costs
/// neither memory nor frames. All others are kept, in order.
#[derive(Clone, Debug)]
pub enum Event {
    /// A structure was read.
    StructureOpened {
        /// Which job.
        job: JobId,
        /// The protein.
        structure: OpenedStructure,
    },
    /// A structure was read, but the user must decide something first. The job ends as finished; open
    /// again with the answer.
    StructureNeedsChoice {
        /// Which job.
        job: JobId,
        /// What was asked for; fill in the answer and send it again.
        request: OpenRequest,
        /// The question.
        choice: StructureChoice,
    },
    /// Trajectories were opened.
    TrajectoryOpened {
        /// Which job.
        job: JobId,
        /// What they hold.
        trajectory: Box<OpenedTrajectory>,
    },
    /// Trajectories cannot be opened before the user has told something. The job ends as finished; open again
    /// with the answer.
    TrajectoryNeeds {
        /// Which job.
        job: JobId,
        /// What was asked for; fill in the answer and send it again.
        request: TrajectoryRequest,
        /// The question.
        need: TrajectoryNeed,
    },
    /// A model was loaded.
    ModelLoaded {
        /// Which job.
        job: JobId,
        /// What it is.
        model: ModelInfo,
    },
    /// A simulation has its model, sampler and files, and begins.
    SimulationStarted {
        /// Which job.
        job: JobId,
        /// What runs.
        run: RunInfo,
    },
    /// A simulation or a training began, paused or went on.
    RunState {
        /// Which job.
        job: JobId,
        /// The state now.
        state: RunState,
    },
    /// Where the latent loop of the frame being made stands.
    LatentProgress {
        /// Which job.
        job: JobId,
        /// The frame being made.
        frame: u64,
        /// Latent steps done and to do.
        progress: LatentProgress,
    },
    /// Frames were made, of every replica, and are on disk. Unread events of this kind are merged to one
    /// range without gaps. Positions come from [`RunInfo::history`] or
    /// [`SessionHandle::latest_frame`](super::SessionHandle::latest_frame).
    FramesMade {
        /// Which job.
        job: JobId,
        /// First new frame.
        first_frame: u64,
        /// Last new frame, included.
        last_frame: u64,
    },
    /// How far a job is, with an estimate of the time left.
    Progress {
        /// Which job.
        job: JobId,
        /// How far.
        progress: Progress,
    },
    /// Something the user should know that is not an error.
    Notice {
        /// Which job.
        job: JobId,
        /// One sentence.
        notice: Notice,
    },
    /// Frames were written to files.
    Exported {
        /// Which job.
        job: JobId,
        /// Frames written.
        frames: u64,
        /// The trajectory and the topology beside it.
        files: Vec<PathBuf>,
    },
    /// Trajectories were imported into a training store.
    Imported {
        /// Which job.
        job: JobId,
        /// What was stored, what was left out.
        report: ImportReport,
    },
    /// Where a training run stands: losses, learning rate, speed. Some ten times a second at most, and merged
    /// while unread, but for steps that validated.
    TrainingProgress {
        /// Which job.
        job: JobId,
        /// Where it stands.
        progress: TrainProgress,
    },
    /// A training run came to an end, or was stopped, and its files are written.
    Trained {
        /// Which job.
        job: JobId,
        /// How far it came.
        result: TrainOutcome,
    },
    /// An evaluation began its next stage; progress counts from zero.
    EvaluationStage {
        /// Which job.
        job: JobId,
        /// What it does now.
        stage: EvaluationStage,
    },
    /// Samples were compared with a reference.
    Evaluated {
        /// Which job.
        job: JobId,
        /// All numbers and curves.
        evaluation: Arc<Evaluation>,
    },
    /// The jumps of a model were compared with those of a reference.
    JumpsTested {
        /// Which job.
        job: JobId,
        /// All numbers.
        test: Arc<JumpTest>,
    },
    /// Branches of a model were compared with those of molecular dynamics.
    BranchesTested {
        /// Which job.
        job: JobId,
        /// All numbers.
        test: Arc<BranchTest>,
    },
    /// A job that is made of several began the next one; progress counts from zero.
    StageBegan {
        /// Which job.
        job: JobId,
        /// What it does now.
        stage: JobStage,
    },
    /// A variant of a comparison is done, or failed.
    VariantCompared {
        /// Which job.
        job: JobId,
        /// Its number in the plan, from 0.
        number: usize,
        /// What became of it.
        result: Arc<VariantResult>,
    },
    /// One setting of a study is done, or failed.
    CellStudied {
        /// Which job.
        job: JobId,
        /// Its number, from 0; the default settings come first.
        number: usize,
        /// Number of settings.
        of: usize,
        /// What it costs and gives.
        cell: Arc<CellResult>,
    },
    /// Training pairs were drawn uniformly and by cluster.
    PairsDrawn {
        /// Which job.
        job: JobId,
        /// What they start from, one entry per protein that has clusters.
        coverage: Vec<Coverage>,
    },
    /// A job ended; its last event.
    JobEnded {
        /// Which.
        job: JobId,
        /// How.
        outcome: JobOutcome,
    },
}

impl Event {
    /// The job that the event belongs to.
    pub fn job(&self) -> JobId {
        match self {
            Self::StructureOpened { job, .. }
            | Self::StructureNeedsChoice { job, .. }
            | Self::TrajectoryOpened { job, .. }
            | Self::TrajectoryNeeds { job, .. }
            | Self::ModelLoaded { job, .. }
            | Self::SimulationStarted { job, .. }
            | Self::RunState { job, .. }
            | Self::LatentProgress { job, .. }
            | Self::FramesMade { job, .. }
            | Self::Progress { job, .. }
            | Self::Notice { job, .. }
            | Self::Exported { job, .. }
            | Self::Imported { job, .. }
            | Self::TrainingProgress { job, .. }
            | Self::Trained { job, .. }
            | Self::EvaluationStage { job, .. }
            | Self::Evaluated { job, .. }
            | Self::JumpsTested { job, .. }
            | Self::BranchesTested { job, .. }
            | Self::StageBegan { job, .. }
            | Self::VariantCompared { job, .. }
            | Self::CellStudied { job, .. }
            | Self::PairsDrawn { job, .. }
            | Self::JobEnded { job, .. } => *job,
        }
    }
}
