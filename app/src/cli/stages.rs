//! Progress of jobs that are made of several: which item, what is done with it, how far it is.

use equijump_engine::session::{Event, ProgressUnit};

use super::progress::ProgressDisplay;

/// Shows the events of such a job.
pub(super) struct StageDisplay {
    display: ProgressDisplay,
    loss: String,
}

impl StageDisplay {
    pub fn new() -> Self {
        Self { display: ProgressDisplay::new("frames"), loss: String::new() }
    }

    /// Shows an event, if it is one of progress.
    pub fn event(&mut self, event: &Event) {
        match event {
            Event::StageBegan { stage, .. } => {
                self.display = ProgressDisplay::new(noun(stage.doing));
                self.loss.clear();
                self.display.line(&stage.to_string());
            }
            Event::EvaluationStage { stage, .. } => self.display = ProgressDisplay::new(stage.noun()),
            Event::SimulationStarted { run, .. } if run.first_new_frame > 1 => {
                self.display.line(&format!("goes on from frame {}", run.first_new_frame - 1));
            }
            Event::TrainingProgress { progress, .. } => {
                self.loss = format!("loss {:.4}, ", progress.losses.total);
            }
            Event::Progress { progress, .. } => {
                let per = match progress.unit {
                    ProgressUnit::Steps => "steps/s",
                    ProgressUnit::Replicates => "replicates/s",
                    _ => "frames/s",
                };
                let rate = progress.per_second.map(|r| format!("{}{r:.2} {per}", self.loss));
                self.display.show(progress, &rate.unwrap_or_default());
            }
            Event::Notice { notice, .. } => self.display.line(&format!("note: {notice}")),
            _ => (),
        }
    }

    /// Writes a line above the progress.
    pub fn line(&self, text: &str) {
        self.display.line(text);
    }
}

fn noun(doing: &str) -> &'static str {
    if doing == "training" { "steps" } else { "frames" }
}
