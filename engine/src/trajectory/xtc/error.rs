//! What is wrong with a frame of an XTC file.

use super::reader::{MAGIC_1995, MAGIC_2023};

/// Each message is a clause about the frame.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub(crate) enum FrameProblem {
    #[error("it is far too short and starts like no XTC file")]
    TooShort,
    #[error("it starts with {0}, not with {MAGIC_1995} or {MAGIC_2023}")]
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
