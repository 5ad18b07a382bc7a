//! The ribbon: a cartoon of the backbone as a triangle mesh, rebuilt for every frame.

mod path;
mod section;

use equijump_engine::structure::Topology;
use three_d::Vec3;

use self::path::{Frame, Path};
use self::section::{Profile, Section};
use super::style::SecondaryStructureClass;

/// Points around the cross-section: four corners of four.
const AROUND: usize = 16;
/// Rings per residue, for meshes of up to [`LONG_CHAIN`] residues and beyond; multiples of four.
const RINGS_PER_RESIDUE: usize = 8;
const RINGS_PER_RESIDUE_LONG: usize = 4;
const LONG_CHAIN: usize = 400;
/// Rings of the rounded ends.
const CAP_RINGS: usize = 4;
/// Length of chain per residue, Å, to turn growth per residue into growth per length.
const RESIDUE_LENGTH_ANGSTROM: f32 = 3.5;

/// How colors change from residue to residue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColorSteps {
    /// At once, halfway between two Cα atoms.
    Sharp,
    /// Gradually.
    Blended,
}

/// A triangle mesh with a normal, a color and a residue per vertex.
#[derive(Default)]
pub struct RibbonMesh {
    /// Å.
    pub positions_angstrom: Vec<[f32; 3]>,
    /// Unit vectors, outwards.
    pub normals: Vec<[f32; 3]>,
    /// Light.
    pub albedo: Vec<[f32; 3]>,
    /// Residue indices.
    pub residues: Vec<u32>,
    /// Three vertices a triangle.
    pub indices: Vec<u32>,
    /// Per residue, where the middle of the ribbon passes its Cα, Å: smoothed away from it in strands.
    pub backbone_angstrom: Vec<[f32; 3]>,
}

impl RibbonMesh {
    /// Removes everything.
    pub fn clear(&mut self) {
        self.positions_angstrom.clear();
        self.normals.clear();
        self.albedo.clear();
        self.residues.clear();
        self.indices.clear();
        self.backbone_angstrom.clear();
    }

    /// Builds the ribbon of a chain; `structure` and `colors` (light) have one entry per residue.
    /// Leaves nothing for chains of one residue and for positions that are not finite.
    pub fn rebuild(
        &mut self,
        topology: &Topology,
        positions_angstrom: &[[f32; 3]],
        structure: &[SecondaryStructureClass],
        colors: &[[f32; 3]],
        steps: ColorSteps,
    ) {
        self.clear();
        self.add(topology, positions_angstrom, structure, colors, steps, topology.residue_count());
    }

    /// Adds the ribbon of a chain beside those that there are, of one mesh with `of_residues` in all: many are drawn more
    /// coarsely. `backbone_angstrom` is that of the last one.
    pub fn add(
        &mut self,
        topology: &Topology,
        positions_angstrom: &[[f32; 3]],
        structure: &[SecondaryStructureClass],
        colors: &[[f32; 3]],
        steps: ColorSteps,
        of_residues: usize,
    ) {
        let kinds = section::drawable(structure);
        let Some(path) = Path::new(topology, positions_angstrom, &kinds) else { return };
        let count = topology.residue_count();
        self.backbone_angstrom =
            (0..count).map(|residue| path.frame(residue as f32).position.into()).collect();
        let profile = Profile::new(kinds);
        let per_residue = if of_residues > LONG_CHAIN { RINGS_PER_RESIDUE_LONG } else { RINGS_PER_RESIDUE };
        let color = |t: f32, beyond: bool| match steps {
            ColorSteps::Sharp => colors[residue_at(t, beyond, count)],
            ColorSteps::Blended => {
                let lower = (t.max(0.0) as usize).min(count - 2);
                let u = t - lower as f32;
                std::array::from_fn(|k| colors[lower][k] * (1.0 - u) + colors[lower + 1][k] * u)
            }
        };

        let rings = (count - 1) * per_residue;
        let end = (count - 1) as f32;
        self.cap(path.frame(0.0), profile.section(0.0, true), -1.0, color(0.0, true), 0);
        let mut joined = false; // whether the next ring continues the previous one
        for ring in 0..=rings {
            let t = ring as f32 / per_residue as f32;
            let frame = path.frame(t);
            // At the very beginning the cap is the rear face already.
            let arrow_begins = ring > 0 && profile.arrow_begins(t);
            let residue_ends = (t.fract() - 0.5).abs() < 1e-3;
            let residue = |beyond| residue_at(t, beyond, count) as u32;
            if arrow_begins || residue_ends {
                // What lies before, up to here…
                let slope = profile.slope(t, false);
                let ring = Ring { frame, section: profile.section(t, false), slope, color: color(t, false) };
                self.ring(&ring, residue(false), joined);
                joined = false;
                if arrow_begins {
                    // …the rear face of the arrow head…
                    self.wall(
                        frame,
                        profile.section(t, false),
                        profile.section(t, true),
                        ring.color,
                        residue(true),
                    );
                }
            }
            // …and what begins here, with its own color and normals.
            let slope = profile.slope(t, t < end);
            let section = profile.section(t, true);
            self.ring(&Ring { frame, section, slope, color: color(t, true) }, residue(true), joined);
            joined = true;
        }
        self.cap(path.frame(end), profile.section(end, true), 1.0, color(end, true), count as u32 - 1);
    }

    /// Makes everything thinner: all surfaces lie deeper by `inset_angstrom`.
    pub fn thin(&mut self, inset_angstrom: f32) {
        for (position, normal) in self.positions_angstrom.iter_mut().zip(&self.normals) {
            *position = std::array::from_fn(|k| position[k] - inset_angstrom * normal[k]);
        }
    }

    /// Leaves out the residues that are not to be shown.
    pub fn keep_residues(&mut self, shown: &[bool]) {
        let is_shown = |vertex: u32| {
            let residue = self.residues.get(vertex as usize).copied().unwrap_or(0);
            shown.get(residue as usize).copied().unwrap_or(false)
        };
        let kept =
            self.indices.chunks_exact(3).filter(|triangle| triangle.iter().all(|&vertex| is_shown(vertex)));
        self.indices = kept.flatten().copied().collect();
    }

    /// Adds the points of one cross-section, joined to the ring before if `joined`.
    fn ring(&mut self, ring: &Ring, residue: u32, joined: bool) {
        let Ring { frame, section, slope, color } = ring;
        for (x, y, nx, ny) in outline(*section) {
            // Where the section grows along the chain, its sides lean back.
            let lean = (nx.abs() * slope.0 + ny.abs() * slope.1) / RESIDUE_LENGTH_ANGSTROM;
            let normal = frame.side * nx + frame.normal * ny - frame.tangent * lean;
            self.vertex(frame.position + frame.side * x + frame.normal * y, normal, *color, residue);
        }
        if joined {
            self.join();
        }
    }

    /// Adds a flat rear face between two sections at the same place.
    fn wall(&mut self, frame: Frame, inner: Section, outer: Section, color: [f32; 3], residue: u32) {
        for section in [inner, outer] {
            for (x, y, _, _) in outline(section) {
                let position = frame.position + frame.side * x + frame.normal * y;
                self.vertex(position, -frame.tangent, color, residue);
            }
        }
        self.join();
    }

    /// Rounds off an end of the chain; `direction` is −1 at the first residue and 1 at the last.
    fn cap(&mut self, frame: Frame, section: Section, direction: f32, color: [f32; 3], residue: u32) {
        let height = section.half_height;
        for ring in 0..=CAP_RINGS {
            // From the tip to the rim at the first residue, from the rim to the tip at the last.
            let step = if direction < 0.0 { CAP_RINGS - ring } else { ring };
            let (sin, cos) = (std::f32::consts::FRAC_PI_2 * step as f32 / CAP_RINGS as f32).sin_cos();
            let shrunk = Section {
                half_width: section.half_width - height * (1.0 - cos),
                half_height: height * cos,
                corner: section.corner * cos,
            };
            let center = frame.position + frame.tangent * (direction * height * sin);
            for (x, y, nx, ny) in outline(shrunk) {
                let normal = (frame.side * nx + frame.normal * ny) * cos + frame.tangent * (direction * sin);
                self.vertex(center + frame.side * x + frame.normal * y, normal, color, residue);
            }
            if ring > 0 {
                self.join();
            }
        }
    }

    fn vertex(&mut self, position: Vec3, normal: Vec3, color: [f32; 3], residue: u32) {
        use three_d::InnerSpace as _;
        self.positions_angstrom.push(position.into());
        self.normals.push(normal.normalize().into());
        self.albedo.push(color);
        self.residues.push(residue);
    }

    /// Triangles between the last two rings.
    fn join(&mut self) {
        let end = self.positions_angstrom.len() as u32;
        let around = AROUND as u32;
        let (first, second) = (end - 2 * around, end - around);
        for k in 0..around {
            let next = (k + 1) % around;
            let quad = [first + k, first + next, second + next, second + k];
            self.indices.extend([quad[0], quad[1], quad[2], quad[0], quad[2], quad[3]]);
        }
    }
}

/// One cross-section in space.
struct Ring {
    frame: Frame,
    section: Section,
    /// Growth of half-width and half-height per residue.
    slope: (f32, f32),
    color: [f32; 3],
}

/// The residue that owns the place `t`; on the border between two, the later one if `beyond`.
fn residue_at(t: f32, beyond: bool, count: usize) -> usize {
    let nudge = if beyond { 1e-3 } else { -1e-3 };
    ((t + 0.5 + nudge).max(0.0) as usize).min(count - 1)
}

/// Points `x, y` and normals `nx, ny` around a section, counter-clockwise seen against the chain's
/// direction.
fn outline(section: Section) -> impl Iterator<Item = (f32, f32, f32, f32)> {
    let corner = section.corner.min(section.half_width).min(section.half_height);
    let (inner_x, inner_y) = (section.half_width - corner, section.half_height - corner);
    (0..4).flat_map(move |quadrant| {
        (0..AROUND / 4).map(move |step| {
            let angle =
                std::f32::consts::FRAC_PI_2 * (quadrant as f32 + step as f32 / (AROUND / 4 - 1) as f32);
            let (ny, nx) = angle.sin_cos();
            let sign_x = if quadrant == 0 || quadrant == 3 { 1.0 } else { -1.0 };
            let sign_y = if quadrant < 2 { 1.0 } else { -1.0 };
            (sign_x * inner_x + nx * corner, sign_y * inner_y + ny * corner, nx, ny)
        })
    })
}
