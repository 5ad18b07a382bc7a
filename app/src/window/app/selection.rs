//! Selecting atoms by words.

use equijump_engine::analysis::Selection;

use super::EquiJumpApp;
use crate::window::log::Level;
use crate::window::selection::SelectionLook;

impl EquiJumpApp {
    /// Selects atoms; nothing where the text is empty. What is not understood is told, and changes nothing.
    pub(in crate::window) fn select(&mut self, text: &str) {
        let text = text.trim();
        let Some(opened) = &self.project.opened else { return };
        let (atoms, moving) = if text.is_empty() {
            (Vec::new(), None)
        } else {
            match text.parse::<Selection>() {
                Ok(selection) => {
                    let shown = self.project.shown.as_ref();
                    let positions =
                        shown.map_or(&opened.structure.positions_angstrom, |shown| &shown.positions);
                    let atoms = selection.atoms(&opened.structure.topology, positions);
                    (atoms, Some(selection).filter(Selection::depends_on_positions))
                }
                Err(error) => {
                    self.log.tell(Level::Warning, error.to_string());
                    return;
                }
            }
        };
        text.clone_into(&mut self.selected.text);
        self.selected.atoms = atoms;
        self.moving_selection = moving;
        self.selection_changed();
    }

    /// Another frame is shown: what is near to what, and what is a helix, is another matter there.
    pub(in crate::window) fn select_in_frame(&mut self) {
        let (Some(selection), Some(opened), Some(shown)) =
            (&self.moving_selection, &self.project.opened, &self.project.shown)
        else {
            return;
        };
        let atoms = selection.atoms(&opened.structure.topology, &shown.positions);
        if atoms != self.selected.atoms {
            self.selected.atoms = atoms;
            self.stand_out();
        }
    }

    /// Makes the selected atoms stand out otherwise.
    pub(in crate::window) fn set_selection_look(&mut self, look: SelectionLook) {
        self.selected.look = look;
        self.selection_changed();
    }

    /// Brings the 3D view and the field up to date.
    pub(in crate::window) fn selection_changed(&mut self) {
        self.cache.selection.show(&self.selected.text);
        self.stand_out();
    }

    fn stand_out(&mut self) {
        let labels = match &self.project.opened {
            Some(opened) if self.selected.look.labeled => self.selected.labels(&opened.structure.topology),
            _ => Vec::new(),
        };
        let viewport = &mut self.cache.molecule.viewport;
        viewport.set_labels(labels);
        viewport.set_highlight(self.selected.highlight());
    }

    /// Measures the two, three or four atoms that are selected, in their order along the chain.
    pub(in crate::window) fn measure_selection(&mut self) {
        let Some(tool) = self.selected.measurement_tool() else { return };
        self.measurements.end();
        self.measurements.toggle_tool(tool);
        for atom in self.selected.atoms.clone() {
            self.pick_atom(atom);
        }
        self.measurements.end();
        self.marks_changed();
    }
}
