//! How fast a graphics adapter samples.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Instant;

use crate::gpu::{Gpu, GpuNetwork};

use super::benchmark::{BenchmarkCase, BenchmarkRow, LATENT_STEPS, Timing};
use super::gpu_sampler::GpuSampler;
use super::sampler::{FrameSampler, TransportError};
use super::settings::SamplerSettings;

/// Latent steps of the frame that tells how many can be timed.
const TRIAL_STEPS: u32 = 2;

impl BenchmarkCase<'_> {
    /// Times a graphics adapter: a whole frame of 100 latent steps, or as many as there is time for;
    /// `rate_gflops` is the adapter's product rate.
    ///
    /// # Errors
    /// [`TransportError`] when the adapter cannot run it.
    pub fn measure_gpu(&self, gpu: &Arc<Gpu>, rate_gflops: f64) -> Result<BenchmarkRow, TransportError> {
        let network = Arc::new(GpuNetwork::new(gpu.clone(), self.model)?);
        let time = |steps: u32, frames: usize| -> Result<f64, TransportError> {
            let settings =
                SamplerSettings { latent_steps: steps, keep_geometry: false, ..SamplerSettings::default() };
            let mut sampler = GpuSampler::new(network.clone(), self.model, self.topology, settings)?;
            let mut best = f64::INFINITY;
            for _ in 0..frames {
                let start = Instant::now();
                match sampler.advance(&mut self.replicas(), &mut |_| ControlFlow::Continue(())) {
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
        let room = (self.duration.as_secs_f64() / step.max(1e-9)) as u32;
        let steps = room.clamp(TRIAL_STEPS, LATENT_STEPS as u32);
        // A frame to set the length of portions, then one to be timed.
        let seconds = time(steps, 2)? * LATENT_STEPS as f64 / f64::from(steps);
        let timing = Timing { seconds, cpu_seconds: None, steps: steps as usize };
        Ok(self.row(gpu.adapter().name.clone(), None, rate_gflops, &timing))
    }
}
