//! Behaviour of the engine threads, with samplers that cost nothing.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

mod files;
mod recorded;
mod training;

use super::*;
use crate::network::NetworkConfig;
use crate::structure::{Residue, ResidueType, Topology};
use crate::transport::{Advance, FrameSampler, LatentProgress, Replica, SamplerSettings, TransportError};

/// What the sampler does in each latent step and frame.
#[derive(Clone)]
struct Script {
    latent_steps: u32,
    step_time: Duration,
    panic_in_frame: Option<u64>,
    fail_in_frame: Option<u64>,
    steps_done: Arc<AtomicUsize>,
}

impl Default for Script {
    fn default() -> Self {
        Self {
            latent_steps: 3,
            step_time: Duration::ZERO,
            panic_in_frame: None,
            fail_in_frame: None,
            steps_done: Arc::default(),
        }
    }
}

struct ScriptedSampler(Script);

impl FrameSampler for ScriptedSampler {
    fn advance(
        &mut self,
        replicas: &mut [Replica],
        control: &mut dyn FnMut(LatentProgress) -> ControlFlow<()>,
    ) -> Result<Advance, TransportError> {
        let script = &self.0;
        let frame = replicas[0].frame + 1;
        assert!(script.panic_in_frame != Some(frame), "scripted panic");
        if script.fail_in_frame == Some(frame) {
            return Err(TransportError::NonFinite { replica: 0, frame });
        }
        for done in 0..script.latent_steps {
            if control(LatentProgress { done, total: script.latent_steps }).is_break() {
                return Ok(Advance::Cancelled);
            }
            std::thread::sleep(script.step_time);
            script.steps_done.fetch_add(1, Ordering::SeqCst);
        }
        for replica in replicas {
            replica.frame += 1;
            for position in &mut replica.positions_angstrom {
                position[0] += 1.0 + replica.index as f32;
                // Depends on every bit of the frame before, so that inexact resuming shows.
                position[2] = (position[2] * 1.3 + 0.1 + position[1]).sin();
            }
        }
        Ok(Advance::Done)
    }

    fn frame_interval_ps(&self) -> f64 {
        100.0
    }

    fn device_name(&self) -> String {
        "test".into()
    }
}

/// Hands out one script after the other; the last one is used again.
struct Scripted(Mutex<Vec<Script>>);

impl ComputeBackend for Scripted {
    fn load_model(&self, model: &ModelSource) -> Result<ModelInfo, String> {
        Ok(ModelInfo {
            name: model.display_name(),
            config: NetworkConfig::default(),
            parameter_count: 0,
            checksum: String::new(),
            card: String::new(),
            presets: Default::default(),
            trust: None,
        })
    }

    fn prepare_sampler(&self, order: SamplerOrder<'_>) -> Result<PreparedSampler, String> {
        let mut scripts = self.0.lock().unwrap();
        let script = if scripts.len() > 1 { scripts.remove(0) } else { scripts[0].clone() };
        Ok(PreparedSampler {
            sampler: Box::new(ScriptedSampler(script)),
            model: self.load_model(order.model)?,
            notices: Vec::new(),
        })
    }
}

fn session(scripts: impl Into<Vec<Script>>) -> SessionHandle {
    SessionHandle::start(Arc::new(Scripted(Mutex::new(scripts.into()))), Arc::new(|| ())).unwrap()
}

fn dialanine() -> OpenedStructure {
    let residue = |number| Residue { kind: ResidueType::Ala, number, insertion_code: None };
    let topology = Topology::new("dialanine", "A", vec![residue(1), residue(2)]);
    let positions = (0..topology.atom_count()).map(|i| [0.0, i as f32, 0.0]).collect();
    OpenedStructure {
        path: None,
        topology: Arc::new(topology),
        positions_angstrom: Arc::new(positions),
        notices: Vec::new(),
    }
}

fn request(frames: Option<u64>, replicas: u32) -> Box<SimulationRequest> {
    Box::new(SimulationRequest {
        structure: dialanine(),
        starts_angstrom: Vec::new(),
        model: ModelSource::Bundled { name: "none".into(), bytes: b"", presets: b"{}" },
        settings: SamplerSettings::default(),
        replicas,
        shard: None,
        frames,
        device: DevicePreference::Cpu,
        output: None,
        keep_history: true,
    })
}

fn simulate(session: &SessionHandle, frames: Option<u64>, replicas: u32) -> JobId {
    let job = session.next_job();
    session.send(Command::Simulate { job, request: request(frames, replicas) });
    job
}

/// Takes events of `job` until `wanted` picks one.
fn wait_for<T>(session: &SessionHandle, job: JobId, mut wanted: impl FnMut(&Event) -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(20);
    while Instant::now() < deadline {
        if let Some(event) = session.recv_timeout(Duration::from_millis(100))
            && event.job() == job
            && let Some(found) = wanted(&event)
        {
            return found;
        }
    }
    panic!("the event did not come");
}

fn outcome(session: &SessionHandle, job: JobId) -> JobOutcome {
    wait_for(session, job, |event| match event {
        Event::JobEnded { outcome, .. } => Some(outcome.clone()),
        _ => None,
    })
}

fn history(session: &SessionHandle, job: JobId) -> Arc<FrameHistory> {
    wait_for(session, job, |event| match event {
        Event::SimulationStarted { run, .. } => run.history.clone(),
        _ => None,
    })
}

#[test]
fn a_run_keeps_every_frame_of_every_replica() {
    let session = session([Script::default()]);
    let job = simulate(&session, Some(50), 3);
    let history = history(&session, job);
    assert_eq!(outcome(&session, job), JobOutcome::Finished);
    assert_eq!(history.len(), 51);
    for (frame, replica) in [(0, 0), (1, 2), (25, 1), (50, 2)] {
        let positions = history.read(frame, replica).unwrap();
        assert_eq!(positions[4][0], frame as f32 * (1.0 + replica as f32));
    }
    assert!(history.read(51, 0).is_err());
    assert!(history.read(0, 3).is_err());
    let latest = session.latest_frame().unwrap();
    assert_eq!((latest.job, latest.frame.number, latest.frame.time_ps), (job, 50, 5000.0));
}

#[test]
fn ranges_of_made_frames_have_no_gap_however_slow_the_reader() {
    let session = session([Script::default()]);
    let job = simulate(&session, Some(2000), 1);
    let mut next = 1;
    wait_for(&session, job, |event| match event {
        Event::FramesMade { first_frame, last_frame, .. } => {
            assert_eq!(*first_frame, next);
            next = last_frame + 1;
            std::thread::sleep(Duration::from_millis(2));
            None
        }
        Event::JobEnded { .. } => Some(()),
        _ => None,
    });
    assert_eq!(next, 2001);
}

#[test]
fn unread_events_do_not_pile_up() {
    let wakes = Arc::new(AtomicU64::new(0));
    let counter = wakes.clone();
    let wake: WakeCallback = Arc::new(move || {
        counter.fetch_add(1, Ordering::SeqCst);
    });
    let mailbox = mailbox::Mailbox::new(wake);
    for frame in 1..=100_000 {
        mailbox.post(Event::FramesMade { job: JobId(1), first_frame: frame, last_frame: frame });
        mailbox.post(Event::LatentProgress {
            job: JobId(1),
            frame,
            progress: LatentProgress { done: 1, total: 2 },
        });
    }
    assert_eq!(mailbox.len(), 2);
    assert_eq!(wakes.load(Ordering::SeqCst), 200_000);
}

#[test]
fn stop_takes_effect_within_one_latent_step() {
    let script = Script { latent_steps: 1000, step_time: Duration::from_millis(20), ..Script::default() };
    let steps = script.steps_done.clone();
    let session = session([script]);
    let job = simulate(&session, None, 1);
    wait_for(&session, job, |event| matches!(event, Event::LatentProgress { .. }).then_some(()));
    let before = steps.load(Ordering::SeqCst);
    session.send(Command::Stop { job });
    assert_eq!(outcome(&session, job), JobOutcome::Cancelled);
    assert!(steps.load(Ordering::SeqCst) <= before + 2, "the step under way and at most the one being begun");
}

#[test]
fn a_queued_job_can_be_stopped_before_it_begins() {
    let slow = Script { step_time: Duration::from_millis(5), ..Script::default() };
    let session = session([slow]);
    let first = simulate(&session, None, 1);
    let second = simulate(&session, Some(1), 1);
    session.send(Command::Stop { job: second });
    session.send(Command::Stop { job: first });
    let mut ended = Vec::new();
    while ended.len() < 2 {
        if let Some(Event::JobEnded { job, outcome }) = session.recv_timeout(Duration::from_secs(20)) {
            assert_eq!(outcome, JobOutcome::Cancelled);
            ended.push(job);
        }
    }
    assert_eq!(ended, [first, second]);
}

#[test]
fn a_panic_fails_the_job_with_its_message_and_the_next_job_works() {
    let session = session([Script { panic_in_frame: Some(3), ..Script::default() }, Script::default()]);
    let job = simulate(&session, Some(10), 1);
    let history = history(&session, job);
    match outcome(&session, job) {
        JobOutcome::Failed(message) => assert!(message.contains("scripted panic"), "{message}"),
        other => panic!("{other:?}"),
    }
    assert_eq!(history.len(), 3, "frames made before the panic are kept");
    let job = simulate(&session, Some(4), 1);
    assert_eq!(outcome(&session, job), JobOutcome::Finished);
}

#[test]
fn a_broken_molecule_is_told_at_its_first_frame_and_at_the_end() {
    let session = session([Script::default()]);
    // Atoms on a line are no molecule.
    let job = simulate(&session, Some(20), 2);
    let mut notices = Vec::new();
    wait_for(&session, job, |event| match event {
        Event::Notice { notice, .. } => {
            notices.push(notice.0.clone());
            None
        }
        Event::JobEnded { .. } => Some(()),
        _ => None,
    });
    assert_eq!(notices.len(), 3, "{notices:?}");
    assert!(
        notices[0].contains("start structure is not within the range of molecular dynamics"),
        "{notices:?}"
    );
    assert!(notices[0].contains("ALA 1"), "{notices:?}");
    assert!(notices[1].contains("Frame 1 of replica 0 is not within"), "{notices:?}");
    assert_eq!(notices[2], "40 of 40 frames are not within the range of molecular dynamics (100.0 %).");
}

#[test]
fn a_sampler_error_fails_the_job_with_its_sentence() {
    let session = session([Script { fail_in_frame: Some(2), ..Script::default() }]);
    let job = simulate(&session, Some(10), 1);
    match outcome(&session, job) {
        JobOutcome::Failed(message) => assert!(message.contains("non-finite in frame 2"), "{message}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_paused_run_makes_no_frames_until_it_is_resumed() {
    let session = session([Script { step_time: Duration::from_millis(1), ..Script::default() }]);
    let job = simulate(&session, None, 1);
    let history = history(&session, job);
    let wait_state = |wanted| {
        wait_for(&session, job, |event| {
            matches!(event, Event::RunState { state, .. } if *state == wanted).then_some(())
        });
    };
    session.send(Command::Pause { job });
    wait_state(RunState::Paused);
    let frames = history.len();
    std::thread::sleep(Duration::from_millis(100));
    assert_eq!(history.len(), frames);
    session.send(Command::Resume { job });
    wait_state(RunState::Running);
    wait_for(&session, job, |event| matches!(event, Event::FramesMade { .. }).then_some(()));
    session.send(Command::Pause { job });
    wait_state(RunState::Paused);
    session.send(Command::Stop { job });
    assert_eq!(outcome(&session, job), JobOutcome::Cancelled);
    assert!(history.len() > frames);
}

#[test]
fn dropping_the_handle_stops_a_run_without_end() {
    let session =
        session([Script { latent_steps: 100, step_time: Duration::from_millis(10), ..Script::default() }]);
    let job = simulate(&session, None, 1);
    wait_for(&session, job, |event| matches!(event, Event::SimulationStarted { .. }).then_some(()));
    let start = Instant::now();
    drop(session);
    assert!(start.elapsed() < Duration::from_secs(2));
}
