//! The study of sampling settings (paper A.11, Figures 7, 15, 16): quality against cost over a grid of noise
//! strength, latent steps, schedule and integrator, and the cheapest settings that are as good as the default.
//!
//! | file | what |
//! |---|---|
//! | `cells/NAME/samples/run_r000.dcd` … | as `equijump simulate` leaves it, and `cost.json` |
//! | `cells/NAME/result.json` | a [`CellResult`], taken as it is when nothing that decides it has changed |

mod grid;
mod run;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

pub use grid::StudyGrid;
pub(super) use run::run;

use super::compare::Start;
use super::cost::Cost;
use super::request::{DevicePreference, ModelSource, StructureSource};
use crate::analysis::evaluation::{CurvePair, Divergence, DivergenceRow, EvaluationSettings};
use crate::trajectory::FrameSelection;
use crate::transport::SamplerSettings;

/// Chemically intact frames that fast settings may have fewer than the default ones, as a share of all frames.
const INTACT_LOSS: f64 = 0.02;

/// A study to make.
#[derive(Clone, Debug)]
pub struct StudyRequest {
    /// The model.
    pub model: ModelSource,
    /// The native structure.
    pub native: StructureSource,
    /// PDB or mmCIF file with exactly the atoms of the reference trajectories.
    pub topology: PathBuf,
    /// Chain of the protein, where files hold several.
    pub chain: Option<String>,
    /// Reference trajectories.
    pub reference: Vec<PathBuf>,
    /// Which of their frames.
    pub reference_selection: FrameSelection,
    /// How samples are compared with them.
    pub evaluation: EvaluationSettings,
    /// The settings to try.
    pub grid: StudyGrid,
    /// Independent trajectories of each cell.
    pub replicas: u32,
    /// Frames of each, the start not counted.
    pub frames: u64,
    /// Where they start.
    pub start: Start,
    /// Time left out at the start of each sample, ps.
    pub sample_skip_ps: f64,
    /// Where to compute.
    pub device: DevicePreference,
    /// Folder of all results.
    pub out: PathBuf,
    /// Whether samples of other settings that lie there may be replaced.
    pub replace: bool,
}

/// What one setting costs and gives.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CellResult {
    /// The settings.
    pub settings: SamplerSettings,
    /// Network evaluations per frame.
    pub network_calls: u32,
    /// What sampling cost; units are frames, those of all replicas together.
    pub cost: Cost,
    /// What came out, unless the cell failed.
    pub quality: Option<CellQuality>,
    /// Why there is no quality, in one sentence.
    pub failure: Option<String>,
}

/// How close samples come to the reference.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CellQuality {
    /// Mean divergence over the quantities of the paper, all frames alike.
    pub mean: Divergence,
    /// The same with the weights of Markov models, where both ensembles carry them.
    pub weighted_mean: Option<Divergence>,
    /// Divergences of each quantity.
    pub divergences: Vec<DivergenceRow>,
    /// Share of chemically intact frames.
    pub intact: f64,
    /// Distribution of the slowest coordinate (Figure 16).
    pub slowest: Option<CurvePair>,
}

impl CellResult {
    /// Time on the clock for one frame of one replica, s.
    pub fn seconds_per_frame(&self) -> Option<f64> {
        self.cost.wall_seconds_per_unit()
    }
}

/// Whether the divergences of a study are those weighted by Markov models: only where all cells have them.
pub fn is_weighted(cells: &[CellResult]) -> bool {
    let mut qualities = cells.iter().filter_map(|cell| cell.quality.as_ref()).peekable();
    qualities.peek().is_some() && qualities.all(|quality| quality.weighted_mean.is_some())
}

/// The mean divergence of a cell, of the kind that all cells have.
pub fn mean_divergence(cell: &CellResult, weighted: bool) -> Option<Divergence> {
    let quality = cell.quality.as_ref()?;
    if weighted { quality.weighted_mean } else { Some(quality.mean) }
}

/// The cheapest cell, by network evaluations, whose mean divergence lies within the confidence interval of the
/// first cell, the default settings, or below it, and whose frames are as intact but for 2 %. The first cell
/// itself where no other is cheaper; `None` where it failed.
pub fn fast_cell(cells: &[CellResult]) -> Option<&CellResult> {
    let default = cells.first()?;
    let weighted = is_weighted(cells);
    let limit = mean_divergence(default, weighted)?.samples.high;
    let intact = default.quality.as_ref()?.intact - INTACT_LOSS;
    let value =
        |cell: &CellResult| mean_divergence(cell, weighted).map_or(f64::INFINITY, |d| d.samples.value);
    cells
        .iter()
        .filter(|cell| cell.quality.as_ref().is_some_and(|quality| quality.intact >= intact))
        .filter(|cell| value(cell) <= limit || std::ptr::eq(*cell, default))
        .min_by(|a, b| a.network_calls.cmp(&b.network_calls).then(value(a).total_cmp(&value(b))))
}
