//! The settings of the free-energy map, in a window of their own beside the pane, so that the map is seen while it
//! changes.

use equijump_engine::observe::landscape::{Coordinate, LandscapeMap};

use super::PaneContext;
use crate::window::action::Action;
use crate::window::kept_map::BANDWIDTH_FACTORS;

/// Draws the window.
pub(super) fn ui(ui: &mut egui::Ui, context: &mut PaneContext<'_>, map: Option<&LandscapeMap>) {
    let beside = ui.max_rect().left_top() - egui::vec2(18.0, 0.0);
    let mut open = true;
    egui::Window::new("Map")
        .id(egui::Id::unique("map settings"))
        .open(&mut open)
        .pivot(egui::Align2::RIGHT_TOP)
        .default_pos(beside)
        .resizable(false)
        .collapsible(false)
        .show(ui.ctx(), |ui| grid_ui(ui, context, map));
    // Escape first leaves a list or a field in it.
    let ctx = ui.ctx();
    let idle = ctx.memory(|memory| memory.focused().is_none() && memory.top_modal_layer().is_none());
    let escaped = idle
        && !egui::Popup::is_any_open(ctx)
        && ctx.input_mut(|input| input.consume_key(egui::Modifiers::NONE, egui::Key::Escape));
    if !open || escaped {
        context.cache.free_energy.settings_shown = false;
    }
}

fn grid_ui(ui: &mut egui::Ui, context: &mut PaneContext<'_>, map: Option<&LandscapeMap>) {
    let mut settings = context.map_settings;
    let topology = context.project.opened.as_ref().map(|opened| opened.structure.topology.clone());
    let name = |axis: Coordinate| match (axis, &topology) {
        (Coordinate::Measured(measurement), Some(topology)) => measurement.label(topology),
        _ => axis.label(),
    };
    egui::Grid::new("map settings").num_columns(2).spacing([12.0, 6.0]).show(ui, |ui| {
        for (axis, title) in ["Across", "Up"].into_iter().enumerate() {
            let label = ui.label(title);
            let mut chosen = settings.axes[axis];
            let list = egui::ComboBox::from_id_salt(("map axis", title))
                .width(170.0)
                .selected_text(name(chosen))
                .show_ui(ui, |ui| {
                    let measured = context.measurements.list().iter().copied().map(Coordinate::Measured);
                    for coordinate in Coordinate::ALL.into_iter().chain(measured) {
                        super::form::entry(ui, &mut chosen, coordinate, name(coordinate));
                    }
                });
            list.response.labelled_by(label.id);
            settings.set_axis(axis, chosen);
            ui.end_row();
        }
        ui.label("Surface");
        ui.horizontal(|ui| {
            ui.radio_value(&mut settings.smooth, true, "Smooth").on_hover_text(
                "Gaussian kernel density; nothing is drawn where it is less than two bandwidths from a lone frame",
            );
            ui.radio_value(&mut settings.smooth, false, "Bins").on_hover_text("Counts in 50 × 50 bins");
        });
        ui.end_row();
        if settings.smooth {
            let label = ui.label("Bandwidth");
            ui.horizontal(|ui| {
                let factor = egui::DragValue::new(&mut settings.bandwidth_factor)
                    .range(BANDWIDTH_FACTORS)
                    .speed(0.01)
                    .max_decimals(2)
                    .suffix(" × Scott");
                ui.add(factor).labelled_by(label.id).on_hover_text(
                    "Width of the kernel along each axis, as a multiple of Scott's rule σ n^(−1/6)",
                );
                if let Some([x, y]) = map.and_then(|map| map.bandwidth) {
                    ui.weak(format!("= {x:.3} × {y:.3}"));
                }
            });
            ui.end_row();
        }
        ui.label("Draw");
        let layers = &mut context.cache.free_energy.layers;
        ui.vertical(|ui| {
            ui.add_enabled(settings.smooth, egui::Checkbox::new(&mut layers.contours, "Contours"))
                .on_hover_text("Lines at whole numbers of kT");
            ui.checkbox(&mut layers.basins, "Basins").on_hover_text(
                "Basins at least 1 kT deep, with the share of the frames that lie in them and its standard error",
            );
            ui.checkbox(&mut layers.path, "Path")
                .on_hover_text("The path of the replica shown, over the map");
        });
        ui.end_row();
    });
    if settings != context.map_settings {
        context.actions.push(Action::SetMap(settings));
    }
}
