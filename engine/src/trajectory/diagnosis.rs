//! Why the frames of a trajectory are not the protein of its topology. "Torn" has many causes, and each has
//! its own remedy.

use std::fmt;

use crate::remedy::Remedy;
use crate::structure::TopologyMap;
use crate::structure::periodic::WholeMolecule;

/// Atoms of one residue lie nearer to its Cα; the longest side chains reach 8 Å.
const RESIDUE_REACH_ANGSTROM: f32 = 12.0;
/// Longer bonds come from a periodic box, shorter ones from missing residues or damage.
const WRAPPED_ANGSTROM: f32 = 12.0;
/// Up to this share of broken bonds, the others show that the atoms are the right ones.
const FEW_BONDS: f64 = 0.15;

/// Why a frame was left out.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Cause {
    /// The topology leaves out residues between two others.
    Gap {
        /// Label of the residue before.
        before: String,
        /// Label of the residue after.
        after: String,
        /// Distance of the atoms that should be bonded, Å.
        length_angstrom: f32,
    },
    /// A long bond, and no cell closes it.
    Wrapped {
        /// The bond, `TYR 2 CA–TYR 2 C`.
        bond: String,
        /// Its length, Å.
        length_angstrom: f32,
        /// Whether the frame brought a cell.
        has_cell: bool,
    },
    /// A bond that is too long for one.
    Torn {
        /// The bond.
        bond: String,
        /// Its length, Å.
        length_angstrom: f32,
    },
    /// Residues lie together, but bonds within them are wrong.
    OtherOrder {
        /// The first wrong bond.
        bond: String,
        /// Its length, Å.
        length_angstrom: f32,
    },
    /// Atoms of one residue are spread over the system.
    OtherAtoms,
    /// All lengths are a tenth or ten times what they should be.
    Units,
    /// Atoms lie on top of each other.
    Collapsed,
}

impl Cause {
    /// Whether two frames were left out for one reason, whatever the numbers.
    pub fn is_like(&self, other: &Cause) -> bool {
        match (self, other) {
            (Cause::Gap { before: a, .. }, Cause::Gap { before: b, .. }) => a == b,
            (a, b) => std::mem::discriminant(a) == std::mem::discriminant(b),
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cause::Gap { before, after, length_angstrom } => write!(
                f,
                "residues are missing between {before} and {after} of the topology, {length_angstrom:.1} Å apart; {}",
                Remedy::LongestSegment
            ),
            Cause::Wrapped { bond, length_angstrom, has_cell } => {
                let why = match has_cell {
                    true => "and the cell of the frame does not close it",
                    false => "and the file gives no cell",
                };
                write!(
                    f,
                    "the molecule is wrapped in a periodic box (the bond {bond} is {length_angstrom:.1} Å long) {why}; \
                     make it whole, for instance with gmx trjconv -pbc whole"
                )
            }
            Cause::Torn { bond, length_angstrom } => {
                write!(f, "the chain is torn: the bond {bond} is {length_angstrom:.1} Å long")
            }
            Cause::OtherOrder { bond, length_angstrom } => write!(
                f,
                "the atoms stand in another order within the residues than in the topology (the bond {bond} would be \
                 {length_angstrom:.1} Å long); name the topology that the trajectory was made with"
            ),
            Cause::OtherAtoms => f.write_str(
                "the atoms are not those of the topology, in the same order; name the topology that the \
                 trajectory was made with",
            ),
            Cause::Units => {
                f.write_str("its lengths are not in the unit of the format; convert the file first")
            }
            Cause::Collapsed => f.write_str("atoms lie on top of each other"),
        }
    }
}

/// Names the cause for a frame that is not whole, positions in canonical order, Å.
pub(super) fn diagnose(
    map: &TopologyMap,
    molecule: &WholeMolecule,
    positions: &[[f32; 3]],
    has_cell: bool,
) -> Cause {
    let topology = &map.topology;
    let long: Vec<[usize; 2]> = molecule.long_bonds(positions).collect();
    let name = |[a, b]: [usize; 2]| format!("{}–{}", topology.atom_label(a), topology.atom_label(b));
    let length = |[a, b]: [usize; 2]| distance(positions[a], positions[b]);
    let Some(&first) = long.first() else { return Cause::Collapsed };
    let share = long.len() as f64 / topology.bonds().len().max(1) as f64;
    if share <= FEW_BONDS {
        let residue = |atom: usize| topology.atoms()[atom].residue;
        // A bond over a place where the topology leaves something out explains more than any other.
        let over_gap =
            |bond: &&[usize; 2]| residue(bond[0]) != residue(bond[1]) && map.gaps.contains(&residue(bond[0]));
        if let Some(&bond) = long.iter().find(over_gap) {
            let label = |atom: usize| topology.residues()[residue(atom)].label();
            return Cause::Gap {
                before: label(bond[0]),
                after: label(bond[1]),
                length_angstrom: length(bond),
            };
        }
        let (bond, length_angstrom) = (name(first), length(first));
        return match length_angstrom > WRAPPED_ANGSTROM {
            true => Cause::Wrapped { bond, length_angstrom, has_cell },
            false => Cause::Torn { bond, length_angstrom },
        };
    }
    let lengths = topology.bonds().iter().map(|&bond| length(bond));
    let mut lengths: Vec<f32> = lengths.collect();
    let middle = lengths.len() / 2;
    let (_, &mut median, _) = lengths.select_nth_unstable_by(middle, f32::total_cmp);
    if (12.0..18.0).contains(&median) && share > 0.95 {
        return Cause::Units;
    }
    let compact = (0..topology.residue_count()).filter(|&residue| {
        let ca = positions[topology.ca(residue)];
        topology.atom_range(residue).all(|atom| distance(positions[atom], ca) < RESIDUE_REACH_ANGSTROM)
    });
    if 10 * compact.count() >= 9 * topology.residue_count() {
        return Cause::OtherOrder { bond: name(first), length_angstrom: length(first) };
    }
    Cause::OtherAtoms
}

fn distance(a: [f32; 3], b: [f32; 3]) -> f32 {
    (0..3).map(|k| (a[k] - b[k]).powi(2)).sum::<f32>().sqrt()
}
