//! Markov models against deeptime, evaluations against deeptime, MDAnalysis and scipy; frames from files and
//! from memory give the same numbers. Expected values: `tests/fixtures/analysis/make_evaluation.py`.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use equijump_engine::analysis::evaluation::*;
use equijump_engine::analysis::msm::{Estimator, MarkovModel, count_transitions};
use equijump_engine::analysis::tica::TicaSettings;
use equijump_engine::structure::TopologyMap;
use equijump_engine::trajectory::{CanonicalFrames, FrameSelection, TrajectorySource, TrajectoryWriter};
use equijump_tests::proteins::chain_of;
use serde::Deserialize;
use serde::de::DeserializeOwned;

fn fixture<T: DeserializeOwned>(name: &str) -> T {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/analysis").join(name);
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[derive(Deserialize)]
struct MarkovFixture {
    states: usize,
    trajectories: Vec<Vec<u16>>,
    cases: Vec<MarkovCase>,
}

#[derive(Deserialize)]
struct MarkovCase {
    lag: usize,
    reversible: bool,
    connected: Vec<usize>,
    stationary: Vec<f64>,
    timescales: Vec<f64>,
    first_row: Vec<f64>,
}

#[test]
fn markov_models_agree_with_deeptime() {
    let fixture: MarkovFixture = fixture("markov.json");
    assert_eq!(fixture.cases.len(), 4);
    let trajectories: Vec<&[u16]> = fixture.trajectories.iter().map(Vec::as_slice).collect();
    for case in &fixture.cases {
        let estimator = if case.reversible { Estimator::Reversible } else { Estimator::Plain };
        let counts = count_transitions(&trajectories, fixture.states, case.lag);
        let model = MarkovModel::estimate(&counts, estimator).unwrap();
        assert_eq!(model.states(), case.connected);
        for (got, expected) in model.stationary().iter().zip(&case.stationary) {
            assert!((got / expected - 1.0).abs() < 1e-6, "{estimator:?}: {got} {expected}");
        }
        for (got, expected) in model.transition_matrix().row(0).iter().zip(&case.first_row) {
            assert!((got - expected).abs() < 1e-7, "{estimator:?}: {got} {expected}");
        }
        let timescales = model.timescales(case.lag as f64, 4);
        for (got, expected) in timescales.iter().zip(&case.timescales) {
            assert!((got / expected - 1.0).abs() < 1e-6, "{estimator:?}: {timescales:?}");
        }
    }
}

#[derive(Deserialize)]
struct CaTrajectories {
    lag_frames: usize,
    ca: Vec<Vec<Vec<f32>>>,
}

#[derive(Deserialize)]
struct Frames {
    sequence: String,
    native: Vec<[f32; 3]>,
    frames: Vec<Vec<[f32; 3]>>,
}

#[derive(Deserialize)]
struct EvaluationFixture {
    divergences_nats: HashMap<String, f64>,
    means: HashMap<String, [f64; 2]>,
    mean_ca_distances: Vec<f64>,
}

fn protein(frames: &Frames) -> Protein {
    Protein {
        topology: Arc::new(chain_of(&frames.sequence)),
        native_angstrom: Arc::new(frames.native.clone()),
    }
}

fn go_on(_: EvaluationProgress) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

#[test]
fn divergences_agree_with_deeptime_mdanalysis_and_scipy() {
    let expected: EvaluationFixture = fixture("evaluation.json");
    let data: CaTrajectories = fixture("tica.json");
    let protein = protein(&fixture("frames.json"));
    // Only Cα positions enter the quantities compared here.
    let frame = |ca: &Vec<f32>| {
        let mut positions = vec![[0.0; 3]; protein.topology.atom_count()];
        for (residue, p) in ca.chunks_exact(3).enumerate() {
            positions[protein.topology.ca(residue)] = [p[0], p[1], p[2]];
        }
        positions
    };
    let group = |range: std::ops::Range<usize>| {
        let trajectories = data.ca[range].iter().map(|t| t.iter().map(frame).collect()).collect();
        MemoryFrames::new(trajectories, 1.0)
    };
    let settings = EvaluationSettings {
        tica: TicaSettings { lag_ps: data.lag_frames as f64, rank_epsilon: 1e-6, ..TicaSettings::default() },
        bootstrap: 40,
        ..EvaluationSettings::default()
    };
    let prepared = PreparedReference::new(protein.clone(), &mut group(0..4), settings, &mut go_on).unwrap();
    let scores = prepared.evaluate(&mut group(4..8), &mut go_on).unwrap().scores;
    assert_eq!(expected.divergences_nats.len(), 6);
    for row in &scores.divergences {
        let Some(expected) = expected.divergences_nats.get(row.quantity.key()) else { continue };
        let got = row.plain.samples;
        assert!((got.value - expected).abs() < 1e-6, "{}: {got:?}, expected {expected}", row.quantity.key());
        assert!(got.low <= got.value && got.value <= got.high && row.plain.floor.value > 0.0);
    }
    let samples = prepared.measure(&mut group(4..8), &mut go_on).unwrap();
    for (ensemble, which) in [(&prepared.ensemble, 0), (&samples, 1)] {
        let estimate = ensemble.estimate(Weighting::Frames).unwrap();
        for (mean, quantity) in estimate.means.iter().zip(Quantity::AVERAGED) {
            let Some(expected) = expected.means.get(quantity.key()) else { continue };
            assert!((mean - expected[which]).abs() < 1e-6, "{}: {mean} {expected:?}", quantity.key());
        }
    }
    let distances = &prepared.ensemble.frames.mean_ca_distances_angstrom;
    for (got, expected) in distances.iter().zip(&expected.mean_ca_distances) {
        assert!((got - expected).abs() < 1e-5);
    }
}

/// Trajectories of real frames, shaken a little so that none repeats.
fn shaken(frames: &Frames, trajectories: usize, length: usize) -> Vec<Vec<Vec<[f32; 3]>>> {
    let shake = |t: usize, k: usize, axis: usize| 0.05 * ((t * 7 + k * 3 + axis * 5) as f32 * 1.7).sin();
    (0..trajectories)
        .map(|trajectory| {
            (0..length)
                .map(|t| {
                    // Back and forth through the conformations, each held for a few frames.
                    let position = (trajectory * 5 + t / 3) % (2 * frames.frames.len() - 2);
                    let index = position.min(2 * frames.frames.len() - 2 - position);
                    let mut positions = frames.frames[index].clone();
                    for (k, p) in positions.iter_mut().enumerate() {
                        (0..3).for_each(|axis| p[axis] += shake(t + 100 * trajectory, k, axis));
                    }
                    positions
                })
                .collect()
        })
        .collect()
}

#[test]
fn files_and_memory_give_the_same_numbers() {
    let frames: Frames = fixture("frames.json");
    let protein = protein(&frames);
    let folder = tempfile::tempdir().unwrap();
    let (reference, samples) = (shaken(&frames, 4, 120), shaken(&frames, 3, 100));
    let write = |name: &str, trajectories: &[Vec<Vec<[f32; 3]>>]| -> Vec<TrajectorySource> {
        let map = Arc::new(TopologyMap::canonical(Arc::clone(&protein.topology)));
        trajectories
            .iter()
            .enumerate()
            .map(|(k, trajectory)| {
                let path = folder.path().join(format!("{name}{k}.dcd"));
                let mut writer = TrajectoryWriter::create(&path, &protein.topology, 100.0, false).unwrap();
                for (t, frame) in trajectory.iter().enumerate() {
                    writer.write_frame(frame, 100.0 * t as f64).unwrap();
                }
                TrajectorySource { path, map: map.clone() }
            })
            .collect()
    };
    let settings = EvaluationSettings {
        tica: TicaSettings { lag_ps: 300.0, ..TicaSettings::default() },
        bootstrap: 20,
        clusters: 12,
        ..EvaluationSettings::default()
    };
    let run = |reference: &mut dyn FrameSource, samples: &mut dyn FrameSource| {
        let prepared =
            PreparedReference::new(protein.clone(), reference, settings.clone(), &mut go_on).unwrap();
        let measured = prepared.measure(samples, &mut go_on).unwrap();
        let scores = prepared.score(&measured, &mut go_on).unwrap();
        (measured.frames, scores)
    };
    let selection = FrameSelection::default();
    let from_files = run(
        &mut CanonicalFrames::open(write("reference", &reference), selection).unwrap(),
        &mut CanonicalFrames::open(write("samples", &samples), selection).unwrap(),
    );
    let from_memory = run(&mut MemoryFrames::new(reference, 100.0), &mut MemoryFrames::new(samples, 100.0));
    assert_eq!(from_files.0.trajectory_starts, [0, 100, 200]);
    let text = |value: &Scores| serde_json::to_string(value).unwrap();
    assert_eq!(text(&from_files.1), text(&from_memory.1));
    assert_eq!(from_files.0.rmsd_angstrom, from_memory.0.rmsd_angstrom);
    assert_eq!(from_files.0.tics, from_memory.0.tics);

    // So little data carries no Markov model, and the result says so.
    let because = from_files.1.unweighted_because.as_deref().unwrap_or_default();
    assert!(!from_files.1.weighted && because.contains("no Markov model"), "{because}");
}

#[test]
fn an_ensemble_compared_with_itself_is_the_same_and_a_stop_is_obeyed() {
    let frames: Frames = fixture("frames.json");
    let mut source = MemoryFrames::new(shaken(&frames, 4, 100), 100.0);
    let settings = EvaluationSettings {
        tica: TicaSettings { lag_ps: 300.0, ..TicaSettings::default() },
        bootstrap: 20,
        clusters: 12,
        ..EvaluationSettings::default()
    };
    let prepared =
        PreparedReference::new(protein(&frames), &mut source.clone(), settings.clone(), &mut go_on).unwrap();
    let scores = prepared.evaluate(&mut source, &mut go_on).unwrap().scores;
    for row in &scores.divergences {
        let divergence = row.weighted.unwrap_or(row.plain);
        assert!(divergence.samples.value < 1e-12, "{row:?}");
        assert!(divergence.floor.value > divergence.samples.value, "{row:?}");
    }
    let mut calls = 0;
    let mut stop = |_: EvaluationProgress| {
        calls += 1;
        if calls > 30 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let stopped = PreparedReference::new(protein(&frames), &mut source, settings, &mut stop);
    assert!(matches!(stopped, Err(EvaluationError::Cancelled)));
}

#[test]
fn data_that_cannot_carry_an_analysis_are_told_so() {
    let frames: Frames = fixture("frames.json");
    let settings = |lag_ps| EvaluationSettings {
        tica: TicaSettings { lag_ps, ..TicaSettings::default() },
        bootstrap: 20,
        ..EvaluationSettings::default()
    };
    let prepare = |trajectories: Vec<Vec<Vec<[f32; 3]>>>, lag_ps: f64| {
        let mut source = MemoryFrames::new(trajectories, 100.0);
        PreparedReference::new(protein(&frames), &mut source, settings(lag_ps), &mut go_on)
    };
    let message = prepare(shaken(&frames, 2, 10), 300.0).unwrap_err().to_string();
    assert!(message.contains("20 usable frames"), "{message}");
    let message = prepare(shaken(&frames, 4, 100), 20_000.0).unwrap_err().to_string();
    assert!(message.contains("shorten the lag"), "{message}");
    let message = prepare(shaken(&frames, 4, 100), 250.0).unwrap_err().to_string();
    assert!(message.contains("whole number of frames"), "{message}");
    let mut broken = shaken(&frames, 4, 100);
    broken[1][7][3][0] = f32::NAN;
    let message = prepare(broken, 300.0).unwrap_err().to_string();
    assert!(message.contains("NaN"), "{message}");

    // One way through the conformations: TICA works, a Markov model does not, and the scores say so.
    let one_way: Vec<Vec<[f32; 3]>> = (0..200)
        .map(|t| {
            let mut positions = frames.frames[t / 10].clone();
            positions.iter_mut().enumerate().for_each(|(k, p)| p[0] += 1e-3 * ((t + k) as f32).sin());
            positions
        })
        .collect();
    let prepared = prepare(vec![one_way.clone()], 300.0).unwrap();
    let samples = &mut MemoryFrames::new(vec![one_way], 100.0);
    let scores = prepared.evaluate(samples, &mut go_on).unwrap().scores;
    assert!(!scores.weighted);
    let reason = scores.unweighted_because.unwrap();
    assert!(reason.contains("one way") || reason.contains("back and forth"), "{reason}");
    assert!(scores.divergences.iter().all(|row| row.weighted.is_none()));
}
