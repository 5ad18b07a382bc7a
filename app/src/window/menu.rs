//! The menu bar, made from the command table.

use equijump_engine::session::{OpenRequest, StructureSource};

use super::action::Action;
use super::command::{Menu, UiCommand};
use super::examples::EXAMPLES;
use super::preferences::Preferences;

/// Which commands can be used now, and which are switched on.
pub trait CommandState {
    /// Whether the command can do anything now.
    fn is_enabled(&self, command: UiCommand) -> bool;
    /// Whether the command is a choice that is on; `None` when it is no choice.
    fn is_selected(&self, command: UiCommand) -> Option<bool>;
}

/// Draws the bar; what is chosen goes into `actions`. `status` is shown at its right end.
pub fn ui(
    ui: &mut egui::Ui,
    state: &dyn CommandState,
    preferences: &Preferences,
    status: &str,
    actions: &mut Vec<Action>,
) {
    egui::MenuBar::new().ui(ui, |ui| {
        for menu in Menu::ALL {
            ui.menu_button(menu.title(), |ui| {
                ui.set_min_width(210.0);
                for command in UiCommand::ALL.into_iter().filter(|command| command.text().menu == menu) {
                    if command.text().group_start {
                        ui.separator();
                    }
                    entry(ui, state, command, actions);
                    if command == UiCommand::OpenPath {
                        recent_menu(ui, preferences, actions);
                        examples_menu(ui, actions);
                    }
                }
            });
        }
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            ui.add(egui::Label::new(egui::RichText::new(status).weak()).truncate());
        });
    });
}

fn entry(ui: &mut egui::Ui, state: &dyn CommandState, command: UiCommand, actions: &mut Vec<Action>) {
    let text = command.text();
    let mut button = egui::Button::new(text.text);
    if let Some(shortcut) = command.shortcut_text(ui.ctx()) {
        button = button.shortcut_text(shortcut);
    }
    if let Some(selected) = state.is_selected(command) {
        button = button.selected(selected);
    }
    let response = ui.add_enabled(state.is_enabled(command), button);
    if response.on_hover_text(text.tooltip).on_disabled_hover_text(text.tooltip).clicked() {
        actions.push(Action::Command(command));
        ui.close();
    }
}

fn recent_menu(ui: &mut egui::Ui, preferences: &Preferences, actions: &mut Vec<Action>) {
    ui.add_enabled_ui(!preferences.recent_files.is_empty(), |ui| {
        ui.menu_button("Open recent", |ui| {
            for path in &preferences.recent_files {
                let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
                if ui.button(name).on_hover_text(path.display().to_string()).clicked() {
                    let source = StructureSource::File(path.clone());
                    actions.push(Action::Open(OpenRequest::new(source)));
                    ui.close();
                }
            }
        });
    });
}

fn examples_menu(ui: &mut egui::Ui, actions: &mut Vec<Action>) {
    ui.menu_button("Open example", |ui| {
        ui.set_min_width(240.0);
        for (index, example) in EXAMPLES.iter().enumerate() {
            // The two variants stand apart from the twelve proteins of the paper.
            if index == 12 {
                ui.separator();
            }
            if ui.button(example.menu_text()).clicked() {
                actions.push(Action::Open(OpenRequest::new(example.source())));
                ui.close();
            }
        }
    });
}
