//! The sampler in candle tensors: the reference that other samplers are held to, and the one that runs on
//! candle's GPUs (ARCHITECTURE.md §2).

use std::ops::ControlFlow;

use crate::network::candle_model::CandleEvaluator;
use crate::network::{CandleDevice, Model, open_candle_device};
use crate::structure::Topology;

use super::batch::{accept, check_replicas};
use super::frames::Clouds;
use super::making::Making;
use super::sampler::{Advance, FrameSampler, GeometryCounts, LatentProgress, Replica, TransportError};
use super::settings::SamplerSettings;

/// Advances replicas of one protein with the candle network; all replicas are one batch. The network runs on
/// the device, the integrator on the processor.
pub struct CandleSampler {
    network: CandleEvaluator,
    device: CandleDevice,
    making: Making,
    frame_interval_ps: f64,
    clouds: Clouds,
    counts: GeometryCounts,
}

impl CandleSampler {
    /// A sampler for `topology` with the weights of `model` on `device`.
    ///
    /// # Errors
    /// [`TransportError::Settings`] when a setting is out of range, [`TransportError::Device`] when there is no
    /// such device, [`TransportError::Network`] when it has no room for the weights.
    pub fn new(
        model: &Model,
        topology: &Topology,
        settings: SamplerSettings,
        device: CandleDevice,
    ) -> Result<Self, TransportError> {
        let making = Making::new(model.config(), topology, settings)?;
        let network =
            CandleEvaluator::constant(model.config(), &model.parameters, &open_candle_device(device)?);
        Ok(Self {
            network: network.map_err(|error| candle_core::Error::Msg(error.to_string()))?,
            device,
            making,
            frame_interval_ps: model.card.frame_interval_ps,
            clouds: Clouds::default(),
            counts: GeometryCounts::default(),
        })
    }
}

impl FrameSampler for CandleSampler {
    fn advance(
        &mut self,
        replicas: &mut [Replica],
        control: &mut dyn FnMut(LatentProgress) -> ControlFlow<()>,
    ) -> Result<Advance, TransportError> {
        check_replicas(&self.making.topology, replicas)?;
        if replicas.is_empty() {
            return Ok(Advance::Done);
        }
        let Some(finished) = self.making.frames(&mut self.network, &mut self.clouds, replicas, control)?
        else {
            return Ok(Advance::Cancelled);
        };
        self.counts += finished.counts;
        accept(replicas, finished.frames);
        Ok(Advance::Done)
    }

    fn frame_interval_ps(&self) -> f64 {
        self.frame_interval_ps
    }

    fn geometry(&self) -> GeometryCounts {
        self.counts
    }

    fn device_name(&self) -> String {
        self.device.to_string()
    }
}
