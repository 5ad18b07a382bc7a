//! Streams frames into a store: memory does not grow with their number.

use std::io::{BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde_json::json;

use super::{METADATA_KEY, StoreError, StoreMetadata};
use crate::atomic_file::AtomicFile;

/// Positions start at a multiple of this, so that the mapped `f32` are aligned and frames start on pages.
const DATA_ALIGNMENT: usize = 4096;
/// Room for what the final header has more than the provisional one: longer numbers.
const HEADER_RESERVE: usize = 2048;
/// Longest decimal number of a source's counts and checksum, for the reserve.
const RESERVE_PER_SOURCE: usize = 64;
/// Bytes gathered before they go to the file.
const BUFFER_BYTES: usize = 1 << 20;

/// A trajectory of the store: an unbroken sequence at one interval.
#[derive(Clone, Copy, Debug)]
struct Stretch {
    first_frame: usize,
    first_time_ps: f64,
    source: usize,
}

/// A store being written. Nothing stands under its name before [`StoreWriter::finish`].
pub(crate) struct StoreWriter {
    path: PathBuf,
    output: BufWriter<FileSlot>,
    header_bytes: usize,
    atoms: usize,
    frames: usize,
    stretches: Vec<Stretch>,
    crc: flate2::Crc,
}

/// Lets a [`BufWriter`] own the atomic file.
struct FileSlot(AtomicFile);

impl Write for FileSlot {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.file()?.write(bytes)
    }
    fn flush(&mut self) -> std::io::Result<()> {
        self.0.file()?.flush()
    }
}

impl Seek for FileSlot {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.0.file()?.seek(to)
    }
}

impl StoreWriter {
    /// Starts a store. `provisional` must have all sources already, with whatever numbers.
    pub(crate) fn create(
        path: &Path,
        provisional: &StoreMetadata,
        overwrite: bool,
    ) -> Result<Self, StoreError> {
        let file = AtomicFile::create(path, overwrite).map_err(StoreError::io("create", path))?;
        let atoms = provisional.topology().atom_count();
        let json = header(provisional, 0, atoms, 0)
            .map_err(|error| StoreError::io("describe", path)(error.into()))?;
        let needed = 8 + json.len() + HEADER_RESERVE + RESERVE_PER_SOURCE * provisional.sources.len();
        let header_bytes = needed.next_multiple_of(DATA_ALIGNMENT);
        let mut output = BufWriter::with_capacity(BUFFER_BYTES, FileSlot(file));
        output.seek(SeekFrom::Start(header_bytes as u64)).map_err(StoreError::io("write", path))?;
        Ok(Self {
            path: path.to_path_buf(),
            output,
            header_bytes,
            atoms,
            frames: 0,
            stretches: Vec::new(),
            crc: flate2::Crc::new(),
        })
    }

    /// Begins a new trajectory with the next frame.
    pub(crate) fn start_trajectory(&mut self, source: usize, first_time_ps: f64) {
        self.stretches.push(Stretch { first_frame: self.frames, first_time_ps, source });
    }

    /// Appends a frame in canonical order.
    pub(crate) fn push(&mut self, positions_angstrom: &[[f32; 3]]) -> Result<(), StoreError> {
        debug_assert_eq!(positions_angstrom.len(), self.atoms);
        let bytes: &[u8] = bytemuck::cast_slice(positions_angstrom);
        self.crc.update(bytes);
        self.output.write_all(bytes).map_err(StoreError::io("write", &self.path))?;
        self.frames += 1;
        Ok(())
    }

    /// Frames so far.
    pub(crate) fn frames(&self) -> usize {
        self.frames
    }

    /// Trajectories so far.
    pub(crate) fn trajectories(&self) -> usize {
        self.stretches.len()
    }

    /// Completes the store and gives it its name; returns its length in bytes.
    pub(crate) fn finish(mut self, mut metadata: StoreMetadata) -> Result<u64, StoreError> {
        metadata.positions_crc32 = self.crc.sum();
        let path = self.path.clone();
        let write = StoreError::io("write", &path);
        let result = (|| {
            let ends = self.stretches.iter().skip(1).map(|s| s.first_frame).chain([self.frames]);
            for (stretch, end) in self.stretches.iter().zip(ends) {
                for k in 0..end - stretch.first_frame {
                    let time_ps = stretch.first_time_ps + k as f64 * metadata.interval_ps;
                    self.output.write_all(&time_ps.to_le_bytes())?;
                }
            }
            let starts = self.stretches.iter().map(|s| s.first_frame).chain([self.frames]);
            for number in starts.chain(self.stretches.iter().map(|s| s.source)) {
                self.output.write_all(&(number as i64).to_le_bytes())?;
            }
            let length = self.output.stream_position()?;

            let mut json = header(&metadata, self.frames, self.atoms, self.stretches.len())?;
            let room = self.header_bytes - 8;
            if json.len() > room {
                return Err(std::io::Error::other("the description outgrew the room kept for it"));
            }
            json.resize(room, b' ');
            self.output.seek(SeekFrom::Start(0))?;
            self.output.write_all(&(room as u64).to_le_bytes())?;
            self.output.write_all(&json)?;
            self.output.flush()?;
            Ok(length)
        })();
        let length = result.map_err(write)?;
        let FileSlot(file) =
            self.output.into_inner().map_err(|e| StoreError::io("write", &path)(e.into_error()))?;
        file.commit().map_err(StoreError::io("finish", &path))?;
        Ok(length)
    }
}

/// The safetensors header.
fn header(
    metadata: &StoreMetadata,
    frames: usize,
    atoms: usize,
    trajectories: usize,
) -> Result<Vec<u8>, serde_json::Error> {
    let mut at = 0;
    let mut tensor = |dtype: &str, shape: &[usize], bytes: usize| {
        let start = at;
        at += bytes * shape.iter().product::<usize>();
        json!({ "dtype": dtype, "shape": shape, "data_offsets": [start, at] })
    };
    serde_json::to_vec(&json!({
        "__metadata__": { METADATA_KEY: serde_json::to_string(metadata)? },
        "positions": tensor("F32", &[frames, atoms, 3], 4),
        "times_ps": tensor("F64", &[frames], 8),
        "trajectory_start": tensor("I64", &[trajectories + 1], 8),
        "trajectory_source": tensor("I64", &[trajectories], 8),
    }))
}
