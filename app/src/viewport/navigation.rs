//! Pointer and keys in the viewport: turning, moving, zooming, hovering, clicking; and smooth camera moves.

use super::camera::Camera;
use super::pick;
use super::scene::Revision;
use super::{Framing, Viewport};

/// Where a double click on an atom brings the camera, Å.
pub(super) const FOCUS_DISTANCE_ANGSTROM: f32 = 28.0;
/// Zoom per point of scrolling.
const ZOOM_PER_POINT: f32 = 0.0035;
/// A key turns by this part of half a turn, five degrees, moves by this part of the height of the view, and brings
/// nearer by this factor.
const KEY_TURN: f32 = 1.0 / 36.0;
const KEY_MOVE: f32 = 0.05;
const KEY_ZOOM: f32 = 1.1;
/// Duration of camera moves, as a multiple of egui's animation time (1/12 s): zero if animations are off.
const TRANSITION_STRETCH: f32 = 3.5;

/// A camera move under way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Transition {
    from: Camera,
    pub to: Camera,
    progress: f32,
}

impl Transition {
    pub fn new(from: Camera, to: Camera) -> Self {
        Self { from, to, progress: 0.0 }
    }
}

/// The atom under the pointer, and what it was found for.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Hover {
    found: Option<(HoverKey, Option<usize>)>,
}

type HoverKey = (egui::Pos2, egui::Rect, Camera, Revision);

impl Hover {
    pub fn atom(&self) -> Option<usize> {
        self.found.and_then(|(_, atom)| atom)
    }
}

/// What the pointer did: `Some(None)` is a click on the background.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Navigated {
    pub clicked: Option<Option<usize>>,
}

impl Viewport {
    /// Applies the input of this pass to the camera and finds the atom under the pointer.
    pub(super) fn navigate(&mut self, ui: &egui::Ui, response: &egui::Response) -> Navigated {
        let rect = response.rect;
        let before = self.camera;
        self.drag(ui, response);
        self.take_keys(ui, response);
        if response.contains_pointer() {
            let (scroll, pinch) = ui.input(|input| (input.smooth_scroll_delta().y, input.zoom_delta()));
            let factor = (scroll * ZOOM_PER_POINT).exp() * pinch;
            if factor != 1.0 {
                self.camera.zoom(factor);
                self.zoomed_in |= factor > 1.0;
            }
        }
        if self.camera != before {
            self.transition = None;
            self.framing = Framing::Done;
            self.view_revision += 1;
            ui.request_repaint();
        }
        self.advance_transition(ui);

        let hovering = response.hovered() && !response.dragged();
        self.hover_at(rect, response.hover_pos().filter(|_| hovering));

        let mut navigated = Navigated::default();
        // Not by Enter, which would be a click on no place.
        if response.clicked_by(egui::PointerButton::Primary) {
            navigated.clicked = Some(self.atom_under(rect, response.interact_pointer_pos()));
        }
        if response.double_clicked() {
            match self.atom_under(rect, response.interact_pointer_pos()) {
                Some(atom) => self.focus_atom(atom),
                None => self.frame_molecule(),
            }
            ui.request_repaint();
        }
        if response.dragged() {
            let moving = response.dragged_by(egui::PointerButton::Primary);
            ui.set_cursor_icon(if moving { egui::CursorIcon::Grabbing } else { egui::CursorIcon::Move });
        }
        navigated
    }

    fn drag(&mut self, ui: &egui::Ui, response: &egui::Response) {
        let delta = response.drag_delta();
        if delta == egui::Vec2::ZERO {
            return;
        }
        let rect = response.rect;
        let modifiers = ui.input(|input| input.modifiers);
        let primary = response.dragged_by(egui::PointerButton::Primary);
        if primary && modifiers.alt {
            // Around the middle of the view, as the hand would turn a disc.
            if let Some(now) = response.interact_pointer_pos() {
                let (now, then) = (now - rect.center(), now - delta - rect.center());
                let turn = then.angle() - now.angle();
                // Across the left, angles jump by a full turn.
                self.camera.roll(
                    (turn + std::f32::consts::PI).rem_euclid(std::f32::consts::TAU) - std::f32::consts::PI,
                );
            }
        } else if primary && !modifiers.shift {
            let side = rect.width().min(rect.height());
            self.camera.orbit(delta.x / side, delta.y / side);
        } else {
            self.camera.pan(delta.x, delta.y, rect.height());
            // What was moved aside is to stay there.
            self.zoomed_in = true;
        }
    }

    /// While the view has the keyboard's focus, arrows turn, with Shift move and with Alt roll, plus and minus zoom.
    fn take_keys(&mut self, ui: &egui::Ui, response: &egui::Response) {
        if !response.has_focus() {
            return;
        }
        // Arrows are then not for finding another widget.
        let arrows = egui::EventFilter {
            horizontal_arrows: true,
            vertical_arrows: true,
            ..egui::EventFilter::default()
        };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, arrows));
        let pressed = ui.input(|input| {
            let keys = input.events.iter().filter_map(|event| match event {
                egui::Event::Key { key, pressed: true, modifiers, .. } if !modifiers.command => {
                    Some((*key, *modifiers))
                }
                _ => None,
            });
            keys.collect::<Vec<_>>()
        });
        let height = response.rect.height();
        for (key, modifiers) in pressed {
            let (right, down) = match key {
                egui::Key::ArrowLeft => (-1.0, 0.0),
                egui::Key::ArrowRight => (1.0, 0.0),
                egui::Key::ArrowUp => (0.0, -1.0),
                egui::Key::ArrowDown => (0.0, 1.0),
                // The key of the plus sign may need Shift or not.
                egui::Key::Plus | egui::Key::Equals => {
                    self.camera.zoom(KEY_ZOOM);
                    self.zoomed_in = true;
                    continue;
                }
                egui::Key::Minus => {
                    self.camera.zoom(1.0 / KEY_ZOOM);
                    continue;
                }
                _ => continue,
            };
            if modifiers.shift {
                self.camera.pan(right * KEY_MOVE * height, down * KEY_MOVE * height, height);
                self.zoomed_in = true;
            } else if modifiers.alt {
                self.camera.roll(right * KEY_TURN * std::f32::consts::PI);
            } else {
                self.camera.orbit(right * KEY_TURN, down * KEY_TURN);
            }
        }
    }

    fn advance_transition(&mut self, ui: &egui::Ui) {
        let Some(transition) = &mut self.transition else { return };
        let duration_seconds = TRANSITION_STRETCH * ui.style().animation_time;
        let step_seconds = ui.input(|input| input.stable_dt).min(0.1);
        transition.progress += if duration_seconds > 0.0 { step_seconds / duration_seconds } else { 1.0 };
        if transition.progress >= 1.0 {
            self.camera = transition.to;
            self.transition = None;
        } else {
            let t = transition.progress;
            self.camera = transition.from.interpolate(&transition.to, t * t * (3.0 - 2.0 * t));
        }
        ui.request_repaint();
    }

    fn hover_at(&mut self, rect: egui::Rect, pointer: Option<egui::Pos2>) {
        let Some(pointer) = pointer else {
            self.hover.found = None;
            return;
        };
        let key = (pointer, rect, self.camera, self.shared().scene.revision);
        if self.hover.found.is_none_or(|(found_for, _)| found_for != key) {
            self.hover.found = Some((key, self.atom_under(rect, Some(pointer))));
        }
    }

    fn atom_under(&self, rect: egui::Rect, pointer: Option<egui::Pos2>) -> Option<usize> {
        let pointer = pointer.filter(|&pointer| rect.contains(pointer))?;
        let x = 2.0 * (pointer.x - rect.center().x) / rect.width();
        let y = -2.0 * (pointer.y - rect.center().y) / rect.height();
        pick::pick(&self.shared().scene, self.camera.ray(x, y, self.aspect)).map(|hit| hit.atom)
    }
}
