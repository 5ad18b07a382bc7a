//! Opening a structure, a trajectory, a run, a project or a model, or saving a project, by typing its path: the equal
//! of the desktop's dialog.

use std::path::PathBuf;

use equijump_engine::session::{OpenRequest, StructureSource};

use super::target::{Files, Target};
use super::widgets::{PathField, buttons, error_line};
use crate::window::action::Action;
use crate::window::asked::Asked;
use crate::window::file_dialogs::Purpose;
use crate::window::session_file;

/// The form.
#[derive(Debug)]
pub struct OpenPath {
    /// The file.
    pub path: PathField,
    /// [`Purpose::OpenStructure`] or [`Purpose::OpenModel`].
    pub purpose: Purpose,
    /// The file that is to be opened, if it is there.
    to_open: Option<PathBuf>,
    is_file: Asked<PathBuf, bool>,
    error: Option<String>,
    target: Target,
}

impl OpenPath {
    /// An empty form. `dialogs_missing` explains why it came up in place of the desktop's dialog.
    pub fn new(purpose: Purpose, dialogs_missing: bool) -> Self {
        let mut path = PathField::new(PathBuf::new());
        path.unavailable = dialogs_missing;
        Self {
            path,
            purpose,
            to_open: None,
            is_file: Asked::default(),
            error: None,
            target: Target::default(),
        }
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
            enabled = path.as_deref().is_some_and(|path| self.target.ui(ui, Files::one(path)));
        }
        let confirmed = buttons(ui, confirm, enabled, actions);
        let confirmed = confirmed || entered;
        if self.purpose == Purpose::SaveProject {
            if let Some(path) = path.filter(|_| self.target.confirm(confirmed)) {
                actions.push(Action::CloseDialog);
                actions.push(Action::SaveProject(path));
            }
        } else if let Some(path) = path.filter(|_| confirmed) {
            match self.purpose {
                Purpose::MdStartFolder => {
                    actions.push(Action::CloseDialog);
                    actions.push(Action::WriteMdStart(path));
                }
                Purpose::TrainingScriptFolder => {
                    actions.push(Action::CloseDialog);
                    actions.push(Action::WriteTrainingScript(path));
                }
                _ => self.to_open = Some(path),
            }
        }
        self.open_if_there(ui, actions);
    }

    /// Opens what was confirmed, once the disk has said that it is there.
    fn open_if_there(&mut self, ui: &egui::Ui, actions: &mut Vec<Action>) {
        let Some(path) = self.to_open.clone() else { return };
        let Some(&is_file) = self.is_file.ask(ui.ctx(), path.clone(), |path| path.is_file()) else { return };
        self.to_open = None;
        // It may come to be there until it is confirmed again.
        self.is_file = Asked::default();
        if is_file {
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
