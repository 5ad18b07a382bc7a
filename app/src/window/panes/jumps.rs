//! The one-step test: a section of the evaluation pane.

use egui::DragValue;
use equijump_engine::analysis::evaluation::jumps::{JumpGroup, JumpReport};
use equijump_engine::session::Job;

use super::form::{advice, columns, error_line, folding, number};
use super::simulation::progress_bar;
use crate::report::jumps::{cell_text, row_name, verdict};
use crate::window::action::Action;
use crate::window::evaluation::{EvaluationAction, JumpTestState};
use crate::window::numbers::{grouped, human_duration};
use crate::window::running::Running;
use crate::window::theme;

/// `missing` is what the form lacks of a reference, or the window of a model.
pub(super) fn ui(
    ui: &mut egui::Ui,
    state: &mut JumpTestState,
    missing: Option<&str>,
    actions: &mut Vec<Action>,
) {
    folding(ui, "Single jumps", false, |ui| {
        columns(ui, "single jumps", |ui| {
            let sources = DragValue::new(&mut state.sources).range(2..=100_000).speed(1.0);
            number(ui, "Start frames", "Frames of the reference that jumps start from", sources);
            let draws = DragValue::new(&mut state.draws).range(1..=1000).speed(0.1);
            number(ui, "Jumps from each", "Jumps that the model draws from each of them", draws);
        });
        let labels = ["Test jumps", "Draw jumps with the model and the settings of the next run"];
        let ask = [EvaluationAction::TestJumps, EvaluationAction::StopJumps];
        buttons_ui(ui, state.test.running.as_ref(), (missing, labels, ask), actions);
        progress_ui(ui, state.test.running.as_ref());
        if let Some(error) = &state.test.error {
            error_line(ui, error);
        } else if state.test.running.is_none() && state.test.tested.is_none() {
            advice(
                ui,
                missing.unwrap_or(
                    "The model in use draws jumps from frames of the reference; they are compared with what the \
                     reference did in the same time.",
                ),
            );
        }
        if let Some(test) = &state.test.tested {
            table_ui(ui, &test.report);
        }
    });
}

/// Begins a test or ends it: what is missing for it, its name and tooltip, and what to ask for.
pub(super) fn buttons_ui<J: Job>(
    ui: &mut egui::Ui,
    testing: Option<&Running<J>>,
    (missing, [name, tooltip], [begin, end]): (Option<&str>, [&str; 2], [EvaluationAction; 2]),
    actions: &mut Vec<Action>,
) {
    let size = egui::vec2(ui.available_width(), 26.0);
    match testing {
        Some(testing) => {
            let text = if testing.stop_wanted { "Stopping…" } else { "Stop the test" };
            let enabled = !testing.stop_wanted;
            let stop = ui.add_enabled_ui(enabled, |ui| ui.add_sized(size, egui::Button::new(text))).inner;
            if stop.clicked() {
                actions.push(Action::Evaluation(end));
            }
        }
        None => {
            let button = egui::Button::new(name);
            let test = ui.add_enabled_ui(missing.is_none(), |ui| ui.add_sized(size, button)).inner;
            let tooltip = missing.unwrap_or(tooltip);
            if test.on_hover_text(tooltip).on_disabled_hover_text(tooltip).clicked() {
                actions.push(Action::Evaluation(begin));
            }
        }
    }
}

/// How far a test is.
pub(super) fn progress_ui<J: Job>(ui: &mut egui::Ui, testing: Option<&Running<J>>) {
    let Some(testing) = testing else { return };
    let Some(stage) = testing.stage else {
        ui.weak("Reading the files");
        return;
    };
    ui.label(egui::RichText::new(stage.label()).small());
    let Some(progress) = testing.progress else { return };
    let total = progress.total.unwrap_or(0);
    progress_bar(ui, "Done of this stage of the test", progress.done as f32 / total.max(1) as f32, 6.0);
    let mut words = format!("{} of {} {}", grouped(progress.done), grouped(total), stage.noun());
    if let Some(left) = progress.time_left {
        words += &format!(" · {} left", human_duration(left));
    }
    ui.add(egui::Label::new(egui::RichText::new(words).small().weak()).truncate());
}

/// The measures of the whole chain.
fn table_ui(ui: &mut egui::Ui, report: &JumpReport) {
    ui.add_space(6.0);
    egui::ScrollArea::horizontal().id_salt("jumps").show(ui, |ui| {
        egui::Grid::new("jumps").striped(true).num_columns(4).spacing([14.0, 3.0]).show(ui, |ui| {
            for title in ["", "MD", "Model", ""] {
                ui.label(egui::RichText::new(title).font(theme::semibold(12.0)));
            }
            ui.end_row();
            for group in JumpGroup::ALL {
                let rows = report.rows.iter().filter(|row| row.measure.group() == group);
                for row in rows.filter(|row| row.residue.is_none() || group == JumpGroup::Torsions) {
                    ui.add(egui::Label::new(row_name(report, row)).extend());
                    for interval in [&row.reference, &row.model] {
                        let [value, range] = cell_text(row.measure, interval);
                        ui.add(egui::Label::new(value).extend()).on_hover_text(range);
                    }
                    let verdict = egui::RichText::new(verdict(row));
                    let color = ui.visuals().warn_fg_color;
                    ui.label(if row.agrees() { verdict.weak() } else { verdict.color(color) });
                    ui.end_row();
                }
            }
        });
    });
}
