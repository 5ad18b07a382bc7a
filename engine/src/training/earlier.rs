//! What a training run left in its folder, as far as it can be told without loading its weights: for going on
//! with it, and for drawing its curves.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use crate::atomic_file::is_there;
use crate::regular_file;
use crate::transport::interpolant::TrackLosses;

use super::checkpoint::CheckpointState;
use super::files::{BEST_MODEL_FILE, CHECKPOINT_FILE, LOG_FILE, MODEL_FILE, SETTINGS_FILE};
use super::{CheckpointProblem, TrainError, TrainRequest};

/// A training run in a folder.
#[derive(Clone, Debug, PartialEq)]
pub struct EarlierRun {
    /// What was trained, with the settings of the checkpoint.
    pub request: TrainRequest,
    /// Steps done.
    pub step: u64,
    /// Best loss on held-out pairs so far.
    pub best_validation: Option<f64>,
    /// Its log up to the checkpoint, oldest first.
    pub log: Vec<LogRow>,
}

/// One line of a training log.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LogRow {
    /// Step.
    pub step: u64,
    /// Losses, averaged over the last steps.
    pub losses: TrackLosses,
    /// Losses on held-out pairs, where this step validated. The log tells total, rigid share and the two tracks.
    pub validation: Option<TrackLosses>,
    /// Norm of the gradient before clipping.
    pub gradient_norm: f64,
    /// Learning rate.
    pub learning_rate: f64,
}

/// A run that was begun in a folder.
pub(crate) struct BegunRun {
    /// Where it stands: at step 0 if it was ended before its first checkpoint.
    pub state: CheckpointState,
    /// The model that it starts from, where it does not start from its checkpoint.
    pub init: Option<PathBuf>,
}

impl BegunRun {
    /// Finds the run; `None` where none was begun. One that was ended before its first checkpoint is known by its
    /// settings; the head of its log may lie beside them.
    ///
    /// # Errors
    /// [`TrainError::Checkpoint`] when its checkpoint or settings cannot be read, or a model of it lies there
    /// without the checkpoint: it would be lost if the run began anew.
    pub fn find(folder: &Path) -> Result<Option<Self>, TrainError> {
        let checkpoint = folder.join(CHECKPOINT_FILE);
        if is_there(&checkpoint) {
            return Ok(Some(Self { state: CheckpointState::load(&checkpoint)?, init: None }));
        }
        let settings = folder.join(SETTINGS_FILE);
        if !is_there(&settings) {
            return Ok(None);
        }
        let TrainRequest { name, network, settings, init, .. } = read_settings(&settings)?;
        if [MODEL_FILE, BEST_MODEL_FILE].iter().any(|name| is_there(&folder.join(name))) {
            let problem = CheckpointProblem::ModelAlone { folder: folder.to_owned() };
            return Err(TrainError::Checkpoint { path: checkpoint, source: Box::new(problem) });
        }
        let (best_validation, store_checksums) = (None, Vec::new());
        let state = CheckpointState { step: 0, best_validation, name, network, settings, store_checksums };
        Ok(Some(Self { state, init }))
    }
}

fn read_settings(path: &Path) -> Result<TrainRequest, TrainError> {
    let text =
        regular_file::read_text(path).map_err(|source| TrainError::Io { path: path.to_owned(), source })?;
    serde_json::from_str(&text).map_err(|reason| TrainError::Checkpoint {
        path: path.to_owned(),
        source: Box::new(CheckpointProblem::Unreadable { part: "settings", reason }),
    })
}

impl EarlierRun {
    /// Reads what is in `folder`. A log that is missing or damaged gives no curves, and is no error.
    ///
    /// # Errors
    /// [`TrainError`] when no run was begun there, or its checkpoint or settings cannot be read.
    pub fn load(folder: &Path) -> Result<Self, TrainError> {
        let Some(BegunRun { state, .. }) = BegunRun::find(folder)? else { return Err(no_run(folder)) };
        let request = read_settings(&folder.join(SETTINGS_FILE))?;
        let request = TrainRequest {
            out: folder.to_owned(),
            name: if state.name.is_empty() { request.name } else { state.name },
            network: state.network,
            settings: state.settings,
            ..request
        };
        let log = regular_file::read_text(&folder.join(LOG_FILE)).unwrap_or_default();
        let mut log = read_log(&log);
        log.retain(|row| row.step <= state.step);
        Ok(Self { request, step: state.step, best_validation: state.best_validation, log })
    }
}

/// There is nothing to go on with.
pub(super) fn no_run(folder: &Path) -> TrainError {
    TrainError::Checkpoint { path: folder.join(CHECKPOINT_FILE), source: Box::new(CheckpointProblem::NoRun) }
}

/// The rows of a log that can be read; columns are found by their names.
fn read_log(text: &str) -> Vec<LogRow> {
    let mut lines = text.lines();
    let columns: HashMap<&str, usize> =
        lines.next().unwrap_or_default().split(',').enumerate().map(|(index, name)| (name, index)).collect();
    lines
        .filter_map(|line| {
            let cells: Vec<&str> = line.split(',').collect();
            let number = |column: &str| -> Option<f64> { cells.get(*columns.get(column)?)?.parse().ok() };
            let or_zero = |column: &str| number(column).unwrap_or(0.0);
            Some(LogRow {
                step: cells.get(*columns.get("step")?)?.parse().ok()?,
                losses: TrackLosses {
                    total: number("loss")?,
                    rigid: or_zero("loss_rigid"),
                    positions: or_zero("positions_A2"),
                    vectors: or_zero("vectors_A2"),
                    noise_positions: or_zero("noise_positions_A2"),
                    noise_vectors: or_zero("noise_vectors_A2"),
                },
                validation: number("validation_loss").map(|total| TrackLosses {
                    total,
                    rigid: or_zero("validation_rigid"),
                    positions: or_zero("validation_positions_A2"),
                    vectors: or_zero("validation_vectors_A2"),
                    ..TrackLosses::default()
                }),
                gradient_norm: or_zero("gradient_norm"),
                learning_rate: or_zero("learning_rate"),
            })
        })
        .collect()
}
