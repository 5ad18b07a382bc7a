//! Interpolants, schedules, integrators and the noise stream (design §6).

pub mod benchmark;
pub mod cpu_sampler;
pub mod integrator;
pub mod interpolant;
pub mod noise;
pub mod sampler;
#[cfg(test)]
mod sampler_tests;
pub mod settings;

pub use cpu_sampler::CpuSampler;
pub use sampler::{Advance, FrameSampler, LatentProgress, Replica, TransportError};
pub use settings::{Integrator, SamplerSettings, Schedule};
