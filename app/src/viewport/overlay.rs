//! What is written over the molecule: the name of the atom under the pointer, rings around marked atoms,
//! and messages. Drawn by egui, so that moving the pointer never draws the molecule again.

use egui::{Align2, Color32, FontId, Pos2, Rect, Stroke, StrokeKind};

use super::Viewport;

/// Radius of the ring around an atom that is not drawn as a sphere, Å.
const DEFAULT_RING_ANGSTROM: f32 = 0.6;

/// More rings would hide the molecule.
const MOST_FLAGS: usize = 300;

/// More points on selected atoms, and more names, would hide the molecule as well.
const MOST_POINTS: usize = 600;
/// Radius of a point on a selected atom, points.
const POINT_RADIUS: f32 = 2.5;
const MOST_LABELS: usize = 150;

impl Viewport {
    pub(super) fn overlay(&self, ui: &egui::Ui, rect: Rect) {
        let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
        if let Some(error) = &self.shared().graphics.error {
            let text = format!("The molecule cannot be drawn.\n{}", first_line(error));
            let color = ui.visuals().error_fg_color;
            painter.text(rect.center(), Align2::CENTER_CENTER, text, FontId::proportional(14.0), color);
            return;
        }
        let flag =
            if self.dark_theme { Color32::from_rgb(255, 92, 92) } else { Color32::from_rgb(200, 30, 30) };
        let ringed = self.ringed_atoms();
        // Those of a long chain are spread over all of it.
        let step = ringed.len().div_ceil(MOST_FLAGS).max(1);
        for atom in ringed.into_iter().step_by(step) {
            if let Some((center, radius)) = self.ring(rect, atom) {
                painter.circle_stroke(center, radius + 2.0, Stroke::new(1.5, flag));
            }
        }
        let accent = self.accent();
        self.selection_overlay(&painter, rect, ui.visuals());
        self.draw_measurement_labels(&painter, rect, ui.visuals());
        for &atom in &self.picked_atoms {
            if let Some((center, radius)) = self.ring(rect, atom) {
                painter.circle_stroke(center, radius + 3.0, Stroke::new(2.0, accent));
            }
        }
        if let Some(atom) = self.selected_atom
            && let Some((center, radius)) = self.ring(rect, atom)
        {
            painter.circle_stroke(center, radius + 3.0, Stroke::new(2.0, accent));
        }
        let Some(atom) = self.hover.atom() else { return };
        let (Some(topology), Some((center, radius))) = (self.molecule(), self.ring(rect, atom)) else {
            return;
        };
        painter.circle_stroke(center, radius + 1.5, Stroke::new(1.5, accent));

        // The label keeps clear of the pointer and inside the view.
        let visuals = ui.visuals();
        let text = topology.atom_label(atom);
        let galley = painter.layout_no_wrap(text, FontId::proportional(13.0), visuals.strong_text_color());
        let padding = egui::vec2(7.0, 4.0);
        let size = galley.size() + 2.0 * padding;
        let reach = radius.min(40.0) + 8.0;
        let mut corner = center + egui::vec2(reach, -reach - size.y);
        corner.x = corner.x.min(rect.right() - size.x - 4.0).max(rect.left() + 4.0);
        corner.y = corner.y.min(rect.bottom() - size.y - 4.0).max(rect.top() + 4.0);
        let frame = Rect::from_min_size(corner, size);
        painter.rect(
            frame,
            5.0,
            visuals.window_fill.gamma_multiply(0.94),
            visuals.window_stroke,
            StrokeKind::Outside,
        );
        painter.galley(corner + padding, galley, visuals.strong_text_color());
    }

    /// The atoms that rings are drawn around: those marked as wrong, or where they are not drawn, as beside a ribbon,
    /// the Cα of their residue.
    pub fn ringed_atoms(&self) -> Vec<usize> {
        let Some(topology) = self.molecule() else { return Vec::new() };
        let shared = self.shared();
        let mut ringed: Vec<usize> = self
            .flagged_atoms
            .iter()
            .filter_map(|&atom| {
                let residue = topology.atoms().get(atom)?.residue;
                let drawn = shared.scene.drawn_radius_angstrom(atom).is_some();
                Some(if drawn { atom } else { topology.ca(residue) })
            })
            .collect();
        ringed.sort_unstable();
        ringed.dedup();
        ringed
    }

    /// Points on the atoms that are selected, and names.
    fn selection_overlay(&self, painter: &egui::Painter, rect: Rect, visuals: &egui::Visuals) {
        let highlight = self.highlight();
        if !highlight.alone {
            for &atom in highlight.atoms.iter().take(MOST_POINTS) {
                if let Some((center, radius)) = self.ring(rect, atom) {
                    // In a small view they must not hide what they are on.
                    let radius = radius.clamp(1.0, POINT_RADIUS);
                    painter.circle(center, radius, self.accent(), Stroke::new(1.0, visuals.extreme_bg_color));
                }
            }
        }
        let font = FontId::proportional(12.0);
        let (text, ground) = (visuals.strong_text_color(), visuals.extreme_bg_color.gamma_multiply(0.75));
        for (atom, name) in self.labels.iter().take(MOST_LABELS) {
            let Some((center, radius)) = self.ring(rect, *atom) else { continue };
            let galley = painter.layout_no_wrap(name.clone(), font.clone(), text);
            let corner = center + egui::vec2(radius.min(12.0) + 3.0, -0.5 * galley.size().y);
            painter.rect_filled(Rect::from_min_size(corner, galley.size()).expand(2.0), 3.0, ground);
            painter.galley(corner, galley, text);
        }
    }

    /// The color of marks on the molecule: no atom has it, and it is seen on both grounds.
    pub(super) fn accent(&self) -> Color32 {
        if self.dark_theme { Color32::from_rgb(255, 214, 102) } else { Color32::from_rgb(196, 84, 0) }
    }

    /// Center and radius of an atom on the screen, points.
    pub(super) fn ring(&self, rect: Rect, atom: usize) -> Option<(Pos2, f32)> {
        let shared = self.shared();
        let position = *shared.scene.drawn_positions_angstrom().get(atom)?;
        let radius_angstrom = shared.scene.drawn_radius_angstrom(atom).unwrap_or(DEFAULT_RING_ANGSTROM);
        let ([x, y], half_height_angstrom) = self.camera.project(position, self.aspect)?;
        let center = rect.center() + egui::vec2(0.5 * x * rect.width(), -0.5 * y * rect.height());
        let radius = radius_angstrom / half_height_angstrom * 0.5 * rect.height();
        (center.x.is_finite() && center.y.is_finite()).then_some((center, radius))
    }
}

/// Shader logs run over pages.
fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use equijump_engine::structure::{Residue, ResidueType, Topology};

    use super::super::style::{Representation, Style};
    use super::*;

    #[test]
    fn rings_lie_on_what_is_drawn() {
        let residue = |number| Residue { kind: ResidueType::Ala, number, insertion_code: None };
        let topology = Arc::new(Topology::new("test", "A", (1..=4).map(residue).collect()));
        let positions: Vec<[f32; 3]> =
            (0..topology.atom_count()).map(|atom| [1.5 * atom as f32, (atom % 3) as f32, 0.0]).collect();
        let mut viewport = Viewport::new();
        viewport.set_molecule(topology.clone());
        viewport.set_positions(&positions);
        let flagged: Vec<usize> = topology.atom_range(1).chain(topology.atom_range(3)).collect();
        viewport.set_flagged_atoms(&flagged);
        viewport.shared().scene.update();
        assert_eq!(viewport.ringed_atoms(), flagged);
        viewport.set_style(Style { representation: Representation::Ribbon, ..Style::default() });
        viewport.shared().scene.update();
        assert_eq!(viewport.ringed_atoms(), [topology.ca(1), topology.ca(3)]);
    }
}
