//! Writing the report of an evaluation, beside the window's passes: its figures take a moment to draw.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, TryRecvError, channel};

use super::Evaluated;
use crate::report::{self, ReportFolder};

/// A report being written.
#[derive(Debug)]
pub(in crate::window) struct Saving {
    /// Its folder.
    pub folder: PathBuf,
    result: Receiver<Result<PathBuf, String>>,
}

impl Saving {
    /// Begins to write the report of `evaluated` into `folder`.
    ///
    /// # Errors
    /// When the system refuses a thread.
    pub(super) fn start(
        evaluated: Evaluated,
        folder: PathBuf,
        replace: bool,
        ctx: egui::Context,
    ) -> std::io::Result<Self> {
        let (sender, result) = channel();
        let saving = Self { folder: folder.clone(), result };
        std::thread::Builder::new().name("report".into()).spawn(move || {
            // The window may have closed meanwhile; then nobody waits for the answer.
            sender.send(write(&evaluated, &folder, replace)).ok();
            ctx.request_repaint();
        })?;
        Ok(saving)
    }

    /// What came of it, once it is over.
    pub(super) fn poll(&self) -> Option<Result<PathBuf, String>> {
        match self.result.try_recv() {
            Ok(result) => Some(result),
            Err(TryRecvError::Empty) => None,
            // The thread has panicked.
            Err(TryRecvError::Disconnected) => {
                Some(Err("an internal error stopped the writing of the report; please report it".into()))
            }
        }
    }
}

fn write(evaluated: &Evaluated, folder: &Path, replace: bool) -> Result<PathBuf, String> {
    let open = ReportFolder::create(folder, replace).map_err(|error| error.to_string())?;
    report::write(&open, &evaluated.evaluation, None, &evaluated.provenance)
        .map_err(|error| error.to_string())?;
    open.commit().map_err(|error| error.to_string())?;
    Ok(report::page_path(folder))
}
