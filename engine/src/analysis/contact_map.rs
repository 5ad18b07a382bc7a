//! How often residues touch, over the frames of a run.

use super::geometry::distance_angstrom;
use crate::structure::Topology;

/// Residues whose Cα lie no farther apart touch, Å.
pub const CONTACT_ANGSTROM: f64 = 8.0;

/// Counts of contacts between the Cα of all pairs of residues.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContactMap {
    residues: usize,
    /// Row by row, pairs `i < j`.
    counts: Vec<u64>,
    frames: u64,
}

impl ContactMap {
    /// No frame yet.
    pub fn new(topology: &Topology) -> Self {
        let residues = topology.residue_count();
        Self { residues, counts: vec![0; residues * residues.saturating_sub(1) / 2], frames: 0 }
    }

    /// Adds a frame; positions in canonical order, Å.
    pub fn add(&mut self, topology: &Topology, positions_angstrom: &[[f32; 3]]) {
        let ca: Vec<[f32; 3]> =
            (0..self.residues).map(|residue| positions_angstrom[topology.ca(residue)]).collect();
        let mut counts = self.counts.iter_mut();
        for (i, a) in ca.iter().enumerate() {
            for b in &ca[i + 1..] {
                if let Some(count) = counts.next() {
                    *count += u64::from(distance_angstrom(*a, *b) <= CONTACT_ANGSTROM);
                }
            }
        }
        self.frames += 1;
    }

    /// Residues of the chain.
    pub fn residues(&self) -> usize {
        self.residues
    }

    /// Frames added.
    pub fn frames(&self) -> u64 {
        self.frames
    }

    /// Part of the frames in which two residues touch, 1 for a residue and itself; NaN without frames.
    pub fn fraction(&self, i: usize, j: usize) -> f64 {
        if i == j {
            return 1.0;
        }
        let (i, j) = (i.min(j), i.max(j));
        let pair = i * (2 * self.residues - i - 1) / 2 + j - i - 1;
        self.counts[pair] as f64 / self.frames as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::structure::{Residue, ResidueType};

    #[test]
    fn contacts_are_counted_pair_by_pair() {
        let residue = |number| Residue { kind: ResidueType::Gly, number, insertion_code: None };
        let topology = Topology::new("four", "A", (1..5).map(residue).collect());
        let mut map = ContactMap::new(&topology);
        // A straight chain, a Cα every 3.8 Å; then one that is folded back on itself.
        for places in [[0.0, 3.8, 7.6, 11.4], [0.0, 3.8, 3.8, 0.0]] {
            let mut positions = vec![[0.0f32; 3]; topology.atom_count()];
            for (residue, x) in places.into_iter().enumerate() {
                positions[topology.ca(residue)][0] = x;
            }
            map.add(&topology, &positions);
        }
        assert_eq!(map.frames(), 2);
        assert_eq!([map.fraction(0, 1), map.fraction(0, 2), map.fraction(0, 3)], [1.0, 1.0, 0.5]);
        assert_eq!([map.fraction(3, 0), map.fraction(1, 3), map.fraction(2, 2)], [0.5, 1.0, 1.0]);
    }
}
