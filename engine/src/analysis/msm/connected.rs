//! Sets of states that can reach each other.

use nalgebra::DMatrix;

/// Sets of states connected in both directions by paths of positive counts, each ascending. Every state is
/// in exactly one set, possibly alone.
///
/// Kosaraju's algorithm with explicit stacks: chains of thousands of states do not exhaust the call stack.
pub fn strongly_connected_sets(counts: &DMatrix<f64>) -> Vec<Vec<usize>> {
    let states = counts.nrows();
    let forward = |from: usize, to: usize| counts[(from, to)] > 0.0;
    let backward = |from: usize, to: usize| counts[(to, from)] > 0.0;
    let mut seen = vec![false; states];
    let mut finished = Vec::with_capacity(states);
    for root in 0..states {
        visit(root, states, &forward, &mut seen, &mut finished);
    }
    seen.fill(false);
    let mut sets = Vec::new();
    for &root in finished.iter().rev() {
        let mut set = Vec::new();
        visit(root, states, &backward, &mut seen, &mut set);
        if !set.is_empty() {
            set.sort_unstable();
            sets.push(set);
        }
    }
    sets
}

/// The connected set with most counts within it; of equal ones the one with the lowest state.
pub(super) fn largest_connected_set(counts: &DMatrix<f64>) -> Vec<usize> {
    let inner = |set: &[usize]| -> f64 {
        set.iter().map(|&i| set.iter().map(|&j| counts[(i, j)]).sum::<f64>()).sum()
    };
    strongly_connected_sets(counts)
        .into_iter()
        .filter(|set| set.len() > 1)
        .max_by(|a, b| inner(a).total_cmp(&inner(b)).then(b[0].cmp(&a[0])))
        .unwrap_or_default()
}

/// Depth-first search; appends states as they are finished.
fn visit(
    root: usize,
    states: usize,
    edge: &dyn Fn(usize, usize) -> bool,
    seen: &mut [bool],
    finished: &mut Vec<usize>,
) {
    if std::mem::replace(&mut seen[root], true) {
        return;
    }
    // Each entry: a state and the next neighbor to look at.
    let mut stack = vec![(root, 0)];
    while let Some((state, next)) = stack.last_mut() {
        let state = *state;
        match (*next..states).find(|&to| !seen[to] && edge(state, to)) {
            Some(to) => {
                *next = to + 1;
                seen[to] = true;
                stack.push((to, 0));
            }
            None => {
                finished.push(state);
                stack.pop();
            }
        }
    }
}
