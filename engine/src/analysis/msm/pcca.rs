//! Dividing the states of a reversible model into a few metastable sets: the inner simplex algorithm of robust Perron
//! cluster analysis (Deuflhard and Weber, Linear Algebra Appl. 398, 161, 2005), with its memberships made sharp.

use nalgebra::DMatrix;

use super::spectrum::slow_processes;

/// The set of each state, below `sets`, of a reversible transition matrix; each state belongs to the set in which its
/// membership is largest. `None` where the slow processes do not tell that many sets apart.
pub(super) fn metastable_sets(
    transition: &DMatrix<f64>,
    stationary: &[f64],
    sets: usize,
) -> Option<Vec<usize>> {
    let states = stationary.len();
    if sets < 2 || sets > states {
        return None;
    }
    let vectors = slow_processes(transition, stationary, sets);
    let vertices = simplex_vertices(&vectors)?;
    let inverse = vectors.select_rows(&vertices).try_inverse()?;
    let memberships = vectors * inverse;
    let assigned: Vec<usize> = memberships
        .row_iter()
        .map(|row| (0..sets).max_by(|&a, &b| row[a].total_cmp(&row[b])).unwrap_or(0))
        .collect();
    (0..sets).all(|set| assigned.contains(&set)).then_some(assigned)
}

/// States that lie farthest apart in the space of the slow processes: the corners of the simplex that all states fill.
fn simplex_vertices(vectors: &DMatrix<f64>) -> Option<Vec<usize>> {
    let farthest = |rows: &DMatrix<f64>| -> Option<(usize, f64)> {
        let norms = rows.row_iter().map(|row| row.norm());
        norms.enumerate().max_by(|a, b| a.1.total_cmp(&b.1))
    };
    let (first, _) = farthest(vectors)?;
    let mut vertices = vec![first];
    // Everything as seen from the first corner; then what is left after the directions to the others are taken out.
    let mut rest = vectors.clone();
    let origin = vectors.row(first).into_owned();
    for mut row in rest.row_iter_mut() {
        row -= &origin;
    }
    while vertices.len() < vectors.ncols() {
        let (vertex, norm) = farthest(&rest)?;
        if norm.is_nan() || norm < 1e-10 {
            return None;
        }
        let direction = rest.row(vertex).into_owned() / norm;
        for mut row in rest.row_iter_mut() {
            let along = row.dot(&direction);
            row -= along * &direction;
        }
        vertices.push(vertex);
    }
    Some(vertices)
}
