//! The three kinds of primitives, as geometries of three-d, over buffers that are refilled in place.

use three_d::{
    AxisAlignedBoundingBox, ColorTexture, Context, DepthTexture, Effect, ElementBuffer, Geometry, GeometryId,
    InstanceBuffer, Light, Material, Program, RenderStates, VertexBuffer, Viewer,
};

use super::super::ribbon::RibbonMesh;

const VIEW: &str = include_str!("../../../../shaders/render/view.glsl");

/// The part of [`Geometry`] that is the same for all of ours.
macro_rules! geometry_boilerplate {
    ($id:expr, $vertex_shader:literal) => {
        fn vertex_shader_source(&self) -> String {
            format!("{VIEW}{}", include_str!(concat!("../../../../shaders/render/", $vertex_shader)))
        }

        fn id(&self) -> GeometryId {
            GeometryId($id)
        }

        fn render_with_material(&self, material: &dyn Material, viewer: &dyn Viewer, lights: &[&dyn Light]) {
            if let Err(error) = three_d::render_with_material(&self.context, viewer, self, material, lights) {
                log::error!("3D view: {error}");
            }
        }

        fn render_with_effect(
            &self,
            effect: &dyn Effect,
            viewer: &dyn Viewer,
            lights: &[&dyn Light],
            color: Option<ColorTexture<'_>>,
            depth: Option<DepthTexture<'_>>,
        ) {
            let outcome =
                three_d::render_with_effect(&self.context, viewer, self, effect, lights, color, depth);
            if let Err(error) = outcome {
                log::error!("3D view: {error}");
            }
        }

        fn aabb(&self) -> AxisAlignedBoundingBox {
            // Culling is not ours to use: the molecule is always in view.
            AxisAlignedBoundingBox::INFINITE
        }
    };
}

fn use_camera(program: &Program, viewer: &dyn Viewer) {
    program.use_uniform_if_required("view", viewer.view());
    program.use_uniform_if_required("projection", viewer.projection());
}

/// Atoms: one quad each, on which the fragment shader finds the sphere.
pub(super) struct Spheres {
    context: Context,
    corners: VertexBuffer<[f32; 2]>,
    centers: InstanceBuffer<[f32; 3]>,
    appearance: InstanceBuffer<[f32; 4]>,
    gathered: Vec<[f32; 3]>,
}

impl Spheres {
    pub fn new(context: &Context) -> Self {
        let quad = [[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]];
        Self {
            context: context.clone(),
            corners: VertexBuffer::new_with_data(context, &quad),
            centers: InstanceBuffer::new(context),
            appearance: InstanceBuffer::new(context),
            gathered: Vec::new(),
        }
    }

    pub fn set_appearance(&mut self, appearance: &[[f32; 4]]) {
        self.appearance.fill(appearance);
    }

    pub fn set_positions(&mut self, atoms: &[usize], positions_angstrom: &[[f32; 3]]) {
        self.gathered.clear();
        if !positions_angstrom.is_empty() {
            self.gathered.extend(atoms.iter().map(|&atom| positions_angstrom[atom]));
        }
        self.centers.fill(&self.gathered);
    }

    pub fn count(&self) -> u32 {
        self.centers.instance_count()
    }
}

impl Geometry for Spheres {
    fn draw(&self, viewer: &dyn Viewer, program: &Program, render_states: RenderStates) {
        use_camera(program, viewer);
        program.use_vertex_attribute("corner", &self.corners);
        program.use_instance_attribute("center", &self.centers);
        program.use_instance_attribute("appearance", &self.appearance);
        program.draw_arrays_instanced(render_states, viewer.viewport(), 6, self.count());
    }

    geometry_boilerplate!(0x0001, "sphere.vert");
}

/// Bonds: one box each, in which the fragment shader finds the cylinder.
pub(super) struct Bonds {
    context: Context,
    corners: VertexBuffer<[f32; 3]>,
    starts: InstanceBuffer<[f32; 3]>,
    ends: InstanceBuffer<[f32; 3]>,
    appearance: InstanceBuffer<[f32; 4]>,
    end_albedo: InstanceBuffer<[f32; 3]>,
    gathered: Vec<[f32; 3]>,
}

/// Two triangles for each side of the box from (−1, −1, 0) to (1, 1, 1), counter-clockwise from outside.
fn box_corners() -> Vec<[f32; 3]> {
    let sides: [[[f32; 3]; 4]; 6] = [
        [[-1.0, -1.0, 0.0], [-1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [1.0, -1.0, 0.0]],
        [[-1.0, -1.0, 1.0], [1.0, -1.0, 1.0], [1.0, 1.0, 1.0], [-1.0, 1.0, 1.0]],
        [[-1.0, -1.0, 0.0], [1.0, -1.0, 0.0], [1.0, -1.0, 1.0], [-1.0, -1.0, 1.0]],
        [[-1.0, 1.0, 0.0], [-1.0, 1.0, 1.0], [1.0, 1.0, 1.0], [1.0, 1.0, 0.0]],
        [[-1.0, -1.0, 0.0], [-1.0, -1.0, 1.0], [-1.0, 1.0, 1.0], [-1.0, 1.0, 0.0]],
        [[1.0, -1.0, 0.0], [1.0, 1.0, 0.0], [1.0, 1.0, 1.0], [1.0, -1.0, 1.0]],
    ];
    sides.iter().flat_map(|&[a, b, c, d]| [a, b, c, a, c, d]).collect()
}

impl Bonds {
    pub fn new(context: &Context) -> Self {
        Self {
            context: context.clone(),
            corners: VertexBuffer::new_with_data(context, &box_corners()),
            starts: InstanceBuffer::new(context),
            ends: InstanceBuffer::new(context),
            appearance: InstanceBuffer::new(context),
            end_albedo: InstanceBuffer::new(context),
            gathered: Vec::new(),
        }
    }

    pub fn set_appearance(&mut self, appearance: &[[f32; 4]], end_albedo: &[[f32; 3]]) {
        self.appearance.fill(appearance);
        self.end_albedo.fill(end_albedo);
    }

    pub fn set_positions(&mut self, bonds: &[[usize; 2]], positions_angstrom: &[[f32; 3]]) {
        for (end, buffer) in [&mut self.starts, &mut self.ends].into_iter().enumerate() {
            self.gathered.clear();
            if !positions_angstrom.is_empty() {
                self.gathered.extend(bonds.iter().map(|bond| positions_angstrom[bond[end]]));
            }
            buffer.fill(&self.gathered);
        }
    }

    pub fn count(&self) -> u32 {
        self.starts.instance_count()
    }
}

impl Geometry for Bonds {
    fn draw(&self, viewer: &dyn Viewer, program: &Program, render_states: RenderStates) {
        use_camera(program, viewer);
        program.use_vertex_attribute("corner", &self.corners);
        program.use_instance_attribute("bond_start", &self.starts);
        program.use_instance_attribute("bond_end", &self.ends);
        program.use_instance_attribute("appearance", &self.appearance);
        program.use_instance_attribute("end_albedo", &self.end_albedo);
        program.draw_arrays_instanced(render_states, viewer.viewport(), 36, self.count());
    }

    geometry_boilerplate!(0x0002, "cylinder.vert");
}

/// A triangle mesh: the ribbon.
pub(super) struct Surface {
    context: Context,
    positions: VertexBuffer<[f32; 3]>,
    normals: VertexBuffer<[f32; 3]>,
    albedo: VertexBuffer<[f32; 3]>,
    indices: ElementBuffer<u32>,
}

impl Surface {
    pub fn new(context: &Context) -> Self {
        Self {
            context: context.clone(),
            positions: VertexBuffer::new(context),
            normals: VertexBuffer::new(context),
            albedo: VertexBuffer::new(context),
            indices: ElementBuffer::new(context),
        }
    }

    pub fn set_mesh(&mut self, mesh: &RibbonMesh) {
        self.positions.fill(&mesh.positions_angstrom);
        self.normals.fill(&mesh.normals);
        self.albedo.fill(&mesh.albedo);
        self.indices.fill(&mesh.indices);
    }

    pub fn count(&self) -> u32 {
        self.indices.count()
    }
}

impl Geometry for Surface {
    fn draw(&self, viewer: &dyn Viewer, program: &Program, render_states: RenderStates) {
        use_camera(program, viewer);
        program.use_vertex_attribute("position", &self.positions);
        program.use_vertex_attribute("normal", &self.normals);
        program.use_vertex_attribute("albedo", &self.albedo);
        program.draw_elements(render_states, viewer.viewport(), &self.indices);
    }

    geometry_boilerplate!(0x0003, "surface.vert");
}
