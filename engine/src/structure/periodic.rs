//! Putting molecules together again that a periodic cell has cut in two.

use super::Topology;
use super::cell::{Cell, Lattice};

/// No covalent bond between heavy atoms is longer; a longer one was cut by the cell, or the frame is broken.
pub(crate) const LONGEST_BOND_ANGSTROM: f32 = 3.0;

/// No bond is so short in any conformation; flattened or damaged frames have many that are.
const COLLAPSED_BOND_ANGSTROM: f32 = 0.5;
/// A frame with a larger share of such bonds has collapsed. One alone may be the slip of a bad model, which is to
/// be measured and not left out.
const MOST_COLLAPSED: f64 = 0.02;

/// Walks the bonds of one molecule from its first atom.
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
        Self::of_bonds(topology.atom_count(), topology.bonds().to_vec())
    }

    /// The same for any bonds of `atoms` atoms.
    pub(crate) fn of_bonds(atoms: usize, bonds: Vec<[usize; 2]>) -> Self {
        let mut neighbors = vec![Vec::new(); atoms];
        for &[a, b] in &bonds {
            neighbors[a].push(b);
            neighbors[b].push(a);
        }
        let mut seen = vec![false; atoms];
        let mut steps = Vec::with_capacity(atoms);
        for root in 0..atoms {
            if std::mem::replace(&mut seen[root], true) {
                continue;
            }
            let mut stack = vec![root];
            while let Some(from) = stack.pop() {
                for &to in &neighbors[from] {
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
    pub fn repair(&self, positions: &mut [[f32; 3]], cell_angstrom: Option<Cell>) -> Wholeness {
        let Some(bond) = self.long_bonds(positions).next() else { return Wholeness::Whole };
        let Some(lattice) = cell_angstrom.and_then(Lattice::new) else { return Wholeness::Broken { bond } };
        for &(atom, from) in &self.steps {
            let origin = positions[from].map(f64::from);
            let delta = std::array::from_fn(|k| f64::from(positions[atom][k]) - origin[k]);
            let near = lattice.nearest(delta);
            if near != delta {
                positions[atom] = std::array::from_fn(|k| (origin[k] + near[k]) as f32);
            }
        }
        match self.long_bonds(positions).next() {
            None => Wholeness::MadeWhole,
            Some(bond) => Wholeness::Broken { bond },
        }
    }

    /// Whether atoms that are bonded lie in one place at many places.
    pub(crate) fn has_collapsed(&self, positions: &[[f32; 3]]) -> bool {
        let too_short = COLLAPSED_BOND_ANGSTROM * COLLAPSED_BOND_ANGSTROM;
        let short = self.bonds.iter().filter(|&&[a, b]| {
            (0..3).map(|k| (positions[a][k] - positions[b][k]).powi(2)).sum::<f32>() < too_short
        });
        short.count() as f64 > MOST_COLLAPSED * self.bonds.len() as f64
    }

    /// Bonds that are too long.
    pub(crate) fn long_bonds<'a>(
        &'a self,
        positions: &'a [[f32; 3]],
    ) -> impl Iterator<Item = [usize; 2]> + 'a {
        let too_long = LONGEST_BOND_ANGSTROM * LONGEST_BOND_ANGSTROM;
        self.bonds.iter().copied().filter(move |&[a, b]| {
            let d2: f32 = (0..3).map(|k| (positions[a][k] - positions[b][k]).powi(2)).sum();
            d2.is_nan() || d2 > too_long
        })
    }
}
