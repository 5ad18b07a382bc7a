//! The command palette: everything that can be done, found by typing.

use equijump_engine::session::{OpenRequest, StructureSource};

use crate::shared::examples::EXAMPLES;
use crate::window::action::Action;
use crate::window::command::UiCommand;
use crate::window::layout::Pane;
use crate::window::preferences::Preferences;

/// Entries shown at most; who needs more types more.
const MOST_SHOWN: usize = 12;

/// One thing that can be done.
#[derive(Clone, Debug)]
struct Entry {
    text: String,
    /// Searched as well, and shown when the entry is pointed at.
    help: String,
    shortcut: Option<UiCommand>,
    does: Action,
}

/// The palette, open.
#[derive(Clone, Debug)]
pub struct CommandPalette {
    typed: String,
    entries: Vec<Entry>,
    selected: usize,
    focused: bool,
}

impl CommandPalette {
    /// All commands that can be used now, panes, examples and recent files.
    pub fn new(preferences: &Preferences, is_enabled: impl Fn(UiCommand) -> bool) -> Self {
        let commands = UiCommand::ALL.iter().copied().filter(|command| *command != UiCommand::Palette);
        let commands = commands.filter(|command| is_enabled(*command)).map(|command| Entry {
            text: command.text().text.to_owned(),
            help: format!("{}: {}", command.text().menu.title(), command.text().tooltip),
            shortcut: Some(command),
            does: Action::Command(command),
        });
        let panes = Pane::ALL.iter().copied().map(|pane| Entry {
            text: format!("Show pane: {}", pane.title()),
            help: "Bring this pane to the front".to_owned(),
            shortcut: None,
            does: Action::ShowPane(pane),
        });
        let examples = EXAMPLES.iter().map(|example| Entry {
            text: format!("Open example: {}", example.name),
            help: format!("{}, {} residues", example.pdb_id, example.residues),
            shortcut: None,
            does: Action::Open(OpenRequest::new(example.source())),
        });
        let recent = preferences.recent_files.iter().map(|path| Entry {
            text: format!("Open recent: {}", path.file_name().unwrap_or(path.as_os_str()).to_string_lossy()),
            help: path.display().to_string(),
            shortcut: None,
            does: Action::Open(OpenRequest::new(StructureSource::File(path.clone()))),
        });
        let entries = commands.chain(panes).chain(recent).chain(examples).collect();
        Self { typed: String::new(), entries, selected: 0, focused: false }
    }

    /// Entries that hold every word typed, those that begin with what was typed first.
    fn found(&self) -> Vec<&Entry> {
        let typed = self.typed.trim().to_lowercase();
        let words: Vec<&str> = typed.split_whitespace().collect();
        let mut found: Vec<(usize, &Entry)> = self
            .entries
            .iter()
            .filter_map(|entry| {
                let (text, help) = (entry.text.to_lowercase(), entry.help.to_lowercase());
                let rank = if text.starts_with(&typed) {
                    0
                } else if words.iter().all(|word| text.contains(word)) {
                    1
                } else if words.iter().all(|word| text.contains(word) || help.contains(word)) {
                    2
                } else {
                    return None;
                };
                Some((rank, entry))
            })
            .collect();
        found.sort_by_key(|(rank, _)| *rank);
        found.into_iter().map(|(_, entry)| entry).take(MOST_SHOWN).collect()
    }

    pub(super) fn ui(&mut self, ui: &mut egui::Ui, actions: &mut Vec<Action>) {
        let pressed =
            |ui: &egui::Ui, key| ui.input_mut(|input| input.consume_key(egui::Modifiers::NONE, key));
        let (down, up, enter) = (
            pressed(ui, egui::Key::ArrowDown),
            pressed(ui, egui::Key::ArrowUp),
            pressed(ui, egui::Key::Enter),
        );
        let edit = egui::TextEdit::singleline(&mut self.typed).hint_text("Type what you want to do");
        let field = ui.add(edit.desired_width(f32::INFINITY));
        if !self.focused {
            field.request_focus();
            self.focused = true;
        }
        if field.changed() {
            self.selected = 0;
            // The field shows what was typed one pass later than it takes it.
            ui.ctx().request_repaint();
        }
        let found: Vec<Entry> = self.found().into_iter().cloned().collect();
        let last = found.len().saturating_sub(1);
        self.selected = match (down, up) {
            (true, _) => (self.selected + 1).min(last),
            (_, true) => self.selected.saturating_sub(1),
            _ => self.selected.min(last),
        };
        let mut chosen = found.get(self.selected).filter(|_| enter).map(|entry| entry.does.clone());
        ui.add_space(4.0);
        if found.is_empty() {
            ui.weak("Nothing of that name.");
        }
        for (index, entry) in found.iter().enumerate() {
            let mut button =
                egui::Button::new(&entry.text).selected(index == self.selected).frame_when_inactive(false);
            if let Some(keys) = entry.shortcut.and_then(|command| command.shortcut_text(ui.ctx())) {
                button = button.shortcut_text(keys);
            }
            let size = egui::vec2(ui.available_width(), 24.0);
            let from_left =
                egui::Layout::left_to_right(egui::Align::Center).with_main_align(egui::Align::Min);
            let response = ui
                .allocate_ui_with_layout(size, from_left, |ui| ui.add(button.min_size(size).truncate()))
                .inner
                .on_hover_text(&entry.help);
            if response.clicked() {
                chosen = Some(entry.does.clone());
            }
        }
        if let Some(does) = chosen {
            actions.push(Action::CloseDialog);
            actions.push(does);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(typed: &str) -> Vec<String> {
        let mut palette = CommandPalette::new(&Preferences::default(), |_| true);
        typed.clone_into(&mut palette.typed);
        palette.found().into_iter().map(|entry| entry.text.clone()).collect()
    }

    #[test]
    fn what_is_typed_is_found_by_its_words_in_any_order() {
        assert_eq!(found("extend")[0], "Extend run");
        assert_eq!(found("plots export")[0], "Export plots…");
        assert!(found("villin").contains(&"Open example: Villin".to_owned()));
        assert!(found("euler").len() < 3 && found("no such thing").is_empty());
        assert_eq!(found("").len(), MOST_SHOWN);
    }
}
