//! Densities, contours, errors and metastable states against scipy, contourpy, pymbar and deeptime. The expected values
//! are made by `tests/fixtures/analysis/make_landscape.py`.
#![allow(clippy::unwrap_used)]

use std::ops::ControlFlow;
use std::path::Path;

use equijump_engine::analysis::msm::{Estimator, MacroSettings, MarkovModel};
use equijump_engine::analysis::*;
use equijump_engine::random::Random;
use equijump_engine::structure::ResidueType;
use equijump_tests::proteins::chain;
use nalgebra::DMatrix;
use serde::Deserialize;

#[derive(Deserialize)]
struct Fixture {
    density: DensityCase,
    contours: ContourCase,
    inefficiency: InefficiencyCase,
    sets: SetsCase,
}

#[derive(Deserialize)]
struct DensityCase {
    points: Vec<[f64; 2]>,
    bandwidth: [f64; 2],
    cells: Vec<usize>,
    density: Vec<Vec<f64>>,
    wall: f64,
    around: f64,
    density_with_ends: Vec<Vec<f64>>,
}

#[derive(Deserialize)]
struct ContourCase {
    values: Vec<Vec<Option<f64>>>,
    levels: Vec<LevelCase>,
}

#[derive(Deserialize)]
struct LevelCase {
    level_kt: f64,
    lines: usize,
    length: f64,
}

#[derive(Deserialize)]
struct InefficiencyCase {
    series: Vec<Vec<f64>>,
    first: f64,
    inside_first: f64,
    threshold: f64,
}

#[derive(Deserialize)]
struct SetsCase {
    counts: Vec<Vec<f64>>,
    sets: Vec<Vec<usize>>,
    mean_first_passage_lags: Vec<Vec<f64>>,
}

fn fixture() -> Fixture {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/analysis/landscape.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn the_smooth_density_is_that_of_scipy() {
    let case = fixture().density;
    let bandwidth = scott_bandwidth(&case.points, 0.5, FREE).unwrap();
    for axis in 0..2 {
        assert!((bandwidth[axis] / case.bandwidth[axis] - 1.0).abs() < 1e-9, "{bandwidth:?}");
    }
    assert_density(&case, FREE, &case.density);
    // The same where one coordinate has a least value and the other goes around.
    let walls = Ends::Walls { low: case.wall, high: f64::INFINITY };
    let ends = [walls, Ends::Around { low: -case.around, high: case.around }];
    assert_density(&case, ends, &case.density_with_ends);
}

const FREE: [Ends; 2] = [Ends::NONE; 2];

fn assert_density(case: &DensityCase, ends: [Ends; 2], expected: &[Vec<f64>]) {
    let density = smooth_density(&case.points, case.bandwidth, 96, ends).unwrap();
    assert_eq!(density.points, 400);
    let highest = density.values.iter().copied().fold(0.0, f64::max);
    // Points are shared among the nearest centers of cells, which widens the kernel a little.
    for (iy, row) in case.cells.iter().zip(expected) {
        for (ix, expected) in case.cells.iter().zip(row) {
            let value = density.values[iy * 96 + ix];
            assert!((value - expected).abs() < 0.005 * highest, "{value} and {expected} at {ix}, {iy}");
        }
    }
    let integral: f64 = density.values.iter().sum::<f64>() * density.x.width() * density.y.width();
    assert!((integral - 1.0).abs() < 0.01, "{integral}");
}

#[test]
fn the_bandwidth_of_a_dihedral_is_that_of_the_same_points_elsewhere() {
    let points = |shift: f64| -> Vec<[f64; 2]> {
        let turned = |k: i32| (f64::from(k) + shift + 180.0).rem_euclid(360.0) - 180.0;
        (-40..=40).map(|k| [turned(k), f64::from(k)]).collect()
    };
    let ends = [Ends::Around { low: -180.0, high: 180.0 }, Ends::NONE];
    let [around, open] = scott_bandwidth(&points(170.0), 1.0, ends).unwrap();
    assert!((around / open - 1.0).abs() < 1e-12, "{around} and {open}");
}

#[test]
fn nothing_is_said_far_from_all_points() {
    let case = fixture().density;
    let around = |(low, high)| Ends::Around { low, high };
    let density =
        smooth_density(&case.points, case.bandwidth, 96, [(-20.0, 20.0), (-5.0, 5.0)].map(around)).unwrap();
    let surface = density.free_energy();
    let nearest = |x: f64, y: f64| {
        let apart =
            |p: &[f64; 2]| ((p[0] - x) / density.bandwidth[0]).hypot((p[1] - y) / density.bandwidth[1]);
        case.points.iter().map(apart).fold(f64::INFINITY, f64::min)
    };
    let (mut known, mut empty) = (0, 0);
    for iy in 0..96 {
        for ix in 0..96 {
            let apart = nearest(surface.x.center(ix), surface.y.center(iy));
            match surface.value_kt(ix, iy) {
                Some(value) => {
                    assert!(value >= 0.0 && apart < 5.0);
                    known += 1;
                }
                None => {
                    assert!(apart > 1.0, "a point lies {apart} bandwidths away");
                    empty += 1;
                }
            }
        }
    }
    assert!(known > 100 && empty > 1000, "{known} and {empty}");
    let one =
        smooth_density(&[[1.0, 2.0]; 3], scott_bandwidth(&[[1.0, 2.0]; 3], 1.0, FREE).unwrap(), 20, FREE);
    assert!(one.is_ok(), "one place alone is a map");
    assert!(scott_bandwidth(&[[f64::NAN, 0.0]], 1.0, FREE).is_err());
}

#[test]
fn contours_are_as_long_and_as_many_as_those_of_contourpy() {
    let case = fixture().contours;
    // The script's grid has its points at the centers of these cells.
    let axis = |low: f64, high: f64, count: usize| {
        let half = (high - low) / (count - 1) as f64 / 2.0;
        Binning::new(low - half, high + half, count).unwrap()
    };
    let surface = FreeEnergySurface {
        x: axis(-2.0, 2.0, 41),
        y: axis(-1.5, 1.5, 31),
        values_kt: case.values.iter().flatten().map(|v| v.unwrap_or(f64::NAN)).collect(),
    };
    for level in &case.levels {
        let lines = contours(&surface, &[level.level_kt]);
        assert_eq!(lines.len(), level.lines, "at {} kT", level.level_kt);
        let length: f64 = lines
            .iter()
            .flat_map(|line| line.points.windows(2))
            .map(|pair| (pair[0][0] - pair[1][0]).hypot(pair[0][1] - pair[1][1]))
            .sum();
        assert!((length - level.length).abs() < 1e-6 * level.length, "{length} and {}", level.length);
        let ends = |line: &Contour| {
            let (first, last) = (line.points[0], line.points[line.points.len() - 1]);
            (first[0] - last[0]).hypot(first[1] - last[1])
        };
        assert!(level.level_kt > 2.0 || lines.iter().all(|line| ends(line) < 1e-9), "low ones are closed");
    }
}

#[test]
fn correlated_frames_are_worth_as_many_as_pymbar_says() {
    let case = fixture().inefficiency;
    let first = statistical_inefficiency(&case.series[..1]);
    assert!((first - case.first).abs() < 1e-6 * case.first, "{first} and {}", case.first);
    let inside: Vec<bool> = case.series[0].iter().map(|x| *x > case.threshold).collect();
    let (share, error) = share_with_error(std::slice::from_ref(&inside));
    let expected = (share * (1.0 - share) * case.inside_first / inside.len() as f64).sqrt();
    assert!((error - expected).abs() < 1e-6 * expected, "{error} and {expected}");
    // Of both series the error is smaller, for they are two observations of the same.
    let both: Vec<Vec<bool>> =
        case.series.iter().map(|s| s.iter().map(|x| *x > case.threshold).collect()).collect();
    assert!(share_with_error(&both).1 < error);
    assert_eq!(statistical_inefficiency(&[vec![2.0; 50]]), 1.0);
    let (share, error) = share_with_error(&[vec![true; 50]]);
    assert!(share == 1.0 && error.is_nan(), "{share} ± {error}");
}

#[test]
fn sets_and_passage_times_are_those_of_deeptime() {
    let case = fixture().sets;
    let n = case.counts.len();
    let counts = DMatrix::from_fn(n, n, |i, j| case.counts[i][j]);
    let model = MarkovModel::estimate(&counts, Estimator::Reversible).unwrap();
    let assigned = model.metastable_sets(3).unwrap();
    let set_of = |k: usize| -> Vec<usize> { (0..n).filter(|&state| assigned[state] == k).collect() };
    let mut found: Vec<Vec<usize>> = (0..3).map(set_of).collect();
    let mut expected = case.sets.clone();
    found.sort();
    expected.sort();
    assert_eq!(found, expected);
    for (a, from) in case.sets.iter().enumerate() {
        for (b, to) in case.sets.iter().enumerate().filter(|(b, _)| *b != a) {
            let lags = model.mean_first_passage_lags(from, to).unwrap();
            let expected = case.mean_first_passage_lags[a][b];
            assert!((lags / expected - 1.0).abs() < 1e-6, "{lags} and {expected}");
        }
    }
    assert_eq!(model.metastable_sets(n + 1), None);
    assert_eq!(model.mean_first_passage_lags(&[0], &(0..n).collect::<Vec<_>>()), None);
}

/// A chain that hops among three wells, with noise inside each.
fn hopping(frames: usize, leave: f64, seed: u64) -> (Vec<[f64; 2]>, Vec<usize>) {
    const CENTERS: [[f64; 2]; 3] = [[0.0, 0.0], [8.0, 0.0], [4.0, 7.0]];
    let mut random = Random::new(seed);
    let mut uniform = move || random.uniform();
    let mut well = 0;
    (0..frames)
        .map(|_| {
            if uniform() < leave {
                well = (well + 1 + usize::from(uniform() < 0.5)) % 3;
            }
            let [x, y] = CENTERS[well];
            ([x + uniform() - 0.5, y + uniform() - 0.5], well)
        })
        .unzip()
}

#[test]
fn three_wells_are_three_states_with_the_rates_that_they_were_made_with() {
    let leave = 0.02;
    let made: Vec<_> = (0..2).map(|seed| hopping(20_000, leave, seed + 11)).collect();
    let trajectories: Vec<Vec<[f64; 2]>> = made.iter().map(|(points, _)| points.clone()).collect();
    let settings = MacroSettings { clusters: 12, replicates: 40, ..MacroSettings::default() };
    let go_on = &mut || ControlFlow::Continue(());
    let model = macrostates(&trajectories, 100.0, &settings, go_on).unwrap().unwrap();
    assert_eq!(model.states.len(), 3);
    let total: f64 = model.states.iter().map(|state| state.population).sum();
    assert!((total - 1.0).abs() < 1e-9);
    for state in &model.states {
        assert!((state.population - 1.0 / 3.0).abs() < 4.0 * state.population_error + 0.02, "{state:?}");
        // All frames of a state lie in one well.
        let wells: Vec<usize> = (0..2)
            .flat_map(|t| state.frames[t].iter().map(move |&place| (t, place)))
            .map(|(t, place)| made[t].1[place])
            .collect();
        assert!(wells.iter().all(|well| *well == wells[0]));
    }
    // From one well straight to either other with half the chance to leave: 2 / leave frames on average.
    let expected_per_ns = leave / 2.0 / 0.1;
    assert_eq!(model.transitions.len(), 6);
    for way in &model.transitions {
        let [low, high] = way.interval_per_ns.unwrap();
        assert!(low < way.rate_per_ns && way.rate_per_ns < high, "{way:?}");
        assert!((way.rate_per_ns / expected_per_ns - 1.0).abs() < 0.35, "{way:?}");
        assert!(!way.events.is_empty());
        for &[trajectory, place] in &way.events {
            let wells = &made[trajectory].1;
            assert_ne!(wells[place - 1], wells[place], "a hop");
        }
    }
    let stopped = macrostates(&trajectories, 100.0, &settings, &mut || ControlFlow::Break(()));
    assert_eq!(stopped.unwrap(), None);
}

#[test]
fn frames_without_memory_carry_no_states() {
    // Two hops in three make each frame independent of the one before.
    let (points, _) = hopping(3000, 2.0 / 3.0, 5);
    let go_on = &mut || ControlFlow::Continue(());
    let settings = MacroSettings { clusters: 12, ..MacroSettings::default() };
    assert!(matches!(
        macrostates(std::slice::from_ref(&points), 100.0, &settings, go_on),
        Err(AnalysisError::NotSupported(_) | AnalysisError::Unconnected { .. })
    ));
    let short = points[..30].to_vec();
    assert!(macrostates(&[short], 100.0, &settings, go_on).is_err());
}

#[test]
fn folds_that_differ_are_clusters_with_a_frame_in_their_middle() {
    let topology = chain("six", [ResidueType::Gly; 6]);
    let mut frames = FrameDistances::new(&topology, 190).unwrap();
    assert_eq!(frames.dimension(), 15);
    // 30 stretched frames and 10 compact ones; the middle of the stretched ones is the 15th.
    for k in 0..40 {
        let spacing = if k < 30 { 3.8 + 0.01 * (k as f32 - 15.0) } else { 1.0 };
        let mut positions = vec![[0.0f32; 3]; topology.atom_count()];
        for residue in 0..6 {
            positions[topology.ca(residue)][0] = spacing * residue as f32;
        }
        frames.push(&topology, &positions);
    }
    let go_on = &mut || ControlFlow::Continue(());
    let clusters = representatives(&frames, &[40], 2, 7, go_on).unwrap().unwrap();
    assert_eq!(clusters.len(), 2);
    assert_eq!(clusters[0].members, (0..30).collect::<Vec<_>>());
    assert!([14, 15].contains(&clusters[0].representative), "{}", clusters[0].representative);
    assert!((clusters[0].population - 0.75).abs() < 1e-12 && clusters[0].population_error > 0.0);
    assert!(clusters[1].spread_angstrom < 1e-3 && clusters[0].spread_angstrom > 0.05);
    assert!(representatives(&frames, &[40], 41, 7, go_on).is_err());
}
