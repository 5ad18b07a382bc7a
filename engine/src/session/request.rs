//! What requests have in common: where structures and models come from, where to compute, files of a run.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::trajectory::FrameSelection;

/// Where a structure comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StructureSource {
    /// A PDB or mmCIF file, plain or gzipped.
    File(PathBuf),
    /// A structure inside the binary.
    Bundled {
        /// File name with extension, `chignolin.pdb`: the extension tells the format, the stem is shown.
        file_name: String,
        /// Contents of the file.
        bytes: &'static [u8],
    },
}

impl StructureSource {
    /// Name for the user: file stem, `.gz` removed as well.
    pub fn display_name(&self) -> String {
        let file_name = match self {
            Self::File(path) => path.file_name().map(|n| n.to_string_lossy().into_owned()),
            Self::Bundled { file_name, .. } => Some(file_name.clone()),
        };
        let name = file_name.unwrap_or_default();
        let name = name.strip_suffix(".gz").unwrap_or(&name);
        name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_owned()
    }
}

/// Trajectories of one protein, most often of molecular dynamics, that others are held against.
#[derive(Clone, Debug, PartialEq)]
pub struct ReferenceFiles {
    /// PDB or mmCIF file with exactly the atoms of the trajectories, in their order.
    pub topology: PathBuf,
    /// Chain of the protein, where files hold several.
    pub chain: Option<String>,
    /// The trajectories.
    pub trajectories: Vec<PathBuf>,
    /// Which of their frames.
    pub selection: FrameSelection,
}

/// Where a model comes from. Models that were used stay in memory, so naming one again costs nothing.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ModelSource {
    /// A safetensors file that carries its configuration and card.
    File(PathBuf),
    /// A model inside the binary.
    Bundled {
        /// Name for the user, `chignolin`.
        name: String,
        /// Contents of the file.
        bytes: &'static [u8],
        /// Contents of the file of presets beside it.
        presets: &'static [u8],
    },
}

impl ModelSource {
    /// Name for the user.
    pub fn display_name(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::Bundled { name, .. } => format!("{name} (bundled)"),
        }
    }
}

/// Where to compute.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum DevicePreference {
    /// The fastest device that works, by a short measurement.
    #[default]
    Auto,
    /// The processor.
    Cpu,
    /// The first graphics adapter, or a clear error.
    Gpu,
    /// All graphics adapters that are hardware, replicas dealt out by their speed.
    AllGpus,
    /// The graphics adapter at this position of the list, or with this in its name.
    Adapter(String),
}

impl From<String> for DevicePreference {
    fn from(text: String) -> Self {
        match text.to_lowercase().as_str() {
            "auto" => Self::Auto,
            "cpu" => Self::Cpu,
            "gpu" => Self::Gpu,
            "gpu:all" => Self::AllGpus,
            _ => Self::Adapter(text),
        }
    }
}

impl From<DevicePreference> for String {
    fn from(device: DevicePreference) -> Self {
        match device {
            DevicePreference::Auto => "auto".to_owned(),
            DevicePreference::Cpu => "cpu".to_owned(),
            DevicePreference::Gpu => "gpu".to_owned(),
            DevicePreference::AllGpus => "gpu:all".to_owned(),
            DevicePreference::Adapter(name) => name,
        }
    }
}

/// A trajectory file that a run writes as frames are made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunOutput {
    /// The trajectory; its extension (`.dcd`, `.xtc`, `.pdb`) decides the format. With several replicas,
    /// `run.dcd` becomes `run_r000.dcd`, `run_r001.dcd`, …. Topology (`run_topology.pdb`), settings
    /// (`run.json`) and the exact state for resuming (`run.state`) are written beside it; a shard has a name of
    /// its own for the latter two (`run_shard003of100.json`).
    pub path: PathBuf,
    /// What to do with files that are there already.
    pub existing: ExistingFiles,
}

/// What to do with files that are there already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ExistingFiles {
    /// Refuse to touch them.
    #[default]
    Refuse,
    /// Replace them.
    Overwrite,
    /// Continue the run they hold; its frames are the ones an uninterrupted run would have made. The state that it
    /// goes on from is kept (`run.state.bak`), and taken where a crash has left no usable one.
    Resume,
    /// As [`Self::Resume`], where the exact start is not at hand any more: formats that round positions have
    /// lost it, and the run goes on from its state alone.
    Extend,
}

/// Path beside `path`: same folder and stem, with `suffix` in place of the extension.
///
/// `beside("out/run.dcd", "_topology.pdb")` is `out/run_topology.pdb`.
pub fn beside(path: &Path, suffix: &str) -> PathBuf {
    let stem = path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
    path.with_file_name(format!("{stem}{suffix}"))
}

/// Trajectory of one replica: `run.dcd` alone, or `run_r000.dcd` and so on.
pub fn replica_path(path: &Path, replica: usize, replicas: usize) -> PathBuf {
    if replicas == 1 {
        return path.to_owned();
    }
    let digits = (replicas - 1).to_string().len().max(3);
    let extension = path.extension().map(|e| e.to_string_lossy().into_owned()).unwrap_or_default();
    beside(path, &format!("_r{replica:0digits$}.{extension}"))
}
