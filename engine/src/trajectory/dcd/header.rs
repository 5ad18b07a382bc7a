//! The three records in front of the frames.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::PS_PER_AKMA;
use super::origin::Origin;
use crate::trajectory::error::TrajectoryError;
use crate::trajectory::interval::roundest;
use crate::trajectory::malformation::DcdHeaderProblem;

/// Length of the first record.
const CONTROL_BYTES: usize = 84;
/// Longest title record that is believed.
const MOST_TITLE_BYTES: usize = 1 << 20;
/// Characters of one title.
const TITLE_WIDTH: usize = 80;
/// A DELTA of at most so many digits was typed by somebody, and not converted to AKMA units.
const DIGITS_OF_A_CHOICE: usize = 4;
/// Relative error of an interval: DELTA is an `f32`, and programs know the AKMA unit to seven digits at best.
const INTERVAL_ERROR: f64 = 2e-7;
/// Bytes of a cell record without its markers.
pub(super) const CELL_BYTES: usize = 48;
/// Offset of NSET, the number of frames, in the file.
pub(super) const NSET_OFFSET: u64 = 8;

/// Order of the bytes in the numbers of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Endian {
    Little,
    Big,
}

impl Endian {
    /// The integer at `at`; 0 past the end.
    pub(super) fn i32(self, bytes: &[u8], at: usize) -> i32 {
        let four = bytes.get(at..at + 4).and_then(|b| <[u8; 4]>::try_from(b).ok()).unwrap_or_default();
        match self {
            Endian::Little => i32::from_le_bytes(four),
            Endian::Big => i32::from_be_bytes(four),
        }
    }

    /// The `f32` at `at`.
    pub(super) fn f32(self, bytes: &[u8], at: usize) -> f32 {
        f32::from_bits(self.i32(bytes, at) as u32)
    }

    /// The `f64` at `at`.
    pub(super) fn f64(self, bytes: &[u8], at: usize) -> f64 {
        let eight = bytes.get(at..at + 8).and_then(|b| <[u8; 8]>::try_from(b).ok()).unwrap_or_default();
        match self {
            Endian::Little => f64::from_le_bytes(eight),
            Endian::Big => f64::from_be_bytes(eight),
        }
    }
}

/// What stands in front of the frames.
#[derive(Clone, Debug)]
pub(super) struct Header {
    pub endian: Endian,
    /// CHARMM dialect; X-PLOR otherwise.
    pub charmm: bool,
    /// NSET; stale in files of killed runs.
    pub frames: i32,
    /// ISTART, in steps.
    pub first_step: i32,
    /// NSAVC.
    pub steps_per_frame: i32,
    /// DELTA.
    pub step_akma: f64,
    pub has_cell: bool,
    pub has_fourth_dimension: bool,
    pub atoms: usize,
    /// Who wrote the file, which decides units and the meaning of the cell.
    pub origin: Origin,
    /// Whether its titles are blank.
    pub untitled: bool,
    /// Where the frames start.
    pub bytes: u64,
}

impl Header {
    /// Bytes of one frame, markers included.
    pub(super) fn frame_bytes(&self) -> u64 {
        self.frame_bytes_of(if self.has_fourth_dimension { 4 } else { 3 })
    }

    fn frame_bytes_of(&self, dimensions: u64) -> u64 {
        let cell = if self.has_cell { 8 + CELL_BYTES as u64 } else { 0 };
        cell + dimensions * (8 + 4 * self.atoms as u64)
    }

    /// Whether `data_bytes` are exactly the frames that the header counts, with another number of dimensions than it
    /// says. All axes have records of one length: only the count tells a fourth dimension from the next frame.
    pub(super) fn has_other_dimensions(&self, data_bytes: u64) -> bool {
        let frames = u64::try_from(self.frames).unwrap_or(0);
        let is = |dimensions| frames.checked_mul(self.frame_bytes_of(dimensions)) == Some(data_bytes);
        frames > 0 && if self.has_fourth_dimension { is(3) } else { is(4) }
    }

    /// Time between frames, ps. `None` where DELTA or NSAVC is not positive, or DELTA is in a unit that the file does
    /// not tell. A round DELTA that makes no round time is in no AKMA units either where each step is a frame, or there
    /// is no title: VMD and mdtraj write 1 and cpptraj 0.001 whatever the interval, and MDAnalysis writes fs, or the
    /// units of the run, under no title.
    pub(super) fn interval_ps(&self) -> Option<f64> {
        if !self.origin.counts_in_akma() {
            return None;
        }
        let interval = self.step_akma * f64::from(self.steps_per_frame) * PS_PER_AKMA;
        if !(interval.is_finite() && interval > 0.0) {
            return None;
        }
        let interval = roundest(interval, INTERVAL_ERROR * interval);
        let chosen = |digits: String| {
            digits.bytes().take_while(|b| *b != b'e').filter(u8::is_ascii_digit).count() <= DIGITS_OF_A_CHOICE
        };
        let doubtful = self.untitled || self.steps_per_frame == 1;
        let other_units =
            doubtful && chosen(format!("{:e}", self.step_akma as f32)) && !chosen(format!("{interval:e}"));
        (!other_units).then_some(interval)
    }

    /// Reads the header of an open file.
    pub(super) fn read(file: &mut File, path: &Path) -> Result<Self, TrajectoryError> {
        let malformed = |problem: DcdHeaderProblem| TrajectoryError::malformed(path, problem);
        let unsupported =
            |feature, remedy| TrajectoryError::Unsupported { path: path.to_path_buf(), feature, remedy };
        let mut read = |bytes: &mut [u8]| {
            file.read_exact(bytes).map_err(|error| match error.kind() {
                std::io::ErrorKind::UnexpectedEof => malformed(DcdHeaderProblem::CutOff),
                _ => TrajectoryError::io("read", path)(error),
            })
        };

        let mut control = [0u8; CONTROL_BYTES + 8];
        read(&mut control)?;
        let marker = CONTROL_BYTES as i32;
        let wide = [(marker as u64).to_le_bytes(), (marker as u64).to_be_bytes()];
        if wide.iter().any(|marker| control.starts_with(marker)) && &control[4..8] != b"CORD" {
            return Err(unsupported(
                "64-bit record markers",
                "convert it with mdconvert -o new.dcd old.dcd (of MDTraj)",
            ));
        }
        let endian = if Endian::Little.i32(&control, 0) == marker {
            Endian::Little
        } else if Endian::Big.i32(&control, 0) == marker {
            Endian::Big
        } else {
            return Err(malformed(DcdHeaderProblem::NoFirstRecord));
        };
        if &control[4..8] == b"VELD" {
            return Err(unsupported("velocities instead of coordinates", "name the coordinate trajectory"));
        }
        if &control[4..8] != b"CORD" {
            return Err(malformed(DcdHeaderProblem::Unmarked));
        }
        if endian.i32(&control, CONTROL_BYTES + 4) != marker {
            return Err(malformed(DcdHeaderProblem::FirstRecordOpen));
        }
        let number = |index: usize| endian.i32(&control, 8 + 4 * index);
        if number(8) != 0 {
            return Err(unsupported("fixed atoms", "write it again with all atoms in every frame"));
        }
        let charmm = number(19) != 0;

        let mut behind = Vec::new();
        let most = MOST_TITLE_BYTES as u64 + 64;
        file.take(most).read_to_end(&mut behind).map_err(TrajectoryError::io("read", path))?;
        let (titles, atoms, bytes) = titles_and_atoms(&behind, endian).map_err(malformed)?;
        let version = number(19);
        Ok(Header {
            endian,
            charmm,
            frames: number(0),
            first_step: number(1),
            steps_per_frame: number(2),
            step_akma: if charmm { f64::from(endian.f32(&control, 44)) } else { endian.f64(&control, 44) },
            has_cell: charmm && number(10) != 0,
            has_fourth_dimension: charmm && number(11) != 0,
            atoms,
            origin: Origin::new(titles, version),
            // Their number stands in front of them.
            untitled: titles.iter().skip(4).all(|byte| *byte == 0 || byte.is_ascii_whitespace()),
            bytes: (control.len() + bytes) as u64,
        })
    }
}

/// Takes the title record and the record of the number of atoms, which follows, from the bytes behind the first
/// record. Returns the titles, the number of atoms, and the length of both records. Some programs close
/// the title record with the length of another number of titles than they wrote: the record behind it
/// tells where it ends.
fn titles_and_atoms(bytes: &[u8], endian: Endian) -> Result<(&[u8], usize, usize), DcdHeaderProblem> {
    if bytes.len() < 8 {
        return Err(DcdHeaderProblem::CutOff);
    }
    let claimed = usize::try_from(endian.i32(bytes, 0)).ok().filter(|&length| length <= MOST_TITLE_BYTES);
    let claimed = claimed.ok_or(DcdHeaderProblem::TitleLength)?;
    let titles = usize::try_from(endian.i32(bytes, 4)).unwrap_or(0);
    let by_count = titles.saturating_mul(TITLE_WIDTH).saturating_add(4);
    for length in [claimed, by_count] {
        let Some(record) = bytes.get(length.saturating_add(8)..length.saturating_add(20)) else { continue };
        if endian.i32(record, 0) == 4 && endian.i32(record, 8) == 4 {
            let atoms = usize::try_from(endian.i32(record, 4)).ok().filter(|&atoms| atoms > 0);
            let atoms = atoms.ok_or(DcdHeaderProblem::NoAtoms)?;
            return Ok((&bytes[4..4 + length], atoms, length + 20));
        }
    }
    if bytes.len() < claimed + 20 {
        return Err(DcdHeaderProblem::CutOff);
    }
    Err(match endian.i32(bytes, claimed + 4) == claimed as i32 {
        true => DcdHeaderProblem::AtomsRecord,
        false => DcdHeaderProblem::TitlesOpen,
    })
}
