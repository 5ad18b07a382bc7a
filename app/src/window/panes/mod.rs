//! The docked panes. Each draws from [`PaneContext`] and answers with actions.

mod branches;
pub mod contacts;
mod context_menu;
pub mod ensemble;
pub mod evaluation;
pub mod evaluation_results;
mod facts;
pub mod fluctuation;
mod form;
pub mod free_energy;
pub mod heat_map;
mod jumps;
pub mod learning_curves;
pub mod log;
mod log_scale;
mod map_settings;
pub mod measurements;
pub mod molecule;
pub mod molecule_bar;
pub mod ramachandran;
pub mod rmsd;
pub mod run_settings;
mod runs;
mod search;
pub mod selection;
pub mod sequence;
pub mod simulation;
pub mod states;
pub mod structure;
pub mod training;
mod training_data;
mod training_settings;
pub mod validity;

use egui_tiles::{SimplificationOptions, TabState, TileId, Tiles, UiResponse};

use equijump_engine::observe::landscape::{FrameGroup, MapSettings};
use equijump_engine::observe::observations::{FrameDetails, MapSelection, Observations};

use super::action::Action;
use super::evaluation::EvaluationState;
use super::ghost::Ghost;
use super::layout::{self, Pane};
use super::log::Log;
use super::measurements::Measurements;
use super::models::ModelChoice;
use super::preferences::Preferences;
use super::project::Project;
use super::runs::OtherRun;
use super::selection::Selected;
use super::theme;
use super::timeline::Timeline;
use super::training::{SpeedTrial, TrainingState};

/// What panes see of the application while they draw. They change only settings of the user's.
pub struct PaneContext<'a> {
    /// The name of the file that is being read, if any is.
    pub being_read: Option<&'a str>,
    /// Structure, run, frame shown.
    pub project: &'a Project,
    /// Numbers over the run.
    pub observations: &'a Observations,
    /// Numbers of the frame shown, or for a moment those of the frame before.
    pub details: Option<&'a FrameDetails>,
    /// Frame cursor.
    pub timeline: &'a Timeline,
    /// Settings of the next run, and of the display.
    pub preferences: &'a mut Preferences,
    /// The run whose frames the next one would make once more.
    pub same_frames_as: Option<u32>,
    /// The model in use.
    pub model: &'a ModelChoice,
    /// The training, and the settings of the next one.
    pub training: &'a mut TrainingState,
    /// The comparison with a reference, and the settings of the next one.
    pub evaluation: &'a mut EvaluationState,
    /// What the user was told.
    pub log: &'a Log,
    /// What the user measures.
    pub measurements: &'a Measurements,
    /// What is shown besides the molecule, for comparison.
    pub ghost: &'a Ghost,
    /// The rectangle of the free-energy map whose frames are played.
    pub map_selection: Option<MapSelection>,
    /// The atoms that are selected.
    pub selected: &'a Selected,
    /// Frames that alone are played, if not those in the rectangle.
    pub frame_group: Option<&'a FrameGroup>,
    /// How the free-energy map is made.
    pub map_settings: MapSettings,
    /// The atom that is marked.
    pub selected_atom: Option<usize>,
    /// Textures and the like.
    pub cache: &'a mut PaneCache,
    /// What the user asked for.
    pub actions: &'a mut Vec<Action>,
    /// Whether plots or structures are in the dark theme.
    pub dark_mode: bool,
}

impl PaneContext<'_> {
    /// Colors of the theme.
    pub fn palette(&self) -> theme::Palette {
        theme::palette(self.dark_mode)
    }

    /// Other runs that are drawn in the plots beside the one on view. How far another protein moves is no measure of
    /// this one, and a longer run of it would hide this one, so they are of the same.
    pub fn runs_beside(&self) -> impl Iterator<Item = &OtherRun> {
        let sequence = self.project.opened.as_ref().map(|opened| opened.structure.topology.sequence());
        self.project.others.iter().filter(move |other| {
            other.run.in_plots && Some(other.opened.structure.topology.sequence()) == sequence
        })
    }
}

/// What panes keep between passes.
#[derive(Default)]
pub struct PaneCache {
    /// The 3D view; absent where there is no OpenGL.
    pub molecule: molecule::MoleculeView,
    /// The field that selects atoms.
    pub selection: selection::SelectionField,
    /// The strip of residues.
    pub sequence: sequence::SequenceStrip,
    /// Texture of the Ramachandran density.
    pub dihedral_density: heat_map::HeatMapTexture,
    /// The free-energy map.
    pub free_energy: free_energy::FreeEnergyState,
    /// The contact map.
    pub contacts: contacts::ContactsState,
    /// Secondary structure against time.
    pub structure: structure::StructureState,
    /// Metastable states.
    pub states: states::StatesState,
    /// How fast a training would be.
    pub training_speed: SpeedTrial,
    /// Clusters of frames.
    pub ensemble: ensemble::EnsembleState,
    /// The figure of an evaluation that is shown.
    pub evaluation_results: evaluation_results::FigureTexture,
    /// Regions of molecular dynamics under the Ramachandran plot.
    pub dihedral_regions: heat_map::HeatMapTexture,
}

/// Draws panes for egui_tiles.
pub struct PaneBehavior<'a> {
    /// What they see.
    pub context: PaneContext<'a>,
    /// Whether tabs must be close together.
    pub narrow: bool,
}

impl egui_tiles::Behavior<Pane> for PaneBehavior<'_> {
    fn pane_ui(&mut self, ui: &mut egui::Ui, _tile: TileId, pane: &mut Pane) -> UiResponse {
        let context = &mut self.context;
        draw_again_if_new(ui, *pane);
        ui.painter().rect_filled(ui.max_rect(), 0.0, ui.visuals().panel_fill);
        let margin = match pane {
            Pane::Molecule => egui::Margin::ZERO,
            Pane::Simulation
            | Pane::Training
            | Pane::Evaluation
            | Pane::Validity
            | Pane::Runs
            | Pane::Log => egui::Margin::symmetric(12, 10),
            Pane::FreeEnergy
            | Pane::Ramachandran
            | Pane::Rmsd
            | Pane::Measurements
            | Pane::Fluctuation
            | Pane::Contacts
            | Pane::Structure
            | Pane::States
            | Pane::Ensemble
            | Pane::LearningCurves
            | Pane::EvaluationResults => egui::Margin::symmetric(8, 6),
        };
        egui::Frame::new().inner_margin(margin).show(ui, |ui| match pane {
            Pane::Molecule => molecule::ui(ui, context),
            Pane::Simulation => simulation::ui(ui, context),
            Pane::FreeEnergy => free_energy::ui(ui, context),
            Pane::Ramachandran => ramachandran::ui(ui, context),
            Pane::Rmsd => rmsd::ui(ui, context),
            Pane::Measurements => measurements::ui(ui, context),
            Pane::Fluctuation => fluctuation::ui(ui, context),
            Pane::Contacts => contacts::ui(ui, context),
            Pane::Structure => structure::ui(ui, context),
            Pane::States => states::ui(ui, context),
            Pane::Ensemble => ensemble::ui(ui, context),
            Pane::Validity => validity::ui(ui, context),
            Pane::Runs => runs::ui(ui, context),
            Pane::Log => log::ui(ui, context),
            Pane::Training => training::ui(ui, context),
            Pane::LearningCurves => learning_curves::ui(ui, context),
            Pane::Evaluation => evaluation::ui(ui, context),
            Pane::EvaluationResults => evaluation_results::ui(ui, context),
        });
        UiResponse::None
    }

    fn tab_title_for_pane(&mut self, pane: &Pane) -> egui::WidgetText {
        pane.title().into()
    }

    fn tab_title_for_tile(&mut self, tiles: &Tiles<Pane>, tile: TileId) -> egui::WidgetText {
        layout::title_of(tiles, tile).into()
    }

    fn simplification_options(&self) -> SimplificationOptions {
        // A pane keeps its tab even when it is alone: the tab is its title and its handle.
        SimplificationOptions { all_panes_must_have_tabs: true, ..SimplificationOptions::default() }
    }

    fn gap_width(&self, _style: &egui::Style) -> f32 {
        3.0
    }

    fn min_size(&self) -> f32 {
        96.0
    }

    fn tab_bar_height(&self, _style: &egui::Style) -> f32 {
        28.0
    }

    fn tab_title_spacing(&self, _visuals: &egui::Visuals) -> f32 {
        if self.narrow { 4.0 } else { 12.0 }
    }

    fn tab_bar_color(&self, visuals: &egui::Visuals) -> egui::Color32 {
        visuals.faint_bg_color
    }

    fn tab_bg_color(
        &self,
        visuals: &egui::Visuals,
        _tiles: &Tiles<Pane>,
        _tile: TileId,
        state: &TabState,
    ) -> egui::Color32 {
        if state.active { visuals.panel_fill } else { egui::Color32::TRANSPARENT }
    }

    fn tab_outline_stroke(
        &self,
        _visuals: &egui::Visuals,
        _tiles: &Tiles<Pane>,
        _tile: TileId,
        _state: &TabState,
    ) -> egui::Stroke {
        egui::Stroke::NONE
    }

    fn tab_text_color(
        &self,
        visuals: &egui::Visuals,
        _tiles: &Tiles<Pane>,
        _tile: TileId,
        state: &TabState,
    ) -> egui::Color32 {
        if state.active { visuals.text_color() } else { visuals.weak_text_color() }
    }

    fn resize_stroke(&self, style: &egui::Style, state: egui_tiles::ResizeState) -> egui::Stroke {
        let colors = theme::palette(style.visuals.dark_mode);
        match state {
            egui_tiles::ResizeState::Idle => egui::Stroke::new(1.0, colors.hairline),
            egui_tiles::ResizeState::Hovering | egui_tiles::ResizeState::Dragging => {
                egui::Stroke::new(2.0, colors.accent)
            }
        }
    }
}

/// Plots know how wide their numbers are only once they have been drawn: a pane that has just come to the front or has
/// another size is drawn twice, or the titles of its axes would lie over the numbers until the pointer moves.
fn draw_again_if_new(ui: &egui::Ui, pane: Pane) {
    let (pass, rect) = (ui.ctx().cumulative_pass_nr(), ui.max_rect());
    let id = egui::Id::unique(("pane drawn", pane));
    let before = ui.ctx().data_mut(|data| data.get_temp::<(u64, egui::Rect)>(id));
    ui.ctx().data_mut(|data| data.insert_temp(id, (pass, rect)));
    if before.is_none_or(|(last, known)| last + 1 < pass || known != rect) {
        ui.ctx().request_repaint();
    }
}

/// What a pane says when it has nothing to show: one heading, one sentence on what to do.
pub(super) fn empty_state(ui: &mut egui::Ui, heading: &str, advice: &str) {
    ui.with_layout(egui::Layout::top_down(egui::Align::Center), |ui| {
        let height = ui.available_height();
        ui.add_space((height * 0.5 - 30.0).max(4.0));
        ui.label(egui::RichText::new(heading).font(theme::semibold(13.0)));
        ui.add(egui::Label::new(egui::RichText::new(advice).weak()).wrap());
    });
}
