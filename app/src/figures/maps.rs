//! Pairs of maps, distance matrices, and superposed traces.

use plotters::prelude::*;

use super::FigureError;
use super::color_map::diverging;
use super::data::{DistanceFigure, Grid2, MapPairFigure, TraceFigure};
use super::style::{Area, INK, TEXT, axis_number, cells, color_bar, failed, pen, rgb, text};

/// Height of a title, points.
const TITLE: f64 = 30.0;

pub(super) fn map_pair<B: DrawingBackend<ErrorType: 'static>>(
    area: &Area<B>,
    figure: &MapPairFigure,
    scale: f64,
) -> Result<(), FigureError> {
    let Some(top) = figure.maps.iter().filter_map(Grid2::max).reduce(f64::max) else {
        return Err(FigureError::Empty("maps"));
    };
    let top = top.max(1e-6);
    let (panels, bar) = with_bar(area, scale);
    for ((panel, map), title) in panels.split_evenly((1, 2)).iter().zip(&figure.maps).zip(&figure.titles) {
        let panel = titled(panel, title, scale)?;
        let mut chart = ChartBuilder::on(&panel)
            .margin(8.0 * scale)
            .x_label_area_size(46.0 * scale)
            .y_label_area_size(64.0 * scale)
            .build_cartesian_2d(map.x_range[0]..map.x_range[1], map.y_range[0]..map.y_range[1])
            .map_err(failed)?;
        let width = |range: [f64; 2]| range[1] - range[0];
        chart
            .configure_mesh()
            .disable_mesh()
            .axis_style(TEXT)
            .x_labels(5)
            .y_labels(6)
            .x_label_formatter(&|v| axis_number(*v, width(map.x_range)))
            .y_label_formatter(&|v| axis_number(*v, width(map.y_range)))
            .x_desc(&figure.x_label)
            .y_desc(&figure.y_label)
            .label_style(text(scale, 15.0))
            .axis_desc_style(text(scale, 17.0))
            .draw()
            .map_err(failed)?;
        chart.draw_series(cells(map, |value| rgb(value / top))).map_err(failed)?;
        if let Some([x, y]) = figure.mark {
            // White under black: seen on every color of the map.
            for (color, width) in [(WHITE, 5.0), (BLACK, 2.0)] {
                let style =
                    ShapeStyle { color: color.to_rgba(), filled: false, stroke_width: pen(scale, width) };
                let cross = Cross::new((x, y), pen(scale, 7.0), style);
                chart.draw_series(std::iter::once(cross)).map_err(failed)?;
            }
        }
    }
    color_bar(&bar, (0.0, top), &figure.value_label, scale, (TITLE + 8.0, 54.0), rgb)
}

pub(super) fn distances<B: DrawingBackend<ErrorType: 'static>>(
    area: &Area<B>,
    figure: &DistanceFigure,
    scale: f64,
) -> Result<(), FigureError> {
    let n = figure.residues;
    if n < 2 {
        return Err(FigureError::Empty("distances"));
    }
    let [reference, samples] = &figure.mean_angstrom;
    let difference: Vec<f64> = samples.iter().zip(reference).map(|(s, r)| s - r).collect();
    let most = reference.iter().chain(samples).copied().fold(1e-6, f64::max);
    let widest = difference.iter().copied().map(f64::abs).fold(0.1, f64::max);
    let thirds = area.split_evenly((1, 3));
    let values = [reference, samples, &difference];
    let titles = [figure.titles[0].clone(), figure.titles[1].clone(), "Difference".to_owned()];
    for (k, ((panel, values), title)) in thirds.iter().zip(values).zip(&titles).enumerate() {
        let (panel, bar) = with_bar(panel, scale);
        let panel = titled(&panel, title, scale)?;
        let edge = 0.5..n as f64 + 0.5;
        let mut chart = ChartBuilder::on(&panel)
            .margin(8.0 * scale)
            .x_label_area_size(46.0 * scale)
            .y_label_area_size(50.0 * scale)
            .build_cartesian_2d(edge.clone(), edge)
            .map_err(failed)?;
        chart
            .configure_mesh()
            .disable_mesh()
            .axis_style(TEXT)
            .x_labels(6)
            .y_labels(6)
            .x_label_formatter(&|v| format!("{v:.0}"))
            .y_label_formatter(&|v| format!("{v:.0}"))
            .x_desc("Residue")
            .y_desc("Residue")
            .label_style(text(scale, 15.0))
            .axis_desc_style(text(scale, 17.0))
            .draw()
            .map_err(failed)?;
        let color = |fraction: f64| if k < 2 { rgb(fraction) } else { diverging_rgb(fraction) };
        let range = if k < 2 { (0.0, most) } else { (-widest, widest) };
        let pairs = (0..n).flat_map(|i| (0..n).map(move |j| (i, j))).filter(|(i, j)| i != j);
        chart
            .draw_series(pairs.map(|(i, j)| {
                let value = values[figure.pair(i.min(j), i.max(j))];
                let (x, y) = (i as f64 + 0.5, j as f64 + 0.5);
                let fraction = (value - range.0) / (range.1 - range.0);
                Rectangle::new([(x, y), (x + 1.0, y + 1.0)], color(fraction).filled())
            }))
            .map_err(failed)?;
        let label = if k < 2 { "Mean Cα distance (Å)" } else { "Samples − reference (Å)" };
        color_bar(&bar, range, label, scale, (TITLE + 8.0, 54.0), color)?;
    }
    Ok(())
}

pub(super) fn traces<B: DrawingBackend<ErrorType: 'static>>(
    area: &Area<B>,
    figure: &TraceFigure,
    scale: f64,
) -> Result<(), FigureError> {
    let points = || figure.traces.iter().flatten().chain([&figure.native]).flatten();
    let span = |axis: usize| {
        points()
            .map(|p| p[axis])
            .filter(|v| v.is_finite())
            .fold((f64::INFINITY, f64::NEG_INFINITY), |r, v| (r.0.min(v), r.1.max(v)))
    };
    let ((left, right), (bottom, top)) = (span(0), span(1));
    if left > right {
        return Err(FigureError::Empty("traces"));
    }
    for ((panel, traces), title) in area.split_evenly((1, 2)).iter().zip(&figure.traces).zip(&figure.titles) {
        let panel = titled(panel, title, scale)?;
        let (width, height) = panel.dim_in_pixel();
        // One scale for both axes, or the molecule is distorted.
        let unit = ((right - left) / f64::from(width)).max((top - bottom) / f64::from(height)) * 1.06;
        let half = [unit * f64::from(width) / 2.0, unit * f64::from(height) / 2.0];
        let middle = [(left + right) / 2.0, (bottom + top) / 2.0];
        let mut chart = ChartBuilder::on(&panel)
            .build_cartesian_2d(
                middle[0] - half[0]..middle[0] + half[0],
                middle[1] - half[1]..middle[1] + half[1],
            )
            .map_err(failed)?;
        let line = |trace: &[[f64; 2]]| trace.iter().map(|p| (p[0], p[1])).collect::<Vec<_>>();
        let opacity = (14.0 / traces.len().max(1) as f64).clamp(0.08, 0.6);
        let faint = ShapeStyle { color: INK.mix(opacity), filled: false, stroke_width: pen(scale, 2.0) };
        for trace in traces {
            chart.draw_series(LineSeries::new(line(trace), faint)).map_err(failed)?;
        }
        let bold = ShapeStyle { color: TEXT.to_rgba(), filled: false, stroke_width: pen(scale, 4.0) };
        chart.draw_series(LineSeries::new(line(&figure.native), bold)).map_err(failed)?;
        // Five ångström, for the size.
        let (x, y) = (middle[0] - half[0] * 0.94, middle[1] - half[1] * 0.92);
        let bar = ShapeStyle { color: TEXT.to_rgba(), filled: false, stroke_width: pen(scale, 2.0) };
        chart.draw_series(LineSeries::new(vec![(x, y), (x + 5.0, y)], bar)).map_err(failed)?;
        let label = Text::new("5 Å", (x, y + 26.0 * scale * unit), text(scale, 15.0));
        chart.draw_series(std::iter::once(label)).map_err(failed)?;
    }
    Ok(())
}

/// The area without a strip at its right for a scale of colors, and that strip.
fn with_bar<B: DrawingBackend>(area: &Area<B>, scale: f64) -> (Area<B>, Area<B>) {
    let width = area.dim_in_pixel().0;
    area.split_horizontally(width.saturating_sub((98.0 * scale) as u32))
}

/// The area below a title.
fn titled<B: DrawingBackend<ErrorType: 'static>>(
    area: &Area<B>,
    title: &str,
    scale: f64,
) -> Result<Area<B>, FigureError> {
    let (head, body) = area.split_vertically((TITLE * scale) as u32);
    let at = ((64.0 * scale) as i32, (9.0 * scale) as i32);
    head.draw(&Text::new(title.to_owned(), at, text(scale, 18.0))).map_err(failed)?;
    Ok(body)
}

fn diverging_rgb(fraction: f64) -> RGBColor {
    let [r, g, b] = diverging(fraction);
    RGBColor(r, g, b)
}
