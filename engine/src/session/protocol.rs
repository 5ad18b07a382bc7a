//! The whole conversation between app and engine.

use std::path::PathBuf;
use std::sync::Arc;

use crate::structure::Topology;

/// Identifies one job from its command to its outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct JobId(pub u64);

/// Something the user should know that is not an error: what was substituted, rebuilt, dropped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice(pub String);

/// How a job ended. Every job ends in exactly one of these.
#[derive(Clone, Debug, PartialEq)]
pub enum JobOutcome {
    /// All the work asked for is done.
    Finished,
    /// Stopped by the user; what was made so far is kept.
    Cancelled,
    /// Ended by an error or a panic; one clear sentence.
    Failed(String),
}

/// A protein that was opened: topology and the positions to start from.
#[derive(Clone, Debug)]
pub struct OpenedStructure {
    /// Where it came from; `None` for bundled examples.
    pub path: Option<PathBuf>,
    /// Residues, atoms, bonds.
    pub topology: Arc<Topology>,
    /// Canonical atom positions, Å.
    pub positions_angstrom: Arc<Vec<[f32; 3]>>,
    /// What reading it changed or dropped.
    pub notices: Vec<Notice>,
}

/// What the app asks of the engine.
#[derive(Clone, Debug)]
pub enum Command {
    /// Ends the engine thread after the present latent step.
    Shutdown,
}

/// What the engine tells the app.
#[derive(Clone, Debug)]
pub enum Event {
    /// A job ended.
    JobEnded {
        /// Which.
        job: JobId,
        /// How.
        outcome: JobOutcome,
    },
}
