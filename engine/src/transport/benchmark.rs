//! How fast this machine samples, beside how fast it multiplies matrices: the figures of Table 4.

use std::ops::ControlFlow;
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::cpu_clock;
use crate::network::fused::product_rate_gflops;
use crate::network::parameters::Initial;
use crate::network::{Heads, Model, ModelCard, NetworkConfig, ParameterLayout, Residual};
use crate::random::{Noise, Stream};
use crate::structure::Topology;

use super::cpu_sampler::CpuSampler;
use super::sampler::{FrameSampler, LatentProgress, Replica, TransportError};
use super::settings::SamplerSettings;

/// Latent steps of a frame that the figures refer to.
pub const LATENT_STEPS: usize = 100;

/// Length of a frame, ns.
const FRAME_NS: f64 = 0.1;

/// Latent steps to time at least; the first one of a run also grows buffers and is left out.
const LEAST_STEPS: usize = 2;

/// One configuration's figures on one device.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BenchmarkRow {
    /// Processor, or name of the graphics adapter.
    pub device: String,
    /// Residues of the protein.
    pub residues: usize,
    /// Replicas advanced together.
    pub batch: usize,
    /// Multiplicity H.
    pub multiplicity: usize,
    /// `sum` or `concat`.
    pub residual: Residual,
    /// `endpoint` or `paper`.
    pub heads: Heads,
    /// Whether the headers see strain and displacements, which the paper's do not.
    pub extra_inputs: bool,
    /// Parameters of the network.
    pub parameters: usize,
    /// Threads used; none on a graphics adapter.
    pub threads: Option<usize>,
    /// Wall-clock seconds per frame of all replicas: the conditioner once and 100 latent steps.
    pub seconds_per_frame: f64,
    /// Processor seconds of the same, all threads together; none on a graphics adapter.
    pub cpu_seconds_per_frame: Option<f64>,
    /// Latent steps that were timed. The frame is 100 times the median one (of processor time, the mean one), on a
    /// graphics adapter so many of them in a row scaled to 100.
    pub measured_steps: usize,
    /// Matrix-product operations of the frame, GFLOP, each counted as the network is defined.
    pub product_gflop: f64,
    /// Rate of the products, GFLOP per wall-clock second.
    pub gflop_per_second: f64,
    /// Share of the device's own matrix-product rate: on the processor that of one thread, per second of
    /// processor time.
    pub share_of_product_rate: f64,
    /// Simulated time per day, all replicas together, at 100 ps a frame.
    pub ns_per_day: f64,
    /// Molecular dynamics' seconds for 100 ps over those for a frame of one replica.
    pub acceleration: f64,
}

/// What is measured: one network on one protein.
#[derive(Clone, Copy, Debug)]
pub struct BenchmarkCase<'a> {
    /// The network; [`random_model`] makes one of any size.
    pub model: &'a Arc<Model>,
    /// The protein.
    pub topology: &'a Topology,
    /// Its atoms, Å.
    pub atoms_angstrom: &'a [[f32; 3]],
    /// Replicas advanced together.
    pub batch: usize,
    /// Time to spend, as far as the least number of steps allows.
    pub duration: Duration,
    /// Seconds that molecular dynamics takes for 100 ps.
    pub md_seconds_per_frame: f64,
}

/// What was timed: seconds, as [`BenchmarkRow`] has them.
pub(super) struct Timing {
    pub seconds: f64,
    pub cpu_seconds: Option<f64>,
    pub steps: usize,
}

impl BenchmarkCase<'_> {
    /// Replicas at the start.
    pub(super) fn replicas(&self) -> Vec<Replica> {
        let replica = |index| Replica { index, frame: 0, positions_angstrom: self.atoms_angstrom.to_vec() };
        (0..self.batch as u64).map(replica).collect()
    }

    /// The row of `timing`; `rate_gflops` is the device's product rate.
    pub(super) fn row(
        &self,
        device: String,
        threads: Option<usize>,
        rate_gflops: f64,
        timing: &Timing,
    ) -> BenchmarkRow {
        let config = self.model.config();
        let residues = self.topology.residue_count();
        let network = &self.model.network;
        let product_gflop = network.product_flops(residues * self.batch, residues, LATENT_STEPS) / 1e9;
        let seconds = timing.seconds.max(1e-12);
        let worked = timing.cpu_seconds.unwrap_or(seconds).max(1e-12);
        let batch = self.batch as f64;
        BenchmarkRow {
            device,
            residues,
            batch: self.batch,
            multiplicity: config.multiplicity,
            residual: config.residual,
            heads: config.heads,
            extra_inputs: config.strain_inputs || config.displacement_inputs,
            parameters: self.model.parameter_count(),
            threads,
            seconds_per_frame: seconds,
            cpu_seconds_per_frame: timing.cpu_seconds,
            measured_steps: timing.steps,
            product_gflop,
            gflop_per_second: product_gflop / seconds,
            share_of_product_rate: product_gflop / worked / rate_gflops.max(1e-12),
            ns_per_day: FRAME_NS * batch * 86_400.0 / seconds,
            acceleration: self.md_seconds_per_frame * batch / seconds,
        }
    }

    /// Times the processor on up to `threads` threads; `rate_gflops` is the product rate of one thread.
    ///
    /// # Errors
    /// [`TransportError`] when the structure is not one that can be sampled.
    pub fn measure_cpu(&self, threads: usize, rate_gflops: f64) -> Result<BenchmarkRow, TransportError> {
        let threads = threads.max(1);
        // Random weights break the chemistry, so that putting it right would take longer than it does.
        let settings =
            SamplerSettings { latent_steps: LATENT_STEPS as u32, keep_geometry: false, ..Default::default() };
        let mut sampler = CpuSampler::with_threads(self.model.clone(), self.topology, settings, threads)?;
        let mut conditioner = [f64::INFINITY; 2];
        let (mut wall, mut cpu) = (Vec::new(), Vec::new());
        // With a replica for each thread they go their own ways, so that at any moment the others may be ahead or
        // behind: the work of this thread tells theirs. Else they share each step.
        let own = sampler.own_share(self.batch);
        let clock = || match self.batch < threads {
            true => cpu_clock::process_seconds(),
            false => cpu_clock::thread_seconds() * self.batch as f64 / own as f64,
        };
        let start = Instant::now();
        let enough = |steps: usize| steps >= LEAST_STEPS && start.elapsed() >= self.duration;
        while !enough(wall.len()) {
            let mut marks: Vec<[f64; 2]> = Vec::with_capacity(LATENT_STEPS + 1);
            let now = || [start.elapsed().as_secs_f64(), clock()];
            let begun = now();
            let timed = wall.len();
            let mut control = |_: LatentProgress| {
                marks.push(now());
                // One interval less than marks, one of them not counted.
                if enough(timed + marks.len().saturating_sub(2)) {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                }
            };
            match sampler.advance(&mut self.replicas(), &mut control) {
                // Random weights may well leave the finite; the time is the same.
                Ok(_) | Err(TransportError::NonFinite { .. }) => {}
                Err(error) => return Err(error),
            }
            if let Some(first) = marks.first() {
                for clock in 0..2 {
                    conditioner[clock] = conditioner[clock].min(first[clock] - begun[clock]);
                }
            }
            for pair in marks.windows(2).skip(1) {
                wall.push(pair[1][0] - pair[0][0]);
                cpu.push(pair[1][1] - pair[0][1]);
            }
        }
        let steps = wall.len();
        // The median of the time, which other programs disturb; the mean of the work, since the system counts that
        // of other threads in leaps.
        let step = [median(&mut wall), cpu.iter().sum::<f64>() / steps as f64];
        let frame = |clock: usize| conditioner[clock] + LATENT_STEPS as f64 * step[clock];
        let timing = Timing { seconds: frame(0), cpu_seconds: Some(frame(1)), steps };
        Ok(self.row("CPU".to_owned(), Some(threads), rate_gflops, &timing))
    }
}

/// The middle one of some numbers, 0 of none.
pub(crate) fn median(x: &mut [f64]) -> f64 {
    x.sort_unstable_by(f64::total_cmp);
    x.get(x.len() / 2).copied().unwrap_or(0.0)
}

/// A network of `config` with random weights: speed does not depend on what a model has learned. The weights are
/// uniform with unit variance, since a normal distribution takes longer to draw than a large network to run.
pub fn random_model(config: &NetworkConfig) -> Arc<Model> {
    let layout = ParameterLayout::new(config);
    let mut weights = vec![0.0; layout.total()];
    let noise = Noise::new(1, Stream::Weights);
    for spec in layout.specs() {
        let weights = &mut weights[spec.range.clone()];
        match spec.initial {
            Initial::Zeros => {}
            Initial::Ones => weights.fill(1.0),
            Initial::Normal => {
                for (block, weights) in weights.chunks_mut(4).enumerate() {
                    let bits = noise.bits([block as u32, spec.range.start as u32, 0, 0]);
                    for (weight, bits) in weights.iter_mut().zip(bits) {
                        let uniform = (bits >> 8) as f32 / (1u64 << 24) as f32 - 0.5;
                        *weight = uniform * 12f32.sqrt();
                    }
                }
            }
        }
    }
    Arc::new(Model::new(config, weights, ModelCard::default()))
}

/// The machine's f32 matrix-product rate on `threads` threads at once, GFLOP per second that each has a processor.
pub fn machine_product_rate(threads: usize) -> f64 {
    let barrier = Barrier::new(threads);
    std::thread::scope(|scope| {
        let handles: Vec<_> = (0..threads)
            .map(|_| {
                scope.spawn(|| {
                    barrier.wait();
                    product_rate_gflops(Duration::from_millis(400))
                })
            })
            .collect();
        handles.into_iter().map(|h| h.join().unwrap_or(0.0)).sum()
    })
}
