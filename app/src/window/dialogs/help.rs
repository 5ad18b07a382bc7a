//! The list of shortcuts, and what this program is.

use crate::window::action::Action;
use crate::window::command::{Menu, UiCommand};
use crate::window::theme;

/// All shortcuts, in two columns, from the command table.
pub(super) fn shortcuts_ui(ui: &mut egui::Ui, actions: &mut Vec<Action>) {
    // A low or much magnified window has room for the title and the button as well.
    let height = (ui.ctx().content_rect().height() - 120.0).clamp(80.0, 560.0);
    egui::ScrollArea::vertical().max_height(height).show(ui, |ui| {
        let page = height - 40.0;
        for (key, down) in [
            (egui::Key::ArrowDown, 40.0),
            (egui::Key::ArrowUp, -40.0),
            (egui::Key::PageDown, page),
            (egui::Key::PageUp, -page),
        ] {
            if ui.input(|input| input.key_pressed(key)) {
                ui.scroll_with_delta(egui::vec2(0.0, -down));
            }
        }
        ui.columns(2, |columns| {
            // Filled so that both columns are about as long.
            let left = [Menu::File, Menu::Simulation, Menu::View, Menu::Help];
            for menu in Menu::ALL {
                let ui = &mut columns[usize::from(!left.contains(&menu))];
                menu_ui(ui, menu);
            }
        });
        ui.add_space(4.0);
        ui.weak("Alt and the first letter of a menu open it.");
        ui.weak("While the view has the keyboard: arrows turn the molecule, with Shift move and with Alt roll it, + and − zoom, Escape ends it.");
        ui.weak("On the frame slider and on plots against time arrows step through frames, on the sequence and on plots of residues through residues.");
        ui.weak("On the free-energy map arrows move it, + and − zoom, 0 shows all of it.");
        ui.weak("The Menu key or Shift+F10 opens the menu of what has the keyboard, as a right click does.");
        ui.weak("In the view: drag to orbit, drag with the right or middle button to pan, scroll to zoom.");
    });
    close_button(ui, actions);
}

fn menu_ui(ui: &mut egui::Ui, menu: Menu) {
    let with_shortcut =
        |command: &UiCommand| command.text().menu == menu && command.text().shortcut.is_some();
    ui.label(egui::RichText::new(menu.title()).font(theme::semibold(13.0)));
    egui::Grid::new(menu.title()).num_columns(2).spacing([16.0, 3.0]).min_col_width(150.0).show(ui, |ui| {
        for command in UiCommand::ALL.iter().filter(|command| with_shortcut(command)) {
            ui.label(command.text().text.trim_end_matches('…')).on_hover_text(command.text().tooltip);
            let shortcut = command.shortcut_text(ui.ctx()).unwrap_or_default();
            ui.label(egui::RichText::new(shortcut).monospace().weak());
            ui.end_row();
        }
    });
    ui.add_space(8.0);
}

/// What "About" tells.
#[derive(Clone, Debug)]
pub struct About {
    /// What draws: the OpenGL renderer's name.
    pub graphics: String,
    /// What computed last, if anything did.
    pub compute: Option<String>,
}

impl About {
    pub(super) fn ui(&mut self, ui: &mut egui::Ui, actions: &mut Vec<Action>) {
        ui.label(format!("Version {}", env!("CARGO_PKG_VERSION")));
        ui.label(
            "Protein dynamics in jumps of 100 ps by an SO(3)-equivariant two-sided stochastic interpolant.",
        );
        ui.add_space(6.0);
        egui::Grid::new("about").num_columns(2).spacing([16.0, 4.0]).show(ui, |ui| {
            ui.weak("Drawing");
            ui.label(&self.graphics);
            ui.end_row();
            ui.weak("Computing");
            ui.label(self.compute.as_deref().unwrap_or("nothing yet; press Simulate"));
            ui.end_row();
            ui.weak("License");
            ui.label("MIT or Apache-2.0");
            ui.end_row();
            ui.weak("Typeface");
            ui.label("Inter, SIL Open Font License 1.1");
            ui.end_row();
        });
        close_button(ui, actions);
    }
}

fn close_button(ui: &mut egui::Ui, actions: &mut Vec<Action>) {
    ui.add_space(8.0);
    super::widgets::button_row(ui, |ui| {
        let entered = super::widgets::enter_pressed(ui);
        if ui.add(super::widgets::primary_button(ui, "Close")).clicked() || entered {
            actions.push(Action::CloseDialog);
        }
    });
}
