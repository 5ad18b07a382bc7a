//! Gradients by candle, on any of its devices. On the processor it is the reference of the fused kernels; on
//! a GPU it is how a model is trained there.

use std::sync::Arc;

use crate::network::candle_model::CandleEvaluator;
use crate::network::{CandleDevice, NetworkConfig, ParameterLayout, open_candle_device};
use crate::transport::interpolant::TrackLosses;

use super::backend::{GradientBackend, PassBuffers, VALIDATION_SEED, add_part};
use super::batch::Draw;
use super::{TrainError, TrainSettings};

/// Residues of one pass on the processor: candle keeps every intermediate of a pass, about 5 MB a residue at
/// H = 32.
const ROWS_PER_PASS_CPU: usize = 512;
/// Residues of one pass on a GPU.
const ROWS_PER_PASS_GPU: usize = 4096;

/// candle on one device.
pub(super) struct CandleBackend {
    kind: CandleDevice,
    config: NetworkConfig,
    layout: Arc<ParameterLayout>,
    network: CandleEvaluator,
    buffers: PassBuffers,
}

impl CandleBackend {
    /// Opens the device and makes room for the parameters there.
    ///
    /// # Errors
    /// [`TrainError::Device`], [`TrainError::Network`].
    pub fn new(
        config: &NetworkConfig,
        layout: &Arc<ParameterLayout>,
        kind: CandleDevice,
    ) -> Result<Self, TrainError> {
        let network = CandleEvaluator::variable(config, layout, &open_candle_device(kind)?)
            .map_err(|error| TrainError::Network { device: kind.to_string(), reason: error.to_string() })?;
        let (config, layout) = (config.clone(), layout.clone());
        Ok(Self { kind, config, layout, network, buffers: PassBuffers::default() })
    }

    fn failed(&self, error: &candle_core::Error) -> TrainError {
        TrainError::Network { device: self.kind.to_string(), reason: error.to_string() }
    }
}

impl GradientBackend for CandleBackend {
    fn gradient(
        &mut self,
        parameters: &[f32],
        settings: &TrainSettings,
        draw: Draw,
        gradient: &mut [f32],
    ) -> Result<TrackLosses, TrainError> {
        self.network.set_parameters(&self.layout, parameters).map_err(|e| self.failed(&e))?;
        gradient.fill(0.0);
        let limit = match self.kind {
            CandleDevice::Cpu => ROWS_PER_PASS_CPU,
            CandleDevice::Cuda | CandleDevice::Metal => ROWS_PER_PASS_GPU,
        };
        let (rows, atoms) = (draw.rows(), draw.atoms());
        let sizes = pass_sizes(draw.pairs.iter().map(|pair| pair.topology.residue_count()), limit);
        let mut losses = TrackLosses::default();
        for part in draw.split(sizes) {
            let Self { config, network, buffers, .. } = self;
            let into = Some(&mut *gradient);
            let result = buffers.pass(network, config, settings, settings.seed, &part, atoms, into);
            let own = result.map_err(|e| self.failed(&e))?;
            add_part(&mut losses, &own, &part, rows, atoms);
        }
        Ok(losses)
    }

    fn validation_losses(
        &mut self,
        parameters: &[f32],
        settings: &TrainSettings,
        draw: &Draw,
    ) -> Result<TrackLosses, TrainError> {
        self.network.set_parameters(&self.layout, parameters).map_err(|e| self.failed(&e))?;
        let Self { config, network, buffers, .. } = self;
        let result = buffers.pass(network, config, settings, VALIDATION_SEED, draw, draw.atoms(), None);
        result.map_err(|e| self.failed(&e))
    }
}

/// Numbers of consecutive pairs whose residues are at most `limit` together; a larger protein goes alone.
fn pass_sizes(residues: impl Iterator<Item = usize>, limit: usize) -> Vec<usize> {
    let mut sizes: Vec<usize> = Vec::new();
    let mut rows = 0;
    for residues in residues {
        match sizes.last_mut() {
            Some(size) if rows + residues <= limit => {
                *size += 1;
                rows += residues;
            }
            _ => {
                sizes.push(1);
                rows = residues;
            }
        }
    }
    sizes
}

#[cfg(test)]
mod tests {
    use super::pass_sizes;

    #[test]
    fn passes_hold_as_many_pairs_as_fit() {
        assert_eq!(pass_sizes([10, 10, 10, 10].into_iter(), 30), [3, 1]);
        assert_eq!(pass_sizes([10, 50, 10, 10].into_iter(), 30), [1, 1, 2]);
        assert_eq!(pass_sizes([10; 3].into_iter(), 512), [3]);
    }
}
