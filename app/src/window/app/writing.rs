//! Having files written, and telling what came of it; the window closes once they are.

use std::path::{Path, PathBuf};

use equijump_engine::observe::observations::MeasurementCurve;
use equijump_engine::session::JobOutcome;

use super::EquiJumpApp;
use crate::figures::{Figure, run};
use crate::viewport::ImageRequest;
use crate::window::exports::{FigureExport, ScreenshotExport};
use crate::window::log::Level;
use crate::window::measurements;
use crate::window::numbers::grouped;
use crate::window::running::Running;
use crate::window::runs::Origin;
use crate::window::runs::Run;
use crate::window::session_file;
use crate::window::wording::in_window_words;
use crate::window::writing::{ToWrite, Written};

/// A file on its way to the disk.
#[derive(Debug)]
pub(in crate::window) struct Writing {
    job: Running<ToWrite>,
    /// What is written.
    path: PathBuf,
}

impl EquiJumpApp {
    pub(in crate::window) fn write(&mut self, what: ToWrite) {
        let path = what.path().to_owned();
        self.writings.push(Writing { job: Running::new(self.session.start(what)), path });
    }

    /// Tells what was written.
    pub(in crate::window) fn take_written(&mut self) {
        let Self { writings, log, preferences, close_when_written, .. } = self;
        writings.retain_mut(|writing| {
            match writing.job.take(|notice| log.tell(Level::Warning, in_window_words(notice))) {
                None => return true,
                Some(JobOutcome::Finished(Written { told, recent })) => {
                    *close_when_written &= told.iter().all(|(level, _)| *level != Level::Error);
                    told.into_iter().for_each(|(level, sentence)| log.tell(level, sentence));
                    recent.into_iter().for_each(|file| preferences.remember_file(&file));
                }
                Some(JobOutcome::Cancelled) => (),
                Some(JobOutcome::Failed(error)) => {
                    log.tell(Level::Error, in_window_words(&error.what));
                    *close_when_written = false;
                }
            }
            false
        });
    }

    /// Called when the window is about to close: what is being written is waited for, unless the user closes it again.
    /// If it cannot be written the window stays.
    pub(in crate::window) fn wait_for_files_on_close(&mut self, ctx: &egui::Context) {
        let writing = self.file_being_written().map(|path| path.display().to_string());
        let Some(path) = writing.filter(|_| !self.close_when_written) else { return };
        ctx.send_viewport_cmd(egui::ViewportCommand::CancelClose);
        self.close_when_written = true;
        let sentence =
            format!("The window closes once {path} is written; close it again to leave that unfinished.");
        self.log.tell(Level::Info, sentence);
    }

    /// Closes the window that has waited for its files.
    pub(in crate::window) fn close_when_written(&mut self, ctx: &egui::Context) {
        if self.close_when_written && self.file_being_written().is_none() {
            self.close_when_written = false;
            ctx.send_viewport_cmd(egui::ViewportCommand::Close);
        }
    }

    fn file_being_written(&self) -> Option<&Path> {
        let written = self.writings.first().map(|writing| writing.path.as_path());
        let exported = self.exports.first().map(|export| export.path.as_path());
        let report = self.evaluation.saving.as_ref().map(|saving| saving.folder.as_path());
        let film = self.movie.as_ref().map(|movie| movie.export.path.as_path());
        written.or(exported).or(report).or(film)
    }

    /// Writes the session into a project file.
    pub(in crate::window) fn save_project(&mut self, path: &Path) {
        let named = session_file::named_as_project(path);
        if named != path && named.exists() {
            // Nobody was asked about that one.
            let sentence = format!("{} is there already: choose it, or another name.", named.display());
            return self.log.tell(Level::Error, sentence);
        }
        let mut file = self.session_file();
        file.style = Some(self.preferences.style);
        file.run = Some(self.preferences.run.clone());
        file.layout = Some(self.columns.to_keep(&self.tree));
        let left_out = self.runs_in_no_file();
        self.write(ToWrite::Project { path: named, file: Box::new(file), left_out });
    }

    /// Writes the frame shown with hydrogens, and the script that runs it.
    pub(in crate::window) fn write_md_start(&mut self, folder: &Path) {
        let Some(opened) = &self.project.opened else { return };
        let shown = self.project.shown.as_ref().map(|shown| shown.positions.clone());
        let positions = shown.unwrap_or_else(|| opened.structure.positions_angstrom.clone());
        let topology = opened.structure.topology.clone();
        self.preferences.export_folder = Some(folder.to_owned());
        self.write(ToWrite::MdStart { topology, positions, folder: folder.to_owned() });
    }

    /// Writes the script that makes training data.
    pub(in crate::window) fn write_training_script(&mut self, folder: &Path) {
        self.preferences.export_folder = Some(folder.to_owned());
        self.write(ToWrite::TrainingScript { folder: folder.to_owned() });
    }

    /// Asks for a picture; it is drawn with the next pass and written after it.
    pub(in crate::window) fn save_screenshot(&mut self, export: ScreenshotExport) {
        let [width, height] = export.size;
        let request = ImageRequest { width, height, transparent: export.transparent };
        if self.cache.molecule.viewport.request_image(request) {
            self.preferences.remember_export(&export.path);
            self.screenshot = Some(export.path);
        } else {
            self.log.tell(Level::Warning, "There is nothing to take a picture of yet.");
        }
    }

    /// Has a picture written that has been drawn.
    pub(in crate::window) fn finish_screenshot(&mut self) {
        if self.screenshot.is_none() {
            return;
        }
        let Some(image) = self.cache.molecule.viewport.take_image() else { return };
        let Some(path) = self.screenshot.take() else { return };
        match image {
            Ok(image) => self.write(ToWrite::Picture { path, image }),
            Err(reason) => {
                let sentence = format!("The picture {} could not be drawn: {reason}.", path.display());
                self.log.tell(Level::Error, sentence);
            }
        }
    }

    /// The curves of what is measured.
    pub(super) fn measurement_figures(&self, interval_ns: f64) -> Vec<Figure> {
        let Some(opened) = &self.project.opened else { return Vec::new() };
        let topology = &opened.structure.topology;
        let figure = |series: &MeasurementCurve| {
            let stem = measurements::file_stem(&series.measurement, topology);
            let label = series.measurement.label(topology);
            Figure::Curves(run::measurement(series, stem, label, interval_ns))
        };
        self.observations.measured.iter().map(figure).collect()
    }

    /// Has plots written as they are now.
    pub(in crate::window) fn export_figures(&mut self, export: FigureExport) {
        let interval_ns = self.project.run.as_ref().and_then(Run::frame_interval_ps).unwrap_or(0.0) / 1000.0;
        let mut figures = Vec::new();
        if export.rmsd {
            let replica = self.project.run.as_ref().map_or(0, |run| run.replica);
            figures.push(Ok(Figure::Rmsd(run::rmsd(&self.observations, interval_ns, replica))));
        }
        if export.ramachandran
            && let Some(details) = &self.details
        {
            figures.push(Ok(Figure::Ramachandran(run::ramachandran(&self.observations, details))));
        }
        if export.free_energy {
            let figure = run::free_energy(&self.observations, |map| self.project.basin_letters(map));
            figures.push(figure.map(Figure::FreeEnergy).ok_or("There is no free-energy map yet."));
        }
        if export.fluctuation
            && let Some(opened) = &self.project.opened
        {
            let numbers = opened.structure.topology.residues().iter().map(|residue| residue.number);
            figures.extend(
                run::fluctuation(&self.observations, numbers).map(|figure| Ok(Figure::Curves(figure))),
            );
        }
        if export.contacts {
            figures.extend(run::contacts(&self.observations).map(|figure| Ok(Figure::MapPair(figure))));
        }
        if export.distances {
            figures.extend(run::distances(&self.observations).map(|figure| Ok(Figure::Distances(figure))));
        }
        if export.structure
            && let Some(opened) = &self.project.opened
        {
            let numbers = opened.structure.topology.residues().iter().map(|residue| residue.number);
            let figure = run::structure(&self.observations, interval_ns, numbers.collect());
            figures.extend(figure.map(|figure| Ok(Figure::Structure(figure))));
        }
        if export.measurements {
            figures.extend(self.measurement_figures(interval_ns).into_iter().map(Ok));
        }
        self.preferences.export_folder = Some(export.folder.clone());
        let name = self.protein_name().to_owned();
        let origin = self.origin_of_figures();
        self.write(ToWrite::Figures { figures, export, name, origin });
    }

    /// What the plots are of: protein, run, model, settings, replica.
    fn origin_of_figures(&self) -> String {
        let Some(run) = &self.project.run else { return String::new() };
        let mut parts = vec![self.protein_name().to_owned(), format!("run {}", run.number)];
        if let Origin::Opened { files, .. } = &run.origin {
            let names = files.iter().filter_map(|file| file.file_name());
            let names: Vec<String> = names.map(|name| name.to_string_lossy().into_owned()).collect();
            parts.push(match names.as_slice() {
                [first, .., last] => format!("{first} … {last}"),
                names => names.join(""),
            });
        }
        if let Some(description) = run.info.as_ref().and_then(|info| info.description.as_ref()) {
            let settings = &description.settings;
            parts.push(format!("model {}", description.model));
            parts.push(format!("{} latent steps, seed {}", settings.latent_steps, settings.seed));
        }
        let frames = grouped(run.frames);
        match run.info.as_ref().map_or(1, |info| info.replicas) {
            1 => parts.push(format!("{frames} frames")),
            replicas => {
                parts.push(format!("all {replicas} replicas of {frames} frames"));
                parts.push(format!(
                    "measurements and secondary structure of replica {} (from 0)",
                    run.replica
                ));
            }
        }
        parts.push(format!("EquiJump {}", env!("CARGO_PKG_VERSION")));
        parts.join(" · ").replace(char::is_control, "?")
    }
}
