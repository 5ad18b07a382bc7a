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

use crate::structure::bonded_parameters::{C_N_CD_PROLINE_DEGREES, O_C_N_DEGREES, bonded_parameters};
use crate::structure::tensor_cloud::slot_of_offset;
use crate::structure::{Element, ResidueType, SLOTS, Topology};

use crate::network::{CloudBatch, SequenceBatch};

/// Sites of a residue: the 13 slots and Cα.
const SITES: usize = SLOTS + 1;
const CA_SITE: usize = SLOTS;

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
/// Residues with Cα farther apart cannot touch.
const CONTACT_CA_ANGSTROM: f32 = 14.0;

/// Pairs of atoms of one protein with their reference distance.
#[derive(Clone, Debug, PartialEq)]
pub struct StrainTemplate {
    /// `(site, site, Å)`; a site is `residue · 14 + slot`, Cα as slot 13.
    pub(crate) bonds: Vec<(u32, u32, f32)>,
    pub(crate) angles: Vec<(u32, u32, f32)>,
    /// Used sites per residue with 0, 1, 2 for carbon, polar, sulfur.
    pub(crate) sites: Vec<Vec<(u32, u8)>>,
    /// Per site the later sites fewer than four bonds away.
    pub(crate) close: Vec<Vec<u32>>,
    /// Sites of the center and three substituents of the branch of ILE, LEU, THR, VAL.
    pub(crate) branches: Vec<Option<[u32; 4]>>,
}

/// Site of the Cα of `residue`; its slots are the 13 sites before.
pub fn ca_site(residue: usize) -> usize {
    residue * SITES + CA_SITE
}

/// Residue and slot of a site, the slot being `None` for Cα.
pub fn residue_and_slot(site: usize) -> (usize, Option<usize>) {
    let slot = site % SITES;
    (site / SITES, (slot != CA_SITE).then_some(slot))
}

impl StrainTemplate {
    /// Pairs of bonded atoms and of atoms bonded to a common one, as sites.
    pub fn rigid_pairs(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        self.bonds.iter().chain(&self.angles).map(|&(a, b, _)| (a as usize, b as usize))
    }

    /// The pairs of `topology`.
    pub fn new(topology: &Topology) -> Self {
        let site = |atom: usize| -> u32 {
            let residue = topology.atoms()[atom].residue;
            let offset = atom - topology.atom_range(residue).start;
            (residue * SITES + if offset == 1 { CA_SITE } else { slot_of_offset(offset) }) as u32
        };
        let mut t = Self {
            bonds: Vec::new(),
            angles: Vec::new(),
            sites: Vec::new(),
            close: vec![Vec::new(); topology.residue_count() * SITES],
            branches: Vec::new(),
        };
        for (index, residue) in topology.residues().iter().enumerate() {
            let geometry = bonded_parameters(residue.kind);
            let find = |name: &str| topology.find_atom(index, name);
            let length = |a: &str, b: &str| {
                geometry.bonds.iter().find(|(x, y, _)| (*x, *y) == (a, b) || (*x, *y) == (b, a)).map(|b| b.2)
            };
            for &(a, b, distance) in geometry.bonds {
                if let (Some(a), Some(b)) = (find(a), find(b)) {
                    t.bonds.push((site(a), site(b), distance as f32));
                }
            }
            for &(a, b, c, degrees) in geometry.angles {
                if let (Some(i), Some(j), Some(ab), Some(bc)) = (find(a), find(c), length(a, b), length(b, c))
                {
                    t.angles.push((site(i), site(j), third_side(ab, bc, degrees)));
                }
            }
            if index > 0 {
                let before = bonded_parameters(topology.residues()[index - 1].kind);
                let previous = |name: &str| topology.find_atom(index - 1, name).map(site);
                let own = |name: &str| find(name).map(site);
                let bond = geometry.c_n_angstrom;
                let side = |a: &str, b: &str| length(a, b).unwrap_or(1.46);
                if let (Some(ca0), Some(c0), Some(o0), Some(n), Some(ca)) =
                    (previous("CA"), previous("C"), previous("O"), own("N"), own("CA"))
                {
                    t.bonds.push((c0, n, bond as f32));
                    t.angles.push((ca0, n, third_side(1.525, bond, before.ca_c_n_degrees)));
                    t.angles.push((o0, n, third_side(1.231, bond, O_C_N_DEGREES)));
                    t.angles.push((c0, ca, third_side(bond, side("N", "CA"), geometry.c_n_ca_degrees)));
                    if residue.kind == ResidueType::Pro
                        && let Some(cd) = own("CD")
                    {
                        t.angles.push((c0, cd, third_side(bond, side("N", "CD"), C_N_CD_PROLINE_DEGREES)));
                    }
                }
            }
            let class = |element: Element| match element {
                Element::Carbon => 0,
                Element::Nitrogen | Element::Oxygen => 1,
                Element::Sulfur => 2,
            };
            t.sites.push(
                topology.atom_range(index).map(|a| (site(a), class(topology.atoms()[a].element))).collect(),
            );
            let branch = match residue.kind {
                ResidueType::Ile | ResidueType::Val => Some(["CB", "CA", "CG1", "CG2"]),
                ResidueType::Thr => Some(["CB", "CA", "OG1", "CG2"]),
                ResidueType::Leu => Some(["CG", "CB", "CD1", "CD2"]),
                _ => None,
            };
            t.branches.push(branch.and_then(|names| {
                let mut sites = [0; 4];
                for (out, name) in sites.iter_mut().zip(names) {
                    *out = site(find(name)?);
                }
                Some(sites)
            }));
        }
        t.fill_close(topology, &site);
        t
    }

    /// Calls `f(a, b, contact distance in Å)` for all pairs of sites four or more bonds apart whose residues
    /// have their Cα within `ca_angstrom`; `atoms` are positions by site.
    fn for_neighbors(&self, atoms: &[[f32; 3]], ca_angstrom: f32, f: &mut impl FnMut(u32, u32, f32)) {
        let n = self.sites.len();
        for i in 0..n {
            for j in i..n {
                if squared(atoms[ca_site(i)], atoms[ca_site(j)]) > ca_angstrom * ca_angstrom {
                    continue;
                }
                for &(a, class_a) in &self.sites[i] {
                    let close = &self.close[a as usize];
                    for &(b, class_b) in &self.sites[j] {
                        if b > a && (j > i + 1 || close.binary_search(&b).is_err()) {
                            f(a, b, contact_angstrom(class_a, class_b));
                        }
                    }
                }
            }
        }
    }

    /// Pairs of atoms four or more bonds apart that touch or nearly do: less than `margin_angstrom` beyond
    /// their contact distance. `atoms` are positions by site.
    pub fn touching_pairs(&self, atoms: &[[f32; 3]], margin_angstrom: f32, out: &mut Vec<(usize, usize)>) {
        out.clear();
        self.for_neighbors(atoms, CONTACT_CA_ANGSTROM, &mut |a, b, contact| {
            let limit = contact + margin_angstrom;
            if squared(atoms[a as usize], atoms[b as usize]) < limit * limit {
                out.push((a as usize, b as usize));
            }
        });
    }

    fn fill_close(&mut self, topology: &Topology, site: &dyn Fn(usize) -> u32) {
        let mut bonded: Vec<Vec<usize>> = vec![Vec::new(); topology.atom_count()];
        for &[a, b] in topology.bonds() {
            bonded[a].push(b);
            bonded[b].push(a);
        }
        for start in 0..topology.atom_count() {
            let mut reached = vec![start];
            let mut shell = vec![start];
            for _ in 0..3 {
                let next: Vec<usize> = shell.iter().flat_map(|&a| bonded[a].iter().copied()).collect();
                shell = next.into_iter().filter(|a| !reached.contains(a)).collect();
                shell.sort_unstable();
                shell.dedup();
                reached.extend(&shell);
            }
            let own = site(start);
            let mut close: Vec<u32> = reached.into_iter().map(site).filter(|&s| s > own).collect();
            close.sort_unstable();
            self.close[own as usize] = close;
        }
    }
}

/// Distance of the ends of two bonds at an angle.
fn third_side(a: f64, b: f64, degrees: f64) -> f32 {
    (a * a + b * b - 2.0 * a * b * degrees.to_radians().cos()).sqrt() as f32
}

/// Distance below which two atoms overlap; generous, so that hydrogen bonds and tight contacts do not.
fn contact_angstrom(a: u8, b: u8) -> f32 {
    match (a.min(b), a.max(b)) {
        (0, 0) => 3.3,
        (0, 1) => 3.0,
        (1, 1) => 2.6,
        (0, 2) => 3.4,
        _ => 3.1,
    }
}

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
    /// Features of `cloud`.
    pub fn new(sequence: &SequenceBatch, cloud: &CloudBatch) -> Self {
        let mut features = Self::default();
        features.update(sequence, cloud);
        features
    }

    /// As [`Self::new`], into existing memory.
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

fn minus(a: [f32; 3], b: [f32; 3]) -> [f32; 3] {
    std::array::from_fn(|i| a[i] - b[i])
}

fn dot(a: [f32; 3], b: [f32; 3]) -> f32 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

fn cross(a: [f32; 3], b: [f32; 3]) -> [f32; 3] {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

fn squared(a: [f32; 3], b: [f32; 3]) -> f32 {
    let d = minus(a, b);
    dot(d, d)
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

    use std::path::Path;

    use super::*;
    use crate::structure::{ReadOptions, TensorCloud, read_structure};

    pub(super) fn features(file: &str, mirrored: bool) -> (SequenceBatch, CloudBatch, StrainFeatures) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets/structures").join(file);
        let protein = read_structure(&path, &ReadOptions::default()).unwrap();
        let mut atoms = protein.positions_angstrom.to_vec();
        if mirrored {
            for atom in &mut atoms {
                atom[0] = -atom[0];
            }
        }
        let sequence = SequenceBatch::replicate(&protein.topology, 1);
        let mut cloud = CloudBatch::default();
        cloud.push(&TensorCloud::from_atoms(&protein.topology, &atoms));
        let features = StrainFeatures::new(&sequence, &cloud);
        (sequence, cloud, features)
    }

    /// In a crystal structure bonds and angles are near their references, and a bond stretched by 0.3 Å
    /// pulls its own atoms together and no others.
    #[test]
    fn crystal_structures_have_little_strain_and_a_stretched_bond_shows() {
        for file in ["chignolin.pdb", "lambda.pdb", "villin.pdb"] {
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
            let stretched = StrainFeatures::new(&sequence, &cloud);
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
        let (_, _, features_l) = features("lambda.pdb", false);
        let (sequence, _, features_d) = features("lambda.pdb", true);
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
