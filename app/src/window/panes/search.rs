//! What a pane looks for in a run when asked, in the background: the question, how far it is, and the answer for that run.

use super::empty_state;
use super::simulation::progress_bar;
use crate::window::inquiry::{Inquiry, Watch};

/// Something that is looked for in one run at a time.
pub(super) struct Search<T> {
    inquiry: Option<(u32, Inquiry<T>)>,
    answer: Option<(u32, Result<T, String>)>,
}

impl<T> Default for Search<T> {
    fn default() -> Self {
        Self { inquiry: None, answer: None }
    }
}

impl<T: Send + 'static> Search<T> {
    /// Begins to look in the run of this number, on a thread called `name`.
    pub(super) fn start(
        &mut self,
        name: &str,
        run: u32,
        ctx: &egui::Context,
        work: impl FnOnce(&Watch) -> Result<Option<T>, String> + Send + 'static,
    ) {
        match Inquiry::start(name, ctx, work) {
            Ok(inquiry) => self.inquiry = Some((run, inquiry)),
            Err(sentence) => self.answer = Some((run, Err(sentence))),
        }
    }

    /// Shows how far the search in this run is, with a button that ends it. Returns whether it goes on. A search in
    /// another run ends.
    pub(super) fn ui(&mut self, ui: &mut egui::Ui, run: u32, text: &str) -> bool {
        if let Some((of, inquiry)) = &self.inquiry
            && let Some(answer) = inquiry.take()
        {
            // One that was stopped leaves what was known.
            self.answer = answer.transpose().map(|answer| (*of, answer)).or(self.answer.take());
            self.inquiry = None;
        }
        let Some((_, inquiry)) = self.inquiry.take_if(|(of, _)| *of == run) else {
            self.inquiry = None;
            return false;
        };
        ui.label(text);
        progress_bar(ui, "Frames read", inquiry.fraction(), 6.0);
        if !ui.button("Stop").clicked() {
            self.inquiry = Some((run, inquiry));
        }
        true
    }

    /// What was found in this run, if anything was.
    pub(super) fn found(&self, run: u32) -> Option<&T> {
        self.answer.as_ref().filter(|(of, _)| *of == run)?.1.as_ref().ok()
    }

    /// What was found in this run. Where nothing was, shows why; where nothing was looked for, the `heading` and the
    /// `advice` of an empty pane.
    pub(super) fn found_ui(&self, ui: &mut egui::Ui, run: u32, heading: &str, advice: &str) -> Option<&T> {
        match self.answer.as_ref().filter(|(of, _)| *of == run) {
            Some((_, Ok(found))) => return Some(found),
            Some((_, Err(sentence))) => {
                ui.add(egui::Label::new(egui::RichText::new(sentence).weak()).wrap());
            }
            None => empty_state(ui, heading, advice),
        }
        None
    }
}
