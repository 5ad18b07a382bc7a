//! Whether the frame shown is physically sound.

use super::{PaneContext, empty_state};
use crate::window::action::Action;
use crate::window::focus::scroll_to_focus;
use crate::window::theme;

pub(super) fn ui(ui: &mut egui::Ui, context: &mut PaneContext<'_>) {
    let Some(details) = context.details.filter(|details| !details.violations.is_empty()) else {
        return empty_state(ui, "No structure", "Open a structure to see its bonds, clashes and chirality.");
    };
    let colors = context.palette();
    egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        let total: usize = details.violations.iter().map(|violation| violation.count).sum();
        let (text, color) = match total {
            0 => ("No violations in this frame".to_owned(), colors.good),
            1 => ("1 violation in this frame".to_owned(), colors.warn),
            _ => (format!("{total} violations in this frame"), colors.warn),
        };
        ui.label(egui::RichText::new(text).color(color).font(theme::semibold(13.0)));
        for violation in &details.violations {
            let mut tooltip = violation.meaning.clone();
            for example in &violation.examples {
                tooltip.push('\n');
                tooltip.push_str(example);
            }
            if violation.count > violation.examples.len() {
                tooltip.push_str("\n…");
            }
            let color = if violation.count > 0 { colors.warn } else { colors.weak };
            let text = match violation.of {
                Some(of) => format!("{} of {of}", violation.count),
                None => violation.count.to_string(),
            };
            line(ui, violation.name, egui::RichText::new(text).color(color), &tooltip);
        }
        run_ui(ui, context);
        scroll_to_focus(ui);
    });
}

/// The same over the run.
fn run_ui(ui: &mut egui::Ui, context: &mut PaneContext<'_>) {
    let Some(summary) = context.observations.validity.as_ref().filter(|summary| summary.frames > 1) else {
        return;
    };
    ui.add_space(6.0);
    ui.label(egui::RichText::new("Whole run").font(theme::semibold(13.0)));
    let percent = |count: u64| 100.0 * count as f64 / summary.frames as f64;
    let percent_text = |count| egui::RichText::new(format!("{:.1} %", percent(count))).weak();
    let meaning = "Every bond, angle, center, ring and peptide bond within its range in molecular dynamics, no clash; all replicas";
    line(ui, "Intact frames", percent_text(summary.intact_frames), meaning);
    let meaning = "At least one clash; all replicas";
    line(ui, "Frames with clashes", percent_text(summary.frames_with_clashes), meaning);
    if let Some((frame, count)) = context.observations.worst_frame {
        let plural = if count == 1 { "violation" } else { "violations" };
        let text = format!("Worst frame: {frame}, {count} {plural}");
        if ui.link(text).on_hover_text("Show this frame").clicked() {
            context.actions.push(Action::GoToFrame(frame));
        }
    }
}

/// A name and its number at the right edge. In a narrow pane the name is cut, never the number.
fn line(ui: &mut egui::Ui, name: &str, number: egui::RichText, tooltip: &str) {
    let size = egui::vec2(ui.available_width(), 18.0);
    ui.allocate_ui_with_layout(size, egui::Layout::right_to_left(egui::Align::Center), |ui| {
        ui.label(number).on_hover_text(tooltip);
        ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
            ui.add(egui::Label::new(name).truncate()).on_hover_text(tooltip);
        });
    });
}
