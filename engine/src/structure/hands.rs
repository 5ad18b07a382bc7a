//! The hand of residues. Proteins are made of L-amino acids; D-amino acids have names of their own, but many files
//! call them as their mirror images, and a file whose axes were exchanged or turned over holds nothing else.

use super::conformer::RawResidue;
use super::error::list;
use super::topology::Topology;

/// The usual volume is 2.5 Å³, and no less than 2.1 Å³ in crystal structures. What is near zero is flat, thus
/// damaged, and of no hand.
const LEAST_VOLUME_ANGSTROM3: f64 = 1.0;

/// `(N − CA) × (C − CA) · (CB − CA)`, Å³: positive for L-amino acids.
fn volume_angstrom3([ca, n, c, cb]: [[f64; 3]; 4]) -> f64 {
    let from_ca = |p: [f64; 3]| std::array::from_fn::<f64, 3, _>(|k| p[k] - ca[k]);
    let (a, b, d) = (from_ca(n), from_ca(c), from_ca(cb));
    (a[1] * b[2] - a[2] * b[1]) * d[0]
        + (a[2] * b[0] - a[0] * b[2]) * d[1]
        + (a[0] * b[1] - a[1] * b[0]) * d[2]
}

/// The atoms that tell the hand.
const ATOMS: [&str; 4] = ["CA", "N", "C", "CB"];

/// One sentence on the residues that are mirror images of L-amino acids, if there are any.
pub(super) fn notice(residues: &[RawResidue]) -> Option<String> {
    let mirrored: Vec<String> = residues
        .iter()
        .filter(|residue| {
            let [Some(ca), Some(n), Some(c), Some(cb)] = ATOMS.map(|name| residue.position_angstrom(name))
            else {
                return false;
            };
            volume_angstrom3([ca, n, c, cb]) < -LEAST_VOLUME_ANGSTROM3
        })
        .map(|residue| residue.residue.label())
        .collect();
    (!mirrored.is_empty()).then(|| {
        format!(
            "These residues are the mirror images (D) of the L-amino acids that they are called: {}. Models know \
             L-amino acids alone.",
            list(&mirrored)
        )
    })
}

/// Whether most residues of a frame, in canonical order, Å, are mirror images of L-amino acids.
pub(crate) fn most_are_mirrored(topology: &Topology, positions: &[[f32; 3]]) -> bool {
    let (mut left, mut right) = (0, 0);
    for (index, residue) in topology.residues().iter().enumerate() {
        let first = topology.atom_range(index).start;
        let names = residue.kind.atom_names();
        let place = |name: &str| {
            let offset = names.iter().position(|&known| known == name)?;
            positions.get(first + offset).map(|p| p.map(f64::from))
        };
        if let [Some(ca), Some(n), Some(c), Some(cb)] = ATOMS.map(place) {
            let volume = volume_angstrom3([ca, n, c, cb]);
            left += usize::from(volume > LEAST_VOLUME_ANGSTROM3);
            right += usize::from(volume < -LEAST_VOLUME_ANGSTROM3);
        }
    }
    right > left
}
