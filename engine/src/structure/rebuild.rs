//! Missing side-chain atoms (and carbonyl oxygens) from ideal internal geometry.
//!
//! Bond lengths and angles are the means over crystal structures; torsions that are free take the
//! staggered rotamer that keeps farthest from everything around.

use nalgebra::Vector3;

use super::conformer::RawResidue;
use super::error::MissingAtoms;
use super::internal_coordinates::{Placement, Torsion, placements};

/// C–O bond and CA–C–O angle of the peptide group (Engh and Huber 2001).
const CARBONYL: (f64, f64) = (1.229, 120.1);
/// Atoms nearer than this are in each other's way.
const CONTACT_ANGSTROM: f64 = 3.4;
/// No side chain reaches farther from its Cα than this, contact included.
const REACH_ANGSTROM: f64 = 12.0;

type Point = Vector3<f64>;

/// Completes all residues, whose N, CA and C must be present. Returns what was rebuilt.
pub(super) fn rebuild(residues: &mut [RawResidue]) -> Vec<MissingAtoms> {
    let mut rebuilt = Vec::new();
    for index in 0..residues.len() {
        let before = residues[index].positions_angstrom.clone();
        discard_beyond_gaps(&mut residues[index]);
        let missing = residues[index].missing(|_| true);
        if missing.is_empty() {
            continue;
        }
        let surroundings = surroundings(residues, index);
        let next_n = residues.get(index + 1).and_then(|next| point(next, "N"));
        let complete = place_carbonyl(&mut residues[index], next_n, &surroundings)
            .and_then(|()| place_side_chain(&mut residues[index], &surroundings));
        if complete.is_none() {
            // Without a backbone there is nothing to build on; the caller reports what is missing.
            residues[index].positions_angstrom = before;
            continue;
        }
        rebuilt.push(MissingAtoms { residue: residues[index].residue.label(), atoms: missing });
    }
    rebuilt
}

/// An atom beyond a missing one would not fit the rebuilt part: it is rebuilt as well.
fn discard_beyond_gaps(residue: &mut RawResidue) {
    for placement in placements(residue.residue.kind) {
        let parent = placement.references[2];
        if residue.position_angstrom(parent).is_none() {
            set(residue, placement.atom, None);
        }
    }
}

/// Atoms of other residues within reach.
fn surroundings(residues: &[RawResidue], index: usize) -> Vec<Point> {
    let Some(center) = point(&residues[index], "CA") else { return Vec::new() };
    residues
        .iter()
        .enumerate()
        .filter(|&(other, _)| other != index)
        .flat_map(|(_, residue)| residue.positions_angstrom.iter().flatten())
        .map(|&p| Point::from(p))
        .filter(|p| (p - center).norm() < REACH_ANGSTROM)
        .collect()
}

fn place_carbonyl(residue: &mut RawResidue, next_n: Option<Point>, surroundings: &[Point]) -> Option<()> {
    if residue.position_angstrom("O").is_some() {
        return Some(());
    }
    let (n, ca, c) = (point(residue, "N")?, point(residue, "CA")?, point(residue, "C")?);
    let (bond, angle) = CARBONYL;
    let oxygen = match next_n {
        // In the plane of the peptide, opposite to the next nitrogen.
        Some(next) => place(next, ca, c, bond, angle, 180.0),
        None => [140.0, -40.0, 80.0, -100.0, 20.0, -160.0]
            .map(|torsion| place(n, ca, c, bond, angle, torsion))
            .into_iter()
            .min_by(|a, b| clash(*a, surroundings).total_cmp(&clash(*b, surroundings)))?,
    };
    set(residue, "O", Some(oxygen));
    Some(())
}

/// Tries all combinations of the free rotamers, at most 81, and keeps the roomiest.
fn place_side_chain(residue: &mut RawResidue, surroundings: &[Point]) -> Option<()> {
    let missing = |residue: &RawResidue, atom| residue.position_angstrom(atom).is_none();
    let todo: Vec<&Placement> =
        placements(residue.residue.kind).iter().filter(|p| missing(residue, p.atom)).collect();
    let choices: Vec<usize> = todo
        .iter()
        .map(|p| match &p.torsion {
            Torsion::Free(rotamers) if present_sibling(residue, p).is_none() => rotamers.len(),
            _ => 1,
        })
        .collect();
    let combinations: usize = choices.iter().product();
    let mut best: Option<(f64, RawResidue)> = None;
    for combination in 0..combinations {
        let mut trial = residue.clone();
        let mut rest = combination;
        let mut strain = 0.0;
        for (placement, &count) in todo.iter().zip(&choices) {
            let position = position(&trial, placement, rest % count)?;
            rest /= count;
            strain += clash(position, surroundings) + self_clash(&trial, placement, position);
            set(&mut trial, placement.atom, Some(position));
        }
        // Rotamers stand in order of their frequency: a later one must be clearly better.
        if best.as_ref().is_none_or(|(least, _)| strain < least - 1e-3) {
            best = Some((strain, trial));
        }
    }
    *residue = best?.1;
    Some(())
}

fn position(residue: &RawResidue, placement: &Placement, rotamer: usize) -> Option<Point> {
    let [a, b, c] = placement.references.map(|name| point(residue, name));
    let (a, b, c) = (a?, b?, c?);
    let torsion = match &placement.torsion {
        Torsion::Fixed(torsion) => *torsion,
        Torsion::Sibling(sibling, offset) => dihedral(a, b, c, point(residue, sibling)?) + offset,
        Torsion::Free(rotamers) => match present_sibling(residue, placement) {
            Some((sibling, offset)) => dihedral(a, b, c, sibling) - offset,
            None => *rotamers.get(rotamer)?,
        },
    };
    Some(place(a, b, c, placement.bond_angstrom, placement.angle_degrees, torsion))
}

/// An atom that is present and whose torsion is defined by that of `placement`: it fixes the torsion.
fn present_sibling(residue: &RawResidue, placement: &Placement) -> Option<(Point, f64)> {
    placements(residue.residue.kind).iter().find_map(|other| match other.torsion {
        Torsion::Sibling(of, offset) if of == placement.atom => Some((point(residue, other.atom)?, offset)),
        _ => None,
    })
}

fn clash(position: Point, others: &[Point]) -> f64 {
    others.iter().map(|other| overlap(position, *other, CONTACT_ANGSTROM)).sum()
}

/// Against the residue's own backbone, from the fourth bond on.
fn self_clash(residue: &RawResidue, placement: &Placement, position: Point) -> f64 {
    if matches!(placement.references[2], "CA" | "CB") {
        return 0.0;
    }
    ["N", "C", "O"]
        .iter()
        .filter_map(|name| point(residue, name))
        .map(|other| overlap(position, other, CONTACT_ANGSTROM - 0.4))
        .sum()
}

fn overlap(a: Point, b: Point, contact_angstrom: f64) -> f64 {
    (contact_angstrom - (a - b).norm()).max(0.0).powi(2)
}

/// The point at `bond` from c, `angle` b–c–point and `torsion` a–b–c–point.
fn place(a: Point, b: Point, c: Point, bond: f64, angle: f64, torsion: f64) -> Point {
    let (angle, torsion) = (angle.to_radians(), torsion.to_radians());
    let axis = (c - b).normalize();
    let normal = (b - a).cross(&axis).normalize();
    let in_plane = normal.cross(&axis);
    c + bond * (-angle.cos() * axis + angle.sin() * (torsion.cos() * in_plane + torsion.sin() * normal))
}

fn dihedral(a: Point, b: Point, c: Point, d: Point) -> f64 {
    let axis = (c - b).normalize();
    let (u, v) = ((b - a).cross(&axis), axis.cross(&(d - c)));
    u.cross(&v).dot(&axis).atan2(u.dot(&v)).to_degrees()
}

fn point(residue: &RawResidue, name: &str) -> Option<Point> {
    residue.position_angstrom(name).map(Point::from)
}

fn set(residue: &mut RawResidue, name: &str, position: Option<Point>) {
    if let Some(offset) = residue.residue.kind.atom_names().iter().position(|&known| known == name) {
        residue.positions_angstrom[offset] = position.map(Into::into);
        if position.is_none() {
            residue.records[offset] = None;
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;
    use crate::structure::ResidueType;

    #[test]
    fn every_side_chain_atom_has_one_placement_after_its_references() {
        for kind in ResidueType::ALL {
            let mut known = vec!["N", "CA", "C", "O"];
            for placement in placements(kind) {
                assert!(placement.references.iter().all(|r| known.contains(r)), "{kind:?} {placement:?}");
                if let Torsion::Sibling(sibling, _) = placement.torsion {
                    assert!(known.contains(&sibling));
                }
                assert!(!known.contains(&placement.atom));
                known.push(placement.atom);
            }
            known.sort_unstable();
            let mut expected = kind.atom_names().to_vec();
            expected.sort_unstable();
            assert_eq!(known, expected, "{kind:?}");
        }
    }

    #[test]
    fn place_and_dihedral_agree() {
        let (a, b, c) = (Point::new(0.3, 1.0, 0.2), Point::new(0.0, 0.0, 0.1), Point::new(1.5, 0.1, 0.0));
        for torsion in [-170.0, -60.0, 0.0, 45.0, 90.0, 179.0] {
            let d = place(a, b, c, 1.4, 111.0, torsion);
            assert!((d - c).norm() - 1.4 < 1e-12);
            assert!(((b - c).angle(&(d - c)).to_degrees() - 111.0).abs() < 1e-9);
            assert!((dihedral(a, b, c, d) - torsion).abs() < 1e-9);
        }
        // IUPAC sign: looking along the axis, clockwise is positive.
        let d = dihedral(Point::x(), Point::zeros(), Point::z(), Point::z() + Point::y());
        assert!((d - 90.0).abs() < 1e-9, "{d}");
    }
}
