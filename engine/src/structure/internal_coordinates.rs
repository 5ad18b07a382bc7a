//! Ideal internal coordinates of side chains. `internal_coordinates.json` is written by
//! `engine/scripts/internal_coordinates.py` from the means over PDB chains that Biopython carries (Bio.PDB.ic_data,
//! BSD 3-Clause).

use std::sync::LazyLock;

use serde::Deserialize;

use super::ResidueType;
use super::residue_table::{ResidueTable, bundled_table};

/// The torsion `references[0]–[1]–[2]–atom`, in degrees.
#[derive(Debug, Deserialize)]
pub(super) enum Torsion {
    /// Any of these rotamers.
    Free(Vec<f64>),
    /// The torsion of another atom on the same references, plus an offset.
    Sibling(&'static str, f64),
    /// Always this.
    Fixed(f64),
}

/// Where an atom goes, given three atoms before it; it is bonded to the third. A row of the file has these in order.
#[derive(Debug, Deserialize)]
pub(super) struct Placement {
    pub atom: &'static str,
    #[serde(borrow)]
    pub references: [&'static str; 3],
    pub bond_angstrom: f64,
    pub angle_degrees: f64,
    pub torsion: Torsion,
}

/// How to place each side-chain atom, each after those that it refers to.
pub(super) fn placements(kind: ResidueType) -> &'static [Placement] {
    static TABLE: LazyLock<ResidueTable<Vec<Placement>>> =
        LazyLock::new(|| bundled_table(include_str!("internal_coordinates.json")));
    &TABLE[kind]
}
