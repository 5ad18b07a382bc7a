//! The training job.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use crate::training::{Next, TrainEnd, TrainError, TrainProgress, TrainRequest, TrainUpdate, train};

use super::context::JobContext;
use super::protocol::{Event, JobOutcome, Progress, ProgressUnit, RunState};

/// Progress is posted no more often than this, steps of small networks being much faster. Validations and
/// the last step always are.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(100);

/// Trains until done or stopped; either way the checkpoint is that of the last step.
pub(super) fn run(context: &JobContext<'_>, request: &TrainRequest) -> Result<JobOutcome, String> {
    let job = context.job;
    context.post(Event::RunState { job, state: RunState::Preparing });
    let mut state = RunState::Preparing;
    let mut posted: Option<Instant> = None;
    let mut unposted = None;
    let result = train(request, &mut |update| {
        match &update {
            TrainUpdate::Preparing | TrainUpdate::Saved => (),
            TrainUpdate::Notice(sentence) => context.notice(sentence.clone()),
            &TrainUpdate::Step(progress) => {
                if state == RunState::Preparing {
                    state = RunState::Running;
                    context.post(Event::RunState { job, state });
                }
                let due = posted.is_none_or(|at| at.elapsed() >= PROGRESS_INTERVAL)
                    || progress.validation.is_some()
                    || context.control.is_paused();
                unposted = (!due).then_some(progress);
                if due {
                    post(context, progress);
                    posted = Some(Instant::now());
                }
            }
        }
        let waits = context.control.is_paused() && !context.control.is_cancelled();
        // Told of another checkpoint than that of this step, a user would close the program with a wrong idea.
        if waits && matches!(update, TrainUpdate::Step(_)) {
            return ControlFlow::Continue(Next::Save);
        }
        if waits {
            context.post(Event::RunState { job, state: RunState::Paused });
            context.control.wait_while_paused();
            context.post(Event::RunState { job, state });
        }
        if context.control.is_cancelled() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(Next::GoOn)
        }
    });
    if let Some(progress) = unposted {
        post(context, progress);
    }
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

fn post(context: &JobContext<'_>, progress: TrainProgress) {
    let job = context.job;
    context.post(Event::TrainingProgress { job, progress });
    context.post(Event::Progress { job, progress: in_general(&progress) });
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
