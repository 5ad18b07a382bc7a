//! Asking before frames are lost.

use std::path::PathBuf;

use crate::window::action::Action;
use crate::window::command::UiCommand;
use crate::window::numbers::grouped;

/// What would lose frames.
#[derive(Clone, Debug)]
pub enum Cause {
    /// Taking the run of this number off the list.
    CloseRun(u32),
    /// Closing the window.
    Quit {
        /// Where runs would be written.
        folder: PathBuf,
        /// Whether an evaluation would be lost as well.
        evaluation: bool,
    },
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
            Cause::CloseRun(_) => "Close this run?",
            Cause::Quit { .. } => "Close EquiJump?",
        }
    }

    pub(super) fn ui(&mut self, ui: &mut egui::Ui, actions: &mut Vec<Action>) {
        let frames = grouped(self.frames);
        let sentence = match &self.cause {
            Cause::CloseRun(_) => format!("{frames} frames of this run are in no file and would be lost."),
            Cause::Quit { folder, evaluation } => {
                let evaluation = if *evaluation {
                    " The evaluation is in no file either; only its pane saves it."
                } else {
                    ""
                };
                format!(
                    "{frames} frames of your runs are in no file and would be lost. Saved, they can be opened again and extended; they go to {}.{evaluation}",
                    folder.display()
                )
            }
        };
        ui.add(egui::Label::new(sentence).wrap());
        ui.add_space(10.0);
        super::widgets::button_row(ui, |ui| {
            let entered = super::widgets::enter_pressed(ui);
            let save = match self.cause {
                Cause::CloseRun(_) => "Save…",
                Cause::Quit { .. } => "Save and close",
            };
            if ui.add(super::widgets::primary_button(ui, save)).clicked() || entered {
                actions.push(Action::CloseDialog);
                match self.cause {
                    Cause::CloseRun(number) => {
                        actions.push(Action::ShowRun(number));
                        actions.push(Action::Command(UiCommand::ExportTrajectory));
                    }
                    Cause::Quit { .. } => actions.push(Action::SaveAndQuit),
                }
            }
            let discard = egui::Button::new("Discard frames").min_size(egui::vec2(110.0, 28.0));
            if ui.add(discard).clicked() {
                actions.push(Action::CloseDialog);
                actions.push(match &self.cause {
                    Cause::CloseRun(number) => Action::CloseRunConfirmed(*number),
                    Cause::Quit { .. } => Action::QuitConfirmed,
                });
            }
            if ui.add(egui::Button::new("Cancel").min_size(egui::vec2(80.0, 28.0))).clicked() {
                actions.push(Action::CloseDialog);
            }
        });
    }
}
