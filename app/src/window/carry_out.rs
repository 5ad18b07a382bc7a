//! Carrying out what a pass of the interface asked for.

use std::path::PathBuf;

use equijump_engine::session::{Command, ExportRequest, OpenRequest, SimulationRequest};

use super::action::Action;
use super::app::{EquiJumpApp, Export, PendingJob};
use super::command::UiCommand;
use super::dialogs::Dialog;
use super::dialogs::confirm::{Cause, Confirm};
use super::dialogs::export_figures::{FigureExport, FigureForm};
use super::dialogs::export_movie::MovieForm;
use super::dialogs::export_trajectory::{TrajectoryExport, TrajectoryForm};
use super::dialogs::go_to_frame::GoToFrame;
use super::dialogs::help::About;
use super::dialogs::open_path::OpenPath;
use super::dialogs::screenshot::ScreenshotForm;
use super::file_dialogs::{FileRequest, Purpose};
use super::layout::{self, Pane};
use super::log::Level;
use super::measurements::{self, MeasureTool};
use super::menu::CommandState as _;
use super::models::ModelState;
use super::observations::{Landscape, MeasuredSeries, Observations};
use super::preferences::StartFrom;
use super::project::{Phase, Run};
use crate::figures::Figure;

impl EquiJumpApp {
    pub(super) fn carry_out(&mut self, action: Action, ctx: &egui::Context) {
        match action {
            Action::Command(command) => {
                if self.is_enabled(command) {
                    self.carry_out_command(command, ctx);
                }
            }
            Action::Open(request) => self.ask_before_opening(request),
            Action::OpenConfirmed(request) => self.open(request),
            Action::SimulateConfirmed => self.simulate(),
            Action::QuitConfirmed => {
                self.quit_confirmed = true;
                ctx.send_viewport_cmd(egui::ViewportCommand::Close);
            }
            Action::GoToFrame(frame) => self.timeline.go_to(frame),
            Action::ShowReplica(replica) => {
                if let Some(run) = &mut self.project.run {
                    run.replica = replica;
                }
                self.map_selection_changed();
            }
            Action::SelectOnMap(selection) => {
                self.map_selection = selection;
                self.map_selection_changed();
                self.show_middle_of_selection();
            }
            Action::SelectAtom(atom) => {
                self.selected_atom = atom;
                self.cache.molecule.viewport.set_selected_atom(atom);
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
            Action::SetStyle(style) => self.set_style(style),
            Action::SetProjection(projection) => {
                self.cache.molecule.viewport.set_projection(projection);
            }
            Action::SetSpeed(speed) => self.timeline.set_speed(speed),
            Action::ChooseModel(file) => self.choose_model(file),
            Action::Training(action) => self.carry_out_training(action),
            Action::Evaluation(action) => self.carry_out_evaluation(action, ctx),
            Action::ShowPane(pane) => layout::show(&mut self.tree, pane),
            Action::Browse(request) => self.file_dialogs.open(request, ctx),
            Action::CloseDialog => self.dialog = None,
            Action::ExportTrajectory(export) => self.export_trajectory(export),
            Action::ExportFigures(export) => self.export_figures(&export),
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
            UiCommand::ExportTrajectory => self.show_trajectory_form(),
            UiCommand::ExportFigures => {
                let measured = self.observations.measured.len();
                let form = FigureForm::new(self.preferences.export_folder(), measured > 0);
                self.dialog = Some(Dialog::ExportFigures(form));
            }
            UiCommand::ExportMovie => {
                let newest = self.timeline.frame_count().saturating_sub(1);
                let folder = self.preferences.export_folder();
                let form = MovieForm::new(folder, newest, self.cache.molecule.size_pixels);
                self.dialog = Some(Dialog::ExportMovie(form));
            }
            UiCommand::SaveScreenshot => {
                let proposal = self.proposal(&format!("frame{}", self.timeline.frame()), "png");
                let form = ScreenshotForm::new(proposal, self.cache.molecule.size_pixels);
                self.dialog = Some(Dialog::Screenshot(form));
            }
            UiCommand::Quit => ctx.send_viewport_cmd(egui::ViewportCommand::Close),
            UiCommand::Simulate => {
                let unsaved = self.unsaved_frames();
                match unsaved {
                    Some(frames) => {
                        self.dialog = Some(Dialog::Confirm(Confirm::new(Cause::Simulate, frames)));
                    }
                    None => self.simulate(),
                }
            }
            UiCommand::PauseRun => self.pause_or_resume(),
            UiCommand::StopRun => {
                if let Some(run) = self.project.run.as_mut().filter(|run| run.is_active()) {
                    run.stop_wanted = true;
                    self.session.send(Command::Stop { job: run.job });
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
            | UiCommand::ColourElement
            | UiCommand::ColourResidue
            | UiCommand::ColourPosition
            | UiCommand::ColourStructure
            | UiCommand::ColourFluctuation
            | UiCommand::ColourDeviation
            | UiCommand::ShowAllAtoms
            | UiCommand::ShowBackbone
            | UiCommand::ShowSideChains
            | UiCommand::CentreOnMarked
            | UiCommand::ResetCamera => self.carry_out_view_command(command),
            UiCommand::ToggleSuperpose => {
                self.preferences.superpose = !self.preferences.superpose;
                self.project.set_superpose(self.preferences.superpose);
                self.molecule_changed();
                self.ghost_changed();
            }
            UiCommand::GhostOfStart | UiCommand::GhostOfFrame => self.toggle_ghost(command),
            UiCommand::MeasureDistance | UiCommand::MeasureAngle | UiCommand::MeasureDihedral => {
                if let Some(tool) = MeasureTool::of_command(command) {
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
            UiCommand::ResetLayout => self.tree = layout::default_tree(),
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

    /// Frames that leaving the run behind would lose.
    fn unsaved_frames(&self) -> Option<u64> {
        self.project.run.as_ref().filter(|run| run.has_unsaved_frames()).map(|run| run.frames - 1)
    }

    /// Called when the window is about to close.
    pub(super) fn refuse_to_lose_frames_on_close(&mut self, ctx: &egui::Context) {
        if let Some(frames) = self.unsaved_frames() {
            ctx.send_viewport_cmd(egui::ViewportCommand::CancelClose);
            self.dialog = Some(Dialog::Confirm(Confirm::new(Cause::Quit, frames)));
        }
    }

    /// Opens a structure, after asking if frames would be lost.
    pub(super) fn ask_before_opening(&mut self, request: OpenRequest) {
        match self.unsaved_frames() {
            Some(frames) => {
                self.dialog = Some(Dialog::Confirm(Confirm::new(Cause::Open(request), frames)));
            }
            None => self.open(request),
        }
    }

    /// Opens a structure; a run that goes on is stopped.
    pub(super) fn open(&mut self, request: OpenRequest) {
        if let Some(run) = self.project.run.as_ref().filter(|run| run.is_active()) {
            self.session.send(Command::Stop { job: run.job });
        }
        let job = self.session.next_job();
        self.pending.retain(|pending| !matches!(pending, PendingJob::Open(_)));
        self.pending.push(PendingJob::Open(job));
        self.session.send(Command::OpenStructure { job, request });
    }

    /// Simulates with a model file, or with the bundled model, from now on.
    pub(super) fn choose_model(&mut self, file: Option<PathBuf>) {
        if let Some(path) = &file {
            self.preferences.remember_model(path);
        }
        self.model.file = file;
        self.load_model();
    }

    /// Loads the model in use, so that its card can be shown and a run starts without delay.
    pub(super) fn load_model(&mut self) {
        self.preferences.run.model_file = self.model.file.clone();
        self.model.state = match self.model.source() {
            Some(model) => {
                let job = self.session.next_job();
                self.session.send(Command::LoadModel { job, model });
                ModelState::Loading(job)
            }
            None => ModelState::None,
        };
    }

    fn simulate(&mut self) {
        let (Some(opened), Some(model)) = (&self.project.opened, self.model.source()) else { return };
        if self.project.is_running() {
            return;
        }
        let settings = &self.preferences.run;
        let mut structure = opened.structure.clone();
        let mut start = "the start structure".to_owned();
        if let (StartFrom::FrameShown, Some(shown)) = (settings.start_from, &self.project.shown) {
            structure.positions_angstrom = shown.positions.clone();
            start = format!("frame {}", shown.frame);
        }
        let mut sampler = settings.sampler.clone();
        if let ModelState::Loaded(info) = &self.model.state {
            // What was set for another model and is not shown for this one must not stop the run.
            sampler = sampler.fitting(info.config.transport);
        }
        let output = settings.output.request();
        let frames = (!settings.until_stopped).then_some(settings.frames);
        let job = self.session.next_job();
        let request = SimulationRequest {
            structure,
            starts_angstrom: Vec::new(),
            model,
            settings: sampler,
            replicas: settings.replicas,
            frames,
            device: settings.device.clone(),
            output,
            keep_history: true,
        };
        let note = format!(
            "Simulating {} from {start}: {} latent steps, seed {}.",
            opened.structure.topology.name, settings.sampler.latent_steps, settings.sampler.seed
        );
        self.log.note(Level::Info, note);
        self.session.send(Command::Simulate { job, request: Box::new(request) });
        self.project.run = Some(Run::new(job, frames));
        self.project.shown = None;
        self.map_selection = None;
        self.timeline.reset(1);
        self.timeline.follow();
        self.observe();
    }

    fn pause_or_resume(&mut self) {
        let Some(run) = self.project.run.as_mut().filter(|run| run.is_active()) else { return };
        if run.phase == Phase::Paused || run.pause_wanted {
            run.pause_wanted = false;
            self.session.send(Command::Resume { job: run.job });
        } else {
            run.pause_wanted = true;
            self.session.send(Command::Pause { job: run.job });
        }
    }

    fn structure_folder(&self) -> PathBuf {
        let recent = self.preferences.recent_files.first().and_then(|path| path.parent());
        recent
            .filter(|folder| folder.is_dir())
            .map_or_else(|| self.preferences.export_folder(), PathBuf::from)
    }

    /// A file name proposed for something made from the protein: `folder/villin-rmsd.png`.
    fn proposal(&self, what: &str, extension: &str) -> PathBuf {
        let name = self.project.opened.as_ref().map_or("protein", |o| o.structure.topology.name.as_str());
        self.preferences.export_folder().join(format!("{name}-{what}.{extension}"))
    }

    fn show_trajectory_form(&mut self) {
        let Some(run) = &self.project.run else { return };
        let Some(info) = &run.info else { return };
        let newest = run.frames.saturating_sub(1);
        let in_rectangle = match (&self.map_selection, &self.observations.landscape) {
            (Some(selection), Landscape::Map(map)) => {
                let frames = map.frames_within_of_all(selection, info.replicas);
                Some(frames.into_iter().map(Into::into).collect())
            }
            _ => None,
        };
        let form = TrajectoryForm::new(
            self.proposal("trajectory", "dcd"),
            newest,
            (run.replica, info.replicas),
            info.frame_interval_ps,
            in_rectangle,
        );
        self.dialog = Some(Dialog::ExportTrajectory(form));
    }

    fn export_trajectory(&mut self, export: TrajectoryExport) {
        let Some(run) = &self.project.run else { return };
        let (Some(info), Some(history)) = (&run.info, run.history().cloned()) else { return };
        self.preferences.remember_export(&export.path);
        let job = self.session.next_job();
        let request = ExportRequest {
            topology: info.topology.clone(),
            history,
            replica: export.replica,
            first_frame: export.frames.first,
            last_frame: export.frames.last,
            stride: export.frames.stride,
            only: export.only,
            path: export.path,
            overwrite: export.overwrite,
        };
        // A range or a stride was the user's own choice of what matters.
        let frames_saved = export.frames.last + 1;
        self.pending.push(PendingJob::Export(Export { job, run: run.job, frames_saved }));
        self.session.send(Command::Export { job, request });
    }

    /// Other frames lie in the rectangle of the free-energy map, or there is another rectangle.
    pub(super) fn map_selection_changed(&mut self) {
        let replica = self.project.run.as_ref().map_or(0, |run| run.replica);
        let frames = match (&self.map_selection, &self.observations.landscape) {
            (Some(selection), Landscape::Map(map)) => Some(map.frames_within(selection, replica)),
            _ => None,
        };
        self.timeline.set_subset(frames);
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

    fn measurement_figures(&self, interval_ns: f64) -> Vec<Figure> {
        let Some(opened) = &self.project.opened else { return Vec::new() };
        let topology = &opened.structure.topology;
        let figure = |series: &MeasuredSeries| {
            let stem = measurements::file_stem(&series.measurement, topology);
            let label = series.measurement.label(topology);
            Figure::Curves(Observations::measurement_figure(series, stem, label, interval_ns))
        };
        self.observations.measured.iter().map(figure).collect()
    }

    fn export_figures(&mut self, export: &FigureExport) {
        let interval_ns = self.project.run.as_ref().and_then(Run::frame_interval_ps).unwrap_or(0.0) / 1000.0;
        let mut figures = Vec::new();
        if export.rmsd {
            figures.push(Ok(Figure::Rmsd(self.observations.rmsd_figure(interval_ns))));
        }
        if export.ramachandran
            && let Some(details) = &self.details
        {
            figures.push(Ok(Figure::Ramachandran(self.observations.ramachandran_figure(details))));
        }
        if export.free_energy {
            let figure = self.observations.free_energy_figure();
            figures.push(figure.map(Figure::FreeEnergy).ok_or("There is no free-energy map yet."));
        }
        if export.measurements {
            figures.extend(self.measurement_figures(interval_ns).into_iter().map(Ok));
        }
        let name = self.project.opened.as_ref().map_or("protein", |o| o.structure.topology.name.as_str());
        let mut written = 0;
        let mut failures = Vec::new();
        for figure in figures {
            let figure = match figure {
                Ok(figure) => figure,
                Err(sentence) => {
                    failures.push(sentence.to_owned());
                    continue;
                }
            };
            let stem = export.folder.join(format!("{name}-{}", figure.stem()));
            if let Some(format) = export.format {
                match figure.write(&stem.with_extension(format.extension()), format, export.size) {
                    Ok(()) => written += 1,
                    Err(error) => {
                        failures.push(format!("{}: {error}.", figure.stem()));
                        continue;
                    }
                }
            }
            if export.numbers {
                match std::fs::write(stem.with_extension("csv"), figure.to_csv()) {
                    Ok(()) => written += 1,
                    Err(error) => failures.push(format!("{}.csv: {error}.", stem.display())),
                }
            }
        }
        self.preferences.export_folder = Some(export.folder.clone());
        if written > 0 {
            let plural = if written == 1 { "file" } else { "files" };
            self.log
                .tell(Level::Success, format!("Wrote {written} {plural} into {}", export.folder.display()));
        }
        for failure in failures {
            self.log.tell(Level::Warning, failure);
        }
    }
}
