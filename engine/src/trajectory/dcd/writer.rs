//! Writing DCD: after every frame the file on disk is complete, its header included.

use std::fs::{File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;

use super::PS_PER_AKMA;
use super::header::NSET_OFFSET;
use super::reader::DcdReader;
use crate::trajectory::error::{AppendProblem, TimeProblem, TrajectoryError};

/// Version of CHARMM whose dialect this is; VMD, NAMD, mdtraj and MDAnalysis write the same.
const CHARMM_VERSION: i32 = 24;
/// Two titles of 80 characters, blank-padded as Fortran wants them. No date: equal runs give equal files.
const TITLES: [&str; 2] = [
    concat!("* Created by EquiJump ", env!("CARGO_PKG_VERSION")),
    "* One frame per step, DELTA is the frame interval",
];
const TITLE_WIDTH: usize = 80;
/// Two intervals that differ by less than this fraction are one.
const INTERVAL_TOLERANCE: f64 = 1e-4;

/// Appends frames to a DCD file.
#[derive(Debug)]
pub(crate) struct DcdWriter {
    file: File,
    atoms: usize,
    interval_ps: f64,
    /// Time of the first frame in intervals: ISTART.
    first_step: Option<i32>,
    frames: usize,
    /// Where the next frame goes.
    end: u64,
    buffer: Vec<u8>,
}

impl DcdWriter {
    /// Writes the header of an empty trajectory to `file`.
    pub(crate) fn create(mut file: File, atoms: usize, interval_ps: f64) -> io::Result<Self> {
        let mut header = Vec::with_capacity(284);
        let mut control = [0i32; 20];
        control[2] = 1; // NSAVC
        control[9] = ((interval_ps / PS_PER_AKMA) as f32).to_bits() as i32; // DELTA
        control[19] = CHARMM_VERSION;
        let title_bytes = 4 + TITLE_WIDTH * TITLES.len();
        let atom_count = i32::try_from(atoms).map_err(|_| io::Error::other("too many atoms for DCD"))?;

        let integer = |header: &mut Vec<u8>, value: i32| header.extend(value.to_le_bytes());
        integer(&mut header, 84);
        header.extend(b"CORD");
        control.iter().for_each(|&number| integer(&mut header, number));
        integer(&mut header, 84);
        integer(&mut header, title_bytes as i32);
        integer(&mut header, TITLES.len() as i32);
        for title in TITLES {
            header.extend(format!("{title:<TITLE_WIDTH$}").bytes());
        }
        integer(&mut header, title_bytes as i32);
        for number in [4, atom_count, 4] {
            integer(&mut header, number);
        }
        file.write_all(&header)?;
        Ok(Self {
            file,
            atoms,
            interval_ps,
            first_step: None,
            frames: 0,
            end: header.len() as u64,
            buffer: Vec::new(),
        })
    }

    /// Continues a file after its first `keep` frames; what follows them is cut off.
    pub(crate) fn append(
        path: &Path,
        reader: &DcdReader,
        keep: usize,
        interval_ps: f64,
    ) -> Result<Self, TrajectoryError> {
        let refuse = |source| TrajectoryError::CannotAppend { path: path.to_path_buf(), source };
        if !reader.is_our_dialect() {
            return Err(refuse(AppendProblem::NotOurs));
        }
        let found = reader.interval_ps().unwrap_or(0.0);
        if (found - interval_ps).abs() > INTERVAL_TOLERANCE * interval_ps {
            return Err(refuse(AppendProblem::Interval { found_ps: found, interval_ps }));
        }
        let first_step = (keep > 0).then(|| (reader.time_ps(0).unwrap_or(0.0) / found).round() as i32);
        let file = OpenOptions::new().write(true).open(path).map_err(TrajectoryError::io("open", path))?;
        let end = reader.offset(keep);
        let mut writer = Self {
            file,
            atoms: reader.atom_count(),
            interval_ps,
            first_step,
            frames: keep,
            end,
            buffer: Vec::new(),
        };
        writer
            .file
            .set_len(end)
            .and_then(|()| writer.update_header())
            .map_err(TrajectoryError::io("write", path))?;
        Ok(writer)
    }

    /// What is being written.
    pub(crate) fn file(&self) -> &File {
        &self.file
    }

    /// Checks that a frame at `time_ps` can come next.
    pub(crate) fn check_time(&self, time_ps: f64) -> Result<(), TimeProblem> {
        let step = time_ps / self.interval_ps;
        let expected = self.first_step.map(|first| f64::from(first) + self.frames as f64);
        match expected {
            _ if !step.is_finite() || step.round().abs() >= f64::from(i32::MAX) => {
                Err(TimeProblem::NoRoom { time_ps })
            }
            None if (step - step.round()).abs() > 1e-3 => {
                Err(TimeProblem::NoMultiple { time_ps, interval_ps: self.interval_ps })
            }
            Some(expected) if (step - expected).abs() > 1e-3 => {
                Err(TimeProblem::Uneven { time_ps, expected_ps: expected * self.interval_ps })
            }
            _ => Ok(()),
        }
    }

    /// Appends a frame whose positions and time have been checked. If writing fails, the frames before stay
    /// readable.
    pub(crate) fn write_frame(&mut self, positions: &[[f32; 3]], time_ps: f64) -> io::Result<()> {
        if self.frames >= i32::MAX as usize - 1 {
            return Err(io::Error::other("a DCD file cannot hold more frames"));
        }
        if self.first_step.is_none() {
            self.first_step = Some((time_ps / self.interval_ps).round() as i32);
        }
        let marker = (4 * self.atoms as i32).to_le_bytes();
        self.buffer.clear();
        for axis in 0..3 {
            self.buffer.extend(marker);
            self.buffer.extend(positions.iter().flat_map(|p| p[axis].to_le_bytes()));
            self.buffer.extend(marker);
        }
        self.file.seek(SeekFrom::Start(self.end))?;
        self.file.write_all(&self.buffer)?;
        self.frames += 1;
        self.end += self.buffer.len() as u64;
        self.update_header()
    }

    /// Makes the file end after its last complete frame.
    pub(crate) fn cut_half_frame(&mut self) -> io::Result<()> {
        self.file.set_len(self.end)
    }

    /// NSET, ISTART, NSAVC and NSTEP, which lie side by side, in one write.
    fn update_header(&mut self) -> io::Result<()> {
        let frames = self.frames as i32;
        let numbers = [frames, self.first_step.unwrap_or(0), 1, frames];
        self.file.seek(SeekFrom::Start(NSET_OFFSET))?;
        self.file.write_all(&numbers.map(i32::to_le_bytes).concat())
    }
}
