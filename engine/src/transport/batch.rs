//! Between replicas and the batches of clouds that samplers compute on; the same for every sampler.

use crate::network::strain::StrainTemplate;
use crate::network::{CloudBatch, SequenceBatch, Transport};
use crate::structure::{SLOTS, TensorCloud, Topology};

use super::interpolant::NoiseAddress;
use super::sampler::{Replica, TransportError};
use super::settings::SamplerSettings;

/// Whether a protein can be sampled with these settings by a model of this transport.
pub(super) fn check_order(
    transport: Transport,
    topology: &Topology,
    settings: &SamplerSettings,
) -> Result<(), TransportError> {
    settings.check_for(transport).map_err(TransportError::Settings)?;
    if topology.residue_count() == 0 {
        return Err(TransportError::Settings("the protein has no residues".to_owned()));
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

/// Labels, centred sources X^t (into `source`) and noise addresses of the replicas' next frames.
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
    let addresses =
        replicas.iter().map(|r| NoiseAddress { replica: r.index, frame: r.frame, latent_step: 0 }).collect();
    (SequenceBatch::replicate(topology, replicas.len()), addresses)
}

/// Atom positions of the finished clouds, one frame per replica.
///
/// # Errors
/// [`TransportError::NonFinite`].
pub(super) fn frames(
    topology: &Topology,
    replicas: &[Replica],
    sequence: &SequenceBatch,
    latent: &CloudBatch,
    keep_geometry: bool,
) -> Result<Vec<Vec<[f32; 3]>>, TransportError> {
    let mut frames = Vec::with_capacity(replicas.len());
    for (replica, pair) in replicas.iter().zip(sequence.starts.windows(2)) {
        let mut cloud = latent.cloud(pair[0], pair[1]);
        if keep_geometry {
            keep_geometry_of(&sequence.strain[frames.len()], &mut cloud);
        }
        let atoms = cloud.to_atoms(topology);
        if atoms.iter().flatten().any(|x| !x.is_finite()) {
            return Err(TransportError::NonFinite { replica: replica.index, frame: replica.frame + 1 });
        }
        frames.push(atoms);
    }
    Ok(frames)
}

/// Takes violations of covalent geometry out of a frame.
fn keep_geometry_of(template: &StrainTemplate, cloud: &mut TensorCloud) {
    let mut sites = Vec::with_capacity(cloud.len() * (SLOTS + 1));
    for (position, vectors) in cloud.positions_angstrom.iter().zip(&cloud.vectors_angstrom) {
        for vector in vectors {
            sites.push(std::array::from_fn(|axis| position[axis] + vector[axis]));
        }
        sites.push(*position);
    }
    template.keep_geometry(&mut sites);
    for (residue, sites) in sites.chunks_exact(SLOTS + 1).enumerate() {
        let position = sites[SLOTS];
        cloud.positions_angstrom[residue] = position;
        for (slot, site) in sites[..SLOTS].iter().enumerate() {
            cloud.vectors_angstrom[residue][slot] = std::array::from_fn(|axis| site[axis] - position[axis]);
        }
    }
}

/// Gives the replicas their new positions.
pub(super) fn accept(replicas: &mut [Replica], frames: Vec<Vec<[f32; 3]>>) {
    for (replica, positions) in replicas.iter_mut().zip(frames) {
        replica.positions_angstrom = positions;
        replica.frame += 1;
    }
}
