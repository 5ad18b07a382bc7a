//! One frame as it stands in a file, and the periodic cell it may bring.

/// One frame as read from a file, atoms in the order of the file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Frame {
    /// Atom positions, Å.
    pub positions_angstrom: Vec<[f32; 3]>,
    /// Time, ps; `None` where the format or the file does not tell.
    pub time_ps: Option<f64>,
    /// Periodic cell as three lattice vectors, Å; `None` where there is none.
    pub cell_angstrom: Option<[[f32; 3]; 3]>,
}

impl Frame {
    /// First atom whose position is NaN or infinite.
    pub fn first_not_finite(&self) -> Option<usize> {
        first_not_finite(&self.positions_angstrom)
    }
}

/// First atom whose position is NaN or infinite.
pub fn first_not_finite(positions: &[[f32; 3]]) -> Option<usize> {
    positions.iter().position(|p| !p.iter().all(|x| x.is_finite()))
}

/// A cell counts as present if its lattice spans a volume; files without periodicity write zeros.
pub(crate) fn cell_if_present(cell: [[f32; 3]; 3]) -> Option<[[f32; 3]; 3]> {
    let [a, b, c] = cell.map(|v| v.map(f64::from));
    let volume = a[0] * (b[1] * c[2] - b[2] * c[1]) - a[1] * (b[0] * c[2] - b[2] * c[0])
        + a[2] * (b[0] * c[1] - b[1] * c[0]);
    (volume.is_finite() && volume.abs() > 1e-3).then_some(cell)
}

/// Lattice vectors from lengths and angles: `a` along x, `b` in the xy plane (the usual convention).
/// Angles are between `b, c` (α), `a, c` (β) and `a, b` (γ).
pub(crate) fn cell_from_lengths(lengths_angstrom: [f64; 3], angles_degrees: [f64; 3]) -> [[f32; 3]; 3] {
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

#[cfg(test)]
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
}
