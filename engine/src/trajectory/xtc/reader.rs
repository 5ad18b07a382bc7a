//! Random access to the frames of an XTC file through an index of their offsets.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::ANGSTROM_PER_NM;
use super::decode::{Prelude, decode};
use crate::regular_file::open_regular;
use crate::trajectory::error::TrajectoryError;
use crate::trajectory::format::TrajectoryFormat;
use crate::trajectory::frame::{Frame, cell_if_present};
use crate::trajectory::malformation::{Malformation, XtcFrameProblem};

/// First number of every frame; the later one announces a 64-bit payload length.
const MAGIC_1995: i32 = 1995;
const MAGIC_2023: i32 = 2023;
/// Magic, atoms, step, time, cell, atoms again.
const HEADER_BYTES: usize = 4 * (4 + 9 + 1);
/// Up to so many atoms are stored uncompressed.
const UNCOMPRESSED_ATOMS: usize = 9;
/// Precision, bounding box, first small index.
const PRELUDE_BYTES: usize = 4 * (1 + 6 + 1);
/// No frame of `n` atoms takes more than so many bytes each: 3 × 32 bits and the flags.
const MOST_BYTES_PER_ATOM: u64 = 16;

/// What the file tells about one frame before its positions.
#[derive(Clone, Copy, Debug)]
struct FrameEntry {
    offset: u64,
    time_ps: f32,
}

/// A reader of XTC files. Opening walks the frame headers once; then every frame is one seek away.
#[derive(Debug)]
pub struct XtcReader {
    path: PathBuf,
    file: File,
    atoms: usize,
    frames: Vec<FrameEntry>,
    /// Offset after the last complete frame.
    end: u64,
    /// Bytes after it that make no complete frame.
    tail_bytes: u64,
    buffer: Vec<u8>,
}

/// Sizes of one frame, from its first bytes.
struct Layout {
    atoms: usize,
    time_ps: f32,
    cell_nm: [f32; 9],
    /// `None` for few atoms, which are not compressed.
    prelude: Option<Prelude>,
    /// Where the positions start, from the start of the frame.
    payload_start: usize,
    /// Without padding.
    payload_bytes: u64,
    /// Whole frame, padding included.
    frame_bytes: u64,
}

impl XtcReader {
    /// Opens a file and indexes its frames. Whatever follows the last sound frame is left out; see
    /// [`XtcReader::tail_bytes`].
    ///
    /// # Errors
    /// If the file cannot be read, is empty, does not start like an XTC file, or the number of atoms changes.
    pub fn open(path: &Path) -> Result<Self, TrajectoryError> {
        let mut file =
            open_regular(path).map_err(|refused| TrajectoryError::io("open", path)(refused.into()))?;
        let length = file.metadata().map_err(TrajectoryError::io("read", path))?.len();
        if length == 0 {
            return Err(TrajectoryError::malformed(path, Malformation::Empty(TrajectoryFormat::Xtc)));
        }
        let mut frames = Vec::new();
        let mut atoms = None;
        let mut offset = 0;
        let mut head = [0u8; HEADER_BYTES + PRELUDE_BYTES + 8];
        while offset < length {
            let available = head.len().min(usize::try_from(length - offset).unwrap_or(usize::MAX));
            file.seek(SeekFrom::Start(offset)).map_err(TrajectoryError::io("read", path))?;
            file.read_exact(&mut head[..available]).map_err(TrajectoryError::io("read", path))?;
            let frame = frames.len();
            let malformed =
                |source| TrajectoryError::malformed(path, Malformation::XtcFrame { frame, source });
            let layout = match layout(&head[..available]) {
                Ok(Some(layout)) => layout,
                Ok(None) => break,
                // A machine that crashed while writing may leave garbage behind sound frames: they count.
                Err(_) if frame > 0 => break,
                Err(reason) => return Err(malformed(reason)),
            };
            let expected = *atoms.get_or_insert(layout.atoms);
            if layout.atoms != expected {
                return Err(malformed(XtcFrameProblem::OtherAtoms { atoms: layout.atoms, before: expected }));
            }
            if offset + layout.frame_bytes > length {
                break;
            }
            frames.push(FrameEntry { offset, time_ps: layout.time_ps });
            offset += layout.frame_bytes;
        }
        Ok(Self {
            path: path.to_path_buf(),
            file,
            atoms: atoms.unwrap_or(0),
            frames,
            end: offset,
            tail_bytes: length - offset,
            buffer: Vec::new(),
        })
    }

    /// Complete frames.
    pub fn frame_count(&self) -> usize {
        self.frames.len()
    }

    /// Atoms in every frame; 0 only where not even one frame header is complete.
    pub fn atom_count(&self) -> usize {
        self.atoms
    }

    /// Time of a frame, ps.
    pub fn time_ps(&self, index: usize) -> Option<f64> {
        self.frames.get(index).map(|f| f64::from(f.time_ps))
    }

    /// Bytes after the last complete frame, left by a run that was killed while writing; usually 0.
    pub fn tail_bytes(&self) -> u64 {
        self.tail_bytes
    }

    /// Length of the file up to the end of its first `frames` frames.
    pub(crate) fn end_of_frames(&self, frames: usize) -> u64 {
        self.frames.get(frames).map_or(self.end, |next| next.offset)
    }

    /// Reads frame `index` into `frame`, whose buffer is reused.
    ///
    /// # Errors
    /// If there is no such frame, or its compressed positions are damaged.
    pub fn read_frame(&mut self, index: usize, frame: &mut Frame) -> Result<(), TrajectoryError> {
        let entry = *self.frames.get(index).ok_or_else(|| TrajectoryError::NoSuchFrame {
            path: self.path.clone(),
            index,
            frames: self.frames.len(),
        })?;
        let end = self.frames.get(index + 1).map_or(self.end, |next| next.offset);
        // Bounded by the length of the file, which `open` has compared it with.
        let bytes = usize::try_from(end - entry.offset)
            .map_err(|_| self.malformed(index, XtcFrameProblem::TooLarge))?;
        self.buffer.resize(bytes, 0);
        self.file.seek(SeekFrom::Start(entry.offset)).map_err(TrajectoryError::io("read", &self.path))?;
        self.file.read_exact(&mut self.buffer).map_err(TrajectoryError::io("read", &self.path))?;
        let layout = layout(&self.buffer)
            .map_err(|reason| self.malformed(index, reason))?
            .ok_or_else(|| self.malformed(index, XtcFrameProblem::Changed))?;
        let payload = usize::try_from(layout.payload_bytes)
            .ok()
            .and_then(|bytes| self.buffer.get(layout.payload_start..layout.payload_start + bytes))
            .filter(|_| layout.atoms == self.atoms)
            .ok_or_else(|| self.malformed(index, XtcFrameProblem::Changed))?;

        let positions = &mut frame.positions_angstrom;
        match &layout.prelude {
            Some(prelude) => decode(prelude, payload, layout.atoms, positions)
                .map_err(|reason| self.malformed(index, reason))?,
            None => {
                positions.clear();
                let atoms = payload.chunks_exact(12);
                positions.extend(atoms.map(|bytes| std::array::from_fn(|axis| be_f32(bytes, 4 * axis))));
            }
        }
        for position in positions.iter_mut() {
            *position = position.map(|x| x * ANGSTROM_PER_NM);
        }
        frame.time_ps = Some(f64::from(layout.time_ps));
        let c = layout.cell_nm.map(|x| x * ANGSTROM_PER_NM);
        frame.cell_angstrom = cell_if_present([[c[0], c[1], c[2]], [c[3], c[4], c[5]], [c[6], c[7], c[8]]]);
        Ok(())
    }

    fn malformed(&self, frame: usize, source: XtcFrameProblem) -> TrajectoryError {
        TrajectoryError::malformed(&self.path, Malformation::XtcFrame { frame, source })
    }
}

/// Sizes of the frame that starts with `head`; `None` if it is cut off before they are known.
fn layout(head: &[u8]) -> Result<Option<Layout>, XtcFrameProblem> {
    if head.len() < 4 {
        // Both magic numbers begin with these two bytes.
        return if [0, 0].starts_with(&head[..head.len().min(2)]) {
            Ok(None)
        } else {
            Err(XtcFrameProblem::TooShort)
        };
    }
    let magic = be_i32(head, 0);
    if magic != MAGIC_1995 && magic != MAGIC_2023 {
        return Err(XtcFrameProblem::Magic(magic));
    }
    if head.len() < HEADER_BYTES {
        return Ok(None);
    }
    let atoms = be_i32(head, 4);
    if atoms <= 0 || atoms != be_i32(head, HEADER_BYTES - 4) {
        return Err(XtcFrameProblem::AtomCounts(atoms, be_i32(head, HEADER_BYTES - 4)));
    }
    let atoms = atoms as usize;
    let time_ps = be_f32(head, 12);
    let cell_nm = std::array::from_fn(|i| be_f32(head, 16 + 4 * i));
    if atoms <= UNCOMPRESSED_ATOMS {
        let payload_bytes = 12 * atoms as u64;
        return Ok(Some(Layout {
            atoms,
            time_ps,
            cell_nm,
            prelude: None,
            payload_start: HEADER_BYTES,
            payload_bytes,
            frame_bytes: HEADER_BYTES as u64 + payload_bytes,
        }));
    }
    let wide = magic == MAGIC_2023;
    let payload_start = HEADER_BYTES + PRELUDE_BYTES + if wide { 8 } else { 4 };
    if head.len() < payload_start {
        return Ok(None);
    }
    let prelude = Prelude {
        precision: be_f32(head, HEADER_BYTES),
        min: std::array::from_fn(|axis| be_i32(head, HEADER_BYTES + 4 + 4 * axis)),
        max: std::array::from_fn(|axis| be_i32(head, HEADER_BYTES + 16 + 4 * axis)),
        small_index: be_i32(head, HEADER_BYTES + 28) as u32,
    };
    let length_at = HEADER_BYTES + PRELUDE_BYTES;
    let payload_bytes = if wide {
        (u64::from(be_i32(head, length_at) as u32) << 32) | u64::from(be_i32(head, length_at + 4) as u32)
    } else {
        u64::from(be_i32(head, length_at) as u32)
    };
    // An atom takes a byte at least (9 bits in a run of small steps): a damaged count must not ask for more
    // memory than the file can fill.
    if atoms as u64 > payload_bytes || payload_bytes > MOST_BYTES_PER_ATOM * atoms as u64 {
        return Err(XtcFrameProblem::Length { atoms, bytes: payload_bytes });
    }
    let frame_bytes = payload_start as u64 + payload_bytes.next_multiple_of(4);
    Ok(Some(Layout {
        atoms,
        time_ps,
        cell_nm,
        prelude: Some(prelude),
        payload_start,
        payload_bytes,
        frame_bytes,
    }))
}

/// Four bytes at `at`; callers have checked the length.
fn be_bytes(bytes: &[u8], at: usize) -> [u8; 4] {
    [bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]
}

fn be_i32(bytes: &[u8], at: usize) -> i32 {
    i32::from_be_bytes(be_bytes(bytes, at))
}

fn be_f32(bytes: &[u8], at: usize) -> f32 {
    f32::from_be_bytes(be_bytes(bytes, at))
}
