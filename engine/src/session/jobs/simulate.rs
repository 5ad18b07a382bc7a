//! Simulating: replicas advance frame by frame, every frame is kept and told of.

use std::ops::{ControlFlow, Range};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::session::backend::{LoadedModel, PreparedSampler, SamplerOrder};
use crate::session::description::RunDescription;
use crate::session::history::FrameHistory;
use crate::session::job::{Halt, Job, JobContext, Update};
use crate::session::jobs::simulation_error::SimulationError;
use crate::session::lane::Lane;
use crate::session::output::RunFiles;
use crate::session::progress::{JobPhase, ProgressUnit, RateMeter, Report};
use crate::session::request::{DevicePreference, ModelSource, RunOutput};
use crate::session::shard::{Shard, ShardError, ShardRecord};
use crate::session::validity_watch::ValidityWatch;
use crate::structure::{OpenedStructure, Topology};
use crate::trajectory::{self, MOST_REPLICAS, TrajectoryReader};
use crate::transport::{Advance, FrameSampler, LatentProgress, Replica, SamplerSettings};
use crate::trust::TrustReport;

/// Latent progress is posted no more often than this; nobody sees more.
const LATENT_PROGRESS_INTERVAL: Duration = Duration::from_millis(40);

/// A simulation to run.
#[derive(Clone, Debug, PartialEq)]
pub struct SimulationRequest {
    /// The protein and, where [`Self::starts_angstrom`] is empty, where it starts: frame 0, time 0.
    pub structure: OpenedStructure,
    /// Where the replicas start instead, positions in the order of the structure's atoms, Å: replica `r` from
    /// entry `r` modulo their number.
    pub starts_angstrom: Vec<Arc<Vec<[f32; 3]>>>,
    /// The model that makes the jumps.
    pub model: ModelSource,
    /// Integrator, latent steps, noise, seed.
    pub settings: SamplerSettings,
    /// Independent trajectories made together, at least 1; of a run in shards, those of the whole run.
    pub replicas: u32,
    /// Makes only the replicas of this shard, each with the noise that it has in the whole run.
    pub shard: Option<Shard>,
    /// Frames per replica, the start structure not counted, those of a resumed run counted; `None` runs
    /// until stopped.
    pub frames: Option<u64>,
    /// Where to compute.
    pub device: DevicePreference,
    /// Files to write as frames are made; `None` keeps frames only in [`FrameHistory`].
    pub output: Option<RunOutput>,
    /// Whether to keep every frame readable at random through [`FrameHistory`] (the window scrubs it).
    pub keep_history: bool,
}

/// A simulation that started.
#[derive(Clone, Debug)]
pub struct StartedRun {
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
    /// What decides its frames; `None` for frames that were opened.
    pub description: Option<Arc<RunDescription>>,
}

/// What a simulation tells.
#[derive(Clone, Debug)]
pub enum SimulationUpdate {
    /// It has its model, sampler and files, and begins.
    Started(Box<StartedRun>),
    /// It began, paused or went on.
    State(JobPhase),
    /// Where the latent loop of the frame being made stands.
    Latent {
        /// The frame being made.
        frame: u64,
        /// Latent steps done and to do.
        progress: LatentProgress,
    },
    /// Frames were made, of every replica, and are on disk. Unread updates of this kind are merged to one range
    /// without gaps. Positions come from [`StartedRun::history`].
    FramesMade {
        /// First new frame.
        first_frame: u64,
        /// Last new frame, included.
        last_frame: u64,
    },
    /// Progress and notices.
    Report(Report),
}

impl From<Report> for SimulationUpdate {
    fn from(report: Report) -> Self {
        Self::Report(report)
    }
}

impl Update for SimulationUpdate {
    fn absorb(&mut self, newer: Self) -> Option<Self> {
        match (self, newer) {
            (Self::FramesMade { last_frame: known, .. }, Self::FramesMade { last_frame, .. }) => {
                *known = last_frame;
            }
            (known @ (Self::State(_) | Self::Latent { .. }), newer) => *known = newer,
            (Self::Report(known), Self::Report(newer)) => return known.absorb(newer).map(Self::Report),
            (_, newer) => return Some(newer),
        }
        None
    }
}

/// Runs a simulation, or goes on with one.
#[derive(Clone, Debug)]
pub struct Simulate {
    request: SimulationRequest,
    earlier: Option<Arc<FrameHistory>>,
}

impl Simulate {
    /// Runs `request`.
    pub fn new(request: SimulationRequest) -> Self {
        Self { request, earlier: None }
    }

    /// Goes on after the last of the frames that there are, as if the run had never ended. The frames of `request` are
    /// counted from the start; with files, they must allow it ([`ExistingFiles::Extend`](crate::session::ExistingFiles::Extend)).
    pub fn extending(request: SimulationRequest, frames: Arc<FrameHistory>) -> Self {
        Self { request, earlier: Some(frames) }
    }
}

impl Job for Simulate {
    type Update = SimulationUpdate;
    type Output = ();
    const LANE: Lane = Lane::Compute;

    fn run(self, context: &Context<'_>) -> Result<(), Halt> {
        let Self { request, earlier } = self;
        check(&request, earlier.as_deref())?;
        let mut simulation = Simulation::prepare(context, &request, earlier)?;
        simulation.announce(context, &request);
        let outcome = simulation.make_frames(context, request.frames);
        for sentence in simulation.validity.summary(simulation.sampler.geometry()) {
            context.notice(sentence);
        }
        // However it ended, the files must say where it stands; a failure of their own comes second.
        let files = simulation.files.take();
        let closed = files.map_or(Ok(()), |files| files.close(&simulation.replicas, outcome.is_ok()));
        outcome?;
        Ok(closed?)
    }
}

type Context<'a> = JobContext<'a, SimulationUpdate>;

fn check(request: &SimulationRequest, earlier: Option<&FrameHistory>) -> Result<(), SimulationError> {
    let of_atoms = request.structure.topology.atom_count();
    if earlier.is_some_and(|frames| {
        frames.is_empty()
            || (frames.atom_count(), frames.replica_count()) != (of_atoms, request.replicas as usize)
    }) {
        return Err(SimulationError::OtherFrames);
    }
    if request.replicas == 0 {
        return Err(SimulationError::NoReplica);
    }
    if own_replicas(request)?.len() > MOST_REPLICAS {
        return Err(match request.shard {
            None => SimulationError::TooManyReplicas,
            Some(_) => SimulationError::TooManyOfShard,
        });
    }
    let (atoms, positions) =
        (request.structure.topology.atom_count(), request.structure.positions_angstrom.len());
    if atoms != positions {
        return Err(SimulationError::Structure { positions, atoms });
    }
    if let Some(start) = request.starts_angstrom.iter().find(|start| start.len() != atoms) {
        return Err(SimulationError::Start { positions: start.len(), atoms });
    }
    Ok(())
}

/// Which replicas of the run are to be made.
fn own_replicas(request: &SimulationRequest) -> Result<Range<u32>, ShardError> {
    match request.shard {
        None => Ok(0..request.replicas),
        Some(shard) => shard.replicas(request.replicas),
    }
}

/// A simulation that is set up.
struct Simulation {
    sampler: Box<dyn FrameSampler>,
    replicas: Vec<Replica>,
    files: Option<RunFiles>,
    history: Option<Arc<FrameHistory>>,
    frame_interval_ps: f64,
    topology: Arc<Topology>,
    validity: ValidityWatch,
    trust: Option<Arc<TrustReport>>,
    description: Arc<RunDescription>,
}

impl Simulation {
    fn prepare(
        context: &Context<'_>,
        request: &SimulationRequest,
        earlier: Option<Arc<FrameHistory>>,
    ) -> Result<Self, SimulationError> {
        context.post(SimulationUpdate::State(JobPhase::Preparing));
        let structure = &request.structure;
        let own = own_replicas(request)?;
        let replica_count = own.len();
        let PreparedSampler { sampler, model, notices } =
            context.backend().prepare_sampler(SamplerOrder {
                model: &request.model,
                topology: &structure.topology,
                settings: &request.settings,
                replicas: replica_count,
                device: &request.device,
            })?;
        for notice in notices {
            context.notice(notice);
        }
        let mut replicas: Vec<Replica> = own
            .clone()
            .map(|index| {
                let starts = &request.starts_angstrom;
                let start = match starts.len() {
                    0 => &structure.positions_angstrom,
                    count => &starts[index as usize % count],
                };
                Replica { index: index.into(), frame: 0, positions_angstrom: start.to_vec() }
            })
            .collect();
        let trust = trust_of(&model, request);
        let frame_interval_ps = sampler.frame_interval_ps();
        let on_view = earlier.clone();
        let earlier = earlier.filter(|_| request.output.is_none());
        if let Some(earlier) = &earlier {
            go_on_from(earlier, &mut replicas, frame_interval_ps)?;
        }
        let mut description = RunDescription::new(
            structure,
            &request.starts_angstrom,
            &model,
            &request.settings,
            replica_count,
            frame_interval_ps,
        );
        description.trust.clone_from(&trust);
        description.shard = request.shard.map(|shard| ShardRecord {
            index: shard.index(),
            count: shard.count(),
            first_replica: own.start,
            of_replicas: request.replicas,
        });
        let files = match &request.output {
            Some(output) => {
                let description = description.clone();
                let mut files =
                    RunFiles::open(output, structure, &request.model, description, &mut replicas)?;
                if let Some(notice) = files.take_notice() {
                    context.notice(notice);
                }
                if let Some(on_view) = &on_view {
                    check_same_run(on_view, &replicas, &output.path)?;
                }
                Some(files)
            }
            None => None,
        };
        let history = if let Some(earlier) = earlier.as_ref().filter(|earlier| earlier.grows()) {
            Some(earlier.clone())
        } else if request.keep_history {
            let history =
                FrameHistory::create(structure.topology.atom_count(), replica_count, frame_interval_ps)
                    .map_err(SimulationError::NoTemporaryFile)?;
            if let Some(files) = files.as_ref().filter(|_| replicas[0].frame > 0) {
                recall(&history, files, replicas[0].frame)?;
            }
            if let Some(earlier) = &earlier {
                copy(earlier, &history)?;
            }
            keep(&history, &replicas)?;
            Some(Arc::new(history))
        } else {
            None
        };
        let topology = structure.topology.clone();
        let validity = ValidityWatch::new(&topology);
        let description = Arc::new(description);
        Ok(Self {
            sampler,
            replicas,
            files,
            history,
            frame_interval_ps,
            topology,
            validity,
            trust,
            description,
        })
    }

    fn announce(&mut self, context: &Context<'_>, request: &SimulationRequest) {
        context.post(SimulationUpdate::Started(Box::new(StartedRun {
            topology: request.structure.topology.clone(),
            settings: request.settings.clone(),
            replicas: self.replicas.len(),
            frame_interval_ps: self.frame_interval_ps,
            first_new_frame: self.frame() + 1,
            device_name: self.sampler.device_name(),
            history: self.history.clone(),
            outputs: self.files.as_ref().map(RunFiles::trajectories).unwrap_or_default(),
            trust: self.trust.clone(),
            description: Some(self.description.clone()),
        })));
        context.post(SimulationUpdate::State(JobPhase::Running));
        self.check_validity(context);
    }

    /// Makes frames until there are `frames`, or until stopped.
    fn make_frames(&mut self, context: &Context<'_>, frames: Option<u64>) -> Result<(), Halt> {
        let mut meter = RateMeter::start(ProgressUnit::Frames, self.frame(), frames);
        while frames.is_none_or(|frames| self.frame() < frames) {
            if context.is_paused() {
                context.post(SimulationUpdate::State(JobPhase::Paused));
                context.wait_while_paused();
                context.post(SimulationUpdate::State(JobPhase::Running));
                meter.skip_pause();
            }
            self.advance(context)?;
            if let Some(files) = &mut self.files {
                files.write_frame(&self.replicas)?;
            }
            if let Some(history) = &self.history {
                keep(history, &self.replicas)?;
            }
            meter.advance(1);
            let frame = self.frame();
            self.check_validity(context);
            context.post(SimulationUpdate::FramesMade { first_frame: frame, last_frame: frame });
            context.progress(meter.progress());
        }
        Ok(())
    }

    /// Makes one frame, or nothing if cancelled.
    fn advance(&mut self, context: &Context<'_>) -> Result<(), Halt> {
        let frame = self.frame() + 1;
        let mut posted = Instant::now();
        let advanced = self.sampler.advance(&mut self.replicas, &mut |progress| {
            if context.is_cancelled() {
                return ControlFlow::Break(());
            }
            if posted.elapsed() >= LATENT_PROGRESS_INTERVAL {
                posted = Instant::now();
                context.post(SimulationUpdate::Latent { frame, progress });
            }
            ControlFlow::Continue(())
        });
        if let Some(sentence) = self.sampler.take_notice() {
            context.notice(sentence);
        }
        match advanced? {
            Advance::Done => Ok(()),
            Advance::Cancelled => Err(Halt::Cancelled),
        }
    }

    fn check_validity(&mut self, context: &Context<'_>) {
        if let Some(sentence) = self.validity.look(&self.topology, &self.replicas) {
            context.notice(sentence);
        }
    }

    /// Number of the newest frame.
    fn frame(&self) -> u64 {
        self.replicas.first().map_or(0, |replica| replica.frame)
    }
}

/// How familiar the first start is to the model.
fn trust_of(model: &LoadedModel, request: &SimulationRequest) -> Option<Arc<TrustReport>> {
    let structure = &request.structure;
    let start = request.starts_angstrom.first().unwrap_or(&structure.positions_angstrom);
    let report = model.trust.as_ref()?.measure(&structure.topology, start);
    Some(Arc::new(report))
}

fn keep(history: &FrameHistory, replicas: &[Replica]) -> Result<(), SimulationError> {
    history
        .append(replicas.iter().map(|replica| replica.positions_angstrom.as_slice()))
        .map_err(SimulationError::Keep)
}

/// Brings replicas to the last of the frames that there are.
fn go_on_from(
    earlier: &FrameHistory,
    replicas: &mut [Replica],
    frame_interval_ps: f64,
) -> Result<(), SimulationError> {
    let have_ps = earlier.frame_interval_ps();
    if (have_ps - frame_interval_ps).abs() > 1e-6 * frame_interval_ps {
        return Err(SimulationError::Interval { frames_ps: have_ps, model_ps: frame_interval_ps });
    }
    let last = earlier.len().saturating_sub(1);
    for (index, replica) in replicas.iter_mut().enumerate() {
        replica.frame = last;
        replica.positions_angstrom = earlier
            .read(last, index)
            .map_err(|source| SimulationError::ReadBack { which: "the last", source })?;
    }
    Ok(())
}

/// Copies all frames but the last.
fn copy(from: &FrameHistory, to: &FrameHistory) -> Result<(), SimulationError> {
    let mut replicas = vec![vec![[0.0f32; 3]; from.atom_count()]; from.replica_count()];
    for frame in 0..from.len().saturating_sub(1) {
        for (replica, positions) in replicas.iter_mut().enumerate() {
            from.read_into(frame, replica, positions).map_err(SimulationError::Copy)?;
        }
        to.append(replicas.iter().map(Vec::as_slice)).map_err(SimulationError::Copy)?;
    }
    Ok(())
}

/// Refuses to go on with files that hold another run than the one whose frames are `on_view`: the same protein, model
/// and seed may have been run into them since.
fn check_same_run(on_view: &FrameHistory, replicas: &[Replica], path: &Path) -> Result<(), SimulationError> {
    /// More than any format rounds.
    const ROUNDED_ANGSTROM: f32 = 0.02;
    for (index, replica) in replicas.iter().enumerate() {
        if replica.frame >= on_view.len() {
            continue;
        }
        let shown = on_view
            .read(replica.frame, index)
            .map_err(|source| SimulationError::ReadBack { which: "a", source })?;
        let same = shown.iter().zip(&replica.positions_angstrom).all(|(shown, stored)| {
            shown.iter().zip(stored).all(|(shown, stored)| (shown - stored).abs() <= ROUNDED_ANGSTROM)
        });
        if !same {
            return Err(SimulationError::OtherRun { path: path.to_owned() });
        }
    }
    Ok(())
}

/// Reads the frames before `frame` of a run that is being continued back into the history.
fn recall(history: &FrameHistory, files: &RunFiles, frame: u64) -> Result<(), SimulationError> {
    let mut readers = files
        .trajectories()
        .iter()
        .map(|path| TrajectoryReader::open(path))
        .collect::<Result<Vec<_>, _>>()?;
    let mut frames = vec![trajectory::Frame::default(); readers.len()];
    for index in 0..frame {
        for (reader, frame) in readers.iter_mut().zip(&mut frames) {
            reader.read_frame(index as usize, frame)?;
        }
        history
            .append(frames.iter().map(|frame| frame.positions_angstrom.as_slice()))
            .map_err(SimulationError::Recall)?;
    }
    Ok(())
}
