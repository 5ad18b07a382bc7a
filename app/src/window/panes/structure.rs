//! Secondary structure of each residue against time. Click or drag to go to a frame and mark a residue.

use egui::{Role, WidgetInfo};
use egui_plot::{Plot, PlotImage, PlotPoint, VLine};

use super::heat_map::{axis_x, axis_y, round_marks, title_below, title_that_fits, titles_inside, x_marks};
use super::{PaneContext, context_menu, empty_state};
use crate::figures::structure::{KINDS, kind};
use crate::window::action::Action;

/// Longer chains have no texture that every device can hold.
const MOST_RESIDUES: usize = 2048;

/// What the pane keeps between passes.
#[derive(Default)]
pub struct StructureState {
    texture: Option<egui::TextureHandle>,
    revision: Option<u64>,
}

pub(super) fn ui(ui: &mut egui::Ui, context: &mut PaneContext<'_>) {
    let interval_ps = context.project.run.as_ref().and_then(|run| run.frame_interval_ps());
    let (Some(columns), Some(interval_ps), Some(opened)) =
        (&context.observations.structure, interval_ps, &context.project.opened)
    else {
        return empty_state(
            ui,
            "No frames yet",
            "Helices and strands of each residue over a run are drawn here.",
        );
    };
    let (columns, topology) = (columns.clone(), opened.structure.topology.clone());
    let residues = topology.residue_count();
    let (Some(first), Some(last)) = (columns.first(), columns.last()) else { return };
    if residues > MOST_RESIDUES || columns.iter().any(|column| column.states.len() != residues) {
        let advice =
            format!("Secondary structure over time is drawn for chains of up to {MOST_RESIDUES} residues.");
        return empty_state(ui, "The chain is too long", &advice);
    }
    let colors = context.palette();
    legend_ui(ui);
    let state = &mut context.cache.structure;
    if state.revision != Some(context.observations.revision) || state.texture.is_none() {
        state.revision = Some(context.observations.revision);
        // The first residue lies at the bottom, images begin at the top.
        let pixels = (0..residues)
            .rev()
            .flat_map(|residue| columns.iter().map(move |column| column.states[residue]))
            .map(|structure| match kind(structure).map(|kind| KINDS[kind].1) {
                Some([r, g, b]) => egui::Color32::from_rgb(r, g, b),
                None => egui::Color32::TRANSPARENT,
            })
            .collect();
        let image = egui::ColorImage::new([columns.len(), residues], pixels);
        let nearest = egui::TextureOptions::NEAREST;
        match &mut state.texture {
            Some(texture) => texture.set(image, nearest),
            None => state.texture = Some(ui.ctx().load_texture("secondary structure", image, nearest)),
        }
    }
    let Some(texture) = &state.texture else { return };
    let interval_ns = interval_ps / 1000.0;
    // A column is as wide as the time to the next one, and lies about its own time.
    let step = columns.get(1).map_or(1, |second| second.frame - first.frame) as f64 * interval_ns;
    let (start_ns, end_ns) = (first.frame as f64 * interval_ns, last.frame as f64 * interval_ns);
    let width = end_ns - start_ns + step;
    let image = PlotImage::new(
        "secondary structure",
        texture.id(),
        PlotPoint::new((start_ns + end_ns) / 2.0, (residues as f64 + 1.0) / 2.0),
        egui::vec2(width as f32, residues as f32),
    )
    .allow_hover(false);
    let frame = context.timeline.frame();
    let now_ns = frame as f64 * interval_ns;
    let marked = context
        .selected_atom
        .and_then(|atom| topology.atoms().get(atom))
        .map(|atom| atom.residue as f64 + 1.0);
    let height = ui.available_height() - 40.0;
    let (across, up) = (title_below(ui, "Time (ns)"), title_that_fits("Residue", height));
    let numbers = topology.clone();
    let response = Plot::new("structure")
        .allow_drag(false)
        .allow_scroll(false)
        .allow_boxed_zoom(false)
        .allow_zoom([true, false])
        .set_margin_fraction(egui::vec2(0.0, 0.0))
        .custom_x_axes(vec![axis_x(across)])
        .custom_y_axes(vec![axis_y(up).formatter(move |mark, _| {
            let place = mark.value.round() as usize;
            let residue = place.checked_sub(1).and_then(|place| numbers.residues().get(place));
            residue.map(|residue| residue.number.to_string()).unwrap_or_default()
        })])
        .x_grid_spacer(x_marks)
        .y_grid_spacer(|input| {
            round_marks(input, 20.0).into_iter().filter(|mark| mark.value.fract() == 0.0).collect()
        })
        .show_grid([false, false])
        .label_formatter(|_| None)
        .sense(egui::Sense::click_and_drag())
        .show(ui, |plot| {
            plot.image(image);
            let line = VLine::new("Frame shown", now_ns).color(colors.cursor).width(1.2);
            plot.vline(line.allow_hover(false));
            if let Some(residue) = marked {
                let line = egui_plot::HLine::new("Marked", residue).color(colors.cursor).width(1.0);
                plot.hline(line.allow_hover(false));
            }
        });
    titles_inside(ui, *response.transform.frame(), [("Time (ns)", across), ("Residue", up)]);
    let plot = response.response;
    plot.widget_info(|| WidgetInfo::labeled(Role::GraphicsObject, true, "Secondary structure plot"));
    context_menu::of_plot(&plot, context.actions);
    context_menu::step_frames(ui, &plot, context.actions);
    let at = |pointer: egui::Pos2| {
        let at = response.transform.value_from_position(pointer);
        let newest = context.timeline.frame_count().saturating_sub(1);
        let frame = (at.x / interval_ns).round().clamp(0.0, newest as f64) as usize;
        let residue = (at.y.round().max(1.0) as usize - 1).min(residues - 1);
        (frame, residue)
    };
    if let Some(pointer) = plot.interact_pointer_pos().filter(|_| plot.clicked() || plot.dragged()) {
        let (chosen, residue) = at(pointer);
        if chosen != frame {
            context.actions.push(Action::GoToFrame(chosen));
        }
        if plot.clicked() {
            context.actions.push(Action::SelectAtom(Some(topology.ca(residue))));
        }
    }
    if let Some(pointer) = plot.hover_pos() {
        let (hovered, residue) = at(pointer);
        let index = columns.partition_point(|column| column.frame <= hovered as u64).max(1) - 1;
        let column = &columns[index];
        let name = kind(column.states[residue]).map_or("Coil", |kind| KINDS[kind].0);
        let share = columns.iter().filter(|c| c.states[residue] == column.states[residue]).count() as f64
            / columns.len() as f64;
        let label = topology.residues()[residue].label();
        let text =
            format!("{label}, frame {}\n{name}, in {:.0} % of the frames", column.frame, 100.0 * share);
        plot.on_hover_text_at_pointer(text);
    }
}

/// What the colors mean.
fn legend_ui(ui: &mut egui::Ui) {
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        for (name, [r, g, b]) in KINDS {
            let (rect, _) = ui.allocate_exact_size(egui::vec2(10.0, 10.0), egui::Sense::hover());
            ui.painter().rect_filled(rect, 2.0, egui::Color32::from_rgb(r, g, b));
            ui.small(name);
            ui.add_space(4.0);
        }
    });
}
