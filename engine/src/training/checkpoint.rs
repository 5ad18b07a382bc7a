//! Checkpoints: everything a run needs to go on as if it had never stopped.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::atomic_file::write_atomically;
use crate::brief::printable;
use crate::network::model::{flat_views, read_flat};
use crate::network::{NetworkConfig, ParameterLayout};
use crate::{regular_file, sealed_file};

use super::optimizer::Optimizer;
use super::{CheckpointProblem, TrainError, TrainSettings};

const FORMAT: &str = "equijump-checkpoint-1";
/// Entries of the metadata, the checksum aside.
const KEYS: [&str; 2] = ["format", "state"];
/// Larger files are no checkpoints, which hold each weight four times.
const MOST_BYTES: u64 = 1 << 34;

/// What is kept beside the tensors.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CheckpointState {
    /// Steps done; with the seed it fixes all later draws.
    pub step: u64,
    /// Best validation loss so far.
    pub best_validation: Option<f64>,
    /// Name on the model's card.
    #[serde(default)]
    pub name: String,
    /// Network of the run.
    pub network: NetworkConfig,
    /// Settings of the run.
    pub settings: TrainSettings,
    /// Checksums of the positions in each store; none in checkpoints made before they were kept.
    #[serde(default)]
    pub store_checksums: Vec<u32>,
}

impl CheckpointState {
    /// Reads the state alone. The whole file is compared with its checksum all the same.
    ///
    /// # Errors
    /// [`TrainError::Checkpoint`] when it is missing, damaged, or of another kind.
    pub fn load(path: &Path) -> Result<Self, TrainError> {
        let bytes = read(path)?;
        let (metadata, _) = sealed_file::open(&bytes, &KEYS).map_err(bad(path))?;
        state_of(&metadata).map_err(bad(path))
    }
}

/// Names the file that something is wrong with.
fn bad<E: Into<CheckpointProblem>>(path: &Path) -> impl Fn(E) -> TrainError {
    move |problem| TrainError::Checkpoint { path: path.to_owned(), source: Box::new(problem.into()) }
}

/// The content of the file.
fn read(path: &Path) -> Result<Vec<u8>, TrainError> {
    regular_file::read(path, MOST_BYTES).map_err(bad(path))
}

/// The state among the metadata of a file.
fn state_of(metadata: &HashMap<String, String>) -> Result<CheckpointState, CheckpointProblem> {
    if metadata.get("format").map(String::as_str) != Some(FORMAT) {
        return Err(CheckpointProblem::Format(FORMAT));
    }
    let state = metadata.get("state").ok_or(CheckpointProblem::NoState)?;
    let mut state: CheckpointState = serde_json::from_str(state)
        .map_err(|reason| CheckpointProblem::Unreadable { part: "state", reason })?;
    state.name = printable(&state.name);
    state.network.check()?;
    Ok(state)
}

/// A run at a point in time.
pub struct Checkpoint {
    /// Step and configuration.
    pub state: CheckpointState,
    /// Flat parameters.
    pub parameters: Vec<f32>,
    /// Moments and average.
    pub optimizer: Optimizer,
}

impl Checkpoint {
    /// Writes the checkpoint, atomically: a crash leaves the earlier one.
    ///
    /// # Errors
    /// [`TrainError::Io`], the disk being full among the reasons.
    pub fn save(
        path: &Path,
        layout: &ParameterLayout,
        state: &CheckpointState,
        parameters: &[f32],
        optimizer: &Optimizer,
    ) -> Result<(), TrainError> {
        let io = |source: std::io::Error| TrainError::Io { path: path.to_owned(), source };
        let mut views = Vec::new();
        for (prefix, flat) in [
            ("weights.", parameters),
            ("ema.", &optimizer.ema),
            ("first_moment.", &optimizer.m),
            ("second_moment.", &optimizer.v),
        ] {
            views.extend(flat_views(layout, flat, prefix).map_err(io)?);
        }
        let json = serde_json::to_string(state).map_err(|e| io(e.into()))?;
        let metadata = BTreeMap::from([("format".to_owned(), FORMAT.to_owned()), ("state".to_owned(), json)]);
        let bytes = sealed_file::to_bytes(&metadata, &views).map_err(io)?;
        write_atomically(path, &bytes).map_err(io)
    }

    /// Reads a checkpoint.
    ///
    /// # Errors
    /// [`TrainError::Checkpoint`] when it is missing, damaged, or of another kind.
    pub fn load(path: &Path) -> Result<Self, TrainError> {
        let bytes = read(path)?;
        let (metadata, tensors) = sealed_file::open(&bytes, &KEYS).map_err(bad(path))?;
        let state = state_of(&metadata).map_err(bad(path))?;
        let layout = ParameterLayout::new(&state.network);
        let read = |prefix: &str| read_flat(&layout, &tensors, prefix).map_err(bad(path));
        let parameters = read("weights.")?;
        let optimizer =
            Optimizer { ema: read("ema.")?, m: read("first_moment.")?, v: read("second_moment.")? };
        Ok(Self { state, parameters, optimizer })
    }
}
