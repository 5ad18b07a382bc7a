//! Files that are dropped onto the window.

use std::path::{Path, PathBuf};

use equijump_engine::session::{OpenRequest, StructureSource, TrajectoryRequest};

use super::EquiJumpApp;
use crate::window::action::Action;
use crate::window::file_dialogs::Purpose;
use crate::window::layout::{self, Pane};

impl EquiJumpApp {
    /// What dropped files are for: trajectories to look at, to learn from or to compare with as the pane in front
    /// is; stores; a model; a structure or a run.
    pub(in crate::window) fn take_dropped(&mut self, paths: Vec<PathBuf>) {
        let (mut learned_from, mut others, mut to_open) = (Vec::new(), Vec::new(), Vec::new());
        let evaluating = layout::is_in_front(&self.tree, Pane::Evaluation);
        let training = layout::is_in_front(&self.tree, Pane::Training);
        for path in paths {
            let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
            let trajectory = [".xtc", ".dcd", ".trr"].iter().any(|ending| name.ends_with(ending));
            if trajectory && !training && !evaluating {
                to_open.push(path);
            } else if trajectory || name.ends_with(".store.safetensors") {
                learned_from.push((path, trajectory));
            } else {
                others.push(path);
            }
        }
        if !to_open.is_empty() {
            // A structure that comes along names the atoms.
            let topology = others.iter().find(|path| is_structure(path)).cloned();
            others.retain(|path| Some(path) != topology.as_ref());
            let request = TrajectoryRequest { files: to_open, topology, ..TrajectoryRequest::default() };
            self.actions.push(Action::OpenTrajectory(request));
        }
        if let Some(path) = others.into_iter().next() {
            let is_model = path.extension().is_some_and(|extension| extension == "safetensors");
            self.actions.push(if is_model {
                Action::ChooseModel(Some(path))
            } else {
                Action::Open(OpenRequest::new(StructureSource::File(path)))
            });
        }
        if learned_from.is_empty() {
            return;
        }
        for (path, trajectory) in learned_from {
            match (trajectory, evaluating) {
                (true, true) => self.evaluation_path_picked(Purpose::EvaluationReference, path),
                (true, false) => {
                    self.training.import.unfold = true;
                    self.training_path_picked(Purpose::ImportTrajectories, path)
                }
                (false, _) => self.training_path_picked(Purpose::TrainingStore, path),
            };
        }
        if !evaluating {
            self.actions.push(Action::ShowPane(Pane::Training));
        }
    }
}

fn is_structure(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    [".pdb", ".ent", ".cif", ".mmcif"].iter().any(|ending| name.ends_with(ending))
}
