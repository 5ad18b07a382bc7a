//! Menus under the right mouse button: commands of the one table that belong where the pointer is.

use super::PaneContext;
use crate::window::action::Action;
use crate::window::command::UiCommand;

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
    plot.context_menu(|ui| commands_ui(ui, actions, &OF_PLOTS));
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
