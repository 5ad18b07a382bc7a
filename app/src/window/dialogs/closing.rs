//! Asking, before the window closes, what becomes of frames that are in no file.

use std::path::PathBuf;

use super::target::{Files, Target};
use super::widgets::{PathField, button_row, enter_pressed, primary_button};
use crate::window::action::Action;
use crate::window::file_dialogs::Purpose;
use crate::window::numbers::grouped;

/// The question, with the folder that runs would be written into.
#[derive(Debug)]
pub struct ClosingForm {
    /// Where to.
    pub folder: PathField,
    target: Target,
    frames: u64,
    evaluation: bool,
}

impl ClosingForm {
    /// `frames` would be lost, and an evaluation as well if `evaluation`; `folder` is proposed.
    pub fn new(folder: PathBuf, frames: u64, evaluation: bool) -> Self {
        Self { folder: PathField::new(folder), target: Target::default(), frames, evaluation }
    }

    pub(super) fn ui(&mut self, ui: &mut egui::Ui, actions: &mut Vec<Action>) {
        let evaluation = match self.evaluation {
            true => " The evaluation is in no file either; only its pane saves it.",
            false => "",
        };
        let sentence = format!(
            "{} frames of your runs are in no file and would be lost. Saved, they can be opened again and extended.{evaluation}",
            grouped(self.frames)
        );
        ui.add(egui::Label::new(sentence).wrap());
        ui.add_space(4.0);
        let entered = self.folder.ui(ui, "Folder for the runs", Purpose::SavedRunsFolder, actions);
        let folder = self.folder.path();
        // Each run gets a name that is free.
        let files = folder.clone().map(|folder| Files::of(folder, Vec::new()));
        let possible = files.is_some_and(|files| self.target.ui(ui, files));
        ui.add_space(10.0);
        let mut confirmed = entered || (possible && enter_pressed(ui));
        button_row(ui, |ui| {
            confirmed |= ui.add_enabled(possible, primary_button(ui, "Save and close")).clicked();
            let discard = egui::Button::new("Discard frames").min_size(egui::vec2(110.0, 28.0));
            if ui.add(discard).clicked() {
                actions.push(Action::CloseDialog);
                actions.push(Action::QuitConfirmed);
            }
            if ui.add(egui::Button::new("Cancel").min_size(egui::vec2(80.0, 28.0))).clicked() {
                actions.push(Action::CloseDialog);
            }
        });
        if let Some(folder) = folder.filter(|_| self.target.confirm(confirmed)) {
            actions.push(Action::CloseDialog);
            actions.push(Action::SaveAndQuit(folder));
        }
    }
}
