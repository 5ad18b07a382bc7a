//! Exporting frames: which, how many, in what format, where.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use equijump_engine::trajectory::extension_of;

use super::target::{Files, Target};
use super::widgets::{PathField, buttons, error_line};
use crate::window::action::Action;
use crate::window::exports::{FrameRange, RunExport, TrajectoryExport};
use crate::window::file_dialogs::Purpose;
use crate::window::numbers::grouped;

/// Formats offered, with what they are good for.
const FORMATS: [(&str, &str); 4] = [
    ("dcd", "DCD: exact positions, read by every analysis program"),
    ("xtc", "XTC: compressed, rounded to 0.01 Å"),
    ("pdb", "PDB: one model per frame, text, needs no topology"),
    ("cif", "mmCIF: one model per frame, text, needs no topology, keeps no times"),
];

/// Whether what is typed can only be a folder.
fn names_a_folder(path: &Path) -> bool {
    path.file_name().is_none() || path.as_os_str().to_string_lossy().ends_with(std::path::is_separator)
}

/// Whether files of the format hold the names of their atoms: only those can have atoms that the run has not.
fn names_atoms(format: usize) -> bool {
    matches!(FORMATS[format].0, "pdb" | "cif")
}

/// Of the formats, those that a run can be gone on with in.
const RUN_FORMATS: usize = 3;

/// The form.
#[derive(Debug)]
pub struct TrajectoryForm {
    /// The run, where it can be written with all that belongs to it.
    run: Option<u32>,
    /// Whether that is wanted.
    whole: bool,
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
    /// rectangle of the free-energy map; `run` is the number of a run that can be written with all that belongs to it.
    pub fn new(
        proposal: PathBuf,
        newest: u64,
        (replica, replicas): (usize, usize),
        interval_ps: f64,
        in_rectangle: Option<Vec<Arc<[u64]>>>,
        selected: Option<Arc<[usize]>>,
        run: Option<u32>,
    ) -> Self {
        // Whoever has drawn a rectangle or selected atoms has chosen already.
        let whole = run.is_some() && in_rectangle.is_none() && selected.is_none();
        Self {
            run,
            whole,
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

    pub(super) fn title(&self) -> &'static str {
        if self.whole { "Save run" } else { "Export trajectory" }
    }

    /// Rows that choose frames and atoms.
    fn frame_rows(&mut self, ui: &mut egui::Ui) {
        self.frames.rows(ui, self.newest);
        if self.in_rectangle.is_some() {
            ui.label("");
            ui.checkbox(&mut self.only_these, "Only those in the rectangle of the map")
                .on_hover_text("Frames inside the rectangle drawn on the free-energy map");
            ui.end_row();
        }
        if names_atoms(self.format) {
            ui.label("");
            ui.checkbox(&mut self.hydrogens, "Add hydrogens")
                .on_hover_text("Those of pH 7, by ideal geometry, and the second oxygen of the C-terminus");
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
    }

    /// Rows of the form above the file.
    fn rows(&mut self, ui: &mut egui::Ui) {
        if self.run.is_some() {
            let label = ui.label("Write");
            ui.horizontal(|ui| {
                ui.radio_value(&mut self.whole, true, "The whole run").on_hover_text(
                    "All frames of all replicas, with model, settings, seed and state beside them: it can be opened again and extended",
                );
                ui.radio_value(&mut self.whole, false, "Some frames")
                    .on_hover_text("A range, every so many, one replica, some atoms, hydrogens added, or mmCIF");
            })
            .response
            .labelled_by(label.id);
            ui.end_row();
        }
        let label = ui.label("Format");
        ui.horizontal(|ui| {
            let formats = if self.whole { &FORMATS[..RUN_FORMATS] } else { &FORMATS[..] };
            for (index, (extension, tooltip)) in formats.iter().enumerate() {
                let name = if *extension == "cif" { "mmCIF".to_owned() } else { extension.to_uppercase() };
                ui.radio_value(&mut self.format, index, name).on_hover_text(*tooltip);
            }
        })
        .response
        .labelled_by(label.id);
        ui.end_row();
        if !self.whole {
            self.frame_rows(ui);
        }
    }

    /// What will be written, in a sentence.
    fn summary(&self) -> String {
        let apart = |stride: u64| format!("{:.0} ps apart", self.interval_ps * stride as f64);
        if self.whole {
            let frames = grouped(self.newest + 1);
            let replicas = match self.replicas {
                1 => String::new(),
                replicas => format!(" of each of {replicas} replicas"),
            };
            return format!(
                "{frames} frames{replicas}, {}. Topology, description and state are written beside it.",
                apart(1)
            );
        }
        let only = self.only();
        let count = self.frames.count_of(only.map(|only| &**only));
        let frames = if count == 1 { "1 frame".to_owned() } else { format!("{} frames", grouped(count)) };
        let beside = match FORMATS[self.format].0 {
            "dcd" | "xtc" => " The topology is written beside it as PDB.",
            _ => "",
        };
        let apart = if only.is_some() { String::new() } else { format!(", {}", apart(self.frames.stride)) };
        format!("{frames}{apart}.{beside}")
    }

    pub(super) fn ui(&mut self, ui: &mut egui::Ui, actions: &mut Vec<Action>) {
        let format_before = self.format;
        egui::Grid::new("export-trajectory").num_columns(2).spacing([16.0, 8.0]).show(ui, |ui| self.rows(ui));
        if self.whole {
            self.format = self.format.min(RUN_FORMATS - 1);
        }
        // What is behind the last dot of another name is no extension.
        let named = |path: &Path| FORMATS.iter().any(|(format, _)| extension_of(path) == *format);
        if self.format != format_before && self.path.path().as_deref().is_some_and(named) {
            self.path.set_extension(FORMATS[self.format].0);
        }
        ui.add_space(4.0);
        let entered = self.path.ui(ui, "File", Purpose::ExportTrajectory, actions);
        let mut path = self.path.path();
        // A typed extension chooses the format as well as the buttons do, and a name without one gets it.
        if let Some(path) = path.as_mut().filter(|path| !names_a_folder(path) && !named(path)) {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            path.set_file_name(format!("{name}.{}", FORMATS[self.format].0));
        }
        let extension = path.as_deref().map(extension_of);
        let formats = if self.whole { &FORMATS[..RUN_FORMATS] } else { &FORMATS[..] };
        let known = formats.iter().position(|(format, _)| Some(*format) == extension.as_deref());
        if let Some(format) = known {
            self.format = format;
        }
        let file = path.as_deref().filter(|_| known.is_some());
        let files =
            |path: &Path| if self.whole { Files::of_run(path, self.replicas) } else { Files::one(path) };
        let files = file.map(files);
        let possible = files.is_some_and(|files| self.target.ui(ui, files));
        let name = path.as_deref().and_then(Path::file_name).filter(|_| path != self.path.path());
        let written_as = name.map(|name| format!(" Written as {}.", name.to_string_lossy()));
        ui.weak(self.summary() + &written_as.unwrap_or_default());
        if path.is_some() && known.is_none() {
            error_line(
                ui,
                match self.whole {
                    true => "The file name must end in .dcd, .xtc or .pdb.",
                    false => "The file name must end in .dcd, .xtc, .pdb or .cif.",
                },
            );
        }
        let only = self.only().cloned();
        let complete = known.is_some() && (self.whole || self.frames.count_of(only.as_deref()) > 0);
        let confirmed =
            buttons(ui, if self.whole { "Save" } else { "Export" }, complete && possible, actions);
        let Some(path) = path.filter(|_| self.target.confirm(complete && (confirmed || entered))) else {
            return;
        };
        actions.push(Action::CloseDialog);
        let overwrite = self.target.replaces();
        actions.push(match self.run.filter(|_| self.whole) {
            Some(run) => Action::SaveRun(RunExport { run, path, overwrite }),
            None => Action::ExportTrajectory(TrajectoryExport {
                path,
                frames: self.frames,
                only,
                atoms: self.selected.clone().filter(|_| self.only_selected),
                replica: self.replica,
                hydrogens: self.hydrogens && !self.only_selected && names_atoms(self.format),
                overwrite,
            }),
        });
    }
}
