//! Validity over time, in bins of few frames: what the strip under the timeline shows. Memory is bounded: when
//! there are too many bins, neighbors are joined.

/// More than any window is wide, pixels.
const MOST_BINS: usize = 4096;

/// Frames next to each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StripBin {
    /// Frames in it.
    pub frames: u32,
    /// Frames whose covalent structure is not whole.
    pub not_intact: u32,
    /// Frames with clashes.
    pub clashing: u32,
    /// The frame with the most violations.
    pub worst_frame: u64,
    /// Its violations.
    pub violations: u32,
}

/// The frames of one replica in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValidityStrip {
    frames_per_bin: u64,
    frames: u64,
    bins: Vec<StripBin>,
    first_is_intact: Option<bool>,
}

impl Default for ValidityStrip {
    fn default() -> Self {
        Self { frames_per_bin: 1, frames: 0, bins: Vec::new(), first_is_intact: None }
    }
}

impl ValidityStrip {
    /// Adds the next frame.
    pub fn push(&mut self, intact: bool, clashing: bool, violations: usize) {
        if self.frames.is_multiple_of(self.frames_per_bin) {
            if self.bins.len() == MOST_BINS {
                self.bins = self
                    .bins
                    .chunks(2)
                    .map(|pair| pair.iter().copied().fold(StripBin::default(), joined))
                    .collect();
                self.frames_per_bin *= 2;
            }
            self.bins.push(StripBin::default());
        }
        self.first_is_intact.get_or_insert(intact);
        let one = StripBin {
            frames: 1,
            not_intact: u32::from(!intact),
            clashing: u32::from(clashing),
            worst_frame: self.frames,
            violations: u32::try_from(violations).unwrap_or(u32::MAX),
        };
        if let Some(last) = self.bins.last_mut() {
            *last = joined(*last, one);
        }
        self.frames += 1;
    }

    /// Frames there are.
    pub fn frames(&self) -> u64 {
        self.frames
    }

    /// Whether the first frame is intact; `None` before it.
    pub fn first_is_intact(&self) -> Option<bool> {
        self.first_is_intact
    }

    /// Frames from `first` to `last`, both included, joined; at least the bin that holds `first`.
    pub fn between(&self, first: u64, last: u64) -> Option<StripBin> {
        let from = usize::try_from(first / self.frames_per_bin).ok()?;
        let to = usize::try_from(last / self.frames_per_bin).ok()?.min(self.bins.len().saturating_sub(1));
        Some(self.bins.get(from..=to.max(from))?.iter().copied().fold(StripBin::default(), joined))
    }
}

fn joined(a: StripBin, b: StripBin) -> StripBin {
    let worse = if a.frames > 0 && a.violations >= b.violations { a } else { b };
    StripBin {
        frames: a.frames + b.frames,
        not_intact: a.not_intact + b.not_intact,
        clashing: a.clashing + b.clashing,
        worst_frame: worse.worst_frame,
        violations: worse.violations,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn no_bad_frame_is_lost_however_long_the_run() {
        let mut strip = ValidityStrip::default();
        for frame in 0..50_000u64 {
            let bad = frame == 123 || frame == 49_999;
            strip.push(!bad, false, if bad { 7 } else { 0 });
        }
        assert!(strip.bins.len() <= MOST_BINS);
        assert_eq!(strip.frames(), 50_000);
        let whole = strip.between(0, 49_999).unwrap();
        assert_eq!((whole.frames, whole.not_intact), (50_000, 2));
        assert_eq!((whole.violations, whole.worst_frame), (7, 123));
        assert_eq!(strip.between(120, 127).unwrap().worst_frame, 123);
        assert_eq!(strip.between(200, 900).unwrap().not_intact, 0);
        assert!(strip.between(60_000, 70_000).is_none());
        assert_eq!(strip.first_is_intact(), Some(true));
        assert_eq!(ValidityStrip::default().first_is_intact(), None);
    }
}
