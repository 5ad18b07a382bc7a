//! How fast a graphics adapter samples.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::gpu::{Gpu, GpuNetwork};
use crate::network::{Heads, Model, ModelCard, NetworkConfig, ParameterLayout, Residual};
use crate::structure::Topology;
use crate::training::trainer::initial_weights;

use super::benchmark::LATENT_STEPS;
use super::gpu_sampler::GpuSampler;
use super::sampler::{FrameSampler, Replica, TransportError};
use super::settings::SamplerSettings;

/// Latent steps of the frame that tells how many can be timed.
const TRIAL_STEPS: u32 = 2;

/// One configuration's figures on one adapter.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GpuBenchmarkRow {
    /// Name of the adapter.
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
    /// Parameters of the network.
    pub parameters: usize,
    /// Seconds per frame of all replicas at 100 latent steps, transfers included.
    pub seconds_per_frame: f64,
    /// Latent steps of the frame that was timed; where it was not 100, the figure is scaled up.
    pub measured_steps: u32,
    /// Matrix-product operations of the frame, GFLOP.
    pub product_gflop: f64,
    /// Rate of the products, GFLOP/s.
    pub gflop_per_second: f64,
    /// Simulated time per day, all replicas together, at 100 ps a frame.
    pub ns_per_day: f64,
}

/// Times one configuration with random weights: a whole frame of 100 latent steps, or as many as `duration` has
/// room for.
///
/// # Errors
/// [`TransportError`] when the adapter cannot run it.
pub fn measure_gpu(
    gpu: &Arc<Gpu>,
    config: &NetworkConfig,
    topology: &Topology,
    atoms_angstrom: &[[f32; 3]],
    batch: usize,
    duration: Duration,
) -> Result<GpuBenchmarkRow, TransportError> {
    let weights = initial_weights(&ParameterLayout::new(config), 0);
    let model = Model::new(config, weights, ModelCard::default());
    let network = Arc::new(GpuNetwork::new(gpu.clone(), &model)?);
    let time = |steps: u32, frames: usize| -> Result<f64, TransportError> {
        let settings =
            SamplerSettings { latent_steps: steps, keep_geometry: false, ..SamplerSettings::default() };
        let mut sampler = GpuSampler::new(network.clone(), &model, topology, settings)?;
        let mut best = f64::INFINITY;
        for _ in 0..frames {
            let mut replicas: Vec<Replica> = (0..batch as u64)
                .map(|index| Replica { index, frame: 0, positions_angstrom: atoms_angstrom.to_vec() })
                .collect();
            let start = Instant::now();
            match sampler.advance(&mut replicas, &mut |_| ControlFlow::Continue(())) {
                // Random weights may well leave the finite; the time is the same.
                Ok(_) | Err(TransportError::NonFinite { .. }) => {}
                Err(error) => return Err(error),
            }
            best = best.min(start.elapsed().as_secs_f64());
        }
        Ok(best)
    };
    // The first frame brings weights and programs in, the second tells how long a step is.
    let step = time(TRIAL_STEPS, 2)? / f64::from(TRIAL_STEPS);
    let room = (duration.as_secs_f64() / step.max(1e-9)) as u32;
    let measured_steps = room.clamp(TRIAL_STEPS, LATENT_STEPS as u32);
    // A frame to set the length of portions, then one to be timed.
    let seconds_per_frame = time(measured_steps, 2)? * LATENT_STEPS as f64 / f64::from(measured_steps);
    let residues = topology.residue_count();
    let product_gflop = model.network.product_flops(residues * batch, residues, LATENT_STEPS) / 1e9;
    Ok(GpuBenchmarkRow {
        device: gpu.adapter().name.clone(),
        residues,
        batch,
        multiplicity: config.multiplicity,
        residual: config.residual,
        heads: config.heads,
        parameters: model.parameter_count(),
        seconds_per_frame,
        measured_steps,
        product_gflop,
        gflop_per_second: product_gflop / seconds_per_frame.max(1e-12),
        ns_per_day: 0.1 * batch as f64 * 86_400.0 / seconds_per_frame.max(1e-12),
    })
}
