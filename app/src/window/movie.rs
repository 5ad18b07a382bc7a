//! A film or numbered pictures that are being written.

use std::sync::mpsc::{Receiver, SyncSender};

use super::exports::MovieExport;
use crate::viewport::Camera;

/// A picture, and the words to be written on it.
pub(super) struct Picture {
    pub image: image::RgbaImage,
    pub words: String,
}

/// An export that goes on.
pub struct Movie {
    pub(super) export: MovieExport,
    pub(super) frame: usize,
    /// The picture of `frame` has been asked for.
    pub(super) requested: bool,
    /// A picture that the writer has no room for yet.
    pub(super) waiting: Option<Picture>,
    pub(super) made: usize,
    pub(super) pictures: Option<SyncSender<Picture>>,
    pub(super) outcome: Receiver<Result<(), String>>,
    pub(super) shown_before: usize,
    pub(super) camera_before: Camera,
    /// Where the film is taken from, but for the turn.
    pub(super) camera: Camera,
}

impl Movie {
    /// Pictures made and to make.
    pub fn progress(&self) -> (usize, usize) {
        (self.made, self.export.frames.count() as usize)
    }
}
