//! Internal coordinates of a conformation as input scalars: torsions, and vectors in the frame of their residue.
//!
//! Both are invariant under rotation and translation and change sign or value under reflection, as the network's
//! features may. A network of vectors forms such numbers only as products of three: the sign of φ is a triple
//! product of vectors from two residues. Given as scalars, what a chain remembers of its torsions over a jump
//! can be learned from few examples. An addition to the paper (`torsion_inputs`, `frame_inputs`).

use self::strain::{ca_site, residue_and_slot};
use super::{
    CHAIN_VECTORS, CloudFeatures, DISPLACEMENTS, DisplacementFeatures, FEATURES, displacement_scales,
};
use crate::network::{CloudBatch, NetworkConfig, SequenceBatch};
use crate::structure::tensor_cloud::slot_of_offset;
use crate::structure::{ResidueType, SLOTS, Topology};

/// Torsions of a residue: φ, ψ, ω (of the peptide bond before it), χ1 to χ4.
pub const TORSIONS: usize = 7;

/// Scalars of the torsions: sine and cosine of each.
pub const TORSION_SCALARS: usize = 2 * TORSIONS;

/// Scalars of the conditioner's vectors in the frame of their residue.
pub const SOURCE_FRAME_SCALARS: usize = 3 * FEATURES;

/// Scalars of a header's displacements in the frame of the source's residue.
pub const DISPLACEMENT_FRAME_SCALARS: usize = 3 * DISPLACEMENTS;

/// Scalars of the displacements of the chain vectors in the frame of the source's residue.
pub const CHAIN_FRAME_SCALARS: usize = 3 * CHAIN_VECTORS;

/// Length that counts as one for vectors in a frame.
const FRAME_UNIT_ANGSTROM: f32 = 1.5;

const N_SLOT: usize = 0;
const C_SLOT: usize = 1;

/// Sites of each torsion of a protein: a site is `residue · 14 + slot`, Cα as slot 13.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TorsionTemplate {
    /// `[N]` times [`TORSIONS`]; `None` where the chain or the residue has no such torsion.
    pub residues: Vec<[Option<[u32; 4]>; TORSIONS]>,
}

impl TorsionTemplate {
    /// The torsions of `topology`.
    pub fn new(topology: &Topology) -> Self {
        let count = topology.residue_count();
        let site = |residue: usize, offset: usize| -> u32 {
            // Canonical order starts N CA C O CB; CA is the residue's own position.
            let site =
                if offset == 1 { ca_site(residue) } else { residue * (SLOTS + 1) + slot_of_offset(offset) };
            site as u32
        };
        let residues = (0..count)
            .map(|r| {
                let kind = topology.residues()[r].kind;
                let before = r.checked_sub(1);
                let after = (r + 1 < count).then_some(r + 1);
                let mut torsions = [None; TORSIONS];
                torsions[0] = before.map(|b| [site(b, 2), site(r, 0), site(r, 1), site(r, 2)]);
                torsions[1] = after.map(|a| [site(r, 0), site(r, 1), site(r, 2), site(a, 0)]);
                torsions[2] = before.map(|b| [site(b, 1), site(b, 2), site(r, 0), site(r, 1)]);
                for (torsion, names) in torsions[3..].iter_mut().zip(side_chain_torsions(kind)) {
                    let mut sites = [0; 4];
                    for (out, name) in sites.iter_mut().zip(names) {
                        let offset = kind.atom_names().iter().position(|n| n == name);
                        *out = site(r, offset.unwrap_or_default());
                    }
                    *torsion = Some(sites);
                }
                torsions
            })
            .collect();
        Self { residues }
    }
}

/// χ1 to χ4 by IUPAC priority of the branches.
pub fn side_chain_torsions(kind: ResidueType) -> &'static [[&'static str; 4]] {
    use ResidueType::*;
    match kind {
        Gly | Ala => &[],
        Cys => &[["N", "CA", "CB", "SG"]],
        Ser => &[["N", "CA", "CB", "OG"]],
        Thr => &[["N", "CA", "CB", "OG1"]],
        Val => &[["N", "CA", "CB", "CG1"]],
        Ile => &[["N", "CA", "CB", "CG1"], ["CA", "CB", "CG1", "CD1"]],
        Leu | Phe | Tyr | Trp => &[["N", "CA", "CB", "CG"], ["CA", "CB", "CG", "CD1"]],
        Pro => &[["N", "CA", "CB", "CG"], ["CA", "CB", "CG", "CD"]],
        Asp | Asn => &[["N", "CA", "CB", "CG"], ["CA", "CB", "CG", "OD1"]],
        His => &[["N", "CA", "CB", "CG"], ["CA", "CB", "CG", "ND1"]],
        Met => &[["N", "CA", "CB", "CG"], ["CA", "CB", "CG", "SD"], ["CB", "CG", "SD", "CE"]],
        Nle => &[["N", "CA", "CB", "CG"], ["CA", "CB", "CG", "CD"], ["CB", "CG", "CD", "CE"]],
        Gln | Glu => &[["N", "CA", "CB", "CG"], ["CA", "CB", "CG", "CD"], ["CB", "CG", "CD", "OE1"]],
        Lys => &[
            ["N", "CA", "CB", "CG"],
            ["CA", "CB", "CG", "CD"],
            ["CB", "CG", "CD", "CE"],
            ["CG", "CD", "CE", "NZ"],
        ],
        Arg => &[
            ["N", "CA", "CB", "CG"],
            ["CA", "CB", "CG", "CD"],
            ["CB", "CG", "CD", "NE"],
            ["CG", "CD", "NE", "CZ"],
        ],
    }
}

/// Fills `out [R, TORSION_SCALARS]` with `√2 (sin, cos)` of the torsions of `cloud`, zeros where there is none or
/// its atoms lie in a line.
pub fn torsion_scalars(sequence: &SequenceBatch, cloud: &CloudBatch, out: &mut Vec<f32>) {
    out.clear();
    out.resize(cloud.rows() * TORSION_SCALARS, 0.0);
    for (template, pair) in sequence.torsions.iter().zip(sequence.starts.windows(2)) {
        let at = |site: u32| -> [f32; 3] {
            let (residue, slot) = residue_and_slot(site as usize);
            std::array::from_fn(|axis| {
                let at = (pair[0] + residue) * 3 + axis;
                cloud.positions[at] + slot.map_or(0.0, |slot| cloud.vectors[at * SLOTS + slot])
            })
        };
        for (row, torsions) in (pair[0]..pair[1]).zip(&template.residues) {
            let out = &mut out[row * TORSION_SCALARS..][..TORSION_SCALARS];
            for (out, sites) in out.chunks_exact_mut(2).zip(torsions) {
                if let Some(sites) = sites {
                    let [sin, cos] = sine_and_cosine(sites.map(at));
                    out.copy_from_slice(&[std::f32::consts::SQRT_2 * sin, std::f32::consts::SQRT_2 * cos]);
                }
            }
        }
    }
}

/// Fills `out [R, SOURCE_FRAME_SCALARS]` with the vectors of `features` in the frames of their residues, which
/// `cloud` has.
pub fn source_frame_scalars(cloud: &CloudBatch, features: &CloudFeatures, out: &mut Vec<f32>) {
    out.clear();
    for row in 0..cloud.rows() {
        let frame = residue_frame(cloud, row).map(|axis| axis.map(|x| x / FRAME_UNIT_ANGSTROM));
        for feature in 0..FEATURES {
            let v = |axis: usize| features.vectors[(row * 3 + axis) * FEATURES + feature];
            out.extend(frame.map(|e| dot(e, [v(0), v(1), v(2)])));
        }
    }
}

/// Fills `out [R, DISPLACEMENT_FRAME_SCALARS]` with the scaled displacements in the frames of the residues of
/// `source`.
pub fn displacement_frame_scalars(
    source: &CloudBatch,
    displacements: &DisplacementFeatures,
    out: &mut Vec<f32>,
) {
    out.clear();
    for row in 0..source.rows() {
        let frame = residue_frame(source, row);
        for which in 0..DISPLACEMENTS {
            let v = |axis: usize| displacements.vectors[(row * 3 + axis) * DISPLACEMENTS + which];
            out.extend(frame.map(|e| dot(e, [v(0), v(1), v(2)])));
        }
    }
}

/// Fills `out [R, CHAIN_FRAME_SCALARS]` with how far the chain vectors of `latent` at `tau` (one per protein) are from
/// those of `source`, scaled as displacements of vectors are, in the frames of the residues of `cloud`, whose features
/// `source` are.
pub fn chain_frame_scalars(
    config: &NetworkConfig,
    sequence: &SequenceBatch,
    cloud: &CloudBatch,
    (source, latent): (&CloudFeatures, &CloudFeatures),
    tau: &[f32],
    out: &mut Vec<f32>,
) {
    out.clear();
    for (pair, &tau) in sequence.starts.windows(2).zip(tau) {
        let (_, scale) = displacement_scales(config, tau);
        let still = config.transport.still_scale(tau);
        for row in pair[0]..pair[1] {
            let frame = residue_frame(cloud, row);
            for which in SLOTS..FEATURES {
                let v = |axis: usize| {
                    let at = (row * 3 + axis) * FEATURES + which;
                    scale * (latent.vectors[at] - still * source.vectors[at])
                };
                out.extend(frame.map(|e| dot(e, [v(0), v(1), v(2)])));
            }
        }
    }
}

/// Right-handed axes of a residue: along Cα–C, towards N at right angles to it, and their cross product. Zero
/// where the three atoms lie in a line.
pub(super) fn residue_frame(cloud: &CloudBatch, row: usize) -> [[f32; 3]; 3] {
    let slot = |slot: usize| -> [f32; 3] {
        std::array::from_fn(|axis| cloud.vectors[(row * 3 + axis) * SLOTS + slot])
    };
    let (n, c) = (slot(N_SLOT), slot(C_SLOT));
    let first = unit(c);
    let third = unit(cross(first, n));
    [first, cross(third, first), third]
}

/// Sine and cosine of the torsion of four points, zero both where three of them lie in a line.
fn sine_and_cosine([a, b, c, d]: [[f32; 3]; 4]) -> [f32; 2] {
    let (first, axis, last) = (minus(b, a), minus(c, b), minus(d, c));
    let (left, right) = (cross(first, axis), cross(axis, last));
    let size = (dot(left, left) * dot(right, right)).sqrt();
    if size < 1e-6 {
        return [0.0; 2];
    }
    [dot(cross(left, right), unit(axis)) / size, dot(left, right) / size]
}

pub(super) fn minus(a: [f32; 3], b: [f32; 3]) -> [f32; 3] {
    std::array::from_fn(|i| a[i] - b[i])
}

pub(super) fn dot(a: [f32; 3], b: [f32; 3]) -> f32 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

fn cross(a: [f32; 3], b: [f32; 3]) -> [f32; 3] {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

fn unit(a: [f32; 3]) -> [f32; 3] {
    let length = dot(a, a).sqrt();
    if length > 1e-6 { a.map(|x| x / length) } else { [0.0; 3] }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::analysis::dihedrals::dihedrals;
    use crate::structure::{ReadOptions, TensorCloud, read_structure};

    fn chignolin() -> (std::sync::Arc<Topology>, Vec<[f32; 3]>) {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../assets/structures/chignolin.pdb");
        let opened = read_structure(std::path::Path::new(path), &ReadOptions::default()).unwrap();
        (opened.topology, opened.positions_angstrom.to_vec())
    }

    fn batch(topology: &Topology, positions: &[[f32; 3]]) -> (SequenceBatch, CloudBatch) {
        let mut cloud = CloudBatch::default();
        cloud.push(&TensorCloud::from_atoms(topology, positions));
        (SequenceBatch::replicate(topology, 1), cloud)
    }

    #[test]
    fn side_chain_torsions_run_along_bonds_and_end_where_the_chain_does() {
        for kind in ResidueType::ALL {
            let bonds = crate::structure::bonds::side_chain_bonds(kind);
            let bonded = |a: &str, b: &str| bonds.iter().any(|&(x, y)| (x, y) == (a, b) || (y, x) == (a, b));
            for (index, [a, b, c, d]) in side_chain_torsions(kind).iter().enumerate() {
                assert!(index > 0 || [*a, *b] == ["N", "CA"], "{kind:?}");
                assert!(index == 0 || bonded(a, b), "{kind:?}: {a} {b}");
                assert!(bonded(b, c) && bonded(c, d), "{kind:?}: {b} {c} {d}");
            }
        }
    }

    #[test]
    fn torsions_are_those_of_the_analysis() {
        let (topology, positions) = chignolin();
        let (sequence, cloud) = batch(&topology, &positions);
        let mut scalars = Vec::new();
        torsion_scalars(&sequence, &cloud, &mut scalars);
        let expected = dihedrals(&topology, &positions);
        let mut seen = 0;
        for (row, angles) in expected.iter().enumerate() {
            let measured =
                [angles.phi_rad, angles.psi_rad, angles.omega_rad, angles.chi1_rad, angles.chi2_rad];
            for (torsion, angle) in measured.into_iter().enumerate() {
                let found = &scalars[row * TORSION_SCALARS + 2 * torsion..][..2];
                let (sin, cos) = angle.map_or((0.0, 0.0), f64::sin_cos);
                assert!((f64::from(found[0]) - 2f64.sqrt() * sin).abs() < 1e-4, "{row} {torsion}");
                assert!((f64::from(found[1]) - 2f64.sqrt() * cos).abs() < 1e-4, "{row} {torsion}");
                seen += usize::from(angle.is_some());
            }
        }
        assert!(seen > 40, "{seen}");
    }

    /// A rotation leaves them as they are, a reflection does not.
    #[test]
    fn internal_coordinates_turn_with_the_molecule_and_see_its_hand() {
        let (topology, positions) = chignolin();
        let all = |positions: &[[f32; 3]]| {
            let (sequence, cloud) = batch(&topology, positions);
            let (mut torsions, mut frame) = (Vec::new(), Vec::new());
            torsion_scalars(&sequence, &cloud, &mut torsions);
            source_frame_scalars(&cloud, &CloudFeatures::new(&sequence, &cloud), &mut frame);
            [torsions, frame].concat()
        };
        let own = all(&positions);
        let difference =
            |other: Vec<f32>| own.iter().zip(other).map(|(a, b)| (a - b).abs()).fold(0.0f32, f32::max);
        let (sin, cos) = 0.7f32.sin_cos();
        let turned = positions.iter().map(|&[x, y, z]| [z + 3.0, cos * x - sin * y, sin * x + cos * y]);
        let turned: Vec<_> = turned.collect();
        assert!(difference(all(&turned)) < 1e-4);
        let mirrored: Vec<_> = positions.iter().map(|&[x, y, z]| [-x, y, z]).collect();
        assert!(difference(all(&mirrored)) > 1.0);
    }
}
