//! The bar below: playback, scrubbing, frame number and time.

use egui::emath::GuiRounding as _;
use egui::{Role, Sense, WidgetInfo};

use equijump_engine::observe::validity_strip::{StripBin, ValidityStrip};

use super::action::Action;
use super::command::UiCommand;
use super::focus::steps_to_right;
use super::icons::{Icon, IconButton};
use super::numbers::{grouped, time_text};
use super::project::Project;
use super::theme;
use super::timeline::{PlayState, SPEEDS_FRAMES_PER_S, Timeline};

/// Draws the bar.
pub fn ui(
    ui: &mut egui::Ui,
    timeline: &Timeline,
    project: &Project,
    strip: &ValidityStrip,
    actions: &mut Vec<Action>,
) {
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

        let replicas = project.run.as_ref().and_then(|run| run.info.as_ref()).map_or(1, |info| info.replicas);
        // In a narrow window what matters least goes first: the speed, then the time.
        let [frame, time, speed] = [frame_width(ui, timeline), time_width(ui, timeline, project), 84.0];
        let replica = if replicas > 1 { 120.0 } else { 0.0 };
        let free = ui.available_width() - LEAST_SCRUBBER - frame - replica;
        let with_time = free >= time;
        let with_speed = free >= time + speed;
        let right =
            frame + replica + if with_time { time } else { 0.0 } + if with_speed { speed } else { 0.0 };
        scrubber(ui, timeline, strip, (ui.available_width() - right).max(LEAST_SCRUBBER), actions);
        frame_field(ui, timeline, actions);
        if with_time {
            ui.separator();
            time_ui(ui, timeline, project);
        }
        if replicas > 1 {
            replica_box(ui, project, replicas, actions);
        }
        if with_speed {
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                speed_box(ui, timeline, actions);
            });
        }
    });
}

/// The slider is never shorter, points.
const LEAST_SCRUBBER: f32 = 60.0;

/// Width of words in the bar, points.
fn words_width(ui: &egui::Ui, words: String) -> f32 {
    let font = egui::TextStyle::Body.resolve(ui.style());
    ui.painter().layout_no_wrap(words, font, egui::Color32::WHITE).size().x
}

/// Width of the frame number with the words about it: the longer the run, the wider.
fn frame_width(ui: &egui::Ui, timeline: &Timeline) -> f32 {
    let last = timeline.frame_count().saturating_sub(1);
    let words = words_width(ui, format!("Frame {last} of {}", grouped(last as u64)));
    (words + 60.0).max(170.0)
}

/// Width of the time with the separator before it.
fn time_width(ui: &egui::Ui, timeline: &Timeline, project: &Project) -> f32 {
    let last = timeline.frame_count().saturating_sub(1);
    let end = project.time_ns(last).unwrap_or_default();
    (words_width(ui, format!("{0} of {0}", time_text(end))) + 32.0).max(150.0)
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
        ui.label(time_text(now)).on_hover_text("Time of the frame shown");
        ui.weak(format!("of {}", time_text(end))).on_hover_text("Time of the newest frame");
    });
}

/// The slider over all frames.
fn scrubber(
    ui: &mut egui::Ui,
    timeline: &Timeline,
    strip: &ValidityStrip,
    width: f32,
    actions: &mut Vec<Action>,
) {
    let any = timeline.frame_count() > 1;
    let sense = if any { Sense::click_and_drag() } else { Sense::hover() };
    let (whole, _) = ui.allocate_exact_size(egui::vec2(width, 36.0), Sense::hover());
    let (rect, below) = whole.split_top_bottom_at_y(whole.top() + 24.0);
    let response = ui.interact(rect, ui.scope_id().with("frame slider"), sense);
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
    if any {
        let frame = timeline.frame().saturating_add_signed(steps_to_right(ui, &response)).min(last);
        if frame != timeline.frame() {
            actions.push(Action::GoToFrame(frame));
        }
    }
    if ui.is_rect_visible(rect) {
        let colors = theme::palette(ui.visuals().dark_mode);
        let y = rect.center().y;
        let rail =
            |from: f32, to: f32| egui::Rect::from_min_max(egui::pos2(from, y - 2.5), egui::pos2(to, y + 2.5));
        let knob_x = x_of(timeline.frame());
        let painter = ui.painter();
        painter.rect_filled(rail(rail_x.min, rail_x.max), 2.5, ui.visuals().widgets.inactive.bg_fill);
        if any {
            painter.rect_filled(rail(rail_x.min, knob_x), 2.5, colors.accent);
            let radius = if response.hovered() || response.dragged() { 8.0 } else { 7.0 };
            painter.circle_filled(egui::pos2(knob_x, y), radius, colors.accent);
        }
    }
    if any && let Some(pointer) = response.hover_pos() {
        response.on_hover_text_at_pointer(format!("Frame {}", grouped(frame_at(pointer.x) as u64)));
    }
    if any {
        let below = egui::Rect::from_x_y_ranges(rail_x, below.top() + 1.0..=below.bottom() - 3.0);
        validity_ui(ui, strip, below, last, actions);
    }
}

/// What one column of the strip shows: how many of its frames are not intact, or intact with clashes, in parts of its
/// height. In a long run a column stands for hundreds of frames, and a few of any molecular dynamics are not intact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Column {
    not_intact: u32,
    clashing: u32,
}

impl Column {
    const PARTS: u32 = 8;
    /// Frames that are few among many are seen all the same.
    const LEAST: u32 = 2;

    fn of(bin: &StripBin) -> Self {
        let parts = |frames: u32, most: u32| match frames {
            0 => 0,
            _ => (u64::from(frames) * u64::from(Self::PARTS) / u64::from(bin.frames.max(1)))
                .clamp(Self::LEAST.into(), most.into()) as u32,
        };
        let not_intact = parts(bin.not_intact, Self::PARTS);
        let clashing = bin.clashing.min(bin.frames.saturating_sub(bin.not_intact));
        let room = Self::PARTS - not_intact;
        Self { not_intact, clashing: if room < Self::LEAST { 0 } else { parts(clashing, room) } }
    }
}

/// The strip under the slider: whether the frames above are intact. A click goes to the worst frame there.
fn validity_ui(
    ui: &mut egui::Ui,
    strip: &ValidityStrip,
    rect: egui::Rect,
    last: usize,
    actions: &mut Vec<Action>,
) {
    // On whole pixels, so that the parts of a column end where those of the next one do.
    let pixels_per_point = ui.ctx().pixels_per_point();
    let rect = rect.round_to_pixels(pixels_per_point);
    let response = ui.interact(rect, ui.scope_id().with("validity strip"), Sense::click());
    let whole = strip.between(0, last as u64).unwrap_or_default();
    let summary = format!(
        "Validity of {} frames: {} not intact, {} with clashes",
        grouped(strip.frames()),
        grouped(u64::from(whole.not_intact)),
        grouped(u64::from(whole.clashing))
    );
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &summary));
    let colors = theme::palette(ui.visuals().dark_mode);
    let columns = (rect.width() as usize).max(1);
    let frames = (last + 1) as u64;
    // The frames nearest to each column, which the slider above goes to.
    let span = |column: usize| {
        let at = |column: usize| (column as u64 * frames) / columns as u64;
        (at(column), at(column + 1).max(at(column) + 1) - 1)
    };
    let painter = ui.painter();
    painter.rect_filled(rect, 1.5, ui.visuals().widgets.inactive.bg_fill);
    let x_of = |column: usize| rect.left() + column as f32 / columns as f32 * rect.width();
    // Neighbors that look alike are one rectangle: a seam between two would be seen.
    let all: Vec<Option<Column>> = (0..columns)
        .map(|column| {
            let (from, to) = span(column);
            strip.between(from, to).filter(|bin| bin.frames > 0).map(|bin| Column::of(&bin))
        })
        .collect();
    let mut first = 0;
    for alike in all.chunk_by(|a, b| a == b) {
        let end = first + alike.len();
        if let Some(Column { not_intact, clashing }) = alike[0] {
            let height_of = |parts: u32| parts as f32 / Column::PARTS as f32 * rect.height();
            let part = |top: f32, bottom: f32, color: egui::Color32| {
                if top < bottom {
                    let x = egui::Rangef::new(x_of(first), x_of(end));
                    painter.rect_filled(egui::Rect::from_x_y_ranges(x, top..=bottom), 0.0, color);
                }
            };
            let bad = (rect.bottom() - height_of(not_intact)).round_to_pixels(pixels_per_point);
            let warn = (bad - height_of(clashing)).round_to_pixels(pixels_per_point);
            part(rect.top(), warn, colors.good.gamma_multiply(0.45));
            part(warn, bad, colors.warn);
            part(bad, rect.bottom(), colors.bad);
        }
        first = end;
    }
    // By keyboard, the worst of all.
    if response.clicked() && !response.clicked_by(egui::PointerButton::Primary) {
        actions.push(Action::GoToFrame(whole.worst_frame as usize));
    }
    let Some(pointer) = response.hover_pos() else { return };
    let column = ((pointer.x - rect.left()) / rect.width() * columns as f32) as usize;
    let (from, to) = span(column.min(columns - 1));
    let bin = strip.between(from, to).filter(|bin| bin.frames > 0);
    if let Some(bin) = bin.filter(|_| response.clicked_by(egui::PointerButton::Primary)) {
        let frame = if bin.violations > 0 { bin.worst_frame } else { from };
        actions.push(Action::GoToFrame(frame as usize));
    }
    let text = match bin {
        None => "Not looked at yet".to_owned(),
        Some(bin) if bin.violations == 0 => format!("Frame {}: no violations", grouped(from)),
        Some(bin) => {
            let plural = if bin.violations == 1 { "violation" } else { "violations" };
            format!("Frame {}: {} {plural}; click to see them", grouped(bin.worst_frame), bin.violations)
        }
    };
    response.on_hover_text_at_pointer(format!("{text}\n{summary}"));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_of_many_frames_shows_how_many_of_them_are_not_intact() {
        let parts = |frames, not_intact, clashing| {
            let column = Column::of(&StripBin { frames, not_intact, clashing, ..StripBin::default() });
            [column.not_intact, column.clashing]
        };
        assert_eq!(parts(1, 0, 0), [0, 0]);
        assert_eq!(parts(1, 1, 1), [8, 0], "one frame that is torn and clashes fills its column");
        assert_eq!(parts(1, 0, 1), [0, 8]);
        assert_eq!(
            parts(480, 7, 0),
            [2, 0],
            "few of molecular dynamics are seen, and do not hide the others"
        );
        assert_eq!(parts(480, 240, 480), [4, 4]);
        assert_eq!(parts(480, 479, 0), [7, 0]);
        assert_eq!(parts(480, 470, 480), [7, 0]);
    }
}
