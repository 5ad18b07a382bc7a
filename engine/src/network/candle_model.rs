//! The network in candle tensors: the reference implementation, on any candle device, differentiable.
//!
//! Read the formulas in [`super::parameters`] beside this. Every tensor carries a leading group axis `G`:
//! 1 for the conditioner, the number of headers for the headers, which share one computation with their
//! weights stacked. Scalars are `[G, R, a]`, vectors `[G, R, 3, b]`; `R` counts the residues of the batch.
//!
//! Positions enter as constants: gradients flow to parameters and to the conditioner's features only.

pub mod convolution;
pub mod edges;
pub mod evaluator;
pub mod features;
pub mod layer_norm;
pub mod linear;
pub mod model;
pub mod self_interaction;
#[cfg(test)]
pub(crate) mod tests;
pub mod trunk;
pub mod weights;

pub use evaluator::CandleEvaluator;
pub use features::Features;
pub use model::{CandleModel, ConditionedTensors, HeaderOutput};
pub use weights::{WeightError, WeightGroup, Weights};
