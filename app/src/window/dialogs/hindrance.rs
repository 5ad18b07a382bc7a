//! A hindrance in one sentence, and buttons that do what helps.

use super::widgets::{button_row, enter_pressed, primary_button};
use crate::window::action::Action;

/// What stands in the way, and the ways out.
#[derive(Clone, Debug)]
pub struct Hindrance {
    title: &'static str,
    sentence: String,
    /// The likeliest first.
    ways: Vec<(&'static str, Vec<Action>)>,
}

impl Hindrance {
    /// `ways` are the buttons with what they do, the likeliest first.
    pub fn new(title: &'static str, sentence: String, ways: Vec<(&'static str, Vec<Action>)>) -> Self {
        Self { title, sentence, ways }
    }

    pub(super) fn title(&self) -> &'static str {
        self.title
    }

    pub(super) fn ui(&mut self, ui: &mut egui::Ui, actions: &mut Vec<Action>) {
        ui.add(egui::Label::new(&self.sentence).wrap());
        ui.add_space(10.0);
        button_row(ui, |ui| {
            for (index, (text, does)) in self.ways.iter().enumerate() {
                let entered = index == 0 && enter_pressed(ui);
                let button = if index == 0 {
                    primary_button(ui, text)
                } else {
                    egui::Button::new(*text).min_size(egui::vec2(80.0, 28.0))
                };
                if ui.add(button).clicked() || entered {
                    actions.push(Action::CloseDialog);
                    actions.extend(does.iter().cloned());
                }
            }
            let leave = if self.ways.is_empty() { "Close" } else { "Cancel" };
            let entered = self.ways.is_empty() && enter_pressed(ui);
            if ui.add(egui::Button::new(leave).min_size(egui::vec2(80.0, 28.0))).clicked() || entered {
                actions.push(Action::CloseDialog);
            }
        });
    }
}
