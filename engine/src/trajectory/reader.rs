//! Reading any trajectory file, whatever its format.

use std::path::{Path, PathBuf};

use super::error::TrajectoryError;
use super::format::TrajectoryFormat;
use super::frame::Frame;
use super::xtc::XtcReader;

/// An open trajectory file with random access to its frames.
#[derive(Debug)]
pub struct TrajectoryReader {
    path: PathBuf,
    inner: Inner,
}

#[derive(Debug)]
enum Inner {
    Xtc(XtcReader),
}

impl TrajectoryReader {
    /// Opens a file by its extension.
    ///
    /// # Errors
    /// If the extension is unknown, the file cannot be read, or it breaks its format. A cut-off last frame
    /// is no error; see [`TrajectoryReader::tail_bytes`].
    pub fn open(path: &Path) -> Result<Self, TrajectoryError> {
        let inner = match TrajectoryFormat::from_path(path)? {
            TrajectoryFormat::Xtc => Inner::Xtc(XtcReader::open(path)?),
            _ => return Err(TrajectoryError::UnknownFormat { path: path.to_path_buf() }),
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
            Inner::Xtc(_) => TrajectoryFormat::Xtc,
        }
    }

    /// Complete frames.
    pub fn frame_count(&self) -> usize {
        match &self.inner {
            Inner::Xtc(xtc) => xtc.frame_count(),
        }
    }

    /// Atoms in every frame.
    pub fn atom_count(&self) -> usize {
        match &self.inner {
            Inner::Xtc(xtc) => xtc.atom_count(),
        }
    }

    /// Time of frame `index`, ps; `None` past the end, and for PDB files that give no times.
    pub fn time_ps(&self, index: usize) -> Option<f64> {
        match &self.inner {
            Inner::Xtc(xtc) => xtc.time_ps(index),
        }
    }

    /// Median distance in time between consecutive frames, ps; `None` with fewer than two frames or without
    /// times.
    pub fn interval_ps(&self) -> Option<f64> {
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
        match &self.inner {
            Inner::Xtc(xtc) => xtc.tail_bytes(),
        }
    }

    /// Reads frame `index` into `frame`, whose buffer is reused.
    ///
    /// # Errors
    /// If there is no such frame or it is damaged.
    pub fn read_frame(&mut self, index: usize, frame: &mut Frame) -> Result<(), TrajectoryError> {
        match &mut self.inner {
            Inner::Xtc(xtc) => xtc.read_frame(index, frame),
        }
    }
}
