//! What a training run left in its folder, as far as it can be told without loading its weights: for going on
//! with it, and for drawing its curves.

use std::collections::HashMap;
use std::path::Path;

use crate::transport::interpolant::TrackLosses;

use super::checkpoint::CheckpointState;
use super::trainer::{CHECKPOINT_FILE, LOG_FILE, SETTINGS_FILE};
use super::{TrainError, TrainRequest};

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

impl EarlierRun {
    /// Reads what is in `folder`. A log that is missing or damaged gives no curves, and is no error.
    ///
    /// # Errors
    /// [`TrainError`] when there is no checkpoint, or it or the settings beside it cannot be read.
    pub fn load(folder: &Path) -> Result<Self, TrainError> {
        let state = CheckpointState::load(&folder.join(CHECKPOINT_FILE))?;
        let path = folder.join(SETTINGS_FILE);
        let text =
            std::fs::read_to_string(&path).map_err(|source| TrainError::Io { path: path.clone(), source })?;
        let request: TrainRequest = serde_json::from_str(&text).map_err(|error| TrainError::Checkpoint {
            path: path.clone(),
            reason: format!("its settings cannot be read ({error})"),
        })?;
        let request = TrainRequest {
            out: folder.to_owned(),
            name: if state.name.is_empty() { request.name } else { state.name },
            network: state.network,
            settings: state.settings,
            ..request
        };
        let log = std::fs::read_to_string(folder.join(LOG_FILE)).unwrap_or_default();
        let mut log = read_log(&log);
        log.retain(|row| row.step <= state.step);
        Ok(Self { request, step: state.step, best_validation: state.best_validation, log })
    }
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
