//! The branch test: a section of the evaluation pane.

use equijump_engine::analysis::evaluation::branches::{BranchReport, BranchVerdict};

use super::form::{advice, columns, error_line, folding, text};
use super::jumps::{buttons_ui, progress_ui};
use crate::report::branches::{cell_texts, horizon_text, row_name, verdict_text};
use crate::window::action::Action;
use crate::window::evaluation::{BranchTestState, EvaluationAction};
use crate::window::theme;

/// `missing` is what the form lacks of a reference, or the window of a model.
pub(super) fn ui(
    ui: &mut egui::Ui,
    state: &mut BranchTestState,
    missing: Option<&str>,
    actions: &mut Vec<Action>,
) {
    folding(ui, "Branches", false, |ui| {
        columns(ui, "branches", |ui| {
            let tooltip = "The frame that all reference trajectories branch off: start.pdb, or run.xtc:120 for a frame \
                           of a trajectory. Empty where each file begins with it";
            text(ui, "Start", tooltip, "the first frame of each file", &mut state.start);
            let tooltip = "Jumps of the model after which both are compared";
            text(ui, "After jumps", tooltip, "1, 10", &mut state.horizons);
        });
        let labels = [
            "Test branches",
            "Draw as many trajectories from the same frames, with the settings of the next run",
        ];
        let ask = [EvaluationAction::TestBranches, EvaluationAction::StopBranches];
        buttons_ui(ui, state.test.running.as_ref(), (missing, labels, ask), actions);
        progress_ui(ui, state.test.running.as_ref());
        if let Some(error) = &state.test.error {
            error_line(ui, error);
        } else if state.test.running.is_none() && state.test.tested.is_none() {
            let what = "The reference files are trajectories from one frame, each with velocities of its own. The model \
                        in use draws as many from the same frame, and both are compared after some jumps.";
            advice(ui, missing.unwrap_or(what));
        }
        if let Some(test) = &state.test.tested {
            tables_ui(ui, &test.report);
        }
    });
}

/// The measures of the whole chain.
fn tables_ui(ui: &mut egui::Ui, report: &BranchReport) {
    ui.add_space(6.0);
    for sentence in &report.not_supported {
        ui.add(egui::Label::new(egui::RichText::new(format!("Not supported: {sentence}.")).small()).wrap());
    }
    for horizon in &report.horizons {
        ui.add_space(4.0);
        ui.label(egui::RichText::new(horizon_text(horizon)).font(theme::semibold(12.0)));
        let id = ("branches", horizon.jumps);
        egui::ScrollArea::horizontal().id_salt(id).show(ui, |ui| {
            egui::Grid::new(id).striped(true).num_columns(5).spacing([14.0, 3.0]).show(ui, |ui| {
                for title in ["", "MD", "Model", "Floor", ""] {
                    ui.label(egui::RichText::new(title).font(theme::semibold(12.0)));
                }
                ui.end_row();
                for row in horizon.rows.iter().filter(|row| row.residue.is_none()) {
                    ui.add(egui::Label::new(row_name(report, row)).extend());
                    for [value, range] in cell_texts(row) {
                        let cell = ui.add(egui::Label::new(value).extend());
                        if !range.is_empty() {
                            cell.on_hover_text(range);
                        }
                    }
                    let verdict = egui::RichText::new(verdict_text(row));
                    let warn = ui.visuals().warn_fg_color;
                    ui.label(match row.verdict() {
                        BranchVerdict::AsDynamics | BranchVerdict::NotSupported => verdict.weak(),
                        _ => verdict.color(warn),
                    });
                    ui.end_row();
                }
            });
        });
    }
}
