//! What can go wrong on a graphics processor.

use super::shape::{MOST_CHANNELS, MOST_NEIGHBORS, MOST_RESIDUES};

/// What the kernels cannot run; each message is a clause about the model or the protein.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unsupported {
    /// A network that is too wide.
    #[error("it has a multiplicity of {0}, the kernels take up to {MOST_CHANNELS}")]
    Channels(usize),
    /// A network that looks at too many neighbors.
    #[error("it has {0} neighbors, the kernels take up to {MOST_NEIGHBORS}")]
    Neighbors(usize),
    /// A protein that is too long.
    #[error("the protein has {0} residues, the kernels take up to {MOST_RESIDUES}")]
    Residues(usize),
}

/// Why the GPU cannot compute. All of these leave the CPU as an alternative.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GpuError {
    /// There is no adapter at all.
    #[error(
        "no graphics adapter can be used here; install its Vulkan, Metal or DirectX 12 driver, or choose the device cpu"
    )]
    NoAdapter,
    /// None is called that.
    #[error("no graphics adapter is called {asked}; there are: {known}")]
    UnknownAdapter {
        /// What was asked for.
        asked: String,
        /// Index and name of each.
        known: String,
    },
    /// The driver does not open the device.
    #[error("the graphics adapter {adapter} cannot be opened: {reason}")]
    Open {
        /// Its name.
        adapter: String,
        /// What the driver said.
        reason: String,
    },
    /// The adapter is too small for this model or batch.
    #[error("the graphics adapter {adapter} allows {have} of {what}, this model and protein need {need}")]
    Limit {
        /// Its name.
        adapter: String,
        /// Which limit.
        what: &'static str,
        /// How much there is.
        have: u64,
        /// How much is needed.
        need: u64,
    },
    /// Its memory is full.
    #[error("the graphics adapter {adapter} has no memory left; use fewer replicas or a smaller model")]
    OutOfMemory {
        /// Its name.
        adapter: String,
    },
    /// It went away: unplugged, reset by its driver, or put to sleep.
    #[error("the graphics adapter {adapter} was lost: {reason}")]
    Lost {
        /// Its name.
        adapter: String,
        /// What the driver said.
        reason: String,
    },
    /// The driver refused work.
    #[error("the graphics adapter {adapter} failed: {reason}")]
    Failed {
        /// Its name.
        adapter: String,
        /// What the driver said, on one line.
        reason: String,
    },
    /// The network is of a kind that the kernels do not know.
    #[error("the GPU sampler cannot run this model or protein: {0}")]
    Unsupported(#[from] Unsupported),
}
