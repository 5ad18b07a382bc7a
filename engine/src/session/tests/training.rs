//! Training beside a simulation: pausing, stopping, shutting down.

use std::path::Path;

use super::*;
use crate::training::EarlierRun;
use crate::training::tests::{request as train_request, store};

fn train(session: &SessionHandle, folder: &Path, steps: u64) -> JobId {
    let job = session.next_job();
    session.send(Command::Train { job, request: Box::new(train_request(folder, "run", steps)) });
    job
}

/// Waits for the next progress of a training run.
fn step(session: &SessionHandle, job: JobId) -> u64 {
    wait_for(session, job, |event| match event {
        Event::TrainingProgress { progress, .. } => Some(progress.step),
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
    step(&session, job);
    session.send(Command::Pause { job });
    wait_for(&session, job, |event| {
        matches!(event, Event::RunState { state: RunState::Paused, .. }).then_some(())
    });
    // The simulation makes frames meanwhile, the training no steps.
    let mut frames = 0;
    while frames < 20 {
        match session.recv_timeout(Duration::from_secs(20)).unwrap() {
            Event::FramesMade { job, last_frame, .. } if job == simulation => frames = last_frame,
            Event::TrainingProgress { .. } => panic!("a paused training went on"),
            _ => (),
        }
    }
    session.send(Command::Resume { job });
    wait_for(&session, job, |event| {
        matches!(event, Event::RunState { state: RunState::Running, .. }).then_some(())
    });
    step(&session, job);
    session.send(Command::Stop { job });
    let trained = wait_for(&session, job, |event| match event {
        Event::Trained { result, .. } => Some(result.clone()),
        _ => None,
    });
    assert_eq!(outcome(&session, job), JobOutcome::Cancelled);
    assert_eq!(EarlierRun::load(&folder.path().join("run")).unwrap().step, trained.step);
    session.send(Command::Stop { job: simulation });
    assert_eq!(outcome(&session, simulation), JobOutcome::Cancelled);
}

#[test]
fn dropping_the_handle_writes_the_checkpoint_of_the_last_step_even_of_a_paused_training() {
    let folder = tempfile::tempdir().unwrap();
    store(folder.path());
    let session = session([Script::default()]);
    let job = train(&session, folder.path(), 1_000_000);
    // The pause may come before another step is told.
    let mut last = step(&session, job);
    session.send(Command::Pause { job });
    loop {
        match session.recv_timeout(Duration::from_secs(20)).unwrap() {
            Event::TrainingProgress { progress, .. } => last = progress.step,
            Event::RunState { state: RunState::Paused, .. } => break,
            _ => (),
        }
    }
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
    step(&session, job);
    let stopper = session.stopper();
    let stopped = std::thread::spawn(move || stopper.stop_and_wait(Duration::from_secs(20))).join().unwrap();
    assert!(stopped);
    let trained = wait_for(&session, job, |event| match event {
        Event::Trained { result, .. } => Some(result.step),
        _ => None,
    });
    assert_eq!(EarlierRun::load(&folder.path().join("run")).unwrap().step, trained);
    assert!(
        session.stopper().stop_and_wait(Duration::ZERO),
        "nothing is left to stop, {simulation:?} neither"
    );
}
