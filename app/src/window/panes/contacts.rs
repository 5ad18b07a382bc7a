//! How often residues touch: above the diagonal over the run, below it in the start structure. Click to mark a
//! residue.

use egui::{Role, WidgetInfo};
use egui_plot::Plot;

use super::heat_map::{axis_x, axis_y, colour_bar};
use super::{PaneContext, empty_state};
use crate::figures::colour_map::viridis;
use crate::window::action::Action;

fn colour(fraction: f64) -> egui::Color32 {
    let [r, g, b] = viridis(fraction);
    egui::Color32::from_rgb(r, g, b)
}

pub(super) fn ui(ui: &mut egui::Ui, context: &mut PaneContext<'_>) {
    let (Some(contacts), Some(opened)) = (&context.observations.contacts, &context.project.opened) else {
        let advice = "How often each pair of residues touches over a run is drawn here, for chains of up to 400 residues.";
        return empty_state(ui, "No frames yet", advice);
    };
    let topology = opened.structure.topology.clone();
    ui.small("Cα within 8 Å: above the diagonal over the run, below at the start");
    let grid = &contacts.grid;
    let revision = (context.observations.revision, context.dark_mode);
    let nearest = egui::TextureOptions::NEAREST;
    let image = context.cache.contacts.image(ui.ctx(), "contacts", grid, revision, nearest, colour);
    const BAR_WIDTH: f32 = 46.0;
    let size = ui.available_size();
    let area = ui.available_rect_before_wrap();
    let whole = |input: egui_plot::GridInput| {
        let marks = super::heat_map::round_marks(input, 26.0).into_iter();
        marks.filter(|mark| mark.value.fract() == 0.0).collect()
    };
    let response = Plot::new("contacts")
        .allow_drag(false)
        .allow_scroll(false)
        .allow_zoom(false)
        .allow_boxed_zoom(false)
        .data_aspect(1.0)
        .set_margin_fraction(egui::vec2(0.01, 0.01))
        .custom_x_axes(vec![axis_x("Residue, from 1")])
        .custom_y_axes(vec![axis_y("Residue")])
        .x_grid_spacer(whole)
        .y_grid_spacer(whole)
        .width((size.x - BAR_WIDTH).max(60.0))
        .height(size.y)
        .show_grid([false, false])
        .label_formatter(|_| None)
        .show(ui, |plot| {
            if let Some(image) = image {
                plot.image(image);
            }
        });
    let bar = egui::Rect::from_min_max(
        egui::pos2(area.right() - BAR_WIDTH + 10.0, response.response.rect.top()),
        egui::pos2(area.right(), response.response.rect.bottom()),
    );
    colour_bar(ui, bar, "share", 1.0, colour);
    let plot = response.response;
    plot.widget_info(|| WidgetInfo::labeled(Role::GraphicsObject, true, "Contact map"));
    let Some(pointer) = plot.hover_pos() else { return };
    let at = response.transform.value_from_position(pointer);
    let Some(bin) = grid.bin_of(at.x, at.y) else { return };
    let (x, y) = (bin % grid.nx, bin / grid.nx);
    if plot.clicked() {
        context.actions.push(Action::SelectAtom(Some(topology.ca(x))));
    }
    let label = |residue: usize| topology.residues()[residue].label();
    let where_ = if y > x { "of the frames" } else { "at the start" };
    let value = 100.0 * grid.values[bin];
    let text =
        if x == y { label(x) } else { format!("{} – {}\n{value:.0} % {where_}", label(x), label(y)) };
    plot.on_hover_text_at_pointer(text);
}
