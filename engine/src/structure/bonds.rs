//! Covalent bonds from residue templates, never from distances: a stretched bond must be seen as
//! stretched, not as absent.

use super::ResidueType;

/// Bonds of the side chain of one residue, by atom name, the CA–CB bond included.
pub fn side_chain_bonds(kind: ResidueType) -> &'static [(&'static str, &'static str)] {
    use ResidueType::*;
    match kind {
        Gly => &[],
        Ala => &[("CA", "CB")],
        Arg => &[
            ("CA", "CB"),
            ("CB", "CG"),
            ("CG", "CD"),
            ("CD", "NE"),
            ("NE", "CZ"),
            ("CZ", "NH1"),
            ("CZ", "NH2"),
        ],
        Asn => &[("CA", "CB"), ("CB", "CG"), ("CG", "OD1"), ("CG", "ND2")],
        Asp => &[("CA", "CB"), ("CB", "CG"), ("CG", "OD1"), ("CG", "OD2")],
        Cys => &[("CA", "CB"), ("CB", "SG")],
        Gln => &[("CA", "CB"), ("CB", "CG"), ("CG", "CD"), ("CD", "OE1"), ("CD", "NE2")],
        Glu => &[("CA", "CB"), ("CB", "CG"), ("CG", "CD"), ("CD", "OE1"), ("CD", "OE2")],
        His => &[
            ("CA", "CB"),
            ("CB", "CG"),
            ("CG", "ND1"),
            ("ND1", "CE1"),
            ("CE1", "NE2"),
            ("NE2", "CD2"),
            ("CD2", "CG"),
        ],
        Ile => &[("CA", "CB"), ("CB", "CG1"), ("CG1", "CD1"), ("CB", "CG2")],
        Leu => &[("CA", "CB"), ("CB", "CG"), ("CG", "CD1"), ("CG", "CD2")],
        Lys => &[("CA", "CB"), ("CB", "CG"), ("CG", "CD"), ("CD", "CE"), ("CE", "NZ")],
        Met => &[("CA", "CB"), ("CB", "CG"), ("CG", "SD"), ("SD", "CE")],
        Nle => &[("CA", "CB"), ("CB", "CG"), ("CG", "CD"), ("CD", "CE")],
        Phe => &[
            ("CA", "CB"),
            ("CB", "CG"),
            ("CG", "CD1"),
            ("CD1", "CE1"),
            ("CE1", "CZ"),
            ("CZ", "CE2"),
            ("CE2", "CD2"),
            ("CD2", "CG"),
        ],
        Tyr => &[
            ("CA", "CB"),
            ("CB", "CG"),
            ("CG", "CD1"),
            ("CD1", "CE1"),
            ("CE1", "CZ"),
            ("CZ", "OH"),
            ("CZ", "CE2"),
            ("CE2", "CD2"),
            ("CD2", "CG"),
        ],
        Pro => &[("CA", "CB"), ("CB", "CG"), ("CG", "CD"), ("CD", "N")],
        Ser => &[("CA", "CB"), ("CB", "OG")],
        Thr => &[("CA", "CB"), ("CB", "OG1"), ("CB", "CG2")],
        Trp => &[
            ("CA", "CB"),
            ("CB", "CG"),
            ("CG", "CD1"),
            ("CD1", "NE1"),
            ("NE1", "CE2"),
            ("CE2", "CZ2"),
            ("CZ2", "CH2"),
            ("CH2", "CZ3"),
            ("CZ3", "CE3"),
            ("CE3", "CD2"),
            ("CD2", "CG"),
            ("CD2", "CE2"),
        ],
        Val => &[("CA", "CB"), ("CB", "CG1"), ("CB", "CG2")],
    }
}

/// Bonds of one residue, backbone first, by atom name.
pub(super) fn residue_bonds(kind: ResidueType) -> impl Iterator<Item = (&'static str, &'static str)> {
    const BACKBONE: [(&str, &str); 3] = [("N", "CA"), ("CA", "C"), ("C", "O")];
    BACKBONE.into_iter().chain(side_chain_bonds(kind).iter().copied())
}
