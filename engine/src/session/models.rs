//! The models in memory, and samplers made of them.

use std::fs::Metadata;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use crate::network::{Model, ModelError, read_model_file};
use crate::transport::presets::Presets;

use super::backend::{BackendError, ComputeBackend, LoadedModel, PreparedSampler, SamplerOrder};
use super::devices::{DevicePool, Wanted};
use super::request::ModelSource;

/// Models kept in memory; the one used longest ago makes room.
const KEPT_MODELS: usize = 4;

/// Loads models once and prepares samplers that share their weights.
#[derive(Default)]
pub struct ModelLibrary {
    /// Used longest ago first.
    loaded: Mutex<Vec<(Identity, Loaded)>>,
    devices: DevicePool,
}

/// What tells a model from another one. A file that was written anew is another model.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Identity {
    Bundled(String),
    File {
        path: PathBuf,
        modified: Option<SystemTime>,
        bytes: u64,
        /// Another file in its place may be as long, and a clock that was set back, or a copy that keeps times, may
        /// give it the same time.
        place: Option<[i64; 3]>,
    },
}

#[derive(Clone)]
struct Loaded {
    model: Arc<Model>,
    info: LoadedModel,
}

impl ModelLibrary {
    /// An empty library.
    pub fn new() -> Self {
        Self::default()
    }

    fn get(&self, source: &ModelSource) -> Result<Loaded, BackendError> {
        let identity = identity(source)?;
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(index) = loaded.iter().position(|(known, _)| *known == identity) {
            let entry = loaded.remove(index);
            loaded.push(entry);
        } else {
            let model = load(source)?;
            loaded.push((identity, model));
            if loaded.len() > KEPT_MODELS {
                loaded.remove(0);
            }
        }
        loaded.last().map(|(_, model)| model.clone()).ok_or(BackendError::Gone)
    }
}

fn identity(source: &ModelSource) -> Result<Identity, ModelError> {
    match source {
        ModelSource::Bundled { name, .. } => Ok(Identity::Bundled(name.clone())),
        ModelSource::File(path) => {
            let metadata =
                std::fs::metadata(path).map_err(|source| ModelError::Io { path: path.clone(), source })?;
            Ok(Identity::File {
                path: path.clone(),
                modified: metadata.modified().ok(),
                bytes: metadata.len(),
                place: place(&metadata),
            })
        }
    }
}

/// The file's number and when anything about it last changed, where the system tells them.
#[cfg(unix)]
fn place(metadata: &Metadata) -> Option<[i64; 3]> {
    use std::os::unix::fs::MetadataExt as _;
    Some([metadata.ino().cast_signed(), metadata.ctime(), metadata.ctime_nsec()])
}

/// The file's number and when anything about it last changed, where the system tells them.
#[cfg(not(unix))]
fn place(_: &Metadata) -> Option<[i64; 3]> {
    None
}

fn load(source: &ModelSource) -> Result<Loaded, BackendError> {
    let read;
    let (name, bytes, presets): (String, &[u8], Presets) = match source {
        ModelSource::Bundled { name, bytes, presets } => {
            let wrong = |source| BackendError::BundledPresets { name: name.clone(), source };
            (name.clone(), bytes, Presets::parse(presets).map_err(wrong)?)
        }
        ModelSource::File(path) => {
            read = read_model_file(path)?;
            (path.display().to_string(), &read, Presets::beside(path)?)
        }
    };
    let model = Model::from_bytes(&name, bytes)?;
    let info = LoadedModel {
        name: model.card.name.clone(),
        config: model.config().clone(),
        parameter_count: model.parameter_count(),
        checksum: format!("{}/{}", content_checksum(&model)?, checksum(bytes)),
        card: card_text(&model),
        presets,
        trust: model.trust.clone(),
    };
    Ok(Loaded { model: Arc::new(model), info })
}

/// Of all that decides frames: configuration, weights and interval. The same model trained again is the same, whatever
/// else its file says.
fn content_checksum(model: &Model) -> Result<String, serde_json::Error> {
    let mut crc = flate2::Crc::new();
    crc.update(serde_json::to_string(model.config())?.as_bytes());
    crc.update(&model.card.frame_interval_ps.to_le_bytes());
    for value in &model.parameters {
        crc.update(&value.to_le_bytes());
    }
    Ok(format!("content-{:08x}-{}", crc.sum(), model.parameter_count()))
}

/// CRC-32 and length: enough to tell that two files are not the same model.
fn checksum(bytes: &[u8]) -> String {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    format!("{:08x}-{}", crc.sum(), bytes.len())
}

fn card_text(model: &Model) -> String {
    let card = &model.card;
    let mut lines = Vec::new();
    if !card.trained_on.is_empty() {
        lines.push(format!("Trained on {}.", card.trained_on.trim_end_matches('.')));
    }
    lines.push(format!("Jumps of {} ps, {} transport.", card.frame_interval_ps, model.config().transport));
    if card.steps > 0 {
        lines.push(format!("{} optimizer steps of {} frame pairs.", card.steps, card.batch_size));
    }
    if let Some(loss) = card.validation_loss {
        lines.push(format!("Loss on held-out trajectories {loss:.4} Å² per atom."));
    }
    lines.join("\n")
}

impl ComputeBackend for ModelLibrary {
    fn load_model(&self, model: &ModelSource) -> Result<LoadedModel, BackendError> {
        Ok(self.get(model)?.info)
    }

    fn prepare_sampler(&self, order: SamplerOrder<'_>) -> Result<PreparedSampler, BackendError> {
        let Loaded { model, info } = self.get(order.model)?;
        let mut notices = Vec::new();
        let sequence = order.topology.sequence();
        if !model.card.sequences.is_empty() && !model.card.sequences.contains(&sequence) {
            notices.push(format!(
                "The model {} was not trained on {}; frames may be unphysical.",
                info.name, order.topology.name
            ));
        }
        let wanted = Wanted {
            model: &model,
            topology: order.topology,
            settings: order.settings,
            replicas: order.replicas,
        };
        let sampler = self.devices.sampler(wanted, order.device, &mut notices)?;
        Ok(PreparedSampler { sampler, model: info, notices })
    }
}
