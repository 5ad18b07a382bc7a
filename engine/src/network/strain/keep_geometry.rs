//! Taking out of a frame what is left of violations of covalent geometry.

use super::{CA_SITE, SITES, StrainTemplate, contact_angstrom, cross, direction, dot, minus, triple};

/// What [`StrainTemplate::keep_geometry`] leaves alone: about one and a half standard deviations of MD at 350 K for
/// bonds (0.03 Å) and 1–3 distances (0.05 Å), and tight contacts.
const BOND_TOLERANCE_ANGSTROM: f32 = 0.05;
const ANGLE_TOLERANCE_ANGSTROM: f32 = 0.08;
const OVERLAP_TOLERANCE_ANGSTROM: f32 = 0.15;
const GEOMETRY_SWEEPS: usize = 30;

impl StrainTemplate {
    /// Takes out what deviates from covalent geometry beyond the tolerances, touching nothing else: bonds,
    /// 1–3 distances and overlaps, each pair moved by half its excess, in sweeps over all pairs (position-
    /// based constraints, as in SHAKE). Before that, centres of the wrong hand are mirrored. `atoms` are positions
    /// by site; non-finite ones stay so.
    pub fn keep_geometry(&self, atoms: &mut [[f32; 3]]) {
        self.keep_handedness(atoms);
        let mut touching = Vec::new();
        for sweep in 0..GEOMETRY_SWEEPS {
            let mut moved = false;
            if sweep % 5 == 0 {
                self.touching_pairs(atoms, 0.0, &mut touching);
            }
            for &(a, b) in &touching {
                let (class_a, class_b) = (self.class_of(a), self.class_of(b));
                let shortest = contact_angstrom(class_a, class_b) - OVERLAP_TOLERANCE_ANGSTROM;
                moved |= correct(atoms, a, b, shortest, f32::INFINITY);
            }
            for (pairs, tolerance) in
                [(&self.angles, ANGLE_TOLERANCE_ANGSTROM), (&self.bonds, BOND_TOLERANCE_ANGSTROM)]
            {
                for &(a, b, reference) in pairs {
                    let (low, high) = (reference - tolerance, reference + tolerance);
                    moved |= correct(atoms, a as usize, b as usize, low, high);
                }
            }
            if !moved {
                break;
            }
        }
    }

    /// Mirrors what hangs on a centre of the wrong hand through the plane of the centre and two neighbours, which
    /// keeps its bonds and angles: a side chain through N, Cα, C, the methyl group of ILE and THR through Cβ and
    /// its other two neighbours.
    fn keep_handedness(&self, atoms: &mut [[f32; 3]]) {
        for (residue, sites) in self.sites.iter().enumerate() {
            let at = |slot: usize| residue * SITES + slot;
            // Slots 0, 1, 2, 3 are N, C, O, CB; glycine has no CB.
            if sites.len() > 4 && handedness(atoms, [at(CA_SITE), at(0), at(1), at(3)]) < 0.0 {
                let plane = [at(CA_SITE), at(0), at(1)];
                for &(site, _) in
                    sites.iter().filter(|(site, _)| (3..CA_SITE).contains(&(*site as usize % SITES)))
                {
                    mirror(atoms, plane, site as usize);
                }
            }
        }
        for centre in &self.stereocentres {
            let [centre, a, b, methyl] = centre.map(|site| site as usize);
            if handedness(atoms, [centre, a, b, methyl]) < 0.0 {
                mirror(atoms, [centre, a, b], methyl);
            }
        }
    }
}

/// Moves two atoms along their line until their distance lies within `low..=high`; whether it did not.
fn correct(atoms: &mut [[f32; 3]], a: usize, b: usize, low: f32, high: f32) -> bool {
    let (unit, distance) = direction(atoms[a], atoms[b]);
    let excess = distance - distance.clamp(low, high);
    // A thousandth of an ångström is nobody's violation.
    if excess.is_nan() || excess.abs() < 1e-3 {
        return false;
    }
    for axis in 0..3 {
        atoms[a][axis] += 0.5 * excess * unit[axis];
        atoms[b][axis] -= 0.5 * excess * unit[axis];
    }
    true
}

/// Positive where the last three of `[centre, a, b, c]` turn as those of natural amino acids do.
fn handedness(atoms: &[[f32; 3]], [centre, a, b, c]: [usize; 4]) -> f32 {
    let from = |site: usize| minus(atoms[site], atoms[centre]);
    triple(from(a), from(b), from(c))
}

/// Mirrors an atom in the plane through three atoms; not where they lie on a line.
fn mirror(atoms: &mut [[f32; 3]], [centre, a, b]: [usize; 3], site: usize) {
    let origin = atoms[centre];
    let normal = cross(minus(atoms[a], origin), minus(atoms[b], origin));
    let length = dot(normal, normal);
    if length > 1e-6 {
        let twice = 2.0 * dot(minus(atoms[site], origin), normal) / length;
        for axis in 0..3 {
            atoms[site][axis] -= twice * normal[axis];
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::tests::features;
    use super::super::{SLOTS, squared};
    use super::*;
    use crate::network::CloudBatch;
    use crate::structure::ResidueType;

    /// Positions by site.
    fn sites(cloud: &CloudBatch) -> Vec<[f32; 3]> {
        let mut sites = Vec::new();
        for row in 0..cloud.rows() {
            let p: [f32; 3] = std::array::from_fn(|axis| cloud.positions[row * 3 + axis]);
            for slot in 0..SLOTS {
                sites.push(std::array::from_fn(|a| p[a] + cloud.vectors[(row * 3 + a) * SLOTS + slot]));
            }
            sites.push(p);
        }
        sites
    }

    #[test]
    fn keeping_geometry_takes_out_violations_and_nothing_else() {
        let (sequence, cloud, _) = features("chignolin.pdb", false);
        let template = &sequence.strain[0];
        let noise = crate::transport::noise::Noise::new(3, crate::transport::noise::Stream::Sampling);
        let clean = sites(&cloud);
        let worst = |atoms: &[[f32; 3]], pairs: &[(u32, u32, f32)]| {
            let off =
                |&(a, b, d): &(u32, u32, f32)| (direction(atoms[a as usize], atoms[b as usize]).1 - d).abs();
            pairs.iter().map(off).fold(0.0f32, f32::max)
        };
        let mut same = clean.clone();
        template.keep_geometry(&mut same);
        let moved = same.iter().zip(&clean).map(|(a, b)| squared(*a, *b).sqrt()).fold(0.0f32, f32::max);
        assert!(moved < 0.1, "the crystal structure moved by {moved} Å");
        let mut shaken = clean.clone();
        for (i, atom) in shaken.iter_mut().enumerate() {
            let n = noise.normals([i as u32, 0, 0, 0]);
            for axis in 0..3 {
                atom[axis] += 0.2 * n[axis];
            }
        }
        assert!(worst(&shaken, &template.bonds) > 0.4);
        template.keep_geometry(&mut shaken);
        assert!(worst(&shaken, &template.bonds) < 0.12, "bonds {}", worst(&shaken, &template.bonds));
        assert!(worst(&shaken, &template.angles) < 0.22, "angles {}", worst(&shaken, &template.angles));
    }

    /// Lambda repressor with all its side chains and methyl groups of the wrong hand, lengths and angles intact.
    #[test]
    fn centres_of_the_wrong_hand_are_mirrored_back() {
        let (sequence, cloud, _) = features("lambda.pdb", false);
        let template = &sequence.strain[0];
        let mut atoms = sites(&cloud);
        let clean = atoms.clone();
        for residue in (0..sequence.rows()).filter(|r| sequence.residues[*r] != ResidueType::Gly) {
            let base = residue * SITES;
            for slot in 3..CA_SITE {
                mirror(&mut atoms, [base + CA_SITE, base, base + 1], base + slot);
            }
        }
        assert!(!template.stereocentres.is_empty());
        for (i, centre) in template.stereocentres.iter().enumerate() {
            let centre = centre.map(|site| site as usize);
            // Mirroring the side chain has turned this centre too; every second one is turned back.
            assert!(handedness(&atoms, centre) < 0.0);
            if i % 2 == 0 {
                mirror(&mut atoms, [centre[0], centre[1], centre[2]], centre[3]);
            }
        }
        template.keep_handedness(&mut atoms);
        for residue in (0..sequence.rows()).filter(|r| sequence.residues[*r] != ResidueType::Gly) {
            let base = residue * SITES;
            assert!(
                handedness(&atoms, [base + CA_SITE, base, base + 1, base + 3]) > 0.0,
                "residue {residue}"
            );
        }
        for centre in &template.stereocentres {
            assert!(handedness(&atoms, centre.map(|site| site as usize)) > 0.0);
        }
        let mut same = clean.clone();
        template.keep_handedness(&mut same);
        assert_eq!(same, clean, "a crystal structure has nothing to mirror");
    }
}
