//! The import itself: the usable frames of all files, one after the other, into a store.

use std::collections::HashSet;
use std::io::Read;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{ImportError, ImportProgress, ImportReport, ImportRequest};
use crate::regular_file;
use crate::structure::{ReadOptions, read_topology_map_with};
use crate::trajectory::canonical::{CanonicalFrames, FrameSelection, Step};
use crate::trajectory::error::TrajectoryError;
use crate::trajectory::source::TrajectorySource;
use crate::trajectory::store::{STORE_VERSION, SourceFile, StoreMetadata, StoreWriter};
use crate::trajectory::survey::check_selection;

/// Reads all trajectories into one store. Memory stays at one frame however large they are. `progress` is
/// asked after every frame whether to go on.
///
/// # Errors
/// If the request, the topology, a trajectory or the output cannot be used, or `progress` breaks off. Then
/// the output is as it was before.
pub fn import(
    request: &ImportRequest,
    progress: &mut dyn FnMut(ImportProgress) -> ControlFlow<()>,
) -> Result<ImportReport, ImportError> {
    check_request(request)?;
    let options = ReadOptions { chain: request.chain.clone(), longest_segment: request.longest_segment };
    let map = read_topology_map_with(&request.topology, &options)?;
    let map = Arc::new(map);
    let sources = request.trajectories.iter();
    let sources = sources.map(|path| TrajectorySource { path: path.clone(), map: map.clone() }).collect();
    let selection =
        FrameSelection { stride: request.stride, skip_ps: request.skip_ps, interval_ps: request.interval_ps };
    let mut frames = CanonicalFrames::open(sources, selection)?;
    let interval_ps = frames.interval_ps();

    let mut metadata = StoreMetadata {
        version: STORE_VERSION,
        name: map.topology.name.clone(),
        chain_id: map.topology.chain_id.clone(),
        residues: map.topology.residues().to_vec(),
        interval_ps,
        sources: request.trajectories.iter().map(|path| empty_source(path)).collect(),
        positions_crc32: u32::MAX,
        created_by: concat!("EquiJump ", env!("CARGO_PKG_VERSION")).to_owned(),
        in_equilibrium: request.in_equilibrium,
        made_by_model: request.made_by_model,
    };
    let mut writer = StoreWriter::create(&request.output, &metadata, request.overwrite)?;
    let mut latest = None;
    loop {
        let frames_in_file = frames.frames_in_source();
        if let Some(source) = metadata.sources.get_mut(frames.source()) {
            source.frames_in_file = source.frames_in_file.max(frames_in_file);
        }
        let at = ImportProgress {
            source: frames.source().min(request.trajectories.len() - 1),
            frames_done: frames.frames_passed(),
            frames_total: frames.frames_in_files(),
        };
        if progress(at).is_break() {
            return Err(ImportError::Cancelled);
        }
        match frames.step()? {
            Step::Frame => {
                let frame = frames.frame();
                metadata.sources[frame.source].frames_stored += 1;
                if latest != Some(frame.trajectory) {
                    writer.start_trajectory(frame.source, frame.time_ps);
                    latest = Some(frame.trajectory);
                }
                writer.push(frame.positions_angstrom)?;
            }
            Step::Passed => {}
            Step::End => break,
        }
    }
    let notices: Vec<String> = map.notices.iter().chain(frames.notices()).cloned().collect();
    if writer.frames() == 0 {
        return Err(ImportError::NothingUsable { notices: frames.notices().to_vec() });
    }
    for (source, path) in metadata.sources.iter_mut().zip(&request.trajectories) {
        (source.bytes, source.crc32) = checksum(path).map_err(TrajectoryError::io("read", path))?;
    }
    let counts = frames.counts();
    Ok(ImportReport {
        name: map.topology.name.clone(),
        residues: map.topology.residue_count(),
        atoms: map.topology.atom_count(),
        interval_ps,
        frames: writer.frames(),
        trajectories: writer.trajectories(),
        frames_not_finite: counts.not_finite,
        frames_damaged: counts.damaged,
        frames_broken: counts.broken,
        frames_made_whole: counts.made_whole,
        notices,
        bytes: writer.finish(metadata)?,
    })
}

fn check_request(request: &ImportRequest) -> Result<(), ImportError> {
    if request.trajectories.is_empty() {
        return Err(ImportError::Request("name at least one trajectory file to import"));
    }
    let place = |path: &Path| std::fs::canonicalize(path).ok();
    let inputs: Vec<Option<PathBuf>> = request.trajectories.iter().map(|path| place(path)).collect();
    if let Some(output) = place(&request.output)
        && (inputs.contains(&Some(output.clone())) || place(&request.topology) == Some(output))
    {
        return Err(ImportError::Request(
            "the store would replace a file that it is made from: choose another name for it",
        ));
    }
    let mut seen = HashSet::new();
    if inputs.iter().flatten().any(|input| !seen.insert(input)) {
        return Err(ImportError::Request("the same trajectory is named twice: name each once"));
    }
    check_selection(request.stride, request.skip_ps, request.interval_ps)
}

fn empty_source(path: &Path) -> SourceFile {
    SourceFile { path: path.display().to_string(), bytes: 0, crc32: 0, frames_in_file: 0, frames_stored: 0 }
}

/// CRC-32 of a file.
///
/// # Errors
/// When it cannot be read.
pub fn file_crc32(path: &Path) -> std::io::Result<u32> {
    checksum(path).map(|(_, crc32)| crc32)
}

/// Length and CRC-32 of a file.
pub(crate) fn checksum(path: &Path) -> std::io::Result<(u64, u32)> {
    let mut file = regular_file::open(path)?;
    let mut crc = flate2::Crc::new();
    let mut buffer = vec![0; 1 << 20];
    let mut bytes = 0;
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok((bytes, crc.sum()));
        }
        bytes += read as u64;
        crc.update(&buffer[..read]);
    }
}
