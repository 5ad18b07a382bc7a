//! The files of a run: one trajectory per replica, and beside them the topology, a description for people
//! and scripts, and the exact state for resuming.
//!
//! Order makes every moment safe to be killed in: trajectories first, then the state, so that they hold at
//! least the frames that the state counts. What they hold beyond is cut off when the run is resumed, and
//! made again, identical.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::structure::{OpenedStructure, write_pdb};
use crate::trajectory::{
    RunState, RunStateError, TrajectoryError, TrajectoryFormat, TrajectoryWriter, write_atomically,
};
use crate::transport::Replica;
use crate::transport::presets::presets_path;

use super::description::{RunDescription, RunDifference};
use super::request::{ExistingFiles, ModelSource, RunOutput, beside};
use super::shard::RunPaths;
use crate::atomic_file::{check_replaceable, is_there};
use crate::brief::printable;
use crate::file_error::FileError;
use crate::regular_file;
use crate::remedy::Remedy;
use crate::run_lock::{LockError, RunLock, remove_partial_files};

/// The state is written no more often than this: bringing it to disk takes longer than a fast frame.
const STATE_INTERVAL: Duration = Duration::from_secs(1);
/// Nor more often than this many times as long has passed as it took.
const STATE_REST: u32 = 20;

/// Larger files are no states, which were just read whole.
const MOST_STATE_BYTES: u64 = 1 << 32;
/// Larger files are no topology of a run.
const MOST_TOPOLOGY_BYTES: u64 = 1 << 28;

/// Why the files of a run cannot be written or gone on with.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)] // the messages are the documentation
pub enum OutputError {
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    Lock(#[from] LockError),
    #[error(transparent)]
    Trajectory(#[from] TrajectoryError),
    #[error(transparent)]
    State(#[from] RunStateError),
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// More frames than this machine can count.
    #[error(transparent)]
    Frames(#[from] std::num::TryFromIntError),
    /// The state is of a version that described runs otherwise.
    #[error("{} does not describe a run of this version: {source}", state.display())]
    OtherVersion { state: PathBuf, source: serde_json::Error },
    #[error("{} is of {told} replicas and holds {held}; start a new run", state.display())]
    Replicas { state: PathBuf, told: usize, held: usize },
    #[error("{} is {what} and would be replaced; choose another name", path.display())]
    InUse { path: PathBuf, what: &'static str },
    #[error(
        "{} is there already; choose another name, {}, or {}",
        path.display(),
        Remedy::Continue,
        Remedy::Replace
    )]
    Exists { path: PathBuf },
    #[error("{} cannot be continued, since {} is not beside it; {}", path.display(), state.display(), without_state(sharded))]
    NoState { path: PathBuf, state: PathBuf, sharded: bool },
    #[error(
        "{} belongs to another run: {difference}; repeat the settings of that run, or {}",
        state.display(),
        Remedy::Replace
    )]
    OtherRun { state: PathBuf, difference: RunDifference },
    #[error("{} holds another number of atoms", state.display())]
    Atoms { state: PathBuf },
    #[error("{} is that of another run; choose another name", topology.display())]
    OtherTopology { topology: PathBuf },
}

/// What helps where files have no state beside them.
fn without_state(sharded: &bool) -> String {
    match sharded {
        true => "repeat the division into shards that it was made with, or choose another name".to_owned(),
        false => Remedy::Replace.to_string(),
    }
}

/// Files of a run, open for writing.
pub(super) struct RunFiles {
    writers: Vec<TrajectoryWriter>,
    description: RunDescription,
    settings: serde_json::Value,
    paths: RunPaths,
    notice: Option<String>,
    state_written: Instant,
    state_took: Duration,
    state_frame: u64,
    _lock: RunLock,
}

/// What the run is that lies at `path`, and how many frames it has after its start; `None` where there is none.
///
/// # Errors
/// [`OutputError`] when its state cannot be read.
pub(crate) fn interrupted_run(path: &Path) -> Result<Option<(RunDescription, u64)>, OutputError> {
    let state_path = beside(path, ".state");
    if !is_there(&state_path) {
        return Ok(None);
    }
    let state = RunState::load(&state_path)?;
    Ok(Some((described(&state, &state_path)?, state.frame)))
}

fn described(state: &RunState, state_path: &Path) -> Result<RunDescription, OutputError> {
    let mut run: RunDescription = serde_json::from_value(state.settings.clone())
        .map_err(|source| OutputError::OtherVersion { state: state_path.to_owned(), source })?;
    let held = state.replicas_angstrom.len();
    if run.replicas != held {
        return Err(OutputError::Replicas { state: state_path.to_owned(), told: run.replicas, held });
    }
    run.structure = printable(&run.structure);
    run.model = printable(&run.model);
    Ok(run)
}

/// The files that a run reads, each with what it is: none of them is replaced.
fn files_in_use(structure: &OpenedStructure, model: &ModelSource) -> Vec<(PathBuf, &'static str)> {
    let mut files = Vec::new();
    if let Some(path) = &structure.path {
        files.push((path.clone(), "the structure that the run starts from"));
    }
    if let ModelSource::File(path) = model {
        files.push((path.clone(), "the model that the run uses"));
        files.push((presets_path(path), "the file of presets of the model that the run uses"));
    }
    files.retain_mut(|(path, _)| std::fs::canonicalize(&*path).map(|whole| *path = whole).is_ok());
    files
}

/// Refuses to replace a file that a run reads.
pub(super) fn refuse_files_in_use<'a>(
    structure: &OpenedStructure,
    model: &ModelSource,
    replaced: impl Iterator<Item = &'a PathBuf> + Clone,
) -> Result<(), OutputError> {
    for (used, what) in files_in_use(structure, model) {
        let same = |path: &&PathBuf| std::fs::canonicalize(path).is_ok_and(|path| path == used);
        if let Some(path) = replaced.clone().find(same) {
            return Err(OutputError::InUse { path: path.clone(), what });
        }
    }
    Ok(())
}

/// The trajectories of the run at `path`, as far as its state names them. A state that cannot be read names nothing; it
/// is replaced like the rest.
pub(super) fn old_trajectories(path: &Path, state_path: &Path) -> Vec<PathBuf> {
    if !is_there(state_path) {
        return Vec::new();
    }
    let Ok(state) = RunState::load(state_path) else { return Vec::new() };
    let Ok(replaced) = described(&state, state_path) else { return Vec::new() };
    RunPaths::new(path, replaced.replicas, replaced.shard).trajectories
}

/// Removes the trajectories of the run that is replaced, where it had other replicas than the new one: beside the new
/// ones they would pass for some of them. Only what its state names is touched. Under the lock of the run.
pub(super) fn remove_replaced(old: &[PathBuf], new: &[PathBuf]) {
    let new: HashSet<&PathBuf> = new.iter().collect();
    for path in old.iter().filter(|path| !new.contains(path)) {
        // One that was moved away or cannot be removed does no harm to the new run.
        let _ = std::fs::remove_file(path);
    }
}

impl RunFiles {
    /// Creates the files and writes frame 0, or continues those of an interrupted run and brings `replicas`
    /// to where it stood.
    ///
    /// # Errors
    /// [`OutputError`] names the file.
    pub fn open(
        output: &RunOutput,
        structure: &OpenedStructure,
        model: &ModelSource,
        description: RunDescription,
        replicas: &mut [Replica],
    ) -> Result<Self, OutputError> {
        TrajectoryFormat::from_path(&output.path).map_err(TrajectoryError::from)?;
        let paths = RunPaths::new(&output.path, replicas.len(), description.shard);
        let sharded = description.shard.is_some();
        // Before anything is made or looked for: of two runs that start at once, one finds the other's lock. Shards of
        // one run do not keep each other waiting.
        let lock = RunLock::take(if sharded { &paths.state } else { &output.path })?;
        let settings = serde_json::to_value(&description)?;
        let mut files = Self {
            writers: Vec::new(),
            settings,
            paths: paths.clone(),
            notice: None,
            state_written: Instant::now(),
            state_took: Duration::ZERO,
            state_frame: 0,
            _lock: lock,
            description,
        };
        let RunPaths { trajectories, topology: topology_path, .. } = &paths;
        let mut pdb = Vec::new();
        write_pdb(&structure.topology, &structure.positions_angstrom, &mut pdb)
            .map_err(FileError::write(topology_path))?;
        let present =
            |paths: &[&PathBuf]| paths.iter().find(|path| is_there(path)).map(|path| path.to_path_buf());
        let mut all: Vec<&PathBuf> = trajectories.iter().collect();
        all.extend([&paths.description, &paths.state]);
        if sharded {
            // The other shards have the same; it is written once, and replaced by none of them.
            check_shared_topology(topology_path, &pdb)?;
        } else {
            all.push(topology_path);
        }

        // Those of a run that is replaced with another number of replicas are removed, which is no better.
        let removed = match output.existing {
            ExistingFiles::Overwrite => old_trajectories(&output.path, &paths.state),
            _ => Vec::new(),
        };
        // A run that goes on does not replace its own topology, which may be what was opened.
        let goes_on = matches!(output.existing, ExistingFiles::Resume | ExistingFiles::Extend);
        let replaced = all.iter().copied().filter(|path| !goes_on || *path != topology_path).chain(&removed);
        refuse_files_in_use(structure, model, replaced)?;
        if output.existing == ExistingFiles::Refuse
            && let Some(path) = present(&all)
        {
            return Err(OutputError::Exists { path });
        }
        for path in &all {
            check_replaceable(path).map_err(FileError::write(path))?;
        }
        remove_partial_files(all.iter().copied());
        if output.existing == ExistingFiles::Overwrite {
            remove_replaced(&removed, trajectories);
        }
        if matches!(output.existing, ExistingFiles::Resume | ExistingFiles::Extend) {
            if is_there(&paths.state) || is_there(&paths.backup) {
                files.restore(replicas, output.existing)?;
            } else if let Some(path) = present(&all) {
                return Err(OutputError::NoState { path, state: paths.state.clone(), sharded });
            }
        }
        let interval_ps = files.description.frame_interval_ps;
        if files.state_frame > 0 {
            for path in trajectories {
                let keep = usize::try_from(files.state_frame.saturating_add(1))?;
                let (writer, _) =
                    TrajectoryWriter::append(path, &structure.topology, interval_ps, Some(keep))?;
                files.writers.push(writer);
            }
        } else {
            // The state of frame 0 comes first, or a kill right here would leave a run that cannot resume.
            files.write_state(replicas)?;
            // One of a run that was replaced; where it stays, it does no harm to one that has a state.
            let _ = std::fs::remove_file(&paths.backup);
            for (path, replica) in trajectories.iter().zip(&*replicas) {
                // Refusal was decided above, for all files at once.
                let mut writer = TrajectoryWriter::create(path, &structure.topology, interval_ps, true)?;
                writer.write_frame(&replica.positions_angstrom, 0.0)?;
                files.writers.push(writer);
            }
        }
        if !sharded || !is_there(topology_path) {
            write_atomically(topology_path, &pdb).map_err(FileError::write(topology_path))?;
        }
        files.write_description(false)?;
        Ok(files)
    }

    /// The trajectories.
    pub fn trajectories(&self) -> Vec<PathBuf> {
        self.writers.iter().map(|writer| writer.path().to_owned()).collect()
    }

    /// What the user should know of how the files were opened, once.
    pub fn take_notice(&mut self) -> Option<String> {
        self.notice.take()
    }

    /// Appends the present frame of every replica.
    pub fn write_frame(&mut self, replicas: &[Replica]) -> Result<(), OutputError> {
        for (writer, replica) in self.writers.iter_mut().zip(replicas) {
            let time_ps = replica.frame as f64 * self.description.frame_interval_ps;
            writer.check_in_place()?;
            writer.write_frame(&replica.positions_angstrom, time_ps)?;
        }
        if self.state_written.elapsed() >= STATE_INTERVAL.max(STATE_REST * self.state_took) {
            self.write_state(replicas)?;
        }
        Ok(())
    }

    /// Writes the state and the description as they are at the end of the run, however it ended.
    pub fn close(mut self, replicas: &[Replica], finished: bool) -> Result<(), OutputError> {
        self.write_state(replicas)?;
        let in_place = self.writers.iter().try_for_each(TrajectoryWriter::check_in_place);
        self.write_description(finished && in_place.is_ok())?;
        Ok(in_place?)
    }

    fn write_state(&mut self, replicas: &[Replica]) -> Result<(), OutputError> {
        let started = Instant::now();
        // Trajectories hold at least the frames that the state counts.
        for writer in &mut self.writers {
            writer.flush()?;
        }
        let frame = replicas.first().map_or(0, |replica| replica.frame);
        // After a frame that could not be written to all trajectories, the state before is the one to go on from.
        let written = |writer: &TrajectoryWriter| writer.frame_count() as u64 == frame.saturating_add(1);
        if !self.writers.iter().all(written) {
            return Ok(());
        }
        RunState {
            settings: self.settings.clone(),
            seed: self.description.settings.seed,
            frame,
            replicas_angstrom: replicas.iter().map(|replica| replica.positions_angstrom.clone()).collect(),
        }
        .save(&self.paths.state)?;
        self.state_frame = frame;
        self.state_written = Instant::now();
        self.state_took = started.elapsed();
        Ok(())
    }

    fn write_description(&self, finished: bool) -> Result<(), FileError> {
        self.description.write(&self.paths.description, self.state_frame, finished, &self.trajectories())
    }

    /// Takes over the state of an interrupted run, after making sure that it is the same run.
    fn restore(&mut self, replicas: &mut [Replica], existing: ExistingFiles) -> Result<(), OutputError> {
        let load = |path: &Path| {
            let state = RunState::load(path)?;
            let interrupted = described(&state, path)?;
            Ok::<_, OutputError>((state, interrupted))
        };
        let RunPaths { state: state_path, backup, .. } = &self.paths;
        let (state, interrupted) = match load(state_path) {
            Ok(loaded) => {
                if existing == ExistingFiles::Resume {
                    // One that is known to be good. Without room for it the run goes on as well.
                    let kept = regular_file::read(state_path, MOST_STATE_BYTES)
                        .and_then(|bytes| write_atomically(backup, &bytes));
                    if let Err(error) = kept {
                        log::warn!("{} cannot be written: {error}", backup.display());
                    }
                }
                loaded
            }
            Err(reason) if is_there(backup) => {
                let Ok(loaded) = load(backup) else { return Err(reason) };
                self.notice = Some(format!(
                    "{reason}. The run continues from the state before, {}, at frame {}.",
                    backup.display(),
                    loaded.0.frame
                ));
                loaded
            }
            Err(reason) => return Err(reason),
        };
        if existing == ExistingFiles::Extend {
            self.description.start_crc32 = interrupted.start_crc32;
            self.settings = serde_json::to_value(&self.description)?;
        }
        if let Some(difference) = interrupted.difference(&self.description) {
            return Err(OutputError::OtherRun { state: self.paths.state.clone(), difference });
        }
        let fits = state.replicas_angstrom.len() == replicas.len()
            && state
                .replicas_angstrom
                .iter()
                .zip(&*replicas)
                .all(|(positions, replica)| positions.len() == replica.positions_angstrom.len());
        if !fits {
            return Err(OutputError::Atoms { state: self.paths.state.clone() });
        }
        for (replica, positions_angstrom) in replicas.iter_mut().zip(state.replicas_angstrom) {
            replica.frame = state.frame;
            replica.positions_angstrom = positions_angstrom;
        }
        self.state_frame = state.frame;
        Ok(())
    }
}

/// Refuses a topology that is not the one all shards of the run have.
fn check_shared_topology(path: &Path, expected: &[u8]) -> Result<(), OutputError> {
    if !is_there(path) {
        return Ok(());
    }
    let found = regular_file::read(path, MOST_TOPOLOGY_BYTES).map_err(FileError::read(path))?;
    if found == expected {
        return Ok(());
    }
    Err(OutputError::OtherTopology { topology: path.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::request::replica_path;

    #[test]
    fn replicas_are_numbered_so_that_names_sort() {
        let path = Path::new("out/run.dcd");
        assert_eq!(replica_path(path, 0, 1), path);
        assert_eq!(replica_path(path, 7, 32), Path::new("out/run_r007.dcd"));
        assert_eq!(replica_path(path, 7, 20_000), Path::new("out/run_r00007.dcd"));
    }
}
