//! Reading any trajectory file, whatever its format.

use std::path::{Path, PathBuf};

use super::dcd::DcdReader;
use super::error::TrajectoryError;
use super::format::TrajectoryFormat;
use super::frame::Frame;
use super::pdb::PdbReader;
use super::xtc::XtcReader;

/// An open trajectory file with random access to its frames.
#[derive(Debug)]
pub struct TrajectoryReader {
    path: PathBuf,
    pub(super) inner: Inner,
}

/// One reader per format.
#[derive(Debug)]
pub(super) enum Inner {
    Dcd(DcdReader),
    Xtc(XtcReader),
    Pdb(PdbReader),
}

/// Calls the method of whichever reader it is.
macro_rules! delegate {
    ($self:expr, $reader:ident => $call:expr) => {
        match $self {
            Inner::Dcd($reader) => $call,
            Inner::Xtc($reader) => $call,
            Inner::Pdb($reader) => $call,
        }
    };
}

impl TrajectoryReader {
    /// Opens a file by its extension.
    ///
    /// # Errors
    /// If the extension is unknown, the file cannot be read, or it breaks its format. A cut-off last frame
    /// is no error; see [`TrajectoryReader::tail_bytes`].
    pub fn open(path: &Path) -> Result<Self, TrajectoryError> {
        let inner = match TrajectoryFormat::from_path(path)? {
            TrajectoryFormat::Dcd => Inner::Dcd(DcdReader::open(path)?),
            TrajectoryFormat::Xtc => Inner::Xtc(XtcReader::open(path)?),
            TrajectoryFormat::Pdb => Inner::Pdb(PdbReader::open(path)?),
        };
        Ok(Self { path: path.to_path_buf(), inner })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its format.
    pub fn format(&self) -> TrajectoryFormat {
        match &self.inner {
            Inner::Dcd(_) => TrajectoryFormat::Dcd,
            Inner::Xtc(_) => TrajectoryFormat::Xtc,
            Inner::Pdb(_) => TrajectoryFormat::Pdb,
        }
    }

    /// Variant of the format for people, such as `CHARMM, little-endian`; empty where there are none.
    pub fn variant(&self) -> String {
        match &self.inner {
            Inner::Dcd(dcd) => dcd.variant(),
            Inner::Xtc(_) | Inner::Pdb(_) => String::new(),
        }
    }

    /// Complete frames.
    pub fn frame_count(&self) -> usize {
        delegate!(&self.inner, reader => reader.frame_count())
    }

    /// Atoms in every frame.
    pub fn atom_count(&self) -> usize {
        delegate!(&self.inner, reader => reader.atom_count())
    }

    /// Time of frame `index`, ps; `None` past the end, and where the file gives no times.
    pub fn time_ps(&self, index: usize) -> Option<f64> {
        delegate!(&self.inner, reader => reader.time_ps(index))
    }

    /// Median distance in time between consecutive frames, ps; `None` with fewer than two frames or without
    /// times.
    pub fn interval_ps(&self) -> Option<f64> {
        if let Inner::Dcd(dcd) = &self.inner {
            return dcd.interval_ps();
        }
        let times: Vec<f64> = (0..self.frame_count()).map_while(|k| self.time_ps(k)).collect();
        let mut steps: Vec<f64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
        if steps.is_empty() {
            return None;
        }
        let middle = steps.len() / 2;
        Some(*steps.select_nth_unstable_by(middle, f64::total_cmp).1)
    }

    /// Bytes after the last complete frame, left by a writer that was killed; usually 0.
    pub fn tail_bytes(&self) -> u64 {
        delegate!(&self.inner, reader => reader.tail_bytes())
    }

    /// Reads frame `index` into `frame`, whose buffer is reused.
    ///
    /// # Errors
    /// If there is no such frame or it is damaged.
    pub fn read_frame(&mut self, index: usize, frame: &mut Frame) -> Result<(), TrajectoryError> {
        delegate!(&mut self.inner, reader => reader.read_frame(index, frame))
    }
}
