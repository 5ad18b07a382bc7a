//! Every frame of a run, readable at random while the run goes on, in bounded memory: positions lie in an
//! anonymous temporary file that the system deletes with the process, however that ends. The operating
//! system's page cache keeps the frames in use; a 93-atom protein needs 1.1 kB a frame and replica.

use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use super::recorded::RecordedFrames;
use crate::positioned::{read_exact_at, write_all_at};

/// Positions of all frames of a run. One thread appends, any thread reads.
#[derive(Debug)]
pub struct FrameHistory {
    store: Store,
    atoms: usize,
    replicas: usize,
    frame_interval_ps: f64,
    frames: AtomicU64,
}

/// Where the positions lie.
#[derive(Debug)]
enum Store {
    /// In a temporary file of our own, which grows.
    Temporary(File),
    /// In trajectory files that were opened; nothing is copied.
    Recorded(Box<RecordedFrames>),
}

impl FrameHistory {
    /// An empty history in a temporary file.
    ///
    /// # Errors
    /// When no temporary file can be made.
    pub fn create(atoms: usize, replicas: usize, frame_interval_ps: f64) -> io::Result<Self> {
        let file = tempfile::tempfile_in(spill_folder())?;
        let store = Store::Temporary(file);
        Ok(Self { store, atoms, replicas, frame_interval_ps, frames: AtomicU64::new(0) })
    }

    /// The frames of trajectory files, read where they lie.
    pub(super) fn recorded(frames: RecordedFrames, frame_interval_ps: f64) -> Self {
        Self {
            atoms: frames.atom_count(),
            replicas: frames.replica_count(),
            frame_interval_ps,
            frames: AtomicU64::new(frames.frame_count()),
            store: Store::Recorded(Box::new(frames)),
        }
    }

    /// A history of one frame of one replica, in canonical order, Å: a structure as a run.
    ///
    /// # Errors
    /// When no temporary file can be made.
    pub fn of_frame(positions_angstrom: &[[f32; 3]]) -> io::Result<Self> {
        let history = Self::create(positions_angstrom.len(), 1, 1.0)?;
        history.append([positions_angstrom])?;
        Ok(history)
    }

    /// Time between frames, ps.
    pub fn frame_interval_ps(&self) -> f64 {
        self.frame_interval_ps
    }

    /// Whether frames can be appended; those of opened files stay as they are.
    pub fn grows(&self) -> bool {
        matches!(self.store, Store::Temporary(_))
    }

    /// Number of frames, the start structure included.
    pub fn len(&self) -> u64 {
        self.frames.load(Ordering::Acquire)
    }

    /// Whether there is no frame yet.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Atoms of a frame.
    pub fn atom_count(&self) -> usize {
        self.atoms
    }

    /// Replicas of the run.
    pub fn replica_count(&self) -> usize {
        self.replicas
    }

    /// Time of a frame, ps.
    pub fn time_ps(&self, frame: u64) -> f64 {
        frame as f64 * self.frame_interval_ps
    }

    /// Reads one replica of one frame, Å.
    ///
    /// # Errors
    /// When there is no such frame or replica (`InvalidInput`), or reading fails.
    pub fn read(&self, frame: u64, replica: usize) -> io::Result<Vec<[f32; 3]>> {
        let mut positions = vec![[0.0f32; 3]; self.atoms];
        self.read_into(frame, replica, &mut positions)?;
        Ok(positions)
    }

    /// Reads one replica of one frame into `positions_angstrom`, which must hold [`Self::atom_count`]
    /// entries; for going through many frames.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn read_into(
        &self,
        frame: u64,
        replica: usize,
        positions_angstrom: &mut [[f32; 3]],
    ) -> io::Result<()> {
        if frame >= self.len() || replica >= self.replicas || positions_angstrom.len() != self.atoms {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!("the run has no frame {frame} of replica {replica}"),
            ));
        }
        match &self.store {
            Store::Temporary(file) => {
                let bytes = bytemuck::cast_slice_mut(positions_angstrom);
                read_exact_at(file, bytes, self.offset(frame, replica))
            }
            Store::Recorded(frames) => frames.read_into(frame, replica, positions_angstrom),
        }
    }

    /// Appends a frame: one slice per replica.
    pub(super) fn append<'a>(
        &self,
        replicas_angstrom: impl IntoIterator<Item = &'a [[f32; 3]]>,
    ) -> io::Result<()> {
        let Store::Temporary(file) = &self.store else {
            return Err(io::Error::new(io::ErrorKind::Unsupported, "frames of opened files do not grow"));
        };
        let frame = self.frames.load(Ordering::Relaxed);
        for (replica, positions) in replicas_angstrom.into_iter().enumerate() {
            debug_assert_eq!(positions.len(), self.atoms, "positions do not belong to this run");
            write_all_at(file, bytemuck::cast_slice(positions), self.offset(frame, replica))?;
        }
        // Release: whoever sees the new length sees the bytes.
        self.frames.store(frame + 1, Ordering::Release);
        Ok(())
    }

    fn offset(&self, frame: u64, replica: usize) -> u64 {
        let bytes = (self.atoms * size_of::<[f32; 3]>()) as u64;
        (frame * self.replicas as u64 + replica as u64) * bytes
    }
}

/// A folder on disk: `/tmp` is often memory, `/var/tmp` is not.
fn spill_folder() -> PathBuf {
    let var_tmp = PathBuf::from("/var/tmp");
    if cfg!(unix) && std::env::var_os("TMPDIR").is_none() && var_tmp.is_dir() {
        var_tmp
    } else {
        std::env::temp_dir()
    }
}
