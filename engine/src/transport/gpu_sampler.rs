//! The sampler on a graphics processor: what [`integrate`](super::integrator::integrate) does, as a list of
//! evaluations for [`GpuBatch`].

use std::ops::ControlFlow;
use std::sync::Arc;

use crate::chemistry::GeometryKeeper;
use crate::gpu::{Action, Address, Evaluation, GpuBatch, GpuNetwork};
use crate::network::fused::{FusedModel, Workspace};
use crate::network::{CloudBatch, Model, NetworkConfig, SequenceBatch, Transport};
use crate::structure::{SLOTS, Topology};

use super::batch::{accept, check_order, check_replicas, next_frames};
use super::bridge;
use super::cpu_sampler::CpuContinuation;
use super::gpu_buffers::Buffers;
use super::heads::Reading;
use super::integrator::{SPREAD, strength};
use super::redraw::{Ends, Making};
use super::sampler::{Advance, FrameSampler, GeometryCounts, LatentProgress, Replica, TransportError};
use super::settings::{Integrator, SamplerSettings, Schedule};
use crate::random::{Noise, Stream};

/// Sites of a residue: the 13 vectors' and Cα.
const SITES: usize = SLOTS + 1;

/// Advances replicas of one protein with a model on a graphics processor.
pub struct GpuSampler {
    network: Arc<GpuNetwork>,
    topology: Topology,
    settings: SamplerSettings,
    keeper: Option<GeometryKeeper>,
    /// For the few frames that are drawn again, which are not worth a graphics processor.
    redrawing: Model,
    workspace: Workspace,
    counts: GeometryCounts,
    stream: Noise,
    evaluations: Vec<Evaluation>,
    frame_interval_ps: f64,
    /// Replicas that the limits of the device allow at a time, whatever its memory.
    pub(super) most_replicas: usize,
    buffers: Option<Buffers<GpuBatch>>,
    source: CloudBatch,
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
        check_order(model.config().transport, topology, &settings)?;
        let most_replicas = GpuBatch::most_replicas(&network, &SequenceBatch::replicate(topology, 1))?;
        let mut workspace = Workspace::default();
        workspace.use_threads(std::thread::available_parallelism().map_or(1, usize::from));
        Ok(Self {
            network,
            most_replicas,
            buffers: None,
            topology: topology.clone(),
            stream: Noise::new(settings.seed, Stream::Sampling),
            evaluations: evaluations(&settings, model.config()),
            keeper: settings.keep_geometry.then(|| GeometryKeeper::new(topology)),
            redrawing: Model {
                network: FusedModel::new(model.config()),
                parameters: model.parameters.clone(),
                card: model.card.clone(),
                trust: None,
            },
            workspace,
            counts: GeometryCounts::default(),
            settings,
            frame_interval_ps: model.card.frame_interval_ps,
            source: CloudBatch::default(),
        })
    }
}

impl FrameSampler for GpuSampler {
    fn advance(
        &mut self,
        replicas: &mut [Replica],
        whole: &mut dyn FnMut(LatentProgress) -> ControlFlow<()>,
    ) -> Result<Advance, TransportError> {
        check_replicas(&self.topology, replicas)?;
        if replicas.is_empty() {
            return Ok(Advance::Done);
        }
        let total = self.settings.latent_steps;
        let key = self.stream.key();
        let (topology, evaluations) = (&self.topology, &self.evaluations);
        let make = |size| {
            let sequence = SequenceBatch::replicate(topology, size);
            GpuBatch::new(self.network.clone(), &sequence, evaluations.len())
        };
        let buffers = Buffers::fit(self.buffers.take(), replicas.len(), self.most_replicas, make)?;
        let Buffers { room, batch, .. } = self.buffers.insert(buffers);
        let portions = replicas.len().div_ceil(*room);
        let mut made = Vec::with_capacity(replicas.len());
        let mut counts = GeometryCounts::default();
        for (portion, part) in replicas.chunks(*room).enumerate() {
            let (sequence, addresses) = next_frames(topology, part, &mut self.source);
            let mut sources = sites(&self.source);
            let mut addresses: Vec<Address> =
                addresses.iter().map(|a| Address { replica: a.replica, frame: a.frame }).collect();
            // A last portion that is not full computes its last replica several times.
            let residues = sequence.rows() / part.len();
            while addresses.len() < *room {
                addresses.extend(addresses.last().copied());
                sources.extend_from_within(sources.len() - residues * SITES..);
            }
            let mut asked = None;
            let mut control = |evaluation: usize| {
                let step = evaluations[evaluation].latent_step;
                // Heun's method evaluates twice in a step.
                if asked.replace(step) == Some(step) {
                    return ControlFlow::Continue(());
                }
                let done = (u64::from(total) * portion as u64 + u64::from(step)) / portions as u64;
                whole(LatentProgress { done: done as u32, total })
            };
            let Some(result) = batch.frame(&sources, &addresses, key, evaluations, &mut control)? else {
                return Ok(Advance::Cancelled);
            };
            let mut latent = cloud(&result[..part.len() * residues * SITES]);
            latent.center(&sequence.starts);
            let ends =
                Ends { topology, replicas: part, sequence: &sequence, source: &self.source, latent: &latent };
            let model = &self.redrawing;
            let making = Making { settings: &self.settings, config: model.config(), stream: &self.stream };
            let workspace = &mut self.workspace;
            let mut stop = |_: LatentProgress| whole(LatentProgress { done: total, total });
            let mut network = CpuContinuation { model, making, workspace, control: &mut stop };
            let Some(finished) = ends.finish(self.keeper.as_ref(), making, &mut network)? else {
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

/// The evaluations of one frame, in order.
fn evaluations(settings: &SamplerSettings, config: &NetworkConfig) -> Vec<Evaluation> {
    match config.transport {
        Transport::Bridge => bridge_evaluations(settings, config),
        transport => two_sided_evaluations(settings, config, transport),
    }
}

fn bridge_evaluations(settings: &SamplerSettings, config: &NetworkConfig) -> Vec<Evaluation> {
    let mut out = Vec::new();
    for step in 0..settings.latent_steps {
        let factors = bridge::factors(settings, step);
        let at = |tau, action| {
            let Reading { drift, noise } = Reading::new(config, tau);
            Evaluation {
                tau,
                dt: factors.drift,
                score: factors.noise,
                drift,
                noise,
                action,
                latent_step: step,
            }
        };
        if bridge::corrects(settings, step) {
            out.push(at(factors.tau, Action::Predict));
            out.push(at(factors.next, Action::Correct));
        } else {
            let action = Action::Euler {
                noise: factors.random,
                extrapolation: factors.extrapolation,
                position_factors: [1.0; 2],
            };
            out.push(at(factors.tau, action));
        }
    }
    out
}

fn two_sided_evaluations(
    settings: &SamplerSettings,
    config: &NetworkConfig,
    transport: Transport,
) -> Vec<Evaluation> {
    let steps = settings.latent_steps;
    let dt = 1.0 / steps as f32;
    let mut out = Vec::new();
    for step in 0..steps {
        let tau = step as f32 / steps as f32;
        let last = step + 1 == steps;
        let at = |tau, score, action| {
            let Reading { drift, noise } = Reading::new(config, tau);
            Evaluation { tau, dt, score, drift, noise, action, latent_step: step }
        };
        if settings.integrator == Integrator::OdeHeun && tau >= SPREAD && !last {
            out.push(at(tau, 0.0, Action::Predict));
            out.push(at((step + 1) as f32 / steps as f32, 0.0, Action::Correct));
            continue;
        }
        let (epsilon, ratio) = match settings.integrator {
            Integrator::Sde => strength(transport, settings.schedule, settings.epsilon, tau, dt),
            Integrator::Ode | Integrator::OdeHeun if tau < SPREAD => {
                strength(transport, Schedule::Matched, 1.0, tau, dt)
            }
            Integrator::Ode | Integrator::OdeHeun => (0.0, 0.0),
        };
        let factor = if tau < SPREAD { 1.0 } else { settings.position_epsilon_factor };
        let noise = if epsilon > 0.0 && !last { (2.0 * epsilon * dt).sqrt() } else { 0.0 };
        let action = Action::Euler { noise, extrapolation: 0.0, position_factors: [factor, factor.sqrt()] };
        out.push(at(tau, -ratio * dt, action));
    }
    out
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
