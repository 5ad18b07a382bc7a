//! The graphics side of the viewport: buffers that live on the GPU and the passes that draw them.
//!
//! The molecule is drawn into textures of its own, several samples a pixel, resolved into an image, and
//! the image is copied into the window. So a repaint of the window that changes nothing in the scene costs
//! one copy, screenshots of any size take the same path, and the window needs no depth buffer.

mod gl_state;
mod image_target;
mod material;
mod primitives;
mod region;
mod screen_pass;
mod view;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use equijump_engine::panic_message;
use glow::HasContext as _;
use three_d::{Context, CoreError, RenderTarget, ScissorBox};

use self::gl_state::GlState;
use self::image_target::ImageTarget;
use self::material::{MoleculeMaterial, Shape};
use self::primitives::{Bonds, Spheres, Surface};
use self::region::covered_region;
use self::screen_pass::ScreenPass;

pub use self::view::GraphicsError;
pub(super) use self::view::View;

use super::scene::{Revision, Scene};

/// GPU resources. Created, used and dropped with its context current.
pub(super) struct Gpu {
    context: Context,
    spheres: Spheres,
    bonds: Bonds,
    surface: Surface,
    ghost_joints: Spheres,
    ghost_bonds: Bonds,
    ghost_ribbons: Surface,
    resolve: ScreenPass,
    present: ScreenPass,
    uploaded: Option<Revision>,
    window_target: Option<ImageTarget>,
    window_image_of: Option<(Revision, View)>,
}

impl Gpu {
    fn new(gl: &Arc<glow::Context>) -> Result<Self, GraphicsError> {
        let context = Context::from_gl_context(gl.clone())?;
        Ok(Self {
            spheres: Spheres::new(&context),
            bonds: Bonds::new(&context),
            surface: Surface::new(&context),
            ghost_joints: Spheres::new(&context),
            ghost_bonds: Bonds::new(&context),
            ghost_ribbons: Surface::new(&context),
            resolve: ScreenPass::new(&context, include_str!("../../../../shaders/render/resolve.frag"))?,
            present: ScreenPass::new(&context, include_str!("../../../../shaders/render/present.frag"))?,
            uploaded: None,
            window_target: None,
            window_image_of: None,
            context,
        })
    }

    /// Uploads what has changed: during playback positions alone, a dozen bytes an atom.
    fn upload(&mut self, scene: &Scene) {
        let old = self.uploaded;
        let new = scene.revision;
        let changed = |part: fn(&Revision) -> u64| old.as_ref().map(part) != Some(part(&new));
        if changed(|r| r.appearance) {
            self.spheres.set_appearance(&scene.atom_appearance);
            self.bonds.set_appearance(&scene.bond_appearance, &scene.bond_end_albedo);
        }
        // Side chains follow the ribbon.
        if old != Some(new) {
            self.spheres.set_positions(&scene.shown_atoms, scene.drawn_positions_angstrom());
            self.bonds.set_positions(&scene.shown_bonds, scene.drawn_positions_angstrom());
        }
        if changed(|r| r.ribbon) {
            self.surface.set_mesh(&scene.ribbon);
        }
        if changed(|r| r.ghost) {
            let ghost = &scene.ghost;
            self.ghost_joints.set_appearance(&ghost.atom_appearance);
            self.ghost_joints.set_positions(&ghost.atoms, ghost.positions_angstrom());
            self.ghost_bonds.set_appearance(&ghost.bond_appearance, &ghost.bond_end_albedo);
            self.ghost_bonds.set_positions(&ghost.bonds, ghost.positions_angstrom());
            self.ghost_ribbons.set_mesh(&ghost.ribbons);
        }
        self.uploaded = Some(new);
    }

    /// Draws the scene into the image of `target`.
    fn render(&mut self, scene: &Scene, view: &View, target: &ImageTarget) -> Result<(), GraphicsError> {
        self.upload(scene);
        let viewport = target.samples_viewport();
        let camera = view.camera.to_three_d(viewport, view.bounds);
        let region = covered_region(scene, view);
        target.draw_samples(region, || {
            let material = |shape| MoleculeMaterial { shape, view };
            // The ghost comes last: where both are in the same place, the molecule is seen.
            for spheres in [&self.spheres, &self.ghost_joints].into_iter().filter(|s| s.count() > 0) {
                let material = material(Shape::Sphere);
                three_d::render_with_material(&self.context, &camera, spheres, material, &[])?;
            }
            for bonds in [&self.bonds, &self.ghost_bonds].into_iter().filter(|b| b.count() > 0) {
                let material = material(Shape::Cylinder);
                three_d::render_with_material(&self.context, &camera, bonds, material, &[])?;
            }
            for surface in [&self.surface, &self.ghost_ribbons].into_iter().filter(|s| s.count() > 0) {
                let material = material(Shape::Surface);
                three_d::render_with_material(&self.context, &camera, surface, material, &[])?;
            }
            Ok(())
        })?;
        target.resolve(&self.resolve, region, &camera, view)
    }

    /// Draws the scene into the framebuffer that is bound, lower left corner at `origin`, inside `clip`.
    fn paint(
        &mut self,
        scene: &Scene,
        view: &View,
        origin: [i32; 2],
        clip: ScissorBox,
        screen: [u32; 2],
    ) -> Result<(), GraphicsError> {
        let bound = bound_framebuffer(&self.context);
        if self.window_image_of != Some((scene.revision, *view)) {
            let target = match self.window_target.take() {
                Some(target) if target.fits(view) => target,
                _ => ImageTarget::new(&self.context, view.size, view.samples_per_axis)?,
            };
            let outcome = self.render(scene, view, &target);
            self.window_target = Some(target);
            outcome?;
            self.window_image_of = Some((scene.revision, *view));
        }

        let window = match bound {
            Some(framebuffer) => {
                RenderTarget::from_framebuffer(&self.context, screen[0], screen[1], framebuffer)
            }
            None => RenderTarget::screen(&self.context, screen[0], screen[1]),
        };
        if let Some(target) = &self.window_target {
            let _ = window.write_partially::<CoreError>(clip, || {
                target.present(&self.present, origin);
                Ok(())
            });
        }
        // egui's framebuffer is only lent: dropping the target would delete it.
        window.into_framebuffer();
        Ok(())
    }
}

/// The framebuffer that drawing goes to; `None` is the window itself.
fn bound_framebuffer(context: &Context) -> Option<glow::Framebuffer> {
    // SAFETY: a query of state on the current context.
    unsafe { context.get_parameter_framebuffer(glow::DRAW_FRAMEBUFFER_BINDING) }
}

/// The graphics side as the viewport holds it: nothing until the first paint, an error message instead of
/// an image when drawing failed.
#[derive(Default)]
pub(super) struct Graphics {
    gpu: Option<Gpu>,
    /// Why the last attempt to draw failed, for the user.
    pub error: Option<String>,
    failed_with: Option<(Revision, View)>,
    software: Option<bool>,
}

impl Graphics {
    /// Whether OpenGL runs on the processor, so that samples are dear; unknown before the first paint.
    pub fn is_software(&self) -> bool {
        self.software.unwrap_or(true)
    }

    /// Draws into the framebuffer that is bound, as part of egui's painting. Errors are kept for display
    /// and the same image is not tried again.
    pub fn paint(
        &mut self,
        gl: &Arc<glow::Context>,
        scene: &Scene,
        view: &View,
        info: &egui::PaintCallbackInfo,
    ) {
        if self.error.is_some() && self.failed_with == Some((scene.revision, *view)) {
            return;
        }
        let viewport = info.viewport_in_pixels();
        let clip = info.clip_rect_in_pixels();
        let origin = [viewport.left_px, viewport.from_bottom_px];
        let clip = ScissorBox {
            x: clip.left_px,
            y: clip.from_bottom_px,
            width: clip.width_px.max(0) as u32,
            height: clip.height_px.max(0) as u32,
        };
        if clip.width == 0 || clip.height == 0 {
            return;
        }
        let screen = info.screen_size_px;
        let outcome = self.guarded(gl, |gpu| gpu.paint(scene, view, origin, clip, screen));
        match outcome {
            Ok(()) => self.error = None,
            Err(error) => {
                log::error!("3D view: {error}");
                self.error = Some(error.to_string());
                self.failed_with = Some((scene.revision, *view));
            }
        }
    }

    /// Draws an image of its own, rows from top to bottom, RGBA without premultiplied alpha.
    pub fn render_image(
        &mut self,
        gl: &Arc<glow::Context>,
        scene: &Scene,
        view: &View,
    ) -> Result<image::RgbaImage, GraphicsError> {
        self.guarded(gl, |gpu| {
            // The largest images have to do with fewer samples.
            let mut view = *view;
            let target = loop {
                match ImageTarget::new(&gpu.context, view.size, view.samples_per_axis) {
                    Err(GraphicsError::TooLarge { .. }) if view.samples_per_axis > 1 => {
                        view.samples_per_axis -= 1
                    }
                    target => break target?,
                }
            };
            gpu.render(scene, &view, &target)?;
            Ok(target.read(view.transparent))
        })
    }

    /// Frees GPU memory; the context must be current. Drawing again builds everything anew.
    pub fn release(&mut self) {
        self.gpu = None;
    }

    /// Runs `work` with the OpenGL state that three-d expects, puts back what egui expects, and turns
    /// panics inside three-d (it has some, on exhausted memory for instance) into errors.
    fn guarded<T>(
        &mut self,
        gl: &Arc<glow::Context>,
        work: impl FnOnce(&mut Gpu) -> Result<T, GraphicsError>,
    ) -> Result<T, GraphicsError> {
        let software = *self.software.get_or_insert_with(|| is_software(gl));
        log::trace!("painting on {} rendering", if software { "software" } else { "hardware" });
        let state = GlState::save(gl);
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            let gpu = match &mut self.gpu {
                Some(gpu) => gpu,
                none => none.insert(Gpu::new(gl)?),
            };
            work(gpu)
        }));
        state.restore(gl);
        outcome.unwrap_or_else(|panic| {
            // What was half done cannot be relied on; leave it to the driver rather than touch it again.
            std::mem::forget(self.gpu.take());
            Err(GraphicsError::Panicked(panic_message(panic.as_ref())))
        })
    }
}

impl Drop for Graphics {
    fn drop(&mut self) {
        // OpenGL objects can be deleted only while their context is current, which is not known here.
        // `release` is the orderly way; without it the driver frees them along with the context.
        std::mem::forget(self.gpu.take());
    }
}

/// Whether this context is one of Mesa's software renderers, or the like.
fn is_software(gl: &glow::Context) -> bool {
    // SAFETY: a query of a string on the current context.
    let renderer = unsafe { gl.get_parameter_string(glow::RENDERER) }.to_lowercase();
    ["llvmpipe", "softpipe", "swrast", "software", "swiftshader", "gdi generic"]
        .iter()
        .any(|name| renderer.contains(name))
}
