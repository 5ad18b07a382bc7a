//! What can go wrong with a trajectory file, each in one sentence that says what to do.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::format::TrajectoryFormat;
use crate::remedy::Remedy;

/// Errors of reading and writing trajectory files.
#[derive(Debug, thiserror::Error)]
pub enum TrajectoryError {
    /// The operating system refused.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// Verb: `open`, `read`, `write` …
        action: &'static str,
        /// File in question.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The extension names no trajectory format.
    #[error("{} is not a trajectory: its name must end in .dcd, .xtc or .pdb", path.display())]
    UnknownFormat {
        /// File in question.
        path: PathBuf,
    },
    /// A format of another program.
    #[error("{} is {refusal}", path.display())]
    ForeignFormat {
        /// File in question.
        path: PathBuf,
        /// What it is, and what to do.
        refusal: String,
    },
    /// The bytes do not follow the format.
    #[error("{} is not a readable {format} file: {reason}", path.display())]
    Malformed {
        /// File in question.
        path: PathBuf,
        /// Format that its name promises.
        format: TrajectoryFormat,
        /// What is wrong, as a clause.
        reason: String,
    },
    /// The file is sound but uses a part of the format that EquiJump does not read.
    #[error("{} uses {feature}, which EquiJump does not read: {remedy}", path.display())]
    Unsupported {
        /// File in question.
        path: PathBuf,
        /// The feature.
        feature: &'static str,
        /// What to do about it.
        remedy: &'static str,
    },
    /// The file holds another number of atoms than the protein.
    #[error(
        "{} holds {found} atoms a frame, but {expected} are expected: trajectory and topology do not belong together",
        path.display()
    )]
    AtomCount {
        /// File in question.
        path: PathBuf,
        /// Atoms per frame in the file (or in the frame handed over for writing).
        found: usize,
        /// Atoms per frame that were expected.
        expected: usize,
    },
    /// A frame index past the end.
    #[error("{} has {frames} frames, there is no frame {index} (counting from 0)", path.display())]
    NoSuchFrame {
        /// File in question.
        path: PathBuf,
        /// Index asked for.
        index: usize,
        /// Frames in the file.
        frames: usize,
    },
    /// NaN or infinity among the positions to be written.
    #[error(
        "frame {frame} was not written to {}: atom {atom} has the position {position:?} Å, the simulation has become unstable",
        path.display()
    )]
    NotFinite {
        /// File in question.
        path: PathBuf,
        /// Index the frame would have had.
        frame: usize,
        /// First atom with such a position.
        atom: usize,
        /// Its position, Å.
        position: [f32; 3],
    },
    /// A finite position that the format has no room for.
    #[error(
        "frame {frame} was not written to {}: atom {atom} at {position:?} Å lies beyond the ±{limit_angstrom} Å of {format}",
        path.display()
    )]
    OutOfRange {
        /// File in question.
        path: PathBuf,
        /// Its format.
        format: TrajectoryFormat,
        /// Index the frame would have had.
        frame: usize,
        /// First atom with such a position.
        atom: usize,
        /// Its position, Å.
        position: [f32; 3],
        /// Largest coordinate that the format holds, Å.
        limit_angstrom: f32,
    },
    /// A frame time that the format cannot express.
    #[error("frame {frame} was not written to {}: {source}", path.display())]
    Time {
        /// File in question.
        path: PathBuf,
        /// Index the frame would have had.
        frame: usize,
        /// What is wrong.
        source: TimeProblem,
    },
    /// The output exists and overwriting was not asked for.
    #[error("{} exists already: choose another name, {}, or {}", path.display(), Remedy::Continue, Remedy::Replace)]
    Exists {
        /// File in question.
        path: PathBuf,
    },
    /// A file that cannot be continued.
    #[error("cannot continue {}: {reason}", path.display())]
    CannotAppend {
        /// File in question.
        path: PathBuf,
        /// Why, as a clause.
        reason: String,
    },
}

/// What is wrong with the time of a frame to be written; each message is a clause about it.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum TimeProblem {
    /// The time between frames is none.
    #[error("the interval between frames is {interval_ps} ps, not a positive time")]
    Interval {
        /// The interval, ps.
        interval_ps: f64,
    },
    /// Larger than a DCD file can say.
    #[error("DCD has no room for the time {time_ps} ps")]
    NoRoom {
        /// The time, ps.
        time_ps: f64,
    },
    /// A DCD file cannot begin there.
    #[error(
        "its time {time_ps} ps is not a multiple of the {interval_ps} ps between frames, which DCD demands of the first; use XTC"
    )]
    NoMultiple {
        /// The time, ps.
        time_ps: f64,
        /// Time between frames, ps.
        interval_ps: f64,
    },
    /// A DCD file cannot go on there.
    #[error(
        "it has the time {time_ps} ps, but DCD demands equal intervals and expects {expected_ps} ps; use XTC"
    )]
    Uneven {
        /// The time, ps.
        time_ps: f64,
        /// The time that would be right, ps.
        expected_ps: f64,
    },
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
    pub(crate) fn malformed(path: &Path, format: TrajectoryFormat, reason: impl Into<String>) -> Self {
        TrajectoryError::Malformed { path: path.to_path_buf(), format, reason: reason.into() }
    }
}
