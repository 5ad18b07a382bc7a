//! Free energy on two coordinates, the frame shown marked. Click to go to the nearest frame, drag a rectangle to play
//! only the frames in it; scroll to zoom, drag with the right or middle button to move the map. With the keyboard in it
//! arrows move it, plus and minus zoom, and 0 shows the whole map.

use std::sync::Arc;

use egui::{PointerButton, Role, WidgetInfo};
use egui_plot::{Line, Plot, PlotBounds, PlotPoint, PlotPoints, PlotTransform, Points};

use equijump_engine::observe::landscape::{
    Coordinate, FrameGroup, Landscape, LandscapeMap, MapSelection, MapSettings, percent,
};

use super::heat_map::{
    HeatMapTexture, axis_x, axis_y, color_bar, region_color, title_below, title_that_fits, titles_inside,
    x_marks, y_marks,
};
use super::{PaneContext, context_menu, empty_state, map_settings};
use crate::figures::color_map::viridis;
use crate::window::action::Action;
use crate::window::focus::map_keys;
use crate::window::kept_map::MapLayers;
use crate::window::numbers::grouped;
use crate::window::theme;

/// Points of a path at most: more are one tangle.
const PATH_POINTS: usize = 1500;
/// Least and largest part of the map's width that can be looked at.
const SMALLEST_VIEW: f64 = 1e-3;
const LARGEST_VIEW: f64 = 20.0;
/// A key brings the map nearer by this factor, or moves it by this part of what is looked at.
const KEY_ZOOM: f64 = 1.25;
const KEY_MOVE: f64 = 0.1;

/// What the pane keeps between passes.
pub struct FreeEnergyState {
    /// Whether the settings are unfolded.
    pub(super) settings_shown: bool,
    /// What is drawn over the map.
    pub layers: MapLayers,
    /// The part that is looked at; `None` for all of the map.
    view: Option<PlotBounds>,
    /// The axes that the view belongs to.
    axes: [Coordinate; 2],
    map: HeatMapTexture,
    regions: HeatMapTexture,
    /// The basin under the pointer when its menu was opened.
    menu_basin: Option<usize>,
    /// Which map the texture shows, by where it lies and how often it changed.
    shown: (usize, u64),
}

impl Default for FreeEnergyState {
    fn default() -> Self {
        Self {
            settings_shown: false,
            layers: MapLayers::default(),
            view: None,
            axes: MapSettings::default().axes,
            map: HeatMapTexture::default(),
            regions: HeatMapTexture::default(),
            menu_basin: None,
            shown: (0, 0),
        }
    }
}

impl FreeEnergyState {
    /// Shows all of the map: it is of another molecule.
    pub(in crate::window) fn show_whole(&mut self) {
        self.view = None;
    }
}

fn color(fraction: f64) -> egui::Color32 {
    let [r, g, b] = viridis(fraction);
    egui::Color32::from_rgb(r, g, b)
}

pub(super) fn ui(ui: &mut egui::Ui, context: &mut PaneContext<'_>) {
    let map = match &context.observations.landscape {
        Landscape::Map(map) => map.clone(),
        Landscape::NotYet(reason) => {
            header_ui(ui, context, None);
            return empty_state(ui, "No map yet", &reason.to_string());
        }
        Landscape::Waiting => {
            let advice = match context.project.opened {
                Some(_) => "Press Simulate to see which conformations the chain prefers.",
                None => "Open a structure or a trajectory to see which conformations the chain prefers.",
            };
            return empty_state(ui, "No map yet", advice);
        }
    };
    header_ui(ui, context, Some(&map));
    let colors = context.palette();
    let grid = &map.free_energy_kt;
    let top = grid.max().unwrap_or(1.0).max(1e-6);
    let state = &mut context.cache.free_energy;
    let here = Arc::as_ptr(&map) as usize;
    if state.shown.0 != here {
        state.shown = (here, state.shown.1 + 1);
    }
    if state.axes != map.settings.axes {
        state.axes = map.settings.axes;
        state.view = None;
    }
    let options =
        if map.settings.smooth { egui::TextureOptions::LINEAR } else { egui::TextureOptions::NEAREST };
    let revision = (state.shown.1, context.dark_mode);
    let image = state.map.image(ui.ctx(), "free energy", grid, revision, options, |value| color(value / top));
    let reference = context.observations.reference.as_ref().filter(|_| map.has_reference_regions());
    // What is drawn below the map of a young run may be far wider.
    let regions = reference.map(|reference| reference.landscape_regions.x_range);
    let widths = [Some(grid.x_range), regions].into_iter().flatten().map(|[low, high]| high - low);
    let width = widths.fold(0.0, f64::max);
    let reference = reference.and_then(|reference| {
        let dark_mode = context.dark_mode;
        let revision = (Arc::as_ptr(reference) as u64, dark_mode);
        let linear = egui::TextureOptions::LINEAR;
        let grid = &reference.landscape_regions;
        let color = |region| region_color(region, dark_mode);
        state.regions.image(ui.ctx(), "landscape of MD", grid, revision, linear, color)
    });
    let (view, with_contours, with_basins, with_path) =
        (state.view, state.layers.contours, state.layers.basins, state.layers.path);
    let others = if map.shared_coordinates { other_runs(context, &map) } else { Vec::new() };
    let letters = context.project.basin_letters(&map);
    let replica = context.project.run.as_ref().map_or(0, |run| run.replica);
    let path = if with_path { map.path(replica, PATH_POINTS) } else { Vec::new() };
    let present = context.details.and_then(|details| details.on_map);

    const BAR_WIDTH: f32 = 46.0;
    let size = ui.available_size();
    let area = ui.available_rect_before_wrap();
    let [across, up] = map.settings.axes.map(Coordinate::label);
    let (below, beside) = (title_below(ui, &across), title_that_fits(&up, size.y - 40.0));
    let response = Plot::new("free-energy")
        .allow_drag(false)
        .allow_scroll(false)
        .allow_zoom(false)
        .allow_boxed_zoom(false)
        .allow_double_click_reset(false)
        .set_margin_fraction(egui::vec2(0.02, 0.02))
        .custom_x_axes(vec![axis_x(below)])
        .custom_y_axes(vec![axis_y(beside)])
        .x_grid_spacer(x_marks)
        .y_grid_spacer(y_marks)
        .width((size.x - BAR_WIDTH).max(60.0))
        .height(size.y)
        .show_grid([false, false])
        .label_formatter(|_| None)
        .sense(egui::Sense::click_and_drag())
        .show(ui, |plot| {
            match view {
                Some(bounds) => plot.set_plot_bounds(bounds),
                None => plot.set_auto_bounds(true),
            }
            for image in [reference, image].into_iter().flatten() {
                plot.image(image);
            }
            if path.len() > 1 {
                let line = Line::new("Path", PlotPoints::from(path))
                    .color(colors.cursor.gamma_multiply(0.55))
                    .width(1.0)
                    .allow_band(false)
                    .allow_hover(false);
                plot.line(line);
            }
            if let Some([x, y]) = present {
                // A ring in the ground's color keeps the mark visible on every color of the map.
                let ring = Points::new("Frame shown", vec![[x, y]]).radius(7.0).allow_hover(false);
                plot.points(ring.color(colors.plot_background));
                let mark = Points::new("Frame shown", vec![[x, y]]).radius(5.0).allow_hover(false);
                plot.points(mark.color(colors.cursor));
            }
        });
    let bar = egui::Rect::from_min_max(
        egui::pos2(area.right() - BAR_WIDTH + 10.0, response.response.rect.top()),
        egui::pos2(area.right(), response.response.rect.bottom()),
    );
    color_bar(ui, bar, "kT", top, color);
    titles_inside(ui, *response.transform.frame(), [(&across, below), (&up, beside)]);
    if with_contours {
        contours_ui(ui, &map, &response.transform);
    }
    for (color, other) in &others {
        other_run_ui(ui, *color, other, &response.transform);
    }
    if with_basins {
        basins_ui(ui, &map, &letters, &response.transform);
    }
    let plot = response.response;
    plot.widget_info(|| WidgetInfo::labeled(Role::GraphicsObject, true, "Free-energy map"));
    navigate(ui, &plot, &response.transform, width, &mut context.cache.free_energy.view);
    choose_ui(ui, context, &map, &letters, &plot, &response.transform);
}

/// The line above the map: what it shows or what is selected, and its settings.
fn header_ui(ui: &mut egui::Ui, context: &mut PaneContext<'_>, map: Option<&LandscapeMap>) {
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        let state = &mut context.cache.free_energy;
        let tooltip = "Coordinates, smoothing, contours, basins, the path of the run";
        let settings = egui::Button::selectable(state.settings_shown, "Map settings").small();
        if ui.add(settings).on_hover_text(tooltip).clicked() {
            state.settings_shown = !state.settings_shown;
        }
        if map.is_some()
            && state.view.is_some()
            && ui.small_button("Whole map").on_hover_text("Show all of the map again").clicked()
        {
            state.view = None;
        }
        let Some(map) = map else { return };
        if context.map_selection.is_some() || context.frame_group.is_some() {
            return selection_ui(ui, context);
        }
        let mut tooltip = map.caption();
        if map.has_reference_regions()
            && let Some(reference) = &context.observations.reference
        {
            tooltip += &format!(
                ". Grey: where molecular dynamics goes (the inner 50, 90 and 99 % of it). {}",
                reference.description
            );
        }
        if map.shared_coordinates && context.runs_beside().next().is_some() {
            tooltip += ". Colored lines: other runs, in the colors of the list of runs";
        }
        ui.add(egui::Label::new(egui::RichText::new(&map.basis).small().weak()).truncate())
            .on_hover_text(tooltip);
    });
    if context.cache.free_energy.settings_shown {
        map_settings::ui(ui, context, map);
    }
}

/// Lines of equal free energy.
fn contours_ui(ui: &egui::Ui, map: &LandscapeMap, transform: &PlotTransform) {
    let painter = ui.painter().with_clip_rect(*transform.frame());
    let stroke = egui::Stroke::new(1.0, egui::Color32::from_white_alpha(150));
    for contour in &map.contours {
        let points = contour.points.iter();
        let points = points.map(|[x, y]| transform.position_from_point(&PlotPoint::new(*x, *y)));
        painter.add(egui::Shape::line(points.collect(), stroke));
    }
}

/// Another run over the map of this one: the innermost and the outermost of its contours, for more would hide the map; of
/// bins, which have no contours, a few faint dots.
fn other_run_ui(ui: &egui::Ui, color: egui::Color32, map: &LandscapeMap, transform: &PlotTransform) {
    let painter = ui.painter().with_clip_rect(*transform.frame());
    let place = |[x, y]: [f64; 2]| transform.position_from_point(&PlotPoint::new(x, y));
    if map.contours.is_empty() {
        const MOST_POINTS: usize = 400;
        let step = map.projections.len().div_ceil(MOST_POINTS).max(1);
        for point in map.projections.iter().step_by(step) {
            painter.circle_filled(place(point.at.map(f64::from)), 1.0, color.gamma_multiply(0.6));
        }
        return;
    }
    let level = |choose: fn(f64, f64) -> f64| map.contours.iter().map(|line| line.level_kt).reduce(choose);
    let (inner, outer) = (level(f64::min), level(f64::max));
    for line in map.contours.iter().filter(|line| [inner, outer].contains(&Some(line.level_kt))) {
        let points: Vec<egui::Pos2> = line.points.iter().map(|point| place(*point)).collect();
        // It is seen on every color of the map.
        let ground = egui::Stroke::new(3.0, egui::Color32::from_black_alpha(110));
        painter.add(egui::Shape::line(points.clone(), ground));
        painter.add(egui::Shape::line(points, egui::Stroke::new(1.5, color)));
    }
}

/// Letters, shares and errors of the basins.
fn basins_ui(ui: &egui::Ui, map: &LandscapeMap, letters: &[char], transform: &PlotTransform) {
    let painter = ui.painter().with_clip_rect(*transform.frame());
    let font = theme::semibold(11.0);
    let mut taken: Vec<egui::Rect> = Vec::new();
    let frame = transform.frame();
    let place = |x, y| transform.position_from_point(&PlotPoint::new(x, y));
    for ((letter, basin), [across, up]) in letters.iter().zip(&map.basins.list).zip(map.basin_ranges()) {
        let [x, y] = basin.minimum;
        let on_screen = egui::Rect::from_two_pos(place(across[0], up[0]), place(across[1], up[1]));
        let text = format!("{letter} {}", percent(basin.population, basin.population_error));
        let mut words = painter.layout_no_wrap(text, font.clone(), egui::Color32::WHITE);
        let mut at = place(x, y);
        if on_screen.width() < words.size().x {
            // Words would hide a basin that is smaller than they are: the pointer tells its share.
            words = painter.layout_no_wrap(letter.to_string(), font.clone(), egui::Color32::WHITE);
            at.y = at.y.min(on_screen.top() + 4.0);
        }
        // Kept inside the plot as long as the basin itself is.
        if !frame.contains(place(x, y)) {
            continue;
        }
        let half = words.size() / 2.0;
        let low = frame.min + half + egui::vec2(4.0, 4.0);
        let high = (frame.max - half - egui::vec2(4.0, 4.0)).max(low);
        let rect = egui::Rect::from_center_size((at - egui::vec2(0.0, 12.0)).clamp(low, high), words.size());
        // In a small map the larger basins, which come first, keep their words.
        let ground = rect.expand2(egui::vec2(4.0, 1.0));
        if ground.height() > frame.height() || taken.iter().any(|other| other.intersects(ground)) {
            continue;
        }
        taken.push(ground);
        painter.rect_filled(ground, 3.0, egui::Color32::from_black_alpha(150));
        painter.galley(rect.min, words, egui::Color32::WHITE);
    }
}

/// Zooms about the pointer and moves the map.
fn navigate(
    ui: &egui::Ui,
    plot: &egui::Response,
    transform: &PlotTransform,
    map_width: f64,
    view: &mut Option<PlotBounds>,
) {
    let bounds = *transform.bounds();
    let mut zoom = |factor: f64, at: [f64; 2]| {
        let scaled = |low: f64, high: f64, at: f64| (at - (at - low) / factor, at + (high - at) / factor);
        let ([x0, y0], [x1, y1]) = (bounds.min(), bounds.max());
        let ((x0, x1), (y0, y1)) = (scaled(x0, x1, at[0]), scaled(y0, y1, at[1]));
        let width = x1 - x0;
        if width > SMALLEST_VIEW * map_width && width < LARGEST_VIEW * map_width {
            *view = Some(PlotBounds::from_min_max([x0, y0], [x1, y1]));
        }
    };
    if let Some(pointer) = plot.hover_pos() {
        let (scrolled, pinched) = ui.input(|input| (input.smooth_scroll_delta().y, input.zoom_delta()));
        let factor = f64::from(pinched) * (f64::from(scrolled) * 0.004).exp();
        if (factor - 1.0).abs() > 1e-6 {
            let at = transform.value_from_position(pointer);
            zoom(factor, [at.x, at.y]);
        }
    }
    let keys = map_keys(ui, plot);
    if keys.nearer != 0 {
        let center = bounds.center();
        zoom(KEY_ZOOM.powi(keys.nearer as i32), [center.x, center.y]);
    }
    if (keys.right, keys.up) != (0, 0) {
        let mut to = bounds;
        let part = |steps: isize, side: f64| KEY_MOVE * steps as f64 * side;
        to.translate((part(keys.right, bounds.width()), part(keys.up, bounds.height())));
        *view = Some(to);
    }
    if plot.dragged_by(PointerButton::Secondary) || plot.dragged_by(PointerButton::Middle) {
        let delta = plot.drag_delta();
        let frame = transform.frame();
        let moved = (
            -f64::from(delta.x / frame.width().max(1.0)) * bounds.width(),
            f64::from(delta.y / frame.height().max(1.0)) * bounds.height(),
        );
        let mut to = bounds;
        to.translate(moved);
        *view = Some(to);
    }
    if plot.double_clicked() || keys.whole {
        *view = None;
    }
}

/// Clicks, rectangles, and what lies under the pointer.
fn choose_ui(
    ui: &egui::Ui,
    context: &mut PaneContext<'_>,
    map: &LandscapeMap,
    letters: &[char],
    plot: &egui::Response,
    transform: &PlotTransform,
) {
    let colors = context.palette();
    let point = |place: egui::Pos2| {
        let at = transform.value_from_position(place);
        [at.x, at.y]
    };
    let primary = plot.dragged_by(PointerButton::Primary) || plot.drag_stopped_by(PointerButton::Primary);
    let dragged = plot
        .interact_pointer_pos()
        .filter(|_| primary)
        .and_then(|pointer| Some((ui.input(|input| input.pointer.press_origin())?, pointer)))
        .map(|(from, to)| MapSelection::between(point(from), point(to)));
    if let Some(selection) = dragged.or(context.map_selection) {
        let corner = |x, y| transform.position_from_point(&PlotPoint::new(x, y));
        let rect = egui::Rect::from_two_pos(
            corner(selection.x[0], selection.y[0]),
            corner(selection.x[1], selection.y[1]),
        );
        let painter = ui.painter().with_clip_rect(*transform.frame());
        painter.rect_filled(rect, 2.0, colors.cursor.gamma_multiply(0.12));
        let stroke = egui::Stroke::new(1.5, colors.cursor);
        painter.rect_stroke(rect, 2.0, stroke, egui::StrokeKind::Inside);
    }
    if let Some(selection) = dragged {
        // Follows the drag, so that the number of frames in it is seen.
        if plot.drag_stopped() || context.map_selection != Some(selection) {
            context.actions.push(Action::SelectOnMap(Some(selection)));
        }
    }
    let replica = context.project.run.as_ref().map_or(0, |run| run.replica);
    let replicas =
        context.project.run.as_ref().and_then(|run| run.info.as_ref()).map_or(1, |info| info.replicas);
    let basin_at = |pointer: egui::Pos2| {
        let [x, y] = point(pointer);
        map.basin_of(x, y)
    };
    let group = |basin: usize| {
        let frames = map.frames_in_basin(basin, replicas).into();
        FrameGroup { name: format!("basin {}", letters[basin]), frames }
    };
    // By key it is that of the frame shown.
    if plot.has_focus() && !egui::Popup::is_any_open(ui.ctx()) {
        let shown = context.details.and_then(|details| details.on_map);
        context.cache.free_energy.menu_basin = shown.and_then(|[x, y]| map.basin_of(x, y));
    }
    if let Some(pointer) = plot.hover_pos().filter(|_| plot.secondary_clicked()) {
        context.cache.free_energy.menu_basin = basin_at(pointer);
    }
    context_menu::of(plot, |ui| {
        let basin = context.cache.free_energy.menu_basin.filter(|basin| *basin < map.basins.list.len());
        if let Some(basin) = basin
            && ui.button(format!("Play the frames of basin {}", letters[basin])).clicked()
        {
            context.actions.push(Action::PlayGroup(Some(group(basin))));
            ui.close();
        }
        let some = context.map_selection.is_some() || context.frame_group.is_some();
        if some && ui.button("Play all frames").clicked() {
            context.actions.push(all_frames(context.frame_group.is_some()));
            ui.close();
        }
        let state = &mut context.cache.free_energy;
        if ui.add_enabled(state.view.is_some(), egui::Button::new("Show the whole map")).clicked() {
            state.view = None;
            ui.close();
        }
        if ui.button("Settings of the map").clicked() {
            state.settings_shown = true;
            ui.close();
        }
        ui.separator();
        context_menu::commands_ui(ui, context.actions, &context_menu::OF_PLOTS);
    });
    if let Some(pointer) = plot.interact_pointer_pos().filter(|_| plot.clicked()) {
        let [x, y] = point(pointer);
        if let Some((frame, of_replica)) = map.nearest_frame(x, y, replica) {
            if of_replica != replica {
                context.actions.push(Action::ShowReplica(of_replica));
            }
            context.actions.push(Action::GoToFrame(frame));
        }
        // With Shift the whole basin is played.
        if ui.input(|input| input.modifiers.shift)
            && let Some(basin) = basin_at(pointer)
        {
            context.actions.push(Action::PlayGroup(Some(group(basin))));
        }
    }
    if let Some(pointer) = plot.hover_pos() {
        let [x, y] = point(pointer);
        let grid = &map.free_energy_kt;
        let value = grid.bin_of(x, y).map(|bin| grid.values[bin]).filter(|value| value.is_finite());
        let mut text = match value {
            Some(value) => format!("{value:.2} kT"),
            None => "No frame fell here".to_owned(),
        };
        if let Some(index) = basin_at(pointer) {
            let basin = &map.basins.list[index];
            text += &format!(
                "\nBasin {}: {} of the frames, {} visits. Shift and click to play its frames",
                letters[index],
                percent(basin.population, basin.population_error),
                grouped(basin.visits as u64)
            );
        }
        text += "\nClick to show the nearest frame, drag to play only those in a rectangle, scroll to zoom";
        plot.clone().on_hover_text_at_pointer(text);
    }
}

/// The way back from a group of frames, or from a rectangle, to all.
fn all_frames(of_group: bool) -> Action {
    if of_group { Action::PlayGroup(None) } else { Action::SelectOnMap(None) }
}

/// How many frames are selected, and the way back to all.
fn selection_ui(ui: &mut egui::Ui, context: &mut PaneContext<'_>) {
    if ui.small_button("All frames").on_hover_text("Play and step through all frames again").clicked() {
        context.actions.push(all_frames(context.frame_group.is_some()));
    }
    let of = grouped(context.timeline.frame_count() as u64);
    let mut text = match context.timeline.subset() {
        Some(frames) => format!("{} of {of} frames selected", grouped(frames.len() as u64)),
        None => "No frames in the selection".to_owned(),
    };
    if let Some(group) = context.frame_group {
        text += &format!(": {}", group.name);
    }
    ui.add(egui::Label::new(egui::RichText::new(text).small()).truncate())
        .on_hover_text("Playing and stepping visit only these frames");
}

/// The maps of the other runs of the protein on the same coordinates, each with the run's color.
fn other_runs(context: &PaneContext<'_>, own: &LandscapeMap) -> Vec<(egui::Color32, Arc<LandscapeMap>)> {
    context
        .runs_beside()
        .filter_map(|other| {
            let Landscape::Map(map) = &other.observations.landscape else { return None };
            let alike = map.shared_coordinates && map.settings.axes == own.settings.axes;
            // Over any map bright colors are seen.
            alike.then(|| (theme::run_color(other.run.number, true), map.clone()))
        })
        .collect()
}
