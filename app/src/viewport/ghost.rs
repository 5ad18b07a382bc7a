//! Further conformations of the molecule, drawn as thin backbones to compare with: the start structure, a frame that
//! was kept, the other replicas, other runs.

use equijump_engine::structure::Topology;

use super::highlight::Highlight;
use super::palette::{self, Srgb};
use super::ribbon::{ColorSteps, RibbonMesh};
use super::style::{Representation, SecondaryStructure};

/// Radius of its bonds, Å: thinner than any bond of the molecule, so that it vanishes where both agree.
const RADIUS_ANGSTROM: f32 = 0.12;

/// A conformation to compare with, and its color.
#[derive(Clone, Debug, PartialEq)]
pub struct Conformation {
    /// Positions of all atoms, Å.
    pub positions_angstrom: Vec<[f32; 3]>,
    /// Color of its backbone.
    pub color: Srgb,
}

/// The conformations, and what is drawn of them: sticks along the backbone, or a tube beside a ribbon where there is
/// only one. Of a selection that is drawn as sticks its side chains too, of one that is alone on view exactly its atoms.
#[derive(Default)]
pub(super) struct Ghost {
    /// Positions of all atoms, Å, one conformation after the other; empty without a ghost.
    positions_angstrom: Vec<[f32; 3]>,
    /// The color of each conformation.
    colors: Vec<Srgb>,
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
    /// The tube; empty unless the molecule is a ribbon.
    pub tube: RibbonMesh,
}

impl Ghost {
    /// Shows other conformations, or none.
    pub fn set_conformations(&mut self, conformations: Vec<Conformation>) {
        let colors: Vec<Srgb> = conformations.iter().map(|conformation| conformation.color).collect();
        let positions: Vec<[f32; 3]> =
            conformations.into_iter().flat_map(|conformation| conformation.positions_angstrom).collect();
        if self.positions_angstrom != positions || self.colors != colors {
            self.positions_angstrom = positions;
            self.colors = colors;
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
        self.tube.clear();
        self.atom_appearance.clear();
        self.bond_appearance.clear();
        self.bond_end_albedo.clear();
        let Some(topology) = topology.filter(|_| !self.positions_angstrom.is_empty()) else { return true };
        if let (Representation::Ribbon, [color]) = (representation, &self.colors[..]) {
            let structure = vec![SecondaryStructure::Coil; topology.residue_count()];
            let colors = vec![palette::light_from_srgb(*color); topology.residue_count()];
            let steps = ColorSteps::Blended;
            self.tube.rebuild(topology, &self.positions_angstrom, &structure, &colors, steps);
            if highlight.is_alone() {
                let shown = |residue| topology.atom_range(residue).any(|atom| highlight.has(atom));
                self.tube.keep_residues(&(0..topology.residue_count()).map(shown).collect::<Vec<bool>>());
            }
            return true;
        }
        let drawn = |atom: usize| {
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
}
