//! What can go wrong on a graphics processor.

use super::shape::Unsupported;

/// Why the GPU cannot compute. All of these leave the CPU as an alternative.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)] // the messages are the documentation
pub enum GpuError {
    #[error(
        "no graphics adapter can be used here; install its Vulkan, Metal or DirectX 12 driver, or choose the device cpu"
    )]
    NoAdapter,
    #[error("no graphics adapter is called {asked}; there are: {}", known.join(", "))]
    UnknownAdapter { asked: String, known: Vec<String> },
    #[error("the graphics adapter {adapter} cannot be opened: {reason}")]
    Open { adapter: String, reason: String },
    #[error("the graphics adapter {adapter} allows {have} of {what}, this model and protein need {need}")]
    Limit { adapter: String, what: &'static str, have: u64, need: u64 },
    #[error("the graphics adapter {adapter} has no memory left; use fewer replicas or a smaller model")]
    OutOfMemory { adapter: String },
    /// It went away: unplugged, reset by its driver, or put to sleep.
    #[error("the graphics adapter {adapter} was lost: {reason}")]
    Lost { adapter: String, reason: String },
    #[error("the graphics adapter {adapter} failed: {reason}")]
    Failed {
        adapter: String,
        /// What the driver said, on one line.
        reason: String,
    },
    #[error("the GPU sampler cannot run this model or protein: {0}")]
    Unsupported(#[from] Unsupported),
}
