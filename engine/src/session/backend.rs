//! What turns a model into frames. The session knows it only through [`ComputeBackend`], so that its own
//! behavior (cancelling, panics, memory) is tested with samplers that cost nothing.

use std::sync::Arc;

use crate::network::NetworkConfig;
use crate::structure::Topology;
use crate::transport::presets::Presets;
use crate::transport::{FrameSampler, SamplerSettings};
use crate::trust::TrustData;

use super::request::{DevicePreference, ModelSource};

/// A model that was loaded.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelInfo {
    /// Name for the user.
    pub name: String,
    /// Hyperparameters.
    pub config: NetworkConfig,
    /// Number of weights.
    pub parameter_count: usize,
    /// Checksums of its content and of its file, with a slash between; kept beside results. It is the same model if
    /// one of them is the same.
    pub checksum: String,
    /// The model card in a few lines: what it was trained on, what it reproduces and what not.
    pub card: String,
    /// Sampler settings that come with it.
    pub presets: Presets,
    /// The surroundings of residues that it was trained on; `None` in models that were made without.
    pub trust: Option<Arc<TrustData>>,
}

/// A sampler to prepare.
#[derive(Clone, Copy, Debug)]
pub struct SamplerOrder<'a> {
    /// Which model.
    pub model: &'a ModelSource,
    /// Protein to sample.
    pub topology: &'a Topology,
    /// Integrator, latent steps, noise, seed.
    pub settings: &'a SamplerSettings,
    /// Replicas that will be advanced together.
    pub replicas: usize,
    /// Where to compute.
    pub device: &'a DevicePreference,
}

/// A sampler that is ready, and what it samples with.
pub struct PreparedSampler {
    /// The sampler.
    pub sampler: Box<dyn FrameSampler>,
    /// The model it uses.
    pub model: ModelInfo,
    /// What the user should know: a device that was asked for and is not there, for example.
    pub notices: Vec<String>,
}

/// Loads models and prepares samplers. Errors are sentences for the user.
pub trait ComputeBackend: Send + Sync {
    /// Loads a model, or finds it among those loaded before.
    ///
    /// # Errors
    /// Says in one sentence why the model cannot be used.
    fn load_model(&self, model: &ModelSource) -> Result<ModelInfo, String>;

    /// Prepares a sampler.
    ///
    /// # Errors
    /// Says in one sentence why the protein cannot be sampled so.
    fn prepare_sampler(&self, order: SamplerOrder<'_>) -> Result<PreparedSampler, String>;
}
