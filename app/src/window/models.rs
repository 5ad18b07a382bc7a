//! The model that the next run samples with.

use std::path::{Path, PathBuf};

use equijump_engine::session::{JobId, ModelInfo, ModelSource, RecordedRun};
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
    /// What it was trained on, in a few words.
    pub trained_on: &'static str,
    /// Temperature and solvent of that.
    pub conditions: &'static str,
    /// One-letter sequences of the proteins that it was trained on; empty where nothing is known.
    pub sequences: &'static [&'static str],
}

/// What a user should know of a model before trusting its frames.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModelFacts {
    /// Name for the user.
    pub name: String,
    /// What it was trained on, in a few words.
    pub trained_on: Option<String>,
    /// Temperature and solvent.
    pub conditions: Option<String>,
    /// Sequences of the proteins that it was trained on; empty where nothing is known.
    pub sequences: Vec<String>,
    /// Its card.
    pub card: String,
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

    /// The model that a run was made with: the one in use if it is the same, else the bundled one of that name.
    /// The engine makes sure that it is the very same before a frame is added.
    pub fn source_of(&self, run: &RecordedRun) -> Option<ModelSource> {
        match &self.state {
            ModelState::Loaded(info) if info.checksum == run.model_checksum => self.source(),
            _ => self.bundled.iter().find(|model| model.name == run.model).map(BundledModel::source),
        }
    }

    /// What is known of the model in use.
    pub fn facts(&self) -> ModelFacts {
        let card = match &self.state {
            ModelState::Loaded(info) => info.card.clone(),
            _ => String::new(),
        };
        let name = self.name();
        match (&self.file, self.bundled.first()) {
            (None, Some(model)) => {
                let told = |text: &str| (!text.is_empty()).then(|| text.to_owned());
                ModelFacts {
                    name,
                    trained_on: told(model.trained_on),
                    conditions: told(model.conditions),
                    sequences: model.sequences.iter().map(|&sequence| sequence.to_owned()).collect(),
                    card,
                }
            }
            _ => {
                let trained_on = card.lines().next().and_then(|line| line.strip_prefix("Trained on "));
                let trained_on = trained_on.map(|line| line.trim_end_matches('.').to_owned());
                let conditions = Some("temperature and solvent of its training data".to_owned());
                ModelFacts { name, trained_on, conditions, sequences: Vec::new(), card }
            }
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
