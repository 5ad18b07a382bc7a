//! Streams frames into a store: memory does not grow with their number.

use std::collections::BTreeMap;
use std::io::{BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use safetensors::tensor::Dtype;

use super::{METADATA_KEY, StoreError, StoreMetadata};
use crate::atomic_file::AtomicFile;
use crate::sealed_file::{self, Seal};

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
    /// Of the positions.
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
        let begun = header(provisional, 0, atoms, 0).map_err(StoreError::io("describe", path))?;
        let needed = begun.len() + HEADER_RESERVE + RESERVE_PER_SOURCE * provisional.sources.len();
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
            let mut tables = Vec::new();
            let ends = self.stretches.iter().skip(1).map(|s| s.first_frame).chain([self.frames]);
            for (stretch, end) in self.stretches.iter().zip(ends) {
                for k in 0..end - stretch.first_frame {
                    let time_ps = stretch.first_time_ps + k as f64 * metadata.interval_ps;
                    tables.extend(time_ps.to_le_bytes());
                }
            }
            let starts = self.stretches.iter().map(|s| s.first_frame).chain([self.frames]);
            for number in starts.chain(self.stretches.iter().map(|s| s.source)) {
                tables.extend((number as i64).to_le_bytes());
            }
            self.crc.update(&tables);
            self.output.write_all(&tables)?;
            let length = self.output.stream_position()?;

            let mut header = header(&metadata, self.frames, self.atoms, self.stretches.len())?;
            if header.len() > self.header_bytes {
                return Err(std::io::Error::other("the description outgrew the room kept for it"));
            }
            header.resize(self.header_bytes, b' ');
            header[..8].copy_from_slice(&(self.header_bytes as u64 - 8).to_le_bytes());
            Seal::put(&mut header, &self.crc)?;
            self.output.seek(SeekFrom::Start(0))?;
            self.output.write_all(&header)?;
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

/// Length and JSON of the safetensors header.
fn header(
    metadata: &StoreMetadata,
    frames: usize,
    atoms: usize,
    trajectories: usize,
) -> std::io::Result<Vec<u8>> {
    let tensor = |name: &'static str, dtype: Dtype, shape: &[usize]| {
        (name, dtype, shape.to_vec(), dtype.bitsize() / 8 * shape.iter().product::<usize>())
    };
    let metadata = BTreeMap::from([(METADATA_KEY.to_owned(), serde_json::to_string(metadata)?)]);
    sealed_file::header(
        &metadata,
        [
            tensor("positions", Dtype::F32, &[frames, atoms, 3]),
            tensor("times_ps", Dtype::F64, &[frames]),
            tensor("trajectory_start", Dtype::I64, &[trajectories + 1]),
            tensor("trajectory_source", Dtype::I64, &[trajectories]),
        ],
    )
}
