//! The training store: all frames of one protein in one safetensors file of any length, read frame by frame
//! (ARCHITECTURE.md §7).
//!
//! | tensor | shape | |
//! |---|---|---|
//! | `positions` | `f32 [frames, atoms, 3]` | Å, canonical atom order |
//! | `times_ps` | `f64 [frames]` | time within the source |
//! | `trajectory_start` | `i64 [trajectories + 1]` | first frame of each trajectory, then the number of frames |
//! | `trajectory_source` | `i64 [trajectories]` | which source file it came from |
//!
//! A trajectory is an unbroken sequence of frames at one interval: a gap in a source file starts a new one,
//! so that two frames of one trajectory are always as far apart in time as their indices say. The header's
//! `__metadata__` holds a [`StoreMetadata`] as JSON under the key `equijump_store`.

mod metadata;
mod pairs;
mod reader;
mod writer;

pub use metadata::{SourceFile, StoreMetadata};
pub use pairs::FramePairs;
pub use reader::TrajectoryStore;
pub(crate) use writer::StoreWriter;

use crate::brief::brief;
use crate::remedy::Remedy;
use crate::sealed_file::SealedFileError;
use std::path::{Path, PathBuf};

/// Key of the store's description in the safetensors metadata.
pub(crate) const METADATA_KEY: &str = "equijump_store";
/// Layout that this program writes, and the newest it reads.
pub(crate) const STORE_VERSION: u32 = 1;

/// Errors of training stores.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)] // the messages are the documentation
pub enum StoreError {
    #[error("cannot {action} the training store {}: {source}", path.display())]
    Io { action: &'static str, path: PathBuf, source: std::io::Error },
    #[error("{} is not a training store: {source}; {}", path.display(), Remedy::MakeStore)]
    NotAStore { path: PathBuf, source: NoStore },
    #[error("the training store {} is damaged: {source}; import the trajectories again", path.display())]
    Damaged { path: PathBuf, source: StoreDamage },
    #[error(
        "the training store {} has layout version {found}, this program reads up to {STORE_VERSION}: update EquiJump",
        path.display()
    )]
    NewerVersion { path: PathBuf, found: u32 },
    #[error("{} exists already: choose another name, or {}", path.display(), Remedy::Replace)]
    Exists { path: PathBuf },
    /// A lag that falls between stored frames.
    #[error(
        "a lag of {lag_ps} ps is not a whole multiple of the {interval_ps} ps between the frames of {}",
        path.display()
    )]
    Lag { path: PathBuf, lag_ps: f64, interval_ps: f64 },
}

/// Why a file is no training store; each message is a clause about it. What is quoted of it is told in brief alone, so
/// it is no source.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)] // the messages are the documentation
pub enum NoStore {
    #[error("it is far too long")]
    TooLong,
    #[error("it has no safetensors header")]
    NoHeader,
    #[error("{}", brief(.0))]
    Header(serde_json::Error),
    #[error("its header describes a file of another length, so it was cut off")]
    CutOff,
    #[error("its header describes no protein")]
    NoProtein,
}

/// How a training store contradicts itself; each message is a clause.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)] // the messages are the documentation
pub enum StoreDamage {
    #[error(transparent)]
    File(#[from] SealedFileError),
    #[error("the tensor `{0}` is missing or of another type")]
    NoTensor(&'static str),
    #[error("the tensor `{0}` has another length than its shape")]
    TensorLength(&'static str),
    #[error("`positions` is not [frames, atoms, 3]")]
    Shape,
    #[error("its residues do not have as many atoms as its frames")]
    Atoms,
    #[error("there is not one time per frame")]
    Times,
    #[error("the trajectories do not cover its frames")]
    Trajectories,
    #[error("the interval between frames is not a positive time")]
    Interval,
    #[error("frame {index} is asked for, counted from 0, of {frames} frames")]
    NoFrame { index: usize, frames: usize },
    #[error("another program changed it while it was in use")]
    Changed,
    #[error("another program shortened it while it was in use")]
    Shortened,
}

impl StoreError {
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| match source.kind() {
            std::io::ErrorKind::AlreadyExists => StoreError::Exists { path },
            _ => StoreError::Io { action, path, source },
        }
    }
}
