//! A run that lasts: the real sampler, four replicas, paused and gone on with again and again. Memory stays where it
//! is, frames are those of a run that was never disturbed, and files are whole.
//!
//! Some frames by default; `EQUIJUMP_SOAK=100000` makes it a soak of a day or so on two cores.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use equijump_engine::session::{
    DevicePreference, ExistingFiles, JobEvent, JobHandle, JobOutcome, JobPhase, ModelLibrary, ModelSource,
    RunOutput, Session, Simulate, SimulationRequest, SimulationUpdate, replica_path,
};
use equijump_engine::structure::{ReadOptions, read_structure};
use equijump_engine::trajectory::{Frame, TrajectoryReader};
use equijump_engine::transport::SamplerSettings;

const REPLICAS: usize = 4;
/// Frames of a run that is not a soak.
const FRAMES: u64 = 8;
/// Frames between two pauses.
const FRAMES_BETWEEN: u64 = 3;
/// Frames that are compared with the undisturbed run.
const COMPARED: u64 = FRAMES;
/// Nothing of the engine waits so long.
const PATIENCE: Duration = Duration::from_secs(60);
/// What a tenth of the run has taken is there for the rest of it; so much more is allowed.
const GROWTH: f64 = 1.05;

fn frames() -> u64 {
    std::env::var("EQUIJUMP_SOAK").ok().and_then(|text| text.parse().ok()).unwrap_or(FRAMES)
}

/// Memory that the process has in use, bytes; `None` where the system does not tell it as Linux does.
fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(1024 * line.split_whitespace().next()?.parse::<u64>().ok()?)
}

fn simulate(session: &Session, path: &Path, frames: u64, existing: ExistingFiles) -> JobHandle<Simulate> {
    let assets = Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets");
    let structure =
        read_structure(&assets.join("structures/chignolin.pdb"), &ReadOptions::default()).unwrap();
    let request = SimulationRequest {
        structure,
        starts_angstrom: Vec::new(),
        model: ModelSource::File(assets.join("models/chignolin/model.safetensors")),
        // Frames of so few steps are poor ones; what is tested is that there are many.
        settings: SamplerSettings { latent_steps: 5, seed: 11, ..SamplerSettings::default() },
        replicas: REPLICAS as u32,
        shard: None,
        frames: Some(frames),
        device: DevicePreference::Cpu,
        output: Some(RunOutput { path: path.to_owned(), existing }),
        keep_history: true,
    };
    session.start(Simulate::new(request))
}

fn next(job: &JobHandle<Simulate>) -> JobEvent<Simulate> {
    job.next_timeout(PATIENCE).expect("the engine says something within a minute")
}

/// The first frames of all replicas.
fn first_frames(path: &Path) -> Vec<Vec<[f32; 3]>> {
    let mut read = Vec::new();
    for replica in 0..REPLICAS {
        let mut reader = TrajectoryReader::open(&replica_path(path, replica, REPLICAS)).unwrap();
        let mut frame = Frame::default();
        for index in 0..=COMPARED as usize {
            reader.read_frame(index, &mut frame).unwrap();
            read.push(frame.positions_angstrom.clone());
        }
    }
    read
}

fn session() -> Session {
    Session::new(Arc::new(ModelLibrary::new()), Arc::new(|| ())).unwrap()
}

fn finish(job: &JobHandle<Simulate>) {
    while !matches!(next(job), JobEvent::Ended(JobOutcome::Finished(()))) {}
}

/// Runs to the end, pausing on the way; returns how often.
fn run_with_pauses(job: &JobHandle<Simulate>, frames: u64) -> u64 {
    let (mut pauses, mut next_pause) = (0, FRAMES_BETWEEN);
    let mut early = None;
    loop {
        match next(job) {
            JobEvent::Update(SimulationUpdate::FramesMade { last_frame, .. }) => {
                if last_frame >= frames / 10 && early.is_none() {
                    early = resident_bytes();
                }
                if last_frame >= next_pause {
                    next_pause = last_frame + FRAMES_BETWEEN;
                    job.pause();
                }
            }
            JobEvent::Update(SimulationUpdate::State(JobPhase::Paused)) => {
                pauses += 1;
                job.resume();
            }
            JobEvent::Ended(outcome) => {
                assert_eq!(outcome, JobOutcome::Finished(()));
                break;
            }
            _ => (),
        }
    }
    // A short run has not met all that it will ever need within its first frame.
    if let (Some(early), Some(late)) = (early.filter(|_| frames > 1_000), resident_bytes()) {
        assert!(late as f64 <= GROWTH * early as f64, "{early} bytes grew to {late}");
    }
    pauses
}

#[test]
fn a_run_that_is_paused_again_and_again_makes_the_frames_of_one_that_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| -> PathBuf { folder.path().join(name) };
    let session = session();
    finish(&simulate(&session, &at("undisturbed.dcd"), COMPARED, ExistingFiles::Refuse));

    let frames = frames().max(COMPARED);
    let job = simulate(&session, &at("paused.dcd"), frames, ExistingFiles::Refuse);
    let pauses = run_with_pauses(&job, frames);
    println!("{frames} frames, {pauses} pauses seen");
    assert!(first_frames(&at("paused.dcd")) == first_frames(&at("undisturbed.dcd")), "other frames");
    for replica in 0..REPLICAS {
        let reader = TrajectoryReader::open(&replica_path(&at("paused.dcd"), replica, REPLICAS)).unwrap();
        assert_eq!((reader.frame_count() as u64, reader.tail_bytes()), (frames + 1, 0));
    }
}

#[test]
fn a_run_that_is_stopped_and_resumed_again_and_again_makes_the_frames_of_one_that_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| -> PathBuf { folder.path().join(name) };
    let session = session();
    finish(&simulate(&session, &at("undisturbed.dcd"), COMPARED, ExistingFiles::Refuse));

    // Each time it is stopped amid a frame or between two, and goes on where its files say.
    let mut existing = ExistingFiles::Refuse;
    for stop_at in (1..COMPARED).step_by(FRAMES_BETWEEN as usize) {
        let job = simulate(&session, &at("resumed.dcd"), COMPARED, existing);
        existing = ExistingFiles::Resume;
        loop {
            match next(&job) {
                JobEvent::Update(SimulationUpdate::FramesMade { last_frame, .. })
                    if last_frame >= stop_at =>
                {
                    job.cancel();
                }
                JobEvent::Ended(outcome) => {
                    assert!(!matches!(outcome, JobOutcome::Failed(_)), "{outcome:?}");
                    break;
                }
                _ => (),
            }
        }
    }
    finish(&simulate(&session, &at("resumed.dcd"), COMPARED, existing));
    assert!(first_frames(&at("resumed.dcd")) == first_frames(&at("undisturbed.dcd")), "other frames");
}
