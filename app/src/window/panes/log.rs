//! Everything the user was told, newest at the bottom.

use super::{PaneContext, empty_state};
use crate::window::action::Action;
use crate::window::log::Level;

pub(super) fn ui(ui: &mut egui::Ui, context: &mut PaneContext<'_>) {
    if context.log.entries().len() == 0 {
        return empty_state(ui, "Nothing to report", "Notices about structures and runs are kept here.");
    }
    ui.horizontal(|ui| {
        if ui.small_button("Copy").on_hover_text("Put the whole log on the clipboard").clicked() {
            context.actions.push(Action::Copy(context.log.to_text()));
        }
        if ui.small_button("Clear").on_hover_text("Forget these lines").clicked() {
            context.actions.push(Action::ClearLog);
        }
    });
    let colors = context.palette();
    egui::ScrollArea::vertical().auto_shrink(false).stick_to_bottom(true).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 4.0;
        for entry in context.log.entries() {
            let color = match entry.level {
                Level::Info => colors.weak,
                Level::Success => colors.good,
                Level::Warning => colors.warn,
                Level::Error => colors.bad,
            };
            ui.horizontal_top(|ui| {
                let (rect, _) = ui.allocate_exact_size(egui::vec2(8.0, 16.0), egui::Sense::hover());
                ui.painter().circle_filled(rect.center(), 3.0, color);
                ui.add(egui::Label::new(egui::RichText::new(&entry.text).small()).wrap().selectable(true))
                    .on_hover_text(format!("{}, {:.0} s after the start", entry.level.name(), entry.time_s));
            });
        }
    });
}
