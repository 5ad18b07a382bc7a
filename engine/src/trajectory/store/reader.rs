//! Opening a store and looking at its frames without loading them.

use std::fs::File;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use safetensors::tensor::{Dtype, Metadata};

use super::{FramePairs, METADATA_KEY, NoStore, STORE_VERSION, StoreDamage, StoreError, StoreMetadata};
use crate::brief::printable;
use crate::positioned::read_exact_at;
use crate::regular_file;
use crate::sealed_file::{Seal, SealedFileError};
use crate::structure::Topology;

/// Bytes before the header: its length.
const LENGTH_BYTES: usize = 8;
/// As safetensors has it.
const LONGEST_HEADER: usize = 100_000_000;
/// Bytes read at a time for the checksum.
const BUFFER_BYTES: usize = 1 << 20;

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
    /// Opens a store and compares all of it with its checksum; memory does not grow with its length. Frames are
    /// read from the file as they are looked at.
    ///
    /// # Errors
    /// If the file cannot be opened, is no store, was written by a newer program, contradicts itself, or a bit of
    /// it has changed since the import.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let file = regular_file::open(path).map_err(StoreError::io("open", path))?;
        let state = state_of(&file).map_err(StoreError::io("open", path))?;
        let not_a_store = |source| StoreError::NotAStore { path: path.to_path_buf(), source };
        let damaged = |source| StoreError::Damaged { path: path.to_path_buf(), source };
        let read_at = |range: Range<usize>| -> Result<Vec<u8>, StoreError> {
            let mut bytes = vec![0; range.len()];
            read_exact_at(&file, &mut bytes, range.start as u64).map_err(StoreError::io("read", path))?;
            Ok(bytes)
        };

        let file_bytes = usize::try_from(state.0).map_err(|_| not_a_store(NoStore::TooLong))?;
        let no_header = || not_a_store(NoStore::NoHeader);
        if file_bytes < LENGTH_BYTES {
            return Err(no_header());
        }
        let length = read_at(0..LENGTH_BYTES)?.try_into().map(u64::from_le_bytes).unwrap_or(u64::MAX);
        let header_bytes = usize::try_from(length)
            .ok()
            .filter(|&length| length <= LONGEST_HEADER && length <= file_bytes - LENGTH_BYTES)
            .ok_or_else(no_header)?;
        let head = read_at(0..LENGTH_BYTES + header_bytes)?;
        let header: Metadata = serde_json::from_slice(&head[LENGTH_BYTES..])
            .map_err(|error| not_a_store(NoStore::Header(error)))?;
        if header.data_len() != file_bytes - head.len() {
            return Err(not_a_store(NoStore::CutOff));
        }
        let text = header
            .metadata()
            .as_ref()
            .and_then(|map| map.get(METADATA_KEY))
            .ok_or_else(|| not_a_store(NoStore::NoProtein))?;
        let version =
            serde_json::from_str::<VersionOnly>(text).map_err(|e| not_a_store(NoStore::Header(e)))?.version;
        if version > STORE_VERSION {
            return Err(StoreError::NewerVersion { path: path.to_path_buf(), found: version });
        }
        let mut metadata: StoreMetadata =
            serde_json::from_str(text).map_err(|e| not_a_store(NoStore::Header(e)))?;
        let entries = header.metadata().clone().unwrap_or_default();
        let seal = Seal::of(&head, &entries, &[METADATA_KEY]).map_err(|error| damaged(error.into()))?;
        metadata.name = printable(&metadata.name);
        metadata.chain_id = printable(&metadata.chain_id);
        let topology = metadata.topology();

        let tensor = |name: &'static str, dtype: Dtype| -> Result<(Vec<usize>, Range<usize>), StoreError> {
            let info = header
                .info(name)
                .filter(|info| info.dtype == dtype)
                .ok_or_else(|| damaged(StoreDamage::NoTensor(name)))?;
            let (start, end) = info.data_offsets;
            let elements = info.shape.iter().try_fold(1, |product: usize, &n| product.checked_mul(n));
            if elements.and_then(|n| n.checked_mul(dtype.bitsize() / 8)) != end.checked_sub(start) {
                return Err(damaged(StoreDamage::TensorLength(name)));
            }
            // Within the file, which is as long as the last tensor's end says.
            let place = start.min(header.data_len())..end.min(header.data_len());
            Ok((info.shape.clone(), head.len() + place.start..head.len() + place.end))
        };
        let (shape, positions) = tensor("positions", Dtype::F32)?;
        let (times_shape, times) = tensor("times_ps", Dtype::F64)?;
        let (_, starts) = tensor("trajectory_start", Dtype::I64)?;
        let (_, sources) = tensor("trajectory_source", Dtype::I64)?;
        let &[frames, atoms, 3] = shape.as_slice() else {
            return Err(damaged(StoreDamage::Shape));
        };
        if atoms == 0 || atoms != topology.atom_count() {
            return Err(damaged(StoreDamage::Atoms));
        }
        if times_shape != [frames] {
            return Err(damaged(StoreDamage::Times));
        }
        let integers = |range: Range<usize>| -> Result<Vec<usize>, StoreError> {
            let integer = |bytes: &[u8]| usize::try_from(i64::from_le_bytes(bytes.try_into().ok()?)).ok();
            Ok(read_at(range)?.chunks_exact(8).map(integer).collect::<Option<_>>().unwrap_or_default())
        };
        let trajectory_start = integers(starts)?;
        let trajectory_source = integers(sources)?;
        let bounds_hold = trajectory_start.first() == Some(&0)
            && trajectory_start.last() == Some(&frames)
            && trajectory_start.is_sorted()
            && trajectory_start.len() == trajectory_source.len() + 1
            && trajectory_source.iter().all(|&source| source < metadata.sources.len());
        if !bounds_hold {
            return Err(damaged(StoreDamage::Trajectories));
        }
        if !(metadata.interval_ps.is_finite() && metadata.interval_ps > 0.0) {
            return Err(damaged(StoreDamage::Interval));
        }
        let store = Self {
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
        };
        match seal {
            Some(seal) => {
                let mut crc = seal.begin(&head);
                store.add_to(&mut crc, head.len()..file_bytes)?;
                seal.check(&crc).map_err(|error| store.damaged(error.into()))?;
            }
            // Stores from before there was a checksum of the whole file have one of the positions.
            None => store.verify()?,
        }
        Ok(store)
    }

    /// Reads all positions again and compares their own checksum, as opening the store has done.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if a bit has changed since the import.
    pub fn verify(&self) -> Result<(), StoreError> {
        let mut crc = flate2::Crc::new();
        self.add_to(&mut crc, self.positions.clone())?;
        if crc.sum() == self.metadata.positions_crc32 {
            return Ok(());
        }
        Err(self.damaged(SealedFileError::Damaged.into()))
    }

    fn add_to(&self, crc: &mut flate2::Crc, range: Range<usize>) -> Result<(), StoreError> {
        let mut buffer = vec![0; BUFFER_BYTES.min(range.len())];
        let mut at = range.start;
        while at < range.end {
            let count = buffer.len().min(range.end - at);
            self.read_at(&mut buffer[..count], at)?;
            crc.update(&buffer[..count]);
            at += count;
        }
        Ok(())
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
        Err(self.damaged(StoreDamage::NoFrame { index, frames: self.frames }))
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
        Err(self.damaged(StoreDamage::Changed))
    }

    fn read_at(&self, bytes: &mut [u8], at: usize) -> Result<(), StoreError> {
        read_exact_at(&self.file, bytes, at as u64).map_err(|error| match error.kind() {
            std::io::ErrorKind::UnexpectedEof => self.damaged(StoreDamage::Shortened),
            _ => StoreError::io("read", &self.path)(error),
        })
    }

    fn damaged(&self, source: StoreDamage) -> StoreError {
        StoreError::Damaged { path: self.path.clone(), source }
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
}

fn state_of(file: &File) -> std::io::Result<(u64, Option<SystemTime>)> {
    let metadata = file.metadata()?;
    Ok((metadata.len(), metadata.modified().ok()))
}

/// Read first, so that a newer layout is told from a broken one.
#[derive(serde::Deserialize)]
struct VersionOnly {
    version: u32,
}
