//! The JSON files that runs and trainings keep beside their results.

use std::path::Path;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{DescribeError, FileContent, RunInfo};
use crate::trajectory::error::TrajectoryError;

/// Larger files are none of ours.
const MOST_BYTES: u64 = 1 << 20;

/// `run.json`, as the session writes it.
#[derive(Deserialize)]
struct RunFile {
    version: String,
    run: Map<String, Value>,
    frames_after_start: u64,
    finished: bool,
    trajectories: Vec<String>,
}

/// Whether the first bytes are those of a JSON object.
pub(super) fn looks_like_json(head: &[u8], bytes: u64) -> bool {
    head.trim_ascii_start().starts_with(b"{") && bytes < MOST_BYTES
}

pub(super) fn describe_json(path: &Path) -> Result<FileContent, DescribeError> {
    let foreign = || DescribeError::ForeignJson { path: path.to_path_buf() };
    let text = std::fs::read(path).map_err(TrajectoryError::io("read", path))?;
    let value: Value = serde_json::from_slice(&text).map_err(|_| foreign())?;
    if value.get("program").and_then(Value::as_str) == Some("EquiJump") {
        let file: RunFile = serde_json::from_value(value).map_err(|_| foreign())?;
        return Ok(FileContent::Run(RunInfo {
            version: file.version,
            frames: file.frames_after_start.saturating_add(1),
            finished: file.finished,
            trajectories: file.trajectories,
            run: file.run,
        }));
    }
    match value {
        Value::Object(entries) if ["network", "settings"].iter().all(|key| entries.contains_key(*key)) => {
            Ok(FileContent::TrainingSettings { description: entries })
        }
        _ => Err(foreign()),
    }
}
