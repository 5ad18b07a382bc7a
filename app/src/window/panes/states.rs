//! Metastable states of a run as a small graph. Click a state for its structures, a way for its transitions.

use std::sync::Arc;

use egui::{Role, WidgetInfo};
use equijump_engine::analysis::evaluation::time_text;
use equijump_engine::analysis::msm::MacroSettings;
use equijump_engine::analysis::{AnalysisError, MacroModel, macrostates};
use equijump_engine::observe::landscape::{FrameGroup, letter, percent};

use super::search::Search;
use super::{PaneContext, empty_state};
use crate::window::action::Action;
use crate::window::focus::scroll_to_focus;
use crate::window::inquiry::Watch;
use crate::window::numbers::grouped;
use crate::window::sampled_frames::SampledFrames;
use crate::window::theme;

/// Frames before and after a transition that are played with it.
const AROUND: u64 = 5;
/// Shorter runs hold no transitions worth counting.
const LEAST_FRAMES: u64 = 40;

/// What was found in a run.
struct Found {
    frames: SampledFrames,
    model: MacroModel,
    /// What the slow coordinates were fitted to.
    source: String,
}

impl Found {
    /// Frame number of a place in a trajectory.
    fn number(&self, [trajectory, place]: [usize; 2]) -> u64 {
        self.frames.numbers.get(trajectory).and_then(|own| own.get(place)).copied().unwrap_or(0)
    }

    fn state_group(&self, state: usize) -> FrameGroup {
        let frames = self.model.states[state].frames.iter().enumerate();
        let frames = frames
            .map(|(trajectory, places)| places.iter().map(|&p| self.number([trajectory, p])).collect())
            .collect::<Vec<Vec<u64>>>();
        FrameGroup { name: format!("state {}", letter(state)), frames: Arc::new(frames) }
    }

    fn transition_group(&self, transition: usize) -> FrameGroup {
        let way = &self.model.transitions[transition];
        let mut frames = vec![Vec::new(); self.frames.numbers.len()];
        let newest = self.frames.history.len().saturating_sub(1);
        for event in &way.events {
            let at = self.number(*event);
            frames[event[0]].extend(at.saturating_sub(AROUND)..=(at + AROUND).min(newest));
        }
        for own in &mut frames {
            own.sort_unstable();
            own.dedup();
        }
        let name = format!("from {} to {}", letter(way.from), letter(way.to));
        FrameGroup { name, frames: Arc::new(frames) }
    }
}

/// What the pane keeps between passes.
#[derive(Default)]
pub struct StatesState {
    search: Search<Found>,
    /// The way chosen last, and which of its transitions was shown.
    shown: Option<(usize, usize)>,
}

pub(super) fn ui(ui: &mut egui::Ui, context: &mut PaneContext<'_>) {
    let run = context.project.run.as_ref();
    let (Some(run), Some(opened)) = (run, &context.project.opened) else {
        let advice = "The states of a run, and how fast it goes from one to another, are drawn here.";
        return empty_state(ui, "No run yet", advice);
    };
    let (number, topology) = (run.number, opened.structure.topology.clone());
    let Some(history) = run.history().cloned().filter(|history| history.len() >= LEAST_FRAMES) else {
        let advice = format!("Run {LEAST_FRAMES} frames or more, then find the states that it visits.");
        return empty_state(ui, "Too few frames", &advice);
    };
    let state = &mut context.cache.states;
    if state.search.ui(ui, number, "Looking for states") {
        return;
    }
    let made = history.len();
    ui.horizontal_wrapped(|ui| {
        let known = state.search.found(number);
        let older = known.is_some_and(|found| found.frames.history.len() != made);
        let text = if known.is_some() { "Find states again" } else { "Find states" };
        let tooltip =
            "A Markov model of the run on its two slowest coordinates, seen as a few metastable states";
        let asked = ui.button(text).on_hover_text(tooltip).clicked();
        if older {
            ui.weak("The run has grown since");
        }
        if let Some(found) = known
            && ui.button("Copy as CSV").on_hover_text("States and rates, with their errors").clicked()
        {
            context.actions.push(Action::Copy(to_csv(&found.model)));
        }
        if asked {
            let frames = SampledFrames::all(topology, history);
            state.search.start("states", number, ui.ctx(), move |watch| find(frames, watch));
            state.shown = None;
        }
    });
    let advice = "Find states tells how much time is spent in each, how fast the molecule goes from one to another, and \
                  where in the run it did.";
    let Some(found) = state.search.found_ui(ui, number, "No states yet", advice) else { return };
    caption_ui(ui, found);
    let replica = run.replica;
    let height = (ui.available_height() * 0.58).clamp(90.0, 420.0);
    let (rect, _) = ui.allocate_exact_size(egui::vec2(ui.available_width(), height), egui::Sense::hover());
    let mut chosen = graph_ui(ui, rect, found, context.dark_mode, state.shown.map(|(way, _)| way));
    egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        chosen = chosen.take().or(table_ui(ui, found));
        scroll_to_focus(ui);
    });
    let go_to = |actions: &mut Vec<Action>, place: [usize; 2]| {
        if place[0] != replica {
            actions.push(Action::ShowReplica(place[0]));
        }
        actions.push(Action::GoToFrame(found.number(place) as usize));
    };
    match chosen {
        Some(Chosen::State(index)) => {
            context.actions.push(Action::PlayGroup(Some(found.state_group(index))));
            go_to(context.actions, found.model.states[index].representative);
        }
        Some(Chosen::Way(index)) => {
            let events = &found.model.transitions[index].events;
            let next = match state.shown {
                Some((way, event)) if way == index => (event + 1) % events.len().max(1),
                _ => 0,
            };
            state.shown = Some((index, next));
            if let Some(&event) = events.get(next) {
                context.actions.push(Action::PlayGroup(Some(found.transition_group(index))));
                go_to(context.actions, event);
            }
        }
        None => {}
    }
}

fn find(frames: SampledFrames, watch: &Watch) -> Result<Option<Found>, String> {
    let Some((points, source)) = frames.slow_coordinates(watch)? else { return Ok(None) };
    let interval_ps = frames.history.frame_interval_ps() * frames.stride as f64;
    let model = macrostates(&points, interval_ps, &MacroSettings::default(), &mut || watch.go_on());
    let model = model.map_err(|error| match error {
        AnalysisError::NotSupported(reason) => format!(
            "No states can be told apart in this run: {reason}. A longer run or more replicas may show them."
        ),
        error => format!("No states can be told apart in this run: {error}."),
    })?;
    Ok(model.map(|model| Found { frames, model, source }))
}

fn caption_ui(ui: &mut egui::Ui, found: &Found) {
    let model = &found.model;
    let slowest = model.timescales_ps.first().copied().unwrap_or(f64::NAN);
    let text = format!(
        "{} states from {} frames, lag {}, slowest process {}",
        model.states.len(),
        grouped(found.frames.count() as u64),
        time_text(model.lag_ps),
        time_text(slowest)
    );
    ui.add(egui::Label::new(egui::RichText::new(text).small().weak()).truncate()).on_hover_text(format!(
        "A reversible Markov model of {} clusters on the two slowest coordinates of {}, seen as metastable sets \
         (PCCA). Populations are stationary ones of the model; rates are one over its mean first passage times. Errors \
         come from drawing pieces of the run anew.",
        model.clusters, found.source
    ));
}

/// What was clicked.
#[derive(Clone, Copy)]
enum Chosen {
    State(usize),
    Way(usize),
}

/// Graphs of so many states have their rates written along arrows that are so long, points.
const NAMED_STATES: usize = 3;
const NAMED_LENGTH: f32 = 90.0;

/// A line with a small solid head.
fn arrow(painter: &egui::Painter, start: egui::Pos2, end: egui::Pos2, stroke: egui::Stroke) {
    const HEAD: egui::Vec2 = egui::vec2(9.0, 3.5);
    let along = (end - start).normalized();
    let (neck, across) = (end - along * HEAD.x, egui::vec2(-along.y, along.x) * HEAD.y);
    painter.line_segment([start, neck], stroke);
    let head = vec![end, neck + across, neck - across];
    painter.add(egui::Shape::convex_polygon(head, stroke.color, egui::Stroke::NONE));
}

/// States as discs as large as their populations, and the ways that were gone as arrows.
fn graph_ui(
    ui: &mut egui::Ui,
    rect: egui::Rect,
    found: &Found,
    dark_mode: bool,
    marked: Option<usize>,
) -> Option<Chosen> {
    let model = &found.model;
    let count = model.states.len();
    let colors = theme::palette(dark_mode);
    let painter = ui.painter().with_clip_rect(rect);
    // Low graphs have small discs, so that the words under them stay inside.
    let largest = (0.2 * rect.height()).min(26.0);
    let ring = (rect.size() / 2.0 - egui::vec2(largest + 34.0, largest + 18.0)).max(egui::vec2(30.0, 0.0));
    let flat = ring.y < 2.0 * largest;
    let place = |index: usize| {
        if flat {
            // Beside each other, every second one lower.
            let x = rect.left() + rect.width() * (index as f32 + 0.5) / count as f32;
            let y = rect.center().y + if index.is_multiple_of(2) { -ring.y } else { ring.y };
            return egui::pos2(x, y - 4.0);
        }
        let turn = std::f32::consts::TAU * (index as f32 / count as f32 + 0.5);
        rect.center() + egui::vec2(turn.cos() * ring.x, turn.sin() * ring.y)
    };
    let radius = |index: usize| (largest * (model.states[index].population.sqrt() as f32)).max(8.0);
    let mut chosen = None;
    for (index, way) in model.transitions.iter().enumerate().filter(|(_, way)| !way.events.is_empty()) {
        let (from, to) = (place(way.from), place(way.to));
        let along = (to - from).normalized();
        // There and back lie beside each other.
        let aside = egui::vec2(along.y, -along.x) * 5.0;
        let (start, end) =
            (from + along * (radius(way.from) + 3.0) + aside, to - along * (radius(way.to) + 4.0) + aside);
        let middle = start + (end - start) * 0.5;
        let area = egui::Rect::from_center_size(middle, egui::vec2(26.0, 16.0));
        let response = ui.interact(area, ui.scope_id().with(("way", index)), egui::Sense::click());
        let name = format!("From {} to {}", letter(way.from), letter(way.to));
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
        let active = response.hovered() || response.has_focus() || marked == Some(index);
        let color = if active { colors.accent } else { colors.weak };
        arrow(&painter, start, end, egui::Stroke::new(if active { 2.0 } else { 1.3 }, color));
        if active || (count <= NAMED_STATES && start.distance(end) > NAMED_LENGTH) {
            let text = rate_text(way.rate_per_ns);
            let font = egui::TextStyle::Small.resolve(ui.style());
            let ink = if active { colors.accent } else { ui.visuals().text_color() };
            painter.text(middle + aside * 2.2, egui::Align2::CENTER_CENTER, text, font, ink);
        }
        if response.clicked() {
            chosen = Some(Chosen::Way(index));
        }
        response.on_hover_text(way_text(way));
    }
    for (index, state) in model.states.iter().enumerate() {
        let (at, radius) = (place(index), radius(index));
        let area = egui::Rect::from_center_size(at, egui::Vec2::splat(2.0 * radius));
        let response = ui.interact(area, ui.scope_id().with(("state", index)), egui::Sense::click());
        let name = format!("State {}", letter(index));
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
        let fill = theme::run_color(index as u32 + 1, dark_mode);
        painter.circle_filled(at, radius, fill);
        if response.hovered() || response.has_focus() {
            painter.circle_stroke(at, radius + 2.0, egui::Stroke::new(2.0, colors.accent));
        }
        let text = ui.visuals().text_color();
        let on_disc = if dark_mode { egui::Color32::BLACK } else { egui::Color32::WHITE };
        let center = egui::Align2::CENTER_CENTER;
        painter.text(at, center, letter(index), theme::semibold(13.0), on_disc);
        let below = at + egui::vec2(0.0, radius + 9.0);
        let share = percent(state.population, state.population_error);
        painter.text(below, center, &share, egui::TextStyle::Small.resolve(ui.style()), text);
        if response.clicked() {
            chosen = Some(Chosen::State(index));
        }
        response.on_hover_text(format!("{name}: {share} of the time. Click to play its structures"));
    }
    chosen
}

/// All ways with their rates; one can be chosen.
fn table_ui(ui: &mut egui::Ui, found: &Found) -> Option<Chosen> {
    let mut chosen = None;
    egui::Grid::new("ways").num_columns(3).spacing([12.0, 3.0]).striped(true).show(ui, |ui| {
        ui.small("Way");
        ui.small("Rate, 95 % interval");
        ui.small("Seen");
        ui.end_row();
        for (index, way) in found.model.transitions.iter().enumerate() {
            let seen = way.events.len();
            let button = egui::Button::new(format!("{} → {}", letter(way.from), letter(way.to))).small();
            let tooltip = "Show the next of these transitions, and play the frames around all of them";
            let response = ui.add_enabled(seen > 0, button).on_hover_text(tooltip);
            if response.on_disabled_hover_text("The run never went this way").clicked() {
                chosen = Some(Chosen::Way(index));
            }
            ui.label(match way.interval_per_ns {
                Some([low, high]) => {
                    format!("{} ({} – {})", rate_text(way.rate_per_ns), rate_number(low), rate_text(high))
                }
                None => format!("{}, no interval", rate_text(way.rate_per_ns)),
            });
            ui.label(format!("{} ×", grouped(seen as u64)));
            ui.end_row();
        }
    });
    chosen
}

fn way_text(way: &equijump_engine::analysis::Transition) -> String {
    let mean = time_text(1000.0 / way.rate_per_ns);
    format!(
        "From {} to {}: {}, once in {mean} on average\n{} times in the run. Click to show them one by one",
        letter(way.from),
        letter(way.to),
        rate_text(way.rate_per_ns),
        grouped(way.events.len() as u64)
    )
}

/// States, then the ways between them, with units.
fn to_csv(model: &MacroModel) -> String {
    use std::fmt::Write as _;
    let mut text = format!("# lag {} ps\nstate,population,standard_error\n", model.lag_ps);
    for (index, state) in model.states.iter().enumerate() {
        writeln!(text, "{},{:.5},{:.5}", letter(index), state.population, state.population_error).ok();
    }
    text.push_str("\nfrom,to,rate_per_ns,rate_per_ns_low,rate_per_ns_high,transitions_seen\n");
    for way in &model.transitions {
        let [low, high] = way.interval_per_ns.unwrap_or([f64::NAN; 2]);
        let (from, to, seen) = (letter(way.from), letter(way.to), way.events.len());
        writeln!(text, "{from},{to},{:.6e},{low:.6e},{high:.6e},{seen}", way.rate_per_ns).ok();
    }
    text
}

/// In 1/µs, as rates of folding are told.
fn rate_number(per_ns: f64) -> String {
    let per_us = 1000.0 * per_ns;
    let decimals = (1.0 - per_us.abs().max(1e-6).log10().floor()).clamp(0.0, 4.0) as usize;
    format!("{per_us:.decimals$}")
}

fn rate_text(per_ns: f64) -> String {
    format!("{} /µs", rate_number(per_ns))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_have_two_digits() {
        assert_eq!(rate_text(0.0123), "12 /µs");
        assert_eq!(rate_text(0.00123), "1.2 /µs");
        assert_eq!(rate_text(0.000_012_3), "0.012 /µs");
    }
}
