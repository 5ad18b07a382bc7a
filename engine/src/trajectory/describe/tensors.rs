//! Stores, models and run states, which are all safetensors files told apart by their metadata.

use std::path::Path;

use memmap2::Mmap;
use safetensors::tensor::SafeTensors;

use super::{DescribeError, FileContent, ModelInfo, RunStateInfo, StoreInfo, protein_info};
use crate::brief::brief;
use crate::trajectory::error::TrajectoryError;
use crate::trajectory::run_state::{METADATA_KEY as RUN_KEY, RunState};
use crate::trajectory::store::{METADATA_KEY as STORE_KEY, TrajectoryStore};
use crate::{regular_file, sealed_file};

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
    // SAFETY: only the header is read, and no reference outlives this function. A file that is shortened
    // meanwhile by another process would end this one with SIGBUS; model files are replaced by renaming.
    let map = unsafe { Mmap::map(&file) }.map_err(TrajectoryError::io("read", path))?;
    let foreign = |reason: String| DescribeError::ForeignTensors { path: path.to_path_buf(), reason };
    let (_, header) = SafeTensors::read_metadata(&map).map_err(|error| foreign(brief(error)))?;
    let metadata = header.metadata().clone().unwrap_or_default();
    if metadata.contains_key(STORE_KEY) {
        return Ok(FileContent::Store(describe_store(&TrajectoryStore::open(path)?)));
    }
    if metadata.contains_key(RUN_KEY) {
        return Ok(FileContent::RunState(describe_state(RunState::load(path)?)));
    }
    let format = metadata
        .get("format")
        .filter(|format| format.starts_with(FORMAT_PREFIX))
        .cloned()
        .ok_or_else(|| foreign("its header names no layout of EquiJump".to_owned()))?;
    // Only now, since for a store it is done while that is opened.
    sealed_file::open(&map, &["format", "config", "card", "state"]).map_err(foreign)?;
    let tensors = header.tensors();
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
        numbers: tensors.values().map(|info| info.shape.iter().product::<usize>()).sum(),
        tensors: tensors.len(),
        description,
    }))
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
