//! Interpolants, schedules, integrators and the noise stream (design §6).

mod batch;
pub mod benchmark;
pub mod candle_sampler;
pub mod cpu_sampler;
pub mod integrator;
pub mod interpolant;
pub mod noise;
pub mod sampler;
#[cfg(test)]
mod sampler_tests;
pub mod settings;

pub use candle_sampler::CandleSampler;
pub use cpu_sampler::CpuSampler;
pub use sampler::{Advance, FrameSampler, LatentProgress, Replica, TransportError};
pub use settings::{Integrator, SamplerSettings, Schedule};
