//! Atom records as they stand in a file, before anything is interpreted. All file formats end here.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

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
    /// The models after the first.
    pub later_models: Vec<LaterModel>,
    /// Its periodic cell or crystal cell, if it tells one.
    pub cell_angstrom: Option<Cell>,
    /// What was substituted while reading, in sentences.
    pub notices: Vec<String>,
}

/// A model after the first.
#[derive(Clone, Debug, Default)]
pub(super) struct LaterModel {
    /// Per atom, Å, in the order of the file.
    positions_angstrom: Vec<[f32; 3]>,
    /// Per atom, hashes of all that names it, and of its name and that of its residue.
    identities: Vec<[u64; 2]>,
}

impl LaterModel {
    /// Adds the next atom.
    pub fn push(&mut self, atom: &AtomRecord) {
        self.positions_angstrom.push(atom.position_angstrom.map(|x| x as f32));
        self.identities.push(identity(atom));
    }

    /// Number of atoms.
    pub fn len(&self) -> usize {
        self.positions_angstrom.len()
    }

    /// Positions of the atoms of the first model, in its order; `None` if this one holds others.
    pub fn in_order_of(self, first: &[AtomRecord]) -> Option<Vec<[f32; 3]>> {
        let wanted: Vec<[u64; 2]> = first.iter().map(identity).collect();
        if wanted == self.identities {
            return Some(self.positions_angstrom);
        }
        let mut places: HashMap<u64, usize> =
            self.identities.iter().enumerate().map(|(place, [identity, _])| (*identity, place)).collect();
        if places.len() == self.len() && self.len() == first.len() {
            let found: Option<Vec<usize>> =
                wanted.iter().map(|[identity, _]| places.remove(identity)).collect();
            if let Some(found) = found {
                return Some(found.into_iter().map(|place| self.positions_angstrom[place]).collect());
            }
        }
        // Only numbers or chains differ.
        wanted
            .iter()
            .map(|w| w[1])
            .eq(self.identities.iter().map(|own| own[1]))
            .then_some(self.positions_angstrom)
    }
}

fn identity(atom: &AtomRecord) -> [u64; 2] {
    let names = (&atom.name, &atom.residue_name);
    let place = (&atom.altloc, &atom.chain, atom.number, atom.insertion_code);
    let mut hasher = DefaultHasher::new();
    names.hash(&mut hasher);
    let of_names = hasher.finish();
    place.hash(&mut hasher);
    [hasher.finish(), of_names]
}

/// A name as it may be shown: what controls a terminal becomes `?`.
pub(super) fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() || c == '\u{fffd}' { '?' } else { c }).collect()
}
