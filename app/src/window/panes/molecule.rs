//! The molecule, with what is drawn over it and stands below it.

use std::sync::Arc;

use equijump_engine::session::OpenRequest;
use equijump_engine::structure::Topology;

use super::facts::FactsLine;
use super::{PaneContext, context_menu, molecule_bar, selection, sequence};
use crate::shared::examples::EXAMPLES;
use crate::viewport::{Bounds, Camera, Coloring, SecondaryStructureClass, Style, Viewport, palette};
use crate::window::action::Action;
use crate::window::command::UiCommand;
use crate::window::dialogs::primary_button;
use crate::window::numbers::{grouped, time_text};
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

pub(super) fn ui(ui: &mut egui::Ui, context: &mut PaneContext<'_>) {
    if context.project.opened.is_none() {
        return nothing_open_ui(ui, context);
    }
    let area = ui.available_rect_before_wrap();
    let (bar, rest) = area.split_top_bottom_at_y(area.top() + molecule_bar::HEIGHT);
    let line = FactsLine::new(ui, context, egui::vec2(area.width() - 20.0, area.height()));
    let (facts, rest) = rest.split_top_bottom_at_y(rest.top() + line.height);
    let (rest, strip) = rest.split_top_bottom_at_y(rest.bottom() - sequence::HEIGHT);
    let (view, select) = rest.split_top_bottom_at_y(rest.bottom() - selection::HEIGHT);
    let mut bar_ui = ui.new_child(egui::UiBuilder::new().max_rect(bar.shrink2(egui::vec2(8.0, 4.0))));
    bar_ui.horizontal_centered(|ui| molecule_bar::ui(ui, context));

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
