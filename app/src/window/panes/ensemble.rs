//! Clusters of the frames of a run, or of those selected: superposed structures of each, the frame in its middle bold.
//! Click one to go there and to play its frames.

use std::sync::Arc;

use egui::{Role, WidgetInfo};
use equijump_engine::analysis::{Cluster, FrameDistances, representatives, superposed_copy};
use equijump_engine::observe::landscape::{FrameGroup, percent};

use super::search::Search;
use super::{PaneContext, empty_state};
use crate::figures::color_map::viridis;
use crate::viewport::Camera;
use crate::window::action::Action;
use crate::window::focus::scroll_to_focus;
use crate::window::inquiry::Watch;
use crate::window::numbers::grouped;
use crate::window::project::Positions;
use crate::window::sampled_frames::SampledFrames;

/// Distances between 20 residues of longer chains.
const MAX_FEATURES: usize = 190;
/// Structures drawn of each cluster.
const MOST_TRACES: usize = 24;
const SEED: u64 = 7;

/// A cluster, ready to draw.
struct Shown {
    cluster: Cluster,
    /// Cα of some of its frames, superposed on the start structure, Å; that of the middle is the last.
    traces: Vec<Vec<[f32; 3]>>,
}

/// What was found.
struct Found {
    /// What was clustered, in words.
    what: String,
    frames: SampledFrames,
    clusters: Vec<Shown>,
}

impl Found {
    fn group(&self, index: usize) -> FrameGroup {
        let mut frames = vec![Vec::new(); self.frames.numbers.len()];
        for &member in &self.clusters[index].cluster.members {
            if let Some((replica, number)) = self.frames.frame(member) {
                frames[replica].push(number);
            }
        }
        FrameGroup { name: format!("cluster {}", index + 1), frames: Arc::new(frames) }
    }
}

/// What the pane keeps between passes.
pub struct EnsembleState {
    clusters: usize,
    search: Search<Found>,
}

impl Default for EnsembleState {
    fn default() -> Self {
        Self { clusters: 4, search: Search::default() }
    }
}

pub(super) fn ui(ui: &mut egui::Ui, context: &mut PaneContext<'_>) {
    let (Some(run), Some(opened)) = (&context.project.run, &context.project.opened) else {
        let advice =
            "Frames that look alike are grouped here, with one structure that stands for each group.";
        return empty_state(ui, "No run yet", advice);
    };
    let (number, replica) = (run.number, run.replica);
    let topology = opened.structure.topology.clone();
    let start: Positions = opened.structure.positions_angstrom.clone();
    let Some(history) = run.history().cloned().filter(|history| history.len() > 2) else {
        return empty_state(ui, "Too few frames", "Run some frames, then group those that look alike.");
    };
    let selected = selected_frames(context, history.replica_count(), replica);
    let camera = context.cache.molecule.viewport.camera();
    let state = &mut context.cache.ensemble;
    if state.search.ui(ui, number, "Comparing frames") {
        return;
    }
    ui.horizontal_wrapped(|ui| {
        let label = ui.label("Clusters");
        let drag = egui::DragValue::new(&mut state.clusters).range(1..=20).speed(0.05);
        ui.add(drag).labelled_by(label.id).on_hover_text("1 draws all frames over each other");
        let (text, tooltip) = match &selected {
            Some((name, _)) => {
                ("Group the selection", format!("k-means on the Cα distances of the frames of {name}"))
            }
            None => ("Group all frames", "k-means on the Cα distances of all frames".to_owned()),
        };
        if ui.button(text).on_hover_text(tooltip).clicked() {
            let (what, frames) = match &selected {
                Some((name, chosen)) => (name.clone(), SampledFrames::of(topology, history, chosen)),
                None => ("all frames".to_owned(), SampledFrames::all(topology, history)),
            };
            let clusters = state.clusters;
            state.search.start("clusters", number, ui.ctx(), move |watch| {
                find(what, frames, &start, clusters, watch)
            });
        }
    });
    let advice = "Group all frames puts those together that look alike. Select a basin or a rectangle in the map first to \
                  group only its frames.";
    let Some(found) = state.search.found_ui(ui, number, "No clusters yet", advice) else { return };
    let count = grouped(found.frames.count() as u64);
    let caption = match found.what.as_str() {
        "all frames" => format!("All {count} frames, turned as the molecule is"),
        what => format!("{count} frames of {what}, turned as the molecule is"),
    };
    ui.add(egui::Label::new(egui::RichText::new(caption).small().weak()).truncate()).on_hover_text(
        "k-means on Cα distances. Each picture has up to 24 frames of the cluster superposed on the start structure, the \
         one nearest to the mean distances in color from the first residue (dark) to the last. Shares have standard \
         errors from the time over which frames stay in a cluster.",
    );
    let shown = thumbnails_ui(ui, found, &camera, context.dark_mode);
    if let Some(index) = shown {
        context.actions.push(Action::PlayGroup(Some(found.group(index))));
        if let Some((of_replica, frame)) = found.frames.frame(found.clusters[index].cluster.representative) {
            if of_replica != replica {
                context.actions.push(Action::ShowReplica(of_replica));
            }
            context.actions.push(Action::GoToFrame(frame as usize));
        }
    }
}

/// Frames that are selected elsewhere, of each replica, and what they are called. Those of a cluster are not: one would
/// be grouped in place of all as soon as it was looked at.
fn selected_frames(
    context: &PaneContext<'_>,
    replicas: usize,
    replica: usize,
) -> Option<(String, Vec<Vec<u64>>)> {
    if let Some(group) = context.frame_group {
        let own = group.name.starts_with("cluster");
        return (!own).then(|| (group.name.clone(), group.frames.as_ref().clone()));
    }
    context.map_selection?;
    let frames = context.timeline.subset()?.iter().map(|&frame| frame as u64).collect();
    let mut all = vec![Vec::new(); replicas];
    *all.get_mut(replica)? = frames;
    Some(("the rectangle".to_owned(), all))
}

fn find(
    what: String,
    frames: SampledFrames,
    start: &Positions,
    clusters: usize,
    watch: &Watch,
) -> Result<Option<Found>, String> {
    let failed = |error| format!("The frames cannot be grouped: {error}.");
    let topology = frames.topology.clone();
    let mut distances = FrameDistances::new(&topology, MAX_FEATURES).map_err(failed)?;
    if !frames.for_each(watch, |_, positions| distances.push(&topology, positions))? {
        return Ok(None);
    }
    let lengths: Vec<usize> = frames.numbers.iter().map(Vec::len).collect();
    let clusters = clusters.min(distances.frames());
    let found =
        representatives(&distances, &lengths, clusters, SEED, &mut || watch.go_on()).map_err(failed)?;
    let Some(found) = found else { return Ok(None) };
    let trace = |place: usize| -> Result<Vec<[f32; 3]>, String> {
        let Some((replica, number)) = frames.frame(place) else { return Ok(Vec::new()) };
        let positions = frames
            .history
            .read(number, replica)
            .map_err(|error| format!("Frame {number} could not be read back: {error}."))?;
        let moved = superposed_copy(&topology, &positions, start);
        Ok((0..topology.residue_count()).map(|residue| moved[topology.ca(residue)]).collect())
    };
    let mut shown = Vec::with_capacity(found.len());
    for cluster in found {
        let step = cluster.members.len().div_ceil(MOST_TRACES - 1).max(1);
        let mut traces = Vec::new();
        for &member in cluster.members.iter().step_by(step) {
            traces.push(trace(member)?);
        }
        traces.push(trace(cluster.representative)?);
        shown.push(Shown { cluster, traces });
    }
    Ok(Some(Found { what, frames, clusters: shown }))
}

/// A picture of each cluster; the one that was clicked.
fn thumbnails_ui(ui: &mut egui::Ui, found: &Found, camera: &Camera, dark_mode: bool) -> Option<usize> {
    let mut clicked = None;
    egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        const GAP: f32 = 8.0;
        const CAPTION: f32 = 34.0;
        // A low pane has smaller pictures, so that what is written under them is seen.
        let (width, tallest) = (ui.available_width(), (ui.clip_rect().height() - CAPTION - GAP).max(72.0));
        let wanted = tallest.min(150.0);
        let columns = (((width + GAP) / (wanted + GAP)) as usize).clamp(1, found.clusters.len().max(1));
        let side = ((width - GAP * (columns - 1) as f32) / columns as f32).clamp(60.0, tallest.min(260.0));
        for row in (0..found.clusters.len()).step_by(columns) {
            ui.horizontal(|ui| {
                ui.spacing_mut().item_spacing.x = GAP;
                for index in row..(row + columns).min(found.clusters.len()) {
                    let size = egui::vec2(side, side + CAPTION);
                    let (rect, response) = ui.allocate_exact_size(size, egui::Sense::click());
                    let name = format!("Cluster {}", index + 1);
                    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
                    let picture = egui::Rect::from_min_size(rect.min, egui::Vec2::splat(side));
                    let shown = &found.clusters[index];
                    let visuals = ui.style().interact(&response);
                    ui.painter().rect(
                        picture,
                        4.0,
                        ui.visuals().extreme_bg_color,
                        visuals.bg_stroke,
                        egui::StrokeKind::Inside,
                    );
                    traces_ui(ui, picture.shrink(6.0), &shown.traces, camera, dark_mode);
                    let cluster = &shown.cluster;
                    let share = percent(cluster.population, cluster.population_error);
                    let text = format!("{name}: {share}\nspread {:.1} Å", cluster.spread_angstrom);
                    let font = egui::TextStyle::Small.resolve(ui.style());
                    let at = egui::pos2(rect.left() + 2.0, picture.bottom() + 3.0);
                    let words = ui.painter().layout(text, font, ui.visuals().text_color(), side);
                    ui.painter().galley(at, words, ui.visuals().text_color());
                    if response.clicked() {
                        clicked = Some(index);
                    }
                    let frames = grouped(cluster.members.len() as u64);
                    response.on_hover_text(format!("{frames} frames. Click to play them"));
                }
            });
            ui.add_space(4.0);
        }
        scroll_to_focus(ui);
    });
    clicked
}

/// Cα traces as the camera sees them, fitted into a rectangle, the last one bold.
fn traces_ui(ui: &egui::Ui, rect: egui::Rect, traces: &[Vec<[f32; 3]>], camera: &Camera, dark_mode: bool) {
    let seen: Vec<Vec<egui::Pos2>> = traces
        .iter()
        .map(|trace| {
            let points = trace.iter().filter_map(|point| camera.project(*point, 1.0));
            points.map(|([x, y], _)| egui::pos2(x, -y)).collect()
        })
        .collect();
    let mut bounds = egui::Rect::NOTHING;
    seen.iter().flatten().for_each(|point| bounds.extend_with(*point));
    if !bounds.is_finite() || (bounds.width() <= 0.0 && bounds.height() <= 0.0) {
        return;
    }
    let scale = (rect.width() / bounds.width().max(1e-6)).min(rect.height() / bounds.height().max(1e-6));
    let place = |point: egui::Pos2| rect.center() + (point - bounds.center()) * scale;
    let painter = ui.painter().with_clip_rect(rect.expand(4.0));
    let ink = if dark_mode { egui::Color32::WHITE } else { egui::Color32::BLACK };
    let Some((middle, others)) = seen.split_last() else { return };
    let faint =
        egui::Stroke::new(1.0, ink.gamma_multiply((3.0 / others.len().max(1) as f32).clamp(0.12, 0.5)));
    for trace in others {
        painter.add(egui::Shape::line(trace.iter().map(|point| place(*point)).collect(), faint));
    }
    let bonds = middle.len().saturating_sub(1).max(1) as f64;
    for (index, pair) in middle.windows(2).enumerate() {
        let [r, g, b] = viridis(0.9 * index as f64 / bonds);
        let stroke = egui::Stroke::new(2.5, egui::Color32::from_rgb(r, g, b));
        painter.line_segment([place(pair[0]), place(pair[1])], stroke);
    }
}
