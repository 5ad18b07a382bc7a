//! Distances, angles and dihedrals in the frame shown and over the run. Click or drag to go to a frame.

use egui::{Role, WidgetInfo};
use egui_plot::{Line, LineStyle, Plot, PlotPoints, Points, VLine};
use equijump_engine::analysis::Measurement;
use equijump_engine::observe::observations::{MeasurementCurve, Observations};

use super::heat_map::{axis_x, axis_y, title_that_fits, titles_inside, x_marks, y_marks};
use super::{PaneContext, context_menu, empty_state};
use crate::window::action::Action;
use crate::window::aggregate::min_max;
use crate::window::command::UiCommand;
use crate::window::numbers::{grouped, time_text};

/// Least height of the plot below the list, points.
const LEAST_PLOT_HEIGHT: f32 = 96.0;
/// Below this height of a plot, its curve is worth more than the title of its time axis, points.
const TITLE_HEIGHT: f32 = 130.0;

pub(super) fn ui(ui: &mut egui::Ui, context: &mut PaneContext<'_>) {
    if context.measurements.list().is_empty() {
        let key = |command: UiCommand| command.shortcut_text(ui.ctx()).unwrap_or_default();
        let advice = format!(
            "Press {} for a distance, {} for an angle, {} for a dihedral, and click atoms.",
            key(UiCommand::MeasureDistance),
            key(UiCommand::MeasureAngle),
            key(UiCommand::MeasureDihedral)
        );
        return empty_state(ui, "Nothing measured", &advice);
    }
    let has_run = context.project.run.as_ref().is_some_and(|run| run.frames > 1);
    let list_height =
        if has_run { (ui.available_height() - LEAST_PLOT_HEIGHT).max(40.0) } else { f32::INFINITY };
    egui::ScrollArea::vertical().auto_shrink([false, true]).max_height(list_height.min(110.0)).show(
        ui,
        |ui| {
            list_ui(ui, context);
        },
    );
    if has_run {
        plot_ui(ui, context);
    }
}

/// One line per measurement: what, its value in the frame shown, its mean over the run.
fn list_ui(ui: &mut egui::Ui, context: &mut PaneContext<'_>) {
    let Some(opened) = &context.project.opened else { return };
    let topology = &opened.structure.topology;
    let positions = context.project.shown.as_ref().map(|shown| shown.positions.clone());
    let plotted = context.measurements.plotted().map(|(index, _)| index);
    for (index, measurement) in context.measurements.list().iter().enumerate() {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 6.0;
            let remove = ui.small_button("×").on_hover_text("Remove this measurement");
            remove.widget_info(|| WidgetInfo::labeled(Role::Button, true, "Remove measurement"));
            if remove.clicked() {
                context.actions.push(Action::RemoveMeasurement(index));
            }
            let value = positions.as_ref().map(|positions| measurement.value(positions));
            let text = value.map_or_else(String::new, |value| measurement.value_text(value));
            let label = measurement.label(topology);
            let size = egui::vec2((ui.available_width() - 62.0).max(40.0), 20.0);
            let entry = egui::Button::selectable(plotted == Some(index), &label).truncate().min_size(size);
            let tooltip = format!(
                "{}: {label}{}\nClick to plot it",
                measurement.name(),
                over_run(context, measurement)
            );
            // Buttons center their text unless the layout says otherwise.
            let from_left =
                egui::Layout::left_to_right(egui::Align::Center).with_main_align(egui::Align::Min);
            let entry = ui.allocate_ui_with_layout(size, from_left, |ui| ui.add(entry)).inner;
            if entry.on_hover_text(tooltip).clicked() {
                context.actions.push(Action::PlotMeasurement(index));
            }
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| ui.label(text));
        });
    }
}

/// Mean and spread over the run, in words.
fn over_run(context: &PaneContext<'_>, measurement: &Measurement) -> String {
    match series_of(context.observations, measurement).and_then(|series| series.mean_and_deviation) {
        Some((mean, deviation)) => {
            format!("\nOver the run {} ± {}", measurement.value_text(mean), measurement.value_text(deviation))
        }
        None => String::new(),
    }
}

fn series_of<'a>(observations: &'a Observations, measurement: &Measurement) -> Option<&'a MeasurementCurve> {
    observations.measured.iter().find(|series| series.measurement == *measurement)
}

fn plot_ui(ui: &mut egui::Ui, context: &mut PaneContext<'_>) {
    let Some((_, measurement)) = context.measurements.plotted() else { return };
    let Some(interval_ps) = context.project.run.as_ref().and_then(|run| run.frame_interval_ps()) else {
        return;
    };
    let interval_ns = interval_ps / 1000.0;
    let Some(series) =
        series_of(context.observations, &measurement).filter(|series| !series.points.is_empty())
    else {
        ui.weak("The frames are being measured.");
        return;
    };
    let colors = context.palette();
    let frame = context.timeline.frame();
    let last = context.timeline.frame_count().saturating_sub(1);
    let now_ns = frame as f64 * interval_ns;
    let value = context.project.shown.as_ref().map(|shown| measurement.value(&shown.positions));
    let value = value.filter(|value| value.is_finite());
    let all = series.points.iter().map(|p| [f64::from(p.frame) * interval_ns, f64::from(p.value)]);
    let points = min_max(all, (ui.available_width() as usize).max(64));
    let y_label = format!("{} ({})", measurement.name(), measurement.unit());
    let dihedral = matches!(measurement, Measurement::Dihedral(_));
    let height = ui.available_height();
    let across = if height < TITLE_HEIGHT { "" } else { "Time (ns)" };
    let up = title_that_fits(&y_label, height - 40.0);
    let mut plot = Plot::new("measurement")
        .allow_drag(false)
        .allow_scroll(false)
        .allow_boxed_zoom(false)
        .allow_zoom([true, false])
        .include_x(0.0)
        .set_margin_fraction(egui::vec2(0.012, 0.08))
        .custom_x_axes(vec![axis_x(across)])
        .custom_y_axes(vec![axis_y(up)])
        .x_grid_spacer(x_marks)
        .y_grid_spacer(y_marks)
        .show_grid([false, true])
        .grid_color(colors.hairline)
        .label_formatter(|_| None)
        .sense(egui::Sense::click_and_drag());
    if dihedral {
        plot = plot.include_y(-180.0).include_y(180.0);
    }
    let response = plot.show(ui, |plot| {
        let data = PlotPoints::Owned(points.iter().map(|point| (*point).into()).collect());
        if dihedral {
            // A line would join the two ends of the scale, which are the same angle.
            plot.points(Points::new("Measurement", data).radius(1.5).color(colors.series).allow_hover(false));
        } else {
            let line = Line::new("Measurement", data).color(colors.series).width(1.5);
            plot.line(line.allow_band(false).allow_hover(false));
        }
        let cursor = VLine::new("Frame shown", now_ns).color(colors.cursor).style(LineStyle::Solid);
        plot.vline(cursor.width(1.2).allow_hover(false));
        if let Some(value) = value {
            let mark = Points::new("Frame shown", vec![[now_ns, value]]).radius(4.0);
            plot.points(mark.color(colors.cursor).allow_hover(false));
        }
    });
    titles_inside(ui, *response.transform.frame(), [("Time (ns)", across), (&y_label, up)]);
    let plot = response.response;
    plot.widget_info(|| WidgetInfo::labeled(Role::GraphicsObject, true, "Measurement plot"));
    context_menu::of_plot(&plot, context.actions);
    context_menu::step_frames(ui, &plot, context.actions);
    let frame_at = |pointer: egui::Pos2| {
        let time_ns = response.transform.value_from_position(pointer).x;
        (time_ns / interval_ns).round().clamp(0.0, last as f64) as usize
    };
    if let Some(pointer) = plot.interact_pointer_pos().filter(|_| plot.clicked() || plot.dragged()) {
        let chosen = frame_at(pointer);
        if chosen != frame {
            context.actions.push(Action::GoToFrame(chosen));
        }
    }
    if let Some(pointer) = plot.hover_pos() {
        let hovered = frame_at(pointer);
        let index = series.points.partition_point(|point| (point.frame as usize) <= hovered).max(1) - 1;
        let point = series.points[index];
        let time_ns = f64::from(point.frame) * interval_ns;
        let text = measurement.value_text(f64::from(point.value));
        plot.on_hover_text_at_pointer(format!(
            "Frame {}, {}\n{text}",
            grouped(u64::from(point.frame)),
            time_text(time_ns)
        ));
    }
}
