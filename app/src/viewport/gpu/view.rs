//! What is to be drawn, and why it could not be.

use three_d::{CoreError, RendererError};

use crate::viewport::camera::Camera;
use crate::viewport::framing::Bounds;

/// Why the molecule could not be drawn.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)] // the messages are the documentation
pub enum GraphicsError {
    #[error("OpenGL: {0}")]
    Core(#[from] CoreError),
    #[error("OpenGL: {0}")]
    Renderer(#[from] RendererError),
    #[error(
        "an image of {width} × {height} pixels is more than this graphics driver can draw; it allows {limit} on a side"
    )]
    TooLarge { width: u32, height: u32, limit: u32 },
    #[error("the renderer failed: {0}")]
    Panicked(String),
}

/// Everything besides the scene that an image depends on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::viewport) struct View {
    pub camera: Camera,
    /// Sphere around the atoms now: nothing outside is drawn.
    pub bounds: Bounds,
    /// Sphere that depth cueing refers to; its size is constant during playback, so that the fog does not flicker.
    pub fog_bounds: Bounds,
    pub depth_cue: bool,
    pub outline: bool,
    pub ambient_occlusion: bool,
    /// sRGB; also the color of the fog.
    pub background: [u8; 3],
    /// Leave the background transparent.
    pub transparent: bool,
    /// Pixels.
    pub size: [u32; 2],
    /// Samples per pixel and axis.
    pub samples_per_axis: u32,
}
