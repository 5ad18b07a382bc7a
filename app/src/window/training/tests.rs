#![allow(clippy::unwrap_used)]
use super::*;
use equijump_engine::session::LogRow;
use equijump_engine::transport::interpolant::TrackLosses;

fn row(step: u64, held_out: Option<f64>) -> LogRow {
    let losses = TrackLosses { total: 1.0 / step as f64, ..TrackLosses::default() };
    let validation = held_out.map(|total| TrackLosses { total, ..TrackLosses::default() });
    LogRow { step, losses, validation, gradient_norm: 1.0, learning_rate: 0.01 }
}

#[test]
fn curves_stay_bounded_and_keep_the_newest_point_and_every_validation() {
    let held_out = |step: u64| step.is_multiple_of(1000).then(|| (step as f64 - 33_000.0).abs() + 1.0);
    let log: Vec<LogRow> = (1..=100_000).map(|step| row(step, held_out(step))).collect();
    let curves = Curves::from_log(&log);
    let points: Vec<u64> = curves.points().map(|row| row.step).collect();
    assert!(points.len() < 7000, "{} points", points.len());
    assert_eq!((points[0], *points.last().unwrap()), (1, 100_000));
    assert!(points.windows(2).all(|pair| pair[0] < pair[1]));
    assert_eq!(curves.held_out().len(), 100);
    assert_eq!(curves.best(), Some((33_000, 1.0)));
}

#[test]
fn the_form_says_what_is_missing_and_asks_for_what_it_shows() {
    let mut state = TrainingState::default();
    assert!(state.missing().unwrap().contains("First give it data"));
    let import = &mut state.import.form;
    import.topology = "top.pdb".into();
    import.trajectories.push("traj.xtc".into());
    import.output = "a.store.safetensors".into();
    assert!(state.missing().unwrap().contains("Press Import"), "the data is chosen");
    state.form.stores.push("a.store.safetensors".into());
    assert!(state.missing().unwrap().contains("folder"));
    state.form.folder = " results ".into();
    assert_eq!(state.missing(), None);
    state.form.settings.clip_norm = f64::NAN;
    assert_eq!(state.missing().unwrap(), "It cannot be trained like this: the clip norm must be positive.");
    state.form.settings.clip_norm = 1.0;
    state.form.init = "start.safetensors".into();
    state.form.replace = true;
    let request = state.form.request();
    assert_eq!(request.out, Path::new("results"));
    assert_eq!(request.init.as_deref(), Some(Path::new("start.safetensors")));
    assert!(request.force && !request.resume);
    assert_eq!(request.settings, equijump_engine::training::TrainSettings::default());
    // Going on needs a run that can, and keeps what the run began with.
    state.form.go_on = true;
    state.earlier = Some(("results".into(), Err("results holds no training run.".into())));
    assert!(state.missing().unwrap().contains("no training run"));
    let request = state.form.request();
    assert!(request.resume && !request.force && request.init.is_none());
}

#[test]
fn an_early_stop_is_not_taken_for_nothing_held_out() {
    let run = |holds_out, outcome| TrainingRun {
        phase: Phase::Ended(outcome),
        ..TrainingRun::new(PathBuf::new(), String::new(), holds_out)
    };
    assert!(run(true, JobOutcome::Cancelled).best_text().starts_with("Stopped before"));
    assert!(run(false, JobOutcome::Cancelled).best_text().starts_with("Nothing was held out"));
    let measured = TrainingRun { best: Some((Some(1200), 0.5)), ..run(true, JobOutcome::Cancelled) };
    assert!(measured.best_text().starts_with("Best held-out loss 0.5000"));
}

#[test]
fn the_time_of_the_first_training_is_told_from_steps_that_were_measured() {
    let mut state = TrainingState::default();
    state.form.stores.push("a.store.safetensors".into());
    state.form.settings.steps = 1000;
    assert!(state.time_estimate().contains("is shown once the first are made"));
    let speed = TrainingSpeed { steps_per_second: 10.0, work: state.form.work_of_a_step() };
    state.measured = Some((state.form.stores.clone(), speed));
    assert!(state.time_estimate().contains("1 min 40 s, as a few steps on this machine took"));
    state.form.settings.batch_size *= 2;
    assert!(state.time_estimate().contains("3 min 20 s"), "twice the pairs take twice the time");
    // The proteins of other stores have other sizes; the last training is still better than nothing.
    state.form.stores.push("b.store.safetensors".into());
    state.form.speed = Some(TrainingSpeed { steps_per_second: 20.0, ..speed });
    assert!(state.time_estimate().contains("1 min 40 s, at the speed of the last training"));
}
