//! Which back end computes a training.

use std::sync::Arc;

use crate::network::{CandleDevice, NetworkConfig, ParameterLayout};

use super::backend::GradientBackend;
use super::candle_backend::CandleBackend;
use super::fused_backend::FusedBackend;
use super::{TrainDevice, TrainError, TrainSettings};

/// The backend that `settings` ask for.
///
/// # Errors
/// [`TrainError::Device`] when this build or this machine has no such device.
pub(super) fn open_backend(
    config: &NetworkConfig,
    layout: &Arc<ParameterLayout>,
    settings: &TrainSettings,
) -> Result<Box<dyn GradientBackend>, TrainError> {
    let device = match settings.device {
        TrainDevice::Cpu => return Ok(Box::new(FusedBackend::new(config, settings))),
        TrainDevice::Candle => CandleDevice::Cpu,
        TrainDevice::Cuda => CandleDevice::Cuda,
        TrainDevice::Metal => CandleDevice::Metal,
    };
    Ok(Box::new(CandleBackend::new(config, layout, device)?))
}
