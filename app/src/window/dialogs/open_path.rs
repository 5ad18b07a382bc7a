//! Opening a structure by typing its path: the equal of the desktop's dialog.

use equijump_engine::session::{OpenRequest, StructureSource};

use super::{PathField, buttons, error_line};
use crate::window::action::Action;
use crate::window::file_dialogs::Purpose;

/// The form.
#[derive(Clone, Debug)]
pub struct OpenPath {
    /// The file.
    pub path: PathField,
    error: Option<String>,
}

impl OpenPath {
    /// An empty form. `dialogs_missing` explains why it came up in place of the desktop's dialog.
    pub fn new(dialogs_missing: bool) -> Self {
        let mut path = PathField::new(std::path::PathBuf::new());
        path.unavailable = dialogs_missing;
        Self { path, error: None }
    }

    pub(super) fn ui(&mut self, ui: &mut egui::Ui, actions: &mut Vec<Action>) {
        let entered =
            self.path.ui(ui, "PDB or mmCIF file, plain or gzipped", Purpose::OpenStructure, actions);
        if let Some(error) = &self.error {
            error_line(ui, error);
        }
        let path = self.path.path();
        let confirmed = buttons(ui, "Open", path.is_some(), actions);
        if let Some(path) = path.filter(|_| confirmed || entered) {
            if path.is_file() {
                actions.push(Action::CloseDialog);
                actions.push(Action::Open(OpenRequest::new(StructureSource::File(path))));
            } else {
                self.error = Some(format!("There is no file {}.", path.display()));
            }
        }
    }
}
