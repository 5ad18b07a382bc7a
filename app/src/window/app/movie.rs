//! Writing frames as a film or as pictures, one after the other, while the window stays alive: a frame is shown,
//! measured (ribbons need its secondary structure), drawn in the next pass, and written by another thread.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, TrySendError, sync_channel};

use super::EquiJumpApp;
use crate::figures::stamp::stamp;
use crate::viewport::{Camera, ImageRequest, SPIN_DEGREES_PER_S};
use crate::window::exports::MovieExport;
use crate::window::film::{Film, FilmFormat, FilmWriter};
use crate::window::log::Level;

/// Pictures drawn and not yet written, at most: some 50 MB at full HD.
const WAITING_PICTURES: usize = 6;

/// A picture, and the words to be written on it.
pub(in crate::window) struct Picture {
    pub image: image::RgbaImage,
    pub words: String,
}

/// An export that goes on.
pub struct Movie {
    pub(in crate::window) export: MovieExport,
    pub(in crate::window) frame: usize,
    /// The picture of `frame` has been asked for.
    pub(in crate::window) requested: bool,
    /// A picture that the writer has no room for yet.
    pub(in crate::window) waiting: Option<Picture>,
    pub(in crate::window) made: usize,
    pub(in crate::window) pictures: Option<SyncSender<Picture>>,
    pub(in crate::window) outcome: Receiver<Result<(), String>>,
    pub(in crate::window) shown_before: usize,
    pub(in crate::window) camera_before: Camera,
    /// Where the film is taken from, but for the turn.
    pub(in crate::window) camera: Camera,
}

impl Movie {
    /// Pictures made and to make.
    pub fn progress(&self) -> (usize, usize) {
        (self.made, self.export.frames.count() as usize)
    }
}

impl EquiJumpApp {
    /// Begins an export.
    pub(in crate::window) fn start_movie(&mut self, export: MovieExport) {
        // A folder of its own: pictures of another film would be taken for some of this one.
        if export.format == FilmFormat::Pictures
            && let Err(error) = std::fs::create_dir(&export.path)
        {
            let folder = export.path.display();
            self.log.tell(Level::Error, format!("The folder {folder} cannot be made: {error}."));
            return;
        }
        let film = Film {
            format: export.format,
            path: export.path.clone(),
            size: export.size,
            per_second: export.per_second,
            pictures: u32::try_from(export.frames.count()).unwrap_or(u32::MAX),
        };
        let (pictures, to_write) = sync_channel::<Picture>(WAITING_PICTURES);
        let (tell, outcome) = sync_channel(1);
        let writer = std::thread::Builder::new().name("movie".into()).spawn(move || {
            let written = FilmWriter::create(film).and_then(|mut film| {
                let added = to_write.iter().try_for_each(|mut picture| {
                    stamp(&mut picture.image, &picture.words);
                    film.add(&picture.image)
                });
                let finished = film.finish();
                added.and(finished)
            });
            // The window may have closed meanwhile.
            tell.send(written).ok();
        });
        if let Err(error) = writer {
            self.log.tell(Level::Error, format!("The pictures cannot be written: {error}."));
            return;
        }
        self.preferences.export_folder = export.path.parent().map(PathBuf::from);
        self.movie = Some(Movie {
            frame: export.frames.first as usize,
            requested: false,
            waiting: None,
            made: 0,
            pictures: Some(pictures),
            outcome,
            shown_before: self.timeline.frame(),
            camera_before: self.cache.molecule.viewport.camera(),
            camera: self.cache.molecule.viewport.camera(),
            export,
        });
        // The film turns by its own time.
        self.cache.molecule.viewport.set_spinning(false);
        self.timeline.pause();
    }

    /// Ends an export early; pictures made so far stay.
    pub(in crate::window) fn cancel_movie(&mut self) {
        if let Some(movie) = self.movie.take() {
            self.come_back_from(&movie);
            self.log.tell(Level::Info, format!("The film was stopped after {} pictures.", movie.made));
        }
    }

    /// Takes the next step of an export, if one goes on.
    pub(in crate::window) fn continue_movie(&mut self, ctx: &egui::Context) {
        let Some(movie) = &mut self.movie else { return };
        ctx.request_repaint();
        match movie.outcome.try_recv() {
            Ok(written) => return self.finish_movie(written),
            Err(TryRecvError::Disconnected) => {
                return self.finish_movie(Err("the pictures could not be written".to_owned()));
            }
            Err(TryRecvError::Empty) => {}
        }
        let Some(pictures) = &movie.pictures else { return };
        if movie.requested {
            let Some(image) = self.cache.molecule.viewport.take_image() else { return };
            movie.requested = false;
            let words = match (movie.export.overlay, &self.details) {
                (true, Some(details)) => overlay(
                    movie.frame,
                    self.project.run.as_ref().and_then(|run| run.frame_interval_ps()),
                    details.rmsd_angstrom,
                ),
                _ => String::new(),
            };
            match image {
                Ok(image) => movie.waiting = Some(Picture { image, words }),
                Err(error) => return self.finish_movie(Err(error.to_string())),
            }
        }
        if let Some(picture) = movie.waiting.take() {
            match pictures.try_send(picture) {
                Ok(()) => {}
                // Its disk may stall; the window does not wait for it.
                Err(TrySendError::Full(picture)) => {
                    movie.waiting = Some(picture);
                    return;
                }
                // The writer has ended; what it says comes with its outcome.
                Err(TrySendError::Disconnected(_)) => return,
            }
            movie.made += 1;
            movie.frame += movie.export.frames.stride as usize;
            if movie.frame as u64 > movie.export.frames.last {
                // The writer ends when it has written all.
                movie.pictures = None;
            }
            return;
        }
        if self.timeline.frame() != movie.frame {
            self.timeline.go_to(movie.frame);
            return;
        }
        let measured = self.details.as_ref().is_some_and(|details| details.frame == movie.frame);
        let shown = self.project.shown.as_ref().is_some_and(|shown| shown.frame == movie.frame);
        if measured && shown {
            let viewport = &mut self.cache.molecule.viewport;
            let mut camera = movie.camera;
            // Half a turn is a drag across the whole view.
            camera.orbit(turned_degrees(&movie.export, movie.made, self.preferences.spin) / 180.0, 0.0);
            let camera = viewport.camera_for_picture(camera, movie.export.size);
            movie.camera.target_angstrom = camera.target_angstrom;
            movie.camera.distance_angstrom = camera.distance_angstrom;
            viewport.set_camera(camera);
            let [width, height] = movie.export.size;
            let transparent = movie.export.transparent;
            movie.requested =
                self.cache.molecule.viewport.request_image(ImageRequest { width, height, transparent });
        }
    }

    /// Frame and view are again as they were before the film.
    fn come_back_from(&mut self, movie: &Movie) {
        self.timeline.go_to(movie.shown_before);
        let viewport = &mut self.cache.molecule.viewport;
        viewport.set_camera(movie.camera_before);
        viewport.set_spinning(self.preferences.spin);
    }

    fn finish_movie(&mut self, written: Result<(), String>) {
        let Some(movie) = self.movie.take() else { return };
        self.come_back_from(&movie);
        match written {
            Ok(()) if movie.export.format != FilmFormat::Pictures => {
                let path = movie.export.path.display();
                self.log.tell(Level::Success, format!("Wrote a film of {} pictures: {path}", movie.made));
            }
            Ok(()) => {
                let folder = movie.export.path.display();
                self.log.tell(Level::Success, format!("Wrote {} pictures into {folder}", movie.made));
                self.log.note(
                    Level::Info,
                    format!(
                        "A film of them: ffmpeg -framerate {} -i {folder}/frame_%05d.png -pix_fmt yuv420p film.mp4",
                        movie.export.per_second
                    ),
                );
            }
            Err(reason) => {
                self.log.tell(Level::Error, format!("The film was not finished: {reason}."));
                self.close_when_written = false;
            }
        }
    }

    /// Progress of an export, over everything else.
    pub(in crate::window) fn movie_ui(&mut self, ctx: &egui::Context) {
        let Some((made, total)) = self.movie.as_ref().map(Movie::progress) else { return };
        let mut cancel = false;
        egui::Modal::new(egui::Id::unique("movie-progress")).show(ctx, |ui| {
            ui.set_width(320.0);
            ui.heading("Exporting a film");
            ui.add_space(6.0);
            ui.label(format!("Picture {made} of {total}"));
            let fraction = made as f32 / total.max(1) as f32;
            crate::window::panes::simulation::progress_bar(ui, "Pictures made", fraction, 6.0);
            ui.add_space(8.0);
            cancel = ui
                .button("Stop")
                .on_hover_text("Numbered pictures made so far are kept, an unfinished film is not")
                .clicked();
        });
        if cancel {
            self.cancel_movie();
        }
    }
}

/// How far the camera has gone around the molecule after so many pictures, degrees: as the film asks for, else as fast as
/// the view spins, by the time of the film and not by that of making it.
fn turned_degrees(export: &MovieExport, made: usize, spinning: bool) -> f32 {
    let made = made as f32;
    match export.turn_degrees {
        0 if spinning => SPIN_DEGREES_PER_S * made / export.per_second.max(1) as f32,
        whole => whole as f32 * made / export.frames.count().max(1) as f32,
    }
}

/// Time and RMSD of a frame, as they are written on its picture.
fn overlay(frame: usize, interval_ps: Option<f64>, rmsd_angstrom: f64) -> String {
    let time = match interval_ps {
        Some(interval_ps) => {
            // So many decimals that frames differ.
            let decimals = (3.0 - interval_ps.max(1e-3).log10()).ceil().clamp(1.0, 6.0) as usize;
            format!("{:.decimals$} ns", frame as f64 * interval_ps / 1000.0)
        }
        None => format!("Frame {frame}"),
    };
    format!("{time}   RMSD {rmsd_angstrom:.2} Å")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::window::exports::FrameRange;

    #[test]
    fn a_film_turns_by_its_own_time() {
        let mut export = MovieExport {
            format: FilmFormat::Mp4,
            path: PathBuf::new(),
            per_second: 25,
            turn_degrees: 360,
            overlay: false,
            frames: FrameRange::all(99),
            size: [64, 64],
            transparent: false,
        };
        assert_eq!([0, 25, 100].map(|made| turned_degrees(&export, made, true)), [0.0, 90.0, 360.0]);
        export.turn_degrees = 0;
        // Twelve seconds a turn, as in the view, however long drawing takes.
        assert_eq!([0, 25, 300].map(|made| turned_degrees(&export, made, true)), [0.0, 30.0, 360.0]);
        assert_eq!(turned_degrees(&export, 50, false), 0.0);
    }

    #[test]
    fn pictures_tell_time_and_rmsd() {
        assert_eq!(overlay(25, Some(100.0), 1.234), "2.5 ns   RMSD 1.23 Å");
        assert_eq!(overlay(25, Some(2.0), 1.234), "0.050 ns   RMSD 1.23 Å");
        assert_eq!(overlay(25, None, 1.234), "Frame 25   RMSD 1.23 Å");
    }
}
