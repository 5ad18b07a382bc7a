//! Saving a run whose frames are only in memory: the files that it would have written meanwhile, so that it can be
//! opened again and gone on with.

use std::path::PathBuf;
use std::sync::Arc;

use crate::atomic_file::{AtomicFile, is_there};
use crate::file_error::FileError;
use crate::run_lock::RunLock;
use crate::session::description::RunDescription;
use crate::session::history::FrameHistory;
use crate::session::job::{Halt, Job, JobContext};
use crate::session::jobs::export::{ExportError, Exported};
use crate::session::lane::Lane;
use crate::session::output::{OutputError, old_trajectories, refuse_files_in_use, remove_replaced};
use crate::session::progress::{ProgressUnit, RateMeter, Report};
use crate::session::request::ModelSource;
use crate::session::shard::RunPaths;
use crate::structure::{OpenedStructure, write_pdb};
use crate::trajectory::{RunState, TrajectoryFormat, TrajectoryWriter, write_atomically};

/// Frames between two looks at the cancel flag and two progress events.
const CHUNK: u64 = 64;

/// A run to write: all replicas, all frames that there are when it is asked for.
#[derive(Clone, Debug)]
pub struct SaveRun {
    /// What the run started from.
    pub structure: OpenedStructure,
    /// The model that made its frames; its file is not replaced.
    pub model: ModelSource,
    /// What decides its frames ([`StartedRun::description`](super::simulate::StartedRun::description)).
    pub description: Arc<RunDescription>,
    /// The frames.
    pub history: Arc<FrameHistory>,
    /// Whether it made all frames that it was asked for.
    pub finished: bool,
    /// The trajectory; its extension (`.dcd`, `.xtc`, `.pdb`) decides the format. The files beside it are those of
    /// [`RunOutput::path`](crate::session::RunOutput::path).
    pub path: PathBuf,
    /// Replace files that are there. Leave it to the save dialog to have asked.
    pub overwrite: bool,
}

impl Job for SaveRun {
    type Update = Report;
    type Output = Exported;
    const LANE: Lane = Lane::Files;

    fn run(self, context: &JobContext<'_, Report>) -> Result<Exported, Halt> {
        save(context, &self)
    }
}

/// Trajectories are written under temporary names and put in their place together; then what tells of them, the state
/// last, so that a state never counts frames that are not there.
fn save(context: &JobContext<'_, Report>, request: &SaveRun) -> Result<Exported, Halt> {
    let SaveRun { structure, history, path, .. } = request;
    let format = TrajectoryFormat::from_path(path)?;
    let paths = RunPaths::new(path, history.replica_count(), None);
    let _lock = RunLock::take(path)?;
    let mut files: Vec<PathBuf> = paths.trajectories.clone();
    files.extend([paths.topology.clone(), paths.description.clone(), paths.state.clone()]);
    refuse_files_in_use(structure, &request.model, files.iter())?;
    if let Some(present) = files.iter().find(|file| !request.overwrite && is_there(file)) {
        return Err(ExportError::Exists { path: present.clone() }.into());
    }
    let removed = if request.overwrite { old_trajectories(path, &paths.state) } else { Vec::new() };
    // It may still grow.
    let frames = history.len();
    let mut partials = Vec::with_capacity(paths.trajectories.len());
    let mut meter = RateMeter::start(ProgressUnit::Frames, 0, Some(frames * paths.trajectories.len() as u64));
    let mut positions = vec![[0.0; 3]; history.atom_count()];
    for (replica, path) in paths.trajectories.iter().enumerate() {
        let mut partial = AtomicFile::create(path, request.overwrite).map_err(FileError::write(path))?;
        let file = partial.file().and_then(|file| file.try_clone()).map_err(FileError::write(path))?;
        let (topology, interval_ps) = (&structure.topology, history.frame_interval_ps());
        let mut writer = TrajectoryWriter::create_in(file, path, format, topology, None, interval_ps)?;
        for frame in 0..frames {
            history
                .read_into(frame, replica, &mut positions)
                .map_err(|source| ExportError::ReadBack { frame, source })?;
            writer.write_frame(&positions, history.time_ps(frame))?;
            meter.advance(1);
            if frame % CHUNK == CHUNK - 1 || frame + 1 == frames {
                context.progress(meter.progress());
                context.check()?;
            }
        }
        drop(writer);
        partials.push(partial);
    }
    for (partial, path) in partials.into_iter().zip(&paths.trajectories) {
        partial.commit().map_err(|source| ExportError::Commit { path: path.clone(), source })?;
    }
    // That of a run that was replaced would be gone on from in place of this one.
    for old in [&paths.backup, &paths.state] {
        let _ = std::fs::remove_file(old);
    }
    remove_replaced(&removed, &paths.trajectories);
    write_beside(request, frames, &paths)?;
    Ok(Exported { frames, files })
}

/// Writes topology, description and state.
fn write_beside(request: &SaveRun, frames: u64, paths: &RunPaths) -> Result<(), OutputError> {
    let SaveRun { structure, history, description, .. } = request;
    let mut pdb = Vec::new();
    write_pdb(&structure.topology, &structure.positions_angstrom, &mut pdb)
        .and_then(|()| write_atomically(&paths.topology, &pdb))
        .map_err(FileError::write(&paths.topology))?;
    let last = frames.saturating_sub(1);
    description.write(&paths.description, last, request.finished, &paths.trajectories)?;
    let replicas_angstrom = (0..history.replica_count())
        .map(|replica| history.read(last, replica))
        .collect::<std::io::Result<Vec<_>>>()
        .map_err(FileError::write(&paths.state))?;
    let settings = serde_json::to_value(&**description)?;
    RunState { settings, seed: description.settings.seed, frame: last, replicas_angstrom }
        .save(&paths.state)?;
    Ok(())
}
