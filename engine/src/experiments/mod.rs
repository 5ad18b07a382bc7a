//! Experiments: many jobs of a session, one after the other. Whoever begins one waits for it.
//!
//! [`compare`] trains, samples and evaluates variants of one model; [`study`] samples one model with many settings;
//! [`pairs`] draws what training starts from. They know the session as any program does: jobs, handles, updates.

pub mod compare;
mod cost;
pub mod pairs;
mod reference;
mod sampling;
pub mod study;

use std::marker::PhantomData;
use std::time::Duration;

pub use cost::Cost;

use crate::session::{Halt, Job, JobContext, JobEvent, Lane, Report, Session};

/// How often it is asked whether to end.
const POLL: Duration = Duration::from_millis(50);

/// What an experiment tells while it works.
#[derive(Clone, Debug, PartialEq)]
pub enum ExperimentUpdate {
    /// It began its next stage; progress counts from zero.
    Began(ExperimentStage),
    /// The sampling that began goes on after this frame.
    GoesOnAfter(u64),
    /// The loss of the training that goes on, Å² per atom.
    Loss(f64),
    /// What the present job tells.
    Report(Report),
}

/// What an experiment is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExperimentStage {
    /// The item that it works on; empty for work that all items share.
    pub item: String,
    /// Number of the item, from 1; 0 for work that all share.
    pub number: usize,
    /// Number of items.
    pub of: usize,
    /// What is done, as a participle: `training`.
    pub doing: &'static str,
}

impl ExperimentStage {
    /// Work that all items share.
    fn alone(doing: &'static str) -> Self {
        Self { item: String::new(), number: 0, of: 0, doing }
    }
}

impl std::fmt::Display for ExperimentStage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.number {
            0 => f.write_str(self.doing),
            number => write!(f, "{number} of {}, {}: {}", self.of, self.item, self.doing),
        }
    }
}

/// Runs the jobs of an experiment.
#[derive(Clone, Copy)]
pub struct Runner<'a> {
    /// Where they run.
    pub session: &'a Session,
    /// Learns how they go.
    pub tell: &'a dyn Fn(ExperimentUpdate),
    /// Whether to end.
    pub cancelled: &'a dyn Fn() -> bool,
}

impl Runner<'_> {
    fn began(&self, stage: ExperimentStage) {
        (self.tell)(ExperimentUpdate::Began(stage));
    }

    fn report(&self, report: Report) {
        (self.tell)(ExperimentUpdate::Report(report));
    }

    /// Runs a job to its end.
    fn run<J: Job>(&self, job: J, mut on_update: impl FnMut(J::Update)) -> Result<J::Output, Halt> {
        let handle = self.session.start(job);
        loop {
            if (self.cancelled)() {
                handle.cancel();
            }
            match handle.next_timeout(POLL) {
                Some(JobEvent::Update(update)) => on_update(update),
                Some(JobEvent::Ended(outcome)) => return outcome.into_result(),
                None => (),
            }
        }
    }

    /// Runs a part of the experiment that is no job of anybody else.
    fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce(&JobContext<'_, Report>) -> Result<T, Halt> + Send + 'static,
    ) -> Result<T, Halt> {
        self.run(Work(work, PhantomData), |report| self.report(report))
    }
}

struct Work<T, F>(F, PhantomData<fn() -> T>);

impl<T, F> Job for Work<T, F>
where
    T: Send + 'static,
    F: FnOnce(&JobContext<'_, Report>) -> Result<T, Halt> + Send + 'static,
{
    type Update = Report;
    type Output = T;
    const LANE: Lane = Lane::Compute;

    fn run(self, context: &JobContext<'_, Report>) -> Result<T, Halt> {
        (self.0)(context)
    }
}
