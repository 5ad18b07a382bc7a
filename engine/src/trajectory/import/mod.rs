//! Turning trajectories of other programs into a training store (ARCHITECTURE.md §7).

pub(super) mod checks;
mod run;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::TrajectoryError;
use super::store::StoreError;
use crate::remedy::Remedy;
use crate::structure::StructureError;

pub(crate) use run::checksum;
pub use run::file_crc32;
pub use run::import;

/// What to import, and how.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ImportRequest {
    /// PDB, mmCIF or GRO file with exactly the atoms of the trajectories, in their order.
    pub topology: PathBuf,
    /// Chain of the protein, where the topology has several.
    pub chain: Option<String>,
    /// Whether of a topology with gaps the longest segment without one is taken.
    pub longest_segment: bool,
    /// Trajectory files; each starts a trajectory of its own.
    pub trajectories: Vec<PathBuf>,
    /// Takes every `stride`-th frame; at least 1.
    pub stride: usize,
    /// Leaves out what happened before this time in each file, ps: equilibration.
    pub skip_ps: f64,
    /// Time between the frames of the files, ps. Replaces what the files say; needed where they say nothing.
    pub interval_ps: Option<f64>,
    /// Whether the trajectories are in equilibrium. Those that still relax from a hot or an extended start are not.
    pub in_equilibrium: bool,
    /// Whether a model made the frames: training starts jumps from them, and learns none of theirs.
    pub made_by_model: bool,
    /// Store file to write.
    pub output: PathBuf,
    /// Whether an existing store may be replaced.
    pub overwrite: bool,
}

impl Default for ImportRequest {
    fn default() -> Self {
        Self {
            topology: PathBuf::new(),
            chain: None,
            longest_segment: false,
            trajectories: Vec::new(),
            stride: 1,
            skip_ps: 0.0,
            interval_ps: None,
            in_equilibrium: true,
            made_by_model: false,
            output: PathBuf::new(),
            overwrite: false,
        }
    }
}

/// How far an import has come.
#[derive(Clone, Debug, PartialEq)]
pub struct ImportProgress {
    /// File being read, as an index into the request's trajectories.
    pub source: usize,
    /// Frames read in all files so far.
    pub frames_done: usize,
    /// Frames to be read in all files.
    pub frames_total: usize,
}

/// What an import did. Everything that was left out or changed is counted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ImportReport {
    /// Name of the protein.
    pub name: String,
    /// Residues.
    pub residues: usize,
    /// Heavy atoms per frame.
    pub atoms: usize,
    /// Frames stored.
    pub frames: usize,
    /// Unbroken trajectories.
    pub trajectories: usize,
    /// Time between stored frames, ps.
    pub interval_ps: f64,
    /// Length of the store, bytes.
    pub bytes: u64,
    /// Frames left out because a position was NaN or infinite.
    pub frames_not_finite: usize,
    /// Frames left out because their bytes were damaged.
    pub frames_damaged: usize,
    /// Frames left out because a bond was far too long.
    pub frames_broken: usize,
    /// Frames whose molecule was cut by the periodic cell and was put together again.
    pub frames_made_whole: usize,
    /// The same in sentences, one per file and kind, for people.
    pub notices: Vec<String>,
}

/// Why nothing was imported. The output is as it was.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)] // the messages are the documentation
pub enum ImportError {
    #[error(transparent)]
    Structure(#[from] StructureError),
    #[error(transparent)]
    Trajectory(#[from] TrajectoryError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("{0}")]
    Request(&'static str),
    #[error("{} holds no complete frame", path.display())]
    NoFrames { path: PathBuf },
    /// What was wrong with them, a sentence each.
    #[error("no frame is fit for use: {}", if notices.is_empty() { "all of them lie before the time to be skipped".into() } else { notices.join("; ") })]
    NothingUsable { notices: Vec<String> },
    #[error(
        "{} does not say how far apart its frames are in time{}: {}",
        path.display(),
        program.map(|program| format!(" ({program} writes it in the units of the run, which the file does not keep)")).unwrap_or_default(),
        Remedy::GiveInterval
    )]
    UnknownInterval { path: PathBuf, program: Option<&'static str> },
    #[error("the atoms that {} names are not those of the topology: name the topology that it was made with", path.display())]
    OtherAtoms { path: PathBuf },
    #[error(
        "the times in {} are {interval_ps} ps apart, which makes no trajectory: {}",
        path.display(),
        Remedy::GiveInterval
    )]
    BadInterval { path: PathBuf, interval_ps: f64 },
    #[error(
        "the frames of {} are {found_ps} ps apart, those of the files before {expected_ps} ps: use them apart, or {}",
        path.display(),
        Remedy::GiveInterval
    )]
    IntervalMismatch { path: PathBuf, found_ps: f64, expected_ps: f64 },
    #[error(
        "most residues in {} are mirror images of L-amino acids: its axes were exchanged or turned over; convert it again",
        path.display()
    )]
    Mirrored { path: PathBuf },
    #[error(
        "neighboring Cα in {} are {median_angstrom:.2} Å apart instead of 3.8 Å: {guess}",
        path.display()
    )]
    ImplausibleGeometry {
        path: PathBuf,
        /// Median distance between consecutive Cα of the first sound frame, Å.
        median_angstrom: f32,
        guess: &'static str,
    },
    #[error("the import was stopped; nothing was written")]
    Cancelled,
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
