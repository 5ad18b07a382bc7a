//! Measurements written over the molecule: dashed lines between the atoms, the value beside them. Drawn by
//! egui, so that they are as sharp as text and cost no picture of the molecule.

use egui::{Align2, Color32, FontId, Painter, Pos2, Rect, Shape, Stroke, StrokeKind};

use super::Viewport;

/// A measurement to be written over the molecule.
#[derive(Clone, Debug, PartialEq)]
pub struct MeasurementLabel {
    /// Its atoms, in order.
    pub atoms: Vec<usize>,
    /// The value with its unit.
    pub text: String,
    /// Drawn in the accent color; the others are held back.
    pub highlighted: bool,
}

/// Length of dashes and of the gaps between them, points.
const DASH: f32 = 6.0;
const GAP: f32 = 4.0;

impl Viewport {
    pub(super) fn draw_measurement_labels(&self, painter: &Painter, rect: Rect, visuals: &egui::Visuals) {
        for mark in &self.measurement_labels {
            let places: Option<Vec<Pos2>> =
                mark.atoms.iter().map(|&atom| self.ring(rect, atom).map(|(place, _)| place)).collect();
            // An atom behind the eye has no place.
            let Some(places) = places.filter(|places| places.len() >= 2) else { continue };
            let color = if mark.highlighted { self.accent() } else { visuals.weak_text_color() };
            // A dark line under the dashes keeps them visible on atoms of any color.
            let under = Stroke::new(3.5, visuals.extreme_bg_color.gamma_multiply(0.7));
            painter.add(Shape::line(places.clone(), under));
            for ends in places.windows(2) {
                painter.extend(Shape::dashed_line(ends, Stroke::new(1.8, color), DASH, GAP));
            }
            write_value(painter, rect, label_place(&places), &mark.text, color, visuals);
        }
    }
}

/// Beside the middle of a distance, the apex of an angle, the central bond of a dihedral.
fn label_place(places: &[Pos2]) -> Pos2 {
    match places {
        [_, apex, _] => *apex,
        [_, b, c, _] => *b + (*c - *b) * 0.5,
        [a, .., b] => *a + (*b - *a) * 0.5,
        [only] => *only,
        [] => Pos2::ZERO,
    }
}

fn write_value(
    painter: &Painter,
    rect: Rect,
    place: Pos2,
    text: &str,
    color: Color32,
    visuals: &egui::Visuals,
) {
    let galley = painter.layout_no_wrap(text.to_owned(), FontId::proportional(13.0), color);
    let size = galley.size() + egui::vec2(10.0, 4.0);
    let mut frame = Align2::LEFT_BOTTOM.anchor_size(place + egui::vec2(8.0, -6.0), size);
    // Inside the view, as far as the measured atoms are.
    if rect.contains(place) {
        frame = frame.translate(egui::vec2(
            (rect.right() - 4.0 - frame.right()).min(0.0),
            (rect.top() + 4.0 - frame.top()).max(0.0),
        ));
    }
    painter.rect(frame, 4.0, visuals.window_fill.gamma_multiply(0.92), Stroke::NONE, StrokeKind::Outside);
    painter.galley(frame.min + egui::vec2(5.0, 2.0), galley, color);
}
