#![allow(clippy::unwrap_used)]
use super::*;
use crate::random::Random;

#[test]
fn counts_slide_and_do_not_cross_trajectories() {
    let counts = count_transitions(&[&[0, 1, 1, 0], &[1, 0], &[1]], 2, 2);
    assert_eq!(counts, DMatrix::from_row_slice(2, 2, &[0.0, 1.0, 1.0, 0.0]));
}

#[test]
fn one_way_states_are_left_out() {
    // 0 ⇄ 1 → 2 ⇄ 3, the second set with more counts; 4 was never seen.
    let mut counts = DMatrix::zeros(5, 5);
    for (i, j, n) in [(0, 1, 5.0), (1, 0, 5.0), (1, 2, 1.0), (2, 3, 9.0), (3, 2, 9.0)] {
        counts[(i, j)] = n;
    }
    let mut sets = strongly_connected_sets(&counts);
    sets.sort();
    assert_eq!(sets, [vec![0, 1], vec![2, 3], vec![4]]);
    let model = MarkovModel::estimate(&counts, Estimator::Reversible).unwrap();
    assert_eq!(model.states(), [2, 3]);
    assert_eq!(model.stationary_of_all(), [0.0, 0.0, 0.5, 0.5, 0.0]);
    counts[(3, 2)] = 0.0;
    counts[(1, 0)] = 0.0;
    let error = MarkovModel::estimate(&counts, Estimator::Plain).unwrap_err();
    assert_eq!(error, AnalysisError::Disconnected { states: 5 });
}

#[test]
fn both_estimators_recover_a_two_state_system_exactly() {
    // p(0→1) = 0.1, p(1→0) = 0.3: π = (3/4, 1/4), λ = 0.6. Two states always obey detailed balance.
    let counts = DMatrix::from_row_slice(2, 2, &[900.0, 100.0, 300.0, 700.0]);
    let plain = MarkovModel::estimate(&counts, Estimator::Plain).unwrap();
    assert!((plain.stationary()[0] - 0.75).abs() < 1e-12);
    assert!((plain.timescales(5.0, 3)[0] + 5.0 / 0.6f64.ln()).abs() < 1e-9);
    // The reversible one weighs rows by how often they were seen; equal rows of counts c_i ∝ π agree.
    let balanced = DMatrix::from_row_slice(2, 2, &[2700.0, 300.0, 300.0, 700.0]);
    let reversible = MarkovModel::estimate(&balanced, Estimator::Reversible).unwrap();
    assert!((reversible.stationary()[0] - 0.75).abs() < 1e-9);
    assert!((reversible.timescales(5.0, 3)[0] + 5.0 / 0.6f64.ln()).abs() < 1e-7);
}

/// A chain of `wells`, each of `states` states visited at random, that is left with probability `leave` a frame.
fn wells(wells: usize, states: usize, leave: f64, length: usize, random: &mut Random) -> Vec<u16> {
    let mut well = random.index(wells);
    let hop = |random: &mut Random, well: usize| match random.uniform() < leave {
        true => (well + 1 + random.index(wells - 1)) % wells,
        false => well,
    };
    (0..length)
        .map(|_| {
            well = hop(random, well);
            (well * states + random.index(states)) as u16
        })
        .collect()
}

/// What is chosen for trajectories with frames 100 ps apart.
fn chosen(trajectories: &[Vec<u16>], states: usize) -> Result<LagChoice, AnalysisError> {
    let trajectories: Vec<&[u16]> = trajectories.iter().map(Vec::as_slice).collect();
    let data = StateTrajectories { trajectories: &trajectories, states, interval_ps: 100.0 };
    let lengths: Vec<usize> = trajectories.iter().map(|t| t.len()).collect();
    let lags = candidate_lags_frames(&lengths, 1);
    let timescales = implied_timescales(&trajectories, states, 100.0, &lags, Estimator::Reversible, 4);
    choose_lag(&data, &timescales, Estimator::Reversible, 1)
}

#[test]
fn the_timescale_of_a_two_state_chain_is_found() {
    // Leaving with 0.02 a frame: λ = 0.96, a timescale of −100 ps / ln 0.96 = 2450 ps.
    let mut random = Random::new(4);
    let trajectories: Vec<Vec<u16>> = (0..16).map(|_| wells(2, 5, 0.02, 1000, &mut random)).collect();
    let choice = chosen(&trajectories, 10).unwrap();
    assert!((choice.slowest_ps / 2450.0 - 1.0).abs() < 0.25, "{choice:?}");
    assert!(choice.shuffled_ps < 0.5 * choice.slowest_ps && choice.lag_ps <= choice.slowest_ps);
}

#[test]
fn shuffled_frames_support_no_timescale() {
    let mut random = Random::new(9);
    let mut frames: Vec<u16> = (0..16).flat_map(|_| wells(2, 5, 0.02, 1000, &mut random)).collect();
    for k in (1..frames.len()).rev() {
        frames.swap(k, random.index(k + 1));
    }
    let trajectories: Vec<Vec<u16>> = frames.chunks(1000).map(<[u16]>::to_vec).collect();
    let error = chosen(&trajectories, 10).unwrap_err();
    assert!(matches!(error, AnalysisError::NotSupported(_)), "{error}");
}

/// A hundred states that are visited for a while each, as clusters of a disordered peptide are, in 5 µs.
#[test]
fn many_states_and_few_transitions_support_no_timescale() {
    let mut random = Random::new(2);
    for trajectories in [1, 10] {
        let data: Vec<Vec<u16>> =
            (0..trajectories).map(|_| wells(100, 1, 0.01, 50_000 / trajectories, &mut random)).collect();
        // Each state is left after 10 ns and there are no slower processes; what lies far beyond is noise.
        match chosen(&data, 100) {
            Ok(choice) => assert!(choice.slowest_ps < 20_000.0, "{choice:?}"),
            Err(error) => assert!(matches!(error, AnalysisError::NotSupported(_)), "{error}"),
        }
    }
}

#[test]
fn a_trajectory_that_crosses_once_supports_no_timescale() {
    let mut random = Random::new(5);
    for first in [500, 800] {
        let crossing: Vec<u16> =
            (0..1000).map(|frame| (usize::from(frame >= first) * 5 + random.index(5)) as u16).collect();
        assert!(chosen(&[crossing], 10).is_err());
    }
    // There and back again is still not enough to tell how long it takes.
    let back: Vec<u16> = (0..1000)
        .map(|frame| (usize::from((300..700).contains(&frame)) * 5 + random.index(5)) as u16)
        .collect();
    let error = chosen(&[back], 10).unwrap_err();
    assert!(error.to_string().contains("times the slowest timescale"), "{error}");
}

#[test]
fn without_lags_or_connections_there_is_no_choice() {
    let data = StateTrajectories { trajectories: &[], states: 2, interval_ps: 100.0 };
    let choose = |timescales| choose_lag(&data, &timescales, Estimator::Reversible, 0);
    assert_eq!(choose(ImpliedTimescales::default()), Err(AnalysisError::TrajectoriesTooShort));
    let apart = ImpliedTimescales {
        lags_ps: vec![100.0, 200.0],
        timescales_ps: vec![vec![10.0], vec![20.0]],
        connected_share: vec![0.3, 0.2],
    };
    assert_eq!(choose(apart), Err(AnalysisError::Unconnected { percent: 30.0 }));
}

#[test]
fn candidate_lags_grow_and_stay_within_a_quarter_of_the_trajectories() {
    assert_eq!(candidate_lags_frames(&[100, 90, 4], 1), [1, 2, 3, 4, 5, 7, 10, 15, 20]);
    assert_eq!(candidate_lags_frames(&[100], 5), [5, 10, 15, 20, 25]);
    assert!(candidate_lags_frames(&[3], 1).is_empty());
    assert!(candidate_lags_frames(&[], 1).is_empty());
}
