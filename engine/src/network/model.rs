//! A trained model: hyperparameters, weights and what they were trained on, in one safetensors file.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::{Deserialize, Serialize};

use super::fused::FusedModel;
use super::{ConfigError, NetworkConfig, ParameterLayout};
use crate::atomic_file::write_atomically;
use crate::brief::{brief, printable};
use crate::sealed_file::SealedFileError;
use crate::trust::{self, TrustData, TrustFileError};
use crate::{regular_file, sealed_file};

/// Version of the file layout; raised when older programs could no longer read it.
pub const MODEL_FORMAT: &str = "equijump-model-1";

/// Times between two frames that a model may make, ps: from less than a step of molecular dynamics to a millisecond.
pub(crate) const FRAME_INTERVALS_PS: RangeInclusive<f64> = 1e-6..=1e9;
/// Longest text of a card that is told whole, bytes.
const LONGEST_CARD_TEXT: usize = 10_000;

/// Larger files are no models.
const MOST_BYTES: u64 = 1 << 32;

/// What a model says about itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ModelCard {
    /// Short name shown to users.
    pub name: String,
    /// Time between a frame and the next one, ps.
    pub frame_interval_ps: f64,
    /// What it was trained on, in a sentence.
    pub trained_on: String,
    /// One-letter sequences of the training proteins.
    pub sequences: Vec<String>,
    /// Optimizer steps.
    pub steps: u64,
    /// Pairs per step.
    pub batch_size: usize,
    /// Loss on held-out trajectories, mean square error per atom, Å².
    pub validation_loss: Option<f64>,
}

impl Default for ModelCard {
    fn default() -> Self {
        Self {
            name: "unnamed".to_owned(),
            frame_interval_ps: 100.0,
            trained_on: String::new(),
            sequences: Vec::new(),
            steps: 0,
            batch_size: 0,
            validation_loss: None,
        }
    }
}

impl ModelCard {
    /// Whoever made the file decides what it says, not what a terminal does.
    fn make_printable(&mut self) {
        for text in [&mut self.name, &mut self.trained_on].into_iter().chain(&mut self.sequences) {
            if text.len() > LONGEST_CARD_TEXT {
                *text = brief(&*text);
            }
            *text = printable(text);
        }
    }
}

/// Why a model could not be loaded or saved.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)] // the messages are the documentation
pub enum ModelError {
    #[error("cannot access the model {path}: {source}")]
    Io { path: PathBuf, source: std::io::Error },
    #[error("{name} is not an EquiJump model: {source}")]
    NotAModel { name: String, source: Box<ModelProblem> },
    #[error("{name} has the format {found}, this program reads {MODEL_FORMAT}; use a newer EquiJump")]
    Version { name: String, found: String },
}

/// What is wrong with a model file; each message is a clause about it.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)] // the messages are the documentation
pub enum ModelProblem {
    #[error(transparent)]
    File(#[from] SealedFileError),
    #[error("it has no {0} entry")]
    MissingEntry(&'static str),
    /// An entry of its metadata cannot be read. What that quotes of the file is told in brief alone, so it is no source.
    #[error("its {part} cannot be read ({})", brief(reason))]
    Entry { part: &'static str, reason: serde_json::Error },
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error("its frame interval is {0:e} ps")]
    Interval(f64),
    #[error(transparent)]
    Weights(#[from] TensorError),
    #[error(transparent)]
    Trust(#[from] TrustFileError),
}

/// What is wrong with the tensors of a file; each message is a clause.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)] // the messages are the documentation
pub enum TensorError {
    #[error("the tensor {0} is missing")]
    Missing(String),
    #[error("the tensor {name} is {found_type:?} {found_shape:?}, expected F32 {expected_shape:?}")]
    Shape { name: String, found_type: Dtype, found_shape: Vec<usize>, expected_shape: Vec<usize> },
    #[error("the tensor {0} holds a value that is not finite")]
    NotFinite(String),
}

/// A model ready for sampling.
pub struct Model {
    /// The network.
    pub network: FusedModel,
    /// Flat parameters in the order of [`ParameterLayout`].
    pub parameters: Vec<f32>,
    /// What it was trained on.
    pub card: ModelCard,
    /// The surroundings of residues that it was trained on; `None` in models that were made without.
    pub trust: Option<Arc<TrustData>>,
}

impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Model")
            .field("config", self.network.config())
            .field("card", &self.card)
            .finish_non_exhaustive()
    }
}

impl Model {
    /// Puts together a model.
    ///
    /// # Panics
    /// If the number of parameters is not that of the configuration.
    pub fn new(config: &NetworkConfig, parameters: Vec<f32>, card: ModelCard) -> Self {
        let network = FusedModel::new(config);
        assert_eq!(parameters.len(), network.layout().total(), "parameters do not fit the configuration");
        Self { network, parameters, card, trust: None }
    }

    /// Hyperparameters.
    pub fn config(&self) -> &NetworkConfig {
        self.network.config()
    }

    /// Number of parameters.
    pub fn parameter_count(&self) -> usize {
        self.parameters.len()
    }

    /// Reads a model file.
    ///
    /// # Errors
    /// [`ModelError`] when the file is missing, damaged, foreign or newer than this program.
    pub fn load(path: &Path) -> Result<Self, ModelError> {
        let bytes = read_model_file(path)?;
        Self::from_bytes(&path.display().to_string(), &bytes)
    }

    /// Reads a model from memory; `name` is for messages.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub fn from_bytes(name: &str, bytes: &[u8]) -> Result<Self, ModelError> {
        let bad = |problem| ModelError::NotAModel { name: name.to_owned(), source: Box::new(problem) };
        let (metadata, tensors) =
            sealed_file::open(bytes, &["format", "config", "card", trust::METADATA_KEY])
                .map_err(|error| bad(error.into()))?;
        let entry = |key: &'static str| metadata.get(key).ok_or_else(|| bad(ModelProblem::MissingEntry(key)));
        let format = entry("format")?;
        if format != MODEL_FORMAT {
            return Err(ModelError::Version { name: name.to_owned(), found: brief(format) });
        }
        let unreadable =
            |part: &'static str| move |reason: serde_json::Error| bad(ModelProblem::Entry { part, reason });
        let config: NetworkConfig =
            serde_json::from_str(entry("config")?).map_err(unreadable("configuration"))?;
        config.check().map_err(|error| bad(error.into()))?;
        let mut card: ModelCard = serde_json::from_str(entry("card")?).map_err(unreadable("card"))?;
        if !FRAME_INTERVALS_PS.contains(&card.frame_interval_ps) {
            return Err(bad(ModelProblem::Interval(card.frame_interval_ps)));
        }
        card.make_printable();
        let layout = ParameterLayout::new(&config);
        let parameters = read_flat(&layout, &tensors, "").map_err(|error| bad(error.into()))?;
        let trust = TrustData::read(&metadata, &tensors).map_err(|error| bad(error.into()))?;
        let trust = trust.map(Arc::new);
        Ok(Self { network: FusedModel::new(&config), parameters, card, trust })
    }

    /// Writes the model, atomically.
    ///
    /// # Errors
    /// [`ModelError::Io`] when the file cannot be written.
    pub fn save(&self, path: &Path) -> Result<(), ModelError> {
        let layout: &ParameterLayout = self.network.layout();
        let parts = (self.config(), layout, self.parameters.as_slice());
        save_model_with_trust(path, parts, &self.card, self.trust.as_deref())
    }
}

/// Writes a model file from its parts, atomically.
///
/// # Errors
/// [`ModelError::Io`] when the file cannot be written.
pub fn save_model(
    path: &Path,
    config: &NetworkConfig,
    layout: &ParameterLayout,
    parameters: &[f32],
    card: &ModelCard,
) -> Result<(), ModelError> {
    save_model_with_trust(path, (config, layout, parameters), card, None)
}

/// Writes a model file from its parts and what its training data looked like, atomically.
///
/// # Errors
/// [`ModelError::Io`] when the file cannot be written.
pub fn save_model_with_trust(
    path: &Path,
    (config, layout, parameters): (&NetworkConfig, &ParameterLayout, &[f32]),
    card: &ModelCard,
    trust: Option<&TrustData>,
) -> Result<(), ModelError> {
    let io = |source: std::io::Error| ModelError::Io { path: path.to_owned(), source };
    let json = |e: serde_json::Error| io(std::io::Error::other(e));
    let mut metadata = BTreeMap::from([
        ("format".to_owned(), MODEL_FORMAT.to_owned()),
        ("config".to_owned(), serde_json::to_string(config).map_err(json)?),
        ("card".to_owned(), serde_json::to_string(card).map_err(json)?),
    ]);
    let mut views = flat_views(layout, parameters, "").map_err(io)?;
    let kept = trust.map(TrustData::bytes);
    if let (Some(data), Some(kept)) = (trust, &kept) {
        metadata.insert(trust::METADATA_KEY.to_owned(), data.metadata().map_err(io)?);
        views.extend(kept.views().map_err(io)?);
    }
    let bytes = sealed_file::to_bytes(&metadata, &views).map_err(io)?;
    write_atomically(path, &bytes).map_err(io)
}

/// The content of a model file.
///
/// # Errors
/// [`ModelError::Io`] when it cannot be read, or is far larger than any model.
pub(crate) fn read_model_file(path: &Path) -> Result<Vec<u8>, ModelError> {
    regular_file::read(path, MOST_BYTES).map_err(|source| ModelError::Io { path: path.to_owned(), source })
}

/// The named parts of a flat vector, each name preceded by `prefix`.
pub(crate) fn flat_views<'a>(
    layout: &ParameterLayout,
    flat: &'a [f32],
    prefix: &str,
) -> std::io::Result<Vec<(String, TensorView<'a>)>> {
    layout
        .specs()
        .iter()
        .map(|spec| {
            let bytes = bytemuck::cast_slice(&flat[spec.range.clone()]);
            let view =
                TensorView::new(Dtype::F32, spec.shape.clone(), bytes).map_err(std::io::Error::other)?;
            Ok((format!("{prefix}{}", spec.name), view))
        })
        .collect()
}

/// The flat vector of the named tensors `prefix…`.
pub(crate) fn read_flat(
    layout: &ParameterLayout,
    tensors: &SafeTensors<'_>,
    prefix: &str,
) -> Result<Vec<f32>, TensorError> {
    let mut flat = Vec::new();
    for spec in layout.specs() {
        let name = format!("{prefix}{}", spec.name);
        let view = tensors.tensor(&name).map_err(|_| TensorError::Missing(name.clone()))?;
        if view.dtype() != Dtype::F32 || view.shape() != spec.shape {
            return Err(TensorError::Shape {
                name,
                found_type: view.dtype(),
                found_shape: view.shape().to_vec(),
                expected_shape: spec.shape.clone(),
            });
        }
        // Grows with what the file holds, whatever its configuration claims.
        flat.extend(view.data().chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])));
    }
    if let Some(bad) = flat.iter().position(|x: &f32| !x.is_finite()) {
        let name = layout.specs().iter().find(|s| s.range.contains(&bad)).map_or("?", |s| &s.name);
        return Err(TensorError::NotFinite(format!("{prefix}{name}")));
    }
    Ok(flat)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::network::initial_parameters;

    fn small() -> Model {
        let config = NetworkConfig {
            multiplicity: 2,
            conditioner_layers: 1,
            header_layers: 1,
            ..NetworkConfig::basic()
        };
        let parameters =
            initial_parameters(&ParameterLayout::new(&config), |index| (index as f32 * 0.7).sin());
        Model::new(&config, parameters, ModelCard { name: "small".to_owned(), ..ModelCard::default() })
    }

    /// The file of a small model with its header changed; same length, so that the tensors stay in place.
    fn file(old: &str, new: &str) -> Vec<u8> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.safetensors");
        small().save(&path).unwrap();
        let bytes = std::fs::read(path).unwrap();
        assert_eq!(old.len(), new.len());
        let at = bytes.windows(old.len()).position(|w| w == old.as_bytes()).unwrap();
        sealed_file::resealed([&bytes[..at], new.as_bytes(), &bytes[at + new.len()..]].concat())
    }

    fn refused(bytes: &[u8], word: &str) {
        let error = Model::from_bytes("x.safetensors", bytes).err().unwrap().to_string();
        assert!(error.contains("x.safetensors") && error.contains(word), "{error:?} does not say {word:?}");
    }

    #[test]
    fn a_model_comes_back_to_the_bit() {
        let model = Model::from_bytes("x", &file("small", "small")).unwrap();
        assert_eq!((&model.card, model.config()), (&small().card, small().config()));
        assert_eq!(model.parameters, small().parameters);
    }

    /// Files from before there was a choice of transports have no such entry.
    #[test]
    fn a_model_that_names_no_transport_is_two_sided() {
        let config = serde_json::to_string(small().config()).unwrap();
        let old = config.replace(r#""transport":"two-sided","#, "");
        assert!(old.len() < config.len());
        let old: NetworkConfig = serde_json::from_str(&old).unwrap();
        assert_eq!(old.transport, crate::network::Transport::TwoSided);
        assert_eq!(old, *small().config());
    }

    #[test]
    fn damaged_and_foreign_files_are_refused_by_name() {
        let whole = file("small", "small");
        for length in (0..whole.len()).step_by(97).chain([7, 8, 9, whole.len() - 1]) {
            refused(&whole[..length], "not an EquiJump model");
        }
        refused(&file("equijump-model-1", "equijump-model-9"), "newer");
        refused(&file("conditioner.input.gate.hidden", "conditioner.input.gate.hiddem"), "gate.hidden");
        // Numbers in the configuration that ask for more than the file holds, and for more than any memory.
        refused(&file(r#"multiplicity\":2"#, r#"multiplicity\":3"#), "expected F32");
        refused(&file(r#"header_layers\":1"#, r#"header_layers\":0"#), "header layers");
        for interval in ["-10.0", "1e300", "1e-99", "0.000"] {
            let other = format!(r#"frame_interval_ps\":{interval}"#);
            refused(&file(r#"frame_interval_ps\":100.0"#, &other), "frame interval");
        }
        let mut broken = whole.clone();
        let end = broken.len();
        broken[end - 4..].copy_from_slice(&f32::NAN.to_le_bytes());
        refused(&broken, "damaged");
        refused(&sealed_file::resealed(broken), "not finite");
        for at in (0..whole.len()).step_by(29) {
            let mut flipped = whole.clone();
            flipped[at] ^= 1 << (at % 8);
            refused(&flipped, "");
        }
    }

    #[test]
    fn a_card_does_not_act_on_a_terminal() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.safetensors");
        let mut model = small();
        model.card.name = "\u{1b}[2Jname\n".to_owned();
        model.card.trained_on = "\u{9b}31m".to_owned();
        model.save(&path).unwrap();
        let card = Model::load(&path).unwrap().card;
        assert_eq!((card.name.as_str(), card.trained_on.as_str()), ("�[2Jname�", "�31m"));
        model.card.name = "x".repeat(1_000_000);
        model.save(&path).unwrap();
        assert!(Model::load(&path).unwrap().card.name.len() < 200);
    }
}
