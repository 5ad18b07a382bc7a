//! Ideal internal coordinates of side chains. Written by engine/scripts/internal_coordinates.py from the means
//! over PDB chains that Biopython carries (Bio.PDB.ic_data, BSD 3-Clause); do not edit.

use self::Torsion::{Fixed, Free, Sibling};
use super::ResidueType;

/// The torsion `references[0]–[1]–[2]–atom`, in degrees.
#[derive(Clone, Copy, Debug)]
pub(super) enum Torsion {
    /// Any of these rotamers.
    Free(&'static [f64]),
    /// The torsion of another atom on the same references, plus an offset.
    Sibling(&'static str, f64),
    /// Always this.
    Fixed(f64),
}

/// Where an atom goes, given three atoms before it; it is bonded to the third.
#[derive(Clone, Copy, Debug)]
pub(super) struct Placement {
    pub atom: &'static str,
    pub references: [&'static str; 3],
    pub bond_angstrom: f64,
    pub angle_degrees: f64,
    pub torsion: Torsion,
}

const fn place(
    atom: &'static str,
    references: [&'static str; 3],
    bond_angstrom: f64,
    angle_degrees: f64,
    torsion: Torsion,
) -> Placement {
    Placement { atom, references, bond_angstrom, angle_degrees, torsion }
}

/// How to place each side-chain atom, each after those that it refers to.
pub(super) fn placements(kind: ResidueType) -> &'static [Placement] {
    match kind {
        ResidueType::Ala => const { &[place("CB", ["N", "C", "CA"], 1.526, 110.3, Fixed(122.7))] },
        ResidueType::Arg => {
            const {
                &[
                    place("CB", ["N", "C", "CA"], 1.531, 110.1, Fixed(122.8)),
                    place("CG", ["N", "CA", "CB"], 1.521, 113.9, Free(&[-60.0, 180.0, 60.0])),
                    place("CD", ["CA", "CB", "CG"], 1.522, 111.7, Free(&[180.0, -60.0, 60.0])),
                    place("NE", ["CB", "CG", "CD"], 1.461, 111.7, Free(&[180.0, -60.0, 60.0])),
                    place("CZ", ["CG", "CD", "NE"], 1.331, 124.7, Free(&[180.0, 90.0, -90.0])),
                    place("NH1", ["CD", "NE", "CZ"], 1.329, 120.6, Fixed(0.0)),
                    place("NH2", ["CD", "NE", "CZ"], 1.327, 119.7, Sibling("NH1", 180.0)),
                ]
            }
        }
        ResidueType::Asn => {
            const {
                &[
                    place("CB", ["N", "C", "CA"], 1.532, 110.3, Fixed(123.2)),
                    place("CG", ["N", "CA", "CB"], 1.516, 112.6, Free(&[-60.0, 180.0, 60.0])),
                    place(
                        "OD1",
                        ["CA", "CB", "CG"],
                        1.233,
                        120.9,
                        Free(&[0.0, 60.0, -60.0, 180.0, 120.0, -120.0]),
                    ),
                    place("ND2", ["CA", "CB", "CG"], 1.328, 116.5, Sibling("OD1", 179.9)),
                ]
            }
        }
        ResidueType::Asp => {
            const {
                &[
                    place("CB", ["N", "C", "CA"], 1.532, 110.1, Fixed(122.8)),
                    place("CG", ["N", "CA", "CB"], 1.520, 113.0, Free(&[-60.0, 180.0, 60.0])),
                    place("OD1", ["CA", "CB", "CG"], 1.251, 119.2, Free(&[0.0, 60.0, -60.0])),
                    place("OD2", ["CA", "CB", "CG"], 1.251, 118.1, Sibling("OD1", -179.9)),
                ]
            }
        }
        ResidueType::Cys => {
            const {
                &[
                    place("CB", ["N", "C", "CA"], 1.529, 109.9, Fixed(122.6)),
                    place("SG", ["N", "CA", "CB"], 1.808, 113.9, Free(&[-60.0, 180.0, 60.0])),
                ]
            }
        }
        ResidueType::Gln => {
            const {
                &[
                    place("CB", ["N", "C", "CA"], 1.531, 110.1, Fixed(122.8)),
                    place("CG", ["N", "CA", "CB"], 1.523, 113.9, Free(&[-60.0, 180.0, 60.0])),
                    place("CD", ["CA", "CB", "CG"], 1.518, 112.7, Free(&[180.0, -60.0, 60.0])),
                    place(
                        "OE1",
                        ["CB", "CG", "CD"],
                        1.234,
                        120.9,
                        Free(&[0.0, 60.0, -60.0, 180.0, 120.0, -120.0]),
                    ),
                    place("NE2", ["CB", "CG", "CD"], 1.328, 116.4, Sibling("OE1", -180.0)),
                ]
            }
        }
        ResidueType::Glu => {
            const {
                &[
                    place("CB", ["N", "C", "CA"], 1.532, 110.1, Fixed(122.9)),
                    place("CG", ["N", "CA", "CB"], 1.522, 113.9, Free(&[-60.0, 180.0, 60.0])),
                    place("CD", ["CA", "CB", "CG"], 1.522, 113.3, Free(&[180.0, -60.0, 60.0])),
                    place("OE1", ["CB", "CG", "CD"], 1.252, 119.0, Free(&[0.0, 60.0, -60.0])),
                    place("OE2", ["CB", "CG", "CD"], 1.252, 118.1, Sibling("OE1", -180.0)),
                ]
            }
        }
        ResidueType::Gly => const { &[] },
        ResidueType::His => {
            const {
                &[
                    place("CB", ["N", "C", "CA"], 1.532, 110.1, Fixed(122.7)),
                    place("CG", ["N", "CA", "CB"], 1.496, 113.6, Free(&[-60.0, 180.0, 60.0])),
                    place(
                        "ND1",
                        ["CA", "CB", "CG"],
                        1.378,
                        122.6,
                        Free(&[90.0, -90.0, 30.0, -30.0, 150.0, -150.0]),
                    ),
                    place("CD2", ["CA", "CB", "CG"], 1.355, 131.0, Sibling("ND1", 179.9)),
                    place("CE1", ["CB", "CG", "ND1"], 1.323, 109.2, Fixed(180.0)),
                    place("NE2", ["CB", "CG", "CD2"], 1.374, 107.2, Fixed(180.0)),
                ]
            }
        }
        ResidueType::Ile => {
            const {
                &[
                    place("CB", ["N", "C", "CA"], 1.546, 110.4, Fixed(123.2)),
                    place("CG1", ["N", "CA", "CB"], 1.533, 110.4, Free(&[-60.0, 180.0, 60.0])),
                    place("CG2", ["N", "CA", "CB"], 1.531, 110.7, Sibling("CG1", -123.2)),
                    place("CD1", ["CA", "CB", "CG1"], 1.520, 114.0, Free(&[180.0, -60.0, 60.0])),
                ]
            }
        }
        ResidueType::Leu => {
            const {
                &[
                    place("CB", ["N", "C", "CA"], 1.531, 110.0, Fixed(122.5)),
                    place("CG", ["N", "CA", "CB"], 1.530, 116.3, Free(&[-60.0, 180.0, 60.0])),
                    place("CD1", ["CA", "CB", "CG"], 1.524, 110.4, Free(&[180.0, -60.0, 60.0])),
                    place("CD2", ["CA", "CB", "CG"], 1.524, 110.6, Sibling("CD1", 122.9)),
                ]
            }
        }
        ResidueType::Lys => {
            const {
                &[
                    place("CB", ["N", "C", "CA"], 1.531, 110.1, Fixed(122.8)),
                    place("CG", ["N", "CA", "CB"], 1.522, 114.0, Free(&[-60.0, 180.0, 60.0])),
                    place("CD", ["CA", "CB", "CG"], 1.524, 111.6, Free(&[180.0, -60.0, 60.0])),
                    place("CE", ["CB", "CG", "CD"], 1.522, 111.6, Free(&[180.0, -60.0, 60.0])),
                    place("NZ", ["CG", "CD", "CE"], 1.493, 111.8, Free(&[180.0, -60.0, 60.0])),
                ]
            }
        }
        ResidueType::Met => {
            const {
                &[
                    place("CB", ["N", "C", "CA"], 1.531, 110.0, Fixed(122.7)),
                    place("CG", ["N", "CA", "CB"], 1.521, 113.9, Free(&[-60.0, 180.0, 60.0])),
                    place("SD", ["CA", "CB", "CG"], 1.806, 112.7, Free(&[180.0, -60.0, 60.0])),
                    place("CE", ["CB", "CG", "SD"], 1.786, 100.6, Free(&[180.0, -60.0, 60.0])),
                ]
            }
        }
        ResidueType::Phe => {
            const {
                &[
                    place("CB", ["N", "C", "CA"], 1.533, 110.1, Fixed(122.7)),
                    place("CG", ["N", "CA", "CB"], 1.504, 113.8, Free(&[-60.0, 180.0, 60.0])),
                    place("CD1", ["CA", "CB", "CG"], 1.389, 120.7, Free(&[90.0, 30.0, -30.0])),
                    place("CD2", ["CA", "CB", "CG"], 1.388, 120.5, Sibling("CD1", 180.0)),
                    place("CE1", ["CB", "CG", "CD1"], 1.391, 120.8, Fixed(180.0)),
                    place("CE2", ["CB", "CG", "CD2"], 1.391, 120.8, Fixed(180.0)),
                    place("CZ", ["CG", "CD1", "CE1"], 1.384, 119.9, Fixed(0.0)),
                ]
            }
        }
        ResidueType::Pro => {
            const {
                &[
                    place("CB", ["N", "C", "CA"], 1.533, 110.9, Fixed(115.2)),
                    place("CG", ["N", "CA", "CB"], 1.494, 104.4, Fixed(-28.0)),
                    place("CD", ["CA", "CB", "CG"], 1.506, 105.3, Fixed(36.0)),
                ]
            }
        }
        ResidueType::Ser => {
            const {
                &[
                    place("CB", ["N", "C", "CA"], 1.530, 109.9, Fixed(122.7)),
                    place("OG", ["N", "CA", "CB"], 1.417, 110.8, Free(&[-60.0, 180.0, 60.0])),
                ]
            }
        }
        ResidueType::Thr => {
            const {
                &[
                    place("CB", ["N", "C", "CA"], 1.541, 109.7, Fixed(123.1)),
                    place("OG1", ["N", "CA", "CB"], 1.432, 109.3, Free(&[-60.0, 180.0, 60.0])),
                    place("CG2", ["N", "CA", "CB"], 1.525, 111.1, Sibling("OG1", -120.6)),
                ]
            }
        }
        ResidueType::Trp => {
            const {
                &[
                    place("CB", ["N", "C", "CA"], 1.533, 110.0, Fixed(122.6)),
                    place("CG", ["N", "CA", "CB"], 1.499, 114.0, Free(&[-60.0, 180.0, 60.0])),
                    place("CD1", ["CA", "CB", "CG"], 1.368, 127.0, Free(&[90.0, -90.0, 0.0, 180.0])),
                    place("CD2", ["CA", "CB", "CG"], 1.433, 126.6, Sibling("CD1", -179.8)),
                    place("NE1", ["CB", "CG", "CD1"], 1.375, 110.1, Fixed(180.0)),
                    place("CE2", ["CB", "CG", "CD2"], 1.413, 107.2, Fixed(180.0)),
                    place("CE3", ["CB", "CG", "CD2"], 1.401, 133.9, Sibling("CE2", 180.0)),
                    place("CZ2", ["CG", "CD2", "CE2"], 1.397, 122.4, Fixed(180.0)),
                    place("CH2", ["CD2", "CE2", "CZ2"], 1.372, 117.5, Fixed(0.0)),
                    place("CZ3", ["CE2", "CZ2", "CH2"], 1.404, 121.5, Fixed(0.0)),
                ]
            }
        }
        ResidueType::Tyr => {
            const {
                &[
                    place("CB", ["N", "C", "CA"], 1.533, 110.0, Fixed(122.7)),
                    place("CG", ["N", "CA", "CB"], 1.511, 113.7, Free(&[-60.0, 180.0, 60.0])),
                    place("CD1", ["CA", "CB", "CG"], 1.392, 120.9, Free(&[90.0, 30.0, -30.0])),
                    place("CD2", ["CA", "CB", "CG"], 1.391, 120.9, Sibling("CD1", -179.9)),
                    place("CE1", ["CB", "CG", "CD1"], 1.389, 121.1, Fixed(180.0)),
                    place("CE2", ["CB", "CG", "CD2"], 1.389, 121.1, Fixed(180.0)),
                    place("CZ", ["CG", "CD1", "CE1"], 1.382, 119.5, Fixed(0.0)),
                    place("OH", ["CD1", "CE1", "CZ"], 1.377, 119.8, Fixed(180.0)),
                ]
            }
        }
        ResidueType::Val => {
            const {
                &[
                    place("CB", ["N", "C", "CA"], 1.546, 110.4, Fixed(123.3)),
                    place("CG1", ["N", "CA", "CB"], 1.527, 110.8, Free(&[-60.0, 180.0, 60.0])),
                    place("CG2", ["N", "CA", "CB"], 1.526, 110.5, Sibling("CG1", 122.9)),
                ]
            }
        }
        ResidueType::Nle => {
            const {
                &[
                    place("CB", ["N", "C", "CA"], 1.531, 110.1, Fixed(122.8)),
                    place("CG", ["N", "CA", "CB"], 1.522, 114.0, Free(&[-60.0, 180.0, 60.0])),
                    place("CD", ["CA", "CB", "CG"], 1.524, 111.6, Free(&[180.0, -60.0, 60.0])),
                    place("CE", ["CB", "CG", "CD"], 1.522, 111.6, Free(&[180.0, -60.0, 60.0])),
                ]
            }
        }
    }
}
