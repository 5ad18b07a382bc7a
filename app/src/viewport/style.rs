//! What the molecule looks like: everything the user can choose, and nothing that changes by itself.

use serde::{Deserialize, Serialize};

/// How atoms and bonds are drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Representation {
    /// Small spheres joined by cylinders.
    #[default]
    BallAndStick,
    /// Cylinders only, with round joints.
    Sticks,
    /// Spheres of van der Waals radius.
    Spacefill,
    /// Cartoon of the backbone: helices, arrows for strands, a tube elsewhere.
    Ribbon,
}

impl Representation {
    /// All of them, in the order of menus.
    pub const ALL: [Self; 4] = [Self::BallAndStick, Self::Sticks, Self::Spacefill, Self::Ribbon];

    /// Text for menus.
    pub fn label(self) -> &'static str {
        match self {
            Self::BallAndStick => "Ball and stick",
            Self::Sticks => "Sticks",
            Self::Spacefill => "Spacefill",
            Self::Ribbon => "Ribbon",
        }
    }
}

/// Atoms drawn as balls, sticks or spheres.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum AtomsShown {
    /// All heavy atoms.
    #[default]
    All,
    /// N, Cα, C and O.
    Backbone,
    /// Side chains, from Cα on.
    SideChains,
}

impl AtomsShown {
    /// All of them, in the order of menus.
    pub const ALL: [Self; 3] = [Self::All, Self::Backbone, Self::SideChains];

    /// Text for menus.
    pub fn label(self) -> &'static str {
        match self {
            Self::All => "All heavy atoms",
            Self::Backbone => "Backbone only",
            Self::SideChains => "Side chains only",
        }
    }
}

/// Atoms drawn as thin sticks along with a ribbon.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum RibbonAtoms {
    /// The ribbon alone.
    #[default]
    None,
    /// Side chains, from Cα on.
    SideChains,
    /// All heavy atoms.
    All,
}

impl RibbonAtoms {
    /// All of them, in the order of menus.
    pub const ALL: [Self; 3] = [Self::None, Self::SideChains, Self::All];

    /// Text for menus.
    pub fn label(self) -> &'static str {
        match self {
            Self::None => "Ribbon only",
            Self::SideChains => "With side chains",
            Self::All => "With all atoms",
        }
    }
}

/// What colors mean.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Coloring {
    /// Carbon grey, nitrogen blue, oxygen red, sulfur yellow.
    #[default]
    Element,
    /// By the chemical character of the residue.
    ResidueType,
    /// From the first residue to the last.
    ChainPosition,
    /// Helix, strand, coil.
    SecondaryStructure,
    /// By numbers given with [`super::Viewport::set_residue_values`].
    ResidueValue,
}

impl Coloring {
    /// Those that need no numbers from outside, in the order of menus.
    pub const ALL: [Self; 4] =
        [Self::Element, Self::ResidueType, Self::ChainPosition, Self::SecondaryStructure];

    /// Text for menus.
    pub fn label(self) -> &'static str {
        match self {
            Self::Element => "Element",
            Self::ResidueType => "Residue type",
            Self::ChainPosition => "Chain position",
            Self::SecondaryStructure => "Secondary structure",
            Self::ResidueValue => "Residue value",
        }
    }
}

/// What is behind the molecule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Background {
    /// Light in light theme, dark in dark theme.
    #[default]
    Theme,
    /// Off-white.
    Light,
    /// Near black.
    Dark,
    /// Pure white, for print.
    White,
    /// Pure black.
    Black,
    /// Any color, sRGB.
    Custom([u8; 3]),
}

impl Background {
    /// The color, sRGB; `dark_theme` decides for [`Background::Theme`].
    pub fn srgb(self, dark_theme: bool) -> [u8; 3] {
        match self {
            Self::Theme if dark_theme => Self::Dark.srgb(dark_theme),
            Self::Theme => Self::Light.srgb(dark_theme),
            Self::Light => [246, 247, 249],
            Self::Dark => [22, 24, 29],
            Self::White => [255; 3],
            Self::Black => [0; 3],
            Self::Custom(color) => color,
        }
    }
}

/// The whole appearance of the molecule.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Style {
    /// How atoms and bonds are drawn.
    pub representation: Representation,
    /// Atoms drawn in the other representations.
    pub atoms: AtomsShown,
    /// Atoms drawn along with [`Representation::Ribbon`].
    pub ribbon_atoms: RibbonAtoms,
    /// What colors mean.
    #[serde(alias = "colouring")]
    pub coloring: Coloring,
    /// Whether distant parts fade into the background.
    pub depth_cue: bool,
    /// Whether edges are outlined where something lies well behind them.
    pub outline: bool,
    /// Whether creases and pockets, which less light reaches, are darker.
    pub ambient_occlusion: bool,
    /// What is behind the molecule.
    pub background: Background,
}

impl Default for Style {
    fn default() -> Self {
        Self {
            representation: Representation::default(),
            atoms: AtomsShown::default(),
            ribbon_atoms: RibbonAtoms::default(),
            coloring: Coloring::default(),
            depth_cue: true,
            outline: true,
            ambient_occlusion: true,
            background: Background::default(),
        }
    }
}

/// Secondary structure of one residue, as far as drawing distinguishes it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum SecondaryStructureClass {
    /// Any helix.
    Helix,
    /// Extended strand.
    Strand,
    /// Everything else.
    #[default]
    Coil,
}

impl From<equijump_engine::analysis::dssp::SecondaryStructure> for SecondaryStructureClass {
    fn from(dssp: equijump_engine::analysis::dssp::SecondaryStructure) -> Self {
        if dssp.is_helix() {
            Self::Helix
        } else if dssp.is_strand() {
            Self::Strand
        } else {
            Self::Coil
        }
    }
}

impl SecondaryStructureClass {
    /// From a DSSP letter: `H G I P` are helices, `E B` strands, all else coil.
    pub fn from_dssp(code: char) -> Self {
        match code {
            'H' | 'G' | 'I' | 'P' => Self::Helix,
            'E' | 'B' => Self::Strand,
            _ => Self::Coil,
        }
    }
}
