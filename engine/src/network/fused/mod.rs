//! The network as hand-written CPU kernels, forward and backward.
//!
//! The same arithmetic as the candle model, several times faster: candle's elementwise operations are scalar
//! and every one allocates its result, so that in candle the matrix products are a tenth of the time of a
//! training step. Here products go through a kernel made for these shapes, everything between them is fused
//! into a few loops that the compiler vectorises for the processor at hand (`pulp` chooses AVX2 or AVX-512 at
//! run time), and all buffers live in a workspace that is reused.
//!
//! Callers run several batches side by side, each with its own [`Workspace`]; where there are more processors than
//! that, a workspace can have several threads, which share out the headers or the rows of a pass.

mod convolution;
mod evaluator;
mod linear;
mod microkernel;
mod model;
mod norm;
mod parameter_ranges;
mod self_interaction;
mod simd;
mod skip;
mod team;
#[cfg(test)]
mod tests;
mod trunk;

pub use evaluator::{FusedBuffers, FusedEvaluator};
pub use linear::product_rate_gflops;
pub use model::{Conditioned, FusedModel, HeaderContext, Workspace};
