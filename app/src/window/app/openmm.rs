//! Scripts for OpenMM: molecular dynamics from the frame shown, and training data for a protein of the user's own.

use std::path::{Path, PathBuf};

use equijump_engine::session::openmm::{OpenMmError, write_md_start, write_training_script};

use super::EquiJumpApp;
use crate::window::log::Level;

impl EquiJumpApp {
    /// Writes the frame shown with hydrogens, and the script that runs it. Nothing is replaced.
    pub(in crate::window) fn write_md_start(&mut self, folder: &Path) {
        let Some(opened) = &self.project.opened else { return };
        let shown = self.project.shown.as_ref().map(|shown| shown.positions.clone());
        let positions = shown.unwrap_or_else(|| opened.structure.positions_angstrom.clone());
        let written = write_md_start(&opened.structure.topology, &positions, folder, false);
        self.tell_script(folder, written);
    }

    /// Writes the script that makes training data. Nothing is replaced.
    pub(in crate::window) fn write_training_script(&mut self, folder: &Path) {
        self.tell_script(folder, write_training_script(folder, false));
    }

    fn tell_script(&mut self, folder: &Path, written: Result<Vec<PathBuf>, OpenMmError>) {
        match written {
            Ok(files) => {
                self.preferences.export_folder = Some(folder.to_owned());
                if let Some(script) = files.first() {
                    let sentence =
                        format!("Wrote {}; run it with: python {}", folder.display(), script.display());
                    self.log.tell(Level::Success, sentence);
                }
            }
            Err(error) => self.log.tell(Level::Error, format!("{error}.")),
        }
    }
}
