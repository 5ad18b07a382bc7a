//! What molecular dynamics does with bonds, angles, centers, rings and contacts: `md_ranges.json`, written by
//! `engine/scripts/md_ranges.py` from 54,227 frames of 76 proteins and peptides (AMBER ff14SBonlysc, GB-Neck2, 350 K).

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::structure::ResidueType;
use crate::structure::residue_table::{ResidueTable, bundled_table};

/// What a [`Term`](super::Term) measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
pub enum TermKind {
    /// Length of a bond, Å.
    Bond,
    /// Angle between two bonds, degrees.
    Angle,
    /// Volume spanned by the bonds of a center with three of them, Å³: its sign is the hand of a tetrahedral
    /// center, and zero is flat.
    Center,
    /// Torsion along a ring, degrees.
    Ring,
    /// Torsion of a group that is flat either way about, degrees from the nearer of 0 and 180.
    Flip,
    /// Torsion of a peptide bond, degrees from trans, and from cis where it is nearer to that.
    Omega,
}

/// What a row is of; atoms, of which those with a minus in front belong to the residue before; mean, standard
/// deviation, 0.1 % and 99.9 % quantile, in the unit of its [`TermKind`]; number of values.
pub(super) type Row = (TermKind, Vec<String>, [f32; 4], u32);

/// The file.
#[derive(Default, Deserialize)]
pub(super) struct MdRanges {
    /// Residues, whatever their place in the chain.
    inner: ResidueTable<Vec<Row>>,
    /// What differs in the first residue of a chain, whose N is charged. One residue stands for all of its class.
    first: ResidueTable<Vec<Row>>,
    /// What differs in the last residue of a chain, a carboxylate; likewise.
    last: ResidueTable<Vec<Row>>,
    /// By the elements of two atoms four or more bonds apart in alphabetical order: distances, Å, that such pairs go
    /// below once in 20,000 and once in 1,000 frames.
    pub contacts_angstrom: BTreeMap<String, [f32; 2]>,
}

pub(super) static MD_RANGES: LazyLock<MdRanges> =
    LazyLock::new(|| bundled_table(include_str!("md_ranges.json")));

impl MdRanges {
    /// Rows of a residue in the middle of a chain.
    pub fn inner(&self, kind: ResidueType) -> &[Row] {
        &self.inner[kind]
    }

    /// Rows that go before those where a residue is the first.
    pub fn first(&self, kind: ResidueType) -> &[Row] {
        &self.first[class(kind)]
    }

    /// Rows that go before those where a residue is the last.
    pub fn last(&self, kind: ResidueType) -> &[Row] {
        &self.last[class(kind)]
    }
}

/// The residue that stands for all that are like `kind` about the ends of a chain.
fn class(kind: ResidueType) -> ResidueType {
    match kind {
        ResidueType::Gly | ResidueType::Pro => kind,
        ResidueType::Ile | ResidueType::Thr | ResidueType::Val => ResidueType::Val,
        _ => ResidueType::Ala,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_residue_has_the_ranges_of_all_its_bonds() {
        for kind in ResidueType::ALL {
            let bonds = MD_RANGES.inner(kind).iter().filter(|row| row.0 == TermKind::Bond).count();
            // Those within the residue, and that to the one before.
            assert_eq!(bonds, crate::structure::bonds::residue_bonds(kind).count() + 1, "{kind:?}");
            assert!(!MD_RANGES.first(kind).is_empty() && !MD_RANGES.last(kind).is_empty(), "{kind:?}");
        }
        assert_eq!(MD_RANGES.contacts_angstrom.len(), 10);
    }
}
