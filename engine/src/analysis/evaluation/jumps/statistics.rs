//! Shares, quantiles and spreads of jumps, with intervals and floors by resampling blocks.

use super::pairs::{PairTable, Wells};
use super::report::{JumpMeasure, JumpRow};
use super::{JumpDraws, JumpReference};
use crate::analysis::evaluation::resampling::{halves, range, with_replacement};
use crate::analysis::evaluation::settings::{EvaluationStage, ProgressCallback, report};
use crate::analysis::evaluation::{EvaluationError, Interval};
use crate::random::Random;

/// One measure on one set of pairs, ready for any multiplicities of its blocks.
enum Column {
    /// Sums of a numerator and a denominator per block.
    Ratio(Vec<[f64; 2]>),
    /// The root of such a ratio.
    Root(Vec<[f64; 2]>),
    /// Values with their blocks, rising, and the fraction that lies below.
    Quantile(Vec<(f32, u32)>, f64),
}

impl Column {
    fn of(
        table: &PairTable,
        blocks: usize,
        measure: JumpMeasure,
        residue: Option<usize>,
        limits: [f32; 2],
    ) -> Self {
        let n = table.residues;
        let sums = |value: &dyn Fn(usize) -> Option<f64>| {
            let mut sums = vec![[0.0; 2]; blocks];
            for pair in 0..table.len() {
                if let Some(value) = value(pair) {
                    let [sum, count] = &mut sums[table.block[pair] as usize];
                    *sum += value;
                    *count += 1.0;
                }
            }
            sums
        };
        let share = |from: &dyn Fn(f32) -> bool, to: &dyn Fn(f32) -> bool| {
            Self::Ratio(sums(&|pair| {
                let [before, after] = table.rmsd[pair];
                from(before).then(|| f64::from(u8::from(to(after))))
            }))
        };
        let wells = |kept: &dyn Fn(&Wells, &Wells) -> Option<bool>| {
            let residue = residue.unwrap_or(0);
            Self::Ratio(sums(&|pair| {
                let [before, after] = &table.wells[pair * n + residue];
                kept(before, after).map(|kept| f64::from(u8::from(kept)))
            }))
        };
        let chemistry = |which: usize| {
            let mut sums = vec![[0.0; 2]; blocks];
            for &(block, row) in &table.chemistry {
                sums[block as usize][0] += f64::from(row[which]);
                sums[block as usize][1] += 1.0;
            }
            Self::Ratio(sums)
        };
        let [folded, unfolded] = limits;
        match measure {
            JumpMeasure::Unfolding => share(&|r| r < folded, &|r| r > unfolded),
            JumpMeasure::Folding => share(&|r| r > unfolded, &|r| r < folded),
            JumpMeasure::PhiPositiveKept => {
                wells(&|before, after| before.phi_positive?.then_some(after.phi_positive?))
            }
            JumpMeasure::BasinKept => wells(&|before, after| Some(before.basin? == after.basin?)),
            JumpMeasure::Chi1Kept => wells(&|before, after| Some(before.chi1? == after.chi1?)),
            JumpMeasure::TorsionChange => Self::Root(sums(&|pair| Some(f64::from(table.change[pair][1])))),
            JumpMeasure::Intact => chemistry(0),
            JumpMeasure::WrongHands => chemistry(1),
            JumpMeasure::Clashes => chemistry(2),
            _ => {
                let of = |quantiles: &[(JumpMeasure, f64)]| {
                    quantiles.iter().find(|(quantile, _)| *quantile == measure).map(|q| q.1)
                };
                let from_folded = of(&JumpMeasure::FOLDED_QUANTILES);
                let Some(fraction) = from_folded.or(of(&JumpMeasure::QUANTILES)) else {
                    return Self::Root(sums(&|pair| Some(f64::from(table.change[pair][0]))));
                };
                let mut values: Vec<(f32, u32)> = (0..table.len())
                    .filter(|&pair| from_folded.is_none() || table.rmsd[pair][0] < folded)
                    .map(|pair| match residue {
                        Some(residue) => (table.residue_motion[pair * n + residue], table.block[pair]),
                        None => (table.motion[pair], table.block[pair]),
                    })
                    .collect();
                values.sort_by(|a, b| a.0.total_cmp(&b.0));
                Self::Quantile(values, fraction)
            }
        }
    }

    /// Pairs it is measured on.
    fn pairs(&self) -> u64 {
        match self {
            Self::Ratio(sums) | Self::Root(sums) => sums.iter().map(|s| s[1]).sum::<f64>() as u64,
            Self::Quantile(values, _) => values.len() as u64,
        }
    }

    /// Its value where each block counts so many times; NaN where nothing does.
    fn value(&self, times: &[f64]) -> f64 {
        let ratio = |sums: &[[f64; 2]]| {
            let sum = |k: usize| sums.iter().zip(times).map(|(s, times)| times * s[k]).sum::<f64>();
            sum(0) / sum(1)
        };
        match self {
            Self::Ratio(sums) => ratio(sums),
            Self::Root(sums) => ratio(sums).sqrt(),
            Self::Quantile(values, fraction) => quantile(values, times, *fraction),
        }
    }
}

/// The value below which a fraction of the weight lies, interpolated between order statistics as NumPy does by
/// default; a value that counts `k` times is `k` equal values.
fn quantile(values: &[(f32, u32)], times: &[f64], fraction: f64) -> f64 {
    let total: f64 = values.iter().map(|&(_, block)| times[block as usize]).sum();
    if total <= 0.0 {
        return f64::NAN;
    }
    let position = fraction * (total - 1.0).max(0.0);
    let mut passed = 0.0;
    let mut below: Option<f64> = None;
    for &(value, block) in values.iter().filter(|(_, block)| times[*block as usize] > 0.0) {
        let value = f64::from(value);
        passed += times[block as usize];
        if let Some(below) = below {
            return below + (value - below) * position.fract();
        }
        if passed > position.floor() {
            if passed > position.floor() + 1.0 || position.fract() == 0.0 {
                return value;
            }
            below = Some(value);
        }
    }
    below.unwrap_or(f64::NAN)
}

/// All measures but the energy distances.
pub(super) fn rows(
    reference: &JumpReference,
    draws: &JumpDraws,
    progress: &mut ProgressCallback<'_>,
) -> Result<Vec<JumpRow>, EvaluationError> {
    let settings = &reference.settings;
    let mut random = Random::new(settings.seed ^ 0x6a75_6d70);
    let blocks = reference.blocks;
    let resampled: Vec<Vec<f64>> =
        (0..settings.bootstrap).map(|_| with_replacement(blocks, &mut random)).collect();
    let halved: Vec<(Vec<f64>, Vec<f64>)> =
        (0..settings.halvings).map(|_| halves(blocks, &mut random)).collect();
    // One half by as many pairs as the model has draws.
    let thin = reference.pairs.thinned((reference.pairs.len() / 2 / draws.table.len().max(1)).max(1));
    let wanted = measures(reference.pairs.residues);
    let mut rows = Vec::new();
    for (done, &(measure, residue)) in wanted.iter().enumerate() {
        report(progress, EvaluationStage::Resampling, done, wanted.len())?;
        let limits = [settings.folded_below_angstrom as f32, settings.unfolded_beyond_angstrom as f32];
        let column = |table: &PairTable| Column::of(table, blocks, measure, residue, limits);
        let (of_reference, of_model, of_half) =
            (column(&reference.pairs), column(&draws.table), column(&thin));
        let compared = Compared { of_reference, of_model, of_half, resampled: &resampled, halved: &halved };
        if compared.of_reference.pairs() == 0 || compared.of_model.pairs() == 0 {
            continue;
        }
        rows.push(compared.row(reference, draws, (measure, residue)));
        let ratio = match measure {
            JumpMeasure::DistanceChange => JumpMeasure::DistanceSpread,
            JumpMeasure::TorsionChange => JumpMeasure::TorsionSpread,
            _ => continue,
        };
        rows.push(compared.ratio_row(settings.confidence, ratio));
    }
    report(progress, EvaluationStage::Resampling, wanted.len(), wanted.len())?;
    Ok(rows)
}

/// Which measures of which residues, in the order of the report.
fn measures(residues: usize) -> Vec<(JumpMeasure, Option<usize>)> {
    let mut all: Vec<(JumpMeasure, Option<usize>)> =
        JumpMeasure::QUANTILES.iter().map(|&(measure, _)| (measure, None)).collect();
    all.extend(JumpMeasure::FOLDED_QUANTILES.iter().map(|&(measure, _)| (measure, None)));
    for residue in 0..residues {
        all.extend(JumpMeasure::QUANTILES.iter().map(|&(measure, _)| (measure, Some(residue))));
    }
    all.extend([(JumpMeasure::Unfolding, None), (JumpMeasure::Folding, None)]);
    for measure in [JumpMeasure::PhiPositiveKept, JumpMeasure::BasinKept, JumpMeasure::Chi1Kept] {
        all.extend((0..residues).map(|residue| (measure, Some(residue))));
    }
    let whole = [
        JumpMeasure::DistanceChange,
        JumpMeasure::TorsionChange,
        JumpMeasure::Intact,
        JumpMeasure::WrongHands,
        JumpMeasure::Clashes,
    ];
    all.extend(whole.map(|measure| (measure, None)));
    all
}

/// One measure of both, and how to resample it.
struct Compared<'a> {
    of_reference: Column,
    of_model: Column,
    /// Of the reference, thinned.
    of_half: Column,
    resampled: &'a [Vec<f64>],
    halved: &'a [(Vec<f64>, Vec<f64>)],
}

impl Compared<'_> {
    fn row(
        &self,
        reference: &JumpReference,
        draws: &JumpDraws,
        (measure, residue): (JumpMeasure, Option<usize>),
    ) -> JumpRow {
        let confidence = reference.settings.confidence;
        let all = vec![1.0; reference.blocks];
        let (a, b) = (self.of_reference.value(&all), self.of_model.value(&all));
        let replicates: Vec<[f64; 2]> = self
            .resampled
            .iter()
            .map(|times| [self.of_reference.value(times), self.of_model.value(times)])
            .collect();
        let spread = |value: f64, f: &dyn Fn(&[f64; 2]) -> f64| {
            let values = replicates.iter().map(f).filter(|v| v.is_finite()).collect();
            let [low, high] = range(values, confidence);
            Interval { value, low, high }
        };
        let mut of_reference = spread(a, &|r| r[0]);
        let mut of_model = spread(b, &|r| r[1]);
        let mut difference = spread(b - a, &|r| r[1] - r[0]);
        if measure.is_share() {
            // Resampling cannot tell how rare what was never seen is.
            let independent = self.of_reference.pairs() as f64 / reference.lag_frames.max(1) as f64;
            let before = [of_reference, of_model];
            widen(&mut of_reference, independent, confidence);
            let per_source = draws.table.len() as f64 / reference.sources.len().max(1) as f64;
            widen(&mut of_model, self.of_model.pairs() as f64 / per_source.max(1.0), confidence);
            difference.low -= (of_reference.high - before[0].high) + (before[1].low - of_model.low);
            difference.high += (of_model.high - before[1].high) + (before[0].low - of_reference.low);
        }
        let apart: Vec<f64> = self
            .halved
            .iter()
            .map(|(one, other)| (self.of_half.value(one) - self.of_reference.value(other)).abs())
            .filter(|v| v.is_finite())
            .collect();
        JumpRow {
            measure,
            residue,
            reference: of_reference,
            model: of_model,
            difference,
            floor: mean_and_range(apart, confidence),
            reference_pairs: self.of_reference.pairs(),
            model_pairs: self.of_model.pairs(),
        }
    }

    /// The model as a multiple of the reference; the reference's own interval is that of halves against halves.
    fn ratio_row(&self, confidence: f64, measure: JumpMeasure) -> JumpRow {
        let all = vec![1.0; self.resampled.first().map_or(0, Vec::len)];
        let value = self.of_model.value(&all) / self.of_reference.value(&all);
        let replicates: Vec<f64> =
            self.resampled.iter().map(|t| self.of_model.value(t) / self.of_reference.value(t)).collect();
        let [low, high] = range(replicates, confidence);
        let ratios: Vec<f64> = self
            .halved
            .iter()
            .map(|(one, other)| self.of_half.value(one) / self.of_reference.value(other))
            .collect();
        let apart = ratios.iter().map(|ratio| (ratio - 1.0).abs()).collect();
        let [least, most] = range(ratios, confidence);
        JumpRow {
            measure,
            residue: None,
            reference: Interval { value: 1.0, low: least, high: most },
            model: Interval { value, low, high },
            difference: Interval { value: value - 1.0, low: low - 1.0, high: high - 1.0 },
            floor: mean_and_range(apart, confidence),
            reference_pairs: self.of_reference.pairs(),
            model_pairs: self.of_model.pairs(),
        }
    }
}

/// Widens the interval of a share that is 0 or 1 to what `trials` independent trials do not exclude.
fn widen(share: &mut Interval, trials: f64, confidence: f64) {
    let reach = 1.0 - (0.5 * (1.0 - confidence)).powf(1.0 / trials.max(1.0));
    if share.value == 0.0 {
        share.high = share.high.max(reach);
    }
    if share.value == 1.0 {
        share.low = share.low.min(1.0 - reach);
    }
}

pub(super) fn mean_and_range(values: Vec<f64>, confidence: f64) -> Interval {
    let value = values.iter().sum::<f64>() / values.len() as f64;
    let [low, high] = range(values, confidence);
    Interval { value, low, high }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weighted_quantiles_are_those_of_repeated_values() {
        // numpy.quantile([1, 1, 1, 2, 4, 4], q) for q = 0.025, 0.25, 0.5, 0.75, 0.9
        let values = [(1.0, 0), (2.0, 1), (3.0, 2), (4.0, 3)];
        let times = [3.0, 1.0, 0.0, 2.0];
        for (fraction, expected) in [(0.025, 1.0), (0.25, 1.0), (0.5, 1.5), (0.75, 3.5), (0.9, 4.0)] {
            let found = quantile(&values, &times, fraction);
            assert!((found - expected).abs() < 1e-12, "{fraction}: {found}");
        }
        assert!(quantile(&values, &[0.0; 4], 0.5).is_nan());
        assert_eq!(quantile(&values, &[0.0, 0.0, 1.0, 0.0], 0.975), 3.0);
    }

    #[test]
    fn what_was_never_seen_may_be_as_frequent_as_the_trials_allow() {
        let mut share = Interval { value: 0.0, low: 0.0, high: 0.0 };
        widen(&mut share, 100.0, 0.95);
        // scipy.stats.beta.ppf(0.975, 1, 100), the limit of Clopper and Pearson.
        assert!((share.high - 0.036_216_69).abs() < 1e-7, "{}", share.high);
    }
}
