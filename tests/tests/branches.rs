//! Branches against mdtraj, numpy and scipy. Expected values: `tests/fixtures/analysis/make_branches.py`.
#![allow(clippy::unwrap_used)]

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use equijump_engine::analysis::evaluation::branches::{
    BranchMeasure, BranchReference, BranchReport, BranchSettings,
};
use equijump_engine::analysis::evaluation::{EvaluationProgress, Protein};
use equijump_engine::structure::read_topology_map;
use equijump_engine::trajectory::{CanonicalFrames, FrameSelection, TrajectorySource};
use equijump_tests::proteins::bundled;
use serde::Deserialize;

/// Frames of a trajectory that a model is said to have drawn after 1 and 10 jumps.
const DRAWN: [(usize, usize); 2] = [(1, 30), (10, 45)];

#[derive(Deserialize)]
struct Expected {
    distance_energy: f64,
    distance_floor: f64,
    distance_spread: f64,
    torsion_energy: f64,
    torsion_floor: f64,
    torsion_spread: f64,
    dynamics_jump: Vec<f64>,
    dynamics_rmsf: Vec<f64>,
    model_jump: Vec<f64>,
    model_rmsf: Vec<f64>,
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/analysis").join(name)
}

fn protein() -> Protein {
    let opened = bundled("chignolin");
    Protein { topology: opened.topology, native_angstrom: opened.positions_angstrom }
}

fn frames() -> CanonicalFrames {
    let map = std::sync::Arc::new(read_topology_map(&fixture("jumps_top.pdb")).unwrap());
    let source = TrajectorySource { path: fixture("jumps.xtc"), map };
    CanonicalFrames::open(vec![source], FrameSelection::default()).unwrap()
}

fn report() -> BranchReport {
    let go_on = &mut |_: EvaluationProgress| ControlFlow::Continue(());
    let protein = protein();
    let start = protein.native_angstrom.to_vec();
    let settings = BranchSettings::default();
    let reference = BranchReference::read(protein, &mut frames(), &[start], 100.0, settings, go_on).unwrap();
    assert_eq!(reference.starts().len(), 1);
    assert_eq!(reference.draws_of(0), 8);
    assert!(reference.horizons().eq([1, 10]));
    let mut draws = reference.draws();
    let mut source = frames();
    let mut number = (0, 0);
    while let Some(frame) = source.next_frame().unwrap() {
        number = if frame.trajectory == number.0 { (number.0, number.1 + 1) } else { (frame.trajectory, 1) };
        for (jumps, drawn) in DRAWN {
            if number.1 == drawn + 1 {
                reference.add_draw(&mut draws, (0, jumps), frame.positions_angstrom).unwrap();
            }
        }
    }
    reference.evaluate(&draws, go_on).unwrap()
}

#[test]
fn branches_are_those_that_mdtraj_and_scipy_measure() {
    let expected: Vec<Expected> =
        serde_json::from_str(&std::fs::read_to_string(fixture("branches.json")).unwrap()).unwrap();
    let report = report();
    assert_eq!(report.horizons.len(), 2);
    let near = |found: f64, expected: f64, what: &str| {
        // mdtraj keeps coordinates and computes angles in single precision.
        assert!((found - expected).abs() <= 2e-3 * expected.abs(), "{what}: {found}, not {expected}");
    };
    for (horizon, expected) in report.horizons.iter().zip(&expected) {
        assert_eq!(horizon.trajectories, [[8, 8]]);
        let numbers = |measure, residue| horizon.row(measure, residue).unwrap().numbers.unwrap();
        let distances = numbers(BranchMeasure::DistanceEnergy, None);
        near(distances.model.value, expected.distance_energy, "energy distance");
        near(distances.floor.value, expected.distance_floor, "its floor");
        let torsions = numbers(BranchMeasure::TorsionEnergy, None);
        near(torsions.model.value, expected.torsion_energy, "energy distance of torsions");
        near(torsions.floor.value, expected.torsion_floor, "its floor");
        near(numbers(BranchMeasure::DistanceSpread, None).model.value, expected.distance_spread, "spread");
        near(numbers(BranchMeasure::TorsionSpread, None).model.value, expected.torsion_spread, "of torsions");
        for residue in 0..10 {
            let jump = numbers(BranchMeasure::JumpSize, Some(residue));
            near(jump.dynamics.unwrap().value, expected.dynamics_jump[residue], "jump of MD");
            near(jump.model.value, expected.model_jump[residue], "jump of the model");
            let rmsf = numbers(BranchMeasure::Rmsf, Some(residue));
            near(rmsf.dynamics.unwrap().value, expected.dynamics_rmsf[residue], "RMSF of MD");
            near(rmsf.model.value, expected.model_rmsf[residue], "RMSF of the model");
        }
    }
}
