//! Optimal superposition of one conformation on another.
//!
//! Kabsch's problem solved by Horn's quaternion (J. Opt. Soc. Am. A 4, 629, 1987), in `f64`: the largest
//! eigenvector of a symmetric 4×4 matrix is a unit quaternion, so the result is always a proper rotation
//! and a mirror image is never superposed. The RMSD is summed from the residuals themselves; taken from
//! the eigenvalue it would lose half its digits for nearly equal structures.

use nalgebra::{Matrix3, Matrix4, Quaternion, SymmetricEigen, UnitQuaternion};

use super::vectors::{Vec3, centroid, vec3};
use crate::structure::Topology;

/// The rotation and translation that lay a mobile conformation on a reference, and the RMSD that is left.
#[derive(Clone, Debug, PartialEq)]
pub struct Superposition {
    /// Proper rotation (determinant +1).
    pub rotation: Matrix3<f64>,
    /// Translation applied after the rotation, Å: `x ↦ R x + t`.
    pub translation_angstrom: Vec3,
    /// Root mean square deviation of the fitted points, Å; NaN when a coordinate is not finite.
    pub rmsd_angstrom: f64,
}

impl Superposition {
    /// Superposes points on points of equal number, all with equal weight.
    ///
    /// Coordinates that are not finite give the identity and an RMSD of NaN.
    ///
    /// # Panics
    /// When the two slices differ in length, which is a programming error.
    pub fn of_points(mobile: &[Vec3], reference: &[Vec3]) -> Self {
        assert_eq!(mobile.len(), reference.len(), "superposition of different numbers of points");
        let identity =
            Self { rotation: Matrix3::identity(), translation_angstrom: Vec3::zeros(), rmsd_angstrom: 0.0 };
        if mobile.is_empty() {
            return identity;
        }
        let mobile_center = centroid(mobile.iter().copied());
        let reference_center = centroid(reference.iter().copied());
        let mut covariance = Matrix3::zeros();
        for (m, r) in mobile.iter().zip(reference) {
            covariance += (m - mobile_center) * (r - reference_center).transpose();
        }
        if !covariance.iter().all(|x| x.is_finite()) {
            return Self { rmsd_angstrom: f64::NAN, ..identity };
        }
        let rotation = rotation_from_covariance(&covariance);
        let translation_angstrom = reference_center - rotation * mobile_center;
        let sum: f64 = mobile
            .iter()
            .zip(reference)
            .map(|(m, r)| (rotation * (m - mobile_center) - (r - reference_center)).norm_squared())
            .sum();
        Self { rotation, translation_angstrom, rmsd_angstrom: (sum / mobile.len() as f64).sqrt() }
    }

    /// Superposes the Cα atoms of `mobile` on those of `reference`, both canonical positions of `topology`.
    ///
    /// # Panics
    /// When a slice does not belong to the topology, which is a programming error.
    pub fn of_ca(topology: &Topology, mobile: &[[f32; 3]], reference: &[[f32; 3]]) -> Self {
        Self::of_points(&ca_positions(topology, mobile), &ca_positions(topology, reference))
    }

    /// Image of one point.
    pub fn apply_point(&self, point: Vec3) -> Vec3 {
        self.rotation * point + self.translation_angstrom
    }

    /// A moved copy of all `positions`; the originals stay where they are.
    pub fn apply(&self, positions: &[[f32; 3]]) -> Vec<[f32; 3]> {
        positions
            .iter()
            .map(|&p| {
                let moved = self.apply_point(vec3(p));
                [moved.x as f32, moved.y as f32, moved.z as f32]
            })
            .collect()
    }
}

/// The proper rotation `R` that maximizes `tr(R · covariance)` with covariance = Σ m rᵀ.
fn rotation_from_covariance(covariance: &Matrix3<f64>) -> Matrix3<f64> {
    // Scaled to unit size so that the eigenvalue iteration sees no extreme numbers.
    let scale = covariance.amax();
    if scale == 0.0 {
        return Matrix3::identity();
    }
    let s = covariance / scale;
    let (xx, xy, xz) = (s[(0, 0)], s[(0, 1)], s[(0, 2)]);
    let (yx, yy, yz) = (s[(1, 0)], s[(1, 1)], s[(1, 2)]);
    let (zx, zy, zz) = (s[(2, 0)], s[(2, 1)], s[(2, 2)]);
    #[rustfmt::skip]
    let key = Matrix4::new(
        xx + yy + zz, yz - zy,      zx - xz,       xy - yx,
        yz - zy,      xx - yy - zz, xy + yx,       zx + xz,
        zx - xz,      xy + yx,      yy - xx - zz,  yz + zy,
        xy - yx,      zx + xz,      yz + zy,       zz - xx - yy,
    );
    let eigen = SymmetricEigen::new(key);
    let q = eigen.eigenvectors.column(eigen.eigenvalues.imax());
    UnitQuaternion::from_quaternion(Quaternion::new(q[0], q[1], q[2], q[3])).to_rotation_matrix().into_inner()
}

/// Cα positions of a frame in `f64`, `[N]`, Å.
///
/// # Panics
/// When `positions` does not belong to the topology, which is a programming error.
pub fn ca_positions(topology: &Topology, positions: &[[f32; 3]]) -> Vec<Vec3> {
    assert_eq!(positions.len(), topology.atom_count(), "positions do not belong to this topology");
    (0..topology.residue_count()).map(|r| vec3(positions[topology.ca(r)])).collect()
}

/// Cα RMSD of a frame to a reference of the same topology after optimal superposition, Å.
pub fn ca_rmsd_angstrom(topology: &Topology, positions: &[[f32; 3]], reference: &[[f32; 3]]) -> f64 {
    Superposition::of_ca(topology, positions, reference).rmsd_angstrom
}

/// A copy of all atoms of `positions`, superposed on `reference` by Cα: what the viewer shows.
pub fn superposed_copy(topology: &Topology, positions: &[[f32; 3]], reference: &[[f32; 3]]) -> Vec<[f32; 3]> {
    Superposition::of_ca(topology, positions, reference).apply(positions)
}

/// The target of a training pair superposed on its source by Cα (ARCHITECTURE.md §6): overall rotation within one
/// lag is diffusion, not conformational change. Non-finite coordinates are returned unchanged.
pub fn superpose_pair(topology: &Topology, source: &[[f32; 3]], target: &[[f32; 3]]) -> Vec<[f32; 3]> {
    superposed_copy(topology, target, source)
}

#[cfg(test)]
mod tests {
    use super::*;
    use nalgebra::Rotation3;

    /// An irregular point set without symmetry.
    fn points(count: usize) -> Vec<Vec3> {
        (0..count)
            .map(|i| {
                let t = i as f64;
                Vec3::new(3.0 * (0.9 * t).sin() + 0.3 * t, 4.0 * (0.7 * t).cos(), 1.1 * t + (1.7 * t).sin())
            })
            .collect()
    }

    #[test]
    fn undoes_a_rigid_motion_to_machine_precision() {
        let reference = points(25);
        let rotation = Rotation3::from_euler_angles(2.1, -0.8, 1.3);
        let shift = Vec3::new(120.0, -35.0, 8.0);
        let mobile: Vec<_> = reference.iter().map(|p| rotation * p + shift).collect();
        let fit = Superposition::of_points(&mobile, &reference);
        assert!(fit.rmsd_angstrom < 1e-12, "{}", fit.rmsd_angstrom);
        assert!((fit.rotation - rotation.inverse().matrix()).amax() < 1e-12);
        for (m, r) in mobile.iter().zip(&reference) {
            assert!((fit.apply_point(*m) - r).amax() < 1e-11);
        }
    }

    #[test]
    fn a_mirror_image_is_not_superposed() {
        let reference = points(25);
        let mobile: Vec<_> = reference.iter().map(|p| Vec3::new(-p.x, p.y, p.z)).collect();
        let fit = Superposition::of_points(&mobile, &reference);
        assert!((fit.rotation.determinant() - 1.0).abs() < 1e-12);
        assert!(fit.rmsd_angstrom > 1.0);
    }

    #[test]
    fn no_nearby_rotation_is_better() {
        let reference = points(12);
        let mobile: Vec<_> =
            points(12).iter().enumerate().map(|(i, p)| p + Vec3::new((i as f64).cos(), 0.5, -0.2)).collect();
        let fit = Superposition::of_points(&mobile, &reference);
        let center = |p: &[Vec3]| centroid(p.iter().copied());
        let (mc, rc) = (center(&mobile), center(&reference));
        for axis in [Vec3::x(), Vec3::y(), Vec3::z()] {
            for angle in [-1e-3, 1e-3, 0.5, 3.0] {
                let turned = Rotation3::new(axis * angle) * fit.rotation;
                let sum: f64 = mobile
                    .iter()
                    .zip(&reference)
                    .map(|(m, r)| (turned * (m - mc) - (r - rc)).norm_squared())
                    .sum();
                assert!((sum / 12.0).sqrt() > fit.rmsd_angstrom);
            }
        }
    }

    #[test]
    fn degenerate_input_gives_a_proper_rotation() {
        let line: Vec<_> = (0..5).map(|i| Vec3::new(f64::from(i), 0.0, 0.0)).collect();
        let up: Vec<_> = (0..5).map(|i| Vec3::new(0.0, f64::from(i), 0.0)).collect();
        let fit = Superposition::of_points(&line, &up);
        assert!(fit.rmsd_angstrom < 1e-12 && (fit.rotation.determinant() - 1.0).abs() < 1e-12);
        let same = Superposition::of_points(&[Vec3::x(); 3], &[Vec3::y(); 3]);
        assert!(same.rmsd_angstrom < 1e-12);
        assert_eq!(Superposition::of_points(&[], &[]).rmsd_angstrom, 0.0);
        let mut broken = line.clone();
        broken[2].x = f64::NAN;
        let fit = Superposition::of_points(&broken, &up);
        assert!(fit.rmsd_angstrom.is_nan() && fit.rotation == Matrix3::identity());
    }
}
