//! Progress of jobs that go by stages: which item, what is done with it, how far it is.

use equijump_engine::session::Event;

use super::progress::ProgressDisplay;

/// Shows the events of such a job.
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

    /// Shows an event, if it is one of progress.
    pub fn event(&mut self, event: &Event) {
        match event {
            Event::StageBegan { stage, .. } => {
                self.count(noun(stage.doing));
                self.loss.clear();
                self.display.line(&stage.to_string());
            }
            Event::EvaluationStage { stage, .. } => {
                self.count(stage.noun());
                if self.names_stages {
                    self.display.line(stage.label());
                }
            }
            Event::SimulationStarted { run, .. } if run.first_new_frame > 1 => {
                self.display.line(&format!("continues from frame {}", run.first_new_frame - 1));
            }
            Event::TrainingProgress { progress, .. } => {
                self.loss = format!("loss {:.4}, ", progress.losses.total);
            }
            Event::Progress { progress, .. } => {
                let rate = progress.per_second.map(|r| format!("{}{r:.2} {}/s", self.loss, self.noun));
                self.display.show(progress, &rate.unwrap_or_default());
            }
            Event::Notice { notice, .. } => self.display.line(&format!("note: {notice}")),
            _ => (),
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
