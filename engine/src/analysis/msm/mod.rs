//! Markov state models (Prinz et al., J. Chem. Phys. 134, 174105, 2011): what a molecule would do after
//! equilibration, estimated from trajectories too short to show it (paper 4.2).
//!
//! Frames are assigned to states (clusters of conformations), jumps between states one lag apart are
//! counted with a sliding window, and the transition matrix of the largest connected set of states gives
//! the stationary distribution. A frame's weight is the stationary probability of its state divided by
//! the number of frames in that state.
//!
//! [`count_transitions`] → [`MarkovModel::estimate`] → [`MarkovModel::stationary`]. The lag is chosen by
//! [`implied_timescales`] and [`choose_lag`]: where timescales no longer change and are more than shuffled frames
//! give; where there is no such lag, the data support no model.

mod connected;
mod counts;
mod lag;
mod macrostates;
mod passage;
mod pcca;
mod reversible;
mod spectrum;
mod support;

use clap::ValueEnum;
use nalgebra::DMatrix;
use serde::{Deserialize, Serialize};

use super::error::AnalysisError;

pub use connected::strongly_connected_sets;
pub use counts::count_transitions;
pub(super) use lag::connected_share;
pub use lag::{
    ImpliedTimescales, LagChoice, MIN_CONNECTED_SHARE, candidate_lags_frames, choose_lag, implied_timescales,
};
pub use macrostates::{MacroModel, MacroSettings, MacroState, Transition, macrostates};
pub use support::StateTrajectories;

/// How the transition matrix is estimated from counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Estimator {
    /// Maximum likelihood under detailed balance, which molecules at equilibrium obey.
    #[default]
    Reversible,
    /// Maximum likelihood without constraints: counts divided by their row sums.
    Plain,
}

impl Estimator {
    /// Name as shown to users.
    pub fn label(self) -> &'static str {
        match self {
            Self::Reversible => "reversible maximum likelihood",
            Self::Plain => "plain maximum likelihood",
        }
    }
}

/// A Markov state model on the largest connected set of states.
#[derive(Clone, Debug, PartialEq)]
pub struct MarkovModel {
    /// States of the largest connected set, ascending, `[M]`.
    states: Vec<usize>,
    /// Number of states there are, connected or not, `K`.
    all_states: usize,
    /// Transition probabilities within one lag, `[M, M]`, row to column.
    transition: DMatrix<f64>,
    /// Stationary probabilities, `[M]`, sum 1.
    stationary: Vec<f64>,
    estimator: Estimator,
}

impl MarkovModel {
    /// Estimates a model from the transition counts between some of the states, ascending, as
    /// [`Self::estimate`] does from all.
    ///
    /// # Errors
    /// As [`Self::estimate`].
    pub fn estimate_on(
        counts: &DMatrix<f64>,
        states: &[usize],
        estimator: Estimator,
    ) -> Result<Self, AnalysisError> {
        let mut some = DMatrix::zeros(counts.nrows(), counts.ncols());
        for &i in states {
            for &j in states {
                some[(i, j)] = counts[(i, j)];
            }
        }
        Self::estimate(&some, estimator)
    }

    /// Estimates a model from transition counts `[K, K]`, row to column.
    ///
    /// # Errors
    /// When no two states are connected in both directions.
    pub fn estimate(counts: &DMatrix<f64>, estimator: Estimator) -> Result<Self, AnalysisError> {
        let states = connected::largest_connected_set(counts);
        if states.len() < 2 {
            return Err(AnalysisError::Disconnected { states: counts.nrows() });
        }
        let connected = counts.select_rows(&states).select_columns(&states);
        let (transition, stationary) = match estimator {
            Estimator::Reversible => reversible::estimate(&connected),
            Estimator::Plain => {
                let transition = row_normalized(&connected);
                let stationary = spectrum::stationary_distribution(&transition);
                (transition, stationary)
            }
        };
        if !stationary.iter().all(|p| p.is_finite() && *p >= 0.0) {
            return Err(AnalysisError::Disconnected { states: counts.nrows() });
        }
        Ok(Self { states, all_states: counts.nrows(), transition, stationary, estimator })
    }

    /// The connected states, ascending.
    pub fn states(&self) -> &[usize] {
        &self.states
    }

    /// Transition probabilities between the connected states within one lag, `[M, M]`.
    pub fn transition_matrix(&self) -> &DMatrix<f64> {
        &self.transition
    }

    /// Stationary probabilities of the connected states, `[M]`.
    pub fn stationary(&self) -> &[f64] {
        &self.stationary
    }

    /// Stationary probabilities of all states, `[K]`: zero for those outside the connected set.
    pub fn stationary_of_all(&self) -> Vec<f64> {
        let mut all = vec![0.0; self.all_states];
        for (&state, &probability) in self.states.iter().zip(&self.stationary) {
            all[state] = probability;
        }
        all
    }

    /// Mean time, in lags, until the molecule that stands in one of the states `from` first arrives in one of `to`;
    /// both are states of the trajectories. `None` where none of them is connected, or it never arrives.
    pub fn mean_first_passage_lags(&self, from: &[usize], to: &[usize]) -> Option<f64> {
        let place = |states: &[usize]| -> Vec<usize> {
            states.iter().filter_map(|state| self.states.binary_search(state).ok()).collect()
        };
        let (from, to) = (place(from), place(to));
        if from.is_empty() {
            return None;
        }
        passage::mean_first_passage(&self.transition, &self.stationary, &from, &to)
    }

    /// The set of each connected state when they are divided into `sets` metastable ones; `None` where the slow
    /// processes do not tell that many apart. For reversible models.
    pub fn metastable_sets(&self, sets: usize) -> Option<Vec<usize>> {
        pcca::metastable_sets(&self.transition, &self.stationary, sets)
    }

    /// The slowest implied timescales, `−lag / ln |λ|`, in the unit of `lag`, falling; at most `count`. NaN where |λ| is
    /// not below 1, which no chain that is connected has but for rounding.
    pub fn timescales(&self, lag: f64, count: usize) -> Vec<f64> {
        let eigenvalues = match self.estimator {
            Estimator::Reversible => spectrum::reversible_eigenvalues(&self.transition, &self.stationary),
            Estimator::Plain => spectrum::eigenvalue_sizes(&self.transition),
        };
        eigenvalues
            .into_iter()
            .skip(1)
            .take(count)
            .map(|size| if size < 1.0 { -lag / size.ln() } else { f64::NAN })
            .collect()
    }
}

fn row_normalized(counts: &DMatrix<f64>) -> DMatrix<f64> {
    let mut transition = counts.clone();
    for mut row in transition.row_iter_mut() {
        let sum = row.sum();
        if sum > 0.0 {
            row /= sum;
        }
    }
    transition
}

#[cfg(test)]
mod tests;
