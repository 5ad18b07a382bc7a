//! The files of a run: one trajectory per replica, and beside them the topology, a description for people
//! and scripts, and the exact state for resuming.
//!
//! Order makes every moment safe to be killed in: trajectories first, then the state, so that they hold at
//! least the frames that the state counts. What they hold beyond is cut off when the run is resumed, and
//! made again, identical.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::structure::{OpenedStructure, write_pdb};
use crate::trajectory::{RunState, TrajectoryFormat, TrajectoryWriter, write_atomically};
use crate::transport::Replica;

use super::description::RunDescription;
use super::request::{ExistingFiles, RunOutput, beside};
use crate::run_lock::{RunLock, remove_partial_files};

/// The state is written no more often than this: bringing it to disk takes longer than a fast frame.
const STATE_INTERVAL: Duration = Duration::from_secs(1);

/// Files of a run, open for writing.
pub(super) struct RunFiles {
    writers: Vec<TrajectoryWriter>,
    description: RunDescription,
    settings: serde_json::Value,
    description_path: PathBuf,
    state_path: PathBuf,
    state_written: Instant,
    state_frame: u64,
    lock: Option<RunLock>,
}

/// Trajectory of one replica: `run.dcd` alone, or `run_r000.dcd` and so on.
pub fn replica_path(path: &Path, replica: usize, replicas: usize) -> PathBuf {
    if replicas == 1 {
        return path.to_owned();
    }
    let digits = (replicas - 1).to_string().len().max(3);
    let extension = path.extension().map(|e| e.to_string_lossy().into_owned()).unwrap_or_default();
    beside(path, &format!("_r{replica:0digits$}.{extension}"))
}

/// What the run is that lies at `path`, and how many frames it has after its start; `None` where there is none.
///
/// # Errors
/// One sentence when its state cannot be read.
pub(super) fn interrupted_run(path: &Path) -> Result<Option<(RunDescription, u64)>, String> {
    let state_path = beside(path, ".state");
    if !state_path.exists() {
        return Ok(None);
    }
    let state = RunState::load(&state_path).map_err(|error| error.to_string())?;
    Ok(Some((described(state.settings, &state_path)?, state.frame)))
}

fn described(settings: serde_json::Value, state_path: &Path) -> Result<RunDescription, String> {
    serde_json::from_value(settings)
        .map_err(|error| format!("{} does not describe a run of this version: {error}", state_path.display()))
}

/// Removes the trajectories of the run that is replaced, where it had other replicas than the new one: beside the new
/// ones they would pass for some of them. Only what its state names is touched.
///
/// # Errors
/// One sentence when another process still writes them.
fn remove_replaced(path: &Path, new: &[PathBuf]) -> Result<(), String> {
    // A state that cannot be read names nothing; it is replaced like the rest.
    let Ok(Some((replaced, _))) = interrupted_run(path) else { return Ok(()) };
    let count = replaced.replicas;
    let old: Vec<PathBuf> = (0..count).map(|replica| replica_path(path, replica, count)).collect();
    // The first file of the new run is locked by its caller.
    let _lock =
        old.first().filter(|first| !new.contains(first)).map(|first| RunLock::take(first)).transpose()?;
    for path in old.iter().filter(|path| !new.contains(path)) {
        // One that was moved away or cannot be removed does no harm to the new run.
        let _ = std::fs::remove_file(path);
    }
    Ok(())
}

impl RunFiles {
    /// Creates the files and writes frame 0, or continues those of an interrupted run and brings `replicas`
    /// to where it stood.
    ///
    /// # Errors
    /// One sentence that names the file.
    pub fn open(
        output: &RunOutput,
        structure: &OpenedStructure,
        description: RunDescription,
        replicas: &mut [Replica],
    ) -> Result<Self, String> {
        TrajectoryFormat::from_path(&output.path).map_err(|error| error.to_string())?;
        let settings = serde_json::to_value(&description).map_err(|error| error.to_string())?;
        let count = replicas.len();
        let mut files = Self {
            writers: Vec::new(),
            settings,
            description_path: beside(&output.path, ".json"),
            state_path: beside(&output.path, ".state"),
            state_written: Instant::now(),
            state_frame: 0,
            lock: None,
            description,
        };
        let trajectories: Vec<PathBuf> =
            (0..count).map(|replica| replica_path(&output.path, replica, count)).collect();
        let topology_path = beside(&output.path, "_topology.pdb");
        let present =
            |paths: &[&PathBuf]| paths.iter().find(|path| path.exists()).map(|path| path.to_path_buf());
        let mut all: Vec<&PathBuf> = trajectories.iter().collect();
        all.extend([&topology_path, &files.description_path, &files.state_path]);

        let start = structure.path.as_deref().and_then(|path| std::fs::canonicalize(path).ok());
        if let Some(path) =
            all.iter().find(|path| start.is_some() && std::fs::canonicalize(path).ok() == start)
        {
            return Err(format!(
                "{} is the structure that the run starts from and would be replaced; choose another name",
                path.display()
            ));
        }
        if output.existing == ExistingFiles::Refuse
            && let Some(path) = present(&all)
        {
            return Err(format!(
                "{} is there already; choose another name, continue the run with --resume, or replace it with --force",
                path.display()
            ));
        }
        if let Some(first) = trajectories.first().filter(|path| path.exists()) {
            files.lock = Some(RunLock::take(first)?);
            for path in [&topology_path, &files.description_path, &files.state_path] {
                remove_partial_files(path);
            }
        }
        if output.existing == ExistingFiles::Overwrite {
            remove_replaced(&output.path, &trajectories)?;
        }
        if output.existing == ExistingFiles::Resume {
            if files.state_path.exists() {
                files.restore(replicas)?;
            } else if let Some(path) = present(&all) {
                return Err(format!(
                    "{} cannot be continued, since {} is not beside it; start anew with --force",
                    path.display(),
                    files.state_path.display()
                ));
            }
        }
        let interval_ps = files.description.frame_interval_ps;
        if files.state_frame > 0 {
            for path in &trajectories {
                let keep = usize::try_from(files.state_frame.saturating_add(1))
                    .map_err(|error| error.to_string())?;
                let (writer, _) =
                    TrajectoryWriter::append(path, &structure.topology, interval_ps, Some(keep))
                        .map_err(|error| error.to_string())?;
                files.writers.push(writer);
            }
        } else {
            // The state of frame 0 comes first, or a kill right here would leave a run that cannot resume.
            files.write_state(replicas)?;
            for (path, replica) in trajectories.iter().zip(&*replicas) {
                // Refusal was decided above, for all files at once.
                let mut writer = TrajectoryWriter::create(path, &structure.topology, interval_ps, true)
                    .map_err(|error| error.to_string())?;
                writer.write_frame(&replica.positions_angstrom, 0.0).map_err(|error| error.to_string())?;
                files.writers.push(writer);
            }
        }
        if let (None, Some(first)) = (&files.lock, trajectories.first()) {
            files.lock = Some(RunLock::take(first)?);
        }
        let mut pdb = Vec::new();
        write_pdb(&structure.topology, &structure.positions_angstrom, &mut pdb)
            .and_then(|()| write_atomically(&topology_path, &pdb))
            .map_err(|error| format!("{} cannot be written: {error}", topology_path.display()))?;
        files.write_description(false)?;
        Ok(files)
    }

    /// The trajectories.
    pub fn trajectories(&self) -> Vec<PathBuf> {
        self.writers.iter().map(|writer| writer.path().to_owned()).collect()
    }

    /// Appends the present frame of every replica.
    pub fn write_frame(&mut self, replicas: &[Replica]) -> Result<(), String> {
        for (writer, replica) in self.writers.iter_mut().zip(replicas) {
            let time_ps = replica.frame as f64 * self.description.frame_interval_ps;
            writer.write_frame(&replica.positions_angstrom, time_ps).map_err(|error| error.to_string())?;
        }
        if self.state_written.elapsed() >= STATE_INTERVAL {
            self.write_state(replicas)?;
        }
        Ok(())
    }

    /// Writes the state and the description as they are at the end of the run, however it ended.
    pub fn close(mut self, replicas: &[Replica], finished: bool) -> Result<(), String> {
        self.write_state(replicas)?;
        self.write_description(finished)
    }

    fn write_state(&mut self, replicas: &[Replica]) -> Result<(), String> {
        let frame = replicas.first().map_or(0, |replica| replica.frame);
        RunState {
            settings: self.settings.clone(),
            seed: self.description.settings.seed,
            frame,
            replicas_angstrom: replicas.iter().map(|replica| replica.positions_angstrom.clone()).collect(),
        }
        .save(&self.state_path)
        .map_err(|error| error.to_string())?;
        self.state_frame = frame;
        self.state_written = Instant::now();
        Ok(())
    }

    fn write_description(&self, finished: bool) -> Result<(), String> {
        let path = &self.description_path;
        let cannot = |error: String| format!("{} cannot be written: {error}", path.display());
        let json = self.description.to_json(self.state_frame, finished, &self.trajectories());
        let mut text = serde_json::to_string_pretty(&json).map_err(|error| cannot(error.to_string()))?;
        text.push('\n');
        write_atomically(path, text.as_bytes()).map_err(|error| cannot(error.to_string()))
    }

    /// Takes over the state of an interrupted run, after making sure that it is the same run.
    fn restore(&mut self, replicas: &mut [Replica]) -> Result<(), String> {
        let state = RunState::load(&self.state_path).map_err(|error| error.to_string())?;
        let interrupted = described(state.settings, &self.state_path)?;
        if let Some(difference) = interrupted.difference(&self.description) {
            return Err(format!(
                "{} belongs to another run: {difference}; repeat the settings of that run or start anew with --force",
                self.state_path.display()
            ));
        }
        let fits = state.replicas_angstrom.len() == replicas.len()
            && state
                .replicas_angstrom
                .iter()
                .zip(&*replicas)
                .all(|(positions, replica)| positions.len() == replica.positions_angstrom.len());
        if !fits {
            return Err(format!("{} holds another number of atoms", self.state_path.display()));
        }
        for (replica, positions_angstrom) in replicas.iter_mut().zip(state.replicas_angstrom) {
            replica.frame = state.frame;
            replica.positions_angstrom = positions_angstrom;
        }
        self.state_frame = state.frame;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replicas_are_numbered_so_that_names_sort() {
        let path = Path::new("out/run.dcd");
        assert_eq!(replica_path(path, 0, 1), path);
        assert_eq!(replica_path(path, 7, 32), Path::new("out/run_r007.dcd"));
        assert_eq!(replica_path(path, 7, 20_000), Path::new("out/run_r00007.dcd"));
    }
}
