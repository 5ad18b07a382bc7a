//! The SO(3)-equivariant network (ARCHITECTURE.md §5).
//!
//! Two implementations share one list of named parameters ([`parameters`]), one batch layout
//! ([`batch`]) and one neighbor graph ([`neighbor_graph`]):
//! `candle_model` composes candle tensors, runs on any candle device and differentiates itself;
//! `fused` is the same arithmetic as hand-written CPU kernels, forward and backward, several times
//! faster. Tests hold them to each other and to numbers computed with e3nn. Samplers and training call either as an
//! [`Evaluator`].

pub mod batch;
pub mod candle_device;
pub mod candle_model;
pub mod config;
pub mod evaluator;
pub mod fused;
pub mod initial;
pub mod inputs;
pub mod latent_move;
pub mod model;
pub mod neighbor_graph;
pub mod parameters;
pub mod templates;
pub(crate) mod variable;

pub use crate::transport::Transport;
pub use batch::{CloudBatch, SequenceBatch};
#[cfg(feature = "mpi")]
pub(crate) use candle_device::use_device;
pub use candle_device::{CandleDevice, DeviceError, built_gpu, open_candle_device};
pub use candle_model::CandleModel;
pub use config::{ConfigError, Heads, NetworkConfig, Residual};
pub use evaluator::Evaluator;
pub use initial::initial_parameters;
pub use latent_move::{Factors, LatentMove, Reading, Stage};
pub(crate) use model::read_model_file;
pub use model::{Model, ModelCard, ModelError, ModelProblem, TensorError};
pub use neighbor_graph::NeighborGraph;
pub use parameters::{ParameterLayout, ParameterSpec};
pub use variable::Parameters;
