//! Carrying out what a pass of the interface asked for.

use std::path::PathBuf;
use std::sync::Arc;

use equijump_engine::observe::landscape::{FrameGroup, MapSettings};
use equijump_engine::observe::observations::Landscape;
use equijump_engine::session::{LoadModel, Open, OpenRequest, StructureSource, TrajectoryRequest};

use super::EquiJumpApp;
use crate::window::action::Action;
use crate::window::columns::Columns;
use crate::window::command::UiCommand;
use crate::window::dialogs::Dialog;
use crate::window::dialogs::command_palette::CommandPalette;
use crate::window::dialogs::export_figures::FigureForm;
use crate::window::dialogs::export_movie::MovieForm;
use crate::window::dialogs::go_to_frame::GoToFrame;
use crate::window::dialogs::help::About;
use crate::window::dialogs::open_path::OpenPath;
use crate::window::dialogs::screenshot::ScreenshotForm;
use crate::window::file_dialogs::{FileRequest, Purpose};
use crate::window::ghost::Ghost;
use crate::window::layout::{self, Pane};
use crate::window::measurements::MeasurementTool;
use crate::window::menu::CommandState as _;
use crate::window::models::ModelState;
use crate::window::session_file::{self, Entry};

impl EquiJumpApp {
    pub(in crate::window) fn carry_out(&mut self, action: Action, ctx: &egui::Context) {
        match action {
            Action::Command(command) => {
                if self.is_enabled(command) {
                    self.carry_out_command(command, ctx);
                }
            }
            Action::Open(request) => self.open(request),
            Action::OpenTrajectory(request) => self.open_trajectory(request),
            Action::StopReading => self.stop_reading(),
            Action::SaveProject(path) => self.ask_before_saving_project(&path),
            Action::WriteProject { path, with_runs } => self.write_project(&path, with_runs),
            Action::WriteMdStart(folder) => self.write_md_start(&folder),
            Action::WriteTrainingScript(folder) => self.write_training_script(&folder),
            Action::SimulateWriting(output) => {
                self.preferences.run.output = output;
                self.simulate();
                // An answer to this run's question is none to the next one's.
                self.preferences.run.output.overwrite = false;
            }
            Action::ShowRun(number) => self.show_run(number),
            Action::CloseRun(number) => self.ask_before_closing_run(number),
            Action::CloseRunConfirmed(number) => self.close_run(number),
            Action::ShowRunBeside(number) => self.show_run_beside(number),
            Action::EvaluateRuns { reference, samples } => self.evaluate_runs(reference, samples),
            Action::OpenAgain(place) => self.open_again(place),
            Action::ForgetUnopened(place) => self.forget_unopened(place),
            Action::SetRunInPlots(number, shown) => self.set_run_in_plots(number, shown),
            Action::QuitConfirmed => {
                self.quit_confirmed = true;
                ctx.send_viewport_cmd(egui::ViewportCommand::Close);
            }
            Action::SaveAndQuit(folder) => self.save_and_quit(&folder, ctx),
            Action::GoToFrame(frame) => self.timeline.go_to(frame),
            Action::ShowReplica(replica) => {
                if let Some(run) = &mut self.project.run {
                    run.replica = replica;
                }
                self.ghost_changed();
                self.map_selection_changed();
            }
            Action::PlayGroup(group) => {
                self.map_selection = None;
                self.frame_group = group;
                self.map_selection_changed();
            }
            Action::SetMap(settings) => self.change_map(settings),
            Action::SelectOnMap(selection) => {
                self.frame_group = None;
                self.map_selection = selection;
                self.map_selection_changed();
                self.show_middle_of_selection();
            }
            Action::SelectAtom(atom) => {
                self.selected_atom = atom;
                self.cache.molecule.viewport.set_selected_atom(atom);
            }
            Action::Select(text) => self.select(&text),
            Action::SetSelectionLook(look) => self.set_selection_look(look),
            Action::PaintSelection(color) => {
                self.selected.paint(color);
                self.selection_changed();
            }
            Action::PickAtom(atom) => self.pick_atom(atom),
            Action::EndMeasuring => {
                self.measurements.end();
                self.marks_changed();
            }
            Action::PlotMeasurement(index) => {
                self.measurements.plot(index);
                self.marks_changed();
            }
            Action::RemoveMeasurement(index) => {
                self.measurements.remove(index);
                self.measurements_changed();
            }
            Action::MarkViolations(mark) => {
                self.preferences.mark_violations = mark;
                self.details_changed();
            }
            Action::SetStyle(style) => self.set_style(style),
            Action::SetProjection(projection) => {
                self.cache.molecule.viewport.set_projection(projection);
            }
            Action::SetSpeed(speed) => self.timeline.set_speed(speed),
            Action::ChooseModel(file) => self.choose_model(file),
            Action::ChooseBundledModel(index) => {
                self.model.chosen = index;
                self.choose_model(None);
            }
            Action::Training(action) => self.carry_out_training(action),
            Action::Evaluation(action) => self.carry_out_evaluation(action, ctx),
            Action::ShowPane(pane) => {
                layout::show(&mut self.tree, pane);
                if let Some(tab) = layout::tab_of(&self.tree, pane) {
                    self.focus_walk.come_to(ctx, tab);
                }
            }
            Action::Browse(request) => self.file_dialogs.open(request, ctx),
            Action::CloseDialog => self.dialog = None,
            Action::ExportTrajectory(export) => self.export_trajectory(export),
            Action::SaveRun(export) => self.save_run(export),
            Action::ExportFigures(export) => self.export_figures(export),
            Action::ExportMovie(export) => self.start_movie(export),
            Action::SaveScreenshot(export) => self.save_screenshot(export),
            Action::ClearLog => self.log.clear(),
            Action::Copy(text) => ctx.copy_text(text),
        }
    }

    fn carry_out_command(&mut self, command: UiCommand, ctx: &egui::Context) {
        match command {
            UiCommand::OpenFile => {
                let suggestion = self.structure_folder();
                let purpose = Purpose::OpenStructure;
                self.file_dialogs.open(FileRequest { purpose, suggestion }, ctx);
            }
            UiCommand::OpenPath => {
                self.dialog = Some(Dialog::OpenPath(OpenPath::new(Purpose::OpenStructure, false)))
            }
            UiCommand::SaveProject => {
                let suggestion = self.proposal("project", session_file::EXTENSION);
                self.file_dialogs.open(FileRequest { purpose: Purpose::SaveProject, suggestion }, ctx);
            }
            UiCommand::ExportTrajectory => self.show_trajectory_form(),
            UiCommand::ExportMdStart => {
                let suggestion = self.preferences.export_folder();
                self.file_dialogs.open(FileRequest { purpose: Purpose::MdStartFolder, suggestion }, ctx);
            }
            UiCommand::MakeTrainingData => {
                let suggestion = self.preferences.export_folder();
                self.file_dialogs
                    .open(FileRequest { purpose: Purpose::TrainingScriptFolder, suggestion }, ctx);
            }
            UiCommand::ExportFigures => {
                let stems =
                    self.measurement_figures(1.0).iter().map(|figure| figure.stem().to_owned()).collect();
                let name = self.protein_name().to_owned();
                let form = FigureForm::new(self.preferences.export_folder(), name, stems);
                self.dialog = Some(Dialog::ExportFigures(form));
            }
            UiCommand::ExportMovie => {
                let newest = self.timeline.frame_count().saturating_sub(1);
                let folder = self.preferences.export_folder();
                let name = self.protein_name().to_owned();
                let form = MovieForm::new(folder, name, newest, self.cache.molecule.size_pixels);
                self.dialog = Some(Dialog::ExportMovie(form));
            }
            UiCommand::SaveScreenshot => {
                let proposal = self.proposal(&format!("frame{}", self.timeline.frame()), "png");
                let form = ScreenshotForm::new(proposal, self.cache.molecule.size_pixels);
                self.dialog = Some(Dialog::Screenshot(form));
            }
            UiCommand::Undo => self.undo(),
            UiCommand::Redo => self.redo(),
            UiCommand::Select => {
                layout::show(&mut self.tree, Pane::Molecule);
                self.cache.selection.focus();
            }
            UiCommand::FocusView => {
                layout::show(&mut self.tree, Pane::Molecule);
                self.cache.molecule.viewport.focus();
            }
            UiCommand::ClearSelection => self.select(""),
            UiCommand::MeasureSelection => self.measure_selection(),
            UiCommand::Quit => ctx.send_viewport_cmd(egui::ViewportCommand::Close),
            UiCommand::Simulate => match self.hindrance() {
                Some(hindrance) => self.dialog = Some(Dialog::Hindrance(hindrance)),
                None => self.simulate(),
            },
            UiCommand::ExtendRun => self.extend(),
            UiCommand::PauseRun => self.pause_or_resume(),
            UiCommand::StopRun => {
                if let Some(run) = self.project.active_run_mut() {
                    run.stop();
                }
            }
            UiCommand::ShowTraining => layout::show(&mut self.tree, Pane::Training),
            UiCommand::ShowEvaluation => layout::show(&mut self.tree, Pane::Evaluation),
            UiCommand::PlayPause => self.timeline.toggle_play(),
            UiCommand::StepBack => self.timeline.step(-1),
            UiCommand::StepForward => self.timeline.step(1),
            UiCommand::FirstFrame => self.timeline.first(),
            UiCommand::LastFrame => self.timeline.go_to_last(),
            UiCommand::FollowNewest => self.timeline.toggle_follow(),
            UiCommand::ToggleRepeat => self.timeline.repeat = !self.timeline.repeat,
            UiCommand::Faster => self.timeline.faster(),
            UiCommand::Slower => self.timeline.slower(),
            UiCommand::GoToFrame => {
                let last = self.timeline.frame_count().saturating_sub(1);
                let form = GoToFrame::new(self.timeline.frame(), last);
                self.dialog = Some(Dialog::GoToFrame(form));
            }
            UiCommand::BallAndStick
            | UiCommand::Sticks
            | UiCommand::Spacefill
            | UiCommand::Ribbon
            | UiCommand::ColorElement
            | UiCommand::ColorResidue
            | UiCommand::ColorPosition
            | UiCommand::ColorStructure
            | UiCommand::ColorFluctuation
            | UiCommand::ColorDeviation
            | UiCommand::ShowAllAtoms
            | UiCommand::ShowBackbone
            | UiCommand::ShowSideChains
            | UiCommand::CenterOnMarked
            | UiCommand::FitSelection
            | UiCommand::ToggleSpin
            | UiCommand::ToggleFollowFit
            | UiCommand::ToggleProjection
            | UiCommand::ResetCamera => self.carry_out_view_command(command),
            UiCommand::ToggleSuperpose => {
                self.preferences.superpose = !self.preferences.superpose;
                self.project.set_superpose(self.preferences.superpose);
                self.molecule_changed();
                self.ghost_changed();
            }
            UiCommand::GhostOfStart
            | UiCommand::GhostOfFrame
            | UiCommand::GhostOfReplicas
            | UiCommand::OverlayFrames => {
                self.toggle_ghost(command);
            }
            UiCommand::ToggleTiles => {
                self.preferences.tiles = !self.preferences.tiles;
                self.ghost_changed();
            }
            UiCommand::MeasureDistance | UiCommand::MeasureAngle | UiCommand::MeasureDihedral => {
                if let Some(tool) = MeasurementTool::of_command(command) {
                    self.measurements.toggle_tool(tool);
                    self.marks_changed();
                }
            }
            UiCommand::ClearMeasurements => {
                self.measurements.clear();
                self.measurements_changed();
            }
            UiCommand::ThemeSystem => self.set_theme(egui::ThemePreference::System, ctx),
            UiCommand::ThemeLight => self.set_theme(egui::ThemePreference::Light, ctx),
            UiCommand::ThemeDark => self.set_theme(egui::ThemePreference::Dark, ctx),
            UiCommand::ZoomIn => egui::gui_zoom::zoom_in(ctx),
            UiCommand::ZoomOut => egui::gui_zoom::zoom_out(ctx),
            UiCommand::ZoomReset => ctx.set_zoom_factor(1.0),
            UiCommand::ResetLayout => {
                self.tree = layout::default_tree();
                self.columns = Columns::default();
            }
            UiCommand::Palette => {
                let palette = CommandPalette::new(&self.preferences, |command| self.is_enabled(command));
                self.dialog = Some(Dialog::Palette(palette));
            }
            UiCommand::Shortcuts => self.dialog = Some(Dialog::Shortcuts),
            UiCommand::About => {
                let info = self.project.run.as_ref().and_then(|run| run.info.as_ref());
                let compute = info.map(|info| info.device_name.clone());
                self.dialog = Some(Dialog::About(About { graphics: self.graphics.clone(), compute }));
            }
        }
    }

    fn set_theme(&mut self, theme: egui::ThemePreference, ctx: &egui::Context) {
        self.preferences.theme = theme;
        ctx.set_theme(theme);
    }

    /// Opens a file: a structure, or what turns out to hold frames. Runs stay, and go on if they do.
    pub(in crate::window) fn open(&mut self, request: OpenRequest) {
        if let StructureSource::File(path) = &request.source
            && path.extension().is_some_and(|extension| extension == session_file::EXTENSION)
        {
            return self.open_project(path);
        }
        if let (StructureSource::File(path), false) = (&request.source, request.longest_segment) {
            let files = vec![path.clone()];
            let chain = request.chain;
            return self.open_trajectory(TrajectoryRequest { files, chain, ..TrajectoryRequest::default() });
        }
        let entry = Entry::of_structure(&request);
        self.begin_opening(Open::Structure(request), entry);
    }

    /// Opens trajectories or a run.
    pub(in crate::window) fn open_trajectory(&mut self, request: TrajectoryRequest) {
        let opened = self.project.opened.as_ref().map(|opened| opened.structure.topology.clone());
        let request = TrajectoryRequest { opened, ..request };
        let entry = Entry::of_frames(&request);
        self.begin_opening(Open::Trajectory(request), Some(entry));
    }

    /// What this opens comes on view, and nothing that was asked for before.
    pub(in crate::window) fn begin_opening(&mut self, job: Open, entry: Option<Entry>) {
        self.opening = Some((self.session.start(job), entry));
    }

    /// Simulates with a model file, or with the bundled model, from now on.
    pub(in crate::window) fn choose_model(&mut self, file: Option<PathBuf>) {
        if let Some(path) = &file {
            self.preferences.remember_model(path);
        }
        self.model.file = file;
        self.load_model();
    }

    /// Loads the model in use, so that its card can be shown and a run starts without delay.
    pub(in crate::window) fn load_model(&mut self) {
        self.preferences.run.model_file = self.model.file.clone();
        self.loading = self.model.source().map(|model| self.session.start(LoadModel(model)));
        self.model.state = if self.loading.is_some() { ModelState::Loading } else { ModelState::None };
    }

    fn structure_folder(&self) -> PathBuf {
        let recent = self.preferences.recent_files.first().and_then(|path| path.parent());
        recent
            .filter(|folder| folder.is_dir())
            .map_or_else(|| self.preferences.export_folder(), PathBuf::from)
    }

    /// A file name proposed for something made from the protein: `folder/villin-rmsd.png`.
    pub(in crate::window) fn proposal(&self, what: &str, extension: &str) -> PathBuf {
        let name = self.protein_name();
        self.preferences.export_folder().join(format!("{name}-{what}.{extension}"))
    }

    pub(super) fn protein_name(&self) -> &str {
        self.project.opened.as_ref().map_or("protein", |o| o.structure.topology.name.as_str())
    }

    /// The free-energy map is made like this from now on, of all runs.
    pub(in crate::window) fn set_map(&mut self, settings: MapSettings) {
        self.map_settings = settings;
        self.observer.map(settings);
        self.project.others.iter().for_each(|other| other.map(settings));
        self.map_selection_changed();
    }

    /// The user wants another map.
    pub(super) fn change_map(&mut self, settings: MapSettings) {
        // A rectangle on other coordinates means nothing.
        if settings.axes != self.map_settings.axes {
            self.map_selection = None;
        }
        self.set_map(settings);
    }

    /// The frames that alone are visited, of each of so many replicas; `None` where all are.
    pub(in crate::window) fn frames_selected(&self, replicas: usize) -> Option<FrameGroup> {
        match (&self.frame_group, &self.map_selection, &self.observations.landscape) {
            (Some(group), ..) => Some(group.clone()),
            (None, Some(selection), Landscape::Map(map)) => {
                let frames = Arc::new(map.frames_within_of_all(selection, replicas));
                Some(FrameGroup { name: "the rectangle".to_owned(), frames })
            }
            _ => None,
        }
    }

    /// Other frames lie in the rectangle of the free-energy map, or there is another rectangle.
    pub(in crate::window) fn map_selection_changed(&mut self) {
        let replica = self.project.run.as_ref().map_or(0, |run| run.replica);
        let frames = match (&self.frame_group, &self.map_selection, &self.observations.landscape) {
            (Some(group), ..) => Some(group.of_replica(replica)),
            (None, Some(selection), Landscape::Map(map)) => Some(map.frames_within(selection, replica)),
            _ => None,
        };
        self.timeline.set_subset(frames);
        if matches!(self.ghost, Ghost::Overlay(_)) {
            self.ghost_changed();
        }
    }

    /// Shows what lies in the rectangle: the frame nearest to its middle.
    fn show_middle_of_selection(&mut self) {
        let (Some(selection), Landscape::Map(map)) = (self.map_selection, &self.observations.landscape)
        else {
            return;
        };
        if self.timeline.subset().is_none() {
            return;
        }
        let replica = self.project.run.as_ref().map_or(0, |run| run.replica);
        let middle = |range: [f64; 2]| (range[0] + range[1]) / 2.0;
        if let Some((frame, of_replica)) =
            map.nearest_frame(middle(selection.x), middle(selection.y), replica)
            && of_replica == replica
        {
            self.timeline.go_to(frame);
        }
    }
}
