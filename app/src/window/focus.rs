//! Where the keyboard is: a ring around the widget that has its focus, bringing that widget into view, and passing by
//! what has no use for it.

use egui::FocusDirection;

use super::theme;

/// Between the widget and its ring, points: on the fill of a button the ring would not be seen.
const GAP: f32 = 2.0;
const WIDTH: f32 = 2.0;

/// Follows Tab from widget to widget, and comes back to where it was when a dialog or a menu is closed. Handles and
/// grounds of docked panes take the focus as controls do, but nothing can be done with them by keyboard and they have no
/// names: it goes on past them.
#[derive(Default)]
pub struct Walk {
    /// Which way Tab went, in this pass or the one before: backwards the focus comes a pass later.
    way: Option<FocusDirection>,
    passes: u8,
    at: Option<egui::Id>,
    goes_on: bool,
    /// Where the keyboard was when the dialog or menu was opened that is open now.
    to_come_back_to: Option<egui::Id>,
    was_apart: bool,
}

impl Walk {
    /// Before the widgets of a pass; `dialog_open` is whether one will be drawn.
    pub fn begin_pass(&mut self, ctx: &egui::Context, dialog_open: bool) {
        // A dialog that is gone keeps the rest of the window from the focus for a pass more.
        let fading = ctx.memory(|memory| memory.top_modal_layer().is_some());
        if fading && !dialog_open {
            ctx.request_repaint();
        }
        let apart = dialog_open || fading || egui::Popup::is_any_open(ctx);
        if std::mem::replace(&mut self.was_apart, apart)
            && !apart
            && let Some(place) = self.to_come_back_to.take()
        {
            ctx.memory_mut(|memory| memory.request_focus(place));
        }
        let tab = ctx.input(|input| {
            input.events.iter().find_map(|event| match event {
                egui::Event::Key { key: egui::Key::Tab, pressed: true, modifiers, .. } => {
                    Some(modifiers.shift)
                }
                _ => None,
            })
        });
        self.passes = self.passes.saturating_sub(1);
        if let Some(back) = tab {
            self.way = Some(if back { FocusDirection::Previous } else { FocusDirection::Next });
            self.passes = 2;
        }
        if std::mem::take(&mut self.goes_on)
            && let Some(way) = self.way
        {
            ctx.memory_mut(|memory| memory.move_focus(way));
            self.passes = 2;
        }
    }

    /// Brings the keyboard to a widget if it is in use; who works with the mouse is left alone.
    pub fn come_to(&mut self, ctx: &egui::Context, place: egui::Id) {
        if ctx.egui_wants_keyboard_input() {
            ctx.memory_mut(|memory| memory.request_focus(place));
            // Also when the dialog in which it was asked for is gone.
            self.to_come_back_to = Some(place);
        }
    }

    /// After the widgets of a pass.
    pub fn end_pass(&mut self, ctx: &egui::Context) {
        let now = ctx.memory(|memory| memory.focused());
        let came = now.is_some() && now != self.at;
        self.at = now;
        if !self.was_apart {
            self.to_come_back_to = now;
        }
        // A widget with a name tells that the focus has come to it.
        let told =
            |event: &egui::output::OutputEvent| matches!(event, egui::output::OutputEvent::FocusGained(_));
        if came && self.passes > 0 && !ctx.output(|output| output.events.iter().any(told)) {
            self.goes_on = true;
            ctx.request_repaint();
        }
    }
}

/// Draws the ring. A text field shows by itself where the cursor is.
pub fn ring_ui(ctx: &egui::Context) {
    let Some(focused) = ctx.memory(|memory| memory.focused()) else { return };
    if ctx.text_edit_focused() {
        return;
    }
    let Some(response) = ctx.read_response(focused) else { return };
    let seen = response.interact_rect;
    if !seen.is_positive() {
        return;
    }
    let visuals = &ctx.global_style().visuals;
    let stroke = egui::Stroke::new(WIDTH, theme::palette(visuals.dark_mode).accent);
    // What is half scrolled away has half a ring.
    let painter = ctx.layer_painter(response.layer_id).with_clip_rect(seen.expand(GAP + WIDTH));
    let radius = visuals.widgets.active.corner_radius;
    painter.rect_stroke(response.rect.expand(GAP), radius, stroke, egui::StrokeKind::Outside);
}

/// Arrows to the right less those to the left, pressed while a widget has the focus. It uses no other keys: these mean what
/// they do elsewhere.
pub fn steps_to_right(ui: &egui::Ui, response: &egui::Response) -> isize {
    if !response.has_focus() {
        return 0;
    }
    let arrows = egui::EventFilter { horizontal_arrows: true, ..egui::EventFilter::default() };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, arrows));
    ui.data_mut(|data| data.insert_temp(takes_arrows(), response.id));
    let pressed = |key| ui.input(|input| input.num_presses(key)) as isize;
    pressed(egui::Key::ArrowRight) - pressed(egui::Key::ArrowLeft)
}

/// What the keys say that move and zoom a map.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MapKeys {
    /// Arrows to the right less those to the left.
    pub right: isize,
    /// Arrows up less those down.
    pub up: isize,
    /// Plus signs less minus signs.
    pub nearer: isize,
    /// All of it, by 0.
    pub whole: bool,
}

/// Arrows, plus, minus and 0 that were pressed while a widget has the focus.
pub fn map_keys(ui: &egui::Ui, response: &egui::Response) -> MapKeys {
    let mut keys = MapKeys::default();
    if !response.has_focus() {
        return keys;
    }
    let arrows =
        egui::EventFilter { horizontal_arrows: true, vertical_arrows: true, ..egui::EventFilter::default() };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, arrows));
    ui.data_mut(|data| data.insert_temp(of_map(), response.id));
    ui.input(|input| {
        for event in &input.events {
            let egui::Event::Key { key, pressed: true, modifiers, .. } = event else { continue };
            match key {
                // With Ctrl they are the window's.
                _ if modifiers.command => (),
                egui::Key::ArrowRight => keys.right += 1,
                egui::Key::ArrowLeft => keys.right -= 1,
                egui::Key::ArrowUp => keys.up += 1,
                egui::Key::ArrowDown => keys.up -= 1,
                egui::Key::Plus | egui::Key::Equals => keys.nearer += 1,
                egui::Key::Minus => keys.nearer -= 1,
                egui::Key::Num0 => keys.whole = true,
                _ => (),
            }
        }
    });
    keys
}

fn takes_arrows() -> egui::Id {
    egui::Id::unique("takes arrows alone")
}

fn of_map() -> egui::Id {
    egui::Id::unique("takes-map-keys")
}

/// Whether the widget with the focus uses more of the plain keys than those that move and press.
pub fn takes_keys(ctx: &egui::Context) -> bool {
    let known: Option<egui::Id> = ctx.data(|data| data.get_temp(of_map()));
    known.is_some() && known == ctx.memory(|memory| memory.focused())
}

/// Whether the widget with the focus uses arrows alone.
pub fn takes_arrows_alone(ctx: &egui::Context) -> bool {
    let known: Option<egui::Id> = ctx.data(|data| data.get_temp(takes_arrows()));
    known.is_some() && known == ctx.memory(|memory| memory.focused())
}

/// Scrolls to the widget in this part of the window that the keyboard has just come to.
pub fn scroll_to_focus(ui: &egui::Ui) {
    let Some(focused) = ui.memory(|memory| memory.focused()) else { return };
    let Some(response) = ui.ctx().read_response(focused) else { return };
    // What is drawn elsewhere may lie over the part of this that is scrolled away, but is clipped otherwise.
    let (seen, would_be) = (response.interact_rect, response.rect.intersect(ui.clip_rect()));
    let alike = |a: egui::Pos2, b: egui::Pos2| (a - b).abs().max_elem() < 0.5;
    let here = response.layer_id == ui.layer_id()
        && ui.min_rect().contains(response.rect.center())
        && alike(seen.min, would_be.min)
        && alike(seen.max, would_be.max);
    if here && response.gained_focus() {
        ui.scroll_to_rect(response.rect.expand(2.0 * (GAP + WIDTH)), None);
    }
}
