//! Atom records as they stand in a file, before anything is interpreted. Both file formats end here.

/// One atom of a structure file.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct AtomRecord {
    /// Written as HETATM (or its mmCIF equivalent).
    pub hetero: bool,
    /// What the file says about membership in the polymer, where it says anything:
    /// mmCIF by `label_seq_id`, PDB by standing after the TER of the same chain.
    pub polymer: Option<bool>,
    /// Atom name, trimmed.
    pub name: String,
    /// Alternate location, if any.
    pub altloc: Option<String>,
    /// Residue name, trimmed, in capitals.
    pub residue_name: String,
    /// Chain identifier; the segment identifier where the chain is blank.
    pub chain: String,
    /// Counts the TER records above this atom; separates chains that carry no identifier.
    pub part: usize,
    /// Author's residue number.
    pub number: i32,
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
}
