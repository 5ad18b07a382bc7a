//! Exporting frames as pictures, from which any program makes a film.

use std::path::PathBuf;

use super::frame_range::{FrameRange, size_row};
use super::{PathField, buttons, error_line};
use crate::window::action::Action;
use crate::window::file_dialogs::Purpose;
use crate::window::project::grouped;

/// Pictures to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MovieExport {
    /// Folder; pictures are numbered `frame_00000.png` and on.
    pub folder: PathBuf,
    /// Which frames.
    pub frames: FrameRange,
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
    frames: FrameRange,
    newest: usize,
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
            frames: FrameRange::all(newest as u64),
            newest,
            size,
            transparent: false,
        }
    }

    pub(super) fn ui(&mut self, ui: &mut egui::Ui, actions: &mut Vec<Action>) {
        egui::Grid::new("export-movie").num_columns(2).spacing([16.0, 8.0]).show(ui, |ui| {
            self.frames.rows(ui, self.newest as u64);
            let [width, height] = &mut self.size;
            size_row(ui, true, [width, height], 64..=4096);
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
        ui.weak(format!(
            "{} PNG pictures from the present viewpoint. The log will hold a command that makes a film of them.",
            grouped(self.frames.count())
        ));
        let confirmed = buttons(ui, "Export", exists, actions);
        if let Some(folder) = folder.filter(|_| exists && (confirmed || entered)) {
            actions.push(Action::CloseDialog);
            actions.push(Action::ExportMovie(MovieExport {
                folder,
                frames: self.frames,
                size: self.size,
                transparent: self.transparent,
            }));
        }
    }
}
