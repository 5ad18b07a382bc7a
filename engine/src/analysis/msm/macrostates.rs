//! A Markov model seen as a few metastable states: how much time is spent in each, how fast the molecule goes from one
//! to another, and in which frames it did.

use std::ops::ControlFlow;

use nalgebra::DMatrix;

use super::{
    Estimator, MarkovModel, StateTrajectories, candidate_lags_frames, choose_lag, count_transitions,
    implied_timescales,
};
use crate::analysis::error::{AnalysisError, UnsupportedModel};
use crate::analysis::kmeans::kmeans;
use crate::random::Random;

/// Frames for each cluster at least, or transitions between clusters are too few.
const FRAMES_A_CLUSTER: usize = 20;
/// Pieces that few trajectories are cut into, to be drawn with replacement.
const PIECES: usize = 20;
/// Share of the replicates in which a rate must be found for its interval to be told.
const LEAST_FOUND: f64 = 0.8;
/// Ends of the intervals, as shares of the replicates.
const INTERVAL: [f64; 2] = [0.025, 0.975];

/// How the model is made.
#[derive(Clone, Debug, PartialEq)]
pub struct MacroSettings {
    /// Clusters of frames that the Markov model is made of, at most.
    pub clusters: usize,
    /// Metastable states at most.
    pub most_states: usize,
    /// Replicates from which errors are told.
    pub replicates: usize,
    /// Seed of clusters and replicates.
    pub seed: u64,
}

impl Default for MacroSettings {
    /// 60 clusters, 5 states, 100 replicates.
    fn default() -> Self {
        Self { clusters: 60, most_states: 5, replicates: 100, seed: 7 }
    }
}

/// A metastable state.
#[derive(Clone, Debug, PartialEq)]
pub struct MacroState {
    /// Stationary probability, `0..=1`.
    pub population: f64,
    /// Its standard deviation over the replicates.
    pub population_error: f64,
    /// Mean of its frames, in the coordinates given.
    pub center: [f64; 2],
    /// The frame nearest to the center: trajectory and place in it.
    pub representative: [usize; 2],
    /// Frames of each trajectory, by their place, ascending.
    pub frames: Vec<Vec<usize>>,
}

/// The way from one state to another.
#[derive(Clone, Debug, PartialEq)]
pub struct Transition {
    /// State that is left.
    pub from: usize,
    /// State that is reached.
    pub to: usize,
    /// One over the mean first passage time of the model, 1/ns.
    pub rate_per_ns: f64,
    /// 95 % interval of the rate over the replicates, 1/ns; `None` where too few of them have one.
    pub interval_per_ns: Option<[f64; 2]>,
    /// Where it happened: trajectory, and the place of the first frame in the new state. Only stays of at least one lag
    /// before and after count.
    pub events: Vec<[usize; 2]>,
}

/// Metastable states and the ways between them.
#[derive(Clone, Debug, PartialEq)]
pub struct MacroModel {
    /// States, the most populated first.
    pub states: Vec<MacroState>,
    /// Ways between all pairs of states that have a rate.
    pub transitions: Vec<Transition>,
    /// Lag of the model, ps.
    pub lag_ps: f64,
    /// Its slowest implied timescales, ps, falling.
    pub timescales_ps: Vec<f64>,
    /// Clusters that it was made of.
    pub clusters: usize,
}

/// Makes a model of trajectories of points (two slow coordinates), frames `interval_ps` apart; `None` when `go_on`
/// breaks off. The number of states is where the implied timescales have their widest gap.
///
/// # Errors
/// [`AnalysisError`] with the reason where the data cannot carry a model: they are too short, unconnected, or their
/// slowest process is no more than noise.
pub fn macrostates(
    trajectories: &[Vec<[f64; 2]>],
    interval_ps: f64,
    settings: &MacroSettings,
    go_on: &mut dyn FnMut() -> ControlFlow<()>,
) -> Result<Option<MacroModel>, AnalysisError> {
    let points: Vec<f64> = trajectories.iter().flatten().flatten().copied().collect();
    let clusters = settings.clusters.min(points.len() / 2 / FRAMES_A_CLUSTER);
    if clusters < 2 {
        return Err(AnalysisError::TrajectoriesTooShort);
    }
    let Some(clustering) = kmeans(&points, 2, clusters, settings.seed, go_on)? else { return Ok(None) };
    let mut rest = clustering.assignments.as_slice();
    let mut assigned: Vec<Vec<u16>> = Vec::with_capacity(trajectories.len());
    for trajectory in trajectories {
        let (own, others) = rest.split_at(trajectory.len());
        assigned.push(own.iter().map(|&cluster| cluster as u16).collect());
        rest = others;
    }
    let of_clusters: Vec<&[u16]> = assigned.iter().map(Vec::as_slice).collect();
    let lengths: Vec<usize> = assigned.iter().map(Vec::len).collect();
    let estimator = Estimator::Reversible;
    let lags = candidate_lags_frames(&lengths, 1);
    let implied = implied_timescales(&of_clusters, clusters, interval_ps, &lags, estimator, 3);
    let data = StateTrajectories { trajectories: &of_clusters, states: clusters, interval_ps };
    let lag = choose_lag(&data, &implied, estimator, settings.seed)?;
    if go_on().is_break() {
        return Ok(None);
    }
    let lag_frames = (lag.lag_ps / interval_ps).round().max(1.0) as usize;
    let counts = count_transitions(&of_clusters, clusters, lag_frames);
    let model = MarkovModel::estimate(&counts, estimator)?;
    let timescales_ps = model.timescales(lag.lag_ps, settings.most_states);
    let Some((sets, set_of_connected)) = widest_gap(&model, &timescales_ps, lag.lag_ps, settings.most_states)
    else {
        return Err(UnsupportedModel::OneSet.into());
    };
    // The most populated first.
    let populations = set_populations(&model, &set_of_connected, sets);
    let mut order: Vec<usize> = (0..sets).collect();
    order.sort_by(|&a, &b| populations[b].total_cmp(&populations[a]));
    let mut set_of_cluster: Vec<Option<usize>> = vec![None; clusters];
    for (&cluster, &set) in model.states().iter().zip(&set_of_connected) {
        set_of_cluster[cluster] = order.iter().position(|other| *other == set);
    }
    let clusters_of = |set: usize| -> Vec<usize> {
        (0..clusters).filter(|&cluster| set_of_cluster[cluster] == Some(set)).collect()
    };
    let members: Vec<Vec<usize>> = (0..sets).map(clusters_of).collect();
    let of_frame: Vec<Vec<Option<usize>>> = assigned
        .iter()
        .map(|t| t.iter().map(|&cluster| set_of_cluster[usize::from(cluster)]).collect())
        .collect();

    let Some(replicates) = replicate(&of_clusters, clusters, lag_frames, &members, settings, go_on) else {
        return Ok(None);
    };
    let per_ns = |lags: f64| 1000.0 / (lags * lag.lag_ps);
    let states = (0..sets)
        .map(|set| {
            let found: Vec<f64> = replicates.iter().map(|r| r.populations[set]).collect();
            state(trajectories, &of_frame, set, populations[order[set]], deviation(&found))
        })
        .collect();
    let mut transitions = Vec::new();
    for from in 0..sets {
        for to in (0..sets).filter(|&to| to != from) {
            let Some(lags) = model.mean_first_passage_lags(&members[from], &members[to]) else { continue };
            let mut found: Vec<f64> =
                replicates.iter().filter_map(|r| r.passages[from * sets + to]).map(per_ns).collect();
            found.sort_by(f64::total_cmp);
            let enough = found.len() as f64 >= LEAST_FOUND * settings.replicates as f64;
            let interval_per_ns = (enough && !found.is_empty())
                .then(|| INTERVAL.map(|share| found[(share * (found.len() - 1) as f64).round() as usize]));
            let events = events(&of_frame, from, to, lag_frames);
            transitions.push(Transition { from, to, rate_per_ns: per_ns(lags), interval_per_ns, events });
        }
    }
    Ok(Some(MacroModel { states, transitions, lag_ps: lag.lag_ps, timescales_ps, clusters }))
}

/// The division with the widest gap between the slowest process left out and the one before it.
fn widest_gap(
    model: &MarkovModel,
    timescales_ps: &[f64],
    lag_ps: f64,
    most: usize,
) -> Option<(usize, Vec<usize>)> {
    let mut choices: Vec<(usize, f64)> = (2..=most)
        .take_while(|sets| timescales_ps.get(sets - 2).is_some_and(|t| *t >= lag_ps))
        .map(|sets| {
            let left_out = timescales_ps.get(sets - 1).copied().filter(|t| t.is_finite()).unwrap_or(lag_ps);
            (sets, timescales_ps[sets - 2] / left_out.max(1e-9))
        })
        .collect();
    choices.sort_by(|a, b| b.1.total_cmp(&a.1));
    choices.into_iter().find_map(|(sets, _)| Some((sets, model.metastable_sets(sets)?)))
}

fn set_populations(model: &MarkovModel, set_of: &[usize], sets: usize) -> Vec<f64> {
    let mut populations = vec![0.0; sets];
    for (&set, probability) in set_of.iter().zip(model.stationary()) {
        populations[set] += probability;
    }
    populations
}

/// What a model of resampled pieces says.
struct Replicate {
    populations: Vec<f64>,
    /// Mean first passage times in lags, from set to set.
    passages: Vec<Option<f64>>,
}

/// Models of pieces of the trajectories drawn with replacement, on the same sets; those that are not connected are left
/// out. `None` when `go_on` breaks off.
fn replicate(
    trajectories: &[&[u16]],
    clusters: usize,
    lag_frames: usize,
    members: &[Vec<usize>],
    settings: &MacroSettings,
    go_on: &mut dyn FnMut() -> ControlFlow<()>,
) -> Option<Vec<Replicate>> {
    let frames: usize = trajectories.iter().map(|t| t.len()).sum();
    // Whole trajectories where there are many, else pieces: each transition in that of its first frame.
    let piece = if trajectories.len() >= PIECES { usize::MAX } else { frames.div_ceil(PIECES).max(1) };
    let mut pieces: Vec<DMatrix<f64>> = Vec::new();
    for trajectory in trajectories {
        for start in (0..trajectory.len()).step_by(piece.min(trajectory.len().max(1))) {
            let end = start.saturating_add(piece).saturating_add(lag_frames).min(trajectory.len());
            pieces.push(count_transitions(&[&trajectory[start..end]], clusters, lag_frames));
        }
    }
    let mut random = Random::new(settings.seed ^ 0x6d61_6372);
    let mut replicates = Vec::with_capacity(settings.replicates);
    for _ in 0..settings.replicates {
        if go_on().is_break() {
            return None;
        }
        let mut counts = DMatrix::zeros(clusters, clusters);
        for _ in 0..pieces.len() {
            counts += &pieces[random.index(pieces.len())];
        }
        let Ok(model) = MarkovModel::estimate(&counts, Estimator::Reversible) else { continue };
        let stationary = model.stationary_of_all();
        let populations = members.iter().map(|set| set.iter().map(|&c| stationary[c]).sum()).collect();
        let passages = members
            .iter()
            .flat_map(|from| members.iter().map(move |to| (from, to)))
            .map(|(from, to)| if from == to { None } else { model.mean_first_passage_lags(from, to) })
            .collect();
        replicates.push(Replicate { populations, passages });
    }
    Some(replicates)
}

fn deviation(values: &[f64]) -> f64 {
    if values.len() < 2 {
        return f64::NAN;
    }
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (values.len() - 1) as f64).sqrt()
}

fn state(
    trajectories: &[Vec<[f64; 2]>],
    of_frame: &[Vec<Option<usize>>],
    set: usize,
    population: f64,
    population_error: f64,
) -> MacroState {
    let frames: Vec<Vec<usize>> = of_frame
        .iter()
        .map(|t| t.iter().enumerate().filter(|(_, of)| **of == Some(set)).map(|(place, _)| place).collect())
        .collect();
    let own =
        || frames.iter().enumerate().flat_map(|(t, places)| places.iter().map(move |&place| [t, place]));
    let count = own().count().max(1) as f64;
    let mut center = [0.0; 2];
    for [t, place] in own() {
        for axis in 0..2 {
            center[axis] += trajectories[t][place][axis] / count;
        }
    }
    let distance = |[t, place]: [usize; 2]| {
        let [x, y] = trajectories[t][place];
        (x - center[0]).hypot(y - center[1])
    };
    let nearest = own().min_by(|a, b| distance(*a).total_cmp(&distance(*b)));
    MacroState { population, population_error, center, representative: nearest.unwrap_or([0, 0]), frames }
}

/// Where the molecule went from one state straight to another, stays shorter than a lag left out.
fn events(of_frame: &[Vec<Option<usize>>], from: usize, to: usize, lag_frames: usize) -> Vec<[usize; 2]> {
    let mut found = Vec::new();
    for (number, trajectory) in of_frame.iter().enumerate() {
        let mut settled: Option<usize> = None;
        let mut start = 0;
        while start < trajectory.len() {
            let here = trajectory[start];
            let length = trajectory[start..].iter().take_while(|of| **of == here).count();
            if let (Some(state), true) = (here, length >= lag_frames.max(1)) {
                if settled == Some(from) && state == to {
                    found.push([number, start]);
                }
                settled = Some(state);
            }
            start += length;
        }
    }
    found
}
