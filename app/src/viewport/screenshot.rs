//! Images of the molecule at any size, for files.

use std::sync::Arc;

use super::gpu::View;
use super::{Camera, FRAME_MARGIN_ANGSTROM, Framing, GraphicsError, Shared, Viewport};

/// Samples per pixel and axis of images that are exported.
const IMAGE_SAMPLES_PER_AXIS: u32 = 3;

/// An image to be drawn in the next paint, see [`Viewport::request_image`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImageRequest {
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Leave out the background.
    pub transparent: bool,
}

impl Viewport {
    fn image_view(&self, request: ImageRequest) -> Option<View> {
        let shared = self.shared();
        let mut view = self.view(&shared.scene)?;
        view.size = [request.width, request.height];
        view.transparent = request.transparent;
        view.samples_per_axis = IMAGE_SAMPLES_PER_AXIS;
        Some(view)
    }

    /// Asks for an image of the present scene, drawn during the next paint; [`Self::take_image`] has it in
    /// the pass after. Returns false if there is nothing to draw.
    pub fn request_image(&mut self, request: ImageRequest) -> bool {
        let view = self.image_view(request);
        let found = view.is_some();
        self.shared().requested_image = view.map(|view| (request, view));
        found
    }

    /// The image that was asked for, once it is done.
    pub fn take_image(&mut self) -> Option<Result<image::RgbaImage, GraphicsError>> {
        self.shared().finished_image.take()
    }

    /// Where a picture of a film of `width` by `height` pixels is taken from, if it was to be `camera`: fitted to the
    /// frame where every frame is, and stepped back where the molecule has grown out of the picture, as in the view.
    pub fn camera_for_picture(&self, camera: Camera, [width, height]: [u32; 2]) -> Camera {
        let aspect = width.max(1) as f32 / height.max(1) as f32;
        let mut shared = self.shared();
        shared.scene.update();
        let points = shared.scene.framing_points();
        if self.fit_following {
            let mut fitted = camera;
            fitted.frame(&points, FRAME_MARGIN_ANGSTROM, aspect);
            return fitted;
        }
        let stepped_back = camera.stepped_back(&points, FRAME_MARGIN_ANGSTROM, aspect);
        stepped_back.filter(|_| !self.zoomed_in).unwrap_or(camera)
    }

    /// Draws an image of the present scene at once. `gl` must be current on this thread, and be the context
    /// that the viewport is painted on.
    ///
    /// # Errors
    /// If the image is too large for the driver, or it refuses a shader.
    pub fn render_to_image(
        &mut self,
        gl: &Arc<glow::Context>,
        request: ImageRequest,
    ) -> Result<image::RgbaImage, GraphicsError> {
        self.shared().scene.update();
        if self.framing != Framing::Done {
            self.aspect = request.width.max(1) as f32 / request.height.max(1) as f32;
        }
        self.place_camera();
        let view = self.image_view(request);
        let mut shared = self.shared();
        let Shared { scene, graphics, .. } = &mut *shared;
        match view {
            Some(view) => graphics.render_image(gl, scene, &view),
            None => Ok(image::RgbaImage::new(request.width, request.height)),
        }
    }
}
