//! The file that says what a comparison is to compare: TOML, or JSON with the same names.

use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::error::{ComparisonError, ContentProblem, SettingProblem};
use crate::brief::printable;
use crate::network::{Heads, Transport};
use crate::regular_file;
use crate::session::DevicePreference;
use crate::trajectory::extension_of;

/// Longer files describe no comparison.
const MOST_BYTES: u64 = 4 << 20;

/// Settings by name; those that are not given have the defaults of the command that they belong to.
pub type Settings = Map<String, Value>;

/// A comparison as its file describes it. Paths are relative to the file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ComparisonConfig {
    /// What is compared, for the heading of the table.
    pub name: Option<String>,
    /// What is trained on.
    pub data: DataConfig,
    /// What samples are compared with: trajectories that are not trained on.
    pub reference: ReferenceConfig,
    /// Settings of the network, as `equijump train` has them, common to all variants.
    #[serde(default)]
    pub network: Settings,
    /// Settings of the optimization, as `equijump train` has them, common to all variants.
    #[serde(default)]
    pub training: Settings,
    /// How variants are sampled.
    #[serde(default)]
    pub sampling: SamplingConfig,
    /// Settings of the evaluation, common to all variants.
    #[serde(default)]
    pub evaluation: Settings,
    /// Variances σ_P² of the noise on the Cα positions, Å²: each variant that names none of its own is made
    /// with each of these.
    #[serde(default)]
    pub sigma_position_squared: Vec<f32>,
    /// Seeds: each variant is trained and sampled with each of these, and the table says what they have in common.
    /// Where none is given, each variant has the seeds of its own settings.
    #[serde(default)]
    pub seeds: Vec<u64>,
    /// The variants; every transport there is, where none is given.
    #[serde(default, rename = "variant")]
    pub variants: Vec<VariantConfig>,
}

/// What is trained on: stores, or trajectories that become one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataConfig {
    /// Stores made by `equijump import`.
    #[serde(default)]
    pub stores: Vec<PathBuf>,
    /// PDB or mmCIF file with exactly the atoms of the trajectories, in their order.
    pub topology: Option<PathBuf>,
    /// Chain of the protein, where the topology holds several.
    pub chain: Option<String>,
    /// Trajectories to import.
    #[serde(default)]
    pub trajectories: Vec<PathBuf>,
    /// Takes every N-th frame.
    #[serde(default = "one")]
    pub stride: usize,
    /// Leaves out what happened before this time in each file, ps.
    #[serde(default)]
    pub skip_ps: f64,
    /// Time between the frames of the files, ps; replaces what the files say.
    pub interval_ps: Option<f64>,
}

/// What samples are compared with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReferenceConfig {
    /// PDB or mmCIF file with exactly the atoms of the trajectories; that of the data where none is given.
    pub topology: Option<PathBuf>,
    /// Chain of the protein, where files hold several.
    pub chain: Option<String>,
    /// Structure that RMSD, GDT and native contacts refer to: a file, or the name of a bundled protein.
    pub native: PathBuf,
    /// The trajectories.
    pub trajectories: Vec<PathBuf>,
    /// Takes every N-th frame.
    #[serde(default = "one")]
    pub stride: usize,
    /// Leaves out what happened before this time in each file, ps.
    #[serde(default)]
    pub skip_ps: f64,
    /// Time between the frames of the files, ps; replaces what the files say.
    pub interval_ps: Option<f64>,
}

/// Where replicas start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Start {
    /// At the first frame used of each reference trajectory, in turn: what is compared then differs only in
    /// how it moves on, and has the same time to do so when as many frames are made.
    #[default]
    Reference,
    /// At the native structure.
    Native,
}

/// Which of the models of a training is sampled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChosenModel {
    /// The one with the lowest loss on held-out pairs; the last one where nothing is held out.
    #[default]
    Best,
    /// The one after the last step.
    Last,
}

/// How variants are sampled: the same number of frames of each.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SamplingConfig {
    /// Independent trajectories of each variant.
    pub replicas: u32,
    /// Frames of each trajectory, the start not counted.
    pub frames: u64,
    /// Where they start.
    pub start: Start,
    /// Which model is sampled.
    pub model: ChosenModel,
    /// Where to compute; the processor by default, so that processor times are those of the whole work.
    pub device: DevicePreference,
    /// Leaves out what happened before this time in each sample, ps.
    pub skip_ps: f64,
    /// Settings of the sampler, as `equijump simulate` has them.
    #[serde(flatten)]
    pub settings: Settings,
}

impl Default for SamplingConfig {
    fn default() -> Self {
        Self {
            replicas: replicas(),
            frames: frames(),
            start: Start::default(),
            model: ChosenModel::default(),
            device: cpu(),
            skip_ps: 0.0,
            settings: Settings::new(),
        }
    }
}

/// One column of the table.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct VariantConfig {
    /// Name in the table; made from what is special about the variant where none is given.
    pub label: Option<String>,
    /// Transport.
    pub transport: Option<Transport>,
    /// Heads.
    pub heads: Option<Heads>,
    /// Standard deviation σ_P of the noise on the Cα positions.
    pub sigma_position_angstrom: Option<f32>,
    /// The same as a variance, Å².
    pub sigma_position_squared: Option<f32>,
    /// Standard deviation σ_V of the noise on the vectors.
    pub sigma_vector_angstrom: Option<f32>,
    /// Settings of the network that differ from the common ones.
    pub network: Settings,
    /// Settings of the optimization that differ from the common ones; the budget cannot.
    pub training: Settings,
    /// Settings of the sampler that differ from the common ones.
    pub sampling: Settings,
}

fn one() -> usize {
    1
}

fn replicas() -> u32 {
    16
}

fn frames() -> u64 {
    200
}

fn cpu() -> DevicePreference {
    DevicePreference::Cpu
}

impl ComparisonConfig {
    /// Reads the file; its extension tells the format. Paths come out absolute or relative to the current
    /// folder, but for the name of a bundled native structure.
    ///
    /// # Errors
    /// [`ComparisonError`] says what in the file is wrong.
    pub fn read(path: &Path) -> Result<Self, ComparisonError> {
        let text = regular_file::read_text_of(path, MOST_BYTES)
            .map_err(|source| ComparisonError::Read { path: path.to_owned(), source })?;
        let mut config = match extension_of(path).as_str() {
            "toml" => Self::from_toml(&text),
            "json" => serde_json::from_str(&text).map_err(ContentProblem::Json),
            _ => Err(ContentProblem::Extension),
        }
        .map_err(|problem| ComparisonError::Content { path: path.to_owned(), problem })?;
        for text in config.variants.iter_mut().filter_map(|v| v.label.as_mut()).chain(&mut config.name) {
            *text = printable(text);
        }
        config.resolve(path.parent().unwrap_or(Path::new("")));
        Ok(config)
    }

    fn from_toml(text: &str) -> Result<Self, ContentProblem> {
        toml::from_str(text).map_err(|error| {
            let message = error.message().replace('\n', ", ");
            let span = error.span().filter(|span| span.start > 0);
            let line = span.map(|span| 1 + text[..span.start].matches('\n').count());
            ContentProblem::Toml { line, message }
        })
    }

    fn resolve(&mut self, folder: &Path) {
        let data =
            self.data.stores.iter_mut().chain(&mut self.data.trajectories).chain(&mut self.data.topology);
        let reference = self.reference.trajectories.iter_mut().chain(&mut self.reference.topology);
        for path in data.chain(reference) {
            *path = folder.join(&*path);
        }
        let native = folder.join(&self.reference.native);
        if native.exists() {
            self.reference.native = native;
        }
    }
}

/// `base` with the settings of `layers` in place of its own, the later ones first.
///
/// # Errors
/// A setting that does not exist or has no such value; `table` says where it was given.
pub(crate) fn overlaid<T: Serialize + DeserializeOwned>(
    base: &T,
    layers: &[&Settings],
    table: &'static str,
) -> Result<T, SettingProblem> {
    let wrong = |reason| SettingProblem { table, reason };
    let mut value = serde_json::to_value(base).map_err(wrong)?;
    for layer in layers {
        overlay(&mut value, &Value::Object((*layer).clone()));
    }
    serde_json::from_value(value).map_err(wrong)
}

fn overlay(value: &mut Value, layer: &Value) {
    match (value, layer) {
        (Value::Object(settings), Value::Object(layer)) => {
            for (name, new) in layer {
                overlay(settings.entry(name.clone()).or_insert(Value::Null), new);
            }
        }
        (value, new) => *value = new.clone(),
    }
}
