//! Samples against reference trajectories (paper 4.2, A.7): what `equijump evaluate`, the comparison of
//! transports and the sampling study are made of.
//!
//! ```text
//! FrameSource ──► PreparedReference::new ──► TICA basis, bins, states, Markov lag, measured reference
//! FrameSource ──► PreparedReference::evaluate ──► Evaluation: divergences with intervals and floors, averages,
//!                                                   curves, maps, with what a report needs besides
//! ```
//!
//! Trajectory files come in through [`CanonicalFrames`](crate::trajectory::CanonicalFrames), frames in
//! memory through [`MemoryFrames`]; both are [`FrameSource`]s, and give the same numbers. Frames are read
//! one at a time; what is kept of each is about 100 bytes and 4 bytes a residue. In short
//!
//! ```ignore
//! let prepared = PreparedReference::new(protein, &mut reference_frames, settings, &mut progress)?;
//! let evaluation = prepared.evaluate(&mut sample_frames, &mut progress)?;   // as often as wanted
//! let tic1 = evaluation.scores.divergence(Quantity::Tic1);                   // value, interval, floor
//! ```
//!
//! **Method.** TICA is fitted to the reference and the samples are projected on it. Histograms have 100
//! bins over the range of the reference with a margin of 5 % on each side, maps 50 × 50; what falls outside
//! is one more bin. Conformations are clustered in the first four components; Markov models of reference
//! and samples on the same clusters give the weights of frames. The lag is the shortest at which
//! doubling it changes the slowest implied timescale of the reference by no more than 10 %, that timescale is
//! twice as long as frames shuffled in time give, and halves of the data agree on it. Where one of the two
//! ensembles cannot carry a model, nothing is weighted, and the result says why. Confidence intervals come from resampling blocks
//! of both ensembles with replacement, each replicate with Markov models of its own; floors from random
//! halvings of the reference's blocks. A divergence of the same law from itself falls with the inverse of the
//! time that both ensembles hold, so the floor of halves is scaled to the time that is compared:
//! [`Divergence::scaled_floor`].

pub mod branches;
mod ensemble;
mod error;
mod fluctuation;
mod frame_table;
mod grids;
pub mod jumps;
pub mod kinetics;
mod protein;
mod quantity;
mod reference;
mod resampling;
mod scores;
mod settings;
mod source;
mod summary;
mod timescales;

pub use crate::analysis::units::time_text;
pub use ensemble::{Ensemble, Estimate, Weighting};
pub use error::{EvaluationError, ImpossibleSetting};
pub use fluctuation::{STRETCH_PS, StretchFluctuation};
pub use frame_table::FrameTable;
pub use protein::Protein;
pub use quantity::Quantity;
pub use reference::{MarkovLag, PreparedReference};
pub use resampling::Interval;
pub use scores::{
    AverageRow, CurvePair, Divergence, DivergenceRow, FreeEnergyProfile, MapPair, MeanDivergence, Profile,
    Scores,
};
pub use settings::{EvaluationProgress, EvaluationSettings, EvaluationStage, ProgressCallback};
pub use source::{FrameSource, MemoryFrames};
pub use summary::{EnsembleSummary, Evaluation, TicaSummary};
pub use timescales::{CommonTimescales, MarkovSummary, common_states};

pub use super::msm::{ImpliedTimescales, LagChoice};
