//! Drawing with plotters, the same for PNG and SVG.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::FigureError;
use super::data::{FreeEnergyFigure, RamachandranFigure, RmsdSeries};
use super::style::{Area, INK, cells, color_bar, failed, pen, rgb, text, widened};

pub(super) fn rmsd<B: DrawingBackend<ErrorType: 'static>>(
    area: &Area<B>,
    series: &RmsdSeries,
    scale: f64,
) -> Result<(), FigureError> {
    let points: Vec<(f64, f64)> =
        series.time_ns.iter().copied().zip(series.rmsd_angstrom.iter().copied()).collect();
    let Some(end) = points.last().map(|p| p.0) else { return Err(FigureError::Empty("RMSD values")) };
    let others = series.others.iter().flat_map(|(_, points)| points.iter().map(|point| point.2));
    let all = points.iter().map(|p| p.1).chain(others);
    let top = all.filter(|v| v.is_finite()).fold(0.0, f64::max).max(1.0);
    let mut chart = ChartBuilder::on(area)
        .margin(18.0 * scale)
        .x_label_area_size(46.0 * scale)
        .y_label_area_size(58.0 * scale)
        .build_cartesian_2d(0.0..end.max(1e-3), 0.0..top * 1.06)
        .map_err(failed)?;
    chart
        .configure_mesh()
        .disable_mesh()
        .x_desc("Time (ns)")
        .y_desc("Cα RMSD (Å)")
        .label_style(text(scale, 15.0))
        .axis_desc_style(text(scale, 18.0))
        .draw()
        .map_err(failed)?;
    let faint = ShapeStyle { color: INK.mix(0.35), filled: false, stroke_width: pen(scale, 1.0) };
    for (_, points) in &series.others {
        let points = points.iter().map(|(_, time, rmsd)| (*time, *rmsd));
        chart.draw_series(LineSeries::new(points, faint)).map_err(failed)?;
    }
    let line = ShapeStyle { color: INK.to_rgba(), filled: false, stroke_width: pen(scale, 1.5) };
    chart.draw_series(LineSeries::new(points, line)).map_err(failed)?;
    Ok(())
}

pub(super) fn ramachandran<B: DrawingBackend<ErrorType: 'static>>(
    area: &Area<B>,
    figure: &RamachandranFigure,
    scale: f64,
) -> Result<(), FigureError> {
    if figure.points.is_empty() && figure.density.max().is_none() {
        return Err(FigureError::Empty("dihedral angles"));
    }
    let mut chart = ChartBuilder::on(area)
        .margin(18.0 * scale)
        .x_label_area_size(46.0 * scale)
        .y_label_area_size(64.0 * scale)
        .build_cartesian_2d(-180.0..180.0f64, -180.0..180.0f64)
        .map_err(failed)?;
    chart
        .configure_mesh()
        .disable_mesh()
        .x_labels(7)
        .y_labels(7)
        .x_label_formatter(&|v| format!("{v:.0}"))
        .y_label_formatter(&|v| format!("{v:.0}"))
        .x_desc("φ (°)")
        .y_desc("ψ (°)")
        .label_style(text(scale, 15.0))
        .axis_desc_style(text(scale, 18.0))
        .draw()
        .map_err(failed)?;
    let top = figure.density.max().unwrap_or(1.0);
    if let Some(regions) = &figure.reference_regions {
        chart.draw_series(cells(regions, region_grey)).map_err(failed)?;
    }
    chart
        .draw_series(cells(&figure.density, |value| {
            // Square root: rare regions stay visible beside the dominant basin.
            let fraction = (value / top).sqrt();
            RGBColor(
                (232.0 - 190.0 * fraction) as u8,
                (240.0 - 138.0 * fraction) as u8,
                (250.0 - 50.0 * fraction) as u8,
            )
        }))
        .map_err(failed)?;
    let mut classes = 0;
    for (class, shape, color) in CLASSES {
        let of_class: Vec<(f64, f64)> = figure
            .points
            .iter()
            .filter(|point| point.class == class)
            .map(|point| (point.phi_degrees, point.psi_degrees))
            .collect();
        if of_class.is_empty() {
            continue;
        }
        classes += 1;
        let style = color.filled();
        let size = pen(scale, 5.5) as i32;
        chart
            .draw_series(of_class.iter().map(|&at| EmptyElement::at(at) + shape.marker(size, style)))
            .map_err(failed)?
            .label(class)
            .legend(move |at| EmptyElement::at(at) + shape.marker(size, style));
    }
    if let Some(regions) = figure.reference_regions.as_ref().filter(|regions| regions.max().is_some()) {
        let side = pen(scale, 6.0) as i32;
        let [dark, border] = [region_grey(3.0), RGBColor(0x80, 0x89, 0x95)];
        chart
            .draw_series(cells(regions, region_grey).take(0))
            .map_err(failed)?
            .label("Molecular dynamics")
            .legend(move |(x, y)| {
                EmptyElement::at((x, y))
                    + Rectangle::new([(-side, -side), (side, side)], dark.filled())
                    + Rectangle::new([(-side, -side), (side, side)], border)
            });
        classes += 1;
    }
    if classes > 0 {
        chart
            .configure_series_labels()
            .position(SeriesLabelPosition::UpperRight)
            .margin((8.0 * scale) as i32)
            .legend_area_size((18.0 * scale) as i32)
            .background_style(WHITE.mix(0.86))
            .border_style(RGBColor(0xd9, 0xde, 0xe6))
            .label_font(text(scale, 14.0))
            .draw()
            .map_err(failed)?;
    }
    Ok(())
}

/// Residue classes with their markers and colors, as the window draws them.
const CLASSES: [(&str, Marker, RGBColor); 4] = [
    ("General", Marker::Circle, RGBColor(0xd9, 0x52, 0x0c)),
    ("Glycine", Marker::Triangle, RGBColor(0x1b, 0x84, 0x55)),
    ("Proline", Marker::Square, RGBColor(0xc4, 0x2b, 0x2b)),
    ("Pre-proline", Marker::Diamond, RGBColor(0x9a, 0x67, 0x00)),
];

#[derive(Clone, Copy)]
enum Marker {
    Circle,
    Triangle,
    Square,
    Diamond,
}

impl Marker {
    /// The outline about a point, pixels, y downwards.
    fn marker(self, size: i32, style: ShapeStyle) -> Polygon<(i32, i32)> {
        let corners = match self {
            Marker::Circle => {
                let corner = |k: i32| {
                    let angle = f64::from(k) * std::f64::consts::TAU / 20.0;
                    let along = |part: f64| (f64::from(size) * part).round() as i32;
                    (along(angle.cos()), along(angle.sin()))
                };
                (0..20).map(corner).collect()
            }
            Marker::Triangle => vec![(0, -size), (size, size), (-size, size)],
            Marker::Square => vec![(-size, -size), (size, -size), (size, size), (-size, size)],
            Marker::Diamond => vec![(0, -size - 1), (size + 1, 0), (0, size + 1), (-size - 1, 0)],
        };
        Polygon::new(corners, style)
    }
}

pub(super) fn free_energy<B: DrawingBackend<ErrorType: 'static>>(
    area: &Area<B>,
    figure: &FreeEnergyFigure,
    scale: f64,
) -> Result<(), FigureError> {
    let grid = &figure.free_energy_kt;
    let Some(top) = grid.max() else { return Err(FigureError::Empty("free energies")) };
    let top = top.max(1e-6);
    let (width, _) = area.dim_in_pixel();
    let bar_width = (104.0 * scale) as u32;
    let (map, bar) = area.split_horizontally(width.saturating_sub(bar_width));
    let mut chart = ChartBuilder::on(&map)
        .caption(&figure.basis, text(scale, 15.0))
        .margin(14.0 * scale)
        .x_label_area_size(46.0 * scale)
        .y_label_area_size(58.0 * scale)
        .build_cartesian_2d(
            widened(grid.x_range[0], grid.x_range[1], 0.0),
            widened(grid.y_range[0], grid.y_range[1], 0.0),
        )
        .map_err(failed)?;
    chart
        .configure_mesh()
        .disable_mesh()
        .x_desc(&figure.axes[0])
        .y_desc(&figure.axes[1])
        .label_style(text(scale, 15.0))
        .axis_desc_style(text(scale, 18.0))
        .draw()
        .map_err(failed)?;
    if let Some(regions) = &figure.reference_regions {
        chart.draw_series(cells(regions, region_grey)).map_err(failed)?;
    }
    chart.draw_series(cells(grid, |value| rgb(value / top))).map_err(failed)?;
    let line = ShapeStyle { color: WHITE.mix(0.7), filled: false, stroke_width: pen(scale, 1.2) };
    for (_, points) in &figure.contours {
        let points = points.iter().map(|point| (point[0], point[1]));
        chart.draw_series(LineSeries::new(points, line)).map_err(failed)?;
    }
    for basin in &figure.basins {
        let [x, y] = basin.minimum;
        let label = format!(
            "{} {}",
            basin.letter,
            equijump_engine::observe::landscape::percent(basin.population, basin.population_error)
        );
        // Near the right edge the words stand to the left of the point.
        let right = x > 0.75 * grid.x_range[1] + 0.25 * grid.x_range[0];
        let at = if right { HPos::Right } else { HPos::Left };
        let words = text(scale, 15.0).color(&WHITE).pos(Pos::new(at, VPos::Bottom));
        chart.draw_series(std::iter::once(Text::new(label, (x, y), words))).map_err(failed)?;
    }

    // The margins make the bar as tall as the map beside it, below its caption.
    color_bar(&bar, (0.0, top), "Free energy (kT)", scale, (44.0, 60.0), rgb)
}

/// Grey of the regions of molecular dynamics, darker for the inner ones.
fn region_grey(region: f64) -> RGBColor {
    let grey = (244.0 - 14.0 * region) as u8;
    RGBColor(grey, grey, grey)
}
