//! One frame as it stands in a file, and the periodic cell it may bring.

pub(crate) use crate::structure::cell::cell_if_present;

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
