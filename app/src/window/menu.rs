//! The menu bar, made from the command table.

use equijump_engine::session::{OpenRequest, StructureSource};

use super::action::Action;
use super::command::{Menu, UiCommand};
use super::fitting::joined_to_fit;
use super::preferences::Preferences;
use crate::shared::examples::EXAMPLES;

/// Which commands can be used now, and which are switched on.
pub trait CommandState {
    /// Whether the command can do anything now.
    fn is_enabled(&self, command: UiCommand) -> bool;
    /// Whether the command is a choice that is on; `None` when it is no choice.
    fn is_selected(&self, command: UiCommand) -> Option<bool>;
}

/// Within so many passes a menu that was opened by its letter takes the keyboard.
const FOCUS_PASSES: u64 = 8;

/// Draws the bar; what is chosen goes into `actions`. `status` is shown at its right end.
pub fn ui(
    ui: &mut egui::Ui,
    state: &dyn CommandState,
    preferences: &Preferences,
    status: &[String],
    actions: &mut Vec<Action>,
) {
    let by_key = opened_by_key(ui.ctx());
    egui::MenuBar::new().ui(ui, |ui| {
        for menu in Menu::ALL {
            let opened = egui::Id::unique(("menu opened by key", menu.title()));
            let button = ui.menu_button(menu.title(), |ui| {
                ui.set_min_width(220.0);
                roomy(ui);
                // The keyboard goes on in the menu that it has opened. In the first passes, in which the menu finds its
                // size, an entry cannot have the focus.
                let pass = ui.ctx().cumulative_pass_nr();
                let by_key = ui.data(|data| data.get_temp::<u64>(opened));
                let mut to_focus = by_key.is_some_and(|at| pass < at + FOCUS_PASSES);
                in_the_window(ui, menu, |ui| {
                    for command in commands(menu) {
                        if command.text().group_start {
                            ui.separator();
                        }
                        let entry = entry(ui, state, command, actions);
                        if to_focus && entry.enabled() {
                            if entry.has_focus() {
                                ui.data_mut(|data| data.remove::<u64>(opened));
                            } else {
                                entry.request_focus();
                            }
                            to_focus = false;
                        }
                        if entry.gained_focus() {
                            entry.scroll_to_me(None);
                        }
                        if command == UiCommand::OpenPath {
                            recent_menu(ui, preferences, actions);
                            examples_menu(ui, actions);
                        }
                    }
                });
            });
            if by_key == Some(menu) {
                egui::Popup::open_id(ui.ctx(), egui::Popup::default_response_id(&button.response));
                let pass = ui.ctx().cumulative_pass_nr();
                ui.data_mut(|data| data.insert_temp(opened, pass));
                ui.ctx().request_repaint();
            }
        }
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            let width = ui.available_width() - 8.0;
            let text = joined_to_fit(ui, egui::TextStyle::Body, status, width);
            ui.add(egui::Label::new(egui::RichText::new(text).weak()).truncate());
        });
    });
}

fn commands(menu: Menu) -> impl Iterator<Item = UiCommand> {
    UiCommand::ALL.iter().copied().filter(move |command| command.text().menu == menu)
}

/// The entries of a menu; those of one that is higher than the window can be scrolled.
fn in_the_window(ui: &mut egui::Ui, menu: Menu, entries: impl FnOnce(&mut egui::Ui)) {
    let spacing = ui.spacing();
    let entry = ui.text_style_height(&egui::TextStyle::Button) + 2.0 * spacing.button_padding.y;
    let entry = entry.max(spacing.interact_size.y) + spacing.item_spacing.y;
    let height: f32 =
        commands(menu).map(|command| if command.text().group_start { entry + 10.0 } else { entry }).sum();
    let room = (ui.ctx().content_rect().height() - 40.0).max(entry);
    if height <= room {
        return entries(ui);
    }
    // Room for the longest entry beside the bar. Popups have 400 points unless they ask for more.
    ui.set_min_width(260.0);
    ui.set_max_height(room);
    egui::ScrollArea::vertical().max_height(room).show(ui, entries);
}

/// The menu whose letter was pressed with Alt, unless a dialog is open.
fn opened_by_key(ctx: &egui::Context) -> Option<Menu> {
    if ctx.memory(|memory| memory.top_modal_layer().is_some()) {
        return None;
    }
    Menu::ALL
        .into_iter()
        .find(|menu| ctx.input_mut(|input| input.consume_key(egui::Modifiers::ALT, menu.key())))
}

fn entry(
    ui: &mut egui::Ui,
    state: &dyn CommandState,
    command: UiCommand,
    actions: &mut Vec<Action>,
) -> egui::Response {
    let text = command.text();
    let mut button = egui::Button::new(text.text);
    if let Some(shortcut) = command.shortcut_text(ui.ctx()) {
        button = button.shortcut_text(shortcut);
    }
    if let Some(selected) = state.is_selected(command) {
        button = button.selected(selected);
    }
    let response = ui.add_enabled(state.is_enabled(command), button);
    tooltip_beside(&response, text.tooltip);
    if response.clicked() {
        actions.push(Action::Command(command));
        ui.close();
    }
    response
}

/// Entries of a menu keep clear of its edges.
fn roomy(ui: &mut egui::Ui) {
    ui.spacing_mut().button_padding = egui::vec2(8.0, 3.0);
    ui.spacing_mut().item_spacing.y = 2.0;
}

/// A tooltip right of the menu; below the entry it would hide the next one.
fn tooltip_beside(response: &egui::Response, text: &str) {
    for tooltip in [egui::Tooltip::for_enabled(response), egui::Tooltip::for_disabled(response)] {
        let mut tooltip = tooltip;
        tooltip.popup = tooltip.popup.align(egui::RectAlign::RIGHT_START).gap(8.0);
        tooltip.show(|ui| {
            ui.set_max_width(280.0);
            ui.label(text);
        });
    }
}

fn recent_menu(ui: &mut egui::Ui, preferences: &Preferences, actions: &mut Vec<Action>) {
    ui.add_enabled_ui(!preferences.recent_files.is_empty(), |ui| {
        ui.menu_button("Open recent", |ui| {
            roomy(ui);
            for path in &preferences.recent_files {
                let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
                let response = ui.button(name);
                tooltip_beside(&response, &path.display().to_string());
                if response.clicked() {
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
        roomy(ui);
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
