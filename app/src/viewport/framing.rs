//! Placing the camera so that a molecule fills the view and shows its best side.

use three_d::{InnerSpace, Mat3, Quat, Rotation, Vec3, vec3};

pub use super::camera::Bounds;
use super::camera::{Camera, DISTANCE_RANGE_ANGSTROM, FIELD_OF_VIEW_DEGREES, Projection};

/// Space left around a framed molecule, as a factor of its size.
const FRAME_MARGIN: f32 = 1.05;
/// A framed molecule is never so near that more than a fifth of its bounding sphere would be cut off.
const LEAST_SPHERE_FRACTION: f32 = 0.8;
/// A molecule of a smaller part of the height of the view is a dot.
const LEAST_SHOWN: f32 = 0.1;

impl Camera {
    /// Centers `points` and fits them into a view of the given width over height, with `margin_angstrom`
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

    /// Whether a point is inside a view of the given width over height.
    pub fn sees(&self, point: [f32; 3], aspect: f32) -> bool {
        let at = self.project(point, aspect);
        at.is_some_and(|([x, y], _)| x.abs() <= 1.0 && y.abs() <= 1.0)
    }

    /// A camera that has all of `points` in such a view where this one has not: as [`Self::frame`] places it, but no
    /// nearer.
    pub fn stepped_back(&self, points: &[[f32; 3]], margin_angstrom: f32, aspect: f32) -> Option<Self> {
        points.iter().any(|&point| !self.sees(point, aspect)).then(|| {
            let mut camera = *self;
            camera.frame(points, margin_angstrom, aspect);
            camera.distance_angstrom = camera.distance_angstrom.max(self.distance_angstrom);
            camera
        })
    }

    /// Whether a view of the given width over height shows something of `points` that can be recognized.
    pub fn shows(&self, points: &[[f32; 3]], aspect: f32) -> bool {
        let Some(bounds) = Bounds::of_points(points, 0.0) else { return false };
        let size = 2.0 * bounds.radius_angstrom / self.angstrom_per_unit(1.0);
        size >= LEAST_SHOWN && points.iter().any(|&point| self.sees(point, aspect))
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
    use super::*;

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
}
