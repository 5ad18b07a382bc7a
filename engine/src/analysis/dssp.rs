//! Secondary structure by the method of Kabsch and Sander (Biopolymers 22, 2577, 1983).
//!
//! Hydrogen bonds are found by electrostatic energy, with each amide hydrogen placed 1 Å from N, opposite
//! to the carbonyl of the residue before. Order of assignment as in DSSP: bridges and ladders, then α, 3₁₀
//! and π helices, then turns, then bends.

use nalgebra::Vector3;

use super::vectors::{Vec3, angle_rad, vec3};
use crate::chemistry::cells::Cells;
use crate::structure::{ResidueType, Topology};

/// DSSP's eight states.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum SecondaryStructure {
    /// No regular structure (DSSP: blank).
    #[default]
    Coil,
    /// α helix (H).
    AlphaHelix,
    /// 3₁₀ helix (G).
    Helix310,
    /// π helix (I).
    PiHelix,
    /// Extended strand in a ladder of at least two bridges (E).
    Strand,
    /// Isolated bridge (B).
    Bridge,
    /// Hydrogen-bonded turn (T).
    Turn,
    /// Bend of more than 70° (S).
    Bend,
}

impl SecondaryStructure {
    /// DSSP's letter; a blank for coil.
    pub fn code(self) -> char {
        match self {
            Self::Coil => ' ',
            Self::AlphaHelix => 'H',
            Self::Helix310 => 'G',
            Self::PiHelix => 'I',
            Self::Strand => 'E',
            Self::Bridge => 'B',
            Self::Turn => 'T',
            Self::Bend => 'S',
        }
    }

    /// Whether a ribbon draws it as a helix.
    pub fn is_helix(self) -> bool {
        matches!(self, Self::AlphaHelix | Self::Helix310 | Self::PiHelix)
    }

    /// Whether a ribbon draws it as a strand. Isolated bridges count, as in DSSP's three-state reduction.
    pub fn is_strand(self) -> bool {
        matches!(self, Self::Strand | Self::Bridge)
    }
}

/// Electrostatic coupling q₁q₂f with charges of 0.42 e and 0.20 e, kcal Å/mol.
const COUPLING: f64 = 27.888;
/// A hydrogen bond is any energy below this, kcal/mol.
const BOND_CUTOFF: f64 = -0.5;
/// Energies are not let below this, kcal/mol; also the energy of atoms that lie on each other.
const MIN_ENERGY: f64 = -9.9;
/// No hydrogen bond beyond this Cα distance, Å.
const MAX_CA_DISTANCE: f64 = 9.0;
/// Bridge partners of one ladder across a bulge: at most 4 extra residues on one strand, 1 on the other.
const BULGE_LONG: usize = 6;
const BULGE_SHORT: usize = 3;

/// The two best acceptors of each residue's amide, as DSSP keeps them.
type Acceptors = Vec<[Option<(usize, f64)>; 2]>;

/// Assigns secondary structure to every residue of a frame.
///
/// # Panics
/// When `positions` does not belong to the topology, which is a programming error.
pub fn dssp(topology: &Topology, positions: &[[f32; 3]]) -> Vec<SecondaryStructure> {
    assert_eq!(positions.len(), topology.atom_count(), "positions do not belong to this topology");
    let count = topology.residue_count();
    let atom = |residue: usize, offset: usize| vec3(positions[topology.atom_range(residue).start + offset]);
    let acceptors = hydrogen_bonds(topology, &atom);
    let mut states = vec![SecondaryStructure::Coil; count];
    assign_ladders(&acceptors, &mut states);
    let helix_starts = assign_helices(&acceptors, &mut states);
    let ca: Vec<Vec3> = (0..count).map(|r| atom(r, 1)).collect();
    assign_turns_and_bends(&helix_starts, &ca, &mut states);
    states
}

fn hydrogen_bonds(topology: &Topology, atom: &dyn Fn(usize, usize) -> Vec3) -> Acceptors {
    let count = topology.residue_count();
    let ca: Vec<Vec3> = (0..count).map(|r| atom(r, 1)).collect();
    let cells = Cells::new(
        &ca.iter().map(|p| [p.x as f32, p.y as f32, p.z as f32]).collect::<Vec<_>>(),
        MAX_CA_DISTANCE,
    );
    let mut acceptors: Acceptors = vec![[None; 2]; count];
    // The first residue has no carbonyl before it to place a hydrogen by, proline has no amide hydrogen.
    for donor in 1..count {
        if topology.residues()[donor].kind == ResidueType::Pro {
            continue;
        }
        let nitrogen = atom(donor, 0);
        let carbonyl: Vector3<f64> = atom(donor - 1, 2) - atom(donor - 1, 3);
        let hydrogen = nitrogen + carbonyl / carbonyl.norm();
        let mut near = Vec::new();
        cells.for_near([ca[donor].x as f32, ca[donor].y as f32, ca[donor].z as f32], |r| near.push(r));
        near.sort_unstable();
        for acceptor in near {
            // A residue cannot bond to its own carbonyl, nor to the one its amide is joined to.
            if acceptor == donor
                || acceptor + 1 == donor
                || (ca[donor] - ca[acceptor]).norm_squared() > MAX_CA_DISTANCE * MAX_CA_DISTANCE
            {
                continue;
            }
            let (carbon, oxygen) = (atom(acceptor, 2), atom(acceptor, 3));
            let energy = bond_energy(nitrogen, hydrogen, carbon, oxygen);
            if energy < BOND_CUTOFF {
                let [first, second] = &mut acceptors[donor];
                if first.is_none_or(|(_, best)| energy < best) {
                    *second = first.take();
                    *first = Some((acceptor, energy));
                } else if second.is_none_or(|(_, best)| energy < best) {
                    *second = Some((acceptor, energy));
                }
            }
        }
    }
    acceptors
}

fn bond_energy(nitrogen: Vec3, hydrogen: Vec3, carbon: Vec3, oxygen: Vec3) -> f64 {
    let distances = [
        (oxygen - nitrogen).norm(),
        (carbon - hydrogen).norm(),
        (oxygen - hydrogen).norm(),
        (carbon - nitrogen).norm(),
    ];
    if distances.iter().any(|&d| d < 0.5) {
        return MIN_ENERGY;
    }
    let [on, ch, oh, cn] = distances;
    let energy = COUPLING * (1.0 / on + 1.0 / ch - 1.0 / oh - 1.0 / cn);
    // DSSP rounds to three decimals before it compares with the cutoff.
    ((energy * 1000.0).round() / 1000.0).max(MIN_ENERGY)
}

/// Whether the amide of `donor` is bonded to the carbonyl of `acceptor`.
fn bonded(acceptors: &Acceptors, donor: usize, acceptor: usize) -> bool {
    acceptors[donor].iter().flatten().any(|&(index, _)| index == acceptor)
}

/// A run of consecutive bridges. `second` runs upwards in parallel ladders and is kept sorted in
/// antiparallel ones too; only its ends are needed.
#[derive(Clone, Debug)]
struct Ladder {
    parallel: bool,
    first: Vec<usize>,
    second_start: usize,
    second_end: usize,
}

fn bridge_type(acceptors: &Acceptors, i: usize, j: usize) -> Option<bool> {
    let bond = |donor, acceptor| bonded(acceptors, donor, acceptor);
    if (bond(i + 1, j) && bond(j, i - 1)) || (bond(j + 1, i) && bond(i, j - 1)) {
        Some(true)
    } else if (bond(i + 1, j - 1) && bond(j + 1, i - 1)) || (bond(j, i) && bond(i, j)) {
        Some(false)
    } else {
        None
    }
}

fn assign_ladders(acceptors: &Acceptors, states: &mut [SecondaryStructure]) {
    let count = states.len();
    let mut ladders: Vec<Ladder> = Vec::new();
    for i in 1..count.saturating_sub(4) {
        // Every bridge pattern has a bond given by i or i + 1, to j or its neighbor before.
        let mut partners: Vec<usize> = [i, i + 1]
            .iter()
            .flat_map(|&donor| acceptors[donor].iter().flatten())
            .flat_map(|&(acceptor, _)| [acceptor, acceptor + 1])
            .filter(|&j| j >= i + 3 && j + 1 < count)
            .collect();
        partners.sort_unstable();
        partners.dedup();
        for j in partners {
            let Some(parallel) = bridge_type(acceptors, i, j) else { continue };
            let extended = ladders.iter_mut().find(|l| {
                l.parallel == parallel
                    && l.first.last() == Some(&(i - 1))
                    && if parallel { l.second_end + 1 == j } else { l.second_start == j + 1 }
            });
            match extended {
                Some(ladder) => {
                    ladder.first.push(i);
                    if parallel {
                        ladder.second_end = j;
                    } else {
                        ladder.second_start = j;
                    }
                }
                None => {
                    ladders.push(Ladder { parallel, first: vec![i], second_start: j, second_end: j });
                }
            }
        }
    }
    ladders.sort_by_key(|l| (l.first[0], l.second_start));
    join_bulges(&mut ladders);
    for ladder in &ladders {
        let state =
            if ladder.first.len() > 1 { SecondaryStructure::Strand } else { SecondaryStructure::Bridge };
        let first = ladder.first[0]..=ladder.first[ladder.first.len() - 1];
        for residue in first.chain(ladder.second_start..=ladder.second_end) {
            if states[residue] != SecondaryStructure::Strand {
                states[residue] = state;
            }
        }
    }
}

/// Joins ladders of one kind that are separated by a bulge only.
fn join_bulges(ladders: &mut Vec<Ladder>) {
    let mut a = 0;
    while a < ladders.len() {
        let mut b = a + 1;
        while b < ladders.len() {
            if separated_by_bulge(&ladders[a], &ladders[b]) {
                let joined = ladders.remove(b);
                let ladder = &mut ladders[a];
                ladder.first.extend(joined.first);
                ladder.second_start = ladder.second_start.min(joined.second_start);
                ladder.second_end = ladder.second_end.max(joined.second_end);
            } else {
                b += 1;
            }
        }
        a += 1;
    }
}

fn separated_by_bulge(a: &Ladder, b: &Ladder) -> bool {
    let (a_end, b_start) = (a.first[a.first.len() - 1], b.first[0]);
    if a.parallel != b.parallel || b_start <= a_end || b_start - a_end >= BULGE_LONG {
        return false;
    }
    let first_gap = b_start - a_end;
    let second_gap = if a.parallel {
        b.second_start.checked_sub(a.second_end)
    } else {
        a.second_start.checked_sub(b.second_end)
    };
    second_gap.is_some_and(|gap| (gap < BULGE_LONG && first_gap < BULGE_SHORT) || gap < BULGE_SHORT)
}

/// Assigns helices and returns, for n = 3, 4, 5, which residues start an n-turn.
fn assign_helices(acceptors: &Acceptors, states: &mut [SecondaryStructure]) -> [Vec<bool>; 3] {
    use SecondaryStructure::*;
    let count = states.len();
    let starts: [Vec<bool>; 3] = [3, 4, 5]
        .map(|stride| (0..count).map(|r| r + stride < count && bonded(acceptors, r + stride, r)).collect());
    // As in DSSP 2: α helices override strands, 3₁₀ helices only take what is still free, and π helices are
    // preferred to α.
    for (stride, state) in [(4, AlphaHelix), (3, Helix310), (5, PiHelix)] {
        let start = &starts[stride - 3];
        for i in 1..count.saturating_sub(stride) {
            if start[i] && start[i - 1] {
                let stretch = &mut states[i..i + stride];
                let free = |s: SecondaryStructure| {
                    state == AlphaHelix || s == Coil || s == state || (state == PiHelix && s == AlphaHelix)
                };
                if stretch.iter().all(|&s| free(s)) {
                    stretch.fill(state);
                }
            }
        }
    }
    starts
}

fn assign_turns_and_bends(starts: &[Vec<bool>; 3], ca: &[Vec3], states: &mut [SecondaryStructure]) {
    let count = states.len();
    for i in 1..count.saturating_sub(1) {
        if states[i] != SecondaryStructure::Coil {
            continue;
        }
        let in_turn =
            (3..=5usize).any(|stride| (1..stride).any(|back| i >= back && starts[stride - 3][i - back]));
        if in_turn {
            states[i] = SecondaryStructure::Turn;
        } else if i >= 2 && i + 2 < count {
            // The angle between CA(i−2)→CA(i) and CA(i)→CA(i+2).
            let bend = std::f64::consts::PI - angle_rad(ca[i - 2], ca[i], ca[i + 2]);
            if bend > 70.0f64.to_radians() {
                states[i] = SecondaryStructure::Bend;
            }
        }
    }
}
