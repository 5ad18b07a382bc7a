//! What a user may set about training. One struct serves flags, the settings pane and the file kept beside
//! the results.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::network::NetworkConfig;

use super::{ProteinDraw, TrainSettingsError};

/// What computes losses and gradients.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum TrainDevice {
    /// The processor, with the fused kernels.
    #[default]
    Cpu,
    /// The processor, with candle: the reference, several times slower.
    Candle,
    /// The first NVIDIA GPU, with candle; needs a build with `--features cuda`.
    Cuda,
    /// The GPU of a Mac, with candle; needs a build with `--features metal`.
    Metal,
}

/// How training pairs are drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum PairSampling {
    /// Every cluster of conformations as often as every other (TICA, k-means): rare ones are learned as well
    /// as common ones.
    #[default]
    Enhanced,
    /// Every pair as often as every other.
    Uniform,
}

impl PairSampling {
    /// How runs drew before this could be chosen; for their checkpoints.
    fn of_earlier_runs() -> Self {
        Self::Uniform
    }
}

/// Settings of the optimization.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, clap::Args)]
#[serde(default, deny_unknown_fields)]
pub struct TrainSettings {
    /// Optimizer steps.
    #[arg(long, default_value_t = TrainSettings::default().steps)]
    pub steps: u64,
    /// Frame pairs per step.
    #[arg(long, default_value_t = TrainSettings::default().batch_size)]
    pub batch_size: usize,
    /// Latent times per frame pair, with noise of their own each: the conditioner, which sees the source alone, works
    /// once for all of them, so that the headers see more for less. They are equally far apart in the uniform number
    /// that they are made of.
    #[arg(long, default_value_t = 1)]
    pub times_per_pair: usize,
    /// Time between the frames of a pair, ps; a multiple of the stores' frame interval.
    #[arg(long, default_value_t = TrainSettings::default().lag_ps)]
    pub lag_ps: f64,
    /// How often each of several proteins is drawn.
    #[arg(long, value_enum, default_value_t = TrainSettings::default().proteins)]
    pub proteins: ProteinDraw,
    /// How the pairs of a protein are drawn.
    #[arg(long, value_enum, default_value_t = TrainSettings::default().pairs)]
    #[serde(default = "PairSampling::of_earlier_runs")]
    pub pairs: PairSampling,
    /// Share of enhanced pairs that are drawn by cluster; the rest are drawn uniformly. 1 is the paper's.
    #[arg(long, default_value_t = TrainSettings::default().enhanced_share)]
    #[serde(default = "all")]
    pub enhanced_share: f64,
    /// Share of the enhanced pairs that are drawn by the torsional state of one residue (left-handed, helical or
    /// extended backbone, well of χ1) instead of by cluster, so that rare states of each residue are seen as
    /// often as common ones.
    #[arg(long, default_value_t = TrainSettings::default().torsion_share)]
    #[serde(default = "none")]
    pub torsion_share: f64,
    /// Clusters of conformations per protein, for enhanced pairs.
    #[arg(long, default_value_t = TrainSettings::default().clusters)]
    pub clusters: usize,
    /// Lag of the slow coordinates that conformations are clustered in, ps, for enhanced pairs.
    #[arg(long, default_value_t = TrainSettings::default().cluster_lag_ps)]
    pub cluster_lag_ps: f64,
    /// Take every other pair backwards in time, from X^{t+1} to X^t. Dynamics in equilibrium are as likely
    /// backwards as forwards: a model so sees both what came before a conformation and what followed it.
    /// Pairs of stores that were imported as out of equilibrium are taken forwards only.
    #[arg(long, default_value_t = TrainSettings::default().time_reversal, action = clap::ArgAction::Set)]
    pub time_reversal: bool,
    /// Power to which the uniform random number behind a latent time is raised: 1 draws all times alike, more draws
    /// early ones more often, at which it is decided where a jump leads.
    #[arg(long, default_value_t = TrainSettings::default().time_power)]
    #[serde(default = "unchanged")]
    pub time_power: f32,
    /// Learning rate after warm-up.
    #[arg(long, default_value_t = TrainSettings::default().learning_rate)]
    pub learning_rate: f64,
    /// Learning rate of the last step; linear in between.
    #[arg(long, default_value_t = TrainSettings::default().final_learning_rate)]
    pub final_learning_rate: f64,
    /// Steps over which the learning rate rises from zero.
    #[arg(long, default_value_t = TrainSettings::default().warmup_steps)]
    pub warmup_steps: u64,
    /// Gradients with a larger global norm are scaled down to it.
    #[arg(long, default_value_t = TrainSettings::default().clip_norm)]
    pub clip_norm: f64,
    /// Decay per step of the exponential moving average of the weights, which is what is saved as the model.
    #[arg(long, default_value_t = TrainSettings::default().ema_decay)]
    pub ema_decay: f64,
    /// Share of the source trajectories that is held out for validation.
    #[arg(long, default_value_t = TrainSettings::default().validation_fraction)]
    pub validation_fraction: f64,
    /// Steps between validations.
    #[arg(long, default_value_t = TrainSettings::default().validate_every)]
    pub validate_every: u64,
    /// Steps between checkpoints.
    #[arg(long, default_value_t = TrainSettings::default().checkpoint_every)]
    pub checkpoint_every: u64,
    /// Seed of weights, pairs and noise.
    #[arg(long, default_value_t = TrainSettings::default().seed)]
    pub seed: u64,
    /// Device that computes.
    #[arg(long, value_enum, default_value_t = TrainSettings::default().device)]
    pub device: TrainDevice,
    /// Worker threads of the device cpu; each takes a share of the batch. Their number
    /// sets the order in which sums are rounded, so only trainings with equal numbers have equal weights, bit for bit.
    #[arg(long, default_value_t = TrainSettings::default().threads)]
    pub threads: usize,
    /// Weight of errors along bonds and 1–3 distances, the directions in which molecules are stiff; 0 is the
    /// paper's loss. The minimum is the same.
    #[arg(long, default_value_t = TrainSettings::default().rigid_weight)]
    pub rigid_weight: f32,
    /// Weight of errors of Cα positions relative to those of the vectors; 1 is the paper's loss. The minimum is
    /// the same. A residue's position moves all its atoms, and what the chain does as a whole is in the positions.
    #[arg(long, default_value_t = TrainSettings::default().position_weight)]
    #[serde(default = "equal")]
    pub position_weight: f32,
    /// Divide the loss of each pair by the mean square jump of the conformations that its source belongs to, so that
    /// unfolded chains, which move far, do not dominate the gradient. The minimum is the same.
    #[arg(long, default_value_t = TrainSettings::default().even_jumps, action = clap::ArgAction::Set)]
    pub even_jumps: bool,
    /// Most by which the loss of a residue is raised that starts in a rare torsional state, and that of its neighbors: as
    /// much as the state is rarer than the average of the residue's states. The minimum is the same; 1 raises none.
    #[arg(long, default_value_t = TrainSettings::default().rare_weight)]
    #[serde(default = "equal")]
    pub rare_weight: f32,
    /// Noise added to the source frames, so that a model corrects its own small errors.
    #[arg(long, default_value_t = TrainSettings::default().source_noise_angstrom)]
    pub source_noise_angstrom: f32,
    /// How far sources are bent, as a share of how far their conformations jump: residues are shifted as two other
    /// conformations of the cluster differ. Its own jumps lead a simulation to where no frame of molecular dynamics was
    /// quite; a model that has seen bent sources leads back from there. 0 bends none.
    #[arg(long, default_value_t = TrainSettings::default().source_bend)]
    #[serde(default)]
    pub source_bend: f64,
    /// Share of jumps that start from frames made by a model, of proteins of which there is a store of them (`import
    /// --made-by-model`): each leads to where molecular dynamics goes from the frame most like it, and residues whose
    /// torsions differ there count for nothing. The model so learns the way back from frames of its own.
    #[arg(long, default_value_t = TrainSettings::default().own_share)]
    #[serde(default = "none")]
    pub own_share: f64,
    /// Frames dropped at the start of each trajectory, ps.
    #[arg(long, default_value_t = TrainSettings::default().skip_ps)]
    pub skip_ps: f64,
}

/// The enhanced share of runs that were started before there was one.
fn all() -> f64 {
    1.0
}

/// The torsion share, and that of own frames, of runs that were started before there was one.
fn none() -> f64 {
    0.0
}

/// The power of latent times of runs that were started before there was one.
fn unchanged() -> f32 {
    1.0
}

/// The position weight of runs that were started before there was one.
fn equal() -> f32 {
    1.0
}

impl Default for TrainSettings {
    fn default() -> Self {
        Self {
            steps: 50_000,
            batch_size: 32,
            times_per_pair: 1,
            lag_ps: 100.0,
            proteins: ProteinDraw::Equal,
            pairs: PairSampling::Enhanced,
            enhanced_share: 1.0,
            torsion_share: 0.5,
            clusters: 200,
            cluster_lag_ps: 2000.0,
            time_reversal: false,
            time_power: 1.5,
            learning_rate: 1e-2,
            final_learning_rate: 1e-3,
            warmup_steps: 500,
            clip_norm: 1.0,
            ema_decay: 0.9995,
            validation_fraction: 0.1,
            validate_every: 1000,
            checkpoint_every: 1000,
            seed: 0,
            device: TrainDevice::Cpu,
            threads: 2,
            rigid_weight: 5.0,
            position_weight: 8.0,
            even_jumps: false,
            rare_weight: 1.0,
            source_noise_angstrom: 0.05,
            source_bend: 0.0,
            own_share: 0.25,
            skip_ps: 0.0,
        }
    }
}

impl TrainSettings {
    /// Whether the numbers make sense.
    ///
    /// # Errors
    /// [`TrainSettingsError::Setting`] names the first setting that makes none, and what is allowed.
    pub fn check(&self) -> Result<(), TrainSettingsError> {
        let fail = |setting, rule| Err(TrainSettingsError::Setting { setting, rule });
        match () {
            () if self.steps == 0 => fail("steps", "be at least 1"),
            () if self.batch_size == 0 || self.batch_size > 65_536 => {
                fail("the batch size", "be 1 to 65,536")
            }
            () if self.times_per_pair == 0 || self.times_per_pair > 1024 => {
                fail("the latent times per pair", "be 1 to 1024")
            }
            () if !(self.lag_ps.is_finite() && self.lag_ps > 0.0) => fail("the lag", "be a positive time"),
            () if !(0.0..=1.0).contains(&self.enhanced_share) => {
                fail("the share of enhanced pairs", "be 0 to 1")
            }
            () if !(0.0..=1.0).contains(&self.torsion_share) => {
                fail("the share of pairs drawn by torsional state", "be 0 to 1")
            }
            () if !(0.1..=10.0).contains(&self.time_power) => {
                fail("the power of latent times", "be 0.1 to 10")
            }
            () if self.clusters == 0 || self.clusters > 50_000 => fail("clusters", "be 1 to 50,000"),
            () if !(self.cluster_lag_ps.is_finite() && self.cluster_lag_ps > 0.0) => {
                fail("the lag of the clusters", "be a positive time")
            }
            () if !(self.learning_rate.is_finite() && self.learning_rate > 0.0) => {
                fail("the learning rate", "be positive")
            }
            () if !(self.final_learning_rate.is_finite() && self.final_learning_rate >= 0.0) => {
                fail("the final learning rate", "not be negative")
            }
            () if self.clip_norm.is_nan() || self.clip_norm <= 0.0 => fail("the clip norm", "be positive"),
            () if !(0.0..1.0).contains(&self.ema_decay) => fail("the EMA decay", "be at least 0 and below 1"),
            () if !(0.0..1.0).contains(&self.validation_fraction) => {
                fail("the validation fraction", "be at least 0 and below 1")
            }
            () if self.validate_every == 0 || self.checkpoint_every == 0 => {
                fail("validation and checkpoint intervals", "be at least 1 step")
            }
            () if self.threads == 0 || self.threads > 1024 => fail("threads", "be 1 to 1024"),
            () if !(self.rigid_weight.is_finite() && self.rigid_weight >= 0.0) => {
                fail("the rigid weight", "not be negative")
            }
            () if !(self.position_weight.is_finite() && self.position_weight > 0.0) => {
                fail("the position weight", "be positive")
            }
            () if !(1.0..=1e4).contains(&self.rare_weight) => {
                fail("the weight of rare torsions", "be 1 to 10,000")
            }
            () if !(self.source_noise_angstrom.is_finite() && self.source_noise_angstrom >= 0.0) => {
                fail("the source noise", "not be negative")
            }
            () if !(0.0..=10.0).contains(&self.source_bend) => {
                fail("the bend of sources", "be 0 to 10 jumps")
            }
            () if !(0.0..=1.0).contains(&self.own_share) => {
                fail("the share of jumps from frames made by a model", "be 0 to 1")
            }
            () if !(self.skip_ps.is_finite() && self.skip_ps >= 0.0) => {
                fail("the skipped time", "not be negative")
            }
            () => Ok(()),
        }
    }
}

/// What a resumed run takes from its checkpoint although a resumed run may change it. Without this, the
/// default of a flag that was left out would count as the user's wish.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KeptSettings {
    /// Number of steps, which also sets the decay of the learning rate.
    pub steps: bool,
    /// Worker threads.
    pub threads: bool,
    /// What computes.
    pub device: bool,
    /// Name on the model's card.
    pub name: bool,
}

/// One training run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, clap::Args)]
pub struct TrainRequest {
    /// Stores made by `import`.
    #[arg(required = true, value_name = "STORE")]
    pub stores: Vec<PathBuf>,
    /// Folder for checkpoint, models, log and settings.
    #[arg(long, value_name = "FOLDER")]
    pub out: PathBuf,
    /// Name on the model's card.
    #[arg(long, default_value = "unnamed")]
    pub name: String,
    /// Network.
    #[command(flatten)]
    pub network: NetworkConfig,
    /// Optimization.
    #[command(flatten)]
    pub settings: TrainSettings,
    /// Start from the weights of this model instead of random ones; it must have the network that is asked for, but may
    /// lack inputs and have a multiplicity that divides the one asked for.
    #[arg(long, value_name = "MODEL", conflicts_with = "resume")]
    #[serde(default)]
    pub init: Option<PathBuf>,
    /// Go on from the checkpoint in the folder, with the settings kept there; only name, device, threads and
    /// a larger number of steps can be given anew.
    #[arg(long)]
    pub resume: bool,
    /// What of those is not given anew.
    #[arg(skip)]
    #[serde(skip)]
    pub keep: KeptSettings,
    /// Replace an earlier run in the folder.
    #[arg(long, conflicts_with = "resume")]
    pub force: bool,
}
