//! What trajectory files do not tell: which atoms they hold, and how far their frames are apart.

use std::path::PathBuf;

use equijump_engine::session::TrajectoryRequest;

use super::widgets::{PathField, buttons, error_line};
use crate::window::action::Action;
use crate::window::asked::Asked;
use crate::window::file_dialogs::Purpose;

/// Which file names the atoms.
#[derive(Debug)]
pub struct TopologyChoice {
    request: TrajectoryRequest,
    sentence: String,
    /// The file.
    pub path: PathField,
    is_file: Asked<PathBuf, Option<bool>>,
}

impl TopologyChoice {
    /// `sentence` says what was looked for.
    pub fn new(request: TrajectoryRequest, sentence: String) -> Self {
        let folder = request.files.first().and_then(|path| path.parent()).map(ToOwned::to_owned);
        let path = PathField::new(folder.unwrap_or_default());
        Self { request, sentence, path, is_file: Asked::default() }
    }

    pub(super) fn ui(&mut self, ui: &mut egui::Ui, actions: &mut Vec<Action>) {
        ui.add(egui::Label::new(&self.sentence).wrap());
        ui.add_space(4.0);
        let entered = self.path.ui(
            ui,
            "Topology: PDB or mmCIF file with the same atoms",
            Purpose::OpenTopology,
            actions,
        );
        let path = self.path.path();
        // It is proposed as a folder, of which nothing is said.
        let look = |path: PathBuf| path.is_file().then_some(true).or((!path.exists()).then_some(false));
        let found = path.clone().and_then(|path| *self.is_file.ask(ui.ctx(), path, look)?);
        if found == Some(false) {
            error_line(ui, "There is no such file.");
        }
        let is_file = found == Some(true);
        let confirmed = buttons(ui, "Open", is_file, actions);
        if let Some(path) = path.filter(|_| is_file && (confirmed || entered)) {
            actions.push(Action::CloseDialog);
            let request = TrajectoryRequest { topology: Some(path), ..self.request.clone() };
            actions.push(Action::OpenTrajectory(request));
        }
    }
}

/// How far frames are apart.
#[derive(Clone, Debug)]
pub struct IntervalChoice {
    request: TrajectoryRequest,
    interval_ps: f64,
}

impl IntervalChoice {
    /// Starts with the interval of this program.
    pub fn new(request: TrajectoryRequest) -> Self {
        Self { request, interval_ps: 100.0 }
    }

    pub(super) fn ui(&mut self, ui: &mut egui::Ui, actions: &mut Vec<Action>) {
        ui.add(egui::Label::new("The file does not say how far apart its frames are.").wrap());
        ui.add_space(4.0);
        ui.horizontal(|ui| {
            let label = ui.label("Frame interval");
            let field =
                egui::DragValue::new(&mut self.interval_ps).range(0.001..=1e9).speed(1.0).suffix(" ps");
            ui.add(field).labelled_by(label.id);
        });
        if buttons(ui, "Open", true, actions) {
            actions.push(Action::CloseDialog);
            let request = TrajectoryRequest { interval_ps: Some(self.interval_ps), ..self.request.clone() };
            actions.push(Action::OpenTrajectory(request));
        }
    }
}
