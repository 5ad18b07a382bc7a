//! Tables with an entry for each residue type, which lie beside the code as JSON.

use std::collections::BTreeMap;
use std::ops::Index;

use serde::Deserialize;

use super::ResidueType;

/// An entry for each residue type; the default where the file has none.
#[derive(Deserialize)]
#[serde(from = "BTreeMap<ResidueType, T>", bound(deserialize = "T: Default + Deserialize<'de>"))]
pub(crate) struct ResidueTable<T>([T; ResidueType::COUNT]);

impl<T: Default> From<BTreeMap<ResidueType, T>> for ResidueTable<T> {
    fn from(mut entries: BTreeMap<ResidueType, T>) -> Self {
        Self(ResidueType::ALL.map(|kind| entries.remove(&kind).unwrap_or_default()))
    }
}

impl<T: Default> Default for ResidueTable<T> {
    fn default() -> Self {
        BTreeMap::new().into()
    }
}

impl<T> Index<ResidueType> for ResidueTable<T> {
    type Output = T;

    fn index(&self, kind: ResidueType) -> &T {
        &self.0[kind.index()]
    }
}

/// Reads a table that is part of the program. One that does not read is empty, which tests of each table would tell.
pub(crate) fn bundled_table<T: Default + Deserialize<'static>>(json: &'static str) -> T {
    serde_json::from_str(json).unwrap_or_default()
}
