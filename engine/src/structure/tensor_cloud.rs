//! The tensor cloud: per residue a position (Cα) and 13 vectors from Cα to the other heavy atoms.

use super::{SLOTS, Topology};

/// A protein conformation as the network sees it (paper 3.3).
///
/// Slot order is the canonical atom order without Cα: `N, C, O, CB, …`. Unused slots are zero.
#[derive(Clone, Debug, PartialEq)]
pub struct TensorCloud {
    /// Cα positions, `[N][3]`, Å.
    pub positions_angstrom: Vec<[f32; 3]>,
    /// Vectors from Cα to the other heavy atoms, `[N][13][3]`, Å.
    pub vectors_angstrom: Vec<[[f32; 3]; SLOTS]>,
}

impl TensorCloud {
    /// Converts canonical atom positions. `atoms_angstrom` must hold `topology.atom_count()` entries.
    pub fn from_atoms(topology: &Topology, atoms_angstrom: &[[f32; 3]]) -> Self {
        assert_eq!(atoms_angstrom.len(), topology.atom_count(), "positions do not belong to this topology");
        let n = topology.residue_count();
        let mut positions_angstrom = Vec::with_capacity(n);
        let mut vectors_angstrom = vec![[[0.0; 3]; SLOTS]; n];
        for (residue, vectors) in vectors_angstrom.iter_mut().enumerate() {
            let range = topology.atom_range(residue);
            let ca = atoms_angstrom[range.start + 1];
            positions_angstrom.push(ca);
            for (offset, atom) in range.enumerate() {
                if offset == 1 {
                    continue;
                }
                let slot = slot_of_offset(offset);
                for axis in 0..3 {
                    vectors[slot][axis] = atoms_angstrom[atom][axis] - ca[axis];
                }
            }
        }
        Self { positions_angstrom, vectors_angstrom }
    }

    /// Converts back to canonical atom positions.
    pub fn to_atoms(&self, topology: &Topology) -> Vec<[f32; 3]> {
        let mut atoms = vec![[0.0; 3]; topology.atom_count()];
        for residue in 0..topology.residue_count() {
            let ca = self.positions_angstrom[residue];
            for (offset, atom) in topology.atom_range(residue).enumerate() {
                atoms[atom] = ca;
                if offset != 1 {
                    let vector = self.vectors_angstrom[residue][slot_of_offset(offset)];
                    for axis in 0..3 {
                        atoms[atom][axis] += vector[axis];
                    }
                }
            }
        }
        atoms
    }

    /// Number of residues.
    pub fn len(&self) -> usize {
        self.positions_angstrom.len()
    }

    /// Whether there is no residue.
    pub fn is_empty(&self) -> bool {
        self.positions_angstrom.is_empty()
    }

    /// Moves the cloud so that the mean Cα is at the origin.
    pub fn center(&mut self) {
        let n = self.positions_angstrom.len().max(1) as f64;
        let mut mean = [0.0f64; 3];
        for p in &self.positions_angstrom {
            for axis in 0..3 {
                mean[axis] += f64::from(p[axis]) / n;
            }
        }
        for p in &mut self.positions_angstrom {
            for axis in 0..3 {
                p[axis] -= mean[axis] as f32;
            }
        }
    }
}

/// Slot of the atom at `offset` in the canonical order of its residue (offset 1 is Cα, which has none).
pub fn slot_of_offset(offset: usize) -> usize {
    if offset == 0 { 0 } else { offset - 1 }
}

/// Per residue, how many of the 13 slots are used.
pub fn used_slots(topology: &Topology) -> Vec<usize> {
    topology.residues().iter().map(|r| r.kind.atom_count() - 1).collect()
}
