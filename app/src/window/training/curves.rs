//! The curves of a training run, in bounded memory.

use equijump_engine::analysis::Thinned;
use equijump_engine::session::{LogRow, TrainProgress};
use equijump_engine::transport::interpolant::TrackLosses;

/// Points kept of what comes with every step; more than there are pixels across the pane.
const KEPT_POINTS: usize = 6000;

/// What a run told of its held-out pairs at a step.
pub type Held = (u64, TrackLosses);

/// Losses, gradient norm and learning rate over the steps of a run.
#[derive(Clone, Debug)]
pub struct Curves {
    points: Thinned<LogRow>,
    newest: Option<LogRow>,
    held_out: Vec<Held>,
}

impl Default for Curves {
    fn default() -> Self {
        Self { points: Thinned::new(KEPT_POINTS), newest: None, held_out: Vec::new() }
    }
}

impl Curves {
    /// The curves that a log tells.
    pub fn from_log(log: &[LogRow]) -> Self {
        let mut curves = Self::default();
        for row in log {
            curves.take(*row);
        }
        curves
    }

    /// Takes what came with a step.
    pub fn take_progress(&mut self, progress: &TrainProgress) {
        self.take(LogRow {
            step: progress.step,
            losses: progress.losses,
            validation: progress.validation,
            gradient_norm: progress.gradient_norm,
            learning_rate: progress.learning_rate,
        });
    }

    fn take(&mut self, row: LogRow) {
        self.points.push(row);
        self.newest = Some(row);
        if let Some(losses) = row.validation {
            self.held_out.push((row.step, losses));
        }
    }

    /// Whether there is nothing to draw.
    pub fn is_empty(&self) -> bool {
        self.newest.is_none()
    }

    /// Evenly thinned points, the newest always among them.
    pub fn points(&self) -> impl Iterator<Item = &LogRow> + Clone {
        let kept = self.points.as_slice();
        let last = kept.last().map(|row| row.step);
        kept.iter().chain(self.newest.as_ref().filter(move |row| Some(row.step) != last))
    }

    /// The newest point.
    pub fn newest(&self) -> Option<&LogRow> {
        self.newest.as_ref()
    }

    /// Losses on held-out pairs, all of them.
    pub fn held_out(&self) -> &[Held] {
        &self.held_out
    }

    /// Step and loss of the best model.
    pub fn best(&self) -> Option<(u64, f64)> {
        let losses = self.held_out.iter().map(|(step, losses)| (*step, losses.total));
        losses.min_by(|a, b| a.1.total_cmp(&b.1))
    }
}
