//! The molecule, with the choices of its appearance above it.

use std::sync::Arc;

use equijump_engine::session::OpenRequest;
use equijump_engine::structure::Topology;

use super::facts::FactsLine;
use super::{PaneContext, context_menu, selection, sequence};
use crate::shared::examples::EXAMPLES;
use crate::viewport::{
    AtomsShown, Background, Bounds, Camera, Coloring, Projection, Representation, RibbonAtoms,
    SecondaryStructureClass, Style, Viewport, palette,
};
use crate::window::action::Action;
use crate::window::command::UiCommand;
use crate::window::dialogs::primary_button;
use crate::window::ghost::Ghost;
use crate::window::measurements::MeasurementTool;
use crate::window::numbers::{grouped, time_text};
use crate::window::preferences::ResidueValue;
use crate::window::project::Positions;
use crate::window::theme;

/// The 3D view.
pub struct MoleculeView {
    /// What draws.
    pub viewport: Viewport,
    /// Size of the pane, pixels, for screenshots.
    pub size_pixels: [u32; 2],
    scale_top_angstrom: f32,
    available: bool,
    tile: Option<ViewTile>,
}

/// What a tile shows of another run.
#[derive(Clone, Debug)]
pub struct TileContents {
    /// Number of the run.
    pub number: u32,
    /// Its protein.
    pub topology: Arc<Topology>,
    /// The frame.
    pub positions: Positions,
    /// Its secondary structure; empty where that is not known.
    pub structure: Vec<SecondaryStructureClass>,
}

/// A second view beside the molecule, looked at from the same side.
struct ViewTile {
    number: u32,
    viewport: Viewport,
    /// What the user had done to it when it was last drawn.
    view_revision: u64,
}

impl Default for MoleculeView {
    fn default() -> Self {
        Self {
            viewport: Viewport::new(),
            size_pixels: [1280, 960],
            scale_top_angstrom: SCALE_TOPS_ANGSTROM[0],
            available: false,
            tile: None,
        }
    }
}

impl MoleculeView {
    /// Whether there is OpenGL to draw with; there is none in tests of the window's logic.
    pub fn is_available(&self) -> bool {
        self.available
    }

    /// Sets the numbers per residue that colors may show, Å; the scale reaches to `most` at least.
    pub(in crate::window) fn set_residue_values(&mut self, values: &[f32], most: f32) {
        let last = SCALE_TOPS_ANGSTROM[SCALE_TOPS_ANGSTROM.len() - 1];
        self.scale_top_angstrom = SCALE_TOPS_ANGSTROM.into_iter().find(|top| *top >= most).unwrap_or(last);
        self.viewport.set_residue_values(values, (0.0, self.scale_top_angstrom));
    }

    /// Sets what is drawn how, in all views.
    pub(in crate::window) fn set_style(&mut self, style: Style) {
        self.viewport.set_style(style);
        if let Some(tile) = &mut self.tile {
            tile.viewport.set_style(style);
        }
    }

    /// Shows another run in a tile, or no tile.
    pub(in crate::window) fn set_tile(&mut self, contents: Option<TileContents>, style: Style) {
        let Some(TileContents { number, topology, positions, structure }) = contents else {
            self.tile = None;
            return;
        };
        let tile =
            self.tile.get_or_insert_with(|| ViewTile { number, viewport: Viewport::new(), view_revision: 0 });
        let known = tile.viewport.molecule().is_some_and(|known| Arc::ptr_eq(&known, &topology));
        if !known {
            tile.viewport.set_molecule(topology);
            // Another program may have put its molecule anywhere.
            if let Some(bounds) = Bounds::of_points(&positions, 0.0) {
                tile.viewport.set_camera(Camera { target_angstrom: bounds.center, ..self.viewport.camera() });
            }
        }
        tile.number = number;
        tile.viewport.set_style(style);
        tile.viewport.set_positions(&positions);
        tile.viewport.set_secondary_structure(&structure);
    }

    /// Frees GPU memory while the context is current.
    pub(in crate::window) fn release_graphics(&mut self) {
        self.viewport.release_graphics();
        if let Some(tile) = &mut self.tile {
            tile.viewport.release_graphics();
        }
    }

    /// Whether the keyboard turns the molecule, or that of the tile.
    pub(in crate::window) fn has_focus(&self, ctx: &egui::Context) -> bool {
        let tile = self.tile.as_ref().map(|tile| &tile.viewport);
        tile.into_iter().chain([&self.viewport]).any(|viewport| viewport.has_focus(ctx))
    }

    pub(in crate::window) fn set_available(&mut self, available: bool) {
        self.available = available;
    }
}

/// Upper ends that the color scale of numbers per residue may have, Å: few, so that it seldom changes.
const SCALE_TOPS_ANGSTROM: [f32; 6] = [1.0, 2.0, 5.0, 10.0, 20.0, 50.0];

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
const BAR_HEIGHT: f32 = 36.0;

pub(super) fn ui(ui: &mut egui::Ui, context: &mut PaneContext<'_>) {
    if context.project.opened.is_none() {
        return nothing_open_ui(ui, context);
    }
    let area = ui.available_rect_before_wrap();
    let (bar, rest) = area.split_top_bottom_at_y(area.top() + BAR_HEIGHT);
    let line = FactsLine::new(ui, context, egui::vec2(area.width() - 20.0, area.height()));
    let (facts, rest) = rest.split_top_bottom_at_y(rest.top() + line.height);
    let (rest, strip) = rest.split_top_bottom_at_y(rest.bottom() - sequence::HEIGHT);
    let (view, select) = rest.split_top_bottom_at_y(rest.bottom() - selection::HEIGHT);
    let mut bar_ui = ui.new_child(egui::UiBuilder::new().max_rect(bar.shrink2(egui::vec2(8.0, 4.0))));
    bar_ui.horizontal_centered(|ui| appearance_ui(ui, context));

    let mut facts_ui = ui.new_child(egui::UiBuilder::new().max_rect(facts.shrink2(egui::vec2(10.0, 0.0))));
    line.ui(&mut facts_ui, context.palette());

    let size = view.size() * ui.ctx().pixels_per_point();
    context.cache.molecule.size_pixels = [size.x.max(1.0) as u32, size.y.max(1.0) as u32];
    let view = tile_ui(ui, view, context);
    let mut view_ui = ui.new_child(egui::UiBuilder::new().max_rect(view));
    let answer = context.cache.molecule.viewport.ui(&mut view_ui);
    let tool = context.measurements.tool();
    if let Some(atom) = answer.clicked_atom {
        context.actions.push(if tool.is_some() {
            Action::PickAtom(atom)
        } else {
            Action::SelectAtom(Some(atom))
        });
    } else if answer.clicked_background && tool.is_none() {
        context.actions.push(Action::SelectAtom(None));
    }
    if let Some(atom) = answer.hovered_atom.filter(|_| answer.response.secondary_clicked()) {
        context.actions.push(Action::SelectAtom(Some(atom)));
    }
    context_menu::of(&answer.response, |ui| menu_ui(ui, context));
    let scale_top_angstrom = context.cache.molecule.scale_top_angstrom;
    let legend = context.cache.molecule.viewport.legend();
    legend_ui(&view_ui, view, &legend, context.preferences.style.coloring, scale_top_angstrom);
    caption_ui(&view_ui, view, context);
    if let Some(tool) = tool {
        hint_ui(&view_ui, view, &tool.hint(context.measurements.picked().len()));
    }
    let mut select_ui = ui.new_child(egui::UiBuilder::new().max_rect(select.shrink2(egui::vec2(10.0, 2.0))));
    selection::ui(&mut select_ui, context);
    let mut strip_ui = ui.new_child(egui::UiBuilder::new().max_rect(strip.shrink2(egui::vec2(10.0, 1.0))));
    sequence::ui(&mut strip_ui, context);
    ui.advance_cursor_after_rect(area);
}

/// The menu under the right button: the marked atom, which is the one under the pointer, and the view.
fn menu_ui(ui: &mut egui::Ui, context: &mut PaneContext<'_>) {
    let topology = context.project.opened.as_ref().map(|opened| opened.structure.topology.clone());
    let marked = context.selected_atom.zip(topology).filter(|(atom, topology)| *atom < topology.atom_count());
    if let Some((atom, topology)) = marked {
        ui.weak(topology.atom_label(atom));
        context_menu::residue_ui(ui, context, topology.atoms()[atom].residue);
        context_menu::commands_ui(ui, context.actions, &context_menu::OF_ATOMS);
        ui.separator();
    }
    context_menu::commands_ui(ui, context.actions, &context_menu::OF_MOLECULE);
}

/// Draws the tile of another run in the right half. Returns what is left for the run on view.
fn tile_ui(ui: &mut egui::Ui, view: egui::Rect, context: &mut PaneContext<'_>) -> egui::Rect {
    let molecule = &mut context.cache.molecule;
    let Some(tile) = &mut molecule.tile else { return view };
    let (left, right) = view.split_left_right_at_x(view.center().x);
    // Both are looked at from the same side: whichever the user turns turns the other.
    if tile.viewport.view_revision() != tile.view_revision || tile.viewport.is_moving() {
        molecule.viewport.look_like(&tile.viewport);
    } else {
        tile.viewport.look_like(&molecule.viewport);
    }
    let mut tile_ui = ui.new_child(egui::UiBuilder::new().id_salt("tile").max_rect(right));
    tile.view_revision = tile.viewport.view_revision();
    tile.viewport.ui(&mut tile_ui);
    let text = ui.visuals().text_color();
    let color = theme::run_color(tile.number, context.dark_mode);
    let at = right.left_bottom() + egui::vec2(14.0, -12.0);
    let painter = ui.painter().with_clip_rect(right);
    painter.circle_filled(at + egui::vec2(4.0, -8.0), 4.5, color);
    let caption = format!("Run {}", tile.number);
    painter.text(at + egui::vec2(14.0, 0.0), egui::Align2::LEFT_BOTTOM, caption, theme::semibold(13.0), text);
    painter.vline(right.left(), right.y_range(), egui::Stroke::new(1.0, context.palette().hairline));
    left.with_max_x(left.right() - 1.0)
}

/// What to do when nothing is open, and why that may be so.
fn nothing_open_ui(ui: &mut egui::Ui, context: &mut PaneContext<'_>) {
    let area = ui.available_rect_before_wrap();
    let middle = egui::Rect::from_center_size(area.center(), egui::vec2(area.width().min(420.0), 130.0));
    let mut ui = ui.new_child(egui::UiBuilder::new().max_rect(middle));
    ui.vertical_centered(|ui| {
        let heading = |text: &str| egui::RichText::new(text).font(theme::semibold(15.0));
        if let Some(name) = context.being_read {
            ui.add(egui::Label::new(heading(&format!("Reading {name}…"))).wrap());
            ui.add_space(6.0);
            if ui.button("Cancel").on_hover_text("Wait for it no longer").clicked() {
                context.actions.push(Action::StopReading);
            }
            return;
        }
        let failed = context.project.open_error.is_some();
        ui.label(heading(if failed { "Not opened" } else { "No structure" }));
        if let Some(reason) = &context.project.open_error {
            let color = ui.visuals().error_fg_color;
            ui.add(egui::Label::new(egui::RichText::new(reason).color(color)).wrap());
        }
        ui.add(
            egui::Label::new(
                egui::RichText::new("Open a structure, a trajectory or a run, or drop a file here.").weak(),
            )
            .wrap(),
        );
        ui.add_space(6.0);
        let open = UiCommand::OpenFile;
        if ui.add(primary_button(ui, open.text().text)).on_hover_text(open.text().tooltip).clicked() {
            context.actions.push(Action::Command(open));
        }
        let example = &EXAMPLES[0];
        let tooltip = "The smallest of the bundled proteins";
        if ui.link(format!("Open {}", example.name)).on_hover_text(tooltip).clicked() {
            context.actions.push(Action::Open(OpenRequest::new(example.source())));
        }
    });
}

/// Style, colors and effects.
fn appearance_ui(ui: &mut egui::Ui, context: &mut PaneContext<'_>) {
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

/// What the colors mean, bottom right.
fn legend_ui(
    ui: &egui::Ui,
    view: egui::Rect,
    entries: &[(&str, palette::Srgb)],
    coloring: Coloring,
    scale_top_angstrom: f32,
) {
    let painter = ui.painter().with_clip_rect(view);
    let font = egui::TextStyle::Small.resolve(ui.style());
    let text = ui.visuals().text_color();
    const LINE: f32 = 17.0;
    let mut y = view.bottom() - 12.0 - LINE * entries.len() as f32;
    let width = entries
        .iter()
        .map(|(name, _)| painter.layout_no_wrap((*name).to_owned(), font.clone(), text).size().x)
        .fold(0.0, f32::max);
    for &(name, [r, g, b]) in entries {
        let center = egui::pos2(view.right() - width - 24.0, y + LINE / 2.0);
        painter.circle_filled(center, 4.5, egui::Color32::from_rgb(r, g, b));
        let at = center + egui::vec2(10.0, 0.0);
        painter.text(at, egui::Align2::LEFT_CENTER, name, font.clone(), text);
        y += LINE;
    }
    let end = format!("{scale_top_angstrom:.0} Å");
    match coloring {
        Coloring::ChainPosition => scale_ui(ui, view, "N", "C", palette::chain_position),
        Coloring::ResidueValue => scale_ui(ui, view, "0", &end, palette::viridis),
        Coloring::Element | Coloring::ResidueType | Coloring::SecondaryStructure => {}
    }
}

/// A horizontal color scale with its ends named, bottom right.
fn scale_ui(ui: &egui::Ui, view: egui::Rect, low: &str, high: &str, color: impl Fn(f32) -> [u8; 3]) {
    let painter = ui.painter().with_clip_rect(view);
    let font = egui::TextStyle::Small.resolve(ui.style());
    let text = ui.visuals().text_color();
    let bar =
        egui::Rect::from_min_size(view.right_bottom() - egui::vec2(140.0, 24.0), egui::vec2(100.0, 8.0));
    const STEPS: usize = 32;
    for step in 0..STEPS {
        let [r, g, b] = color(step as f32 / (STEPS - 1) as f32);
        let width = bar.width() / STEPS as f32;
        let min = egui::pos2(bar.left() + step as f32 * width, bar.top());
        let slice = egui::Rect::from_min_size(min, egui::vec2(width + 0.5, bar.height()));
        painter.rect_filled(slice, 0.0, egui::Color32::from_rgb(r, g, b));
    }
    let (left, right) = (bar.left_center() - egui::vec2(6.0, 0.0), bar.right_center() + egui::vec2(6.0, 0.0));
    painter.text(left, egui::Align2::RIGHT_CENTER, low, font.clone(), text);
    painter.text(right, egui::Align2::LEFT_CENTER, high, font, text);
}

/// What the next click does, at the top of the view.
fn hint_ui(ui: &egui::Ui, view: egui::Rect, text: &str) {
    let painter = ui.painter().with_clip_rect(view);
    let visuals = ui.visuals();
    let font = egui::TextStyle::Body.resolve(ui.style());
    let galley = painter.layout_no_wrap(text.to_owned(), font, visuals.strong_text_color());
    let size = galley.size() + egui::vec2(20.0, 10.0);
    let frame = egui::Rect::from_center_size(view.center_top() + egui::vec2(0.0, 12.0 + size.y / 2.0), size);
    painter.rect(frame, 6.0, visuals.window_fill, visuals.window_stroke, egui::StrokeKind::Outside);
    painter.galley(frame.min + egui::vec2(10.0, 5.0), galley, visuals.strong_text_color());
}

/// Which frame is shown, and which atom is marked, bottom left.
fn caption_ui(ui: &egui::Ui, view: egui::Rect, context: &PaneContext<'_>) {
    let painter = ui.painter().with_clip_rect(view);
    let colors = context.palette();
    let text = ui.visuals().text_color();
    let mut at = view.left_bottom() + egui::vec2(14.0, -12.0);
    let frame = context.timeline.frame();
    let caption = match (frame, context.project.time_ns(frame)) {
        (0, _) => "Start structure".to_owned(),
        (_, Some(time_ns)) => format!("Frame {}, {}", grouped(frame as u64), time_text(time_ns)),
        (_, None) => format!("Frame {}", grouped(frame as u64)),
    };
    let font = theme::semibold(13.0);
    painter.text(at, egui::Align2::LEFT_BOTTOM, caption, font, text);
    if let Some(ghost) = context.ghost.caption(context.project) {
        at.y -= 20.0;
        let font = egui::TextStyle::Body.resolve(ui.style());
        let place = egui::Align2::LEFT_BOTTOM.anchor_size(at, egui::vec2(12.0, 16.0));
        let colors = context.ghost.colors(context.project);
        let width = place.width() / colors.len().max(1) as f32;
        for (index, [r, g, b]) in colors.into_iter().enumerate() {
            let from = place.left_center() + egui::vec2(index as f32 * width, 0.0);
            let stroke = egui::Stroke::new(3.0, egui::Color32::from_rgb(r, g, b));
            painter.line_segment([from, from + egui::vec2(width, 0.0)], stroke);
        }
        let at = at + egui::vec2(18.0, 0.0);
        painter.text(at, egui::Align2::LEFT_BOTTOM, ghost, font, text);
    }
    let topology = context.project.opened.as_ref().map(|opened| &opened.structure.topology);
    if let (Some(atom), Some(topology)) = (context.selected_atom, topology)
        && atom < topology.atom_count()
    {
        at.y -= 20.0;
        let font = egui::TextStyle::Body.resolve(ui.style());
        let marked = format!("Marked: {}", topology.atom_label(atom));
        painter.text(at, egui::Align2::LEFT_BOTTOM, marked, font, colors.cursor);
    }
}
