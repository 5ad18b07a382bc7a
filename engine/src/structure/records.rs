//! Atom records as they stand in a file, before anything is interpreted. All file formats end here.

use super::cell::Cell;

/// One atom of a structure file.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct AtomRecord {
    /// Written as HETATM (or its mmCIF equivalent).
    pub hetero: bool,
    /// Whether the file gives it a place in the sequence of a polymer (mmCIF `label_seq_id`).
    pub in_sequence: bool,
    /// Atom name, trimmed.
    pub name: String,
    /// Alternate location, if any.
    pub altloc: Option<String>,
    /// Residue name, trimmed, in capitals.
    pub residue_name: String,
    /// Chain identifier; the segment identifier where the chain is blank.
    pub chain: String,
    /// What else tells molecules apart: PDB segment identifier, mmCIF `label_asym_id`.
    pub segment: String,
    /// Counts the TER records (mmCIF: the data blocks) above this atom.
    pub part: usize,
    /// Residue number, the author's where there is one; `None` where none can be read.
    pub number: Option<i32>,
    /// Author's insertion code, if any.
    pub insertion_code: Option<char>,
    /// Whether the element column says hydrogen or deuterium.
    pub hydrogen: bool,
    /// Position, Å; NaN where the file holds no readable number.
    pub position_angstrom: [f64; 3],
    /// Occupancy, 1 where absent.
    pub occupancy: f64,
}

/// The first model of a file, in file order.
#[derive(Clone, Debug, Default)]
pub(super) struct FileAtoms {
    /// Atoms of the first model.
    pub atoms: Vec<AtomRecord>,
    /// How many models the file holds.
    pub model_count: usize,
    /// Positions of the models after the first, Å, atoms in the order of the file.
    pub later_models_angstrom: Vec<Vec<[f32; 3]>>,
    /// Its periodic cell or crystal cell, if it tells one.
    pub cell_angstrom: Option<Cell>,
    /// What was substituted while reading, in sentences.
    pub notices: Vec<String>,
}

/// A name as it may be shown: what controls a terminal becomes `?`.
pub(super) fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() || c == '\u{fffd}' { '?' } else { c }).collect()
}
