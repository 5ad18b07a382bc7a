//! All atoms of a protein at pH 7: hydrogens and the second oxygen of the C-terminus, placed by ideal geometry on
//! the heavy atoms that the model carries. It is what molecular dynamics starts from.
//!
//! Acids are deprotonated, lysine and arginine protonated, both ends of the chain charged. A histidine has its
//! hydrogen on NE2, or on ND1 where that gives a hydrogen bond and NE2 does not. Two cysteines whose sulfurs are
//! within 2.5 Å form a bridge. Groups that turn freely take the roomiest torsion, the staggered one where there is
//! room enough.

use nalgebra::Vector3;

use super::hydrogen_templates::{HYDROGENS, Seat, Template, bond_angstrom};
use super::{ResidueType, Topology};

type Point = Vector3<f64>;

/// Sulfurs nearer than this form a bridge, Å; the bond is 2.05 Å long.
const BRIDGE_ANGSTROM: f64 = 2.5;
/// C–OXT, Å.
const CARBOXYLATE_ANGSTROM: f64 = 1.25;
/// Half the angle between the two hydrogens of a CH₂, degrees.
const HALF_PAIR_DEGREES: f64 = 54.0;
/// Torsions tried for a group that turns, degrees apart.
const TURN_DEGREES: usize = 10;
/// Atoms farther from the parent than this do not matter to its hydrogens, Å.
const REACH_ANGSTROM: f64 = 4.5;

/// One atom of the whole molecule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AllAtom {
    /// Index into [`Topology::residues`].
    pub residue: usize,
    /// Standard name (wwPDB): `HB2`, `OXT`.
    pub name: &'static str,
    /// Chemical symbol: `H`.
    pub symbol: &'static str,
}

/// Which hydrogens a protein has, decided once for one conformation, so that all frames have the same atoms.
#[derive(Clone, Debug)]
pub struct AllAtomModel {
    heavy_atoms: usize,
    atoms: Vec<AllAtom>,
    /// Place of each canonical heavy atom among `atoms`.
    heavy: Vec<usize>,
    terminal_oxygen: Option<TerminalOxygen>,
    groups: Vec<Group>,
    bridges: Vec<[usize; 2]>,
}

/// The second oxygen of the C-terminus; atoms are canonical indices.
#[derive(Clone, Copy, Debug)]
struct TerminalOxygen {
    place: usize,
    ca: usize,
    c: usize,
    o: usize,
}

/// The hydrogens of one heavy atom; parent and references are canonical indices.
#[derive(Clone, Debug)]
struct Group {
    parent: usize,
    references: Vec<usize>,
    /// Heavy atoms bonded to the parent: too near for a clash.
    neighbors: Vec<usize>,
    first: usize,
    count: usize,
    seat: Seat,
    bond_angstrom: f64,
}

impl AllAtomModel {
    /// Decides what hydrogens there are. `positions_angstrom` in canonical order.
    ///
    /// # Panics
    /// When the positions do not belong to the topology, which is a programming error.
    pub fn new(topology: &Topology, positions_angstrom: &[[f32; 3]]) -> Self {
        assert_eq!(
            positions_angstrom.len(),
            topology.atom_count(),
            "positions do not belong to this topology"
        );
        let points = points(positions_angstrom);
        let bridges = bridges(topology, &points);
        let mut neighbors = vec![Vec::new(); topology.atom_count()];
        for &[a, b] in topology.bonds().iter().chain(&bridges) {
            neighbors[a].push(b);
            neighbors[b].push(a);
        }
        let mut model = Self {
            heavy_atoms: topology.atom_count(),
            atoms: Vec::new(),
            heavy: Vec::with_capacity(topology.atom_count()),
            terminal_oxygen: None,
            groups: Vec::new(),
            bridges,
        };
        for residue in 0..topology.residue_count() {
            model.add_residue(topology, residue, &points, &neighbors);
        }
        model
    }

    /// All atoms, residue by residue: heavy atoms in canonical order, OXT of the last residue, hydrogens.
    pub fn atoms(&self) -> &[AllAtom] {
        &self.atoms
    }

    /// Place of each canonical heavy atom among [`Self::atoms`].
    pub fn heavy(&self) -> &[usize] {
        &self.heavy
    }

    /// Disulfide bridges, as pairs of places among [`Self::atoms`].
    pub fn bridges(&self) -> Vec<[usize; 2]> {
        self.bridges.iter().map(|bridge| bridge.map(|atom| self.heavy[atom])).collect()
    }

    /// Bonds of hydrogens and OXT to their heavy atoms, as pairs of places among [`Self::atoms`], the heavy atom first.
    pub fn added_bonds(&self) -> Vec<[usize; 2]> {
        let hydrogens = self.groups.iter().flat_map(|group| {
            (group.first..group.first + group.count).map(|place| [self.heavy[group.parent], place])
        });
        let oxygen = self.terminal_oxygen.map(|oxygen| [self.heavy[oxygen.c], oxygen.place]);
        hydrogens.chain(oxygen).collect()
    }

    /// Positions of all atoms of a conformation, Å, in the order of [`Self::atoms`]. Heavy atoms stay where they are.
    ///
    /// # Panics
    /// When the positions do not belong to the topology, which is a programming error.
    pub fn place(&self, positions_angstrom: &[[f32; 3]]) -> Vec<[f32; 3]> {
        assert_eq!(positions_angstrom.len(), self.heavy_atoms, "positions do not belong to this topology");
        let heavy = points(positions_angstrom);
        let mut all = vec![None; self.atoms.len()];
        for (&place, point) in self.heavy.iter().zip(&heavy) {
            all[place] = Some(*point);
        }
        if let Some(oxygen) = self.terminal_oxygen {
            let away = opposite(&heavy[oxygen.c], [&heavy[oxygen.ca], &heavy[oxygen.o]]);
            all[oxygen.place] = Some(heavy[oxygen.c] + CARBOXYLATE_ANGSTROM * away);
        }
        // What turns looks for room among all that does not.
        let (turning, fixed): (Vec<&Group>, Vec<&Group>) =
            self.groups.iter().partition(|group| group.turns().is_some());
        for group in fixed {
            let hydrogens = group.at(&heavy, 0.0);
            (0..).zip(hydrogens).for_each(|(k, hydrogen)| all[group.first + k] = Some(hydrogen));
        }
        for group in turning {
            let hydrogens = self.roomiest(group, &heavy, &all);
            (0..).zip(hydrogens).for_each(|(k, hydrogen)| all[group.first + k] = Some(hydrogen));
        }
        let mut positions: Vec<[f32; 3]> =
            all.into_iter().map(|point| point.unwrap_or_default().map(|x| x as f32).into()).collect();
        // Exactly, not through another precision and back.
        for (&place, position) in self.heavy.iter().zip(positions_angstrom) {
            positions[place] = *position;
        }
        positions
    }

    fn add_residue(
        &mut self,
        topology: &Topology,
        residue: usize,
        points: &[Point],
        neighbors: &[Vec<usize>],
    ) {
        let kind = topology.residues()[residue].kind;
        for atom in topology.atom_range(residue) {
            self.heavy.push(self.atoms.len());
            let record = &topology.atoms()[atom];
            self.atoms.push(AllAtom { residue, name: record.name, symbol: record.element.symbol() });
        }
        let atom = |name: &str| topology.find_atom(residue, name);
        if residue + 1 == topology.residue_count()
            && let (Some(ca), Some(c), Some(o)) = (atom("CA"), atom("C"), atom("O"))
        {
            self.terminal_oxygen = Some(TerminalOxygen { place: self.atoms.len(), ca, c, o });
            self.atoms.push(AllAtom { residue, name: "OXT", symbol: "O" });
        }
        let on_n = match (residue, kind) {
            (0, ResidueType::Pro) => Some(&HYDROGENS.proline_ammonium),
            (0, _) => Some(&HYDROGENS.ammonium),
            (_, ResidueType::Pro) => None,
            _ => Some(&HYDROGENS.amide),
        };
        let absent = match kind {
            ResidueType::His if prefers_nd1(topology, residue, points) => Some("HE2"),
            ResidueType::His => Some("HD1"),
            ResidueType::Cys
                if atom("SG").is_some_and(|sg| self.bridges.iter().flatten().any(|&a| a == sg)) =>
            {
                Some("HG")
            }
            _ => None,
        };
        let wanted =
            HYDROGENS.residues[kind].iter().filter(|t| absent.is_none_or(|name| !t.names.contains(&name)));
        for template in on_n.into_iter().chain(wanted) {
            self.add_group(topology, residue, template, neighbors);
        }
    }

    fn add_group(
        &mut self,
        topology: &Topology,
        residue: usize,
        template: &Template,
        neighbors: &[Vec<usize>],
    ) {
        let atom = |name: &&str| topology.find_atom(residue, name);
        let Some(parent) = atom(&template.parent) else { return };
        let mut references: Vec<usize> = template.references.iter().filter_map(atom).collect();
        if template.names == HYDROGENS.amide.names
            && let Some(before) = residue.checked_sub(1).and_then(|before| topology.find_atom(before, "C"))
        {
            references.push(before);
        }
        self.groups.push(Group {
            parent,
            references,
            neighbors: neighbors[parent].clone(),
            first: self.atoms.len(),
            count: template.names.len(),
            seat: template.seat,
            bond_angstrom: bond_angstrom(template.parent, template.seat),
        });
        self.atoms.extend(template.names.iter().map(|&name| AllAtom { residue, name, symbol: "H" }));
    }

    /// The hydrogens of a group at the torsion where they are least in the way of others.
    fn roomiest(&self, group: &Group, heavy: &[Point], all: &[Option<Point>]) -> Vec<Point> {
        let Some(folds) = group.turns() else { return group.at(heavy, 0.0) };
        let near = |neighbor: usize| self.heavy[neighbor];
        let excluded: Vec<usize> = group.neighbors.iter().copied().chain([group.parent]).map(near).collect();
        let own = group.first..group.first + group.count;
        let donor = self.atoms[self.heavy[group.parent]].symbol != "C";
        // What is around, and how near a hydrogen may come to it.
        let around: Vec<(Point, f64)> = all
            .iter()
            .enumerate()
            .filter(|(place, _)| !own.contains(place) && !excluded.contains(place))
            .filter_map(|(place, point)| Some(((*point)?, self.atoms[place].symbol)))
            .filter(|(point, _)| (point - heavy[group.parent]).norm() < REACH_ANGSTROM)
            .map(|(point, symbol)| match symbol {
                "H" => (point, 2.1),
                "O" | "N" if donor => (point, 1.8),
                _ => (point, 2.6),
            })
            .collect();
        let mut best: Option<(f64, Vec<Point>)> = None;
        for turn in (0..360).step_by(TURN_DEGREES) {
            let hydrogens = group.at(heavy, turn as f64);
            let overlap: f64 = hydrogens
                .iter()
                .flat_map(|hydrogen| {
                    around.iter().map(move |(point, limit)| limit - (point - hydrogen).norm())
                })
                .map(|overlap| overlap.max(0.0).powi(2))
                .sum();
            // Zero where it is staggered.
            let torsion = 0.5 * (1.0 - (f64::from(folds) * (turn as f64).to_radians()).cos());
            let strain = overlap + 0.1 * torsion;
            if best.as_ref().is_none_or(|(least, _)| strain < least - 1e-9) {
                best = Some((strain, hydrogens));
            }
        }
        best.map(|(_, hydrogens)| hydrogens).unwrap_or_default()
    }
}

impl Group {
    /// How many torsions of a full turn are alike, for a group that turns.
    fn turns(&self) -> Option<u8> {
        match self.seat {
            Seat::Rotor(_) => Some(3),
            Seat::FlatRotor(_) => Some(2),
            _ => None,
        }
    }

    /// Positions of the hydrogens; those that turn, by `turn_degrees` from their first staggered torsion.
    fn at(&self, heavy: &[Point], turn_degrees: f64) -> Vec<Point> {
        let parent = heavy[self.parent];
        let bond = self.bond_angstrom;
        let references: Vec<Point> = self.references.iter().map(|&atom| heavy[atom]).collect();
        let about = |angle_degrees, torsion_degrees| match references[..] {
            [a, b, ..] => turned(a, b, parent, bond, angle_degrees, torsion_degrees),
            _ => parent + Point::new(bond, 0.0, 0.0),
        };
        match self.seat {
            Seat::Opposite => vec![parent + bond * opposite(&parent, &references)],
            Seat::Pair => {
                let away = opposite(&parent, &references);
                let normal = match references[..] {
                    [a, b, ..] => unit((a - parent).cross(&(b - parent)), across(away)),
                    _ => across(away),
                };
                let (sin, cos) = HALF_PAIR_DEGREES.to_radians().sin_cos();
                vec![parent + bond * (cos * away - sin * normal), parent + bond * (cos * away + sin * normal)]
            }
            Seat::FlatPair => vec![about(120.0, 0.0), about(120.0, 180.0)],
            Seat::FlatRotor(angle_degrees) => vec![about(angle_degrees, turn_degrees)],
            Seat::Rotor(angle_degrees) => (0..self.count)
                .map(|k| about(angle_degrees, 180.0 + turn_degrees + 120.0 * k as f64))
                .collect(),
        }
    }
}

fn points(positions_angstrom: &[[f32; 3]]) -> Vec<Point> {
    positions_angstrom.iter().map(|p| Point::from(p.map(f64::from))).collect()
}

/// Pairs of SG that form a bridge, each in one at most, the nearest first.
fn bridges(topology: &Topology, points: &[Point]) -> Vec<[usize; 2]> {
    let sulfurs: Vec<usize> =
        (0..topology.residue_count()).filter_map(|r| topology.find_atom(r, "SG")).collect();
    let mut pairs: Vec<(f64, [usize; 2])> = Vec::new();
    for (i, &a) in sulfurs.iter().enumerate() {
        for &b in &sulfurs[i + 1..] {
            let distance = (points[a] - points[b]).norm();
            if distance < BRIDGE_ANGSTROM {
                pairs.push((distance, [a, b]));
            }
        }
    }
    pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut found: Vec<[usize; 2]> = Vec::new();
    for (_, pair) in pairs {
        if !found.iter().flatten().any(|atom| pair.contains(atom)) {
            found.push(pair);
        }
    }
    found
}

/// Whether a hydrogen on ND1 of a histidine makes a hydrogen bond while one on NE2 does not.
fn prefers_nd1(topology: &Topology, residue: usize, points: &[Point]) -> bool {
    let bonds = |parent: &str, references: [&str; 2]| {
        let atom = |name: &str| topology.find_atom(residue, name).map(|atom| points[atom]);
        let (Some(donor), Some(a), Some(b)) = (atom(parent), atom(references[0]), atom(references[1])) else {
            return false;
        };
        let direction = opposite(&donor, [&a, &b]);
        let hydrogen = donor + 1.01 * direction;
        topology.atoms().iter().zip(points).any(|(record, acceptor)| {
            let to_acceptor = acceptor - hydrogen;
            record.residue != residue
                && record.element == super::Element::Oxygen
                && to_acceptor.norm() < 2.5
                && to_acceptor.dot(&direction) > to_acceptor.norm() * 50.0f64.to_radians().cos()
        })
    };
    bonds("ND1", ["CG", "CE1"]) && !bonds("NE2", ["CE1", "CD2"])
}

/// The direction from `center` away from all of `others`.
fn opposite<'a>(center: &Point, others: impl IntoIterator<Item = &'a Point>) -> Point {
    let mut sum = Point::zeros();
    let mut last = Point::x();
    for other in others {
        last = unit(other - center, last);
        sum -= last;
    }
    // In line with its neighbors an atom has no side that is away from them.
    unit(sum, across(last))
}

/// The point at `bond` from c, `angle` b–c–point and `torsion` a–b–c–point, degrees.
fn turned(a: Point, b: Point, c: Point, bond: f64, angle: f64, torsion: f64) -> Point {
    let (angle, torsion) = (angle.to_radians(), torsion.to_radians());
    let axis = unit(c - b, Point::x());
    let normal = unit((b - a).cross(&axis), across(axis));
    let in_plane = normal.cross(&axis);
    c + bond * (-angle.cos() * axis + angle.sin() * (torsion.cos() * in_plane + torsion.sin() * normal))
}

/// `vector` at unit length, or `otherwise` where it has no direction.
fn unit(vector: Point, otherwise: Point) -> Point {
    vector.try_normalize(1e-6).unwrap_or(otherwise)
}

/// Any direction across a unit vector.
fn across(direction: Point) -> Point {
    let least = if direction.x.abs() < 0.6 { Point::x() } else { Point::y() };
    direction.cross(&least).try_normalize(1e-6).unwrap_or(Point::z())
}

#[cfg(test)]
#[path = "hydrogens_tests.rs"]
mod tests;
