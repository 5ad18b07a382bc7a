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
        let total: usize =
            details.violations.iter().filter(|v| v.name != CIS).map(|violation| violation.count).sum();
        let (text, colour) = match total {
            0 => ("No violations in this frame".to_owned(), colours.good),
            1 => ("1 violation in this frame".to_owned(), colours.warn),
            _ => (format!("{total} violations in this frame"), colours.warn),
        };
        ui.label(egui::RichText::new(text).color(colour).font(theme::semibold(13.0)));
        egui::Grid::new("validity").num_columns(2).spacing([14.0, 4.0]).show(ui, |ui| {
            for violation in &details.violations {
                let mut tooltip = violation.meaning.clone();
                for example in &violation.examples {
                    tooltip.push('\n');
                    tooltip.push_str(example);
                }
                if violation.count > violation.examples.len() {
                    tooltip.push_str("\n…");
                }
                ui.label(violation.name).on_hover_text(&tooltip);
                let suspicious = violation.count > 0 && violation.name != CIS;
                let colour = if suspicious { colours.warn } else { colours.weak };
                let text = match violation.of {
                    Some(of) => format!("{} of {of}", violation.count),
                    None => violation.count.to_string(),
                };
                ui.label(egui::RichText::new(text).color(colour)).on_hover_text(&tooltip);
                ui.end_row();
            }
        });
        run_ui(ui, context);
    });
}

/// Reported, but no violation.
const CIS: &str = "Cis peptide bonds";

/// The same over the run.
fn run_ui(ui: &mut egui::Ui, context: &mut PaneContext<'_>) {
    let Some(summary) = context.observations.validity.as_ref().filter(|summary| summary.frames > 1) else {
        return;
    };
    ui.add_space(6.0);
    ui.label(egui::RichText::new("Whole run").font(theme::semibold(13.0)));
    let percent = |count: u64| 100.0 * count as f64 / summary.frames as f64;
    egui::Grid::new("validity-run").num_columns(2).spacing([14.0, 4.0]).show(ui, |ui| {
        ui.label("Intact frames")
            .on_hover_text("No bond or angle outlier, no wrong hand, no twisted peptide bond; all replicas");
        ui.weak(format!("{:.1} %", percent(summary.intact_frames)));
        ui.end_row();
        ui.label("Frames with clashes").on_hover_text("At least one clash; all replicas");
        ui.weak(format!("{:.1} %", percent(summary.frames_with_clashes)));
        ui.end_row();
    });
    if let Some((frame, count)) = context.observations.worst_frame {
        let plural = if count == 1 { "violation" } else { "violations" };
        let text = format!("Worst frame: {frame}, {count} {plural}");
        if ui.link(text).on_hover_text("Show this frame").clicked() {
            context.actions.push(Action::GoToFrame(frame));
        }
    }
}
