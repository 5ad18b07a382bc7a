//! Looking at the frames of a run as they are made: what the panes of the window show, without a pixel of it.
//!
//! ```text
//! FrameHistory ──► Observer (a thread) ──► RunObserver: crate::analysis, frame by frame ──► Observations, FrameDetails
//! ```

mod error;
mod grid;
pub mod landscape;
mod measurement_tracker;
pub mod observations;
pub mod observer;
mod run_observer;
pub mod validity_strip;
mod violations;

use std::sync::Arc;

pub use error::{NoMap, ObserveError};
pub use grid::{Grid2, ResiduePoint};

/// Positions of one frame in canonical atom order, Å, shared between threads.
pub type Positions = Arc<Vec<[f32; 3]>>;
