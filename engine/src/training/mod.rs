//! Training (ARCHITECTURE.md §7, Alg. 1): data sets of frame pairs, optimizer, checkpoints, the loop.

mod backend;
#[cfg(test)]
mod backend_tests;
mod batch;
mod begin;
pub mod benchmark;
mod candle_backend;
pub mod checkpoint;
mod conformations;
pub mod dataset;
pub mod earlier;
pub mod error;
mod files;
mod fused_backend;
mod jump_sizes;
mod loss;
mod multiply;
mod open_backend;
pub mod optimizer;
mod own_frames;
mod pair_index;
mod protein_draw;
mod random_index;
pub mod ranks;
#[cfg(test)]
mod ranks_tests;
pub mod settings;
mod source_bend;
#[cfg(test)]
pub(crate) mod tests;
mod together;
mod torsion_states;
pub mod trainer;
pub(crate) mod weights;
mod widen;

pub use conformations::Coverage;
pub use dataset::PairDataset;
pub use earlier::{EarlierRun, LogRow};
pub use error::{CheckpointProblem, TrainError, TrainSettingsError};
pub use protein_draw::ProteinDraw;
pub use settings::{KeptSettings, PairSampling, TrainDevice, TrainRequest, TrainSettings};
pub use trainer::{Next, TrainEnd, TrainOutcome, TrainProgress, TrainUpdate, train};
