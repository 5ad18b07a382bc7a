//! What training draws from stores: the conformations that uniform and enhanced pairs start from (Figure 8).

use std::ops::ControlFlow;
use std::path::PathBuf;

use crate::session::{Halt, Job, JobContext, Lane, Report};
use crate::training::{Coverage, PairDataset, PairSampling, TrainError, TrainSettings};

/// Pairs to look at.
#[derive(Clone, Debug)]
pub struct PairsRequest {
    /// Stores made by `import`.
    pub stores: Vec<PathBuf>,
    /// Settings of the training that would draw from them.
    pub settings: TrainSettings,
    /// Draws of each kind.
    pub draws: usize,
}

/// Nothing to look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no protein of the stores has data for clusters of conformations; the notes say why")]
pub struct NoClusters;

/// Opens the stores as training does, and draws: one entry per protein that has clusters.
impl Job for PairsRequest {
    type Update = Report;
    type Output = Vec<Coverage>;
    const LANE: Lane = Lane::Data;

    fn run(self, context: &JobContext<'_, Report>) -> Result<Vec<Coverage>, Halt> {
        let settings = TrainSettings { pairs: PairSampling::Enhanced, ..self.settings };
        settings.check()?;
        let mut go_on = || match context.is_cancelled() {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        };
        let data = PairDataset::open(&self.stores, &settings, &mut go_on).map_err(|error| match error {
            TrainError::Cancelled => Halt::Cancelled,
            error => error.into(),
        })?;
        for notice in data.notices() {
            context.notice(notice);
        }
        let coverage = data.coverage(self.draws, settings.seed);
        match coverage.is_empty() {
            true => Err(NoClusters.into()),
            false => Ok(coverage),
        }
    }
}
