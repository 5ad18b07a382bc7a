//! Random access to the frames of a DCD file; all frames have one size.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::header::{CELL_BYTES, Endian, Header};
use crate::regular_file::open_regular;
use crate::trajectory::error::TrajectoryError;
use crate::trajectory::format::TrajectoryFormat;
use crate::trajectory::frame::Frame;
use crate::trajectory::malformation::{DcdFrameProblem, DcdHeaderProblem, Malformation};

/// A reader of DCD files: both byte orders, CHARMM and X-PLOR, with and without cells.
#[derive(Debug)]
pub struct DcdReader {
    path: PathBuf,
    file: File,
    header: Header,
    frames: usize,
    tail_bytes: u64,
    buffer: Vec<u8>,
}

impl DcdReader {
    /// Opens a file. The number of frames comes from its length, since the count in the header is stale in
    /// files of killed runs; a cut-off last frame is left out, see [`DcdReader::tail_bytes`].
    ///
    /// # Errors
    /// If the file cannot be read, its header is damaged, or it uses fixed atoms or 64-bit markers.
    pub fn open(path: &Path) -> Result<Self, TrajectoryError> {
        let mut file =
            open_regular(path).map_err(|refused| TrajectoryError::io("open", path)(refused.into()))?;
        let length = file.metadata().map_err(TrajectoryError::io("read", path))?.len();
        if length == 0 {
            return Err(TrajectoryError::malformed(path, Malformation::Empty(TrajectoryFormat::Dcd)));
        }
        let header = Header::read(&mut file, path)?;
        let data_bytes = length - header.bytes.min(length);
        if header.has_other_dimensions(data_bytes) {
            return Err(TrajectoryError::malformed(path, DcdHeaderProblem::OtherDimensions));
        }
        let frames = usize::try_from(data_bytes / header.frame_bytes()).unwrap_or(usize::MAX);
        let mut reader =
            Self { path: path.to_path_buf(), file, header, frames, tail_bytes: 0, buffer: Vec::new() };
        // A machine that crashed while writing may leave blank frames at the end.
        if frames > 0 && !reader.is_marked(frames - 1)? {
            // By bisection: there may be billions of them in a file that takes no room on the disk.
            let (mut sound, mut blank) = (0, frames - 1);
            while sound < blank {
                let middle = sound + (blank - sound) / 2;
                if reader.is_marked(middle)? { sound = middle + 1 } else { blank = middle }
            }
            reader.frames = sound;
        }
        if reader.frames == 0 && frames > 0 {
            return Err(reader.malformed(0, DcdFrameProblem::Length));
        }
        reader.tail_bytes = data_bytes - reader.frames as u64 * reader.header.frame_bytes();
        Ok(reader)
    }

    /// Complete frames.
    pub fn frame_count(&self) -> usize {
        self.frames
    }

    /// Atoms in every frame.
    pub fn atom_count(&self) -> usize {
        self.header.atoms
    }

    /// Time between frames, ps; `None` where the header does not tell.
    pub fn interval_ps(&self) -> Option<f64> {
        self.header.interval_ps()
    }

    /// Time of frame `index`, ps.
    pub fn time_ps(&self, index: usize) -> Option<f64> {
        let offset = f64::from(self.header.first_step) / f64::from(self.header.steps_per_frame.max(1));
        (index < self.frames).then_some(())?;
        Some((index as f64 + offset) * self.header.interval_ps()?)
    }

    /// Dialect and byte order, for people.
    pub fn variant(&self) -> String {
        let dialect = if self.header.charmm { "CHARMM" } else { "X-PLOR" };
        let order = match self.header.endian {
            Endian::Little => "little-endian",
            Endian::Big => "big-endian",
        };
        match self.unitless_program() {
            Some(program) => format!("{dialect}, {order}, written by {program}"),
            None => format!("{dialect}, {order}"),
        }
    }

    /// The program that wrote the file, where it counts time in units that the file does not tell.
    pub fn unitless_program(&self) -> Option<&'static str> {
        self.header.origin.program()
    }

    /// Bytes after the last complete frame; usually 0.
    pub fn tail_bytes(&self) -> u64 {
        self.tail_bytes
    }

    /// Whether a file is of the dialect that we write, so that frames can be appended.
    pub(super) fn is_our_dialect(&self) -> bool {
        let h = &self.header;
        h.endian == Endian::Little
            && h.charmm
            && !h.has_cell
            && !h.has_fourth_dimension
            && h.steps_per_frame == 1
    }

    /// Offset of frame `index` in the file.
    pub(super) fn offset(&self, index: usize) -> u64 {
        self.header.bytes + index as u64 * self.header.frame_bytes()
    }

    /// Reads frame `index` into `frame`, whose buffer is reused.
    ///
    /// # Errors
    /// If there is no such frame, or its record markers are damaged.
    pub fn read_frame(&mut self, index: usize, frame: &mut Frame) -> Result<(), TrajectoryError> {
        if index >= self.frames {
            return Err(TrajectoryError::NoSuchFrame { path: self.path.clone(), index, frames: self.frames });
        }
        // Bounded by the length of the file, since there is at least one frame of this size.
        let bytes = usize::try_from(self.header.frame_bytes())
            .map_err(|_| self.malformed(index, DcdFrameProblem::TooLarge))?;
        self.buffer.resize(bytes, 0);
        let offset = self.offset(index);
        self.file.seek(SeekFrom::Start(offset)).map_err(TrajectoryError::io("read", &self.path))?;
        self.file.read_exact(&mut self.buffer).map_err(TrajectoryError::io("read", &self.path))?;

        let endian = self.header.endian;
        let mut at = 0;
        let mut record = |length: usize| {
            let marked = endian.i32(&self.buffer, at) == length as i32
                && endian.i32(&self.buffer, at + 4 + length) == length as i32;
            let start = at + 4;
            at += length + 8;
            marked.then_some(start)
        };
        let cell = match self.header.has_cell {
            true => record(CELL_BYTES)
                .map(|start| Some(std::array::from_fn(|k| endian.f64(&self.buffer, start + 8 * k)))),
            false => Some(None),
        };
        let axis_bytes = 4 * self.header.atoms;
        let (Some(cell), Some(x), Some(y), Some(z)) =
            (cell, record(axis_bytes), record(axis_bytes), record(axis_bytes))
        else {
            return Err(self.malformed(index, DcdFrameProblem::Markers));
        };
        frame.positions_angstrom.clear();
        frame.positions_angstrom.extend(
            (0..self.header.atoms)
                .map(|atom| [x, y, z].map(|start| endian.f32(&self.buffer, start + 4 * atom))),
        );
        frame.cell_angstrom = cell.and_then(|numbers| self.header.origin.cell(numbers));
        frame.time_ps = self.time_ps(index);
        Ok(())
    }

    /// Whether the first and the last record marker of a frame are right.
    fn is_marked(&mut self, index: usize) -> Result<bool, TrajectoryError> {
        let first = if self.header.has_cell { CELL_BYTES } else { 4 * self.header.atoms };
        let ends = [
            (self.offset(index), first),
            (self.offset(index) + self.header.frame_bytes() - 4, 4 * self.header.atoms),
        ];
        let mut four = [0u8; 4];
        for (offset, expected) in ends {
            self.file.seek(SeekFrom::Start(offset)).map_err(TrajectoryError::io("read", &self.path))?;
            self.file.read_exact(&mut four).map_err(TrajectoryError::io("read", &self.path))?;
            if self.header.endian.i32(&four, 0) != expected as i32 {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn malformed(&self, frame: usize, source: DcdFrameProblem) -> TrajectoryError {
        TrajectoryError::malformed(&self.path, Malformation::DcdFrame { frame, source })
    }
}
