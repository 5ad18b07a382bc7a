//! Contour lines of a surface by marching squares.

use std::collections::HashMap;

use crate::analysis::histogram::FreeEnergySurface;

/// One line of equal free energy.
#[derive(Clone, Debug, PartialEq)]
pub struct Contour {
    /// Free energy on the line, kT.
    pub level_kt: f64,
    /// Points of the line in order, in the coordinates of the surface; a closed line repeats its first point.
    pub points: Vec<[f64; 2]>,
}

/// An edge between two neighboring centers: the cell it starts from, and whether it goes up.
type Edge = (usize, bool);

/// Lines of equal free energy at each of `levels_kt`, between the centers of the cells; none goes through a square one
/// of whose corners is NaN.
pub fn contours(surface: &FreeEnergySurface, levels_kt: &[f64]) -> Vec<Contour> {
    levels_kt.iter().flat_map(|&level| lines(surface, level)).collect()
}

fn lines(surface: &FreeEnergySurface, level: f64) -> Vec<Contour> {
    let (nx, ny) = (surface.x.bins, surface.y.bins);
    let value = |ix: usize, iy: usize| surface.values_kt[iy * nx + ix];
    // Each edge that the line crosses, with the one or two it is joined to.
    let mut joined: HashMap<Edge, Vec<Edge>> = HashMap::new();
    let mut order: Vec<Edge> = Vec::new();
    for iy in 0..ny.saturating_sub(1) {
        for ix in 0..nx.saturating_sub(1) {
            let corners = [value(ix, iy), value(ix + 1, iy), value(ix + 1, iy + 1), value(ix, iy + 1)];
            if corners.iter().any(|corner| !corner.is_finite()) {
                continue;
            }
            let at = iy * nx + ix;
            // Bottom, right, top, left.
            let edges: [Edge; 4] = [(at, false), (at + 1, true), (at + nx, false), (at, true)];
            let above = corners.map(|corner| corner >= level);
            let crossed: Vec<usize> = (0..4).filter(|&k| above[k] != above[(k + 1) % 4]).collect();
            let pairs: Vec<[usize; 2]> = match crossed.len() {
                2 => vec![[crossed[0], crossed[1]]],
                // A saddle: the middle decides which corners are joined.
                4 => {
                    let middle = corners.iter().sum::<f64>() / 4.0 >= level;
                    if middle == above[0] { vec![[0, 1], [2, 3]] } else { vec![[3, 0], [1, 2]] }
                }
                _ => Vec::new(),
            };
            for [a, b] in pairs {
                for (from, to) in [(edges[a], edges[b]), (edges[b], edges[a])] {
                    let neighbors = joined.entry(from).or_default();
                    if neighbors.is_empty() {
                        order.push(from);
                    }
                    neighbors.push(to);
                }
            }
        }
    }
    let place = |(at, upward): Edge| {
        let (ix, iy) = (at % nx, at / nx);
        let (jx, jy) = if upward { (ix, iy + 1) } else { (ix + 1, iy) };
        let (a, b) = (value(ix, iy), value(jx, jy));
        let along = if b == a { 0.5 } else { ((level - a) / (b - a)).clamp(0.0, 1.0) };
        let between = |from: f64, to: f64| from + along * (to - from);
        [
            between(surface.x.center(ix), surface.x.center(jx)),
            between(surface.y.center(iy), surface.y.center(jy)),
        ]
    };
    let mut found = Vec::new();
    // Open lines are followed from an end, so that none comes in two pieces; what is left is closed.
    let ends: Vec<Edge> = order.iter().copied().filter(|edge| joined[edge].len() == 1).collect();
    for start in ends.into_iter().chain(order) {
        let mut points = Vec::new();
        let mut here = start;
        while let Some(next) = joined.get_mut(&here).and_then(Vec::pop) {
            if points.is_empty() {
                points.push(place(here));
            }
            points.push(place(next));
            if let Some(back) = joined.get_mut(&next)
                && let Some(index) = back.iter().position(|edge| *edge == here)
            {
                back.swap_remove(index);
            }
            here = next;
        }
        if points.len() > 1 {
            found.push(Contour { level_kt: level, points });
        }
    }
    found
}
