//! Control of a training, how it stands, and the settings of the next one.

use equijump_engine::session::JobOutcome;

use super::form::{advice, error_line};
use super::simulation::{progress_bar, run_button};
use super::{PaneContext, training_data, training_settings};
use crate::window::action::Action;
use crate::window::focus::scroll_to_focus;
use crate::window::icons::Icon;
use crate::window::numbers::{grouped, human_duration};
use crate::window::runs::Phase;
use crate::window::theme;
use crate::window::training::{TrainingAction, TrainingRun, TrainingState};

pub(super) fn ui(ui: &mut egui::Ui, context: &mut PaneContext<'_>) {
    context.cache.training_speed.follow(context.training, ui.ctx());
    let missing = context.training.missing();
    buttons_ui(ui, context.training, missing.as_deref(), context.actions);
    ui.add_space(2.0);
    match &context.training.run {
        Some(run) => run_ui(ui, run, context.actions),
        None => advice(ui, &missing.clone().unwrap_or_else(|| ready_text(context.training))),
    }
    if missing.is_none() && !context.training.is_training() {
        advice(ui, &context.training.time_estimate());
    }
    if let Some(error) = &context.training.error {
        error_line(ui, error);
    }
    // Below what the last one came to, what stands with the next.
    if context.training.run.as_ref().is_some_and(|run| !run.is_active()) {
        advice(ui, &missing.unwrap_or_else(|| ready_text(context.training)));
    }
    ui.add_space(4.0);
    ui.separator();
    egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        // Settings hold for the next run, so they stay editable while one goes on.
        training_data::ui(ui, context.training, context.actions);
        training_settings::ui(ui, context.training, context.actions);
        scroll_to_focus(ui);
    });
}

fn ready_text(state: &TrainingState) -> String {
    let stores = match state.form.stores.len() {
        1 => "1 store".to_owned(),
        count => format!("{count} stores"),
    };
    match state.earlier_run().filter(|_| state.form.go_on) {
        Some(run) => {
            format!("Ready to continue {} after step {}.", state.form.name, grouped(run.step))
        }
        None => format!("Ready to train {} on {stores}.", state.form.name.trim()),
    }
}

fn buttons_ui(ui: &mut egui::Ui, state: &TrainingState, missing: Option<&str>, actions: &mut Vec<Action>) {
    let run = state.run.as_ref().filter(|run| run.is_active());
    let paused = run.is_some_and(|run| run.phase == Phase::Paused);
    let (pausing, stopping) =
        (run.is_some_and(|run| run.pause_wanted), run.is_some_and(|run| run.stop_wanted));
    let with_icons = ui.available_width() > 230.0;
    let start_tooltip = match (run, missing) {
        (Some(_), _) => "A training run is in progress; stop it to begin another",
        (None, Some(missing)) => missing,
        (None, None) if state.form.go_on => "Continue the run in the folder",
        (None, None) => "Train a model with the settings below",
    };
    let (pause_icon, pause) = match (paused, pausing) {
        (true, _) => (Icon::Play, "Resume"),
        (false, true) => (Icon::Pause, "Pausing…"),
        (false, false) => (Icon::Pause, "Pause"),
    };
    let start = if state.form.go_on { "Continue" } else { "Train" };
    let stop = if stopping { "Stopping…" } else { "Stop" };
    let mut button = |ui: &mut egui::Ui,
                      enabled: bool,
                      icon: Icon,
                      text: &str,
                      tooltip: &str,
                      action: TrainingAction,
                      width: f32| {
        let primary = action == TrainingAction::Start;
        let with_icon = with_icons && !text.ends_with('…');
        let response = run_button(ui, enabled, icon, text, primary, with_icon, width);
        if response.on_hover_text(tooltip).on_disabled_hover_text(tooltip).clicked() {
            actions.push(Action::Training(action));
        }
    };
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        let width = (ui.available_width() - 2.0 * 6.0).max(120.0);
        // Shares of the width, as the words need it.
        let [first, second, third] = if paused { [0.355, 0.355, 0.29] } else { [0.385, 0.335, 0.28] };
        let can_start = run.is_none() && missing.is_none();
        button(ui, can_start, Icon::Play, start, start_tooltip, TrainingAction::Start, width * first);
        let can_pause = run.is_some() && !stopping && !pausing;
        let tooltip = "Pause the training after the current step and free the processor, or continue it";
        button(ui, can_pause, pause_icon, pause, tooltip, TrainingAction::PauseOrResume, width * second);
        let tooltip = "End the training with a checkpoint of its last step; it can be continued later";
        let can_stop = run.is_some() && !stopping;
        button(ui, can_stop, Icon::Stop, stop, tooltip, TrainingAction::Stop, width * third);
    });
}

fn run_ui(ui: &mut egui::Ui, run: &TrainingRun, actions: &mut Vec<Action>) {
    let step = grouped(run.step());
    let status = match &run.phase {
        Phase::Preparing => "Reading the training data".to_owned(),
        _ if run.stop_wanted => "Stopping with a checkpoint".to_owned(),
        Phase::Running => match run.progress {
            Some(progress) => format!("Step {step} of {}", grouped(progress.steps)),
            None => "Making the first step".to_owned(),
        },
        Phase::Paused => format!("Paused after step {step}"),
        Phase::Ended(JobOutcome::Finished(())) => format!("Finished, {step} steps"),
        Phase::Ended(JobOutcome::Cancelled) if run.step() == 0 => "Stopped before the first step".to_owned(),
        Phase::Ended(JobOutcome::Cancelled) => format!("Stopped after step {step}"),
        Phase::Ended(JobOutcome::Failed(_)) => format!("Failed after step {step}"),
    };
    ui.add(egui::Label::new(egui::RichText::new(status).font(theme::semibold(13.0))).truncate())
        .on_hover_text(format!("{} in {}", run.name, run.folder.display()));
    if let (true, Some(progress)) = (run.is_active(), run.progress) {
        let fraction = progress.step as f32 / progress.steps.max(1) as f32;
        progress_bar(ui, "Steps done", fraction, 6.0);
        let mut parts = vec![rate_text(progress.steps_per_second)];
        if run.phase == Phase::Running
            && let Ok(left) = std::time::Duration::try_from_secs_f64(progress.seconds_left())
        {
            parts.push(format!("{} left", human_duration(left)));
        }
        ui.add(egui::Label::new(egui::RichText::new(parts.join(" · ")).small().weak()).truncate());
    }
    for notice in &run.notices {
        ui.add(egui::Label::new(egui::RichText::new(notice).small().weak()).wrap());
    }
    if run.has_model() {
        ui.add(egui::Label::new(run.best_text()).wrap())
            .on_hover_text("Loss of the averaged weights on trajectories that were not trained on");
        let size = egui::vec2(ui.available_width(), 26.0);
        let tooltip = "Simulate with the best model of this training from now on";
        if ui.add_sized(size, egui::Button::new("Use this model")).on_hover_text(tooltip).clicked() {
            actions.push(Action::Training(TrainingAction::UseModel(run.folder.clone())));
        }
    }
}

fn rate_text(steps_per_second: f64) -> String {
    if steps_per_second >= 1.0 {
        format!("{steps_per_second:.1} steps/s")
    } else {
        format!("{:.1} s per step", 1.0 / steps_per_second.max(1e-9))
    }
}
