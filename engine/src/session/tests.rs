//! Behavior of the engine threads, with samplers that cost nothing.

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
use crate::structure::ResidueType;
use crate::test_support::chain;
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
    fn load_model(&self, model: &ModelSource) -> Result<LoadedModel, BackendError> {
        let config = NetworkConfig::basic();
        Ok(LoadedModel { name: model.display_name(), config, ..LoadedModel::default() })
    }

    fn prepare_sampler(&self, order: SamplerOrder<'_>) -> Result<PreparedSampler, BackendError> {
        let mut scripts = self.0.lock().unwrap();
        let script = if scripts.len() > 1 { scripts.remove(0) } else { scripts[0].clone() };
        Ok(PreparedSampler {
            sampler: Box::new(ScriptedSampler(script)),
            model: self.load_model(order.model)?,
            notices: Vec::new(),
        })
    }
}

fn session(scripts: impl Into<Vec<Script>>) -> Session {
    Session::new(Arc::new(Scripted(Mutex::new(scripts.into()))), Arc::new(|| ())).unwrap()
}

fn dialanine() -> OpenedStructure {
    let topology = chain("dialanine", [ResidueType::Ala; 2]);
    let positions = (0..topology.atom_count()).map(|i| [0.0, i as f32, 0.0]).collect();
    OpenedStructure {
        path: None,
        topology: Arc::new(topology),
        positions_angstrom: Arc::new(positions),
        notices: Vec::new(),
    }
}

fn request(frames: Option<u64>, replicas: u32) -> SimulationRequest {
    SimulationRequest {
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
    }
}

fn simulate(session: &Session, frames: Option<u64>, replicas: u32) -> JobHandle<Simulate> {
    session.start(Simulate::new(request(frames, replicas)))
}

/// Takes what a job tells until `wanted` picks something.
fn wait_for<J: Job, T>(job: &JobHandle<J>, mut wanted: impl FnMut(J::Update) -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(20);
    while Instant::now() < deadline {
        match job.next_timeout(Duration::from_millis(100)) {
            Some(JobEvent::Update(update)) => {
                if let Some(found) = wanted(update) {
                    return found;
                }
            }
            Some(JobEvent::Ended(outcome)) => panic!("it ended: {:?}", outcome.without_output()),
            None => (),
        }
    }
    panic!("the update did not come");
}

/// Takes all that a job tells, to its end.
fn to_the_end<J: Job>(job: &JobHandle<J>, mut told: impl FnMut(J::Update)) -> JobOutcome<J::Output> {
    let deadline = Instant::now() + Duration::from_secs(20);
    while Instant::now() < deadline {
        match job.next_timeout(Duration::from_millis(100)) {
            Some(JobEvent::Update(update)) => told(update),
            Some(JobEvent::Ended(outcome)) => {
                assert!(job.try_next().is_none(), "the outcome comes last and once");
                return outcome;
            }
            None => (),
        }
    }
    panic!("the end did not come");
}

fn outcome<J: Job>(job: &JobHandle<J>) -> JobOutcome {
    to_the_end(job, |_| ()).without_output()
}

fn history(job: &JobHandle<Simulate>) -> Arc<FrameHistory> {
    wait_for(job, |update| match update {
        SimulationUpdate::Started(run) => run.history,
        _ => None,
    })
}

/// Waits for updates that `wanted` holds for.
macro_rules! wait_until {
    ($job:expr, $wanted:pat $(if $guard:expr)?) => {
        wait_for($job, |update| matches!(update, $wanted $(if $guard)?).then_some(()))
    };
}
use wait_until;

#[test]
fn a_run_keeps_every_frame_of_every_replica() {
    let session = session([Script::default()]);
    let job = simulate(&session, Some(50), 3);
    let history = history(&job);
    assert_eq!(outcome(&job), JobOutcome::Finished(()));
    assert_eq!(history.len(), 51);
    for (frame, replica) in [(0, 0), (1, 2), (25, 1), (50, 2)] {
        let positions = history.read(frame, replica).unwrap();
        assert_eq!(positions[4][0], frame as f32 * (1.0 + replica as f32));
    }
    assert!(history.read(51, 0).is_err());
    assert!(history.read(0, 3).is_err());
    assert_eq!(history.time_ps(50), 5000.0);
}

#[test]
fn ranges_of_made_frames_have_no_gap_however_slow_the_reader() {
    let session = session([Script::default()]);
    let job = simulate(&session, Some(2000), 1);
    let mut next = 1;
    to_the_end(&job, |update| {
        if let SimulationUpdate::FramesMade { first_frame, last_frame } = update {
            assert_eq!(first_frame, next);
            next = last_frame + 1;
            std::thread::sleep(Duration::from_millis(2));
        }
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
    struct Talk;
    impl Job for Talk {
        type Update = SimulationUpdate;
        type Output = ();
        const LANE: Lane = Lane::Compute;
        fn run(self, context: &JobContext<'_, SimulationUpdate>) -> Result<(), Halt> {
            for frame in 1..=100_000 {
                context.post(SimulationUpdate::FramesMade { first_frame: frame, last_frame: frame });
                let progress = LatentProgress { done: 1, total: 2 };
                context.post(SimulationUpdate::Latent { frame, progress });
            }
            Ok(())
        }
    }
    let session = Session::new(Arc::new(Scripted(Mutex::default())), wake).unwrap();
    let job = session.start(Talk);
    // The job is over before anything is read.
    while wakes.load(Ordering::SeqCst) < 200_001 {
        std::thread::sleep(Duration::from_millis(1));
    }
    let mut told = Vec::new();
    assert_eq!(to_the_end(&job, |update| told.push(update)), JobOutcome::Finished(()));
    assert!(
        matches!(
            told[..],
            [
                SimulationUpdate::FramesMade { first_frame: 1, last_frame: 100_000 },
                SimulationUpdate::Latent { frame: 100_000, .. }
            ]
        ),
        "{told:?}"
    );
    assert_eq!(wakes.load(Ordering::SeqCst), 200_001, "once for each update and for the end");
}

#[test]
fn stop_takes_effect_within_one_latent_step() {
    let script = Script { latent_steps: 1000, step_time: Duration::from_millis(20), ..Script::default() };
    let steps = script.steps_done.clone();
    let session = session([script]);
    let job = simulate(&session, None, 1);
    wait_until!(&job, SimulationUpdate::Latent { .. });
    let before = steps.load(Ordering::SeqCst);
    job.cancel();
    assert_eq!(outcome(&job), JobOutcome::Cancelled);
    assert!(steps.load(Ordering::SeqCst) <= before + 2, "the step under way and at most the one being begun");
}

#[test]
fn a_queued_job_can_be_stopped_before_it_begins() {
    let slow = Script { step_time: Duration::from_millis(5), ..Script::default() };
    let session = session([slow]);
    let first = simulate(&session, None, 1);
    let second = simulate(&session, Some(1), 1);
    wait_until!(&first, SimulationUpdate::FramesMade { .. });
    second.cancel();
    assert!(second.next_timeout(Duration::from_millis(50)).is_none(), "its turn has not come");
    first.cancel();
    assert_eq!(outcome(&first), JobOutcome::Cancelled);
    let told = to_the_end(&second, |update| panic!("it began: {update:?}"));
    assert_eq!(told, JobOutcome::Cancelled);
}

#[test]
fn a_job_whose_handle_is_dropped_makes_way_for_the_next() {
    let session = session([Script { step_time: Duration::from_millis(5), ..Script::default() }]);
    drop(simulate(&session, None, 1));
    assert_eq!(outcome(&simulate(&session, Some(1), 1)), JobOutcome::Finished(()));
}

#[test]
fn a_panic_fails_the_job_with_its_message_and_the_next_job_works() {
    let session = session([Script { panic_in_frame: Some(3), ..Script::default() }, Script::default()]);
    let job = simulate(&session, Some(10), 1);
    let history = history(&job);
    match outcome(&job) {
        JobOutcome::Failed(JobError { what: message, .. }) => {
            assert!(message.contains("scripted panic"), "{message}")
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(history.len(), 3, "frames made before the panic are kept");
    let job = simulate(&session, Some(4), 1);
    assert_eq!(outcome(&job), JobOutcome::Finished(()));
}

#[test]
fn a_broken_molecule_is_told_at_its_first_frame_and_at_the_end() {
    let session = session([Script::default()]);
    // Atoms on a line are no molecule.
    let job = simulate(&session, Some(20), 2);
    let mut notices = Vec::new();
    to_the_end(&job, |update| {
        if let SimulationUpdate::Report(Report::Notice(notice)) = update {
            notices.push(notice.0);
        }
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
    match outcome(&job) {
        JobOutcome::Failed(JobError { what: message, .. }) => {
            assert!(message.contains("non-finite in frame 2"), "{message}")
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_paused_run_makes_no_frames_until_it_is_resumed() {
    let session = session([Script { step_time: Duration::from_millis(1), ..Script::default() }]);
    let job = simulate(&session, None, 1);
    let history = history(&job);
    let wait_state = |wanted| {
        wait_until!(&job, SimulationUpdate::State(state) if state == wanted);
    };
    job.pause();
    wait_state(JobPhase::Paused);
    let frames = history.len();
    std::thread::sleep(Duration::from_millis(100));
    assert_eq!(history.len(), frames);
    job.resume();
    wait_state(JobPhase::Running);
    wait_until!(&job, SimulationUpdate::FramesMade { .. });
    job.pause();
    wait_state(JobPhase::Paused);
    job.cancel();
    assert_eq!(outcome(&job), JobOutcome::Cancelled);
    assert!(history.len() > frames);
}

#[test]
fn dropping_the_handle_stops_a_run_without_end() {
    let session =
        session([Script { latent_steps: 100, step_time: Duration::from_millis(10), ..Script::default() }]);
    let job = simulate(&session, None, 1);
    wait_until!(&job, SimulationUpdate::Started(_));
    let start = Instant::now();
    drop(session);
    assert!(start.elapsed() < Duration::from_secs(2));
}
