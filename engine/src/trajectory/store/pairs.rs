//! Pairs of frames a lag apart, within one trajectory.

/// All pairs `(t, t + lag)` of a store, numbered; overlapping ones included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FramePairs {
    lag_frames: usize,
    /// First frame of every trajectory that has pairs.
    first_frame: Vec<usize>,
    /// Pairs before it; one more entry with the total.
    pairs_before: Vec<usize>,
}

impl FramePairs {
    /// `trajectory_start` as in the store: first frames and, last, the number of frames.
    pub(super) fn new(trajectory_start: &[usize], lag_frames: usize) -> Self {
        let mut first_frame = Vec::new();
        let mut pairs_before = vec![0];
        let mut total = 0;
        for bounds in trajectory_start.windows(2) {
            let pairs = (bounds[1] - bounds[0]).saturating_sub(lag_frames);
            if pairs > 0 {
                first_frame.push(bounds[0]);
                total += pairs;
                pairs_before.push(total);
            }
        }
        Self { lag_frames, first_frame, pairs_before }
    }

    /// Number of pairs.
    pub fn len(&self) -> usize {
        self.pairs_before.last().copied().unwrap_or(0)
    }

    /// Whether there is none: every trajectory is shorter than the lag.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Lag in stored frames.
    pub fn lag_frames(&self) -> usize {
        self.lag_frames
    }

    /// Frame indices of pair `index`.
    pub fn get(&self, index: usize) -> Option<(usize, usize)> {
        if index >= self.len() {
            return None;
        }
        let trajectory = self.pairs_before.partition_point(|&before| before <= index) - 1;
        let from = self.first_frame[trajectory] + (index - self.pairs_before[trajectory]);
        Some((from, from + self.lag_frames))
    }

    /// All pairs in order.
    pub fn iter(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        self.first_frame.iter().zip(self.pairs_before.windows(2)).flat_map(|(&first, counts)| {
            (first..first + counts[1] - counts[0]).map(|from| (from, from + self.lag_frames))
        })
    }

    /// The pairs of `self` that start in one of the frame ranges, for holding trajectories out.
    pub fn within(&self, frames: std::ops::Range<usize>) -> impl Iterator<Item = (usize, usize)> + '_ {
        self.iter().filter(move |&(from, to)| frames.contains(&from) && frames.contains(&to))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_stay_within_their_trajectory() {
        // Trajectories of 4, 2, 0 and 3 frames; a lag of 2 frames.
        let pairs = FramePairs::new(&[0, 4, 6, 6, 9], 2);
        let all: Vec<_> = pairs.iter().collect();
        assert_eq!(all, [(0, 2), (1, 3), (6, 8)]);
        assert_eq!(pairs.len(), 3);
        assert_eq!(
            (0..4).map(|k| pairs.get(k)).collect::<Vec<_>>(),
            [Some((0, 2)), Some((1, 3)), Some((6, 8)), None]
        );
        assert_eq!(pairs.within(0..4).collect::<Vec<_>>(), [(0, 2), (1, 3)]);
        assert!(FramePairs::new(&[0, 2, 4], 2).is_empty());
    }
}
