//! Menus under the right mouse button: commands of the one table that belong where the pointer is, or the keyboard.

use egui::{FocusDirection, Popup};
use equijump_engine::structure::Topology;

use super::PaneContext;
use crate::window::action::Action;
use crate::window::command::UiCommand;
use crate::window::focus::steps_to_right;

/// Least width of such a menu, points.
const WIDTH: f32 = 210.0;

/// Of plots over a run.
pub(super) const OF_PLOTS: [UiCommand; 3] =
    [UiCommand::GoToFrame, UiCommand::ExportFigures, UiCommand::ExportTrajectory];

/// Of the molecule, with an atom under the pointer or without.
pub(super) const OF_ATOMS: [UiCommand; 4] = [
    UiCommand::CenterOnMarked,
    UiCommand::MeasureDistance,
    UiCommand::MeasureAngle,
    UiCommand::MeasureDihedral,
];
pub(super) const OF_MOLECULE: [UiCommand; 7] = [
    UiCommand::ResetCamera,
    UiCommand::ToggleFollowFit,
    UiCommand::ToggleSpin,
    UiCommand::GhostOfStart,
    UiCommand::OverlayFrames,
    UiCommand::SaveScreenshot,
    UiCommand::ExportMovie,
];

/// A higher widget has its menu in the middle when a key opens it, a lower one below it, points.
const HIGH: f32 = 60.0;

/// The menu of a widget, under the right button; where the widget has the keyboard, the Menu key and Shift+F10 open it.
pub(super) fn of(response: &egui::Response, contents: impl FnOnce(&mut egui::Ui)) {
    let mut menu = Popup::context_menu(response);
    let (ctx, id) = (&response.ctx, menu.get_id());
    // Since which pass it is open by key, if it is.
    let by_key = id.with("by key");
    let pass = ctx.cumulative_pass_nr();
    if response.has_focus() && !menu.is_open() && asked_by_key(ctx) {
        Popup::open_id(ctx, id);
        ctx.data_mut(|data| data.insert_temp(by_key, pass));
    } else if !menu.is_open() || response.secondary_clicked() {
        ctx.data_mut(|data| data.remove::<u64>(by_key));
    }
    let since = ctx.data(|data| data.get_temp::<u64>(by_key));
    if since.is_some() {
        let rect = response.rect;
        menu = menu.at_position(if rect.height() > HIGH { rect.center() } else { rect.left_bottom() });
        if response.has_focus() {
            ctx.request_repaint();
        }
    }
    // In the first pass the menu finds its size, and the window remembers where the keyboard has been.
    let enters = response.has_focus() && since.is_some_and(|since| since < pass);
    menu.show(|ui| {
        contents(ui);
        if enters && !ui.is_sizing_pass() {
            ui.memory_mut(|memory| {
                memory.surrender_focus(response.id);
                memory.move_focus(FocusDirection::Down);
            });
        }
    });
}

fn asked_by_key(ctx: &egui::Context) -> bool {
    ctx.input_mut(|input| {
        input.consume_key(egui::Modifiers::SHIFT, egui::Key::F10)
            || input.consume_key(egui::Modifiers::NONE, egui::Key::Menu)
    })
}

/// Commands as entries of a menu.
pub(super) fn commands_ui(ui: &mut egui::Ui, actions: &mut Vec<Action>, commands: &[UiCommand]) {
    ui.set_min_width(WIDTH);
    for command in commands {
        let text = command.text();
        let mut button = egui::Button::new(text.text);
        if let Some(shortcut) = command.shortcut_text(ui.ctx()) {
            button = button.shortcut_text(shortcut);
        }
        if ui.add(button).on_hover_text(text.tooltip).clicked() {
            actions.push(Action::Command(*command));
            ui.close();
        }
    }
}

/// The menu of a plot.
pub(super) fn of_plot(plot: &egui::Response, actions: &mut Vec<Action>) {
    of(plot, |ui| commands_ui(ui, actions, &OF_PLOTS));
}

/// While a plot against time has the keyboard, arrows step through the frames.
pub(super) fn step_frames(ui: &egui::Ui, plot: &egui::Response, actions: &mut Vec<Action>) {
    let steps = steps_to_right(ui, plot);
    let command = if steps > 0 { UiCommand::StepForward } else { UiCommand::StepBack };
    actions.extend((0..steps.abs()).map(|_| Action::Command(command)));
}

/// While a plot against residues has the keyboard, arrows mark the next or the previous one.
pub(super) fn step_residues(
    ui: &egui::Ui,
    plot: &egui::Response,
    topology: &Topology,
    marked_atom: Option<usize>,
    actions: &mut Vec<Action>,
) {
    let steps = steps_to_right(ui, plot);
    let residues = topology.residue_count();
    if steps == 0 || residues == 0 {
        return;
    }
    let marked = marked_atom.and_then(|atom| topology.atoms().get(atom)).map(|atom| atom.residue);
    let next = marked.map_or(0, |residue| residue.saturating_add_signed(steps).min(residues - 1));
    actions.push(Action::SelectAtom(Some(topology.ca(next))));
}

/// What can be done with a residue: it is selected by the words of the selection.
pub(super) fn residue_ui(ui: &mut egui::Ui, context: &mut PaneContext<'_>, residue: usize) {
    let Some(opened) = &context.project.opened else { return };
    let topology = &opened.structure.topology;
    let Some(label) = topology.residues().get(residue).map(|residue| residue.label()) else { return };
    let words = equijump_engine::analysis::selection::residue_span(topology, residue, residue);
    let mut entry = |ui: &mut egui::Ui, text: String, selection: String| {
        if ui.button(text).clicked() {
            context.actions.push(Action::Select(selection));
            ui.close();
        }
    };
    entry(ui, format!("Select {label}"), words.clone());
    entry(ui, format!("Select all within 5 Å of {label}"), format!("within 5 of ({words})"));
    if !context.selected.text.is_empty() {
        entry(ui, "Select nothing".to_owned(), String::new());
    }
}
