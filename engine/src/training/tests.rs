//! Training on a small store: it learns, resumes exactly, keeps its files whole, refuses bad input in words.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use super::checkpoint::Checkpoint;
use super::trainer::{BEST_MODEL_FILE, CHECKPOINT_FILE, LOG_FILE, MODEL_FILE, SETTINGS_FILE};
use super::*;
use crate::network::{Heads, Model, NetworkConfig, Residual};
use crate::random::{Noise, Stream};
use crate::remedy::Remedy;
use crate::structure::write_pdb;
use crate::test_support::bundled;
use crate::trajectory::{ImportRequest, TrajectoryWriter, import};

/// A store of two trajectories of chignolin that wobbles about its crystal structure, 50 ps a frame.
pub(crate) fn store(folder: &Path) -> PathBuf {
    store_of(folder, 2)
}

/// The same of so many trajectories.
pub(crate) fn store_of(folder: &Path, runs: u32) -> PathBuf {
    let protein = bundled("chignolin");
    let topology_path = folder.join("top.pdb");
    let mut pdb = Vec::new();
    write_pdb(&protein.topology, &protein.positions_angstrom, &mut pdb).unwrap();
    std::fs::write(&topology_path, pdb).unwrap();
    let noise = Noise::new(1, Stream::Sampling);
    let mut trajectories = Vec::new();
    for which in 0..runs {
        let path = folder.join(format!("run{which}.dcd"));
        let mut writer = TrajectoryWriter::create(&path, &protein.topology, 50.0, false).unwrap();
        for frame in 0..20u32 {
            let mut positions = protein.positions_angstrom.to_vec();
            let mut numbers = vec![0.0; positions.len() * 3];
            noise.fill(which, frame, &mut numbers);
            for (position, n) in positions.iter_mut().zip(numbers.chunks_exact(3)) {
                for axis in 0..3 {
                    position[axis] += 0.05 * n[axis];
                }
            }
            writer.write_frame(&positions, f64::from(frame) * 50.0).unwrap();
        }
        trajectories.push(path);
    }
    let output = folder.join("store.safetensors");
    let request =
        ImportRequest { topology: topology_path, trajectories, output: output.clone(), ..Default::default() };
    import(&request, &mut |_| ControlFlow::Continue(())).unwrap();
    output
}

pub(crate) fn request(folder: &Path, out: &str, steps: u64) -> TrainRequest {
    TrainRequest {
        init: None,
        stores: vec![folder.join("store.safetensors")],
        out: folder.join(out),
        name: "test".to_owned(),
        network: NetworkConfig {
            multiplicity: 4,
            conditioner_layers: 1,
            header_layers: 1,
            ..NetworkConfig::basic()
        },
        settings: TrainSettings {
            steps,
            batch_size: 4,
            warmup_steps: 2,
            validation_fraction: 0.5,
            validate_every: 4,
            checkpoint_every: 3,
            threads: 2,
            ..TrainSettings::default()
        },
        resume: false,
        keep: KeptSettings::default(),
        force: false,
    }
}

fn run(request: &TrainRequest, stop_after: u64) -> TrainOutcome {
    train(request, &mut |update| match update {
        TrainUpdate::Step(p) if p.step >= stop_after => ControlFlow::Break(()),
        _ => ControlFlow::Continue(Next::GoOn),
    })
    .unwrap()
}

fn checkpoint(request: &TrainRequest) -> Checkpoint {
    Checkpoint::load(&request.out.join(CHECKPOINT_FILE)).unwrap()
}

#[test]
fn the_loss_falls() {
    for (heads, residual) in [(Heads::Endpoint, Residual::Sum), (Heads::Paper, Residual::Concat)] {
        let folder = tempfile::tempdir().unwrap();
        store(folder.path());
        let mut request = request(folder.path(), "run", 300);
        request.network.multiplicity = 8;
        request.settings.batch_size = 8;
        request.settings.validate_every = 300;
        request.network.heads = heads;
        request.network.residual = residual;
        let mut losses = Vec::new();
        train(&request, &mut |update| {
            if let TrainUpdate::Step(p) = update {
                losses.push(p.losses.total);
            }
            ControlFlow::Continue(Next::GoOn)
        })
        .unwrap();
        // Running means: over the first ten steps, and over the last hundred.
        let (first, last) = (losses[9], losses[losses.len() - 1]);
        assert!(last < 0.6 * first, "{heads:?} {residual:?}: loss {first} → {last}");
        let model = Model::load(&request.out.join(MODEL_FILE)).unwrap();
        assert_eq!(model.card.steps, 300);
        assert_eq!(model.card.sequences, ["YYDPETGTWY"]);
        assert_eq!(model.card.frame_interval_ps, 100.0);
    }
}

#[test]
fn a_resumed_run_ends_with_the_bits_of_an_uninterrupted_one() {
    let folder = tempfile::tempdir().unwrap();
    store(folder.path());
    let whole = request(folder.path(), "whole", 11);
    assert_eq!(run(&whole, u64::MAX).end, TrainEnd::Finished);
    let mut parts = request(folder.path(), "parts", 11);
    let outcome = run(&parts, 5);
    assert_eq!((outcome.end, outcome.step), (TrainEnd::Cancelled, 5));
    parts.resume = true;
    assert_eq!(run(&parts, 8).end, TrainEnd::Cancelled);
    assert_eq!(run(&parts, u64::MAX).end, TrainEnd::Finished);
    let (a, b) = (checkpoint(&whole), checkpoint(&parts));
    assert_eq!(a.state.step, b.state.step);
    assert_eq!(a.state.best_validation, b.state.best_validation);
    // Not assert_eq, which would print the numbers.
    assert!(a.parameters == b.parameters, "parameters differ");
    assert!(a.optimizer == b.optimizer, "moments or averages differ");
    let model = |r: &TrainRequest| Model::load(&r.out.join(MODEL_FILE)).unwrap();
    assert!(model(&whole).parameters == model(&parts).parameters);
    assert_eq!(model(&whole).card, model(&parts).card);
}

#[test]
fn an_earlier_run_tells_where_it_stands_and_what_it_logged() {
    let folder = tempfile::tempdir().unwrap();
    store(folder.path());
    let request = request(folder.path(), "run", 12);
    let mut seen = Vec::new();
    let outcome = train(&request, &mut |update| match update {
        TrainUpdate::Step(p) => {
            seen.push(p);
            if p.step == 10 { ControlFlow::Break(()) } else { ControlFlow::Continue(Next::GoOn) }
        }
        _ => ControlFlow::Continue(Next::GoOn),
    })
    .unwrap();
    let run = EarlierRun::load(&request.out).unwrap();
    assert_eq!((run.step, run.best_validation), (10, outcome.best_validation));
    assert_eq!(run.request, request);
    // It validated, and hence logged, at steps 4 and 8; a short run is logged every tenth step as well.
    assert_eq!(run.log.iter().map(|row| row.step).collect::<Vec<_>>(), [4, 8, 10]);
    assert_eq!(run.log.iter().filter(|row| row.validation.is_some()).count(), 2);
    let close = |a: f64, b: f64| (a - b).abs() <= 1e-3 * b.abs() + 1e-6;
    for row in &run.log {
        let told = seen[row.step as usize - 1];
        assert!(close(row.losses.total, told.losses.total) && close(row.losses.rigid, told.losses.rigid));
        assert!(close(row.losses.positions, told.losses.positions));
        assert!(close(row.gradient_norm, told.gradient_norm) && close(row.learning_rate, told.learning_rate));
        if let (Some(logged), Some(told)) = (row.validation, told.validation) {
            assert!(close(logged.vectors, told.vectors));
        }
    }
    let nothing = EarlierRun::load(&folder.path().join("nothing")).unwrap_err().to_string();
    assert!(nothing.contains("cannot be resumed"), "{nothing}");
    // The first bytes of a safetensors file are a length, here one beyond all memory.
    std::fs::write(request.out.join(CHECKPOINT_FILE), [0xff; 64]).unwrap();
    assert!(EarlierRun::load(&request.out).is_err());
}

#[test]
fn an_earlier_run_is_neither_lost_nor_mixed_up() {
    let folder = tempfile::tempdir().unwrap();
    store(folder.path());
    let mut request = request(folder.path(), "run", 3);
    run(&request, u64::MAX);
    let before = std::fs::read(request.out.join(CHECKPOINT_FILE)).unwrap();
    let error = train(&request, &mut |_| ControlFlow::Continue(Next::GoOn)).err().unwrap();
    assert!(error.to_string().contains(Remedy::Continue.words()), "{error}");
    assert_eq!(std::fs::read(request.out.join(CHECKPOINT_FILE)).unwrap(), before);
    // Whatever of a run is there, it is not replaced unasked; and once it is, nothing of it is left to be taken
    // for the new one's.
    let aside = folder.path().join("aside");
    std::fs::rename(request.out.join(CHECKPOINT_FILE), &aside).unwrap();
    let error = train(&request, &mut |_| ControlFlow::Continue(Next::GoOn)).err().unwrap();
    assert!(error.to_string().contains(Remedy::Replace.words()), "{error}");
    std::fs::rename(&aside, request.out.join(CHECKPOINT_FILE)).unwrap();
    request.force = true;
    assert!(request.out.join(BEST_MODEL_FILE).exists());
    let unvalidated = TrainSettings { validation_fraction: 0.0, ..request.settings.clone() };
    run(&TrainRequest { settings: unvalidated, ..request.clone() }, u64::MAX);
    assert!(!request.out.join(BEST_MODEL_FILE).exists());
    run(&request, u64::MAX);
    let log = std::fs::read_to_string(request.out.join(LOG_FILE)).unwrap();
    assert_eq!(log.lines().filter(|l| l.starts_with("3,")).count(), 1, "{log}");

    // Other frames under the name of the store are not gone on with.
    request.force = false;
    request.resume = true;
    request.settings.steps = 5;
    let kept = folder.path().join("kept");
    std::fs::rename(&request.stores[0], &kept).unwrap();
    let import_again = ImportRequest {
        topology: folder.path().join("top.pdb"),
        trajectories: vec![folder.path().join("run1.dcd"), folder.path().join("run0.dcd")],
        output: request.stores[0].clone(),
        ..ImportRequest::default()
    };
    import(&import_again, &mut |_| ControlFlow::Continue(())).unwrap();
    let error = train(&request, &mut |_| ControlFlow::Continue(Next::GoOn)).err().unwrap();
    assert!(error.to_string().contains("not the store that the run"), "{error}");
    std::fs::rename(&kept, &request.stores[0]).unwrap();
    // Fewer steps than there are is a mistake, not a wish.
    let fewer = TrainSettings { steps: 2, ..request.settings.clone() };
    let fewer = TrainRequest { settings: fewer, ..request.clone() };
    let error = train(&fewer, &mut |_| ControlFlow::Continue(Next::GoOn)).err().unwrap();
    assert!(error.to_string().contains("more, not fewer"), "{error}");
    request.settings.steps = 3;

    // A damaged checkpoint is named, whatever byte it ends at.
    request.force = false;
    request.resume = true;
    for length in [0, 7, 100, before.len() / 2, before.len() - 1] {
        std::fs::write(request.out.join(CHECKPOINT_FILE), &before[..length]).unwrap();
        let error = train(&request, &mut |_| ControlFlow::Continue(Next::GoOn)).err().unwrap();
        assert!(error.to_string().contains(CHECKPOINT_FILE), "{error}");
    }
    // A model is not a checkpoint, a checkpoint is not a model.
    std::fs::copy(request.out.join(MODEL_FILE), request.out.join(CHECKPOINT_FILE)).unwrap();
    let error = train(&request, &mut |_| ControlFlow::Continue(Next::GoOn)).err().unwrap();
    assert!(error.to_string().contains("not a checkpoint"), "{error}");
    std::fs::write(request.out.join(MODEL_FILE), before).unwrap();
    let error = Model::load(&request.out.join(MODEL_FILE)).err().unwrap();
    assert!(error.to_string().contains("equijump-checkpoint-1"), "{error}");
}

/// What a kill leaves before the first checkpoint, at each moment at which something new is there.
#[test]
fn a_run_that_was_killed_before_its_first_checkpoint_is_gone_on_with() {
    let folder = tempfile::tempdir().unwrap();
    store(folder.path());
    let whole = request(folder.path(), "whole", 6);
    run(&whole, u64::MAX);
    let model = std::fs::read(whole.out.join(MODEL_FILE)).unwrap();
    let kept = |files: &[&str]| {
        let request = request(folder.path(), "killed", 6);
        let _ = std::fs::remove_dir_all(&request.out);
        std::fs::create_dir(&request.out).unwrap();
        for name in files {
            std::fs::copy(whole.out.join(name), request.out.join(name)).unwrap();
        }
        std::fs::write(request.out.join(".lock"), "").unwrap();
        std::fs::write(request.out.join(".checkpoint.safetensors.1.partial"), "half").unwrap();
        request
    };
    let error = |request: &TrainRequest| {
        train(request, &mut |_| ControlFlow::Continue(Next::GoOn)).err().unwrap().to_string()
    };
    let names = |folder: &Path| {
        let entries = std::fs::read_dir(folder).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    };
    // The folder alone: nothing was begun, and whoever asks to go on is told how to begin.
    let mut request = kept(&[]);
    request.resume = true;
    assert!(error(&request).contains(Remedy::BeginAnew.words()), "{}", error(&request));
    request.resume = false;
    run(&request, u64::MAX);
    assert!(std::fs::read(request.out.join(MODEL_FILE)).unwrap() == model);
    // A model without its checkpoint would be lost if the run began anew.
    let mut request = kept(&[SETTINGS_FILE, LOG_FILE, BEST_MODEL_FILE]);
    request.resume = true;
    assert!(error(&request).contains("the model of the run is"), "{}", error(&request));
    assert!(request.out.join(BEST_MODEL_FILE).is_file());
    // Settings, and the head of the log.
    for files in [&[SETTINGS_FILE][..], &[SETTINGS_FILE, LOG_FILE]] {
        let mut request = kept(files);
        assert!(error(&request).contains(Remedy::Continue.words()), "{}", error(&request));
        assert_eq!(EarlierRun::load(&request.out).unwrap().step, 0);
        // Settings that are not given again are those that the run was begun with.
        request.resume = true;
        request.keep = KeptSettings { steps: true, threads: true, device: true, name: true };
        request.network.multiplicity = 16;
        request.settings.batch_size = 1;
        request.settings.steps = 1;
        run(&request, u64::MAX);
        assert!(std::fs::read(request.out.join(MODEL_FILE)).unwrap() == model, "{files:?}");
        assert_eq!(names(&request.out), names(&whole.out), "{files:?}");
    }
    // What is no run is not replaced, and nobody is sent in a circle.
    let mut request = kept(&[LOG_FILE]);
    assert!(
        !error(&request).contains(Remedy::Continue.words()) && error(&request).contains(LOG_FILE),
        "{}",
        error(&request)
    );
    request.resume = true;
    assert!(error(&request).contains(Remedy::BeginAnew.words()), "{}", error(&request));
    let mut request = kept(&[SETTINGS_FILE, MODEL_FILE]);
    assert!(!error(&request).contains(Remedy::Continue.words()), "{}", error(&request));
    request.resume = true;
    assert!(error(&request).contains(Remedy::Replace.words()), "{}", error(&request));
    assert!(std::fs::read(request.out.join(MODEL_FILE)).unwrap() == model);
}

#[test]
fn equal_trainings_leave_equal_files_and_flipped_bits_are_found() {
    let folder = tempfile::tempdir().unwrap();
    store(folder.path());
    let [first, second] = ["first", "second"].map(|name| {
        let request = request(folder.path(), name, 4);
        run(&request, u64::MAX);
        request.out
    });
    for name in [CHECKPOINT_FILE, MODEL_FILE, BEST_MODEL_FILE] {
        assert!(
            std::fs::read(first.join(name)).unwrap() == std::fs::read(second.join(name)).unwrap(),
            "{name}"
        );
    }
    let whole = std::fs::read(first.join(CHECKPOINT_FILE)).unwrap();
    let path = second.join(CHECKPOINT_FILE);
    for at in (0..whole.len()).step_by(whole.len() / 61) {
        let mut damaged = whole.clone();
        damaged[at] ^= 1 << (at % 8);
        std::fs::write(&path, damaged).unwrap();
        assert!(Checkpoint::load(&path).is_err(), "byte {at}");
        assert!(EarlierRun::load(&second).is_err(), "byte {at}");
    }
}

#[test]
fn presets_and_what_a_training_starts_from_are_not_replaced() {
    let folder = tempfile::tempdir().unwrap();
    store(folder.path());
    let first = request(folder.path(), "first", 3);
    std::fs::create_dir(&first.out).unwrap();
    let presets = first.out.join(crate::transport::presets::PRESETS_FILE);
    std::fs::write(&presets, "{}").unwrap();
    run(&first, u64::MAX);
    assert!(presets.exists(), "presets of the user's own");
    let model = std::fs::read(first.out.join(MODEL_FILE)).unwrap();
    for init in [MODEL_FILE, BEST_MODEL_FILE] {
        let again = TrainRequest { init: Some(first.out.join(init)), force: true, ..first.clone() };
        let error = train(&again, &mut |_| ControlFlow::Continue(Next::GoOn)).err().unwrap().to_string();
        assert!(error.contains("starts from") && error.contains(init), "{error}");
    }
    assert!(std::fs::read(first.out.join(MODEL_FILE)).unwrap() == model);
    run(&TrainRequest { force: true, ..first }, u64::MAX);
    assert!(!presets.exists(), "they were found for the model that was replaced");
}

#[test]
fn what_cannot_be_trained_on_is_refused_in_words() {
    let folder = tempfile::tempdir().unwrap();
    store(folder.path());
    let refused = |change: &dyn Fn(&mut TrainRequest), word: &str| {
        let mut request = request(folder.path(), "bad", 3);
        change(&mut request);
        let error = train(&request, &mut |_| ControlFlow::Continue(Next::GoOn)).err().unwrap().to_string();
        assert!(error.contains(word), "{error:?} does not say {word:?}");
        assert!(!folder.path().join("bad").join(CHECKPOINT_FILE).exists());
    };
    refused(&|r| r.settings.lag_ps = 70.0, "70");
    refused(&|r| r.settings.lag_ps = 5000.0, "no two frames");
    refused(&|r| r.settings.learning_rate = -1.0, "learning rate");
    refused(&|r| r.network.multiplicity = 0, "multiplicity");
    refused(&|r| r.settings.skip_ps = f64::MAX, "no two frames");
    refused(&|r| r.stores[0] = folder.path().join("nowhere.safetensors"), "nowhere.safetensors");
    refused(&|r| r.stores[0] = folder.path().join("top.pdb"), "top.pdb");
    refused(&|r| r.resume = true, "checkpoint");
    // A loss that blows up ends the run; the checkpoint before it stays.
    refused(&|r| r.settings.learning_rate = 1e30, "learning rate");
}

#[test]
fn a_model_to_start_from_must_have_the_network_that_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    store(folder.path());
    let first = request(folder.path(), "first", 3);
    run(&first, 3);
    let model = first.out.join(MODEL_FILE);
    let mut second = TrainRequest { init: Some(model.clone()), ..request(folder.path(), "second", 1) };
    run(&second, 1);
    second.network.header_layers += 1;
    second.out = folder.path().join("third");
    let error = train(&second, &mut |_| ControlFlow::Continue(Next::GoOn)).unwrap_err().to_string();
    assert!(error.contains("header layers"), "{error}");
    assert!(!second.out.join(MODEL_FILE).exists());
}

#[test]
fn a_single_trajectory_is_divided_in_time_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    store_of(folder.path(), 1);
    let mut request = request(folder.path(), "out", 4);
    request.settings.validation_fraction = 0.25;
    let dataset =
        PairDataset::open(&request.stores, &request.settings, &mut || ControlFlow::Continue(())).unwrap();
    // 20 frames 50 ps apart make 18 pairs of 100 ps: 5 of them are held out, 2 before them are dropped.
    assert_eq!((dataset.training_len(), dataset.validation_len()), (11, 5));
    let notice = dataset.notices().iter().find(|notice| notice.contains("one source trajectory alone"));
    assert!(notice.is_some_and(|notice| notice.contains("last 25 %")), "{:?}", dataset.notices());
    assert!(run(&request, u64::MAX).best_validation.is_some());
    assert!(request.out.join(BEST_MODEL_FILE).is_file());
}
