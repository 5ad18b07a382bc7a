//! Exporting frames as pictures, from which any program makes a film.

use std::path::PathBuf;

use super::{PathField, buttons, error_line};
use crate::window::action::Action;
use crate::window::file_dialogs::Purpose;
use crate::window::project::grouped;

/// Pictures to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MovieExport {
    /// Folder; pictures are numbered `frame_00000.png` and on.
    pub folder: PathBuf,
    /// First frame.
    pub first: usize,
    /// Last frame, included.
    pub last: usize,
    /// Every how many frames.
    pub stride: usize,
    /// Size, pixels.
    pub size: [u32; 2],
    /// Leave the background out.
    pub transparent: bool,
}

/// The form.
#[derive(Clone, Debug)]
pub struct MovieForm {
    /// Where to.
    pub folder: PathField,
    first: usize,
    last: usize,
    newest: usize,
    stride: usize,
    size: [u32; 2],
    transparent: bool,
}

impl MovieForm {
    /// A form for all frames so far, in the shape of the view.
    pub fn new(folder: PathBuf, newest: usize, view_size: [u32; 2]) -> Self {
        // Film codecs want even sides.
        let size = view_size.map(|side| (side & !1).clamp(64, 4096));
        Self {
            folder: PathField::new(folder),
            first: 0,
            last: newest,
            newest,
            stride: 1,
            size,
            transparent: false,
        }
    }

    pub(super) fn ui(&mut self, ui: &mut egui::Ui, actions: &mut Vec<Action>) {
        egui::Grid::new("export-movie").num_columns(2).spacing([16.0, 8.0]).show(ui, |ui| {
            let label = ui.label("Frames");
            ui.horizontal(|ui| {
                let first = egui::DragValue::new(&mut self.first).range(0..=self.last);
                ui.add(first).labelled_by(label.id).on_hover_text("First frame; 0 is the start structure");
                let to = ui.label("to");
                let last = egui::DragValue::new(&mut self.last).range(self.first..=self.newest);
                ui.add(last).labelled_by(to.id).on_hover_text("Last frame, included");
            });
            ui.end_row();
            let label = ui.label("Every");
            ui.horizontal(|ui| {
                let stride = egui::DragValue::new(&mut self.stride).range(1..=self.newest.max(1));
                ui.add(stride).labelled_by(label.id).on_hover_text("1 takes every frame, 10 every tenth");
                ui.label(if self.stride == 1 { "frame" } else { "frames" });
            });
            ui.end_row();
            let label = ui.label("Size");
            ui.horizontal(|ui| {
                let width = egui::DragValue::new(&mut self.size[0]).range(64..=4096);
                ui.add(width).labelled_by(label.id).on_hover_text("Width in pixels");
                let by = ui.label("×");
                let height = egui::DragValue::new(&mut self.size[1]).range(64..=4096).suffix(" px");
                ui.add(height).labelled_by(by.id).on_hover_text("Height in pixels");
            });
            ui.end_row();
            ui.label("Background");
            ui.checkbox(&mut self.transparent, "Transparent");
            ui.end_row();
        });
        ui.add_space(4.0);
        let entered = self.folder.ui(ui, "Folder", Purpose::MovieFolder, actions);
        let folder = self.folder.path();
        let exists = folder.as_ref().is_some_and(|folder| folder.is_dir());
        if folder.is_some() && !exists {
            error_line(ui, "There is no such folder.");
        }
        let count = (self.last - self.first) / self.stride + 1;
        ui.weak(format!(
            "{} PNG pictures from the present viewpoint. The log will hold a command that makes a film of them.",
            grouped(count as u64)
        ));
        let confirmed = buttons(ui, "Export", exists, actions);
        if let Some(folder) = folder.filter(|_| exists && (confirmed || entered)) {
            actions.push(Action::CloseDialog);
            actions.push(Action::ExportMovie(MovieExport {
                folder,
                first: self.first,
                last: self.last,
                stride: self.stride,
                size: self.size,
                transparent: self.transparent,
            }));
        }
    }
}
