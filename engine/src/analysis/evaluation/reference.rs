//! A reference ready to compare samples with: TICA basis, bins, states, lag, and its own distributions.

use serde::{Serialize, Serializer};

use super::ensemble::Ensemble;
use super::frame_table::measure;
use super::grids::Grids;
use super::settings::{EvaluationProgress, EvaluationSettings, EvaluationStage, ProgressCallback, report};
use super::{EvaluationError, FrameSource, Protein};
use crate::analysis::error::{AnalysisError, check_positions};
use crate::analysis::kmeans::{KMeans, kmeans};
use crate::analysis::msm::{
    ImpliedTimescales, LagChoice, StateTrajectories, candidate_lags_frames, choose_lag, implied_timescales,
};
use crate::analysis::tica::{TicaBasis, TicaFit};
use crate::structure::Topology;

/// Frames that clusters are found from at most; all frames are then assigned.
const CLUSTERED_FRAMES: usize = 40_000;
/// Frames per cluster at least.
const FRAMES_PER_CLUSTER: usize = 10;
/// Frames that an ensemble needs.
const MIN_FRAMES: usize = 50;
/// Timescales that are told.
pub(super) const TIMESCALES: usize = 4;

/// The lag of the Markov models and where it comes from.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub enum MarkovLag {
    /// Given by the user, ps.
    Given(f64),
    /// Chosen by implied timescales.
    Chosen(LagChoice),
    /// There is none; why.
    #[serde(serialize_with = "as_text")]
    Impossible(AnalysisError),
}

fn as_text<S: Serializer>(why: &AnalysisError, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(why)
}

impl MarkovLag {
    /// The lag, ps.
    pub fn lag_ps(&self) -> Option<f64> {
        match self {
            Self::Given(lag_ps) => Some(*lag_ps),
            Self::Chosen(choice) => Some(choice.lag_ps),
            Self::Impossible(_) => None,
        }
    }
}

/// A measured reference, ready to compare samples with. Immutable.
#[derive(Debug)]
pub struct PreparedReference {
    /// The protein.
    pub protein: Protein,
    /// Settings in force.
    pub settings: EvaluationSettings,
    /// The slow coordinates.
    pub basis: TicaBasis,
    /// Its frames.
    pub ensemble: Ensemble,
    /// Implied timescales of the reference against lag.
    pub timescales: ImpliedTimescales,
    /// Lag of the Markov models.
    pub lag: MarkovLag,
    pub(super) grids: Grids,
    clusters: KMeans,
}

impl PreparedReference {
    /// Reads the reference twice: first to fit TICA, then to measure every frame.
    ///
    /// # Errors
    /// Senseless settings, frames that cannot be read or do not belong to the protein, too few of them for
    /// TICA, or the caller breaking off. A Markov model that the data cannot carry is no error: see
    /// [`PreparedReference::lag`].
    pub fn new(
        protein: Protein,
        source: &mut dyn FrameSource,
        settings: EvaluationSettings,
        progress: &mut ProgressCallback<'_>,
    ) -> Result<Self, EvaluationError> {
        settings.check()?;
        if protein.native_angstrom.len() != protein.topology.atom_count() {
            let (expected, got) = (protein.topology.atom_count(), protein.native_angstrom.len());
            return Err(EvaluationError::Native { expected, got });
        }
        let of_reference = EvaluationError::of("reference");
        let basis = fit_tica(&protein.topology, source, &settings, progress)?;
        let frames =
            measure(&protein, &basis, source, "reference", EvaluationStage::MeasuringReference, progress)?;
        require_frames("reference trajectories", frames.len())?;
        let grids = Grids::of_reference(&frames).map_err(&of_reference)?;

        let dimension = settings.cluster_components.min(basis.len());
        let points = |stride: usize| -> Vec<f64> {
            let chosen = (0..frames.len()).step_by(stride);
            chosen.flat_map(|frame| frames.tics_of(frame)[..dimension].iter().copied()).collect()
        };
        let count = settings.clusters.min(frames.len() / FRAMES_PER_CLUSTER).max(2);
        let stride = frames.len().div_ceil(CLUSTERED_FRAMES);
        // Everything is read: the stage stands at its end.
        let end = EvaluationProgress {
            stage: EvaluationStage::MeasuringReference,
            done: frames.len(),
            total: frames.len(),
        };
        let mut clusters = kmeans(&points(stride), dimension, count, settings.seed, &mut || progress(end))
            .map_err(&of_reference)?
            .ok_or(EvaluationError::Cancelled)?;
        clusters.assignments = Vec::new();

        let states = assign(&clusters, &frames);
        let trajectories: Vec<&[u16]> = frames.trajectories().map(|range| &states[range]).collect();
        let lengths: Vec<usize> = trajectories.iter().map(|t| t.len()).collect();
        let interval_ps = frames.interval_ps;
        // Lags that samples with frames further apart can use too, where the intervals allow it.
        let step = whole_frames(settings.markov_lag_step_ps, interval_ps).unwrap_or(1);
        let lags = candidate_lags_frames(&lengths, step);
        let states_count = clusters.cluster_count();
        let timescales = implied_timescales(
            &trajectories,
            states_count,
            interval_ps,
            &lags,
            settings.estimator,
            TIMESCALES,
        );
        let data = StateTrajectories { trajectories: &trajectories, states: states_count, interval_ps };
        let lag = choose(&settings, &data, &timescales)?;
        let lag_frames = lag.lag_ps().and_then(|lag_ps| whole_frames(lag_ps, interval_ps));
        let notices = source.notices();
        let ensemble = Ensemble::new(frames, states, states_count, lag_frames, &grids, notices);
        Ok(Self { protein, settings, basis, ensemble, timescales, lag, grids, clusters })
    }

    /// Measures samples, with the coordinates, bins, states and lag of the reference.
    ///
    /// # Errors
    /// Frames that cannot be read or do not belong to the protein, too few of them, or the caller breaking
    /// off.
    pub fn measure(
        &self,
        source: &mut dyn FrameSource,
        progress: &mut ProgressCallback<'_>,
    ) -> Result<Ensemble, EvaluationError> {
        let stage = EvaluationStage::MeasuringSamples;
        let frames = measure(&self.protein, &self.basis, source, "samples", stage, progress)?;
        require_frames("samples", frames.len())?;
        let states = assign(&self.clusters, &frames);
        let lag_frames = self.lag.lag_ps().and_then(|lag| whole_frames(lag, frames.interval_ps));
        let (count, notices) = (self.clusters.cluster_count(), source.notices());
        Ok(Ensemble::new(frames, states, count, lag_frames, &self.grids, notices))
    }

    /// Implied timescales of an ensemble against lag, in the states of the reference.
    pub fn implied_timescales(&self, ensemble: &Ensemble) -> ImpliedTimescales {
        let trajectories = ensemble.state_trajectories();
        let lengths: Vec<usize> = trajectories.iter().map(|t| t.len()).collect();
        let interval_ps = ensemble.frames.interval_ps;
        let step = whole_frames(self.settings.markov_lag_step_ps, interval_ps).unwrap_or(1);
        implied_timescales(
            &trajectories,
            self.clusters.cluster_count(),
            interval_ps,
            &candidate_lags_frames(&lengths, step),
            self.settings.estimator,
            TIMESCALES,
        )
    }
}

fn require_frames(ensemble: &'static str, frames: usize) -> Result<(), EvaluationError> {
    match frames < MIN_FRAMES {
        true => Err(EvaluationError::TooFewFrames { ensemble, frames, needed: MIN_FRAMES }),
        false => Ok(()),
    }
}

fn fit_tica(
    topology: &Topology,
    source: &mut dyn FrameSource,
    settings: &EvaluationSettings,
    progress: &mut ProgressCallback<'_>,
) -> Result<TicaBasis, EvaluationError> {
    let of_reference = EvaluationError::of("reference");
    source.rewind();
    let total = source.frame_count();
    let stage = EvaluationStage::FittingTica;
    report(progress, stage, 0, total)?;
    let mut fit =
        TicaFit::new(topology, source.interval_ps(), settings.tica.clone()).map_err(&of_reference)?;
    let mut window = fit.window();
    let mut trajectory = 0;
    let mut read = 0;
    while let Some((number, positions)) = source.next_frame()? {
        check_positions(topology, positions, number, read).map_err(&of_reference)?;
        if number != trajectory {
            trajectory = number;
            window.clear();
        }
        let features = fit.features().measure(topology, positions);
        fit.push(&mut window, &features).map_err(&of_reference)?;
        read += 1;
        report(progress, stage, read, total.max(read))?;
    }
    let basis = fit.fit(None).map_err(&of_reference)?;
    if basis.len() < 2 {
        return Err(of_reference(AnalysisError::ConstantFeatures { features: basis.features.len() }));
    }
    Ok(basis)
}

fn assign(clusters: &KMeans, frames: &super::FrameTable) -> Vec<u16> {
    (0..frames.len())
        .map(|frame| clusters.assign(&frames.tics_of(frame)[..clusters.dimension]) as u16)
        .collect()
}

fn choose(
    settings: &EvaluationSettings,
    data: &StateTrajectories<'_>,
    timescales: &ImpliedTimescales,
) -> Result<MarkovLag, EvaluationError> {
    let interval_ps = data.interval_ps;
    if let Some(lag_ps) = settings.markov_lag_ps {
        return match whole_frames(lag_ps, interval_ps) {
            Some(_) => Ok(MarkovLag::Given(lag_ps)),
            None => Err(EvaluationError::of("reference")(AnalysisError::Lag { lag_ps, interval_ps })),
        };
    }
    Ok(match choose_lag(data, timescales, settings.estimator, settings.seed) {
        Ok(choice) => MarkovLag::Chosen(choice),
        Err(why) => MarkovLag::Impossible(why),
    })
}

/// A time as a number of frames, if it is a whole one.
pub(super) fn whole_frames(time_ps: f64, interval_ps: f64) -> Option<usize> {
    let frames = time_ps / interval_ps;
    let whole = frames.is_finite() && frames >= 0.999 && (frames - frames.round()).abs() < 1e-3 * frames;
    whole.then(|| frames.round() as usize)
}
