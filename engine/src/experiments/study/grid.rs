//! The settings that a study tries.

use serde::{Deserialize, Serialize};

use crate::network::Transport;
use crate::transport::{Integrator, SamplerSettings, SamplerSettingsError, Schedule};

/// Every combination of these, and the base settings first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StudyGrid {
    /// What cells are compared with, and what they share.
    pub base: SamplerSettings,
    /// Integrators.
    pub integrators: Vec<Integrator>,
    /// Schedules of ε, for the SDE.
    pub schedules: Vec<Schedule>,
    /// Noise strengths ε, for the SDE.
    pub epsilons: Vec<f32>,
    /// Noise gains, for a transport that has them.
    pub noise_gains: Vec<f32>,
    /// Latent steps.
    pub latent_steps: Vec<u32>,
}

/// Settings that make no sense for a model.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{cell}: {source}")]
pub struct CellError {
    /// Name of the cell that has them.
    pub cell: String,
    /// What is wrong with them.
    pub source: SamplerSettingsError,
}

impl StudyGrid {
    /// The cells for a model of `transport`, each once, the base settings first.
    ///
    /// # Errors
    /// [`CellError`] about the first setting that makes no sense for the transport.
    pub fn cells(&self, transport: Transport) -> Result<Vec<SamplerSettings>, CellError> {
        let mut cells = vec![self.base.clone()];
        let noise_gains =
            if transport.has_noise_gain() { &self.noise_gains[..] } else { &[self.base.noise_gain] };
        for &integrator in &self.integrators {
            let stochastic = integrator == Integrator::Sde;
            // The deterministic integrators have neither.
            let schedules = if stochastic { &self.schedules[..] } else { &[self.base.schedule] };
            let epsilons = if stochastic { &self.epsilons[..] } else { &[self.base.epsilon] };
            for &schedule in schedules {
                for &epsilon in epsilons {
                    for &noise_gain in noise_gains {
                        for &latent_steps in &self.latent_steps {
                            let cell = SamplerSettings {
                                integrator,
                                schedule,
                                epsilon,
                                noise_gain,
                                latent_steps,
                                ..self.base.clone()
                            };
                            if !cells.contains(&cell) {
                                cells.push(cell);
                            }
                        }
                    }
                }
            }
        }
        for cell in &cells {
            cell.check_for(transport).map_err(|source| CellError { cell: cell_name(cell), source })?;
        }
        Ok(cells)
    }
}

/// Name of a cell's folder: `sde-matched-eps0_5-steps20`, with `-gain0_1` where noise is added.
pub(super) fn cell_name(settings: &SamplerSettings) -> String {
    let mut text = settings.integrator.to_string();
    if settings.integrator == Integrator::Sde {
        text += &format!("-{}-eps{}", settings.schedule, settings.epsilon);
    }
    if settings.noise_gain > 0.0 {
        text += &format!("-gain{}", settings.noise_gain);
    }
    text += &format!("-steps{}", settings.latent_steps);
    text.replace('.', "_")
}
