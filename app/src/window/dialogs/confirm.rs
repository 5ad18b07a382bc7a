//! Asking before frames are lost.

use equijump_engine::session::OpenRequest;

use crate::window::action::Action;
use crate::window::command::UiCommand;
use crate::window::project::grouped;

/// What would lose frames.
#[derive(Clone, Debug)]
pub enum Cause {
    /// A new run.
    Simulate,
    /// Another structure.
    Open(OpenRequest),
    /// Closing the window.
    Quit,
}

/// The question.
#[derive(Clone, Debug)]
pub struct Confirm {
    cause: Cause,
    frames: u64,
}

impl Confirm {
    /// `frames` would be lost.
    pub fn new(cause: Cause, frames: u64) -> Self {
        Self { cause, frames }
    }

    pub(super) fn title(&self) -> &'static str {
        match self.cause {
            Cause::Simulate => "Start a new run?",
            Cause::Open(_) => "Open another structure?",
            Cause::Quit => "Close EquiJump?",
        }
    }

    pub(super) fn ui(&mut self, ui: &mut egui::Ui, actions: &mut Vec<Action>) {
        let frames = grouped(self.frames);
        ui.add(
            egui::Label::new(format!(
                "The {frames} frames of the present run were not exported and would be lost."
            ))
            .wrap(),
        );
        ui.add_space(10.0);
        super::button_row(ui, |ui| {
            if ui.add(super::primary_button(ui, "Export…")).clicked() {
                actions.push(Action::CloseDialog);
                actions.push(Action::Command(UiCommand::ExportTrajectory));
            }
            let discard = egui::Button::new("Discard frames").min_size(egui::vec2(110.0, 28.0));
            if ui.add(discard).clicked() {
                actions.push(Action::CloseDialog);
                actions.push(match &self.cause {
                    Cause::Simulate => Action::SimulateConfirmed,
                    Cause::Open(request) => Action::OpenConfirmed(request.clone()),
                    Cause::Quit => Action::QuitConfirmed,
                });
            }
            if ui.add(egui::Button::new("Cancel").min_size(egui::vec2(80.0, 28.0))).clicked() {
                actions.push(Action::CloseDialog);
            }
        });
    }
}
