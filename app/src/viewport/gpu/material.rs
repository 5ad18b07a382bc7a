//! The one material of the viewport: the same light on spheres, cylinders and meshes.

use three_d::{
    Blend, Cull, DepthTest, EffectMaterialId, Light, Material, MaterialType, Program, RenderStates, Viewer,
    WriteMask,
};

use super::super::camera::Projection;
use super::view::View;

/// How much of the background color the farthest atoms take on.
const FOG_AMOUNT: f32 = 0.62;

/// Which surface the fragment shader has to find.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Sphere,
    Cylinder,
    Surface,
}

/// Light and depth cue for one kind of shape.
pub(super) struct MoleculeMaterial<'a> {
    pub shape: Shape,
    pub view: &'a View,
}

impl Material for MoleculeMaterial<'_> {
    fn fragment_shader_source(&self, _lights: &[&dyn Light]) -> String {
        let shape = match self.shape {
            Shape::Sphere => include_str!("../../../../shaders/render/sphere.frag"),
            Shape::Cylinder => include_str!("../../../../shaders/render/cylinder.frag"),
            Shape::Surface => include_str!("../../../../shaders/render/surface.frag"),
        };
        let view = include_str!("../../../../shaders/render/view.glsl");
        let lighting = include_str!("../../../../shaders/render/lighting.glsl");
        format!("{view}{lighting}{shape}")
    }

    fn id(&self) -> EffectMaterialId {
        EffectMaterialId(match self.shape {
            Shape::Sphere => 0x0001,
            Shape::Cylinder => 0x0002,
            Shape::Surface => 0x0003,
        })
    }

    fn use_uniforms(&self, program: &Program, _viewer: &dyn Viewer, _lights: &[&dyn Light]) {
        let orthographic = self.view.camera.projection == Projection::Orthographic;
        program.use_uniform_if_required("orthographic", f32::from(u8::from(orthographic)));
        let [r, g, b] = self.view.background.map(|value| f32::from(value) / 255.0);
        program.use_uniform_if_required("fog_color", three_d::vec3(r, g, b));
        let depth = self.view.camera.depth_of(self.view.fog_bounds.center);
        let radius = self.view.fog_bounds.radius_angstrom;
        // The nearer third stays clear.
        program.use_uniform_if_required("fog_near", depth - 0.45 * radius);
        program.use_uniform_if_required("fog_far", depth + 1.15 * radius);
        program.use_uniform_if_required("fog_amount", if self.view.depth_cue { FOG_AMOUNT } else { 0.0 });
    }

    fn render_states(&self) -> RenderStates {
        RenderStates {
            write_mask: WriteMask::COLOR_AND_DEPTH,
            depth_test: DepthTest::Less,
            blend: Blend::Disabled,
            cull: match self.shape {
                // One fragment a pixel is enough to find the cylinder in its box.
                Shape::Cylinder => Cull::Back,
                Shape::Sphere | Shape::Surface => Cull::None,
            },
        }
    }

    fn material_type(&self) -> MaterialType {
        MaterialType::Opaque
    }
}
