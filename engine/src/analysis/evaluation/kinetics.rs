//! Rates between two states of a user's choosing, committor and autocorrelation, of reference and samples alike.
//!
//! A frame is folded when its Cα RMSD from the native structure is below one threshold, unfolded beyond another;
//! in between it belongs to the state visited last, so that wobbling about one threshold is no transition. A
//! rate is the number of transitions out of a state divided by the time spent in it, and its inverse the mean
//! first passage time. The committor is the share of the frames in between that reach the folded state first.
//! Ensembles with frames at different intervals are compared at the longer one.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::Interval;
use super::ensemble::{Ensemble, block_ranges};
use super::reference::whole_frames;
use super::resampling::{range, with_replacement};
use super::settings::EvaluationSettings;
use crate::random::Random;

/// Transitions out of a state from which a rate is told.
pub const MIN_TRANSITIONS: f64 = 5.0;
/// Parts of the range between the two thresholds that have a committor of their own.
const COMMITTOR_BINS: usize = 3;
/// Times after which the autocorrelation is told, ps.
const AUTOCORRELATION_PS: [f64; 3] = [100.0, 1000.0, 10_000.0];

/// What is measured on the motion between two states.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KineticMeasure {
    /// Share of the time in the folded state.
    FoldedShare,
    /// Transitions from folded to unfolded, per µs in the folded state.
    UnfoldingRate,
    /// Transitions from unfolded to folded, per µs in the unfolded state.
    FoldingRate,
    /// Mean time until a folded chain unfolds, ns.
    UnfoldingTime,
    /// Mean time until an unfolded chain folds, ns.
    FoldingTime,
    /// Share of the frames with an RMSD between these, Å, that reach the folded state first.
    Committor {
        /// From, Å.
        from_angstrom: f64,
        /// To, Å.
        to_angstrom: f64,
    },
    /// Autocorrelation of the RMSD after this time, ps.
    RmsdAutocorrelation {
        /// Time, ps.
        after_ps: f64,
    },
}

impl KineticMeasure {
    /// Name as shown to users.
    pub fn label(self) -> String {
        match self {
            Self::FoldedShare => "Folded share".into(),
            Self::UnfoldingRate => "Unfolding rate (per µs)".into(),
            Self::FoldingRate => "Folding rate (per µs)".into(),
            Self::UnfoldingTime => "Mean first passage, folded → unfolded (ns)".into(),
            Self::FoldingTime => "Mean first passage, unfolded → folded (ns)".into(),
            Self::Committor { from_angstrom, to_angstrom } => {
                format!("Committor to folded, RMSD {from_angstrom:.2} – {to_angstrom:.2} Å")
            }
            Self::RmsdAutocorrelation { after_ps } => {
                format!("Autocorrelation of RMSD after {}", super::time_text(after_ps))
            }
        }
    }

    /// Short name for files.
    pub fn key(self) -> String {
        match self {
            Self::FoldedShare => "folded_share".into(),
            Self::UnfoldingRate => "unfolding_rate_per_us".into(),
            Self::FoldingRate => "folding_rate_per_us".into(),
            Self::UnfoldingTime => "unfolding_time_ns".into(),
            Self::FoldingTime => "folding_time_ns".into(),
            Self::Committor { from_angstrom, to_angstrom } => {
                format!("committor_{from_angstrom:.2}_{to_angstrom:.2}_angstrom")
            }
            Self::RmsdAutocorrelation { after_ps } => format!("rmsd_autocorrelation_{after_ps}_ps"),
        }
    }

    /// Decimals it is shown with.
    pub fn decimals(self) -> usize {
        match self {
            Self::UnfoldingRate | Self::FoldingRate => 0,
            Self::UnfoldingTime | Self::FoldingTime => 1,
            _ => 3,
        }
    }
}

/// One measure of both ensembles.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KineticRow {
    /// What.
    pub measure: KineticMeasure,
    /// Of the reference; `None` where its data do not support a value.
    pub reference: Option<Interval>,
    /// Of the samples; `None` where their data do not support a value.
    pub samples: Option<Interval>,
    /// Transitions, or frames, that the values rest on: of the reference and of the samples.
    pub events: [f64; 2],
}

/// Motion between two states.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Kinetics {
    /// Folded below this Cα RMSD from the native structure, Å.
    pub folded_below_angstrom: f64,
    /// Unfolded beyond this, Å.
    pub unfolded_beyond_angstrom: f64,
    /// Time between the frames that were looked at, ps.
    pub interval_ps: f64,
    /// All measures.
    pub rows: Vec<KineticRow>,
}

/// Frames of two ensembles that are never equally far apart.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("frames {reference_ps} ps and {samples_ps} ps apart have no common interval")]
pub struct NoCommonInterval {
    /// Between frames of the reference, ps.
    pub reference_ps: f64,
    /// Between frames of the samples, ps.
    pub samples_ps: f64,
}

/// Compares the motion of two ensembles.
pub(super) fn kinetics(
    reference: &Ensemble,
    samples: &Ensemble,
    settings: &EvaluationSettings,
) -> Result<Kinetics, NoCommonInterval> {
    let (a, b) = (reference.frames.interval_ps, samples.frames.interval_ps);
    let interval_ps = a.max(b);
    let (Some(of_reference), Some(of_samples)) = (whole_frames(interval_ps, a), whole_frames(interval_ps, b))
    else {
        return Err(NoCommonInterval { reference_ps: a, samples_ps: b });
    };
    let shortest = |e: &Ensemble| e.frames.trajectories().map(|t| t.len()).max().unwrap_or(0) as f64;
    let longest_ps = 0.5 * (shortest(reference) * a).min(shortest(samples) * b);
    let lags: Vec<usize> = AUTOCORRELATION_PS
        .into_iter()
        .filter(|&lag| lag <= longest_ps)
        .filter_map(|lag| whole_frames(lag, interval_ps))
        .collect();
    let thresholds = [settings.folded_below_angstrom, settings.unfolded_beyond_angstrom];
    let both = [(reference, of_reference), (samples, of_samples)]
        .map(|(ensemble, stride)| Tally::of(ensemble, stride, thresholds, &lags));
    let measures = measures(thresholds, &lags, interval_ps);
    let mut random = Random::new(settings.seed ^ 0x6b69_6e65);
    let [one, other] = both.map(|tally| tally.intervals(&measures, interval_ps, settings, &mut random));
    let rows = measures
        .iter()
        .zip(one.into_iter().zip(other))
        .map(|(&(measure, _), ((reference, events), (samples, events_of_samples)))| KineticRow {
            measure,
            reference,
            samples,
            events: [events, events_of_samples],
        })
        .collect();
    let [folded_below_angstrom, unfolded_beyond_angstrom] = thresholds;
    Ok(Kinetics { folded_below_angstrom, unfolded_beyond_angstrom, interval_ps, rows })
}

/// How a measure follows from sums.
#[derive(Clone, Copy, Debug)]
enum Formula {
    FoldedShare,
    Rate { from: usize },
    Time { from: usize },
    Committor { bin: usize },
    Autocorrelation { lag: usize },
}

fn measures(
    [folded, unfolded]: [f64; 2],
    lags: &[usize],
    interval_ps: f64,
) -> Vec<(KineticMeasure, Formula)> {
    let mut all = vec![
        (KineticMeasure::FoldedShare, Formula::FoldedShare),
        (KineticMeasure::UnfoldingRate, Formula::Rate { from: 0 }),
        (KineticMeasure::FoldingRate, Formula::Rate { from: 1 }),
        (KineticMeasure::UnfoldingTime, Formula::Time { from: 0 }),
        (KineticMeasure::FoldingTime, Formula::Time { from: 1 }),
    ];
    let width = (unfolded - folded) / COMMITTOR_BINS as f64;
    if width > 0.0 {
        all.extend((0..COMMITTOR_BINS).map(|bin| {
            let from_angstrom = folded + width * bin as f64;
            let to_angstrom = from_angstrom + width;
            (KineticMeasure::Committor { from_angstrom, to_angstrom }, Formula::Committor { bin })
        }));
    }
    all.extend(lags.iter().enumerate().map(|(lag, &frames)| {
        let after_ps = frames as f64 * interval_ps;
        (KineticMeasure::RmsdAutocorrelation { after_ps }, Formula::Autocorrelation { lag })
    }));
    all
}

/// Sums over one block.
#[derive(Clone, Debug, Default)]
struct Sums {
    /// Frames in the folded and the unfolded state.
    frames: [f64; 2],
    /// Transitions out of them.
    exits: [f64; 2],
    /// Per committor bin: frames that reach the folded state first, and all that reach one.
    committed: [[f64; 2]; COMMITTOR_BINS],
    /// Number, sum and sum of squares of the RMSD.
    moments: [f64; 3],
    /// Per lag: number of pairs, sum of both, sum of products.
    pairs: Vec<[f64; 3]>,
}

impl Sums {
    fn add(&mut self, other: &Self, times: f64) {
        let add = |to: &mut [f64], from: &[f64]| {
            to.iter_mut().zip(from).for_each(|(to, from)| *to += times * from);
        };
        add(&mut self.frames, &other.frames);
        add(&mut self.exits, &other.exits);
        self.committed.iter_mut().zip(&other.committed).for_each(|(to, from)| add(to, from));
        add(&mut self.moments, &other.moments);
        self.pairs.iter_mut().zip(&other.pairs).for_each(|(to, from)| add(to, from));
    }

    fn value(&self, formula: Formula, interval_ps: f64) -> f64 {
        match formula {
            Formula::FoldedShare => self.frames[0] / (self.frames[0] + self.frames[1]),
            Formula::Rate { from } => 1e6 * self.exits[from] / (self.frames[from] * interval_ps),
            Formula::Time { from } => 1e-3 * self.frames[from] * interval_ps / self.exits[from],
            Formula::Committor { bin } => self.committed[bin][0] / self.committed[bin][1],
            Formula::Autocorrelation { lag } => {
                let [count, sum, squares] = self.moments;
                let mean = sum / count;
                let [pairs, both, products] = self.pairs[lag];
                (products / pairs - mean * both / pairs + mean * mean) / (squares / count - mean * mean)
            }
        }
    }

    /// What a value rests on.
    fn events(&self, formula: Formula) -> f64 {
        match formula {
            Formula::FoldedShare => self.exits[0].min(self.exits[1]),
            Formula::Rate { from } | Formula::Time { from } => self.exits[from],
            Formula::Committor { bin } => self.committed[bin][1],
            Formula::Autocorrelation { lag } => self.pairs[lag][0],
        }
    }
}

/// The sums of an ensemble, block by block.
struct Tally {
    blocks: Vec<Sums>,
}

impl Tally {
    fn of(ensemble: &Ensemble, stride: usize, thresholds: [f64; 2], lags: &[usize]) -> Self {
        let trajectories: Vec<Range<usize>> = ensemble.frames.trajectories().collect();
        let (ranges, _) = block_ranges(&trajectories);
        let mut block_of = vec![0; ensemble.frames.len()];
        for (block, ranges) in ranges.iter().enumerate() {
            ranges.iter().for_each(|range| block_of[range.clone()].fill(block));
        }
        let empty = Sums { pairs: vec![[0.0; 3]; lags.len()], ..Sums::default() };
        let mut tally = Self { blocks: vec![empty; ranges.len()] };
        for trajectory in trajectories {
            // Every offset, so that no frame is lost; each counts its share.
            for offset in 0..stride {
                let frames: Vec<usize> =
                    (trajectory.start + offset..trajectory.end).step_by(stride).collect();
                let rmsd: Vec<f64> = frames.iter().map(|&f| ensemble.frames.rmsd_angstrom[f]).collect();
                let blocks: Vec<usize> = frames.iter().map(|&f| block_of[f]).collect();
                tally.add(&rmsd, &blocks, 1.0 / stride as f64, thresholds, lags);
            }
        }
        tally
    }

    /// Adds one trajectory.
    fn add(
        &mut self,
        rmsd: &[f64],
        blocks: &[usize],
        share: f64,
        [folded, unfolded]: [f64; 2],
        lags: &[usize],
    ) {
        let core = |rmsd: f64| match rmsd {
            rmsd if rmsd < folded => Some(0),
            rmsd if rmsd > unfolded => Some(1),
            _ => None,
        };
        let mut state: Option<usize> = None;
        for (&rmsd, &block) in rmsd.iter().zip(blocks) {
            let sums = &mut self.blocks[block];
            if let Some(core) = core(rmsd) {
                if let Some(before) = state.filter(|&before| before != core) {
                    sums.exits[before] += share;
                }
                state = Some(core);
            }
            if let Some(state) = state {
                sums.frames[state] += share;
            }
            let moments = [1.0, rmsd, rmsd * rmsd];
            sums.moments.iter_mut().zip(moments).for_each(|(sum, x)| *sum += share * x);
        }
        let mut reached: Option<usize> = None;
        for (&rmsd, &block) in rmsd.iter().zip(blocks).rev() {
            match (core(rmsd), reached) {
                (Some(core), _) => reached = Some(core),
                (None, Some(reached)) => {
                    let along = (rmsd - folded) / (unfolded - folded) * COMMITTOR_BINS as f64;
                    let bin = (along as usize).min(COMMITTOR_BINS - 1);
                    let sums = &mut self.blocks[block].committed[bin];
                    sums[0] += if reached == 0 { share } else { 0.0 };
                    sums[1] += share;
                }
                (None, None) => {}
            }
        }
        for (number, &lag) in lags.iter().enumerate() {
            for ((a, b), &block) in rmsd.iter().zip(rmsd.iter().skip(lag)).zip(blocks) {
                let pairs = &mut self.blocks[block].pairs[number];
                pairs.iter_mut().zip([1.0, a + b, a * b]).for_each(|(sum, x)| *sum += share * x);
            }
        }
    }

    fn resampled(&self, times: &[f64]) -> Sums {
        let pairs = self.blocks.first().map_or(0, |block| block.pairs.len());
        let mut sums = Sums { pairs: vec![[0.0; 3]; pairs], ..Sums::default() };
        self.blocks.iter().zip(times).filter(|(_, times)| **times > 0.0).for_each(|(b, &t)| sums.add(b, t));
        sums
    }

    fn intervals(
        &self,
        measures: &[(KineticMeasure, Formula)],
        interval_ps: f64,
        settings: &EvaluationSettings,
        random: &mut Random,
    ) -> Vec<(Option<Interval>, f64)> {
        let all = self.resampled(&vec![1.0; self.blocks.len()]);
        let replicates: Vec<Sums> = (0..settings.bootstrap)
            .map(|_| self.resampled(&with_replacement(self.blocks.len(), random)))
            .collect();
        measures
            .iter()
            .map(|&(_, formula)| {
                let (value, events) = (all.value(formula, interval_ps), all.events(formula));
                let enough = match formula {
                    Formula::Autocorrelation { .. } => value.is_finite(),
                    _ => events >= MIN_TRANSITIONS && value.is_finite(),
                };
                let interval = enough.then(|| {
                    let values = replicates.iter().map(|sums| sums.value(formula, interval_ps));
                    let [low, high] = range(values.filter(|v| !v.is_nan()).collect(), settings.confidence);
                    Interval { value, low, high }
                });
                (interval, events)
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(rmsd: &[f64]) -> Sums {
        let empty = Sums { pairs: vec![[0.0; 3]; 1], ..Sums::default() };
        let mut tally = Tally { blocks: vec![empty] };
        tally.add(rmsd, &vec![0; rmsd.len()], 1.0, [1.0, 2.0], &[1]);
        tally.resampled(&[1.0])
    }

    #[test]
    fn wobbling_about_one_threshold_is_no_transition() {
        // F F . F . U . U F: one unfolding after five frames, one folding after three.
        let sums = tally(&[0.5, 0.9, 1.5, 0.8, 1.2, 2.5, 1.9, 2.1, 0.7]);
        assert_eq!((sums.exits, sums.frames), ([1.0, 1.0], [6.0, 3.0]));
        let rate = sums.value(Formula::Rate { from: 0 }, 100.0);
        assert!((rate - 1e6 / 600.0).abs() < 1e-9);
        assert!((sums.value(Formula::Time { from: 1 }, 100.0) - 0.3).abs() < 1e-12);
        // 1.5 comes back to folded; 1.2 and 1.9 go to unfolded.
        assert_eq!(sums.committed, [[0.0, 1.0], [1.0, 1.0], [0.0, 1.0]]);
    }

    #[test]
    fn time_before_the_first_state_counts_for_none() {
        let sums = tally(&[1.5, 1.5, 0.5, 1.5]);
        assert_eq!((sums.frames, sums.exits), ([2.0, 0.0], [0.0, 0.0]));
        assert_eq!(sums.committed[1], [2.0, 2.0]);
    }

    #[test]
    fn the_autocorrelation_is_that_of_numpy() {
        // x = numpy.array([1, 2, 4, 3, 1, 0.5]); x -= x.mean(); (x[1:] * x[:-1]).mean() / (x * x).mean()
        let sums = tally(&[1.0, 2.0, 4.0, 3.0, 1.0, 0.5]);
        let value = sums.value(Formula::Autocorrelation { lag: 0 }, 100.0);
        assert!((value - 0.346_606_334_841_628_9).abs() < 1e-9, "{value}");
    }
}
