//! The model that the next run samples with.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use equijump_engine::session::{LoadedModel, ModelSource, RecordedRun};
use equijump_engine::transport::SamplerSettings;
use equijump_engine::trust::TrustData;

use crate::shared::bundled::BundledModel;

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

/// What is known of the model in use.
#[derive(Clone, Debug, Default)]
pub enum ModelState {
    /// None has been asked for.
    #[default]
    None,
    /// Being read.
    Loading,
    /// Ready, with its card.
    Loaded(LoadedModel),
    /// Could not be read; one sentence.
    Failed(String),
}

/// The model in use and those offered.
#[derive(Clone, Debug)]
pub struct ModelChoice {
    /// Models inside the binary.
    pub bundled: &'static [BundledModel],
    /// Which of these is in use where no file is: that for the protein on view, or the one that the user chose.
    pub chosen: usize,
    /// A file of the user's, in place of the bundled model.
    pub file: Option<PathBuf>,
    /// Whether it is ready.
    pub state: ModelState,
    /// The default settings of the model that was ready last; those of the program at first.
    pub defaults: SamplerSettings,
}

impl ModelChoice {
    /// What surroundings of residues the loaded model was trained on, if it says so.
    pub fn trust(&self) -> Option<Arc<TrustData>> {
        match &self.state {
            ModelState::Loaded(info) => info.trust.clone(),
            _ => None,
        }
    }

    /// What the engine loads; `None` when no model is bundled and no file was chosen.
    pub fn source(&self) -> Option<ModelSource> {
        match &self.file {
            Some(path) => Some(ModelSource::File(path.clone())),
            None => self.bundled_in_use().map(BundledModel::source),
        }
    }

    /// The bundled model that is in use where no file is.
    fn bundled_in_use(&self) -> Option<&BundledModel> {
        self.bundled.get(self.chosen)
    }

    /// Takes the bundled model for a protein of this sequence; whether that is another one than before.
    pub fn choose_for(&mut self, sequence: &str) -> bool {
        let chosen = BundledModel::for_protein(self.bundled, sequence);
        std::mem::replace(&mut self.chosen, chosen) != chosen && self.file.is_none()
    }

    /// The model that a run was made with: the one in use if it is the same, else the bundled one of that name.
    /// The engine makes sure that it is the very same before a frame is added.
    pub fn source_of(&self, run: &RecordedRun) -> Option<ModelSource> {
        match &self.state {
            ModelState::Loaded(info) if info.checksum == run.model_checksum => self.source(),
            _ => self.bundled.iter().find(|model| model.name == run.model).map(BundledModel::source),
        }
    }

    /// What is known of the model that made a run which was opened again: of the bundled one of that name, or of the
    /// one in use if it is the very same.
    pub fn facts_of(&self, run: &RecordedRun) -> Option<ModelFacts> {
        let same = matches!(&self.state, ModelState::Loaded(info) if info.checksum == run.model_checksum);
        if same && self.file.is_some() {
            return Some(self.facts());
        }
        let bundled = self.bundled.iter().find(|model| {
            // Its name stands in the run with or without the remark that it is bundled.
            model.name == run.model || self.bundled_title(model) == run.model
        })?;
        Some(
            ModelChoice { bundled: std::slice::from_ref(bundled), chosen: 0, file: None, ..self.clone() }
                .facts(),
        )
    }

    fn bundled_title(&self, model: &BundledModel) -> String {
        format!("{} (bundled)", model.name)
    }

    /// What is known of the model in use.
    pub fn facts(&self) -> ModelFacts {
        let card = match &self.state {
            ModelState::Loaded(info) => info.card.clone(),
            _ => String::new(),
        };
        let name = self.name();
        match (&self.file, self.bundled_in_use()) {
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
        match (&self.file, self.bundled_in_use()) {
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
