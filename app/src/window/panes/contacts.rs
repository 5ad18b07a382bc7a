//! How often residues touch, or how far apart they are: above the diagonal over the run, below it at the start or in
//! another run. Click to mark a residue.

use std::sync::Arc;

use egui::{Role, WidgetInfo};
use egui_plot::Plot;

use equijump_engine::observe::observations::Contacts;

use super::heat_map::{HeatMapTexture, axis_x, axis_y, color_bar};
use super::{PaneContext, context_menu, empty_state};
use crate::figures::Grid2;
use crate::figures::color_map::viridis;
use crate::window::action::Action;
use crate::window::numbers::grouped;

/// What is drawn of each pair of residues.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Shown {
    #[default]
    Contacts,
    Distances,
}

/// What the pane keeps between passes.
#[derive(Default)]
pub struct ContactsState {
    shown: Shown,
    /// Number of the run below the diagonal; `None` for the start structure.
    below: Option<u32>,
    texture: HeatMapTexture,
    /// What the texture was made of, and how often that changed.
    made_of: Option<(Shown, Option<u32>, usize, usize)>,
    revision: u64,
    grid: Option<Grid2>,
}

fn color(fraction: f64) -> egui::Color32 {
    let [r, g, b] = viridis(fraction);
    egui::Color32::from_rgb(r, g, b)
}

pub(super) fn ui(ui: &mut egui::Ui, context: &mut PaneContext<'_>) {
    let Some(opened) = &context.project.opened else {
        return empty_state(ui, "No frames yet", "How often each pair of residues touches is drawn here.");
    };
    let residues = opened.structure.topology.residue_count();
    let Some(contacts) = &context.observations.contacts else {
        let most = Contacts::MOST_RESIDUES;
        if residues > most {
            let advice = format!(
                "Pairs are drawn for chains of up to {most} residues; this one has {}.",
                grouped(residues as u64)
            );
            return empty_state(ui, "Too many residues", &advice);
        }
        let advice = "How often each pair of residues touches over a run is drawn here.";
        return empty_state(ui, "No frames yet", advice);
    };
    let (contacts, topology) = (contacts.clone(), opened.structure.topology.clone());
    let others = other_runs(context, &contacts);
    let state = &mut context.cache.contacts;
    let below = others.iter().find(|(number, _)| Some(*number) == state.below);
    let below = below.map(|(_, contacts)| contacts.clone());
    ui.horizontal_wrapped(|ui| {
        ui.selectable_value(&mut state.shown, Shown::Contacts, "Contacts")
            .on_hover_text("How often two residues touch: their Cα are within 8 Å");
        ui.selectable_value(&mut state.shown, Shown::Distances, "Distances")
            .on_hover_text("Mean distance of two Cα");
        let name = |number: Option<u32>| number.map_or("Start".to_owned(), |n| format!("Run {n}"));
        let shown = name(below.is_some().then_some(state.below).flatten());
        let chosen = egui::ComboBox::from_id_salt("below the diagonal")
            .width(104.0)
            .truncate()
            .selected_text(format!("Below: {shown}"))
            .show_ui(ui, |ui| {
                super::form::entry(ui, &mut state.below, None, name(None));
                for (number, _) in &others {
                    super::form::entry(ui, &mut state.below, Some(*number), name(Some(*number)));
                }
            });
        chosen.response.widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, "Below the diagonal"));
        chosen.response.on_hover_text(
            "What lies below the diagonal, the run being above: its start, or another run or trajectory of the protein",
        );
    });
    ui.small(match state.shown {
        Shown::Contacts => "Share of the frames in which two Cα are within 8 Å",
        Shown::Distances => "Distance of two Cα, mean over the frames",
    });
    let (above_values, below_values) = match (state.shown, &below) {
        (Shown::Contacts, None) => (&contacts.share, &contacts.start_share),
        (Shown::Contacts, Some(other)) => (&contacts.share, &other.share),
        (Shown::Distances, None) => (&contacts.mean_angstrom, &contacts.start_angstrom),
        (Shown::Distances, Some(other)) => (&contacts.mean_angstrom, &other.mean_angstrom),
    };
    let other = below.as_ref().map_or(0, |other| Arc::as_ptr(other) as usize);
    let made_of = (state.shown, state.below, Arc::as_ptr(&contacts) as usize, other);
    if state.made_of != Some(made_of) || state.grid.is_none() {
        state.made_of = Some(made_of);
        state.revision += 1;
        state.grid = Some(contacts.halves(above_values, below_values));
    }
    let Some(grid) = &state.grid else { return };
    let top = match state.shown {
        Shown::Contacts => 1.0,
        Shown::Distances => grid.max().unwrap_or(1.0).max(1.0),
    };
    let revision = (state.revision, context.dark_mode);
    let nearest = egui::TextureOptions::NEAREST;
    // Near pairs are bright in both.
    let shade = |value: f64| match state.shown {
        Shown::Contacts => color(value),
        Shown::Distances => color(1.0 - value / top),
    };
    let image = state.texture.image(ui.ctx(), "contacts", grid, revision, nearest, shade);
    const BAR_WIDTH: f32 = 46.0;
    let size = ui.available_size();
    let area = ui.available_rect_before_wrap();
    // A square map leaves room beside it, where there are no residues.
    let whole = |input: egui_plot::GridInput| {
        let marks = super::heat_map::round_marks(input, 26.0).into_iter();
        let real = |mark: f64| mark.fract() == 0.0 && mark >= 1.0 && mark <= residues as f64;
        marks.filter(|mark| real(mark.value)).collect()
    };
    let numbered = |numbers: std::sync::Arc<equijump_engine::structure::Topology>| {
        move |mark: egui_plot::GridMark, _: &std::ops::RangeInclusive<f64>| {
            let residue =
                (mark.value as usize).checked_sub(1).and_then(|place| numbers.residues().get(place));
            residue.map(|residue| residue.number.to_string()).unwrap_or_default()
        }
    };
    let response = Plot::new("contacts")
        .allow_drag(false)
        .allow_scroll(false)
        .allow_zoom(false)
        .allow_boxed_zoom(false)
        .data_aspect(1.0)
        .set_margin_fraction(egui::vec2(0.01, 0.01))
        .custom_x_axes(vec![axis_x("Residue").formatter(numbered(topology.clone()))])
        .custom_y_axes(vec![axis_y("Residue").formatter(numbered(topology.clone()))])
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
    match state.shown {
        Shown::Contacts => color_bar(ui, bar, "share", top, color),
        Shown::Distances => color_bar(ui, bar, "Å", top, |fraction| color(1.0 - fraction)),
    }
    let plot = response.response;
    let name = match state.shown {
        Shown::Contacts => "Contact map",
        Shown::Distances => "Distance map",
    };
    plot.widget_info(|| WidgetInfo::labeled(Role::GraphicsObject, true, name));
    context_menu::of_plot(&plot, context.actions);
    context_menu::step_residues(ui, &plot, &topology, context.selected_atom, context.actions);
    let Some(pointer) = plot.hover_pos() else { return };
    let at = response.transform.value_from_position(pointer);
    let Some(bin) = grid.bin_of(at.x, at.y) else { return };
    let (x, y) = (bin % grid.nx, bin / grid.nx);
    if plot.clicked() {
        context.actions.push(Action::SelectAtom(Some(topology.ca(x))));
    }
    let label = |residue: usize| topology.residues()[residue].label();
    let pair = y * contacts.residues + x;
    let told = |values: &[f64]| match state.shown {
        Shown::Contacts => format!("{:.0} % of the frames", 100.0 * values[pair]),
        Shown::Distances => format!("{:.1} Å on average", values[pair]),
    };
    let beside = match (state.below.filter(|_| below.is_some()), state.shown) {
        (Some(number), _) => format!("{} in run {number}", told(below_values)),
        (None, Shown::Contacts) if below_values[pair] > 0.5 => "in contact at the start".to_owned(),
        (None, Shown::Contacts) => "not in contact at the start".to_owned(),
        (None, Shown::Distances) => format!("{:.1} Å at the start", below_values[pair]),
    };
    let text = if x == y {
        label(x)
    } else {
        format!("{} – {}\n{} over the run\n{beside}", label(x), label(y), told(above_values))
    };
    plot.on_hover_text_at_pointer(text);
}

/// Other runs of the protein whose pairs are known.
fn other_runs(context: &PaneContext<'_>, own: &Contacts) -> Vec<(u32, Arc<Contacts>)> {
    let others = context.project.others.iter();
    others
        .filter_map(|other| Some((other.run.number, other.observations.contacts.clone()?)))
        .filter(|(_, contacts)| contacts.residues == own.residues)
        .collect()
}
