//! What a residue sees of its surroundings, as a point whose distance from others means something.

use nalgebra::Vector3;

use crate::structure::{ResidueType, Topology};

/// Numbers of a descriptor.
pub const WIDTH: usize = 45;
/// Steps to a unit: descriptors are kept as whole steps in a byte, from −127 to 127.
const STEPS: f32 = 32.0;
/// Residues nearer along the chain than this are told by their types, not by where they are.
const LEAST_SEPARATION: usize = 3;

type Vec3 = Vector3<f32>;

/// One residue's surroundings.
pub(super) type Descriptor = [i8; WIDTH];

/// Squared distance of two descriptors, in squared steps.
pub(super) fn squared_steps(a: &[i8], b: &[i8]) -> i32 {
    let square = |(a, b): (&i8, &i8)| {
        let difference = i32::from(*a) - i32::from(*b);
        difference * difference
    };
    a.iter().zip(b).map(square).sum()
}

/// A distance in units from its square in squared steps.
pub(super) fn in_units(squared_steps: i32) -> f32 {
    (squared_steps as f32).sqrt() / STEPS
}

/// What of a residue type matters to its neighbors: hydropathy (Kyte and Doolittle, over 4.5), volume (Å³, less 140,
/// over 60), charge, whether it is aromatic, and how free the backbone is (glycine 1, proline −1).
fn properties(kind: ResidueType) -> [f32; 5] {
    use ResidueType::*;
    let (hydropathy, volume_angstrom3) = match kind {
        Ala => (1.8, 88.6),
        Arg => (-4.5, 173.4),
        Asn => (-3.5, 114.1),
        Asp => (-3.5, 111.1),
        Cys => (2.5, 108.5),
        Gln => (-3.5, 143.8),
        Glu => (-3.5, 138.4),
        Gly => (-0.4, 60.1),
        His => (-3.2, 153.2),
        Ile => (4.5, 166.7),
        // Norleucine, a leucine without a branch.
        Leu | Nle => (3.8, 166.7),
        Lys => (-3.9, 168.6),
        Met => (1.9, 162.9),
        Phe => (2.8, 189.9),
        Pro => (-1.6, 112.7),
        Ser => (-0.8, 89.0),
        Thr => (-0.7, 116.1),
        Trp => (-0.9, 227.8),
        Tyr => (-1.3, 193.6),
        Val => (4.2, 140.0),
    };
    let charge = match kind {
        Arg | Lys => 1.0,
        Asp | Glu => -1.0,
        _ => 0.0,
    };
    let aromatic = if matches!(kind, His | Phe | Trp | Tyr) { 1.0 } else { 0.0 };
    let freedom = match kind {
        Gly => 1.0,
        Pro => -1.0,
        _ => 0.0,
    };
    [hydropathy / 4.5, (volume_angstrom3 - 140.0) / 60.0, charge, aromatic, freedom]
}

/// Which of six kinds of neighbors a residue is: aliphatic, aromatic, polar, positive, negative, small.
fn class(kind: ResidueType) -> usize {
    use ResidueType::*;
    match kind {
        Val | Ile | Leu | Met | Cys | Nle => 0,
        Phe | Tyr | Trp => 1,
        Ser | Thr | Asn | Gln | His => 2,
        Lys | Arg => 3,
        Asp | Glu => 4,
        Ala | Gly | Pro => 5,
    }
}

/// 1 within a distance, 0 beyond it, with an edge of about 1 Å.
fn within(distance_angstrom: f32, limit_angstrom: f32) -> f32 {
    1.0 / (1.0 + (distance_angstrom - limit_angstrom).exp())
}

fn torsion(points: [Vec3; 4]) -> [f32; 2] {
    let [a, b, c, d] = points;
    let (first, axis, last) = (b - a, c - b, d - c);
    let (m, n) = (first.cross(&axis), axis.cross(&last));
    let (cos, sin) = (m.dot(&n), axis.normalize().dot(&m.cross(&n)));
    let size = cos.hypot(sin);
    if size > 1e-6 { [sin / size, cos / size] } else { [0.0; 2] }
}

/// The descriptors of all residues of a frame, Å in canonical order.
pub(super) fn descriptors(topology: &Topology, positions_angstrom: &[[f32; 3]]) -> Vec<Descriptor> {
    let residues = topology.residues();
    let count = residues.len();
    let at = |atom: usize| positions_angstrom.get(atom).map_or_else(Vec3::zeros, |&p| Vec3::from(p));
    // Canonical order starts N CA C O CB in every residue but glycine.
    let backbone: Vec<[Vec3; 3]> = (0..count)
        .map(|residue| {
            let first = topology.atom_range(residue).start;
            [at(first), at(first + 1), at(first + 2)]
        })
        .collect();
    let ca = |residue: usize| backbone[residue][1];
    (0..count)
        .map(|residue| {
            let mut numbers = Vec::with_capacity(WIDTH);
            let [n, own, c] = backbone[residue];

            // Backbone and side chain.
            let phi = residue.checked_sub(1).map(|before| torsion([backbone[before][2], n, own, c]));
            let psi = backbone.get(residue + 1).map(|after| torsion([n, own, c, after[0]]));
            numbers.extend([phi, psi].into_iter().flat_map(Option::unwrap_or_default));
            let kind = residues[residue].kind;
            let atoms = topology.atom_range(residue);
            let chi1 = (!matches!(kind, ResidueType::Gly | ResidueType::Ala) && atoms.len() > 5)
                .then(|| torsion([n, own, at(atoms.start + 4), at(atoms.start + 5)]));
            numbers.extend(chi1.unwrap_or_default().map(|x| 0.5 * x));

            // Neighbors along the chain; where there is none, all numbers are zero.
            for (offset, weight) in [(-2, 0.4), (-1, 0.7), (1, 0.7), (2, 0.4)] {
                let neighbor = residue.checked_add_signed(offset).and_then(|other| residues.get(other));
                let told = neighbor.map(|other| properties(other.kind));
                numbers.push(if told.is_some() { weight } else { 0.0 });
                numbers.extend(told.unwrap_or_default().map(|x| weight * x));
            }

            // Shape of the chain.
            let apart = |a: Option<usize>, b: usize| match a {
                Some(a) if b < count => ((ca(a) - ca(b)).norm() - 8.0) / 2.5,
                _ => 0.0,
            };
            numbers.push(apart(residue.checked_sub(3), residue));
            numbers.push(apart(Some(residue), residue + 3));
            numbers.push(apart(residue.checked_sub(2), residue + 2));

            // Neighbors in space: how many of which kind, how dense, and on which side.
            let mut classes = [0.0f32; 6];
            let mut density = [0.0f32; 3];
            let mut side = Vec3::zeros();
            for other in (0..count).filter(|&other| residue.abs_diff(other) >= LEAST_SEPARATION) {
                let way = ca(other) - own;
                let distance = way.norm();
                if distance > 20.0 {
                    continue;
                }
                classes[class(residues[other].kind)] += within(distance, 8.0);
                for (sum, limit) in density.iter_mut().zip([6.0, 10.0, 14.0]) {
                    *sum += within(distance, limit);
                }
                side += way * (within(distance, 10.0) / distance.max(0.1));
            }
            numbers.extend(classes.map(|sum| 0.5 * sum));
            numbers.extend(density.map(|sum| 0.6 * sum.sqrt()));
            let x = (c - own).try_normalize(1e-6).unwrap_or_default();
            let z = x.cross(&(n - own)).try_normalize(1e-6).unwrap_or_default();
            numbers.extend([x, z.cross(&x), z].map(|axis| 0.3 * axis.dot(&side)));

            let mut steps = [0i8; WIDTH];
            for (step, number) in steps.iter_mut().zip(numbers) {
                // A number that is none becomes zero.
                *step = (STEPS * number).round().clamp(-127.0, 127.0) as i8;
            }
            steps
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::test_support::bundled_atoms;

    #[test]
    fn descriptors_are_the_same_however_the_molecule_lies_and_see_its_hand() {
        let (topology, positions) = bundled_atoms("chignolin");
        let here = descriptors(&topology, &positions);
        let rotation = nalgebra::Rotation3::from_euler_angles(0.4f32, -1.1, 2.3);
        let moved: Vec<[f32; 3]> = positions
            .iter()
            .map(|&p| (rotation * Vec3::from(p) + Vec3::new(5.0, -3.0, 11.0)).into())
            .collect();
        let there = descriptors(&topology, &moved);
        let most = here.iter().flatten().zip(there.iter().flatten()).map(|(a, b)| a.abs_diff(*b)).max();
        // Rounding to steps.
        assert!(most.unwrap() <= 1);
        let mirrored: Vec<[f32; 3]> = positions.iter().map(|p| [-p[0], p[1], p[2]]).collect();
        let mirrored = descriptors(&topology, &mirrored);
        let apart = |residue: usize| in_units(squared_steps(&here[residue], &mirrored[residue]));
        assert!((1..9).all(|residue| apart(residue) > 0.3));
    }

    #[test]
    fn every_place_of_a_descriptor_is_filled_by_some_residue() {
        let (topology, positions) = bundled_atoms("chignolin");
        let all = descriptors(&topology, &positions);
        let used = (0..WIDTH).filter(|&place| all.iter().any(|descriptor| descriptor[place] != 0)).count();
        // Chignolin holds neither aliphatic nor positive residues.
        assert_eq!(used, WIDTH - 2);
    }

    #[test]
    fn a_torsion_is_that_of_iupac() {
        let points = [[0.0, 1.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 1.0]].map(Vec3::from);
        let [sin, cos] = torsion(points);
        let degrees = sin.atan2(cos).to_degrees();
        let reference = crate::analysis::vectors::dihedral_rad(
            [0.0, 1.0, 0.0].into(),
            [0.0, 0.0, 0.0].into(),
            [0.0, 0.0, 1.0].into(),
            [1.0, 0.0, 1.0].into(),
        );
        assert!((f64::from(degrees) - reference.to_degrees()).abs() < 1e-4, "{degrees}");
    }
}
