//! Mean first passage times.

use nalgebra::{DMatrix, DVector};

/// Mean time, in lags, until a chain that starts in `from`, where it stands by its stationary probabilities, first
/// arrives in `to`; `None` where it never does.
pub(super) fn mean_first_passage(
    transition: &DMatrix<f64>,
    stationary: &[f64],
    from: &[usize],
    to: &[usize],
) -> Option<f64> {
    let states = stationary.len();
    let outside: Vec<usize> = (0..states).filter(|state| !to.contains(state)).collect();
    if outside.is_empty() || to.is_empty() {
        return None;
    }
    // m_i = 1 + Σ_j T_ij m_j for states outside the target, 0 inside.
    let size = outside.len();
    let equations = DMatrix::identity(size, size) - transition.select_rows(&outside).select_columns(&outside);
    let times = equations.lu().solve(&DVector::from_element(size, 1.0))?;
    let mut sum = 0.0;
    let mut weight = 0.0;
    for &state in from {
        let time = outside.iter().position(|other| *other == state).map_or(0.0, |place| times[place]);
        sum += stationary[state] * time;
        weight += stationary[state];
    }
    let mean = sum / weight;
    (mean.is_finite() && mean > 0.0).then_some(mean)
}
