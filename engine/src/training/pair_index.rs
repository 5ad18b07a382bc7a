//! Numbers pairs through the trajectories of several stores, in memory that grows with trajectories, not frames.

use std::ops::Range;

/// Pairs by their first frames.
#[derive(Clone, Debug, Default)]
pub(super) struct PairIndex {
    runs: Vec<Run>,
    len: usize,
}

/// First frames that follow each other in one trajectory.
#[derive(Clone, Debug)]
struct Run {
    store: usize,
    first_frame: usize,
    /// Pairs in the runs before.
    before: usize,
}

impl PairIndex {
    /// Adds the pairs that start at `first_frames`, all of one trajectory of `store`.
    pub fn push(&mut self, store: usize, first_frames: Range<usize>) {
        if !first_frames.is_empty() {
            self.runs.push(Run { store, first_frame: first_frames.start, before: self.len });
            self.len += first_frames.len();
        }
    }

    /// Number of pairs.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Store and first frame of pair `index`, which must be below [`Self::len`].
    pub fn get(&self, index: usize) -> (usize, usize) {
        let (run, offset) = self.locate(index);
        (run.store, run.first_frame + offset)
    }

    /// How many pairs of the same trajectory come before pair `index`.
    pub fn preceding(&self, index: usize) -> usize {
        self.locate(index).1
    }

    /// How many pairs of the same trajectory follow pair `index`.
    pub fn following(&self, index: usize) -> usize {
        let next = self.runs.partition_point(|run| run.before <= index);
        self.runs.get(next).map_or(self.len, |run| run.before) - 1 - index
    }

    fn locate(&self, index: usize) -> (&Run, usize) {
        let run = &self.runs[self.runs.partition_point(|run| run.before <= index) - 1];
        (run, index - run.before)
    }
}

#[cfg(test)]
mod tests {
    use super::PairIndex;

    #[test]
    fn pairs_are_numbered_through_all_trajectories() {
        let mut index = PairIndex::default();
        for (store, frames) in [(0, 2..4), (0, 7..7), (1, 0..3)] {
            index.push(store, frames);
        }
        let all: Vec<_> = (0..index.len()).map(|k| (index.get(k), index.following(k))).collect();
        assert_eq!(all, [((0, 2), 1), ((0, 3), 0), ((1, 0), 2), ((1, 1), 1), ((1, 2), 0)]);
        let preceding: Vec<_> = (0..index.len()).map(|k| index.preceding(k)).collect();
        assert_eq!(preceding, [0, 1, 0, 1, 2]);
    }
}
