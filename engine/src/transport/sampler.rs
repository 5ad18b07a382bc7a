//! What every sampler, on CPU or GPU, offers: advance replicas of one protein by one frame.

use std::ops::ControlFlow;

/// One trajectory being generated.
#[derive(Clone, Debug, PartialEq)]
pub struct Replica {
    /// Index within the run; selects the noise stream, so that shards of a run reproduce the whole.
    pub index: u64,
    /// Frames made so far; the start structure is frame 0. Selects the noise stream too.
    pub frame: u64,
    /// Positions of the newest frame in canonical atom order, Å.
    pub positions_angstrom: Vec<[f32; 3]>,
}

/// Where the latent loop of the present frame stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LatentProgress {
    /// Latent steps done.
    pub done: u32,
    /// Latent steps of a frame.
    pub total: u32,
}

/// How an attempt to advance by one frame ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Advance {
    /// All replicas moved on by one frame.
    Done,
    /// The caller asked to stop; the replicas are as they were.
    Cancelled,
}

/// What geometry keeping met with since a sampler was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GeometryCounts {
    /// Frames that it was applied to.
    pub frames: u64,
    /// Those that it could not mend, so that their last latent steps were done again with fresh noise.
    pub redrawn: u64,
    /// Those that could not be mended even so.
    pub unmended: u64,
}

impl std::ops::AddAssign for GeometryCounts {
    fn add_assign(&mut self, other: Self) {
        self.frames += other.frames;
        self.redrawn += other.redrawn;
        self.unmended += other.unmended;
    }
}

/// Why sampling failed.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)] // the messages are the documentation
pub enum TransportError {
    #[error("the network failed: {0}")]
    Network(#[from] candle_core::Error),
    #[error(transparent)]
    Device(#[from] crate::network::DeviceError),
    #[error(transparent)]
    Gpu(#[from] crate::gpu::GpuError),
    #[error(
        "replica {replica} became non-finite in frame {frame}: the model left the region it was trained on; start from another structure, use more latent steps or a smaller epsilon"
    )]
    NonFinite { replica: u64, frame: u64 },
    #[error("replica {replica} has {got} atoms, the protein has {expected}")]
    AtomCount { replica: u64, expected: usize, got: usize },
    #[error(transparent)]
    Settings(#[from] super::settings::SamplerSettingsError),
}

/// Advances replicas of one protein by one frame at a time.
pub trait FrameSampler: Send {
    /// Moves every replica on by one frame (one lag time, usually 100 ps): positions are replaced and
    /// `frame` grows by one. `control` is asked before each latent step; on `Break` nothing is changed.
    ///
    /// # Errors
    /// [`TransportError`]; the replicas are unchanged.
    fn advance(
        &mut self,
        replicas: &mut [Replica],
        control: &mut dyn FnMut(LatentProgress) -> ControlFlow<()>,
    ) -> Result<Advance, TransportError>;

    /// Time between frames.
    fn frame_interval_ps(&self) -> f64;

    /// What computes, in words for the user: `CPU, 2 threads`.
    fn device_name(&self) -> String;

    /// What geometry keeping met with; all zero where it is off.
    fn geometry(&self) -> GeometryCounts {
        GeometryCounts::default()
    }

    /// What the user should know of the last [`Self::advance`], once: that the device changed, for example.
    fn take_notice(&mut self) -> Option<String> {
        None
    }
}
