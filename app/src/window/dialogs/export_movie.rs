//! Exporting frames as pictures, from which any program makes a film.

use std::path::{Path, PathBuf};

use super::frame_range::{FrameRange, size_row};
use super::{PathField, buttons, error_line};
use crate::window::action::Action;
use crate::window::file_dialogs::Purpose;
use crate::window::project::grouped;

/// Pictures to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MovieExport {
    /// New folder for the pictures, which are numbered `frame_00000.png` and on.
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
    name: String,
}

/// A folder in `folder` that is not there yet: `villin-movie`, `villin-movie-2` and so on.
fn new_folder(folder: &Path, name: &str) -> PathBuf {
    let first = folder.join(format!("{name}-movie"));
    let numbered = (2u32..).map(|number| folder.join(format!("{name}-movie-{number}")));
    std::iter::once(first).chain(numbered).find(|path| !path.exists()).unwrap_or_default()
}

impl MovieForm {
    /// A form for all frames so far of the protein `name`, in the shape of the view.
    pub fn new(folder: PathBuf, name: String, newest: usize, view_size: [u32; 2]) -> Self {
        // Film codecs want even sides.
        let size = view_size.map(|side| (side & !1).clamp(64, 4096));
        Self {
            folder: PathField::new(folder),
            frames: FrameRange::all(newest as u64),
            newest,
            size,
            transparent: false,
            name,
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
        let target = folder.as_ref().filter(|_| exists).map(|folder| new_folder(folder, &self.name));
        let into = target.as_ref().and_then(|target| target.file_name());
        let into = into.map(|name| format!(" into the new folder {}", name.to_string_lossy()));
        let sentence = format!(
            "{} PNG pictures from the present viewpoint{}. The log will hold a command that makes a film of them.",
            grouped(self.frames.count()),
            into.unwrap_or_default()
        );
        ui.add(egui::Label::new(egui::RichText::new(sentence).weak()).wrap());
        let confirmed = buttons(ui, "Export", exists, actions);
        if let Some(folder) = target.filter(|_| confirmed || entered) {
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
