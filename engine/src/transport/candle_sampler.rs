//! The sampler in candle tensors: the reference that other samplers are held to, and the one that runs on
//! candle's GPUs (ARCHITECTURE.md §2).

use std::ops::ControlFlow;

use candle_core::Device;

use crate::chemistry::GeometryKeeper;
use crate::network::candle_model::{Conditioned, HeaderOutput};
use crate::network::{CandleDevice, CandleModel, CloudBatch, Model, SequenceBatch, open_candle_device};
use crate::structure::Topology;

use super::batch::{accept, check_order, check_replicas, next_frames};
use super::heads::drift_and_noise;
use super::integrator::{Field, IntegratorState, Restart, integrate, integrate_from};
use super::interpolant::NoiseAddress;
use super::redraw::{Continuation, Ends, Making};
use super::sampler::{Advance, FrameSampler, GeometryCounts, LatentProgress, Replica, TransportError};
use super::settings::SamplerSettings;
use crate::random::{Noise, Stream};

/// Advances replicas of one protein with the candle network; all replicas are one batch. The network runs on
/// the device, the integrator on the processor.
pub struct CandleSampler {
    model: CandleModel,
    device: CandleDevice,
    topology: Topology,
    settings: SamplerSettings,
    keeper: Option<GeometryKeeper>,
    stream: Noise,
    frame_interval_ps: f64,
    source: CloudBatch,
    state: IntegratorState,
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
        check_order(model.config().transport, topology, &settings)?;
        let opened: Device = open_candle_device(device)?;
        let weights = CandleModel::from_flat(model.config().clone(), &model.parameters, &opened);
        Ok(Self {
            model: weights.map_err(|error| candle_core::Error::Msg(error.to_string()))?,
            device,
            topology: topology.clone(),
            keeper: settings.keep_geometry.then(|| GeometryKeeper::new(topology)),
            stream: Noise::new(settings.seed, Stream::Sampling),
            settings,
            frame_interval_ps: model.card.frame_interval_ps,
            source: CloudBatch::default(),
            state: IntegratorState::default(),
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
        check_replicas(&self.topology, replicas)?;
        if replicas.is_empty() {
            return Ok(Advance::Done);
        }
        let (sequence, mut addresses) = next_frames(&self.topology, replicas, &mut self.source);
        let mut field = CandleField {
            model: &self.model,
            sequence: &sequence,
            source: &self.source,
            conditioned: self.model.condition(&sequence, &self.source)?,
            tau: vec![0.0; replicas.len()],
        };
        let done = integrate(
            &self.settings,
            self.model.config(),
            &sequence,
            &self.source,
            &self.stream,
            &mut addresses,
            &mut field,
            &mut self.state,
            control,
        )?;
        if !done {
            return Ok(Advance::Cancelled);
        }
        let ends = Ends {
            topology: &self.topology,
            replicas,
            sequence: &sequence,
            source: &self.source,
            latent: &self.state.latent,
        };
        let making = Making { settings: &self.settings, config: self.model.config(), stream: &self.stream };
        let mut network = CandleContinuation { model: &self.model, making, control };
        let Some(finished) = ends.finish(self.keeper.as_ref(), making, &mut network)? else {
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

/// The last latent steps with the candle network.
struct CandleContinuation<'a> {
    model: &'a CandleModel,
    making: Making<'a>,
    control: &'a mut dyn FnMut(LatentProgress) -> ControlFlow<()>,
}

impl Continuation for CandleContinuation<'_> {
    fn go_on(
        &mut self,
        sequence: &SequenceBatch,
        source: &CloudBatch,
        addresses: &mut [NoiseAddress],
        restart: Restart,
        state: &mut IntegratorState,
    ) -> Result<bool, TransportError> {
        let Making { settings, config, stream } = self.making;
        let mut field = CandleField {
            model: self.model,
            sequence,
            source,
            conditioned: self.model.condition(sequence, source)?,
            tau: vec![0.0; addresses.len()],
        };
        let control = &mut *self.control;
        integrate_from(restart, settings, config, sequence, stream, addresses, &mut field, state, control)
    }
}

/// The candle network as a field.
struct CandleField<'a> {
    model: &'a CandleModel,
    sequence: &'a SequenceBatch,
    source: &'a CloudBatch,
    conditioned: Conditioned,
    tau: Vec<f32>,
}

impl Field for CandleField<'_> {
    fn evaluate(
        &mut self,
        tau: f32,
        latent: &CloudBatch,
        drift: &mut CloudBatch,
        noise: &mut CloudBatch,
    ) -> Result<(), TransportError> {
        self.tau.fill(tau);
        let headers = self.model.headers(self.sequence, self.source, latent, &self.tau, &self.conditioned)?;
        let values = |header: &HeaderOutput| header.values.flatten_all()?.to_vec1();
        let outputs = headers.iter().map(values).collect::<candle_core::Result<Vec<Vec<f32>>>>()?;
        let config = self.model.config();
        drift_and_noise(config, self.sequence, self.source, latent, tau, &outputs, drift, noise);
        Ok(())
    }
}
