//! What is kept between sessions, beside the layout.

use std::path::{Path, PathBuf};

use equijump_engine::session::{DevicePreference, ExistingFiles, RunOutput, replica_path};
use equijump_engine::trajectory::TrajectoryFormat;
use equijump_engine::transport::presets::Preset;
use equijump_engine::transport::{Integrator, SamplerSettings};
use serde::{Deserialize, Serialize};

use crate::viewport::Style;

/// Storage key. The number grows when the meaning of a field changes.
pub const STORAGE_KEY: &str = "preferences-1";

/// Files remembered in "Open recent".
const RECENT_FILES: usize = 10;

/// The user's choices. Unknown fields are ignored and missing ones take their default, so that versions
/// can be mixed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Preferences {
    /// Light, dark, or as the desktop is set.
    pub theme: egui::ThemePreference,
    /// Files opened, newest first.
    pub recent_files: Vec<PathBuf>,
    /// Settings of the next run.
    pub run: RunSettings,
    /// What the molecule looks like.
    pub style: Style,
    /// Which number per residue colors show, when they show one.
    pub residue_value: ResidueValue,
    /// Show frames superposed on the start structure.
    pub superpose: bool,
    /// Ring the atoms of violations.
    pub mark_violations: bool,
    /// Show the start structure as a ghost.
    pub ghost_of_start: bool,
    /// Show a run beside the one on view in a tile of its own.
    pub tiles: bool,
    /// Keep the molecule turning.
    pub spin: bool,
    /// Keep the molecule fitted into the view through all frames.
    pub fit_follows: bool,
    /// Playback speed, frames a second.
    pub speed_frames_per_s: f32,
    /// Playback starts again at the end.
    pub repeat: bool,
    /// Model files used, newest first.
    pub model_files: Vec<PathBuf>,
    /// Folder of the last file written.
    pub export_folder: Option<PathBuf>,
}

/// A number per residue that colors can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ResidueValue {
    /// Root mean square fluctuation of the Cα over the run.
    Fluctuation,
    /// Distance of the Cα from the start structure, in the frame shown.
    Deviation,
}

/// Where the next run starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartFrom {
    /// The structure that was opened.
    Structure,
    /// The frame on screen.
    FrameShown,
}

/// A trajectory file that the next run writes as it goes on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LiveOutput {
    /// Whether to write one.
    pub enabled: bool,
    /// The file as typed; its extension is the format.
    pub path: String,
    /// Replace files that are there.
    pub overwrite: bool,
}

/// Why a run cannot write its file as it is asked to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OutputProblem {
    /// No file is named.
    Unnamed,
    /// Its name does not tell a format.
    Ending,
    /// It is there already.
    Exists {
        /// The file.
        file: PathBuf,
        /// The description of the run that it belongs to, if that lies beside it.
        description: Option<PathBuf>,
    },
}

impl LiveOutput {
    /// What stands in the way of writing the file of a run with so many replicas.
    pub fn problem(&self, replicas: usize) -> Option<OutputProblem> {
        if !self.enabled {
            return None;
        }
        let path = Path::new(self.path.trim());
        if path.as_os_str().is_empty() {
            return Some(OutputProblem::Unnamed);
        }
        if TrajectoryFormat::from_path(path).is_err() {
            return Some(OutputProblem::Ending);
        }
        if self.overwrite {
            return None;
        }
        let description = path.with_extension("json");
        let file = (0..replicas)
            .map(|replica| replica_path(path, replica, replicas))
            .chain([description.clone(), path.with_extension("state")])
            .find(|file| file.exists())?;
        Some(OutputProblem::Exists { file, description: Some(description).filter(|file| file.is_file()) })
    }

    /// What the engine is asked to write.
    pub fn request(&self) -> Option<RunOutput> {
        let path = self.path.trim();
        (self.enabled && !path.is_empty()).then(|| RunOutput {
            path: PathBuf::from(path),
            existing: if self.overwrite { ExistingFiles::Overwrite } else { ExistingFiles::Refuse },
        })
    }
}

/// Settings of the next run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RunSettings {
    /// Integrator, latent steps, ε, schedule, seed.
    pub sampler: SamplerSettings,
    /// Independent trajectories made together.
    pub replicas: u32,
    /// New frames per replica, when `until_stopped` is off.
    pub frames: u64,
    /// Run until stopped.
    pub until_stopped: bool,
    /// Where to compute.
    pub device: DevicePreference,
    /// Where it starts; always the structure after a restart.
    #[serde(skip, default = "RunSettings::default_start")]
    pub start_from: StartFrom,
    /// File written meanwhile; never after a restart, or it would overwrite.
    #[serde(skip)]
    pub output: LiveOutput,
    /// A model file; `None` takes the bundled model.
    pub model_file: Option<PathBuf>,
}

impl Default for RunSettings {
    fn default() -> Self {
        Self {
            sampler: SamplerSettings::default(),
            replicas: 1,
            frames: 500,
            until_stopped: false,
            device: DevicePreference::Auto,
            start_from: StartFrom::Structure,
            output: LiveOutput::default(),
            model_file: None,
        }
    }
}

impl RunSettings {
    fn default_start() -> StartFrom {
        StartFrom::Structure
    }
}

impl Default for Preferences {
    fn default() -> Self {
        Self {
            theme: egui::ThemePreference::System,
            recent_files: Vec::new(),
            run: RunSettings::default(),
            style: Style::default(),
            residue_value: ResidueValue::Fluctuation,
            superpose: true,
            mark_violations: true,
            ghost_of_start: false,
            tiles: false,
            spin: false,
            fit_follows: false,
            speed_frames_per_s: 20.0,
            repeat: true,
            model_files: Vec::new(),
            export_folder: None,
        }
    }
}

impl Preferences {
    /// Puts a file on top of the recent ones.
    pub fn remember_file(&mut self, path: &Path) {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        self.recent_files.retain(|known| *known != path);
        self.recent_files.insert(0, path);
        self.recent_files.truncate(RECENT_FILES);
    }

    /// Puts a model on top of those used before, and forgets those that are gone.
    pub fn remember_model(&mut self, path: &Path) {
        self.model_files.retain(|known| known != path && known.is_file());
        self.model_files.insert(0, path.to_owned());
        self.model_files.truncate(RECENT_FILES);
    }

    /// Where a file dialog or a typed name starts.
    pub fn export_folder(&self) -> PathBuf {
        let remembered = self.export_folder.clone().filter(|folder| folder.is_dir());
        remembered.or_else(|| std::env::current_dir().ok()).unwrap_or_default()
    }

    /// Remembers the folder of a written file.
    pub fn remember_export(&mut self, path: &Path) {
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            self.export_folder = Some(folder.to_owned());
        }
    }
}

/// Goes over to the default settings of a model that takes the place of another one, where those of that one, or of
/// the program, are set. What the user has changed stays.
pub fn follow_model(settings: &mut SamplerSettings, before: &SamplerSettings, now: &SamplerSettings) {
    let same =
        |other: &SamplerSettings| SamplerSettings { seed: settings.seed, ..other.clone() } == *settings;
    if same(before) || same(&SamplerSettings::default()) {
        *settings = SamplerSettings { seed: settings.seed, ..now.clone() };
    }
}

/// The presets of the program by name, best first: what there is to choose where a model has none of its own.
pub fn program_presets() -> [(&'static str, Preset); 3] {
    let preset = |note: &str, settings| Preset { settings, note: note.to_owned(), model_crc32: None };
    let default = SamplerSettings::default;
    [
        ("Default", preset("The settings of the program: stochastic, 100 latent steps, ε = 1", default())),
        (
            "Fast",
            preset(
                "Stochastic with 40 latent steps: two and a half times faster, less exact",
                SamplerSettings { latent_steps: 40, ..default() },
            ),
        ),
        (
            "Deterministic",
            preset(
                "No noise once it has spread the start: Heun's method with 30 latent steps, two network calls each",
                SamplerSettings { integrator: Integrator::OdeHeun, latent_steps: 30, ..default() },
            ),
        ),
    ]
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn recent_files_are_unique_newest_first_and_few() {
        let mut preferences = Preferences::default();
        for index in 0..RECENT_FILES + 3 {
            preferences.remember_file(Path::new(&format!("/data/{index}.pdb")));
        }
        preferences.remember_file(Path::new("/data/7.pdb"));
        assert_eq!(preferences.recent_files.len(), RECENT_FILES);
        assert_eq!(preferences.recent_files[0], Path::new("/data/7.pdb"));
        let sevens = preferences.recent_files.iter().filter(|p| p.ends_with("7.pdb")).count();
        assert_eq!(sevens, 1);
    }

    #[test]
    fn preferences_of_other_versions_are_read() {
        let preferences: Preferences = serde_json::from_str(r#"{"superpose": false, "later": 1}"#).unwrap();
        assert!(!preferences.superpose);
        assert_eq!(preferences.run, RunSettings::default());
    }

    #[test]
    fn default_settings_are_those_of_the_model_until_the_user_changes_them() {
        let of_model = |epsilon| SamplerSettings { epsilon, ..SamplerSettings::default() };
        let program = SamplerSettings::default();
        let mut settings = SamplerSettings { seed: 7, ..SamplerSettings::default() };
        follow_model(&mut settings, &program, &of_model(0.4));
        assert_eq!((settings.epsilon, settings.seed), (0.4, 7));
        follow_model(&mut settings, &of_model(0.4), &program);
        assert_eq!((settings.epsilon, settings.seed), (1.0, 7));
        settings.latent_steps = 33;
        follow_model(&mut settings, &program, &of_model(0.4));
        assert_eq!((settings.epsilon, settings.latent_steps), (1.0, 33));
    }

    #[test]
    fn presets_keep_the_seed_and_recognize_themselves() {
        for (_, preset) in program_presets() {
            let mut settings = SamplerSettings { seed: 42, ..SamplerSettings::default() };
            preset.apply(&mut settings);
            assert_eq!(settings.seed, 42);
            assert!(preset.matches(&settings));
            let matching = program_presets().iter().filter(|(_, preset)| preset.matches(&settings)).count();
            assert_eq!(matching, 1);
        }
    }
}
