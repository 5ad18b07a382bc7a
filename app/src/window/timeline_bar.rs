//! The bar below: playback, scrubbing, frame number and time.

use egui::{Role, Sense, WidgetInfo};

use super::action::Action;
use super::command::UiCommand;
use super::icons::{Icon, IconButton};
use super::project::{Project, grouped};
use super::theme;
use super::timeline::{PlayState, SPEEDS_FRAMES_PER_S, Timeline};

/// Draws the bar.
pub fn ui(ui: &mut egui::Ui, timeline: &Timeline, project: &Project, actions: &mut Vec<Action>) {
    let any = timeline.frame_count() > 1;
    ui.horizontal_centered(|ui| {
        ui.spacing_mut().item_spacing.x = 2.0;
        let mut button =
            |ui: &mut egui::Ui, enabled: bool, icon: Icon, command: UiCommand, selected: bool| {
                let label = command.text().text;
                let tooltip = command.tooltip_with_shortcut(ui.ctx());
                let response = ui.add_enabled(enabled, IconButton::new(icon, label).selected(selected));
                if response.on_hover_text(&tooltip).on_disabled_hover_text(&tooltip).clicked() {
                    actions.push(Action::Command(command));
                }
            };
        let (at_first, at_last) = (timeline.frame() == 0, timeline.frame() + 1 >= timeline.frame_count());
        button(ui, any && !at_first, Icon::First, UiCommand::FirstFrame, false);
        button(ui, any && !at_first, Icon::StepBack, UiCommand::StepBack, false);
        let play = if timeline.state() == PlayState::Playing { Icon::Pause } else { Icon::Play };
        button(ui, any, play, UiCommand::PlayPause, false);
        button(ui, any && !at_last, Icon::StepForward, UiCommand::StepForward, false);
        button(ui, any && !at_last, Icon::Last, UiCommand::LastFrame, false);
        ui.add_space(4.0);
        button(ui, true, Icon::Repeat, UiCommand::ToggleRepeat, timeline.repeat);
        button(ui, true, Icon::Follow, UiCommand::FollowNewest, timeline.state() == PlayState::Following);
        ui.add_space(8.0);
        ui.spacing_mut().item_spacing.x = 8.0;

        const RIGHT_WIDTH: f32 = 410.0;
        let replicas = project.run.as_ref().and_then(|run| run.info.as_ref()).map_or(1, |info| info.replicas);
        let right = RIGHT_WIDTH + if replicas > 1 { 120.0 } else { 0.0 };
        scrubber(ui, timeline, (ui.available_width() - right).max(60.0), actions);
        frame_field(ui, timeline, actions);
        ui.separator();
        time_ui(ui, timeline, project);
        if replicas > 1 {
            replica_box(ui, project, replicas, actions);
        }
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            speed_box(ui, timeline, actions);
        });
    });
}

/// Time of the frame shown and of the newest.
fn time_ui(ui: &mut egui::Ui, timeline: &Timeline, project: &Project) {
    let last = timeline.frame_count().saturating_sub(1);
    let (Some(now), Some(end)) = (project.time_ns(timeline.frame()), project.time_ns(last)) else {
        ui.weak("no run yet");
        return;
    };
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        ui.label(format!("{now:.1} ns")).on_hover_text("Time of the frame shown");
        ui.weak(format!("of {end:.1} ns")).on_hover_text("Time of the newest frame");
    });
}

/// The slider over all frames.
fn scrubber(ui: &mut egui::Ui, timeline: &Timeline, width: f32, actions: &mut Vec<Action>) {
    let any = timeline.frame_count() > 1;
    let sense = if any { Sense::click_and_drag() } else { Sense::hover() };
    let (rect, response) = ui.allocate_exact_size(egui::vec2(width, 24.0), sense);
    let last = timeline.frame_count().saturating_sub(1);
    response.widget_info(|| WidgetInfo {
        value: Some(timeline.frame() as f64),
        ..WidgetInfo::labeled(Role::Slider, any, "Frame slider")
    });
    let rail_x = rect.x_range().shrink(8.0);
    let x_of = |frame: usize| {
        let fraction = if last == 0 { 0.0 } else { frame as f32 / last as f32 };
        egui::lerp(rail_x.min..=rail_x.max, fraction)
    };
    let frame_at = |x: f32| {
        let fraction = ((x - rail_x.min) / rail_x.span().max(1.0)).clamp(0.0, 1.0);
        (fraction * last as f32).round() as usize
    };
    if any && let Some(pointer) = response.interact_pointer_pos() {
        let frame = frame_at(pointer.x);
        if (response.dragged() || response.clicked()) && frame != timeline.frame() {
            actions.push(Action::GoToFrame(frame));
        }
    }
    if ui.is_rect_visible(rect) {
        let colours = theme::palette(ui.visuals().dark_mode);
        let y = rect.center().y;
        let rail =
            |from: f32, to: f32| egui::Rect::from_min_max(egui::pos2(from, y - 2.5), egui::pos2(to, y + 2.5));
        let knob_x = x_of(timeline.frame());
        let painter = ui.painter();
        painter.rect_filled(rail(rail_x.min, rail_x.max), 2.5, ui.visuals().widgets.inactive.bg_fill);
        if any {
            painter.rect_filled(rail(rail_x.min, knob_x), 2.5, colours.accent);
            let radius = if response.hovered() || response.dragged() { 8.0 } else { 7.0 };
            painter.circle_filled(egui::pos2(knob_x, y), radius, colours.accent);
        }
    }
    if any && let Some(pointer) = response.hover_pos() {
        response.on_hover_text_at_pointer(format!("Frame {}", grouped(frame_at(pointer.x) as u64)));
    }
}

/// The typed frame number.
fn frame_field(ui: &mut egui::Ui, timeline: &Timeline, actions: &mut Vec<Action>) {
    let any = timeline.frame_count() > 1;
    let last = timeline.frame_count().saturating_sub(1);
    let mut frame = timeline.frame();
    let label = ui.label("Frame");
    let field = egui::DragValue::new(&mut frame).range(0..=last).speed(0.25).update_while_editing(false);
    let response = ui.add_enabled(any, field).labelled_by(label.id);
    response.on_hover_text("Click to type a frame number; 0 is the start structure");
    if frame != timeline.frame() {
        actions.push(Action::GoToFrame(frame));
    }
    ui.weak(format!("of {}", grouped(last as u64)));
}

fn speed_box(ui: &mut egui::Ui, timeline: &Timeline, actions: &mut Vec<Action>) {
    let name = |speed: f32| format!("{speed:.0} fps");
    let response = egui::ComboBox::from_id_salt("speed")
        .width(64.0)
        .selected_text(name(timeline.speed_frames_per_s()))
        .show_ui(ui, |ui| {
            for speed in SPEEDS_FRAMES_PER_S {
                let selected = speed == timeline.speed_frames_per_s();
                if ui.selectable_label(selected, name(speed)).clicked() {
                    actions.push(Action::SetSpeed(speed));
                }
            }
        })
        .response;
    response.widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, "Playback speed"));
    response.on_hover_text("Playback speed, frames a second");
}

fn replica_box(ui: &mut egui::Ui, project: &Project, replicas: usize, actions: &mut Vec<Action>) {
    let shown = project.run.as_ref().map_or(0, |run| run.replica);
    let mut replica = shown;
    let label = ui.label("Replica");
    let field = egui::DragValue::new(&mut replica).range(0..=replicas - 1).speed(0.05);
    ui.add(field).labelled_by(label.id).on_hover_text(format!("Which of the {replicas} replicas is shown"));
    if replica != shown {
        actions.push(Action::ShowReplica(replica));
    }
}
