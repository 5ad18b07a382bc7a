//! Our own dialogs, one at a time, each a small form that ends in an action.

pub mod choice;
pub mod closing;
pub mod command_palette;
pub mod export_figures;
pub mod export_movie;
pub mod export_trajectory;
pub mod frame_range;
pub mod go_to_frame;
pub mod help;
pub mod hindrance;
pub mod open_path;
pub mod screenshot;
mod target;
pub mod trajectory_needs;
mod widgets;

pub use widgets::{PathField, primary_button};

use super::action::Action;
use super::file_dialogs::{FileAnswer, Purpose};

/// The dialog that is open.
#[derive(Debug)]
#[allow(missing_docs)] // each variant names its form
pub enum Dialog {
    OpenPath(open_path::OpenPath),
    GoToFrame(go_to_frame::GoToFrame),
    Chain(choice::ChainChoice),
    Segment(choice::SegmentChoice),
    Topology(trajectory_needs::TopologyChoice),
    Interval(trajectory_needs::IntervalChoice),
    Hindrance(hindrance::Hindrance),
    Closing(closing::ClosingForm),
    ExportTrajectory(export_trajectory::TrajectoryForm),
    ExportFigures(export_figures::FigureForm),
    Screenshot(screenshot::ScreenshotForm),
    ExportMovie(export_movie::MovieForm),
    Palette(command_palette::CommandPalette),
    Shortcuts,
    About(help::About),
}

impl Dialog {
    fn title(&self) -> &str {
        match self {
            Dialog::OpenPath(form) => form.title(),
            Dialog::GoToFrame(_) => "Go to frame",
            Dialog::Chain(_) => "Choose a chain",
            Dialog::Segment(_) => "The chain is broken",
            Dialog::Topology(_) => "Which atoms are these?",
            Dialog::Interval(_) => "How far apart are the frames?",
            Dialog::Hindrance(hindrance) => hindrance.title(),
            Dialog::Closing(_) => "Close EquiJump?",
            Dialog::ExportTrajectory(form) => form.title(),
            Dialog::ExportFigures(_) => "Export plots",
            Dialog::Screenshot(_) => "Save screenshot",
            Dialog::ExportMovie(_) => "Export film",
            Dialog::Palette(_) => "Command palette",
            Dialog::Shortcuts => "Keyboard shortcuts",
            Dialog::About(_) => "About EquiJump",
        }
    }

    fn width(&self) -> f32 {
        match self {
            Dialog::Shortcuts => 620.0,
            Dialog::GoToFrame(_) => 300.0,
            _ => 460.0,
        }
    }

    /// Draws the dialog; what the user decides goes into `actions`.
    pub fn show(&mut self, ctx: &egui::Context, actions: &mut Vec<Action>) {
        // A window may be narrower than the margins of its dialogs.
        let width = self.width().min(ctx.content_rect().width() - 48.0).max(160.0);
        let modal =
            egui::Modal::new(egui::Id::unique(("dialog", std::mem::discriminant(self)))).show(ctx, |ui| {
                ui.set_width(width);
                ui.heading(self.title());
                ui.add_space(6.0);
                match self {
                    Dialog::OpenPath(form) => form.ui(ui, actions),
                    Dialog::GoToFrame(form) => form.ui(ui, actions),
                    Dialog::Chain(form) => form.ui(ui, actions),
                    Dialog::Segment(form) => form.ui(ui, actions),
                    Dialog::Topology(form) => form.ui(ui, actions),
                    Dialog::Interval(form) => form.ui(ui, actions),
                    Dialog::Hindrance(form) => form.ui(ui, actions),
                    Dialog::Closing(form) => form.ui(ui, actions),
                    Dialog::ExportTrajectory(form) => form.ui(ui, actions),
                    Dialog::ExportFigures(form) => form.ui(ui, actions),
                    Dialog::Screenshot(form) => form.ui(ui, actions),
                    Dialog::ExportMovie(form) => form.ui(ui, actions),
                    Dialog::Palette(form) => form.ui(ui, actions),
                    Dialog::Shortcuts => help::shortcuts_ui(ui, actions),
                    Dialog::About(form) => form.ui(ui, actions),
                }
            });
        if modal.should_close() {
            actions.push(Action::CloseDialog);
        }
    }

    /// Takes the answer of a desktop dialog into the form that asked for it. Returns whether it did.
    pub fn take_answer(&mut self, purpose: Purpose, answer: &FileAnswer) -> bool {
        let path = match (self, purpose) {
            (Dialog::ExportTrajectory(form), Purpose::ExportTrajectory) => &mut form.path,
            (Dialog::ExportFigures(form), Purpose::FigureFolder) => &mut form.folder,
            (Dialog::Closing(form), Purpose::SavedRunsFolder) => &mut form.folder,
            (Dialog::Screenshot(form), Purpose::Screenshot) => &mut form.path,
            (Dialog::ExportMovie(form), Purpose::MovieFolder) => &mut form.folder,
            (Dialog::Topology(form), Purpose::OpenTopology) => &mut form.path,
            (Dialog::OpenPath(form), purpose) if form.purpose == purpose => &mut form.path,
            _ => return false,
        };
        match answer {
            FileAnswer::Picked(picked) => path.set(picked.clone()),
            FileAnswer::Unavailable => path.unavailable = true,
            FileAnswer::Dismissed => {}
        }
        true
    }
}
