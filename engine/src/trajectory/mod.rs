//! Frames, trajectory files (DCD, XTC, multi-model PDB) and the memory-mapped training store.

pub mod atomic_file;
pub mod error;
pub mod format;
pub mod frame;
pub mod import;
pub mod periodic;
pub mod reader;
pub mod store;
pub mod xtc;

pub use atomic_file::{AtomicFile, write_atomically};
pub use error::TrajectoryError;
pub use format::TrajectoryFormat;
pub use frame::Frame;
pub use import::{ImportError, ImportProgress, ImportReport, ImportRequest, import};
pub use reader::TrajectoryReader;
pub use store::{FramePairs, StoreError, StoreMetadata, TrajectoryStore};
