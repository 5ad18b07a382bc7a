//! A fragment shader over every pixel of a target.

use three_d::{
    Blend, Context, CoreError, Cull, DepthTest, Program, RenderStates, VertexBuffer, Viewport, WriteMask,
};

/// A full-screen pass. (three-d's own screen materials panic when a shader is refused.)
pub(super) struct ScreenPass {
    program: Program,
    corners: VertexBuffer<[f32; 2]>,
}

impl ScreenPass {
    pub fn new(context: &Context, fragment_shader: &str) -> Result<Self, CoreError> {
        let vertex_shader = include_str!("../../../../shaders/render/screen.vert");
        Ok(Self {
            program: Program::from_source(context, vertex_shader, fragment_shader)?,
            corners: VertexBuffer::new_with_data(context, &[[-1.0, -1.0], [3.0, -1.0], [-1.0, 3.0]]),
        })
    }

    /// Replaces the pixels of `viewport`, after `use_inputs` has set uniforms and textures.
    pub fn draw(&self, viewport: Viewport, use_inputs: impl FnOnce(&Program)) {
        use_inputs(&self.program);
        self.program.use_vertex_attribute("corner", &self.corners);
        let states = RenderStates {
            write_mask: WriteMask::COLOR,
            depth_test: DepthTest::Always,
            blend: Blend::Disabled,
            cull: Cull::None,
        };
        self.program.draw_arrays(states, viewport, 3);
    }
}
