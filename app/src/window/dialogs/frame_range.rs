//! Parts that the export forms share: which frames, and how large a picture.

/// Frames from the first to the last, every so many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameRange {
    /// First frame.
    pub first: u64,
    /// Last frame, included.
    pub last: u64,
    /// Every how many frames.
    pub stride: u64,
}

impl FrameRange {
    /// All frames up to the newest.
    pub fn all(newest: u64) -> Self {
        Self { first: 0, last: newest, stride: 1 }
    }

    /// How many frames that are.
    pub fn count(&self) -> u64 {
        self.last.saturating_sub(self.first) / self.stride.max(1) + 1
    }

    /// How many frames that are of these, ascending, or of all.
    pub fn count_of(&self, only: Option<&[u64]>) -> u64 {
        let Some(only) = only else { return self.count() };
        let from = only.partition_point(|&frame| frame < self.first);
        let to = only.partition_point(|&frame| frame <= self.last);
        (to.saturating_sub(from) as u64).div_ceil(self.stride.max(1))
    }

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_counted_with_both_ends() {
        assert_eq!(FrameRange::all(0).count(), 1);
        assert_eq!(FrameRange::all(10).count(), 11);
        assert_eq!(FrameRange { first: 1, last: 10, stride: 3 }.count(), 4);
        assert_eq!(FrameRange { first: 5, last: 5, stride: 7 }.count(), 1);
        let range = FrameRange { first: 2, last: 9, stride: 2 };
        assert_eq!(range.count_of(None), 4);
        assert_eq!(range.count_of(Some(&[1, 2, 5, 9, 10])), 2);
        assert_eq!(range.count_of(Some(&[11])), 0);
    }
}
