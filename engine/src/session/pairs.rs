//! What training draws from stores: the conformations that uniform and enhanced pairs start from (Figure 8).

use std::ops::ControlFlow;
use std::path::PathBuf;

use super::context::JobContext;
use super::protocol::{Event, JobOutcome};
use crate::training::{PairDataset, PairSampling, TrainError, TrainSettings};

/// Pairs to look at.
#[derive(Clone, Debug)]
pub struct PairsRequest {
    /// Stores made by `import`.
    pub stores: Vec<PathBuf>,
    /// Settings of the training that would draw from them.
    pub settings: TrainSettings,
    /// Draws of either kind.
    pub draws: usize,
}

/// Opens the stores as training does, and draws.
pub(super) fn run(context: &JobContext<'_>, request: &PairsRequest) -> Result<JobOutcome, String> {
    let settings = TrainSettings { pairs: PairSampling::Enhanced, ..request.settings.clone() };
    settings.check()?;
    let mut go_on = || match context.control.is_cancelled() {
        true => ControlFlow::Break(()),
        false => ControlFlow::Continue(()),
    };
    let data = match PairDataset::open(&request.stores, &settings, &mut go_on) {
        Ok(data) => data,
        Err(TrainError::Cancelled) => return Ok(JobOutcome::Cancelled),
        Err(error) => return Err(error.to_string()),
    };
    for notice in data.notices() {
        context.notice(notice);
    }
    let coverage = data.coverage(request.draws, settings.seed);
    if coverage.is_empty() {
        return Err(
            "no protein of the stores has data for clusters of conformations; the notes say why".to_owned()
        );
    }
    context.post(Event::PairsDrawn { job: context.job, coverage });
    Ok(JobOutcome::Finished)
}
