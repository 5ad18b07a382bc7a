//! The periodic cell of a file, and which image of a point is the nearest.

/// Three lattice vectors, Å.
pub type Cell = [[f32; 3]; 3];

/// A cell counts as present if its lattice spans a volume; files without periodicity write zeros.
pub(crate) fn cell_if_present(cell: Cell) -> Option<Cell> {
    let volume = determinant(cell.map(|v| v.map(f64::from)));
    (volume.is_finite() && volume.abs() > 1e-3).then_some(cell)
}

/// Lattice vectors from lengths and angles: `a` along x, `b` in the xy plane (the usual convention).
/// Angles are between `b, c` (α), `a, c` (β) and `a, b` (γ).
pub(crate) fn cell_from_lengths(lengths_angstrom: [f64; 3], angles_degrees: [f64; 3]) -> Cell {
    let [a, b, c] = lengths_angstrom;
    // A right angle must give an exact zero, or orthorhombic cells come out slightly sheared.
    let cosine = |degrees: f64| if degrees == 90.0 { 0.0 } else { degrees.to_radians().cos() };
    let [cos_alpha, cos_beta, cos_gamma] = angles_degrees.map(cosine);
    let sin_gamma = (1.0 - cos_gamma * cos_gamma).max(0.0).sqrt();
    let cx = c * cos_beta;
    let cy = if sin_gamma > 0.0 { c * (cos_alpha - cos_beta * cos_gamma) / sin_gamma } else { 0.0 };
    let cz = (c * c - cx * cx - cy * cy).max(0.0).sqrt();
    [
        [a as f32, 0.0, 0.0],
        [(b * cos_gamma) as f32, (b * sin_gamma) as f32, 0.0],
        [cx as f32, cy as f32, cz as f32],
    ]
}

/// A lattice with its reciprocal, which finds nearest images. The vectors may point anywhere.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lattice {
    vectors: [[f64; 3]; 3],
    /// `position · inverse` are fractional coordinates.
    inverse: [[f64; 3]; 3],
    /// Whether rounding the fractions alone gives the nearest image.
    right_angled: bool,
}

impl Lattice {
    /// `None` for a cell without volume.
    pub fn new(cell: Cell) -> Option<Self> {
        let v = cell_if_present(cell)?.map(|v| v.map(f64::from));
        let volume = determinant(v);
        let cross = |a: [f64; 3], b: [f64; 3]| {
            [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
        };
        let columns = [cross(v[1], v[2]), cross(v[2], v[0]), cross(v[0], v[1])];
        let inverse = std::array::from_fn(|row| std::array::from_fn(|k| columns[k][row] / volume));
        let longest = v.iter().map(|v| norm2(*v)).fold(0.0, f64::max);
        let right_angled =
            [(0, 1), (0, 2), (1, 2)].iter().all(|&(i, j)| dot(v[i], v[j]).abs() < 1e-6 * longest);
        Some(Self { vectors: v, inverse, right_angled })
    }

    /// The shortest vector that differs from `delta` by lattice vectors.
    pub fn nearest(&self, delta: [f64; 3]) -> [f64; 3] {
        let mut best = delta;
        for k in 0..3 {
            let fraction: f64 = (0..3).map(|i| delta[i] * self.inverse[i][k]).sum();
            for axis in 0..3 {
                best[axis] -= fraction.round() * self.vectors[k][axis];
            }
        }
        if self.right_angled {
            return best;
        }
        let start = best;
        for shift in 0..27 {
            let images = [shift % 3, shift / 3 % 3, shift / 9].map(|i| f64::from(i) - 1.0);
            let moved: [f64; 3] = std::array::from_fn(|axis| {
                start[axis] + (0..3).map(|k| images[k] * self.vectors[k][axis]).sum::<f64>()
            });
            if norm2(moved) < norm2(best) {
                best = moved;
            }
        }
        best
    }
}

/// Distance of two points, Å; with a lattice, between their nearest images.
pub(crate) fn separation_angstrom(a: [f64; 3], b: [f64; 3], lattice: Option<&Lattice>) -> f64 {
    let delta = std::array::from_fn(|k| a[k] - b[k]);
    norm2(lattice.map_or(delta, |lattice| lattice.nearest(delta))).sqrt()
}

fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
    (0..3).map(|k| a[k] * b[k]).sum()
}

fn norm2(a: [f64; 3]) -> f64 {
    dot(a, a)
}

fn determinant([a, b, c]: [[f64; 3]; 3]) -> f64 {
    a[0] * (b[1] * c[2] - b[2] * c[1]) - a[1] * (b[0] * c[2] - b[2] * c[0])
        + a[2] * (b[0] * c[1] - b[1] * c[0])
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_right_angled_cell_is_diagonal_and_a_flat_one_is_none() {
        let cell = cell_from_lengths([10.0, 20.0, 30.0], [90.0; 3]);
        assert_eq!(cell, [[10.0, 0.0, 0.0], [0.0, 20.0, 0.0], [0.0, 0.0, 30.0]]);
        assert_eq!(cell_if_present(cell), Some(cell));
        assert_eq!(cell_if_present([[0.0; 3]; 3]), None);
    }

    #[test]
    fn a_rhombohedral_cell_keeps_its_lengths_and_angles() {
        let cell = cell_from_lengths([12.0, 12.0, 12.0], [60.0; 3]);
        let dot = |i: usize, j: usize| (0..3).map(|k| f64::from(cell[i][k] * cell[j][k])).sum::<f64>();
        for (i, j) in [(0, 1), (0, 2), (1, 2)] {
            assert!((dot(i, j) - 72.0).abs() < 1e-3);
        }
        for i in 0..3 {
            assert!((dot(i, i) - 144.0).abs() < 1e-3);
        }
    }

    #[test]
    fn the_nearest_image_is_found_in_a_lattice_that_points_anywhere() {
        // Truncated octahedron as CHARMM writes it, a symmetric matrix.
        let (d, o) = (48.1, -9.62);
        let cell = [[d, o, o], [o, d, o], [o, o, d]];
        let lattice = Lattice::new(cell).unwrap();
        let short = [1.0, -0.7, 0.9];
        for images in [[1.0, 0.0, 0.0], [-2.0, 1.0, 1.0], [3.0, -1.0, 2.0]] {
            let far = std::array::from_fn(|axis| {
                short[axis] + (0..3).map(|k| images[k] * f64::from(cell[k][axis])).sum::<f64>()
            });
            let near = lattice.nearest(far);
            assert!((0..3).all(|k| (near[k] - short[k]).abs() < 1e-4), "{near:?}");
        }
    }
}
