//! An open device: its queue, its limits, and what it reported as wrong.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::adapter::{AdapterChoice, AdapterSummary, choose, ready};
use super::error::GpuError;

/// A submission that takes longer is taken for a device that hangs. Ours are made to take milliseconds; one
/// latent step of the largest network on a software adapter takes minutes.
const LONGEST_WAIT: Duration = Duration::from_secs(600);

/// What the driver reported from its own threads.
#[derive(Default)]
struct Faults {
    first: Mutex<Option<Fault>>,
}

#[derive(Clone)]
enum Fault {
    Lost(String),
    OutOfMemory,
    Failed(String),
}

impl Faults {
    fn report(&self, fault: Fault) {
        let mut first = self.first.lock().unwrap_or_else(PoisonError::into_inner);
        // A lost device explains every other failure.
        if first.is_none() || matches!(fault, Fault::Lost(_)) {
            *first = Some(fault);
        }
    }
}

/// An open device without a window.
pub struct Gpu {
    pub(super) device: wgpu::Device,
    pub(super) queue: wgpu::Queue,
    pub(super) limits: wgpu::Limits,
    adapter: AdapterSummary,
    faults: Arc<Faults>,
}

impl std::fmt::Debug for Gpu {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gpu").field("adapter", &self.adapter).finish_non_exhaustive()
    }
}

impl Gpu {
    /// Opens an adapter with all the limits that it has.
    ///
    /// # Errors
    /// [`GpuError`] when there is no such adapter or its driver does not open it.
    pub fn open(choice: &AdapterChoice) -> Result<Self, GpuError> {
        let (adapter, summary) = choose(choice)?;
        let failed = |reason: String| GpuError::Open { adapter: summary.name.clone(), reason };
        let offered = adapter.limits();
        // The default limits are enough to run; what is more serves larger models and batches.
        let limits = wgpu::Limits {
            max_storage_buffer_binding_size: offered.max_storage_buffer_binding_size,
            max_buffer_size: offered.max_buffer_size,
            ..wgpu::Limits::default()
        };
        let descriptor = wgpu::DeviceDescriptor {
            label: Some("EquiJump sampler"),
            required_limits: limits.clone(),
            memory_hints: wgpu::MemoryHints::Performance,
            ..wgpu::DeviceDescriptor::default()
        };
        let (device, queue) = ready(adapter.request_device(&descriptor))
            .map_err(|error| failed(one_line(&error.to_string())))?;
        let faults = Arc::new(Faults::default());
        let reported = faults.clone();
        device.on_uncaptured_error(Arc::new(move |error: wgpu::Error| {
            log::warn!("graphics adapter: {error}");
            reported.report(match error {
                wgpu::Error::OutOfMemory { .. } => Fault::OutOfMemory,
                other => Fault::Failed(one_line(&other.to_string())),
            });
        }));
        let reported = faults.clone();
        device.set_device_lost_callback(move |reason, message| {
            let message = if message.is_empty() { format!("{reason:?}") } else { one_line(&message) };
            reported.report(Fault::Lost(message));
        });
        Ok(Self { device, queue, limits, adapter: summary, faults })
    }

    /// What it is.
    pub fn adapter(&self) -> &AdapterSummary {
        &self.adapter
    }

    /// Bytes that one binding, and so one buffer, can hold.
    pub(super) fn largest_buffer(&self) -> u64 {
        self.limits.max_storage_buffer_binding_size.min(self.limits.max_buffer_size)
    }

    /// Whether nothing went wrong so far.
    ///
    /// # Errors
    /// What went wrong first.
    pub fn check(&self) -> Result<(), GpuError> {
        let adapter = self.adapter.name.clone();
        match self.faults.first.lock().unwrap_or_else(PoisonError::into_inner).clone() {
            None => Ok(()),
            Some(Fault::Lost(reason)) => Err(GpuError::Lost { adapter, reason }),
            Some(Fault::OutOfMemory) => Err(GpuError::OutOfMemory { adapter }),
            Some(Fault::Failed(reason)) => Err(GpuError::Failed { adapter, reason }),
        }
    }

    /// An error about a limit of this adapter.
    pub(super) fn limit(&self, what: &'static str, have: u64, need: u64) -> GpuError {
        GpuError::Limit { adapter: self.adapter.name.clone(), what, have, need }
    }

    /// A buffer of `bytes`, zero at first.
    pub(super) fn buffer(
        &self,
        label: &'static str,
        bytes: u64,
        usage: wgpu::BufferUsages,
    ) -> Result<wgpu::Buffer, GpuError> {
        let have = self.limits.max_buffer_size;
        if bytes > have {
            return Err(self.limit("bytes in a buffer", have, bytes));
        }
        // Padded, because an empty buffer cannot be bound.
        let size = bytes.max(16).next_multiple_of(16);
        let scope = self.device.push_error_scope(wgpu::ErrorFilter::OutOfMemory);
        let buffer = self.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some(label),
            size,
            usage,
            mapped_at_creation: false,
        });
        if ready(scope.pop()).is_some() {
            return Err(GpuError::OutOfMemory { adapter: self.adapter.name.clone() });
        }
        self.check()?;
        Ok(buffer)
    }

    /// Waits for a submission, or for all of them.
    ///
    /// # Errors
    /// [`GpuError`] when the device failed meanwhile, or does not answer.
    pub(super) fn wait(&self, submission: Option<wgpu::SubmissionIndex>) -> Result<(), GpuError> {
        let polled = self
            .device
            .poll(wgpu::PollType::Wait { submission_index: submission, timeout: Some(LONGEST_WAIT) });
        self.check()?;
        polled.map(|_| ()).map_err(|error| GpuError::Lost {
            adapter: self.adapter.name.clone(),
            reason: one_line(&error.to_string()),
        })
    }

    /// Takes the device away, as a driver reset would. For tests of what happens then.
    pub fn destroy(&self) {
        self.device.destroy();
    }
}

/// The first line of a driver's message that says something.
pub(super) fn one_line(message: &str) -> String {
    let lines: Vec<&str> = message.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines.join(" ")
}
