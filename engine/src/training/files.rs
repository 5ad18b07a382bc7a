//! Names of the files in the folder of a training.

use crate::transport::presets::PRESETS_FILE;

/// Name of the checkpoint in the run's folder.
pub const CHECKPOINT_FILE: &str = "checkpoint.safetensors";
/// Name of the newest model (averaged weights) in the run's folder.
pub const MODEL_FILE: &str = "model.safetensors";
/// Name of the model with the lowest validation loss.
pub const BEST_MODEL_FILE: &str = "best.safetensors";
/// Name of the log in the run's folder.
pub const LOG_FILE: &str = "log.csv";
/// Name of the request, as it was carried out, in the run's folder.
pub const SETTINGS_FILE: &str = "train.json";

/// What a run replaces in its folder.
pub(super) const OWN_FILES: [&str; 6] =
    [CHECKPOINT_FILE, BEST_MODEL_FILE, MODEL_FILE, LOG_FILE, SETTINGS_FILE, PRESETS_FILE];
