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

pub use grid::{CellError, StudyGrid};
pub use run::run;

use super::compare::Start;
use super::cost::Cost;
use crate::analysis::evaluation::jumps::JumpSettings;
use crate::analysis::evaluation::{CurvePair, Divergence, DivergenceRow, EvaluationSettings, Interval};
use crate::session::{DevicePreference, ModelSource, ReferenceFiles, StructureSource};
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
    /// The reference trajectories.
    pub reference: ReferenceFiles,
    /// How samples are compared with them.
    pub evaluation: EvaluationSettings,
    /// How single jumps are tested.
    pub jumps: JumpSettings,
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
    /// How chains move: rates between the folded and the unfolded state, and single jumps.
    pub motion: Vec<MotionRow>,
}

/// One measure of how chains move. Populations may look right while the motion is not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MotionRow {
    /// What, as shown to users.
    pub name: String,
    /// Of the reference.
    pub reference: f64,
    /// Of the samples, or of the jumps drawn.
    pub samples: Interval,
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

/// The cheapest cell, by network evaluations, that is as good as the first one, the default settings: its mean
/// divergence lies within the confidence interval of the first cell or below it, its frames are as intact but for
/// 2 %, and every measure of its motion lies within the interval of the first cell or closer to the reference. The
/// first cell itself where no other is cheaper; `None` where it failed.
pub fn fast_cell(cells: &[CellResult]) -> Option<&CellResult> {
    let weighted = is_weighted(cells);
    let value =
        |cell: &CellResult| mean_divergence(cell, weighted).map_or(f64::INFINITY, |d| d.samples.value);
    let default = cells.first()?;
    as_good_cells(cells)
        .filter(|cell| std::ptr::eq(*cell, default) || moves_as_well(default, cell))
        .min_by(|a, b| a.network_calls.cmp(&b.network_calls).then(value(a).total_cmp(&value(b))))
}

/// The cell whose motion comes closest to the reference, of those whose divergence and chemistry are as good as the
/// first cell's, the default settings. `None` where that one failed or no motion was measured.
pub fn best_moving_cell(cells: &[CellResult]) -> Option<&CellResult> {
    let default = cells.first()?;
    as_good_cells(cells)
        .filter_map(|cell| Some((cell, motion_error(default, cell)?)))
        .min_by(|a, b| a.1.total_cmp(&b.1).then(a.0.network_calls.cmp(&b.0.network_calls)))
        .map(|(cell, _)| cell)
}

/// How far the motion of a cell is from the reference: the mean distance over all measures of the first cell, each in
/// units of half that cell's interval and no more than 10, which is also what a measure counts that the cell does not
/// support. `None` where no motion was measured.
pub fn motion_error(default: &CellResult, cell: &CellResult) -> Option<f64> {
    /// A measure counts so much at most.
    const MOST: f64 = 10.0;
    let (of_default, motion) = (&default.quality.as_ref()?.motion, &cell.quality.as_ref()?.motion);
    let errors: Vec<f64> = of_default
        .iter()
        .map(|row| match motion.iter().find(|other| other.name == row.name) {
            Some(other) => {
                let unit = 0.5 * (row.samples.high - row.samples.low);
                let error = (other.samples.value - row.reference).abs() / unit;
                if error.is_finite() { error.min(MOST) } else { MOST }
            }
            None => MOST,
        })
        .collect();
    (!errors.is_empty()).then(|| errors.iter().sum::<f64>() / errors.len() as f64)
}

/// The cells whose divergence and chemistry are as good as the first one's.
fn as_good_cells(cells: &[CellResult]) -> impl Iterator<Item = &CellResult> {
    let weighted = is_weighted(cells);
    let limits = cells.first().and_then(|default| {
        let limit = mean_divergence(default, weighted)?.samples.high;
        Some((default, limit, default.quality.as_ref()?.intact - INTACT_LOSS))
    });
    cells.iter().filter(move |cell| {
        limits.is_some_and(|(default, limit, intact)| {
            let value = mean_divergence(cell, weighted).map_or(f64::INFINITY, |d| d.samples.value);
            cell.quality.as_ref().is_some_and(|quality| quality.intact >= intact)
                && (value <= limit || std::ptr::eq(*cell, default))
        })
    })
}

fn moves_as_well(default: &CellResult, cell: &CellResult) -> bool {
    let (Some(of_default), Some(of_cell)) = (&default.quality, &cell.quality) else { return false };
    of_default.motion.iter().all(|row| {
        let Interval { value, low, high } = row.samples;
        of_cell.motion.iter().any(|other| {
            let now = other.samples.value;
            let closer = (now - row.reference).abs() <= (value - row.reference).abs();
            other.name == row.name && ((low..=high).contains(&now) || closer)
        })
    })
}
