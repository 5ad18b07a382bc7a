//! Colors. All scales are told apart with the common color deficiencies: classes differ in lightness as
//! well as hue (Okabe and Ito 2008), numbers follow viridis.

use equijump_engine::structure::{Element, ResidueType};

use super::style::{Coloring, SecondaryStructureClass};
use crate::figures::color_map;

/// An sRGB color.
pub type Srgb = [u8; 3];

/// The second conformation: a hue that no element and no class of residues has.
pub const GHOST: Srgb = [148, 124, 196];
/// Carbon, and what has no color of its own.
pub const CARBON: Srgb = [163, 175, 184];

/// Color of an element: the Corey–Pauling–Koltun tradition, a little softened.
pub fn element(element: Element) -> Srgb {
    match element {
        Element::Carbon => CARBON,
        Element::Nitrogen => [66, 112, 224],
        Element::Oxygen => [226, 62, 54],
        Element::Sulfur => [232, 190, 44],
    }
}

/// Chemical character of residues, as coloring distinguishes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResidueClass {
    /// Ala, Ile, Leu, Met, Nle, Val.
    Aliphatic,
    /// Phe, Trp, Tyr.
    Aromatic,
    /// Asn, Gln, Ser, Thr.
    Polar,
    /// Arg, His, Lys.
    Positive,
    /// Asp, Glu.
    Negative,
    /// Cys, Gly, Pro.
    Special,
}

impl ResidueClass {
    /// All classes, in the order of legends.
    pub const ALL: [Self; 6] =
        [Self::Aliphatic, Self::Aromatic, Self::Polar, Self::Positive, Self::Negative, Self::Special];

    /// The class of a residue type.
    pub fn of(kind: ResidueType) -> Self {
        use ResidueType::*;
        match kind {
            Ala | Ile | Leu | Met | Nle | Val => Self::Aliphatic,
            Phe | Trp | Tyr => Self::Aromatic,
            Asn | Gln | Ser | Thr => Self::Polar,
            Arg | His | Lys => Self::Positive,
            Asp | Glu => Self::Negative,
            Cys | Gly | Pro => Self::Special,
        }
    }

    /// Text for legends.
    pub fn label(self) -> &'static str {
        match self {
            Self::Aliphatic => "Aliphatic",
            Self::Aromatic => "Aromatic",
            Self::Polar => "Polar",
            Self::Positive => "Positive",
            Self::Negative => "Negative",
            Self::Special => "Cys, Gly, Pro",
        }
    }

    /// Its color.
    pub fn color(self) -> Srgb {
        match self {
            Self::Aliphatic => [230, 166, 40],
            Self::Aromatic => [196, 118, 170],
            Self::Polar => [38, 166, 128],
            Self::Positive => [46, 112, 196],
            Self::Negative => [208, 88, 40],
            Self::Special => [158, 162, 168],
        }
    }
}

/// Color of a kind of secondary structure.
pub fn secondary_structure(kind: SecondaryStructureClass) -> Srgb {
    match kind {
        SecondaryStructureClass::Helix => [198, 62, 120],
        SecondaryStructureClass::Strand => [236, 184, 56],
        SecondaryStructureClass::Coil => [146, 166, 184],
    }
}

/// The color of `fraction` from 0 to 1 on viridis; what is not a number is [`CARBON`].
pub fn viridis(fraction: f32) -> Srgb {
    if fraction.is_finite() { color_map::viridis(f64::from(fraction)) } else { CARBON }
}

/// Color of a place along the chain, 0 at the first residue and 1 at the last. The darkest tenth of
/// viridis is left out: on a dark background it cannot be seen.
pub fn chain_position(fraction: f32) -> Srgb {
    viridis(0.12 + 0.86 * fraction)
}

/// Name, color, and what has it.
pub type LegendEntry = (&'static str, Srgb, LegendOf);

/// What an entry of a legend stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LegendOf {
    /// Atoms of an element.
    Element(Element),
    /// Residues of a class.
    Class(ResidueClass),
    /// A kind of secondary structure, which comes and goes with the frames.
    Structure,
}

/// All entries of the legend of a coloring; empty where a scale stands in its place.
pub fn legend(coloring: Coloring) -> Vec<LegendEntry> {
    match coloring {
        Coloring::Element => [
            ("Carbon", Element::Carbon),
            ("Nitrogen", Element::Nitrogen),
            ("Oxygen", Element::Oxygen),
            ("Sulfur", Element::Sulfur),
        ]
        .map(|(name, kind)| (name, element(kind), LegendOf::Element(kind)))
        .to_vec(),
        Coloring::ResidueType => {
            ResidueClass::ALL.map(|class| (class.label(), class.color(), LegendOf::Class(class))).to_vec()
        }
        Coloring::SecondaryStructure => [
            ("Helix", SecondaryStructureClass::Helix),
            ("Strand", SecondaryStructureClass::Strand),
            ("Coil", SecondaryStructureClass::Coil),
        ]
        .map(|(name, kind)| (name, secondary_structure(kind), LegendOf::Structure))
        .to_vec(),
        Coloring::ChainPosition | Coloring::ResidueValue => Vec::new(),
    }
}

/// Light of an sRGB color, 0 to 1, as shaders compute with it: the square, which is close to linear light
/// and whose inverse is cheap.
pub fn light_from_srgb(color: Srgb) -> [f32; 3] {
    color.map(|value| (f32::from(value) / 255.0).powi(2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn viridis_ends_and_middle() {
        assert_eq!(viridis(0.0), [68, 1, 84]);
        assert_eq!(viridis(1.0), [253, 231, 37]);
        assert_eq!(viridis(0.5), [33, 145, 140]);
        assert_eq!(viridis(7.0), viridis(1.0));
        assert_eq!(viridis(f32::NAN), CARBON);
    }

    /// Seen without hue, classes must still differ: relative luminance as in WCAG.
    #[test]
    fn secondary_structure_differs_in_lightness() {
        let luminance = |kind| {
            let [r, g, b] = light_from_srgb(secondary_structure(kind));
            0.2126 * r + 0.7152 * g + 0.0722 * b
        };
        let helix = luminance(SecondaryStructureClass::Helix);
        let strand = luminance(SecondaryStructureClass::Strand);
        let coil = luminance(SecondaryStructureClass::Coil);
        assert!(strand - coil > 0.1 && coil - helix > 0.1, "{helix} {coil} {strand}");
    }
}
