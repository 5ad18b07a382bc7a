//! A choice of atoms that stands out: alone on view, with sticks along with a ribbon, in a color of its own.

use std::collections::BTreeMap;

use equijump_engine::structure::{ResidueType, Topology};

use super::palette::Srgb;

/// Which atoms, and how they stand out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Highlight {
    /// The atoms, ascending.
    pub atoms: Vec<usize>,
    /// Draw nothing else.
    pub alone: bool,
    /// Draw them as sticks where the representation leaves them out.
    pub sticks: bool,
    /// Colors of atoms, selected or not, in place of what colors mean elsewhere.
    pub colors: BTreeMap<usize, Srgb>,
}

impl Highlight {
    /// Whether an atom is one of them.
    pub fn has(&self, atom: usize) -> bool {
        self.atoms.binary_search(&atom).is_ok()
    }

    /// Whether nothing else is drawn.
    pub(super) fn is_alone(&self) -> bool {
        self.alone && !self.atoms.is_empty()
    }

    /// Whether an atom may be drawn.
    pub(super) fn allows(&self, atom: usize) -> bool {
        !self.is_alone() || self.has(atom)
    }

    /// Whether an atom is drawn as a stick whatever the representation.
    pub(super) fn is_stick(&self, atom: usize) -> bool {
        self.sticks && self.has(atom)
    }

    /// Whether an atom joins the sticks of a side chain to a ribbon, chosen itself or not.
    pub(super) fn joins_sticks(&self, topology: &Topology, atom: usize) -> bool {
        let next = match topology.atoms()[atom].name {
            "CA" => "CB",
            "N" if is_proline_nitrogen(topology, atom) => "CD",
            _ => return false,
        };
        let next = topology.find_atom(topology.atoms()[atom].residue, next);
        next.is_some_and(|next| self.is_stick(next))
    }

    /// The color of an atom, if it has one of its own.
    pub(super) fn color_of(&self, atom: usize) -> Option<Srgb> {
        self.colors.get(&atom).copied()
    }
}

/// Proline's nitrogen belongs to its ring.
pub(super) fn is_proline_nitrogen(topology: &Topology, atom: usize) -> bool {
    let atom = &topology.atoms()[atom];
    atom.name == "N" && topology.residues()[atom.residue].kind == ResidueType::Pro
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use equijump_engine::structure::{Residue, ResidueType, Topology};

    use super::super::scene::Scene;
    use super::super::style::{Representation, SecondaryStructureClass, Style};
    use super::*;

    #[test]
    fn sticks_of_some_atoms_stand_along_with_the_ribbon_of_all_and_can_be_alone() {
        let residue = |number| Residue { kind: ResidueType::Ala, number, insertion_code: None };
        let topology = Arc::new(Topology::new("test", "A", (1..=6).map(residue).collect()));
        let mut scene = Scene::default();
        scene.set_topology(topology.clone());
        let place = |atom: usize| [1.5 * atom as f32, (atom % 3) as f32, (atom % 2) as f32];
        let positions: Vec<[f32; 3]> = (0..topology.atom_count()).map(place).collect();
        assert!(scene.set_positions(&positions));
        scene.set_style(Style { representation: Representation::Ribbon, ..Style::default() });
        scene.update();
        let whole_ribbon = scene.ribbon.indices.len();
        assert!(scene.shown_atoms.is_empty() && whole_ribbon > 0);

        let atoms: Vec<usize> = topology.atom_range(2).collect();
        let colors = atoms.iter().map(|atom| (*atom, [9, 9, 9])).collect();
        let highlight = Highlight { atoms: atoms.clone(), sticks: true, colors, alone: false };
        scene.set_highlight(highlight.clone());
        scene.update();
        assert_eq!(scene.shown_atoms, atoms);
        assert_eq!(scene.shown_bonds.len(), 5, "N-CA, CA-C, C-O, CA-CB, CA to the ribbon");
        assert_eq!(scene.ribbon.indices.len(), whole_ribbon);

        scene.set_highlight(Highlight { alone: true, ..highlight });
        scene.update();
        let alone = scene.ribbon.indices.len();
        assert!(alone > 0 && alone < whole_ribbon / 2, "{alone} of {whole_ribbon}");
        assert_eq!(scene.framing_points().len(), atoms.len());
    }

    #[test]
    fn a_side_chain_of_sticks_is_joined_to_the_ribbon_without_its_backbone_being_chosen() {
        let residue = |kind, number| Residue { kind, number, insertion_code: None };
        let kinds = [ResidueType::Ala, ResidueType::Ala, ResidueType::Pro, ResidueType::Ala];
        let residues = kinds.into_iter().zip(1..).map(|(kind, number)| residue(kind, number)).collect();
        let topology = Arc::new(Topology::new("test", "A", residues));
        let mut scene = Scene::default();
        scene.set_topology(topology.clone());
        let place = |atom: usize| [1.5 * atom as f32, (atom % 3) as f32, (atom % 2) as f32];
        let positions: Vec<[f32; 3]> = (0..topology.atom_count()).map(place).collect();
        assert!(scene.set_positions(&positions));
        scene.set_style(Style { representation: Representation::Ribbon, ..Style::default() });
        // Strands are smoothed: the ribbon passes Cα atoms at a distance.
        scene.set_secondary_structure(&[SecondaryStructureClass::Strand; 4]);
        let named = |residue, names: &[&str]| -> Vec<usize> {
            names.iter().filter_map(|name| topology.find_atom(residue, name)).collect()
        };
        let side_chains = [named(1, &["CB"]), named(2, &["CB", "CG", "CD"])].concat();
        for alone in [false, true] {
            let atoms = side_chains.clone();
            scene.set_highlight(Highlight { atoms, sticks: true, colors: BTreeMap::new(), alone });
            scene.update();
            let mut expected = [named(1, &["CA", "CB"]), named(2, &["N", "CA", "CB", "CG", "CD"])].concat();
            expected.sort_unstable();
            assert_eq!(scene.shown_atoms, expected);
            let to_ribbon = [1, 2].map(|residue| [topology.ca(residue), topology.atom_count() + residue]);
            assert!(scene.shown_bonds.ends_with(&to_ribbon), "{:?}", scene.shown_bonds);
            let of_alanine = [topology.ca(1), named(1, &["CB"])[0]];
            assert!(scene.shown_bonds.contains(&of_alanine));
            let drawn = scene.drawn_positions_angstrom();
            assert_eq!(drawn[..positions.len()], positions[..], "atoms are where they are");
            assert_eq!(drawn[to_ribbon[0][1]], scene.ribbon.backbone_angstrom[1]);
            assert_ne!(drawn[to_ribbon[0][1]], drawn[to_ribbon[0][0]]);
        }
        scene.set_style(Style { representation: Representation::Spacefill, ..Style::default() });
        scene.update();
        assert_eq!(scene.drawn_positions_angstrom(), positions);
    }

    #[test]
    fn other_conformations_have_the_side_chains_of_sticks_and_of_what_is_alone_only_that() {
        let residue = |number| Residue { kind: ResidueType::Ala, number, insertion_code: None };
        let topology = Arc::new(Topology::new("test", "A", (1..=6).map(residue).collect()));
        let mut scene = Scene::default();
        scene.set_topology(topology.clone());
        let place = |atom: usize| [1.5 * atom as f32, (atom % 3) as f32, (atom % 2) as f32];
        let positions: Vec<[f32; 3]> = (0..topology.atom_count()).map(place).collect();
        assert!(scene.set_positions(&positions));
        let conformation = || super::super::Conformation {
            positions_angstrom: positions.clone(),
            color: [9, 9, 9],
            structure: Vec::new(),
        };
        assert!(scene.set_ghosts(vec![conformation(), conformation()]));
        scene.update();
        let backbone = scene.ghost.atoms.len();
        assert_eq!(backbone, 2 * 6 * 3, "N, CA and C of six residues, twice");

        let atoms: Vec<usize> = topology.atom_range(2).collect();
        let highlight =
            Highlight { atoms: atoms.clone(), sticks: true, colors: BTreeMap::new(), alone: false };
        scene.set_highlight(highlight.clone());
        scene.update();
        assert_eq!(scene.ghost.atoms.len(), backbone + 2 * 2, "O and CB of one residue, twice");

        scene.set_highlight(Highlight { alone: true, sticks: false, ..highlight });
        scene.update();
        let second = atoms.iter().map(|atom| topology.atom_count() + atom);
        let expected: Vec<usize> = atoms.iter().copied().chain(second).collect();
        assert_eq!(scene.ghost.atoms, expected);
        assert_eq!(scene.ghost.bonds.len(), 2 * 4, "N-CA, CA-C, C-O, CA-CB");

        // Beside a ribbon those of known secondary structure are ribbons, with the sticks of the selection.
        scene.set_style(Style { representation: Representation::Ribbon, ..Style::default() });
        scene.set_highlight(Highlight { alone: false, sticks: true, atoms, colors: BTreeMap::new() });
        scene.update();
        assert!(scene.ghost.ribbons.indices.is_empty() && scene.ghost.atoms.len() > 2 * 5);
        let ribbon = || super::super::Conformation {
            structure: vec![SecondaryStructureClass::Coil; 6],
            ..conformation()
        };
        assert!(scene.set_ghosts(vec![ribbon()]));
        scene.update();
        let one = scene.ghost.ribbons.indices.len();
        assert!(one > 0);
        assert!(scene.set_ghosts(vec![ribbon(), ribbon(), ribbon()]));
        scene.update();
        assert_eq!(scene.ghost.ribbons.indices.len(), 3 * one);
        assert_eq!(scene.ghost.atoms.len(), 3 * 5, "the atoms of one residue, three times");
    }
}
