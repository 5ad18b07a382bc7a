//! The application: owns all state, draws one pass, then carries out what the pass asked for.

mod carry_out;
mod dropped;
mod events;
mod exporting;
mod frame_overlay;
mod molecule_link;
mod movie;
mod run_control;
mod runs;
mod selection;
mod session;
mod undo;
mod writing;

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;

use egui_tiles::Tree;
use equijump_engine::analysis::Selection;
use equijump_engine::observe::landscape::{FrameGroup, MapSettings};
use equijump_engine::observe::observations::{FrameDetails, MapSelection, Observations};
use equijump_engine::observe::observer::Observer;
use equijump_engine::session::{
    JobHandle, LoadModel, Open, OpenRequest, Session, StructureSource, WakeCallback,
};
use equijump_engine::transport::SamplerSettings;

use self::exporting::Export;
use self::writing::Writing;
use crate::shared::bundled::BundledModel;
use crate::shared::examples::EXAMPLES;
use crate::viewport::Projection;
use crate::window::action::Action;
use crate::window::closer::Closer;
use crate::window::columns::Columns;
use crate::window::command::UiCommand;
use crate::window::dialogs::Dialog;
use crate::window::evaluation::{self, EvaluationForm, EvaluationState};
use crate::window::file_dialogs::FileDialogs;
use crate::window::ghost::Ghost;
use crate::window::kept_looks::KeptLooks;
use crate::window::layout::{self, Pane};
use crate::window::log::{Level, Log};
use crate::window::measurements::{MeasurementTool, Measurements};
use crate::window::menu::{self, CommandState};
use crate::window::models::{ModelChoice, ModelState};
use crate::window::panes::{PaneBehavior, PaneCache, PaneContext};
use crate::window::preferences::{self, Preferences};
use crate::window::project::Project;
use crate::window::running::Running;
use crate::window::runs::Phase;
use crate::window::selection::Selected;
use crate::window::session_file::{self, Entry, ReadProject, Restoring, SessionFile};
use crate::window::timeline::{PlayState, Timeline};
use crate::window::training::{self, TrainingForm, TrainingState};
use crate::window::undo::Undo;
use crate::window::{focus, theme, timeline_bar};
use movie::Movie;

/// Makes the engine's session, given what wakes the window.
pub type StartSession = Box<dyn FnOnce(WakeCallback) -> std::io::Result<Session>>;

/// What the window is made of; tests put in their own.
pub struct Parts {
    /// Starts the engine.
    pub start_session: StartSession,
    /// File dialogs of the desktop.
    pub dialogs: Box<dyn FileDialogs>,
    /// Models inside the binary.
    pub bundled_models: &'static [BundledModel],
    /// A structure, trajectory, run or project to open in place of what was open last.
    pub initial: Option<PathBuf>,
}

/// A narrower window has closer tabs, points.
const NARROW_WIDTH: f32 = 1100.0;

/// The application.
pub struct EquiJumpApp {
    pub(in crate::window) session: Session,
    pub(in crate::window) wake: WakeCallback,
    pub(in crate::window) observer: Observer,
    pub(in crate::window) file_dialogs: Box<dyn FileDialogs>,
    pub(in crate::window) project: Project,
    pub(in crate::window) timeline: Timeline,
    pub(in crate::window) preferences: Preferences,
    pub(in crate::window) model: ModelChoice,
    pub(in crate::window) training: TrainingState,
    pub(in crate::window) evaluation: EvaluationState,
    pub(in crate::window) log: Log,
    pub(in crate::window) dialog: Option<Dialog>,
    pub(in crate::window) cache: PaneCache,
    /// What is being opened, and how it can be opened again.
    pub(in crate::window) opening: Option<(JobHandle<Open>, Option<Entry>)>,
    pub(in crate::window) loading: Option<JobHandle<LoadModel>>,
    pub(in crate::window) exports: Vec<Export>,
    /// A project that is written once the runs are that it refers to.
    pub(in crate::window) project_after_exports: Option<PathBuf>,
    pub(in crate::window) writings: Vec<Writing>,
    /// The window was asked to close while a file was being written.
    pub(in crate::window) close_when_written: bool,
    /// Project files on their way from the disk.
    pub(in crate::window) reading: VecDeque<(Running<ReadProject>, PathBuf)>,
    pub(in crate::window) restoring: Option<Restoring>,
    /// Sessions that are opened once the one before is.
    pub(in crate::window) sessions: VecDeque<SessionFile>,
    pub(in crate::window) observations: Arc<Observations>,
    /// Runs that have finished and whose frames are still being looked at.
    pub(in crate::window) finished: Vec<u32>,
    pub(in crate::window) details: Option<Arc<FrameDetails>>,
    pub(in crate::window) tree: Tree<Pane>,
    pub(in crate::window) columns: Columns,
    pub(in crate::window) actions: Vec<Action>,
    pub(in crate::window) selected_atom: Option<usize>,
    pub(in crate::window) selected: Selected,
    /// The selection, where its atoms may be others in the next frame.
    pub(in crate::window) moving_selection: Option<Selection>,
    /// How proteins that are not on view were looked at.
    pub(in crate::window) kept_looks: KeptLooks,
    pub(in crate::window) undo: Undo,
    pub(in crate::window) measurements: Measurements,
    pub(in crate::window) ghost: Ghost,
    pub(in crate::window) map_selection: Option<MapSelection>,
    /// Frames that alone are visited, if not those in the rectangle of the map.
    pub(in crate::window) frame_group: Option<FrameGroup>,
    pub(in crate::window) map_settings: MapSettings,
    pub(in crate::window) quit_confirmed: bool,
    closer: Closer,
    pub(in crate::window) focus_walk: focus::Walk,
    pub(in crate::window) screenshot: Option<PathBuf>,
    pub(in crate::window) movie: Option<Movie>,
    pub(in crate::window) graphics: String,
}

impl EquiJumpApp {
    /// Builds the window and opens the first structure.
    ///
    /// # Errors
    /// When a thread cannot be started.
    pub fn new(cc: &eframe::CreationContext<'_>, parts: Parts) -> std::io::Result<Self> {
        theme::install(&cc.egui_ctx);
        let preferences: Preferences =
            cc.storage.and_then(|storage| stored(storage, preferences::STORAGE_KEY)).unwrap_or_default();
        cc.egui_ctx.set_theme(preferences.theme);
        let stored_tree: Option<Tree<Pane>> =
            cc.storage.and_then(|storage| stored(storage, layout::STORAGE_KEY));
        let tree = stored_tree.filter(layout::is_complete).unwrap_or_else(layout::default_tree);
        let ctx = cc.egui_ctx.clone();
        let wake: WakeCallback = Arc::new(move || ctx.request_repaint());
        let session = (parts.start_session)(wake.clone())?;
        let closer = Closer::new(&session);
        let observer = Observer::start(wake.clone())?;
        let mut timeline = Timeline::default();
        timeline.set_speed(preferences.speed_frames_per_s);
        timeline.repeat = preferences.repeat;
        let model = ModelChoice {
            bundled: parts.bundled_models,
            chosen: 0,
            file: preferences.run.model_file.clone().filter(|file| file.is_file()),
            state: ModelState::None,
            defaults: SamplerSettings::default(),
        };
        let ghost = if preferences.ghost_of_start { Ghost::Start } else { Ghost::None };
        let form: TrainingForm =
            cc.storage.and_then(|storage| stored(storage, training::STORAGE_KEY)).unwrap_or_default();
        let evaluation_form: EvaluationForm =
            cc.storage.and_then(|storage| stored(storage, evaluation::STORAGE_KEY)).unwrap_or_default();
        let mut app = Self {
            session,
            wake,
            observer,
            file_dialogs: parts.dialogs,
            project: Project::default(),
            timeline,
            preferences,
            model,
            training: TrainingState::new(form),
            evaluation: EvaluationState::new(evaluation_form),
            log: Log::default(),
            dialog: None,
            cache: PaneCache::default(),
            opening: None,
            loading: None,
            exports: Vec::new(),
            project_after_exports: None,
            writings: Vec::new(),
            close_when_written: false,
            reading: VecDeque::new(),
            restoring: None,
            sessions: VecDeque::new(),
            observations: Arc::default(),
            finished: Vec::new(),
            details: None,
            tree,
            columns: Columns::default(),
            actions: Vec::new(),
            selected_atom: None,
            selected: Selected::default(),
            moving_selection: None,
            kept_looks: KeptLooks::default(),
            undo: Undo::default(),
            measurements: Measurements::default(),
            ghost,
            map_selection: None,
            frame_group: None,
            map_settings: MapSettings::default(),
            quit_confirmed: false,
            closer,
            focus_walk: focus::Walk::default(),
            screenshot: None,
            movie: None,
            graphics: graphics_name(cc),
        };
        app.cache.molecule.set_available(cc.gl.is_some());
        app.cache.molecule.viewport.set_style(app.preferences.style);
        app.cache.molecule.viewport.set_spinning(app.preferences.spin);
        app.cache.molecule.viewport.set_fit_following(app.preferences.fit_follows);
        app.load_model();
        let last: Option<SessionFile> =
            cc.storage.and_then(|storage| stored(storage, session_file::STORAGE_KEY));
        if let Some(path) = parts.initial {
            app.open(OpenRequest::new(StructureSource::File(path)));
        } else if !last.is_some_and(|last| app.restore(last)) {
            app.open(OpenRequest::new(EXAMPLES[0].source()));
        }
        Ok(app)
    }

    /// What closes the window from another thread.
    pub fn closer(&self) -> Closer {
        self.closer.clone()
    }

    /// The state of the structure and the run; for tests.
    pub fn project(&self) -> &Project {
        &self.project
    }

    /// The frame cursor; for tests.
    pub fn timeline(&self) -> &Timeline {
        &self.timeline
    }

    /// Numbers over the run; for tests.
    pub fn observations(&self) -> &Observations {
        &self.observations
    }

    /// What is known of the frame on screen; for tests.
    pub fn details_for_test(&self) -> Option<&FrameDetails> {
        self.details.as_deref()
    }

    /// The 3D view; for tests.
    pub fn viewport(&self) -> &crate::viewport::Viewport {
        &self.cache.molecule.viewport
    }

    /// The atom that is marked; for tests.
    pub fn selected_atom(&self) -> Option<usize> {
        self.selected_atom
    }

    /// The atoms that are selected; for tests.
    pub fn selected(&self) -> &Selected {
        &self.selected
    }

    /// Settings that are kept between sessions; for tests.
    pub fn preferences(&self) -> &Preferences {
        &self.preferences
    }

    /// What the user measures; for tests.
    pub fn measurements(&self) -> &Measurements {
        &self.measurements
    }

    /// The conformation shown for comparison; for tests.
    pub fn ghost(&self) -> &Ghost {
        &self.ghost
    }

    /// The training; for tests.
    pub fn training(&self) -> &TrainingState {
        &self.training
    }

    /// The evaluation; for tests.
    pub fn evaluation(&self) -> &EvaluationState {
        &self.evaluation
    }

    /// What the user was told; for tests.
    pub fn log(&self) -> &Log {
        &self.log
    }

    fn status_facts(&self) -> Vec<String> {
        let mut parts = Vec::new();
        if let Some(opened) = &self.project.opened {
            parts.push(opened.structure.topology.name.clone());
        }
        parts.push(self.model.name());
        if let Some(info) = self.project.run.as_ref().and_then(|run| run.info.as_ref()) {
            parts.push(info.device_name.clone());
        }
        parts
    }

    fn take_input(&mut self, ctx: &egui::Context) {
        if self.dialog.is_none() && self.movie.is_none() {
            let arrows_alone = self.cache.molecule.has_focus(ctx) || focus::takes_arrows_alone(ctx);
            let commands = UiCommand::pressed(ctx, arrows_alone);
            let enabled: Vec<_> = commands.into_iter().filter(|command| self.is_enabled(*command)).collect();
            self.actions.extend(enabled.into_iter().map(Action::Command));
            let escaped = self.measurements.tool().is_some()
                && ctx.input_mut(|input| input.consume_key(egui::Modifiers::NONE, egui::Key::Escape));
            if escaped {
                self.actions.push(Action::EndMeasuring);
            }
        }
        let dropped = ctx.input(|input| input.raw.dropped_files.clone());
        self.take_dropped(dropped.iter().map(|file| file.path().to_owned()).collect());
        let closing = ctx.input(|input| input.viewport().close_requested());
        let stays = closing && !self.quit_confirmed && self.refuse_to_lose_frames_on_close(ctx);
        if closing && !stays {
            self.wait_for_files_on_close(ctx);
        }
    }

    fn draw(&mut self, ui: &mut egui::Ui) {
        let dark_mode = ui.visuals().dark_mode;
        let colors = theme::palette(dark_mode);
        let fill = ui.visuals().faint_bg_color;
        let status = self.status_facts();
        let being_read = self.being_read();
        let mut actions = std::mem::take(&mut self.actions);
        let bar = egui::Frame::new().fill(fill).inner_margin(egui::Margin::symmetric(10, 3));
        egui::Panel::top("menu").frame(bar).show(ui, |ui| {
            menu::ui(ui, &*self, &self.preferences, &status, &mut actions);
        });
        let bar = egui::Frame::new().fill(fill).inner_margin(egui::Margin::symmetric(12, 1));
        egui::Panel::bottom("messages").frame(bar).exact_size(24.0).show(ui, |ui| {
            ui.horizontal_centered(|ui| {
                // Where nothing is open, it says so itself.
                let beside = being_read.as_deref().filter(|_| self.project.opened.is_some());
                session::reading_ui(ui, beside, &mut actions);
                self.log.messages_ui(ui, &mut actions);
            });
        });
        let bar =
            egui::Frame::new().fill(ui.visuals().panel_fill).inner_margin(egui::Margin::symmetric(12, 4));
        egui::Panel::bottom("timeline").frame(bar).exact_size(46.0).show(ui, |ui| {
            let strip = &self.observations.strip;
            timeline_bar::ui(ui, &self.timeline, &self.project, strip, &mut actions);
        });
        let frame = egui::Frame::new().fill(colors.hairline);
        let same_frames_as = self.run_with_same_frames();
        egui::CentralPanel::default().frame(frame).show(ui, |ui| {
            let context = PaneContext {
                being_read: being_read.as_deref(),
                same_frames_as,
                project: &self.project,
                observations: &self.observations,
                details: self.details.as_deref(),
                timeline: &self.timeline,
                preferences: &mut self.preferences,
                model: &self.model,
                training: &mut self.training,
                evaluation: &mut self.evaluation,
                log: &self.log,
                measurements: &self.measurements,
                ghost: &self.ghost,
                map_selection: self.map_selection,
                selected: &self.selected,
                frame_group: self.frame_group.as_ref(),
                map_settings: self.map_settings,
                selected_atom: self.selected_atom,
                cache: &mut self.cache,
                actions: &mut actions,
                dark_mode,
            };
            let narrow = ui.available_width() < NARROW_WIDTH;
            let size = ui.available_size();
            self.columns.fit(&mut self.tree, size.x, size.y);
            self.tree.ui(&mut PaneBehavior { context, narrow }, ui);
        });
        if let Some(dialog) = &mut self.dialog {
            dialog.show(ui.ctx(), &mut actions);
        }
        self.movie_ui(ui.ctx());
        focus::ring_ui(ui.ctx());
        drop_hint_ui(ui.ctx());
        self.actions = actions;
    }

    /// Shows the frame that the cursor is on.
    fn show_frame(&mut self) {
        match self.project.show(self.timeline.frame(), self.preferences.superpose) {
            Ok(true) => {
                if let Some(shown) = &self.project.shown {
                    self.observer.inspect(shown.frame, shown.replica, shown.positions.clone());
                }
                self.molecule_changed();
            }
            Ok(false) => {}
            Err(sentence) => {
                self.timeline.pause();
                self.log.tell(Level::Error, sentence);
            }
        }
    }
}

impl eframe::App for EquiJumpApp {
    fn logic(&mut self, ctx: &egui::Context, _frame: &mut eframe::Frame) {
        if self.closer.asked() && !self.quit_confirmed {
            self.quit_confirmed = true;
            ctx.send_viewport_cmd(egui::ViewportCommand::Close);
        }
        self.take_events();
        self.take_file_answers();
        self.take_report();
        let observations = self.observer.observations();
        if !Arc::ptr_eq(&observations, &self.observations) {
            self.observations = observations;
            self.map_selection_changed();
            self.residue_values_changed();
        }
        // Details of another frame are kept until the new ones come, so that plots do not flicker.
        if let Some(details) = self.observer.details() {
            let new = self.details.as_ref().is_none_or(|known| !Arc::ptr_eq(known, &details));
            self.details = Some(details);
            if new {
                self.details_changed();
            }
        }
        if let Some(failure) = self.observer.take_failure() {
            self.log.tell(Level::Error, failure.to_string());
        }
        self.take_observations_of_others();
        let elapsed_s = f64::from(ctx.input(|input| input.stable_dt));
        if let Some(wait) = self.timeline.tick(elapsed_s) {
            ctx.request_repaint_after(wait);
        }
        self.continue_movie(ctx);
        self.show_frame();
        self.finish_screenshot();
        self.close_when_written(ctx);
    }

    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        let ctx = ui.ctx().clone();
        self.take_input(&ctx);
        self.focus_walk.begin_pass(&ctx, self.dialog.is_some());
        self.draw(ui);
        self.focus_walk.end_pass(&ctx);
        let actions = std::mem::take(&mut self.actions);
        if !actions.is_empty() {
            for action in actions {
                self.carry_out(action, &ctx);
            }
            // What was done shows at once, not at the next movement of the mouse.
            self.show_frame();
            ctx.request_repaint();
        }
        self.observe_choices(&ctx);
    }

    fn save(&mut self, storage: &mut dyn eframe::Storage) {
        self.preferences.speed_frames_per_s = self.timeline.speed_frames_per_s();
        self.preferences.repeat = self.timeline.repeat;
        store(storage, preferences::STORAGE_KEY, &self.preferences);
        store(storage, layout::STORAGE_KEY, &self.columns.to_keep(&self.tree));
        // While a session is still coming back, what is stored is more than what is open.
        if self.reading.is_empty() && self.restoring.is_none() {
            store(storage, session_file::STORAGE_KEY, &self.session_file());
        }
        store(storage, training::STORAGE_KEY, &self.training.form);
        store(storage, evaluation::STORAGE_KEY, &self.evaluation.form);
    }

    fn on_exit(&mut self, _gl: Option<&eframe::glow::Context>) {
        self.cache.molecule.release_graphics();
    }
}

impl CommandState for EquiJumpApp {
    fn is_enabled(&self, command: UiCommand) -> bool {
        let frames = self.timeline.frame_count();
        let running = self.project.is_running();
        match command {
            UiCommand::Simulate => !running && self.project.opened.is_some() && self.model.source().is_some(),
            UiCommand::PauseRun => self.project.active_run().is_some_and(|run| !run.stop_wanted),
            UiCommand::ExtendRun => !running && self.can_extend(),
            UiCommand::StopRun => running,
            UiCommand::ExportTrajectory | UiCommand::GoToFrame => frames > 1,
            UiCommand::ExportFigures | UiCommand::ExportMdStart => self.project.opened.is_some(),
            UiCommand::PlayPause
            | UiCommand::StepBack
            | UiCommand::StepForward
            | UiCommand::FirstFrame
            | UiCommand::LastFrame => frames > 1,
            UiCommand::ExportMovie => frames > 1 && self.cache.molecule.is_available(),
            UiCommand::SaveScreenshot | UiCommand::ResetCamera => self.cache.molecule.is_available(),
            UiCommand::Undo => self.undo.can_undo(),
            UiCommand::Redo => self.undo.can_redo(),
            UiCommand::Select | UiCommand::FocusView => self.project.opened.is_some(),
            UiCommand::ClearSelection => !self.selected.text.is_empty(),
            UiCommand::MeasureSelection => self.selected.measurement_tool().is_some(),
            UiCommand::FitSelection => !self.selected.atoms.is_empty(),
            UiCommand::ClearMeasurements => !self.measurements.list().is_empty(),
            UiCommand::GhostOfStart => self.project.opened.is_some(),
            UiCommand::GhostOfFrame | UiCommand::OverlayFrames => frames > 1,
            UiCommand::GhostOfReplicas => {
                let info = self.project.run.as_ref().and_then(|run| run.info.as_ref());
                info.is_some_and(|info| info.replicas > 1)
            }
            UiCommand::CenterOnMarked => self.selected_atom.is_some() && self.cache.molecule.is_available(),
            _ if MeasurementTool::of_command(command).is_some() => self.project.opened.is_some(),
            _ => true,
        }
    }

    fn is_selected(&self, command: UiCommand) -> Option<bool> {
        use egui::ThemePreference;
        let theme = self.preferences.theme;
        match command {
            UiCommand::ThemeSystem => Some(theme == ThemePreference::System),
            UiCommand::ThemeLight => Some(theme == ThemePreference::Light),
            UiCommand::ThemeDark => Some(theme == ThemePreference::Dark),
            UiCommand::ToggleSuperpose => Some(self.preferences.superpose),
            UiCommand::ToggleSpin => Some(self.preferences.spin),
            UiCommand::ToggleFollowFit => Some(self.preferences.fit_follows),
            UiCommand::ToggleProjection => {
                Some(self.cache.molecule.viewport.camera().projection == Projection::Orthographic)
            }
            UiCommand::ToggleRepeat => Some(self.timeline.repeat),
            UiCommand::FollowNewest => Some(self.timeline.state() == PlayState::Following),
            UiCommand::PauseRun => {
                Some(self.project.active_run().is_some_and(|run| run.phase == Phase::Paused))
            }
            UiCommand::GhostOfStart => Some(matches!(self.ghost, Ghost::Start)),
            UiCommand::GhostOfReplicas => Some(matches!(self.ghost, Ghost::Replicas)),
            UiCommand::OverlayFrames => Some(matches!(self.ghost, Ghost::Overlay(_))),
            UiCommand::ToggleTiles => Some(self.preferences.tiles),
            UiCommand::GhostOfFrame => Some(self.ghost.is_frame_shown(&self.project)),
            _ if MeasurementTool::of_command(command).is_some() => {
                Some(self.measurements.tool() == MeasurementTool::of_command(command))
            }
            _ => self.style_selected(command),
        }
    }
}

fn stored<T: serde::de::DeserializeOwned>(storage: &dyn eframe::Storage, key: &str) -> Option<T> {
    let text = storage.get_string(key)?;
    serde_json::from_str(&text).map_err(|error| log::info!("forgetting {key}: {error}")).ok()
}

fn store<T: serde::Serialize>(storage: &mut dyn eframe::Storage, key: &str, value: &T) {
    match serde_json::to_string(value) {
        Ok(text) => storage.set_string(key, text),
        Err(error) => log::warn!("could not keep {key}: {error}"),
    }
}

fn graphics_name(cc: &eframe::CreationContext<'_>) -> String {
    use eframe::glow::HasContext as _;
    let Some(gl) = &cc.gl else { return "none".to_owned() };
    // SAFETY: the context is current while the application is created, and asking for a string has no
    // other precondition.
    unsafe { gl.get_parameter_string(eframe::glow::RENDERER) }
}

/// What a file held over the window will do.
fn drop_hint_ui(ctx: &egui::Context) {
    if ctx.input(|input| input.raw.hovered_files.is_empty()) {
        return;
    }
    let painter =
        ctx.layer_painter(egui::LayerId::new(egui::Order::Foreground, egui::Id::unique("drop-hint")));
    let rect = ctx.content_rect();
    let colors = theme::palette(ctx.global_style().visuals.dark_mode);
    painter.rect_filled(rect, 0.0, egui::Color32::from_black_alpha(140));
    painter.rect_stroke(
        rect.shrink(10.0),
        8.0,
        egui::Stroke::new(2.0, colors.accent),
        egui::StrokeKind::Inside,
    );
    painter.text(
        rect.center(),
        egui::Align2::CENTER_CENTER,
        "Drop to open",
        theme::semibold(20.0),
        egui::Color32::WHITE,
    );
}
