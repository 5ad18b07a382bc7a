//! Why a run cannot be looked at, and why there is no map of it.

use std::io;

use crate::analysis::AnalysisError;

/// Why no more frames are looked at.
#[derive(Debug, thiserror::Error)]
pub enum ObserveError {
    /// Nothing can be measured of this protein.
    #[error("The plots cannot be made: {0}.")]
    Plots(#[source] AnalysisError),
    /// A frame is lost.
    #[error("Frame {frame} could not be read back for the {purpose}: {source}.")]
    ReadBack {
        /// Which frame.
        frame: u64,
        /// `plots` or `measurements`.
        purpose: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// A frame cannot be measured.
    #[error("Frame {frame} is left out of the plots: {source}.")]
    LeftOut {
        /// Which frame.
        frame: u64,
        /// Why.
        source: AnalysisError,
    },
    /// The slow coordinates cannot be fitted anew.
    #[error("The map was not refitted: {0}.")]
    Refit(#[source] AnalysisError),
}

/// Why there is no map of a run, or not yet.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum NoMap {
    /// The run is too short for coordinates of its own.
    #[error(
        "There is no reference for this protein, so the coordinates are fitted to this run once it is long enough: \
         {pairs} of {needed} frame pairs so far. Other coordinates need not wait.{}",
        why_no_reference.as_ref().map(|why| format!(" {why}")).unwrap_or_default()
    )]
    TooShort {
        /// Frame pairs so far.
        pairs: u64,
        /// Frame pairs for the first fit.
        needed: u64,
        /// Why there is no reference, in a sentence, where that is known.
        why_no_reference: Option<String>,
    },
    /// There will be no slow coordinates.
    #[error("{0}")]
    NoCoordinates(#[source] AnalysisError),
    /// An axis is a measurement that was taken away.
    #[error("This measurement is not there: choose other coordinates in the settings of the map.")]
    NoMeasurement,
    /// There is no frame yet.
    #[error("The first frame is being made.")]
    NoFrames,
    /// Frames do not have both coordinates.
    #[error("No frame has both coordinates: choose others in the settings of the map.")]
    NoPoints,
    /// The points make no map.
    #[error("The map cannot be made: {0}.")]
    NoDensity(#[from] AnalysisError),
}
