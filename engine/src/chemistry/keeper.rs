//! Pulling what is outside the ranges of molecular dynamics back into them.

use super::clashes::{ClashFinder, ContactLimit};
use super::terms::{Point, Term, TermKind, covalent_terms, may_be_cis, point};
use crate::structure::{ResidueType, Topology};

/// How far inside its range a value is put, as a share of the range's width, and of a contact, Å: far enough
/// that what moves next does not push it out again at once.
const INSET: f64 = 0.02;
const CONTACT_INSET_ANGSTROM: f64 = 0.02;
/// Pairs nearer than their contact distance and this are watched while atoms move, Å.
const WATCHED_ANGSTROM: f64 = 1.0;
/// Sweeps after which the pairs to watch are looked for anew.
const SWEEPS: u32 = 60;
/// How often that is done.
const ROUNDS: u32 = 4;
/// No correction moves an atom farther than this at once, Å.
const STEP_ANGSTROM: f64 = 0.3;
/// A center of which the volume has the wrong sign and at least this share of the usual size is of the wrong hand, not
/// a flattened one that crossed its plane.
const WRONG_HAND: f64 = 0.4;

/// What [`GeometryKeeper::keep`] did to a frame.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Kept {
    /// Sweeps over all that was out of range; none where the frame needed nothing.
    pub sweeps: u32,
    /// Violations left: quantities beyond their range and its margin, overlaps, and cis peptide bonds that are not
    /// before proline.
    pub violations: usize,
    /// The worst covalent one, as a share of the width of its range beyond the nearer end; NaN where positions are.
    pub worst_excess: f64,
}

/// Takes out of the frames of one protein what molecular dynamics does not do: each bond, angle, center, ring and
/// peptide bond that is outside its 0.1 to 99.9 % range, and each pair of atoms nearer than its contact distance, is
/// moved just inside, in sweeps (nonlinear Gauss–Seidel on position constraints, as in position-based dynamics: Müller
/// et al., J. Vis. Commun. Image R. 18, 109, 2007) until all are. What is inside is left alone, so thermal motion stays.
#[derive(Clone, Debug)]
pub struct GeometryKeeper {
    terms: Vec<Term>,
    contacts: ClashFinder,
    /// Contacts that count as violations.
    rare: ClashFinder,
    hands: Vec<Hand>,
    /// Whether each term is an ω that may be cis.
    may_be_cis: Vec<bool>,
}

/// How to turn a center of the wrong hand.
#[derive(Clone, Debug)]
struct Hand {
    /// Index of its term.
    term: usize,
    /// The plane of center and two neighbors that the others are mirrored in, and those others.
    plane: [usize; 3],
    mirrored: Vec<usize>,
    /// Two methyl groups to exchange instead: their names are all that tells the hand.
    exchanged: Option<[usize; 2]>,
}

impl GeometryKeeper {
    /// Prepares for `topology`.
    pub fn new(topology: &Topology) -> Self {
        let terms = covalent_terms(topology);
        let hands = terms
            .iter()
            .enumerate()
            .filter(|(_, term)| term.has_hand())
            .map(|(index, term)| hand(topology, index, term))
            .collect();
        let cis =
            |term: &Term| may_be_cis(topology.residues()[topology.atoms()[term.atoms()[2]].residue].kind);
        Self {
            may_be_cis: terms.iter().map(|term| term.kind == TermKind::Omega && cis(term)).collect(),
            contacts: ClashFinder::new(topology, ContactLimit::Seen),
            rare: ClashFinder::new(topology, ContactLimit::Rare),
            hands,
            terms,
        }
    }

    /// Pulls `positions` into range, in place; atoms that need no moving keep their bits. Frames that are not
    /// finite are left alone.
    ///
    /// # Panics
    /// When `positions` does not belong to the topology, which is a programming error.
    pub fn keep(&self, positions: &mut [[f32; 3]]) -> Kept {
        if positions.iter().flatten().any(|x| !x.is_finite()) {
            return Kept { sweeps: 0, violations: 1, worst_excess: f64::NAN };
        }
        let mut work = Work::new(positions);
        self.turn_hands(&mut work);
        let mut sweeps = 0;
        for _ in 0..ROUNDS {
            let mut pairs = Vec::new();
            let listed = work.rounded(positions);
            self.contacts.for_pairs(&listed, WATCHED_ANGSTROM, |atoms, _, limit| pairs.push((atoms, limit)));
            work.stir();
            // The order in which the grid finds them is no property of the frame.
            pairs.sort_unstable_by_key(|pair| pair.0);
            let mut settled = false;
            for _ in 0..SWEEPS {
                if !self.sweep(&mut work, &pairs) {
                    settled = true;
                    break;
                }
                sweeps += 1;
            }
            if settled && !work.moved_far(&listed) {
                break;
            }
        }
        work.write(positions);
        let (violations, worst_excess) = self.violations(positions);
        Kept { sweeps, violations, worst_excess }
    }

    /// Violations in a frame, and the worst covalent one; see [`Kept`].
    pub fn violations(&self, positions: &[[f32; 3]]) -> (usize, f64) {
        let (mut count, mut worst) = (self.rare.find(positions).len(), 0.0f64);
        for (term, may_be_cis) in self.terms.iter().zip(&self.may_be_cis) {
            let value = term.value(positions);
            let excess = term.range.excess(value).abs();
            // NaN is the worst of all.
            if excess.is_nan() || excess > worst {
                worst = excess;
            }
            count += usize::from(!term.range.holds(value) || (term.is_cis(positions) && !may_be_cis));
        }
        (count, worst)
    }

    /// Violations in a frame, as seen from the frame before: a peptide bond must be cis where it was and trans where it
    /// was, whatever the residue.
    pub fn defects(&self, source: &[[f32; 3]], positions: &[[f32; 3]]) -> usize {
        let mut count = self.rare.find(positions).len();
        for term in &self.terms {
            let turned = term.kind == TermKind::Omega && term.is_cis(positions) != term.is_cis(source);
            count += usize::from(turned || !term.range.holds(term.value(positions)));
        }
        count
    }

    /// Corrects everything that is out of range once; whether there was anything.
    fn sweep(&self, work: &mut Work, pairs: &[([usize; 2], f64)]) -> bool {
        work.sweep += 1;
        let mut corrected = false;
        for &([a, b], limit) in pairs {
            if !(work.is_stirred(a) || work.is_stirred(b)) {
                continue;
            }
            let away = work.x[a] - work.x[b];
            let distance = away.norm();
            if distance < limit {
                let unit = if distance > 1e-3 { away / distance } else { Point::x() };
                let half = unit * (0.5 * (limit + CONTACT_INSET_ANGSTROM - distance));
                work.shift(a, half);
                work.shift(b, -half);
                corrected = true;
            }
        }
        for term in &self.terms {
            if !term.atoms().iter().any(|&atom| work.is_stirred(atom)) {
                continue;
            }
            let (value, gradient) = term.value_and_gradient(&work.x);
            let range = &term.range;
            let inset = INSET * range.width();
            let target = if value < range.low {
                range.low + inset
            } else if value > range.high {
                range.high - inset
            } else {
                continue;
            };
            let square: f64 = gradient.iter().map(|g| g.norm_squared()).sum();
            if square < 1e-9 {
                continue;
            }
            let scale = (target - value) / square;
            for (&atom, gradient) in term.atoms().iter().zip(&gradient) {
                work.shift(atom, gradient * scale);
            }
            corrected = true;
        }
        corrected
    }

    /// Turns tetrahedral centers that are of the wrong hand. One that has just crossed the plane of its neighbors is put
    /// back across it. Of one that is wrong through and through, what hangs on it is mirrored in the plane of the center
    /// and two neighbors: bonds and angles stay as they are.
    fn turn_hands(&self, work: &mut Work) {
        for hand in &self.hands {
            let term = &self.terms[hand.term];
            let (value, gradient) = term.value_and_gradient(&work.x);
            let share = value / term.range.mean;
            if share >= 0.0 {
                continue;
            }
            if share > -WRONG_HAND {
                // Twice the distance to the plane of the three neighbors.
                let square = gradient[0].norm_squared();
                if square > 1e-9 {
                    work.shift_freely(term.atoms()[0], gradient[0] * (-2.0 * value / square));
                }
            } else if let Some([a, b]) = hand.exchanged {
                work.exchange(a, b);
            } else {
                work.mirror(hand.plane, &hand.mirrored);
            }
        }
    }
}

/// How to turn the center of `term`.
fn hand(topology: &Topology, index: usize, term: &Term) -> Hand {
    let [center, a, b, c] = [0, 1, 2, 3].map(|k| term.atoms()[k]);
    let residue = topology.atoms()[center].residue;
    let range = topology.atom_range(residue);
    let (mirrored, exchanged) = match (topology.residues()[residue].kind, topology.atoms()[center].name) {
        // All of the side chain: every atom after N, CA, C, O.
        (_, "CA") => (range.skip(4).collect(), None),
        (ResidueType::Val | ResidueType::Leu, _) => (vec![c], Some([b, c])),
        // The methyl group CG2 of ILE and THR.
        _ => (vec![c], None),
    };
    Hand { term: index, plane: [center, a, b], mirrored, exchanged }
}

/// A frame while it is worked on.
struct Work {
    x: Vec<Point>,
    moved: Vec<bool>,
    /// Number of the present sweep, and per atom that in which it moved last: what has not moved since it was looked at
    /// last need not be looked at again.
    sweep: u32,
    stirred: Vec<u32>,
}

impl Work {
    fn new(positions: &[[f32; 3]]) -> Self {
        let count = positions.len();
        Self {
            x: positions.iter().map(|&p| point(p)).collect(),
            moved: vec![false; count],
            sweep: 0,
            stirred: vec![0; count],
        }
    }

    /// Has everything looked at again.
    fn stir(&mut self) {
        self.stirred.fill(self.sweep);
    }

    fn is_stirred(&self, atom: usize) -> bool {
        self.stirred[atom] + 1 >= self.sweep
    }

    fn shift(&mut self, atom: usize, by: Point) {
        let length = by.norm();
        self.shift_freely(atom, if length > STEP_ANGSTROM { by * (STEP_ANGSTROM / length) } else { by });
    }

    fn shift_freely(&mut self, atom: usize, by: Point) {
        self.x[atom] += by;
        self.moved[atom] = true;
        self.stirred[atom] = self.sweep;
    }

    fn exchange(&mut self, a: usize, b: usize) {
        let away = self.x[b] - self.x[a];
        self.shift_freely(a, away);
        self.shift_freely(b, -away);
    }

    fn mirror(&mut self, [center, a, b]: [usize; 3], atoms: &[usize]) {
        let origin = self.x[center];
        let normal = (self.x[a] - origin).cross(&(self.x[b] - origin));
        let square = normal.norm_squared();
        if square > 1e-6 {
            for &atom in atoms {
                let by = normal * (-2.0 * (self.x[atom] - origin).dot(&normal) / square);
                self.shift_freely(atom, by);
            }
        }
    }

    /// The positions as they are now.
    fn rounded(&self, positions: &[[f32; 3]]) -> Vec<[f32; 3]> {
        let mut out = positions.to_vec();
        self.write(&mut out);
        out
    }

    fn write(&self, positions: &mut [[f32; 3]]) {
        for ((position, x), _) in
            positions.iter_mut().zip(&self.x).zip(&self.moved).filter(|(_, moved)| **moved)
        {
            *position = std::array::from_fn(|axis| x[axis] as f32);
        }
    }

    /// Whether an atom is so far from where it was when pairs were listed that pairs that were not watched may touch.
    fn moved_far(&self, listed: &[[f32; 3]]) -> bool {
        listed.iter().zip(&self.x).any(|(&p, x)| (point(p) - x).norm() > 0.5 * WATCHED_ANGSTROM)
    }
}
