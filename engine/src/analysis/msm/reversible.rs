//! The reversible maximum likelihood estimator.

use nalgebra::DMatrix;

/// Stop when no probability changes by more than this fraction.
const TOLERANCE: f64 = 1e-10;
/// Iterations at most; data that need more are all but disconnected.
const MAX_ITERATIONS: usize = 100_000;

/// Transition matrix and stationary distribution of connected counts `[M, M]` under detailed balance.
///
/// The fixed point of Bowman et al. (J. Chem. Phys. 131, 124101, 2009) in the form of Trendelkamp-Schroer
/// et al. (J. Chem. Phys. 143, 174101, 2015): with `c_i` the row sums of the counts,
///
/// ```text
/// x_ij = (c_ij + c_ji) / (c_i / x_i + c_j / x_j),    x_i = Σ_j x_ij
/// ```
///
/// converges to the symmetric matrix `x` whose rows, normalized, are the transition probabilities.
pub(super) fn estimate(counts: &DMatrix<f64>) -> (DMatrix<f64>, Vec<f64>) {
    let states = counts.nrows();
    let row_sums: Vec<f64> = counts.row_iter().map(|row| row.sum()).collect();
    // Only pairs with counts enter, usually few of all.
    let mut pairs = Vec::new();
    for i in 0..states {
        for j in i..states {
            let both = counts[(i, j)] + counts[(j, i)];
            if both > 0.0 {
                pairs.push((i, j, both));
            }
        }
    }
    let mut flow = row_sums.clone();
    normalize(&mut flow);
    for _ in 0..MAX_ITERATIONS {
        let mut next = vec![0.0; states];
        for &(i, j, both) in &pairs {
            let x = both / (row_sums[i] / flow[i] + row_sums[j] / flow[j]);
            next[i] += x;
            if i != j {
                next[j] += x;
            }
        }
        normalize(&mut next);
        let change = flow.iter().zip(&next).map(|(old, new)| ((new - old) / new).abs()).fold(0.0, f64::max);
        flow = next;
        if change < TOLERANCE {
            break;
        }
    }
    let mut transition = DMatrix::zeros(states, states);
    for &(i, j, both) in &pairs {
        let x = both / (row_sums[i] / flow[i] + row_sums[j] / flow[j]);
        transition[(i, j)] = x / flow[i];
        transition[(j, i)] = x / flow[j];
    }
    // What is left of the iteration's error is taken out of the row sums.
    (super::row_normalized(&transition), flow)
}

fn normalize(values: &mut [f64]) {
    let total: f64 = values.iter().sum();
    values.iter_mut().for_each(|v| *v /= total);
}
