//! The end of a frame: geometry keeping, and drawing anew what it cannot mend.
//!
//! A frame that is still not what molecular dynamics shows after geometry keeping is put back to a later latent time
//! with fresh noise (for the bridge that is the exact law of X_τ between its two ends), and the last steps are done again.
//! Each attempt starts from the frame as it came out first, an earlier time each; the first that can be mended
//! is taken, or, where none can, the one with the fewest violations. Everything is a function of seed, replica, frame and
//! attempt, so trajectories stay the same whatever the batch or the device.

use crate::chemistry::GeometryKeeper;
use crate::network::{CloudBatch, NetworkConfig, SequenceBatch};
use crate::structure::Topology;

use super::integrator::{IntegratorState, Restart};
use super::interpolant::{NoiseAddress, fill_noise, interpolate};
use super::sampler::{GeometryCounts, Replica, TransportError};
use super::settings::SamplerSettings;
use crate::random::Noise;

/// Latent times that the attempts go back to.
const TIMES: [f32; 3] = [0.9, 0.8, 0.6];

/// What integrates the latent dynamics of a part of the replicas from a later time on.
pub(super) trait Continuation {
    /// Moves `state.latent` from the step of `restart` to τ = 1. `false` where the user asked to stop.
    ///
    /// # Errors
    /// [`TransportError`] if the network fails.
    fn go_on(
        &mut self,
        sequence: &SequenceBatch,
        source: &CloudBatch,
        addresses: &mut [NoiseAddress],
        restart: Restart,
        state: &mut IntegratorState,
    ) -> Result<bool, TransportError>;
}

/// The latent clouds of some replicas at τ = 1, and what they came from.
pub(super) struct Ends<'a> {
    pub topology: &'a Topology,
    pub replicas: &'a [Replica],
    pub sequence: &'a SequenceBatch,
    pub source: &'a CloudBatch,
    pub latent: &'a CloudBatch,
}

/// How they were made.
#[derive(Clone, Copy)]
pub(super) struct Making<'a> {
    pub settings: &'a SamplerSettings,
    pub config: &'a NetworkConfig,
    pub stream: &'a Noise,
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
    fn raw(&self) -> Result<Vec<Vec<[f32; 3]>>, TransportError> {
        (0..self.replicas.len()).map(|k| self.frame(k)).collect()
    }

    fn frame(&self, k: usize) -> Result<Vec<[f32; 3]>, TransportError> {
        let replica = &self.replicas[k];
        let atoms = atoms_of(self.topology, self.sequence, self.latent, k);
        if atoms.iter().flatten().any(|x| !x.is_finite()) {
            return Err(TransportError::NonFinite { replica: replica.index, frame: replica.frame + 1 });
        }
        Ok(atoms)
    }

    /// The frames after geometry keeping with `keeper`, if any, those that it cannot mend drawn again by `network`. `None`
    /// where the user asked to stop.
    ///
    /// # Errors
    /// [`TransportError`].
    pub fn finish(
        &self,
        keeper: Option<&GeometryKeeper>,
        making: Making<'_>,
        network: &mut dyn Continuation,
    ) -> Result<Option<Finished>, TransportError> {
        let mut frames = self.raw()?;
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
            let restart = Restart::at(time, attempt as u32 + 1, making);
            let sequence = SequenceBatch::replicate(self.topology, failed.len());
            let source = self.part(self.source, &failed);
            let mut addresses = self.start(making, &sequence, &source, &failed, restart, &mut state);
            if !network.go_on(&sequence, &source, &mut addresses, restart, &mut state)? {
                return Ok(None);
            }
            for (j, (k, fewest)) in failed.iter_mut().enumerate() {
                let mut atoms = atoms_of(self.topology, &sequence, &state.latent, j);
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

    /// Puts X_τ at the time of `restart` into `state`, between the sources and the ends of the failed replicas.
    fn start(
        &self,
        making: Making<'_>,
        sequence: &SequenceBatch,
        source: &CloudBatch,
        failed: &[(usize, usize)],
        restart: Restart,
        state: &mut IntegratorState,
    ) -> Vec<NoiseAddress> {
        let Making { settings, config, stream } = making;
        let addresses: Vec<NoiseAddress> = failed
            .iter()
            .map(|&(k, _)| &self.replicas[k])
            .map(|r| NoiseAddress { replica: r.index, frame: r.frame, latent_step: restart.noise_step() })
            .collect();
        let mut noise = CloudBatch::default();
        fill_noise(config, sequence, stream, &addresses, &mut noise);
        let clock = restart.first_step as f32 / settings.latent_steps as f32;
        let tau = vec![config.transport.time_at(clock); failed.len()];
        let end = self.part(self.latent, failed);
        interpolate(config.transport, sequence, source, &end, &noise, &tau, &mut state.latent);
        addresses
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

impl Restart {
    /// The last latent step that begins at `time` or before; not the end.
    fn at(time: f32, attempt: u32, making: Making<'_>) -> Self {
        let steps = making.settings.latent_steps;
        let clock = making.config.transport.clock_at(time);
        Self { first_step: ((clock * steps as f32) as u32).min(steps - 1), attempt }
    }
}
