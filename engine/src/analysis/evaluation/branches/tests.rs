//! Chains that diffuse from a frame with known variance, judged against models that diffuse alike, and against models
//! that do not.
#![allow(clippy::unwrap_used)]

use std::ops::ControlFlow;

use super::*;
use crate::analysis::evaluation::{MemoryFrames, Protein};
use crate::random::Random;
use crate::test_support::random_chain;

type Positions = Vec<[f32; 3]>;

fn protein() -> Protein {
    random_chain(8, 3)
}

fn moved(start: &[[f32; 3]], sigma: f32, random: &mut Random) -> Positions {
    start.iter().map(|p| p.map(|x| x + sigma * random.normal())).collect()
}

/// A second start, another shape.
fn stretched(start: &[[f32; 3]]) -> Positions {
    start.iter().map(|p| [1.5 * p[0], p[1], p[2] + 0.1 * p[0]]).collect()
}

/// Trajectories of `frames` frames after the start, which comes first if wanted; every atom is about `sigma` from where
/// it started, at all times.
fn branches(
    start: &[[f32; 3]],
    (count, frames): (usize, usize),
    with_start: bool,
    seed: u64,
) -> Vec<Vec<Positions>> {
    let mut random = Random::new(seed);
    (0..count)
        .map(|_| {
            let first = with_start.then(|| start.to_vec());
            let later: Vec<Positions> = (0..frames).map(|_| moved(start, 0.5, &mut random)).collect();
            first.into_iter().chain(later).collect()
        })
        .collect()
}

fn read(
    trajectories: Vec<Vec<Positions>>,
    starts: &[Positions],
    settings: BranchSettings,
) -> Result<BranchReference, EvaluationError> {
    let mut frames = MemoryFrames::new(trajectories, 50.0);
    BranchReference::read(protein(), &mut frames, starts, 100.0, settings, &mut |_| ControlFlow::Continue(()))
}

fn evaluated(reference: &BranchReference, sigma: f32) -> BranchReport {
    let mut random = Random::new(99);
    let mut draws = reference.draws();
    for start in 0..reference.starts().len() {
        for _ in 0..reference.draws_of(start) {
            for jumps in reference.horizons() {
                let end = moved(&reference.starts()[start].positions_angstrom, sigma, &mut random);
                reference.add_draw(&mut draws, (start, jumps), &end).unwrap();
            }
        }
    }
    reference.evaluate(&draws, &mut |_| ControlFlow::Continue(())).unwrap()
}

#[test]
fn a_model_that_moves_like_molecular_dynamics_is_at_the_floor() {
    let native = protein().native_angstrom;
    // Of so many rows some would differ by chance at a lower confidence.
    let settings = BranchSettings { confidence: 0.999, ..BranchSettings::default() };
    let reference = read(branches(&native, (16, 20), true, 1), &[], settings).unwrap();
    assert_eq!((reference.starts().len(), reference.draws_of(0)), (1, 16));
    let report = evaluated(&reference, 0.5);
    assert_eq!(
        report.horizons.iter().map(|h| (h.jumps, h.time_ps)).collect::<Vec<_>>(),
        [(1, 100.0), (10, 1000.0)]
    );
    assert!(report.not_supported.is_empty());
    for horizon in &report.horizons {
        for &measure in BranchMeasure::ALL {
            let row = horizon.row(measure, None).unwrap();
            assert_eq!(row.verdict(), BranchVerdict::AsDynamics, "{row:?}");
        }
        let floors = horizon.row(BranchMeasure::DistanceEnergy, None).unwrap().floors().unwrap();
        assert!((0.4..2.5).contains(&floors), "{floors}");
        // Each Cα has moved by a normal number of 0.5 Å along each of three axes, less what superposition takes off.
        let rmsf = horizon.row(BranchMeasure::Rmsf, None).unwrap().numbers.unwrap();
        let free = f64::sqrt(3.0) * 0.5;
        assert!((0.75 * free..free).contains(&rmsf.model.value), "{rmsf:?}");
        // From one start, rows of single starts would say the same again.
        assert!(horizon.rows.iter().all(|row| row.start.is_none()));
    }
}

#[test]
fn a_model_that_moves_too_little_or_too_far_is_found_out() {
    let native = protein().native_angstrom;
    let reference = read(branches(&native, (16, 2), true, 1), &[], BranchSettings::default()).unwrap();
    for (sigma, verdict) in [(0.25, BranchVerdict::Lower), (1.0, BranchVerdict::Higher)] {
        let report = evaluated(&reference, sigma);
        let horizon = &report.horizons[0];
        for measure in [BranchMeasure::DistanceSpread, BranchMeasure::JumpSize, BranchMeasure::Rmsf] {
            let row = horizon.row(measure, None).unwrap();
            assert_eq!(row.verdict(), verdict, "{row:?}");
        }
        let spread = horizon.row(BranchMeasure::DistanceSpread, None).unwrap().numbers.unwrap();
        let expected = f64::from(sigma) / 0.5;
        assert!((spread.model.value / expected - 1.0).abs() < 0.4, "{spread:?}");
        // Of isotropic clouds of widths s and t in many dimensions: 2 √(s² + t²) − (√2 s + √2 t) (1 − 1/16), over √2 s / 8.
        let energy = horizon.row(BranchMeasure::DistanceEnergy, None).unwrap();
        let (s, t) = (0.5f64, f64::from(sigma));
        let root = std::f64::consts::SQRT_2;
        let floors = (2.0 * s.hypot(t) - root * (s + t) * (1.0 - 1.0 / 16.0)) / (root * s / 8.0);
        // Sixteen trajectories of eight residues tell it to within a factor (numpy, 200 repetitions: 0.6 to 2.3).
        let found = energy.floors().unwrap() / floors;
        assert!((0.5..2.5).contains(&found), "{energy:?} {floors}");
    }
}

#[test]
fn trajectories_find_their_starts() {
    let native = protein().native_angstrom.to_vec();
    let other = stretched(&native);
    let both = |with_start| {
        let mut all = branches(&native, (8, 6), with_start, 4);
        all.extend(branches(&other, (8, 6), with_start, 5));
        all
    };
    let counts = |reference: &BranchReference| {
        reference.starts().iter().map(BranchStart::trajectory_count).collect::<Vec<_>>()
    };
    let settings = || BranchSettings { horizons: vec![1, 3], ..BranchSettings::default() };
    let with_start = read(both(true), &[], settings()).unwrap();
    assert_eq!(counts(&with_start), [8, 8]);
    assert!(with_start.horizons().eq([1, 3]));
    let named = read(both(false), &[native.clone(), other.clone()], settings()).unwrap();
    assert_eq!(counts(&named), [8, 8]);
    // The first frame is one interval of 50 ps after the start, so the sixth is 300 ps after it.
    assert!(named.horizons().eq([1, 3]));
    let report = evaluated(&named, 0.5);
    let of_starts = report.horizons[0].rows.iter().filter(|row| row.start.is_some()).count();
    assert_eq!(of_starts, 2 * BranchMeasure::ALL.len());
    // Without the start in the files or named, every trajectory is one of its own.
    let error = read(both(false), &[], settings()).unwrap_err().to_string();
    assert!(error.contains("name that frame as their start"), "{error}");
}

#[test]
fn what_data_do_not_support_is_not_told() {
    let native = protein().native_angstrom;
    let settings = BranchSettings::default();
    // 350 ps are three jumps and not ten.
    let reference = read(branches(&native, (6, 7), true, 6), &[], settings.clone()).unwrap();
    let report = evaluated(&reference, 0.5);
    let horizons: Vec<_> = report.horizons.iter().map(|h| (h.jumps, h.asked_jumps)).collect();
    assert_eq!(horizons, [(1, None), (3, Some(10))]);
    assert!(report.not_supported.iter().any(|sentence| sentence.contains("after 10 jumps")));
    assert!(report.not_supported.iter().any(|sentence| sentence.contains("need 8")));
    // Six trajectories carry an energy distance, and no spread.
    let row = |measure| report.horizons[0].row(measure, None).unwrap();
    assert!(row(BranchMeasure::DistanceEnergy).numbers.is_some());
    for measure in [BranchMeasure::DistanceSpread, BranchMeasure::JumpSize, BranchMeasure::Rmsf] {
        assert_eq!(row(measure).verdict(), BranchVerdict::NotSupported);
    }
    let error = read(branches(&native, (3, 7), true, 6), &[], settings.clone()).unwrap_err().to_string();
    assert!(error.contains("at least 4"), "{error}");
    let error = read(branches(&native, (8, 1), true, 6), &[], settings).unwrap_err().to_string();
    assert!(error.contains("longer"), "{error}");
}

#[test]
fn senseless_settings_are_refused() {
    let with = |horizons: Vec<usize>| BranchSettings { horizons, ..BranchSettings::default() }.check();
    assert!(with(vec![1, 10]).is_ok());
    for horizons in [vec![], vec![0, 1], vec![10, 1], vec![3, 3]] {
        assert!(with(horizons).is_err());
    }
    assert!(BranchSettings { draws: Some(1), ..BranchSettings::default() }.check().is_err());
}
