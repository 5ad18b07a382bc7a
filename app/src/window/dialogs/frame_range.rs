//! Parts that the export forms share: which frames, and how large a picture.

use crate::window::exports::FrameRange;

impl FrameRange {
    /// Two rows of a form's grid.
    pub(super) fn rows(&mut self, ui: &mut egui::Ui, newest: u64) {
        let label = ui.label("Frames");
        ui.horizontal(|ui| {
            let first = egui::DragValue::new(&mut self.first).range(0..=self.last);
            ui.add(first).labelled_by(label.id).on_hover_text("First frame; 0 is the start structure");
            let to = ui.label("to");
            let last = egui::DragValue::new(&mut self.last).range(self.first..=newest);
            ui.add(last).labelled_by(to.id).on_hover_text("Last frame, included");
        });
        ui.end_row();
        let label = ui.label("Every");
        ui.horizontal(|ui| {
            let stride = egui::DragValue::new(&mut self.stride).range(1..=newest.max(1));
            ui.add(stride).labelled_by(label.id).on_hover_text("1 takes every frame, 10 every tenth");
            ui.label(if self.stride == 1 { "frame" } else { "frames" });
        });
        ui.end_row();
    }
}

/// Width and height of a picture, pixels, as one row of a form's grid.
pub(super) fn size_row(
    ui: &mut egui::Ui,
    enabled: bool,
    [width, height]: [&mut u32; 2],
    range: std::ops::RangeInclusive<u32>,
) {
    let label = ui.label("Size");
    ui.add_enabled_ui(enabled, |ui| {
        ui.horizontal(|ui| {
            let width = egui::DragValue::new(width).range(range.clone());
            ui.add(width).labelled_by(label.id).on_hover_text("Width in pixels");
            let by = ui.label("×");
            let height = egui::DragValue::new(height).range(range).suffix(" px");
            ui.add(height).labelled_by(by.id).on_hover_text("Height in pixels");
        });
    });
    ui.end_row();
}
