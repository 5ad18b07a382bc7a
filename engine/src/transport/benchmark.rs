//! How fast this machine samples, beside how fast it multiplies matrices.

use std::sync::Barrier;
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::network::fused::{Conditioned, FusedModel, HeaderContext, Workspace, product_rate_gflops};
use crate::network::{CloudBatch, Heads, NetworkConfig, Residual, SequenceBatch};
use crate::structure::{TensorCloud, Topology};
use crate::training::trainer::initial_weights;

/// Latent steps of a frame that the figures refer to.
pub const LATENT_STEPS: usize = 100;

/// One configuration's figures.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BenchmarkRow {
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
    /// Parameters of the network.
    pub parameters: usize,
    /// Threads used.
    pub threads: usize,
    /// Seconds per frame of all replicas: the conditioner once and 100 header calls.
    pub seconds_per_frame: f64,
    /// Header calls that were timed; the frame is 100 times their median.
    pub measured_steps: usize,
    /// Matrix-product operations of the frame, GFLOP.
    pub product_gflop: f64,
    /// Rate of the products, GFLOP/s.
    pub gflop_per_second: f64,
    /// Share of the machine's matrix-product rate on as many threads.
    pub share_of_product_rate: f64,
    /// Simulated time per day, all replicas together, at 100 ps a frame.
    pub ns_per_day: f64,
}

/// The machine's f32 matrix-product rate on `threads` threads at once, GFLOP/s.
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

/// Times one configuration for about `duration` on up to `threads` threads, replicas shared out among
/// them, with random weights: speed does not depend on what a model has learned.
pub fn measure(
    config: &NetworkConfig,
    topology: &Topology,
    atoms_angstrom: &[[f32; 3]],
    batch: usize,
    threads: usize,
    rate_gflops: f64,
    duration: Duration,
) -> BenchmarkRow {
    let model = FusedModel::new(config);
    let parameters = initial_weights(model.layout(), 0);
    let mut cloud = TensorCloud::from_atoms(topology, atoms_angstrom);
    cloud.center();
    let threads = threads.clamp(1, batch.max(1));
    let shares: Vec<usize> = (0..threads).map(|k| (k + 1) * batch / threads - k * batch / threads).collect();
    let barrier = Barrier::new(threads);
    let timings: Vec<(f64, Vec<f64>)> = std::thread::scope(|scope| {
        let handles: Vec<_> = shares
            .iter()
            .map(|&share| {
                let (model, parameters, cloud, barrier) = (&model, &parameters[..], &cloud, &barrier);
                scope.spawn(move || time_share(model, parameters, topology, cloud, share, barrier, duration))
            })
            .collect();
        handles.into_iter().filter_map(|h| h.join().ok()).collect()
    });
    // A frame is done when the slowest share is.
    let mut seconds_per_frame = 0.0f64;
    let mut measured_steps = usize::MAX;
    for (conditioner, mut calls) in timings {
        calls.sort_unstable_by(f64::total_cmp);
        let median = calls.get(calls.len() / 2).copied().unwrap_or(0.0);
        seconds_per_frame = seconds_per_frame.max(conditioner + LATENT_STEPS as f64 * median);
        measured_steps = measured_steps.min(calls.len());
    }
    let residues = topology.residue_count();
    let product_gflop = model.product_flops(residues * batch, residues, LATENT_STEPS) / 1e9;
    let gflop_per_second = product_gflop / seconds_per_frame.max(1e-12);
    BenchmarkRow {
        residues,
        batch,
        multiplicity: config.multiplicity,
        residual: config.residual,
        heads: config.heads,
        parameters: parameters.len(),
        threads,
        seconds_per_frame,
        measured_steps,
        product_gflop,
        gflop_per_second,
        share_of_product_rate: gflop_per_second / rate_gflops.max(1e-12),
        ns_per_day: 0.1 * batch as f64 * 86_400.0 / seconds_per_frame.max(1e-12),
    }
}

/// Seconds of the conditioner, and of each header call.
fn time_share(
    model: &FusedModel,
    parameters: &[f32],
    topology: &Topology,
    cloud: &TensorCloud,
    share: usize,
    barrier: &Barrier,
    duration: Duration,
) -> (f64, Vec<f64>) {
    let sequence = SequenceBatch::replicate(topology, share);
    let mut source = CloudBatch::default();
    for _ in 0..share {
        source.push(cloud);
    }
    let mut workspace = Workspace::default();
    let mut conditioned = Conditioned::default();
    // Once to grow the buffers, once to be timed.
    model.condition(parameters, &mut workspace, &sequence, &source, &mut conditioned, false);
    barrier.wait();
    let start = Instant::now();
    model.condition(parameters, &mut workspace, &sequence, &source, &mut conditioned, false);
    let conditioner = start.elapsed().as_secs_f64();
    let mut tau = vec![0.0f32; share];
    let mut calls = Vec::new();
    let start = Instant::now();
    let mut step = 0usize;
    while calls.len() < 4 || start.elapsed() < duration {
        tau.fill((step % LATENT_STEPS) as f32 / LATENT_STEPS as f32);
        let context = HeaderContext {
            sequence: &sequence,
            source: &source,
            latent: &source,
            tau: &tau,
            conditioned: &conditioned,
        };
        let lap = Instant::now();
        model.headers(parameters, &mut workspace, &context, false);
        if step > 0 {
            calls.push(lap.elapsed().as_secs_f64());
        }
        step += 1;
    }
    (conditioner, calls)
}
