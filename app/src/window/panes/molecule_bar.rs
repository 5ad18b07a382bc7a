//! The row above the molecule: how it is drawn, what colors mean, effects, and the measuring tools.

use super::PaneContext;
use crate::viewport::{AtomsShown, Background, Coloring, Projection, Representation, RibbonAtoms, Style};
use crate::window::action::Action;
use crate::window::command::UiCommand;
use crate::window::ghost::Ghost;
use crate::window::measurements::MeasurementTool;
use crate::window::preferences::ResidueValue;

/// What colors mean, numbers per residue told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ColorChoice {
    /// The viewport's coloring.
    pub coloring: Coloring,
    /// Which number, for [`Coloring::ResidueValue`].
    pub residue_value: Option<ResidueValue>,
}

impl ColorChoice {
    /// The commands that choose, in the order of menus.
    const COMMANDS: [UiCommand; 6] = [
        UiCommand::ColorElement,
        UiCommand::ColorResidue,
        UiCommand::ColorPosition,
        UiCommand::ColorStructure,
        UiCommand::ColorFluctuation,
        UiCommand::ColorDeviation,
    ];

    /// The choice that a command makes.
    pub fn of_command(command: UiCommand) -> Option<Self> {
        let (coloring, residue_value) = match command {
            UiCommand::ColorElement => (Coloring::Element, None),
            UiCommand::ColorResidue => (Coloring::ResidueType, None),
            UiCommand::ColorPosition => (Coloring::ChainPosition, None),
            UiCommand::ColorStructure => (Coloring::SecondaryStructure, None),
            UiCommand::ColorFluctuation => (Coloring::ResidueValue, Some(ResidueValue::Fluctuation)),
            UiCommand::ColorDeviation => (Coloring::ResidueValue, Some(ResidueValue::Deviation)),
            _ => return None,
        };
        Some(Self { coloring, residue_value })
    }

    /// The choice in force.
    pub fn present(style: Style, residue_value: ResidueValue) -> Self {
        let of_residue = style.coloring == Coloring::ResidueValue;
        Self { coloring: style.coloring, residue_value: of_residue.then_some(residue_value) }
    }

    fn label(self) -> &'static str {
        match self.residue_value {
            Some(ResidueValue::Fluctuation) => "Fluctuation (RMSF)",
            Some(ResidueValue::Deviation) => "Deviation from start",
            None => self.coloring.label(),
        }
    }
}

/// Below this width the lists above the molecule go without labels, below the other one without "Measure", points.
const NAMED_WIDTH: f32 = 420.0;
const TIGHT_WIDTH: f32 = 330.0;
/// What the buttons of that row take with the space before them, points.
const MORE_WIDTH: f32 = 62.0;
const MEASURE_WIDTH: f32 = 82.0;
const RESET_WIDTH: f32 = 94.0;
/// Height of the row of choices.
pub(super) const HEIGHT: f32 = 36.0;

/// Style, colors and effects.
pub(super) fn ui(ui: &mut egui::Ui, context: &mut PaneContext<'_>) {
    let mut style = context.preferences.style;
    // In a narrow pane the lists tell by themselves what they are, and measuring goes into the menu.
    let named = ui.available_width() >= NAMED_WIDTH;
    let tight = ui.available_width() < TIGHT_WIDTH;
    representation_box(ui, &mut style, named);
    color_box(ui, context, named, tight);
    if ui.available_width() > MORE_WIDTH + MEASURE_WIDTH + RESET_WIDTH {
        let reset = UiCommand::ResetCamera;
        if ui.button("Reset view").on_hover_text(reset.tooltip_with_shortcut(ui.ctx())).clicked() {
            context.actions.push(Action::Command(reset));
        }
    }
    ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
        let more = |ui: &mut egui::Ui| {
            if tight {
                ui.menu_button("Measure", |ui| measure_ui(ui, context));
                ui.separator();
            }
            more_ui(ui, &mut style, context);
        };
        ui.menu_button("More", more)
            .response
            .on_hover_text("Backbone and side chains, ghost, effects, background, projection");
        if !tight {
            ui.menu_button("Measure", |ui| measure_ui(ui, context))
                .response
                .on_hover_text("Distances, angles and dihedrals, followed through the run");
        }
    });
    if style != context.preferences.style {
        context.actions.push(Action::SetStyle(style));
    }
}

fn more_ui(ui: &mut egui::Ui, style: &mut Style, context: &mut PaneContext<'_>) {
    ui.set_min_width(210.0);
    ui.checkbox(&mut style.depth_cue, "Depth cue").on_hover_text("Distant parts fade into the background");
    ui.checkbox(&mut style.outline, "Outlines").on_hover_text("Dark edges where something lies well behind");
    ui.checkbox(&mut style.ambient_occlusion, "Ambient occlusion")
        .on_hover_text("Creases and pockets, which less light reaches, are darker");
    let mut marked = context.preferences.mark_violations;
    if ui
        .checkbox(&mut marked, "Mark violations")
        .on_hover_text("Rings around atoms that clash, or whose bonds, angles or chirality are wrong")
        .changed()
    {
        context.actions.push(Action::MarkViolations(marked));
    }
    let mut superpose = context.preferences.superpose;
    let command = UiCommand::ToggleSuperpose;
    if ui.checkbox(&mut superpose, command.text().text).on_hover_text(command.text().tooltip).changed() {
        context.actions.push(Action::Command(command));
    }
    for (command, mut on) in [
        (UiCommand::GhostOfStart, matches!(context.ghost, Ghost::Start)),
        (UiCommand::OverlayFrames, matches!(context.ghost, Ghost::Overlay(_))),
        (UiCommand::ToggleSpin, context.preferences.spin),
        (UiCommand::ToggleFollowFit, context.preferences.fit_follows),
    ] {
        if ui.checkbox(&mut on, command.text().text).on_hover_text(command.text().tooltip).changed() {
            context.actions.push(Action::Command(command));
        }
    }
    ui.separator();
    if style.representation == Representation::Ribbon {
        ui.weak("Atoms with the ribbon");
        for atoms in RibbonAtoms::ALL {
            ui.radio_value(&mut style.ribbon_atoms, atoms, atoms.label());
        }
    } else {
        ui.weak("Atoms");
        for atoms in AtomsShown::ALL {
            ui.radio_value(&mut style.atoms, atoms, atoms.label());
        }
    }
    ui.separator();
    ui.weak("Background");
    for (background, name) in
        [(Background::Theme, "As the theme"), (Background::White, "White"), (Background::Black, "Black")]
    {
        ui.radio_value(&mut style.background, background, name);
    }
    ui.separator();
    ui.weak("Projection");
    let present = context.cache.molecule.viewport.camera().projection;
    for (projection, name, tooltip) in [
        (Projection::Perspective, "Perspective", "Far things are smaller"),
        (Projection::Orthographic, "Parallel", "All things keep their size, for comparing lengths"),
    ] {
        if ui.radio(present == projection, name).on_hover_text(tooltip).clicked() {
            context.actions.push(Action::SetProjection(projection));
        }
    }
}

/// The measuring tools.
fn measure_ui(ui: &mut egui::Ui, context: &mut PaneContext<'_>) {
    ui.set_min_width(190.0);
    for command in [UiCommand::MeasureDistance, UiCommand::MeasureAngle, UiCommand::MeasureDihedral] {
        let text = command.text();
        let mut button = egui::Button::new(text.text);
        if let Some(shortcut) = command.shortcut_text(ui.ctx()) {
            button = button.shortcut_text(shortcut);
        }
        let button = button.selected(context.measurements.tool() == MeasurementTool::of_command(command));
        if ui.add_enabled(context.project.opened.is_some(), button).on_hover_text(text.tooltip).clicked() {
            context.actions.push(Action::Command(command));
            ui.close();
        }
    }
    ui.separator();
    let command = UiCommand::ClearMeasurements;
    let any = !context.measurements.list().is_empty();
    let button = egui::Button::new(command.text().text);
    if ui.add_enabled(any, button).on_hover_text(command.text().tooltip).clicked() {
        context.actions.push(Action::Command(command));
        ui.close();
    }
}

fn representation_box(ui: &mut egui::Ui, style: &mut Style, named: bool) {
    let label = named.then(|| ui.weak("Style").id);
    let present = style.representation.label();
    let response = list_ui(ui, "style", if named { 124.0 } else { 92.0 }, present, |ui| {
        for representation in Representation::ALL {
            super::form::entry(ui, &mut style.representation, representation, representation.label());
        }
    });
    name_box(response, label, "Style").on_hover_text("How atoms and bonds are drawn");
}

/// Names a list by its label, or by itself where there is no room for one.
fn name_box(response: egui::Response, label: Option<egui::Id>, name: &'static str) -> egui::Response {
    match label {
        Some(label) => response.labelled_by(label),
        None => {
            response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::ComboBox, true, name));
            response
        }
    }
}

/// A list of choices that is no wider than `width`: what is beside it keeps its place.
fn list_ui(
    ui: &mut egui::Ui,
    name: &str,
    width: f32,
    present: &str,
    choices: impl FnOnce(&mut egui::Ui),
) -> egui::Response {
    ui.scope(|ui| {
        ui.set_max_width(width);
        let list = egui::ComboBox::from_id_salt(name).width(width).truncate().selected_text(present);
        list.show_ui(ui, choices).response
    })
    .inner
}

fn color_box(ui: &mut egui::Ui, context: &mut PaneContext<'_>, named: bool, tight: bool) {
    let present = ColorChoice::present(context.preferences.style, context.preferences.residue_value);
    let label = named.then(|| ui.weak("Color by").id);
    // What stands to the right of it has its own width.
    let right = if tight { MORE_WIDTH } else { MORE_WIDTH + MEASURE_WIDTH };
    let width = (ui.available_width() - right).clamp(56.0, 164.0);
    let response = list_ui(ui, "color", width, present.label(), |ui| {
        for command in ColorChoice::COMMANDS {
            let Some(choice) = ColorChoice::of_command(command) else { continue };
            let entry = ui.selectable_label(choice == present, choice.label());
            if entry.on_hover_text(command.text().tooltip).clicked() {
                context.actions.push(Action::Command(command));
            }
        }
    });
    name_box(response, label, "Color by").on_hover_text("What the colors mean");
}
