//! How far a conformation is from ideal covalent geometry, as input features of the headers.
//!
//! A header must tell noise of a few hundredths of an ångström from thermal motion, in bonds that are
//! 1.5 Å long. Layer norm hides absolute lengths from it, and the paper's inputs leave it to the network to
//! find out which atoms are bonded. These features say it: on every heavy atom the sum of bounded pulls along
//! its bonds and 1–3 distances towards their reference values, and of pushes out of overlaps with atoms
//! four or more bonds away; per residue the way to the ideal Cβ, and the handedness of its centers. They are
//! equivariant, follow from residue templates, and so work for every protein. This is an addition to the
//! paper (`strain_inputs = false` leaves it out).

use std::sync::Arc;

use super::arithmetic::{cross, dot, minus};
use crate::network::templates::{CA_SITE, CONTACT_CA_ANGSTROM, SITES, StrainTemplate, squared};
use crate::structure::SLOTS;

use crate::network::{CloudBatch, SequenceBatch};

/// Vectors per residue: pulls along bonds, along 1–3 distances, pushes out of overlaps, each on 14 atoms; the
/// way to the ideal Cβ.
pub const STRAIN_VECTORS: usize = 3 * SITES + 1;

/// Scalars per residue: lengths of the vectors; handedness of Cα and of the side chain's branch.
pub const STRAIN_SCALARS: usize = STRAIN_VECTORS + 2;

/// Deviations at which a pull is half its limit.
const BOND_SCALE_ANGSTROM: f32 = 0.1;
const ANGLE_SCALE_ANGSTROM: f32 = 0.2;
const CB_SCALE_ANGSTROM: f32 = 0.2;
/// Overlap at which a push is at its limit.
const OVERLAP_SCALE_ANGSTROM: f32 = 0.5;

/// The features of a batch.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StrainFeatures {
    /// `[R, STRAIN_SCALARS]`.
    pub scalars: Vec<f32>,
    /// `[R, 3, STRAIN_VECTORS]`.
    pub vectors: Vec<f32>,
    atoms: Vec<[f32; 3]>,
    sums: Vec<[[f32; 3]; 3]>,
}

impl StrainFeatures {
    /// Fills them with those of `cloud`.
    pub fn update(&mut self, sequence: &SequenceBatch, cloud: &CloudBatch) {
        let rows = cloud.rows();
        self.scalars.clear();
        self.scalars.resize(rows * STRAIN_SCALARS, 0.0);
        self.vectors.clear();
        self.vectors.resize(rows * 3 * STRAIN_VECTORS, 0.0);
        for (template, pair) in sequence.strain.iter().zip(sequence.starts.windows(2)) {
            self.protein(template, cloud, pair[0], pair[1]);
        }
    }

    fn protein(&mut self, template: &Arc<StrainTemplate>, cloud: &CloudBatch, first: usize, end: usize) {
        self.atoms.clear();
        for row in first..end {
            let p: [f32; 3] = std::array::from_fn(|axis| cloud.positions[row * 3 + axis]);
            for slot in 0..SLOTS {
                self.atoms.push(std::array::from_fn(|axis| {
                    p[axis] + cloud.vectors[(row * 3 + axis) * SLOTS + slot]
                }));
            }
            self.atoms.push(p);
        }
        self.sums.clear();
        self.sums.resize((end - first) * SITES, [[0.0; 3]; 3]);
        let (atoms, sums) = (&self.atoms, &mut self.sums);
        for (kind, pairs, scale) in
            [(0, &template.bonds, BOND_SCALE_ANGSTROM), (1, &template.angles, ANGLE_SCALE_ANGSTROM)]
        {
            for &(a, b, reference) in pairs {
                let (unit, distance) = direction(atoms[a as usize], atoms[b as usize]);
                let x = distance - reference;
                let pull = x / (x.abs() + scale);
                add_pair(sums, a, b, kind, unit, pull);
            }
        }
        let n = end - first;
        template.for_neighbors(atoms, CONTACT_CA_ANGSTROM, &mut |a, b, contact| {
            if squared(atoms[a as usize], atoms[b as usize]) < contact * contact {
                let (unit, distance) = direction(atoms[a as usize], atoms[b as usize]);
                let push = ((contact - distance) / OVERLAP_SCALE_ANGSTROM).min(1.0);
                add_pair(sums, a, b, 2, unit, -push);
            }
        });
        for residue in 0..n {
            let row = first + residue;
            let at = |site: usize| self.atoms[residue * SITES + site];
            let mut vectors = [[0.0f32; 3]; STRAIN_VECTORS];
            for site in 0..SITES {
                for kind in 0..3 {
                    vectors[kind * SITES + site] = self.sums[residue * SITES + site][kind];
                }
            }
            let scalars = &mut self.scalars[row * STRAIN_SCALARS..][..STRAIN_SCALARS];
            // Slots 0, 1, 3 are N, C, CB; glycine has no CB.
            if template.sites[residue].len() > 4 {
                let ca = at(CA_SITE);
                let (n, c, cb) = (minus(at(0), ca), minus(at(1), ca), minus(at(3), ca));
                let b = n.map(|x| -x);
                let normal = cross(b, c);
                // Ideal Cβ from N, CA, C of a tetrahedral center.
                let ideal: [f32; 3] = std::array::from_fn(|i| {
                    -0.582_734_3 * normal[i] + 0.568_028_3 * b[i] - 0.540_674_7 * c[i]
                });
                let away = minus(ideal, cb);
                let length = dot(away, away).sqrt();
                vectors[STRAIN_VECTORS - 1] = away.map(|x| x / (length + CB_SCALE_ANGSTROM));
                scalars[STRAIN_VECTORS] = triple(n, c, cb);
            }
            if let Some([center, a, b, c]) = template.branches[residue] {
                let center = self.atoms[center as usize];
                let away = |site: u32| minus(self.atoms[site as usize], center);
                scalars[STRAIN_VECTORS + 1] = triple(away(a), away(b), away(c));
            }
            for (index, vector) in vectors.iter().enumerate() {
                scalars[index] = dot(*vector, *vector).sqrt();
                for axis in 0..3 {
                    self.vectors[(row * 3 + axis) * STRAIN_VECTORS + index] = vector[axis];
                }
            }
        }
    }
}

/// Volume spanned by three vectors over the product of their lengths.
fn triple(a: [f32; 3], b: [f32; 3], c: [f32; 3]) -> f32 {
    let lengths = (dot(a, a) * dot(b, b) * dot(c, c)).sqrt();
    dot(cross(a, b), c) / lengths.max(1e-3)
}

/// Unit vector from `a` to `b` and their distance.
fn direction(a: [f32; 3], b: [f32; 3]) -> ([f32; 3], f32) {
    let d = minus(b, a);
    let distance = dot(d, d).sqrt();
    (d.map(|x| x / distance.max(1e-6)), distance)
}

/// Adds `amount · unit` to the first atom of a pair and its opposite to the second.
fn add_pair(sums: &mut [[[f32; 3]; 3]], a: u32, b: u32, kind: usize, unit: [f32; 3], amount: f32) {
    for axis in 0..3 {
        sums[a as usize][kind][axis] += amount * unit[axis];
        sums[b as usize][kind][axis] -= amount * unit[axis];
    }
}

#[cfg(test)]
pub(super) mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::structure::{ResidueType, TensorCloud};
    use crate::test_support::bundled;

    pub(super) fn features(name: &str, mirrored: bool) -> (SequenceBatch, CloudBatch, StrainFeatures) {
        let protein = bundled(name);
        let mut atoms = protein.positions_angstrom.to_vec();
        if mirrored {
            for atom in &mut atoms {
                atom[0] = -atom[0];
            }
        }
        let sequence = SequenceBatch::replicate(&protein.topology, 1);
        let mut cloud = CloudBatch::default();
        cloud.push(&TensorCloud::from_atoms(&protein.topology, &atoms));
        let mut features = StrainFeatures::default();
        features.update(&sequence, &cloud);
        (sequence, cloud, features)
    }

    /// In a crystal structure bonds and angles are near their references, and a bond stretched by 0.3 Å
    /// pulls its own atoms together and no others.
    #[test]
    fn crystal_structures_have_little_strain_and_a_stretched_bond_shows() {
        for file in ["chignolin", "lambda", "villin"] {
            let (sequence, mut cloud, features) = features(file, false);
            let rows = sequence.rows();
            let bond_pulls = |f: &StrainFeatures| -> f32 {
                let sum: f32 =
                    (0..rows).flat_map(|r| f.scalars[r * STRAIN_SCALARS..][..SITES].to_vec()).sum();
                sum / (rows * SITES) as f32
            };
            assert!(bond_pulls(&features) < 0.15, "{file}: {}", bond_pulls(&features));
            // Carbonyl O of the second residue, slot 2, moved outwards along its bond to C.
            let row = 1;
            let direction: Vec<f32> = (0..3)
                .map(|a| cloud.vectors[(row * 3 + a) * SLOTS + 2] - cloud.vectors[(row * 3 + a) * SLOTS + 1])
                .collect();
            for axis in 0..3 {
                cloud.vectors[(row * 3 + axis) * SLOTS + 2] += 0.3 / 1.23 * direction[axis];
            }
            let mut stretched = StrainFeatures::default();
            stretched.update(&sequence, &cloud);
            let pull: f32 = (0..3)
                .map(|a| stretched.vectors[(row * 3 + a) * STRAIN_VECTORS + 2] * direction[a] / 1.23)
                .sum();
            assert!(
                (pull + 0.75).abs() < 0.1,
                "{file}: the pull on O is {pull}, expected about −0.3/(0.3 + 0.1)"
            );
            let nitrogen = (row * STRAIN_SCALARS, 0);
            assert_eq!(stretched.scalars[nitrogen.0 + nitrogen.1], features.scalars[nitrogen.0 + nitrogen.1]);
        }
    }

    #[test]
    fn handedness_changes_sign_in_the_mirror_and_the_ideal_cb_is_off() {
        let (_, _, features_l) = features("lambda", false);
        let (sequence, _, features_d) = features("lambda", true);
        for row in 0..sequence.rows() {
            let at = row * STRAIN_SCALARS;
            for which in [STRAIN_VECTORS, STRAIN_VECTORS + 1] {
                let (l, d) = (features_l.scalars[at + which], features_d.scalars[at + which]);
                assert!((l + d).abs() < 1e-4);
            }
            if sequence.residues[row] != ResidueType::Gly {
                let (l, d) = (
                    features_l.scalars[at + STRAIN_VECTORS - 1],
                    features_d.scalars[at + STRAIN_VECTORS - 1],
                );
                assert!(l < 0.7 && d > 0.8, "row {row}: way to the ideal CB {l}, mirrored {d}");
            }
        }
    }
}
