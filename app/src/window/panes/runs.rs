//! The runs of the session: which is on view, which are drawn beside it in the plots.

use egui::{Role, Sense, WidgetInfo};
use equijump_engine::session::JobOutcome;

use super::{PaneContext, context_menu, empty_state};
use crate::window::action::Action;
use crate::window::command::UiCommand;
use crate::window::focus::scroll_to_focus;
use crate::window::ghost::Ghost;
use crate::window::numbers::grouped;
use crate::window::runs::Origin;
use crate::window::runs::{Phase, Run};
use crate::window::theme;

/// Where there is so much room, points, numbers have their word.
const NAMED_WIDTH: f32 = 170.0;

pub(super) fn ui(ui: &mut egui::Ui, context: &mut PaneContext<'_>) {
    let runs = context.project.runs();
    if runs.is_empty() && context.project.unopened.is_empty() {
        let advice = "Each run and each trajectory that is opened gets a line here; they are drawn together in the plots.";
        return empty_state(ui, "No runs yet", advice);
    }
    let on_view = context.project.run.as_ref().map(|run| run.number);
    let mut actions = Vec::new();
    egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 2.0;
        for run in runs {
            run_ui(ui, context, run, on_view == Some(run.number), &mut actions);
        }
        unopened_ui(ui, context, &mut actions);
        scroll_to_focus(ui);
    });
    context.actions.append(&mut actions);
}

/// What could not be opened, with the reason.
fn unopened_ui(ui: &mut egui::Ui, context: &PaneContext<'_>, actions: &mut Vec<Action>) {
    for (place, unopened) in context.project.unopened.iter().enumerate() {
        let name = unopened.entry.name();
        let short = std::path::Path::new(&name).file_name().map(|file| file.to_string_lossy().into_owned());
        let short = short.unwrap_or_else(|| name.clone());
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 6.0;
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                let forget = ui.small_button("×").on_hover_text("Remove it from the list");
                forget.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Forget {short}")));
                if forget.clicked() {
                    actions.push(Action::ForgetUnopened(place));
                }
                let again = ui.small_button("Retry").on_hover_text("Try again to open it");
                again.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Retry {short}")));
                if again.clicked() {
                    actions.push(Action::OpenAgain(place));
                }
                let size = egui::vec2(ui.available_width(), 20.0);
                let from_left = egui::Layout::left_to_right(egui::Align::Center);
                ui.allocate_ui_with_layout(size, from_left, |ui| {
                    let text =
                        egui::RichText::new(format!("{short}, not opened")).color(context.palette().warn);
                    ui.add(egui::Label::new(text).truncate()).on_hover_text(&name);
                });
            });
        });
        ui.add(egui::Label::new(egui::RichText::new(&unopened.reason).small().weak()).wrap());
    }
}

fn run_ui(ui: &mut egui::Ui, context: &PaneContext<'_>, run: &Run, on_view: bool, actions: &mut Vec<Action>) {
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        let number = run.number;
        let (rect, dot) = ui.allocate_exact_size(egui::vec2(16.0, 20.0), Sense::click());
        let color = theme::run_color(number, context.dark_mode);
        if run.in_plots || on_view {
            ui.painter().circle_filled(rect.center(), 5.0, color);
        } else {
            ui.painter().circle_stroke(rect.center(), 4.5, egui::Stroke::new(1.5, color));
        }
        let drawn = if run.in_plots { "Leave run out of the plots" } else { "Draw run in the plots" };
        dot.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("{drawn}: {number}")));
        if dot.on_hover_text("Draw it in the plots beside the run on view, or not").clicked() {
            actions.push(Action::SetRunInPlots(number, !run.in_plots));
        }
        let close = |ui: &mut egui::Ui| {
            let button = ui.small_button("×").on_hover_text("Remove it from the list; the files are kept");
            button.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Close run {number}")));
            button.clicked()
        };
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            if close(ui) {
                actions.push(Action::CloseRun(number));
            }
            more_ui(ui, context, run, on_view, actions);
            let named = ui.available_width() > NAMED_WIDTH;
            ui.weak(state_text(run, named));
            let size = egui::vec2(ui.available_width(), 20.0);
            let from_left =
                egui::Layout::left_to_right(egui::Align::Center).with_main_align(egui::Align::Min);
            let name = format!("{number}  {}", name_of(run));
            let entry = ui.allocate_ui_with_layout(size, from_left, |ui| {
                ui.add(egui::Button::selectable(on_view, &name).truncate().min_size(size))
            });
            context_menu::of(&entry.inner, |ui| entries_ui(ui, context, run, on_view, actions));
            if entry.inner.on_hover_text(describe(run)).clicked() && !on_view {
                actions.push(Action::ShowRun(number));
            }
        });
    });
}

/// What can be done with a run beside the one on view, and with its replicas.
fn more_ui(
    ui: &mut egui::Ui,
    context: &PaneContext<'_>,
    run: &Run,
    on_view: bool,
    actions: &mut Vec<Action>,
) {
    let menu = ui.menu_button("…", |ui| entries_ui(ui, context, run, on_view, actions));
    let name = format!("More about run {}", run.number);
    menu.response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
    menu.response.on_hover_text("Beside the run on view in 3D, evaluation against it, plots");
}

/// The entries of that menu, which opens on a right click as well.
fn entries_ui(
    ui: &mut egui::Ui,
    context: &PaneContext<'_>,
    run: &Run,
    on_view: bool,
    actions: &mut Vec<Action>,
) {
    let number = run.number;
    ui.set_min_width(200.0);
    let shown = context.project.run.as_ref().map(|run| run.number);
    if let Some(shown) = shown.filter(|_| !on_view) {
        let beside = matches!(context.ghost, Ghost::Run(beside) if *beside == number);
        let sequence = |run: &Run| run.info.as_ref().map(|info| info.topology.sequence());
        let same_protein = context.project.run.as_ref().and_then(sequence) == sequence(run);
        // A tile of its own has room for any protein.
        let fits = same_protein || beside || context.preferences.tiles;
        let button = ui.add_enabled(fits, egui::Button::selectable(beside, "Show beside in 3D"));
        let button = button.on_hover_text("The same frame of this run beside the run on view");
        if button
            .on_disabled_hover_text("They are of different proteins; in tiles both can be seen")
            .clicked()
        {
            actions.push(Action::ShowRunBeside((!beside).then_some(number)));
            ui.close();
        }
        let tiles = UiCommand::ToggleTiles;
        let mut in_tiles = context.preferences.tiles;
        if ui.checkbox(&mut in_tiles, tiles.text().text).on_hover_text(tiles.text().tooltip).changed() {
            actions.push(Action::Command(tiles));
        }
        ui.separator();
        let text = format!("Evaluate run {shown} against run {number}");
        let button = ui.add_enabled(same_protein, egui::Button::new(text));
        let button = button.on_hover_text("This run is the reference; the run on view is evaluated");
        if button.on_disabled_hover_text("They are of different proteins").clicked() {
            actions.push(Action::EvaluateRuns { reference: number, samples: shown });
            ui.close();
        }
        ui.separator();
        if ui.button("Show this run").clicked() {
            actions.push(Action::ShowRun(number));
            ui.close();
        }
    } else {
        let replicas = UiCommand::GhostOfReplicas;
        let count = run.info.as_ref().map_or(1, |info| info.replicas);
        let several = count > 1;
        let button = egui::Button::selectable(matches!(context.ghost, Ghost::Replicas), replicas.text().text);
        if ui.add_enabled(several, button).on_hover_text(replicas.text().tooltip).clicked() {
            actions.push(Action::Command(replicas));
            ui.close();
        }
        if several {
            follow_ui(ui, run.replica, count, actions);
        }
        if !run.is_active() && run.frames > 1 {
            extend_ui(ui, context, run, actions);
            context_menu::commands_ui(ui, actions, &[UiCommand::ExportTrajectory]);
            ui.separator();
        }
    }
    let drawn = egui::Button::selectable(run.in_plots, "Draw in the plots");
    if ui.add(drawn).clicked() {
        actions.push(Action::SetRunInPlots(number, !run.in_plots));
        ui.close();
    }
    if ui.button("Close").on_hover_text("Remove it from the list; the files are kept").clicked() {
        actions.push(Action::CloseRun(number));
        ui.close();
    }
}

/// The way to go on with the run on view, or why there is none.
fn extend_ui(ui: &mut egui::Ui, context: &PaneContext<'_>, run: &Run, actions: &mut Vec<Action>) {
    let command = UiCommand::ExtendRun;
    let reason = if !run.is_of_this_program() {
        Some("This trajectory was not made by EquiJump and cannot be extended")
    } else if context.project.is_running() {
        Some("Another run goes on")
    } else {
        None
    };
    let mut button = egui::Button::new(command.text().text);
    if let Some(shortcut) = command.shortcut_text(ui.ctx()) {
        button = button.shortcut_text(shortcut);
    }
    let response = ui.add_enabled(reason.is_none(), button).on_hover_text(command.text().tooltip);
    if response.on_disabled_hover_text(reason.unwrap_or_default()).clicked() {
        actions.push(Action::Command(command));
        ui.close();
    }
}

/// The replicas of the run on view, to pick the one that is followed.
fn follow_ui(ui: &mut egui::Ui, shown: usize, count: usize, actions: &mut Vec<Action>) {
    ui.menu_button("Follow replica", |ui| {
        const TALLEST: f32 = 260.0;
        egui::ScrollArea::vertical().max_height(TALLEST).show(ui, |ui| {
            for replica in 0..count {
                let button = egui::Button::selectable(replica == shown, format!("Replica {replica}"));
                if ui.add(button).clicked() {
                    actions.push(Action::ShowReplica(replica));
                    ui.close();
                }
            }
            scroll_to_focus(ui);
        });
    });
}

/// The file that it is in, or its protein.
fn name_of(run: &Run) -> String {
    let protein = run.info.as_ref().map(|info| info.topology.name.clone()).unwrap_or_default();
    match &run.origin {
        Origin::Opened { files, .. } => {
            let file = files.first().and_then(|path| path.file_name());
            file.map_or(protein, |name| name.to_string_lossy().into_owned())
        }
        Origin::Made => {
            let file = run.request.as_ref().and_then(|request| request.output.as_ref()?.path.file_name());
            file.map_or(protein, |name| name.to_string_lossy().into_owned())
        }
    }
}

/// Frames, and what becomes of them; in a wide pane with the word.
fn state_text(run: &Run, named: bool) -> String {
    // The start of a run is none of the frames that it made; a trajectory has no such frame.
    let made = if run.is_of_this_program() { run.frames.saturating_sub(1) } else { run.frames };
    let made = format!("{}{}", grouped(made), if named { " frames" } else { "" });
    match &run.phase {
        Phase::Preparing => "preparing".to_owned(),
        Phase::Running => format!("{made}…"),
        Phase::Paused => format!("{made}, paused"),
        Phase::Ended(JobOutcome::Failed(_)) => format!("{made}, failed"),
        Phase::Ended(_) => made,
    }
}

fn describe(run: &Run) -> String {
    let mut lines = Vec::new();
    match &run.origin {
        Origin::Made => lines.push("Made in this window".to_owned()),
        Origin::Opened { files, .. } => {
            lines.extend(files.iter().take(3).map(|file| file.display().to_string()));
        }
    }
    if let Some(info) = &run.info {
        let frames = grouped(run.frames);
        lines.push(format!(
            "{frames} frames, {} ps apart, {} replicas",
            info.frame_interval_ps, info.replicas
        ));
        if matches!(run.origin, Origin::Made) {
            lines.push(format!(
                "Seed {}, {} latent steps, {}",
                info.settings.seed,
                info.settings.latent_steps,
                info.settings.noise_text()
            ));
        }
    }
    lines.push("Click to show it".to_owned());
    lines.join("\n")
}
