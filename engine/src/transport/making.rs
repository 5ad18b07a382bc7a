//! How frames of a protein are made: settings compiled to moves, and the network as a field.

use crate::chemistry::GeometryKeeper;
use crate::network::{CloudBatch, Evaluator, LatentMove, NetworkConfig, SequenceBatch};
use crate::random::{Noise, Stream};
use crate::structure::Topology;

use super::batch::check_order;
use super::heads::drift_and_noise;
use super::integrator::{Field, Integration};
use super::interpolant::NoiseAddress;
use super::latent_moves::latent_moves;
use super::sampler::TransportError;
use super::settings::SamplerSettings;

/// How frames of a protein are made: what all samplers have in common.
pub(super) struct Making {
    pub topology: Topology,
    pub settings: SamplerSettings,
    pub config: NetworkConfig,
    pub keeper: Option<GeometryKeeper>,
    pub stream: Noise,
    /// Those of a whole frame.
    pub latent_moves: Vec<LatentMove>,
}

impl Making {
    /// With a network of this configuration.
    ///
    /// # Errors
    /// [`TransportError::Settings`] when a setting is out of range.
    pub fn new(
        config: &NetworkConfig,
        topology: &Topology,
        settings: SamplerSettings,
    ) -> Result<Self, TransportError> {
        check_order(config.transport, topology, &settings)?;
        Ok(Self {
            topology: topology.clone(),
            config: config.clone(),
            keeper: settings.keep_geometry.then(|| GeometryKeeper::new(topology)),
            stream: Noise::new(settings.seed, Stream::Sampling),
            latent_moves: latent_moves(&settings, config, 0),
            settings,
        })
    }

    /// An integration of these proteins.
    pub fn integration<'a>(
        &'a self,
        sequence: &'a SequenceBatch,
        addresses: Vec<NoiseAddress>,
        attempt: u32,
    ) -> Integration<'a> {
        Integration { config: &self.config, sequence, stream: &self.stream, addresses, attempt }
    }
}

/// A network as a field.
pub(super) struct NetworkField<'a> {
    config: &'a NetworkConfig,
    network: &'a mut dyn Evaluator,
    sequence: &'a SequenceBatch,
    source: &'a CloudBatch,
    tau: Vec<f32>,
}

impl<'a> NetworkField<'a> {
    /// Runs the conditioner.
    ///
    /// # Errors
    /// [`TransportError::Network`] when the network fails.
    pub fn new(
        config: &'a NetworkConfig,
        network: &'a mut dyn Evaluator,
        sequence: &'a SequenceBatch,
        source: &'a CloudBatch,
    ) -> Result<Self, TransportError> {
        network.condition(sequence, source)?;
        Ok(Self { config, network, sequence, source, tau: vec![0.0; sequence.proteins()] })
    }
}

impl Field for NetworkField<'_> {
    fn evaluate(
        &mut self,
        latent_move: &LatentMove,
        latent: &CloudBatch,
        before: Option<&CloudBatch>,
        drift: &mut CloudBatch,
        noise: &mut CloudBatch,
    ) -> Result<(), TransportError> {
        self.tau.fill(latent_move.tau);
        let (sequence, source) = (self.sequence, self.source);
        let outputs = self.network.headers(sequence, source, latent, &self.tau, before)?;
        drift_and_noise(self.config, sequence, source, latent, &latent_move.reading, outputs, drift, noise);
        Ok(())
    }
}
