//! Opening a structure, a trajectory, a run, a project or a model, or saving a project, by typing its path: the equal
//! of the desktop's dialog.

use equijump_engine::session::{OpenRequest, StructureSource};

use super::widgets::{PathField, buttons, error_line};
use crate::window::action::Action;
use crate::window::file_dialogs::Purpose;
use crate::window::session_file;

/// The form.
#[derive(Clone, Debug)]
pub struct OpenPath {
    /// The file.
    pub path: PathField,
    /// [`Purpose::OpenStructure`] or [`Purpose::OpenModel`].
    pub purpose: Purpose,
    error: Option<String>,
    overwrite: bool,
}

impl OpenPath {
    /// An empty form. `dialogs_missing` explains why it came up in place of the desktop's dialog.
    pub fn new(purpose: Purpose, dialogs_missing: bool) -> Self {
        let mut path = PathField::new(std::path::PathBuf::new());
        path.unavailable = dialogs_missing;
        Self { path, purpose, error: None, overwrite: false }
    }

    pub(super) fn title(&self) -> &'static str {
        match self.purpose {
            Purpose::OpenModel => "Choose model by path",
            Purpose::SaveProject => "Save project as",
            Purpose::MdStartFolder => "Export start of an MD run",
            Purpose::TrainingScriptFolder => "Make training data with OpenMM",
            _ => "Open by path",
        }
    }

    pub(super) fn ui(&mut self, ui: &mut egui::Ui, actions: &mut Vec<Action>) {
        let (label, confirm) = match self.purpose {
            Purpose::OpenModel => ("Model file (.safetensors)", "Choose"),
            Purpose::SaveProject => ("Project file (.equijump)", "Save"),
            Purpose::MdStartFolder | Purpose::TrainingScriptFolder => ("Folder for the files", "Write"),
            _ => ("Structure (PDB, mmCIF), trajectory (DCD, XTC), run (run.json) or project", "Open"),
        };
        let entered = self.path.ui(ui, label, self.purpose, actions);
        if let Some(error) = &self.error {
            error_line(ui, error);
        }
        let mut path = self.path.path();
        let mut enabled = path.is_some();
        if self.purpose == Purpose::SaveProject {
            path = path.map(|path| session_file::named_as_project(&path));
            if path.as_ref().is_some_and(|path| path.exists()) {
                ui.checkbox(&mut self.overwrite, "Replace the file that is there");
                enabled = self.overwrite;
            }
        }
        let confirmed = buttons(ui, confirm, enabled, actions);
        if let Some(path) = path.filter(|_| enabled && (confirmed || entered)) {
            if self.purpose == Purpose::SaveProject {
                actions.push(Action::CloseDialog);
                actions.push(Action::SaveProject(path));
            } else if self.purpose == Purpose::MdStartFolder {
                actions.push(Action::CloseDialog);
                actions.push(Action::WriteMdStart(path));
            } else if self.purpose == Purpose::TrainingScriptFolder {
                actions.push(Action::CloseDialog);
                actions.push(Action::WriteTrainingScript(path));
            } else if path.is_file() {
                actions.push(Action::CloseDialog);
                actions.push(match self.purpose {
                    Purpose::OpenModel => Action::ChooseModel(Some(path)),
                    _ => Action::Open(OpenRequest::new(StructureSource::File(path))),
                });
            } else {
                self.error = Some(format!("There is no file {}.", path.display()));
            }
        }
    }
}
