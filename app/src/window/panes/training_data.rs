//! What a training learns from: stores, and the import that makes them.

use std::path::Path;

use equijump_engine::session::ImportReport;

use super::form::{advice, error_line, folding, folding_unless, number, path, paths, row, text};
use super::simulation::progress_bar;
use crate::window::action::Action;
use crate::window::dialogs::primary_button;
use crate::window::file_dialogs::Purpose;
use crate::window::focus::scroll_to_focus;
use crate::window::numbers::{grouped, human_duration};
use crate::window::training::{ExampleData, ExampleKind, ImportState, TrainingAction, TrainingState};

pub(super) fn ui(ui: &mut egui::Ui, state: &mut TrainingState, actions: &mut Vec<Action>) {
    folding(ui, "Data", true, |ui| {
        let form = &mut state.form;
        let changed = paths(
            ui,
            "Training stores",
            "Add a store",
            "Stores made by an import, also of different proteins; type a file, a folder or a pattern with * and press Enter",
            &mut form.stores,
            &mut form.typed_store,
            Purpose::TrainingStore,
            actions,
        );
        if changed {
            form.propose_folder();
        }
    });
    let unfold = std::mem::take(&mut state.import.unfold);
    folding_unless(ui, "Import trajectories", state.form.stores.is_empty(), unfold, |ui| {
        import_ui(ui, &mut state.import, actions);
    });
}

fn import_ui(ui: &mut egui::Ui, state: &mut ImportState, actions: &mut Vec<Action>) {
    examples_ui(ui, state, actions);
    let form = &mut state.form;
    super::form::columns(ui, "import topology", |ui| {
        let tooltip = "PDB or mmCIF file with exactly the atoms of the trajectories, in their order; hydrogens, \
                       waters and ions may be among them";
        let hint = "PDB or mmCIF";
        if path(ui, "Topology", tooltip, hint, &mut form.topology, Purpose::ImportTopology, actions) {
            form.propose_output();
        }
    });
    let changed = paths(
        ui,
        "Trajectories",
        "Add XTC, DCD or PDB",
        "Trajectories of other programs; type a file, a folder or a pattern such as md/traj_*.xtc and press Enter",
        &mut form.trajectories,
        &mut form.typed,
        Purpose::ImportTrajectories,
        actions,
    );
    if changed {
        form.propose_topology();
        form.propose_output();
    }
    super::form::columns(ui, "import settings", |ui| {
        let stride = egui::DragValue::new(&mut form.stride).range(1..=1_000_000).speed(0.05);
        number(ui, "Stride", "Take every N-th frame", stride);
        let skip = egui::DragValue::new(&mut form.skip_ps).range(0.0..=1e12).speed(10.0).suffix(" ps");
        number(ui, "Skip", "Leave out what happened before this time in each file: equilibration", skip);
        let tooltip = "Time between the frames of the files; replaces what they say, and is needed where they say \
                       nothing";
        row(ui, "Frame interval", tooltip, |ui, label| {
            ui.horizontal_wrapped(|ui| {
                ui.checkbox(&mut form.interval_given, "").labelled_by(label).on_hover_text(tooltip);
                let interval =
                    egui::DragValue::new(&mut form.interval_ps).range(1e-6..=1e9).speed(1.0).suffix(" ps");
                if form.interval_given {
                    ui.add(interval).labelled_by(label).on_hover_text(tooltip);
                } else {
                    ui.weak("as the files say");
                }
            });
        });
        row(ui, "", "", |ui, _| {
            let tooltip = "Trajectories in equilibrium are as likely backwards in time as forwards; those that still \
                           relax from a hot or an extended start are not";
            ui.checkbox(&mut form.in_equilibrium, "In equilibrium").on_hover_text(tooltip);
        });
        row(ui, "", "", |ui, _| {
            let tooltip = "Training starts jumps from frames that a model made, and learns where they lead from molecular \
                           dynamics of the same protein";
            ui.checkbox(&mut form.made_by_model, "Made by a model").on_hover_text(tooltip);
        });
        text(
            ui,
            "Chain",
            "Chain of the protein, where the topology holds several",
            "the only one",
            &mut form.chain,
        );
        let tooltip = "File to write; stores end in .safetensors";
        path(ui, "Store", tooltip, "File to write", &mut form.output, Purpose::ImportOutput, actions);
        row(ui, "", "", |ui, _| {
            ui.checkbox(&mut form.replace, "Replace").on_hover_text("Replace the store if it is there");
        });
    });
    match &state.running {
        Some(import) => {
            let progress = import.job.progress;
            let total = progress.and_then(|p| p.total).unwrap_or(0);
            let done = progress.map_or(0, |p| p.done);
            progress_bar(ui, "Frames read", done as f32 / total.max(1) as f32, 6.0);
            let mut words = format!("{} of {} frames", grouped(done), grouped(total));
            if let Some(queue) = &state.queue {
                words = format!("{} of {}, {words}", queue.done + 1, queue.total);
            }
            if let Some(left) = progress.and_then(|p| p.time_left) {
                words += &format!(" · {} left", human_duration(left));
            }
            ui.horizontal(|ui| {
                let button = ui.add_enabled(!import.job.stop_wanted, egui::Button::new("Stop import"));
                if button.on_hover_text("End the import; nothing is written").clicked() {
                    actions.push(Action::Training(TrainingAction::StopImport));
                }
                ui.add(egui::Label::new(egui::RichText::new(words).small().weak()).truncate());
            });
        }
        None => {
            let missing = form.missing();
            let button = primary_button(ui, "Import");
            let enabled = missing.is_none();
            let button = ui.add_enabled_ui(enabled, |ui| ui.add_sized([96.0, 28.0], button)).inner;
            let tooltip = missing
                .unwrap_or("Read the trajectories, keep what can be learned from, and write the store");
            if button.on_hover_text(tooltip).on_disabled_hover_text(tooltip).clicked() {
                actions.push(Action::Training(TrainingAction::Import));
            }
        }
    }
    if let Some(error) = &state.error {
        error_line(ui, error);
    }
    if let Some((store, report)) = &state.report {
        advice(ui, &report_text(store, report));
        for notice in &report.notices {
            let color = ui.visuals().warn_fg_color;
            let text = egui::RichText::new(crate::window::wording::in_window_words(notice));
            ui.add(egui::Label::new(text.small().color(color)).wrap());
        }
    }
}

/// Data that came with the program, if there is any: a menu a kind.
fn examples_ui(ui: &mut egui::Ui, state: &ImportState, actions: &mut Vec<Action>) {
    if state.examples.is_empty() {
        return;
    }
    ui.label("Example data").on_hover_text("Molecular dynamics that came with the program");
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = egui::vec2(6.0, 6.0);
        for kind in ExampleKind::ALL {
            let of_kind: Vec<&ExampleData> =
                state.examples.iter().filter(|example| example.kind() == kind).collect();
            if !of_kind.is_empty() {
                let title = format!("{} ({})", kind.name(), of_kind.len());
                ui.menu_button(title, |ui| kind_ui(ui, &of_kind, state.running.is_none(), actions));
            }
        }
    });
    ui.add_space(4.0);
}

/// One kind of example data: all at once, or one of them.
fn kind_ui(ui: &mut egui::Ui, examples: &[&ExampleData], idle: bool, actions: &mut Vec<Action>) {
    const TALLEST: f32 = 260.0;
    // Names are not broken in two.
    const WIDTH: f32 = 180.0;
    ui.set_min_width(WIDTH);
    let all = egui::Button::new(format!("Import all {}", examples.len()));
    let tooltip = "Make a store of each, in the folder example-stores, and train on all of them";
    if ui.add_enabled(idle, all).on_hover_text(tooltip).clicked() {
        let examples = examples.iter().map(|example| (*example).clone()).collect();
        actions.push(Action::Training(TrainingAction::ImportExamples(examples)));
        ui.close();
    }
    ui.separator();
    egui::ScrollArea::vertical().max_height(TALLEST).show(ui, |ui| {
        for example in examples {
            let count = example.trajectories.len();
            let plural = if count == 1 { "trajectory" } else { "trajectories" };
            let tooltip = format!("Fill in {count} {plural} of {} that came with the program", example.name);
            if ui.button(&example.name).on_hover_text(tooltip).clicked() {
                actions.push(Action::Training(TrainingAction::TakeExample((*example).clone())));
                ui.close();
            }
        }
        scroll_to_focus(ui);
    });
}

/// What an import stored, in sentences.
fn report_text(store: &Path, report: &ImportReport) -> String {
    // Topologies are often called "top", and so is the protein then.
    let name = store.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let frames = grouped(report.frames as u64);
    let length_ns = report.frames as f64 * report.interval_ps / 1000.0;
    let trajectories = match report.trajectories {
        1 => "1 trajectory".to_owned(),
        count => format!("{} trajectories", grouped(count as u64)),
    };
    let mut text = format!(
        "Stored {frames} frames in {name}: {} residues, {} heavy atoms, {trajectories}, {} ps apart, {length_ns:.1} ns \
         in all.",
        report.residues, report.atoms, report.interval_ps
    );
    for (count, what) in [
        (report.frames_not_finite, "left out for coordinates that are no numbers"),
        (report.frames_damaged, "left out as damaged"),
        (report.frames_broken, "left out for broken bonds"),
        (report.frames_made_whole, "put together across the periodic cell"),
    ] {
        if count > 0 {
            let count = grouped(count as u64);
            text += &format!(" {count} {what}.");
        }
    }
    text
}
