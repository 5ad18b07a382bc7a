//! The next frames of replicas, by whatever evaluates the network.

use std::ops::ControlFlow;

use crate::network::{CloudBatch, Evaluator};

use super::batch::next_frames;
use super::integrator::IntegratorState;
use super::making::{Making, NetworkField};
use super::redraw::{Ends, Finished};
use super::sampler::{LatentProgress, Replica, TransportError};

/// Clouds of a batch, kept from frame to frame.
#[derive(Default)]
pub(super) struct Clouds {
    source: CloudBatch,
    state: IntegratorState,
}

impl Making {
    /// The next frames of `replicas`, `None` when `control` said to stop.
    ///
    /// # Errors
    /// [`TransportError`] when the network fails or a frame is not finite.
    pub fn frames(
        &self,
        network: &mut dyn Evaluator,
        clouds: &mut Clouds,
        replicas: &[Replica],
        control: &mut dyn FnMut(LatentProgress) -> ControlFlow<()>,
    ) -> Result<Option<Finished>, TransportError> {
        let Clouds { source, state } = clouds;
        let (sequence, addresses) = next_frames(&self.topology, replicas, source);
        let mut integration = self.integration(&sequence, addresses, 0);
        integration.start(source, &mut state.latent);
        let mut field = NetworkField::new(&self.config, &mut *network, &sequence, source)?;
        if !integration.run(&self.latent_moves, &mut field, state, control)? {
            return Ok(None);
        }
        Ends { replicas, sequence: &sequence, source, latent: &state.latent }.finish(self, network, control)
    }
}
