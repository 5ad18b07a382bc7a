//! A chain that hops between two shapes with known probabilities, judged against models that hop alike, and
//! against models that do not.
#![allow(clippy::unwrap_used)]

use std::ops::ControlFlow;

use super::*;
use crate::analysis::evaluation::{MemoryFrames, Protein};
use crate::random::Random;
use crate::test_support::random_chain;

/// Probability of leaving the first shape in one frame, and the second.
const LEAVE: [f64; 2] = [0.1, 0.2];

type Positions = Vec<[f32; 3]>;

fn protein() -> Protein {
    // A shape none of whose φ is near 0° or 180°: there noise alone turns its sign.
    random_chain(6, 6)
}

/// The native shape, or its mirror image stretched to twice its length, with thermal noise.
fn shape(protein: &Protein, unfolded: bool, random: &mut Random) -> Positions {
    let stretch = |p: &[f32; 3]| if unfolded { [-2.0 * p[0], 2.0 * p[1], 2.0 * p[2]] } else { *p };
    let mut noise = || 0.2 * (random.uniform() as f32 - 0.5);
    protein.native_angstrom.iter().map(|p| stretch(p).map(|x| x + noise())).collect()
}

fn hop(unfolded: bool, leave: [f64; 2], random: &mut Random) -> bool {
    unfolded ^ (random.uniform() < leave[usize::from(unfolded)])
}

fn reference(protein: &Protein, settings: JumpSettings, seed: u64) -> JumpReference {
    let mut random = Random::new(seed);
    let trajectories = (0..12)
        .map(|number| {
            let mut unfolded = number % 3 == 0;
            (0..300)
                .map(|_| {
                    unfolded = hop(unfolded, LEAVE, &mut random);
                    shape(protein, unfolded, &mut random)
                })
                .collect()
        })
        .collect();
    let mut frames = MemoryFrames::new(trajectories, 100.0);
    JumpReference::read(protein.clone(), &mut frames, 100.0, settings, &mut |_| ControlFlow::Continue(()))
        .unwrap()
}

/// A reference and a model, each with the draws of a seed.
fn evaluated(leave: [f64; 2], [of_reference, of_model]: [u64; 2]) -> JumpReport {
    let protein = protein();
    let settings = JumpSettings { sources: 200, draws: 10, ..JumpSettings::default() };
    let reference = reference(&protein, settings, of_reference);
    let mut random = Random::new(of_model);
    let mut draws = reference.draws();
    for source in 0..reference.sources().len() {
        let unfolded = reference.sources()[source].frame.rmsd_angstrom > 2.5;
        for _ in 0..10 {
            let next = shape(&protein, hop(unfolded, leave, &mut random), &mut random);
            reference.add_draw(&mut draws, source, &next).unwrap();
        }
    }
    reference.evaluate(&draws, &mut |_| ControlFlow::Continue(())).unwrap()
}

#[test]
fn a_model_that_hops_like_the_reference_agrees_with_it() {
    // The rows of one report share its few hops and differ together: what holds, holds over many reports.
    let (mut rows, mut different, mut main_rows, mut main_different) = (0, 0, 0, 0);
    for seed in 1..=12 {
        let report = evaluated(LEAVE, [2 * seed + 1, 2 * seed]);
        assert_eq!((report.sources, report.draws, report.reference_pairs), (200, 2000, 12 * 299));
        let unfolding = report.row(JumpMeasure::Unfolding, None).unwrap();
        assert!((unfolding.model.value - 0.1).abs() < 0.03, "{unfolding:?}");
        let folding = report.row(JumpMeasure::Folding, None).unwrap();
        assert!((folding.model.value - 0.2).abs() < 0.05, "{folding:?}");
        let energies = [JumpMeasure::DistanceEnergy, JumpMeasure::TorsionEnergy];
        let energies = energies.map(|measure| report.row(measure, None).unwrap());
        for row in [unfolding, folding].into_iter().chain(energies) {
            main_rows += 1;
            main_different += usize::from(!row.agrees());
        }
        rows += report.rows.len();
        different += report.rows.iter().filter(|row| !row.agrees()).count();
    }
    // Some differ by chance, few do.
    assert!(different * 8 < rows, "{different} of {rows}");
    assert!(main_different * 8 < main_rows, "{main_different} of {main_rows}");
}

#[test]
fn a_model_that_stays_where_it_is_is_found_out() {
    let report = evaluated([0.01, 0.02], [17, 5]);
    for measure in [
        JumpMeasure::Unfolding,
        JumpMeasure::Folding,
        JumpMeasure::Motion975,
        JumpMeasure::DistanceSpread,
        JumpMeasure::DistanceEnergy,
        JumpMeasure::TorsionEnergy,
    ] {
        let row = report.row(measure, None).unwrap();
        // Energy distances of so few sources have wide intervals; their values are far from the floor all the same.
        let energy = matches!(measure, JumpMeasure::DistanceEnergy | JumpMeasure::TorsionEnergy);
        assert!(energy || !row.agrees(), "{row:?}");
        assert!(row.difference.value.abs() > row.floor.value, "{row:?}");
    }
    let kept = report.rows.iter().filter(|row| row.measure == JumpMeasure::PhiPositiveKept);
    let kept: Vec<_> = kept.filter(|row| row.reference_pairs > 100).collect();
    assert!(!kept.is_empty() && kept.iter().all(|row| row.difference.value > 0.05), "{kept:?}");
}

#[test]
fn a_jump_that_must_be_a_whole_number_of_frames_is_refused_otherwise() {
    let protein = protein();
    let mut random = Random::new(1);
    let frames = (0..40).map(|_| shape(&protein, false, &mut random)).collect();
    let mut frames = MemoryFrames::new(vec![frames], 80.0);
    let settings = JumpSettings::default();
    let error =
        JumpReference::read(protein, &mut frames, 100.0, settings, &mut |_| ControlFlow::Continue(()));
    assert!(error.unwrap_err().to_string().contains("not a whole number of frames"));
}
