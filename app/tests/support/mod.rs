//! A window with a sampler that costs nothing, and waiting for conditions in place of sleeping.
#![allow(dead_code)] // each test file uses its own share

use std::cell::RefCell;
use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use egui::accesskit::Role;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use equijump_app::shared::bundled::BundledModel;
use equijump_app::window::file_dialogs::{FileAnswer, FileDialogs, FileRequest, Purpose};
use equijump_app::window::{EquiJumpApp, Parts};
use equijump_engine::network::{Model, NetworkConfig};
use equijump_engine::session::{
    BackendError, ComputeBackend, LoadedModel, ModelSource, PreparedSampler, SamplerOrder, Session,
};
use equijump_engine::transport::{Advance, FrameSampler, LatentProgress, Replica, TransportError};

/// Moves every atom along its own slow wave: smooth, bounded, different in every frame.
struct WaveSampler {
    start: Vec<[f32; 3]>,
    latent_steps: u32,
    step_time: Duration,
}

impl FrameSampler for WaveSampler {
    fn advance(
        &mut self,
        replicas: &mut [Replica],
        control: &mut dyn FnMut(LatentProgress) -> ControlFlow<()>,
    ) -> Result<Advance, TransportError> {
        if self.start.is_empty() {
            self.start = replicas[0].positions_angstrom.clone();
        }
        for done in 0..self.latent_steps {
            if control(LatentProgress { done, total: self.latent_steps }).is_break() {
                return Ok(Advance::Cancelled);
            }
            std::thread::sleep(self.step_time);
        }
        for replica in replicas {
            replica.frame += 1;
            let phase = 0.11 * replica.frame as f32 + replica.index as f32;
            for (atom, position) in replica.positions_angstrom.iter_mut().enumerate() {
                for axis in 0..3 {
                    let own = 0.7 * atom as f32 + 2.1 * axis as f32;
                    position[axis] = self.start[atom][axis] + 0.4 * (phase + own).sin() - 0.4 * own.sin();
                }
            }
        }
        Ok(Advance::Done)
    }

    fn frame_interval_ps(&self) -> f64 {
        100.0
    }

    fn device_name(&self) -> String {
        "test sampler".to_owned()
    }
}

/// A backend with that sampler.
pub struct WaveBackend {
    pub latent_steps: u32,
    pub step_time: Duration,
}

impl ComputeBackend for WaveBackend {
    fn load_model(&self, model: &ModelSource) -> Result<LoadedModel, BackendError> {
        if let ModelSource::File(path) = model {
            Model::load(path)?;
        }
        Ok(LoadedModel {
            name: model.display_name(),
            config: NetworkConfig::basic(),
            parameter_count: 1_300_000,
            card: "A test model.".to_owned(),
            ..LoadedModel::default()
        })
    }

    fn prepare_sampler(&self, order: SamplerOrder<'_>) -> Result<PreparedSampler, BackendError> {
        let sampler =
            WaveSampler { start: Vec::new(), latent_steps: self.latent_steps, step_time: self.step_time };
        Ok(PreparedSampler {
            sampler: Box::new(sampler),
            model: self.load_model(order.model)?,
            notices: Vec::new(),
        })
    }
}

/// File dialogs that answer what the test tells them.
#[derive(Clone, Default)]
pub struct ScriptedDialogs {
    answers: Rc<RefCell<VecDeque<FileAnswer>>>,
    arrived: Rc<RefCell<VecDeque<(Purpose, FileAnswer)>>>,
    /// What was asked for.
    pub asked: Rc<RefCell<Vec<FileRequest>>>,
}

impl ScriptedDialogs {
    pub fn will_answer(&self, answer: FileAnswer) {
        self.answers.borrow_mut().push_back(answer);
    }
}

impl FileDialogs for ScriptedDialogs {
    fn open(&mut self, request: FileRequest, _ctx: &egui::Context) {
        let answer = self.answers.borrow_mut().pop_front().unwrap_or(FileAnswer::Dismissed);
        self.arrived.borrow_mut().push_back((request.purpose, answer));
        self.asked.borrow_mut().push(request);
    }

    fn poll(&mut self) -> Option<(Purpose, FileAnswer)> {
        self.arrived.borrow_mut().pop_front()
    }
}

#[derive(Debug)]
pub struct Dropped(pub PathBuf);

impl egui::DroppedFile for Dropped {
    fn path(&self) -> &std::path::Path {
        &self.0
    }
    fn bytes(&self) -> Result<Vec<u8>, String> {
        std::fs::read(&self.0).map_err(|error| error.to_string())
    }
}

pub static TEST_MODELS: &[BundledModel] = &[BundledModel {
    name: "test",
    bytes: &[],
    presets: b"{}",
    trained_on: "waves",
    conditions: "350 K, no solvent",
    sequences: &["YYDPETGTWY"],
    general: false,
}];

/// A window under test.
pub struct Window {
    pub harness: Harness<'static, EquiJumpApp>,
    pub dialogs: ScriptedDialogs,
}

/// The window as at its first start, with a sampler that makes frames at once.
pub fn window() -> Window {
    window_with(None, WaveBackend { latent_steps: 4, step_time: Duration::ZERO })
}

/// The window with a structure of the caller's and a given sampler.
pub fn window_with(initial: Option<PathBuf>, backend: impl ComputeBackend + 'static) -> Window {
    let dialogs = ScriptedDialogs::default();
    let parts = Parts {
        start_session: Box::new(move |wake| Session::new(Arc::new(backend), wake)),
        dialogs: Box::new(dialogs.clone()),
        bundled_models: TEST_MODELS,
        initial,
    };
    let harness = Harness::builder()
        .with_size([1280.0, 800.0])
        .with_step_dt(1.0 / 30.0)
        .build_eframe(|cc| EquiJumpApp::new(cc, parts).unwrap());
    Window { harness, dialogs }
}

impl Window {
    /// Steps until `condition` holds; fails with `what` after 20 seconds.
    #[track_caller]
    pub fn step_until(&mut self, what: &str, condition: impl Fn(&Harness<'static, EquiJumpApp>) -> bool) {
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            self.harness.step();
            if condition(&self.harness) {
                return;
            }
            assert!(Instant::now() < deadline, "waited in vain until {what}; log:\n{}", self.log());
            // Gives the engine the processor; the condition, not this, decides how long to wait.
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// A few passes, for menus to open and close.
    pub fn settle(&mut self) {
        self.harness.run_steps(4);
        self.harness.check_accessibility();
    }

    pub fn app(&self) -> &EquiJumpApp {
        self.harness.state()
    }

    pub fn log(&self) -> String {
        self.app().log().to_text()
    }

    /// Name of the protein that is open.
    pub fn protein(&self) -> String {
        let opened = self.app().project().opened.as_ref();
        opened.map(|o| o.structure.topology.name.clone()).unwrap_or_default()
    }

    #[track_caller]
    pub fn wait_for_protein(&mut self, name: &str) {
        self.step_until(&format!("{name} is open"), |harness| {
            let opened = harness.state().project().opened.as_ref();
            opened.is_some_and(|o| o.structure.topology.name == name)
                && harness.state().timeline().frame_count() == 1
        });
    }

    /// Frames there are, the start structure included.
    pub fn frames(&self) -> usize {
        self.app().timeline().frame_count()
    }
}

/// A window with chignolin open.
#[track_caller]
pub fn ready() -> Window {
    let mut window = window();
    window.wait_for_protein("chignolin");
    window.settle();
    window
}

/// Clicks a button with the mouse.
#[track_caller]
pub fn click(window: &mut Window, name: &str) {
    window.harness.get_by_role_and_label(Role::Button, name).click();
    window.settle();
}

/// Clicks what may have to be scrolled to.
#[track_caller]
pub fn click_far(window: &mut Window, role: Role, name: &str) {
    window.harness.get_by_role_and_label(role, name).scroll_to_me();
    window.settle();
    window.harness.get_by_role_and_label(role, name).click();
    window.settle();
}

/// Presses a button, wherever it has been scrolled to.
#[track_caller]
pub fn press(window: &mut Window, name: &str) {
    window.harness.get_by_role_and_label(Role::Button, name).click_accesskit();
    window.settle();
}

/// Answers the file dialog that a button opens.
#[track_caller]
pub fn pick(window: &mut Window, button: &str, path: &Path) {
    window.dialogs.will_answer(FileAnswer::Picked(path.to_owned()));
    press(window, button);
}

/// Gives a number to a field.
#[track_caller]
pub fn set_number(window: &mut Window, name: &str, value: impl Into<f64>) {
    window.harness.get_by_role_and_label(Role::SpinButton, name).set_value_accesskit(value.into());
    window.settle();
}

/// Makes so many frames of what is open, and waits until all of them have been looked at.
#[track_caller]
pub fn simulate(window: &mut Window, frames: u64) {
    set_number(window, "Frames", frames as f64);
    let runs = window.app().project().runs().len();
    window.harness.get_by_role_and_label(Role::Button, "Simulate").click();
    window.step_until("the run is over", |harness| {
        let project = harness.state().project();
        let made = project.run.as_ref().is_some_and(|run| run.frames == frames + 1);
        project.runs().len() == runs + 1 && made && !project.is_running()
    });
    window.step_until("all frames have been looked at", |harness| {
        harness.state().observations().frames == harness.state().timeline().frame_count() as u64
    });
    window.settle();
}
