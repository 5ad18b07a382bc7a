//! Exporting plots as images and numbers.

use std::path::PathBuf;

use super::frame_range::size_row;
use super::target::{Files, Target};
use super::widgets::{PathField, buttons};
use crate::figures::FigureFormat;
use crate::window::action::Action;
use crate::window::exports::FigureExport;
use crate::window::file_dialogs::Purpose;
use crate::window::writing::ORIGIN_ENDING;

/// The form.
#[derive(Debug)]
pub struct FigureForm {
    /// Where to.
    pub folder: PathField,
    export: FigureExport,
    /// Name of the protein, with which the files' names begin.
    name: String,
    /// Names of the plots of measurements.
    measured: Vec<String>,
    target: Target,
}

impl FigureForm {
    /// Everything, as PNG and numbers. Files are named after the protein `name` and the plots; `measured` are
    /// those of measurements.
    pub fn new(folder: PathBuf, name: String, measured: Vec<String>) -> Self {
        let any_measured = !measured.is_empty();
        Self {
            name,
            measured,
            target: Target::default(),
            folder: PathField::new(folder.clone()),
            export: FigureExport {
                folder,
                format: Some(FigureFormat::Png),
                numbers: true,
                size: (1600, 1200),
                rmsd: true,
                ramachandran: true,
                free_energy: true,
                fluctuation: true,
                contacts: true,
                distances: true,
                structure: true,
                measurements: any_measured,
            },
        }
    }

    /// The names of the files.
    fn names(&self) -> Vec<String> {
        let export = &self.export;
        let chosen = [
            (export.free_energy, "free-energy"),
            (export.ramachandran, "ramachandran"),
            (export.rmsd, "rmsd"),
            (export.fluctuation, "fluctuation"),
            (export.contacts, "contacts"),
            (export.distances, "ca_distances"),
            (export.structure, "secondary-structure"),
        ];
        let stems = chosen.iter().filter(|(chosen, _)| *chosen).map(|(_, stem)| *stem);
        let measured = self.measured.iter().filter(|_| export.measurements).map(String::as_str);
        let endings = [export.format.map(FigureFormat::extension), export.numbers.then_some("csv")];
        let origin = export.numbers.then(|| format!("{}{ORIGIN_ENDING}", self.name));
        stems
            .chain(measured)
            .flat_map(|stem| {
                endings.iter().flatten().map(move |ending| format!("{}-{stem}.{ending}", self.name))
            })
            .chain(origin)
            .collect()
    }

    pub(super) fn ui(&mut self, ui: &mut egui::Ui, actions: &mut Vec<Action>) {
        let export = &mut self.export;
        egui::Grid::new("export-figures").num_columns(2).spacing([16.0, 8.0]).show(ui, |ui| {
            ui.label("Plots");
            // A line that wraps would lie over the next row of the grid.
            ui.vertical(|ui| {
                ui.horizontal(|ui| {
                    ui.checkbox(&mut export.free_energy, "Free energy");
                    ui.checkbox(&mut export.ramachandran, "Ramachandran");
                    ui.checkbox(&mut export.rmsd, "RMSD");
                    ui.checkbox(&mut export.fluctuation, "Fluctuation");
                });
                ui.horizontal(|ui| {
                    ui.checkbox(&mut export.contacts, "Contacts");
                    ui.checkbox(&mut export.distances, "Cα distances");
                    ui.checkbox(&mut export.structure, "Secondary structure");
                });
                let measurements = egui::Checkbox::new(&mut export.measurements, "Measurements");
                ui.add_enabled(!self.measured.is_empty(), measurements)
                    .on_hover_text("One plot for each distance, angle and dihedral")
                    .on_disabled_hover_text("Nothing has been measured in a run");
            });
            ui.end_row();
            ui.label("Image");
            ui.horizontal(|ui| {
                ui.radio_value(&mut export.format, Some(FigureFormat::Png), "PNG");
                ui.radio_value(&mut export.format, Some(FigureFormat::Svg), "SVG");
                ui.radio_value(&mut export.format, None, "None");
            });
            ui.end_row();
            let (width, height) = (&mut export.size.0, &mut export.size.1);
            size_row(ui, export.format.is_some(), [width, height], 200..=8000);
            ui.label("Numbers");
            ui.checkbox(&mut export.numbers, "CSV with the numbers of each plot");
            ui.end_row();
        });
        ui.add_space(4.0);
        let entered = self.folder.ui(ui, "Folder", Purpose::FigureFolder, actions);
        let folder = self.folder.path();
        let files = folder.clone().map(|folder| Files::of(folder, self.names()));
        let possible = files.is_some_and(|files| self.target.ui(ui, files));
        let export = &self.export;
        let chosen = [
            export.rmsd,
            export.ramachandran,
            export.free_energy,
            export.fluctuation,
            export.contacts,
            export.distances,
            export.structure,
            export.measurements,
        ]
        .contains(&true);
        let complete = chosen && (export.format.is_some() || export.numbers);
        let confirmed = buttons(ui, "Export", complete && possible, actions);
        if let Some(folder) = folder.filter(|_| self.target.confirm(complete && (confirmed || entered))) {
            actions.push(Action::CloseDialog);
            actions.push(Action::ExportFigures(FigureExport { folder, ..self.export.clone() }));
        }
    }
}
