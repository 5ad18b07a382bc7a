//! The camera: an orbit around a target, free of preferred axes, and how the pointer moves it.

use serde::{Deserialize, Serialize};
use three_d::{InnerSpace, Quat, Rotation, Rotation3, Vec3, degrees, radians, vec3};

/// Vertical field of view in degrees: narrow, so that near and far parts compare in size.
pub(super) const FIELD_OF_VIEW_DEGREES: f32 = 26.0;
/// Nearest and farthest distance of the camera from its target, Å.
pub(super) const DISTANCE_RANGE_ANGSTROM: (f32, f32) = (3.0, 5_000.0);
/// How depth is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Projection {
    /// Far things are smaller.
    #[default]
    Perspective,
    /// All things keep their size, for comparing lengths and for figures.
    Orthographic,
}

/// A sphere around what should be in view.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds {
    /// Center, Å.
    pub center: [f32; 3],
    /// Radius, Å.
    pub radius_angstrom: f32,
}

impl Bounds {
    /// A sphere around all finite points, with `margin_angstrom` to spare; `None` if there is none.
    pub fn of_points(points: &[[f32; 3]], margin_angstrom: f32) -> Option<Self> {
        let finite = || points.iter().map(|&p| Vec3::from(p)).filter(|p| p.magnitude2().is_finite());
        let count = finite().count();
        if count == 0 {
            return None;
        }
        let center = finite().fold(vec3(0.0, 0.0, 0.0), |sum, p| sum + p / count as f32);
        let radius = finite().map(|p| (p - center).magnitude()).fold(0.0, f32::max);
        Some(Self { center: center.into(), radius_angstrom: radius + margin_angstrom })
    }
}

/// Where the molecule is looked at from. Serialisable, so that a session can restore its view.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Camera {
    /// The point that stays in the middle of the image, Å.
    pub target_angstrom: [f32; 3],
    /// Rotation from view axes (x right, y up, z towards the viewer) to world axes: `[x, y, z, w]`.
    pub world_from_view: [f32; 4],
    /// Distance of the eye from the target, Å. In orthographic projection it sets the scale.
    pub distance_angstrom: f32,
    /// How depth is shown.
    pub projection: Projection,
}

impl Default for Camera {
    fn default() -> Self {
        Self {
            target_angstrom: [0.0; 3],
            world_from_view: [0.0, 0.0, 0.0, 1.0],
            distance_angstrom: 60.0,
            projection: Projection::default(),
        }
    }
}

impl Camera {
    pub(super) fn rotation(&self) -> Quat {
        let [x, y, z, w] = self.world_from_view;
        Quat::new(w, x, y, z)
    }

    pub(super) fn set_rotation(&mut self, rotation: Quat) {
        let q = rotation.normalize();
        if q.magnitude2().is_finite() {
            self.world_from_view = [q.v.x, q.v.y, q.v.z, q.s];
        }
    }

    fn target(&self) -> Vec3 {
        self.target_angstrom.into()
    }

    /// Position of the eye, Å.
    pub fn eye(&self) -> Vec3 {
        self.target() + self.rotation().rotate_vector(vec3(0.0, 0.0, self.distance_angstrom))
    }

    /// Whether all numbers can be drawn with; a damaged settings file might hold others.
    pub fn is_valid(&self) -> bool {
        let numbers = self.target_angstrom.iter().chain(&self.world_from_view);
        numbers.chain([&self.distance_angstrom]).all(|x| x.is_finite())
            && self.rotation().magnitude2() > 0.5
            && self.distance_angstrom > 0.0
    }

    /// Length in Å of one unit of an image that is `height` such units high, at the target.
    pub fn angstrom_per_unit(&self, height: f32) -> f32 {
        2.0 * self.distance_angstrom * (0.5 * FIELD_OF_VIEW_DEGREES).to_radians().tan() / height.max(1.0)
    }

    /// Turns the molecule by a drag of `right` and `down`, in fractions of the smaller side of the view.
    /// A drag across the whole side is half a turn. The axis lies in the image plane, at right angles to
    /// the drag, so no direction is special and nothing ever locks.
    pub fn orbit(&mut self, right: f32, down: f32) {
        let rotation_vector = std::f32::consts::PI * vec3(-down, -right, 0.0);
        let angle = rotation_vector.magnitude();
        if angle > 1e-6 {
            let turn = Quat::from_axis_angle(rotation_vector / angle, radians(angle));
            self.set_rotation(self.rotation() * turn);
        }
    }

    /// Rolls the image clockwise by `angle_radians` about the viewing direction.
    pub fn roll(&mut self, angle_radians: f32) {
        self.set_rotation(self.rotation() * Quat::from_angle_z(radians(angle_radians)));
    }

    /// Moves the molecule by `right` and `down` units of an image `height` units high.
    pub fn pan(&mut self, right: f32, down: f32, height: f32) {
        let step = vec3(-right, down, 0.0) * self.angstrom_per_unit(height);
        self.target_angstrom = (self.target() + self.rotation().rotate_vector(step)).into();
    }

    /// Brings the molecule nearer by `factor` (above 1) or farther (below 1).
    pub fn zoom(&mut self, factor: f32) {
        if factor.is_finite() && factor > 0.0 {
            let (nearest, farthest) = DISTANCE_RANGE_ANGSTROM;
            self.distance_angstrom = (self.distance_angstrom / factor).clamp(nearest, farthest);
        }
    }

    /// The camera of three-d for an image of `viewport`, with clipping planes around `bounds`.
    pub fn to_three_d(&self, viewport: three_d::Viewport, bounds: Bounds) -> three_d::Camera {
        let rotation = self.rotation();
        let up = rotation.rotate_vector(vec3(0.0, 1.0, 0.0));
        let (near, far) = self.depth_range(bounds);
        match self.projection {
            Projection::Perspective => three_d::Camera::new_perspective(
                viewport,
                self.eye(),
                self.target(),
                up,
                degrees(FIELD_OF_VIEW_DEGREES),
                near,
                far,
            ),
            Projection::Orthographic => three_d::Camera::new_orthographic(
                viewport,
                self.eye(),
                self.target(),
                up,
                // three-d multiplies by the distance of the target.
                self.angstrom_per_unit(1.0) / self.distance_angstrom,
                near,
                far,
            ),
        }
    }

    /// Distance of `center` from the eye along the viewing direction, Å.
    pub fn depth_of(&self, center: [f32; 3]) -> f32 {
        let toward_viewer = self.rotation().rotate_vector(vec3(0.0, 0.0, 1.0));
        (self.eye() - Vec3::from(center)).dot(toward_viewer)
    }

    /// Clipping distances that enclose `bounds`, Å.
    fn depth_range(&self, bounds: Bounds) -> (f32, f32) {
        let depth = self.depth_of(bounds.center);
        let far = (depth + bounds.radius_angstrom + 1.0).max(1.0);
        let near = match self.projection {
            // A perspective depth buffer resolves nothing when the near plane is at the eye.
            Projection::Perspective => (depth - bounds.radius_angstrom - 1.0).max(0.5),
            Projection::Orthographic => depth - bounds.radius_angstrom - 1.0,
        };
        (near.min(far - 0.5), far)
    }

    /// The ray from the eye through a point of the image, in world space.
    /// `x` and `y` run from −1 to 1, rightwards and upwards; `aspect` is width over height.
    pub fn ray(&self, x: f32, y: f32, aspect: f32) -> Ray {
        let half_height = (0.5 * FIELD_OF_VIEW_DEGREES).to_radians().tan();
        let rotation = self.rotation();
        match self.projection {
            Projection::Perspective => Ray {
                origin: self.eye(),
                direction: rotation
                    .rotate_vector(vec3(x * half_height * aspect, y * half_height, -1.0))
                    .normalize(),
            },
            Projection::Orthographic => {
                let scale = half_height * self.distance_angstrom;
                let offset = rotation.rotate_vector(vec3(x * scale * aspect, y * scale, 0.0));
                Ray { origin: self.eye() + offset, direction: rotation.rotate_vector(vec3(0.0, 0.0, -1.0)) }
            }
        }
    }

    /// Where a point appears: `[x, y]` from −1 to 1 rightwards and upwards, and the half-height of the
    /// image at its depth in Å. `None` behind the eye.
    pub fn project(&self, point: [f32; 3], aspect: f32) -> Option<([f32; 2], f32)> {
        let view = self.rotation().invert().rotate_vector(Vec3::from(point) - self.eye());
        let half_height = (0.5 * FIELD_OF_VIEW_DEGREES).to_radians().tan();
        let scale = match self.projection {
            Projection::Perspective if view.z < -1e-3 => -view.z * half_height,
            Projection::Perspective => return None,
            Projection::Orthographic => self.distance_angstrom * half_height,
        };
        Some(([view.x / (scale * aspect), view.y / scale], scale))
    }

    /// A camera between this one and `other`, `t` from 0 to 1.
    pub fn interpolate(&self, other: &Self, t: f32) -> Self {
        let mut camera = *other;
        let mix = |a: f32, b: f32| a + t * (b - a);
        camera.target_angstrom =
            std::array::from_fn(|axis| mix(self.target_angstrom[axis], other.target_angstrom[axis]));
        // Distances change by factors, as zooming does.
        camera.distance_angstrom = mix(self.distance_angstrom.ln(), other.distance_angstrom.ln()).exp();
        let (from, mut to) = (self.rotation(), other.rotation());
        if from.dot(to) < 0.0 {
            to = -to;
        }
        camera.set_rotation(from.nlerp(to, t));
        camera
    }
}

/// A half line.
#[derive(Clone, Copy, Debug)]
pub struct Ray {
    /// Where it begins, Å.
    pub origin: Vec3,
    /// Unit vector.
    pub direction: Vec3,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use three_d::Viewer as _;

    use super::*;

    #[test]
    fn orbiting_keeps_the_target_and_the_distance() {
        let mut camera = Camera { target_angstrom: [1.0, 2.0, 3.0], ..Camera::default() };
        for step in 0..500 {
            camera.orbit(0.03 * (step as f32).sin(), 0.5);
        }
        let offset = camera.eye() - vec3(1.0, 2.0, 3.0);
        assert!((offset.magnitude() - camera.distance_angstrom).abs() < 1e-3);
        let (center, _) = camera.project([1.0, 2.0, 3.0], 1.5).unwrap();
        assert!(center[0].abs() < 1e-4 && center[1].abs() < 1e-4);
    }

    #[test]
    fn dragging_right_moves_the_front_to_the_right() {
        let mut camera = Camera::default();
        let front = [0.0, 0.0, 5.0];
        camera.orbit(0.1, 0.0);
        assert!(camera.project(front, 1.0).unwrap().0[0] > 0.01);
        let mut camera = Camera::default();
        camera.orbit(0.0, 0.1);
        assert!(camera.project(front, 1.0).unwrap().0[1] < -0.01, "downwards");
    }

    #[test]
    fn projection_agrees_with_three_d_and_with_rays() {
        for projection in [Projection::Perspective, Projection::Orthographic] {
            let mut camera = Camera { projection, target_angstrom: [3.0, -1.0, 0.5], ..Camera::default() };
            camera.orbit(0.3, -0.2);
            camera.roll(0.4);
            let viewport = three_d::Viewport::new_at_origo(640, 480);
            let aspect = 640.0 / 480.0;
            let bounds = Bounds { center: [3.0, -1.0, 0.5], radius_angstrom: 15.0 };
            let reference = camera.to_three_d(viewport, bounds);
            let point = [5.0, 2.0, -4.0];
            let clip = reference.projection() * reference.view() * Vec3::from(point).extend(1.0);
            let ([x, y], _) = camera.project(point, aspect).unwrap();
            assert!((clip.x / clip.w - x).abs() < 1e-4, "{projection:?}");
            assert!((clip.y / clip.w - y).abs() < 1e-4, "{projection:?}");
            let ray = camera.ray(x, y, aspect);
            let to_point = Vec3::from(point) - ray.origin;
            let miss = to_point - ray.direction * to_point.dot(ray.direction);
            assert!(miss.magnitude() < 1e-3, "{projection:?}");
        }
    }

    #[test]
    fn survives_serde() {
        let mut camera = Camera::default();
        camera.orbit(0.2, 0.1);
        let text = serde_json::to_string(&camera).unwrap();
        assert_eq!(serde_json::from_str::<Camera>(&text).unwrap(), camera);
    }
}
