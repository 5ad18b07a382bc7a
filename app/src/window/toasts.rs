//! Messages that come up at the foot of the molecule, where they cover no plot and no control, and fade by
//! themselves. The log keeps them.
//!
//! Our own in place of egui-notify: its symbols (✅, ❗) are in none of the fonts of egui 0.37.

use std::time::{Duration, Instant};

use egui::{Align2, Area, Frame, Id, Margin, Order, RichText, Role, Sense, WidgetInfo};

use super::log::Level;
use super::theme;

/// More at once would cover the plots; the oldest go first.
const MOST_SHOWN: usize = 4;
const FADE: Duration = Duration::from_millis(250);
const WIDTH: f32 = 320.0;

struct Toast {
    level: Level,
    text: String,
    ends: Instant,
}

/// The messages on screen.
#[derive(Default)]
pub struct Toasts {
    toasts: Vec<Toast>,
}

impl Toasts {
    /// Shows a message for a time that grows with how much it matters.
    pub fn add(&mut self, level: Level, text: String) {
        let seconds = match level {
            Level::Info | Level::Success => 4,
            Level::Warning => 7,
            Level::Error => 12,
        };
        if self.toasts.len() == MOST_SHOWN {
            self.toasts.remove(0);
        }
        self.toasts.push(Toast { level, text, ends: Instant::now() + Duration::from_secs(seconds) });
    }

    /// Draws them, and asks for a repaint only when the next one changes.
    pub fn show(&mut self, ctx: &egui::Context) {
        let now = Instant::now();
        self.toasts.retain(|toast| toast.ends > now);
        let Some(next_end) = self.toasts.iter().map(|toast| toast.ends).min() else { return };
        let left = next_end.saturating_duration_since(now);
        if left > FADE {
            ctx.request_repaint_after(left - FADE);
        } else {
            ctx.request_repaint();
        }
        let mut closed = None;
        Area::new(Id::unique("toasts"))
            .order(Order::Foreground)
            .anchor(Align2::CENTER_BOTTOM, egui::vec2(0.0, -62.0))
            .interactable(true)
            .show(ctx, |ui| {
                ui.spacing_mut().item_spacing.y = 8.0;
                for (index, toast) in self.toasts.iter().enumerate() {
                    let left = toast.ends.saturating_duration_since(now);
                    ui.set_opacity((left.as_secs_f32() / FADE.as_secs_f32()).min(1.0));
                    if toast_ui(ui, toast) {
                        closed = Some(index);
                    }
                }
            });
        if let Some(index) = closed {
            self.toasts.remove(index);
        }
    }
}

/// Draws one message. Returns whether it was clicked away.
fn toast_ui(ui: &mut egui::Ui, toast: &Toast) -> bool {
    let colours = theme::palette(ui.visuals().dark_mode);
    let colour = match toast.level {
        Level::Info => colours.accent,
        Level::Success => colours.good,
        Level::Warning => colours.warn,
        Level::Error => colours.bad,
    };
    let frame = Frame::popup(ui.style()).inner_margin(Margin { left: 16, right: 12, top: 10, bottom: 10 });
    let shown = frame.show(ui, |ui| {
        ui.set_width(WIDTH);
        ui.spacing_mut().item_spacing.y = 2.0;
        ui.label(RichText::new(toast.level.name()).font(theme::semibold(13.0)).color(colour));
        ui.add(egui::Label::new(&toast.text).wrap());
    });
    let rect = shown.response.rect;
    let stripe =
        egui::Rect::from_min_size(rect.min + egui::vec2(6.0, 10.0), egui::vec2(3.0, rect.height() - 20.0));
    ui.painter().rect_filled(stripe, 1.5, colour);
    let response = ui.interact(rect, shown.response.id.with("close"), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Dismiss: {}", toast.text)));
    response.on_hover_text("Click to dismiss").clicked()
}
