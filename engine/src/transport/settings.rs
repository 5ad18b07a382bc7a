//! What a user may set about sampling. One struct serves command-line flags, the settings pane and the
//! configuration kept beside results.

use serde::{Deserialize, Serialize};

use crate::network::Transport;

/// How the latent dynamics is integrated.
/// Shown as flags and files name it.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum, strum::Display,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Integrator {
    /// Stochastic: Euler–Maruyama on eq. 9 (Alg. 2); for DDPM its ancestral sampling. Not for flow matching.
    #[default]
    Sde,
    /// Euler on eq. 8: deterministic, once noise has spread the start (over the first fifth of latent time; the
    /// bridge, in its first step), or from the noise that other transports start from; for DDPM the DDIM sampler.
    Ode,
    /// As `ode` with Heun's second-order method: two network calls a step.
    OdeHeun,
}

/// How the noise strength ε depends on the latent time τ. `ε/γ` is singular at both ends otherwise.
/// Shown as flags and files name it.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum, strum::Display,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Schedule {
    /// Noise and score only for 0.1 < τ < 0.9.
    Window,
    /// ε(τ) = ε₀ γ(τ)/γ_max: bounded everywhere, no noise left in the last step.
    #[default]
    Matched,
}

/// Settings of one sampling run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, clap::Args)]
#[serde(default, deny_unknown_fields)]
pub struct SamplerSettings {
    /// Integrator of the latent dynamics.
    #[arg(long = "sampler", value_enum, default_value_t = SamplerSettings::default().integrator)]
    pub integrator: Integrator,
    /// Latent steps per frame.
    #[arg(long, default_value_t = SamplerSettings::default().latent_steps,
          value_parser = clap::value_parser!(u32).range(2..=10_000))]
    pub latent_steps: u32,
    /// Noise strength ε₀ of the SDE, in units of σ² (one value serves positions and vectors); for the bridge, in
    /// units of the noise of a Brownian bridge; for DDPM, from 0 to 1, the share of the ancestral sampler's
    /// noise.
    #[arg(long, default_value_t = SamplerSettings::default().epsilon, allow_negative_numbers = true)]
    pub epsilon: f32,
    /// Factor on ε for the Cα positions, past the first fifth of latent time. Only for an exact network and in the
    /// limit of many latent steps does the distribution not depend on it; in 100 steps it does, and late noise on
    /// the positions of a trained network pulls frames back towards the start and slows the motion down. For the
    /// transport two-sided only.
    #[arg(long, default_value_t = SamplerSettings::default().position_epsilon_factor)]
    pub position_epsilon_factor: f32,
    /// How much more noise than its own the bridge gets at τ = 0, falling evenly to none more at τ = 1: 0.1 stands for
    /// a tenth more. A network answers less to noise than the exact conditional mean would, so that jumps spread too
    /// little and rare ones come too seldom; this makes up for it. For the transport bridge only.
    #[arg(long, default_value_t = SamplerSettings::default().noise_gain)]
    pub noise_gain: f32,
    /// How ε of the SDE depends on the latent time.
    #[arg(long, value_enum, default_value_t = SamplerSettings::default().schedule)]
    pub schedule: Schedule,
    /// Whether each frame is corrected, before the next one is made, where it shows what does not occur in molecular
    /// dynamics: bonds, angles, centers, rings and peptide bonds outside their 0.1 to 99.9 % range, overlaps, wrong
    /// chirality. `false` keeps what the network predicts.
    #[arg(long, default_value_t = SamplerSettings::default().keep_geometry, action = clap::ArgAction::Set)]
    pub keep_geometry: bool,
    /// Seed of the noise stream. The same seed gives the same trajectory.
    #[arg(long, default_value_t = SamplerSettings::default().seed)]
    pub seed: u64,
}

impl Default for SamplerSettings {
    fn default() -> Self {
        Self {
            integrator: Integrator::Sde,
            latent_steps: 100,
            epsilon: 1.0,
            position_epsilon_factor: 0.0,
            noise_gain: 0.0,
            schedule: Schedule::Matched,
            keep_geometry: true,
            seed: 0,
        }
    }
}

/// Why nothing can be sampled with some settings; each message names the setting and what is allowed.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[allow(missing_docs)] // the messages are the documentation
pub enum SamplerSettingsError {
    #[error("latent steps are {0}, they must be 2 to 10,000")]
    LatentSteps(u32),
    #[error("epsilon is {0}, it must be 0 to 100")]
    Epsilon(f32),
    #[error("epsilon is {0}, for a DDPM model it must be 0 to 1")]
    DdpmEpsilon(f32),
    #[error("the position epsilon factor is {0}, it must be 0 to 100")]
    PositionEpsilonFactor(f32),
    #[error("the noise gain is {0}, it must be 0 to 10")]
    NoiseGain(f32),
    #[error(
        "a flow-matching model moves along a velocity field without noise; choose the sampler ode or ode-heun"
    )]
    WithoutNoise,
    #[error("a {0} model has a noise schedule of its own; leave the schedule at matched")]
    OwnSchedule(Transport),
    #[error("the protein has no residues")]
    NoResidues,
}

impl SamplerSettings {
    /// These settings with those at their defaults that mean nothing to `transport`.
    pub fn fitting(self, transport: Transport) -> Self {
        let default = Self::default();
        Self {
            schedule: if transport.has_schedules() { self.schedule } else { default.schedule },
            position_epsilon_factor: if transport.has_position_epsilon() {
                self.position_epsilon_factor
            } else {
                default.position_epsilon_factor
            },
            noise_gain: if transport.has_noise_gain() { self.noise_gain } else { default.noise_gain },
            ..self
        }
    }

    /// The noise in words: `ε = 0.35`, with the gain if there is one.
    pub fn noise_text(&self) -> String {
        match self.noise_gain {
            0.0 => format!("ε = {}", self.epsilon),
            gain => format!("ε = {}, noise gain {gain}", self.epsilon),
        }
    }

    /// Whether the numbers make sense, and for this transport.
    ///
    /// # Errors
    /// [`SamplerSettingsError`] names the setting and the values allowed.
    pub fn check_for(&self, transport: Transport) -> Result<(), SamplerSettingsError> {
        self.check()?;
        match transport {
            Transport::FlowMatching if self.integrator == Integrator::Sde => {
                Err(SamplerSettingsError::WithoutNoise)
            }
            Transport::Ddpm if self.integrator == Integrator::Sde && self.epsilon > 1.0 => {
                Err(SamplerSettingsError::DdpmEpsilon(self.epsilon))
            }
            Transport::Bridge | Transport::Ddpm if self.schedule == Schedule::Window => {
                Err(SamplerSettingsError::OwnSchedule(transport))
            }
            _ => Ok(()),
        }
    }

    /// Whether the numbers make sense.
    ///
    /// # Errors
    /// [`SamplerSettingsError`] names the setting and the values allowed.
    pub fn check(&self) -> Result<(), SamplerSettingsError> {
        if !(2..=10_000).contains(&self.latent_steps) {
            return Err(SamplerSettingsError::LatentSteps(self.latent_steps));
        }
        if !(self.epsilon.is_finite() && (0.0..=100.0).contains(&self.epsilon)) {
            return Err(SamplerSettingsError::Epsilon(self.epsilon));
        }
        if !(self.position_epsilon_factor.is_finite()
            && (0.0..=100.0).contains(&self.position_epsilon_factor))
        {
            return Err(SamplerSettingsError::PositionEpsilonFactor(self.position_epsilon_factor));
        }
        if !(self.noise_gain.is_finite() && (0.0..=10.0).contains(&self.noise_gain)) {
            return Err(SamplerSettingsError::NoiseGain(self.noise_gain));
        }
        Ok(())
    }
}
