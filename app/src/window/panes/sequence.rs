//! The sequence under the molecule: secondary structure of the frame shown, residues with violations, residues unlike
//! those that the model was trained on, the marked residue, the selected residues. A click marks a residue everywhere,
//! a drag selects residues.

use egui::{Align2, Role, Sense, WidgetInfo};
use equijump_engine::analysis::selection::residue_span;
use equijump_engine::structure::Topology;
use equijump_engine::trust::ResidueTrust;

use super::{PaneContext, context_menu};
use crate::viewport::palette;
use crate::window::action::Action;
use crate::window::command::UiCommand;
use crate::window::focus::steps_to_right;
use crate::window::theme;

/// Height of the strip, points.
pub(super) const HEIGHT: f32 = 46.0;
/// Width of a residue, points.
const RESIDUE_WIDTH: f32 = 12.0;

/// A drag over the strip.
#[derive(Default)]
pub struct SequenceStrip {
    /// The residue where it began.
    dragged_from: Option<usize>,
}

pub(super) fn ui(ui: &mut egui::Ui, context: &mut PaneContext<'_>) {
    let Some(opened) = &context.project.opened else { return };
    let topology = opened.structure.topology.clone();
    let letters: Vec<char> = topology.sequence().chars().collect();
    let colors = context.palette();
    let selected = context.selected_atom.and_then(|atom| topology.atoms().get(atom)).map(|atom| atom.residue);
    let details = context.details;
    let structure = details.map(|details| details.secondary_structure.as_slice()).unwrap_or_default();
    let mut chosen = vec![false; letters.len()];
    for &atom in &context.selected.atoms {
        if let Some(place) = topology.atoms().get(atom).and_then(|atom| chosen.get_mut(atom.residue)) {
            *place = true;
        }
    }
    let mut violating = vec![false; letters.len()];
    for &atom in details.map(|details| details.violating_atoms.as_slice()).unwrap_or_default() {
        if let Some(place) = topology.atoms().get(atom).and_then(|atom| violating.get_mut(atom.residue)) {
            *place = true;
        }
    }
    let trust = details.and_then(|details| details.trust.as_ref());
    let trusted = |index: usize| trust.and_then(|trust| trust.residues.get(index));
    egui::ScrollArea::horizontal().id_salt("sequence").auto_shrink(false).show(ui, |ui| {
        let width = RESIDUE_WIDTH * letters.len() as f32;
        let (rect, response) = ui.allocate_exact_size(egui::vec2(width, 34.0), Sense::click_and_drag());
        response.widget_info(|| WidgetInfo::labeled(Role::GraphicsObject, true, "Sequence"));
        let steps = steps_to_right(ui, &response);
        if steps != 0 && !letters.is_empty() {
            let next = match selected {
                Some(residue) => residue.saturating_add_signed(steps).min(letters.len() - 1),
                None => 0,
            };
            context.actions.push(Action::SelectAtom(Some(topology.ca(next))));
            let x = rect.left() + RESIDUE_WIDTH * next as f32;
            let cell = egui::Rect::from_min_size(egui::pos2(x, rect.top()), egui::vec2(RESIDUE_WIDTH, 34.0));
            ui.scroll_to_rect(cell.expand2(egui::vec2(2.0 * RESIDUE_WIDTH, 0.0)), None);
        }
        let painter = ui.painter();
        let text = ui.visuals().text_color();
        let letter_font = egui::FontId::monospace(12.0);
        let number_font = egui::FontId::proportional(9.5);
        let (from, to) = {
            let seen = ui.clip_rect();
            let at = |x: f32| ((x - rect.left()) / RESIDUE_WIDTH).max(0.0) as usize;
            (at(seen.left()), (at(seen.right()) + 1).min(letters.len()))
        };
        for index in from..to {
            let x = rect.left() + RESIDUE_WIDTH * index as f32;
            let cell =
                egui::Rect::from_min_size(egui::pos2(x, rect.top() + 12.0), egui::vec2(RESIDUE_WIDTH, 18.0));
            if let Some(color) = structure.get(index).and_then(|code| structure_color(*code)) {
                painter.rect_filled(cell, 0.0, color.gamma_multiply(0.35));
            }
            if chosen[index] {
                let line = egui::Rect::from_min_size(cell.left_top(), egui::vec2(RESIDUE_WIDTH, 2.5));
                painter.rect_filled(line, 0.0, colors.accent);
            }
            if selected == Some(index) {
                let stroke = egui::Stroke::new(1.5, colors.cursor);
                painter.rect_stroke(cell.shrink(0.5), 2.0, stroke, egui::StrokeKind::Inside);
            }
            painter.text(cell.center(), Align2::CENTER_CENTER, letters[index], letter_font.clone(), text);
            if trusted(index).is_some_and(ResidueTrust::is_unfamiliar) {
                // Dots above the letter, so that they are told from violations without colors.
                for part in [0.3, 0.7] {
                    let at = egui::pos2(x + part * RESIDUE_WIDTH, cell.top() + 1.0);
                    painter.circle_filled(at, 1.2, colors.warn);
                }
            }
            if violating[index] {
                let line = egui::Rect::from_min_size(
                    cell.left_bottom() + egui::vec2(1.0, 0.5),
                    egui::vec2(RESIDUE_WIDTH - 2.0, 2.0),
                );
                painter.rect_filled(line, 1.0, colors.bad);
            }
            let number = topology.residues()[index].number;
            if index == 0 || number % 10 == 0 {
                let at = egui::pos2(cell.center().x, rect.top() + 11.0);
                painter.text(at, Align2::CENTER_BOTTOM, number, number_font.clone(), colors.weak);
            }
        }
        let residue_at = |x: f32| {
            let index = ((x - rect.left()) / RESIDUE_WIDTH).max(0.0) as usize;
            (index < letters.len()).then_some(index)
        };
        if let Some(residue) =
            response.hover_pos().filter(|_| response.secondary_clicked()).and_then(|p| residue_at(p.x))
        {
            context.actions.push(Action::SelectAtom(Some(topology.ca(residue))));
        }
        context_menu::of(&response, |ui| match selected {
            Some(residue) => context_menu::residue_ui(ui, context, residue),
            None => context_menu::commands_ui(ui, context.actions, &[UiCommand::Select]),
        });
        let pointed = response.interact_pointer_pos().filter(|_| response.clicked());
        drag(context, &topology, &response, &residue_at);
        if let Some(residue) =
            pointed.and_then(|pointer| residue_at(pointer.x)).filter(|r| selected != Some(*r))
        {
            context.actions.push(Action::SelectAtom(Some(topology.ca(residue))));
        }
        if let Some(residue) = response.hover_pos().and_then(|pointer| residue_at(pointer.x)) {
            let mut lines = vec![topology.residues()[residue].label()];
            if let Some(code) = structure.get(residue) {
                lines.push(structure_name(*code).to_owned());
            }
            if violating[residue] {
                lines.push("has a part in a violation".to_owned());
            }
            if let Some(trust) = trusted(residue).filter(|trust| trust.is_unfamiliar()) {
                lines.push(match trust.ratio {
                    Some(ratio) => {
                        format!("in surroundings unlike those trained on, {ratio:.1} × the threshold")
                    }
                    None => "of a type that the model was never trained on".to_owned(),
                });
            }
            response.on_hover_text_at_pointer(lines.join("\n"));
        }
    });
    let any_violation = violating.contains(&true);
    let any_unfamiliar = trust.is_some_and(|trust| trust.residues.iter().any(ResidueTrust::is_unfamiliar));
    let right = ui.max_rect().left() + RESIDUE_WIDTH * letters.len() as f32;
    legend_ui(ui, right, &signs(structure, any_violation, any_unfamiliar, &colors));
    ui.painter().hline(
        ui.max_rect().x_range(),
        ui.max_rect().top(),
        egui::Stroke::new(1.0, theme::palette(context.dark_mode).hairline),
    );
}

/// How a residue is marked.
#[derive(Clone, Copy)]
enum Sign {
    Ground,
    Line,
    Dots,
}

/// What there is on the strip: how it is marked, in which color, and what that means.
fn signs(
    structure: &[char],
    any_violation: bool,
    any_unfamiliar: bool,
    colors: &theme::Palette,
) -> Vec<(Sign, egui::Color32, &'static str)> {
    let mut signs = Vec::new();
    for (name, codes) in [("Helix", "HGIP"), ("Strand", "EB")] {
        let color =
            structure.iter().find(|code| codes.contains(**code)).and_then(|code| structure_color(*code));
        signs.extend(color.map(|color| (Sign::Ground, color.gamma_multiply(0.35), name)));
    }
    if any_violation {
        signs.push((Sign::Line, colors.bad, "Violation"));
    }
    if any_unfamiliar {
        signs.push((Sign::Dots, colors.warn, "Unlike what was trained on"));
    }
    signs
}

/// What colors mean, beyond the last residue; beside a long chain, which leaves no room, hovering tells.
fn legend_ui(ui: &egui::Ui, left: f32, signs: &[(Sign, egui::Color32, &'static str)]) {
    const BEFORE: f32 = 18.0;
    const SIGN: f32 = 12.0;
    const GAP: f32 = 4.0;
    const BETWEEN: f32 = 14.0;
    let font = egui::TextStyle::Small.resolve(ui.style());
    let color = ui.visuals().weak_text_color();
    let words: Vec<_> = signs
        .iter()
        .map(|(_, _, name)| ui.painter().layout_no_wrap((*name).to_owned(), font.clone(), color))
        .collect();
    let width: f32 = words.iter().map(|words| SIGN + GAP + words.size().x + BETWEEN).sum();
    if left + BEFORE + width > ui.max_rect().right() {
        return;
    }
    let (mut x, y) = (left + BEFORE, ui.max_rect().top() + 21.0);
    for ((sign, color, _), words) in signs.iter().zip(words) {
        let cell = egui::Rect::from_center_size(egui::pos2(x + SIGN / 2.0, y), egui::vec2(SIGN, 14.0));
        match sign {
            Sign::Ground => {
                ui.painter().rect_filled(cell, 0.0, *color);
            }
            Sign::Line => {
                ui.painter().rect_filled(cell.with_min_y(cell.bottom() - 2.0), 1.0, *color);
            }
            Sign::Dots => {
                for part in [0.3, 0.7] {
                    ui.painter().circle_filled(egui::pos2(x + part * SIGN, y), 1.2, *color);
                }
            }
        }
        x += SIGN + GAP;
        let step = words.size().x + BETWEEN;
        ui.painter().galley(egui::pos2(x, y - words.size().y / 2.0), words, *color);
        x += step;
    }
}

/// A drag selects the residues that it passes over.
fn drag(
    context: &mut PaneContext<'_>,
    topology: &Topology,
    response: &egui::Response,
    residue_at: &dyn Fn(f32) -> Option<usize>,
) {
    let strip = &mut context.cache.sequence;
    if !response.dragged() {
        strip.dragged_from = None;
        return;
    }
    let Some(pointer) = response.interact_pointer_pos() else { return };
    let last = topology.residue_count().saturating_sub(1);
    let here = residue_at(pointer.x).unwrap_or(last);
    let begun = || {
        let origin = response.ctx.input(|input| input.pointer.press_origin());
        origin.and_then(|origin| residue_at(origin.x)).unwrap_or(here)
    };
    let from = *strip.dragged_from.get_or_insert_with(begun);
    let text = residue_span(topology, from, here);
    if text != context.selected.text {
        context.actions.push(Action::Select(text));
    }
}

/// As the molecule is colored by secondary structure.
fn structure_color(code: char) -> Option<egui::Color32> {
    use crate::viewport::SecondaryStructureClass;
    let structure = SecondaryStructureClass::from_dssp(code);
    if structure == SecondaryStructureClass::from_dssp(' ') {
        return None;
    }
    let [r, g, b] = palette::secondary_structure(structure);
    Some(egui::Color32::from_rgb(r, g, b))
}

fn structure_name(code: char) -> &'static str {
    match code {
        'H' => "α helix",
        'G' => "3-10 helix",
        'I' => "π helix",
        'P' => "polyproline helix",
        'E' => "β strand",
        'B' => "β bridge",
        'T' => "turn",
        'S' => "bend",
        _ => "coil",
    }
}
