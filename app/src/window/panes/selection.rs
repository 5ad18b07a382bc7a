//! The line under the molecule that selects atoms by words, and what can be done with them.

use equijump_engine::analysis::Selection;

use super::PaneContext;
use crate::window::action::Action;
use crate::window::command::UiCommand;
use crate::window::selection::{COLORS, Selected};

/// Height of the line, points.
pub(super) const HEIGHT: f32 = 30.0;

/// The field, as it is being typed.
#[derive(Default)]
pub struct SelectionField {
    typed: String,
    wants_focus: bool,
}

impl SelectionField {
    /// Shows what is selected.
    pub(in crate::window) fn show(&mut self, text: &str) {
        text.clone_into(&mut self.typed);
    }

    /// Takes the keyboard with the next pass.
    pub(in crate::window) fn focus(&mut self) {
        self.wants_focus = true;
    }
}

const HINT: &str = "residue 3-10 and backbone";
const HELP: &str = "Select atoms and press Enter: residue 3-10 and backbone, name CA, resname GLY TRP, element S, \
                    helix, strand, sidechain, within 5 of resname TRP, byres …, not …, parentheses; words as in \
                    PyMOL, VMD and MDAnalysis. Dragging over the sequence selects residues.";
/// Width of the buttons, where they have a line to themselves.
const BUTTONS_WIDTH: f32 = 292.0;
/// In a narrower pane the field stands alone.
const LABELED_WIDTH: f32 = 340.0;
const LEAST_FIELD: f32 = 90.0;

pub(super) fn ui(ui: &mut egui::Ui, context: &mut PaneContext<'_>) {
    ui.horizontal_centered(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        let label = (ui.available_width() >= LABELED_WIDTH).then(|| ui.weak("Select").id);
        let count = context.selected.atoms.len();
        let any = !context.selected.text.is_empty();
        let state = match count {
            1 => "1 atom".to_owned(),
            count => format!("{count} atoms"),
        };
        let state_width = if any && label.is_some() { 72.0 } else { 0.0 };
        let spread = ui.available_width() > BUTTONS_WIDTH + state_width + 2.0 * LEAST_FIELD;
        // Where there is no room for the number of atoms, the menu has it for its name.
        let menu = if any && state_width == 0.0 { state.clone() } else { "Atoms".to_owned() };
        let buttons = if spread { BUTTONS_WIDTH } else { 36.0 + 8.0 * menu.chars().count() as f32 };
        let width = (ui.available_width() - buttons - state_width - 24.0).max(LEAST_FIELD);
        field_ui(ui, context, label, width);
        if state_width > 0.0 {
            let response = ui.add_sized([state_width - 6.0, 18.0], egui::Label::new(state).truncate());
            response.on_hover_text("Atoms of the frame that is shown");
        }
        if spread {
            buttons_ui(ui, context, count > 0);
        } else {
            ui.add_enabled_ui(count > 0, |ui| {
                ui.menu_button(menu, |ui| buttons_ui(ui, context, count > 0))
                    .response
                    .on_hover_text("Isolate, sticks, labels, color, measure");
            });
        }
    });
}

fn field_ui(ui: &mut egui::Ui, context: &mut PaneContext<'_>, label: Option<egui::Id>, width: f32) {
    let field = &mut context.cache.selection;
    let error = match field.typed.trim() {
        "" => None,
        typed => typed.parse::<Selection>().err().map(|error| error.to_string()),
    };
    let mut edit =
        egui::TextEdit::singleline(&mut field.typed).hint_text(HINT).desired_width(width).clip_text(true);
    if error.is_some() {
        edit = edit.text_color(ui.visuals().error_fg_color);
    }
    let output = edit.show(ui);
    let response = output.response.response;
    let response = match label {
        Some(label) => response.labelled_by(label),
        None => {
            response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, "Select"));
            response
        }
    };
    if std::mem::take(&mut field.wants_focus) {
        response.request_focus();
        // What is typed next takes the place of what is there.
        let mut state = output.state;
        let all = egui::text::CCursorRange::two(
            egui::text::CCursor::new(0),
            egui::text::CCursor::new(field.typed.chars().count()),
        );
        state.cursor.set_char_range(Some(all));
        state.store(ui.ctx(), response.id);
    }
    let entered = response.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
    if entered {
        // With an error it is told, and what is selected stays. The keyboard stays in the field: without it the next
        // letters would be commands.
        context.actions.push(Action::Select(field.typed.clone()));
        response.request_focus();
    } else if response.lost_focus() && field.typed.trim() != context.selected.text {
        // Left without Enter: the field shows what is selected.
        context.selected.text.clone_into(&mut field.typed);
    }
    match error {
        Some(error) if response.has_focus() => {
            response.show_tooltip_text(error);
        }
        Some(error) => {
            response.on_hover_text(error);
        }
        None => {
            response.on_hover_text(HELP);
        }
    }
}

/// What can be done with the selected atoms.
fn buttons_ui(ui: &mut egui::Ui, context: &mut PaneContext<'_>, any: bool) {
    let mut look = context.selected.look.clone();
    ui.add_enabled_ui(any, |ui| {
        let toggle = |ui: &mut egui::Ui, on: &mut bool, text: &str, tooltip: &str| {
            if ui.add(egui::Button::selectable(*on, text)).on_hover_text(tooltip).clicked() {
                *on = !*on;
            }
        };
        toggle(ui, &mut look.isolated, "Isolate", "Draw the selected atoms alone");
        toggle(
            ui,
            &mut look.sticks,
            "Sticks",
            "Draw the selected atoms as sticks, along with a ribbon as well",
        );
        toggle(
            ui,
            &mut look.labeled,
            "Label",
            "Write names at the selected atoms, of many at their residues",
        );
        if let Some(color) = color_ui(ui, context.selected) {
            context.actions.push(Action::PaintSelection(color));
        }
        let command = UiCommand::MeasureSelection;
        let can = context.selected.measurement_tool().is_some();
        let measure = ui.add_enabled(can, egui::Button::new("Measure"));
        // The menu above the molecule is called Measure as well.
        let name = command.text().text;
        measure.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, can, name));
        if measure
            .on_hover_text(command.text().tooltip)
            .on_disabled_hover_text(command.text().tooltip)
            .clicked()
        {
            context.actions.push(Action::Command(command));
        }
    });
    if look != context.selected.look {
        context.actions.push(Action::SetSelectionLook(look));
    }
}

/// The color that was chosen.
fn color_ui(ui: &mut egui::Ui, selected: &Selected) -> Option<Option<usize>> {
    let present = selected.color();
    let mut chosen = None;
    ui.menu_button("Color", |ui| {
        if ui.radio(present.is_none(), "As the molecule").clicked() {
            chosen = Some(None);
        }
        for (place, (name, [r, g, b])) in COLORS.iter().enumerate() {
            let text = egui::RichText::new(*name).color(egui::Color32::from_rgb(*r, *g, *b));
            if ui.radio(present == Some(place), text).clicked() {
                chosen = Some(Some(place));
            }
        }
    })
    .response
    .on_hover_text("Give the selected atoms a color, which they keep when others are selected");
    chosen
}
