//! The JSON files that runs and trainings keep beside their results.

use std::path::Path;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{DescribeError, FileContent, RunInfo};
use crate::regular_file;
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
    #[serde(default)]
    trust: Value,
}

/// What a run says of how familiar its start was to the model, in a few words; nothing in runs of earlier versions.
fn trust_text(trust: &Value) -> Option<String> {
    match trust {
        Value::String(text) => Some(text.clone()),
        Value::Object(entries) => {
            let (unfamiliar, of) = (entries.get("unfamiliar")?.as_u64()?, entries.get("of")?.as_u64()?);
            Some(format!("{unfamiliar} of {of} residues in surroundings unlike those trained on"))
        }
        _ => None,
    }
}

/// Whether the first bytes are those of a JSON object.
pub(super) fn looks_like_json(head: &[u8], bytes: u64) -> bool {
    head.trim_ascii_start().starts_with(b"{") && bytes < MOST_BYTES
}

pub(super) fn describe_json(path: &Path) -> Result<FileContent, DescribeError> {
    let foreign = || DescribeError::ForeignJson { path: path.to_path_buf() };
    let text = regular_file::read(path, MOST_BYTES).map_err(TrajectoryError::io("read", path))?;
    let value: Value = serde_json::from_slice(&text).map_err(|_| foreign())?;
    if value.get("program").and_then(Value::as_str) == Some("EquiJump") {
        let mut file: RunFile = serde_json::from_value(value).map_err(|_| foreign())?;
        if let Some(text) = trust_text(&file.trust) {
            file.run.insert("trust".to_owned(), Value::String(text));
        }
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
