//! Eigenvalues and stationary distributions of transition matrices.

use nalgebra::{DMatrix, DVector, Schur, SymmetricEigen};

/// Iterations of the Schur decomposition at most.
const MAX_SCHUR_ITERATIONS: usize = 10_000;

/// Sizes of the eigenvalues of a reversible transition matrix, falling, the first being 1.
///
/// Detailed balance makes `√π_i T_ij / √π_j` symmetric, with the eigenvalues of `T`.
pub(super) fn reversible_eigenvalues(transition: &DMatrix<f64>, stationary: &[f64]) -> Vec<f64> {
    let eigen = SymmetricEigen::new(symmetric(transition, stationary));
    falling(eigen.eigenvalues.iter().map(|value| value.abs()))
}

/// The right eigenvector of a reversible transition matrix to its largest eigenvalue but the 1 of the stationary
/// distribution: high in the states on one side of its slowest process, low on the other.
pub(super) fn slowest_process(transition: &DMatrix<f64>, stationary: &[f64]) -> Vec<f64> {
    if stationary.len() < 2 {
        return vec![0.0; stationary.len()];
    }
    slow_processes(transition, stationary, 2).column(1).iter().copied().collect()
}

/// Right eigenvectors of a reversible transition matrix to its `count` largest eigenvalues, one a column, the constant
/// first, each of unit length under the stationary distribution. `count` is at most the number of states.
pub(super) fn slow_processes(transition: &DMatrix<f64>, stationary: &[f64], count: usize) -> DMatrix<f64> {
    let eigen = SymmetricEigen::new(symmetric(transition, stationary));
    let mut order: Vec<usize> = (0..stationary.len()).collect();
    order.sort_by(|&a, &b| eigen.eigenvalues[b].total_cmp(&eigen.eigenvalues[a]));
    DMatrix::from_fn(stationary.len(), count, |state, process| {
        eigen.eigenvectors[(state, order[process])] / stationary[state].sqrt()
    })
}

fn symmetric(transition: &DMatrix<f64>, stationary: &[f64]) -> DMatrix<f64> {
    let root: Vec<f64> = stationary.iter().map(|p| p.sqrt()).collect();
    DMatrix::from_fn(transition.nrows(), transition.ncols(), |i, j| {
        0.5 * (root[i] * transition[(i, j)] / root[j] + root[j] * transition[(j, i)] / root[i])
    })
}

/// Sizes of the eigenvalues of any transition matrix, falling, the first being 1; empty when they cannot
/// be found.
pub(super) fn eigenvalue_sizes(transition: &DMatrix<f64>) -> Vec<f64> {
    Schur::try_new(transition.clone(), f64::EPSILON, MAX_SCHUR_ITERATIONS)
        .map(|schur| falling(schur.complex_eigenvalues().iter().map(|value| value.norm())))
        .unwrap_or_default()
}

/// The distribution `π` with `π T = π` of a connected transition matrix; NaN when there is none.
pub(super) fn stationary_distribution(transition: &DMatrix<f64>) -> Vec<f64> {
    let states = transition.nrows();
    // (Tᵀ − 1) π = 0 with one equation, which depends on the others, replaced by Σ π = 1.
    let mut equations = transition.transpose() - DMatrix::identity(states, states);
    equations.row_mut(states - 1).fill(1.0);
    let mut right = DVector::zeros(states);
    right[states - 1] = 1.0;
    match equations.lu().solve(&right) {
        // Rounding can leave the rarest states a little below zero.
        Some(solution) => {
            let clipped = solution.map(|p| p.max(0.0));
            let total = clipped.sum();
            clipped.iter().map(|p| p / total).collect()
        }
        None => vec![f64::NAN; states],
    }
}

fn falling(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(|a, b| b.total_cmp(a));
    values
}
