//! The whole evaluation: scores and what a report needs besides.

use std::sync::Arc;

use nalgebra::{Matrix3, SymmetricEigen};
use serde::{Deserialize, Serialize};

use super::ensemble::Ensemble;
use super::fluctuation::StretchFluctuation;
use super::kinetics::{Kinetics, kinetics};
use super::quantity::Quantity;
use super::reference::{MarkovLag, PreparedReference};
use super::scores::Scores;
use super::settings::{EvaluationSettings, ProgressCallback};
use super::timescales::{CommonTimescales, MarkovSummary};
use super::{EvaluationError, FrameSource};
use crate::analysis::msm::ImpliedTimescales;
use crate::analysis::superposition::ca_positions;
use crate::analysis::units::time_text;
use crate::analysis::validity::ValiditySummary;
use crate::analysis::vectors::{Vec3, centroid, vec3};

/// Share of samples outside the range of the reference from which a warning is due.
const OUTSIDE_WARNING: f64 = 0.05;
/// Share of chemically intact frames below which a warning is due.
const INTACT_WARNING: f64 = 0.9;
/// Below this share of frames with a weight, a warning is given.
const CONNECTED_WARNING: f64 = 0.98;

/// The slow coordinates.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TicaSummary {
    /// Cα distances used.
    pub features: usize,
    /// Lag, ps.
    pub lag_ps: f64,
    /// Frame pairs of the fit.
    pub pairs: u64,
    /// Variance directions kept.
    pub rank: usize,
    /// Autocorrelations at the lag.
    pub eigenvalues: Vec<f64>,
    /// `−lag / ln λ`, ps; NaN where there is none.
    pub timescales_ps: Vec<f64>,
}

/// One of the two ensembles.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EnsembleSummary {
    /// Unbroken trajectories.
    pub trajectories: usize,
    /// Frames.
    pub frames: usize,
    /// Time between frames, ps.
    pub interval_ps: f64,
    /// Blocks, the units of resampling.
    pub blocks: usize,
    /// Typical length of a block, ps.
    pub block_length_ps: f64,
    /// Whether blocks are whole trajectories.
    pub whole_trajectories: bool,
    /// Bonds, angles, chirality, clashes of up to 3000 frames.
    pub validity: ValiditySummary,
    /// Mean Cα distance of every pair `i < j`, row by row, Å.
    pub mean_ca_distances_angstrom: Vec<f64>,
    /// How much residues move within stretches of trajectories.
    #[serde(default)]
    pub fluctuation: StretchFluctuation,
    /// Cα traces superposed on the native structure, Å, seen along its shortest principal axis: x and y
    /// span its longest and middle axes.
    pub traces_angstrom: Vec<Vec<[f32; 3]>>,
    /// Implied timescales against lag.
    pub implied_timescales: ImpliedTimescales,
    /// The Markov model, where the data support one.
    pub markov: Option<MarkovSummary>,
    /// Why they do not.
    pub no_markov_because: Option<String>,
    /// What was special about the files.
    pub notices: Vec<String>,
}

/// Samples against reference trajectories: all that a report shows.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Evaluation {
    /// Name of the protein.
    pub protein: String,
    /// One-letter sequence, norleucine as X.
    pub sequence: String,
    /// Number of each residue in its file.
    pub residue_numbers: Vec<i32>,
    /// Settings in force.
    pub settings: EvaluationSettings,
    /// The slow coordinates.
    pub tica: TicaSummary,
    /// Lag of the Markov models.
    pub lag: MarkovLag,
    /// The reference.
    pub reference: EnsembleSummary,
    /// The samples.
    pub samples: EnsembleSummary,
    /// Slowest timescales on the same states, where both ensembles support one.
    pub common_timescales: Option<CommonTimescales>,
    /// Motion between two states, where it can be compared.
    pub kinetics: Option<Kinetics>,
    /// Divergences, averages, curves, maps.
    pub scores: Scores,
    /// Cα trace of the native structure in the same view, Å.
    pub native_trace_angstrom: Vec<[f32; 3]>,
    /// TICA components of the native structure.
    pub native_tics: Vec<f64>,
    /// What the reader must know to judge the numbers, one sentence each.
    pub warnings: Vec<String>,
}

impl PreparedReference {
    /// Measures samples and compares them with the reference.
    ///
    /// # Errors
    /// As [`PreparedReference::measure`] and [`PreparedReference::score`].
    pub fn evaluate(
        &self,
        samples: &mut dyn FrameSource,
        progress: &mut ProgressCallback<'_>,
    ) -> Result<Evaluation, EvaluationError> {
        let samples = self.measure(samples, progress)?;
        let scores = self.score(&samples, progress)?;
        Ok(self.summarize(&samples, scores))
    }

    /// Puts scores together with what a report needs besides.
    pub fn summarize(&self, samples: &Ensemble, scores: Scores) -> Evaluation {
        let topology = Arc::clone(&self.protein.topology);
        let native = ca_positions(&topology, &self.protein.native_angstrom);
        let view = PrincipalView::of(&native);
        let reference = self.summary(&self.ensemble, self.timescales.clone(), &view);
        let sample_summary = self.summary(samples, self.implied_timescales(samples), &view);
        let mut warnings = self.warnings(&reference, &sample_summary, &scores);
        let both = reference.markov.is_some() && sample_summary.markov.is_some();
        let common_timescales = if both { self.common_timescales(samples) } else { None };
        let kinetics = match kinetics(&self.ensemble, samples, &self.settings) {
            Ok(kinetics) => Some(kinetics),
            Err(reason) => {
                warnings.push(format!("Rates are not compared: {reason}."));
                None
            }
        };
        Evaluation {
            protein: topology.name.clone(),
            sequence: topology.sequence(),
            residue_numbers: topology.residues().iter().map(|r| r.number).collect(),
            settings: self.settings.clone(),
            tica: TicaSummary {
                features: self.basis.features.len(),
                lag_ps: self.basis.lag_ps,
                pairs: self.basis.pairs,
                rank: self.basis.rank,
                eigenvalues: self.basis.eigenvalues.clone(),
                timescales_ps: self.basis.timescales_ps(),
            },
            lag: self.lag.clone(),
            reference,
            samples: sample_summary,
            common_timescales,
            kinetics,
            scores,
            native_trace_angstrom: native.iter().map(|&p| view.see(p)).collect(),
            native_tics: self.basis.project(&topology, &self.protein.native_angstrom),
            warnings,
        }
    }

    fn summary(
        &self,
        ensemble: &Ensemble,
        implied_timescales: ImpliedTimescales,
        view: &PrincipalView,
    ) -> EnsembleSummary {
        let frames = &ensemble.frames;
        let seen = |trace: &Vec<[f32; 3]>| trace.iter().map(|&p| view.see(vec3(p))).collect();
        let (markov, no_markov_because) = match self.markov_summary(ensemble) {
            Ok(markov) => (Some(markov), None),
            Err(reason) => (None, Some(reason.to_string())),
        };
        EnsembleSummary {
            trajectories: frames.trajectory_starts.len(),
            frames: frames.len(),
            interval_ps: frames.interval_ps,
            blocks: ensemble.block_count(),
            block_length_ps: ensemble.block_length_ps(),
            whole_trajectories: ensemble.has_whole_trajectories(),
            validity: frames.validity.clone(),
            mean_ca_distances_angstrom: frames.mean_ca_distances_angstrom.clone(),
            fluctuation: frames.fluctuation.clone(),
            traces_angstrom: frames.traces_angstrom.iter().map(seen).collect(),
            implied_timescales,
            markov,
            no_markov_because,
            notices: ensemble.notices.clone(),
        }
    }

    fn warnings(
        &self,
        reference: &EnsembleSummary,
        samples: &EnsembleSummary,
        scores: &Scores,
    ) -> Vec<String> {
        let mut warnings = Vec::new();
        if let Some(reason) = &scores.unweighted_because {
            warnings.push(format!("All frames count alike, there are no Markov model weights ({reason})."));
        }
        if self.lag.lag_ps().is_some() {
            for (name, ensemble) in [("reference", reference), ("samples", samples)] {
                if let Some(reason) = &ensemble.no_markov_because {
                    warnings.push(format!("The {name}: timescales are not supported ({reason})."));
                }
            }
        }
        for (name, ensemble) in [("reference", reference), ("samples", samples)] {
            if let Some(markov) = &ensemble.markov
                && ensemble.block_length_ps < markov.slowest_ps.value
            {
                warnings.push(format!(
                    "The {name}: blocks of {} are shorter than the slowest timescale of {}, so confidence intervals are rather too narrow.",
                    time_text(ensemble.block_length_ps),
                    time_text(markov.slowest_ps.value)
                ));
            }
            if let Some(markov) = ensemble.markov.as_ref().filter(|_| scores.weighted)
                && markov.connected_share < CONNECTED_WARNING
            {
                warnings.push(format!(
                    "The {name}: {:.1} % of the frames lie in states that are not visited back and forth and have no weight in the Markov-weighted columns; those of all frames alike have them.",
                    100.0 * (1.0 - markov.connected_share)
                ));
            }
            let validity = &ensemble.validity;
            let intact = validity.per_frame(validity.intact_frames);
            if validity.frames > 0 && intact < INTACT_WARNING {
                warnings.push(format!(
                    "The {name}: only {:.1} % of the frames checked are chemically intact; see the chemistry table.",
                    100.0 * intact
                ));
            }
        }
        for curve in scores.curves.iter().filter(|c| Quantity::OF_THE_PAPER.contains(&c.quantity)) {
            if curve.samples.outside > OUTSIDE_WARNING {
                warnings.push(format!(
                    "{:.0} % of the samples lie outside the range of the reference in {}.",
                    100.0 * curve.samples.outside,
                    curve.quantity.label()
                ));
            }
        }
        warnings
    }
}

/// A view along the shortest principal axis of a set of points, which shows most of them.
struct PrincipalView {
    center: Vec3,
    /// Rows: the axes, by falling extent; right-handed.
    axes: Matrix3<f64>,
}

impl PrincipalView {
    fn of(points: &[Vec3]) -> Self {
        let center = centroid(points.iter().copied());
        let moments =
            points.iter().fold(Matrix3::zeros(), |sum, p| sum + (p - center) * (p - center).transpose());
        let eigen = SymmetricEigen::new(moments);
        let mut order = [0, 1, 2];
        order.sort_by(|&a: &usize, &b| eigen.eigenvalues[b].total_cmp(&eigen.eigenvalues[a]));
        let [x, y] = [0, 1].map(|k| eigen.eigenvectors.column(order[k]).clone_owned());
        let axes = Matrix3::from_rows(&[x.transpose(), y.transpose(), x.cross(&y).transpose()]);
        Self { center, axes }
    }

    fn see(&self, point: Vec3) -> [f32; 3] {
        let seen = self.axes * (point - self.center);
        [seen.x as f32, seen.y as f32, seen.z as f32]
    }
}
