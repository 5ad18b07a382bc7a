//! Saving a picture of the molecule.

use std::path::PathBuf;

use equijump_engine::trajectory::extension_of;

use super::target::{Files, Target};
use super::widgets::{PathField, buttons, error_line};
use crate::window::action::Action;
use crate::window::exports::ScreenshotExport;
use crate::window::file_dialogs::Purpose;

/// The form.
#[derive(Debug)]
pub struct ScreenshotForm {
    /// Where to.
    pub path: PathField,
    view_size: [u32; 2],
    factor: u32,
    transparent: bool,
    target: Target,
}

impl ScreenshotForm {
    /// `view_size` is the size of the molecule pane in pixels.
    pub fn new(proposal: PathBuf, view_size: [u32; 2]) -> Self {
        let path = PathField::new(proposal);
        Self { path, view_size, factor: 2, transparent: false, target: Target::default() }
    }

    fn size(&self) -> [u32; 2] {
        self.view_size.map(|side| (side * self.factor).clamp(16, 16_384))
    }

    pub(super) fn ui(&mut self, ui: &mut egui::Ui, actions: &mut Vec<Action>) {
        egui::Grid::new("screenshot").num_columns(2).spacing([16.0, 8.0]).show(ui, |ui| {
            ui.label("Size");
            ui.horizontal(|ui| {
                for factor in [1, 2, 4] {
                    let tooltip = format!("{factor} times the pixels of the view");
                    ui.radio_value(&mut self.factor, factor, format!("×{factor}")).on_hover_text(tooltip);
                }
                let [width, height] = self.size();
                ui.weak(format!("{width} × {height} px"));
            });
            ui.end_row();
            ui.label("Background");
            ui.checkbox(&mut self.transparent, "Transparent");
            ui.end_row();
        });
        ui.add_space(4.0);
        let entered = self.path.ui(ui, "File", Purpose::Screenshot, actions);
        let path = self.path.path();
        let is_png = path.as_deref().is_some_and(|path| extension_of(path) == "png");
        let file = path.as_deref().filter(|_| is_png);
        let possible = file.is_some_and(|path| self.target.ui(ui, Files::one(path)));
        if path.is_some() && !is_png {
            error_line(ui, "The file name must end in .png.");
        }
        let confirmed = buttons(ui, "Save", possible, actions);
        if let Some(path) = path.filter(|_| self.target.confirm(is_png && (confirmed || entered))) {
            actions.push(Action::CloseDialog);
            let export = ScreenshotExport { path, size: self.size(), transparent: self.transparent };
            actions.push(Action::SaveScreenshot(export));
        }
    }
}
