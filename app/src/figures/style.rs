//! What all figures share: colors, text, line widths, cells of grids.

use plotters::coord::Shift;
use plotters::prelude::*;

use super::color_map::viridis;
use super::data::{CurveRole, Grid2};
use super::{FONT, FigureError};

pub(super) type Area<B> = DrawingArea<B, Shift>;

pub(super) fn failed(error: impl std::fmt::Display) -> FigureError {
    FigureError::Write(error.to_string())
}

pub(super) const INK: RGBColor = RGBColor(0x2a, 0x66, 0xc8);
/// Text and axes. In figures for web pages this color becomes that of the page's text.
pub(super) const TEXT: RGBColor = RGBColor(0x1c, 0x23, 0x2d);
/// Readable on light and dark paper alike, and told apart by color-blind readers: blue, orange, green,
/// purple, and so on (after Okabe and Ito).
const ROLES: [RGBColor; 7] = [
    RGBColor(0x2f, 0x7a, 0xe0),
    RGBColor(0xe0, 0x7b, 0x1f),
    RGBColor(0x12, 0x9a, 0x74),
    RGBColor(0xb3, 0x63, 0xa5),
    RGBColor(0xc0, 0x9a, 0x1c),
    RGBColor(0x3f, 0xa9, 0xd6),
    RGBColor(0xcf, 0x4f, 0x4f),
];
const REFERENCE: RGBColor = RGBColor(0x80, 0x89, 0x95);

pub(super) fn role_color(role: CurveRole) -> RGBColor {
    match role {
        CurveRole::Reference => REFERENCE,
        CurveRole::Samples => ROLES[0],
        CurveRole::Other(index) => ROLES[index % ROLES.len()],
    }
}

/// A range widened by `margin` of its width, never empty.
pub(super) fn widened(low: f64, high: f64, margin: f64) -> std::ops::Range<f64> {
    let width = (high - low).max(1e-9);
    (low - margin * width)..(high + margin * width)
}

pub(super) fn text(scale: f64, points: f64) -> TextStyle<'static> {
    (FONT, points * scale).into_font().color(&TEXT)
}

/// Small print that is no wider than the figure.
pub(super) fn caption(scale: f64, words: &str, width_pixels: f64) -> TextStyle<'static> {
    // A letter of our typeface is half as wide as it is high.
    let fitting = width_pixels * 0.95 / (0.52 * words.chars().count().max(1) as f64);
    (FONT, fitting.min(12.0 * scale)).into_font().color(&TEXT.mix(0.7))
}

/// A line width or radius in whole pixels, at least one.
pub(super) fn pen(scale: f64, points: f64) -> u32 {
    (points * scale).round().max(1.0) as u32
}

pub(super) fn rgb(fraction: f64) -> RGBColor {
    let [r, g, b] = viridis(fraction);
    RGBColor(r, g, b)
}

/// One filled rectangle per bin that holds something; empty bins stay as the paper.
pub(super) fn cells(
    grid: &Grid2,
    color: impl Fn(f64) -> RGBColor,
) -> impl Iterator<Item = Rectangle<(f64, f64)>> {
    let step_x = (grid.x_range[1] - grid.x_range[0]) / grid.nx as f64;
    let step_y = (grid.y_range[1] - grid.y_range[0]) / grid.ny as f64;
    grid.values.iter().enumerate().filter(|(_, value)| value.is_finite()).map(move |(index, &value)| {
        let [x, y] = grid.center(index);
        let corners = [(x - step_x / 2.0, y - step_y / 2.0), (x + step_x / 2.0, y + step_y / 2.0)];
        Rectangle::new(corners, color(value).filled())
    })
}

/// Numbers of an axis with as many decimals as its range asks for.
pub(super) fn axis_number(value: f64, width: f64) -> String {
    let decimals = (1.0 - width.log10()).ceil().clamp(0.0, 6.0) as usize;
    let text = format!("{value:.decimals$}");
    // No negative zero.
    if text.trim_start_matches(['-', '0', '.']).is_empty() {
        text.trim_start_matches('-').into()
    } else {
        text
    }
}

/// A vertical scale of colors with its label, as tall as a chart with the same margins beside it.
pub(super) fn color_bar<B: DrawingBackend<ErrorType: 'static>>(
    area: &Area<B>,
    (low, high): (f64, f64),
    label: &str,
    scale: f64,
    (top, bottom): (f64, f64),
    color: impl Fn(f64) -> RGBColor,
) -> Result<(), FigureError> {
    let height = area.dim_in_pixel().1;
    let mut legend = ChartBuilder::on(area)
        .margin_top((top * scale) as i32)
        .margin_bottom((bottom * scale) as i32)
        .margin_right((10.0 * scale) as i32)
        .right_y_label_area_size((62.0 * scale) as i32)
        .build_cartesian_2d(0.0..1.0f64, low..high)
        .map_err(failed)?;
    let steps = (height / 4).clamp(32, 256);
    legend
        .draw_series((0..steps).map(|step| {
            let (from, to) = (f64::from(step) / f64::from(steps), f64::from(step + 1) / f64::from(steps));
            let at = |fraction: f64| low + fraction * (high - low);
            Rectangle::new([(0.0, at(from)), (1.0, at(to))], color(from).filled())
        }))
        .map_err(failed)?;
    legend
        .configure_mesh()
        .disable_mesh()
        .disable_x_axis()
        .axis_style(TEXT)
        .y_desc(label)
        // No negative zero.
        .y_label_formatter(&|v| format!("{:.1}", if v.abs() < 0.05 { 0.0 } else { *v }))
        .label_style(text(scale, 15.0))
        .axis_desc_style(text(scale, 16.0))
        .draw()
        .map_err(failed)
}
