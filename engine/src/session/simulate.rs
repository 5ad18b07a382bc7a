//! The simulation job: advances replicas frame by frame, keeps every frame, and tells the app.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::transport::{Advance, Replica};

use super::backend::{ComputeBackend, PreparedSampler, SamplerOrder};
use super::context::JobContext;
use super::history::{Frame, FrameHistory};
use super::protocol::{Event, JobOutcome, ProgressUnit, RunInfo, SimulationState};
use super::rate::RateMeter;
use super::request::SimulationRequest;

/// Latent progress is posted no more often than this; nobody sees more.
const LATENT_PROGRESS_INTERVAL: Duration = Duration::from_millis(40);

/// Runs a simulation to its end. Errors are sentences for the user.
pub(super) fn run(
    context: &JobContext<'_>,
    backend: &dyn ComputeBackend,
    request: SimulationRequest,
) -> Result<JobOutcome, String> {
    let job = context.job;
    let topology = request.structure.topology.clone();
    let replica_count = request.replicas as usize;
    check(&request)?;

    context.post(Event::SimulationState { job, state: SimulationState::Preparing });
    let PreparedSampler { mut sampler, notices, .. } = backend.prepare_sampler(SamplerOrder {
        model: &request.model,
        topology: &topology,
        settings: &request.settings,
        replicas: replica_count,
        device: request.device,
    })?;
    for notice in notices {
        context.notice(notice);
    }

    let mut replicas: Vec<Replica> = (0..request.replicas)
        .map(|index| Replica {
            index: index.into(),
            frame: 0,
            positions_angstrom: request.structure.positions_angstrom.to_vec(),
        })
        .collect();
    let frame_interval_ps = sampler.frame_interval_ps();
    let history = if request.keep_history {
        let history = FrameHistory::create(topology.atom_count(), replica_count, frame_interval_ps)
            .map_err(|error| format!("no temporary file for the frames can be made: {error}"))?;
        keep(&history, &replicas)?;
        Some(Arc::new(history))
    } else {
        None
    };

    context.post(Event::SimulationStarted {
        job,
        run: RunInfo {
            topology,
            settings: request.settings,
            replicas: replica_count,
            frame_interval_ps,
            first_new_frame: 1,
            device_name: sampler.device_name(),
            history: history.clone(),
            outputs: Vec::new(),
        },
    });
    context.post(Event::SimulationState { job, state: SimulationState::Running });
    context.show(Arc::new(snapshot(&replicas, frame_interval_ps)));

    let mut meter = RateMeter::start(ProgressUnit::Frames, 0, request.frames);
    let mut made = 0;
    while request.frames.is_none_or(|frames| made < frames) {
        if context.control.is_paused() {
            context.post(Event::SimulationState { job, state: SimulationState::Paused });
            context.control.wait_while_paused();
            context.post(Event::SimulationState { job, state: SimulationState::Running });
            meter.skip_pause();
        }
        let number = made + 1;
        let mut posted = Instant::now();
        let advance = sampler
            .advance(&mut replicas, &mut |progress| {
                if context.control.is_cancelled() {
                    return ControlFlow::Break(());
                }
                if posted.elapsed() >= LATENT_PROGRESS_INTERVAL {
                    posted = Instant::now();
                    context.post(Event::LatentProgress { job, frame: number, progress });
                }
                ControlFlow::Continue(())
            })
            .map_err(|error| error.to_string())?;
        if advance == Advance::Cancelled {
            return Ok(JobOutcome::Cancelled);
        }
        made = number;
        if let Some(history) = &history {
            keep(history, &replicas)?;
        }
        context.show(Arc::new(snapshot(&replicas, frame_interval_ps)));
        meter.advance(1);
        context.post(Event::FramesMade { job, first_frame: made, last_frame: made });
        context.post(Event::Progress { job, progress: meter.progress() });
    }
    Ok(JobOutcome::Finished)
}

fn check(request: &SimulationRequest) -> Result<(), String> {
    if request.replicas == 0 {
        return Err("a simulation needs at least one replica".into());
    }
    let (atoms, positions) =
        (request.structure.topology.atom_count(), request.structure.positions_angstrom.len());
    if atoms != positions {
        return Err(format!("the start structure has {positions} positions for {atoms} atoms"));
    }
    Ok(())
}

fn keep(history: &FrameHistory, replicas: &[Replica]) -> Result<(), String> {
    history.append(replicas.iter().map(|replica| replica.positions_angstrom.as_slice())).map_err(|error| {
        format!("a frame cannot be kept in the temporary file: {error}; free some disk space")
    })
}

fn snapshot(replicas: &[Replica], frame_interval_ps: f64) -> Frame {
    let number = replicas.first().map_or(0, |replica| replica.frame);
    Frame {
        number,
        time_ps: number as f64 * frame_interval_ps,
        replicas_angstrom: replicas
            .iter()
            .map(|replica| Arc::new(replica.positions_angstrom.clone()))
            .collect(),
    }
}
