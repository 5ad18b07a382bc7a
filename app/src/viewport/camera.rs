//! The camera: an orbit around a target, free of preferred axes, and how the pointer moves it.

use serde::{Deserialize, Serialize};
use three_d::{InnerSpace, Mat3, Quat, Rotation, Rotation3, Vec3, degrees, radians, vec3};

/// Vertical field of view in degrees: narrow, so that near and far parts compare in size.
const FIELD_OF_VIEW_DEGREES: f32 = 26.0;
/// Nearest and farthest distance of the camera from its target, Å.
const DISTANCE_RANGE_ANGSTROM: (f32, f32) = (3.0, 5_000.0);
/// Space left around a framed molecule, as a factor of its size.
const FRAME_MARGIN: f32 = 1.05;
/// A framed molecule is never so near that more than a fifth of its bounding sphere would be cut off.
const LEAST_SPHERE_FRACTION: f32 = 0.8;

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
    /// Centre, Å.
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
    fn rotation(&self) -> Quat {
        let [x, y, z, w] = self.world_from_view;
        Quat::new(w, x, y, z)
    }

    fn set_rotation(&mut self, rotation: Quat) {
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

    /// Centres `points` and fits them into a view of the given width over height, with `margin_angstrom`
    /// around each; keeps the direction. What is seen now fits exactly; a turn may move the far ends of a
    /// long molecule out of view by a little, which is better than a small picture.
    pub fn frame(&mut self, points: &[[f32; 3]], margin_angstrom: f32, aspect: f32) {
        let Some(bounds) = Bounds::of_points(points, margin_angstrom) else { return };
        let to_view = self.rotation().invert();
        let in_view = || {
            let center = Vec3::from(bounds.center);
            points
                .iter()
                .map(move |&p| to_view.rotate_vector(Vec3::from(p) - center))
                .filter(|p| p.magnitude2().is_finite())
        };
        let limit = |pick: fn(f32, f32) -> f32, start: f32| {
            in_view()
                .fold(vec3(start, start, start), |m, p| vec3(pick(m.x, p.x), pick(m.y, p.y), pick(m.z, p.z)))
        };
        let middle = (limit(f32::min, f32::INFINITY) + limit(f32::max, f32::NEG_INFINITY)) / 2.0;

        let tan_vertical = (0.5 * FIELD_OF_VIEW_DEGREES).to_radians().tan();
        let tan_horizontal = tan_vertical * aspect.clamp(0.05, 20.0);
        let fitting = in_view().fold(0.0f32, |distance, p| {
            let p = p - middle;
            let across = ((p.x.abs() + margin_angstrom) / tan_horizontal)
                .max((p.y.abs() + margin_angstrom) / tan_vertical);
            distance.max(match self.projection {
                Projection::Perspective => p.z + across,
                Projection::Orthographic => across,
            })
        });
        let around = bounds.radius_angstrom / tan_vertical.min(tan_horizontal).atan().sin();
        let (nearest, farthest) = DISTANCE_RANGE_ANGSTROM;
        self.target_angstrom = (Vec3::from(bounds.center) + self.rotation().rotate_vector(middle)).into();
        self.distance_angstrom =
            (FRAME_MARGIN * fitting.max(LEAST_SPHERE_FRACTION * around)).clamp(nearest, farthest);
    }

    /// Looks at `points` so that their longest extent lies across the image and the second longest
    /// upright. Does nothing where no direction stands out.
    pub fn face_points(&mut self, points: &[[f32; 3]]) {
        let finite = || points.iter().map(|&p| Vec3::from(p)).filter(|p| p.magnitude2().is_finite());
        let count = finite().count();
        if count < 3 {
            return;
        }
        let mean = finite().fold(vec3(0.0, 0.0, 0.0), |sum, p| sum + p / count as f32);
        let mut covariance = [[0.0f32; 3]; 3];
        for p in finite() {
            let d: [f32; 3] = (p - mean).into();
            for row in 0..3 {
                for column in 0..3 {
                    covariance[row][column] += d[row] * d[column] / count as f32;
                }
            }
        }
        let right = leading_axis(covariance);
        deflate(&mut covariance, right);
        let up = leading_axis(covariance);
        let up = up - right * up.dot(right);
        if up.magnitude2() < 0.25 {
            return;
        }
        let up = up.normalize();
        // A fixed choice among the equivalent directions: the chain runs left to right and upwards.
        let along: Vec3 = match (finite().next(), finite().next_back()) {
            (Some(first), Some(last)) => last - first,
            _ => return,
        };
        let right = if along.dot(right) < 0.0 { -right } else { right };
        let up = if along.dot(up) < 0.0 { -up } else { up };
        let toward_viewer = right.cross(up);
        self.set_rotation(Quat::from(Mat3::from_cols(right, up, toward_viewer)));
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

/// The axis of largest variance, by squaring the matrix until one direction is left.
fn leading_axis(covariance: [[f32; 3]; 3]) -> Vec3 {
    let [a, b, c] = covariance.map(Vec3::from);
    let mut m = Mat3::from_cols(a, b, c);
    for _ in 0..12 {
        let trace = m.x.x + m.y.y + m.z.z;
        if trace.is_nan() || trace <= 1e-12 {
            return vec3(0.0, 0.0, 0.0);
        }
        m /= trace;
        m = m * m;
    }
    let longest = [m.x, m.y, m.z]
        .into_iter()
        .fold(vec3(0.0, 0.0, 0.0), |best: Vec3, v| if v.magnitude2() > best.magnitude2() { v } else { best });
    if longest.magnitude2() > 0.0 { longest.normalize() } else { longest }
}

/// Removes the variance along `axis`.
fn deflate(covariance: &mut [[f32; 3]; 3], axis: Vec3) {
    let [a, b, c] = covariance.map(Vec3::from);
    let variance = axis.dot(Mat3::from_cols(a, b, c) * axis);
    let axis: [f32; 3] = axis.into();
    for row in 0..3 {
        for column in 0..3 {
            covariance[row][column] -= variance * axis[row] * axis[column];
        }
    }
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
    fn framing_fits_every_point_in_wide_and_narrow_views() {
        let points: Vec<[f32; 3]> = (0..200)
            .map(|i| {
                let i = i as f32;
                [20.0 * (1.7 * i).sin(), 7.0 + 12.0 * (2.9 * i).cos(), 9.0 * (0.7 * i).sin()]
            })
            .collect();
        for projection in [Projection::Perspective, Projection::Orthographic] {
            for aspect in [0.4, 1.0, 2.5] {
                let mut camera = Camera { projection, ..Camera::default() };
                camera.orbit(0.3, 0.4);
                camera.frame(&points, 2.0, aspect);
                let mut reached = 0.0f32;
                for &point in &points {
                    let ([x, y], _) = camera.project(point, aspect).unwrap();
                    assert!(x.abs() < 1.0 && y.abs() < 1.0, "{projection:?} {aspect}: {x} {y}");
                    reached = reached.max(x.abs()).max(y.abs());
                }
                assert!(reached > 0.6, "{projection:?} {aspect}: fills only {reached}");
            }
        }
    }

    #[test]
    fn a_long_molecule_lies_across_the_image() {
        let points: Vec<[f32; 3]> = (0..30).map(|i| [0.1 * (i % 3) as f32, 0.0, i as f32]).collect();
        let mut camera = Camera::default();
        camera.face_points(&points);
        camera.frame(&points, 1.0, 1.0);
        let first = camera.project(points[0], 1.0).unwrap().0;
        let last = camera.project(points[29], 1.0).unwrap().0;
        assert!(last[0] - first[0] > 1.4, "{first:?} {last:?}");
        assert!((last[1] - first[1]).abs() < 0.1);
    }

    #[test]
    fn survives_serde() {
        let mut camera = Camera::default();
        camera.orbit(0.2, 0.1);
        let text = serde_json::to_string(&camera).unwrap();
        assert_eq!(serde_json::from_str::<Camera>(&text).unwrap(), camera);
    }
}
