//! Checkpoints: everything a run needs to go on as if it had never stopped.

use std::collections::HashMap;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use safetensors::SafeTensors;
use serde::{Deserialize, Serialize};

use crate::atomic_file::write_atomically;
use crate::brief::brief;
use crate::network::model::{flat_views, read_flat};
use crate::network::{NetworkConfig, ParameterLayout};

use super::optimizer::Optimizer;
use super::{TrainError, TrainSettings};

const FORMAT: &str = "equijump-checkpoint-1";

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
    /// Reads the state alone, whatever the size of the network beside it.
    ///
    /// # Errors
    /// [`TrainError::Checkpoint`] when it is missing, damaged, or of another kind.
    pub fn load(path: &Path) -> Result<Self, TrainError> {
        let bad = |reason: String| TrainError::Checkpoint { path: path.to_owned(), reason };
        let metadata = read_metadata(path).map_err(|e| bad(e.to_string()))?;
        state_of(&metadata).map_err(bad)
    }
}

/// The metadata of a safetensors file, without its tensors: a length of 8 bytes, and as much JSON.
fn read_metadata(path: &Path) -> std::io::Result<HashMap<String, String>> {
    /// More than any header of ours, less than what a damaged length could ask for.
    const LONGEST: u64 = 100_000_000;
    #[derive(Deserialize)]
    struct Header {
        #[serde(rename = "__metadata__", default)]
        metadata: HashMap<String, String>,
    }
    let mut file = File::open(path)?;
    let mut length = [0u8; 8];
    file.read_exact(&mut length)?;
    let mut json = Vec::new();
    file.take(u64::from_le_bytes(length).min(LONGEST)).read_to_end(&mut json)?;
    Ok(serde_json::from_slice::<Header>(&json)?.metadata)
}

/// The state among the metadata of a file.
fn state_of(metadata: &HashMap<String, String>) -> Result<CheckpointState, String> {
    if metadata.get("format").map(String::as_str) != Some(FORMAT) {
        return Err(format!("it is not a checkpoint of the format {FORMAT}"));
    }
    let state = metadata.get("state").ok_or("it has no state entry")?;
    let state: CheckpointState =
        serde_json::from_str(state).map_err(|e| format!("its state cannot be read ({})", brief(e)))?;
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
        let metadata = HashMap::from([("format".to_owned(), FORMAT.to_owned()), ("state".to_owned(), json)]);
        let bytes =
            safetensors::serialize(views, Some(metadata)).map_err(|e| io(std::io::Error::other(e)))?;
        write_atomically(path, &bytes).map_err(io)
    }

    /// Reads a checkpoint.
    ///
    /// # Errors
    /// [`TrainError::Checkpoint`] when it is missing, damaged, or of another kind.
    pub fn load(path: &Path) -> Result<Self, TrainError> {
        let bad = |reason: String| TrainError::Checkpoint { path: path.to_owned(), reason };
        let bytes = std::fs::read(path).map_err(|e| bad(e.to_string()))?;
        let (_, header) = SafeTensors::read_metadata(&bytes).map_err(|e| bad(brief(e)))?;
        let state = state_of(&header.metadata().clone().unwrap_or_default()).map_err(bad)?;
        let tensors = SafeTensors::deserialize(&bytes).map_err(|e| bad(brief(e)))?;
        let layout = ParameterLayout::new(&state.network);
        let read = |prefix: &str| read_flat(&layout, &tensors, prefix).map_err(bad);
        let parameters = read("weights.")?;
        let optimizer =
            Optimizer { ema: read("ema.")?, m: read("first_moment.")?, v: read("second_moment.")? };
        Ok(Self { state, parameters, optimizer })
    }
}
