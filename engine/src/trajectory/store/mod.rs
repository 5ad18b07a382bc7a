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

use crate::remedy::Remedy;
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
    #[error("{} is not a training store: {reason}; {}", path.display(), Remedy::MakeStore)]
    NotAStore { path: PathBuf, reason: String },
    #[error("the training store {} is damaged: {reason}; import the trajectories again", path.display())]
    Damaged { path: PathBuf, reason: String },
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

impl StoreError {
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| match source.kind() {
            std::io::ErrorKind::AlreadyExists => StoreError::Exists { path },
            _ => StoreError::Io { action, path, source },
        }
    }
}
