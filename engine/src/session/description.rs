//! What a run is: everything that decides its frames, kept beside the results, and compared before a run
//! is continued.

use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::structure::OpenedStructure;
use crate::transport::SamplerSettings;

use super::protocol::ModelInfo;

/// Everything that decides the frames of a run. The device does not: samplers agree.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct RunDescription {
    /// Name of the structure, for people.
    pub structure: String,
    /// One-letter sequence.
    pub sequence: String,
    /// CRC-32 of the positions of all starts, `f32` little-endian.
    pub start_crc32: u32,
    /// Name of the model, for people.
    pub model: String,
    /// Checksums of the model, of its content and of its file; only the latter in runs of earlier versions.
    pub model_checksum: String,
    /// Integrator, latent steps, noise, seed.
    pub settings: SamplerSettings,
    /// Replicas made together.
    pub replicas: usize,
    /// Time between frames, ps.
    pub frame_interval_ps: f64,
}

impl RunDescription {
    /// Describes a run about to begin.
    pub fn new(
        structure: &OpenedStructure,
        starts_angstrom: &[Arc<Vec<[f32; 3]>>],
        model: &ModelInfo,
        settings: &SamplerSettings,
        replicas: usize,
        frame_interval_ps: f64,
    ) -> Self {
        let mut crc = flate2::Crc::new();
        let own = starts_angstrom.is_empty().then_some(&structure.positions_angstrom);
        for value in own.into_iter().chain(starts_angstrom).flat_map(|start| start.iter().flatten()) {
            crc.update(&value.to_le_bytes());
        }
        Self {
            structure: structure.topology.name.clone(),
            sequence: structure.topology.sequence(),
            start_crc32: crc.sum(),
            model: model.name.clone(),
            model_checksum: model.checksum.clone(),
            settings: settings.clone(),
            replicas,
            frame_interval_ps,
        }
    }

    /// In what `other` differs, as a clause; `None` if both are the same run. Names do not matter.
    pub fn difference(&self, other: &Self) -> Option<String> {
        if self.sequence != other.sequence {
            return Some(format!("it simulates {}, not {}", self.structure, other.structure));
        }
        if self.start_crc32 != other.start_crc32 {
            return Some("it started from other positions of the same protein".into());
        }
        let of_other = |part: &str| other.model_checksum.split('/').any(|theirs| theirs == part);
        if !self.model_checksum.split('/').any(of_other) {
            return Some(format!("it used the model {}, not {}", self.model, other.model));
        }
        if self.replicas != other.replicas {
            return Some(format!("it has {} replicas, not {}", self.replicas, other.replicas));
        }
        let (a, b) = (&self.settings, &other.settings);
        if a.seed != b.seed {
            return Some(format!("its seed is {}, not {}", a.seed, b.seed));
        }
        if a.latent_steps != b.latent_steps {
            return Some(format!("it makes {} latent steps a frame, not {}", a.latent_steps, b.latent_steps));
        }
        if a != b {
            return Some("its integrator, epsilon or schedule is another".into());
        }
        (self.frame_interval_ps != other.frame_interval_ps)
            .then(|| format!("its frames are {} ps apart", self.frame_interval_ps))
    }

    /// The description for people and scripts.
    pub fn to_json(&self, frames: u64, finished: bool, trajectories: &[PathBuf]) -> Value {
        let names: Vec<String> = trajectories
            .iter()
            .filter_map(|path| path.file_name())
            .map(|name| name.to_string_lossy().into_owned())
            .collect();
        json!({
            "program": "EquiJump",
            "version": env!("CARGO_PKG_VERSION"),
            "run": self,
            "frames_after_start": frames,
            "finished": finished,
            "trajectories": names,
        })
    }
}
