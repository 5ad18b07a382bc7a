//! Hyperparameters of the network.

use serde::{Deserialize, Serialize};

use super::{ParameterLayout, Transport};

/// Parameters of the largest network, 4 GiB of them: H = 256 with concatenation has 402 M. Each setting may be
/// in range and the network of all of them together still larger than any memory.
const MOST_PARAMETERS: usize = 1 << 30;

/// Why settings make no network; each message names the setting and what is allowed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[allow(missing_docs)] // the messages are the documentation
pub enum ConfigError {
    #[error("{name} is {value}, it must be {least} to {most}")]
    OutOfRange { name: &'static str, value: usize, least: usize, most: usize },
    #[error("{name} is {value} Å, it must be positive")]
    NotPositive { name: &'static str, value: f32 },
    #[error("frame inputs are the displacements in another form; switch on displacement inputs too")]
    FrameInputsAlone,
    #[error("estimate inputs go with the bridge and the endpoint head alone")]
    EstimateInputs,
    /// All settings are in range, and together make more than fits into memory.
    #[error(
        "the network would have {:.1} billion parameters, more than {:.1} billion; choose a smaller multiplicity or fewer layers",
        *parameters as f64 / 1e9,
        MOST_PARAMETERS as f64 / 1e9
    )]
    TooLarge { parameters: usize },
}

/// How the states of consecutive blocks are joined.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Residual {
    /// Sum, as Alg. 5 prints it.
    #[default]
    Sum,
    /// Concatenation: the width grows by H a block. Reproduces the sizes of Table 4.
    Concat,
}

/// What the header networks predict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Heads {
    /// Independent headers: b_V, b_P, η_V, η_P (the paper); of these flow matching has the first two, DDPM the
    /// last two.
    Paper,
    /// One header from which all follow: it predicts the end point `X̂₁ = E[X^{t+1} | X_τ, X^t]`, or the
    /// noise for DDPM.
    #[default]
    Endpoint,
}

/// Hyperparameters. Stored beside the weights; a model cannot be loaded without them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, clap::Args)]
#[serde(default = "NetworkConfig::where_unsaid", deny_unknown_fields)]
pub struct NetworkConfig {
    /// How the next frame is generated from the present one.
    #[arg(long, value_enum, default_value_t = NetworkConfig::default().transport)]
    pub transport: Transport,
    /// Multiplicity H of scalars and of vectors.
    #[arg(long, default_value_t = NetworkConfig::default().multiplicity)]
    pub multiplicity: usize,
    /// Blocks of the conditioner.
    #[arg(long, default_value_t = NetworkConfig::default().conditioner_layers)]
    pub conditioner_layers: usize,
    /// Blocks of each header.
    #[arg(long, default_value_t = NetworkConfig::default().header_layers)]
    pub header_layers: usize,
    /// How the states of consecutive blocks are joined.
    #[arg(long, value_enum, default_value_t = NetworkConfig::default().residual)]
    pub residual: Residual,
    /// What headers predict.
    #[arg(long, value_enum, default_value_t = NetworkConfig::default().heads)]
    pub heads: Heads,
    /// Nearest Cα neighbors per residue.
    #[arg(long, alias = "neighbours", default_value_t = NetworkConfig::default().neighbors)]
    #[serde(alias = "neighbours")]
    pub neighbors: usize,
    /// Gaussians of the radial embedding.
    #[arg(long, default_value_t = NetworkConfig::default().radial_bins)]
    pub radial_bins: usize,
    /// Range of the radial embedding.
    #[arg(long, default_value_t = NetworkConfig::default().radial_cutoff_angstrom)]
    pub radial_cutoff_angstrom: f32,
    /// Sequence offsets beyond ± this share one embedding.
    #[arg(long, default_value_t = NetworkConfig::default().sequence_clamp)]
    pub sequence_clamp: usize,
    /// Bins of the soft one-hot of τ.
    #[arg(long, default_value_t = NetworkConfig::default().time_bins)]
    pub time_bins: usize,
    /// Whether headers see how far bonds, angles and contacts are from ideal covalent geometry. An addition to
    /// the paper, which makes a small model keep its chemistry.
    #[arg(long, default_value_t = NetworkConfig::default().strain_inputs, action = clap::ArgAction::Set)]
    pub strain_inputs: bool,
    /// Whether headers see X_τ − X^t of every atom, scaled to unit size at every τ. An addition to the paper:
    /// without it the noise that a header must tell from motion is too small to see at small τ.
    #[arg(long, default_value_t = NetworkConfig::default().displacement_inputs, action = clap::ArgAction::Set)]
    pub displacement_inputs: bool,
    /// Whether conditioner and headers see the torsions φ, ψ, ω, χ1 to χ4 of X^t and of X_τ. An addition to the
    /// paper: a network of vectors hardly forms the sign of a torsion, and so forgets in one jump what chains
    /// remember for long.
    #[arg(long, default_value_t = NetworkConfig::default().torsion_inputs, action = clap::ArgAction::Set)]
    pub torsion_inputs: bool,
    /// Whether headers also see the torsions of X^t itself. An addition to the paper: amid the noise of X_τ, what a
    /// torsion was is read there, not from what the conditioner makes of it.
    #[arg(long, default_value_t = NetworkConfig::default().source_torsion_inputs, action = clap::ArgAction::Set)]
    pub source_torsion_inputs: bool,
    /// Whether headers also see the vectors of X^t, as they are and in the frame N–Cα–C of their residue, and how far
    /// the bonds to the neighbors have come in that frame. An addition to the paper: X^t is sharp where X_τ is noise,
    /// and what stays the same is best expressed in its frame.
    #[arg(long, default_value_t = NetworkConfig::default().source_frame_inputs, action = clap::ArgAction::Set)]
    pub source_frame_inputs: bool,
    /// Whether headers see what is left of X_τ − X^t around each residue when the piece of backbone there is carried along
    /// rigidly. An addition to the paper: what stays as it was but turns and shifts is told apart from what changes.
    #[arg(long, default_value_t = NetworkConfig::default().carried_inputs, action = clap::ArgAction::Set)]
    pub carried_inputs: bool,
    /// Whether headers see where they said, at the latent step before, that the jump leads; for the bridge and the
    /// endpoint head. An addition to the paper: which way a jump goes is found little by little.
    #[arg(long, default_value_t = NetworkConfig::default().estimate_inputs, action = clap::ArgAction::Set)]
    pub estimate_inputs: bool,
    /// Whether the conditioner sees the vectors of X^t, and the headers the displacements, also as coordinates in
    /// the frame N–Cα–C of their residue. An addition to the paper.
    #[arg(long, default_value_t = NetworkConfig::default().frame_inputs, action = clap::ArgAction::Set)]
    pub frame_inputs: bool,
    /// Standard deviation σ_P of the noise on Cα positions [default: 1.5 for the bridge, else the paper's 3]
    #[arg(long, hide_default_value = true, default_value_t = NetworkConfig::default().sigma_position_angstrom,
          default_value_ifs = OTHERS.map(|name| ("transport", name, "3")))]
    pub sigma_position_angstrom: f32,
    /// Standard deviation σ_V of the noise on the vectors [default: 1.5 for the bridge, else the paper's 1]
    #[arg(long, hide_default_value = true, default_value_t = NetworkConfig::default().sigma_vector_angstrom,
          default_value_ifs = OTHERS.map(|name| ("transport", name, "1")))]
    pub sigma_vector_angstrom: f32,
}

/// σ of both tracks of the bridge: about the size of a jump, so that the noise is neither lost beside the motion
/// nor far larger.
const BRIDGE_SIGMA_ANGSTROM: f32 = 1.5;

/// Names of the transports but the bridge.
const OTHERS: [&str; 4] = ["two-sided", "one-sided", "flow-matching", "ddpm"];

/// The network that has done best: what new trainings have where nothing else is asked for, on the command line, in the
/// window and in experiments.
impl Default for NetworkConfig {
    fn default() -> Self {
        Self {
            transport: Transport::Bridge,
            torsion_inputs: true,
            source_torsion_inputs: true,
            source_frame_inputs: true,
            carried_inputs: true,
            frame_inputs: true,
            sigma_position_angstrom: BRIDGE_SIGMA_ANGSTROM,
            sigma_vector_angstrom: BRIDGE_SIGMA_ANGSTROM,
            ..Self::basic()
        }
    }
}

impl NetworkConfig {
    /// The two-sided transport with the paper's noise and sizes, one header, and no inputs but those of strain and
    /// displacements: what benchmarks measure, so that their figures can be compared over versions.
    pub fn basic() -> Self {
        Self {
            transport: Transport::TwoSided,
            multiplicity: 32,
            conditioner_layers: 6,
            header_layers: 4,
            residual: Residual::Sum,
            heads: Heads::Endpoint,
            neighbors: 16,
            radial_bins: 32,
            radial_cutoff_angstrom: 20.0,
            sequence_clamp: 8,
            time_bins: 100,
            strain_inputs: true,
            displacement_inputs: true,
            torsion_inputs: false,
            source_torsion_inputs: false,
            source_frame_inputs: false,
            carried_inputs: false,
            estimate_inputs: false,
            frame_inputs: false,
            sigma_position_angstrom: 3.0,
            sigma_vector_angstrom: 1.0,
        }
    }

    /// What a setting is in a file that does not say it, since it was written before there was such a setting. Models
    /// are read by it: it never follows what new trainings have.
    fn where_unsaid() -> Self {
        Self { displacement_inputs: false, ..Self::basic() }
    }

    /// Takes `transport` and the noise that goes with it: about the size of a jump for the bridge, the paper's else.
    pub fn choose_transport(&mut self, transport: Transport) {
        let of = if transport == Transport::Bridge { Self::default() } else { Self::basic() };
        self.transport = transport;
        self.sigma_position_angstrom = of.sigma_position_angstrom;
        self.sigma_vector_angstrom = of.sigma_vector_angstrom;
        self.estimate_inputs &= self.can_see_estimates();
    }

    /// Whether there is an estimate of the end point to be seen at the next latent step.
    pub fn can_see_estimates(&self) -> bool {
        (self.transport, self.heads) == (Transport::Bridge, Heads::Endpoint)
    }

    /// Whether the numbers make a network.
    ///
    /// # Errors
    /// [`ConfigError`] names the setting, its value and the values allowed.
    pub fn check(&self) -> Result<(), ConfigError> {
        let ranges = [
            ("multiplicity", self.multiplicity, 1..=1024),
            ("conditioner layers", self.conditioner_layers, 1..=64),
            ("header layers", self.header_layers, 1..=64),
            ("neighbors", self.neighbors, 1..=256),
            ("radial bins", self.radial_bins, 2..=1024),
            ("sequence clamp", self.sequence_clamp, 1..=1024),
            ("time bins", self.time_bins, 2..=10_000),
        ];
        for (name, value, range) in ranges {
            if !range.contains(&value) {
                let (least, most) = range.into_inner();
                return Err(ConfigError::OutOfRange { name, value, least, most });
            }
        }
        let positive = [
            ("radial cutoff", self.radial_cutoff_angstrom),
            ("sigma of positions", self.sigma_position_angstrom),
            ("sigma of vectors", self.sigma_vector_angstrom),
        ];
        for (name, value) in positive {
            if !(value.is_finite() && value > 0.0) {
                return Err(ConfigError::NotPositive { name, value });
            }
        }
        if self.estimate_inputs && !self.can_see_estimates() {
            return Err(ConfigError::EstimateInputs);
        }
        if self.frame_inputs && !self.displacement_inputs {
            return Err(ConfigError::FrameInputsAlone);
        }
        let parameters = ParameterLayout::new(self).total();
        if parameters > MOST_PARAMETERS {
            return Err(ConfigError::TooLarge { parameters });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn flags_left_out_give_the_recommended_network_and_the_paper_s_noise_for_other_transports() {
        use clap::{Args, FromArgMatches};
        let parse = |flags: &[&str]| {
            let command = NetworkConfig::augment_args(clap::Command::new("train").no_binary_name(true));
            let matches = command.try_get_matches_from(flags).unwrap();
            NetworkConfig::from_arg_matches(&matches).unwrap()
        };
        assert_eq!(parse(&[]), NetworkConfig::default());
        for transport in Transport::ALL.into_iter().filter(|t| *t != Transport::Bridge) {
            let mut expected = NetworkConfig::default();
            expected.choose_transport(transport);
            assert_eq!(parse(&["--transport", &transport.to_string()]), expected);
        }
        let given = parse(&["--transport", "two-sided", "--sigma-vector-angstrom", "2"]);
        assert_eq!((given.sigma_position_angstrom, given.sigma_vector_angstrom), (3.0, 2.0));
    }

    /// Models that are in use were written when there were fewer settings.
    #[test]
    fn settings_that_a_file_does_not_say_are_what_they_were_before_they_could_be_chosen() {
        let old: NetworkConfig = serde_json::from_str("{}").unwrap();
        let noise = [old.sigma_position_angstrom, old.sigma_vector_angstrom];
        assert_eq!(
            (old.transport, old.residual, old.heads),
            (Transport::TwoSided, Residual::Sum, Heads::Endpoint)
        );
        assert_eq!(noise, [3.0, 1.0]);
        assert_eq!(
            [old.conditioner_layers, old.header_layers, old.neighbors, old.sequence_clamp],
            [6, 4, 16, 8]
        );
        assert_eq!([old.multiplicity, old.radial_bins, old.time_bins], [32, 32, 100]);
        assert!(old.strain_inputs && !old.displacement_inputs && !old.torsion_inputs && !old.frame_inputs);
        assert!(!old.source_torsion_inputs && !old.source_frame_inputs);
        assert!(!old.carried_inputs && !old.estimate_inputs);
    }

    #[test]
    fn settings_out_of_range_and_networks_beyond_memory_are_refused_in_words() {
        let default = NetworkConfig::default;
        let refused = |config: NetworkConfig, word: &str| {
            let sentence = config.check().unwrap_err().to_string();
            assert!(sentence.contains(word), "{sentence:?} does not say {word:?}");
        };
        refused(NetworkConfig { multiplicity: 0, ..default() }, "multiplicity");
        refused(NetworkConfig { neighbors: 0, ..default() }, "neighbors");
        refused(NetworkConfig { sigma_position_angstrom: f32::NAN, ..default() }, "sigma of positions");
        refused(NetworkConfig { radial_cutoff_angstrom: 0.0, ..default() }, "radial cutoff");
        let mut estimates = NetworkConfig { estimate_inputs: true, ..default() };
        assert_eq!(estimates.check(), Ok(()));
        refused(NetworkConfig { heads: Heads::Paper, ..estimates.clone() }, "estimate inputs");
        refused(NetworkConfig { transport: Transport::TwoSided, ..estimates.clone() }, "estimate inputs");
        estimates.choose_transport(Transport::TwoSided);
        assert_eq!(estimates.check(), Ok(()), "the choice of a transport takes them away");
        let concat = NetworkConfig { residual: Residual::Concat, heads: Heads::Paper, ..default() };
        refused(NetworkConfig { multiplicity: 1024, header_layers: 64, ..concat.clone() }, "parameters");
        // The largest network of Table 4.
        assert_eq!(NetworkConfig { multiplicity: 256, ..concat }.check(), Ok(()));
        assert_eq!(default().check(), Ok(()));
    }
}
