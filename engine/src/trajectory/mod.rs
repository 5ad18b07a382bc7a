//! Frames, trajectory files (DCD, XTC, multi-model PDB) and the memory-mapped training store.

pub mod error;
pub mod format;
pub mod frame;
pub mod reader;
pub mod xtc;

pub use error::TrajectoryError;
pub use format::TrajectoryFormat;
pub use frame::Frame;
pub use reader::TrajectoryReader;
