//! Writing trajectories so that the file on disk is valid after every frame.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::dcd::DcdWriter;
use super::error::{AppendProblem, TimeProblem, TrajectoryError};
use super::format::TrajectoryFormat;
use super::frame::{Frame, first_not_finite};
use super::pdb::{PDB_LIMIT_ANGSTROM, PdbWriter};
use super::reader::{Inner as ReaderInner, TrajectoryReader};
use super::xtc::{XTC_LIMIT_ANGSTROM, encode_frame};
use crate::atomic_file::{check_replaceable, is_at};
use crate::structure::Topology;

/// A trajectory file being written.
///
/// Every frame goes to the operating system whole before [`TrajectoryWriter::write_frame`] returns, header
/// included: a run that is killed at any moment leaves a file that every reader opens, and that
/// [`TrajectoryWriter::append`] continues. Frames of long PDB files may wait for [`TrajectoryWriter::flush`].
#[derive(Debug)]
pub struct TrajectoryWriter {
    path: PathBuf,
    format: TrajectoryFormat,
    atoms: usize,
    frames: usize,
    inner: Inner,
}

#[derive(Debug)]
enum Inner {
    Dcd(DcdWriter),
    Xtc { file: File, end: u64 },
    Pdb(PdbWriter),
}

impl Inner {
    /// What is being written.
    fn file(&self) -> &File {
        match self {
            Self::Dcd(dcd) => dcd.file(),
            Self::Xtc { file, .. } => file,
            Self::Pdb(pdb) => pdb.file(),
        }
    }
}

/// What a file that is continued holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Resumed {
    /// Frames kept.
    pub frames: usize,
    /// The last of them; `None` if there is none. Rounded as the format rounds: a run that must go on
    /// exactly as if never interrupted takes its positions from a [`super::RunState`].
    pub last: Option<Frame>,
    /// Bytes cut off: a half-written frame, or frames beyond those to be kept.
    pub bytes_cut: u64,
}

impl TrajectoryWriter {
    /// Starts a file in the format that its extension names. With `overwrite`, what stands there is removed first: a
    /// link is not followed, and programs that have the old file open go on reading that.
    ///
    /// # Errors
    /// [`TrajectoryError::Exists`] if the file is there and `overwrite` is false; an unknown extension, an
    /// interval that is no positive time, or whatever the system reports.
    pub fn create(
        path: &Path,
        topology: &Arc<Topology>,
        interval_ps: f64,
        overwrite: bool,
    ) -> Result<Self, TrajectoryError> {
        let format = TrajectoryFormat::from_path(path)?;
        check_interval(path, interval_ps)?;
        if overwrite {
            remove(path).map_err(TrajectoryError::io("create", path))?;
        }
        let file = OpenOptions::new().write(true).read(true).create_new(true).open(path);
        let file = file.map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => TrajectoryError::Exists { path: path.to_path_buf() },
            _ => TrajectoryError::io("create", path)(error),
        })?;
        let atoms = topology.atom_count();
        let inner = match format {
            TrajectoryFormat::Pdb => PdbWriter::create_at(path, file, topology.clone()).map(Inner::Pdb),
            _ => begin(format, file, topology, interval_ps),
        }
        .map_err(TrajectoryError::io("write", path))?;
        Ok(Self { path: path.to_path_buf(), format, atoms, frames: 0, inner })
    }

    /// Starts a trajectory in an empty file that gets the name `path` when it is finished. It holds all atoms, or those
    /// that are named, ascending.
    ///
    /// # Errors
    /// An interval that is no positive time, or whatever the system reports.
    pub(crate) fn create_in(
        file: File,
        path: &Path,
        format: TrajectoryFormat,
        topology: &Arc<Topology>,
        atoms: Option<&Arc<[usize]>>,
        interval_ps: f64,
    ) -> Result<Self, TrajectoryError> {
        check_interval(path, interval_ps)?;
        let count = atoms.map_or(topology.atom_count(), |atoms| atoms.len());
        let inner = match (format, atoms) {
            (TrajectoryFormat::Dcd, Some(_)) => DcdWriter::create(file, count, interval_ps).map(Inner::Dcd),
            (TrajectoryFormat::Pdb, Some(atoms)) => {
                PdbWriter::create_of_atoms(file, topology.clone(), atoms.clone()).map(Inner::Pdb)
            }
            _ => begin(format, file, topology, interval_ps),
        };
        let inner = inner.map_err(TrajectoryError::io("write", path))?;
        Ok(Self { path: path.to_path_buf(), format, atoms: count, frames: 0, inner })
    }

    /// Continues a file. A half-written last frame is cut off; with `keep`, so are the frames after the first
    /// `keep`.
    ///
    /// # Errors
    /// If the file cannot be read, belongs to another protein or interval, was not written by EquiJump, or
    /// has fewer frames than `keep`. Then it is untouched.
    pub fn append(
        path: &Path,
        topology: &Arc<Topology>,
        interval_ps: f64,
        keep: Option<usize>,
    ) -> Result<(Self, Resumed), TrajectoryError> {
        let format = TrajectoryFormat::from_path(path)?;
        check_interval(path, interval_ps)?;
        let cannot = |source| TrajectoryError::CannotAppend { path: path.to_path_buf(), source };
        let length =
            |path: &Path| std::fs::metadata(path).map(|m| m.len()).map_err(TrajectoryError::io("read", path));
        if fs::symlink_metadata(path).is_ok_and(|there| there.is_symlink()) {
            return Err(cannot(AppendProblem::Link));
        }
        let bytes_before = length(path)?;
        let nothing_yet = match format {
            TrajectoryFormat::Dcd => false,
            TrajectoryFormat::Xtc => bytes_before == 0,
            // A run without frames, whole or cut: nothing but what ends the file.
            TrajectoryFormat::Pdb => bytes_before <= super::pdb::file_end(topology).len() as u64,
        };
        let mut reader = if nothing_yet { None } else { Some(TrajectoryReader::open(path)?) };
        // A run that was killed before its first frame was complete: begin again.
        let reader = match &mut reader {
            Some(reader) if reader.frame_count() > 0 => reader,
            _ if keep.unwrap_or(0) == 0 => {
                let writer = Self::create(path, topology, interval_ps, true)?;
                return Ok((writer, Resumed { frames: 0, last: None, bytes_cut: bytes_before }));
            }
            _ => return Err(cannot(AppendProblem::NoFrame)),
        };
        if format == TrajectoryFormat::Pdb && reader.time_ps(0).is_none() {
            return Err(cannot(AppendProblem::NotOurs));
        }
        let (found, expected) = (reader.atom_count(), topology.atom_count());
        if found != expected {
            return Err(TrajectoryError::AtomCount { path: path.to_path_buf(), found, expected });
        }
        let present = reader.frame_count();
        let frames = keep.unwrap_or(present);
        if frames > present {
            return Err(cannot(AppendProblem::FewFrames { present, written: frames }));
        }
        if let (Some(found), true) = (reader.interval_ps(), frames > 1)
            && (found - interval_ps).abs() > 1e-3 * interval_ps
        {
            return Err(cannot(AppendProblem::Interval { found_ps: found, interval_ps }));
        }
        let last = match frames {
            0 => None,
            _ => {
                let mut frame = Frame::default();
                reader.read_frame(frames - 1, &mut frame)?;
                Some(frame)
            }
        };
        let inner = match &reader.inner {
            ReaderInner::Dcd(dcd) => Inner::Dcd(DcdWriter::append(path, dcd, frames, interval_ps)?),
            ReaderInner::Pdb(pdb) => Inner::Pdb(PdbWriter::append(path, pdb, frames, topology.clone())?),
            ReaderInner::Xtc(xtc) => {
                let end = xtc.end_of_frames(frames);
                let file =
                    OpenOptions::new().write(true).open(path).map_err(TrajectoryError::io("open", path))?;
                file.set_len(end).map_err(TrajectoryError::io("write", path))?;
                Inner::Xtc { file, end }
            }
        };
        let bytes_cut = bytes_before.saturating_sub(length(path)?);
        let writer = Self { path: path.to_path_buf(), format, atoms: expected, frames, inner };
        Ok((writer, Resumed { frames, last, bytes_cut }))
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its format.
    pub fn format(&self) -> TrajectoryFormat {
        self.format
    }

    /// Frames in the file.
    pub fn frame_count(&self) -> usize {
        self.frames
    }

    /// Appends a frame in canonical order. DCD demands that times are equally spaced.
    ///
    /// # Errors
    /// If a position is not finite or does not fit the format, the number of positions is wrong, DCD cannot
    /// express the time, or the disk is full. The frames before stay readable.
    pub fn write_frame(
        &mut self,
        positions_angstrom: &[[f32; 3]],
        time_ps: f64,
    ) -> Result<(), TrajectoryError> {
        self.check_positions(positions_angstrom)?;
        let result = match &mut self.inner {
            Inner::Dcd(dcd) => {
                dcd.check_time(time_ps).map_err(|source| TrajectoryError::Time {
                    path: self.path.clone(),
                    frame: self.frames,
                    source,
                })?;
                dcd.write_frame(positions_angstrom, time_ps)
            }
            Inner::Xtc { file, end } => encode_frame(positions_angstrom, self.frames as u32, time_ps)
                .and_then(|bytes| {
                    file.seek(SeekFrom::Start(*end))?;
                    file.write_all(&bytes)?;
                    *end += bytes.len() as u64;
                    Ok(())
                }),
            Inner::Pdb(pdb) => pdb.write_frame(positions_angstrom, time_ps),
        };
        if let Err(error) = result {
            // A full disk leaves half a frame, which other readers stumble over.
            self.cut_half_frame();
            return Err(TrajectoryError::io("write", &self.path)(error));
        }
        self.frames += 1;
        Ok(())
    }

    /// Hands over frames that wait, as those of a long PDB file may.
    ///
    /// # Errors
    /// What the system reports. The frames before stay readable.
    pub fn flush(&mut self) -> Result<(), TrajectoryError> {
        match &mut self.inner {
            Inner::Pdb(pdb) => pdb.flush().map_err(TrajectoryError::io("write", &self.path)),
            Inner::Dcd(_) | Inner::Xtc { .. } => Ok(()),
        }
    }

    /// Whether what is being written still stands under its name.
    ///
    /// # Errors
    /// If it was deleted or replaced: frames would be written where nobody finds them.
    pub fn check_in_place(&self) -> Result<(), TrajectoryError> {
        if is_at(self.inner.file(), &self.path) {
            return Ok(());
        }
        let gone = io::Error::other("it was deleted or replaced while it was being written");
        Err(TrajectoryError::io("write", &self.path)(gone))
    }

    /// Takes back what a failed write has left. Errors are of no interest: the one to report is known.
    fn cut_half_frame(&mut self) {
        let _ = match &mut self.inner {
            Inner::Dcd(dcd) => dcd.cut_half_frame(),
            Inner::Xtc { file, end } => file.set_len(*end),
            Inner::Pdb(pdb) => pdb.cut_half_frame(),
        };
    }

    fn check_positions(&self, positions: &[[f32; 3]]) -> Result<(), TrajectoryError> {
        if positions.len() != self.atoms {
            return Err(TrajectoryError::AtomCount {
                path: self.path.clone(),
                found: positions.len(),
                expected: self.atoms,
            });
        }
        if let Some(atom) = first_not_finite(positions) {
            return Err(TrajectoryError::NotFinite {
                path: self.path.clone(),
                frame: self.frames,
                atom,
                position: positions[atom],
            });
        }
        let limit_angstrom = match self.format {
            TrajectoryFormat::Dcd => return Ok(()),
            TrajectoryFormat::Xtc => XTC_LIMIT_ANGSTROM,
            TrajectoryFormat::Pdb => PDB_LIMIT_ANGSTROM,
        };
        match positions.iter().position(|p| p.iter().any(|x| x.abs() > limit_angstrom)) {
            None => Ok(()),
            Some(atom) => Err(TrajectoryError::OutOfRange {
                path: self.path.clone(),
                format: self.format,
                frame: self.frames,
                atom,
                position: positions[atom],
                limit_angstrom,
            }),
        }
    }
}

/// Starts the file of a format.
fn begin(
    format: TrajectoryFormat,
    file: File,
    topology: &Arc<Topology>,
    interval_ps: f64,
) -> io::Result<Inner> {
    match format {
        TrajectoryFormat::Dcd => DcdWriter::create(file, topology.atom_count(), interval_ps).map(Inner::Dcd),
        TrajectoryFormat::Xtc => Ok(Inner::Xtc { file, end: 0 }),
        TrajectoryFormat::Pdb => PdbWriter::create(file, topology.clone()).map(Inner::Pdb),
    }
}

/// Removes a file or a link, if one is there.
fn remove(path: &Path) -> io::Result<()> {
    check_replaceable(path)?;
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn check_interval(path: &Path, interval_ps: f64) -> Result<(), TrajectoryError> {
    if interval_ps.is_finite() && interval_ps > 0.0 {
        return Ok(());
    }
    Err(TrajectoryError::Time {
        path: path.to_path_buf(),
        frame: 0,
        source: TimeProblem::Interval { interval_ps },
    })
}
