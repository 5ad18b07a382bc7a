//! Our own dialogs, one at a time, each a small form that ends in an action.

pub mod choice;
pub mod confirm;
pub mod export_figures;
pub mod export_movie;
pub mod export_trajectory;
pub mod frame_range;
pub mod go_to_frame;
pub mod help;
pub mod open_path;
pub mod palette;
pub mod remedy;
pub mod screenshot;
pub mod trajectory_needs;

use std::path::PathBuf;

use super::action::Action;
use super::file_dialogs::{FileAnswer, FileRequest, Purpose};
use super::theme;

/// The dialog that is open.
#[derive(Clone, Debug)]
#[allow(missing_docs)] // each variant names its form
pub enum Dialog {
    OpenPath(open_path::OpenPath),
    GoToFrame(go_to_frame::GoToFrame),
    Chain(choice::ChainChoice),
    Segment(choice::SegmentChoice),
    Topology(trajectory_needs::TopologyChoice),
    Interval(trajectory_needs::IntervalChoice),
    Remedy(remedy::Remedy),
    Confirm(confirm::Confirm),
    ExportTrajectory(export_trajectory::TrajectoryForm),
    ExportFigures(export_figures::FigureForm),
    Screenshot(screenshot::ScreenshotForm),
    ExportMovie(export_movie::MovieForm),
    Palette(palette::Palette),
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
            Dialog::Remedy(remedy) => remedy.title(),
            Dialog::Confirm(confirm) => confirm.title(),
            Dialog::ExportTrajectory(_) => "Export trajectory",
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
        let width = self.width();
        let modal = egui::Modal::new(egui::Id::unique(self.title())).show(ctx, |ui| {
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
                Dialog::Remedy(form) => form.ui(ui, actions),
                Dialog::Confirm(form) => form.ui(ui, actions),
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

/// A path that can be typed or browsed for.
#[derive(Clone, Debug)]
pub struct PathField {
    text: String,
    /// The desktop offered no file dialog.
    pub unavailable: bool,
    /// Opened already with the cursor in the field.
    focused: bool,
}

impl PathField {
    /// Starts with a proposal.
    pub fn new(path: PathBuf) -> Self {
        Self { text: path.display().to_string(), unavailable: false, focused: false }
    }

    /// The path, `~` replaced by the home folder; `None` when nothing was typed.
    pub fn path(&self) -> Option<PathBuf> {
        let text = self.text.trim();
        if text.is_empty() {
            return None;
        }
        let home = std::env::var_os("HOME").or_else(|| std::env::var_os("USERPROFILE"));
        match (text.strip_prefix("~/"), home) {
            (Some(rest), Some(home)) => Some(PathBuf::from(home).join(rest)),
            _ => Some(PathBuf::from(text)),
        }
    }

    /// Replaces the path.
    pub fn set(&mut self, path: PathBuf) {
        self.text = path.display().to_string();
    }

    /// Gives the file name another extension.
    pub fn set_extension(&mut self, extension: &str) {
        if let Some(path) = self.path().filter(|path| path.file_name().is_some()) {
            self.set(path.with_extension(extension));
        }
    }

    /// The field with its label and "Browse…". Returns whether Enter was pressed in it.
    pub fn ui(
        &mut self,
        ui: &mut egui::Ui,
        label: &str,
        purpose: Purpose,
        actions: &mut Vec<Action>,
    ) -> bool {
        let name = ui.label(label);
        let mut entered = false;
        ui.horizontal(|ui| {
            let browse_width = 84.0;
            let width = (ui.available_width() - browse_width - ui.spacing().item_spacing.x).max(80.0);
            let edit = egui::TextEdit::singleline(&mut self.text)
                .hint_text("Type a path")
                .desired_width(width)
                .clip_text(true);
            let response = ui.add(edit).labelled_by(name.id);
            if !self.focused {
                response.request_focus();
                self.focused = true;
            }
            entered = response.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
            let browse = egui::Button::new("Browse…").min_size(egui::vec2(browse_width, 0.0));
            if ui.add(browse).on_hover_text("Pick it in a file dialog of the desktop").clicked() {
                let suggestion = self.path().unwrap_or_default();
                actions.push(Action::Browse(FileRequest { purpose, suggestion }));
            }
        });
        if self.unavailable {
            ui.weak("This desktop offers no file dialog; type the path instead.");
        }
        entered
    }
}

/// The row of buttons that ends a dialog. Returns whether the confirming one was clicked.
fn buttons(ui: &mut egui::Ui, confirm: &str, enabled: bool, actions: &mut Vec<Action>) -> bool {
    let mut confirmed = false;
    ui.add_space(10.0);
    button_row(ui, |ui| {
        confirmed = ui.add_enabled(enabled, primary_button(ui, confirm)).clicked();
        if ui.add(egui::Button::new("Cancel").min_size(egui::vec2(80.0, 28.0))).clicked() {
            actions.push(Action::CloseDialog);
        }
    });
    confirmed
}

/// A row of buttons from the right edge, no higher than they are.
fn button_row(ui: &mut egui::Ui, contents: impl FnOnce(&mut egui::Ui)) {
    let size = egui::vec2(ui.available_width(), 30.0);
    ui.allocate_ui_with_layout(size, egui::Layout::right_to_left(egui::Align::Center), contents);
}

/// The button for what the user most probably wants.
pub fn primary_button(ui: &egui::Ui, text: &str) -> egui::Button<'static> {
    let colors = theme::palette(ui.visuals().dark_mode);
    let text = egui::RichText::new(text).color(colors.on_accent).font(theme::semibold(13.0));
    egui::Button::new(text).fill(colors.accent_fill).min_size(egui::vec2(80.0, 28.0))
}

/// A line of red text under a form.
fn error_line(ui: &mut egui::Ui, text: &str) {
    let color = ui.visuals().error_fg_color;
    ui.add(egui::Label::new(egui::RichText::new(text).color(color)).wrap());
}
