//! Pictures of the window to look at, written to the folder in `EQUIJUMP_PICTURES`; run with `-- --ignored`.
//! `EQUIJUMP_PICTURE_DATA` names a folder with `top.pdb` and XTC files of chignolin.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod gl_harness;
mod support;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use eframe::App as _;
use egui::accesskit::{Action, ActionData};
use egui::{Event, Key, Modifiers};
use equijump_app::window::file_dialogs::FileAnswer;
use equijump_app::window::{EquiJumpApp, Parts};
use equijump_engine::session::Session;
use gl_harness::GlHarness;
use support::{ScriptedDialogs, WaveBackend};

struct Drawn {
    gl: GlHarness,
    app: EquiJumpApp,
    frame: eframe::Frame,
    dialogs: ScriptedDialogs,
    folder: PathBuf,
    size: [u32; 2],
}

impl Drawn {
    fn open(folder: PathBuf, size: [u32; 2]) -> Self {
        let gl = GlHarness::new(size[0], size[1]).expect("OpenGL");
        gl.egui.enable_accesskit();
        let mut cc = eframe::CreationContext::_new_kittest(gl.egui.clone());
        cc.gl = Some(gl.gl.clone());
        let backend = WaveBackend { latent_steps: 2, step_time: Duration::from_millis(4) };
        let dialogs = ScriptedDialogs::default();
        let parts = Parts {
            start_session: Box::new(move |wake| Session::new(Arc::new(backend), wake)),
            dialogs: Box::new(dialogs.clone()),
            bundled_models: support::TEST_MODELS,
            initial: None,
        };
        let app = EquiJumpApp::new(&cc, parts).unwrap();
        let mut drawn = Self { gl, app, frame: eframe::Frame::_new_kittest(), dialogs, folder, size };
        drawn.until("the start is measured", 30, |app| app.details_for_test().is_some());
        drawn
    }

    fn pass(&mut self, events: Vec<Event>) {
        let Self { gl, app, frame, .. } = self;
        gl.pass(events, |ui| {
            let ctx = ui.ctx().clone();
            app.logic(&ctx, frame);
            app.ui(ui, frame);
        });
    }

    fn settle(&mut self) {
        for _ in 0..20 {
            self.pass(Vec::new());
        }
    }

    #[track_caller]
    fn until(&mut self, what: &str, seconds: u64, condition: impl Fn(&EquiJumpApp) -> bool) {
        let deadline = Instant::now() + Duration::from_secs(seconds);
        while !condition(&self.app) {
            self.pass(Vec::new());
            std::thread::sleep(Duration::from_millis(30));
            assert!(Instant::now() < deadline, "waited in vain until {what}:\n{}", self.app.log().to_text());
        }
    }

    fn press_key(&mut self, modifiers: Modifiers, key: Key) {
        for pressed in [true, false] {
            self.pass(vec![Event::Key { key, physical_key: None, pressed, repeat: false, modifiers }]);
        }
        self.settle();
    }

    #[track_caller]
    fn press(&mut self, label: &str) {
        let request = self.gl.request(label, Action::Click, None);
        self.pass(vec![request]);
        self.settle();
    }

    #[track_caller]
    fn pick(&mut self, label: &str, path: &Path) {
        self.dialogs.will_answer(FileAnswer::Picked(path.to_owned()));
        self.press(label);
    }

    #[track_caller]
    fn set(&mut self, label: &str, value: f64) {
        let request = self.gl.request(label, Action::SetValue, Some(ActionData::NumericValue(value)));
        self.pass(vec![request]);
        self.settle();
    }

    /// In both themes.
    fn photograph(&mut self, name: &str) {
        for (theme, theme_name) in [(egui::Theme::Light, "light"), (egui::Theme::Dark, "dark")] {
            self.gl.egui.set_theme(theme);
            self.settle();
            std::thread::sleep(Duration::from_millis(400));
            self.settle();
            let [width, height] = self.size;
            let path = self.folder.join(format!("{name}-{width}x{height}-{theme_name}.png"));
            self.gl.image().save(path).unwrap();
        }
    }
}

/// Trajectories in a folder, in order.
fn trajectories(folder: &Path) -> Vec<PathBuf> {
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<PathBuf> = files.filter(|path| path.extension().is_some_and(|e| e == "xtc")).collect();
    paths.sort();
    paths
}

fn asked_for() -> Option<(PathBuf, PathBuf)> {
    let of = |name: &str| std::env::var_os(name).map(PathBuf::from);
    Some((of("EQUIJUMP_PICTURES")?, of("EQUIJUMP_PICTURE_DATA")?))
}

#[test]
#[ignore = "pictures to look at, not a check"]
fn training() {
    let Some((folder, data)) = asked_for() else { return };
    for size in [[1280, 800], [1920, 1080]] {
        let results = tempfile::tempdir().unwrap();
        let mut drawn = Drawn::open(folder.clone(), size);
        drawn.press_key(Modifiers::COMMAND, Key::T);
        drawn.photograph("training-empty");
        drawn.pick("Browse for topology", &data.join("top.pdb"));
        for path in trajectories(&data).iter().take(6) {
            drawn.pick("Browse for trajectories", path);
        }
        drawn.pick("Browse for store", &results.path().join("chignolin.store.safetensors"));
        drawn.press("Import");
        drawn.until("it is imported", 120, |app| app.training().import.report.is_some());
        drawn.photograph("training-imported");
        drawn.press("Import trajectories");
        drawn.pick("Browse for folder", &results.path().join("trained"));
        drawn.set("Batch size", 4.0);
        drawn.press("Network");
        drawn.set("Width H", 8.0);
        drawn.set("Conditioner", 1.0);
        drawn.set("Headers", 1.0);
        drawn.press("Network");
        drawn.press("Checkpoints");
        drawn.set("Validate every", 40.0);
        drawn.press("Checkpoints");
        drawn.press("Optimizer");
        drawn.set("Warm-up", 20.0);
        drawn.set("Steps", 400.0);
        drawn.press("Train");
        drawn.until("it trains", 240, |app| app.training().run.as_ref().is_some_and(|run| run.step() > 250));
        drawn.press("Pause");
        drawn.photograph("training-paused");
        drawn.press("Stop");
        drawn.until("it stops", 60, |app| !app.training().is_training());
        drawn.press("Network");
        drawn.photograph("training-stopped");
    }
}

#[test]
#[ignore = "pictures to look at, not a check"]
fn evaluation() {
    let Some((folder, data)) = asked_for() else { return };
    for size in [[1280, 800], [1920, 1080]] {
        let mut drawn = Drawn::open(folder.clone(), size);
        drawn.press_key(Modifiers::COMMAND | Modifiers::SHIFT, Key::T);
        drawn.photograph("evaluation-empty");
        let paths = trajectories(&data);
        for path in paths.iter().step_by(2).take(8) {
            drawn.pick("Browse for reference trajectories", path);
        }
        drawn.pick("Browse for topology", &data.join("top.pdb"));
        drawn.press("Samples");
        drawn.press("Files");
        for path in paths.iter().skip(1).step_by(2).take(8) {
            drawn.pick("Browse for sample trajectories", path);
        }
        drawn.press("Evaluate");
        drawn.until("it is compared", 300, |app| app.evaluation().evaluated.is_some());
        let pages = drawn.app.evaluation().evaluated.as_ref().unwrap().pages.len();
        for page in 0..pages {
            drawn.photograph(&format!("evaluation-{page:02}"));
            if page + 1 < pages {
                drawn.press("Next figure");
            }
        }
    }
}
