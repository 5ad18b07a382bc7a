//! Samples against the reference: divergences with confidence intervals and floors, averages, curves, maps.

use serde::{Deserialize, Serialize};

use super::EvaluationError;
use super::ensemble::{Ensemble, Estimate, Weighting};
use super::quantity::Quantity;
use super::reference::PreparedReference;
use super::resampling::{Interval, halves, range, with_replacement};
use super::settings::{EvaluationStage, ProgressCallback, report};
use crate::analysis::divergence::jensen_shannon_nats;
use crate::analysis::error::AnalysisError;
use crate::analysis::histogram::{Binning, free_energy_kt};
use crate::analysis::msm::{MIN_CONNECTED_SHARE, connected_share};
use crate::random::Random;

/// A Jensen–Shannon divergence, nats.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Divergence {
    /// Samples against reference.
    pub samples: Interval,
    /// One random half of the reference against the other: mean over halvings, and the range that holds
    /// the stated confidence of them. What so much data tells apart; samples of more frames than half of the reference
    /// may come closer to the whole of it.
    pub floor: Interval,
    /// The floor scaled to the time that samples and reference hold: what samples of the same law would have on
    /// average. The noise of a histogram falls with the inverse of the time it is made of; halves of a reference of
    /// time `T` have `2/T` each, samples of time `S` and the whole reference `1/S` and `1/T`. At most ln 2, which no
    /// divergence exceeds: there, so few samples tell nothing.
    pub scaled_floor: f64,
}

impl Divergence {
    /// The divergence as a multiple of the scaled floor; infinite where that is 0.
    pub fn floors(&self) -> f64 {
        self.samples.value / self.scaled_floor
    }
}

/// The divergences of one quantity.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct DivergenceRow {
    /// Which.
    pub quantity: Quantity,
    /// All frames counted alike.
    pub plain: Divergence,
    /// Frames weighted by the Markov models, where both ensembles carry one.
    pub weighted: Option<Divergence>,
}

/// The mean of the divergences of several quantities: one number for the quality of samples.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct MeanDivergence {
    /// All frames counted alike.
    pub plain: Divergence,
    /// Frames weighted by the Markov models, where both ensembles carry one.
    pub weighted: Option<Divergence>,
}

/// Averages of one quantity (Table 3).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct AverageRow {
    /// Which.
    pub quantity: Quantity,
    /// Mean over the reference.
    pub reference: Interval,
    /// Mean over the samples.
    pub samples: Interval,
    /// `|samples − reference| / |reference|`, percent.
    pub percent_error: Interval,
}

/// Probabilities per bin with their confidence intervals, sum 1 with those outside.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    /// Probability of each bin.
    pub probability: Vec<f64>,
    /// Lower end of the confidence interval of each bin.
    pub low: Vec<f64>,
    /// Upper end of the confidence interval of each bin.
    pub high: Vec<f64>,
    /// Probability outside the bins.
    pub outside: f64,
}

/// Free energies per bin, kT, the lowest 0; NaN where nothing was seen.
#[derive(Clone, Debug, PartialEq)]
pub struct FreeEnergyProfile {
    /// `−ln p`.
    pub value_kt: Vec<f64>,
    /// Lower end of the confidence interval.
    pub low_kt: Vec<f64>,
    /// Upper end of the confidence interval; infinite where a replicate may not have seen the bin.
    pub high_kt: Vec<f64>,
}

impl Profile {
    /// `−ln p` with its confidence intervals.
    pub fn free_energy(&self) -> FreeEnergyProfile {
        let most = self.probability.iter().copied().fold(0.0, f64::max);
        let seen = |k: usize, p: f64| if self.probability[k] > 0.0 { (most / p).ln() } else { f64::NAN };
        let of = |values: &[f64]| values.iter().enumerate().map(|(k, &p)| seen(k, p)).collect();
        FreeEnergyProfile {
            value_kt: free_energy_kt(&self.probability),
            low_kt: of(&self.high),
            high_kt: of(&self.low),
        }
    }
}

/// Distributions of one quantity.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CurvePair {
    /// Which.
    pub quantity: Quantity,
    /// Bins.
    pub binning: Binning,
    /// Of the reference.
    pub reference: Profile,
    /// Of the samples.
    pub samples: Profile,
}

/// Distributions of a pair of coordinates.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MapPair {
    /// Which.
    pub quantity: Quantity,
    /// Bins along x.
    pub x: Binning,
    /// Bins along y.
    pub y: Binning,
    /// Probabilities of the reference, row by row: cell `(ix, iy)` at `iy · x.bins + ix`.
    pub reference: Vec<f64>,
    /// Probabilities of the samples.
    pub samples: Vec<f64>,
}

/// Samples against the reference.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scores {
    /// Whether averages, curves and maps are weighted by Markov models; if not, all frames count alike.
    pub weighted: bool,
    /// Why there are no weights, if there are none.
    pub unweighted_because: Option<String>,
    /// Divergences of every quantity that the protein has.
    pub divergences: Vec<DivergenceRow>,
    /// Mean over the quantities of the paper.
    pub mean: MeanDivergence,
    /// Averages.
    pub averages: Vec<AverageRow>,
    /// Distributions of the one-dimensional quantities.
    pub curves: Vec<CurvePair>,
    /// Distributions of the two-dimensional ones.
    pub maps: Vec<MapPair>,
}

impl Scores {
    /// The divergence of a quantity, weighted where there are weights.
    pub fn divergence(&self, quantity: Quantity) -> Option<Divergence> {
        let row = self.divergences.iter().find(|row| row.quantity == quantity)?;
        Some(row.weighted.unwrap_or(row.plain))
    }
}

impl PreparedReference {
    /// Compares measured samples with the reference.
    ///
    /// # Errors
    /// Distributions without weight, or the caller breaking off.
    pub fn score(
        &self,
        samples: &Ensemble,
        progress: &mut ProgressCallback<'_>,
    ) -> Result<Scores, EvaluationError> {
        let plain = Resampled::new(self, samples, Weighting::Frames, progress)?;
        let weighting = Weighting::Markov(self.settings.estimator);
        let (weighted, unweighted_because) = match self.why_not_weighted(samples) {
            Some(reason) => (None, Some(reason)),
            None => (Some(Resampled::new(self, samples, weighting, progress)?), None),
        };
        let divergences = Quantity::ALL
            .iter()
            .copied()
            .filter(|&quantity| self.grids.x(quantity).is_some())
            .map(|quantity| {
                let plain = plain.divergence(self, &[quantity])?;
                let weighted = weighted.as_ref().map(|w| w.divergence(self, &[quantity])).transpose()?;
                Ok(DivergenceRow { quantity, plain, weighted })
            })
            .collect::<Result<_, EvaluationError>>()?;
        let mut of_the_paper = Quantity::OF_THE_PAPER.to_vec();
        of_the_paper.retain(|&quantity| self.grids.x(quantity).is_some());
        let mean = MeanDivergence {
            plain: plain.divergence(self, &of_the_paper)?,
            weighted: weighted.as_ref().map(|w| w.divergence(self, &of_the_paper)).transpose()?,
        };
        let shown = weighted.as_ref().unwrap_or(&plain);
        Ok(Scores {
            weighted: weighted.is_some(),
            unweighted_because,
            divergences,
            mean,
            averages: shown.averages(self.settings.confidence),
            curves: shown.curves(self),
            maps: shown.maps(self),
        })
    }

    /// Why the ensembles cannot be weighted by Markov models, if they cannot.
    fn why_not_weighted(&self, samples: &Ensemble) -> Option<String> {
        if let super::MarkovLag::Impossible(why) = &self.lag {
            return Some(format!("reference: {why}"));
        }
        if let (super::MarkovLag::Chosen(_), Err(why)) = (&self.lag, self.supported_model(samples)) {
            return Some(format!("samples: {why}"));
        }
        for (name, ensemble) in [("reference", &self.ensemble), ("samples", samples)] {
            let all = vec![1.0; ensemble.block_count()];
            match ensemble.markov_model(&all, self.settings.estimator) {
                Err(why) => return Some(format!("{name}: {why}")),
                Ok(model) => {
                    let trajectories = ensemble.state_trajectories();
                    let share = connected_share(&trajectories, model.states(), ensemble.state_count());
                    if share < MIN_CONNECTED_SHARE {
                        return Some(format!(
                            "{name}: at the lag of {} ps only {:.0} % of the frames lie in states that are visited back and forth, too few for a Markov model",
                            self.lag.lag_ps().unwrap_or(0.0),
                            100.0 * share
                        ));
                    }
                }
            }
        }
        None
    }
}

/// Both ensembles, their bootstrap replicates, and halves of the reference, under one weighting.
struct Resampled {
    reference: Estimate,
    samples: Estimate,
    replicates: Vec<(Estimate, Estimate)>,
    halves: Vec<(Estimate, Estimate)>,
    /// What the floor of halves is multiplied with.
    floor_scale: f64,
}

impl Resampled {
    fn new(
        prepared: &PreparedReference,
        samples: &Ensemble,
        weighting: Weighting,
        progress: &mut ProgressCallback<'_>,
    ) -> Result<Self, EvaluationError> {
        let settings = &prepared.settings;
        let total = settings.bootstrap + settings.halvings;
        let stage = EvaluationStage::Resampling;
        let of = |ensemble: &Ensemble, name| ensemble.estimate(weighting).map_err(EvaluationError::of(name));
        let mut result = Self {
            reference: of(&prepared.ensemble, "reference")?,
            samples: of(samples, "samples")?,
            replicates: Vec::new(),
            halves: Vec::new(),
            floor_scale: floor_scale(prepared.ensemble.time_ps(), samples.time_ps()),
        };
        let mut random = Random::new(settings.seed);
        for replicate in 0..settings.bootstrap {
            report(progress, stage, replicate, total)?;
            let of_reference = with_replacement(prepared.ensemble.block_count(), &mut random);
            let of_samples = with_replacement(samples.block_count(), &mut random);
            // A draw whose Markov model falls apart has no weights and tells nothing.
            if let (Ok(a), Ok(b)) = (
                prepared.ensemble.estimate_of(&of_reference, weighting),
                samples.estimate_of(&of_samples, weighting),
            ) {
                result.replicates.push((a, b));
            }
        }
        for halving in 0..settings.halvings {
            report(progress, stage, settings.bootstrap + halving, total)?;
            let (one, other) = halves(prepared.ensemble.block_count(), &mut random);
            if let (Ok(a), Ok(b)) = (
                prepared.ensemble.estimate_of(&one, weighting),
                prepared.ensemble.estimate_of(&other, weighting),
            ) {
                result.halves.push((a, b));
            }
        }
        report(progress, stage, total, total)?;
        Ok(result)
    }

    /// The mean divergence over `quantities`, resampled as a whole, for they vary together.
    fn divergence(
        &self,
        prepared: &PreparedReference,
        quantities: &[Quantity],
    ) -> Result<Divergence, EvaluationError> {
        let mean = |a: &Estimate, b: &Estimate| {
            let each = quantities.iter().map(|quantity| quantity.index());
            let sum: Result<f64, AnalysisError> =
                each.map(|k| jensen_shannon_nats(&a.histograms[k], &b.histograms[k])).sum();
            Ok(sum? / quantities.len() as f64)
        };
        let between = |(a, b): &(Estimate, Estimate)| mean(a, b).ok();
        let value = mean(&self.reference, &self.samples).map_err(EvaluationError::of("samples"))?;
        let replicates = self.replicates.iter().filter_map(between).collect();
        let confidence = prepared.settings.confidence;
        let samples = centered(value, replicates, confidence, 0.0, std::f64::consts::LN_2);
        let halves: Vec<f64> = self.halves.iter().filter_map(between).collect();
        let mean = halves.iter().sum::<f64>() / halves.len() as f64;
        let [low, high] = range(halves, confidence);
        let floor = Interval { value: mean, low, high };
        let scaled_floor = (mean * self.floor_scale).min(std::f64::consts::LN_2);
        Ok(Divergence { samples, floor, scaled_floor })
    }

    fn averages(&self, confidence: f64) -> Vec<AverageRow> {
        let error = |reference: f64, samples: f64| 100.0 * ((samples - reference) / reference).abs();
        Quantity::AVERAGED
            .into_iter()
            .enumerate()
            .filter(|&(k, _)| self.reference.means[k].is_finite())
            .map(|(k, quantity)| {
                let (reference, samples) = (self.reference.means[k], self.samples.means[k]);
                let each = |f: &dyn Fn(f64, f64) -> f64| {
                    self.replicates.iter().map(|(a, b)| f(a.means[k], b.means[k])).collect::<Vec<f64>>()
                };
                let whole = |value, replicates| {
                    centered(value, replicates, confidence, f64::NEG_INFINITY, f64::INFINITY)
                };
                AverageRow {
                    quantity,
                    reference: whole(reference, each(&|a, _| a)),
                    samples: whole(samples, each(&|_, b| b)),
                    percent_error: centered(
                        error(reference, samples),
                        each(&error),
                        confidence,
                        0.0,
                        f64::INFINITY,
                    ),
                }
            })
            .collect()
    }

    fn curves(&self, prepared: &PreparedReference) -> Vec<CurvePair> {
        let confidence = prepared.settings.confidence;
        let profile = |k: usize, bins: usize, whole: &Estimate, replicates: &[&Estimate]| {
            let (mut low, mut high) = (Vec::with_capacity(bins), Vec::with_capacity(bins));
            for bin in 0..bins {
                let [a, b] = range(replicates.iter().map(|e| e.histograms[k][bin]).collect(), confidence);
                low.push(a);
                high.push(b);
            }
            let (inside, outside) = whole.histograms[k].split_at(bins);
            Profile { probability: inside.to_vec(), low, high, outside: outside.iter().sum() }
        };
        let references: Vec<&Estimate> = self.replicates.iter().map(|(a, _)| a).collect();
        let samples: Vec<&Estimate> = self.replicates.iter().map(|(_, b)| b).collect();
        Quantity::ALL
            .iter()
            .copied()
            .filter(|quantity| !quantity.is_map())
            .filter_map(|quantity| {
                let (k, binning) = (quantity.index(), prepared.grids.x(quantity)?);
                Some(CurvePair {
                    quantity,
                    binning,
                    reference: profile(k, binning.bins, &self.reference, &references),
                    samples: profile(k, binning.bins, &self.samples, &samples),
                })
            })
            .collect()
    }

    fn maps(&self, prepared: &PreparedReference) -> Vec<MapPair> {
        Quantity::ALL
            .iter()
            .copied()
            .filter_map(|quantity| {
                let (k, x, y) = (quantity.index(), prepared.grids.x(quantity)?, prepared.grids.y(quantity)?);
                let inside = |estimate: &Estimate| estimate.histograms[k][..x.bins * y.bins].to_vec();
                Some(MapPair {
                    quantity,
                    x,
                    y,
                    reference: inside(&self.reference),
                    samples: inside(&self.samples),
                })
            })
            .collect()
    }
}

/// What the floor of halves is multiplied with to be that of samples against the whole reference.
fn floor_scale(reference_ps: f64, samples_ps: f64) -> f64 {
    0.25 * (1.0 + reference_ps / samples_ps)
}

/// The spread of bootstrap replicates, laid around the estimate.
///
/// A divergence of resampled data is larger than that of the data on average, for resampling adds noise of
/// its own; so the replicates are moved by the difference between the estimate and their mean.
fn centered(value: f64, replicates: Vec<f64>, confidence: f64, least: f64, most: f64) -> Interval {
    let mean = replicates.iter().sum::<f64>() / replicates.len().max(1) as f64;
    let [low, high] = range(replicates, confidence);
    let (low, high) = (value + (low - mean), value + (high - mean));
    Interval { value, low: low.clamp(least, most), high: high.clamp(least, most) }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn floors_are_scaled_to_what_is_compared() {
        // Halves of 641 ns, 320 ns each, have 0.010; against 1.6 µs it is about 0.0035; against 320 ns, 0.0075.
        assert!((0.010 * floor_scale(641.0, 1600.0) - 0.0035).abs() < 1e-5);
        assert!((0.010 * floor_scale(641.0, 320.5) - 0.0075).abs() < 1e-9);
        // Two sets of draws from 50 equal bins: the mean divergence falls as the inverse of their sizes.
        let mut random = Random::new(8);
        let mut mean = |one: usize, other: usize| {
            let mut histogram = |draws: usize| {
                let mut counts = vec![0.0; 50];
                (0..draws).for_each(|_| counts[random.index(50)] += 1.0);
                counts
            };
            let each = (0..200).map(|_| jensen_shannon_nats(&histogram(one), &histogram(other)).unwrap());
            each.sum::<f64>() / 200.0
        };
        let (halves, whole) = (mean(2000, 2000), mean(4000, 16_000));
        let scaled = halves * floor_scale(4000.0, 16_000.0);
        assert!((whole / scaled - 1.0).abs() < 0.1, "{whole} {scaled}");
    }

    #[test]
    fn resampling_keeps_the_number_of_blocks() {
        let mut random = Random::new(1);
        for blocks in [1, 2, 7] {
            assert_eq!(with_replacement(blocks, &mut random).iter().sum::<f64>(), blocks as f64);
            let (one, other) = halves(blocks, &mut random);
            assert_eq!(one.iter().sum::<f64>(), (blocks / 2) as f64);
            assert!(one.iter().zip(&other).all(|(a, b)| a + b == 1.0));
        }
    }

    #[test]
    fn intervals_lie_around_the_estimate() {
        let interval = centered(0.1, vec![0.2, 0.3, 0.4], 0.95, 0.0, 1.0);
        assert!(interval.low < 0.1 && 0.1 < interval.high && interval.low >= 0.0);
    }
}
