//! What the user fills in before a training.

use std::path::PathBuf;

use equijump_engine::network::NetworkConfig;
use equijump_engine::session::{KeptSettings, TrainRequest};
use equijump_engine::training::TrainSettings;
use serde::{Deserialize, Serialize};

/// The form of the training pane, kept between sessions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TrainingForm {
    /// Stores to train on.
    pub stores: Vec<PathBuf>,
    /// A path being typed, to become one of the stores.
    #[serde(skip)]
    pub typed_store: String,
    /// Name on the model's card.
    pub name: String,
    /// Folder for checkpoint, models, log.
    pub folder: String,
    /// A model to start from; empty for random weights.
    pub init: String,
    /// Replace an earlier run in the folder; never after a restart.
    #[serde(skip)]
    pub replace: bool,
    /// Go on with the run in the folder instead of beginning one.
    #[serde(skip)]
    pub go_on: bool,
    /// The network.
    pub network: NetworkConfig,
    /// The optimisation.
    pub settings: TrainSettings,
}

impl Default for TrainingForm {
    fn default() -> Self {
        Self {
            stores: Vec::new(),
            typed_store: String::new(),
            name: "my model".into(),
            folder: String::new(),
            init: String::new(),
            replace: false,
            go_on: false,
            network: NetworkConfig::recommended(),
            settings: TrainSettings::default(),
        }
    }
}

impl TrainingForm {
    /// The folder as a path.
    pub fn folder_path(&self) -> PathBuf {
        PathBuf::from(self.folder.trim())
    }

    /// Adds a store; results are to lie beside the first one, unless another folder was chosen.
    pub fn add_store(&mut self, store: PathBuf) {
        if !self.stores.contains(&store) {
            self.stores.push(store);
        }
        self.propose_folder();
    }

    /// Proposes a folder beside the first store, unless one was chosen.
    pub fn propose_folder(&mut self) {
        let Some(store) = self.stores.first() else { return };
        if !self.folder.trim().is_empty() {
            return;
        }
        let name = store.file_name().unwrap_or_default().to_string_lossy();
        let name = name.trim_end_matches(".safetensors").trim_end_matches(".store");
        self.folder = store.with_file_name(format!("{name}-training")).display().to_string();
    }

    /// What the engine is asked to do.
    pub fn request(&self) -> TrainRequest {
        let init = self.init.trim();
        let name = self.name.trim();
        TrainRequest {
            stores: self.stores.clone(),
            out: self.folder_path(),
            name: if name.is_empty() { "unnamed".to_owned() } else { name.to_owned() },
            network: self.network.clone(),
            settings: self.settings.clone(),
            init: (!self.go_on && !init.is_empty()).then(|| PathBuf::from(init)),
            resume: self.go_on,
            // The form shows what the checkpoint holds, so whatever differs is the user's wish.
            keep: KeptSettings::default(),
            force: !self.go_on && self.replace,
        }
    }
}
