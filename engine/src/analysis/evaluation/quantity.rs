//! The quantities whose distributions are compared.

use serde::{Deserialize, Serialize};
use strum::{IntoStaticStr, VariantArray};

/// What is measured on frames and compared between ensembles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, IntoStaticStr, VariantArray)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "snake_case")]
pub enum Quantity {
    /// Slowest TICA component.
    Tic1,
    /// Second slowest TICA component.
    Tic2,
    /// Cα RMSD from the native structure, Å.
    Rmsd,
    /// Global distance test, `0..=1`.
    Gdt,
    /// Mass-weighted radius of gyration, Å.
    RadiusOfGyration,
    /// Fraction of native contacts, `0..=1`.
    NativeContacts,
    /// The first two TICA components together.
    #[strum(serialize = "tic1_tic2")]
    TicMap,
    /// Backbone (φ, ψ) of all residues, degrees.
    Ramachandran,
    /// Side-chain (χ1, χ2) of all residues that have both, degrees.
    Janin,
    /// Bond lengths of all heavy atoms, Å.
    BondLengths,
    /// Bond angles of all heavy atoms, degrees.
    BondAngles,
    /// Intersecting van der Waals spheres per frame.
    Clashes,
}

impl Quantity {
    /// All, in the order of the tables.
    pub const ALL: &[Self] = Self::VARIANTS;

    /// Those of Tables 1, 2 and A.8 of the paper.
    pub const OF_THE_PAPER: [Self; 6] =
        [Self::Tic1, Self::Tic2, Self::Rmsd, Self::Gdt, Self::RadiusOfGyration, Self::NativeContacts];

    /// Those whose averages Table 3 compares.
    pub const AVERAGED: [Self; 4] = [Self::Rmsd, Self::Gdt, Self::RadiusOfGyration, Self::NativeContacts];

    /// Position in [`Self::ALL`].
    pub fn index(self) -> usize {
        self as usize
    }

    /// Short name for files: `radius_of_gyration`.
    pub fn key(self) -> &'static str {
        self.into()
    }

    /// Name as shown to users.
    pub fn label(self) -> &'static str {
        match self {
            Self::Tic1 => "TIC 1",
            Self::Tic2 => "TIC 2",
            Self::Rmsd => "Cα RMSD",
            Self::Gdt => "GDT",
            Self::RadiusOfGyration => "Radius of gyration",
            Self::NativeContacts => "Fraction of native contacts",
            Self::TicMap => "TIC 1 and 2 together",
            Self::Ramachandran => "Ramachandran (φ, ψ)",
            Self::Janin => "Janin (χ1, χ2)",
            Self::BondLengths => "Bond lengths",
            Self::BondAngles => "Bond angles",
            Self::Clashes => "Overlaps of van der Waals spheres",
        }
    }

    /// Unit as shown to users; empty for plain numbers.
    pub fn unit(self) -> &'static str {
        match self {
            Self::Rmsd | Self::RadiusOfGyration | Self::BondLengths => "Å",
            Self::Ramachandran | Self::Janin | Self::BondAngles => "°",
            _ => "",
        }
    }

    /// Whether it is a pair of coordinates.
    pub fn is_map(self) -> bool {
        matches!(self, Self::TicMap | Self::Ramachandran | Self::Janin)
    }
}

#[cfg(test)]
mod tests {
    use super::Quantity;

    #[test]
    fn indices_are_positions() {
        assert!(Quantity::ALL.iter().enumerate().all(|(index, quantity)| quantity.index() == index));
    }
}
