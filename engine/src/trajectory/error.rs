//! What can go wrong with a trajectory file, each in one sentence that says what to do.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::format::{FormatError, TrajectoryFormat};
use super::malformation::Malformation;
use crate::remedy::Remedy;

/// Errors of reading and writing trajectory files.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)] // the messages are the documentation
pub enum TrajectoryError {
    #[error("cannot {action} {}: {source}", path.display())]
    Io { action: &'static str, path: PathBuf, source: std::io::Error },
    #[error(transparent)]
    Format(#[from] FormatError),
    #[error("{} is not a readable {} file: {source}", path.display(), source.format())]
    Malformed { path: PathBuf, source: Malformation },
    #[error("{} uses {feature}, which EquiJump does not read: {remedy}", path.display())]
    Unsupported { path: PathBuf, feature: &'static str, remedy: &'static str },
    #[error(
        "{} holds {found} atoms a frame, but {expected} are expected: trajectory and topology do not belong together",
        path.display()
    )]
    AtomCount { path: PathBuf, found: usize, expected: usize },
    #[error("{} has {frames} frames, there is no frame {index} (counting from 0)", path.display())]
    NoSuchFrame { path: PathBuf, index: usize, frames: usize },
    #[error(
        "frame {frame} was not written to {}: atom {atom} has the position {position:?} Å, the simulation has become unstable",
        path.display()
    )]
    NotFinite { path: PathBuf, frame: usize, atom: usize, position: [f32; 3] },
    #[error(
        "frame {frame} was not written to {}: atom {atom} at {position:?} Å lies beyond the ±{limit_angstrom} Å of {format}",
        path.display()
    )]
    OutOfRange {
        path: PathBuf,
        format: TrajectoryFormat,
        frame: usize,
        atom: usize,
        position: [f32; 3],
        limit_angstrom: f32,
    },
    #[error("frame {frame} was not written to {}: {source}", path.display())]
    Time { path: PathBuf, frame: usize, source: TimeProblem },
    #[error("{} exists already: choose another name, {}, or {}", path.display(), Remedy::Continue, Remedy::Replace)]
    Exists { path: PathBuf },
    #[error("cannot continue {}: {source}", path.display())]
    CannotAppend { path: PathBuf, source: AppendProblem },
}

/// Why a file cannot be continued; each message is a clause about it.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[allow(missing_docs)] // the messages are the documentation
pub enum AppendProblem {
    #[error("it is a link, and nothing is written through links; name its target")]
    Link,
    #[error("it holds no complete frame")]
    NoFrame,
    #[error("it was not written by EquiJump; write to a new file")]
    NotOurs,
    #[error("it holds {present} frames, but the run had written {written}")]
    FewFrames { present: usize, written: usize },
    #[error("its frames are {found_ps} ps apart, the new ones {interval_ps} ps")]
    Interval { found_ps: f64, interval_ps: f64 },
}

/// What is wrong with the time of a frame to be written; each message is a clause about it.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[allow(missing_docs)] // the messages are the documentation
pub enum TimeProblem {
    #[error("the interval between frames is {interval_ps} ps, not a positive time")]
    Interval { interval_ps: f64 },
    #[error("DCD has no room for the time {time_ps} ps")]
    NoRoom { time_ps: f64 },
    #[error(
        "its time {time_ps} ps is not a multiple of the {interval_ps} ps between frames, which DCD demands of the first; use XTC"
    )]
    NoMultiple { time_ps: f64, interval_ps: f64 },
    #[error(
        "it has the time {time_ps} ps, but DCD demands equal intervals and expects {expected_ps} ps; use XTC"
    )]
    Uneven { time_ps: f64, expected_ps: f64 },
}

impl TrajectoryError {
    /// Wraps an I/O error: `.map_err(TrajectoryError::io("read", path))`.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| {
            // Readers ask for no more than the file held when they looked at its length.
            let source = match source.kind() {
                ErrorKind::UnexpectedEof => {
                    std::io::Error::new(ErrorKind::UnexpectedEof, "another program shortened it meanwhile")
                }
                _ => source,
            };
            TrajectoryError::Io { action, path, source }
        }
    }

    /// A damaged file.
    pub(crate) fn malformed(path: &Path, source: impl Into<Malformation>) -> Self {
        TrajectoryError::Malformed { path: path.to_path_buf(), source: source.into() }
    }
}
