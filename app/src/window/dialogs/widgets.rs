//! What dialogs are made of: a field for a path, their buttons, a line for what is wrong.

use std::path::{Path, PathBuf};

use crate::window::action::Action;
use crate::window::file_dialogs::{FileRequest, Purpose};
use crate::window::theme;

/// A path that can be typed or browsed for.
#[derive(Clone, Debug)]
pub struct PathField {
    text: String,
    /// The desktop offered no file dialog.
    pub unavailable: bool,
    /// Opened already with the cursor in the field.
    focused: bool,
}

impl PathField {
    /// Starts with a proposal.
    pub fn new(path: PathBuf) -> Self {
        Self { text: path.display().to_string(), unavailable: false, focused: false }
    }

    /// The path, `~` replaced by the home folder; `None` when nothing was typed.
    pub fn path(&self) -> Option<PathBuf> {
        let text = self.text.trim();
        if text.is_empty() {
            return None;
        }
        let home = std::env::var_os("HOME").or_else(|| std::env::var_os("USERPROFILE"));
        match (text.strip_prefix("~/"), home) {
            (Some(rest), Some(home)) => Some(PathBuf::from(home).join(rest)),
            _ => Some(PathBuf::from(text)),
        }
    }

    /// Replaces the path.
    pub fn set(&mut self, path: PathBuf) {
        self.text = path.display().to_string();
    }

    /// Gives the file name another extension.
    pub fn set_extension(&mut self, extension: &str) {
        if let Some(path) = self.path().filter(|path| path.file_name().is_some()) {
            self.set(path.with_extension(extension));
        }
    }

    /// The field with its label and "Browse…". Returns whether Enter was pressed in it.
    pub fn ui(
        &mut self,
        ui: &mut egui::Ui,
        label: &str,
        purpose: Purpose,
        actions: &mut Vec<Action>,
    ) -> bool {
        let name = ui.label(label);
        let mut entered = false;
        ui.horizontal(|ui| {
            let browse_width = 84.0;
            let width = (ui.available_width() - browse_width - ui.spacing().item_spacing.x).max(80.0);
            let edit = egui::TextEdit::singleline(&mut self.text)
                .hint_text("Type a path")
                .desired_width(width)
                .clip_text(true);
            let response = ui.add(edit).labelled_by(name.id);
            if !self.focused {
                response.request_focus();
                self.focused = true;
            }
            entered = response.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
            if entered {
                // What was typed may be refused, and is then mended here.
                response.request_focus();
            }
            let browse = egui::Button::new("Browse…").min_size(egui::vec2(browse_width, 0.0));
            if ui.add(browse).on_hover_text("Pick it in a file dialog of the desktop").clicked() {
                let suggestion = self.path().unwrap_or_default();
                actions.push(Action::Browse(FileRequest { purpose, suggestion }));
            }
        });
        if self.unavailable {
            ui.weak("This desktop offers no file dialog; type the path instead.");
        }
        entered
    }
}

/// Whether Enter was pressed while nothing has the keyboard's focus: it confirms the dialog. Not while the key is held,
/// which it may be since the dialog before.
pub(super) fn enter_pressed(ui: &egui::Ui) -> bool {
    let free = ui.memory(|memory| memory.focused().is_none());
    free && ui.input(|input| {
        input.events.iter().any(|event| {
            matches!(event, egui::Event::Key { key: egui::Key::Enter, pressed: true, repeat: false, .. })
        })
    })
}

/// The row of buttons that ends a dialog. Returns whether the confirming one was clicked, or Enter pressed.
pub(super) fn buttons(ui: &mut egui::Ui, confirm: &str, enabled: bool, actions: &mut Vec<Action>) -> bool {
    let mut confirmed = enabled && enter_pressed(ui);
    ui.add_space(10.0);
    button_row(ui, |ui| {
        confirmed |= ui.add_enabled(enabled, primary_button(ui, confirm)).clicked();
        if ui.add(egui::Button::new("Cancel").min_size(egui::vec2(80.0, 28.0))).clicked() {
            actions.push(Action::CloseDialog);
        }
    });
    confirmed
}

/// A row of buttons from the right edge, no higher than they are.
pub(super) fn button_row(ui: &mut egui::Ui, contents: impl FnOnce(&mut egui::Ui)) {
    let size = egui::vec2(ui.available_width(), 30.0);
    ui.allocate_ui_with_layout(size, egui::Layout::right_to_left(egui::Align::Center), contents);
}

/// The button for what the user most probably wants.
pub fn primary_button(ui: &egui::Ui, text: &str) -> egui::Button<'static> {
    let colors = theme::palette(ui.visuals().dark_mode);
    let text = egui::RichText::new(text).color(colors.on_accent).font(theme::semibold(13.0));
    egui::Button::new(text).fill(colors.accent_fill).min_size(egui::vec2(80.0, 28.0))
}

/// Says that a folder is missing, and offers to make it: then it becomes the folder `to_make`, which is made by whoever
/// looks for it next. `focus` asks for the keyboard.
pub(super) fn missing_folder(ui: &mut egui::Ui, folder: PathBuf, to_make: &mut Option<PathBuf>, focus: bool) {
    let tried = to_make.as_ref() == Some(&folder);
    let (sentence, button) = match tried {
        true => ("There is no such folder, and it could not be made.", "Look again"),
        false => ("There is no such folder.", "Make folder"),
    };
    error_line(ui, sentence);
    let make = ui.button(button).on_hover_text(folder.display().to_string());
    if focus {
        make.request_focus();
    }
    if make.clicked() {
        *to_make = (!tried).then_some(folder);
    }
}

/// Whether there is a folder, once it has been made if that is wanted.
pub(super) fn is_there(folder: &Path, make: bool) -> bool {
    if make {
        // Whether it could be made is seen by whether it is there.
        std::fs::create_dir_all(folder).ok();
    }
    folder.is_dir()
}

/// A line of red text under a form.
pub(super) fn error_line(ui: &mut egui::Ui, text: &str) {
    let color = ui.visuals().error_fg_color;
    ui.add(egui::Label::new(egui::RichText::new(text).color(color)).wrap());
}
