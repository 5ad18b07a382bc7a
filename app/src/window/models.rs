//! The model that the next run samples with.

use std::path::{Path, PathBuf};

use equijump_engine::session::{JobId, ModelInfo, ModelSource};
use equijump_engine::transport::SamplerSettings;

/// A model inside the binary.
#[derive(Clone, Copy, Debug)]
pub struct BundledModel {
    /// Name for the user.
    pub name: &'static str,
    /// Contents of the safetensors file.
    pub bytes: &'static [u8],
    /// Contents of the file of presets beside it.
    pub presets: &'static [u8],
}

impl BundledModel {
    /// What the engine loads.
    pub fn source(&self) -> ModelSource {
        ModelSource::Bundled { name: self.name.to_owned(), bytes: self.bytes, presets: self.presets }
    }
}

/// What is known of the model in use.
#[derive(Clone, Debug, Default)]
pub enum ModelState {
    /// None has been asked for.
    #[default]
    None,
    /// Being read.
    Loading(JobId),
    /// Ready, with its card.
    Loaded(ModelInfo),
    /// Could not be read; one sentence.
    Failed(String),
}

/// The model in use and those offered.
#[derive(Clone, Debug)]
pub struct ModelChoice {
    /// Models inside the binary; the first is the default.
    pub bundled: &'static [BundledModel],
    /// A file of the user's, in place of the bundled model.
    pub file: Option<PathBuf>,
    /// Whether it is ready.
    pub state: ModelState,
    /// The default settings of the model that was ready last; those of the program at first.
    pub defaults: SamplerSettings,
}

impl ModelChoice {
    /// What the engine loads; `None` when no model is bundled and no file was chosen.
    pub fn source(&self) -> Option<ModelSource> {
        match &self.file {
            Some(path) => Some(ModelSource::File(path.clone())),
            None => self.bundled.first().map(BundledModel::source),
        }
    }

    /// Name for the user.
    pub fn name(&self) -> String {
        match (&self.file, self.bundled.first()) {
            (Some(path), _) => file_name(path),
            (None, Some(model)) => format!("{} (bundled)", model.name),
            (None, None) => "No model".to_owned(),
        }
    }
}

/// Name of a model file for the user. All trainings call their models alike, so the folder tells which.
pub fn file_name(path: &Path) -> String {
    let name = |path: &Path| path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let stem = name(path).unwrap_or_default();
    match path.parent().and_then(Path::file_name) {
        Some(folder) if stem == "best" || stem == "model" => format!("{}/{stem}", folder.to_string_lossy()),
        _ => stem,
    }
}
