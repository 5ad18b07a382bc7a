//! The three records in front of the frames.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::PS_PER_AKMA;
use crate::trajectory::error::TrajectoryError;
use crate::trajectory::format::TrajectoryFormat;

/// Length of the first record.
const CONTROL_BYTES: usize = 84;
/// Longest title record that is believed.
const MOST_TITLE_BYTES: usize = 1 << 20;
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
    /// ISTART, in steps.
    pub first_step: i32,
    /// NSAVC; at least 1.
    pub steps_per_frame: i32,
    /// DELTA.
    pub step_akma: f64,
    pub has_cell: bool,
    pub has_fourth_dimension: bool,
    pub atoms: usize,
    /// Where the frames start.
    pub bytes: u64,
}

impl Header {
    /// Bytes of one frame, markers included.
    pub(super) fn frame_bytes(&self) -> u64 {
        let axis = 8 + 4 * self.atoms as u64;
        let cell = if self.has_cell { 8 + CELL_BYTES as u64 } else { 0 };
        cell + axis * if self.has_fourth_dimension { 4 } else { 3 }
    }

    /// Time between frames, ps. `None` where DELTA is no positive time, or is the 1 that VMD and mdtraj write
    /// whatever the interval.
    pub(super) fn interval_ps(&self) -> Option<f64> {
        let placeholder = self.step_akma == 1.0 && self.steps_per_frame == 1;
        let interval = self.step_akma * f64::from(self.steps_per_frame) * PS_PER_AKMA;
        (!placeholder && interval.is_finite() && interval > 0.0).then(|| seven_digits(interval))
    }

    /// Reads the header of an open file.
    pub(super) fn read(file: &mut File, path: &Path) -> Result<Self, TrajectoryError> {
        let malformed = |reason: &str| TrajectoryError::malformed(path, TrajectoryFormat::Dcd, reason);
        let unsupported =
            |feature, remedy| TrajectoryError::Unsupported { path: path.to_path_buf(), feature, remedy };
        let mut read = |bytes: &mut [u8]| {
            file.read_exact(bytes).map_err(|error| match error.kind() {
                std::io::ErrorKind::UnexpectedEof => malformed("it ends within its header"),
                _ => TrajectoryError::io("read", path)(error),
            })
        };

        let mut control = [0u8; CONTROL_BYTES + 8];
        read(&mut control)?;
        let marker = CONTROL_BYTES as i32;
        let endian = if Endian::Little.i32(&control, 0) == marker {
            Endian::Little
        } else if Endian::Big.i32(&control, 0) == marker {
            Endian::Big
        } else {
            return Err(malformed("it does not start with a record of 84 bytes"));
        };
        if &control[8..12] == b"CORD" && &control[4..8] != b"CORD" {
            return Err(unsupported("64-bit record markers", "convert it with catdcd or MDAnalysis"));
        }
        if &control[4..8] == b"VELD" {
            return Err(unsupported("velocities instead of coordinates", "name the coordinate trajectory"));
        }
        if &control[4..8] != b"CORD" {
            return Err(malformed("its first record is not marked CORD"));
        }
        if endian.i32(&control, CONTROL_BYTES + 4) != marker {
            return Err(malformed("its first record is not closed"));
        }
        let number = |index: usize| endian.i32(&control, 8 + 4 * index);
        if number(8) != 0 {
            return Err(unsupported("fixed atoms", "write it again with all atoms in every frame"));
        }
        let charmm = number(19) != 0;

        let mut length = [0u8; 4];
        read(&mut length)?;
        let title_bytes = endian.i32(&length, 0);
        let title_bytes = usize::try_from(title_bytes)
            .ok()
            .filter(|&bytes| bytes <= MOST_TITLE_BYTES)
            .ok_or_else(|| malformed("its title record has an impossible length"))?;
        let mut titles = vec![0u8; title_bytes + 4];
        read(&mut titles)?;
        if endian.i32(&titles, title_bytes) != title_bytes as i32 {
            return Err(malformed("its title record is not closed"));
        }

        let mut count = [0u8; 12];
        read(&mut count)?;
        if endian.i32(&count, 0) != 4 || endian.i32(&count, 8) != 4 {
            return Err(malformed("the record with the number of atoms is damaged"));
        }
        let atoms = usize::try_from(endian.i32(&count, 4)).ok().filter(|&atoms| atoms > 0);
        let atoms = atoms.ok_or_else(|| malformed("it says that it holds no atoms"))?;
        Ok(Header {
            endian,
            charmm,
            first_step: number(1),
            steps_per_frame: number(2).max(1),
            step_akma: if charmm { f64::from(endian.f32(&control, 44)) } else { endian.f64(&control, 44) },
            has_cell: charmm && number(10) != 0,
            has_fourth_dimension: charmm && number(11) != 0,
            atoms,
            bytes: (control.len() + 4 + titles.len() + count.len()) as u64,
        })
    }
}

/// DELTA is an `f32` and carries no more digits; what lies behind them would show as 100.000003 ps.
fn seven_digits(value: f64) -> f64 {
    format!("{value:.6e}").parse().unwrap_or(value)
}
