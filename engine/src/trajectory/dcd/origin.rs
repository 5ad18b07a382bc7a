//! What a DCD file means depends on who wrote it: the unit of its times, and the six numbers of its cells.

use crate::structure::cell::{Cell, cell_from_lengths, cell_if_present};

/// The program that wrote a file, as far as it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// Times in the units of the simulation, whichever they were; cells as lengths and cosines.
    UnitsOfTheRun(&'static str),
    /// Times in AKMA units; cells as symmetric matrices of lattice vectors.
    Charmm,
    /// Times in AKMA units; cells as lengths with cosines or degrees.
    Other,
}

/// Programs whose unit of time is a setting of the simulation, which the file does not keep.
const UNITLESS: [&str; 3] = ["LAMMPS", "HOOMD", "ESPRESSO"];
/// Versions of CHARMM up to this one wrote lengths and cosines; NAMD, VMD, OpenMM and others imitate it.
const LAST_IMITATED_VERSION: i32 = 24;

impl Origin {
    /// Tells the program by the titles and by the version of CHARMM that the header names.
    pub fn new(titles: &[u8], version: i32) -> Self {
        let titles = String::from_utf8_lossy(titles).to_ascii_uppercase();
        if let Some(program) = UNITLESS.into_iter().find(|program| titles.contains(program)) {
            return Origin::UnitsOfTheRun(program);
        }
        if version > LAST_IMITATED_VERSION { Origin::Charmm } else { Origin::Other }
    }

    /// Whether times are in AKMA units.
    pub fn counts_in_akma(self) -> bool {
        !matches!(self, Origin::UnitsOfTheRun(_))
    }

    /// The program, where its name matters to people.
    pub fn program(self) -> Option<&'static str> {
        match self {
            Origin::UnitsOfTheRun(program) => Some(program),
            _ => None,
        }
    }

    /// Lattice vectors out of the six numbers of a cell record, in one of three ways: lengths with the cosines
    /// of the angles (CHARMM to version 24, NAMD, OpenMM, LAMMPS), lengths with degrees (older NAMD, MDAnalysis),
    /// and the lower half of a symmetric matrix whose rows are the vectors as the atoms see them (CHARMM). What
    /// makes no cell is not taken for one; where several do, the program decides.
    pub fn cell(self, numbers: [f64; 6]) -> Option<Cell> {
        let [a, gamma, b, beta, alpha, c] = numbers;
        let angles = [alpha, beta, gamma];
        let lengths = [a, b, c];
        if !numbers.iter().all(|x| x.is_finite()) || lengths.iter().any(|&x| x <= 0.0) {
            return None;
        }
        let as_cosines = || {
            let cosines = angles.iter().all(|x| (-1.0..=1.0).contains(x));
            // 90° − asin keeps right angles exact.
            cosines.then(|| angles.map(|cosine| 90.0 - cosine.asin().to_degrees())).filter(|a| makes_cell(*a))
        };
        let as_degrees = || Some(angles).filter(|angles| makes_cell(*angles));
        let as_matrix = || {
            let [xx, xy, yy, xz, yz, zz] = numbers;
            is_positive(numbers)
                .then(|| [[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]].map(|row| row.map(|x| x as f32)))
        };
        let of_angles = |angles| cell_from_lengths(lengths, angles);
        let cell = match self {
            Origin::Charmm => as_matrix().or_else(|| as_cosines().or_else(as_degrees).map(of_angles)),
            _ => as_cosines().or_else(as_degrees).map(of_angles).or_else(as_matrix),
        };
        cell.and_then(cell_if_present)
    }
}

/// Whether three angles, degrees, can be those of a cell. No program chooses one that is flatter than this.
fn makes_cell(angles: [f64; 3]) -> bool {
    let [alpha, beta, gamma] = angles;
    angles.iter().all(|x| (25.0..=155.0).contains(x))
        && alpha + beta + gamma < 360.0
        && alpha < beta + gamma
        && beta < alpha + gamma
        && gamma < alpha + beta
}

/// Whether a symmetric matrix, given by its lower half, is positive definite.
fn is_positive([xx, xy, yy, xz, yz, zz]: [f64; 6]) -> bool {
    let minor = xx * yy - xy * xy;
    let determinant = xx * (yy * zz - yz * yz) - xy * (xy * zz - yz * xz) + xz * (xy * yz - yy * xz);
    xx > 0.0 && minor > 0.0 && determinant > 1e-6 * xx * yy * zz
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::trajectory::describe::lengths_and_angles;

    #[test]
    fn the_three_conventions_are_told_apart() {
        // Truncated octahedron of 50 Å: cosines, degrees, CHARMM's matrix.
        let third = -1.0 / 3.0;
        let degrees = 109.471_220_634;
        for numbers in [
            [50.0, third, 50.0, third, third, 50.0],
            [50.0, degrees, 50.0, degrees, degrees, 50.0],
            [48.1125, -9.6225, 48.1125, -9.6225, -9.6225, 48.1125],
        ] {
            let (lengths, angles) = lengths_and_angles(Origin::Other.cell(numbers).unwrap());
            let found = [lengths, angles].concat();
            for (found, expected) in found.iter().zip([50.0, 50.0, 50.0, degrees, degrees, degrees]) {
                assert!((found - expected).abs() < 1e-3, "{numbers:?} {found}");
            }
        }
        // Rhombic dodecahedron as CHARMM writes it: 10.4 is no angle.
        let matrix = [41.48, 10.37, 41.48, 10.37, 10.37, 41.48];
        assert_eq!(Origin::Other.cell(matrix), Origin::Charmm.cell(matrix));
        assert_eq!(Origin::Charmm.cell(matrix).unwrap()[1], [10.37, 41.48, 10.37]);
        // A large matrix that might be degrees is a matrix if CHARMM wrote it.
        let large = [180.0, 60.0, 180.0, 60.0, 60.0, 180.0];
        assert_eq!(Origin::Charmm.cell(large).unwrap()[0], [180.0, 60.0, 60.0]);
        assert_eq!(Origin::Other.cell(large).unwrap()[0], [180.0, 0.0, 0.0]);
        for none in
            [[0.0; 6], [f64::NAN; 6], [50.0, 0.0, 50.0, 0.0, 0.0, 0.0], [1.0, 9.0, 1.0, 9.0, 9.0, 1.0]]
        {
            assert_eq!(Origin::Other.cell(none), None);
        }
    }

    #[test]
    fn programs_are_told_by_title_and_version() {
        assert_eq!(Origin::new(b"Written by LAMMPS", 24), Origin::UnitsOfTheRun("LAMMPS"));
        assert_eq!(Origin::new(b"* TITLE OF A RUN", 36), Origin::Charmm);
        assert_eq!(Origin::new(b"Created by NAMD", 24), Origin::Other);
    }
}
