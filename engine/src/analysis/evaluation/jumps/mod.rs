//! The one-step test: whether single jumps of a model are those of molecular dynamics.
//!
//! Populations may look right while the jump is not. So from frames of the reference, each with the frame one lag
//! later, the model draws jumps of its own, and both are compared: how far the chain moves, how often it leaves
//! the folded state and comes back to it, which torsion angles it keeps, the joint distribution of source and
//! next frame, and the chemistry of the frames drawn.
//!
//! ```text
//! FrameSource ──► JumpReference::read ──► pairs of the reference, and the frames that the model starts from
//!                 JumpReference::draws ──► JumpDraws::add, once for each frame drawn
//!                 JumpReference::evaluate ──► JumpReport
//! ```
//!
//! **Method.** The reference's own values are those of all its pairs one lag apart. Intervals are percentiles of
//! block-bootstrap replicates: whole trajectories are drawn with replacement, the same for the reference and for
//! the jumps that start in it, so that the interval of their difference is that of paired data. Floors are what
//! one random half of the trajectories gives against the other, by as many pairs as the model has draws where
//! there are so many. The energy distances are U-statistics between jumps that start in one half and the
//! reference's pairs in the other, pairs within one trajectory left out; zero means the same law, and the
//! reference's value is that of its own jumps from the same frames.

mod energy;
mod pairs;
mod read;
mod report;
mod statistics;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub use pairs::JumpDraws;
pub use read::{JumpReference, JumpSource};
pub use report::{JumpGroup, JumpMeasure, JumpReport, JumpRow};

use super::error::{EvaluationError, ImpossibleSetting};

/// What the one-step test may be asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct JumpSettings {
    /// Frames of the reference that jumps start from, spread over all trajectories at random but evenly.
    pub sources: usize,
    /// Jumps that the model draws from each.
    pub draws: usize,
    /// A frame is folded when its Cα RMSD from the native structure is below this, Å.
    pub folded_below_angstrom: f64,
    /// A frame is unfolded when its Cα RMSD from the native structure is beyond this, Å.
    pub unfolded_beyond_angstrom: f64,
    /// Bootstrap replicates behind each interval.
    pub bootstrap: usize,
    /// Random halvings of the reference behind each floor.
    pub halvings: usize,
    /// Confidence of the intervals, in (0, 1).
    pub confidence: f64,
    /// Seed of the choice of frames and of resampling.
    pub seed: u64,
}

impl Default for JumpSettings {
    fn default() -> Self {
        Self {
            sources: 300,
            draws: 8,
            folded_below_angstrom: 1.5,
            unfolded_beyond_angstrom: 2.5,
            bootstrap: 200,
            halvings: 40,
            confidence: 0.95,
            seed: 0,
        }
    }
}

impl JumpSettings {
    /// Whether the numbers make sense.
    ///
    /// # Errors
    /// One sentence about the first that does not.
    pub fn check(&self) -> Result<(), EvaluationError> {
        if !(2..=1_000_000).contains(&self.sources) || !(1..=10_000).contains(&self.draws) {
            return Err(ImpossibleSetting::Draws.into());
        }
        ImpossibleSetting::of_states(self.folded_below_angstrom, self.unfolded_beyond_angstrom)?;
        Ok(ImpossibleSetting::of_resampling(self.confidence, self.bootstrap, (self.halvings, 2))?)
    }
}
