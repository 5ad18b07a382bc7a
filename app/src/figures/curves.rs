//! Curves with their uncertainty: free energies, densities, timescales.

use plotters::coord::ranged1d::{AsRangedCoord, Ranged, ValueFormatter};
use plotters::prelude::*;

use super::FigureError;
use super::data::{Curve, CurveFigure, CurveRole};
use super::style::{Area, TEXT, axis_number, failed, pen, role_color, text};

pub(super) fn curves<B: DrawingBackend<ErrorType: 'static>>(
    area: &Area<B>,
    figure: &CurveFigure,
    scale: f64,
) -> Result<(), FigureError> {
    let usable = |v: f64| v.is_finite() && (!figure.logarithmic || v > 0.0);
    let points =
        || figure.curves.iter().flat_map(|curve| curve.x.iter().copied().zip(curve.y.iter().copied()));
    let extent = |values: &mut dyn Iterator<Item = f64>| {
        values.filter(|&v| usable(v)).fold(None, |range: Option<(f64, f64)>, v| {
            Some(range.map_or((v, v), |(low, high)| (low.min(v), high.max(v))))
        })
    };
    let seen = |(x, y): &(f64, f64)| usable(*x) && usable(*y);
    let (Some(x), Some(y)) =
        (extent(&mut points().filter(seen).map(|p| p.0)), extent(&mut points().filter(seen).map(|p| p.1)))
    else {
        return Err(FigureError::Empty("values"));
    };
    if figure.logarithmic {
        let wide = |(low, high): (f64, f64)| (low / 1.25)..(high * 1.6);
        return on_axes(area, figure, scale, wide(x).log_scale(), wide(y).log_scale(), &|v| format!("{v}"));
    }
    let width = (x.1 - x.0).max(1e-9);
    let margin = 0.02 * width;
    let x = (x.0 - margin)..(x.1 + margin);
    // Room above for the legend, and for the bars.
    let ends = figure.curves.iter().filter(|_| figure.bars).flat_map(|curve| curve.band.iter().map(|b| b[1]));
    let top = ends.filter(|v| v.is_finite()).fold(y.1, f64::max);
    let room = if figure.bars { 1.12 + 0.05 * figure.curves.len() as f64 } else { 1.16 };
    let y = 0.0f64.min(y.0)..(top * room).max(1e-9);
    on_axes(area, figure, scale, x, y, &|v| axis_number(*v, width))
}

/// Draws on axes of either kind.
fn on_axes<B, X, Y>(
    area: &Area<B>,
    figure: &CurveFigure,
    scale: f64,
    x: X,
    y: Y,
    x_number: &dyn Fn(&f64) -> String,
) -> Result<(), FigureError>
where
    B: DrawingBackend<ErrorType: 'static>,
    X: AsRangedCoord<Value = f64>,
    Y: AsRangedCoord<Value = f64>,
    X::CoordDescType: Ranged<ValueType = f64> + ValueFormatter<f64>,
    Y::CoordDescType: Ranged<ValueType = f64> + ValueFormatter<f64>,
{
    let mut chart = ChartBuilder::on(area)
        .margin(14.0 * scale)
        .x_label_area_size(46.0 * scale)
        .y_label_area_size(64.0 * scale)
        .build_cartesian_2d(x, y)
        .map_err(failed)?;
    chart
        .configure_mesh()
        .disable_mesh()
        .axis_style(TEXT)
        .x_labels(7)
        .y_labels(7)
        .x_label_formatter(x_number)
        .x_desc(&figure.x_label)
        .y_desc(&figure.y_label)
        .label_style(text(scale, 15.0))
        .axis_desc_style(text(scale, 17.0))
        .draw()
        .map_err(failed)?;
    let limits = chart.plotting_area().get_y_range();
    for curve in &figure.curves {
        let color = role_color(curve.role);
        let bars = figure.bars && curve.role != CurveRole::Reference;
        if bars {
            let style = ShapeStyle { color: color.mix(0.7), filled: false, stroke_width: pen(scale, 1.4) };
            let ends = curve.x.iter().zip(&curve.y).zip(&curve.band);
            let whole = ends.filter(|((_, y), band)| y.is_finite() && band.iter().all(|v| v.is_finite()));
            chart
                .draw_series(whole.map(|((&x, &y), band)| {
                    ErrorBar::new_vertical(x, band[0], y, band[1], style, pen(scale, 8.0))
                }))
                .map_err(failed)?;
        }
        for (xs, band) in stretches(curve).into_iter().filter(|_| !bars) {
            let clip = |v: f64| v.clamp(limits.start, limits.end);
            let above = xs.iter().zip(band).map(|(&x, b)| (x, clip(b[1])));
            let below = xs.iter().zip(band).rev().map(|(&x, b)| (x, clip(b[0])));
            let outline: Vec<(f64, f64)> = above.chain(below).collect();
            chart
                .draw_series(std::iter::once(Polygon::new(outline, color.mix(0.22).filled())))
                .map_err(failed)?;
        }
        let style =
            ShapeStyle { color: color.to_rgba(), filled: figure.points, stroke_width: pen(scale, 2.2) };
        let mut series = None;
        for line in lines(curve, figure.logarithmic) {
            if figure.points {
                let dots = line.iter().map(|&point| Circle::new(point, pen(scale, 3.5), style));
                chart.draw_series(dots).map_err(failed)?;
            }
            series = Some(chart.draw_series(LineSeries::new(line, style)).map_err(failed)?);
        }
        if let (Some(series), false) = (series, curve.label.is_empty()) {
            let length = (22.0 * scale) as i32;
            series
                .label(&curve.label)
                .legend(move |(x, y)| PathElement::new(vec![(x, y), (x + length, y)], style));
        }
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperRight)
        .legend_area_size((30.0 * scale) as i32)
        .margin((8.0 * scale) as i32)
        .label_font(text(scale, 15.0))
        .draw()
        .map_err(failed)
}

/// Unbroken parts of a curve.
fn lines(curve: &Curve, logarithmic: bool) -> Vec<Vec<(f64, f64)>> {
    let mut lines = vec![Vec::new()];
    for (&x, &y) in curve.x.iter().zip(&curve.y) {
        if x.is_finite() && y.is_finite() && (!logarithmic || (x > 0.0 && y > 0.0)) {
            if let Some(line) = lines.last_mut() {
                line.push((x, y));
            }
        } else {
            lines.push(Vec::new());
        }
    }
    lines.retain(|line| !line.is_empty());
    lines
}

/// Parts of a curve that have a band.
fn stretches(curve: &Curve) -> Vec<(&[f64], &[[f64; 2]])> {
    let mut parts = Vec::new();
    let has = |k: usize| curve.y[k].is_finite() && curve.band[k].iter().all(|v| v.is_finite());
    let mut start = 0;
    while start < curve.band.len() {
        let end = (start..curve.band.len()).find(|&k| !has(k)).unwrap_or(curve.band.len());
        if end > start + 1 {
            parts.push((&curve.x[start..end], &curve.band[start..end]));
        }
        start = end + 1;
    }
    parts
}
