//! Van der Waals clashes between heavy atoms.

use super::cells::Cells;
use super::md_ranges::MD_RANGES;
use super::terms::point;
use crate::structure::{Element, ResidueType, Topology};

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

/// How near two atoms may come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ContactLimit {
    /// Van der Waals spheres (Bondi 1964) may overlap by this much, Å; 0 counts every intersection.
    Overlap(f64),
    /// Molecular dynamics of a peptide goes below it once in 20,000 frames, by elements: C···C 2.88, C···O 2.60,
    /// N···O 2.51, O···O 2.42 Å, …
    Rare,
    /// Molecular dynamics of a peptide goes below it once in 1,000 frames: some hundredths of an ångström more.
    Seen,
}

/// Finds clashes in the frames of one protein. Pairs within three bonds of each other, whose distance the
/// bonded geometry rules, and CB and SG of two cysteines, which may form a disulfide, are left out.
#[derive(Clone, Debug)]
pub struct ClashFinder {
    elements: Vec<Element>,
    /// Per atom the atoms of higher index within three bonds, sorted.
    bonded: Vec<Vec<usize>>,
    /// CB and SG of cysteines.
    disulfide: Vec<bool>,
    /// By elements, Å.
    limits_angstrom: [[f64; 4]; 4],
}

impl ClashFinder {
    /// Prepares for `topology`.
    pub fn new(topology: &Topology, limit: ContactLimit) -> Self {
        let count = topology.atom_count();
        let mut neighbors = vec![Vec::new(); count];
        for &[a, b] in topology.bonds() {
            neighbors[a].push(b);
            neighbors[b].push(a);
        }
        let bonded = (0..count)
            .map(|atom| {
                let mut reached = vec![atom];
                let mut shell = vec![atom];
                for _ in 0..3 {
                    shell = shell.iter().flat_map(|&a| neighbors[a].iter().copied()).collect();
                    reached.extend(&shell);
                }
                reached.retain(|&a| a > atom);
                reached.sort_unstable();
                reached.dedup();
                reached
            })
            .collect();
        let disulfide = topology
            .atoms()
            .iter()
            .map(|a| matches!(a.name, "CB" | "SG") && topology.residues()[a.residue].kind == ResidueType::Cys)
            .collect();
        let elements = topology.atoms().iter().map(|a| a.element).collect();
        Self { elements, bonded, disulfide, limits_angstrom: limits_angstrom(limit) }
    }

    /// The clashes of one frame, in order of atom indices.
    ///
    /// # Panics
    /// When `positions` does not belong to the topology, which is a programming error.
    pub fn find(&self, positions: &[[f32; 3]]) -> Vec<Clash> {
        let mut clashes = Vec::new();
        self.for_pairs(positions, 0.0, |atoms, distance, _| {
            let [a, b] = atoms.map(|atom| f64::from(self.elements[atom].vdw_radius_angstrom()));
            clashes.push(Clash { atoms, distance_angstrom: distance, overlap_angstrom: a + b - distance });
        });
        clashes.sort_unstable_by_key(|c| c.atoms);
        clashes
    }

    /// Calls `visit(atoms, distance, limit)` for the pairs that are nearer than their limit and `margin_angstrom`, Å, in
    /// no particular order.
    ///
    /// # Panics
    /// When `positions` does not belong to the topology, which is a programming error.
    pub(super) fn for_pairs(
        &self,
        positions: &[[f32; 3]],
        margin_angstrom: f64,
        mut visit: impl FnMut([usize; 2], f64, f64),
    ) {
        assert_eq!(positions.len(), self.elements.len(), "positions do not belong to this topology");
        let longest = self.limits_angstrom.iter().flatten().fold(0.0, |a: f64, &b| a.max(b));
        let cells = Cells::new(positions, longest + margin_angstrom);
        for a in 0..positions.len() {
            cells.for_near(positions[a], |b| {
                if b <= a
                    || self.bonded[a].binary_search(&b).is_ok()
                    || (self.disulfide[a] && self.disulfide[b])
                {
                    return;
                }
                let limit = self.limits_angstrom[self.elements[a] as usize][self.elements[b] as usize];
                let distance = (point(positions[a]) - point(positions[b])).norm();
                if distance < limit + margin_angstrom {
                    visit([a, b], distance, limit);
                }
            });
        }
    }
}

fn limits_angstrom(limit: ContactLimit) -> [[f64; 4]; 4] {
    const ALL: [Element; 4] = [Element::Carbon, Element::Nitrogen, Element::Oxygen, Element::Sulfur];
    let mut limits = [[0.0; 4]; 4];
    for a in ALL {
        for b in ALL {
            limits[a as usize][b as usize] = match limit {
                ContactLimit::Overlap(overlap) => {
                    f64::from(a.vdw_radius_angstrom() + b.vdw_radius_angstrom()) - overlap
                }
                ContactLimit::Rare => md_contact_angstrom(a, b)[0],
                ContactLimit::Seen => md_contact_angstrom(a, b)[1],
            };
        }
    }
    limits
}

fn md_contact_angstrom(a: Element, b: Element) -> [f64; 2] {
    let (a, b) = (a.symbol().min(b.symbol()), a.symbol().max(b.symbol()));
    MD_RANGES.contacts_angstrom.get(&format!("{a}{b}")).map_or([0.0; 2], |limits| limits.map(f64::from))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;
    use crate::test_support::chain;

    #[test]
    fn the_grid_finds_what_all_pairs_find() {
        let topology = chain("random", ResidueType::ALL.into_iter().cycle().take(40));
        // A crowd of atoms without any regard for bonds: many clashes.
        let mut random = Random::new(11);
        let positions: Vec<[f32; 3]> = (0..topology.atom_count())
            .map(|_| std::array::from_fn(|_| (random.uniform() * 18.0 - 9.0) as f32))
            .collect();
        let finder = ClashFinder::new(&topology, ContactLimit::Overlap(0.4));
        let found = finder.find(&positions);
        let mut expected = Vec::new();
        for a in 0..positions.len() {
            for b in a + 1..positions.len() {
                let sum = topology.atoms()[a].element.vdw_radius_angstrom()
                    + topology.atoms()[b].element.vdw_radius_angstrom();
                let sulfurs = topology.atoms()[a].name == "SG" && topology.atoms()[b].name == "SG";
                if f64::from(sum) - (point(positions[a]) - point(positions[b])).norm() > 0.4
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
        let topology = chain("AK", [ResidueType::Ala, ResidueType::Lys]);
        let finder = ClashFinder::new(&topology, ContactLimit::Rare);
        let atom = |residue, name| topology.find_atom(residue, name).unwrap_or(usize::MAX);
        let excluded = |a: usize, b: usize| finder.bonded[a.min(b)].binary_search(&a.max(b)).is_ok();
        assert!(excluded(atom(0, "CA"), atom(1, "CA")));
        assert!(excluded(atom(0, "O"), atom(1, "CA")));
        assert!(!excluded(atom(0, "O"), atom(1, "CB")));
        assert!(excluded(atom(1, "CA"), atom(1, "CD")));
        assert!(!excluded(atom(1, "CA"), atom(1, "CE")));
    }

    #[test]
    fn every_pair_of_elements_has_a_contact_distance_of_its_own() {
        for limit in [ContactLimit::Rare, ContactLimit::Seen] {
            let limits = limits_angstrom(limit);
            // Elements in order: C, N, O, S. An O···O hydrogen bond is the shortest, S···S the longest contact.
            assert!(limits.iter().flatten().all(|&d| d >= limits[2][2] && d <= limits[3][3]));
            assert!(limits[2][2] > 2.3 && limits[3][3] < 3.6, "{limits:?}");
            assert!((0..4).all(|a| (0..4).all(|b| limits[a][b] == limits[b][a])));
        }
    }
}
