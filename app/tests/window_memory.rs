//! What the window remembers between sessions, damaged at random: it opens all the same, and draws.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use eframe::App as _;
use equijump_app::window::preferences::{self, Preferences};
use equijump_app::window::session_file::{self, Entry, SessionFile};
use equijump_app::window::{EquiJumpApp, Parts, layout};
use equijump_engine::random::{Noise, Stream};
use equijump_engine::session::Session;
use serde_json::{Value, json};
use support::{ScriptedDialogs, WaveBackend};

/// What eframe keeps in a file of the user's.
#[derive(Clone, Default)]
struct Memory(HashMap<String, String>);

impl eframe::Storage for Memory {
    fn get_string(&self, key: &str) -> Option<String> {
        self.0.get(key).cloned()
    }

    fn set_string(&mut self, key: &str, value: String) {
        self.0.insert(key.to_owned(), value);
    }

    fn remove_string(&mut self, key: &str) {
        self.0.remove(key);
    }

    fn flush(&mut self) {}
}

/// Opens a window with that memory, draws it, simulates a few frames, and remembers what it remembers.
fn session(memory: &Memory) -> Memory {
    let ctx = egui::Context::default();
    let mut cc = eframe::CreationContext::_new_kittest(ctx.clone());
    cc.storage = Some(memory);
    let backend = WaveBackend { latent_steps: 2, step_time: Duration::ZERO };
    let parts = Parts {
        start_session: Box::new(move |wake| Session::new(Arc::new(backend), wake)),
        dialogs: Box::new(ScriptedDialogs::default()),
        bundled_models: support::TEST_MODELS,
        initial: None,
    };
    let mut app = EquiJumpApp::new(&cc, parts).unwrap();
    let mut frame = eframe::Frame::_new_kittest();
    let mut pass = |app: &mut EquiJumpApp, events: Vec<egui::Event>| {
        let screen = egui::Rect::from_min_size(egui::Pos2::ZERO, egui::vec2(1280.0, 800.0));
        let input = egui::RawInput { screen_rect: Some(screen), events, ..Default::default() };
        let mut output = ctx.run_ui(input, |ui| {
            app.logic(&ui.ctx().clone(), &mut frame);
            app.ui(ui, &mut frame);
        });
        output.textures_delta.clear();
    };
    let deadline = Instant::now() + Duration::from_secs(20);
    while app.project().opened.is_none() {
        pass(&mut app, Vec::new());
        assert!(Instant::now() < deadline, "nothing opens: {}", app.log().to_text());
    }
    let simulate = egui::Event::Key {
        key: egui::Key::R,
        physical_key: None,
        pressed: true,
        repeat: false,
        modifiers: egui::Modifiers::COMMAND,
    };
    pass(&mut app, vec![simulate]);
    // A run of senseless settings is refused; a sound one makes frames.
    while app.timeline().frame_count() < 3 && app.project().is_running() {
        pass(&mut app, Vec::new());
        assert!(Instant::now() < deadline, "neither frames nor an error: {}", app.log().to_text());
    }
    for _ in 0..3 {
        pass(&mut app, Vec::new());
    }
    let mut after = Memory::default();
    app.save(&mut after);
    after
}

/// The next number of the stream whose position `state` is.
fn random(state: &mut u64) -> u64 {
    *state += 1;
    Noise::new(0, Stream::Testing).word(*state)
}

/// Replaces or removes one entry somewhere below `value`.
fn damage(value: &mut Value, state: &mut u64) {
    let chosen = random(state) as usize;
    let inner = match value {
        Value::Array(entries) if !entries.is_empty() => {
            let index = chosen % entries.len();
            if random(state).is_multiple_of(9) {
                entries.remove(index);
                return;
            }
            entries.get_mut(index)
        }
        Value::Object(entries) if !entries.is_empty() => {
            let key = entries.keys().nth(chosen % entries.len()).cloned().unwrap();
            if random(state).is_multiple_of(9) {
                entries.remove(&key);
                return;
            }
            entries.get_mut(&key)
        }
        _ => None,
    };
    if let Some(inner) = inner
        && !random(state).is_multiple_of(12)
    {
        return damage(inner, state);
    }
    let others = [
        json!(0),
        json!(1),
        json!(3),
        json!(-1),
        json!(4_294_967_295u64),
        json!(u64::MAX),
        json!(1e-300),
        json!(1e300),
        json!(-0.5),
        json!(null),
        json!(true),
        json!(""),
        json!("Molecule"),
        json!([]),
        json!({}),
    ];
    *value = others[random(state) as usize % others.len()].clone();
}

#[test]
fn a_window_opens_whatever_it_remembers() {
    let sound = session(&Memory::default());
    assert_eq!(session(&sound).0.keys().count(), sound.0.keys().count());
    for (key, text) in &sound.0 {
        for seed in 0..30 {
            let mut state = seed << 32;
            let mut value: Value = serde_json::from_str(text).unwrap();
            for _ in 0..=random(&mut state) % 3 {
                damage(&mut value, &mut state);
            }
            let mut memory = sound.clone();
            memory.0.insert(key.clone(), value.to_string());
            catch_unwind(AssertUnwindSafe(|| session(&memory)))
                .unwrap_or_else(|_| panic!("{key}, damage {seed}: a panic with {value}"));
        }
        let mut memory = sound.clone();
        memory.0.insert(key.clone(), text[..text.len() / 2].to_owned());
        session(&memory);
    }
}

#[test]
fn a_view_of_frames_that_are_lost_is_not_kept_with_their_start_structure() {
    let kept: SessionFile =
        serde_json::from_str(&session(&Memory::default()).0[session_file::STORAGE_KEY]).unwrap();
    assert_eq!(kept.entries, [Entry::Example("chignolin".to_owned())], "the frames are in no file");
    assert_eq!(kept.camera, None);
}

#[test]
fn choices_outlive_the_session() {
    let mut memory = session(&Memory::default());
    let key = preferences::STORAGE_KEY;
    let mut chosen: Preferences = serde_json::from_str(&memory.0[key]).unwrap();
    chosen.ghost_of_start = true;
    chosen.run.replicas = 2;
    chosen.speed_frames_per_s = 5.0;
    memory.0.insert(key.to_owned(), serde_json::to_string(&chosen).unwrap());
    let after: Preferences = serde_json::from_str(&session(&memory).0[key]).unwrap();
    assert_eq!(after, chosen);
    assert!(memory.0.contains_key(layout::STORAGE_KEY));
}
