//! Which atom is under the pointer: exact intersection of the viewing ray with what is drawn.

use three_d::{InnerSpace, Vec3};

use super::camera::Ray;
use super::ribbon::RibbonMesh;
use super::scene::Scene;

/// No part of a residue's ribbon is farther from its middle, Å: half a residue along the chain and the width
/// of an arrow head, with much to spare.
const RIBBON_REACH_ANGSTROM: f32 = 8.0;

/// A hit of the viewing ray.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Hit {
    /// The atom: of a bond the nearer end, of a ribbon the Cα of the residue.
    pub atom: usize,
    /// Distance along the ray, Å.
    pub distance_angstrom: f32,
}

/// The nearest thing that `ray` meets in front of its origin.
pub(super) fn pick(scene: &Scene, ray: Ray) -> Option<Hit> {
    let positions = scene.drawn_positions_angstrom();
    if positions.is_empty() {
        return None;
    }
    let atoms = scene.shown_atoms.iter().zip(&scene.atom_appearance).filter_map(|(&atom, appearance)| {
        let distance_angstrom = hit_sphere(ray, positions[atom].into(), appearance[3])?;
        Some(Hit { atom, distance_angstrom })
    });
    // A bond to the ribbon has one atom.
    let atoms_there_are = scene.positions_angstrom().len();
    let bonds = scene.shown_bonds.iter().zip(&scene.bond_appearance).filter_map(|(&[a, b], appearance)| {
        let (distance_angstrom, fraction) =
            hit_cylinder(ray, positions[a].into(), positions[b].into(), appearance[3])?;
        Some(Hit { atom: if fraction < 0.5 || b >= atoms_there_are { a } else { b }, distance_angstrom })
    });
    let ribbon = hit_mesh(ray, &scene.ribbon).and_then(|(distance_angstrom, residue)| {
        let atom = scene.topology()?.find_atom(residue, "CA")?;
        Some(Hit { atom, distance_angstrom })
    });
    atoms.chain(bonds).chain(ribbon).min_by(|a, b| a.distance_angstrom.total_cmp(&b.distance_angstrom))
}

fn hit_sphere(ray: Ray, center: Vec3, radius_angstrom: f32) -> Option<f32> {
    let from_center = ray.origin - center;
    let along = from_center.dot(ray.direction);
    let perpendicular = from_center - ray.direction * along;
    let discriminant = radius_angstrom * radius_angstrom - perpendicular.magnitude2();
    // Negative where the ray misses: its root is then not a number, and no comparison with that holds. The
    // same goes for positions that are not numbers.
    let distance = -along - discriminant.sqrt();
    (distance > 0.0).then_some(distance)
}

/// Distance along the ray and place along the axis (0 at `start`, 1 at `end`).
fn hit_cylinder(ray: Ray, start: Vec3, end: Vec3, radius_angstrom: f32) -> Option<(f32, f32)> {
    let axis = end - start;
    let length = axis.magnitude();
    let axis = axis / length;
    // From the point of the ray next to the bond, so that squares of large distances do not cancel.
    let near = (start - ray.origin).dot(ray.direction);
    let from_start = ray.origin + ray.direction * near - start;
    let d = ray.direction - axis * ray.direction.dot(axis);
    let o = from_start - axis * from_start.dot(axis);
    let a = d.magnitude2();
    let b = o.dot(d);
    let discriminant = b * b - a * (o.magnitude2() - radius_angstrom * radius_angstrom);
    // As above, a miss is not a number; so is a bond of no length, and one along the ray.
    let t = (-b - discriminant.sqrt()) / a;
    let along = (from_start + ray.direction * t).dot(axis);
    let distance = near + t;
    ((0.0..=length).contains(&along) && distance > 0.0).then_some((distance, along / length))
}

/// Distance along the ray to the nearest triangle, and its residue.
fn hit_mesh(ray: Ray, mesh: &RibbonMesh) -> Option<(f32, usize)> {
    let may_hit: Vec<bool> = mesh
        .backbone_angstrom
        .iter()
        .map(|&backbone| {
            let offset = Vec3::from(backbone) - ray.origin;
            (offset - ray.direction * offset.dot(ray.direction)).magnitude() < RIBBON_REACH_ANGSTROM
        })
        .collect();
    let mut best: Option<(f32, usize)> = None;
    for triangle in mesh.indices.chunks_exact(3) {
        if !may_hit[mesh.residues[triangle[0] as usize] as usize] {
            continue;
        }
        let [a, b, c] =
            [0, 1, 2].map(|corner| Vec3::from(mesh.positions_angstrom[triangle[corner] as usize]));
        let (edge1, edge2) = (b - a, c - a);
        let p = ray.direction.cross(edge2);
        let determinant = edge1.dot(p);
        if determinant.abs() < 1e-12 {
            continue;
        }
        let from_a = ray.origin - a;
        let u = from_a.dot(p) / determinant;
        if !(0.0..=1.0).contains(&u) {
            continue;
        }
        let q = from_a.cross(edge1);
        let v = ray.direction.dot(q) / determinant;
        if v < 0.0 || u + v > 1.0 {
            continue;
        }
        let distance = edge2.dot(q) / determinant;
        if distance > 0.0 && best.is_none_or(|(nearest, _)| distance < nearest) {
            best = Some((distance, mesh.residues[triangle[0] as usize] as usize));
        }
    }
    best
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use three_d::vec3;

    use super::*;

    fn down(x: f32, y: f32) -> Ray {
        Ray { origin: vec3(x, y, 100.0), direction: vec3(0.0, 0.0, -1.0) }
    }

    #[test]
    fn spheres_are_hit_on_their_near_side() {
        let center = vec3(1.0, 2.0, 3.0);
        assert!((hit_sphere(down(1.0, 2.0), center, 0.5).unwrap() - 96.5).abs() < 1e-4);
        assert!(hit_sphere(down(1.0, 2.51), center, 0.5).is_none());
        let inside = Ray { origin: center, direction: vec3(0.0, 0.0, -1.0) };
        assert!(hit_sphere(inside, center, 0.5).is_none());
        assert!(hit_sphere(down(1.0, 2.0), vec3(f32::NAN, 2.0, 3.0), 0.5).is_none());
    }

    #[test]
    fn cylinders_tell_which_end_is_nearer() {
        let (start, end) = (vec3(0.0, 0.0, 0.0), vec3(2.0, 0.0, 0.0));
        let (distance, fraction) = hit_cylinder(down(0.5, 0.0), start, end, 0.2).unwrap();
        assert!((distance - 99.8).abs() < 1e-3 && (fraction - 0.25).abs() < 1e-4);
        assert!(hit_cylinder(down(2.5, 0.0), start, end, 0.2).is_none(), "beyond the end");
        assert!(hit_cylinder(down(1.0, 0.21), start, end, 0.2).is_none(), "beside");
        assert!(hit_cylinder(down(0.0, 0.0), start, start, 0.2).is_none(), "no length");
    }
}
