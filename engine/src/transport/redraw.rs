//! The end of a frame: geometry keeping, and drawing anew what it cannot mend.
//!
//! A frame that is still not what molecular dynamics shows after geometry keeping is put back to a later latent time
//! with fresh noise (for the bridge that is the exact law of X_τ between its two ends), and the last steps are done again.
//! Each attempt starts from the frame as it came out first, an earlier time each; the first that can be mended
//! is taken, or, where none can, the one with the fewest violations. Everything is a function of seed, replica, frame and
//! attempt, so trajectories stay the same whatever the batch or the device.

use std::ops::ControlFlow;

use crate::network::{CloudBatch, Evaluator, SequenceBatch};
use crate::structure::Topology;

use super::integrator::{Integration, IntegratorState};
use super::interpolant::{NoiseAddress, interpolate};
use super::latent_moves::latent_moves;
use super::making::{Making, NetworkField};
use super::sampler::{GeometryCounts, LatentProgress, Replica, TransportError};

/// Latent times that the attempts go back to.
const TIMES: [f32; 3] = [0.9, 0.8, 0.6];

/// The latent clouds of some replicas at τ = 1, and what they came from.
pub(super) struct Ends<'a> {
    pub replicas: &'a [Replica],
    pub sequence: &'a SequenceBatch,
    pub source: &'a CloudBatch,
    pub latent: &'a CloudBatch,
}

/// New positions of some replicas.
pub(super) struct Finished {
    pub frames: Vec<Vec<[f32; 3]>>,
    pub counts: GeometryCounts,
}

impl Ends<'_> {
    /// The frames as the network says.
    ///
    /// # Errors
    /// [`TransportError::NonFinite`].
    fn raw(&self, topology: &Topology) -> Result<Vec<Vec<[f32; 3]>>, TransportError> {
        (0..self.replicas.len()).map(|k| self.frame(topology, k)).collect()
    }

    fn frame(&self, topology: &Topology, k: usize) -> Result<Vec<[f32; 3]>, TransportError> {
        let replica = &self.replicas[k];
        let atoms = atoms_of(topology, self.sequence, self.latent, k);
        if atoms.iter().flatten().any(|x| !x.is_finite()) {
            return Err(TransportError::NonFinite { replica: replica.index, frame: replica.frame + 1 });
        }
        Ok(atoms)
    }

    /// The frames after geometry keeping, where that is asked for, those that it cannot mend drawn again by `network`.
    /// `None` where the user asked to stop.
    ///
    /// # Errors
    /// [`TransportError`].
    pub fn finish(
        &self,
        making: &Making,
        network: &mut dyn Evaluator,
        control: &mut dyn FnMut(LatentProgress) -> ControlFlow<()>,
    ) -> Result<Option<Finished>, TransportError> {
        let Making { topology, settings, config, keeper, .. } = making;
        let mut frames = self.raw(topology)?;
        let mut counts = GeometryCounts::default();
        let Some(keeper) = keeper else { return Ok(Some(Finished { frames, counts })) };
        counts.frames = frames.len() as u64;
        // Replica and violations of those that are not mended.
        let mut failed = Vec::new();
        for (k, atoms) in frames.iter_mut().enumerate() {
            keeper.keep(atoms);
            let defects = keeper.defects(&self.replicas[k].positions_angstrom, atoms);
            if defects > 0 {
                failed.push((k, defects));
            }
        }
        counts.redrawn = failed.len() as u64;
        let mut state = IntegratorState::default();
        for (attempt, time) in TIMES.into_iter().enumerate() {
            if failed.is_empty() {
                break;
            }
            // The last latent step that begins at that time or before; not the end.
            let steps = settings.latent_steps;
            let clock = config.transport.clock_at(time);
            let first_step = ((clock * steps as f32) as u32).min(steps - 1);
            let sequence = SequenceBatch::replicate(topology, failed.len());
            let source = self.part(self.source, &failed);
            let addresses = failed.iter().map(|&(k, _)| NoiseAddress::of(&self.replicas[k])).collect();
            let mut integration = making.integration(&sequence, addresses, attempt as u32 + 1);
            let tau = config.transport.time_at(first_step as f32 / steps as f32);
            self.put_back(&mut integration, &source, &failed, tau, &mut state.latent);
            let mut field = NetworkField::new(config, &mut *network, &sequence, &source)?;
            let last_steps = latent_moves(settings, config, first_step);
            if !integration.run(&last_steps, &mut field, &mut state, control)? {
                return Ok(None);
            }
            for (j, (k, fewest)) in failed.iter_mut().enumerate() {
                let mut atoms = atoms_of(topology, &sequence, &state.latent, j);
                if atoms.iter().flatten().any(|x| !x.is_finite()) {
                    continue;
                }
                keeper.keep(&mut atoms);
                let defects = keeper.defects(&self.replicas[*k].positions_angstrom, &atoms);
                if defects < *fewest {
                    *fewest = defects;
                    frames[*k] = atoms;
                }
            }
            failed.retain(|(_, defects)| *defects > 0);
        }
        counts.unmended = failed.len() as u64;
        Ok(Some(Finished { frames, counts }))
    }

    /// Puts X_τ, between the sources and the ends of the failed replicas, into `latent`.
    fn put_back(
        &self,
        integration: &mut Integration<'_>,
        source: &CloudBatch,
        failed: &[(usize, usize)],
        tau: f32,
        latent: &mut CloudBatch,
    ) {
        let mut noise = CloudBatch::default();
        integration.start_noise(&mut noise);
        let end = self.part(self.latent, failed);
        let (path, tau) = (integration.config.transport, vec![tau; failed.len()]);
        interpolate(path, integration.sequence, source, &end, &noise, &tau, latent);
    }

    /// The clouds of the failed replicas.
    fn part(&self, of: &CloudBatch, failed: &[(usize, usize)]) -> CloudBatch {
        let mut part = CloudBatch::default();
        for &(k, _) in failed {
            part.push(&of.cloud(self.sequence.starts[k], self.sequence.starts[k + 1]));
        }
        part
    }
}

fn atoms_of(topology: &Topology, sequence: &SequenceBatch, latent: &CloudBatch, k: usize) -> Vec<[f32; 3]> {
    latent.cloud(sequence.starts[k], sequence.starts[k + 1]).to_atoms(topology)
}
