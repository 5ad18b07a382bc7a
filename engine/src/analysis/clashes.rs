//! Van der Waals clashes between heavy atoms.

use super::cells::Cells;
use super::geometry::distance_angstrom;
use crate::structure::{ResidueType, Topology};

/// Overlap of van der Waals spheres from which two atoms clash, Å.
///
/// MolProbity's 0.4 Å is for models with hydrogens. Without them a hydrogen bond (N···O 2.7 Å, O···O 2.6 Å)
/// already overlaps by up to 0.45 Å and a salt bridge by more, so heavy-atom models are judged at 0.6 Å:
/// C···C below 2.80, C···O below 2.62, N···O below 2.47, O···O below 2.44 Å.
pub const CLASH_OVERLAP_ANGSTROM: f64 = 0.6;

/// Edge of the search cells, Å: no two heavy atoms farther apart than this can overlap.
const CELL_ANGSTROM: f64 = 3.6;

/// Two atoms that are too close.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Clash {
    /// Atom indices, ascending.
    pub atoms: [usize; 2],
    /// Distance, Å.
    pub distance_angstrom: f64,
    /// By how much the van der Waals spheres overlap, Å.
    pub overlap_angstrom: f64,
}

/// Finds clashes in the frames of one protein. Pairs within three bonds of each other, whose distance the
/// bonded geometry rules, and pairs of SG, which may form a disulfide, are left out.
#[derive(Clone, Debug)]
pub struct ClashFinder {
    radii: Vec<f64>,
    /// Per atom the atoms of higher index within three bonds, sorted.
    bonded: Vec<Vec<usize>>,
    sulfur: Vec<bool>,
    overlap_angstrom: f64,
}

impl ClashFinder {
    /// Prepares for `topology`; atoms clash when their spheres overlap by more than `overlap_angstrom`
    /// (usually [`CLASH_OVERLAP_ANGSTROM`]; 0 counts every intersection).
    pub fn new(topology: &Topology, overlap_angstrom: f64) -> Self {
        let count = topology.atom_count();
        let mut neighbours = vec![Vec::new(); count];
        for &[a, b] in topology.bonds() {
            neighbours[a].push(b);
            neighbours[b].push(a);
        }
        let bonded = (0..count)
            .map(|atom| {
                let mut reached = vec![atom];
                let mut shell = vec![atom];
                for _ in 0..3 {
                    shell = shell.iter().flat_map(|&a| neighbours[a].iter().copied()).collect();
                    reached.extend(&shell);
                }
                reached.retain(|&a| a > atom);
                reached.sort_unstable();
                reached.dedup();
                reached
            })
            .collect();
        let radii = topology.atoms().iter().map(|a| f64::from(a.element.vdw_radius_angstrom())).collect();
        let sulfur = topology
            .atoms()
            .iter()
            .map(|a| a.name == "SG" && topology.residues()[a.residue].kind == ResidueType::Cys)
            .collect();
        Self { radii, bonded, sulfur, overlap_angstrom }
    }

    /// The clashes of one frame, in order of atom indices.
    ///
    /// # Panics
    /// When `positions` does not belong to the topology, which is a programming error.
    pub fn find(&self, positions: &[[f32; 3]]) -> Vec<Clash> {
        assert_eq!(positions.len(), self.radii.len(), "positions do not belong to this topology");
        let cells = Cells::new(positions, CELL_ANGSTROM);
        let mut clashes = Vec::new();
        for a in 0..positions.len() {
            cells.for_near(positions[a], |b| {
                if b <= a || self.bonded[a].binary_search(&b).is_ok() || (self.sulfur[a] && self.sulfur[b]) {
                    return;
                }
                let distance = distance_angstrom(positions[a], positions[b]);
                let overlap = self.radii[a] + self.radii[b] - distance;
                if overlap > self.overlap_angstrom {
                    clashes.push(Clash {
                        atoms: [a, b],
                        distance_angstrom: distance,
                        overlap_angstrom: overlap,
                    });
                }
            });
        }
        clashes.sort_unstable_by_key(|c| c.atoms);
        clashes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::structure::Residue;

    #[test]
    fn the_grid_finds_what_all_pairs_find() {
        let residues = (0..40)
            .map(|i| Residue { kind: ResidueType::ALL[i % 21], number: i as i32, insertion_code: None })
            .collect();
        let topology = Topology::new("random", "A", residues);
        // A crowd of atoms without any regard for bonds: many clashes.
        let mut random = super::super::random::SplitMix64::new(11);
        let positions: Vec<[f32; 3]> = (0..topology.atom_count())
            .map(|_| std::array::from_fn(|_| (random.uniform() * 18.0 - 9.0) as f32))
            .collect();
        let finder = ClashFinder::new(&topology, 0.4);
        let found = finder.find(&positions);
        let mut expected = Vec::new();
        for a in 0..positions.len() {
            for b in a + 1..positions.len() {
                let sum = topology.atoms()[a].element.vdw_radius_angstrom()
                    + topology.atoms()[b].element.vdw_radius_angstrom();
                let sulfurs = topology.atoms()[a].name == "SG" && topology.atoms()[b].name == "SG";
                if f64::from(sum) - distance_angstrom(positions[a], positions[b]) > 0.4
                    && !finder.bonded[a].contains(&b)
                    && !sulfurs
                {
                    expected.push([a, b]);
                }
            }
        }
        assert!(expected.len() > 50);
        assert_eq!(found.iter().map(|c| c.atoms).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn exclusions_reach_three_bonds() {
        let residues = [ResidueType::Ala, ResidueType::Lys]
            .map(|kind| Residue { kind, number: 1, insertion_code: None })
            .to_vec();
        let topology = Topology::new("AK", "A", residues);
        let finder = ClashFinder::new(&topology, 0.6);
        let atom = |residue, name| topology.find_atom(residue, name).unwrap_or(usize::MAX);
        let excluded = |a: usize, b: usize| finder.bonded[a.min(b)].binary_search(&a.max(b)).is_ok();
        assert!(excluded(atom(0, "CA"), atom(1, "CA")));
        assert!(excluded(atom(0, "O"), atom(1, "CA")));
        assert!(!excluded(atom(0, "O"), atom(1, "CB")));
        assert!(excluded(atom(1, "CA"), atom(1, "CD")));
        assert!(!excluded(atom(1, "CA"), atom(1, "CE")));
    }
}
