//! Training (design §7, Alg. 1): data sets of frame pairs, optimiser, checkpoints, the loop.

pub mod checkpoint;
pub mod dataset;
pub mod error;
pub mod optimizer;
pub mod settings;
mod step;
#[cfg(test)]
mod tests;
pub mod trainer;

pub use dataset::PairDataset;
pub use error::TrainError;
pub use settings::{TrainRequest, TrainSettings};
pub use trainer::{TrainEnd, TrainOutcome, TrainProgress, train};
