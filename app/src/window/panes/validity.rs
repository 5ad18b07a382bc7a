//! Whether the frame shown is physically sound.

use super::{PaneContext, empty_state};
use crate::window::action::Action;
use crate::window::theme;

pub(super) fn ui(ui: &mut egui::Ui, context: &mut PaneContext<'_>) {
    let Some(details) = context.details.filter(|details| !details.violations.is_empty()) else {
        return empty_state(ui, "No structure", "Open a structure to see its bonds, clashes and chirality.");
    };
    let colours = context.palette();
    egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        let total: usize = details.violations.iter().map(|violation| violation.count).sum();
        let (text, colour) = if total == 0 {
            ("No violations in this frame".to_owned(), colours.good)
        } else {
            let plural = if total == 1 { "violation" } else { "violations" };
            (format!("{total} {plural} in this frame"), colours.warn)
        };
        ui.label(egui::RichText::new(text).color(colour).font(theme::semibold(13.0)));
        egui::Grid::new("validity").num_columns(2).spacing([14.0, 5.0]).show(ui, |ui| {
            for violation in &details.violations {
                let mut tooltip = violation.meaning.to_owned();
                for example in &violation.examples {
                    tooltip.push('\n');
                    tooltip.push_str(example);
                }
                ui.label(violation.name).on_hover_text(&tooltip);
                let colour = if violation.count == 0 { colours.weak } else { colours.warn };
                let text = format!("{} of {}", violation.count, violation.of);
                ui.label(egui::RichText::new(text).color(colour)).on_hover_text(&tooltip);
                ui.end_row();
            }
        });
        run_ui(ui, context);
    });
}

/// The same over the run: how many frames have violations, and the worst of them.
fn run_ui(ui: &mut egui::Ui, context: &mut PaneContext<'_>) {
    let violations = &context.observations.violations;
    let worst = violations.iter().enumerate().rev().max_by_key(|(_, count)| **count);
    let (Some((frame, &count)), true) = (worst, violations.len() > 1) else { return };
    ui.add_space(4.0);
    let with_some = violations.iter().filter(|count| **count > 0).count();
    ui.horizontal_wrapped(|ui| {
        ui.weak(format!("{with_some} of {} frames have some.", violations.len()));
        if count > 0
            && ui.link(format!("Worst: frame {frame}, {count}")).on_hover_text("Show this frame").clicked()
        {
            context.actions.push(Action::GoToFrame(frame));
        }
    });
}
