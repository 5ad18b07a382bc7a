//! Covalent bonds from residue templates, never from distances: a stretched bond must be seen as stretched, not as
//! absent. With mean lengths and angles in proteins.
//!
//! `bonds.json` is written by `engine/scripts/bonded_parameters.py` from the means over PDB chains that Biopython
//! carries (Bio.PDB.ic_data, BSD 3-Clause), and Engh & Huber 1991 for what those leave out.

use std::sync::LazyLock;

use serde::Deserialize;

use super::ResidueType;
use super::residue_table::{ResidueTable, bundled_table};

/// Bond lengths (Å) and angles (degrees) within a residue, and of the peptide bond to the next.
#[derive(Default, Deserialize)]
pub(crate) struct BondedParameters {
    /// Backbone first, then the side chain from CA on.
    #[serde(borrow)]
    pub bonds: Vec<(&'static str, &'static str, f64)>,
    /// The apex is in the middle.
    #[serde(borrow)]
    pub angles: Vec<(&'static str, &'static str, &'static str, f64)>,
    /// CA–C–N of the bond to the residue after.
    pub ca_c_n_degrees: f64,
    /// C–N length and C–N–CA angle of the bond to the residue before.
    pub c_n_angstrom: f64,
    pub c_n_ca_degrees: f64,
}

/// O–C–N, which is what the other two angles about C leave of a flat group, degrees.
pub(crate) const O_C_N_DEGREES: f64 = 123.0;
/// C–N–CD before proline, degrees.
pub(crate) const C_N_CD_PROLINE_DEGREES: f64 = 125.0;

pub(crate) fn bonded_parameters(kind: ResidueType) -> &'static BondedParameters {
    static TABLE: LazyLock<ResidueTable<BondedParameters>> =
        LazyLock::new(|| bundled_table(include_str!("bonds.json")));
    &TABLE[kind]
}

/// Bonds of one residue, backbone first, by atom name.
pub(crate) fn residue_bonds(kind: ResidueType) -> impl Iterator<Item = (&'static str, &'static str)> + Clone {
    bonded_parameters(kind).bonds.iter().map(|&(a, b, _)| (a, b))
}
