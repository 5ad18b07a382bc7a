//! The whole window on a windowless OpenGL context, 3D view included: what the other window tests, which
//! have no graphics, cannot see.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod gl_harness;
mod support;

use std::sync::Arc;
use std::time::{Duration, Instant};

use eframe::App as _;
use egui::{Event, Key, Modifiers};
use equijump_app::window::film::has_ffmpeg;
use equijump_app::window::{EquiJumpApp, Parts};
use equijump_engine::session::Session;
use gl_harness::GlHarness;
use support::{ScriptedDialogs, WaveBackend};

const SIZE: [u32; 2] = [1280, 800];

struct DrawnWindow {
    gl: GlHarness,
    app: EquiJumpApp,
    frame: eframe::Frame,
}

impl DrawnWindow {
    fn open() -> Option<Self> {
        let gl = GlHarness::new(SIZE[0], SIZE[1])?;
        gl.egui.enable_accesskit();
        let mut cc = eframe::CreationContext::_new_kittest(gl.egui.clone());
        cc.gl = Some(gl.gl.clone());
        let backend = WaveBackend { latent_steps: 2, step_time: Duration::from_millis(40) };
        let parts = Parts {
            start_session: Box::new(move |wake| Session::new(Arc::new(backend), wake)),
            dialogs: Box::new(ScriptedDialogs::default()),
            bundled_models: support::TEST_MODELS,
            initial: None,
        };
        let app = EquiJumpApp::new(&cc, parts).unwrap();
        Some(Self { gl, app, frame: eframe::Frame::_new_kittest() })
    }

    fn pass(&mut self, events: Vec<Event>) {
        let Self { gl, app, frame } = self;
        gl.pass(events, |ui| {
            let ctx = ui.ctx().clone();
            app.logic(&ctx, frame);
            app.ui(ui, frame);
        });
    }

    #[track_caller]
    fn pass_until(&mut self, what: &str, condition: impl Fn(&EquiJumpApp) -> bool) {
        let deadline = Instant::now() + Duration::from_secs(60);
        while !condition(&self.app) {
            self.pass(Vec::new());
            assert!(Instant::now() < deadline, "waited in vain until {what}:\n{}", self.app.log().to_text());
        }
    }

    fn press(&mut self, modifiers: Modifiers, key: Key) {
        for pressed in [true, false] {
            self.pass(vec![Event::Key { key, physical_key: None, pressed, repeat: false, modifiers }]);
        }
        self.pass(Vec::new());
    }

    /// Replaces the text of the field that has the keyboard, and confirms.
    fn answer(&mut self, text: &str) {
        self.press(Modifiers::COMMAND, Key::A);
        self.pass(vec![Event::Text(text.to_owned())]);
        self.press(Modifiers::NONE, Key::Enter);
    }

    /// Presses what has this name.
    fn click(&mut self, label: &str) {
        let request = self.gl.request(label, egui::accesskit::Action::Click, None);
        self.pass(vec![request]);
        self.pass(Vec::new());
    }

    fn simulate(&mut self, frames: usize) {
        self.pass_until("chignolin is open", |app| app.project().opened.is_some());
        self.press(Modifiers::COMMAND, Key::R);
        self.pass_until("there are frames", |app| app.timeline().frame_count() > frames);
        self.press(Modifiers::COMMAND, Key::Period);
        self.pass_until("the run is over", |app| !app.project().is_running());
    }
}

/// How many colors there are in the middle of the molecule pane.
fn colors_of_the_molecule(picture: &image::RgbaImage) -> usize {
    let view = image::imageops::crop_imm(picture, 320, 130, 560, 540).to_image();
    view.pixels().map(|pixel| pixel.0).collect::<std::collections::HashSet<_>>().len()
}

#[test]
fn the_molecule_is_drawn_between_the_panes_and_changes_with_its_style() {
    let Some(mut window) = DrawnWindow::open() else { return };
    window.pass_until("the start is measured", |app| app.details_for_test().is_some());
    for _ in 0..30 {
        window.pass(Vec::new());
    }
    let balls = window.gl.image();
    assert!(colors_of_the_molecule(&balls) > 100, "shaded atoms have many colors");
    window.press(Modifiers::NONE, Key::Num3);
    let spheres = window.gl.image();
    let differing = balls.pixels().zip(spheres.pixels()).filter(|(a, b)| a != b).count();
    assert!(differing > 20_000, "spacefill covers more than balls: {differing} pixels differ");
}

#[test]
fn a_screenshot_has_twice_the_size_of_the_pane() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("picture.png");
    let Some(mut window) = DrawnWindow::open() else { return };
    window.pass_until("the start is measured", |app| app.details_for_test().is_some());
    window.press(Modifiers::COMMAND | Modifiers::SHIFT, Key::S);
    window.answer(&path.display().to_string());
    window.pass_until("the picture is written", |app| app.log().to_text().contains("picture.png"));
    let picture = image::open(&path).unwrap().to_rgba8();
    let (width, height) = picture.dimensions();
    assert!(width > 800 && height > 800, "twice the pane is {width} × {height}");
    let corner = *picture.get_pixel(0, 0);
    assert!(picture.pixels().any(|pixel| *pixel != corner), "the picture is blank");
}

#[test]
fn movie_frames_are_numbered_pictures_of_different_frames() {
    let folder = tempfile::tempdir().unwrap();
    let Some(mut window) = DrawnWindow::open() else { return };
    window.simulate(5);
    let frames = window.app.timeline().frame_count();
    window.press(Modifiers::COMMAND | Modifiers::SHIFT, Key::M);
    window.click("Pictures");
    window.answer(&folder.path().display().to_string());
    window.pass_until("the pictures are written", |app| app.log().to_text().contains("pictures into"));
    // Into a folder of their own, so that no older pictures get into the film.
    let own = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
    let own: Vec<_> = own.filter(|path| path.is_dir()).collect();
    assert_eq!(own.len(), 1, "{own:?}");
    let picture =
        |index: usize| image::open(own[0].join(format!("frame_{index:05}.png"))).unwrap().to_rgba8();
    assert!(!own[0].join(format!("frame_{frames:05}.png")).exists());
    assert!(picture(frames - 1).pixels().zip(picture(0).pixels()).any(|(a, b)| a != b));
    assert!(window.app.log().to_text().contains("ffmpeg"));
}

#[test]
fn a_film_turns_with_the_fit_and_ffprobe_finds_every_frame_in_it() {
    if !has_ffmpeg() {
        return equijump_tests::skip("there is no ffmpeg");
    }
    let folder = tempfile::tempdir().unwrap();
    let Some(mut window) = DrawnWindow::open() else { return };
    window.simulate(5);
    let frames = window.app.timeline().frame_count();
    window.press(Modifiers::SHIFT, Key::F);
    window.press(Modifiers::SHIFT, Key::R);
    for _ in 0..5 {
        window.pass(Vec::new());
    }
    window.press(Modifiers::COMMAND | Modifiers::SHIFT, Key::M);
    window.click("MP4");
    window.click("Time and RMSD");
    window.answer(&folder.path().display().to_string());
    window.pass_until("the film is written", |app| app.log().to_text().contains("Wrote a film"));
    let films: Vec<_> =
        std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(films.len(), 1, "{films:?}");
    let asked = std::process::Command::new("ffprobe")
        .args([
            "-v",
            "error",
            "-count_frames",
            "-show_entries",
            "stream=nb_read_frames",
            "-of",
            "default=nw=1",
        ])
        .arg(&films[0])
        .output()
        .unwrap();
    let found = String::from_utf8(asked.stdout).unwrap();
    assert_eq!(found.trim(), format!("nb_read_frames={frames}"));
    // The view spins on from where it was, and shows the frame that it showed.
    assert_eq!(window.app.timeline().frame(), frames - 1);
}
