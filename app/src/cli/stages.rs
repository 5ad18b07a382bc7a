//! Progress of jobs that go by stages: which item, what is done with it, how far it is.

use equijump_engine::experiments::ExperimentUpdate;
use equijump_engine::session::Report;

use super::progress::ProgressDisplay;

/// Shows what such a job tells.
pub(super) struct StageDisplay {
    display: ProgressDisplay,
    /// What is counted.
    noun: &'static str,
    loss: String,
    /// Whether the stages of an evaluation are named: not where it is one of many.
    names_stages: bool,
}

impl StageDisplay {
    /// That of a job made of several, of which evaluations are parts.
    pub fn new() -> Self {
        let noun = "frames";
        Self { display: ProgressDisplay::new(noun), noun, loss: String::new(), names_stages: false }
    }

    /// That of one evaluation.
    pub fn of_evaluation() -> Self {
        Self { names_stages: true, ..Self::new() }
    }

    /// Shows how an experiment goes.
    pub fn update(&mut self, update: ExperimentUpdate) {
        match update {
            ExperimentUpdate::Began(stage) => {
                self.count(noun(stage.doing));
                self.loss.clear();
                self.display.line(&stage.to_string());
            }
            ExperimentUpdate::GoesOnAfter(frame) => {
                self.display.line(&format!("continues from frame {frame}"));
            }
            ExperimentUpdate::Loss(loss) => self.loss = format!("loss {loss:.4}, "),
            ExperimentUpdate::Report(report) => self.report(report),
        }
    }

    /// Shows what a job tells.
    pub fn report(&mut self, report: Report) {
        match report {
            Report::Stage(stage) => {
                self.count(stage.noun());
                if self.names_stages {
                    self.display.line(stage.label());
                }
            }
            Report::Progress(progress) => {
                let rate = progress.per_second.map(|r| format!("{}{r:.2} {}/s", self.loss, self.noun));
                self.display.show(&progress, &rate.unwrap_or_default());
            }
            Report::Notice(notice) => self.display.line(&format!("note: {notice}")),
        }
    }

    fn count(&mut self, noun: &'static str) {
        self.noun = noun;
        self.display = ProgressDisplay::new(noun);
    }

    /// Writes a line above the progress.
    pub fn line(&self, text: &str) {
        self.display.line(text);
    }
}

fn noun(doing: &str) -> &'static str {
    if doing == "training" { "steps" } else { "frames" }
}
