//! Curves of a training as it goes on: losses, gradient norm, learning rate.

use egui::{Color32, Role, WidgetInfo};
use egui_plot::{HLine, Line, LineStyle, Plot, PlotPoints, Points};
use equijump_engine::session::LogRow;
use equijump_engine::transport::interpolant::TrackLosses;

use super::heat_map::{axis_x, axis_y, x_marks};
use super::log_scale;
use super::{PaneContext, empty_state};
use crate::window::aggregate::min_max;
use crate::window::numbers::grouped;
use crate::window::theme::{Palette, semibold};
use crate::window::training::Curves;

/// Points drawn of each curve, two for each of these buckets.
const BUCKETS: usize = 400;
/// Narrower than this, the plots stand below each other.
const TWO_COLUMNS_FROM: f32 = 520.0;

/// One curve of a plot.
struct Series {
    name: &'static str,
    color: Color32,
    /// Step and value.
    points: Vec<[f64; 2]>,
    /// On held-out pairs: drawn as points with a broken line.
    held_out: bool,
}

/// One of the four plots.
struct Panel {
    name: &'static str,
    unit: &'static str,
    logarithmic: bool,
    series: Vec<Series>,
    /// A level to compare with.
    level: Option<f64>,
}

pub(super) fn ui(ui: &mut egui::Ui, context: &mut PaneContext<'_>) {
    let curves = &context.training.curves;
    if curves.is_empty() {
        let (heading, advice) = if context.training.is_training() {
            ("No steps yet", "The training data are being read.")
        } else {
            ("No training yet", "Press Train in the Training pane to see how a model learns.")
        };
        return empty_state(ui, heading, advice);
    }
    let clip_norm = context.training.form.settings.clip_norm;
    let panels = panels(curves, &colors(context), clip_norm);
    let palette = context.palette();
    let size = ui.available_size();
    let spacing = ui.spacing().item_spacing;
    let columns = if size.x >= TWO_COLUMNS_FROM { 2 } else { 1 };
    let rows = panels.len().div_ceil(columns);
    let cell = egui::vec2(
        (size.x - spacing.x * (columns - 1) as f32) / columns as f32,
        ((size.y - spacing.y * (rows - 1) as f32) / rows as f32).max(120.0),
    );
    egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        for row in panels.chunks(columns) {
            ui.horizontal(|ui| {
                for panel in row {
                    ui.allocate_ui_with_layout(cell, egui::Layout::top_down(egui::Align::Min), |ui| {
                        ui.set_min_size(cell);
                        panel_ui(ui, panel, &palette, cell.y);
                    });
                }
            });
        }
    });
}

/// Colors of the curves, told apart by color-blind readers (after Okabe and Ito).
struct Colors {
    total: Color32,
    positions: Color32,
    vectors: Color32,
    rigid: Color32,
    noise_positions: Color32,
    noise_vectors: Color32,
}

fn colors(context: &PaneContext<'_>) -> Colors {
    let palette = context.palette();
    Colors {
        total: palette.series,
        positions: palette.series,
        vectors: palette.cursor,
        rigid: palette.good,
        noise_positions: Color32::from_rgb(0xb3, 0x63, 0xa5),
        noise_vectors: Color32::from_rgb(0xc0, 0x9a, 0x1c),
    }
}

fn panels(curves: &Curves, colors: &Colors, clip_norm: f64) -> [Panel; 4] {
    let over_steps = |value: &dyn Fn(&LogRow) -> f64| -> Vec<[f64; 2]> {
        curves.points().map(|row| [row.step as f64, value(row)]).collect()
    };
    let held_out = |value: &dyn Fn(&TrackLosses) -> f64| -> Vec<[f64; 2]> {
        curves.held_out().iter().map(|(step, losses)| [*step as f64, value(losses)]).collect()
    };
    let trained = |name, color, points| Series { name, color, points, held_out: false };
    let tracks: [(&str, Color32, &dyn Fn(&TrackLosses) -> f64); 5] = [
        ("Positions", colors.positions, &|losses| losses.positions),
        ("Vectors", colors.vectors, &|losses| losses.vectors),
        ("Rigid pairs", colors.rigid, &|losses| losses.rigid),
        ("Noise, positions", colors.noise_positions, &|losses| losses.noise_positions),
        ("Noise, vectors", colors.noise_vectors, &|losses| losses.noise_vectors),
    ];
    let mut of_tracks = Vec::new();
    for (name, color, value) in tracks {
        let points = over_steps(&|row| value(&row.losses));
        // Not every transport and head trains every track.
        if points.iter().all(|point| point[1] <= 0.0) {
            continue;
        }
        of_tracks.push(trained(name, color, points));
        let points = held_out(value);
        if points.iter().any(|point| point[1] > 0.0) {
            of_tracks.push(Series { name, color, points, held_out: true });
        }
    }
    let mut loss = vec![trained("Training", colors.total, over_steps(&|row| row.losses.total))];
    if !curves.held_out().is_empty() {
        let points = held_out(&|losses| losses.total);
        loss.push(Series { name: "Held out", color: colors.vectors, points, held_out: true });
    }
    let alone = |points| vec![trained("", colors.total, points)];
    [
        Panel { name: "Loss", unit: "Å²", logarithmic: true, series: loss, level: None },
        Panel { name: "Loss of each track", unit: "Å²", logarithmic: true, series: of_tracks, level: None },
        Panel {
            name: "Gradient norm",
            unit: "",
            logarithmic: true,
            series: alone(over_steps(&|row| row.gradient_norm)),
            level: Some(clip_norm),
        },
        Panel {
            name: "Learning rate",
            unit: "",
            logarithmic: false,
            series: alone(over_steps(&|row| row.learning_rate)),
            level: None,
        },
    ]
}

fn panel_ui(ui: &mut egui::Ui, panel: &Panel, palette: &Palette, height: f32) {
    let top = ui.cursor().top();
    legend_ui(ui, panel);
    let height = height - (ui.cursor().top() - top);
    let logarithmic = panel.logarithmic;
    let along = |value: f64| if logarithmic { value.log10() } else { value };
    let mut y_axis = axis_y("");
    if logarithmic {
        y_axis = y_axis.formatter(|mark, _| log_scale::label(mark));
    } else {
        y_axis = y_axis.formatter(|mark, _| log_scale::number(mark.value)).label_spacing(22.0..=30.0);
    }
    let mut plot = Plot::new(panel.name)
        .allow_drag(false)
        .allow_scroll(false)
        .allow_zoom(false)
        .allow_boxed_zoom(false)
        .set_margin_fraction(egui::vec2(0.015, 0.06))
        .custom_x_axes(vec![axis_x("").formatter(|mark, _| step_label(mark.value))])
        .x_grid_spacer(x_marks)
        .custom_y_axes(vec![y_axis])
        .height(height.max(60.0))
        .show_grid([false, true])
        .grid_color(palette.hairline)
        .label_formatter(|_| None)
        // There is nothing to do in it by key.
        .sense(egui::Sense::hover());
    if logarithmic {
        plot = plot.y_grid_spacer(|input| log_scale::marks(&input));
    } else {
        plot = plot.include_y(0.0);
    }
    let response = plot.show(ui, |plot| {
        for series in &panel.series {
            let points = series.points.iter().map(|point| [point[0], along(point[1])]);
            let points = min_max(points.collect::<Vec<_>>().into_iter(), BUCKETS);
            let line: Vec<_> = points.iter().map(|point| (*point).into()).collect();
            let mut line = Line::new(series.name, PlotPoints::Owned(line))
                .color(series.color)
                .width(1.5)
                .allow_band(false)
                .allow_hover(false);
            if series.held_out {
                line = line.style(LineStyle::dashed_dense());
                let marks = Points::new(series.name, points).radius(2.5);
                plot.points(marks.color(series.color).allow_hover(false));
            }
            plot.line(line);
        }
        if let Some(level) = panel.level {
            let line = HLine::new("Clipped above", along(level)).color(palette.weak).width(1.0);
            plot.hline(line.style(LineStyle::dashed_dense()).allow_hover(false));
        }
    });
    let plot = response.response;
    plot.widget_info(|| WidgetInfo::labeled(Role::GraphicsObject, true, panel.name));
    if let Some(pointer) = plot.hover_pos() {
        let step = response.transform.value_from_position(pointer).x;
        let text = hover_text(panel, step);
        if !text.is_empty() {
            plot.on_hover_text_at_pointer(text);
        }
    }
}

/// Name of the plot, and each curve with its newest value.
fn legend_ui(ui: &mut egui::Ui, panel: &Panel) {
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = egui::vec2(6.0, 2.0);
        let name = match panel.unit {
            "" => panel.name.to_owned(),
            unit => format!("{} ({unit})", panel.name),
        };
        ui.label(egui::RichText::new(name).font(semibold(12.0)));
        for series in panel.series.iter().filter(|series| !follows(panel, series)) {
            let weak = egui::TextFormat {
                color: ui.visuals().weak_text_color(),
                font_id: egui::TextStyle::Small.resolve(ui.style()),
                ..Default::default()
            };
            let mut text = egui::text::LayoutJob::default();
            if !series.name.is_empty() {
                text.append("● ", 0.0, egui::TextFormat { color: series.color, ..weak.clone() });
                text.append(series.name, 0.0, weak.clone());
            }
            let mut values = newest(series);
            let held_out = panel.series.iter().find(|other| other.name == series.name && other.held_out);
            if let (Some(held_out), false) = (held_out, series.held_out) {
                values += &format!(" / {}", newest(held_out));
            }
            text.append(&values, if series.name.is_empty() { 0.0 } else { 5.0 }, weak);
            let label = ui.add(egui::Label::new(text).extend());
            if held_out.is_some() && !series.held_out {
                label.on_hover_text("Newest value; on held-out pairs (broken line) behind the stroke");
            }
        }
    });
}

/// Whether a curve shares color and name with the one before it.
fn follows(panel: &Panel, series: &Series) -> bool {
    series.held_out && panel.series.iter().any(|other| !other.held_out && other.name == series.name)
}

fn newest(series: &Series) -> String {
    series.points.last().map_or(String::new(), |point| short(point[1]))
}

/// A value in three figures.
fn short(value: f64) -> String {
    let decimals = (2.0 - value.abs().max(1e-12).log10().floor()).clamp(0.0, 6.0) as usize;
    if value != 0.0 && value.abs() < 1e-3 { format!("{value:.1e}") } else { format!("{value:.decimals$}") }
}

/// Steps on the axis: `500`, `2k`, `1.5M`.
fn step_label(step: f64) -> String {
    match step {
        step if step < 0.0 => String::new(),
        step if step >= 1e6 => format!("{}M", log_scale::number(step / 1e6)),
        step if step >= 1e3 => format!("{}k", log_scale::number(step / 1e3)),
        // There are no parts of steps.
        step if step.fract() != 0.0 => String::new(),
        step => format!("{step}"),
    }
}

/// The values at the point of each curve that is nearest to a step.
fn hover_text(panel: &Panel, step: f64) -> String {
    let mut lines = Vec::new();
    for series in &panel.series {
        let after = series.points.partition_point(|point| point[0] < step);
        let near =
            [after.checked_sub(1), Some(after)].into_iter().flatten().filter_map(|k| series.points.get(k));
        let Some(point) = near.min_by(|a, b| (a[0] - step).abs().total_cmp(&(b[0] - step).abs())) else {
            continue;
        };
        if lines.is_empty() {
            lines.push(format!("Step {}", grouped(point[0] as u64)));
        }
        let name = match (series.name, series.held_out) {
            ("", _) => panel.name.to_owned(),
            ("Held out", _) => "Held out".to_owned(),
            (name, true) => format!("{name}, held out"),
            (name, false) => name.to_owned(),
        };
        lines.push(format!("{name} {}", short(point[1])));
    }
    lines.join("\n")
}
