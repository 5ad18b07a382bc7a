//! A second conformation of the molecule, drawn as a thin backbone to compare with: the start structure, or a
//! frame that was kept.

use equijump_engine::structure::Topology;

use super::palette;
use super::ribbon::{ColorSteps, RibbonMesh};
use super::style::{Representation, SecondaryStructure};

/// Radius of its bonds, Å: thinner than any bond of the molecule, so that it vanishes where both agree.
const RADIUS_ANGSTROM: f32 = 0.12;

/// The conformation, and what is drawn of it: sticks along the backbone, or a tube beside a ribbon.
#[derive(Default)]
pub(super) struct Ghost {
    /// Positions of all atoms, Å; empty without a ghost.
    positions_angstrom: Vec<[f32; 3]>,
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
    /// Shows other positions, or nothing where there are none. Returns whether that is a change.
    pub fn set_positions(&mut self, positions_angstrom: &[[f32; 3]]) -> bool {
        let changed = self.positions_angstrom != positions_angstrom;
        if changed {
            self.positions_angstrom.clear();
            self.positions_angstrom.extend_from_slice(positions_angstrom);
            self.stale = true;
        }
        changed
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
    pub fn update(&mut self, topology: Option<&Topology>, representation: Representation) -> bool {
        if !std::mem::take(&mut self.stale) {
            return false;
        }
        self.atoms.clear();
        self.bonds.clear();
        self.tube.clear();
        if let Some(topology) = topology.filter(|_| !self.positions_angstrom.is_empty()) {
            if representation == Representation::Ribbon {
                let structure = vec![SecondaryStructure::Coil; topology.residue_count()];
                let colors = vec![palette::light_from_srgb(palette::GHOST); topology.residue_count()];
                let steps = ColorSteps::Blended;
                self.tube.rebuild(topology, &self.positions_angstrom, &structure, &colors, steps);
            } else {
                let drawn = |atom: usize| matches!(topology.atoms()[atom].name, "N" | "CA" | "C");
                self.atoms.extend((0..topology.atom_count()).filter(|&atom| drawn(atom)));
                self.bonds
                    .extend(topology.bonds().iter().filter(|bond| bond.iter().all(|&atom| drawn(atom))));
            }
        }
        let [r, g, b] = palette::light_from_srgb(palette::GHOST);
        self.atom_appearance = vec![[r, g, b, RADIUS_ANGSTROM]; self.atoms.len()];
        self.bond_appearance = vec![[r, g, b, RADIUS_ANGSTROM]; self.bonds.len()];
        self.bond_end_albedo = vec![[r, g, b]; self.bonds.len()];
        true
    }
}
