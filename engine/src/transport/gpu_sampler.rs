//! The sampler on a graphics processor: the moves of a frame are handed to [`GpuBatch`].

use std::ops::ControlFlow;
use std::sync::Arc;

use crate::gpu::{Address, GpuBatch, GpuNetwork};
use crate::network::fused::{FusedBuffers, FusedEvaluator, FusedModel};
use crate::network::{CloudBatch, Model, SequenceBatch, Stage};
use crate::structure::{SLOTS, Topology};

use super::batch::{accept, check_replicas, next_frames};
use super::gpu_buffers::Buffers;
use super::making::Making;
use super::redraw::Ends;
use super::sampler::{Advance, FrameSampler, GeometryCounts, LatentProgress, Replica, TransportError};
use super::settings::SamplerSettings;

/// Sites of a residue: the 13 vectors' and Cα.
const SITES: usize = SLOTS + 1;

/// Advances replicas of one protein with a model on a graphics processor.
pub struct GpuSampler {
    network: Arc<GpuNetwork>,
    making: Making,
    /// For the few frames that are drawn again, which are not worth a graphics processor.
    redrawing: FusedModel,
    parameters: Vec<f32>,
    redraw_buffers: FusedBuffers,
    counts: GeometryCounts,
    frame_interval_ps: f64,
    /// Replicas that the limits of the device allow at a time, whatever its memory.
    pub(super) most_replicas: usize,
    buffers: Option<Buffers<GpuBatch>>,
    source: CloudBatch,
    start: CloudBatch,
}

impl GpuSampler {
    /// A sampler for `topology`. `network` must have been made from `model`.
    ///
    /// # Errors
    /// [`TransportError::Settings`] when a setting is out of range, [`TransportError::Gpu`] when the device
    /// has not the room for one replica.
    pub fn new(
        network: Arc<GpuNetwork>,
        model: &Model,
        topology: &Topology,
        settings: SamplerSettings,
    ) -> Result<Self, TransportError> {
        let making = Making::new(model.config(), topology, settings)?;
        let most_replicas = GpuBatch::most_replicas(&network, &SequenceBatch::replicate(topology, 1))?;
        let mut redraw_buffers = FusedBuffers::default();
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        redraw_buffers.workspace.use_threads(threads);
        Ok(Self {
            network,
            making,
            redrawing: FusedModel::new(model.config()),
            parameters: model.parameters.clone(),
            redraw_buffers,
            counts: GeometryCounts::default(),
            frame_interval_ps: model.card.frame_interval_ps,
            most_replicas,
            buffers: None,
            source: CloudBatch::default(),
            start: CloudBatch::default(),
        })
    }
}

impl FrameSampler for GpuSampler {
    fn advance(
        &mut self,
        replicas: &mut [Replica],
        whole: &mut dyn FnMut(LatentProgress) -> ControlFlow<()>,
    ) -> Result<Advance, TransportError> {
        check_replicas(&self.making.topology, replicas)?;
        if replicas.is_empty() {
            return Ok(Advance::Done);
        }
        let making = &self.making;
        let Making { topology, latent_moves, .. } = making;
        let total = making.settings.latent_steps;
        let make = |size| {
            let sequence = SequenceBatch::replicate(topology, size);
            GpuBatch::new(self.network.clone(), &sequence, latent_moves.len())
        };
        let buffers = Buffers::fit(self.buffers.take(), replicas.len(), self.most_replicas, make)?;
        let Buffers { room, batch, .. } = self.buffers.insert(buffers);
        let portions = replicas.len().div_ceil(*room);
        let mut made = Vec::with_capacity(replicas.len());
        let mut counts = GeometryCounts::default();
        for (portion, part) in replicas.chunks(*room).enumerate() {
            let (sequence, addresses) = next_frames(topology, part, &mut self.source);
            let mut integration = making.integration(&sequence, addresses, 0);
            integration.start(&self.source, &mut self.start);
            let mut addresses: Vec<Address> = integration
                .addresses
                .iter()
                .map(|a| Address { replica: a.replica, frame: a.frame })
                .collect();
            let (mut sources, mut starts) = (sites(&self.source), sites(&self.start));
            // A last portion that is not full computes its last replica several times.
            let residues = sequence.rows() / part.len();
            while addresses.len() < *room {
                addresses.extend(addresses.last().copied());
                for clouds in [&mut sources, &mut starts] {
                    clouds.extend_from_within(clouds.len() - residues * SITES..);
                }
            }
            let mut control = |index: usize| {
                if latent_moves[index].stage == Stage::Correct {
                    return ControlFlow::Continue(());
                }
                let step = u64::from(latent_moves[index].latent_step);
                let done = (u64::from(total) * portion as u64 + step) / portions as u64;
                whole(LatentProgress { done: done as u32, total })
            };
            let key = making.stream.key();
            let made_latents =
                batch.frame((&sources, &starts), &addresses, key, latent_moves, &mut control)?;
            let Some(result) = made_latents else { return Ok(Advance::Cancelled) };
            let mut latent = cloud(&result[..part.len() * residues * SITES]);
            latent.center(&sequence.starts);
            let ends = Ends { replicas: part, sequence: &sequence, source: &self.source, latent: &latent };
            let mut network = FusedEvaluator {
                network: &self.redrawing,
                parameters: &self.parameters,
                buffers: &mut self.redraw_buffers,
                firsts: &[],
                train: false,
            };
            let mut stop = |_: LatentProgress| whole(LatentProgress { done: total, total });
            let Some(finished) = ends.finish(making, &mut network, &mut stop)? else {
                return Ok(Advance::Cancelled);
            };
            counts += finished.counts;
            made.extend(finished.frames);
        }
        self.counts += counts;
        accept(replicas, made);
        Ok(Advance::Done)
    }

    fn frame_interval_ps(&self) -> f64 {
        self.frame_interval_ps
    }

    fn geometry(&self) -> GeometryCounts {
        self.counts
    }

    fn device_name(&self) -> String {
        let adapter = self.network.gpu().adapter();
        format!("GPU, {} ({})", adapter.name, adapter.interface)
    }
}

/// A cloud as the GPU has it: site by site, the position last.
fn sites(cloud: &CloudBatch) -> Vec<[f32; 3]> {
    let mut out = Vec::with_capacity(cloud.rows() * SITES);
    for row in 0..cloud.rows() {
        for slot in 0..SLOTS {
            out.push(std::array::from_fn(|axis| cloud.vectors[(row * 3 + axis) * SLOTS + slot]));
        }
        out.push(std::array::from_fn(|axis| cloud.positions[row * 3 + axis]));
    }
    out
}

/// The reverse of [`sites`].
fn cloud(sites: &[[f32; 3]]) -> CloudBatch {
    let mut out = CloudBatch::zeros(sites.len() / SITES);
    for (row, sites) in sites.chunks_exact(SITES).enumerate() {
        for axis in 0..3 {
            for slot in 0..SLOTS {
                out.vectors[(row * 3 + axis) * SLOTS + slot] = sites[slot][axis];
            }
            out.positions[row * 3 + axis] = sites[SLOTS][axis];
        }
    }
    out
}
