//! A network on a GPU, and the frames of one batch of replicas.

use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::network::{LatentMove, Model, NetworkConfig, SequenceBatch, Stage, inputs};

use super::GpuError;
use super::device::{Gpu, one_line};
use super::kernels::{Kernels, PARAMETER_BYTES};
use super::parameters::Moment;
use super::plan::{Clouds, Dispatch, Plan, SITES};
use super::shape::NetworkShape;
use super::tables::Tables;
use super::weights::Weights;

/// Work is handed over in portions of about this length: short enough that a desktop on the same device goes
/// on being drawn and that no driver takes it for hung, long enough that handing it over costs nothing.
const PORTION: Duration = Duration::from_millis(8);
/// Portions under way at a time: one is computed while the next is recorded.
const PORTIONS_AHEAD: usize = 2;

/// Weights and programs of a model on a device. Shared by all runs with it.
pub struct GpuNetwork {
    gpu: Arc<Gpu>,
    shape: NetworkShape,
    kernels: Kernels,
    weights: Weights,
}

impl std::fmt::Debug for GpuNetwork {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GpuNetwork").field("gpu", &self.gpu).finish_non_exhaustive()
    }
}

impl GpuNetwork {
    /// Compiles the kernels and uploads the weights.
    ///
    /// # Errors
    /// [`GpuError`] when the kernels cannot run this network or the device has not the room.
    pub fn new(gpu: Arc<Gpu>, model: &Model) -> Result<Self, GpuError> {
        let shape = NetworkShape::new(model.config())?;
        let kernels = Kernels::compile(&gpu, &shape)?;
        let weights = Weights::upload(&gpu, &shape, model.network.layout(), &model.parameters)?;
        Ok(Self { gpu, shape, kernels, weights })
    }

    /// The device.
    pub fn gpu(&self) -> &Arc<Gpu> {
        &self.gpu
    }
}

/// The noise stream of one replica.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Address {
    /// Index of the replica.
    pub replica: u64,
    /// Frame that is being left.
    pub frame: u64,
}

/// Buffers for a batch of replicas of one protein.
pub struct GpuBatch {
    network: Arc<GpuNetwork>,
    plan: Plan,
    tables: Tables,
    arena: wgpu::Buffer,
    table_buffer: wgpu::Buffer,
    moments: wgpu::Buffer,
    moments_room: usize,
    read_back: wgpu::Buffer,
    /// One per buffer of weights.
    groups: Vec<wgpu::BindGroup>,
    /// Time of a dispatch on average, as measured.
    dispatch_time: Option<Duration>,
}

impl GpuBatch {
    /// How many replicas of the first protein of `sequence` one batch can hold.
    ///
    /// # Errors
    /// [`GpuError`] when not even one fits.
    pub fn most_replicas(network: &GpuNetwork, sequence: &SequenceBatch) -> Result<usize, GpuError> {
        let residues = sequence.starts.get(1).copied().unwrap_or_default();
        let tables = Tables::new(sequence, 1);
        Plan::most_replicas(&network.gpu, &network.shape, &network.weights, &tables, residues)
    }

    /// Buffers for the replicas of `sequence`, which are all of one protein, and for frames of up to so many
    /// `latent_moves`.
    ///
    /// # Errors
    /// [`GpuError`] when the device has not the room.
    pub fn new(
        network: Arc<GpuNetwork>,
        sequence: &SequenceBatch,
        latent_moves: usize,
    ) -> Result<Self, GpuError> {
        use wgpu::BufferUsages as Usage;
        let replicas = sequence.proteins();
        let residues = sequence.starts.get(1).copied().unwrap_or_default();
        let tables = Tables::new(sequence, replicas);
        let plan = Plan::new(&network.shape, &network.weights, &tables, residues, replicas);
        let gpu = &network.gpu;
        let moments_room = 1 + latent_moves;
        let storage = Usage::STORAGE | Usage::COPY_DST;
        let uniform = Usage::UNIFORM | Usage::COPY_DST;
        let arena = gpu.buffer("activations", plan.arena_bytes, storage | Usage::COPY_SRC)?;
        let table_buffer = gpu.buffer("tables", 4 * tables.words.len() as u64, storage)?;
        let moments = gpu.buffer("latent steps", PARAMETER_BYTES * moments_room as u64, uniform)?;
        let parameters = gpu.buffer("parameters", plan.parameters.len() as u64, uniform)?;
        let read_back = gpu.buffer("result", cloud_bytes(plan.rows), Usage::MAP_READ | Usage::COPY_DST)?;
        gpu.queue.write_buffer(&table_buffer, 0, bytemuck::cast_slice(&tables.words));
        gpu.queue.write_buffer(&parameters, 0, &plan.parameters);
        let size = wgpu::BufferSize::new(PARAMETER_BYTES);
        let groups = network
            .weights
            .windows
            .iter()
            .map(|window| {
                let whole = |binding, buffer| wgpu::BindGroupEntry {
                    binding,
                    resource: wgpu::BindingResource::Buffer(wgpu::BufferBinding {
                        buffer,
                        offset: 0,
                        size: None,
                    }),
                };
                let slice = |binding, buffer| wgpu::BindGroupEntry {
                    binding,
                    resource: wgpu::BindingResource::Buffer(wgpu::BufferBinding { buffer, offset: 0, size }),
                };
                gpu.device.create_bind_group(&wgpu::BindGroupDescriptor {
                    label: Some("sampler"),
                    layout: &network.kernels.bindings,
                    entries: &[
                        whole(0, &arena),
                        whole(1, window),
                        whole(2, &table_buffer),
                        slice(3, &parameters),
                        slice(4, &moments),
                    ],
                })
            })
            .collect();
        gpu.check()?;
        Ok(Self {
            network,
            plan,
            tables,
            arena,
            table_buffer,
            moments,
            moments_room,
            read_back,
            groups,
            dispatch_time: None,
        })
    }

    /// Makes one frame: the conditioner, then `latent_moves`. `sources`, the latent clouds at their `starts` and the result
    /// are clouds `[R, 14, 3]`, Å: 13 vectors and the position of each residue. `key` is that of the noise stream.
    /// `control` is asked before each move; `Break` ends the frame with `None` as soon as what is under
    /// way is done.
    ///
    /// # Errors
    /// [`GpuError`] when the device fails.
    pub fn frame(
        &mut self,
        (sources, starts): (&[[f32; 3]], &[[f32; 3]]),
        addresses: &[Address],
        key: [u32; 2],
        latent_moves: &[LatentMove],
        control: &mut dyn FnMut(usize) -> ControlFlow<()>,
    ) -> Result<Option<Vec<[f32; 3]>>, GpuError> {
        self.write_inputs((sources, starts), addresses, key, latent_moves);
        let (conditioner, headers) = (self.plan.conditioner.len(), self.plan.headers.len());
        let total = conditioner + headers * latent_moves.len();
        let mut under_way: VecDeque<(wgpu::SubmissionIndex, usize, Instant)> = VecDeque::new();
        let mut done = 0;
        let mut finished_at = Instant::now();
        while done < total {
            let portion = self.portion().clamp(1, total - done);
            let mut end = done;
            while end < done + portion {
                if end >= conditioner
                    && (end - conditioner) % headers == 0
                    && control((end - conditioner) / headers).is_break()
                {
                    self.network.gpu.wait(None)?;
                    return Ok(None);
                }
                end += 1;
            }
            let submission = self.submit(done..end, end == total);
            under_way.push_back((submission, end - done, Instant::now()));
            done = end;
            while under_way.len() >= PORTIONS_AHEAD || (done == total && !under_way.is_empty()) {
                let Some((submission, dispatches, begun)) = under_way.pop_front() else { break };
                self.network.gpu.wait(Some(submission))?;
                let now = Instant::now();
                let time = now.duration_since(begun.max(finished_at)) / dispatches.max(1) as u32;
                finished_at = now;
                self.dispatch_time = Some(match self.dispatch_time {
                    Some(before) => (3 * before + time) / 4,
                    None => time,
                });
            }
        }
        self.read().map(Some)
    }

    /// Dispatches to hand over at once.
    fn portion(&self) -> usize {
        match self.dispatch_time {
            Some(time) => (PORTION.as_secs_f64() / time.as_secs_f64().max(1e-9)) as usize,
            None => self.plan.headers.len(),
        }
    }

    fn write_inputs(
        &mut self,
        (sources, starts): (&[[f32; 3]], &[[f32; 3]]),
        addresses: &[Address],
        key: [u32; 2],
        latent_moves: &[LatentMove],
    ) {
        let clouds = self.plan.clouds;
        let queue = &self.network.gpu.queue;
        for (sites, offset) in [(sources, clouds.source), (starts, clouds.latent)] {
            let padded: Vec<[f32; 4]> = sites.iter().map(|[x, y, z]| [*x, *y, *z, 0.0]).collect();
            queue.write_buffer(&self.arena, 16 * u64::from(offset), bytemuck::cast_slice(&padded));
        }
        let words: Vec<u32> = addresses
            .iter()
            .flat_map(|a| [a.replica as u32, a.frame as u32, (a.frame >> 32) as u32])
            .collect();
        let at = 4 * u64::from(self.tables.addresses);
        queue.write_buffer(&self.table_buffer, at, bytemuck::cast_slice(&words));
        let config = &self.network.shape.config;
        // The conditioner's is the first.
        let conditioner = Moment { cloud: clouds.source, ..Moment::default() };
        let moments = latent_moves.iter().enumerate().map(|(index, latent_move)| Moment {
            estimated: u32::from(index > 0),
            ..moment(latent_move, config, key, &clouds)
        });
        let mut bytes = vec![0u8; PARAMETER_BYTES as usize * (1 + latent_moves.len()).min(self.moments_room)];
        let size = std::mem::size_of::<Moment>();
        let places = bytes.chunks_exact_mut(PARAMETER_BYTES as usize);
        for (moment, bytes) in std::iter::once(conditioner).chain(moments).zip(places) {
            bytes[..size].copy_from_slice(bytemuck::bytes_of(&moment));
        }
        queue.write_buffer(&self.moments, 0, &bytes);
    }

    /// Records and hands over dispatches of a frame, counted from its first; the last ones copy the result.
    fn submit(&self, range: std::ops::Range<usize>, copy: bool) -> wgpu::SubmissionIndex {
        let network = &*self.network;
        let descriptor = wgpu::CommandEncoderDescriptor { label: Some("frame") };
        let mut encoder = network.gpu.device.create_command_encoder(&descriptor);
        {
            let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
            let mut kernel = None;
            for at in range {
                let (dispatch, moment) = self.dispatch(at);
                if kernel != Some(dispatch.kernel) {
                    kernel = Some(dispatch.kernel);
                    if let Some(pipeline) = network.kernels.pipeline(dispatch.kernel) {
                        pass.set_pipeline(pipeline);
                    }
                }
                let offsets = [dispatch.parameters, moment * PARAMETER_BYTES as u32];
                pass.set_bind_group(0, &self.groups[dispatch.window], &offsets);
                let [x, y, z] = dispatch.groups;
                pass.dispatch_workgroups(x, y, z);
            }
        }
        if copy {
            let from = 16 * u64::from(self.plan.clouds.latent);
            let bytes = cloud_bytes(self.plan.rows);
            encoder.copy_buffer_to_buffer(&self.arena, from, &self.read_back, 0, bytes);
        }
        network.gpu.queue.submit([encoder.finish()])
    }

    /// The dispatch at a position of the frame, and which [`Moment`] it is about.
    fn dispatch(&self, at: usize) -> (&Dispatch, u32) {
        match at.checked_sub(self.plan.conditioner.len()) {
            None => (&self.plan.conditioner[at], 0),
            Some(at) => {
                let headers = self.plan.headers.len();
                (&self.plan.headers[at % headers], 1 + (at / headers) as u32)
            }
        }
    }

    fn read(&self) -> Result<Vec<[f32; 3]>, GpuError> {
        let gpu = &self.network.gpu;
        let failed = |reason: String| GpuError::Failed { adapter: gpu.adapter().name.clone(), reason };
        let bytes = cloud_bytes(self.plan.rows);
        self.read_back.map_async(wgpu::MapMode::Read, 0..bytes, |_| {});
        gpu.wait(None)?;
        let view = self.read_back.get_mapped_range(0..bytes);
        let view = view.map_err(|error| failed(one_line(&error.to_string())))?;
        let cloud = view
            .chunks_exact(16)
            .map(|site| {
                std::array::from_fn(|axis| {
                    let at = 4 * axis;
                    f32::from_le_bytes([site[at], site[at + 1], site[at + 2], site[at + 3]])
                })
            })
            .collect();
        drop(view);
        self.read_back.unmap();
        gpu.check()?;
        Ok(cloud)
    }
}

fn cloud_bytes(rows: usize) -> u64 {
    16 * (rows * SITES) as u64
}

fn moment(latent_move: &LatentMove, config: &NetworkConfig, key: [u32; 2], clouds: &Clouds) -> Moment {
    let (position_displacement, vector_displacement) = inputs::displacement_scales(config, latent_move.tau);
    let factors = latent_move.factors;
    Moment {
        cloud: if latent_move.stage == Stage::Correct { clouds.predicted } else { clouds.latent },
        stage: latent_move.stage as u32,
        noise_step: latent_move.latent_step,
        key,
        clock: config.transport.clock_at(latent_move.tau),
        still: config.transport.still_scale(latent_move.tau),
        position_displacement,
        vector_displacement,
        keep: factors.keep,
        drift: factors.drift,
        noise: factors.noise,
        change: factors.change,
        random: factors.random,
        position_noise: factors.position_noise,
        position_random: factors.position_random,
        estimated: 0,
        unused: [0; 3],
        drift_reading: latent_move.reading.drift,
        noise_reading: latent_move.reading.noise,
    }
}
