//! Whether data can carry a Markov model: what a timescale must outlast to be more than noise.
//!
//! With few transitions a transition matrix of many states has large eigenvalues by chance, and a long lag makes
//! slow processes of them. Frames shuffled in time have no processes at all, so what a model makes of them is
//! that noise. Two shuffles are made: of single frames, and of blocks as long as the lag, whose transitions
//! overlap as those of the data do.
//!
//! Where chains stay in a state for long, each transition is rare though frames are many, and of many processes
//! the slowest found is slow by chance. So the slowest process found in one half of the data is looked for in the
//! other half (a variational score, McGibbon and Pande, J. Chem. Phys. 142, 124105, 2015): a process that is there
//! is as slow in both, one that was found in noise is not.

use nalgebra::DMatrix;

use super::counts::count_transitions;
use super::spectrum::slowest_process;
use super::{Estimator, MarkovModel};
use crate::analysis::error::{AnalysisError, UnsupportedModel};
use crate::random::Random;

/// Shuffles of each kind.
const SHUFFLES: usize = 8;
/// How many times longer a timescale must be than the longest of the shuffled frames.
const ABOVE_SHUFFLED: f64 = 2.0;
/// How long the slowest process of one half of the data must be in the other half, as a share of its timescale.
const HELD_OUT_SHARE: f64 = 0.5;
/// Pieces that few trajectories are cut into, to be divided into halves.
const PIECES: usize = 20;
/// How many times its slowest timescale the data must hold: about five visits of each of two equal states.
const TIMESCALES_SEEN: f64 = 20.0;

/// State sequences of unbroken trajectories.
#[derive(Clone, Copy, Debug)]
pub struct StateTrajectories<'a> {
    /// State of each frame of each trajectory.
    pub trajectories: &'a [&'a [u16]],
    /// Number of states there are.
    pub states: usize,
    /// Time between frames, ps.
    pub interval_ps: f64,
}

impl StateTrajectories<'_> {
    /// Whether a slowest timescale found at a lag is more than noise; the longest that shuffled frames gave, ps.
    ///
    /// # Errors
    /// [`AnalysisError::NotSupported`] with the reason: the process decays within the lag, the data hold too few of
    /// its relaxation times, frames shuffled in time give as much, or halves of the data do not agree on it.
    pub fn check_timescale(
        &self,
        lag_frames: usize,
        slowest_ps: f64,
        estimator: Estimator,
        seed: u64,
    ) -> Result<f64, AnalysisError> {
        let lag_ps = lag_frames as f64 * self.interval_ps;
        if slowest_ps.is_nan() || slowest_ps < lag_ps {
            return Err(UnsupportedModel::WithinLag { slowest_ps, lag_ps }.into());
        }
        let held_ps = self.trajectories.iter().map(|t| t.len()).sum::<usize>() as f64 * self.interval_ps;
        if held_ps < TIMESCALES_SEEN * slowest_ps {
            return Err(UnsupportedModel::TooShort { held_ps, slowest_ps }.into());
        }
        let shuffled_ps = self.shuffled_timescale_ps(lag_frames, estimator, seed);
        if slowest_ps < ABOVE_SHUFFLED * shuffled_ps {
            return Err(UnsupportedModel::AsShuffled { lag_ps, slowest_ps, shuffled_ps }.into());
        }
        let held_out_ps = self.held_out_timescale_ps(lag_frames);
        if held_out_ps < HELD_OUT_SHARE * slowest_ps {
            return Err(UnsupportedModel::NotHeldOut { lag_ps, slowest_ps, held_out_ps }.into());
        }
        Ok(shuffled_ps)
    }

    /// How slow the slowest process of one half of the data is in the other half, both ways about, ps; 0 where it is
    /// none.
    pub fn held_out_timescale_ps(&self, lag_frames: usize) -> f64 {
        let mut halves = [(); 2].map(|()| DMatrix::zeros(self.states, self.states));
        let frames: usize = self.trajectories.iter().map(|t| t.len()).sum();
        // Whole trajectories where there are many, else pieces: each transition in that of its first frame.
        let piece = match self.trajectories.len() {
            count if count >= PIECES => usize::MAX,
            _ => frames.div_ceil(PIECES).max(1),
        };
        let mut number = 0;
        for trajectory in self.trajectories {
            for start in (0..trajectory.len()).step_by(piece.min(trajectory.len().max(1))) {
                let end = start.saturating_add(piece).saturating_add(lag_frames).min(trajectory.len());
                halves[number % 2] += count_transitions(&[&trajectory[start..end]], self.states, lag_frames);
                number += 1;
            }
        }
        let [one, other] = &halves;
        let eigenvalues = [held_out_eigenvalue(one, other), held_out_eigenvalue(other, one)];
        let eigenvalue = 0.5 * (eigenvalues[0] + eigenvalues[1]);
        match eigenvalue > 0.0 && eigenvalue < 1.0 {
            true => -(lag_frames as f64) * self.interval_ps / eigenvalue.ln(),
            false => 0.0,
        }
    }

    /// The longest slowest timescale of several shuffles of the frames in time, ps; 0 where none has any.
    pub fn shuffled_timescale_ps(&self, lag_frames: usize, estimator: Estimator, seed: u64) -> f64 {
        let mut random = Random::new(seed ^ 0x7368_7566);
        let frames: Vec<u16> = self.trajectories.iter().copied().flatten().copied().collect();
        let blocks = if lag_frames > 1 { vec![1, lag_frames] } else { vec![1] };
        let mut longest = 0.0f64;
        for block in blocks {
            for _ in 0..SHUFFLES {
                let shuffled = shuffled(&frames, block, &mut random);
                let mut rest = shuffled.as_slice();
                let mut trajectories = Vec::with_capacity(self.trajectories.len());
                for trajectory in self.trajectories {
                    let (one, others) = rest.split_at(trajectory.len());
                    trajectories.push(one);
                    rest = others;
                }
                let counts = count_transitions(&trajectories, self.states, lag_frames);
                let lag_ps = lag_frames as f64 * self.interval_ps;
                let slowest = MarkovModel::estimate(&counts, estimator)
                    .ok()
                    .and_then(|model| model.timescales(lag_ps, 1).first().copied());
                longest = slowest.filter(|t| t.is_finite()).map_or(longest, |t| longest.max(t));
            }
        }
        longest
    }
}

/// The autocorrelation that the slowest process of some transitions has in others; 0 where it cannot be told.
fn held_out_eigenvalue(fitted: &DMatrix<f64>, held_out: &DMatrix<f64>) -> f64 {
    let Ok(model) = MarkovModel::estimate(fitted, Estimator::Reversible) else { return 0.0 };
    let process = slowest_process(model.transition_matrix(), model.stationary());
    let states = model.states();
    let count = |i: usize, j: usize| held_out[(states[i], states[j])] + held_out[(states[j], states[i])];
    let size = states.len();
    let weights: Vec<f64> = (0..size).map(|i| (0..size).map(|j| count(i, j)).sum()).collect();
    let total: f64 = weights.iter().sum();
    let mean: f64 = weights.iter().zip(&process).map(|(w, x)| w * x).sum::<f64>() / total;
    let variance: f64 = weights.iter().zip(&process).map(|(w, x)| w * (x - mean) * (x - mean)).sum();
    let covariance: f64 = (0..size)
        .map(|i| (0..size).map(|j| count(i, j) * (process[j] - mean)).sum::<f64>() * (process[i] - mean))
        .sum();
    match variance > 0.0 {
        true => covariance / variance,
        false => 0.0,
    }
}

/// The frames in blocks of a length, in random order.
fn shuffled(frames: &[u16], block: usize, random: &mut Random) -> Vec<u16> {
    let mut blocks: Vec<&[u16]> = frames.chunks(block).collect();
    for k in (1..blocks.len()).rev() {
        blocks.swap(k, random.index(k + 1));
    }
    blocks.concat()
}
