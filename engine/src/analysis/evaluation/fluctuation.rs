//! How much residues move within half a nanosecond: a measure that trajectories from any starts share, long or short,
//! since each stretch is superposed on itself.

use serde::{Deserialize, Serialize};

use super::resampling::quantile;
use crate::analysis::fluctuation::Fluctuation;
use crate::structure::Topology;

/// Length of the stretches, ps.
pub const STRETCH_PS: f64 = 500.0;
/// Frames of a stretch, its ends included, at least.
const MIN_FRAMES: usize = 3;
/// Share of the stretches that lie below the range that is told, and above it.
const TAIL: f64 = 0.05;

/// Root mean square fluctuation of each Cα within stretches of [`STRETCH_PS`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StretchFluctuation {
    /// Stretches measured.
    pub stretches: usize,
    /// Mean over the stretches, per residue, Å; empty where there are none.
    pub mean_angstrom: Vec<f64>,
    /// What 5 % of the stretches lie below, per residue, Å.
    pub low_angstrom: Vec<f64>,
    /// What 5 % of the stretches lie above, per residue, Å.
    pub high_angstrom: Vec<f64>,
}

impl StretchFluctuation {
    /// Mean over stretches and residues, Å; NaN where there are none.
    pub fn overall_angstrom(&self) -> f64 {
        self.mean_angstrom.iter().sum::<f64>() / self.mean_angstrom.len() as f64
    }

    /// Share of the residues whose mean lies in the range of the stretches of `other`, `0..=1`; `None` where one of the
    /// two has no stretches.
    pub fn share_within(&self, other: &Self) -> Option<f64> {
        let ranges = other.low_angstrom.iter().zip(&other.high_angstrom);
        let within = self
            .mean_angstrom
            .iter()
            .zip(ranges)
            .filter(|(mean, (low, high))| **low <= **mean && **mean <= **high);
        let residues = self.mean_angstrom.len();
        (residues > 0 && other.mean_angstrom.len() == residues)
            .then(|| within.count() as f64 / residues as f64)
    }
}

/// Measures frames one after the other.
#[derive(Clone, Debug)]
pub(super) struct StretchMeter {
    /// Frames of a stretch, its ends included; `None` where the interval does not divide its length.
    frames: Option<usize>,
    held: usize,
    current: Option<Fluctuation>,
    /// Per stretch, per residue, Å.
    measured: Vec<Vec<f64>>,
}

impl StretchMeter {
    pub fn new(interval_ps: f64) -> Self {
        let steps = STRETCH_PS / interval_ps;
        let whole = steps.is_finite() && (steps - steps.round()).abs() < 1e-3 * steps;
        let frames = (whole && steps.round() as usize + 1 >= MIN_FRAMES).then(|| steps.round() as usize + 1);
        Self { frames, held: 0, current: None, measured: Vec::new() }
    }

    /// A trajectory begins.
    pub fn begin(&mut self) {
        self.current = None;
    }

    pub fn add(&mut self, topology: &Topology, positions: &[[f32; 3]]) {
        let Some(frames) = self.frames else { return };
        let current = self.current.get_or_insert_with(|| {
            self.held = 0;
            Fluctuation::new(topology, positions)
        });
        current.add(topology, positions);
        self.held += 1;
        if self.held == frames {
            // Of so few frames the deviation from their own mean is too small by this much.
            let unbiased = (frames as f64 / (frames as f64 - 1.0)).sqrt();
            let measured = current.rmsf_angstrom();
            self.measured.extend(measured.map(|rmsf| rmsf.iter().map(|value| unbiased * value).collect()));
            self.current = None;
        }
    }

    pub fn finish(self) -> StretchFluctuation {
        let Some(residues) = self.measured.first().map(Vec::len) else {
            return StretchFluctuation::default();
        };
        let mut result = StretchFluctuation { stretches: self.measured.len(), ..Default::default() };
        for residue in 0..residues {
            let mut values: Vec<f64> = self.measured.iter().map(|stretch| stretch[residue]).collect();
            values.sort_by(f64::total_cmp);
            result.mean_angstrom.push(values.iter().sum::<f64>() / values.len() as f64);
            result.low_angstrom.push(quantile(&values, TAIL));
            result.high_angstrom.push(quantile(&values, 1.0 - TAIL));
        }
        result
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::test_support::coil;

    /// One Cα of many swings by ±0.8 Å; numpy's `std(ddof=1)` of +0.8, −0.8, +0.8, −0.8, +0.8, −0.8 is 0.8764.
    #[test]
    fn stretches_are_of_one_trajectory_and_know_how_few_frames_they_have() {
        let (topology, reference) = coil(200);
        let moved = topology.ca(100);
        let mut meter = StretchMeter::new(100.0);
        // Two whole stretches of six frames; what is over at the end of a trajectory is none.
        for frames in [6, 4, 8] {
            meter.begin();
            for frame in 0..frames {
                let mut positions = reference.clone();
                positions[moved][0] += if frame % 2 == 0 { 0.8 } else { -0.8 };
                meter.add(&topology, &positions);
            }
        }
        let found = meter.finish();
        assert_eq!(found.stretches, 2);
        assert!((found.mean_angstrom[100] - 0.8764).abs() < 0.02, "{}", found.mean_angstrom[100]);
        assert!(found.mean_angstrom[10] < 0.05);
        assert_eq!(found.share_within(&found), Some(1.0));
        let still = StretchFluctuation { mean_angstrom: vec![0.0; 200], ..found.clone() };
        assert!(still.share_within(&found).unwrap() < 0.1);
    }

    #[test]
    fn frames_too_far_apart_give_no_stretch() {
        let (topology, positions) = coil(5);
        for interval_ps in [300.0, 500.0, 1000.0] {
            let mut meter = StretchMeter::new(interval_ps);
            meter.begin();
            (0..20).for_each(|_| meter.add(&topology, &positions));
            let found = meter.finish();
            assert_eq!(found, StretchFluctuation::default(), "{interval_ps}");
            assert_eq!(found.share_within(&found), None);
        }
    }
}
