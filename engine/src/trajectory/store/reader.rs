//! Opening a store and looking at its frames without loading them.

use std::fs::File;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use memmap2::Mmap;
use safetensors::tensor::{Dtype, SafeTensors};

use super::{FramePairs, METADATA_KEY, STORE_VERSION, StoreError, StoreMetadata};
use crate::brief::brief;
use crate::structure::Topology;

/// An open store. Cheap to share between threads behind an [`Arc`].
///
/// Frames are read one by one from their place in the file. A memory map would do the same, but its pages
/// would count as memory of this process until the whole store is there, and a store that another program
/// shortens meanwhile would end this one with SIGBUS instead of an error.
#[derive(Debug)]
pub struct TrajectoryStore {
    path: PathBuf,
    file: File,
    /// Length and time of the last change when the store was opened.
    state: (u64, Option<SystemTime>),
    metadata: StoreMetadata,
    topology: Arc<Topology>,
    frames: usize,
    /// Byte range of `positions` in the file.
    positions: Range<usize>,
    /// Byte range of `times_ps`.
    times: Range<usize>,
    trajectory_start: Vec<usize>,
    trajectory_source: Vec<usize>,
}

impl TrajectoryStore {
    /// Opens a store and checks its header; the frames are read from disk as they are looked at.
    ///
    /// # Errors
    /// If the file cannot be opened, is no store, was written by a newer program, or contradicts itself.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let file = File::open(path).map_err(StoreError::io("open", path))?;
        // SAFETY: the map is only read, and only here, for the header and the few numbers behind the frames.
        let map = unsafe { Mmap::map(&file) }.map_err(StoreError::io("map", path))?;
        let not_a_store = |reason: String| StoreError::NotAStore { path: path.to_path_buf(), reason };
        let damaged =
            |reason: &str| StoreError::Damaged { path: path.to_path_buf(), reason: reason.to_owned() };

        let (header_bytes, header) =
            SafeTensors::read_metadata(&map).map_err(|error| not_a_store(brief(error)))?;
        let text = header
            .metadata()
            .as_ref()
            .and_then(|map| map.get(METADATA_KEY))
            .ok_or_else(|| not_a_store("its header describes no protein".to_owned()))?;
        let version = serde_json::from_str::<VersionOnly>(text).map_err(|e| not_a_store(brief(e)))?.version;
        if version > STORE_VERSION {
            return Err(StoreError::NewerVersion { path: path.to_path_buf(), found: version });
        }
        let metadata: StoreMetadata = serde_json::from_str(text).map_err(|e| not_a_store(brief(e)))?;
        let topology = metadata.topology();

        let tensor = |name: &str, dtype: Dtype| -> Result<(Vec<usize>, Range<usize>), StoreError> {
            let info = header
                .info(name)
                .filter(|info| info.dtype == dtype)
                .ok_or_else(|| damaged(&format!("the tensor `{name}` is missing or of another type")))?;
            let (start, end) = info.data_offsets;
            Ok((info.shape.clone(), 8 + header_bytes + start..8 + header_bytes + end))
        };
        let (shape, positions) = tensor("positions", Dtype::F32)?;
        let (times_shape, times) = tensor("times_ps", Dtype::F64)?;
        let (_, starts) = tensor("trajectory_start", Dtype::I64)?;
        let (_, sources) = tensor("trajectory_source", Dtype::I64)?;
        let &[frames, atoms, 3] = shape.as_slice() else {
            return Err(damaged("`positions` is not [frames, atoms, 3]"));
        };
        if atoms == 0 || atoms != topology.atom_count() {
            return Err(damaged("its residues do not have as many atoms as its frames"));
        }
        if times_shape != [frames] {
            return Err(damaged("there is not one time per frame"));
        }
        let integers = |range: Range<usize>| -> Option<Vec<usize>> {
            map[range]
                .chunks_exact(8)
                .map(|bytes| usize::try_from(i64::from_le_bytes(bytes.try_into().ok()?)).ok())
                .collect()
        };
        let trajectory_start = integers(starts).unwrap_or_default();
        let trajectory_source = integers(sources).unwrap_or_default();
        let bounds_hold = trajectory_start.first() == Some(&0)
            && trajectory_start.last() == Some(&frames)
            && trajectory_start.is_sorted()
            && trajectory_start.len() == trajectory_source.len() + 1
            && trajectory_source.iter().all(|&source| source < metadata.sources.len());
        if !bounds_hold {
            return Err(damaged("the trajectories do not cover its frames"));
        }
        if !(metadata.interval_ps.is_finite() && metadata.interval_ps > 0.0) {
            return Err(damaged("the interval between frames is not a positive time"));
        }
        let state = state_of(&file).map_err(StoreError::io("open", path))?;
        Ok(Self {
            path: path.to_path_buf(),
            file,
            state,
            topology,
            frames,
            positions,
            times,
            trajectory_start,
            trajectory_source,
            metadata,
        })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What the store tells about itself.
    pub fn metadata(&self) -> &StoreMetadata {
        &self.metadata
    }

    /// The protein.
    pub fn topology(&self) -> &Arc<Topology> {
        &self.topology
    }

    /// Number of frames, all trajectories together.
    pub fn frame_count(&self) -> usize {
        self.frames
    }

    /// Time between consecutive frames of a trajectory, ps.
    pub fn interval_ps(&self) -> f64 {
        self.metadata.interval_ps
    }

    /// Positions of frame `index` in canonical order, `[atoms]`, Å, read from the file.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] past the end, and when the file was shortened after it was opened;
    /// [`StoreError::Io`] when the system cannot read it.
    pub fn frame(&self, index: usize) -> Result<Vec<[f32; 3]>, StoreError> {
        let mut positions = vec![[0.0; 3]; self.topology.atom_count()];
        self.read_frame(index, &mut positions)?;
        Ok(positions)
    }

    /// As [`Self::frame`], into `positions` of one entry per atom.
    ///
    /// # Errors
    /// As [`Self::frame`].
    pub fn read_frame(&self, index: usize, positions: &mut [[f32; 3]]) -> Result<(), StoreError> {
        self.check_index(index)?;
        let bytes: &mut [u8] = bytemuck::cast_slice_mut(positions);
        self.read_at(bytes, self.positions.start + index * bytes.len())
    }

    /// Time of frame `index` within its source, ps.
    ///
    /// # Errors
    /// As [`Self::frame`].
    pub fn time_ps(&self, index: usize) -> Result<f64, StoreError> {
        self.check_index(index)?;
        let mut bytes = [0; 8];
        self.read_at(&mut bytes, self.times.start + 8 * index)?;
        Ok(f64::from_le_bytes(bytes))
    }

    fn check_index(&self, index: usize) -> Result<(), StoreError> {
        if index < self.frames {
            return Ok(());
        }
        Err(self.damaged(format!("frame {index} is asked for, counted from 0, of {} frames", self.frames)))
    }

    /// Whether the file is as it was when it was opened. A store that was deleted or replaced under its name
    /// is: what was opened stays readable.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if another program wrote into it.
    pub fn check_unchanged(&self) -> Result<(), StoreError> {
        let now = state_of(&self.file).map_err(StoreError::io("read", &self.path))?;
        if now == self.state {
            return Ok(());
        }
        Err(self.damaged("another program changed it while it was in use".to_owned()))
    }

    fn read_at(&self, bytes: &mut [u8], at: usize) -> Result<(), StoreError> {
        read_exact_at(&self.file, bytes, at as u64).map_err(|error| match error.kind() {
            std::io::ErrorKind::UnexpectedEof => {
                self.damaged("another program shortened it while it was in use".to_owned())
            }
            _ => StoreError::io("read", &self.path)(error),
        })
    }

    fn damaged(&self, reason: String) -> StoreError {
        StoreError::Damaged { path: self.path.clone(), reason }
    }

    /// Number of unbroken trajectories.
    pub fn trajectory_count(&self) -> usize {
        self.trajectory_source.len()
    }

    /// Frames of trajectory `index`.
    ///
    /// # Panics
    /// If `index ≥ trajectory_count()`, as slices do.
    pub fn trajectory(&self, index: usize) -> Range<usize> {
        self.trajectory_start[index]..self.trajectory_start[index + 1]
    }

    /// Which of `metadata().sources` trajectory `index` came from: hold out whole sources, not
    /// trajectories, since those of one source continue each other.
    ///
    /// # Panics
    /// If `index ≥ trajectory_count()`, as slices do.
    pub fn trajectory_source(&self, index: usize) -> usize {
        self.trajectory_source[index]
    }

    /// All pairs of frames `lag_ps` apart within one trajectory, overlapping ones included.
    ///
    /// # Errors
    /// [`StoreError::Lag`] unless the lag is a positive whole multiple of the interval (to 0.1 %).
    pub fn pairs(&self, lag_ps: f64) -> Result<FramePairs, StoreError> {
        let interval_ps = self.interval_ps();
        let ratio = lag_ps / interval_ps;
        let frames = ratio.round();
        if !ratio.is_finite() || frames < 1.0 || (ratio - frames).abs() > 1e-3 * frames {
            return Err(StoreError::Lag { path: self.path.clone(), lag_ps, interval_ps });
        }
        Ok(FramePairs::new(&self.trajectory_start, frames as usize))
    }

    /// Reads all positions and compares their checksum.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if a bit has changed since the import.
    pub fn verify(&self) -> Result<(), StoreError> {
        let mut crc = flate2::Crc::new();
        let mut buffer = vec![0; 1 << 20];
        let mut at = self.positions.start;
        while at < self.positions.end {
            let count = buffer.len().min(self.positions.end - at);
            self.read_at(&mut buffer[..count], at)?;
            crc.update(&buffer[..count]);
            at += count;
        }
        if crc.sum() == self.metadata.positions_crc32 {
            return Ok(());
        }
        Err(self.damaged("the positions do not have the checksum they were written with".to_owned()))
    }
}

fn state_of(file: &File) -> std::io::Result<(u64, Option<SystemTime>)> {
    let metadata = file.metadata()?;
    Ok((metadata.len(), metadata.modified().ok()))
}

/// Reads from a place in the file; threads may do so at once.
#[cfg(unix)]
fn read_exact_at(file: &File, bytes: &mut [u8], at: u64) -> std::io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, at)
}

/// Reads from a place in the file; threads may do so at once.
#[cfg(windows)]
fn read_exact_at(file: &File, mut bytes: &mut [u8], mut at: u64) -> std::io::Result<()> {
    while !bytes.is_empty() {
        match std::os::windows::fs::FileExt::seek_read(file, bytes, at)? {
            0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
            count => {
                bytes = &mut bytes[count..];
                at += count as u64;
            }
        }
    }
    Ok(())
}

/// Read first, so that a newer layout is told from a broken one.
#[derive(serde::Deserialize)]
struct VersionOnly {
    version: u32,
}
