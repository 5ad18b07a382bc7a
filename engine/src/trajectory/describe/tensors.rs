//! Stores, models and run states, which are all safetensors files told apart by their metadata.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use safetensors::tensor::Metadata;

use super::{DescribeError, FileContent, ForeignTensors, ModelInfo, RunStateInfo, StoreInfo, protein_info};
use crate::trajectory::error::TrajectoryError;
use crate::trajectory::run_state::{METADATA_KEY as RUN_KEY, RunState};
use crate::trajectory::store::{METADATA_KEY as STORE_KEY, TrajectoryStore};
use crate::trust;
use crate::{regular_file, sealed_file};

/// No header is longer, bytes.
const LONGEST_HEADER: u64 = 100_000_000;

/// Larger files are no models and no checkpoints.
const MOST_BYTES: u64 = 1 << 34;

/// Layouts of ours begin so.
const FORMAT_PREFIX: &str = "equijump-";

/// Whether the first bytes are those of a safetensors file: the length of a JSON object, then the object.
pub(super) fn looks_like_tensors(head: &[u8], bytes: u64) -> bool {
    let Some(Ok(length)) = head.get(..8).map(<[u8; 8]>::try_from) else { return false };
    let length = u64::from_le_bytes(length);
    head.get(8) == Some(&b'{') && length < bytes
}

pub(super) fn describe_tensors(path: &Path) -> Result<FileContent, DescribeError> {
    let file = regular_file::open(path).map_err(TrajectoryError::io("open", path))?;
    let foreign = |source| DescribeError::ForeignTensors { path: path.to_path_buf(), source };
    let header = header_of(&file).map_err(TrajectoryError::io("read", path))?.map_err(foreign)?;
    let metadata = header.metadata().clone().unwrap_or_default();
    if metadata.contains_key(STORE_KEY) {
        return Ok(FileContent::Store(describe_store(&TrajectoryStore::open(path)?)));
    }
    if metadata.contains_key(RUN_KEY) {
        return Ok(FileContent::RunState(describe_state(RunState::load(path)?)));
    }
    let format_of = |metadata: &HashMap<String, String>| {
        metadata
            .get("format")
            .filter(|format| format.starts_with(FORMAT_PREFIX))
            .cloned()
            .ok_or_else(|| foreign(ForeignTensors::Layout))
    };
    format_of(&metadata)?;
    // Only now, since a store is checked, and never read as a whole, while it is opened.
    let bytes = regular_file::read(path, MOST_BYTES).map_err(TrajectoryError::io("read", path))?;
    // All from one reading: another file may lie here by now.
    let (metadata, tensors) =
        sealed_file::open(&bytes, &["format", "config", "card", "state", trust::METADATA_KEY])
            .map_err(|error| foreign(error.into()))?;
    let format = format_of(&metadata)?;
    let mut tensors = tensors.tensors();
    // Told by an entry of their own; they are no weights.
    tensors.retain(|(name, _)| !name.starts_with(trust::TENSOR_PREFIX));
    let mut entries: Vec<_> =
        metadata.into_iter().filter(|(key, _)| key != "format" && key != "file_crc32").collect();
    entries.sort();
    let description = entries
        .into_iter()
        .map(|(key, text)| {
            let value = serde_json::from_str(&text).unwrap_or(serde_json::Value::String(text));
            (key, value)
        })
        .collect();
    Ok(FileContent::Model(ModelInfo {
        format,
        numbers: tensors.iter().map(|(_, tensor)| tensor.shape().iter().product::<usize>()).sum(),
        tensors: tensors.len(),
        description,
    }))
}

/// The header of a safetensors file: the length of a JSON object, then the object; or what is wrong with it.
fn header_of(mut file: &File) -> io::Result<Result<Metadata, ForeignTensors>> {
    let file_bytes = file.metadata()?.len();
    let mut length = [0; 8];
    file.read_exact(&mut length)?;
    let length = u64::from_le_bytes(length);
    let Some(data_bytes) = file_bytes.checked_sub(8).and_then(|rest| rest.checked_sub(length)) else {
        return Ok(Err(ForeignTensors::HeaderCutOff));
    };
    let mut json = Vec::new();
    file.take(length.min(LONGEST_HEADER)).read_to_end(&mut json)?;
    Ok(match serde_json::from_slice::<Metadata>(&json) {
        Ok(header) if header.data_len() as u64 == data_bytes => Ok(header),
        Ok(_) => Err(ForeignTensors::OtherLength),
        Err(error) => Err(ForeignTensors::Header(error)),
    })
}

fn describe_store(store: &TrajectoryStore) -> StoreInfo {
    let metadata = store.metadata();
    let steps = store.frame_count().saturating_sub(store.trajectory_count());
    StoreInfo {
        name: metadata.name.clone(),
        protein: protein_info(store.topology()),
        frames: store.frame_count(),
        trajectories: store.trajectory_count(),
        interval_ps: store.interval_ps(),
        total_ps: steps as f64 * store.interval_ps(),
        in_equilibrium: metadata.in_equilibrium,
        made_by_model: metadata.made_by_model,
        sources: metadata.sources.clone(),
        created_by: metadata.created_by.clone(),
    }
}

fn describe_state(state: RunState) -> RunStateInfo {
    RunStateInfo {
        replicas: state.replicas_angstrom.len(),
        atoms: state.replicas_angstrom.first().map_or(0, Vec::len),
        frame: state.frame,
        seed: state.seed,
        settings: state.settings,
    }
}
