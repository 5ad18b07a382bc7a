//! What a run is: everything that decides its frames, kept beside the results, and compared before a run
//! is continued.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::atomic_file::write_atomically;
use crate::brief::{brief, printable};
use crate::file_error::FileError;
use crate::network::model::FRAME_INTERVALS_PS;
use crate::structure::OpenedStructure;
use crate::transport::{SamplerSettings, SamplerSettingsError};
use crate::trust::TrustReport;

use super::backend::LoadedModel;
use super::shard::ShardRecord;

/// Everything that decides the frames of a run. The device does not: samplers agree.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunDescription {
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
    /// Replicas made together; of a shard, its own.
    pub replicas: usize,
    /// Which part of a run in shards it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<ShardRecord>,
    /// Time between frames, ps.
    pub frame_interval_ps: f64,
    /// How familiar the start is to the model; decides nothing.
    #[serde(skip)]
    pub trust: Option<Arc<TrustReport>>,
}

/// In what one run differs from another, as a clause about the one; of two values its own comes first.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[allow(missing_docs)] // the messages are the documentation
pub enum RunDifference {
    #[error("it simulates {0}, not {1}")]
    Protein(String, String),
    #[error("it started from other positions of the same protein")]
    Start,
    #[error("it used the model {0}, not {1}")]
    Model(String, String),
    #[error("it has {0} replicas, not {1}")]
    Replicas(usize, usize),
    #[error("it deals out other replicas to its shards")]
    Shard,
    #[error("its seed is {0}, not {1}")]
    Seed(u64, u64),
    #[error("it makes {0} latent steps a frame, not {1}")]
    LatentSteps(u32, u32),
    #[error("its integrator, epsilon or schedule is another")]
    Sampler,
    #[error("its frames are {0} ps apart")]
    IntervalPs(f64),
    #[error("it has {frames} frames, more than the {asked} asked for")]
    Frames { frames: u64, asked: u64 },
}

impl RunDescription {
    /// Describes a run about to begin.
    pub fn new(
        structure: &OpenedStructure,
        starts_angstrom: &[Arc<Vec<[f32; 3]>>],
        model: &LoadedModel,
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
            shard: None,
            frame_interval_ps,
            trust: None,
        }
    }

    /// In what `other` differs; `None` if both are the same run. Names do not matter.
    pub fn difference(&self, other: &Self) -> Option<RunDifference> {
        let own_parts = || self.model_checksum.split('/');
        let same_model = own_parts().any(|part| other.model_checksum.split('/').any(|theirs| theirs == part));
        let (a, b) = (&self.settings, &other.settings);
        Some(if self.sequence != other.sequence {
            RunDifference::Protein(self.structure.clone(), other.structure.clone())
        } else if self.start_crc32 != other.start_crc32 {
            RunDifference::Start
        } else if !same_model {
            RunDifference::Model(self.model.clone(), other.model.clone())
        } else if self.replicas != other.replicas {
            RunDifference::Replicas(self.replicas, other.replicas)
        } else if self.shard != other.shard {
            RunDifference::Shard
        } else if a.seed != b.seed {
            RunDifference::Seed(a.seed, b.seed)
        } else if a.latent_steps != b.latent_steps {
            RunDifference::LatentSteps(a.latent_steps, b.latent_steps)
        } else if a != b {
            RunDifference::Sampler
        } else if self.frame_interval_ps != other.frame_interval_ps {
            RunDifference::IntervalPs(self.frame_interval_ps)
        } else {
            return None;
        })
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
            "trust": match self.trust.as_deref() {
                Some(trust) => json!({
                    "unfamiliar": trust.unfamiliar().len(),
                    "of": trust.residues.len(),
                    "left_out_share": trust.left_out_share,
                    "residues": trust.residues,
                }),
                None => json!("no trust data"),
            },
            "frames_after_start": frames,
            "finished": finished,
            "trajectories": names,
        })
    }

    /// Writes it, as [`Self::to_json`] has it.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(super) fn write(
        &self,
        path: &Path,
        frames: u64,
        finished: bool,
        trajectories: &[PathBuf],
    ) -> Result<(), FileError> {
        let json = self.to_json(frames, finished, trajectories);
        let mut text = serde_json::to_string_pretty(&json).map_err(FileError::write(path))?;
        text.push('\n');
        write_atomically(path, text.as_bytes()).map_err(FileError::write(path))
    }
}

/// What is wrong with the file that describes a run; each message is a clause that begins with a verb.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[allow(missing_docs)] // the messages are the documentation
pub enum DescriptionError {
    #[error("does not describe a run of EquiJump")]
    NoRun,
    #[error("describes no run that can be: {0}")]
    Settings(#[from] SamplerSettingsError),
    #[error("says that frames are {0:e} ps apart")]
    Interval(f64),
    #[error("names the trajectory {}, which is not in its own folder", brief(printable(.0)))]
    OtherFolder(String),
    #[error("names the trajectory {} twice", brief(printable(.0)))]
    Repeated(String),
    #[error("is of {told} replicas and names {named} trajectories")]
    Replicas { told: usize, named: usize },
}

/// A run as the file beside its results describes it.
#[derive(Clone, Debug, PartialEq)]
pub struct DescribedRun {
    /// What decides its frames.
    pub run: RunDescription,
    /// Names of its trajectories in the folder of the description, one per replica; never empty.
    pub trajectories: Vec<String>,
    /// Whether it made all frames that it was asked for.
    pub finished: bool,
}

impl DescribedRun {
    /// Reads what [`RunDescription::to_json`] makes.
    ///
    /// # Errors
    /// [`DescriptionError`]: what is wrong with the file.
    pub fn parse(text: &str) -> Result<Self, DescriptionError> {
        let not_a_run = |_| DescriptionError::NoRun;
        let value: Value = serde_json::from_str(text).map_err(not_a_run)?;
        let mut run: RunDescription = serde_json::from_value(value["run"].clone()).map_err(not_a_run)?;
        run.structure = printable(&run.structure);
        run.model = printable(&run.model);
        run.settings.check()?;
        if !FRAME_INTERVALS_PS.contains(&run.frame_interval_ps) {
            return Err(DescriptionError::Interval(run.frame_interval_ps));
        }
        let names = value["trajectories"].as_array().ok_or(DescriptionError::NoRun)?;
        let trajectories: Vec<String> = names.iter().filter_map(Value::as_str).map(str::to_owned).collect();
        if trajectories.is_empty() || trajectories.len() != names.len() {
            return Err(DescriptionError::NoRun);
        }
        // A run lies in one folder; a description that was made to do harm could name any file.
        let plain = |name: &&String| Path::new(name).file_name().is_some_and(|own| own == name.as_str());
        if let Some(name) = trajectories.iter().find(|name| !plain(name)) {
            return Err(DescriptionError::OtherFolder(name.clone()));
        }
        let repeated = {
            let mut known = HashSet::new();
            trajectories.iter().find(|name| !known.insert(name.as_str()))
        };
        if let Some(name) = repeated {
            return Err(DescriptionError::Repeated(name.clone()));
        }
        if run.replicas != trajectories.len() {
            return Err(DescriptionError::Replicas { told: run.replicas, named: trajectories.len() });
        }
        Ok(Self { run, trajectories, finished: value["finished"] == true })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn run() -> RunDescription {
        RunDescription {
            structure: "chignolin".into(),
            sequence: "YYDPETGTWY".into(),
            start_crc32: 7,
            model: "chignolin".into(),
            model_checksum: "a/b".into(),
            settings: SamplerSettings::default(),
            replicas: 2,
            shard: None,
            frame_interval_ps: 100.0,
            trust: None,
        }
    }

    #[test]
    fn a_description_comes_back_as_it_was_written() {
        let files = [PathBuf::from("/somewhere/run_r0.dcd"), PathBuf::from("/somewhere/run_r1.dcd")];
        let text = run().to_json(12, true, &files).to_string();
        let read = DescribedRun::parse(&text).unwrap();
        assert_eq!((read.run, read.finished), (run(), true));
        assert_eq!(read.trajectories, ["run_r0.dcd", "run_r1.dcd"]);
    }

    #[test]
    fn a_description_names_files_of_its_own_folder_alone() {
        let whole = run().to_json(12, true, &[PathBuf::from("run.dcd")]);
        for name in ["../run.dcd", "/etc/passwd", "a/b.dcd", "..", ".", "", "run.dcd/", "./run.dcd"] {
            let mut value = whole.clone();
            value["trajectories"] = json!([name]);
            let refusal = DescribedRun::parse(&value.to_string()).unwrap_err().to_string();
            assert!(refusal.contains("not in its own folder"), "{name}: {refusal}");
        }
        for names in [json!([]), json!([1]), json!("run.dcd"), json!(["run.dcd", 1])] {
            let mut value = whole.clone();
            value["trajectories"] = names;
            assert!(DescribedRun::parse(&value.to_string()).is_err());
        }
    }

    #[test]
    fn a_description_names_one_trajectory_for_each_replica() {
        let whole = run().to_json(12, true, &[PathBuf::from("a.dcd"), PathBuf::from("b.dcd")]);
        assert!(DescribedRun::parse(&whole.to_string()).is_ok());
        for (names, why) in [
            (json!(["a.dcd", "a.dcd"]), "a.dcd twice"),
            (json!(["a.dcd"]), "is of 2 replicas and names 1 trajectories"),
        ] {
            let mut value = whole.clone();
            value["trajectories"] = names;
            let refusal = DescribedRun::parse(&value.to_string()).unwrap_err().to_string();
            assert!(refusal.contains(why), "{refusal}");
        }
        let mut value = whole;
        value["run"]["replicas"] = json!(1u64 << 40);
        assert!(DescribedRun::parse(&value.to_string()).is_err());
    }

    #[test]
    fn a_description_of_what_cannot_be_is_refused() {
        let whole = run().to_json(12, true, &[PathBuf::from("run.dcd")]);
        for interval in [0.0, -1.0, 1e300, 1e-300] {
            let mut value = whole.clone();
            value["run"]["frame_interval_ps"] = json!(interval);
            assert!(DescribedRun::parse(&value.to_string()).unwrap_err().to_string().contains("ps apart"));
        }
        let mut value = whole;
        value["run"]["settings"]["latent_steps"] = json!(0);
        assert!(
            DescribedRun::parse(&value.to_string()).unwrap_err().to_string().contains("no run that can be")
        );
    }
}
