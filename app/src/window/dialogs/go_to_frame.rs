//! Typing a frame number.

use egui::text::{CCursor, CCursorRange};

use super::widgets::{buttons, error_line};
use crate::window::action::Action;

/// The form.
#[derive(Clone, Debug)]
pub struct GoToFrame {
    text: String,
    last: usize,
    focused: bool,
}

impl GoToFrame {
    /// Starts at the frame shown; `last` is the newest.
    pub fn new(frame: usize, last: usize) -> Self {
        Self { text: frame.to_string(), last, focused: false }
    }

    pub(super) fn ui(&mut self, ui: &mut egui::Ui, actions: &mut Vec<Action>) {
        let label = ui.label(format!("Frame number, 0 to {}", self.last));
        let mut output = egui::TextEdit::singleline(&mut self.text).desired_width(f32::INFINITY).show(ui);
        let response = output.response.response.labelled_by(label.id);
        if !self.focused {
            response.request_focus();
            self.focused = true;
            // What is typed takes the place of the number that is there.
            let all = CCursorRange::two(CCursor::new(0), CCursor::new(self.text.chars().count()));
            output.state.cursor.set_char_range(Some(all));
            output.state.store(ui.ctx(), response.id);
        }
        let frame = self.text.trim().parse::<usize>().ok().filter(|frame| *frame <= self.last);
        if frame.is_none() {
            error_line(ui, &format!("Type a whole number between 0 and {}.", self.last));
        }
        let entered = response.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
        let confirmed = buttons(ui, "Go", frame.is_some(), actions);
        if let Some(frame) = frame.filter(|_| confirmed || entered) {
            actions.push(Action::CloseDialog);
            actions.push(Action::GoToFrame(frame));
        }
    }
}
