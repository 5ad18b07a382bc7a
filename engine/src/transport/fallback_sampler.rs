//! A GPU sampler that goes on on the CPU when its device fails.

use std::ops::ControlFlow;
use std::sync::Arc;

use crate::network::Model;
use crate::structure::Topology;

use super::cpu_sampler::CpuSampler;
use super::gpu_sampler::GpuSampler;
use super::sampler::{Advance, FrameSampler, GeometryCounts, LatentProgress, Replica, TransportError};
use super::settings::SamplerSettings;

/// Samples on the GPU while it works, then on the CPU. Both make the same frames, and a frame that fails leaves
/// the replicas as they were, so the run continues from its last frame.
pub struct FallbackSampler {
    sampler: Box<dyn FrameSampler>,
    is_gpu: bool,
    model: Arc<Model>,
    topology: Topology,
    settings: SamplerSettings,
    notice: Option<String>,
    /// Of the sampler on the GPU, once it failed.
    counts: GeometryCounts,
}

impl FallbackSampler {
    /// Starts on the GPU. The rest is what the CPU sampler would be made of.
    pub fn new(gpu: GpuSampler, model: Arc<Model>, topology: &Topology, settings: SamplerSettings) -> Self {
        let topology = topology.clone();
        Self {
            sampler: Box::new(gpu),
            is_gpu: true,
            model,
            topology,
            settings,
            notice: None,
            counts: GeometryCounts::default(),
        }
    }
}

impl FrameSampler for FallbackSampler {
    fn advance(
        &mut self,
        replicas: &mut [Replica],
        control: &mut dyn FnMut(LatentProgress) -> ControlFlow<()>,
    ) -> Result<Advance, TransportError> {
        match self.sampler.advance(replicas, control) {
            Err(TransportError::Gpu(error)) if self.is_gpu => {
                let cpu = CpuSampler::new(self.model.clone(), &self.topology, self.settings.clone())?;
                self.counts = self.sampler.geometry();
                self.sampler = Box::new(cpu);
                self.is_gpu = false;
                self.notice =
                    Some(format!("{error}; the run continues on the processor from its last frame."));
                self.sampler.advance(replicas, control)
            }
            result => result,
        }
    }

    fn frame_interval_ps(&self) -> f64 {
        self.sampler.frame_interval_ps()
    }

    fn device_name(&self) -> String {
        self.sampler.device_name()
    }

    fn geometry(&self) -> GeometryCounts {
        let mut counts = self.counts;
        counts += self.sampler.geometry();
        counts
    }

    fn take_notice(&mut self) -> Option<String> {
        self.notice.take()
    }
}
