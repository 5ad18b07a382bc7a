//! The residue vocabulary and the canonical order of heavy atoms in each residue.

use serde::{Deserialize, Serialize};

/// Number of vector slots per residue: all heavy atoms but Cα. Tryptophan fills all of them.
pub const SLOTS: usize = 13;

/// The 20 standard residues and norleucine, in the order of their three-letter codes, norleucine last.
/// The discriminant is the index of the one-hot residue label of the network.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, strum::IntoStaticStr,
)]
#[strum(serialize_all = "UPPERCASE")]
#[repr(u8)]
#[allow(missing_docs)] // the names are the documentation
pub enum ResidueType {
    Ala,
    Arg,
    Asn,
    Asp,
    Cys,
    Gln,
    Glu,
    Gly,
    His,
    Ile,
    Leu,
    Lys,
    Met,
    Phe,
    Pro,
    Ser,
    Thr,
    Trp,
    Tyr,
    Val,
    Nle,
}

use ResidueType::*;

impl ResidueType {
    /// Number of residue types.
    pub const COUNT: usize = 21;

    /// All residue types, in index order.
    pub const ALL: [ResidueType; Self::COUNT] = [
        Ala, Arg, Asn, Asp, Cys, Gln, Glu, Gly, His, Ile, Leu, Lys, Met, Phe, Pro, Ser, Thr, Trp, Tyr, Val,
        Nle,
    ];

    /// Index of the one-hot label, `0..COUNT`.
    pub fn index(self) -> usize {
        self as usize
    }

    /// Three-letter code in capitals, as in PDB files.
    pub fn code3(self) -> &'static str {
        self.into()
    }

    /// One-letter code; norleucine, which has none of its own, is `X`.
    pub fn code1(self) -> char {
        match self {
            Ala => 'A',
            Arg => 'R',
            Asn => 'N',
            Asp => 'D',
            Cys => 'C',
            Gln => 'Q',
            Glu => 'E',
            Gly => 'G',
            His => 'H',
            Ile => 'I',
            Leu => 'L',
            Lys => 'K',
            Met => 'M',
            Phe => 'F',
            Pro => 'P',
            Ser => 'S',
            Thr => 'T',
            Trp => 'W',
            Tyr => 'Y',
            Val => 'V',
            Nle => 'X',
        }
    }

    /// Names of the heavy atoms in canonical order: `N CA C O`, then the side chain by branch.
    /// OXT is not among them.
    pub fn atom_names(self) -> &'static [&'static str] {
        match self {
            Ala => &["N", "CA", "C", "O", "CB"],
            Arg => &["N", "CA", "C", "O", "CB", "CG", "CD", "NE", "CZ", "NH1", "NH2"],
            Asn => &["N", "CA", "C", "O", "CB", "CG", "OD1", "ND2"],
            Asp => &["N", "CA", "C", "O", "CB", "CG", "OD1", "OD2"],
            Cys => &["N", "CA", "C", "O", "CB", "SG"],
            Gln => &["N", "CA", "C", "O", "CB", "CG", "CD", "OE1", "NE2"],
            Glu => &["N", "CA", "C", "O", "CB", "CG", "CD", "OE1", "OE2"],
            Gly => &["N", "CA", "C", "O"],
            His => &["N", "CA", "C", "O", "CB", "CG", "ND1", "CE1", "NE2", "CD2"],
            Ile => &["N", "CA", "C", "O", "CB", "CG1", "CD1", "CG2"],
            Leu => &["N", "CA", "C", "O", "CB", "CG", "CD1", "CD2"],
            Lys => &["N", "CA", "C", "O", "CB", "CG", "CD", "CE", "NZ"],
            Met => &["N", "CA", "C", "O", "CB", "CG", "SD", "CE"],
            Phe => &["N", "CA", "C", "O", "CB", "CG", "CD1", "CE1", "CZ", "CE2", "CD2"],
            Pro => &["N", "CA", "C", "O", "CB", "CG", "CD"],
            Ser => &["N", "CA", "C", "O", "CB", "OG"],
            Thr => &["N", "CA", "C", "O", "CB", "OG1", "CG2"],
            Trp => &["N", "CA", "C", "O", "CB", "CG", "CD1", "NE1", "CE2", "CZ2", "CH2", "CZ3", "CE3", "CD2"],
            Tyr => &["N", "CA", "C", "O", "CB", "CG", "CD1", "CE1", "CZ", "OH", "CE2", "CD2"],
            Val => &["N", "CA", "C", "O", "CB", "CG1", "CG2"],
            Nle => &["N", "CA", "C", "O", "CB", "CG", "CD", "CE"],
        }
    }

    /// Number of heavy atoms.
    pub fn atom_count(self) -> usize {
        self.atom_names().len()
    }

    /// Atoms that may swap names without changing the molecule, as pairs that swap **together**
    /// (both ring pairs of PHE and TYR flip at once). Names index into [`Self::atom_names`].
    pub fn equivalent_pairs(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Asp => &[("OD1", "OD2")],
            Glu => &[("OE1", "OE2")],
            Phe | Tyr => &[("CD1", "CD2"), ("CE1", "CE2")],
            Arg => &[("NH1", "NH2")],
            _ => &[],
        }
    }
}
