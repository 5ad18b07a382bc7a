//! Which atoms lie near to others.

use std::collections::HashMap;

type Cell = [i64; 3];

/// Per atom whether it lies within `angstrom` of any of those marked in `of`. Atoms without a finite position are
/// near to nothing.
pub(super) fn near(positions: &[[f32; 3]], of: &[bool], angstrom: f32) -> Vec<bool> {
    let cell = |p: &[f32; 3]| -> Option<Cell> {
        let finite = p.iter().all(|x| x.is_finite());
        finite.then(|| p.map(|x| (f64::from(x) / f64::from(angstrom)).floor() as i64))
    };
    let mut cells: HashMap<Cell, Vec<[f32; 3]>> = HashMap::new();
    for (position, _) in positions.iter().zip(of).filter(|(_, of)| **of) {
        if let Some(cell) = cell(position) {
            cells.entry(cell).or_default().push(*position);
        }
    }
    let limit = f64::from(angstrom) * f64::from(angstrom);
    let is_near = |one: &[f32; 3], other: &[f32; 3]| {
        let squares = one.iter().zip(other).map(|(a, b)| (f64::from(*a) - f64::from(*b)).powi(2));
        squares.sum::<f64>() <= limit
    };
    let near_one = |position: &[f32; 3]| {
        let Some([x, y, z]) = cell(position) else { return false };
        (0..27i64).any(|place| {
            let neighbor = [
                x.saturating_add(place % 3 - 1),
                y.saturating_add(place / 3 % 3 - 1),
                z.saturating_add(place / 9 - 1),
            ];
            let inside = cells.get(&neighbor);
            inside.is_some_and(|inside| inside.iter().any(|other| is_near(position, other)))
        })
    };
    positions.iter().map(near_one).collect()
}
