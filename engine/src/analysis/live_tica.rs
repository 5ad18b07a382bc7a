//! TICA of a run while it goes on: on the basis of a reference, else on one fitted to the run so far.

use std::sync::Arc;

use super::covariance::LagWindow;
use super::error::AnalysisError;
use super::histogram::{Binning, Histogram2d};
use super::live_settings::LiveSettings;
use super::reference::ReferenceData;
use super::thinned::Thinned;
use super::tica::{TicaBasis, TicaFit, TicaSettings};
use crate::structure::Topology;

/// Which basis the projections are made with.
#[derive(Clone, Debug, PartialEq)]
pub enum BasisSource {
    /// The reference of this protein.
    Reference {
        /// Its name for users.
        name: String,
    },
    /// Fitted to the run itself.
    Run {
        /// Frame pairs of the last fit.
        pairs: u64,
    },
    /// No reference, and the run is too short for a fit.
    Waiting {
        /// Frame pairs so far.
        pairs: u64,
        /// Frame pairs for the first fit.
        needed: u64,
    },
    /// There will be none.
    Unavailable {
        /// Why.
        reason: AnalysisError,
    },
}

/// A frame on the first two components.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ProjectedPoint {
    /// Replica.
    pub replica: u32,
    /// Frame number.
    pub frame: u32,
    /// The two coordinates.
    pub tica: [f32; 2],
}

/// A fit to be made elsewhere: holds copies of the moments, so that the run can go on.
#[derive(Clone, Debug)]
pub struct RefitRequest {
    fit: TicaFit,
    previous: Option<TicaBasis>,
}

impl RefitRequest {
    /// Makes the fit. Takes up to a second for the largest number of features.
    ///
    /// # Errors
    /// As [`TicaFit::fit`]: features that do not vary.
    pub fn run(&self) -> Result<TicaBasis, AnalysisError> {
        let basis = self.fit.fit(self.previous.as_ref())?;
        if basis.len() < 2 {
            return Err(AnalysisError::ConstantFeatures { features: basis.features.len() });
        }
        Ok(basis)
    }
}

/// A frame's features, kept so that it can be projected on a later basis.
#[derive(Clone, Debug)]
struct KeptFrame {
    replica: u32,
    frame: u32,
    features: Vec<f32>,
}

#[derive(Clone, Debug)]
enum Mode {
    Reference {
        data: Arc<ReferenceData>,
        map: Histogram2d,
    },
    Run {
        fit: Box<TicaFit>,
        windows: Vec<LagWindow>,
        last_frames: Vec<Option<u64>>,
        kept: Thinned<KeptFrame>,
        basis: Option<TicaBasis>,
        newest_features: Vec<Option<Vec<f64>>>,
    },
    Unavailable(AnalysisError),
}

/// See the module.
#[derive(Clone, Debug)]
pub(super) struct LiveTica {
    topology: Arc<Topology>,
    mode: Mode,
    points: Thinned<ProjectedPoint>,
    max_points: usize,
    newest: Vec<Option<[f64; 2]>>,
}

impl LiveTica {
    pub(super) fn new(
        topology: Arc<Topology>,
        reference: Option<Arc<ReferenceData>>,
        replicas: usize,
        interval_ps: f64,
        settings: &LiveSettings,
    ) -> Result<Self, AnalysisError> {
        let mode = match reference {
            Some(data) => {
                if data.sequence != topology.sequence() {
                    let (reference, protein) = (data.provenance.name.clone(), topology.name.clone());
                    return Err(AnalysisError::OtherSequence { reference, protein });
                }
                Mode::Reference { map: Histogram2d::new(data.tica.x, data.tica.y), data }
            }
            None => Self::run_mode(&topology, replicas, interval_ps, settings),
        };
        Ok(Self {
            topology,
            mode,
            points: Thinned::new(settings.max_points),
            max_points: settings.max_points,
            newest: vec![None; replicas],
        })
    }

    fn run_mode(topology: &Topology, replicas: usize, interval_ps: f64, settings: &LiveSettings) -> Mode {
        // Models may have any frame interval: the nearest whole number of frames serves as lag.
        let lag_frames = (settings.tica.lag_ps / interval_ps).round().max(1.0);
        let tica = TicaSettings { lag_ps: lag_frames * interval_ps, ..settings.tica.clone() };
        match TicaFit::new(topology, interval_ps, tica) {
            Ok(fit) => Mode::Run {
                windows: vec![fit.window(); replicas],
                last_frames: vec![None; replicas],
                kept: Thinned::new(settings.max_feature_bytes / (4 * fit.features().len())),
                basis: None,
                newest_features: vec![None; replicas],
                fit: Box::new(fit),
            },
            Err(error) => Mode::Unavailable(error),
        }
    }

    pub(super) fn ingest(
        &mut self,
        replica: usize,
        frame: u64,
        positions: &[[f32; 3]],
    ) -> Result<Option<[f64; 2]>, AnalysisError> {
        let frame_number = u32::try_from(frame).unwrap_or(u32::MAX);
        let projected = match &mut self.mode {
            Mode::Unavailable(_) => None,
            Mode::Reference { data, map } => {
                let p = data.basis.project(&self.topology, positions);
                map.add(p[0], p[1], 1.0);
                Some([p[0], p[1]])
            }
            Mode::Run { fit, windows, last_frames, kept, basis, newest_features } => {
                let features = fit.features().measure(&self.topology, positions);
                if last_frames[replica].is_some_and(|last| last + 1 != frame) {
                    windows[replica].clear();
                }
                last_frames[replica] = Some(frame);
                fit.push(&mut windows[replica], &features)?;
                let projected = basis.as_ref().map(|b| first_two(&b.project_features(&features)));
                kept.push(KeptFrame {
                    replica: replica as u32,
                    frame: frame_number,
                    features: features.iter().map(|&x| x as f32).collect(),
                });
                newest_features[replica] = Some(features);
                projected
            }
        };
        self.newest[replica] = projected;
        if let Some([x, y]) = projected {
            self.points.push(ProjectedPoint {
                replica: replica as u32,
                frame: frame_number,
                tica: [x as f32, y as f32],
            });
        }
        Ok(projected)
    }

    pub(super) fn adopt(&mut self, new: TicaBasis) -> Result<(), AnalysisError> {
        let Mode::Run { fit, kept, basis, newest_features, .. } = &mut self.mode else {
            return Err(AnalysisError::NoOwnBasis);
        };
        if new.features != *fit.features() || new.len() < 2 {
            return Err(AnalysisError::FeatureCount {
                expected: fit.features().len(),
                got: new.features.len(),
            });
        }
        let mut points = Thinned::new(self.max_points);
        for frame in kept.as_slice() {
            let features: Vec<f64> = frame.features.iter().map(|&x| f64::from(x)).collect();
            let [x, y] = first_two(&new.project_features(&features));
            points.push(ProjectedPoint {
                replica: frame.replica,
                frame: frame.frame,
                tica: [x as f32, y as f32],
            });
        }
        for (newest, features) in self.newest.iter_mut().zip(newest_features) {
            *newest = features.as_ref().map(|f| first_two(&new.project_features(f)));
        }
        self.points = points;
        *basis = Some(new);
        Ok(())
    }

    pub(super) fn refit_request(&self) -> Option<RefitRequest> {
        let Mode::Run { fit, basis, .. } = &self.mode else { return None };
        let due = match basis {
            None => pairs_needed(fit),
            Some(basis) => basis.pairs + basis.pairs / 4,
        };
        (fit.pair_count() >= due).then(|| RefitRequest { fit: (**fit).clone(), previous: basis.clone() })
    }

    pub(super) fn source(&self) -> BasisSource {
        match &self.mode {
            Mode::Reference { data, .. } => BasisSource::Reference { name: data.provenance.name.clone() },
            Mode::Run { basis: Some(basis), .. } => BasisSource::Run { pairs: basis.pairs },
            Mode::Run { fit, .. } => {
                BasisSource::Waiting { pairs: fit.pair_count(), needed: pairs_needed(fit) }
            }
            Mode::Unavailable(reason) => BasisSource::Unavailable { reason: reason.clone() },
        }
    }

    pub(super) fn basis(&self) -> Option<&TicaBasis> {
        match &self.mode {
            Mode::Reference { data, .. } => Some(&data.basis),
            Mode::Run { basis, .. } => basis.as_ref(),
            Mode::Unavailable(_) => None,
        }
    }

    pub(super) fn reference_data(&self) -> Option<&Arc<ReferenceData>> {
        match &self.mode {
            Mode::Reference { data, .. } => Some(data),
            _ => None,
        }
    }

    pub(super) fn newest(&self, replica: usize) -> Option<[f64; 2]> {
        self.newest.get(replica).copied().flatten()
    }

    pub(super) fn projections(&self) -> &[ProjectedPoint] {
        self.points.as_slice()
    }

    pub(super) fn map(&self) -> Option<Histogram2d> {
        let points = self.points.as_slice();
        if points.is_empty() {
            return None;
        }
        if let Mode::Reference { map, .. } = &self.mode {
            return Some(map.clone());
        }
        let axis = |d: usize| Binning::of_data(points.iter().map(|p| f64::from(p.tica[d])), Binning::BINS_2D);
        let mut map = Histogram2d::new(axis(0).ok()?, axis(1).ok()?);
        for point in points {
            map.add(f64::from(point.tica[0]), f64::from(point.tica[1]), 1.0);
        }
        Some(map)
    }
}

/// Pairs before the first fit: twice as many as features, or noise would pass for slow motion.
fn pairs_needed(fit: &TicaFit) -> u64 {
    (2 * fit.features().len() as u64).max(50)
}

fn first_two(projection: &[f64]) -> [f64; 2] {
    [projection[0], projection[1]]
}
