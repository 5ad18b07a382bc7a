//! Cα RMSD against time. Click or drag to go to a frame.

use egui::{Role, WidgetInfo};
use egui_plot::{Line, LineStyle, Plot, PlotPoints, Points, VLine};

use super::{PaneContext, empty_state};
use crate::window::action::Action;
use crate::window::aggregate::min_max;

pub(super) fn ui(ui: &mut egui::Ui, context: &mut PaneContext<'_>) {
    let series = &context.observations.rmsd_angstrom;
    let interval_ns =
        context.project.run.as_ref().and_then(|run| run.frame_interval_ps()).map(|ps| ps / 1000.0);
    let (Some(interval_ns), true) = (interval_ns, series.len() > 1) else {
        let advice = if context.project.is_running() {
            "The first frame is being made."
        } else {
            "Press Simulate to see how far the chain moves from its start."
        };
        return empty_state(ui, "No frames yet", advice);
    };
    let colours = context.palette();
    let frame = context.timeline.frame();
    let now_ns = frame as f64 * interval_ns;
    let now_angstrom = series.get(frame).copied();
    header(ui, now_ns, now_angstrom);

    let buckets = (ui.available_width() as usize).max(64);
    let points = min_max(series.iter().enumerate().map(|(k, v)| [k as f64 * interval_ns, *v]), buckets);
    let top = series.iter().copied().filter(|v| v.is_finite()).fold(1.0, f64::max);
    let response = Plot::new("rmsd")
        .allow_drag(false)
        .allow_scroll(false)
        .allow_boxed_zoom(false)
        .allow_zoom([true, false])
        .include_y(0.0)
        .include_y(top * 1.05)
        .include_x(0.0)
        .set_margin_fraction(egui::vec2(0.01, 0.0))
        .x_axis_label("Time (ns)")
        .y_axis_label("Cα RMSD (Å)")
        .y_axis_min_width(28.0)
        .show_grid([false, true])
        .label_formatter(|_| None)
        .sense(egui::Sense::click_and_drag())
        .show(ui, |plot| {
            plot.line(
                Line::new("RMSD", PlotPoints::Owned(points.iter().map(|p| (*p).into()).collect()))
                    .color(colours.series)
                    .width(1.5)
                    .allow_hover(false),
            );
            plot.vline(
                VLine::new("Frame shown", now_ns)
                    .color(colours.cursor)
                    .style(LineStyle::Solid)
                    .width(1.2)
                    .allow_hover(false),
            );
            if let Some(value) = now_angstrom {
                plot.points(
                    Points::new("Frame shown", vec![[now_ns, value]])
                        .radius(4.0)
                        .color(colours.cursor)
                        .allow_hover(false),
                );
            }
        });
    let plot = response.response;
    plot.widget_info(|| WidgetInfo::labeled(Role::GraphicsObject, true, "RMSD plot"));
    if let Some(pointer) = plot.interact_pointer_pos().filter(|_| plot.clicked() || plot.dragged()) {
        let time_ns = response.transform.value_from_position(pointer).x;
        let chosen = (time_ns / interval_ns).round().clamp(0.0, (series.len() - 1) as f64) as usize;
        if chosen != frame {
            context.actions.push(Action::GoToFrame(chosen));
        }
    }
    if let Some(pointer) = plot.hover_pos() {
        let time_ns = response.transform.value_from_position(pointer).x;
        let hovered = (time_ns / interval_ns).round().clamp(0.0, (series.len() - 1) as f64) as usize;
        let text =
            format!("Frame {hovered}, {:.1} ns: {:.2} Å", hovered as f64 * interval_ns, series[hovered]);
        plot.on_hover_text_at_pointer(text);
    }
}

fn header(ui: &mut egui::Ui, now_ns: f64, now_angstrom: Option<f64>) {
    ui.horizontal(|ui| {
        match now_angstrom {
            Some(value) if value.is_finite() => ui.label(format!("{value:.2} Å at {now_ns:.1} ns")),
            _ => ui.weak("this frame is being measured"),
        };
    });
}
