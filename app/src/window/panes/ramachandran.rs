//! Backbone dihedrals of the frame shown over the density of the run. Hover names the residue.

use egui::{Role, WidgetInfo};
use egui_plot::{MarkerShape, Plot, PlotPoint, Points};

use super::heat_map::{axis_x, axis_y, region_color, title_below, titles_inside};
use super::{PaneContext, context_menu, empty_state};
use crate::figures::{Grid2, ResiduePoint};
use crate::window::action::Action;
use crate::window::theme::{self, Palette};

/// Residue classes of the plot, each with its own marker.
const CLASSES: [(&str, MarkerShape); 4] = [
    ("General", MarkerShape::Circle),
    ("Glycine", MarkerShape::Up),
    ("Proline", MarkerShape::Square),
    ("Pre-proline", MarkerShape::Diamond),
];

fn class_color(class: &str, colors: &Palette) -> egui::Color32 {
    match class {
        "Glycine" => colors.good,
        "Proline" => colors.bad,
        "Pre-proline" => colors.warn,
        _ => colors.cursor,
    }
}

/// A lower pane has no room for a legend, points.
const LEAST_HEIGHT_WITH_LEGEND: f32 = 110.0;

pub(super) fn ui(ui: &mut egui::Ui, context: &mut PaneContext<'_>) {
    let Some(details) = context.details else {
        return empty_state(ui, "No structure", "Open a structure to see its backbone angles.");
    };
    let colors = context.palette();
    let points = &details.dihedrals;
    let has_reference = context.observations.reference.is_some();
    let others = other_runs(context);
    // Before the legend, which may be wider than a narrow pane.
    let width = ui.available_width();
    if ui.available_height() > LEAST_HEIGHT_WITH_LEGEND {
        legend(ui, points, &colors, has_reference, &others);
    }
    let density = context.observations.dihedral_density.as_ref();
    let top = density.and_then(|grid| grid.max()).unwrap_or(1.0).max(1e-12);
    let tint = colors.series;
    let image = density.and_then(|grid| {
        let revision = (context.observations.revision, context.dark_mode);
        // Square root: rare regions stay visible beside the dominant basin.
        let nearest = egui::TextureOptions::NEAREST;
        context.cache.dihedral_density.image(ui.ctx(), "dihedral density", grid, revision, nearest, |value| {
            tint.gamma_multiply(0.12 + 0.78 * (value / top).sqrt() as f32)
        })
    });
    let reference = context.observations.reference.as_ref().and_then(|reference| {
        let dark_mode = context.dark_mode;
        // The pointer tells references apart: each protein has its own allocation.
        let revision = (std::sync::Arc::as_ptr(reference) as u64, dark_mode);
        let linear = egui::TextureOptions::LINEAR;
        let grid = &reference.dihedral_regions;
        let color = |region| region_color(region, dark_mode);
        context.cache.dihedral_regions.image(ui.ctx(), "dihedrals of MD", grid, revision, linear, color)
    });
    let selected = context.selected_atom.and_then(|atom| {
        let topology = &context.project.opened.as_ref()?.structure.topology;
        topology.atoms().get(atom).map(|atom| atom.residue)
    });
    let across = title_below(ui, "φ (°)");
    let response = Plot::new("ramachandran")
        .allow_drag(false)
        .allow_scroll(false)
        .allow_zoom(false)
        .allow_boxed_zoom(false)
        .allow_double_click_reset(false)
        .default_x_bounds(-180.0, 180.0)
        .default_y_bounds(-180.0, 180.0)
        .custom_x_axes(vec![axis_x(across).formatter(angle_label)])
        .custom_y_axes(vec![axis_y("ψ (°)").formatter(angle_label)])
        .x_grid_spacer(angle_marks)
        .y_grid_spacer(angle_marks)
        .width(width)
        .grid_color(colors.hairline)
        .label_formatter(|_| None)
        .show(ui, |plot| {
            for image in [reference, image].into_iter().flatten() {
                plot.image(image);
            }
            if let Some(point) = points.iter().find(|point| Some(point.index) == selected) {
                let at = vec![[point.phi_degrees, point.psi_degrees]];
                plot.points(
                    Points::new("Marked", at)
                        .radius(7.0)
                        .filled(false)
                        .color(colors.accent)
                        .allow_hover(false),
                );
            }
            for (class, shape) in CLASSES {
                let of_class: Vec<[f64; 2]> = points
                    .iter()
                    .filter(|point| point.class == class)
                    .map(|point| [point.phi_degrees, point.psi_degrees])
                    .collect();
                if !of_class.is_empty() {
                    plot.points(
                        Points::new(class, of_class)
                            .shape(shape)
                            .radius(3.6)
                            .filled(true)
                            .color(class_color(class, &colors))
                            .allow_hover(false),
                    );
                }
            }
        });
    for (color, outline) in &others {
        let painter = ui.painter().with_clip_rect(*response.transform.frame());
        let place = |[x, y]: [f64; 2]| response.transform.position_from_point(&PlotPoint::new(x, y));
        for ends in outline {
            painter.line_segment(ends.map(place), egui::Stroke::new(1.2, *color));
        }
    }
    titles_inside(ui, *response.transform.frame(), [("φ (°)", across), ("", "")]);
    let plot = response.response;
    plot.widget_info(|| WidgetInfo::labeled(Role::GraphicsObject, true, "Ramachandran plot"));
    context_menu::of_plot(&plot, context.actions);
    if let Some(opened) = &context.project.opened {
        let topology = &opened.structure.topology;
        context_menu::step_residues(ui, &plot, topology, context.selected_atom, context.actions);
    }
    if let Some(pointer) = plot.hover_pos() {
        const REACH: f32 = 10.0;
        let nearest = points
            .iter()
            .map(|point| {
                let at = PlotPoint::new(point.phi_degrees, point.psi_degrees);
                (point, response.transform.position_from_point(&at).distance(pointer))
            })
            .filter(|(_, distance)| *distance < REACH)
            .min_by(|a, b| a.1.total_cmp(&b.1));
        if let (true, Some((point, _)), Some(opened)) = (plot.clicked(), nearest, &context.project.opened) {
            let atom = opened.structure.topology.ca(point.index);
            context.actions.push(Action::SelectAtom(Some(atom)));
        }
        let text = match nearest {
            Some((point, _)) => format!(
                "{} ({})\nφ {:.0}°, ψ {:.0}°",
                point.residue,
                point.class.to_lowercase(),
                point.phi_degrees,
                point.psi_degrees
            ),
            None => {
                let at = response.transform.value_from_position(pointer);
                format!("φ {:.0}°, ψ {:.0}°", at.x, at.y)
            }
        };
        plot.on_hover_text_at_pointer(text);
    }
}

/// Marks every 90°.
fn angle_marks(_: egui_plot::GridInput) -> Vec<egui_plot::GridMark> {
    (-2..=2).map(|k| egui_plot::GridMark { value: f64::from(k) * 90.0, step_size: 90.0 }).collect()
}

/// No labels at the corners, where those of both axes would meet.
fn angle_label(mark: egui_plot::GridMark, _: &std::ops::RangeInclusive<f64>) -> String {
    if mark.value.abs() > 170.0 { String::new() } else { format!("{:.0}", mark.value) }
}

fn legend(
    ui: &mut egui::Ui,
    points: &[ResiduePoint],
    colors: &Palette,
    has_reference: bool,
    others: &[(egui::Color32, Vec<[[f64; 2]; 2]>)],
) {
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = egui::vec2(10.0, 0.0);
        for (class, _) in CLASSES {
            if points.iter().any(|point| point.class == class) {
                let color = class_color(class, colors);
                legend_entry(ui, class, |painter, center| {
                    painter.circle_filled(center, 3.6, color);
                });
            }
        }
        if has_reference {
            let color = region_color(4.0, ui.visuals().dark_mode);
            let entry = legend_entry(ui, "MD", |painter, center| {
                let rect = egui::Rect::from_center_size(center, egui::vec2(8.0, 8.0));
                painter.rect_filled(rect, 2.0, color);
            });
            entry.on_hover_text(
                "Grey: the angles of molecular dynamics of this protein (the inner 50, 90 and 99 % of them)",
            );
        }
        if let Some((color, _)) = others.first() {
            let entry = legend_entry(ui, "Other runs", |painter, center| {
                let rect = egui::Rect::from_center_size(center, egui::vec2(8.0, 8.0));
                painter.rect_stroke(rect, 0.0, egui::Stroke::new(1.2, *color), egui::StrokeKind::Inside);
            });
            entry.on_hover_text("Outlined in the color of each run: where half of its angles are");
        }
    });
}

/// A sign and its name, which stay together where the legend goes on with another line.
fn legend_entry(
    ui: &mut egui::Ui,
    name: &str,
    sign: impl FnOnce(&egui::Painter, egui::Pos2),
) -> egui::Response {
    let font = egui::TextStyle::Small.resolve(ui.style());
    let galley = ui.painter().layout_no_wrap(name.to_owned(), font, ui.visuals().text_color());
    let size = egui::vec2(14.0 + galley.size().x, galley.size().y.max(12.0));
    let (rect, response) = ui.allocate_exact_size(size, egui::Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, name));
    sign(ui.painter(), rect.left_center() + egui::vec2(5.0, 0.0));
    let corner = egui::pos2(rect.left() + 14.0, rect.center().y - 0.5 * galley.size().y);
    ui.painter().galley(corner, galley, ui.visuals().text_color());
    response
}

/// Where the other runs have been: the outline of the bins that hold half of their angles. Lines are no markers of
/// classes, whatever their color.
fn other_runs(context: &PaneContext<'_>) -> Vec<(egui::Color32, Vec<[[f64; 2]; 2]>)> {
    context
        .runs_beside()
        .filter_map(|other| {
            let grid = other.observations.dihedral_density.as_ref()?;
            Some((theme::run_color(other.run.number, context.dark_mode), outline(&smoothed(grid), 0.5)))
        })
        .collect()
}

/// The density spread over neighboring bins, around the ends of the scales: of some hundred frames most bins are hit by
/// chance, and each would have an outline of its own.
fn smoothed(grid: &Grid2) -> Grid2 {
    const WEIGHTS: [f64; 5] = [1.0, 2.0, 3.0, 2.0, 1.0];
    let reach = WEIGHTS.len() / 2;
    let along = |values: &[f64], count: usize, step: usize| -> Vec<f64> {
        let spread = |bin: usize| {
            let at = bin / step % count;
            let first = bin - at * step;
            let neighbor = |k: usize| values[first + (at + count + k - reach) % count * step];
            WEIGHTS.iter().enumerate().map(|(k, weight)| weight / 9.0 * neighbor(k)).sum()
        };
        (0..values.len()).map(spread).collect()
    };
    if grid.nx < WEIGHTS.len() || grid.ny < WEIGHTS.len() {
        return grid.clone();
    }
    let values: Vec<f64> =
        grid.values.iter().map(|value| if value.is_finite() { *value } else { 0.0 }).collect();
    let values = along(&along(&values, grid.nx, 1), grid.ny, grid.nx);
    Grid2 { values, ..grid.clone() }
}

/// The edges around the fullest bins of a density that hold `share` of it.
fn outline(grid: &Grid2, share: f64) -> Vec<[[f64; 2]; 2]> {
    let mut bins: Vec<(usize, f64)> =
        grid.values.iter().copied().enumerate().filter(|(_, value)| value.is_finite()).collect();
    bins.sort_by(|a, b| b.1.total_cmp(&a.1));
    let mut inside = vec![false; grid.values.len()];
    let mut held = 0.0;
    for (bin, value) in bins {
        if held >= share {
            break;
        }
        held += value;
        inside[bin] = true;
    }
    let holds = |x: Option<usize>, y: Option<usize>| match (x, y) {
        (Some(x), Some(y)) if x < grid.nx && y < grid.ny => inside[y * grid.nx + x],
        _ => false,
    };
    let edge = |range: [f64; 2], count: usize, at: usize| {
        range[0] + (range[1] - range[0]) * at as f64 / count.max(1) as f64
    };
    let corner = |x, y| [edge(grid.x_range, grid.nx, x), edge(grid.y_range, grid.ny, y)];
    let mut edges = Vec::new();
    for bin in (0..inside.len()).filter(|bin| inside[*bin]) {
        let (x, y) = (bin % grid.nx, bin / grid.nx);
        let sides = [
            (holds(x.checked_sub(1), Some(y)), corner(x, y), corner(x, y + 1)),
            (holds(Some(x + 1), Some(y)), corner(x + 1, y), corner(x + 1, y + 1)),
            (holds(Some(x), y.checked_sub(1)), corner(x, y), corner(x + 1, y)),
            (holds(Some(x), Some(y + 1)), corner(x, y + 1), corner(x + 1, y + 1)),
        ];
        edges.extend(sides.into_iter().filter(|(joined, ..)| !joined).map(|(_, from, to)| [from, to]));
    }
    edges
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outline_goes_around_the_bins_that_hold_half_of_a_density() {
        let nothing = f64::NAN;
        let values = vec![0.3, 0.3, 0.1, 0.1, 0.1, nothing, nothing, 0.1, nothing];
        let grid = Grid2 { x_range: [0.0, 3.0], y_range: [0.0, 3.0], nx: 3, ny: 3, values };
        let edges = outline(&grid, 0.5);
        assert_eq!(edges.len(), 6, "two bins beside each other: {edges:?}");
        assert!(edges.iter().flatten().all(|[x, y]| (0.0..=2.0).contains(x) && (0.0..=1.0).contains(y)));
    }

    #[test]
    fn a_density_is_spread_around_the_ends_of_its_scales_and_keeps_its_sum() {
        let mut values = vec![f64::NAN; 48];
        values[0] = 1.0;
        let grid = Grid2 { x_range: [-180.0, 180.0], y_range: [-180.0, 180.0], nx: 8, ny: 6, values };
        let spread = smoothed(&grid).values;
        assert!((spread.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        assert!((spread[0] - 1.0 / 9.0).abs() < 1e-12);
        assert!((spread[7] - spread[1]).abs() < 1e-12 && (spread[5 * 8] - spread[8]).abs() < 1e-12);
        assert_eq!(spread[3 * 8 + 4], 0.0);
    }
}
