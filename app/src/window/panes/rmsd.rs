//! Cα RMSD against time. Click or drag to go to a frame.

use egui::{Role, WidgetInfo};
use egui_plot::{Line, LineStyle, Plot, PlotPoints, Points, VLine};
use equijump_engine::analysis::SeriesPoint;

use super::heat_map::{axis_x, axis_y, title_below, title_that_fits, titles_inside, x_marks, y_marks};
use super::{PaneContext, context_menu, empty_state};
use crate::window::action::Action;
use crate::window::aggregate::min_max;
use crate::window::numbers::{grouped, time_text};
use crate::window::theme;

pub(super) fn ui(ui: &mut egui::Ui, context: &mut PaneContext<'_>) {
    let series = &context.observations.series;
    let interval_ps = context.project.run.as_ref().and_then(|run| run.frame_interval_ps());
    let (Some(interval_ps), Some(newest), true) = (interval_ps, series.last(), series.len() > 1) else {
        let advice = if context.project.is_running() {
            "The first frame is being made."
        } else if context.project.opened.is_none() {
            "Open a structure or a trajectory to see how far the chain moves from its start."
        } else {
            "Press Simulate to see how far the chain moves from its start."
        };
        return empty_state(ui, "No frames yet", advice);
    };
    let interval_ns = interval_ps / 1000.0;
    let newest_frame = newest.frame as usize;
    let colors = context.palette();
    let frame = context.timeline.frame();
    let now_ns = frame as f64 * interval_ns;
    let details = context.details.filter(|details| details.frame == frame);
    let from_series = || {
        let index = series.binary_search_by_key(&frame, |point| point.frame as usize).ok()?;
        Some(f64::from(series[index].rmsd_angstrom))
    };
    let now_angstrom =
        details.map(|details| details.rmsd_angstrom).or_else(from_series).filter(|v| v.is_finite());
    // While frames come fast, the numbers are those of the newest frame that has been measured.
    let read_out = now_angstrom
        .map(|value| (value, now_ns))
        .or_else(|| context.details.map(|known| (known.rmsd_angstrom, known.frame as f64 * interval_ns)));
    match read_out {
        Some((value, time_ns)) => ui.label(format!("{value:.2} Å at {}", time_text(time_ns))),
        None => ui.weak(format!("Frame {frame} is being measured")),
    };

    let buckets = (ui.available_width() as usize).max(64);
    let as_point =
        |point: &SeriesPoint| [f64::from(point.frame) * interval_ns, f64::from(point.rmsd_angstrom)];
    let points = min_max(series.iter().map(as_point), buckets);
    let others = other_lines(context, interval_ns, buckets);
    let all = points.iter().chain(others.iter().flat_map(|other| &other.points));
    let top = all.map(|point| point[1]).filter(|value| value.is_finite()).fold(1.0, f64::max);
    let own = context.project.run.as_ref().map_or(1, |run| run.number);
    let several = !context.project.others.is_empty();
    let color = if several { theme::run_color(own, context.dark_mode) } else { colors.series };
    let height = ui.available_height() - 40.0;
    let (across, up) = (title_below(ui, "Time (ns)"), title_that_fits("Cα RMSD (Å)", height));
    let response = Plot::new("rmsd")
        .allow_drag(false)
        .allow_scroll(false)
        .allow_boxed_zoom(false)
        .allow_zoom([true, false])
        .include_y(0.0)
        .include_y(top * 1.08)
        .include_x(0.0)
        .set_margin_fraction(egui::vec2(0.012, 0.0))
        .custom_x_axes(vec![axis_x(across)])
        .custom_y_axes(vec![axis_y(up)])
        .x_grid_spacer(x_marks)
        .y_grid_spacer(y_marks)
        .show_grid([false, true])
        .grid_color(colors.hairline)
        .label_formatter(|_| None)
        .sense(egui::Sense::click_and_drag())
        .show(ui, |plot| {
            for (index, OtherLine { points, color }) in others.into_iter().enumerate() {
                let data = PlotPoints::Owned(points.iter().map(|point| (*point).into()).collect());
                plot.line(
                    Line::new(format!("Other line {index}"), data)
                        .color(color)
                        .width(1.0)
                        .allow_band(false)
                        .allow_hover(false),
                );
            }
            plot.line(
                Line::new("RMSD", PlotPoints::Owned(points.iter().map(|p| (*p).into()).collect()))
                    .color(color)
                    .width(1.5)
                    .allow_band(false)
                    .allow_hover(false),
            );
            plot.vline(
                VLine::new("Frame shown", now_ns)
                    .color(colors.cursor)
                    .style(LineStyle::Solid)
                    .width(1.2)
                    .allow_hover(false),
            );
            if let Some(value) = now_angstrom {
                plot.points(
                    Points::new("Frame shown", vec![[now_ns, value]])
                        .radius(4.0)
                        .color(colors.cursor)
                        .allow_hover(false),
                );
            }
        });
    titles_inside(ui, *response.transform.frame(), [("Time (ns)", across), ("Cα RMSD (Å)", up)]);
    let plot = response.response;
    plot.widget_info(|| WidgetInfo::labeled(Role::GraphicsObject, true, "RMSD plot"));
    context_menu::of_plot(&plot, context.actions);
    context_menu::step_frames(ui, &plot, context.actions);
    let frame_at = |pointer: egui::Pos2| {
        let time_ns = response.transform.value_from_position(pointer).x;
        (time_ns / interval_ns).round().clamp(0.0, newest_frame as f64) as usize
    };
    if let Some(pointer) = plot.interact_pointer_pos().filter(|_| plot.clicked() || plot.dragged()) {
        let chosen = frame_at(pointer);
        if chosen != frame {
            context.actions.push(Action::GoToFrame(chosen));
        }
    }
    if let Some(pointer) = plot.hover_pos() {
        let hovered = frame_at(pointer);
        // The series of a very long run is thinned, so the nearest point before it is named.
        let index = series.partition_point(|point| (point.frame as usize) <= hovered).max(1) - 1;
        let point = series[index];
        let time_ns = f64::from(point.frame) * interval_ns;
        plot.on_hover_text_at_pointer(format!(
            "Frame {}, {}\nCα RMSD {:.2} Å\nRadius of gyration {:.2} Å",
            grouped(u64::from(point.frame)),
            time_text(time_ns),
            point.rmsd_angstrom,
            point.radius_of_gyration_angstrom
        ));
    }
}

/// A line beside that of the replica on view.
struct OtherLine {
    points: Vec<[f64; 2]>,
    color: egui::Color32,
}

/// The other replicas of the run, fainter in its own color, and the other runs of the protein in theirs.
fn other_lines(context: &PaneContext<'_>, interval_ns: f64, buckets: usize) -> Vec<OtherLine> {
    let own = context.project.run.as_ref();
    let (number, shown) = own.map_or((1, 0), |run| (run.number, run.replica));
    let faint = theme::run_color(number, context.dark_mode).gamma_multiply(0.4);
    let replicas = context.observations.replicas.iter().enumerate().filter(|(index, _)| *index != shown);
    let mut lines: Vec<OtherLine> = replicas
        .map(|(_, series)| OtherLine {
            points: series
                .iter()
                .map(|(frame, rmsd)| [f64::from(*frame) * interval_ns, f64::from(*rmsd)])
                .collect(),
            color: faint,
        })
        .collect();
    for other in context.runs_beside() {
        let Some(interval_ps) = other.run.frame_interval_ps() else { continue };
        let point = |point: &SeriesPoint| {
            [f64::from(point.frame) * interval_ps / 1000.0, f64::from(point.rmsd_angstrom)]
        };
        let color = theme::run_color(other.run.number, context.dark_mode);
        lines
            .push(OtherLine { points: min_max(other.observations.series.iter().map(point), buckets), color });
    }
    lines
}
