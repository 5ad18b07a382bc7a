//! Which atoms make the torsions of each residue.

use super::sites::ca_site;
use crate::structure::tensor_cloud::slot_of_offset;
use crate::structure::{ResidueType, SLOTS, Topology};

/// Torsions of a residue: φ, ψ, ω (of the peptide bond before it), χ1 to χ4.
pub const TORSIONS: usize = 7;

/// Sites of each torsion of a protein: a site is `residue · 14 + slot`, Cα as slot 13.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TorsionTemplate {
    /// `[N]` times [`TORSIONS`]; `None` where the chain or the residue has no such torsion.
    pub residues: Vec<[Option<[u32; 4]>; TORSIONS]>,
}

impl TorsionTemplate {
    /// The torsions of `topology`.
    pub fn new(topology: &Topology) -> Self {
        let count = topology.residue_count();
        let site = |residue: usize, offset: usize| -> u32 {
            // Canonical order starts N CA C O CB; CA is the residue's own position.
            let site =
                if offset == 1 { ca_site(residue) } else { residue * (SLOTS + 1) + slot_of_offset(offset) };
            site as u32
        };
        let residues = (0..count)
            .map(|r| {
                let kind = topology.residues()[r].kind;
                let before = r.checked_sub(1);
                let after = (r + 1 < count).then_some(r + 1);
                let mut torsions = [None; TORSIONS];
                torsions[0] = before.map(|b| [site(b, 2), site(r, 0), site(r, 1), site(r, 2)]);
                torsions[1] = after.map(|a| [site(r, 0), site(r, 1), site(r, 2), site(a, 0)]);
                torsions[2] = before.map(|b| [site(b, 1), site(b, 2), site(r, 0), site(r, 1)]);
                for (torsion, names) in torsions[3..].iter_mut().zip(side_chain_torsions(kind)) {
                    let mut sites = [0; 4];
                    for (out, name) in sites.iter_mut().zip(names) {
                        let offset = kind.atom_names().iter().position(|n| n == name);
                        *out = site(r, offset.unwrap_or_default());
                    }
                    *torsion = Some(sites);
                }
                torsions
            })
            .collect();
        Self { residues }
    }
}

/// χ1 to χ4 by IUPAC priority of the branches.
pub fn side_chain_torsions(kind: ResidueType) -> &'static [[&'static str; 4]] {
    use ResidueType::*;
    match kind {
        Gly | Ala => &[],
        Cys => &[["N", "CA", "CB", "SG"]],
        Ser => &[["N", "CA", "CB", "OG"]],
        Thr => &[["N", "CA", "CB", "OG1"]],
        Val => &[["N", "CA", "CB", "CG1"]],
        Ile => &[["N", "CA", "CB", "CG1"], ["CA", "CB", "CG1", "CD1"]],
        Leu | Phe | Tyr | Trp => &[["N", "CA", "CB", "CG"], ["CA", "CB", "CG", "CD1"]],
        Pro => &[["N", "CA", "CB", "CG"], ["CA", "CB", "CG", "CD"]],
        Asp | Asn => &[["N", "CA", "CB", "CG"], ["CA", "CB", "CG", "OD1"]],
        His => &[["N", "CA", "CB", "CG"], ["CA", "CB", "CG", "ND1"]],
        Met => &[["N", "CA", "CB", "CG"], ["CA", "CB", "CG", "SD"], ["CB", "CG", "SD", "CE"]],
        Nle => &[["N", "CA", "CB", "CG"], ["CA", "CB", "CG", "CD"], ["CB", "CG", "CD", "CE"]],
        Gln | Glu => &[["N", "CA", "CB", "CG"], ["CA", "CB", "CG", "CD"], ["CB", "CG", "CD", "OE1"]],
        Lys => &[
            ["N", "CA", "CB", "CG"],
            ["CA", "CB", "CG", "CD"],
            ["CB", "CG", "CD", "CE"],
            ["CG", "CD", "CE", "NZ"],
        ],
        Arg => &[
            ["N", "CA", "CB", "CG"],
            ["CA", "CB", "CG", "CD"],
            ["CB", "CG", "CD", "NE"],
            ["CG", "CD", "NE", "CZ"],
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn side_chain_torsions_run_along_bonds_and_end_where_the_chain_does() {
        for kind in ResidueType::ALL {
            let bonds = crate::structure::bonds::residue_bonds(kind);
            let bonded = |a: &str, b: &str| bonds.clone().any(|(x, y)| (x, y) == (a, b) || (y, x) == (a, b));
            for (index, [a, b, c, d]) in side_chain_torsions(kind).iter().enumerate() {
                assert!(index > 0 || [*a, *b] == ["N", "CA"], "{kind:?}");
                assert!(index == 0 || bonded(a, b), "{kind:?}: {a} {b}");
                assert!(bonded(b, c) && bonded(c, d), "{kind:?}: {b} {c} {d}");
            }
        }
    }
}
