//! Mean bond lengths and angles of proteins. Written by engine/scripts/bonded_parameters.py from the
//! means over PDB chains that Biopython carries (Bio.PDB.ic_data, BSD 3-Clause), and Engh & Huber 1991
//! for what those leave out; do not edit.

use super::ResidueType;

/// Bond lengths (Å) and angles (degrees) within a residue, and of the peptide bond to the next.
pub(crate) struct BondedParameters {
    pub bonds: &'static [(&'static str, &'static str, f64)],
    pub angles: &'static [(&'static str, &'static str, &'static str, f64)],
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

#[rustfmt::skip] // one residue after the other, not one number a line
pub(crate) fn bonded_parameters(kind: ResidueType) -> &'static BondedParameters {
    match kind {
        ResidueType::Ala => const { &BondedParameters {
            bonds: &[
                ("N", "CA", 1.461), ("CA", "C", 1.526), ("C", "O", 1.233), ("CA", "CB", 1.526),
            ],
            angles: &[
                ("N", "CA", "C", 111.1), ("N", "CA", "CB", 110.4), ("C", "CA", "CB", 110.3),
                ("CA", "C", "O", 120.5),
            ],
            ca_c_n_degrees: 116.7, c_n_angstrom: 1.331, c_n_ca_degrees: 121.4,
        } },
        ResidueType::Arg => const { &BondedParameters {
            bonds: &[
                ("N", "CA", 1.461), ("CA", "C", 1.525), ("C", "O", 1.233), ("CA", "CB", 1.531),
                ("CB", "CG", 1.521), ("CG", "CD", 1.522), ("CD", "NE", 1.461),
                ("NE", "CZ", 1.331), ("CZ", "NH1", 1.329), ("CZ", "NH2", 1.327),
            ],
            angles: &[
                ("N", "CA", "C", 111.0), ("N", "CA", "CB", 110.6), ("C", "CA", "CB", 110.1),
                ("CA", "C", "O", 120.5), ("CA", "CB", "CG", 113.9), ("CB", "CG", "CD", 111.7),
                ("CG", "CD", "NE", 111.7), ("CD", "NE", "CZ", 124.7),
                ("NE", "CZ", "NH1", 120.6), ("NE", "CZ", "NH2", 119.7),
                ("NH1", "CZ", "NH2", 119.7),
            ],
            ca_c_n_degrees: 116.7, c_n_angstrom: 1.330, c_n_ca_degrees: 121.5,
        } },
        ResidueType::Asn => const { &BondedParameters {
            bonds: &[
                ("N", "CA", 1.460), ("CA", "C", 1.526), ("C", "O", 1.233), ("CA", "CB", 1.532),
                ("CB", "CG", 1.516), ("CG", "OD1", 1.233), ("CG", "ND2", 1.328),
            ],
            angles: &[
                ("N", "CA", "C", 111.5), ("N", "CA", "CB", 110.5), ("C", "CA", "CB", 110.3),
                ("CA", "C", "O", 120.4), ("CA", "CB", "CG", 112.6), ("CB", "CG", "OD1", 120.9),
                ("CB", "CG", "ND2", 116.5), ("OD1", "CG", "ND2", 122.6),
            ],
            ca_c_n_degrees: 116.7, c_n_angstrom: 1.331, c_n_ca_degrees: 121.6,
        } },
        ResidueType::Asp => const { &BondedParameters {
            bonds: &[
                ("N", "CA", 1.461), ("CA", "C", 1.527), ("C", "O", 1.233), ("CA", "CB", 1.532),
                ("CB", "CG", 1.520), ("CG", "OD1", 1.251), ("CG", "OD2", 1.251),
            ],
            angles: &[
                ("N", "CA", "C", 111.0), ("N", "CA", "CB", 110.6), ("C", "CA", "CB", 110.1),
                ("CA", "C", "O", 120.5), ("CA", "CB", "CG", 113.0), ("CB", "CG", "OD1", 119.2),
                ("CB", "CG", "OD2", 118.1), ("OD1", "CG", "OD2", 122.9),
            ],
            ca_c_n_degrees: 116.7, c_n_angstrom: 1.331, c_n_ca_degrees: 121.6,
        } },
        ResidueType::Cys => const { &BondedParameters {
            bonds: &[
                ("N", "CA", 1.460), ("CA", "C", 1.524), ("C", "O", 1.233), ("CA", "CB", 1.529),
                ("CB", "SG", 1.808),
            ],
            angles: &[
                ("N", "CA", "C", 110.9), ("N", "CA", "CB", 110.5), ("C", "CA", "CB", 109.9),
                ("CA", "C", "O", 120.5), ("CA", "CB", "SG", 113.9),
            ],
            ca_c_n_degrees: 116.6, c_n_angstrom: 1.330, c_n_ca_degrees: 121.5,
        } },
        ResidueType::Gln => const { &BondedParameters {
            bonds: &[
                ("N", "CA", 1.461), ("CA", "C", 1.526), ("C", "O", 1.233), ("CA", "CB", 1.531),
                ("CB", "CG", 1.523), ("CG", "CD", 1.518), ("CD", "OE1", 1.234),
                ("CD", "NE2", 1.328),
            ],
            angles: &[
                ("N", "CA", "C", 111.1), ("N", "CA", "CB", 110.6), ("C", "CA", "CB", 110.1),
                ("CA", "C", "O", 120.5), ("CA", "CB", "CG", 113.9), ("CB", "CG", "CD", 112.7),
                ("CG", "CD", "OE1", 120.9), ("CG", "CD", "NE2", 116.4),
                ("OE1", "CD", "NE2", 122.6),
            ],
            ca_c_n_degrees: 116.7, c_n_angstrom: 1.332, c_n_ca_degrees: 121.5,
        } },
        ResidueType::Glu => const { &BondedParameters {
            bonds: &[
                ("N", "CA", 1.461), ("CA", "C", 1.526), ("C", "O", 1.233), ("CA", "CB", 1.532),
                ("CB", "CG", 1.522), ("CG", "CD", 1.522), ("CD", "OE1", 1.252),
                ("CD", "OE2", 1.252),
            ],
            angles: &[
                ("N", "CA", "C", 111.2), ("N", "CA", "CB", 110.6), ("C", "CA", "CB", 110.1),
                ("CA", "C", "O", 120.4), ("CA", "CB", "CG", 113.9), ("CB", "CG", "CD", 113.3),
                ("CG", "CD", "OE1", 119.0), ("CG", "CD", "OE2", 118.1),
                ("OE1", "CD", "OE2", 122.9),
            ],
            ca_c_n_degrees: 116.7, c_n_angstrom: 1.330, c_n_ca_degrees: 121.5,
        } },
        ResidueType::Gly => const { &BondedParameters {
            bonds: &[
                ("N", "CA", 1.455), ("CA", "C", 1.517), ("C", "O", 1.233),
            ],
            angles: &[
                ("N", "CA", "C", 113.1), ("CA", "C", "O", 120.5),
            ],
            ca_c_n_degrees: 116.7, c_n_angstrom: 1.329, c_n_ca_degrees: 121.4,
        } },
        ResidueType::His => const { &BondedParameters {
            bonds: &[
                ("N", "CA", 1.460), ("CA", "C", 1.524), ("C", "O", 1.233), ("CA", "CB", 1.532),
                ("CB", "CG", 1.496), ("CG", "ND1", 1.378), ("ND1", "CE1", 1.323),
                ("CE1", "NE2", 1.321), ("NE2", "CD2", 1.374), ("CD2", "CG", 1.355),
            ],
            angles: &[
                ("N", "CA", "C", 111.1), ("N", "CA", "CB", 110.5), ("C", "CA", "CB", 110.1),
                ("CA", "C", "O", 120.4), ("CA", "CB", "CG", 113.6), ("CB", "CG", "ND1", 122.6),
                ("CB", "CG", "CD2", 131.0), ("ND1", "CG", "CD2", 106.1),
                ("CG", "ND1", "CE1", 109.2), ("ND1", "CE1", "NE2", 108.4),
                ("CE1", "NE2", "CD2", 109.0), ("NE2", "CD2", "CG", 107.2),
            ],
            ca_c_n_degrees: 116.7, c_n_angstrom: 1.331, c_n_ca_degrees: 121.6,
        } },
        ResidueType::Ile => const { &BondedParameters {
            bonds: &[
                ("N", "CA", 1.460), ("CA", "C", 1.526), ("C", "O", 1.233), ("CA", "CB", 1.546),
                ("CB", "CG1", 1.533), ("CG1", "CD1", 1.520), ("CB", "CG2", 1.531),
            ],
            angles: &[
                ("N", "CA", "C", 109.8), ("N", "CA", "CB", 111.4), ("C", "CA", "CB", 110.4),
                ("CA", "C", "O", 120.5), ("CA", "CB", "CG1", 110.4), ("CA", "CB", "CG2", 110.7),
                ("CG1", "CB", "CG2", 110.7), ("CB", "CG1", "CD1", 114.0),
            ],
            ca_c_n_degrees: 116.7, c_n_angstrom: 1.330, c_n_ca_degrees: 121.6,
        } },
        ResidueType::Leu => const { &BondedParameters {
            bonds: &[
                ("N", "CA", 1.460), ("CA", "C", 1.525), ("C", "O", 1.233), ("CA", "CB", 1.531),
                ("CB", "CG", 1.530), ("CG", "CD1", 1.524), ("CG", "CD2", 1.524),
            ],
            angles: &[
                ("N", "CA", "C", 110.9), ("N", "CA", "CB", 110.5), ("C", "CA", "CB", 110.0),
                ("CA", "C", "O", 120.4), ("CA", "CB", "CG", 116.3), ("CB", "CG", "CD1", 110.4),
                ("CB", "CG", "CD2", 110.6), ("CD1", "CG", "CD2", 110.8),
            ],
            ca_c_n_degrees: 116.7, c_n_angstrom: 1.330, c_n_ca_degrees: 121.5,
        } },
        ResidueType::Lys => const { &BondedParameters {
            bonds: &[
                ("N", "CA", 1.461), ("CA", "C", 1.526), ("C", "O", 1.233), ("CA", "CB", 1.531),
                ("CB", "CG", 1.522), ("CG", "CD", 1.524), ("CD", "CE", 1.522),
                ("CE", "NZ", 1.493),
            ],
            angles: &[
                ("N", "CA", "C", 111.1), ("N", "CA", "CB", 110.5), ("C", "CA", "CB", 110.1),
                ("CA", "C", "O", 120.5), ("CA", "CB", "CG", 114.0), ("CB", "CG", "CD", 111.6),
                ("CG", "CD", "CE", 111.6), ("CD", "CE", "NZ", 111.8),
            ],
            ca_c_n_degrees: 116.7, c_n_angstrom: 1.330, c_n_ca_degrees: 121.6,
        } },
        ResidueType::Met => const { &BondedParameters {
            bonds: &[
                ("N", "CA", 1.461), ("CA", "C", 1.525), ("C", "O", 1.233), ("CA", "CB", 1.531),
                ("CB", "CG", 1.521), ("CG", "SD", 1.806), ("SD", "CE", 1.786),
            ],
            angles: &[
                ("N", "CA", "C", 111.0), ("N", "CA", "CB", 110.6), ("C", "CA", "CB", 110.0),
                ("CA", "C", "O", 120.4), ("CA", "CB", "CG", 113.9), ("CB", "CG", "SD", 112.7),
                ("CG", "SD", "CE", 100.6),
            ],
            ca_c_n_degrees: 116.7, c_n_angstrom: 1.330, c_n_ca_degrees: 121.4,
        } },
        ResidueType::Phe => const { &BondedParameters {
            bonds: &[
                ("N", "CA", 1.460), ("CA", "C", 1.525), ("C", "O", 1.233), ("CA", "CB", 1.533),
                ("CB", "CG", 1.504), ("CG", "CD1", 1.389), ("CD1", "CE1", 1.391),
                ("CE1", "CZ", 1.382), ("CZ", "CE2", 1.382), ("CE2", "CD2", 1.391),
                ("CD2", "CG", 1.388),
            ],
            angles: &[
                ("N", "CA", "C", 110.8), ("N", "CA", "CB", 110.6), ("C", "CA", "CB", 110.1),
                ("CA", "C", "O", 120.5), ("CA", "CB", "CG", 113.8), ("CB", "CG", "CD1", 120.7),
                ("CB", "CG", "CD2", 120.5), ("CD1", "CG", "CD2", 118.6),
                ("CG", "CD1", "CE1", 120.8), ("CD1", "CE1", "CZ", 120.0),
                ("CE1", "CZ", "CE2", 120.0), ("CZ", "CE2", "CD2", 120.0),
                ("CE2", "CD2", "CG", 120.8),
            ],
            ca_c_n_degrees: 116.6, c_n_angstrom: 1.330, c_n_ca_degrees: 121.6,
        } },
        ResidueType::Pro => const { &BondedParameters {
            bonds: &[
                ("N", "CA", 1.467), ("CA", "C", 1.526), ("C", "O", 1.233), ("CA", "CB", 1.533),
                ("CB", "CG", 1.494), ("CG", "CD", 1.506), ("CD", "N", 1.473),
            ],
            angles: &[
                ("CA", "N", "CD", 112.0), ("N", "CA", "C", 112.6), ("N", "CA", "CB", 103.3),
                ("C", "CA", "CB", 110.9), ("CA", "C", "O", 120.2), ("CA", "CB", "CG", 104.4),
                ("CB", "CG", "CD", 105.3), ("CG", "CD", "N", 103.2),
            ],
            ca_c_n_degrees: 116.8, c_n_angstrom: 1.341, c_n_ca_degrees: 120.3,
        } },
        ResidueType::Ser => const { &BondedParameters {
            bonds: &[
                ("N", "CA", 1.460), ("CA", "C", 1.525), ("C", "O", 1.233), ("CA", "CB", 1.530),
                ("CB", "OG", 1.417),
            ],
            angles: &[
                ("N", "CA", "C", 111.2), ("N", "CA", "CB", 110.5), ("C", "CA", "CB", 109.9),
                ("CA", "C", "O", 120.5), ("CA", "CB", "OG", 110.8),
            ],
            ca_c_n_degrees: 116.6, c_n_angstrom: 1.330, c_n_ca_degrees: 121.5,
        } },
        ResidueType::Thr => const { &BondedParameters {
            bonds: &[
                ("N", "CA", 1.460), ("CA", "C", 1.526), ("C", "O", 1.233), ("CA", "CB", 1.541),
                ("CB", "OG1", 1.432), ("CB", "CG2", 1.525),
            ],
            angles: &[
                ("N", "CA", "C", 110.7), ("N", "CA", "CB", 111.2), ("C", "CA", "CB", 109.7),
                ("CA", "C", "O", 120.5), ("CA", "CB", "OG1", 109.3), ("CA", "CB", "CG2", 111.1),
                ("OG1", "CB", "CG2", 109.3),
            ],
            ca_c_n_degrees: 116.6, c_n_angstrom: 1.330, c_n_ca_degrees: 121.5,
        } },
        ResidueType::Trp => const { &BondedParameters {
            bonds: &[
                ("N", "CA", 1.460), ("CA", "C", 1.525), ("C", "O", 1.233), ("CA", "CB", 1.533),
                ("CB", "CG", 1.499), ("CG", "CD1", 1.368), ("CD1", "NE1", 1.375),
                ("NE1", "CE2", 1.370), ("CE2", "CZ2", 1.397), ("CZ2", "CH2", 1.372),
                ("CH2", "CZ3", 1.404), ("CZ3", "CE3", 1.382), ("CE3", "CD2", 1.401),
                ("CD2", "CG", 1.433), ("CD2", "CE2", 1.413),
            ],
            angles: &[
                ("N", "CA", "C", 110.9), ("N", "CA", "CB", 110.6), ("C", "CA", "CB", 110.0),
                ("CA", "C", "O", 120.5), ("CA", "CB", "CG", 114.0), ("CB", "CG", "CD1", 127.0),
                ("CB", "CG", "CD2", 126.6), ("CD1", "CG", "CD2", 106.3),
                ("CG", "CD1", "NE1", 110.1), ("CD1", "NE1", "CE2", 108.9),
                ("NE1", "CE2", "CZ2", 130.1), ("NE1", "CE2", "CD2", 107.4),
                ("CZ2", "CE2", "CD2", 122.4), ("CE2", "CZ2", "CH2", 117.5),
                ("CZ2", "CH2", "CZ3", 121.5), ("CH2", "CZ3", "CE3", 121.1),
                ("CZ3", "CE3", "CD2", 118.6), ("CE3", "CD2", "CG", 133.9),
                ("CE3", "CD2", "CE2", 118.8), ("CG", "CD2", "CE2", 107.2),
            ],
            ca_c_n_degrees: 116.7, c_n_angstrom: 1.331, c_n_ca_degrees: 121.5,
        } },
        ResidueType::Tyr => const { &BondedParameters {
            bonds: &[
                ("N", "CA", 1.460), ("CA", "C", 1.524), ("C", "O", 1.233), ("CA", "CB", 1.533),
                ("CB", "CG", 1.511), ("CG", "CD1", 1.392), ("CD1", "CE1", 1.389),
                ("CE1", "CZ", 1.382), ("CZ", "OH", 1.377), ("CZ", "CE2", 1.378),
                ("CE2", "CD2", 1.389), ("CD2", "CG", 1.391),
            ],
            angles: &[
                ("N", "CA", "C", 110.9), ("N", "CA", "CB", 110.6), ("C", "CA", "CB", 110.0),
                ("CA", "C", "O", 120.5), ("CA", "CB", "CG", 113.7), ("CB", "CG", "CD1", 120.9),
                ("CB", "CG", "CD2", 120.9), ("CD1", "CG", "CD2", 118.1),
                ("CG", "CD1", "CE1", 121.1), ("CD1", "CE1", "CZ", 119.5),
                ("CE1", "CZ", "OH", 119.8), ("CE1", "CZ", "CE2", 120.3),
                ("OH", "CZ", "CE2", 119.9), ("CZ", "CE2", "CD2", 119.6),
                ("CE2", "CD2", "CG", 121.1),
            ],
            ca_c_n_degrees: 116.6, c_n_angstrom: 1.330, c_n_ca_degrees: 121.6,
        } },
        ResidueType::Val => const { &BondedParameters {
            bonds: &[
                ("N", "CA", 1.460), ("CA", "C", 1.526), ("C", "O", 1.234), ("CA", "CB", 1.546),
                ("CB", "CG1", 1.527), ("CB", "CG2", 1.526),
            ],
            angles: &[
                ("N", "CA", "C", 109.8), ("N", "CA", "CB", 111.5), ("C", "CA", "CB", 110.4),
                ("CA", "C", "O", 120.5), ("CA", "CB", "CG1", 110.8), ("CA", "CB", "CG2", 110.5),
                ("CG1", "CB", "CG2", 110.8),
            ],
            ca_c_n_degrees: 116.6, c_n_angstrom: 1.330, c_n_ca_degrees: 121.6,
        } },
        ResidueType::Nle => const { &BondedParameters {
            bonds: &[
                ("N", "CA", 1.461), ("CA", "C", 1.526), ("C", "O", 1.233), ("CA", "CB", 1.531),
                ("CB", "CG", 1.522), ("CG", "CD", 1.524), ("CD", "CE", 1.513),
            ],
            angles: &[
                ("N", "CA", "C", 111.1), ("N", "CA", "CB", 110.5), ("C", "CA", "CB", 110.1),
                ("CA", "C", "O", 120.5), ("CA", "CB", "CG", 114.0), ("CB", "CG", "CD", 111.6),
                ("CG", "CD", "CE", 113.0),
            ],
            ca_c_n_degrees: 116.7, c_n_angstrom: 1.330, c_n_ca_degrees: 121.6,
        } },
    }
}
