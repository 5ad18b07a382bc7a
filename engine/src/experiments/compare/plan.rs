//! From the file to what will be done.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::ValueEnum as _;
use serde::{Deserialize, Serialize};

use super::config::{ChosenModel, ComparisonConfig, Settings, Start, VariantConfig, overlaid};
use super::error::{ComparisonError, VariantProblem};
use crate::analysis::evaluation::EvaluationSettings;
use crate::network::{NetworkConfig, ParameterLayout, Transport};
use crate::session::{DevicePreference, ReferenceFiles};
use crate::training::TrainSettings;
use crate::training::checkpoint::Checkpoint;
use crate::training::trainer::{BEST_MODEL_FILE, CHECKPOINT_FILE, MODEL_FILE};
use crate::trajectory::{FrameSelection, ImportRequest, RunState};
use crate::transport::{Integrator, SamplerSettings};

/// Settings that make the budget of a variant; they cannot differ between variants.
const BUDGET: [&str; 4] = ["steps", "batch_size", "times_per_pair", "lag_ps"];

/// All that a comparison will do.
#[derive(Clone, Debug)]
pub struct ComparisonPlan {
    /// What is compared.
    pub name: String,
    /// Stores to train on; the one that is to be imported among them.
    pub stores: Vec<PathBuf>,
    /// Trajectories that become a store first.
    pub import: Option<ImportRequest>,
    /// The reference trajectories.
    pub reference: ReferenceFiles,
    /// How samples are compared with them.
    pub evaluation: EvaluationSettings,
    /// Independent trajectories of each variant.
    pub replicas: u32,
    /// Frames of each trajectory.
    pub frames: u64,
    /// Time left out at the start of each sample, ps.
    pub sample_skip_ps: f64,
    /// Where replicas start.
    pub start: Start,
    /// Which model of each training is sampled.
    pub model: ChosenModel,
    /// Where to sample.
    pub device: DevicePreference,
    /// The variants, in the order of the table.
    pub variants: Vec<VariantPlan>,
}

/// One variant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VariantPlan {
    /// Name in the table.
    pub label: String,
    /// Name without the seed: what is repeated with several seeds shares it.
    pub repeated: String,
    /// Folder of its files.
    pub folder: PathBuf,
    /// Network, transport and noise among its settings.
    pub network: NetworkConfig,
    /// Number of weights.
    pub parameters: usize,
    /// Optimization.
    pub training: TrainSettings,
    /// Sampling.
    pub sampler: SamplerSettings,
}

/// More would take months.
const MOST_VARIANTS: usize = 1000;

/// How far a variant is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct VariantState {
    /// Optimizer steps done.
    pub steps: u64,
    /// Frames made of each replica.
    pub frames: u64,
}

impl ComparisonPlan {
    /// What `config` asks for, with results in the folder `out`.
    ///
    /// # Errors
    /// [`ComparisonError`] about the first setting that makes no sense.
    pub fn new(config: &ComparisonConfig, out: &Path) -> Result<Self, ComparisonError> {
        let data = &config.data;
        let mut stores = data.stores.clone();
        let mut import = None;
        if !data.trajectories.is_empty() {
            let topology = data.topology.clone().ok_or(ComparisonError::NoTopology)?;
            let output = out.join("data.store.safetensors");
            stores.push(output.clone());
            import = Some(ImportRequest {
                topology,
                chain: data.chain.clone(),
                longest_segment: false,
                trajectories: data.trajectories.clone(),
                stride: data.stride,
                skip_ps: data.skip_ps,
                interval_ps: data.interval_ps,
                output,
                ..ImportRequest::default()
            });
        }
        if stores.is_empty() {
            return Err(ComparisonError::NoData);
        }
        let reference = &config.reference;
        if reference.trajectories.is_empty() {
            return Err(ComparisonError::NoReference);
        }
        if let Some(both) = reference.trajectories.iter().find(|path| data.trajectories.contains(path)) {
            return Err(ComparisonError::NotHeldOut { path: both.clone() });
        }
        let topology = reference.topology.as_ref().or(data.topology.as_ref());
        let topology = topology.ok_or(ComparisonError::NoReferenceTopology)?.clone();
        let sampling = &config.sampling;
        if sampling.replicas == 0 || sampling.frames == 0 {
            return Err(ComparisonError::NoSamples);
        }
        let evaluation: EvaluationSettings =
            overlaid(&EvaluationSettings::default(), &[&config.evaluation], "evaluation")?;
        evaluation.check().map_err(ComparisonError::Evaluation)?;
        let mut plan = Self {
            name: config.name.clone().unwrap_or_else(|| "Comparison of transports".to_owned()),
            stores,
            import,
            reference: ReferenceFiles {
                topology,
                chain: reference.chain.clone().or_else(|| data.chain.clone()),
                trajectories: reference.trajectories.clone(),
                selection: FrameSelection {
                    stride: reference.stride,
                    skip_ps: reference.skip_ps,
                    interval_ps: reference.interval_ps,
                },
            },
            evaluation,
            replicas: sampling.replicas,
            frames: sampling.frames,
            sample_skip_ps: sampling.skip_ps,
            start: sampling.start,
            model: sampling.model,
            device: sampling.device.clone(),
            variants: Vec::new(),
        };
        // The whole table with one seed before it is begun with the next.
        let seeds = config.seeds.iter().copied().map(Some);
        let seeds: Vec<Option<u64>> = if config.seeds.is_empty() { vec![None] } else { seeds.collect() };
        let each = variants(config);
        let asked = each.len().saturating_mul(seeds.len());
        if asked > MOST_VARIANTS {
            return Err(ComparisonError::TooMany { asked, most: MOST_VARIANTS });
        }
        for seed in seeds {
            for (variant, squared) in each.iter().cloned() {
                plan.variants.push(variant_plan(config, &variant, squared, seed, out)?);
            }
        }
        let mut folders = BTreeSet::new();
        if let Some(twice) = plan.variants.iter().find(|variant| !folders.insert(&variant.folder)) {
            return Err(ComparisonError::SameLabel { label: twice.label.clone() });
        }
        // So that the lag of the Markov models suits the samples.
        if let Some(variant) = plan.variants.first() {
            plan.evaluation.markov_lag_step_ps = variant.training.lag_ps;
        }
        Ok(plan)
    }
}

impl VariantPlan {
    /// Folder of its training.
    pub fn training_folder(&self) -> PathBuf {
        self.folder.join("training")
    }

    /// Its samples, before they are numbered by replica.
    pub fn samples(&self) -> PathBuf {
        self.folder.join("samples").join("run.dcd")
    }

    /// The model that is sampled; the last one where no best one was kept.
    pub fn model(&self, chosen: ChosenModel) -> PathBuf {
        let [best, last] = [BEST_MODEL_FILE, MODEL_FILE].map(|file| self.training_folder().join(file));
        if chosen == ChosenModel::Best && best.is_file() { best } else { last }
    }

    /// How far it is, by what its folder holds.
    pub fn state(&self) -> VariantState {
        let checkpoint = Checkpoint::load(&self.training_folder().join(CHECKPOINT_FILE));
        let state = RunState::load(&self.samples().with_extension("state"));
        VariantState {
            steps: checkpoint.map_or(0, |checkpoint| checkpoint.state.step),
            frames: state.map_or(0, |state| state.frame),
        }
    }
}

/// Every variant with the variance it takes from the common list, if it takes one.
fn variants(config: &ComparisonConfig) -> Vec<(VariantConfig, Option<f32>)> {
    let every = || {
        let transports = Transport::value_variants().iter();
        transports
            .map(|&transport| VariantConfig { transport: Some(transport), ..Default::default() })
            .collect()
    };
    let given = if config.variants.is_empty() { every() } else { config.variants.clone() };
    let mut all = Vec::new();
    for variant in given {
        let own = variant.sigma_position_angstrom.is_some()
            || variant.sigma_position_squared.is_some()
            || variant.network.contains_key("sigma_position_angstrom");
        if own || config.sigma_position_squared.is_empty() {
            all.push((variant, None));
        } else {
            all.extend(config.sigma_position_squared.iter().map(|&squared| (variant.clone(), Some(squared))));
        }
    }
    all
}

fn variant_plan(
    config: &ComparisonConfig,
    variant: &VariantConfig,
    common_squared: Option<f32>,
    seed: Option<u64>,
    out: &Path,
) -> Result<VariantPlan, ComparisonError> {
    let own = own_network_settings(variant, common_squared)?;
    let layers = [&config.network, &variant.network, &own];
    // The noise that is not given is that of the transport, as `train` has it.
    let mut base = NetworkConfig::default();
    let transport = overlaid::<NetworkConfig>(&base, &layers, "network")?.transport;
    base.choose_transport(transport);
    let mut network: NetworkConfig = overlaid(&base, &layers, "network")?;
    // What is asked of all holds for those that can.
    if !variant.network.contains_key("estimate_inputs") {
        network.estimate_inputs &= network.can_see_estimates();
    }
    let repeated = label(variant, &network, common_squared);
    let label = match seed {
        Some(seed) => format!("{repeated}, seed {seed}"),
        None => repeated.clone(),
    };
    match settings_of(config, variant, &network) {
        Ok((mut training, mut sampler)) => {
            training.seed = seed.unwrap_or(training.seed);
            sampler.seed = seed.unwrap_or(sampler.seed);
            let folder_name = folder_name(&label);
            if folder_name.is_empty() {
                return Err(ComparisonError::Variant { label, source: Box::new(VariantProblem::NoName) });
            }
            let parameters = ParameterLayout::new(&network).total();
            let folder = out.join(folder_name);
            Ok(VariantPlan { folder, label, repeated, network, parameters, training, sampler })
        }
        Err(problem) => Err(ComparisonError::Variant { label, source: Box::new(problem) }),
    }
}

/// How a variant with this network is trained and sampled.
fn settings_of(
    config: &ComparisonConfig,
    variant: &VariantConfig,
    network: &NetworkConfig,
) -> Result<(TrainSettings, SamplerSettings), VariantProblem> {
    network.check()?;
    if let Some(name) = BUDGET.into_iter().find(|&name| variant.training.contains_key(name)) {
        return Err(VariantProblem::Budget(name));
    }
    let training: TrainSettings =
        overlaid(&TrainSettings::default(), &[&config.training, &variant.training], "training")?;
    training.check()?;
    let layers = [&config.sampling.settings, &variant.sampling];
    let mut sampler: SamplerSettings = overlaid(&SamplerSettings::default(), &layers, "sampling")?;
    let transport = network.transport;
    if !layers.iter().any(|layer| layer.contains_key("integrator")) && sampler.check_for(transport).is_err() {
        // Some transports have no stochastic sampler, which is the default.
        sampler.integrator = Integrator::Ode;
    }
    sampler.check_for(transport)?;
    Ok((training, sampler))
}

/// What a variant sets of the network by fields of its own.
fn own_network_settings(
    variant: &VariantConfig,
    common_squared: Option<f32>,
) -> Result<Settings, ComparisonError> {
    if variant.sigma_position_angstrom.is_some() && variant.sigma_position_squared.is_some() {
        return Err(ComparisonError::SigmaTwice);
    }
    let squared = variant.sigma_position_squared.or(common_squared);
    if let Some(wrong) = squared.filter(|squared| !(squared.is_finite() && *squared > 0.0)) {
        return Err(ComparisonError::Sigma(wrong));
    }
    let position = variant.sigma_position_angstrom.or(squared.map(f32::sqrt));
    let entries = [
        ("transport", variant.transport.map(serde_json::to_value)),
        ("heads", variant.heads.map(serde_json::to_value)),
        ("sigma_position_angstrom", position.map(serde_json::to_value)),
        ("sigma_vector_angstrom", variant.sigma_vector_angstrom.map(serde_json::to_value)),
    ];
    entries
        .into_iter()
        .filter_map(|(name, value)| {
            Some(value?.map(|value| (name.to_owned(), value)).map_err(ComparisonError::Json))
        })
        .collect()
}

/// `two-sided, σ_P² = 3`, by what is special about the variant.
fn label(variant: &VariantConfig, network: &NetworkConfig, common_squared: Option<f32>) -> String {
    let mut label = variant.label.clone().unwrap_or_else(|| {
        let mut label = network.transport.to_string();
        if let Some(heads) = variant.heads.and_then(|heads| heads.to_possible_value()) {
            label += &format!(", {} heads", heads.get_name());
        }
        if let Some(squared) = variant.sigma_position_squared {
            label += &format!(", σ_P² = {squared}");
        } else if let Some(sigma) = variant.sigma_position_angstrom {
            label += &format!(", σ_P = {sigma}");
        }
        if let Some(sigma) = variant.sigma_vector_angstrom {
            label += &format!(", σ_V = {sigma}");
        }
        label
    });
    if let Some(squared) = common_squared {
        label += &format!(", σ_P² = {squared}");
    }
    label
}

/// A name that every file system takes: `two-sided-p2-3` for `two-sided, σ_P² = 3`.
fn folder_name(label: &str) -> String {
    let mut name = String::new();
    for character in label.replace('²', "2").to_lowercase().chars() {
        if character.is_ascii_alphanumeric() {
            name.push(character);
        } else if character == '.' {
            name.push('_');
        } else if !name.ends_with('-') && !name.is_empty() {
            name.push('-');
        }
    }
    name.trim_end_matches('-').to_owned()
}
