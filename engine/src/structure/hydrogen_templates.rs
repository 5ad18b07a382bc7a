//! Which hydrogens each residue has at pH 7, their standard names (wwPDB), and how each sits on its heavy atom.

use super::ResidueType;

/// How hydrogens sit on their heavy atom, the parent. References are heavy atoms of the same residue.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Seat {
    /// One, opposite to the bonds from the parent to all references: CH with three, aromatic CH and NH with two.
    Opposite,
    /// Two on a tetrahedral parent between two references, the one nearer to the backbone first. With it on the
    /// left and the other on the right, the first hydrogen is the one in front (IUPAC 1970: the lower number is
    /// pro-R or pro-S by this rule alone).
    Pair,
    /// Turning about the bond from the second reference to the parent, at this angle to it (degrees), at staggered
    /// torsions about it: three 120° apart, or one of a hydroxyl or thiol.
    Rotor { angle_degrees: f64 },
    /// One in the plane of the references, on either side: the hydroxyl of tyrosine.
    FlatRotor { angle_degrees: f64 },
    /// Two in the plane of the references: amides and the ends of arginine. The first is cis to the first reference.
    FlatPair,
}

/// The hydrogens of one heavy atom.
#[derive(Clone, Copy, Debug)]
pub(super) struct Template {
    pub parent: &'static str,
    pub references: &'static [&'static str],
    pub names: &'static [&'static str],
    pub seat: Seat,
}

const fn template(
    parent: &'static str,
    references: &'static [&'static str],
    names: &'static [&'static str],
    seat: Seat,
) -> Template {
    Template { parent, references, names, seat }
}

const TETRAHEDRAL: Seat = Seat::Rotor { angle_degrees: 109.5 };
const HYDROXYL: Seat = Seat::Rotor { angle_degrees: 108.5 };
const THIOL: Seat = Seat::Rotor { angle_degrees: 96.0 };
const PHENOL: Seat = Seat::FlatRotor { angle_degrees: 112.0 };
use Seat::{FlatPair, Opposite, Pair};

/// N–H within a chain; its second neighbor, C of the residue before, is added by the caller.
pub(super) const AMIDE: Template = template("N", &["CA"], &["H"], Opposite);
/// The charged amino group of the first residue.
pub(super) const AMMONIUM: Template = template("N", &["C", "CA"], &["H1", "H2", "H3"], TETRAHEDRAL);
/// The same of proline.
pub(super) const PROLINE_AMMONIUM: Template = template("N", &["CA", "CD"], &["H2", "H3"], Pair);

const HA: Template = template("CA", &["N", "C", "CB"], &["HA"], Opposite);
const HB: Template = template("CB", &["CA", "CG"], &["HB2", "HB3"], Pair);

/// All hydrogens of a residue but those of its N. Histidine has both of its ring nitrogens protonated here, cysteine
/// its thiol; the caller takes away what a tautomer or a disulfide bridge does not have.
pub(super) fn templates(kind: ResidueType) -> &'static [Template] {
    match kind {
        ResidueType::Ala => {
            const { &[HA, template("CB", &["N", "CA"], &["HB1", "HB2", "HB3"], TETRAHEDRAL)] }
        }
        ResidueType::Arg => {
            const {
                &[
                    HA,
                    HB,
                    template("CG", &["CB", "CD"], &["HG2", "HG3"], Pair),
                    template("CD", &["CG", "NE"], &["HD2", "HD3"], Pair),
                    template("NE", &["CD", "CZ"], &["HE"], Opposite),
                    template("NH1", &["NE", "CZ"], &["HH11", "HH12"], FlatPair),
                    template("NH2", &["NE", "CZ"], &["HH21", "HH22"], FlatPair),
                ]
            }
        }
        ResidueType::Asn => const { &[HA, HB, template("ND2", &["CB", "CG"], &["HD21", "HD22"], FlatPair)] },
        ResidueType::Asp => const { &[HA, HB] },
        ResidueType::Cys => {
            const {
                &[
                    HA,
                    template("CB", &["CA", "SG"], &["HB2", "HB3"], Pair),
                    template("SG", &["CA", "CB"], &["HG"], THIOL),
                ]
            }
        }
        ResidueType::Gln => {
            const {
                &[
                    HA,
                    HB,
                    template("CG", &["CB", "CD"], &["HG2", "HG3"], Pair),
                    template("NE2", &["CG", "CD"], &["HE21", "HE22"], FlatPair),
                ]
            }
        }
        ResidueType::Glu => const { &[HA, HB, template("CG", &["CB", "CD"], &["HG2", "HG3"], Pair)] },
        ResidueType::Gly => const { &[template("CA", &["N", "C"], &["HA2", "HA3"], Pair)] },
        ResidueType::His => {
            const {
                &[
                    HA,
                    HB,
                    template("ND1", &["CG", "CE1"], &["HD1"], Opposite),
                    template("CD2", &["CG", "NE2"], &["HD2"], Opposite),
                    template("CE1", &["ND1", "NE2"], &["HE1"], Opposite),
                    template("NE2", &["CE1", "CD2"], &["HE2"], Opposite),
                ]
            }
        }
        ResidueType::Ile => {
            const {
                &[
                    HA,
                    template("CB", &["CA", "CG1", "CG2"], &["HB"], Opposite),
                    template("CG1", &["CB", "CD1"], &["HG12", "HG13"], Pair),
                    template("CG2", &["CA", "CB"], &["HG21", "HG22", "HG23"], TETRAHEDRAL),
                    template("CD1", &["CB", "CG1"], &["HD11", "HD12", "HD13"], TETRAHEDRAL),
                ]
            }
        }
        ResidueType::Leu => {
            const {
                &[
                    HA,
                    HB,
                    template("CG", &["CB", "CD1", "CD2"], &["HG"], Opposite),
                    template("CD1", &["CB", "CG"], &["HD11", "HD12", "HD13"], TETRAHEDRAL),
                    template("CD2", &["CB", "CG"], &["HD21", "HD22", "HD23"], TETRAHEDRAL),
                ]
            }
        }
        ResidueType::Lys => {
            const {
                &[
                    HA,
                    HB,
                    template("CG", &["CB", "CD"], &["HG2", "HG3"], Pair),
                    template("CD", &["CG", "CE"], &["HD2", "HD3"], Pair),
                    template("CE", &["CD", "NZ"], &["HE2", "HE3"], Pair),
                    template("NZ", &["CD", "CE"], &["HZ1", "HZ2", "HZ3"], TETRAHEDRAL),
                ]
            }
        }
        ResidueType::Met => {
            const {
                &[
                    HA,
                    HB,
                    template("CG", &["CB", "SD"], &["HG2", "HG3"], Pair),
                    template("CE", &["CG", "SD"], &["HE1", "HE2", "HE3"], TETRAHEDRAL),
                ]
            }
        }
        ResidueType::Nle => {
            const {
                &[
                    HA,
                    HB,
                    template("CG", &["CB", "CD"], &["HG2", "HG3"], Pair),
                    template("CD", &["CG", "CE"], &["HD2", "HD3"], Pair),
                    template("CE", &["CG", "CD"], &["HE1", "HE2", "HE3"], TETRAHEDRAL),
                ]
            }
        }
        ResidueType::Phe => {
            const {
                &[
                    HA,
                    HB,
                    template("CD1", &["CG", "CE1"], &["HD1"], Opposite),
                    template("CE1", &["CD1", "CZ"], &["HE1"], Opposite),
                    template("CZ", &["CE1", "CE2"], &["HZ"], Opposite),
                    template("CE2", &["CZ", "CD2"], &["HE2"], Opposite),
                    template("CD2", &["CE2", "CG"], &["HD2"], Opposite),
                ]
            }
        }
        ResidueType::Pro => {
            const {
                &[
                    HA,
                    HB,
                    template("CG", &["CB", "CD"], &["HG2", "HG3"], Pair),
                    template("CD", &["CG", "N"], &["HD2", "HD3"], Pair),
                ]
            }
        }
        ResidueType::Ser => {
            const {
                &[
                    HA,
                    template("CB", &["CA", "OG"], &["HB2", "HB3"], Pair),
                    template("OG", &["CA", "CB"], &["HG"], HYDROXYL),
                ]
            }
        }
        ResidueType::Thr => {
            const {
                &[
                    HA,
                    template("CB", &["CA", "OG1", "CG2"], &["HB"], Opposite),
                    template("OG1", &["CA", "CB"], &["HG1"], HYDROXYL),
                    template("CG2", &["CA", "CB"], &["HG21", "HG22", "HG23"], TETRAHEDRAL),
                ]
            }
        }
        ResidueType::Trp => {
            const {
                &[
                    HA,
                    HB,
                    template("CD1", &["CG", "NE1"], &["HD1"], Opposite),
                    template("NE1", &["CD1", "CE2"], &["HE1"], Opposite),
                    template("CE3", &["CD2", "CZ3"], &["HE3"], Opposite),
                    template("CZ2", &["CE2", "CH2"], &["HZ2"], Opposite),
                    template("CZ3", &["CE3", "CH2"], &["HZ3"], Opposite),
                    template("CH2", &["CZ2", "CZ3"], &["HH2"], Opposite),
                ]
            }
        }
        ResidueType::Tyr => {
            const {
                &[
                    HA,
                    HB,
                    template("CD1", &["CG", "CE1"], &["HD1"], Opposite),
                    template("CE1", &["CD1", "CZ"], &["HE1"], Opposite),
                    template("OH", &["CE1", "CZ"], &["HH"], PHENOL),
                    template("CE2", &["CZ", "CD2"], &["HE2"], Opposite),
                    template("CD2", &["CE2", "CG"], &["HD2"], Opposite),
                ]
            }
        }
        ResidueType::Val => {
            const {
                &[
                    HA,
                    template("CB", &["CA", "CG1", "CG2"], &["HB"], Opposite),
                    template("CG1", &["CA", "CB"], &["HG11", "HG12", "HG13"], TETRAHEDRAL),
                    template("CG2", &["CA", "CB"], &["HG21", "HG22", "HG23"], TETRAHEDRAL),
                ]
            }
        }
    }
}

/// Length of the bond to hydrogen, Å: means of neutron diffraction.
pub(super) fn bond_angstrom(parent: &str, seat: Seat) -> f64 {
    match (parent.as_bytes().first(), seat) {
        (Some(b'N'), _) => 1.01,
        (Some(b'O'), _) => 0.97,
        (Some(b'S'), _) => 1.34,
        (_, Seat::Opposite) => 1.08,
        _ => 1.09,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;
    use crate::structure::bonds::residue_bonds;

    // Valence: with the bonds of the residue, its peptide bonds and its hydrogens, each atom has the bonds that its
    // hybridization allows.
    #[test]
    fn every_carbon_has_the_neighbors_of_its_hybridization() {
        let planar = |kind: ResidueType, name: &str| {
            use ResidueType::*;
            match kind {
                Phe | Tyr => matches!(name, "CG" | "CD1" | "CD2" | "CE1" | "CE2" | "CZ"),
                Trp => !matches!(name, "CA" | "CB" | "C"),
                His => matches!(name, "CG" | "CD2" | "CE1"),
                Arg => name == "CZ",
                Asn | Asp => name == "CG",
                Gln | Glu => name == "CD",
                _ => false,
            }
        };
        for kind in ResidueType::ALL {
            for &name in kind.atom_names().iter().filter(|name| name.starts_with('C') && **name != "C") {
                let heavy = residue_bonds(kind).filter(|(a, b)| *a == name || *b == name).count();
                let hydrogens: usize =
                    templates(kind).iter().filter(|t| t.parent == name).map(|t| t.names.len()).sum();
                let expected = if planar(kind, name) { 3 } else { 4 };
                assert_eq!(heavy + hydrogens, expected, "{kind:?} {name}");
            }
            for t in templates(kind) {
                for atom in t.references.iter().chain([&t.parent]) {
                    assert!(kind.atom_names().contains(atom), "{kind:?} {atom}");
                }
                // The last reference is bonded to the parent, and so is every one of those without torsion.
                let bonded = |a: &str| {
                    residue_bonds(kind).any(|(x, y)| (x, y) == (a, t.parent) || (y, x) == (a, t.parent))
                };
                assert!(bonded(t.references.last().unwrap()), "{kind:?} {}", t.parent);
                if matches!(t.seat, Opposite | Pair) {
                    assert!(t.references.iter().all(|a| bonded(a)), "{kind:?} {}", t.parent);
                }
            }
        }
    }
}
