//! The window under random input: whatever is clicked, typed, dropped and resized in whatever order, it lives on.
//!
//! A few hundred events, or as many as `EQUIJUMP_MONKEY` says, of the seed `EQUIJUMP_MONKEY_SEED`. A failure tells the
//! number of the event and those before it; the same seed leads there again, as far as the engine's threads allow.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod gl_harness;
mod support;

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use eframe::App as _;
use egui::accesskit::{Action, ActionData, ActionRequest, Role, TreeUpdate};
use egui::{Event, Key, Modifiers, PointerButton, Pos2, Vec2, pos2, vec2};
use equijump_app::window::file_dialogs::FileAnswer;
use equijump_app::window::{EquiJumpApp, Parts};
use equijump_engine::random::Random;
use equijump_engine::session::Session;
use gl_harness::GlHarness;
use support::{Dropped, ScriptedDialogs, WaveBackend};

/// Events without the variable.
const EVENTS: usize = 300;
/// A new window after so many.
const EVENTS_OF_A_WINDOW: usize = 2_000;
/// A run of so many frames is stopped, for up to a thousand replicas take room on the disk.
const MOST_FRAMES: usize = 500;
/// Events that are told when something fails.
const TOLD: usize = 25;
const SIZE: Vec2 = Vec2::new(1280.0, 800.0);

/// The tests of this file change the current folder, which is one for all threads.
static FOLDER: Mutex<()> = Mutex::new(());

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

/// What the window is shown on.
enum Screen {
    /// Nothing is painted.
    None(egui::Context),
    /// OpenGL, 3D view included.
    Gl(Box<GlHarness>),
}

struct Monkey {
    random: Random,
    screen: Screen,
    app: EquiJumpApp,
    frame: eframe::Frame,
    dialogs: ScriptedDialogs,
    /// Files that are opened and dropped.
    files: Vec<PathBuf>,
    size: Vec2,
    pointer: Pos2,
    time_seconds: f64,
    /// What screen readers were told.
    told: Option<TreeUpdate>,
    recent: VecDeque<String>,
    longest: Duration,
}

impl Monkey {
    fn new(seed: u64, gl: Option<GlHarness>, files: Vec<PathBuf>) -> Self {
        let context = gl.as_ref().map(|gl| gl.egui.clone()).unwrap_or_default();
        context.enable_accesskit();
        let mut cc = eframe::CreationContext::_new_kittest(context.clone());
        cc.gl = gl.as_ref().map(|gl| gl.gl.clone());
        let dialogs = ScriptedDialogs::default();
        let backend = WaveBackend { latent_steps: 2, step_time: Duration::from_millis(10) };
        let parts = Parts {
            start_session: Box::new(move |wake| Session::new(Arc::new(backend), wake)),
            dialogs: Box::new(dialogs.clone()),
            bundled_models: support::TEST_MODELS,
            initial: None,
        };
        let app = EquiJumpApp::new(&cc, parts).unwrap();
        let screen = gl.map_or(Screen::None(context), |gl| Screen::Gl(Box::new(gl)));
        Self {
            random: Random::new(seed),
            screen,
            app,
            frame: eframe::Frame::_new_kittest(),
            dialogs,
            files,
            size: SIZE,
            pointer: Pos2::ZERO,
            time_seconds: 0.0,
            told: None,
            recent: VecDeque::new(),
            longest: Duration::ZERO,
        }
    }

    fn pass(&mut self, events: Vec<Event>, dropped: Option<PathBuf>) {
        let Self { screen, app, frame, .. } = self;
        let started = Instant::now();
        let mut ui = |ui: &mut egui::Ui| {
            app.logic(&ui.ctx().clone(), frame);
            app.ui(ui, frame);
        };
        match screen {
            Screen::Gl(gl) => gl.pass(events, ui),
            Screen::None(context) => {
                self.time_seconds += 1.0 / 30.0;
                let mut input = egui::RawInput {
                    screen_rect: Some(egui::Rect::from_min_size(Pos2::ZERO, self.size)),
                    time: Some(self.time_seconds),
                    events,
                    ..Default::default()
                };
                if let Some(path) = dropped {
                    input.dropped_files.push(Arc::new(Dropped(path)));
                }
                let mut output = context.run_ui(input, &mut ui);
                output.textures_delta.clear();
                if let Some(update) = output.platform_output.accesskit_update.take() {
                    self.told = Some(update);
                }
                self.longest = self.longest.max(started.elapsed());
            }
        }
    }

    fn place(&mut self) -> Pos2 {
        let (width, height) = (self.size.x as usize + 20, self.size.y as usize + 20);
        pos2(self.random.index(width) as f32 - 10.0, self.random.index(height) as f32 - 10.0)
    }

    fn modifiers(&mut self) -> Modifiers {
        match self.random.index(8) {
            0 => Modifiers::COMMAND,
            1 => Modifiers::SHIFT,
            2 => Modifiers::ALT,
            3 => Modifiers::COMMAND | Modifiers::SHIFT,
            _ => Modifiers::NONE,
        }
    }

    fn button(&mut self, pressed: bool, modifiers: Modifiers) -> Event {
        let button = match self.random.index(10) {
            0 => PointerButton::Secondary,
            1 => PointerButton::Middle,
            _ => PointerButton::Primary,
        };
        Event::PointerButton { pos: self.pointer, button, pressed, modifiers }
    }

    fn click(&mut self) -> Vec<Event> {
        self.pointer = self.place();
        let modifiers = self.modifiers();
        let moved = Event::PointerMoved(self.pointer);
        let mut events = vec![moved, self.button(true, modifiers)];
        if self.random.index(3) == 0 {
            self.pointer = self.place();
            events.push(Event::PointerMoved(self.pointer));
        }
        // Now and then a button stays down.
        if self.random.index(12) > 0 {
            events.push(self.button(false, modifiers));
        }
        events
    }

    fn text(&mut self) -> String {
        const TEXTS: [&str; 14] = [
            "",
            "0",
            "-1",
            "1e308",
            "nan",
            "18446744073709551616",
            "a.dcd",
            "Ångström σ",
            "\u{202e}abc",
            "🧬",
            "   ",
            "A",
            "3.5",
            "\u{1b}[2J",
        ];
        match self.random.index(8) {
            0 => "x".repeat(5_000),
            // No slash: files are made in the folder of the test only.
            1 => (0..self.random.index(12))
                .map(|_| char::from(b'0' + self.random.index(75) as u8))
                .collect::<String>()
                .replace(['\\', '/'], "_"),
            _ => TEXTS[self.random.index(TEXTS.len())].to_owned(),
        }
    }

    /// What a screen reader asks of some widget: that way all of them are reached, however small.
    fn request(&mut self) -> Vec<Event> {
        let Some(told) = &self.told else { return Vec::new() };
        let usable = |role| {
            use Role::{
                Button, CheckBox, ComboBox, Link, MenuItem, RadioButton, Slider, SpinButton, Tab, TextInput,
            };
            let roles =
                [Button, CheckBox, ComboBox, Link, MenuItem, RadioButton, Slider, SpinButton, Tab, TextInput];
            roles.contains(&role)
        };
        let nodes: Vec<_> = told
            .nodes
            .iter()
            .filter(|(_, node)| usable(node.role()) && !node.is_disabled())
            .map(|(id, node)| (*id, node.role(), node.label().map(str::to_owned)))
            .collect();
        let target_tree = told.tree_id;
        if nodes.is_empty() {
            return Vec::new();
        }
        let (target_node, role, label) = nodes[self.random.index(nodes.len())].clone();
        self.note(format!("{role:?} {label:?}"));
        let (action, data) = match role {
            Role::SpinButton | Role::Slider if self.random.index(3) > 0 => {
                const NUMBERS: [f64; 9] = [0.0, 1.0, -1.0, 2.0, 3.0, 17.0, 1e4, 1e18, 0.5];
                let number = NUMBERS[self.random.index(NUMBERS.len())];
                (Action::SetValue, Some(ActionData::NumericValue(number)))
            }
            _ if self.random.index(5) == 0 => (Action::Focus, None),
            _ => (Action::Click, None),
        };
        vec![Event::AccessKitActionRequest(ActionRequest { target_node, target_tree, action, data })]
    }

    fn key(&mut self) -> Vec<Event> {
        let key = Key::ALL[self.random.index(Key::ALL.len())];
        let modifiers = self.modifiers();
        let event = |pressed| Event::Key { key, physical_key: None, pressed, repeat: false, modifiers };
        vec![event(true), event(false)]
    }

    fn note(&mut self, what: String) {
        self.recent.push_back(what);
        if self.recent.len() > TOLD {
            self.recent.pop_front();
        }
    }

    /// Does one thing.
    fn act(&mut self) {
        let mut dropped = None;
        let events = match self.random.index(100) {
            0..30 => self.click(),
            30..55 => self.request(),
            55..70 => self.key(),
            70..80 => vec![Event::Text(self.text())],
            80..85 => {
                self.pointer = self.place();
                let amount = [-1e4, -10.0, 10.0, 1e4][self.random.index(4)];
                let wheel = Event::MouseWheel {
                    unit: egui::MouseWheelUnit::Point,
                    source: egui::MouseWheelSource::Wheel,
                    delta: vec2(0.0, amount),
                    phase: egui::TouchPhase::Move,
                    modifiers: self.modifiers(),
                };
                let zoom = Event::Zoom(if amount > 0.0 { 1.3 } else { 0.7 });
                vec![Event::PointerMoved(self.pointer), if self.random.index(3) == 0 { zoom } else { wheel }]
            }
            85..88 => {
                const SIZES: [Vec2; 6] = [
                    SIZE,
                    vec2(1920.0, 1080.0),
                    vec2(800.0, 600.0),
                    vec2(300.0, 200.0),
                    vec2(1.0, 1.0),
                    vec2(5000.0, 90.0),
                ];
                self.size = SIZES[self.random.index(SIZES.len())];
                Vec::new()
            }
            88..91 => {
                let gone = [Event::PointerGone, Event::WindowFocused(false), Event::WindowFocused(true)];
                vec![gone[self.random.index(gone.len())].clone()]
            }
            91..94 => {
                let board = [Event::Copy, Event::Cut, Event::Paste(self.text())];
                vec![board[self.random.index(board.len())].clone()]
            }
            94..97 => {
                let path = self.files[self.random.index(self.files.len())].clone();
                self.dialogs.will_answer(FileAnswer::Picked(path));
                Vec::new()
            }
            97 => {
                dropped = Some(self.files[self.random.index(self.files.len())].clone());
                Vec::new()
            }
            _ => {
                // Gives the engine time to answer.
                std::thread::sleep(Duration::from_millis(20));
                Vec::new()
            }
        };
        self.note(format!("{events:?} {dropped:?} at {:?}", self.size));
        self.pass(events, dropped);
        if self.app.project().is_running() && self.app.timeline().frame_count() > MOST_FRAMES {
            let stop = Event::Key {
                key: Key::Period,
                physical_key: None,
                pressed: true,
                repeat: false,
                modifiers: Modifiers::COMMAND,
            };
            self.pass(vec![stop], None);
        }
    }
}

/// What there is to open: sound, damaged, foreign and missing files, and a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let at = |name: &str| folder.join(name);
    let assets = Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets/structures");
    for name in ["chignolin.pdb", "villin.pdb"] {
        std::fs::copy(assets.join(name), at(name)).unwrap();
    }
    let text = std::fs::read(at("villin.pdb")).unwrap();
    std::fs::write(at("half.pdb"), &text[..text.len() / 2]).unwrap();
    std::fs::write(
        at("no.equijump"),
        b"{\"version\": 1, \"entries\": [{\"example\": \"none\"}], \"frame\": 99}",
    )
    .unwrap();
    std::fs::write(at("run.json"), b"{}").unwrap();
    std::fs::write(at("empty.dcd"), b"").unwrap();
    std::fs::create_dir(at("folder")).unwrap();
    [
        "chignolin.pdb",
        "villin.pdb",
        "half.pdb",
        "no.equijump",
        "run.json",
        "empty.dcd",
        "folder",
        "missing.xtc",
        "out.dcd",
        "out.png",
    ]
    .map(at)
    .into()
}

fn let_loose(events: usize, gl: bool) {
    let _alone = FOLDER.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let first = number("EQUIJUMP_MONKEY_SEED").unwrap_or(0);
    let back = std::env::current_dir().unwrap();
    let mut done = 0;
    let mut longest = Duration::ZERO;
    for window in 0.. {
        if done == events {
            break;
        }
        let screen = if gl {
            let Some(screen) = GlHarness::new(SIZE.x as u32, SIZE.y as u32) else { return };
            Some(screen)
        } else {
            None
        };
        // What is typed as the name of a file makes one here.
        let folder = tempfile::tempdir().unwrap();
        std::env::set_current_dir(folder.path()).unwrap();
        let seed = first.wrapping_add(window);
        let mut monkey = Monkey::new(seed, screen, files(folder.path()));
        for event in 0..EVENTS_OF_A_WINDOW.min(events - done) {
            if catch_unwind(AssertUnwindSafe(|| monkey.act())).is_err() {
                let recent: Vec<String> = monkey.recent.drain(..).collect();
                panic!("seed {seed}, event {event}: a panic after\n{}", recent.join("\n"));
            }
            done += 1;
        }
        assert!(!monkey.app.log().to_text().contains("internal error"), "{}", monkey.app.log().to_text());
        longest = longest.max(monkey.longest);
        drop(monkey);
        std::env::set_current_dir(&back).unwrap();
    }
    println!("{done} events; the longest pass took {longest:?}, drawing not counted");
}

#[test]
fn the_window_outlives_whatever_is_done_to_it() {
    let_loose(number("EQUIJUMP_MONKEY").map_or(EVENTS, |events| events as usize), false);
}

#[test]
fn the_drawn_window_outlives_it_as_well() {
    // Drawing in software takes most of the time.
    let_loose(number("EQUIJUMP_MONKEY").map_or(20, |events| events as usize / 20), true);
}
