//! Control of the run, and the settings of the next one.

use super::{PaneContext, run_settings};
use crate::window::action::Action;
use crate::window::command::UiCommand;
use crate::window::fitting::joined;
use crate::window::focus::scroll_to_focus;
use crate::window::icons::{self, Icon};
use crate::window::intact::Broken;
use crate::window::models::ModelState;
use crate::window::numbers::{grouped, human_duration};
use crate::window::runs::Origin;
use crate::window::runs::{Phase, Run};
use crate::window::theme;

/// Residues of all frames together from which measuring takes so long that it is told how far it is.
const LONG_RUN_RESIDUES: u64 = 200_000;

pub(super) fn ui(ui: &mut egui::Ui, context: &mut PaneContext<'_>) {
    run_buttons_ui(ui, context);
    ui.add_space(2.0);
    let starting = context.project.starting.as_ref().map(|starting| &starting.run);
    let active = context.project.active_run().filter(|run| starting.is_none() && run.is_active());
    match starting.or(active).or(context.project.run.as_ref()) {
        Some(run) => {
            let on_view = context.project.run.as_ref().is_some_and(|shown| shown.number == run.number);
            let broken = on_view.then(|| Broken::of(run, context.observations)).flatten();
            if !on_view {
                elsewhere_ui(ui, context, run);
            }
            progress_ui(ui, run, broken, context.palette());
            if on_view && !run.is_active() {
                let opened = context.project.opened.as_ref();
                let residues = opened.map_or(0, |opened| opened.structure.topology.residue_count());
                measured_ui(ui, context.observations.frames, run.frames, residues as u64);
            }
            extend_ui(ui, context);
        }
        None => {
            ui.add(egui::Label::new(egui::RichText::new(ready_text(context)).weak()).wrap());
        }
    }
    same_frames_ui(ui, context);
    ui.add_space(4.0);
    ui.separator();
    egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        // Settings hold for the next run, so they stay editable while one goes on.
        run_settings::ui(ui, context);
        scroll_to_focus(ui);
    });
}

/// Tells whose frames are made while something else is on view, and leads there.
fn elsewhere_ui(ui: &mut egui::Ui, context: &mut PaneContext<'_>, run: &Run) {
    let number = run.number;
    let other = context.project.others.iter().find(|other| other.run.number == number);
    let starting = context.project.starting.as_ref().map(|starting| &starting.opened);
    let Some(opened) = other.map(|other| &other.opened).or(starting) else { return };
    let text = format!("Run {number}, {}", opened.structure.topology.name);
    if other.is_none() {
        // It comes on view by itself.
        ui.add(egui::Label::new(egui::RichText::new(text).weak()).truncate());
    } else if ui.link(text).on_hover_text("Show this run").clicked() {
        context.actions.push(Action::ShowRun(number));
    }
}

/// Tells of a long trajectory how many frames the plots are made of so far.
fn measured_ui(ui: &mut egui::Ui, measured: u64, frames: u64, residues: u64) {
    if frames.saturating_mul(residues) < LONG_RUN_RESIDUES || measured >= frames {
        return;
    }
    let sentence = format!("Plots: {} of {} frames measured", grouped(measured), grouped(frames));
    ui.add(egui::Label::new(egui::RichText::new(sentence).small().weak()).wrap())
        .on_hover_text("Any frame can be shown meanwhile; the plots and the map grow until all are measured");
    progress_bar(ui, "Frames measured", measured as f32 / frames as f32, 3.0);
}

/// Tells before the start that a run would make the frames of another one once more, and offers a new seed.
fn same_frames_ui(ui: &mut egui::Ui, context: &mut PaneContext<'_>) {
    let Some(number) = context.same_frames_as.filter(|_| !context.project.is_running()) else { return };
    let sentence = format!("The next run would make the frames of run {number} again: the seed is the same.");
    ui.add(egui::Label::new(egui::RichText::new(sentence).small().color(context.palette().warn)).wrap());
    let link = ui.link("Take a new seed").on_hover_text("Take another seed for the next run");
    if link.clicked() {
        context.preferences.run.sampler.seed = run_settings::fresh_seed();
    }
}

fn ready_text(context: &PaneContext<'_>) -> String {
    let Some(opened) = &context.project.opened else {
        return "Open a structure to simulate it.".to_owned();
    };
    let name = &opened.structure.topology.name;
    match &context.model.state {
        ModelState::Loaded(_) => format!("Ready to simulate {name}."),
        ModelState::Loading => "Loading the model.".to_owned(),
        ModelState::Failed(reason) => reason.clone(),
        ModelState::None => "No model is bundled with this build. Choose a model file below.".to_owned(),
    }
}

fn run_buttons_ui(ui: &mut egui::Ui, context: &mut PaneContext<'_>) {
    let running = context.project.is_running();
    let can_start = !running && context.project.opened.is_some() && context.model.source().is_some();
    let run = context.project.active_run();
    let running = run.is_some();
    let paused = run.is_some_and(|run| run.phase == Phase::Paused);
    let pausing = run.is_some_and(|run| run.pause_wanted);
    let stopping = run.is_some_and(|run| run.stop_wanted);
    let roomy = ui.available_width() > 230.0;
    let mut command =
        |ui: &mut egui::Ui, enabled: bool, icon: Icon, text: &str, command: UiCommand, width: f32| {
            let primary = command == UiCommand::Simulate;
            // In a narrow pane, and beside a long word, the words matter more than the icons.
            let with_icon = roomy && !text.ends_with('…');
            let response = run_button(ui, enabled, icon, text, primary, with_icon, width);
            let tooltip = command.tooltip_with_shortcut(ui.ctx());
            if response.on_hover_text(&tooltip).on_disabled_hover_text(&tooltip).clicked() {
                context.actions.push(Action::Command(command));
            }
        };
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        let width = (ui.available_width() - 2.0 * 6.0).max(120.0);
        command(ui, can_start, Icon::Play, "Simulate", UiCommand::Simulate, width * 0.38);
        let (icon, text) = match (paused, pausing) {
            (true, _) => (Icon::Play, "Resume"),
            (false, true) => (Icon::Pause, "Pausing…"),
            (false, false) => (Icon::Pause, "Pause"),
        };
        command(ui, running && !stopping && !pausing, icon, text, UiCommand::PauseRun, width * 0.33);
        let text = if stopping && running { "Stopping…" } else { "Stop" };
        command(ui, running && !stopping, Icon::Stop, text, UiCommand::StopRun, width * 0.29);
    });
}

/// A button with an icon left of its text.
pub(super) fn run_button(
    ui: &mut egui::Ui,
    enabled: bool,
    icon: Icon,
    text: &str,
    primary: bool,
    with_icon: bool,
    width: f32,
) -> egui::Response {
    let colors = theme::palette(ui.visuals().dark_mode);
    let emphasized = primary && enabled;
    let color = if emphasized { colors.on_accent } else { ui.visuals().text_color() };
    let label = egui::RichText::new(text).color(color).font(theme::semibold(13.0));
    const ICON_WIDTH: f32 = 18.0;
    if !with_icon {
        let mut button = egui::Button::new(label).min_size(egui::vec2(width, 32.0)).truncate();
        if emphasized {
            button = button.fill(colors.accent_fill);
        }
        ui.spacing_mut().button_padding.x = 3.0;
        return ui.add_enabled(enabled, button);
    }
    let icon_id = egui::IdSalt::new("run-button-icon");
    let icon_space = egui::Atom::custom(icon_id, egui::vec2(ICON_WIDTH, ICON_WIDTH));
    let mut button = egui::Button::new((icon_space, label)).min_size(egui::vec2(width, 32.0));
    if emphasized {
        button = button.fill(colors.accent_fill);
    }
    let shown = ui.add_enabled_ui(enabled, |ui| button.atom_ui(ui)).inner;
    if let Some(rect) = shown.rect(icon_id) {
        let painter = ui.painter();
        let tint = if enabled { color } else { ui.visuals().disable(color) };
        icons::paint(painter, icon, rect.expand(3.0), tint);
    }
    shown.response
}

/// The way to go on with a run that is over.
fn extend_ui(ui: &mut egui::Ui, context: &mut PaneContext<'_>) {
    let over = !context.project.is_running();
    let Some(run) = context.project.run.as_ref().filter(|run| over && run.frames > 1) else { return };
    if !run.is_of_this_program() {
        return;
    }
    let settings = &context.preferences.run;
    let by = if settings.until_stopped {
        "until stopped".to_owned()
    } else {
        format!("by {} frames", grouped(settings.frames))
    };
    let text = format!("Extend run {} {by}", run.number);
    let command = UiCommand::ExtendRun;
    if ui.link(text).on_hover_text(command.tooltip_with_shortcut(ui.ctx())).clicked() {
        context.actions.push(Action::Command(command));
    }
}

fn progress_ui(ui: &mut egui::Ui, run: &Run, broken: Option<Broken>, colors: theme::Palette) {
    let intact = broken.map_or_else(String::new, |broken| format!(", {}", broken.words()));
    let made = run.frames.saturating_sub(1);
    let status = match &run.phase {
        Phase::Preparing => "Preparing the model".to_owned(),
        Phase::Running if run.stop_wanted => "Stopping after the current latent step".to_owned(),
        Phase::Running => match run.frames_wanted {
            Some(wanted) => format!("Making frame {} of {}", grouped(made + 1), grouped(wanted)),
            None => format!("Making frame {}, until stopped", grouped(made + 1)),
        },
        Phase::Paused => format!("Paused after frame {}", grouped(made)),
        Phase::Ended(_) if !run.is_of_this_program() => {
            format!("Opened trajectory, {} frames{intact}", grouped(run.frames))
        }
        Phase::Ended(_) if matches!(run.origin, Origin::Opened { .. }) => {
            format!("Opened, {} frames{intact}", grouped(made))
        }
        Phase::Ended(outcome) => format!("{}{intact}", ended_text(outcome, made)),
    };
    let mut headline = egui::RichText::new(status).font(theme::semibold(13.0));
    if broken.is_some_and(|broken| broken.made > 0) {
        headline = headline.color(colors.warn);
    }
    ui.add(egui::Label::new(headline).wrap());
    let fraction = run.frames_wanted.filter(|wanted| *wanted > 0).map(|wanted| made as f32 / wanted as f32);
    if let (true, Some(fraction)) = (run.is_active(), fraction) {
        progress_bar(ui, "Frames made", fraction, 6.0);
    }
    if let (true, Some((_, latent))) = (run.is_active(), run.latent) {
        let fraction = latent.done as f32 / latent.total.max(1) as f32;
        progress_bar(ui, "Latent steps of this frame", fraction, 3.0);
        ui.small(format!("Latent step {} of {}", latent.done, latent.total));
    }
    speed_ui(ui, run);
}

/// A bar that egui's own has no look for: thin, with a track that is seen in both themes.
pub fn progress_bar(ui: &mut egui::Ui, name: &str, fraction: f32, height: f32) {
    let size = egui::vec2(ui.available_width(), height);
    let (rect, response) = ui.allocate_exact_size(size, egui::Sense::hover());
    let fraction = fraction.clamp(0.0, 1.0);
    response.widget_info(|| egui::WidgetInfo {
        label: Some(name.to_owned()),
        value: Some(f64::from(fraction)),
        ..egui::WidgetInfo::new(egui::Role::ProgressIndicator)
    });
    let color = theme::palette(ui.visuals().dark_mode).accent;
    let track = ui.visuals().widgets.inactive.bg_fill;
    ui.painter().rect_filled(rect, height / 2.0, track);
    let done = egui::Rect::from_min_size(rect.min, egui::vec2(rect.width() * fraction, height));
    ui.painter().rect_filled(done, height / 2.0, color);
    response.on_hover_text(format!("{name}: {:.0} %", 100.0 * fraction));
}

fn ended_text(outcome: &equijump_engine::session::JobOutcome, made: u64) -> String {
    use equijump_engine::session::JobOutcome;
    let made = grouped(made);
    match outcome {
        JobOutcome::Finished(()) => format!("Finished, {made} frames"),
        JobOutcome::Cancelled => format!("Stopped after {made} frames"),
        JobOutcome::Failed(_) => format!("Failed after {made} frames, see the log"),
    }
}

fn speed_ui(ui: &mut egui::Ui, run: &Run) {
    let Some(progress) = run.progress else { return };
    let Some(per_second) = progress.per_second else { return };
    let mut parts = vec![if per_second >= 1.0 {
        format!("{per_second:.1} frames/s")
    } else {
        format!("{:.1} s per frame", 1.0 / per_second.max(1e-9))
    }];
    if let Some(ns_per_day) = run.ns_per_day() {
        parts.push(format!("{} ns/day", grouped(ns_per_day.round() as u64)));
    }
    if let (true, Some(left)) = (run.phase == Phase::Running, progress.time_left) {
        parts.push(format!("{} left", human_duration(left)));
    }
    let replicas = run.info.as_ref().map_or(1, |info| info.replicas);
    let of_each = if replicas > 1 { format!(" for each of {replicas} replicas") } else { String::new() };
    ui.add(egui::Label::new(egui::RichText::new(joined(&parts)).small().weak()).truncate())
        .on_hover_text(format!("Frames made, and simulated time per day of computing{of_each}"));
}
