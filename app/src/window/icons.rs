//! Transport icons, drawn as vectors so that they are sharp at every zoom and need no font.

use egui::{Color32, Pos2, Rect, Response, Sense, Shape, Stroke, Ui, Vec2, Widget, WidgetInfo, pos2, vec2};

/// What an [`IconButton`] shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Icon {
    Play,
    Pause,
    Stop,
    StepBack,
    StepForward,
    First,
    Last,
    Repeat,
    Follow,
    More,
    Remove,
}

/// A square button with an icon and an accessible name.
#[must_use = "add it to a Ui"]
pub struct IconButton<'a> {
    icon: Icon,
    label: &'a str,
    selected: bool,
    size: f32,
}

impl<'a> IconButton<'a> {
    /// `label` is what screen readers and tests call it.
    pub fn new(icon: Icon, label: &'a str) -> Self {
        Self { icon, label, selected: false, size: 26.0 }
    }

    /// Height and width, points.
    pub fn size(mut self, size: f32) -> Self {
        self.size = size;
        self
    }

    /// Shown as switched on.
    pub fn selected(mut self, selected: bool) -> Self {
        self.selected = selected;
        self
    }
}

impl Widget for IconButton<'_> {
    fn ui(self, ui: &mut Ui) -> Response {
        let (rect, response) = ui.allocate_exact_size(Vec2::splat(self.size), Sense::click());
        response.widget_info(|| {
            WidgetInfo::selected(egui::accesskit::Role::Button, ui.is_enabled(), self.selected, self.label)
        });
        if ui.is_rect_visible(rect) {
            let visuals = ui.style().interact_selectable(&response, self.selected);
            let lifted = response.hovered() || response.has_focus() || self.selected;
            if lifted && ui.is_enabled() {
                ui.painter().rect_filled(rect, visuals.corner_radius, visuals.weak_bg_fill);
            }
            if response.has_focus() {
                let ring = ui.visuals().widgets.active.bg_stroke;
                ui.painter().rect_stroke(rect, visuals.corner_radius, ring, egui::StrokeKind::Inside);
            }
            paint(ui.painter(), self.icon, rect, visuals.fg_stroke.color);
        }
        response
    }
}

/// Draws `icon` centered in `rect`.
pub fn paint(painter: &egui::Painter, icon: Icon, rect: Rect, color: Color32) {
    let center = rect.center();
    // Icons are drawn on a grid of ±5 units, which is 10 points in a 26 point button.
    let unit = rect.height() / 26.0;
    let at = |x: f32, y: f32| center + vec2(x, y) * unit;
    let triangle = |points: [Pos2; 3]| Shape::convex_polygon(points.to_vec(), color, Stroke::NONE);
    let bar = |x0: f32, x1: f32, half_height: f32| {
        Shape::rect_filled(Rect::from_min_max(at(x0, -half_height), at(x1, half_height)), 0.8 * unit, color)
    };
    match icon {
        Icon::Play => {
            painter.add(triangle([at(-3.8, -5.6), at(-3.8, 5.6), at(5.4, 0.0)]));
        }
        Icon::Pause => {
            painter.add(bar(-4.4, -1.4, 5.2));
            painter.add(bar(1.4, 4.4, 5.2));
        }
        Icon::Stop => {
            painter.add(bar(-4.6, 4.6, 4.6));
        }
        Icon::StepBack => {
            painter.add(triangle([at(4.0, -5.0), at(4.0, 5.0), at(-2.6, 0.0)]));
            painter.add(bar(-5.0, -3.4, 5.0));
        }
        Icon::StepForward => {
            painter.add(triangle([at(-4.0, -5.0), at(-4.0, 5.0), at(2.6, 0.0)]));
            painter.add(bar(3.4, 5.0, 5.0));
        }
        Icon::First => {
            painter.add(triangle([at(0.2, -4.6), at(0.2, 4.6), at(-4.6, 0.0)]));
            painter.add(triangle([at(6.0, -4.6), at(6.0, 4.6), at(1.2, 0.0)]));
            painter.add(bar(-6.6, -5.2, 5.0));
        }
        Icon::Last => {
            painter.add(triangle([at(-0.2, -4.6), at(-0.2, 4.6), at(4.6, 0.0)]));
            painter.add(triangle([at(-6.0, -4.6), at(-6.0, 4.6), at(-1.2, 0.0)]));
            painter.add(bar(5.2, 6.6, 5.0));
        }
        Icon::Repeat => {
            let stroke = Stroke::new(1.6 * unit, color);
            let arc: Vec<Pos2> = (0..=28)
                .map(|k| {
                    let angle = -0.9 + 5.0 * k as f32 / 28.0;
                    at(5.0 * angle.cos(), 5.0 * angle.sin())
                })
                .collect();
            painter.add(Shape::line(arc, stroke));
            painter.add(triangle([at(0.2, -7.0), at(6.4, -6.2), at(3.6, -1.2)]));
        }
        Icon::Follow => {
            let stroke = Stroke::new(1.6 * unit, color);
            painter.add(Shape::line_segment([at(-6.0, 0.0), at(1.0, 0.0)], stroke));
            painter.add(triangle([at(0.0, -4.4), at(0.0, 4.4), at(5.0, 0.0)]));
            painter.add(bar(5.2, 6.8, 5.4));
        }
        Icon::Remove => {
            let stroke = Stroke::new(1.5 * unit, color);
            painter.add(Shape::line_segment([at(-3.6, -3.6), at(3.6, 3.6)], stroke));
            painter.add(Shape::line_segment([at(-3.6, 3.6), at(3.6, -3.6)], stroke));
        }
        Icon::More => {
            for x in [-4.0, 0.0, 4.0] {
                painter.circle_filled(pos2(at(x, 0.0).x, center.y), 1.2 * unit, color);
            }
        }
    }
}
