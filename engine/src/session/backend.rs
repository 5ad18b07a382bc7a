//! What turns a model into frames. The session knows it only through [`ComputeBackend`], so that its own
//! behavior (cancelling, panics, memory) is tested with samplers that cost nothing.

use std::sync::Arc;

use crate::network::{ModelError, NetworkConfig};
use crate::structure::Topology;
use crate::transport::presets::{Presets, PresetsError, PresetsProblem};
use crate::transport::{FrameSampler, SamplerSettings, TransportError};
use crate::trust::TrustData;

use super::request::{DevicePreference, ModelSource};

/// A model that was loaded.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LoadedModel {
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
    pub model: LoadedModel,
    /// What the user should know: a device that was asked for and is not there, for example.
    pub notices: Vec<String>,
}

/// Why there is no model or no sampler.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)] // the messages are the documentation
pub enum BackendError {
    #[error(transparent)]
    Model(#[from] ModelError),
    #[error(transparent)]
    Presets(#[from] PresetsError),
    #[error("presets of {name}: {source}")]
    BundledPresets { name: String, source: PresetsProblem },
    #[error(transparent)]
    Checksum(#[from] serde_json::Error),
    /// The model was pushed out of memory while it was taken.
    #[error("the model is gone")]
    Gone,
    #[error(transparent)]
    Sampler(#[from] TransportError),
}

/// Loads models and prepares samplers.
pub trait ComputeBackend: Send + Sync {
    /// Loads a model, or finds it among those loaded before.
    ///
    /// # Errors
    /// [`BackendError`] when the model cannot be used.
    fn load_model(&self, model: &ModelSource) -> Result<LoadedModel, BackendError>;

    /// Prepares a sampler.
    ///
    /// # Errors
    /// [`BackendError`] when the model cannot be used, or the protein cannot be sampled so.
    fn prepare_sampler(&self, order: SamplerOrder<'_>) -> Result<PreparedSampler, BackendError>;
}
