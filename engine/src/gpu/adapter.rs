//! The adapters of this machine, and which of them to use.

use std::future::Future;
use std::task::{Context, Poll, Waker};

use serde::Serialize;

use super::GpuError;

/// The interfaces we compute through.
const BACKENDS: wgpu::Backends =
    wgpu::Backends::VULKAN.union(wgpu::Backends::METAL).union(wgpu::Backends::DX12);

/// What an adapter is and what it supports.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AdapterSummary {
    /// Position in the list; `--device` takes it.
    pub index: usize,
    /// Name given by its driver.
    pub name: String,
    /// `Vulkan`, `Metal` or `Dx12`.
    pub interface: String,
    /// `discrete`, `integrated`, `virtual`, `software` or `other`.
    pub kind: &'static str,
    /// Driver and its version.
    pub driver: String,
    /// Most bytes that one kernel can see of a buffer: the limit on batch and model size.
    pub largest_binding_bytes: u64,
    /// Memory shared by a group of threads, bytes.
    pub workgroup_memory_bytes: u32,
    /// Most threads in a group.
    pub workgroup_threads: u32,
    /// Whether it has subgroup operations.
    pub subgroups: bool,
    /// Whether it computes with 16-bit floats.
    pub half_precision: bool,
}

impl AdapterSummary {
    /// Whether it is a program on the processor that poses as a graphics adapter.
    pub fn is_software(&self) -> bool {
        self.kind == "software"
    }
}

/// The adapters of this machine, in the order of `--device`'s indices.
pub fn adapters() -> Vec<AdapterSummary> {
    found().iter().enumerate().map(|(index, adapter)| summary(index, adapter)).collect()
}

fn found() -> Vec<wgpu::Adapter> {
    let instance = wgpu::Instance::new(wgpu::InstanceDescriptor {
        backends: BACKENDS,
        // Validation layers cost time and are for developers of drivers.
        flags: wgpu::InstanceFlags::empty(),
        ..wgpu::InstanceDescriptor::new_without_display_handle()
    });
    let mut adapters = ready(instance.enumerate_adapters(BACKENDS));
    adapters.retain(|adapter| {
        adapter.get_downlevel_capabilities().flags.contains(wgpu::DownlevelFlags::COMPUTE_SHADERS)
    });
    // Hardware first, so that index 0 is what one wants.
    adapters.sort_by_key(|adapter| rank(adapter.get_info().device_type));
    adapters
}

fn rank(kind: wgpu::DeviceType) -> u8 {
    match kind {
        wgpu::DeviceType::DiscreteGpu => 0,
        wgpu::DeviceType::IntegratedGpu => 1,
        wgpu::DeviceType::VirtualGpu => 2,
        wgpu::DeviceType::Other => 3,
        wgpu::DeviceType::Cpu => 4,
    }
}

fn summary(index: usize, adapter: &wgpu::Adapter) -> AdapterSummary {
    let (info, limits, features) = (adapter.get_info(), adapter.limits(), adapter.features());
    AdapterSummary {
        index,
        name: info.name,
        interface: format!("{:?}", info.backend),
        kind: match info.device_type {
            wgpu::DeviceType::DiscreteGpu => "discrete",
            wgpu::DeviceType::IntegratedGpu => "integrated",
            wgpu::DeviceType::VirtualGpu => "virtual",
            wgpu::DeviceType::Cpu => "software",
            wgpu::DeviceType::Other => "other",
        },
        driver: format!("{} {}", info.driver, info.driver_info).trim().to_owned(),
        largest_binding_bytes: limits.max_storage_buffer_binding_size.min(limits.max_buffer_size),
        workgroup_memory_bytes: limits.max_compute_workgroup_storage_size,
        workgroup_threads: limits.max_compute_invocations_per_workgroup,
        subgroups: features.contains(wgpu::Features::SUBGROUP),
        half_precision: features.contains(wgpu::Features::SHADER_F16),
    }
}

/// Which adapter to use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum AdapterChoice {
    /// The first one, which is hardware where there is any.
    #[default]
    First,
    /// The one at this position in the list.
    Index(usize),
    /// The first one whose name contains this, whatever the case.
    Name(String),
}

/// Finds the adapter.
pub(super) fn choose(choice: &AdapterChoice) -> Result<(wgpu::Adapter, AdapterSummary), GpuError> {
    let adapters = found();
    let at = match choice {
        AdapterChoice::First => Some(0),
        AdapterChoice::Index(index) => Some(*index),
        AdapterChoice::Name(name) => {
            let name = name.to_lowercase();
            adapters.iter().position(|adapter| adapter.get_info().name.to_lowercase().contains(&name))
        }
    };
    if let Some(adapter) = at.and_then(|at| adapters.get(at)) {
        let summary = summary(at.unwrap_or_default(), adapter);
        return Ok((adapter.clone(), summary));
    }
    if adapters.is_empty() {
        return Err(GpuError::NoAdapter);
    }
    let asked = match choice {
        AdapterChoice::First => "first".to_owned(),
        AdapterChoice::Index(index) => index.to_string(),
        AdapterChoice::Name(name) => name.clone(),
    };
    let known: Vec<String> =
        adapters.iter().enumerate().map(|(i, a)| format!("{i} ({})", a.get_info().name)).collect();
    Err(GpuError::UnknownAdapter { asked, known })
}

/// The value of a future that native wgpu has ready, or nearly so.
pub(super) fn ready<F: Future>(future: F) -> F::Output {
    let mut future = std::pin::pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(value) => return value,
            Poll::Pending => std::thread::yield_now(),
        }
    }
}
