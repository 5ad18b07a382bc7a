//! Why a run cannot be looked at, and why there is no map of it.

use std::io;

use crate::analysis::AnalysisError;

/// Why no more frames are looked at.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)] // the messages are the documentation
pub enum ObserveError {
    #[error("The plots cannot be made: {0}.")]
    Plots(#[source] AnalysisError),
    #[error("Frame {frame} could not be read back for the {purpose}: {source}.")]
    ReadBack { frame: u64, purpose: &'static str, source: io::Error },
    #[error("Frame {frame} is left out of the plots: {source}.")]
    LeftOut { frame: u64, source: AnalysisError },
    #[error("The map was not refitted: {0}.")]
    Refit(#[source] AnalysisError),
}

/// Why there is no map of a run, or not yet.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[allow(missing_docs)] // the messages are the documentation
pub enum NoMap {
    #[error(
        "There is no reference for this protein, so the coordinates are fitted to this run once it is long enough: \
         {pairs} of {needed} frame pairs so far. Other coordinates need not wait.{}",
        why_no_reference.as_ref().map(|why| format!(" {why}")).unwrap_or_default()
    )]
    TooShort { pairs: u64, needed: u64, why_no_reference: Option<String> },
    #[error("{0}")]
    NoCoordinates(#[source] AnalysisError),
    #[error("This measurement is not there: choose other coordinates in the settings of the map.")]
    NoMeasurement,
    #[error("The first frame is being made.")]
    NoFrames,
    #[error("No frame has both coordinates: choose others in the settings of the map.")]
    NoPoints,
    #[error("The map cannot be made: {0}.")]
    NoDensity(#[from] AnalysisError),
}
