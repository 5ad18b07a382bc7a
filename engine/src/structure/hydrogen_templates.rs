//! Which hydrogens each residue has at pH 7, their standard names (wwPDB), and how each sits on its heavy atom:
//! `hydrogens.json`, written by hand.

use std::sync::LazyLock;

use serde::Deserialize;

use super::residue_table::{ResidueTable, bundled_table};

/// How hydrogens sit on their heavy atom, the parent. References are heavy atoms of the same residue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
pub(super) enum Seat {
    /// One, opposite to the bonds from the parent to all references: CH with three, aromatic CH and NH with two.
    #[default]
    Opposite,
    /// Two on a tetrahedral parent between two references, the one nearer to the backbone first. With it on the
    /// left and the other on the right, the first hydrogen is the one in front (IUPAC 1970: the lower number is
    /// pro-R or pro-S by this rule alone).
    Pair,
    /// Turning about the bond from the second reference to the parent, at this angle to it (degrees), at staggered
    /// torsions about it: three 120° apart, or one of a hydroxyl or thiol.
    Rotor(f64),
    /// One in the plane of the references, on either side, at this angle (degrees): the hydroxyl of tyrosine.
    FlatRotor(f64),
    /// Two in the plane of the references: amides and the ends of arginine. The first is cis to the first reference.
    FlatPair,
}

/// The hydrogens of one heavy atom. A row of the file has these in order.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Template {
    pub parent: &'static str,
    #[serde(borrow)]
    pub references: Vec<&'static str>,
    #[serde(borrow)]
    pub names: Vec<&'static str>,
    pub seat: Seat,
}

/// The file.
#[derive(Default, Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
pub(super) struct HydrogenTemplates {
    /// N–H within a chain; its second neighbor, C of the residue before, is added by the caller.
    pub amide: Template,
    /// The charged amino group of the first residue.
    pub ammonium: Template,
    /// The same of proline.
    pub proline_ammonium: Template,
    /// All hydrogens of a residue but those of its N. Histidine has both of its ring nitrogens protonated here,
    /// cysteine its thiol; the caller takes away what a tautomer or a disulfide bridge does not have.
    pub residues: ResidueTable<Vec<Template>>,
}

pub(super) static HYDROGENS: LazyLock<HydrogenTemplates> =
    LazyLock::new(|| bundled_table(include_str!("hydrogens.json")));

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
    use crate::structure::ResidueType;
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
                    HYDROGENS.residues[kind].iter().filter(|t| t.parent == name).map(|t| t.names.len()).sum();
                let expected = if planar(kind, name) { 3 } else { 4 };
                assert_eq!(heavy + hydrogens, expected, "{kind:?} {name}");
            }
            for t in &HYDROGENS.residues[kind] {
                for atom in t.references.iter().chain([&t.parent]) {
                    assert!(kind.atom_names().contains(atom), "{kind:?} {atom}");
                }
                // The last reference is bonded to the parent, and so is every one of those without torsion.
                let bonded = |a: &str| {
                    residue_bonds(kind).any(|(x, y)| (x, y) == (a, t.parent) || (y, x) == (a, t.parent))
                };
                assert!(bonded(t.references.last().unwrap()), "{kind:?} {}", t.parent);
                if matches!(t.seat, Seat::Opposite | Seat::Pair) {
                    assert!(t.references.iter().all(|a| bonded(a)), "{kind:?} {}", t.parent);
                }
            }
        }
    }
}
