//! A job that goes on, with how far it is.

use equijump_engine::analysis::evaluation::EvaluationStage;
use equijump_engine::session::{Job, JobEvent, JobHandle, JobOutcome, Progress, Report};

/// A job that goes on. Dropping it ends the job.
#[derive(Debug)]
pub struct Running<J: Job> {
    job: JobHandle<J>,
    /// What an evaluation does.
    pub stage: Option<EvaluationStage>,
    /// How far it is, or its stage.
    pub progress: Option<Progress>,
    /// The user asked for the end.
    pub stop_wanted: bool,
}

impl<J: Job<Update = Report>> Running<J> {
    /// A job that was just asked for.
    pub fn new(job: JobHandle<J>) -> Self {
        Self { job, stage: None, progress: None, stop_wanted: false }
    }

    /// Asks for the end.
    pub fn stop(&mut self) {
        self.stop_wanted = true;
        self.job.cancel();
    }

    /// Takes what it tells; its outcome, once it has ended.
    pub fn take(&mut self, mut notice: impl FnMut(&str)) -> Option<JobOutcome<J::Output>> {
        while let Some(event) = self.job.try_next() {
            match event {
                JobEvent::Update(Report::Progress(progress)) => self.progress = Some(progress),
                JobEvent::Update(Report::Stage(stage)) => {
                    self.stage = Some(stage);
                    self.progress = None;
                }
                JobEvent::Update(Report::Notice(sentence)) => notice(&sentence.0),
                JobEvent::Ended(outcome) => return Some(outcome),
            }
        }
        None
    }
}
