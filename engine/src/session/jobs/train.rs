//! Training a model, or going on training it.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use crate::session::job::{Halt, Job, JobContext, Update};
use crate::session::lane::Lane;
use crate::session::progress::{JobPhase, Progress, ProgressUnit, Report};
use crate::training::{
    Next, TrainEnd, TrainError, TrainOutcome, TrainProgress, TrainRequest, TrainUpdate, train,
};

/// Progress is told no more often than this, steps of small networks being much faster. Validations and
/// the last step always are.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(100);

/// What a training tells.
#[derive(Clone, Debug)]
pub enum TrainingUpdate {
    /// It began, paused or went on.
    State(JobPhase),
    /// Where it stands: losses, learning rate, speed. Some ten times a second at most; only the newest is kept until
    /// it is read, and those of steps that validated.
    Step(TrainProgress),
    /// It came to an end, or was stopped, and its files are written.
    Trained(TrainOutcome),
    /// Progress and notices.
    Report(Report),
}

impl From<Report> for TrainingUpdate {
    fn from(report: Report) -> Self {
        Self::Report(report)
    }
}

impl Update for TrainingUpdate {
    fn absorb(&mut self, newer: Self) -> Option<Self> {
        match (self, newer) {
            (Self::State(known), Self::State(newer)) => *known = newer,
            (Self::Step(known), Self::Step(newer)) if known.validation.is_none() => *known = newer,
            (Self::Report(known), Self::Report(newer)) => return known.absorb(newer).map(Self::Report),
            (_, newer) => return Some(newer),
        }
        None
    }
}

/// Trains until done or stopped; either way the checkpoint is that of the last step.
impl Job for TrainRequest {
    type Update = TrainingUpdate;
    type Output = ();
    const LANE: Lane = Lane::Training;

    fn run(self, context: &JobContext<'_, TrainingUpdate>) -> Result<(), Halt> {
        context.post(TrainingUpdate::State(JobPhase::Preparing));
        let mut state = JobPhase::Preparing;
        let mut posted: Option<Instant> = None;
        let mut unposted = None;
        let result = train(&self, &mut |update| {
            match &update {
                TrainUpdate::Preparing | TrainUpdate::Saved => (),
                TrainUpdate::Notice(sentence) => context.notice(sentence.clone()),
                &TrainUpdate::Step(progress) => {
                    if state == JobPhase::Preparing {
                        state = JobPhase::Running;
                        context.post(TrainingUpdate::State(state));
                    }
                    let due = posted.is_none_or(|at| at.elapsed() >= PROGRESS_INTERVAL)
                        || progress.validation.is_some()
                        || context.is_paused();
                    unposted = (!due).then_some(progress);
                    if due {
                        post(context, progress);
                        posted = Some(Instant::now());
                    }
                }
            }
            let waits = context.is_paused() && !context.is_cancelled();
            // Told of another checkpoint than that of this step, a user would close the program with a wrong idea.
            if waits && matches!(update, TrainUpdate::Step(_)) {
                return ControlFlow::Continue(Next::Save);
            }
            if waits {
                context.post(TrainingUpdate::State(JobPhase::Paused));
                context.wait_while_paused();
                context.post(TrainingUpdate::State(state));
            }
            if context.is_cancelled() { ControlFlow::Break(()) } else { ControlFlow::Continue(Next::GoOn) }
        });
        if let Some(progress) = unposted {
            post(context, progress);
        }
        let result = result.map_err(|error| match error {
            TrainError::Cancelled => Halt::Cancelled,
            error => error.into(),
        })?;
        let end = result.end;
        context.post(TrainingUpdate::Trained(result));
        match end {
            TrainEnd::Finished => Ok(()),
            TrainEnd::Cancelled => Err(Halt::Cancelled),
        }
    }
}

fn post(context: &JobContext<'_, TrainingUpdate>, progress: TrainProgress) {
    context.post(TrainingUpdate::Step(progress));
    context.progress(in_general(&progress));
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
