//! Single jumps and motion between two states against mdtraj, numpy and scipy. Expected values:
//! `tests/fixtures/analysis/make_jumps.py`.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use equijump_engine::analysis::evaluation::jumps::{
    JumpDraws, JumpMeasure, JumpReference, JumpReport, JumpSettings,
};
use equijump_engine::analysis::evaluation::kinetics::KineticMeasure;
use equijump_engine::analysis::evaluation::*;
use equijump_engine::structure::read_topology_map;
use equijump_engine::trajectory::{CanonicalFrames, FrameSelection, TrajectorySource};
use equijump_tests::proteins::bundled;
use serde::Deserialize;

const RESIDUES: usize = 10;

#[derive(Deserialize)]
struct Expected {
    motion_quantiles: [f64; 5],
    residue_motion_quantiles: Vec<[f64; 5]>,
    unfolding: [u64; 2],
    folding: [u64; 2],
    phi_positive_kept: Vec<[u64; 2]>,
    basin_kept: Vec<[u64; 2]>,
    chi1_kept: Vec<[u64; 2]>,
    distance_change: f64,
    torsion_change: f64,
    distance_energy: f64,
    torsion_energy: f64,
    kinetics: ExpectedKinetics,
}

#[derive(Deserialize)]
struct ExpectedKinetics {
    frames: [f64; 2],
    exits: [f64; 2],
    unfolding_rate_per_us: f64,
    folding_rate_per_us: f64,
    committed: Vec<[f64; 2]>,
    autocorrelation: [f64; 2],
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/analysis").join(name)
}

fn expected() -> Expected {
    serde_json::from_str(&std::fs::read_to_string(fixture("jumps.json")).unwrap()).unwrap()
}

fn protein() -> Protein {
    let opened = bundled("chignolin");
    Protein { topology: opened.topology, native_angstrom: opened.positions_angstrom }
}

fn frames() -> CanonicalFrames {
    let map = Arc::new(read_topology_map(&fixture("jumps_top.pdb")).unwrap());
    let source = TrajectorySource { path: fixture("jumps.xtc"), map };
    CanonicalFrames::open(vec![source], FrameSelection::default()).unwrap()
}

/// A model that does what molecular dynamics did.
fn report() -> JumpReport {
    let go_on = &mut |_: EvaluationProgress| ControlFlow::Continue(());
    let settings = JumpSettings { sources: 1000, draws: 1, ..JumpSettings::default() };
    let reference = JumpReference::read(protein(), &mut frames(), 100.0, settings, go_on).unwrap();
    assert_eq!(reference.sources().len(), 8 * 59);
    let mut all: Vec<Vec<Arc<Vec<[f32; 3]>>>> = Vec::new();
    let mut source = frames();
    while let Some(frame) = source.next_frame().unwrap() {
        if frame.trajectory == all.len() {
            all.push(Vec::new());
        }
        all[frame.trajectory].push(Arc::new(frame.positions_angstrom.to_vec()));
    }
    let mut draws: JumpDraws = reference.draws();
    let mut number = 0;
    for trajectory in &all {
        for next in &trajectory[1..] {
            reference.add_draw(&mut draws, number, next).unwrap();
            number += 1;
        }
    }
    reference.evaluate(&draws, go_on).unwrap()
}

fn near(found: f64, expected: f64, tolerance: f64, what: &str) {
    assert!(
        (found - expected).abs() <= tolerance * expected.abs().max(1e-3),
        "{what}: {found}, not {expected}"
    );
}

#[test]
fn single_jumps_are_those_that_mdtraj_measures() {
    let (report, expected) = (report(), expected());
    // XTC rounds to 0.01 Å and mdtraj superposes in single precision.
    for ((measure, fraction), value) in JumpMeasure::QUANTILES.into_iter().zip(expected.motion_quantiles) {
        let row = report.row(measure, None).unwrap();
        near(row.reference.value, value, 2e-3, &format!("motion at {fraction}"));
        assert_eq!(row.model.value, row.reference.value, "the model does what the reference did");
    }
    for residue in 0..RESIDUES {
        for (k, (measure, _)) in JumpMeasure::QUANTILES.into_iter().enumerate() {
            let row = report.row(measure, Some(residue)).unwrap();
            let value = expected.residue_motion_quantiles[residue][k];
            near(row.reference.value, value, 2e-3, &format!("motion of residue {residue}"));
        }
    }
    let share = |measure, residue, [count, kept]: [u64; 2]| match report.row(measure, residue) {
        Some(row) => {
            assert_eq!(row.reference_pairs, count, "{measure:?} of {residue:?}");
            near(
                row.reference.value,
                kept as f64 / count as f64,
                1e-9,
                &format!("{measure:?} of {residue:?}"),
            );
        }
        None => assert_eq!(count, 0, "{measure:?} of {residue:?}"),
    };
    share(JumpMeasure::Unfolding, None, expected.unfolding);
    share(JumpMeasure::Folding, None, expected.folding);
    for residue in 0..RESIDUES {
        share(JumpMeasure::PhiPositiveKept, Some(residue), expected.phi_positive_kept[residue]);
        share(JumpMeasure::BasinKept, Some(residue), expected.basin_kept[residue]);
        share(JumpMeasure::Chi1Kept, Some(residue), expected.chi1_kept[residue]);
    }
    let whole = |measure| report.row(measure, None).unwrap().reference.value;
    near(whole(JumpMeasure::DistanceChange), expected.distance_change, 1e-3, "change of distances");
    near(whole(JumpMeasure::TorsionChange), expected.torsion_change, 1e-3, "change of torsions");
    near(whole(JumpMeasure::DistanceEnergy), expected.distance_energy, 1e-3, "energy distance");
    near(whole(JumpMeasure::TorsionEnergy), expected.torsion_energy, 1e-3, "energy distance of torsions");
}

#[test]
fn a_model_that_does_what_molecular_dynamics_did_agrees_in_everything() {
    let report = report();
    for row in &report.rows {
        assert!(row.agrees() && row.difference.value.abs() < 1e-6, "{row:?}");
    }
}

#[test]
fn rates_committor_and_autocorrelation_are_those_that_numpy_counts() {
    let expected = expected().kinetics;
    let settings =
        EvaluationSettings { tica: tica(), clusters: 10, bootstrap: 50, ..EvaluationSettings::default() };
    let evaluation = evaluated(settings);
    let kinetics = evaluation.kinetics.unwrap();
    let row = |measure: KineticMeasure| kinetics.rows.iter().find(|row| row.measure == measure).unwrap();
    let value = |measure| row(measure).reference.unwrap().value;
    let share = expected.frames[0] / (expected.frames[0] + expected.frames[1]);
    near(value(KineticMeasure::FoldedShare), share, 1e-9, "folded share");
    near(value(KineticMeasure::UnfoldingRate), expected.unfolding_rate_per_us, 1e-9, "unfolding");
    near(value(KineticMeasure::FoldingRate), expected.folding_rate_per_us, 1e-9, "folding");
    near(value(KineticMeasure::FoldingTime), 1e3 / expected.folding_rate_per_us, 1e-9, "folding time");
    assert_eq!(row(KineticMeasure::UnfoldingRate).events, [expected.exits[0]; 2]);
    let committors: Vec<_> =
        kinetics.rows.iter().filter(|row| matches!(row.measure, KineticMeasure::Committor { .. })).collect();
    assert_eq!(committors.len(), expected.committed.len());
    for (row, [folded, all]) in committors.iter().zip(&expected.committed) {
        assert_eq!(row.events[0], *all);
        near(row.reference.unwrap().value, folded / all, 1e-9, "committor");
    }
    for (after_ps, autocorrelation) in [100.0, 1000.0].into_iter().zip(expected.autocorrelation) {
        let measure = KineticMeasure::RmsdAutocorrelation { after_ps };
        near(value(measure), autocorrelation, 1e-3, "autocorrelation");
    }
}

/// The frames against themselves.
fn evaluated(settings: EvaluationSettings) -> Evaluation {
    let go_on = &mut |_: EvaluationProgress| ControlFlow::Continue(());
    let prepared = PreparedReference::new(protein(), &mut frames(), settings, go_on).unwrap();
    prepared.evaluate(&mut frames(), go_on).unwrap()
}

fn tica() -> equijump_engine::analysis::tica::TicaSettings {
    equijump_engine::analysis::tica::TicaSettings { lag_ps: 500.0, ..Default::default() }
}

/// 48 ns of eight trajectories do not hold the slow processes of chignolin often enough.
#[test]
fn few_short_trajectories_support_no_timescales() {
    let settings =
        EvaluationSettings { tica: tica(), clusters: 30, bootstrap: 20, ..EvaluationSettings::default() };
    let evaluation = evaluated(settings);
    assert!(matches!(evaluation.lag, MarkovLag::Impossible(_)), "{:?}", evaluation.lag);
    assert!(evaluation.reference.markov.is_none() && evaluation.common_timescales.is_none());
    assert!(!evaluation.scores.weighted);
}
