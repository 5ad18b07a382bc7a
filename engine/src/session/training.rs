//! The training job.

use std::ops::ControlFlow;
use std::time::Duration;

use crate::training::{TrainEnd, TrainError, TrainProgress, TrainRequest, TrainUpdate, train};

use super::context::JobContext;
use super::protocol::{Event, JobOutcome, Progress, ProgressUnit};

/// Trains until done or stopped; either way the checkpoint is that of the last step.
pub(super) fn run(context: &JobContext<'_>, request: &TrainRequest) -> Result<JobOutcome, String> {
    let job = context.job;
    let result = train(request, &mut |update| {
        match update {
            TrainUpdate::Preparing => (),
            TrainUpdate::Notice(sentence) => context.notice(sentence),
            TrainUpdate::Step(progress) => {
                context.post(Event::TrainingProgress { job, progress });
                context.post(Event::Progress { job, progress: in_general(&progress) });
            }
        }
        if context.control.is_cancelled() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    let result = match result {
        Ok(result) => result,
        Err(TrainError::Cancelled) => return Ok(JobOutcome::Cancelled),
        Err(error) => return Err(error.to_string()),
    };
    let outcome = match result.end {
        TrainEnd::Finished => JobOutcome::Finished,
        TrainEnd::Cancelled => JobOutcome::Cancelled,
    };
    context.post(Event::Trained { job, result });
    Ok(outcome)
}

fn in_general(progress: &TrainProgress) -> Progress {
    Progress {
        done: progress.step,
        total: Some(progress.steps),
        unit: ProgressUnit::Steps,
        per_second: (progress.steps_per_second > 0.0).then_some(progress.steps_per_second),
        time_left: Duration::try_from_secs_f64(progress.seconds_left()).ok(),
    }
}
