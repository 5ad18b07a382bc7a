//! Putting molecules together again that a periodic cell has cut in two.

use crate::structure::Topology;

/// No covalent bond between heavy atoms is longer; a longer one was cut by the cell, or the frame is broken.
const LONGEST_BOND_ANGSTROM: f32 = 3.0;

/// Walks the bonds of one protein from its first atom.
#[derive(Clone, Debug)]
pub struct WholeMolecule {
    /// Every other atom after the atom it hangs on.
    steps: Vec<(usize, usize)>,
    /// All bonds.
    bonds: Vec<[usize; 2]>,
}

/// What [`WholeMolecule::repair`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wholeness {
    /// All bonds were as bonds are.
    Whole,
    /// Atoms were moved by lattice vectors; now all bonds are sound.
    MadeWhole,
    /// Some bond is too long, and no lattice vector helps.
    Broken {
        /// Such a bond, as atom indices.
        bond: [usize; 2],
    },
}

impl WholeMolecule {
    /// Prepares the walk over the bonds of `topology`.
    pub fn new(topology: &Topology) -> Self {
        let bonds = topology.bonds().to_vec();
        let mut neighbours = vec![Vec::new(); topology.atom_count()];
        for &[a, b] in &bonds {
            neighbours[a].push(b);
            neighbours[b].push(a);
        }
        let mut seen = vec![false; topology.atom_count()];
        let mut steps = Vec::with_capacity(topology.atom_count());
        for root in 0..topology.atom_count() {
            if std::mem::replace(&mut seen[root], true) {
                continue;
            }
            let mut stack = vec![root];
            while let Some(from) = stack.pop() {
                for &to in &neighbours[from] {
                    if !std::mem::replace(&mut seen[to], true) {
                        steps.push((to, from));
                        stack.push(to);
                    }
                }
            }
        }
        Self { steps, bonds }
    }

    /// Checks the bonds and, where a cell is given and one is too long, moves atoms to the image next to
    /// the atom they hang on.
    pub fn repair(&self, positions: &mut [[f32; 3]], cell_angstrom: Option<[[f32; 3]; 3]>) -> Wholeness {
        let Some(bond) = self.long_bond(positions) else { return Wholeness::Whole };
        let Some(cell) = cell_angstrom else { return Wholeness::Broken { bond } };
        for &(atom, from) in &self.steps {
            for axis in (0..3).rev() {
                let edge = cell[axis][axis];
                if edge > 0.0 {
                    let images = ((positions[atom][axis] - positions[from][axis]) / edge).round();
                    for k in 0..3 {
                        positions[atom][k] -= images * cell[axis][k];
                    }
                }
            }
        }
        match self.long_bond(positions) {
            None => Wholeness::MadeWhole,
            Some(bond) => Wholeness::Broken { bond },
        }
    }

    fn long_bond(&self, positions: &[[f32; 3]]) -> Option<[usize; 2]> {
        let too_long = LONGEST_BOND_ANGSTROM * LONGEST_BOND_ANGSTROM;
        self.bonds.iter().copied().find(|&[a, b]| {
            (0..3).map(|k| (positions[a][k] - positions[b][k]).powi(2)).sum::<f32>() > too_long
        })
    }
}
