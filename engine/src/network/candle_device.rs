//! The devices candle can compute on, opened at run time.

use std::sync::atomic::{AtomicUsize, Ordering};

use candle_core::Device;

/// Which device of its kind this process takes.
static NUMBER: AtomicUsize = AtomicUsize::new(0);

/// From now on this process takes device `number` of each kind, counted from 0: the first unless several processes of a
/// machine share its devices.
#[cfg(feature = "mpi")]
pub(crate) fn use_device(number: usize) {
    NUMBER.store(number, Ordering::Relaxed);
}

/// A kind of candle device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CandleDevice {
    /// The processor.
    Cpu,
    /// The first NVIDIA GPU.
    Cuda,
    /// The GPU of a Mac.
    Metal,
}

impl std::fmt::Display for CandleDevice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Cpu => "CPU (candle)",
            Self::Cuda => "CUDA",
            Self::Metal => "Metal",
        })
    }
}

/// Why a device cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)] // the messages are the documentation
pub enum DeviceError {
    #[error(
        "this build of EquiJump cannot compute with {device}; build it with the feature `{feature}`, or choose the device cpu"
    )]
    NotBuilt { device: CandleDevice, feature: &'static str },
    #[error(
        "no {device} device can be used here ({reason}); check that its driver is installed, or choose the device cpu"
    )]
    Unavailable {
        device: CandleDevice,
        /// What candle or the driver said, on one line.
        reason: String,
    },
}

/// The kind of GPU that this build can compute on with candle, if any.
pub fn built_gpu() -> Option<CandleDevice> {
    if candle_core::utils::cuda_is_available() {
        Some(CandleDevice::Cuda)
    } else if candle_core::utils::metal_is_available() {
        Some(CandleDevice::Metal)
    } else {
        None
    }
}

/// Opens the device of a kind that this process takes, the first unless told otherwise.
///
/// # Errors
/// [`DeviceError`] when this build or this machine has none.
pub fn open_candle_device(kind: CandleDevice) -> Result<Device, DeviceError> {
    let (built, feature, open): (bool, &str, fn(usize) -> candle_core::Result<Device>) = match kind {
        CandleDevice::Cpu => return Ok(Device::Cpu),
        CandleDevice::Cuda => (candle_core::utils::cuda_is_available(), "cuda", Device::new_cuda),
        CandleDevice::Metal => (candle_core::utils::metal_is_available(), "metal", Device::new_metal),
    };
    if !built {
        return Err(DeviceError::NotBuilt { device: kind, feature });
    }
    let unavailable = |reason: &str| DeviceError::Unavailable {
        device: kind,
        reason: reason.lines().next().unwrap_or("unknown reason").trim().to_owned(),
    };
    // The CUDA bindings panic when the driver's library is not there.
    match std::panic::catch_unwind(|| open(NUMBER.load(Ordering::Relaxed))) {
        Ok(Ok(device)) => Ok(device),
        Ok(Err(error)) => Err(unavailable(&error.to_string())),
        Err(_) => Err(unavailable("its driver library cannot be loaded")),
    }
}
