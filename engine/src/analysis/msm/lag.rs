//! Choosing the lag of a Markov state model by its implied timescales.

use serde::{Deserialize, Serialize};

use super::support::StateTrajectories;
use super::{Estimator, MarkovModel, count_transitions};
use crate::analysis::error::{AnalysisError, UnsupportedModel};

/// The slowest timescale has leveled off when doubling the lag changes it by no more than this fraction.
const LEVEL_CHANGE: f64 = 0.10;
/// Share of the frames that must lie in the largest connected set.
pub const MIN_CONNECTED_SHARE: f64 = 0.9;
/// A lag may be at most this share of the typical trajectory, or pairs of frames become too few.
const LONGEST_SHARE: f64 = 0.25;

/// Implied timescales against lag. A model is good from the lag on where they no longer change.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ImpliedTimescales {
    /// Lags, ps, ascending.
    pub lags_ps: Vec<f64>,
    /// Slowest timescales at each lag, ps, falling; empty where the data are not connected at that lag.
    pub timescales_ps: Vec<Vec<f64>>,
    /// Share of the frames in the largest connected set at each lag.
    pub connected_share: Vec<f64>,
}

/// A chosen lag.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LagChoice {
    /// The lag, ps.
    pub lag_ps: f64,
    /// The slowest timescale at this lag, ps.
    pub slowest_ps: f64,
    /// The longest timescale that models of the same frames shuffled in time gave at this lag, ps.
    pub shuffled_ps: f64,
}

/// Lags worth trying for trajectories of the given lengths (frames): multiples of `step_frames`, about
/// evenly spaced on a logarithmic scale, up to a quarter of the median length.
pub fn candidate_lags_frames(lengths: &[usize], step_frames: usize) -> Vec<usize> {
    let mut sorted = lengths.to_vec();
    sorted.sort_unstable();
    let median = sorted.get(sorted.len() / 2).copied().unwrap_or(0);
    let longest = (median as f64 * LONGEST_SHARE) as usize / step_frames.max(1);
    let steps = [10usize, 15, 20, 30, 40, 50, 70];
    let mut lags: Vec<usize> = (0..8u32)
        .flat_map(|decade| steps.map(|s| s * 10usize.pow(decade) / 10))
        .take_while(|&lag| lag <= longest)
        .collect();
    lags.dedup();
    lags.into_iter().map(|lag| lag * step_frames.max(1)).collect()
}

/// Estimates a model at every lag and tells its slowest timescales.
pub fn implied_timescales(
    trajectories: &[&[u16]],
    states: usize,
    interval_ps: f64,
    lags_frames: &[usize],
    estimator: Estimator,
    count: usize,
) -> ImpliedTimescales {
    let mut result = ImpliedTimescales::default();
    for &lag in lags_frames {
        let lag_ps = lag as f64 * interval_ps;
        let counts = count_transitions(trajectories, states, lag);
        let (timescales, share) = match MarkovModel::estimate(&counts, estimator) {
            Ok(model) => {
                (model.timescales(lag_ps, count), connected_share(trajectories, model.states(), states))
            }
            Err(_) => (Vec::new(), 0.0),
        };
        result.lags_ps.push(lag_ps);
        result.timescales_ps.push(timescales);
        result.connected_share.push(share);
    }
    result
}

/// Share of all frames that lie in one of `connected`.
pub(in crate::analysis) fn connected_share(
    trajectories: &[&[u16]],
    connected: &[usize],
    states: usize,
) -> f64 {
    let mut member = vec![false; states];
    connected.iter().for_each(|&state| member[state] = true);
    let frames = || trajectories.iter().copied().flatten();
    let inside = frames().filter(|&&s| member.get(usize::from(s)).copied().unwrap_or(false)).count();
    inside as f64 / frames().count().max(1) as f64
}

/// The shortest lag at which doubling it changes the slowest timescale by no more than 10 %, with at least 90 %
/// of the frames connected, and at which that timescale is more than noise: see
/// [`StateTrajectories::check_timescale`].
///
/// # Errors
/// When no lag connects enough frames, or the data support no timescale; the sentence says what fails.
pub fn choose_lag(
    data: &StateTrajectories<'_>,
    timescales: &ImpliedTimescales,
    estimator: Estimator,
    seed: u64,
) -> Result<LagChoice, AnalysisError> {
    let usable: Vec<(f64, f64)> = timescales
        .lags_ps
        .iter()
        .zip(&timescales.timescales_ps)
        .zip(&timescales.connected_share)
        .filter(|&(_, &share)| share >= MIN_CONNECTED_SHARE)
        .filter_map(|((&lag, slowest), _)| Some((lag, *slowest.first()?)))
        .collect();
    let Some(&longest) = usable.last() else {
        return Err(match timescales.lags_ps.is_empty() {
            true => AnalysisError::TrajectoriesTooShort,
            false => AnalysisError::Unconnected {
                percent: 100.0 * timescales.connected_share.iter().copied().fold(0.0, f64::max),
            },
        });
    };
    let mut failed = None;
    for &(lag_ps, slowest_ps) in &usable {
        let level = at_lag(&usable, 2.0 * lag_ps)
            .is_some_and(|later| (later / slowest_ps - 1.0).abs() <= LEVEL_CHANGE);
        if !level {
            continue;
        }
        let lag_frames = (lag_ps / data.interval_ps).round() as usize;
        match data.check_timescale(lag_frames, slowest_ps, estimator, seed) {
            Ok(shuffled_ps) => return Ok(LagChoice { lag_ps, slowest_ps, shuffled_ps }),
            Err(error) => failed = failed.or(Some(error)),
        }
    }
    Err(failed.unwrap_or_else(|| UnsupportedModel::NotLevel { shortest: usable[0], longest }.into()))
}

/// The slowest timescale at a lag, interpolated over the logarithm of the lag; `None` beyond the lags known.
fn at_lag(known: &[(f64, f64)], lag_ps: f64) -> Option<f64> {
    let after = known.iter().position(|&(lag, _)| lag >= lag_ps)?;
    let (lag_1, slowest_1) = known[after];
    let Some((lag_0, slowest_0)) = after.checked_sub(1).map(|before| known[before]) else {
        return Some(slowest_1);
    };
    let along = (lag_ps / lag_0).ln() / (lag_1 / lag_0).ln();
    Some(slowest_0 + (slowest_1 - slowest_0) * along)
}
