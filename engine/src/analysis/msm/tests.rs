#![allow(clippy::unwrap_used)]
use super::*;

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

#[test]
fn the_lag_is_taken_where_timescales_level_off() {
    let its = |slowest: &[f64], share: &[f64]| ImpliedTimescales {
        lags_ps: (1..=slowest.len()).map(|k| 10.0 * k as f64).collect(),
        timescales_ps: slowest.iter().map(|&t| vec![t, 1.0]).collect(),
        connected_share: share.to_vec(),
    };
    let choice = choose_lag(&its(&[10.0, 20.0, 30.0, 31.0, 30.5, 32.0], &[1.0; 6])).unwrap();
    assert_eq!(choice, LagChoice { lag_ps: 30.0, levelled_off: true });
    let choice = choose_lag(&its(&[10.0, 20.0, 40.0, 80.0], &[1.0, 1.0, 0.9, 0.5])).unwrap();
    assert_eq!(choice, LagChoice { lag_ps: 30.0, levelled_off: false });
    assert!(choose_lag(&its(&[10.0, 20.0], &[0.3, 0.2])).is_err());
    assert_eq!(choose_lag(&ImpliedTimescales::default()), Err(AnalysisError::TrajectoriesTooShort));
}

#[test]
fn candidate_lags_grow_and_stay_within_a_quarter_of_the_trajectories() {
    assert_eq!(candidate_lags_frames(&[100, 90, 4], 1), [1, 2, 3, 4, 5, 7, 10, 15, 20]);
    assert_eq!(candidate_lags_frames(&[100], 5), [5, 10, 15, 20, 25]);
    assert!(candidate_lags_frames(&[3], 1).is_empty());
    assert!(candidate_lags_frames(&[], 1).is_empty());
}
