//! Exporting frames as a film, or as pictures from which any program makes one.

use std::path::{Path, PathBuf};

use super::frame_range::size_row;
use super::widgets::{PathField, buttons, is_there, missing_folder};
use crate::window::action::Action;
use crate::window::asked::Asked;
use crate::window::exports::{FrameRange, MovieExport};
use crate::window::file_dialogs::Purpose;
use crate::window::film::{FilmFormat, has_ffmpeg};
use crate::window::numbers::grouped;

/// The form.
#[derive(Debug)]
pub struct MovieForm {
    /// Where to.
    pub folder: PathField,
    frames: FrameRange,
    newest: usize,
    size: [u32; 2],
    transparent: bool,
    format: FilmFormat,
    per_second: u32,
    turn_degrees: i32,
    overlay: bool,
    name: String,
    /// The new folder or file in the folder that is typed; none where there is no such folder.
    target: Asked<(PathBuf, FilmFormat, bool), Option<PathBuf>>,
    folder_to_make: Option<PathBuf>,
    confirmed: bool,
}

/// A folder or a file in `folder` that is not there yet: `villin-movie`, `villin-movie-2` and so on.
fn new_path(folder: &Path, name: &str, format: FilmFormat) -> PathBuf {
    let ending = format.extension().map(|extension| format!(".{extension}")).unwrap_or_default();
    let first = folder.join(format!("{name}-movie{ending}"));
    let numbered = (2u32..).map(|number| folder.join(format!("{name}-movie-{number}{ending}")));
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
            format: if has_ffmpeg() { FilmFormat::Mp4 } else { FilmFormat::default() },
            per_second: 25,
            turn_degrees: 0,
            overlay: false,
            name,
            target: Asked::default(),
            folder_to_make: None,
            confirmed: false,
        }
    }

    pub(super) fn ui(&mut self, ui: &mut egui::Ui, actions: &mut Vec<Action>) {
        egui::Grid::new("export-movie").num_columns(2).spacing([16.0, 8.0]).show(ui, |ui| {
            self.frames.rows(ui, self.newest as u64);
            let [width, height] = &mut self.size;
            size_row(ui, true, [width, height], 64..=4096);
            ui.label("Format");
            ui.horizontal(|ui| {
                for format in FilmFormat::ALL {
                    let possible = !format.needs_ffmpeg() || has_ffmpeg();
                    let radio = egui::RadioButton::new(self.format == format, format.label());
                    let response = ui.add_enabled(possible, radio);
                    if response.on_disabled_hover_text("Install ffmpeg to write this format").clicked() {
                        self.format = format;
                    }
                }
            });
            ui.end_row();
            let label = ui.label("Speed");
            let speed = egui::DragValue::new(&mut self.per_second).range(1..=120).speed(0.2);
            ui.add(speed.suffix(" pictures/s")).labelled_by(label.id);
            ui.end_row();
            let label = ui.label("Turn");
            let turn = egui::DragValue::new(&mut self.turn_degrees).range(-36_000..=36_000).suffix("°");
            ui.add(turn).labelled_by(label.id).on_hover_text(
                "How far the camera goes around the molecule during the film; 360° is once around, 0° stands still, or spins if the view does",
            );
            ui.end_row();
            ui.label("On each picture");
            ui.checkbox(&mut self.overlay, "Time and RMSD");
            ui.end_row();
            ui.label("Background");
            let opaque = self.format.needs_ffmpeg();
            let background = egui::Checkbox::new(&mut self.transparent, "Transparent");
            ui.add_enabled(!opaque, background).on_disabled_hover_text("This format has no transparency");
            self.transparent &= !opaque;
            ui.end_row();
        });
        ui.add_space(4.0);
        let entered = self.folder.ui(ui, "Folder", Purpose::MovieFolder, actions);
        let folder = self.folder.path();
        let given = folder.is_some();
        let found = folder.and_then(|folder| {
            let name = self.name.clone();
            let make = self.folder_to_make.as_ref() == Some(&folder);
            let look = move |(folder, format, make): (PathBuf, FilmFormat, bool)| {
                is_there(&folder, make).then(|| new_path(&folder, &name, format))
            };
            let question = (folder, self.format, make);
            // What was confirmed was another place.
            self.confirmed &= self.target.is_about(&question);
            self.target.ask(ui.ctx(), question, look).cloned()
        });
        if found == Some(None)
            && let Some(folder) = self.folder.path()
        {
            missing_folder(ui, folder, &mut self.folder_to_make, false);
        }
        let enabled = given && found != Some(None);
        let target = found.flatten();
        let name = target.as_ref().and_then(|target| target.file_name()).map(|name| name.to_string_lossy());
        let count = self.frames.count();
        let seconds = count as f64 / f64::from(self.per_second.max(1));
        let sentence = match (self.format, name) {
            (_, None) => format!("{} pictures.", grouped(count)),
            (FilmFormat::Pictures, Some(name)) => format!(
                "{} PNG pictures into the new folder {name}. The log will hold a command that makes a film of them.",
                grouped(count)
            ),
            (_, Some(name)) => {
                format!("{} pictures, {seconds:.1} s, into the new file {name}.", grouped(count))
            }
        };
        ui.add(egui::Label::new(egui::RichText::new(sentence).weak()).wrap());
        let confirmed = buttons(ui, "Export", enabled, actions) || entered;
        // What is confirmed before the disk has answered waits for its answer.
        self.confirmed = enabled && (confirmed || self.confirmed);
        if let Some(path) = target.filter(|_| self.confirmed) {
            actions.push(Action::CloseDialog);
            actions.push(Action::ExportMovie(MovieExport {
                format: self.format,
                path,
                per_second: self.per_second,
                turn_degrees: self.turn_degrees,
                overlay: self.overlay,
                frames: self.frames,
                size: self.size,
                transparent: self.transparent,
            }));
        }
    }
}
