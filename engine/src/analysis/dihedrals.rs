//! Backbone and side-chain dihedral angles.

use super::vectors::{dihedral_rad, vec3};
use crate::structure::{ResidueType, Topology};

/// The dihedral angles of one residue, radians in `(−π, π]`; `None` where the chain or the residue type
/// does not have the angle.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ResidueDihedrals {
    /// C(i−1)–N–CA–C.
    pub phi_rad: Option<f64>,
    /// N–CA–C–N(i+1).
    pub psi_rad: Option<f64>,
    /// CA(i−1)–C(i−1)–N–CA: the peptide bond **before** this residue, so that a cis-proline is told by the
    /// proline's own angle.
    pub omega_rad: Option<f64>,
    /// N–CA–CB–XG, with XG the first heavy atom of the gamma position by IUPAC priority.
    pub chi1_rad: Option<f64>,
    /// CA–CB–XG–XD.
    pub chi2_rad: Option<f64>,
}

/// The four atoms of each dihedral of a chain, found once and used for every frame.
#[derive(Clone, Debug)]
pub struct DihedralTable {
    residues: Vec<[Option<[usize; 4]>; 5]>,
}

impl DihedralTable {
    /// Looks up the atoms of every dihedral of `topology`.
    pub fn new(topology: &Topology) -> Self {
        let count = topology.residue_count();
        let residues = (0..count)
            .map(|r| {
                // Canonical order starts N CA C O CB in every residue but glycine.
                let first = topology.atom_range(r).start;
                let (n, ca, c) = (first, first + 1, first + 2);
                let before = r.checked_sub(1).map(|p| topology.atom_range(p).start);
                let after = (r + 1 < count).then(|| topology.atom_range(r + 1).start);
                let kind = topology.residues()[r].kind;
                let (chi1, chi2) = side_chain_offsets(kind);
                [
                    before.map(|p| [p + 2, n, ca, c]),
                    after.map(|next| [n, ca, c, next]),
                    before.map(|p| [p + 1, p + 2, n, ca]),
                    chi1.then_some([n, ca, first + 4, first + 5]),
                    chi2.then_some([ca, first + 4, first + 5, first + 6]),
                ]
            })
            .collect();
        Self { residues }
    }

    /// The angles of one frame, one entry per residue.
    ///
    /// # Panics
    /// When `positions` does not belong to the topology, which is a programming error.
    pub fn measure(&self, positions: &[[f32; 3]]) -> Vec<ResidueDihedrals> {
        let angle = |atoms: Option<[usize; 4]>| {
            atoms.map(|[a, b, c, d]| {
                dihedral_rad(vec3(positions[a]), vec3(positions[b]), vec3(positions[c]), vec3(positions[d]))
            })
        };
        self.residues
            .iter()
            .map(|&[phi, psi, omega, chi1, chi2]| ResidueDihedrals {
                phi_rad: angle(phi),
                psi_rad: angle(psi),
                omega_rad: angle(omega),
                chi1_rad: angle(chi1),
                chi2_rad: angle(chi2),
            })
            .collect()
    }
}

/// Whether a residue type has χ1 and χ2. Where it does, the canonical order puts the gamma atom at
/// offset 5 and the delta atom of χ2 at offset 6.
fn side_chain_offsets(kind: ResidueType) -> (bool, bool) {
    use ResidueType::*;
    let chi1 = !matches!(kind, Gly | Ala);
    (chi1, chi1 && !matches!(kind, Cys | Ser | Thr | Val))
}

/// The dihedral angles of one frame. For many frames of one protein keep a [`DihedralTable`].
///
/// # Panics
/// When `positions` does not belong to the topology, which is a programming error.
pub fn dihedrals(topology: &Topology, positions: &[[f32; 3]]) -> Vec<ResidueDihedrals> {
    DihedralTable::new(topology).measure(positions)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn side_chain_angles_run_along_template_bonds() {
        // Offsets are a claim about the canonical order; the bond templates are the independent witness.
        for kind in ResidueType::ALL {
            let names = kind.atom_names();
            let bonds = crate::structure::bonds::residue_bonds(kind);
            let bonded = |a: &str, b: &str| bonds.clone().any(|(x, y)| (x, y) == (a, b) || (y, x) == (a, b));
            let (chi1, chi2) = side_chain_offsets(kind);
            if chi1 {
                assert!(bonded("CA", names[4]) && bonded(names[4], names[5]), "{kind:?}");
            } else {
                assert!(names.len() < 6, "{kind:?}");
            }
            if chi2 {
                assert!(bonded(names[5], names[6]), "{kind:?}");
            } else if chi1 {
                assert!(names.len() == 6 || !bonded(names[5], names[6]), "{kind:?}");
            }
        }
    }
}
