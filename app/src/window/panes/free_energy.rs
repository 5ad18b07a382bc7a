//! Free energy on the two slowest coordinates, the frame shown marked. Click to go to the nearest frame, drag
//! a rectangle to play only the frames in it.

use egui::{Role, WidgetInfo};
use egui_plot::{Plot, PlotPoints, Points};

use super::heat_map::{axis_x, axis_y, colour_bar, region_colour, x_marks, y_marks};
use super::{PaneContext, empty_state};
use crate::figures::colour_map::viridis;
use crate::window::action::Action;
use crate::window::observations::{Landscape, MapSelection};
use crate::window::project::grouped;
use crate::window::theme;

fn colour(fraction: f64) -> egui::Color32 {
    let [r, g, b] = viridis(fraction);
    egui::Color32::from_rgb(r, g, b)
}

pub(super) fn ui(ui: &mut egui::Ui, context: &mut PaneContext<'_>) {
    let map = match &context.observations.landscape {
        Landscape::Map(map) => map.clone(),
        Landscape::NotYet(reason) => return empty_state(ui, "No map yet", reason),
        Landscape::Waiting => {
            return empty_state(
                ui,
                "No map yet",
                "Press Simulate to see which conformations the chain prefers.",
            );
        }
    };
    let colours = context.palette();
    let tooltip = match &context.observations.reference {
        Some(reference) => format!(
            "What the two coordinates were fitted to. Grey: where molecular dynamics goes (the inner 50, 90 \
             and 99 % of it). {}",
            reference.description
        ),
        None => "What the two coordinates were fitted to".to_owned(),
    };
    match context.map_selection {
        Some(_) => selection_ui(ui, context),
        None => {
            ui.add(egui::Label::new(egui::RichText::new(&map.basis).small().weak()).truncate())
                .on_hover_text(tooltip);
        }
    }
    let grid = &map.free_energy_kt;
    let top = grid.max().unwrap_or(1.0).max(1e-6);
    let revision = (context.observations.revision, context.dark_mode);
    let nearest = egui::TextureOptions::NEAREST;
    let image = context
        .cache
        .free_energy
        .image(ui.ctx(), "free energy", grid, revision, nearest, |value| colour(value / top));
    let reference = context.observations.reference.as_ref().and_then(|reference| {
        let dark_mode = context.dark_mode;
        let revision = (std::sync::Arc::as_ptr(reference) as u64, dark_mode);
        let linear = egui::TextureOptions::LINEAR;
        let grid = &reference.landscape_regions;
        let colour = |region| region_colour(region, dark_mode);
        context.cache.landscape_regions.image(ui.ctx(), "landscape of MD", grid, revision, linear, colour)
    });
    let others = if map.shared_coordinates { other_runs(context) } else { Vec::new() };
    let present = context.details.and_then(|details| details.tica);

    const BAR_WIDTH: f32 = 46.0;
    let size = ui.available_size();
    let area = ui.available_rect_before_wrap();
    let response = Plot::new("free-energy")
        .allow_drag(false)
        .allow_scroll(false)
        .allow_zoom(false)
        .allow_boxed_zoom(false)
        .set_margin_fraction(egui::vec2(0.02, 0.02))
        .custom_x_axes(vec![axis_x("TIC 1")])
        .custom_y_axes(vec![axis_y("TIC 2")])
        .x_grid_spacer(x_marks)
        .y_grid_spacer(y_marks)
        .width((size.x - BAR_WIDTH).max(60.0))
        .height(size.y)
        .show_grid([false, false])
        .label_formatter(|_| None)
        .sense(egui::Sense::click_and_drag())
        .show(ui, |plot| {
            for image in [reference, image].into_iter().flatten() {
                plot.image(image);
            }
            for (index, (colour, points)) in others.into_iter().enumerate() {
                let data = PlotPoints::from(points);
                plot.points(
                    Points::new(format!("Other run {index}"), data)
                        .radius(1.4)
                        .color(colour)
                        .allow_hover(false),
                );
            }
            if let Some([x, y]) = present {
                // A ring in the ground's colour keeps the mark visible on every colour of the map.
                let ring = Points::new("Frame shown", vec![[x, y]]).radius(7.0).allow_hover(false);
                plot.points(ring.color(colours.plot_background));
                let mark = Points::new("Frame shown", vec![[x, y]]).radius(5.0).allow_hover(false);
                plot.points(mark.color(colours.cursor));
            }
        });
    let bar = egui::Rect::from_min_max(
        egui::pos2(area.right() - BAR_WIDTH + 10.0, response.response.rect.top()),
        egui::pos2(area.right(), response.response.rect.bottom()),
    );
    colour_bar(ui, bar, "kT", top, colour);

    let plot = response.response;
    plot.widget_info(|| WidgetInfo::labeled(Role::GraphicsObject, true, "Free-energy map"));
    let point = |place: egui::Pos2| {
        let at = response.transform.value_from_position(place);
        [at.x, at.y]
    };
    let dragged = plot
        .interact_pointer_pos()
        .filter(|_| plot.dragged() || plot.drag_stopped())
        .and_then(|pointer| Some((ui.input(|input| input.pointer.press_origin())?, pointer)))
        .map(|(from, to)| MapSelection::between(point(from), point(to)));
    if let Some(selection) = dragged.or(context.map_selection) {
        let corner = |x, y| response.transform.position_from_point(&egui_plot::PlotPoint::new(x, y));
        let rect = egui::Rect::from_two_pos(
            corner(selection.x[0], selection.y[0]),
            corner(selection.x[1], selection.y[1]),
        );
        let painter = ui.painter().with_clip_rect(*response.transform.frame());
        painter.rect_filled(rect, 2.0, colours.cursor.gamma_multiply(0.12));
        let stroke = egui::Stroke::new(1.5, colours.cursor);
        painter.rect_stroke(rect, 2.0, stroke, egui::StrokeKind::Inside);
    }
    if let Some(selection) = dragged {
        // Follows the drag, so that the number of frames in it is seen.
        if plot.drag_stopped() || context.map_selection != Some(selection) {
            context.actions.push(Action::SelectOnMap(Some(selection)));
        }
    }
    if let Some(pointer) = plot.interact_pointer_pos().filter(|_| plot.clicked()) {
        let at = response.transform.value_from_position(pointer);
        let replica = context.project.run.as_ref().map_or(0, |run| run.replica);
        if let Some((frame, of_replica)) = map.nearest_frame(at.x, at.y, replica) {
            if of_replica != replica {
                context.actions.push(Action::ShowReplica(of_replica));
            }
            context.actions.push(Action::GoToFrame(frame));
        }
    }
    if let Some(pointer) = plot.hover_pos() {
        let at = response.transform.value_from_position(pointer);
        let value = grid.bin_of(at.x, at.y).map(|bin| grid.values[bin]).filter(|value| value.is_finite());
        let text = match value {
            Some(value) => {
                format!(
                    "{value:.2} kT\nClick to show the nearest frame, drag to play only those in a rectangle"
                )
            }
            None => "No frame fell here".to_owned(),
        };
        plot.on_hover_text_at_pointer(text);
    }
}

/// How many frames are selected, and the way back to all.
fn selection_ui(ui: &mut egui::Ui, context: &mut PaneContext<'_>) {
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        let of = grouped(context.timeline.frame_count() as u64);
        let text = match context.timeline.subset() {
            Some(frames) => format!("{} of {of} frames selected", grouped(frames.len() as u64)),
            None => "No frames in the selection".to_owned(),
        };
        ui.small(text).on_hover_text("Playing and stepping visit only these frames");
        if ui.small_button("All frames").on_hover_text("Play and step through all frames again").clicked() {
            context.actions.push(Action::SelectOnMap(None));
        }
    });
}

/// Frames of the other runs of the protein on the same coordinates, thinned to what the eye tells apart.
fn other_runs(context: &PaneContext<'_>) -> Vec<(egui::Color32, Vec<[f64; 2]>)> {
    const MOST_POINTS: usize = 1500;
    let Some(opened) = &context.project.opened else { return Vec::new() };
    let sequence = opened.structure.topology.sequence();
    let others = context.project.others.iter().filter(|other| other.run.in_plots);
    let same = others.filter(|other| other.opened.structure.topology.sequence() == sequence);
    same.filter_map(|other| {
        let Landscape::Map(map) = &other.observations.landscape else { return None };
        let step = map.projections.len().div_ceil(MOST_POINTS).max(1);
        let points = map.projections.iter().step_by(step).map(|point| point.tica.map(f64::from)).collect();
        Some((theme::run_color(other.run.number, context.dark_mode), points))
    })
    .collect()
}
