//! How fast the processor trains.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::cpu_clock;
use crate::network::variable::read_flat;
use crate::network::{Heads, NetworkConfig, Parameters, Residual};
use crate::structure::{TensorCloud, Topology};
use crate::transport::benchmark::{median, random_model};
use crate::transport::interpolant::NoiseAddress;

use super::batch::Draw;
use super::dataset::Pair;
use super::fused_backend::FusedBackend;
use super::loss::Loss;
use super::optimizer::{Adam, Optimizer};
use super::{TrainError, TrainSettings};

/// Steps to time at least, after one that grows buffers.
const LEAST_STEPS: usize = 3;

/// One configuration's figures.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TrainingBenchmarkRow {
    /// Residues of the protein.
    pub residues: usize,
    /// Frame pairs per step.
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
    /// Threads used.
    pub threads: usize,
    /// Wall-clock seconds per step: losses, gradient and optimizer; the median.
    pub seconds_per_step: f64,
    /// Processor seconds of the same, all threads together.
    pub cpu_seconds_per_step: f64,
    /// Steps that were timed.
    pub measured_steps: usize,
    /// Matrix-product operations of a step, GFLOP: those of the network once forward, twice backward.
    pub product_gflop: f64,
    /// Rate of the products, GFLOP per wall-clock second.
    pub gflop_per_second: f64,
    /// Share of the matrix-product rate of one thread, per second of processor time.
    pub share_of_product_rate: f64,
}

/// Times training steps of `config` with random weights, on `batch` pairs that are all `atoms_angstrom` twice, for
/// about `duration` on up to `threads` threads. `rate_gflops` is the product rate of one thread.
///
/// # Errors
/// [`TrainError`] when a step fails.
pub fn measure_training(
    config: &NetworkConfig,
    topology: &Arc<Topology>,
    atoms_angstrom: &[[f32; 3]],
    batch: usize,
    threads: usize,
    rate_gflops: f64,
    duration: Duration,
) -> Result<TrainingBenchmarkRow, TrainError> {
    // Weights stay as they are: they would not learn anything from this.
    let settings = TrainSettings {
        batch_size: batch,
        threads,
        learning_rate: 0.0,
        final_learning_rate: 0.0,
        ..TrainSettings::default()
    };
    let model = random_model(config);
    let parameters = Parameters::new(model.parameters.clone())?;
    let loss = Loss::new(Box::new(FusedBackend::new(config, &settings)));
    let mut optimizer =
        <Adam as candle_nn::Optimizer>::new(vec![parameters.variable().clone()], settings.clone())?;
    let mut cloud = TensorCloud::from_atoms(topology, atoms_angstrom);
    cloud.center();
    let (mut wall, mut cpu) = (Vec::new(), Vec::new());
    let start = Instant::now();
    let mut step = 0u64;
    while wall.len() < LEAST_STEPS || start.elapsed() < duration {
        let draw = draw(topology, &cloud, batch, step);
        let lap = (Instant::now(), cpu_clock::process_seconds());
        let (loss, _) = loss.of_step(&parameters, &settings, draw)?;
        let gradient = parameters.gradient_of(&loss)?;
        let norm = read_flat(&gradient, |gradient| Ok(Optimizer::norm(gradient)))?;
        optimizer.step_along(&gradient, norm)?;
        if step > 0 {
            wall.push(lap.0.elapsed().as_secs_f64());
            cpu.push(cpu_clock::process_seconds() - lap.1);
        }
        step += 1;
    }
    let measured_steps = wall.len();
    let (seconds, cpu_seconds) = (median(&mut wall), median(&mut cpu));
    let residues = topology.residue_count();
    let product_gflop = 3.0 * model.network.product_flops(residues * batch, residues, 1) / 1e9;
    Ok(TrainingBenchmarkRow {
        residues,
        batch,
        multiplicity: config.multiplicity,
        residual: config.residual,
        heads: config.heads,
        extra_inputs: config.strain_inputs || config.displacement_inputs,
        parameters: model.parameter_count(),
        threads: threads.clamp(1, batch.max(1)),
        seconds_per_step: seconds,
        cpu_seconds_per_step: cpu_seconds,
        measured_steps,
        product_gflop,
        gflop_per_second: product_gflop / seconds.max(1e-12),
        share_of_product_rate: product_gflop / cpu_seconds.max(1e-12) / rate_gflops.max(1e-12),
    })
}

/// `batch` pairs at latent times all over (0, 1).
fn draw(topology: &Arc<Topology>, cloud: &TensorCloud, batch: usize, step: u64) -> Draw {
    let pair = |_| {
        let weights = vec![1.0; topology.residue_count()];
        Pair { topology: topology.clone(), source: cloud.clone(), target: cloud.clone(), weights }
    };
    Draw {
        with_estimate: true,
        pairs: (0..batch).map(pair).collect(),
        tau: (0..batch).map(|i| (i as f32 + 0.5) / batch as f32).collect(),
        addresses: (0..batch as u64)
            .map(|replica| NoiseAddress { replica, frame: step, latent_step: 0 })
            .collect(),
        numbers: (0..batch as u64).collect(),
    }
}
