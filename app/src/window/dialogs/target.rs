//! Where a dialog writes, and whether that would replace something.

use std::path::{Path, PathBuf};

use equijump_engine::session::{beside, replica_path};

use super::widgets::{is_there, missing_folder};
use crate::window::asked::Asked;

/// Files of one folder that a form would write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Files {
    /// The folder.
    pub folder: PathBuf,
    /// Their names.
    pub names: Vec<String>,
    /// Whether the folder is made where there is none.
    pub make_folder: bool,
}

impl Files {
    /// Files of these names.
    pub fn of(folder: PathBuf, names: Vec<String>) -> Self {
        Self { folder, names, make_folder: false }
    }

    /// One file.
    pub fn one(path: &Path) -> Self {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Self::of(folder.to_owned(), vec![name])
    }

    /// Those of a run of so many replicas.
    pub fn of_run(path: &Path, replicas: usize) -> Self {
        let trajectories = (0..replicas).map(|replica| replica_path(path, replica, replicas));
        let beside = ["_topology.pdb", ".json", ".state"].map(|ending| beside(path, ending));
        let files: Vec<Self> = trajectories.chain(beside).map(|file| Self::one(&file)).collect();
        let folder = Self::one(path).folder;
        Self::of(folder, files.into_iter().flat_map(|file| file.names).collect())
    }

    /// Those that are there; `None` where there is no such folder.
    fn there(self) -> Option<Vec<PathBuf>> {
        let paths = self.names.iter().map(|name| self.folder.join(name));
        is_there(&self.folder, self.make_folder).then(|| paths.filter(|path| path.exists()).collect())
    }
}

/// The files that a form writes, whether they may replace what is there, and whether the user has confirmed before that
/// was known.
#[derive(Debug, Default)]
pub struct Target {
    asked: Asked<Files, Option<Vec<PathBuf>>>,
    overwrite: bool,
    confirmed: bool,
    /// The user has confirmed what must first be allowed to replace something, or to make a folder.
    points_out: bool,
    /// The folder that is to be made.
    folder_to_make: Option<PathBuf>,
}

impl Target {
    /// Offers to make the folder where there is none, and asks whether files that are there may be replaced. Returns whether all can be
    /// written, as far as is known.
    pub fn ui(&mut self, ui: &mut egui::Ui, mut files: Files) -> bool {
        files.make_folder = self.folder_to_make.as_ref() == Some(&files.folder);
        if !self.asked.is_about(&files) {
            // An answer about other files is none about these.
            (self.overwrite, self.confirmed, self.points_out) = (false, false, false);
        }
        let folder = files.folder.clone();
        let Some(found) = self.asked.ask(ui.ctx(), files, Files::there) else {
            if self.confirmed {
                ui.weak("Looking at the folder…");
            }
            return true;
        };
        let Some(there) = found else {
            let focus = std::mem::take(&mut self.points_out);
            missing_folder(ui, folder, &mut self.folder_to_make, focus);
            return false;
        };
        if there.is_empty() {
            return true;
        }
        let text = match there.as_slice() {
            [_] => "Replace the file that is there".to_owned(),
            files => format!("Replace {} files that are there", files.len()),
        };
        let names: Vec<String> = there.iter().map(|file| file.display().to_string()).collect();
        let replace = ui.checkbox(&mut self.overwrite, text).on_hover_text(names.join("\n"));
        if std::mem::take(&mut self.points_out) {
            replace.request_focus();
        }
        self.overwrite
    }

    /// Whether files that are there are replaced.
    pub fn replaces(&self) -> bool {
        self.overwrite
    }

    /// Takes it that the user has confirmed a form that can be confirmed. Returns whether to write: not before the disk has
    /// answered, and not where its answer asks for another one of the user's.
    pub fn confirm(&mut self, confirmed: bool) -> bool {
        self.confirmed |= confirmed;
        let Some(found) = self.asked.answer() else { return false };
        let free = found.as_ref().is_some_and(|there| there.is_empty() || self.overwrite);
        let confirmed = std::mem::take(&mut self.confirmed);
        self.points_out |= confirmed && !free;
        confirmed && free
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_was_confirmed_before_the_disk_answered_is_written_unless_it_would_replace_something() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("there.png"), "").unwrap();
        for (path, written) in [("new.png", true), ("there.png", false), ("gone/new.png", false)] {
            let files = Files::one(&folder.path().join(path));
            let mut target = Target::default();
            assert!(!target.confirm(true), "nothing is known yet");
            let ctx = egui::Context::default();
            let look = |target: &mut Target| target.asked.ask(&ctx, files.clone(), Files::there).is_some();
            while !look(&mut target) {
                std::thread::yield_now();
            }
            assert_eq!(target.confirm(false), written, "{path}");
            assert!(!target.confirm(false), "once");
        }
    }
}
