//! Putting back the OpenGL state that egui relies on.

use glow::HasContext as _;

/// The OpenGL state that drawing changes and that egui does not set again by itself.
pub(super) struct GlState {
    draw_framebuffer: Option<glow::Framebuffer>,
    read_framebuffer: Option<glow::Framebuffer>,
    viewport: [i32; 4],
    scissor: [i32; 4],
    scissor_test: bool,
}

impl GlState {
    pub fn save(gl: &glow::Context) -> Self {
        let mut viewport = [0; 4];
        let mut scissor = [0; 4];
        // SAFETY: queries of state on the current context, into arrays of the documented length.
        unsafe {
            // Errors left by others would be taken for ours.
            for _ in 0..16 {
                if gl.get_error() == glow::NO_ERROR {
                    break;
                }
            }
            gl.get_parameter_i32_slice(glow::VIEWPORT, &mut viewport);
            gl.get_parameter_i32_slice(glow::SCISSOR_BOX, &mut scissor);
            if !gl.version().is_embedded {
                // Colors are sRGB already.
                gl.disable(glow::FRAMEBUFFER_SRGB);
            }
            Self {
                draw_framebuffer: gl.get_parameter_framebuffer(glow::DRAW_FRAMEBUFFER_BINDING),
                read_framebuffer: gl.get_parameter_framebuffer(glow::READ_FRAMEBUFFER_BINDING),
                viewport,
                scissor,
                scissor_test: gl.is_enabled(glow::SCISSOR_TEST),
            }
        }
    }

    pub fn restore(&self, gl: &glow::Context) {
        // SAFETY: sets plain state on the current context to values read from it.
        unsafe {
            gl.bind_framebuffer(glow::DRAW_FRAMEBUFFER, self.draw_framebuffer);
            gl.bind_framebuffer(glow::READ_FRAMEBUFFER, self.read_framebuffer);
            let [x, y, width, height] = self.viewport;
            gl.viewport(x, y, width, height);
            let [x, y, width, height] = self.scissor;
            gl.scissor(x, y, width, height);
            if self.scissor_test {
                gl.enable(glow::SCISSOR_TEST);
            } else {
                gl.disable(glow::SCISSOR_TEST);
            }
            gl.color_mask(true, true, true, true);
            gl.depth_mask(true);
            gl.disable(glow::DEPTH_TEST);
            gl.disable(glow::CULL_FACE);
            gl.bind_vertex_array(None);
            gl.bind_buffer(glow::ARRAY_BUFFER, None);
            gl.use_program(None);
            gl.active_texture(glow::TEXTURE1);
            gl.bind_texture(glow::TEXTURE_2D, None);
            gl.active_texture(glow::TEXTURE0);
            gl.bind_texture(glow::TEXTURE_2D, None);
        }
    }
}
