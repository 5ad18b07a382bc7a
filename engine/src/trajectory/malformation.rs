//! What is wrong with the bytes of a trajectory, each as a clause about the file.

use super::format::TrajectoryFormat;

/// Why a file does not follow its format.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[allow(missing_docs)] // the messages are the documentation
pub enum Malformation {
    #[error("it is empty")]
    Empty(TrajectoryFormat),
    #[error(transparent)]
    DcdHeader(#[from] DcdHeaderProblem),
    #[error("frame {frame}: {source}")]
    DcdFrame { frame: usize, source: DcdFrameProblem },
    #[error("frame {frame}: {source}")]
    XtcFrame { frame: usize, source: XtcFrameProblem },
    #[error(transparent)]
    Pdb(#[from] PdbProblem),
}

impl Malformation {
    /// The format that the file should have.
    pub fn format(&self) -> TrajectoryFormat {
        match self {
            Self::Empty(format) => *format,
            Self::DcdHeader(_) | Self::DcdFrame { .. } => TrajectoryFormat::Dcd,
            Self::XtcFrame { .. } => TrajectoryFormat::Xtc,
            Self::Pdb(_) => TrajectoryFormat::Pdb,
        }
    }
}

/// What is wrong with the header of a DCD file; each message is a clause about the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)] // the messages are the documentation
pub enum DcdHeaderProblem {
    #[error("it ends within its header")]
    CutOff,
    #[error("it does not start with a record of 84 bytes")]
    NoFirstRecord,
    #[error("its first record is not marked CORD")]
    Unmarked,
    #[error("its first record is not closed")]
    FirstRecordOpen,
    #[error("its title record has an impossible length")]
    TitleLength,
    #[error("its title record is not closed")]
    TitlesOpen,
    #[error("it says that it holds no atoms")]
    NoAtoms,
    #[error("the record with the number of atoms is damaged")]
    AtomsRecord,
    #[error("its frames have another number of dimensions than its header says")]
    OtherDimensions,
}

/// What is wrong with a frame of a DCD file; each message is a clause about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)] // the messages are the documentation
pub enum DcdFrameProblem {
    #[error("its records are not as long as its header says")]
    Length,
    #[error("the frame does not fit into memory")]
    TooLarge,
    #[error("its record markers are damaged")]
    Markers,
}

/// What is wrong with a frame of an XTC file; each message is a clause about it.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[allow(missing_docs)] // the messages are the documentation
pub enum XtcFrameProblem {
    #[error("it is far too short and starts like no XTC file")]
    TooShort,
    #[error("it starts with {0}, not with 1995 or 2023")]
    Magic(i32),
    /// The header gives the number twice.
    #[error("the number of atoms is given as {0} and as {1}")]
    AtomCounts(i32, i32),
    #[error("{atoms} atoms cannot take {bytes} bytes")]
    Length { atoms: usize, bytes: u64 },
    #[error("it has {atoms} atoms, those before have {before}")]
    OtherAtoms { atoms: usize, before: usize },
    #[error("the frame does not fit into memory")]
    TooLarge,
    #[error("it changed while it was being read")]
    Changed,
    #[error("the precision is {0}")]
    Precision(f32),
    #[error("the bounding box of a frame is inside out")]
    Bounds,
    #[error("the compressed positions are damaged")]
    Positions,
}

/// What is wrong with a PDB file; each message is a clause about it. Models and atoms are counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)] // the messages are the documentation
pub enum PdbProblem {
    #[error("its gzip data are cut off or damaged")]
    DamagedGzip,
    #[error("it unpacks to more than {most_bytes} bytes; unpack it with gunzip")]
    Inflated { most_bytes: u64 },
    #[error("it is no text")]
    NoText,
    #[error("it has no ATOM records")]
    NoAtoms,
    #[error("a model has more than {most} atoms")]
    TooManyAtoms { most: usize },
    #[error("model {model} has {atoms} atoms, those before have {before}")]
    OtherAtoms { model: usize, atoms: usize, before: usize },
    #[error("model {model}: atom record {atom} has no number in columns {column} to {}", column + 7)]
    NoNumber { model: usize, atom: usize, column: usize },
    #[error("model {model}: it changed while it was being read")]
    Changed { model: usize },
    #[error("model {model}: its atoms are not those of the first model")]
    NotOfFirst { model: usize },
}
