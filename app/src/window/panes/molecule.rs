//! The molecule.

use super::{PaneContext, empty_state};

/// The 3D view; absent where there is no OpenGL, as in tests.
#[derive(Default)]
pub struct MoleculeView {
    /// Size of the pane, pixels, for screenshots.
    pub size_pixels: [u32; 2],
}

impl MoleculeView {
    /// Whether there is a view.
    pub fn is_available(&self) -> bool {
        false
    }

    /// Frees what it holds on the graphics device.
    pub fn destroy(&mut self, _gl: Option<&eframe::glow::Context>) {}
}

pub(super) fn ui(ui: &mut egui::Ui, context: &mut PaneContext<'_>) {
    let size = ui.available_size() * ui.ctx().pixels_per_point();
    context.cache.molecule.size_pixels = [size.x as u32, size.y as u32];
    if context.project.opened.is_none() {
        return empty_state(ui, "No structure", "Open a PDB or mmCIF file, or drop one here.");
    }
    empty_state(ui, "No 3D view", "Drawing molecules needs OpenGL 3.3.");
}
