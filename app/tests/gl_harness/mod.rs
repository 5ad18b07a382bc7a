//! egui on a windowless OpenGL context: EGL on Mesa's software renderer, egui_glow's painter, a framebuffer
//! object in place of the window. Needs no X server. Where there is no OpenGL, tests are skipped and say so.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, dead_code, missing_docs)]

use std::sync::Arc;

use egui_glow::Painter;
use equijump_app::viewport::{
    Background, ImageRequest, Representation, SecondaryStructureClass, Style, Viewport, ViewportResponse,
};
use equijump_engine::analysis::dssp::dssp;
use equijump_engine::structure::OpenedStructure;
use glow::HasContext as _;
use glutin::api::egl::context::PossiblyCurrentContext;
use glutin::api::egl::device::Device;
use glutin::api::egl::display::Display;
use glutin::config::{ConfigSurfaceTypes, ConfigTemplateBuilder};
use glutin::context::{ContextApi, ContextAttributesBuilder, Version};
use glutin::display::GlDisplay as _;

/// Size of the pictures of most tests, pixels.
pub const WIDTH: u32 = 320;
pub const HEIGHT: u32 = 240;
pub const ASPECT: f32 = WIDTH as f32 / HEIGHT as f32;
pub const REQUEST: ImageRequest = ImageRequest { width: WIDTH, height: HEIGHT, transparent: false };

/// Colors as they are, on white.
pub fn plain(representation: Representation) -> Style {
    Style {
        representation,
        depth_cue: false,
        outline: false,
        ambient_occlusion: false,
        background: Background::White,
        ..Style::default()
    }
}

/// Which dialect of OpenGL the context speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// OpenGL 3.3 core, as on desktops.
    Core33,
    /// OpenGL ES 3.0, as on phones and many ARM boards.
    Es30,
}

/// An egui context, painted into a framebuffer object.
pub struct GlHarness {
    pub gl: Arc<glow::Context>,
    pub painter: Painter,
    pub egui: egui::Context,
    pub time_seconds: f64,
    /// What screen readers were told of the last pass.
    told: Option<egui::accesskit::TreeUpdate>,
    size: [u32; 2],
    framebuffer: glow::Framebuffer,
    _context: PossiblyCurrentContext,
}

/// A context, or why there is none.
fn make_context(dialect: Dialect) -> Result<(Arc<glow::Context>, PossiblyCurrentContext), String> {
    let mut problems = Vec::new();
    for device in Device::query_devices().map_err(|error| error.to_string())? {
        let attempt = || -> glutin::error::Result<_> {
            unsafe {
                let display = Display::with_device(&device, None)?;
                let template = ConfigTemplateBuilder::new()
                    .with_surface_type(ConfigSurfaceTypes::empty())
                    .with_api(match dialect {
                        Dialect::Core33 => glutin::config::Api::OPENGL,
                        Dialect::Es30 => glutin::config::Api::GLES3,
                    })
                    .build();
                let config = display
                    .find_configs(template)?
                    .next()
                    .ok_or_else(|| glutin::error::Error::from(glutin::error::ErrorKind::BadConfig))?;
                let api = match dialect {
                    Dialect::Core33 => ContextApi::OpenGl(Some(Version::new(3, 3))),
                    Dialect::Es30 => ContextApi::Gles(Some(Version::new(3, 0))),
                };
                let attributes = ContextAttributesBuilder::new().with_context_api(api).build(None);
                let context = display.create_context(&config, &attributes)?.make_current_surfaceless()?;
                let gl =
                    glow::Context::from_loader_function_cstr(|name| display.get_proc_address(name).cast());
                Ok((Arc::new(gl), context))
            }
        };
        match attempt() {
            Ok(made) => return Ok(made),
            Err(problem) => problems.push(format!("{device:?}: {problem}")),
        }
    }
    Err(format!("no EGL device gives a {dialect:?} context: {problems:?}"))
}

impl GlHarness {
    /// With OpenGL 3.3; `None` where there is none, and then the test is skipped.
    pub fn new(width: u32, height: u32) -> Option<Self> {
        Self::with_dialect(width, height, Dialect::Core33)
    }

    /// As [`Self::new`], in a dialect.
    pub fn with_dialect(width: u32, height: u32, dialect: Dialect) -> Option<Self> {
        let (gl, context) = match make_context(dialect) {
            Ok(made) => made,
            Err(reason) => {
                equijump_tests::skip(&format!("no OpenGL ({reason}); install libegl1 and libgl1-mesa-dri"));
                return None;
            }
        };
        let framebuffer = unsafe {
            let framebuffer = gl.create_framebuffer().unwrap();
            gl.bind_framebuffer(glow::FRAMEBUFFER, Some(framebuffer));
            let color = gl.create_renderbuffer().unwrap();
            gl.bind_renderbuffer(glow::RENDERBUFFER, Some(color));
            gl.renderbuffer_storage(glow::RENDERBUFFER, glow::RGBA8, width as i32, height as i32);
            gl.framebuffer_renderbuffer(
                glow::FRAMEBUFFER,
                glow::COLOR_ATTACHMENT0,
                glow::RENDERBUFFER,
                Some(color),
            );
            assert_eq!(gl.check_framebuffer_status(glow::FRAMEBUFFER), glow::FRAMEBUFFER_COMPLETE);
            framebuffer
        };
        let painter = Painter::new(gl.clone(), "", None, false).unwrap();
        Some(Self {
            gl,
            painter,
            egui: egui::Context::default(),
            time_seconds: 0.0,
            told: None,
            size: [width, height],
            framebuffer,
            _context: context,
        })
    }

    /// Runs one pass of `ui` over the whole image, with the given input events, and paints it.
    pub fn pass<T>(&mut self, events: Vec<egui::Event>, mut ui: impl FnMut(&mut egui::Ui) -> T) -> T {
        self.time_seconds += 1.0 / 60.0;
        let [width, height] = self.size;
        let input = egui::RawInput {
            screen_rect: Some(egui::Rect::from_min_size(
                egui::Pos2::ZERO,
                egui::vec2(width as f32, height as f32),
            )),
            time: Some(self.time_seconds),
            events,
            ..Default::default()
        };
        let mut result = None;
        let mut output = self.egui.run_ui(input, |root| result = Some(ui(root)));
        if let Some(update) = output.platform_output.accesskit_update.take() {
            self.told = Some(update);
        }
        let primitives = self.egui.tessellate(output.shapes, output.pixels_per_point);
        unsafe {
            self.gl.bind_framebuffer(glow::FRAMEBUFFER, Some(self.framebuffer));
        }
        self.painter.clear(self.size, [0.0, 0.0, 0.0, 1.0]);
        self.painter.paint_and_update_textures(self.size, 1.0, &primitives, &mut output.textures_delta);
        unsafe {
            assert_eq!(self.gl.get_error(), glow::NO_ERROR, "OpenGL error after painting");
            assert_eq!(
                self.gl.get_parameter_framebuffer(glow::DRAW_FRAMEBUFFER_BINDING),
                Some(self.framebuffer),
                "egui's framebuffer must be bound again"
            );
        }
        result.unwrap()
    }

    /// What a screen reader sends to do something with the widget called `label`, the first of that name.
    pub fn request(
        &self,
        label: &str,
        action: egui::accesskit::Action,
        data: Option<egui::accesskit::ActionData>,
    ) -> egui::Event {
        let told = self.told.as_ref().expect("no pass with accesskit yet");
        let names = |node: &egui::accesskit::Node| node.label() == Some(label);
        // A label of its own is no widget, but names the one beside it.
        let named = told.nodes.iter().find(|(_, node)| {
            let by = |id| told.nodes.iter().any(|(other, node)| *other == id && node.value() == Some(label));
            names(node) || node.labelled_by().iter().any(|id| by(*id))
        });
        let (target_node, _) = named.unwrap_or_else(|| panic!("there is no {label}"));
        egui::Event::AccessKitActionRequest(egui::accesskit::ActionRequest {
            target_node: *target_node,
            target_tree: told.tree_id,
            action,
            data,
        })
    }

    /// A pass with nothing but `viewport` in it.
    pub fn show(&mut self, viewport: &mut Viewport, events: Vec<egui::Event>) -> ViewportResponse {
        self.pass(events, |ui| viewport.ui(ui))
    }

    /// What has been painted.
    pub fn image(&self) -> image::RgbaImage {
        unsafe {
            self.gl.bind_framebuffer(glow::FRAMEBUFFER, Some(self.framebuffer));
        }
        let image = self.painter.read_screen_rgba(self.size);
        let pixels = image.pixels.iter().flat_map(|c| c.to_array()).collect();
        image::RgbaImage::from_raw(self.size[0], self.size[1], pixels).unwrap()
    }

    /// Waits until everything is drawn.
    pub fn finish(&self) {
        unsafe { self.gl.finish() };
    }

    /// Name of the renderer, for reports.
    pub fn renderer(&self) -> String {
        unsafe { self.gl.get_parameter_string(glow::RENDERER) }
    }
}

impl Drop for GlHarness {
    fn drop(&mut self) {
        self.painter.destroy();
    }
}

/// A bundled protein.
pub fn protein(name: &str) -> OpenedStructure {
    equijump_tests::proteins::bundled(name)
}

/// Helices and strands as DSSP finds them.
pub fn secondary_structure(opened: &OpenedStructure) -> Vec<SecondaryStructureClass> {
    dssp(&opened.topology, &opened.positions_angstrom)
        .into_iter()
        .map(SecondaryStructureClass::from)
        .collect()
}

/// A viewport that shows a bundled protein.
pub fn viewport_of(opened: &OpenedStructure) -> Viewport {
    let mut viewport = Viewport::new();
    viewport.set_molecule(opened.topology.clone());
    assert!(viewport.set_positions(&opened.positions_angstrom));
    viewport.set_secondary_structure(&secondary_structure(opened));
    viewport
}
