//! Training beside a simulation: pausing, stopping, shutting down.

use std::path::Path;

use super::*;
use crate::training::EarlierRun;
use crate::training::tests::{request as train_request, store};

fn train(session: &Session, folder: &Path, steps: u64) -> JobHandle<TrainRequest> {
    session.start(train_request(folder, "run", steps))
}

/// Waits for the next progress of a training run.
fn step(job: &JobHandle<TrainRequest>) -> u64 {
    wait_for(job, |update| match update {
        TrainingUpdate::Step(progress) => Some(progress.step),
        _ => None,
    })
}

fn trained(job: &JobHandle<TrainRequest>) -> u64 {
    wait_for(job, |update| match update {
        TrainingUpdate::Trained(result) => Some(result.step),
        _ => None,
    })
}

#[test]
fn a_training_pauses_resumes_and_stops_while_a_simulation_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    store(folder.path());
    let session = session([Script { step_time: Duration::from_micros(200), ..Script::default() }]);
    let simulation = simulate(&session, None, 1);
    let job = train(&session, folder.path(), 1_000_000);
    step(&job);
    job.pause();
    wait_until!(&job, TrainingUpdate::State(JobPhase::Paused));
    // The simulation makes frames meanwhile, the training no steps.
    let mut made = 0;
    while made < 20 {
        wait_for(&simulation, |update| match update {
            SimulationUpdate::FramesMade { first_frame, last_frame } => {
                made += last_frame + 1 - first_frame;
                Some(())
            }
            _ => None,
        });
    }
    while let Some(event) = job.try_next() {
        assert!(!matches!(event, JobEvent::Update(TrainingUpdate::Step(_))), "a paused training went on");
    }
    job.resume();
    wait_until!(&job, TrainingUpdate::State(JobPhase::Running));
    step(&job);
    job.cancel();
    let trained = trained(&job);
    assert_eq!(outcome(&job), JobOutcome::Cancelled);
    assert_eq!(EarlierRun::load(&folder.path().join("run")).unwrap().step, trained);
    simulation.cancel();
    assert_eq!(outcome(&simulation), JobOutcome::Cancelled);
}

#[test]
fn dropping_the_handle_writes_the_checkpoint_of_the_last_step_even_of_a_paused_training() {
    let folder = tempfile::tempdir().unwrap();
    store(folder.path());
    let session = session([Script::default()]);
    let job = train(&session, folder.path(), 1_000_000);
    // The pause may come before another step is told.
    let mut last = step(&job);
    job.pause();
    wait_for(&job, |update| match update {
        TrainingUpdate::Step(progress) => {
            last = progress.step;
            None
        }
        TrainingUpdate::State(JobPhase::Paused) => Some(()),
        _ => None,
    });
    assert!(last > 0);
    // A machine that is switched off during a pause takes nothing along.
    assert_eq!(EarlierRun::load(&folder.path().join("run")).unwrap().step, last);
    drop(session);
    assert_eq!(EarlierRun::load(&folder.path().join("run")).unwrap().step, last);
}

/// As when the process is asked to end while its window is not drawn: whoever owns the handle does nothing.
#[test]
fn a_session_is_stopped_from_another_thread_with_the_checkpoint_of_the_last_step() {
    let folder = tempfile::tempdir().unwrap();
    store(folder.path());
    let session = session([Script { step_time: Duration::from_micros(200), ..Script::default() }]);
    let simulation = simulate(&session, None, 1);
    let job = train(&session, folder.path(), 1_000_000);
    step(&job);
    let stopper = session.stopper();
    let stopped = std::thread::spawn(move || stopper.stop_and_wait(Duration::from_secs(20))).join().unwrap();
    assert!(stopped);
    let trained = trained(&job);
    assert_eq!(EarlierRun::load(&folder.path().join("run")).unwrap().step, trained);
    assert!(
        session.stopper().stop_and_wait(Duration::ZERO),
        "nothing is left to stop, {simulation:?} neither"
    );
}
