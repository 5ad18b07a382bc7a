//! Further conformations of the molecule, drawn as thin backbones to compare with: the start structure, a frame that
//! was kept, the other replicas, other runs.

use equijump_engine::structure::Topology;

use super::highlight::Highlight;
use super::palette::{self, Srgb};
use super::ribbon::{ColorSteps, RibbonMesh};
use super::style::{Representation, SecondaryStructureClass};

/// Radius of its bonds, Å: thinner than any bond of the molecule, so that it vanishes where both agree.
const RADIUS_ANGSTROM: f32 = 0.12;

/// How much thinner its ribbons are than the molecule's, Å. Surfaces in the same place differ by rounding alone, after
/// superposition say, and which of them is seen would change from pixel to pixel and with every turn.
const RIBBON_INSET_ANGSTROM: f32 = 0.12;

/// A conformation to compare with, and its color.
#[derive(Clone, Debug, PartialEq)]
pub struct Conformation {
    /// Positions of all atoms, Å.
    pub positions_angstrom: Vec<[f32; 3]>,
    /// Color of its backbone.
    pub color: Srgb,
    /// Secondary structure per residue, for ribbons; empty where it is drawn as a tube or as thin sticks.
    pub structure: Vec<SecondaryStructureClass>,
}

/// The conformations, and what is drawn of them beside a ribbon: ribbons of those whose secondary structure is known, a
/// tube where there is only one; and else sticks along the backbone. Of a selection that is drawn as sticks its side
/// chains too, of one that is alone on view exactly its atoms or residues.
#[derive(Default)]
pub(super) struct Ghost {
    /// Positions of all atoms, Å, one conformation after the other; empty without a ghost.
    positions_angstrom: Vec<[f32; 3]>,
    /// The color of each conformation.
    colors: Vec<Srgb>,
    /// The secondary structure of each conformation that is drawn as a ribbon.
    structures: Vec<Vec<SecondaryStructureClass>>,
    stale: bool,
    /// Atoms drawn as joints.
    pub atoms: Vec<usize>,
    /// Per atom: light and radius in Å.
    pub atom_appearance: Vec<[f32; 4]>,
    /// Bonds drawn, as pairs of atoms.
    pub bonds: Vec<[usize; 2]>,
    /// Per bond: light at its first atom and radius in Å.
    pub bond_appearance: Vec<[f32; 4]>,
    /// Per bond: light at its second atom.
    pub bond_end_albedo: Vec<[f32; 3]>,
    /// Ribbons and tubes; empty unless the molecule is a ribbon.
    pub ribbons: RibbonMesh,
}

impl Ghost {
    /// Shows other conformations, or none.
    pub fn set_conformations(&mut self, conformations: Vec<Conformation>) {
        let colors: Vec<Srgb> = conformations.iter().map(|conformation| conformation.color).collect();
        let mut positions: Vec<[f32; 3]> = Vec::new();
        let mut structures = Vec::with_capacity(colors.len());
        for conformation in conformations {
            positions.extend(conformation.positions_angstrom);
            structures.push(conformation.structure);
        }
        if self.positions_angstrom != positions || self.colors != colors || self.structures != structures {
            self.positions_angstrom = positions;
            self.colors = colors;
            self.structures = structures;
            self.stale = true;
        }
    }

    /// Positions of all its atoms, Å; empty without a ghost.
    pub fn positions_angstrom(&self) -> &[[f32; 3]] {
        &self.positions_angstrom
    }

    /// Something else that it depends on has changed.
    pub fn invalidate(&mut self) {
        self.stale = true;
    }

    /// Brings what is drawn up to date. Returns whether it changed.
    pub fn update(
        &mut self,
        topology: Option<&Topology>,
        representation: Representation,
        highlight: &Highlight,
    ) -> bool {
        if !std::mem::take(&mut self.stale) {
            return false;
        }
        self.atoms.clear();
        self.bonds.clear();
        self.ribbons.clear();
        self.atom_appearance.clear();
        self.bond_appearance.clear();
        self.bond_end_albedo.clear();
        let Some(topology) = topology.filter(|_| !self.positions_angstrom.is_empty()) else { return true };
        let ribbons = self.colors.len() == 1 || self.structures.iter().all(|structure| !structure.is_empty());
        let ribbons = representation == Representation::Ribbon && ribbons;
        if ribbons {
            self.draw_ribbons(topology, highlight);
        }
        let drawn = |atom: usize| {
            if ribbons {
                return highlight.is_stick(atom) || highlight.joins_sticks(topology, atom);
            }
            if highlight.is_alone() {
                return highlight.has(atom);
            }
            matches!(topology.atoms()[atom].name, "N" | "CA" | "C") || highlight.is_stick(atom)
        };
        for (place, color) in self.colors.iter().enumerate() {
            let first = place * topology.atom_count();
            let [r, g, b] = palette::light_from_srgb(*color);
            self.atoms
                .extend((0..topology.atom_count()).filter(|&atom| drawn(atom)).map(|atom| first + atom));
            let bonds = topology.bonds().iter().filter(|bond| bond.iter().all(|&atom| drawn(atom)));
            self.bonds.extend(bonds.map(|bond| bond.map(|atom| first + atom)));
            self.atom_appearance.resize(self.atoms.len(), [r, g, b, RADIUS_ANGSTROM]);
            self.bond_appearance.resize(self.bonds.len(), [r, g, b, RADIUS_ANGSTROM]);
            self.bond_end_albedo.resize(self.bonds.len(), [r, g, b]);
        }
        true
    }

    fn draw_ribbons(&mut self, topology: &Topology, highlight: &Highlight) {
        let (atoms, residues) = (topology.atom_count(), topology.residue_count());
        let in_all = self.colors.len() * residues;
        let each = self.positions_angstrom.chunks_exact(atoms.max(1)).zip(&self.colors).zip(&self.structures);
        for ((positions, color), structure) in each {
            let coil = vec![SecondaryStructureClass::Coil; residues];
            let structure = if structure.len() == residues { structure } else { &coil };
            let colors = vec![palette::light_from_srgb(*color); residues];
            self.ribbons.add(topology, positions, structure, &colors, ColorSteps::Blended, in_all);
        }
        self.ribbons.thin(RIBBON_INSET_ANGSTROM);
        if highlight.is_alone() {
            let shown = |residue| topology.atom_range(residue).any(|atom| highlight.has(atom));
            self.ribbons.keep_residues(&(0..residues).map(shown).collect::<Vec<bool>>());
        }
    }
}
