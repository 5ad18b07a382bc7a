//! Vectors, angles and dihedrals in `f64`.

use nalgebra::Vector3;

/// A point or vector, Å.
pub type Vec3 = Vector3<f64>;

/// A stored position as a vector in `f64`.
pub fn vec3(position: [f32; 3]) -> Vec3 {
    Vec3::new(f64::from(position[0]), f64::from(position[1]), f64::from(position[2]))
}

/// Distance between two stored positions, Å.
pub fn distance_angstrom(a: [f32; 3], b: [f32; 3]) -> f64 {
    (vec3(a) - vec3(b)).norm()
}

/// Angle a–b–c at `b`, radians in `[0, π]`.
///
/// `atan2` of cross and dot product: exact near 0 and π, where the arc cosine loses half its digits.
pub fn angle_rad(a: Vec3, b: Vec3, c: Vec3) -> f64 {
    let (u, v) = (a - b, c - b);
    u.cross(&v).norm().atan2(u.dot(&v))
}

/// Dihedral a–b–c–d, radians in `(−π, π]`, IUPAC sign: positive when, seen along b→c, the far bond is
/// turned clockwise from the near one.
pub fn dihedral_rad(a: Vec3, b: Vec3, c: Vec3, d: Vec3) -> f64 {
    let (b1, b2, b3) = (b - a, c - b, d - c);
    let n1 = b1.cross(&b2);
    let n2 = b2.cross(&b3);
    let angle = (b2.norm() * b1.dot(&n2)).atan2(n1.dot(&n2));
    // −π and π are the same angle; one name for it keeps histograms from splitting a bin.
    if angle <= -std::f64::consts::PI { std::f64::consts::PI } else { angle }
}

/// Difference of two angles wrapped to `(−π, π]`, radians.
pub fn angle_difference_rad(a: f64, b: f64) -> f64 {
    let turn = std::f64::consts::TAU;
    let wrapped = (a - b).rem_euclid(turn);
    if wrapped > std::f64::consts::PI { wrapped - turn } else { wrapped }
}

/// Mean of stored positions, Å.
pub fn centroid(positions: impl ExactSizeIterator<Item = Vec3>) -> Vec3 {
    let count = positions.len().max(1) as f64;
    positions.fold(Vec3::zeros(), |sum, p| sum + p) / count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dihedral_sign_follows_iupac() {
        let (a, b, c) = (Vec3::new(1.0, 0.0, 0.0), Vec3::zeros(), Vec3::new(0.0, 0.0, 1.0));
        // Seen along b→c (+z) with x to the right, y points down, so angles from x towards y are clockwise.
        for degrees in [-170.0f64, -60.0, 0.0, 57.0, 120.0, 180.0] {
            let t = degrees.to_radians();
            let d = Vec3::new(t.cos(), t.sin(), 1.0);
            assert!(angle_difference_rad(dihedral_rad(a, b, c, d), t).abs() < 1e-12, "{degrees}");
        }
    }

    #[test]
    fn angles_are_exact_at_the_ends() {
        let o = Vec3::zeros();
        let x = Vec3::new(1.0, 0.0, 0.0);
        assert!((angle_rad(x, o, Vec3::new(1.0, 1e-9, 0.0)) - 1e-9).abs() < 1e-20);
        assert!((angle_rad(x, o, -x) - std::f64::consts::PI).abs() < 1e-15);
    }
}
