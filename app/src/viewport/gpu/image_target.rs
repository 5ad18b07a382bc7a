//! Textures that an image is drawn into: samples with depth, and the image they resolve to.

use three_d::{
    ClearState, Context, CoreError, DepthTexture2D, Interpolation, RenderTarget, RendererError, ScissorBox,
    Texture2D, Viewer, Viewport, Wrapping,
};

use super::super::camera::Projection;
use super::screen_pass::ScreenPass;
use super::view::{GraphicsError, View};

/// How dark outlines are, and the deepest creases.
const OUTLINE_AMOUNT: f32 = 0.55;
/// Height of image for each pixel of an outline's width.
const OUTLINE_HEIGHT: f32 = 900.0;
const OCCLUSION_AMOUNT: f32 = 0.5;

pub(super) struct ImageTarget {
    size: [u32; 2],
    samples_per_axis: u32,
    color: Texture2D,
    depth: DepthTexture2D,
    image: Texture2D,
}

impl ImageTarget {
    pub fn new(context: &Context, size: [u32; 2], samples_per_axis: u32) -> Result<Self, GraphicsError> {
        use glow::HasContext as _;
        let [width, height] = size;
        // SAFETY: a query of a limit on the current context.
        let limit = unsafe { context.get_parameter_i32(glow::MAX_TEXTURE_SIZE) }.max(1) as u32;
        let largest = u64::from(width.max(height)) * u64::from(samples_per_axis);
        if width == 0 || height == 0 || largest > u64::from(limit) {
            return Err(GraphicsError::TooLarge { width, height, limit: limit / samples_per_axis.max(1) });
        }
        let texture = |width, height| {
            Texture2D::new_empty::<[u8; 4]>(
                context,
                width,
                height,
                Interpolation::Nearest,
                Interpolation::Nearest,
                None,
                Wrapping::ClampToEdge,
                Wrapping::ClampToEdge,
            )
        };
        let (samples_wide, samples_high) = (width * samples_per_axis, height * samples_per_axis);
        Ok(Self {
            size,
            samples_per_axis,
            color: texture(samples_wide, samples_high),
            depth: DepthTexture2D::new::<f32>(
                context,
                samples_wide,
                samples_high,
                Wrapping::ClampToEdge,
                Wrapping::ClampToEdge,
            ),
            image: texture(width, height),
        })
    }

    pub fn fits(&self, view: &View) -> bool {
        self.size == view.size && self.samples_per_axis == view.samples_per_axis
    }

    /// The viewport of the samples.
    pub fn samples_viewport(&self) -> Viewport {
        Viewport::new_at_origo(self.color.width(), self.color.height())
    }

    /// Clears the samples and draws into those of a region of the image.
    pub fn draw_samples(
        &self,
        region: ScissorBox,
        draw: impl FnOnce() -> Result<(), RendererError>,
    ) -> Result<(), RendererError> {
        let scale = self.samples_per_axis;
        let samples = ScissorBox {
            x: region.x * scale as i32,
            y: region.y * scale as i32,
            width: region.width * scale,
            height: region.height * scale,
        };
        RenderTarget::new(self.color.as_color_target(None), self.depth.as_depth_target())
            .clear(ClearState::color_and_depth(0.0, 0.0, 0.0, 0.0, 1.0))
            .write_partially(samples, draw)?;
        Ok(())
    }

    /// Turns the samples of a region into the image; the rest becomes background.
    pub fn resolve(
        &self,
        pass: &ScreenPass,
        region: ScissorBox,
        camera: &three_d::Camera,
        view: &View,
    ) -> Result<(), GraphicsError> {
        let [r, g, b] = view.background.map(|value| f32::from(value) / 255.0);
        let background =
            if view.transparent { three_d::vec4(0.0, 0.0, 0.0, 0.0) } else { three_d::vec4(r, g, b, 1.0) };
        let clear = ClearState::color(background.x, background.y, background.z, background.w);
        let orthographic = view.camera.projection == Projection::Orthographic;
        let switch = |on: bool, amount: f32| if on { amount } else { 0.0 };
        let target = self.image.as_color_target(None);
        target.clear(clear).write_partially::<CoreError>(region, || {
            pass.draw(Viewport::new_at_origo(self.size[0], self.size[1]), |program| {
                program.use_texture("color_map", &self.color);
                program.use_depth_texture("depth_map", &self.depth);
                program.use_uniform_if_required("projection", camera.projection());
                program.use_uniform_if_required("orthographic", switch(orthographic, 1.0));
                program.use_uniform_if_required("samples_per_axis", self.samples_per_axis as i32);
                program.use_uniform_if_required("outline_amount", switch(view.outline, OUTLINE_AMOUNT));
                // Large images, and screens with small pixels, need thicker lines.
                let outline_width = (self.size[1] as f32 / OUTLINE_HEIGHT).round().max(1.0);
                program.use_uniform_if_required("outline_width", outline_width as i32);
                let occlusion = switch(view.ambient_occlusion, OCCLUSION_AMOUNT);
                program.use_uniform_if_required("occlusion_amount", occlusion);
                program.use_uniform_if_required("background", background);
            });
            Ok(())
        })?;
        Ok(())
    }

    /// Copies the image into the target that is bound, its lower left corner at `origin`.
    pub fn present(&self, pass: &ScreenPass, origin: [i32; 2]) {
        let viewport = Viewport { x: origin[0], y: origin[1], width: self.size[0], height: self.size[1] };
        pass.draw(viewport, |program| {
            program.use_texture("image", &self.image);
            program.use_uniform_if_required("origin", three_d::vec2(origin[0] as f32, origin[1] as f32));
        });
    }

    /// Reads the image back, rows from top to bottom.
    pub fn read(&self, transparent: bool) -> image::RgbaImage {
        let pixels: Vec<[u8; 4]> = self.image.as_color_target(None).read();
        image::RgbaImage::from_fn(self.size[0], self.size[1], |x, y| {
            let [r, g, b, a] = pixels[(y * self.size[0] + x) as usize];
            if transparent && a > 0 {
                // PNG stores colors that are not premultiplied.
                let straight = |value: u8| (u32::from(value) * 255 / u32::from(a)).min(255) as u8;
                image::Rgba([straight(r), straight(g), straight(b), a])
            } else {
                image::Rgba([r, g, b, if transparent { a } else { 255 }])
            }
        })
    }
}
