//! The network and the integrator as compute passes on any Vulkan, Metal or DirectX 12 adapter (ARCHITECTURE.md §10).
//!
//! A [`GpuNetwork`] holds weights and compiled kernels, a [`GpuBatch`] the buffers of some replicas. A frame is
//! handed over in portions of some milliseconds, nothing is read back before it is done. The kernels are in
//! `shaders/compute`, their cost is counted in `shaders/README.md`.

mod adapter;
mod device;
mod error;
mod kernels;
mod network;
mod parameters;
mod plan;
mod product_rate;
mod shape;
mod tables;
mod weights;

pub use adapter::{AdapterChoice, AdapterSummary, adapters};
pub use device::Gpu;
pub use error::GpuError;
pub use network::{Address, GpuBatch, GpuNetwork};
pub use product_rate::product_rate_gflops;
pub use shape::Unsupported;
