//! What is drawn: which atoms and bonds with which radii and colors, and the ribbon. All on the CPU;
//! revision counters tell the graphics side what it has to upload.

use std::sync::Arc;

use equijump_engine::structure::{Element, Topology};

use super::framing::Bounds;
use super::ghost::{Conformation, Ghost};
use super::highlight::{Highlight, is_proline_nitrogen};
use super::palette::{self, LegendOf, ResidueClass};
use super::ribbon::{ColorSteps, RibbonMesh};
use super::style::{AtomsShown, Coloring, Representation, RibbonAtoms, SecondaryStructureClass, Style};

/// Radius of atoms in ball-and-stick, as a fraction of the van der Waals radius.
const BALL_FRACTION: f32 = 0.25;
/// Radius of bonds in ball-and-stick, Å.
const BALL_BOND_ANGSTROM: f32 = 0.15;
/// Radius of atoms and bonds in sticks, Å.
const STICK_ANGSTROM: f32 = 0.22;
/// Radius of atoms and bonds drawn with a ribbon, Å.
const RIBBON_STICK_ANGSTROM: f32 = 0.17;

/// Counters that grow with every change; equal counters mean equal contents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Revision {
    /// Which atoms and bonds, radii, colors.
    pub appearance: u64,
    /// Positions of atoms.
    pub positions: u64,
    /// Shape and colors of the ribbon.
    pub ribbon: u64,
    /// The second conformation.
    pub ghost: u64,
}

/// The molecule and its appearance.
#[derive(Default)]
pub(super) struct Scene {
    topology: Option<Arc<Topology>>,
    positions_angstrom: Vec<[f32; 3]>,
    /// Positions of all atoms and after them, for each residue, of where the ribbon passes its Cα; empty where no atoms
    /// are drawn along with a ribbon.
    joined_angstrom: Vec<[f32; 3]>,
    secondary_structure: Vec<SecondaryStructureClass>,
    residue_values: Vec<f32>,
    style: Style,
    highlight: Highlight,
    residue_colors: Vec<[f32; 3]>,
    appearance_stale: bool,
    ribbon_stale: bool,

    /// Atoms drawn as spheres.
    pub shown_atoms: Vec<usize>,
    /// Per shown atom: light and radius in Å.
    pub atom_appearance: Vec<[f32; 4]>,
    /// Bonds drawn as cylinders, as pairs of atoms; along with a ribbon also from Cα atoms to it, whose other ends are
    /// counted on from the atoms, one a residue.
    pub shown_bonds: Vec<[usize; 2]>,
    /// Per shown bond: light at its first atom and radius in Å.
    pub bond_appearance: Vec<[f32; 4]>,
    /// Per shown bond: light at its second atom.
    pub bond_end_albedo: Vec<[f32; 3]>,
    /// The ribbon; empty where none is shown.
    pub ribbon: RibbonMesh,
    /// A second conformation, drawn along with the molecule.
    pub ghost: Ghost,
    /// What has changed since when.
    pub revision: Revision,
}

impl Scene {
    /// Replaces the molecule; positions and per-residue data of the former one are forgotten.
    pub fn set_topology(&mut self, topology: Arc<Topology>) {
        self.topology = Some(topology);
        self.positions_angstrom.clear();
        self.joined_angstrom.clear();
        self.secondary_structure.clear();
        self.residue_values.clear();
        self.highlight = Highlight::default();
        self.ghost.set_conformations(Vec::new());
        self.appearance_stale = true;
        self.revision.positions += 1;
    }

    /// Forgets the molecule.
    pub fn clear(&mut self) {
        let revision = self.revision;
        *self = Self { style: self.style, appearance_stale: true, revision, ..Self::default() };
        self.ghost.invalidate();
        self.revision.positions += 1;
    }

    /// Sets the positions of all atoms, Å. Returns false, and changes nothing, if their number is wrong.
    pub fn set_positions(&mut self, positions_angstrom: &[[f32; 3]]) -> bool {
        let expected = self.topology.as_ref().map_or(0, |topology| topology.atom_count());
        if positions_angstrom.len() != expected {
            return false;
        }
        if self.positions_angstrom != positions_angstrom {
            self.positions_angstrom.clear();
            self.positions_angstrom.extend_from_slice(positions_angstrom);
            self.revision.positions += 1;
            self.ribbon_stale = true;
        }
        true
    }

    /// Sets further conformations to compare with. Returns false, and changes nothing, if one has another number of
    /// atoms.
    pub fn set_ghosts(&mut self, conformations: Vec<Conformation>) -> bool {
        let expected = self.topology.as_ref().map_or(0, |topology| topology.atom_count());
        if conformations.iter().any(|conformation| conformation.positions_angstrom.len() != expected) {
            return false;
        }
        self.ghost.set_conformations(conformations);
        true
    }

    /// Sets the atoms that stand out.
    pub fn set_highlight(&mut self, highlight: Highlight) {
        if self.highlight != highlight {
            self.highlight = highlight;
            self.appearance_stale = true;
            self.ghost.invalidate();
        }
    }

    pub fn highlight(&self) -> &Highlight {
        &self.highlight
    }

    /// Sets the secondary structure per residue; wrong lengths count as unknown, all coil.
    pub fn set_secondary_structure(&mut self, secondary_structure: &[SecondaryStructureClass]) {
        if self.secondary_structure != secondary_structure {
            self.secondary_structure = secondary_structure.to_vec();
            self.ribbon_stale = true;
            self.appearance_stale |= self.style.coloring == Coloring::SecondaryStructure;
        }
    }

    /// Sets a number from 0 to 1 per residue for [`Coloring::ResidueValue`].
    pub fn set_residue_values(&mut self, values: Vec<f32>) {
        if self.residue_values != values {
            self.residue_values = values;
            self.appearance_stale |= self.style.coloring == Coloring::ResidueValue;
        }
    }

    /// Sets the appearance.
    pub fn set_style(&mut self, style: Style) {
        let old = std::mem::replace(&mut self.style, style);
        self.appearance_stale |= old.representation != style.representation
            || old.ribbon_atoms != style.ribbon_atoms
            || old.atoms != style.atoms
            || old.coloring != style.coloring;
        if old.representation != style.representation {
            self.ghost.invalidate();
        }
    }

    pub fn style(&self) -> &Style {
        &self.style
    }

    pub fn topology(&self) -> Option<&Arc<Topology>> {
        self.topology.as_ref()
    }

    /// Positions of all atoms, Å; empty until they are set.
    pub fn positions_angstrom(&self) -> &[[f32; 3]] {
        &self.positions_angstrom
    }

    /// Where atoms are, and the ends of bonds to a ribbon, Å.
    pub fn drawn_positions_angstrom(&self) -> &[[f32; 3]] {
        if self.joined_angstrom.is_empty() { &self.positions_angstrom } else { &self.joined_angstrom }
    }

    /// The atom's radius as drawn, Å; `None` if it is not drawn as a sphere.
    pub fn drawn_radius_angstrom(&self, atom: usize) -> Option<f32> {
        // `shown_atoms` ascends.
        let index = self.shown_atoms.binary_search(&atom).ok()?;
        self.atom_appearance.get(index).map(|appearance| appearance[3])
    }

    /// Positions of all atoms of the molecule and of its ghost, Å.
    pub fn all_positions_angstrom(&self) -> impl Iterator<Item = [f32; 3]> {
        self.positions_angstrom.iter().chain(self.ghost.positions_angstrom()).copied()
    }

    /// A sphere around all atoms, whatever the representation.
    pub fn bounds(&self) -> Option<Bounds> {
        if self.positions_angstrom.is_empty() {
            return None;
        }
        Bounds::of_points(&self.all_positions_angstrom().collect::<Vec<_>>(), 2.0)
    }

    /// The points that framing fits into the view: atoms that are alone on view, of a ribbon alone the backbone and what
    /// is drawn as sticks along with it, else all atoms.
    pub fn framing_points(&self) -> Vec<[f32; 3]> {
        let style = &self.style;
        if self.highlight.alone && !self.highlight.atoms.is_empty() {
            let position = |&atom: &usize| self.positions_angstrom.get(atom).copied();
            return self.highlight.atoms.iter().filter_map(position).collect();
        }
        let backbone_only =
            style.representation == Representation::Ribbon && style.ribbon_atoms == RibbonAtoms::None;
        let mut points = match &self.topology {
            Some(topology) if backbone_only => {
                (self.positions_angstrom.iter().zip(topology.atoms()).enumerate())
                    .filter(|(index, (_, atom))| {
                        matches!(atom.name, "N" | "CA" | "C" | "O") || self.highlight.is_stick(*index)
                    })
                    .map(|(_, (&position, _))| position)
                    .collect()
            }
            _ => self.positions_angstrom.clone(),
        };
        points.extend(self.ghost_trace());
        points
    }

    /// Cα positions of the conformations beside it, Å.
    fn ghost_trace(&self) -> Vec<[f32; 3]> {
        let Some(topology) = &self.topology else { return Vec::new() };
        let each = self.ghost.positions_angstrom().chunks_exact(topology.atom_count().max(1));
        let trace = |positions: &[[f32; 3]]| -> Vec<[f32; 3]> {
            let residues = 0..topology.residue_count();
            residues.filter_map(|residue| positions.get(topology.ca(residue)).copied()).collect()
        };
        each.flat_map(trace).collect()
    }

    /// The entries of the legend that something drawn has the color of.
    pub fn legend(&self) -> Vec<(&'static str, palette::Srgb)> {
        let Some(topology) = &self.topology else { return Vec::new() };
        let has = |of: LegendOf| match of {
            LegendOf::Element(element) => {
                self.shown_atoms.iter().any(|&atom| topology.atoms()[atom].element == element)
            }
            LegendOf::Class(class) => {
                topology.residues().iter().any(|residue| ResidueClass::of(residue.kind) == class)
            }
            LegendOf::Structure => true,
        };
        let entries = palette::legend(self.style.coloring).into_iter();
        entries.filter(|(_, _, of)| has(*of)).map(|(name, color, _)| (name, color)).collect()
    }

    /// Brings everything derived up to date. Cheap when nothing has changed.
    pub fn update(&mut self) {
        if std::mem::take(&mut self.appearance_stale) {
            self.residue_colors = self.colors_of_residues();
            self.choose_atoms();
            self.choose_bonds();
            self.revision.appearance += 1;
            self.ribbon_stale = true;
        }
        let ribbon_shown = self.style.representation == Representation::Ribbon;
        let was_shown = !self.ribbon.indices.is_empty() || !self.joined_angstrom.is_empty();
        if std::mem::take(&mut self.ribbon_stale) && (ribbon_shown || was_shown) {
            self.build_ribbon();
            self.join_to_ribbon();
            self.revision.ribbon += 1;
        }
        if self.ghost.update(self.topology.as_deref(), self.style.representation, &self.highlight) {
            self.revision.ghost += 1;
        }
    }

    fn structure_of(&self, residue: usize) -> SecondaryStructureClass {
        self.secondary_structure.get(residue).copied().unwrap_or_default()
    }

    /// Light per residue; for [`Coloring::Element`] that of carbon.
    fn colors_of_residues(&self) -> Vec<[f32; 3]> {
        let Some(topology) = &self.topology else { return Vec::new() };
        let last = topology.residue_count().saturating_sub(1).max(1) as f32;
        let color =
            |(index, residue): (usize, &equijump_engine::structure::Residue)| match self.style.coloring {
                Coloring::Element => palette::CARBON,
                Coloring::ResidueType => ResidueClass::of(residue.kind).color(),
                Coloring::ChainPosition => palette::chain_position(index as f32 / last),
                Coloring::SecondaryStructure => palette::secondary_structure(self.structure_of(index)),
                Coloring::ResidueValue => {
                    self.residue_values.get(index).map_or(palette::CARBON, |&value| palette::viridis(value))
                }
            };
        topology.residues().iter().enumerate().map(|r| palette::light_from_srgb(color(r))).collect()
    }

    /// Light of an atom. Along with a ribbon, atoms other than carbon keep their element's color,
    /// so that side chains can be read.
    fn color_of_atom(&self, topology: &Topology, atom: usize) -> [f32; 3] {
        if let Some(color) = self.highlight.color_of(atom) {
            return palette::light_from_srgb(color);
        }
        let atom = &topology.atoms()[atom];
        let by_element = self.style.coloring == Coloring::Element
            || (self.style.representation == Representation::Ribbon && atom.element != Element::Carbon);
        if by_element {
            palette::light_from_srgb(palette::element(atom.element))
        } else {
            self.residue_colors[atom.residue]
        }
    }

    /// Light of the ribbon at each residue: where the Cα has a color of its own, that.
    fn colors_of_ribbon(&self, topology: &Topology) -> Vec<[f32; 3]> {
        let color = |(index, color): (usize, &[f32; 3])| {
            let own = self.highlight.color_of(topology.ca(index));
            own.map_or(*color, palette::light_from_srgb)
        };
        self.residue_colors.iter().enumerate().map(color).collect()
    }

    fn choose_atoms(&mut self) {
        self.shown_atoms.clear();
        self.atom_appearance.clear();
        let Some(topology) = self.topology.clone() else { return };
        for (index, atom) in topology.atoms().iter().enumerate() {
            let joint = self.joins_sticks(&topology, index);
            if !joint && !self.highlight.allows(index) {
                continue;
            }
            let stick = joint || self.highlight.is_stick(index);
            let radius_angstrom = match self.radius_in_representation(&topology, index, atom.element) {
                Some(radius) if stick => radius.max(STICK_ANGSTROM),
                Some(radius) => radius,
                None if stick => STICK_ANGSTROM,
                None => continue,
            };
            let [r, g, b] = self.color_of_atom(&topology, index);
            self.shown_atoms.push(index);
            self.atom_appearance.push([r, g, b, radius_angstrom]);
        }
    }

    fn joins_sticks(&self, topology: &Topology, atom: usize) -> bool {
        self.style.representation == Representation::Ribbon && self.highlight.joins_sticks(topology, atom)
    }

    /// Radius of an atom in the representation of the whole molecule; `None` where that leaves it out.
    fn radius_in_representation(&self, topology: &Topology, atom: usize, element: Element) -> Option<f32> {
        let style = &self.style;
        match style.representation {
            Representation::Ribbon => match style.ribbon_atoms {
                RibbonAtoms::None => None,
                RibbonAtoms::SideChains => is_side_chain(topology, atom).then_some(RIBBON_STICK_ANGSTROM),
                RibbonAtoms::All => Some(RIBBON_STICK_ANGSTROM),
            },
            _ if !self.is_chosen(topology, atom) => None,
            Representation::BallAndStick => Some(BALL_FRACTION * element.vdw_radius_angstrom()),
            Representation::Sticks => Some(STICK_ANGSTROM),
            Representation::Spacefill => Some(element.vdw_radius_angstrom()),
        }
    }

    /// Whether the user wants to see this atom, ribbons aside.
    fn is_chosen(&self, topology: &Topology, atom: usize) -> bool {
        match self.style.atoms {
            AtomsShown::All => true,
            AtomsShown::Backbone => matches!(topology.atoms()[atom].name, "N" | "CA" | "C" | "O"),
            AtomsShown::SideChains => is_side_chain(topology, atom),
        }
    }

    fn choose_bonds(&mut self) {
        self.shown_bonds.clear();
        self.bond_appearance.clear();
        self.bond_end_albedo.clear();
        let Some(topology) = self.topology.clone() else { return };
        let radius_angstrom = match self.style.representation {
            Representation::BallAndStick => BALL_BOND_ANGSTROM,
            Representation::Sticks => STICK_ANGSTROM,
            Representation::Ribbon => RIBBON_STICK_ANGSTROM,
            Representation::Spacefill => return,
        };
        for &[a, b] in topology.bonds() {
            let drawn = |atom| self.shown_atoms.binary_search(&atom).is_ok();
            if drawn(a) && drawn(b) {
                let is_stick = |atom| self.highlight.is_stick(atom) || self.joins_sticks(&topology, atom);
                let stick = is_stick(a) && is_stick(b);
                let radius_angstrom = if stick { STICK_ANGSTROM } else { radius_angstrom };
                let [red, green, blue] = self.color_of_atom(&topology, a);
                self.shown_bonds.push([a, b]);
                self.bond_appearance.push([red, green, blue, radius_angstrom]);
                self.bond_end_albedo.push(self.color_of_atom(&topology, b));
            }
        }
        if self.style.representation != Representation::Ribbon {
            return;
        }
        // A ribbon is smooth where the chain is pleated: what is drawn along with it would stand beside it.
        for residue in 0..topology.residue_count() {
            let ca = topology.ca(residue);
            let Some(radius_angstrom) = self.drawn_radius_angstrom(ca) else { continue };
            let [red, green, blue] = self.color_of_atom(&topology, ca);
            self.shown_bonds.push([ca, topology.atom_count() + residue]);
            self.bond_appearance.push([red, green, blue, radius_angstrom]);
            self.bond_end_albedo.push([red, green, blue]);
        }
    }

    fn build_ribbon(&mut self) {
        let Some(topology) = self.topology.clone() else {
            self.ribbon.clear();
            return;
        };
        if self.style.representation != Representation::Ribbon || self.positions_angstrom.is_empty() {
            self.ribbon.clear();
            return;
        }
        let structure: Vec<_> = (0..topology.residue_count()).map(|r| self.structure_of(r)).collect();
        let steps = match self.style.coloring {
            Coloring::ChainPosition | Coloring::ResidueValue => ColorSteps::Blended,
            _ => ColorSteps::Sharp,
        };
        let colors = self.colors_of_ribbon(&topology);
        self.ribbon.rebuild(&topology, &self.positions_angstrom, &structure, &colors, steps);
        if self.highlight.alone && !self.highlight.atoms.is_empty() {
            let mut shown = vec![false; topology.residue_count()];
            for &atom in &self.highlight.atoms {
                if let Some(atom) = topology.atoms().get(atom) {
                    shown[atom.residue] = true;
                }
            }
            self.ribbon.keep_residues(&shown);
        }
    }
}

impl Scene {
    fn join_to_ribbon(&mut self) {
        self.joined_angstrom.clear();
        let Some(topology) = &self.topology else { return };
        let joined = self.shown_bonds.last().is_some_and(|[_, end]| *end >= topology.atom_count());
        if joined && !self.positions_angstrom.is_empty() {
            self.joined_angstrom.extend_from_slice(&self.positions_angstrom);
            let end = |residue| {
                let ca = self.positions_angstrom[topology.ca(residue)];
                self.ribbon.backbone_angstrom.get(residue).copied().unwrap_or(ca)
            };
            self.joined_angstrom.extend((0..topology.residue_count()).map(end));
        }
    }
}

/// Whether an atom is drawn with the side chains: all from Cα on.
fn is_side_chain(topology: &Topology, atom: usize) -> bool {
    !matches!(topology.atoms()[atom].name, "N" | "C" | "O") || is_proline_nitrogen(topology, atom)
}
