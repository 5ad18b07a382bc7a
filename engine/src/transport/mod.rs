//! Interpolants, diffusion, schedules, and integrators (ARCHITECTURE.md §6).

mod batch;
pub mod benchmark;
mod bridge;
pub mod candle_sampler;
#[cfg(test)]
mod collective_tests;
pub mod cpu_sampler;
mod ddpm;
pub mod fallback_sampler;
mod frames;
pub mod gpu_benchmark;
mod gpu_buffers;
pub mod gpu_sampler;
#[cfg(test)]
mod gpu_sampler_tests;
pub mod heads;
pub mod integrator;
#[cfg(test)]
mod integrator_tests;
pub mod interpolant;
pub mod latent_moves;
mod making;
pub mod path;
pub mod presets;
mod redraw;
pub mod sampler;
#[cfg(test)]
mod sampler_tests;
pub mod settings;
pub mod split_sampler;

pub use candle_sampler::CandleSampler;
pub use cpu_sampler::CpuSampler;
pub use fallback_sampler::FallbackSampler;
pub use gpu_sampler::GpuSampler;
pub use path::Transport;
pub use sampler::{Advance, FrameSampler, GeometryCounts, LatentProgress, Replica, TransportError};
pub use settings::{Integrator, SamplerSettings, SamplerSettingsError, Schedule};
pub use split_sampler::SplitSampler;
