//! How often residues touch, and how far apart they are, over the frames of a run.

use super::vectors::distance_angstrom;
use crate::structure::Topology;

/// Residues whose Cα lie no farther apart touch, Å.
pub const CONTACT_ANGSTROM: f64 = 8.0;

/// Counts of contacts and mean distances between the Cα of all pairs of residues.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ContactMap {
    residues: usize,
    /// Row by row, pairs `i < j`.
    counts: Vec<u64>,
    /// Sums of distances of the same pairs, Å.
    sums_angstrom: Vec<f64>,
    frames: u64,
}

impl ContactMap {
    /// No frame yet.
    pub fn new(topology: &Topology) -> Self {
        let residues = topology.residue_count();
        let pairs = residues * residues.saturating_sub(1) / 2;
        Self { residues, counts: vec![0; pairs], sums_angstrom: vec![0.0; pairs], frames: 0 }
    }

    /// Adds a frame; positions in canonical order, Å.
    pub fn add(&mut self, topology: &Topology, positions_angstrom: &[[f32; 3]]) {
        let ca: Vec<[f32; 3]> =
            (0..self.residues).map(|residue| positions_angstrom[topology.ca(residue)]).collect();
        let mut pairs = self.counts.iter_mut().zip(&mut self.sums_angstrom);
        for (i, a) in ca.iter().enumerate() {
            for b in &ca[i + 1..] {
                if let Some((count, sum_angstrom)) = pairs.next() {
                    let apart_angstrom = distance_angstrom(*a, *b);
                    *count += u64::from(apart_angstrom <= CONTACT_ANGSTROM);
                    *sum_angstrom += apart_angstrom;
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
        self.counts[self.pair(i, j)] as f64 / self.frames as f64
    }

    /// Mean distance of two Cα over the frames, Å; 0 for a residue and itself, NaN without frames.
    pub fn mean_distance_angstrom(&self, i: usize, j: usize) -> f64 {
        if i == j {
            return 0.0;
        }
        self.sums_angstrom[self.pair(i, j)] / self.frames as f64
    }

    fn pair(&self, i: usize, j: usize) -> usize {
        let (i, j) = (i.min(j), i.max(j));
        i * (2 * self.residues - i - 1) / 2 + j - i - 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::structure::ResidueType;
    use crate::test_support::chain;

    #[test]
    fn contacts_are_counted_pair_by_pair() {
        let topology = chain("four", [ResidueType::Gly; 4]);
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
        let means = [(0, 1), (3, 0), (1, 3), (2, 2)].map(|(i, j)| map.mean_distance_angstrom(i, j));
        for (mean, expected) in means.into_iter().zip([3.8, 5.7, 5.7, 0.0]) {
            assert!((mean - expected).abs() < 1e-6, "{mean} and {expected}");
        }
    }
}
