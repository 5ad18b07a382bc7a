//! Whether the residues of a structure hold together: bonds that a periodic cell has cut are closed, and all
//! bonds are checked.

use super::bond_limits::{BOND_ANGSTROM, PEPTIDE_BOND_LIMIT_ANGSTROM};
use super::bonds::residue_bonds;
use super::cell::{Cell, Lattice, separation_angstrom};
use super::conformer::RawResidue;
use super::error::StructureProblem;
use super::periodic::{WholeMolecule, Wholeness};

/// Atoms that are present, and the bonds between them, of a chain or part of one.
struct Present {
    /// Residue and offset within it.
    atoms: Vec<(usize, usize)>,
    bonds: Vec<[usize; 2]>,
}

impl Present {
    fn new(residues: &[RawResidue], lattice: Option<&Lattice>) -> Self {
        let mut atoms = Vec::new();
        let mut first = Vec::new();
        for (index, residue) in residues.iter().enumerate() {
            first.push(atoms.len());
            let present = residue.positions_angstrom.iter().enumerate().filter(|(_, p)| p.is_some());
            atoms.extend(present.map(|(offset, _)| (index, offset)));
        }
        first.push(atoms.len());
        let find = |residue: usize, name: &str| {
            let offset = residues[residue].residue.kind.atom_names().iter().position(|&n| n == name)?;
            (first[residue]..first[residue + 1]).find(|&at| atoms[at] == (residue, offset))
        };
        let mut bonds = Vec::new();
        for (index, residue) in residues.iter().enumerate() {
            // The peptide bond first: it leads the walk over the molecule.
            if index > 0
                && let (Some(c), Some(n)) = (find(index - 1, "C"), find(index, "N"))
                && let (Some(p), Some(q)) =
                    (residues[index - 1].position_angstrom("C"), residue.position_angstrom("N"))
                && separation_angstrom(p, q, lattice) < PEPTIDE_BOND_LIMIT_ANGSTROM
            {
                bonds.push([c, n]);
            }
            for (a, b) in residue_bonds(residue.residue.kind) {
                if let (Some(a), Some(b)) = (find(index, a), find(index, b)) {
                    bonds.push([a, b]);
                }
            }
        }
        Self { atoms, bonds }
    }

    fn position(&self, residues: &[RawResidue], atom: usize) -> [f64; 3] {
        let (residue, offset) = self.atoms[atom];
        residues[residue].positions_angstrom[offset].unwrap_or([f64::NAN; 3])
    }
}

/// Moves atoms to the image next to the atom they are bonded to, where a bond is too long without. Returns
/// whether that made the chain whole; otherwise nothing is changed.
pub(super) fn make_whole(residues: &mut [RawResidue], cell_angstrom: Option<Cell>) -> bool {
    let Some(lattice) = cell_angstrom.and_then(Lattice::new) else { return false };
    let present = Present::new(residues, Some(&lattice));
    let molecule = WholeMolecule::of_bonds(present.atoms.len(), present.bonds.clone());
    let before: Vec<[f32; 3]> =
        (0..present.atoms.len()).map(|atom| present.position(residues, atom).map(|x| x as f32)).collect();
    let mut after = before.clone();
    if molecule.repair(&mut after, cell_angstrom) != Wholeness::MadeWhole {
        return false;
    }
    for (atom, &(residue, offset)) in present.atoms.iter().enumerate() {
        if after[atom] != before[atom] {
            residues[residue].positions_angstrom[offset] = Some(after[atom].map(f64::from));
        }
    }
    true
}

/// Refuses bonds that no protein has.
///
/// # Errors
/// [`StructureProblem::ImpossibleBond`] names the first.
pub(super) fn check_bonds(
    residues: &[RawResidue],
    cell_angstrom: Option<Cell>,
) -> Result<(), StructureProblem> {
    let present = Present::new(residues, None);
    let impossible = present.bonds.iter().find_map(|&[a, b]| {
        let length = separation_angstrom(present.position(residues, a), present.position(residues, b), None);
        (!BOND_ANGSTROM.contains(&length)).then_some((a, b, length))
    });
    let Some((a, b, length_angstrom)) = impossible else { return Ok(()) };
    let name = |atom: usize| {
        let (residue, offset) = present.atoms[atom];
        let residue = &residues[residue].residue;
        (residue.label(), residue.kind.atom_names()[offset])
    };
    let ((first, a), (second, b)) = (name(a), name(b));
    let atoms =
        if first == second { format!("{first} {a}–{b}") } else { format!("{first} {a}–{second} {b}") };
    Err(StructureProblem::ImpossibleBond { atoms, length_angstrom, has_cell: cell_angstrom.is_some() })
}
