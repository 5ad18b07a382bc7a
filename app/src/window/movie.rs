//! Writing frames as pictures, one after the other, while the window stays alive: a frame is shown,
//! measured (ribbons need its secondary structure), drawn in the next pass, and written by another thread.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};

use super::app::EquiJumpApp;
use super::dialogs::export_movie::MovieExport;
use super::log::Level;
use crate::viewport::ImageRequest;

/// Pictures drawn and not yet written, at most: some 50 MB at full HD.
const WAITING_PICTURES: usize = 6;

/// An export that goes on.
pub struct Movie {
    export: MovieExport,
    frame: usize,
    /// The picture of `frame` has been asked for.
    requested: bool,
    made: usize,
    pictures: Option<SyncSender<(PathBuf, image::RgbaImage)>>,
    outcome: Receiver<Result<(), String>>,
    shown_before: usize,
}

impl Movie {
    /// Pictures made and to make.
    pub fn progress(&self) -> (usize, usize) {
        (self.made, self.export.frames.count() as usize)
    }
}

impl EquiJumpApp {
    /// Begins an export.
    pub(super) fn start_movie(&mut self, export: MovieExport) {
        // A folder of its own: pictures of another film would be taken for some of this one.
        if let Err(error) = std::fs::create_dir(&export.folder) {
            let folder = export.folder.display();
            self.log.tell(Level::Error, format!("The folder {folder} cannot be made: {error}."));
            return;
        }
        let (pictures, to_write) = sync_channel::<(PathBuf, image::RgbaImage)>(WAITING_PICTURES);
        let (tell, outcome) = sync_channel(1);
        let writer = std::thread::Builder::new().name("movie".into()).spawn(move || {
            let written = to_write.iter().try_for_each(|(path, picture)| {
                picture
                    .save(&path)
                    .map_err(|error| format!("{} could not be written: {error}", path.display()))
            });
            // The window may have closed meanwhile.
            tell.send(written).ok();
        });
        if let Err(error) = writer {
            self.log.tell(Level::Error, format!("The pictures cannot be written: {error}."));
            return;
        }
        self.preferences.export_folder = export.folder.parent().map(PathBuf::from);
        self.movie = Some(Movie {
            frame: export.frames.first as usize,
            requested: false,
            made: 0,
            pictures: Some(pictures),
            outcome,
            shown_before: self.timeline.frame(),
            export,
        });
        self.timeline.pause();
    }

    /// Ends an export early; pictures made so far stay.
    pub(super) fn cancel_movie(&mut self) {
        if let Some(movie) = self.movie.take() {
            self.timeline.go_to(movie.shown_before);
            self.log.tell(Level::Info, format!("The film was stopped after {} pictures.", movie.made));
        }
    }

    /// Takes the next step of an export, if one goes on.
    pub(super) fn continue_movie(&mut self, ctx: &egui::Context) {
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
            let path = movie.export.folder.join(format!("frame_{:05}.png", movie.made));
            match image {
                // Waits for the writer only when it is six pictures behind.
                Ok(image) => drop(pictures.send((path, image))),
                Err(error) => return self.finish_movie(Err(error.to_string())),
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
            let [width, height] = movie.export.size;
            let transparent = movie.export.transparent;
            movie.requested =
                self.cache.molecule.viewport.request_image(ImageRequest { width, height, transparent });
        }
    }

    fn finish_movie(&mut self, written: Result<(), String>) {
        let Some(movie) = self.movie.take() else { return };
        self.timeline.go_to(movie.shown_before);
        match written {
            Ok(()) => {
                let folder = movie.export.folder.display();
                self.log.tell(Level::Success, format!("Wrote {} pictures into {folder}", movie.made));
                self.log.note(
                    Level::Info,
                    format!(
                        "A film of them: ffmpeg -framerate 25 -i {folder}/frame_%05d.png -pix_fmt yuv420p film.mp4"
                    ),
                );
            }
            Err(reason) => self.log.tell(Level::Error, format!("The film was not finished: {reason}.")),
        }
    }

    /// Progress of an export, over everything else.
    pub(super) fn movie_ui(&mut self, ctx: &egui::Context) {
        let Some((made, total)) = self.movie.as_ref().map(Movie::progress) else { return };
        let mut cancel = false;
        egui::Modal::new(egui::Id::unique("movie-progress")).show(ctx, |ui| {
            ui.set_width(320.0);
            ui.heading("Exporting pictures");
            ui.add_space(6.0);
            ui.label(format!("Picture {made} of {total}"));
            let fraction = made as f32 / total.max(1) as f32;
            super::panes::simulation::progress_bar(ui, "Pictures made", fraction, 6.0);
            ui.add_space(8.0);
            cancel = ui.button("Stop").on_hover_text("Pictures made so far stay").clicked();
        });
        if cancel {
            self.cancel_movie();
        }
    }
}
