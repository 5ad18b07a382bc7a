//! Branches: many trajectories of molecular dynamics from one frame, each with velocities of its own, against as many
//! of a model.
//!
//! It judges a learned simulator where there are no equilibria: nothing is asked about populations, only where a chain
//! is some jumps after a given frame.
//!
//! ```text
//! FrameSource ──► BranchReference::read ──► starts, and where molecular dynamics is after 1 jump, after 10
//!                 BranchReference::draws ──► BranchDraws::add, for each trajectory of the model and each time
//!                 BranchReference::evaluate ──► BranchReport
//! ```
//!
//! **Method.** At each time the ends of the `m` trajectories of molecular dynamics and of the `n` of the model are two
//! samples, start by start. Cα distances and the points of torsion angles on their circles are compared by energy
//! distances `2 mean |x − y| − mean |x − x'| − mean |y − y'|` over all pairs, a point with itself among them, in units
//! of the root of the number of distances or angles. Such a distance is never negative, and of two samples of one law
//! it is `(1/n + 1/m) mean |x − x'|` on average, so it stands beside its floor: random halves of the molecular dynamics
//! against each other, scaled by `(1/n + 1/m) / (1/a + 1/b)` for halves of `a` and `b`. The spread ratio is the root
//! of the variance of the model over that of molecular dynamics, both unbiased; jump size and RMSF of a residue are the
//! root mean square distance of its Cα from the start, and from its mean over the trajectories, superposed on the
//! start. Intervals are percentiles of bootstrap replicates in which the trajectories of each start are drawn with
//! replacement, of both sides for themselves, laid around the estimate; starts are given, not drawn. What rests on too
//! few trajectories is not supported, and no number is told.

mod clouds;
mod read;
mod report;
mod statistics;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub use read::{BranchDraws, BranchReference, BranchStart};
pub use report::{BranchHorizon, BranchMeasure, BranchNumbers, BranchReport, BranchRow, BranchVerdict};

use super::error::{EvaluationError, ImpossibleSetting};

/// Trajectories from one start that energy distances need: halves of two.
pub const LEAST_FOR_ENERGY: usize = 4;
/// Trajectories from one start that spreads and fluctuations need: halves of four.
pub const LEAST_FOR_SPREAD: usize = 8;

/// What a comparison of branches may be asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BranchSettings {
    /// After how many jumps to compare, ascending.
    pub horizons: Vec<usize>,
    /// Trajectories that the model draws from each start; as many as there are of molecular dynamics by default.
    pub draws: Option<usize>,
    /// Bootstrap replicates behind each interval.
    pub bootstrap: usize,
    /// Random halvings of the molecular dynamics behind each floor.
    pub halvings: usize,
    /// Confidence of the intervals, in (0, 1).
    pub confidence: f64,
    /// Seed of resampling.
    pub seed: u64,
}

impl Default for BranchSettings {
    fn default() -> Self {
        Self { horizons: vec![1, 10], draws: None, bootstrap: 200, halvings: 40, confidence: 0.95, seed: 0 }
    }
}

impl BranchSettings {
    /// Whether the numbers make sense.
    ///
    /// # Errors
    /// One sentence about the first that does not.
    pub fn check(&self) -> Result<(), EvaluationError> {
        let refuse = |problem: ImpossibleSetting| Err(problem.into());
        let rising = self.horizons.windows(2).all(|pair| pair[0] < pair[1]);
        if self.horizons.first().is_none_or(|&first| first == 0) || !rising || self.horizons.len() > 20 {
            return refuse(ImpossibleSetting::Horizons);
        }
        if self.horizons.last().is_some_and(|&last| last > 1_000_000) {
            return refuse(ImpossibleSetting::LastHorizon);
        }
        if self.draws.is_some_and(|draws| !(LEAST_FOR_ENERGY..=10_000).contains(&draws)) {
            return refuse(ImpossibleSetting::BranchDraws { least: LEAST_FOR_ENERGY });
        }
        Ok(ImpossibleSetting::of_resampling(self.confidence, self.bootstrap, (self.halvings, 2))?)
    }
}
