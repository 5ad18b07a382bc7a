//! Interpolants, schedules, integrators and the noise stream (design §6).

pub mod interpolant;
pub mod noise;
pub mod sampler;
pub mod settings;

pub use sampler::{Advance, FrameSampler, LatentProgress, Replica, TransportError};
pub use settings::{Integrator, SamplerSettings, Schedule};
