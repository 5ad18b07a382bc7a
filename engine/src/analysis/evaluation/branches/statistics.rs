//! The rows of one time, with intervals and floors.

use rayon::prelude::*;

use super::clouds::{Clouds, Side};
use super::report::{BranchMeasure, BranchNumbers, BranchRow};
use super::{BranchSettings, LEAST_FOR_ENERGY, LEAST_FOR_SPREAD};
use crate::analysis::evaluation::Interval;
use crate::analysis::evaluation::resampling::{halves, range, with_replacement};
use crate::random::Random;

/// How often every trajectory of every start counts, of both sides.
type Times = Vec<[Vec<f64>; 2]>;

/// Resamplings of the trajectories of some starts.
struct Resampled {
    whole: Times,
    bootstrap: Vec<Times>,
    /// Molecular dynamics alone: a half and the rest.
    halvings: Vec<Times>,
    /// Of all starts together, what the squared size of a difference of halves is to be multiplied by.
    shrink: f64,
}

impl Resampled {
    fn of(clouds: &[&Clouds], settings: &BranchSettings) -> Self {
        let mut random = Random::new(settings.seed ^ 0x6272_616e_6368);
        let sizes: Vec<[usize; 2]> = clouds.iter().map(|c| [c.dynamics.len(), c.model.len()]).collect();
        let whole = sizes.iter().map(|sizes| sizes.map(|size| vec![1.0; size])).collect();
        let bootstrap = (0..settings.bootstrap)
            .map(|_| sizes.iter().map(|s| s.map(|size| with_replacement(size, &mut random))).collect())
            .collect();
        let halvings = (0..settings.halvings)
            .map(|_| sizes.iter().map(|s| halves(s[0], &mut random).into()).collect())
            .collect();
        let over = |f: &dyn Fn(&[usize; 2]) -> f64| sizes.iter().map(f).sum::<f64>();
        let drawn = over(&|&[m, n]| 1.0 / m as f64 + 1.0 / n as f64);
        let halved = over(&|&[m, _]| 1.0 / (m / 2) as f64 + 1.0 / (m - m / 2) as f64);
        Self { whole, bootstrap, halvings, shrink: drawn / halved }
    }
}

/// All rows at one time. `clouds` are those of every start that trajectories of both sides reach.
pub(super) fn rows(clouds: &[(usize, Clouds)], residues: usize, settings: &BranchSettings) -> Vec<BranchRow> {
    let mut wanted: Vec<(BranchMeasure, Option<usize>, Option<usize>)> =
        BranchMeasure::ALL.iter().map(|&measure| (measure, None, None)).collect();
    for &measure in BranchMeasure::ALL.iter().filter(|measure| measure.has_residues()) {
        wanted.extend((0..residues).map(|residue| (measure, Some(residue), None)));
    }
    if clouds.len() > 1 {
        for (start, _) in clouds {
            wanted.extend(BranchMeasure::ALL.iter().map(|&measure| (measure, None, Some(*start))));
        }
    }
    // Of each choice of starts, and of how many trajectories they must have, one set of resamplings.
    let least = |measure: BranchMeasure| match measure.is_energy() {
        true => LEAST_FOR_ENERGY,
        false => LEAST_FOR_SPREAD,
    };
    let chosen = |start: Option<usize>, least: usize| -> Vec<&Clouds> {
        let of_start = clouds.iter().filter(|(number, _)| start.is_none_or(|start| start == *number));
        of_start.map(|(_, clouds)| clouds).filter(|c| c.dynamics.len().min(c.model.len()) >= least).collect()
    };
    let prepared: Vec<(Option<usize>, usize, Vec<&Clouds>, Resampled)> = std::iter::once(None)
        .chain(clouds.iter().map(|(start, _)| Some(*start)))
        .flat_map(|start| [LEAST_FOR_ENERGY, LEAST_FOR_SPREAD].map(|least| (start, least)))
        .map(|(start, least)| {
            let clouds = chosen(start, least);
            let resampled = Resampled::of(&clouds, settings);
            (start, least, clouds, resampled)
        })
        .collect();
    wanted
        .into_par_iter()
        .map(|(measure, residue, start)| {
            let of = prepared.iter().find(|p| (p.0, p.1) == (start, least(measure)));
            let numbers = of.filter(|p| !p.2.is_empty()).and_then(|(_, _, clouds, resampled)| {
                numbers(clouds, resampled, (measure, residue), settings.confidence)
            });
            BranchRow { measure, residue, start, numbers }
        })
        .collect()
}

/// The numbers of one measure; `None` where they are none, as the ratio to a spread of zero.
fn numbers(
    clouds: &[&Clouds],
    resampled: &Resampled,
    (measure, residue): (BranchMeasure, Option<usize>),
    confidence: f64,
) -> Option<BranchNumbers> {
    let value = |times: &Times, sides: [Side; 2]| value(clouds, (measure, residue), times, sides);
    let [dynamics, model] = value(&resampled.whole, [Side::Dynamics, Side::Model]);
    let replicates: Vec<[f64; 2]> =
        resampled.bootstrap.iter().map(|times| value(times, [Side::Dynamics, Side::Model])).collect();
    let halves: Vec<[f64; 2]> =
        resampled.halvings.iter().map(|times| value(times, [Side::Dynamics, Side::Dynamics])).collect();
    let around = |value: f64, f: &dyn Fn(&[f64; 2]) -> f64| {
        let values: Vec<f64> = replicates.iter().map(f).filter(|value| value.is_finite()).collect();
        laid_around(value, values, confidence)
    };
    let over_halves = |f: &dyn Fn(&[f64; 2]) -> f64| {
        let values: Vec<f64> = halves.iter().map(f).filter(|value| value.is_finite()).collect();
        let value = values.iter().sum::<f64>() / values.len() as f64;
        let [low, high] = range(values, confidence);
        Interval { value, low, high }
    };
    let shrink = resampled.shrink.sqrt();
    let numbers = if measure.is_energy() {
        // A distance of resampled points holds each of them several times and is too large by what that adds.
        let mut of_model = around(model, &|r| r[1]);
        of_model.low = of_model.low.max(0.0);
        let floor = over_halves(&|h| resampled.shrink * h[1]);
        let difference = Interval {
            value: model - floor.value,
            low: of_model.low - floor.high,
            high: of_model.high - floor.low,
        };
        BranchNumbers { dynamics: None, model: of_model, floor, difference }
    } else if measure.is_ratio() {
        let ratio = |r: &[f64; 2]| r[1] / r[0];
        let of_model = around(model / dynamics, &ratio);
        // Halves differ by more than whole samples do; ratios are scaled as the logarithms they are.
        let half = |h: &[f64; 2]| (shrink * ratio(h).ln()).exp();
        let spread = over_halves(&half);
        let floor = over_halves(&|h| (half(h) - 1.0).abs());
        let difference =
            Interval { value: of_model.value - 1.0, low: of_model.low - 1.0, high: of_model.high - 1.0 };
        let dynamics = Interval { value: 1.0, ..spread };
        BranchNumbers { dynamics: Some(dynamics), model: of_model, floor, difference }
    } else {
        BranchNumbers {
            dynamics: Some(around(dynamics, &|r| r[0])),
            model: around(model, &|r| r[1]),
            floor: over_halves(&|h| shrink * (h[1] - h[0]).abs()),
            difference: around(model - dynamics, &|r| r[1] - r[0]),
        }
    };
    let BranchNumbers { model, floor, difference, .. } = &numbers;
    [model, floor, difference].iter().all(|i| i.value.is_finite() && i.low.is_finite()).then_some(numbers)
}

/// A measure of both sides, starts together: energy distances are averaged, of all else the mean squares are.
fn value(
    clouds: &[&Clouds],
    (measure, residue): (BranchMeasure, Option<usize>),
    times: &Times,
    sides: [Side; 2],
) -> [f64; 2] {
    let mut sums = [0.0; 2];
    for (clouds, times) in clouds.iter().zip(times) {
        let [a, b] = [(sides[0], times[0].as_slice()), (sides[1], times[1].as_slice())];
        if measure.is_energy() {
            sums[1] += clouds.energy(measure, a, b);
            continue;
        }
        for (sum, side) in sums.iter_mut().zip([a, b]) {
            *sum += match measure {
                BranchMeasure::JumpSize => clouds.mean_square_jump(residue, side),
                BranchMeasure::Rmsf => clouds.fluctuation(residue, side),
                _ => clouds.variance(measure, side),
            };
        }
    }
    let mean = sums.map(|sum| sum / clouds.len() as f64);
    if measure.is_energy() { mean } else { mean.map(f64::sqrt) }
}

/// The spread of replicates, moved by the difference between the estimate and their mean: what is measured on
/// resampled trajectories is biased.
fn laid_around(value: f64, replicates: Vec<f64>, confidence: f64) -> Interval {
    let mean = replicates.iter().sum::<f64>() / replicates.len() as f64;
    let [low, high] = range(replicates, confidence);
    Interval { value, low: value + (low - mean), high: value + (high - mean) }
}
