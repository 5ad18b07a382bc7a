//! Fluctuation of each residue over the run. Click to mark a residue.

use egui::{Role, WidgetInfo};
use egui_plot::{Line, Plot, PlotPoints, Points, VLine};

use super::heat_map::{axis_x, axis_y, title_below, title_that_fits, titles_inside, x_marks, y_marks};
use super::{PaneContext, context_menu, empty_state};
use crate::window::action::Action;
use crate::window::theme;

pub(super) fn ui(ui: &mut egui::Ui, context: &mut PaneContext<'_>) {
    let (Some(rmsf), Some(opened)) = (&context.observations.rmsf_angstrom, &context.project.opened) else {
        return empty_state(ui, "No frames yet", "The fluctuation of each residue over a run is drawn here.");
    };
    let topology = opened.structure.topology.clone();
    let colors = context.palette();
    let line_of = |values: &[f64]| -> Vec<[f64; 2]> {
        let numbers = topology.residues().iter().map(|residue| f64::from(residue.number));
        numbers.zip(values).map(|(number, value)| [number, *value]).collect()
    };
    let own = line_of(rmsf);
    let number = context.project.run.as_ref().map_or(1, |run| run.number);
    let several = !context.project.others.is_empty();
    let color = if several { theme::run_color(number, context.dark_mode) } else { colors.series };
    let others: Vec<(egui::Color32, Vec<[f64; 2]>)> = context
        .runs_beside()
        .filter_map(|other| {
            let color = theme::run_color(other.run.number, context.dark_mode);
            Some((color, line_of(other.observations.rmsf_angstrom.as_ref()?)))
        })
        .collect();
    let selected = context
        .selected_atom
        .and_then(|atom| topology.atoms().get(atom))
        .map(|atom| topology.residues()[atom.residue].number);
    let frames = context.observations.frames;
    ui.small(format!("Root mean square fluctuation of each Cα over {frames} frames"));
    let height = ui.available_height() - 40.0;
    let (across, up) = (title_below(ui, "Residue"), title_that_fits("RMSF (Å)", height));
    let response = Plot::new("fluctuation")
        .allow_drag(false)
        .allow_scroll(false)
        .allow_boxed_zoom(false)
        .allow_zoom([true, false])
        .include_y(0.0)
        .set_margin_fraction(egui::vec2(0.012, 0.06))
        .custom_x_axes(vec![axis_x(across)])
        .custom_y_axes(vec![axis_y(up)])
        .x_grid_spacer(|input| x_marks(input).into_iter().filter(|mark| mark.value.fract() == 0.0).collect())
        .y_grid_spacer(y_marks)
        .show_grid([false, true])
        .grid_color(colors.hairline)
        .label_formatter(|_| None)
        .show(ui, |plot| {
            for (index, (color, points)) in others.into_iter().enumerate() {
                let data = PlotPoints::from(points);
                plot.line(
                    Line::new(format!("Other run {index}"), data)
                        .color(color)
                        .width(1.0)
                        .allow_band(false)
                        .allow_hover(false),
                );
            }
            let data = PlotPoints::from(own.clone());
            plot.line(Line::new("RMSF", data).color(color).width(1.5).allow_band(false).allow_hover(false));
            plot.points(Points::new("RMSF", own.clone()).radius(2.5).color(color).allow_hover(false));
            if let Some(selected) = selected {
                let line = VLine::new("Marked", f64::from(selected)).color(colors.cursor).width(1.2);
                plot.vline(line.allow_hover(false));
            }
        });
    titles_inside(ui, *response.transform.frame(), [("Residue", across), ("RMSF (Å)", up)]);
    let plot = response.response;
    plot.widget_info(|| WidgetInfo::labeled(Role::GraphicsObject, true, "Fluctuation plot"));
    context_menu::of_plot(&plot, context.actions);
    context_menu::step_residues(ui, &plot, &topology, context.selected_atom, context.actions);
    let Some(pointer) = plot.hover_pos() else { return };
    let x = response.transform.value_from_position(pointer).x;
    let nearest = own.iter().enumerate().min_by(|a, b| (a.1[0] - x).abs().total_cmp(&(b.1[0] - x).abs()));
    if let Some((residue, [_, value])) = nearest {
        if plot.clicked() {
            context.actions.push(Action::SelectAtom(Some(topology.ca(residue))));
        }
        let text = format!("{}\nRMSF {value:.2} Å", topology.residues()[residue].label());
        plot.on_hover_text_at_pointer(text);
    }
}
