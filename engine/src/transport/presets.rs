//! Sampler settings with a name that come with a model, in a file beside it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{SamplerSettings, SamplerSettingsError};
use crate::atomic_file::write_atomically;
use crate::brief::{brief, printable};
use crate::regular_file::{self, LONGEST_TEXT_BYTES};
use crate::remedy::Remedy;
use crate::trajectory::checksum;

/// Name of the file beside the model.
pub const PRESETS_FILE: &str = "presets.json";
/// The preset of the settings that a model is judged by.
pub const DEFAULT_PRESET: &str = "default";
/// The preset of the cheapest settings that are as good as those.
pub const FAST_PRESET: &str = "fast";

/// Settings that go together, and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Preset {
    /// The settings; their seed has no meaning.
    pub settings: SamplerSettings,
    /// What they are for and how they were found, one sentence.
    #[serde(default)]
    pub note: String,
    /// CRC-32 of the model file that they were found for; they are none of another one that lies beside it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model_crc32: Option<u32>,
}

impl Preset {
    /// Sets everything but the seed.
    pub fn apply(&self, settings: &mut SamplerSettings) {
        *settings = SamplerSettings { seed: settings.seed, ..self.settings.clone() };
    }

    /// Whether `settings` are those of the preset, whatever the seed.
    pub fn matches(&self, settings: &SamplerSettings) -> bool {
        SamplerSettings { seed: settings.seed, ..self.settings.clone() } == *settings
    }
}

/// Why presets cannot be used.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)] // the messages are the documentation
pub enum PresetsError {
    #[error("cannot read {}: {source}", path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("cannot write {}: {source}", path.display())]
    Write { path: PathBuf, source: std::io::Error },
    #[error("{} cannot be used: {source}", path.display())]
    File { path: PathBuf, source: PresetsProblem },
    #[error("the model has no preset {name}, only {}; {}", known.join(", "), Remedy::FindFast)]
    Unknown { name: String, known: Vec<String> },
}

/// What is wrong with a text of presets; each message is a clause.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)] // the messages are the documentation
pub enum PresetsProblem {
    /// It is no JSON of presets. What that quotes of the file is told in printable characters alone, so it is no source.
    #[error("{}", brief(printable(&.0.to_string())))]
    Json(serde_json::Error),
    #[error("its preset {name}: {source}")]
    Settings { name: String, source: SamplerSettingsError },
}

/// The presets of a model by name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Presets(pub BTreeMap<String, Preset>);

impl Presets {
    /// Reads the text of a file of presets.
    ///
    /// # Errors
    /// [`PresetsProblem`] says what is wrong with it.
    pub fn parse(text: &[u8]) -> Result<Self, PresetsProblem> {
        let presets: Self = serde_json::from_slice(text).map_err(PresetsProblem::Json)?;
        let printable = |(name, preset): (String, Preset)| {
            let note = printable(&preset.note);
            (printable(&name), Preset { note, ..preset })
        };
        let presets = Self(presets.0.into_iter().map(printable).collect());
        for (name, preset) in &presets.0 {
            let wrong = |source| PresetsProblem::Settings { name: name.clone(), source };
            preset.settings.check().map_err(wrong)?;
        }
        Ok(presets)
    }

    /// Those that lie beside the model at `model`; none where there is no such file.
    ///
    /// # Errors
    /// [`PresetsError`] when the file cannot be used.
    pub fn beside(model: &Path) -> Result<Self, PresetsError> {
        let path = presets_path(model);
        match regular_file::read(&path, LONGEST_TEXT_BYTES) {
            Ok(text) => {
                let mut presets =
                    Self::parse(&text).map_err(|source| PresetsError::File { path: path.clone(), source })?;
                if presets.0.values().any(|preset| preset.model_crc32.is_some()) {
                    let own = checksum(model).ok().map(|(_, crc32)| crc32);
                    presets.0.retain(|_, preset| preset.model_crc32.is_none() || preset.model_crc32 == own);
                }
                Ok(presets)
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(source) => Err(PresetsError::Read { path, source }),
        }
    }

    /// The preset of that name. A model without a file has the default one.
    ///
    /// # Errors
    /// [`PresetsError::Unknown`] with the names there are.
    pub fn get(&self, name: &str) -> Result<Preset, PresetsError> {
        if let Some(preset) = self.0.get(name) {
            return Ok(preset.clone());
        }
        if name == DEFAULT_PRESET {
            return Ok(Preset {
                settings: SamplerSettings::default(),
                note: String::new(),
                model_crc32: None,
            });
        }
        let mut names: Vec<&str> = self.0.keys().map(String::as_str).collect();
        if !names.contains(&DEFAULT_PRESET) {
            names.insert(0, DEFAULT_PRESET);
        }
        let known = names.into_iter().map(str::to_owned).collect();
        Err(PresetsError::Unknown { name: name.to_owned(), known })
    }

    /// Writes them to `path`.
    ///
    /// # Errors
    /// [`PresetsError::Write`] when the system refuses.
    pub fn save(&self, path: &Path) -> Result<(), PresetsError> {
        let cannot = |source| PresetsError::Write { path: path.to_owned(), source };
        let mut text = serde_json::to_vec_pretty(self).map_err(|error| cannot(error.into()))?;
        text.push(b'\n');
        write_atomically(path, &text).map_err(cannot)
    }
}

/// Where the presets of the model at `model` lie.
pub fn presets_path(model: &Path) -> PathBuf {
    model.with_file_name(PRESETS_FILE)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn presets_lie_beside_the_model_and_keep_the_seed() {
        let folder = tempfile::tempdir().unwrap();
        let model = folder.path().join("model.safetensors");
        let none = Presets::beside(&model).unwrap();
        assert_eq!(none.get("default").unwrap().settings, SamplerSettings::default());
        let error = none.get("fast").unwrap_err().to_string();
        assert!(error.contains("fast") && error.contains("study"), "{error}");

        let settings = SamplerSettings { latent_steps: 20, epsilon: 0.5, ..SamplerSettings::default() };
        let fast = Preset { settings, note: "found".into(), model_crc32: None };
        let presets = Presets(BTreeMap::from([("fast".to_owned(), fast.clone())]));
        presets.save(&presets_path(&model)).unwrap();
        assert_eq!(Presets::beside(&model).unwrap(), presets);
        let mut mine = SamplerSettings { seed: 9, ..SamplerSettings::default() };
        assert!(!fast.matches(&mine));
        presets.get("fast").unwrap().apply(&mut mine);
        assert_eq!((mine.seed, mine.latent_steps, mine.epsilon), (9, 20, 0.5));
        assert!(fast.matches(&mine));

        // Those of one model are not those of another one in its place.
        std::fs::write(&model, "a model").unwrap();
        let own = checksum(&model).unwrap().1;
        let presets =
            Presets(BTreeMap::from([("fast".to_owned(), Preset { model_crc32: Some(own), ..fast })]));
        presets.save(&presets_path(&model)).unwrap();
        assert!(Presets::beside(&model).unwrap().get("fast").is_ok());
        std::fs::write(&model, "another model").unwrap();
        assert!(Presets::beside(&model).unwrap().get("fast").is_err());
    }

    #[test]
    fn files_that_make_no_sense_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let model = folder.path().join("model.safetensors");
        for (text, word) in [
            ("{", "EOF"),
            (r#"{"fast": {"settings": {"latent_steps": 1}}}"#, "latent steps"),
            (r#"{"fast": {"settings": {"latent_stepz": 9}}}"#, "latent_stepz"),
        ] {
            std::fs::write(presets_path(&model), text).unwrap();
            let error = Presets::beside(&model).unwrap_err().to_string();
            assert!(error.contains(word) && error.contains("presets.json"), "{error}");
        }
    }
}
