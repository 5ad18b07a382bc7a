//! The simulation job: advances replicas frame by frame, keeps every frame, and tells the app.

use std::ops::{ControlFlow, Range};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::structure::Topology;
use crate::trajectory::{self, MOST_REPLICAS, TrajectoryReader};
use crate::transport::{Advance, FrameSampler, Replica};
use crate::trust::TrustReport;

use super::backend::{ComputeBackend, PreparedSampler, SamplerOrder};
use super::context::JobContext;
use super::description::RunDescription;
use super::history::{Frame, FrameHistory};
use super::output::RunFiles;
use super::protocol::{Event, JobOutcome, ModelInfo, ProgressUnit, RunInfo, RunState};
use super::rate::RateMeter;
use super::request::SimulationRequest;
use super::shard::ShardRecord;
use super::validity_watch::ValidityWatch;

/// Latent progress is posted no more often than this; nobody sees more.
const LATENT_PROGRESS_INTERVAL: Duration = Duration::from_millis(40);

/// Runs a simulation to its end. Errors are sentences for the user.
pub(super) fn run(
    context: &JobContext<'_>,
    backend: &dyn ComputeBackend,
    request: SimulationRequest,
) -> Result<JobOutcome, String> {
    go(context, backend, &request, None)
}

/// Goes on with a run after its last frame. Errors are sentences for the user.
pub(super) fn extend(
    context: &JobContext<'_>,
    backend: &dyn ComputeBackend,
    request: SimulationRequest,
    history: Arc<FrameHistory>,
) -> Result<JobOutcome, String> {
    let atoms = request.structure.topology.atom_count();
    if history.is_empty()
        || (history.atom_count(), history.replica_count()) != (atoms, request.replicas as usize)
    {
        return Err("the frames to continue from belong to another run".into());
    }
    go(context, backend, &request, Some(history))
}

fn go(
    context: &JobContext<'_>,
    backend: &dyn ComputeBackend,
    request: &SimulationRequest,
    earlier: Option<Arc<FrameHistory>>,
) -> Result<JobOutcome, String> {
    check(request)?;
    let mut simulation = Simulation::prepare(context, backend, request, earlier)?;
    simulation.announce(context, request);
    let outcome = simulation.make_frames(context, request.frames);
    for sentence in simulation.validity.summary(simulation.sampler.geometry()) {
        context.notice(sentence);
    }
    let finished = matches!(outcome, Ok(JobOutcome::Finished));
    // However it ended, the files must say where it stands; a failure of their own comes second.
    let closed = simulation.files.take().map_or(Ok(()), |files| files.close(&simulation.replicas, finished));
    let outcome = outcome?;
    closed?;
    Ok(outcome)
}

fn check(request: &SimulationRequest) -> Result<(), String> {
    if request.replicas == 0 {
        return Err("a simulation needs at least one replica".into());
    }
    if own_replicas(request)?.len() > MOST_REPLICAS {
        return Err(match request.shard {
            None => format!("a simulation has at most {MOST_REPLICAS} replicas; deal more out to shards"),
            Some(_) => format!("a shard has at most {MOST_REPLICAS} replicas; take more shards"),
        });
    }
    let (atoms, positions) =
        (request.structure.topology.atom_count(), request.structure.positions_angstrom.len());
    if atoms != positions {
        return Err(format!("the start structure has {positions} positions for {atoms} atoms"));
    }
    if let Some(start) = request.starts_angstrom.iter().find(|start| start.len() != atoms) {
        return Err(format!("a start has {} positions for {atoms} atoms", start.len()));
    }
    Ok(())
}

/// Which replicas of the run are to be made.
fn own_replicas(request: &SimulationRequest) -> Result<Range<u32>, String> {
    match request.shard {
        None => Ok(0..request.replicas),
        Some(shard) => shard.replicas(request.replicas).map_err(|error| error.to_string()),
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
}

impl Simulation {
    fn prepare(
        context: &JobContext<'_>,
        backend: &dyn ComputeBackend,
        request: &SimulationRequest,
        earlier: Option<Arc<FrameHistory>>,
    ) -> Result<Self, String> {
        context.post(Event::RunState { job: context.job, state: RunState::Preparing });
        let structure = &request.structure;
        let own = own_replicas(request)?;
        let replica_count = own.len();
        let PreparedSampler { sampler, model, notices } = backend.prepare_sampler(SamplerOrder {
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
        let files = match &request.output {
            Some(output) => {
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
                    .map_err(|error| format!("no temporary file for the frames can be made: {error}"))?;
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
        Ok(Self { sampler, replicas, files, history, frame_interval_ps, topology, validity, trust })
    }

    fn announce(&mut self, context: &JobContext<'_>, request: &SimulationRequest) {
        let job = context.job;
        context.post(Event::SimulationStarted {
            job,
            run: RunInfo {
                topology: request.structure.topology.clone(),
                settings: request.settings.clone(),
                replicas: self.replicas.len(),
                frame_interval_ps: self.frame_interval_ps,
                first_new_frame: self.frame() + 1,
                device_name: self.sampler.device_name(),
                history: self.history.clone(),
                outputs: self.files.as_ref().map(RunFiles::trajectories).unwrap_or_default(),
                trust: self.trust.clone(),
            },
        });
        context.post(Event::RunState { job, state: RunState::Running });
        context.show(Arc::new(self.snapshot()));
        self.check_validity(context);
    }

    /// Makes frames until there are `frames`, or until stopped.
    fn make_frames(&mut self, context: &JobContext<'_>, frames: Option<u64>) -> Result<JobOutcome, String> {
        let job = context.job;
        let mut meter = RateMeter::start(ProgressUnit::Frames, self.frame(), frames);
        while frames.is_none_or(|frames| self.frame() < frames) {
            if context.control.is_paused() {
                context.post(Event::RunState { job, state: RunState::Paused });
                context.control.wait_while_paused();
                context.post(Event::RunState { job, state: RunState::Running });
                meter.skip_pause();
            }
            if self.advance(context)? == Advance::Cancelled {
                return Ok(JobOutcome::Cancelled);
            }
            if let Some(files) = &mut self.files {
                files.write_frame(&self.replicas)?;
            }
            if let Some(history) = &self.history {
                keep(history, &self.replicas)?;
            }
            meter.advance(1);
            let frame = self.frame();
            context.show(Arc::new(self.snapshot()));
            self.check_validity(context);
            context.post(Event::FramesMade { job, first_frame: frame, last_frame: frame });
            context.post(Event::Progress { job, progress: meter.progress() });
        }
        Ok(JobOutcome::Finished)
    }

    /// Makes one frame, or nothing if cancelled.
    fn advance(&mut self, context: &JobContext<'_>) -> Result<Advance, String> {
        let frame = self.frame() + 1;
        let mut posted = Instant::now();
        let advanced = self
            .sampler
            .advance(&mut self.replicas, &mut |progress| {
                if context.control.is_cancelled() {
                    return ControlFlow::Break(());
                }
                if posted.elapsed() >= LATENT_PROGRESS_INTERVAL {
                    posted = Instant::now();
                    context.post(Event::LatentProgress { job: context.job, frame, progress });
                }
                ControlFlow::Continue(())
            })
            .map_err(|error| error.to_string());
        if let Some(sentence) = self.sampler.take_notice() {
            context.notice(sentence);
        }
        advanced
    }

    fn check_validity(&mut self, context: &JobContext<'_>) {
        if let Some(sentence) = self.validity.look(&self.topology, &self.replicas) {
            context.notice(sentence);
        }
    }

    /// Number of the newest frame.
    fn frame(&self) -> u64 {
        self.replicas.first().map_or(0, |replica| replica.frame)
    }

    fn snapshot(&self) -> Frame {
        let number = self.frame();
        Frame {
            number,
            time_ps: number as f64 * self.frame_interval_ps,
            replicas_angstrom: self
                .replicas
                .iter()
                .map(|replica| Arc::new(replica.positions_angstrom.clone()))
                .collect(),
        }
    }
}

/// How familiar the first start is to the model.
fn trust_of(model: &ModelInfo, request: &SimulationRequest) -> Option<Arc<TrustReport>> {
    let structure = &request.structure;
    let start = request.starts_angstrom.first().unwrap_or(&structure.positions_angstrom);
    let report = model.trust.as_ref()?.measure(&structure.topology, start);
    Some(Arc::new(report))
}

fn keep(history: &FrameHistory, replicas: &[Replica]) -> Result<(), String> {
    history.append(replicas.iter().map(|replica| replica.positions_angstrom.as_slice())).map_err(|error| {
        format!("a frame cannot be kept in the temporary file: {error}; free some disk space")
    })
}

/// Brings replicas to the last of the frames that there are.
fn go_on_from(
    earlier: &FrameHistory,
    replicas: &mut [Replica],
    frame_interval_ps: f64,
) -> Result<(), String> {
    let have_ps = earlier.frame_interval_ps();
    if (have_ps - frame_interval_ps).abs() > 1e-6 * frame_interval_ps {
        return Err(format!(
            "the frames are {have_ps} ps apart and the model makes jumps of {frame_interval_ps} ps; start a new run from the last frame"
        ));
    }
    let last = earlier.len().saturating_sub(1);
    for (index, replica) in replicas.iter_mut().enumerate() {
        replica.frame = last;
        replica.positions_angstrom = earlier
            .read(last, index)
            .map_err(|error| format!("the last frame of the run cannot be read back: {error}"))?;
    }
    Ok(())
}

/// Copies all frames but the last.
fn copy(from: &FrameHistory, to: &FrameHistory) -> Result<(), String> {
    let cannot = |error: std::io::Error| format!("a frame of the run cannot be copied: {error}");
    let mut replicas = vec![vec![[0.0f32; 3]; from.atom_count()]; from.replica_count()];
    for frame in 0..from.len().saturating_sub(1) {
        for (replica, positions) in replicas.iter_mut().enumerate() {
            from.read_into(frame, replica, positions).map_err(cannot)?;
        }
        to.append(replicas.iter().map(Vec::as_slice)).map_err(cannot)?;
    }
    Ok(())
}

/// Refuses to go on with files that hold another run than the one whose frames are `on_view`: the same protein, model
/// and seed may have been run into them since.
fn check_same_run(on_view: &FrameHistory, replicas: &[Replica], path: &Path) -> Result<(), String> {
    /// More than any format rounds.
    const ROUNDED_ANGSTROM: f32 = 0.02;
    for (index, replica) in replicas.iter().enumerate() {
        if replica.frame >= on_view.len() {
            continue;
        }
        let shown = on_view
            .read(replica.frame, index)
            .map_err(|error| format!("a frame of the run cannot be read back: {error}"))?;
        let same = shown.iter().zip(&replica.positions_angstrom).all(|(shown, stored)| {
            shown.iter().zip(stored).all(|(shown, stored)| (shown - stored).abs() <= ROUNDED_ANGSTROM)
        });
        if !same {
            return Err(format!(
                "{} holds another run by now; write this one to another file",
                path.display()
            ));
        }
    }
    Ok(())
}

/// Reads the frames before `frame` of a run that is being continued back into the history.
fn recall(history: &FrameHistory, files: &RunFiles, frame: u64) -> Result<(), String> {
    let mut readers = files
        .trajectories()
        .iter()
        .map(|path| TrajectoryReader::open(path).map_err(|error| error.to_string()))
        .collect::<Result<Vec<_>, String>>()?;
    let mut frames = vec![trajectory::Frame::default(); readers.len()];
    for index in 0..frame {
        for (reader, frame) in readers.iter_mut().zip(&mut frames) {
            reader.read_frame(index as usize, frame).map_err(|error| error.to_string())?;
        }
        history
            .append(frames.iter().map(|frame| frame.positions_angstrom.as_slice()))
            .map_err(|error| format!("a frame cannot be kept in the temporary file: {error}"))?;
    }
    Ok(())
}
