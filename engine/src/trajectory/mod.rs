//! Frames, trajectory files (DCD, XTC, multi-model PDB), the exact state of runs, and the training
//! store.

pub mod canonical;
pub mod dcd;
pub mod describe;
mod diagnosis;
pub mod error;
pub mod format;
pub mod frame;
pub mod import;
mod interval;
pub mod malformation;
pub mod pdb;
pub mod reader;
pub mod run_state;
mod source;
pub mod store;
mod survey;
pub mod writer;
pub mod xtc;

pub use crate::atomic_file::{AtomicFile, write_atomically};
pub use canonical::{CanonicalFrame, CanonicalFrames, FrameSelection};
pub use describe::{DescribeError, FileContent, FileInfo, describe, describe_chain};
pub use error::{AppendProblem, TimeProblem, TrajectoryError};
pub use format::{FormatError, TrajectoryFormat, extension_of};
pub use frame::Frame;
pub(crate) use import::checksum;
pub use import::file_crc32;
pub use import::{ImportError, ImportProgress, ImportReport, ImportRequest, import};
pub use malformation::Malformation;
pub use reader::TrajectoryReader;
pub use run_state::{MOST_REPLICAS, RunState, RunStateError, RunStateProblem};
pub use source::TrajectorySource;
pub use store::{FramePairs, NoStore, StoreDamage, StoreError, StoreMetadata, TrajectoryStore};
pub use writer::{Resumed, TrajectoryWriter};

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
