//! Exporting frames: which, how many, in what format, where.

use std::path::PathBuf;
use std::sync::Arc;

use super::target::{Files, Target};
use super::widgets::{PathField, buttons, error_line};
use crate::window::action::Action;
use crate::window::exports::{FrameRange, TrajectoryExport};
use crate::window::file_dialogs::Purpose;
use crate::window::project::grouped;

/// Formats offered, with what they are good for.
const FORMATS: [(&str, &str); 4] = [
    ("dcd", "DCD: exact positions, read by every analysis program"),
    ("xtc", "XTC: compressed, rounded to 0.01 Å"),
    ("pdb", "PDB: one model per frame, text, needs no topology"),
    ("cif", "mmCIF: one model per frame, text, needs no topology, keeps no times"),
];

/// Whether files of the format hold the names of their atoms: only those can have atoms that the run has not.
fn names_atoms(format: usize) -> bool {
    matches!(FORMATS[format].0, "pdb" | "cif")
}

/// The form.
#[derive(Debug)]
pub struct TrajectoryForm {
    /// Where to.
    pub path: PathField,
    format: usize,
    frames: FrameRange,
    replica: usize,
    replicas: usize,
    newest: u64,
    interval_ps: f64,
    /// Frames of each replica in the rectangle of the free-energy map, if there is one.
    in_rectangle: Option<Vec<Arc<[u64]>>>,
    only_these: bool,
    hydrogens: bool,
    /// The atoms that are selected, if any are.
    selected: Option<Arc<[usize]>>,
    only_selected: bool,
    target: Target,
}

impl TrajectoryForm {
    /// A form for all frames so far of a replica of so many. `in_rectangle` holds the frames of each replica in the
    /// rectangle of the free-energy map.
    pub fn new(
        proposal: PathBuf,
        newest: u64,
        (replica, replicas): (usize, usize),
        interval_ps: f64,
        in_rectangle: Option<Vec<Arc<[u64]>>>,
        selected: Option<Arc<[usize]>>,
    ) -> Self {
        Self {
            path: PathField::new(proposal),
            format: 0,
            frames: FrameRange::all(newest),
            replica,
            replicas,
            newest,
            interval_ps,
            in_rectangle,
            only_these: false,
            hydrogens: false,
            selected,
            only_selected: false,
            target: Target::default(),
        }
    }

    /// The frames that are wanted of the range; all where none are named.
    fn only(&self) -> Option<&Arc<[u64]>> {
        self.in_rectangle.as_ref().filter(|_| self.only_these)?.get(self.replica)
    }

    pub(super) fn ui(&mut self, ui: &mut egui::Ui, actions: &mut Vec<Action>) {
        let format_before = self.format;
        egui::Grid::new("export-trajectory").num_columns(2).spacing([16.0, 8.0]).show(ui, |ui| {
            let label = ui.label("Format");
            ui.horizontal(|ui| {
                for (index, (extension, tooltip)) in FORMATS.iter().enumerate() {
                    let name =
                        if *extension == "cif" { "mmCIF".to_owned() } else { extension.to_uppercase() };
                    ui.radio_value(&mut self.format, index, name).on_hover_text(*tooltip);
                }
            })
            .response
            .labelled_by(label.id);
            ui.end_row();
            self.frames.rows(ui, self.newest);
            if self.in_rectangle.is_some() {
                ui.label("");
                ui.checkbox(&mut self.only_these, "Only those in the rectangle of the map")
                    .on_hover_text("Frames inside the rectangle drawn on the free-energy map");
                ui.end_row();
            }
            if names_atoms(self.format) {
                ui.label("");
                ui.checkbox(&mut self.hydrogens, "Add hydrogens").on_hover_text(
                    "Those of pH 7, by ideal geometry, and the second oxygen of the C-terminus",
                );
                ui.end_row();
            }
            if let Some(selected) = &self.selected {
                ui.label("");
                let text = format!("Only the {} selected atoms", selected.len());
                ui.checkbox(&mut self.only_selected, text)
                    .on_hover_text("Atoms of the selection; such a file cannot be extended or trained on");
                ui.end_row();
            }
            if self.replicas > 1 {
                let label = ui.label("Replica");
                let replica = egui::DragValue::new(&mut self.replica).range(0..=self.replicas - 1);
                ui.add(replica).labelled_by(label.id).on_hover_text("Which of the replicas to write");
                ui.end_row();
            }
        });
        if self.format != format_before {
            self.path.set_extension(FORMATS[self.format].0);
        }
        ui.add_space(4.0);
        let entered = self.path.ui(ui, "File", Purpose::ExportTrajectory, actions);
        let path = self.path.path();
        // A typed extension chooses the format as well as the buttons do.
        let extension = path.as_ref().and_then(|p| p.extension()).map(|e| e.to_string_lossy().to_lowercase());
        let known = FORMATS.iter().position(|(format, _)| Some(*format) == extension.as_deref());
        if let Some(format) = known {
            self.format = format;
        }
        let file = path.as_deref().filter(|_| known.is_some());
        let possible = file.is_some_and(|path| self.target.ui(ui, Files::one(path)));
        let only = self.only().cloned();
        let count = self.frames.count_of(only.as_deref());
        let every_ps = self.interval_ps * self.frames.stride as f64;
        let frames = if count == 1 { "1 frame".to_owned() } else { format!("{} frames", grouped(count)) };
        let beside = match FORMATS[self.format].0 {
            "dcd" | "xtc" => " The topology is written beside it as PDB.",
            _ => "",
        };
        let apart = if only.is_some() { String::new() } else { format!(", {every_ps:.0} ps apart") };
        ui.weak(format!("{frames}{apart}.{beside}"));
        if path.is_some() && known.is_none() {
            error_line(ui, "The file name must end in .dcd, .xtc, .pdb or .cif.");
        }
        let complete = known.is_some() && count > 0;
        let confirmed = buttons(ui, "Export", complete && possible, actions);
        if let Some(path) = path.filter(|_| self.target.confirm(complete && (confirmed || entered))) {
            actions.push(Action::CloseDialog);
            actions.push(Action::ExportTrajectory(TrajectoryExport {
                path,
                frames: self.frames,
                only,
                atoms: self.selected.clone().filter(|_| self.only_selected),
                replica: self.replica,
                hydrogens: self.hydrogens && !self.only_selected && names_atoms(self.format),
                overwrite: self.target.replaces(),
            }));
        }
    }
}
