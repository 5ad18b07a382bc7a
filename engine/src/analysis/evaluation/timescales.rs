//! Slowest timescales of Markov models, each with its interval, and both on the same states.

use nalgebra::DMatrix;
use serde::{Deserialize, Serialize};

use super::Interval;
use super::ensemble::Ensemble;
use super::reference::{MarkovLag, PreparedReference, TIMESCALES};
use super::resampling::{range, with_replacement};
use crate::analysis::error::AnalysisError;
use crate::analysis::msm::{Estimator, MIN_CONNECTED_SHARE, MarkovModel, StateTrajectories, connected_share};
use crate::random::Random;

/// The Markov model of an ensemble at the lag of the evaluation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MarkovSummary {
    /// Connected states.
    pub states: usize,
    /// Share of the frames in them.
    pub connected_share: f64,
    /// Slowest timescales, ps, falling.
    pub timescales_ps: Vec<f64>,
    /// The slowest one with its bootstrap interval, ps.
    pub slowest_ps: Interval,
}

/// The slowest timescales of both ensembles on the states that both visit and that are connected in both. A state
/// that one ensemble visits and the other does not is a process of its own in one of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CommonTimescales {
    /// Number of these states.
    pub states: usize,
    /// Share of the frames of reference and samples in them.
    pub shares: [f64; 2],
    /// Of the reference, ps.
    pub reference_ps: Interval,
    /// Of the samples, ps.
    pub samples_ps: Interval,
}

/// States connected in both of two sets of transition counts when there are no others, ascending; the set with most
/// counts in the first.
pub fn common_states(one: &DMatrix<f64>, other: &DMatrix<f64>) -> Vec<usize> {
    let mut states: Vec<usize> = (0..one.nrows()).collect();
    loop {
        let mut left = states.clone();
        for counts in [one, other] {
            left = match MarkovModel::estimate_on(counts, &left, Estimator::Plain) {
                Ok(model) => model.states().to_vec(),
                Err(_) => return Vec::new(),
            };
        }
        if left == states {
            return states;
        }
        states = left;
    }
}

impl PreparedReference {
    /// The Markov model of an ensemble at the lag of the evaluation; `Err` says why its data support none.
    pub(super) fn markov_summary(&self, ensemble: &Ensemble) -> Result<MarkovSummary, AnalysisError> {
        let mut summary = self.supported_model(ensemble)?;
        let lag_ps = self.lag.lag_ps().unwrap_or(f64::NAN);
        summary.slowest_ps = self.slowest(ensemble, None, lag_ps, summary.slowest_ps.value);
        Ok(summary)
    }

    /// The same without the interval, which takes time.
    pub(super) fn supported_model(&self, ensemble: &Ensemble) -> Result<MarkovSummary, AnalysisError> {
        let lag_ps = match &self.lag {
            MarkovLag::Given(lag_ps) => *lag_ps,
            MarkovLag::Chosen(choice) => choice.lag_ps,
            MarkovLag::Impossible(why) => return Err(why.clone()),
        };
        let counts = ensemble.counts(&vec![1.0; ensemble.block_count()])?;
        let model = MarkovModel::estimate(&counts, self.settings.estimator)?;
        let trajectories = ensemble.state_trajectories();
        let states = ensemble.state_count();
        let connected_share = connected_share(&trajectories, model.states(), states);
        // A model of a small part of the frames tells nothing of the whole.
        if connected_share < MIN_CONNECTED_SHARE {
            return Err(AnalysisError::Unconnected { percent: 100.0 * connected_share });
        }
        let timescales_ps = model.timescales(lag_ps, TIMESCALES);
        let slowest = timescales_ps.first().copied().unwrap_or(f64::NAN);
        let interval_ps = ensemble.frames.interval_ps;
        let data = StateTrajectories { trajectories: &trajectories, states, interval_ps };
        let lag_frames = (lag_ps / interval_ps).round() as usize;
        data.check_timescale(lag_frames, slowest, self.settings.estimator, self.settings.seed)?;
        let slowest_ps = Interval { value: slowest, low: slowest, high: slowest };
        Ok(MarkovSummary { states: model.states().len(), connected_share, timescales_ps, slowest_ps })
    }

    /// Both slowest timescales on the same states, if there are such.
    pub(super) fn common_timescales(&self, samples: &Ensemble) -> Option<CommonTimescales> {
        let lag_ps = self.lag.lag_ps()?;
        let both = [&self.ensemble, samples];
        let counts = both.map(|ensemble| ensemble.counts(&vec![1.0; ensemble.block_count()]).ok());
        let [Some(one), Some(other)] = &counts else { return None };
        let states = common_states(one, other);
        if states.len() < 2 {
            return None;
        }
        let timescale = |ensemble: &Ensemble, counts: &DMatrix<f64>| {
            let model = MarkovModel::estimate_on(counts, &states, self.settings.estimator).ok()?;
            let slowest = model.timescales(lag_ps, 1).first().copied().filter(|t| t.is_finite())?;
            Some(self.slowest(ensemble, Some(&states), lag_ps, slowest))
        };
        let share = |ensemble: &Ensemble| {
            connected_share(&ensemble.state_trajectories(), &states, ensemble.state_count())
        };
        Some(CommonTimescales {
            states: states.len(),
            shares: both.map(share),
            reference_ps: timescale(&self.ensemble, one)?,
            samples_ps: timescale(samples, other)?,
        })
    }

    /// A slowest timescale with its bootstrap interval. A resampled model has fewer transitions and slower processes,
    /// so the spread of the replicates is laid around the estimate, on a logarithmic scale.
    fn slowest(&self, ensemble: &Ensemble, states: Option<&[usize]>, lag_ps: f64, value: f64) -> Interval {
        let mut random = Random::new(self.settings.seed);
        let logarithms: Vec<f64> = (0..self.settings.bootstrap)
            .filter_map(|_| {
                let counts = ensemble.counts(&with_replacement(ensemble.block_count(), &mut random)).ok()?;
                let estimator = self.settings.estimator;
                let model = match states {
                    Some(states) => MarkovModel::estimate_on(&counts, states, estimator),
                    None => MarkovModel::estimate(&counts, estimator),
                };
                let slowest = model.ok()?.timescales(lag_ps, 1).first().copied()?;
                (slowest.is_finite() && slowest > 0.0).then(|| slowest.ln())
            })
            .collect();
        let mean = logarithms.iter().sum::<f64>() / logarithms.len().max(1) as f64;
        let [low, high] = range(logarithms, self.settings.confidence);
        Interval { value, low: value * (low - mean).exp(), high: value * (high - mean).exp() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_that_one_of_them_passes_once_is_not_among_the_common_ones() {
        // 0 ⇄ 1 ⇄ 2 in both; the second goes on to 3 and comes back, the first never does.
        let mut one = DMatrix::zeros(5, 5);
        for (i, j) in [(0, 1), (1, 0), (1, 2), (2, 1), (2, 3)] {
            one[(i, j)] = 4.0;
        }
        let mut other = one.clone();
        other[(3, 2)] = 1.0;
        assert_eq!(common_states(&one, &other), [0, 1, 2]);
        // What connects 0 and 2 in the one is not there in the other.
        other[(1, 2)] = 0.0;
        other[(0, 3)] = 1.0;
        assert_eq!(common_states(&one, &other), [0, 1]);
        assert_eq!(common_states(&one, &DMatrix::zeros(5, 5)), Vec::<usize>::new());
    }
}
