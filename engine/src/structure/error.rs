//! What can be wrong with a structure file, each as one sentence that says what to do.

use crate::foreign_format::ForeignFile;
use crate::remedy::Remedy;

/// Fewest residues that can be simulated: two Cα do not fix an orientation.
pub const MIN_RESIDUES: usize = 3;
/// Most residues that can be simulated.
pub const MAX_RESIDUES: usize = 2000;
/// Largest file that is read, uncompressed.
pub const MAX_FILE_BYTES: u64 = 512 << 20;

/// Why a structure file cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{file}: {problem}")]
pub struct StructureError {
    /// Name of the file, without its folders.
    pub file: String,
    /// What is wrong with it.
    pub problem: StructureProblem,
}

/// A protein chain of a file, for a choice among several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainSummary {
    /// Identifier to choose it by ([`super::ReadOptions::chain`]).
    pub id: String,
    /// Number of protein residues.
    pub residues: usize,
}

impl std::fmt::Display for ChainSummary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({} residues)", self.id, self.residues)
    }
}

/// A residue with some of its atoms: those that are missing, or that come twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingAtoms {
    /// `TYR 2`.
    pub residue: String,
    /// Names of these atoms.
    pub atoms: Vec<&'static str>,
}

impl std::fmt::Display for MissingAtoms {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.residue, self.atoms.join(", "))
    }
}

/// What is wrong with a table of atoms in mmCIF; each message is a clause about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)] // the messages are the documentation
pub enum TableProblem {
    /// Rows are counted from 1.
    #[error("is cut off in row {row}")]
    CutOff { row: usize },
    #[error("lacks the column _atom_site.{0}")]
    NoColumn(&'static str),
}

/// What is wrong with a GRO file; each message is a clause about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)] // the messages are the documentation
pub enum GroProblem {
    #[error("tells of {told} atoms, and after {found} of them comes none")]
    Fewer { told: usize, found: usize },
    #[error("tells of {told} atoms and holds more")]
    More { told: usize },
    #[error("does not end with a cell of three or nine lengths")]
    NoCell,
}

/// What is wrong with a structure file.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)] // the messages are the documentation
pub enum StructureProblem {
    #[error("the file cannot be read: {0}")]
    Io(#[from] std::io::Error),
    #[error("the file is empty")]
    Empty,
    #[error("the gzip data are cut off or damaged; download or copy the file again")]
    DamagedGzip,
    #[error("the file is packed with {0}; unpack it first (only gzip is read directly)")]
    OtherCompression(&'static str),
    #[error("the file is larger than {} MiB uncompressed; cut out the protein chain first", MAX_FILE_BYTES >> 20)]
    FileTooLarge,
    #[error("the gzip data unpack to more than a hundred times their size; unpack them with gunzip")]
    Inflated,
    #[error("this is {0}")]
    OtherFormat(ForeignFile),
    #[error("this is no regular file but {0}; write its content to a file first")]
    NotRegular(&'static str),
    #[error("this is neither a PDB, an mmCIF nor a GRO file: it holds no atoms")]
    NoAtoms,
    #[error("the mmCIF atom table {0}")]
    MalformedTable(TableProblem),
    #[error("the GRO file {0}")]
    MalformedGro(GroProblem),
    #[error("there is no protein in the file, only {0}")]
    NoProtein(String),
    #[error("the file holds several protein chains, {}: {}", list(.0), Remedy::ChooseChain)]
    SeveralChains(Vec<ChainSummary>),
    #[error("several molecules have the chain identifier {wanted}, {}: {}", list(.chains), Remedy::ChooseChain)]
    SharedChain { wanted: String, chains: Vec<ChainSummary> },
    #[error("there is no protein chain {wanted}: the file holds {}", list(.chains))]
    NoSuchChain { wanted: String, chains: Vec<ChainSummary> },
    #[error(
        "model {number} holds other atoms than the first ({found} and {expected} of them): its models are no frames of one molecule"
    )]
    OtherModel {
        /// Which model, from 1.
        number: usize,
        found: usize,
        expected: usize,
    },
    #[error(
        "residue {residue} of chain {chain} is not one of the 20 standard residues or norleucine (NLE); replace it by its standard parent or choose another chain"
    )]
    UnknownResidue { residue: String, chain: String },
    #[error("this is a model of Cα atoms only; all heavy atoms of the backbone are needed")]
    CalphaOnly,
    #[error(
        "N and CA of the same residue are {n_ca:.2} Å apart: the coordinates are not in ångström; multiply them by ten if they are nanometers"
    )]
    NotAngstrom { n_ca: f64 },
    #[error("backbone atoms are missing: {}; complete them, or {}", list(.0), Remedy::LongestSegment)]
    MissingBackbone(Vec<MissingAtoms>),
    #[error("the chain is broken between {before} and {after}, where C and N are {distance_angstrom:.1} Å apart{}; {}, or {} ({longest} residues)", others(*.breaks), remedy(*.distance_angstrom), Remedy::LongestSegment)]
    ChainBreak { before: String, after: String, distance_angstrom: f64, breaks: usize, longest: usize },
    #[error("the coordinates of atom {0} are not finite numbers")]
    NotFinite(String),
    #[error("the bond {atoms} is {length_angstrom:.2} Å long: {}", bond_remedy(*.length_angstrom, *.has_cell))]
    ImpossibleBond {
        /// `TYR 2 N–CA`.
        atoms: String,
        length_angstrom: f64,
        has_cell: bool,
    },
    #[error(
        "the chain has {0} residues, more than the {MAX_RESIDUES} that can be simulated; cut out one domain"
    )]
    TooManyResidues(usize),
    /// Too short to superpose.
    #[error("the chain has {0} residues, fewer than the {MIN_RESIDUES} that a simulation needs")]
    TooFewResidues(usize),
    #[error("heavy atoms are missing: {}; a trajectory must hold every heavy atom of its protein", list(.0))]
    MissingHeavyAtoms(Vec<MissingAtoms>),
}

impl StructureProblem {
    /// Whether [`super::ReadOptions::longest_segment`] would make the file readable.
    pub fn longest_segment_helps(&self) -> bool {
        matches!(self, Self::ChainBreak { .. } | Self::MissingBackbone(_))
    }
}

/// `a, b, c and 4 more`.
pub(super) fn list<T: std::fmt::Display>(items: &[T]) -> String {
    const SHOWN: usize = 8;
    let mut text = items.iter().take(SHOWN).map(T::to_string).collect::<Vec<_>>().join(", ");
    if items.len() > SHOWN {
        text.push_str(&format!(" and {} more", items.len() - SHOWN));
    }
    text
}

/// What a bond of an impossible length comes from.
fn bond_remedy(length_angstrom: f64, has_cell: bool) -> &'static str {
    match (length_angstrom, has_cell) {
        (x, false) if x > WRAPPED_ANGSTROM => {
            "the molecule was wrapped in a periodic box that the file does not state (CRYST1); make it whole, for \
             instance with gmx trjconv -pbc whole"
        }
        (x, true) if x > WRAPPED_ANGSTROM => {
            "the periodic cell of the file (CRYST1) does not close it; make the molecule whole, for instance \
             with gmx trjconv -pbc whole"
        }
        _ => {
            "the coordinates are damaged or not in ångström; correct them, or leave out the atom and it is rebuilt"
        }
    }
}

/// Longer bonds come from a periodic box, not from damage.
const WRAPPED_ANGSTROM: f64 = 8.0;

/// Missing loops span some ångström; what lies farther apart was wrapped at the edge of a simulation box.
fn remedy(distance_angstrom: f64) -> &'static str {
    if distance_angstrom > 30.0 {
        "if the molecule was wrapped in a periodic box, make it whole"
    } else {
        "complete it"
    }
}

fn others(breaks: usize) -> String {
    match breaks {
        0 | 1 => String::new(),
        2 => " (and at one other place)".to_owned(),
        n => format!(" (and at {} other places)", n - 1),
    }
}
