//! Between replicas and the batches of clouds that samplers compute on; the same for every sampler.

use crate::network::{CloudBatch, SequenceBatch, Transport};
use crate::structure::{TensorCloud, Topology};

use super::interpolant::NoiseAddress;
use super::sampler::{Replica, TransportError};
use super::settings::{SamplerSettings, SamplerSettingsError};

/// Whether a protein can be sampled with these settings by a model of this transport.
pub(super) fn check_order(
    transport: Transport,
    topology: &Topology,
    settings: &SamplerSettings,
) -> Result<(), TransportError> {
    settings.check_for(transport)?;
    if topology.residue_count() == 0 {
        return Err(SamplerSettingsError::NoResidues.into());
    }
    Ok(())
}

/// Whether the replicas are of the protein.
pub(super) fn check_replicas(topology: &Topology, replicas: &[Replica]) -> Result<(), TransportError> {
    let expected = topology.atom_count();
    match replicas.iter().find(|replica| replica.positions_angstrom.len() != expected) {
        Some(replica) => Err(TransportError::AtomCount {
            replica: replica.index,
            expected,
            got: replica.positions_angstrom.len(),
        }),
        None => Ok(()),
    }
}

/// Labels, centered sources X^t (into `source`) and noise addresses of the replicas' next frames.
pub(super) fn next_frames(
    topology: &Topology,
    replicas: &[Replica],
    source: &mut CloudBatch,
) -> (SequenceBatch, Vec<NoiseAddress>) {
    source.positions.clear();
    source.vectors.clear();
    for replica in replicas {
        let mut cloud = TensorCloud::from_atoms(topology, &replica.positions_angstrom);
        cloud.center();
        source.push(&cloud);
    }
    let addresses = replicas.iter().map(NoiseAddress::of).collect();
    (SequenceBatch::replicate(topology, replicas.len()), addresses)
}

/// Gives the replicas their new positions.
pub(super) fn accept(replicas: &mut [Replica], frames: Vec<Vec<[f32; 3]>>) {
    for (replica, positions) in replicas.iter_mut().zip(frames) {
        replica.positions_angstrom = positions;
        replica.frame += 1;
    }
}
