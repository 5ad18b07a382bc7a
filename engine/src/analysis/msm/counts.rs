//! Transition counts.

use nalgebra::DMatrix;

/// Counts jumps between states `lag_frames` apart with a sliding window: every pair of frames of a
/// trajectory one lag apart counts once, row (earlier state) to column (later state). The counts are
/// correlated, which does not bias the estimates; it forbids reading them as independent observations.
///
/// States are below `states`; pairs of other states are left out.
pub fn count_transitions(trajectories: &[&[u16]], states: usize, lag_frames: usize) -> DMatrix<f64> {
    let mut counts = DMatrix::zeros(states, states);
    for trajectory in trajectories {
        for (&from, &to) in trajectory.iter().zip(trajectory.iter().skip(lag_frames)) {
            let (from, to) = (usize::from(from), usize::from(to));
            if from < states && to < states {
                counts[(from, to)] += 1.0;
            }
        }
    }
    counts
}
