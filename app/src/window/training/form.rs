//! What the user fills in before a training.

use std::path::PathBuf;

use equijump_engine::network::{NetworkConfig, ParameterLayout};
use equijump_engine::session::{KeptSettings, TrainRequest};
use equijump_engine::training::{TrainDevice, TrainSettings};
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
    /// Continue the run in the folder instead of beginning one.
    #[serde(skip)]
    pub go_on: bool,
    /// The network.
    pub network: NetworkConfig,
    /// The optimization.
    pub settings: TrainSettings,
    /// How fast the last training was.
    pub speed: Option<TrainingSpeed>,
}

/// How fast a training was, to estimate the time of others by.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrainingSpeed {
    /// Steps a second.
    pub steps_per_second: f64,
    /// Work of a step of it, as [`TrainingForm::work_of_a_step`] counts.
    pub work: f64,
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
            network: NetworkConfig::default(),
            settings: TrainSettings::default(),
            speed: None,
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

    /// Work of a step up to a factor that the protein and the machine give: weights times pairs and latent times, shared among threads.
    pub fn work_of_a_step(&self) -> f64 {
        let weights = match self.network.check() {
            Ok(()) => ParameterLayout::new(&self.network).total() as f64,
            Err(_) => 1.0,
        };
        let threads = match self.settings.device {
            TrainDevice::Cpu => self.settings.threads.max(1) as f64,
            _ => 1.0,
        };
        let layers =
            [self.network.conditioner_layers, self.network.header_layers].map(|layers| layers as f64);
        let times =
            (layers[0] + layers[1] * self.settings.times_per_pair as f64) / (layers[0] + layers[1]).max(1.0);
        weights * self.settings.batch_size as f64 * times / threads
    }

    /// Time for so many steps in words, at a speed; `None` for a senseless one.
    pub fn time_for(&self, steps: u64, speed: TrainingSpeed) -> Option<String> {
        let seconds = steps as f64 / speed.steps_per_second * self.work_of_a_step() / speed.work;
        let time = std::time::Duration::try_from_secs_f64(seconds).ok()?;
        Some(crate::window::numbers::human_duration(time))
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
