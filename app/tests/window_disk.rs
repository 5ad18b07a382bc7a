//! A disk that is slow, or a file that is away, holds up no pass; a window that is closed waits for what it writes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::path::Path;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use egui::accesskit::Role;
use egui::{Key, Modifiers, ViewportCommand, ViewportEvent, ViewportId};
use egui_kittest::kittest::Queryable as _;
use equijump_app::window::file_dialogs::FileAnswer;
use equijump_app::window::preferences::RunSettings;
use equijump_app::window::session_file::{Entry, SessionFile};
use equijump_engine::session::{
    BackendError, ComputeBackend, LoadedModel, ModelSource, PreparedSampler, SamplerOrder,
};
use support::{Dropped, WaveBackend, Window, click, window_with};

/// While it is shut, a model that is loaded keeps the thread for files waiting, as a slow disk would.
#[derive(Clone, Default)]
struct Gate(Arc<(Mutex<bool>, Condvar)>);

impl Gate {
    fn set(&self, shut: bool) {
        *self.0.0.lock().unwrap() = shut;
        self.0.1.notify_all();
    }

    fn pass(&self) {
        drop(self.0.1.wait_while(self.0.0.lock().unwrap(), |shut| *shut).unwrap());
    }
}

/// Opens the gate when the test is over, so that the threads end.
struct Warden(Gate);

impl Drop for Warden {
    fn drop(&mut self) {
        self.0.set(false);
    }
}

struct GatedBackend {
    waves: WaveBackend,
    gate: Gate,
}

impl ComputeBackend for GatedBackend {
    fn load_model(&self, model: &ModelSource) -> Result<LoadedModel, BackendError> {
        self.gate.pass();
        self.waves.load_model(model)
    }

    fn prepare_sampler(&self, order: SamplerOrder<'_>) -> Result<PreparedSampler, BackendError> {
        self.waves.prepare_sampler(order)
    }
}

/// A window with chignolin and what holds up its files. The warden goes first.
fn gated() -> (Window, Warden) {
    let gate = Gate::default();
    let waves = WaveBackend { latent_steps: 2, step_time: Duration::ZERO };
    let mut window = window_with(None, GatedBackend { waves, gate: gate.clone() });
    window.wait_for_protein("chignolin");
    (window, Warden(gate))
}

fn drop_file(window: &mut Window, path: &Path) {
    window.harness.input_mut().dropped_files.push(Arc::new(Dropped(path.to_owned())));
    window.harness.step();
}

/// From now on files wait, until the gate is opened.
fn hold_up(window: &mut Window, gate: &Gate) {
    gate.set(true);
    let model = concat!(env!("CARGO_MANIFEST_DIR"), "/../assets/models/chignolin/model.safetensors");
    drop_file(window, Path::new(model));
    window.harness.step();
}

/// The user asks the window to close.
fn close(window: &mut Window) {
    let viewport = window.harness.input_mut().viewports.entry(ViewportId::ROOT).or_default();
    viewport.events.push(ViewportEvent::Close);
    window.harness.step();
}

/// Whether the pass told the desktop so.
fn told(window: &Window, command: &ViewportCommand) -> bool {
    let root = window.harness.output().viewport_output.get(&ViewportId::ROOT);
    root.is_some_and(|root| root.commands.contains(command))
}

/// Closes the window while `path` waits to be written: it stays until the file is on the disk, and closes then.
#[track_caller]
fn closes_once_written(window: &mut Window, gate: &Gate, path: &Path) {
    window.harness.run_steps(5);
    assert!(!path.exists(), "the disk is held up");
    close(window);
    assert!(told(window, &ViewportCommand::CancelClose), "it stays");
    assert!(window.log().contains("closes once"), "{}", window.log());
    for _ in 0..10 {
        window.harness.step();
        assert!(!told(window, &ViewportCommand::Close) && !path.exists());
    }
    gate.set(false);
    window.step_until("it closes", |harness| {
        let root = harness.output().viewport_output.get(&ViewportId::ROOT);
        root.is_some_and(|root| root.commands.contains(&ViewportCommand::Close))
    });
    assert!(path.exists(), "on the disk before the window is gone");
}

#[test]
fn a_project_on_a_slow_disk_holds_up_no_pass_and_comes_on_view_once_it_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("work.equijump");
    let project = SessionFile {
        version: 1,
        entries: vec![Entry::Example("trpcage".to_owned())],
        run: Some(RunSettings { frames: 77, ..RunSettings::default() }),
        ..SessionFile::default()
    };
    std::fs::write(&path, serde_json::to_string(&project).unwrap()).unwrap();
    let (mut window, warden) = gated();
    hold_up(&mut window, &warden.0);
    drop_file(&mut window, &path);
    window.harness.run_steps(10);
    assert_eq!(window.protein(), "chignolin");
    assert_ne!(window.app().preferences().run.frames, 77, "nothing of it is known yet");
    // The window lives on meanwhile.
    window.harness.key_press_modifiers(Modifiers::COMMAND, Key::T);
    window.settle();
    assert!(window.harness.query_by_label("Training stores").is_some());

    warden.0.set(false);
    window.wait_for_protein("trpcage");
    assert_eq!(window.app().preferences().run.frames, 77);
    assert!(window.app().preferences().recent_files.contains(&path));
}

#[test]
fn a_project_on_a_slow_disk_is_named_while_it_is_read_and_waited_for_no_longer_when_canceled() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("work.equijump");
    let project = SessionFile {
        version: 1,
        entries: vec![Entry::Example("trpcage".to_owned())],
        ..SessionFile::default()
    };
    std::fs::write(&path, serde_json::to_string(&project).unwrap()).unwrap();
    // The first thing that is opened: there is nothing else to look at.
    let gate = Gate::default();
    gate.set(true);
    let warden = Warden(gate.clone());
    let waves = WaveBackend { latent_steps: 2, step_time: Duration::ZERO };
    let mut window = window_with(Some(path.clone()), GatedBackend { waves, gate });
    window.settle();
    assert!(window.harness.query_by_label("Reading work.equijump…").is_some());
    click(&mut window, "Cancel");
    assert!(window.harness.query_by_label("Reading work.equijump…").is_none());
    assert!(window.harness.query_by_label("Open…").is_some());

    // Beside what is open it is told at the foot of the window, once it takes a while.
    warden.0.set(false);
    window.harness.get_by_label("Open Chignolin (CLN025)").click();
    window.wait_for_protein("chignolin");
    hold_up(&mut window, &warden.0);
    drop_file(&mut window, &path);
    window.harness.run_steps(30);
    assert!(window.harness.query_by_label("Reading work.equijump…").is_some());
    click(&mut window, "Cancel");
    warden.0.set(false);
    window.harness.run_steps(30);
    assert_eq!(window.protein(), "chignolin");
}

#[test]
fn a_project_that_is_away_is_told_in_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gone.equijump");
    let backend = WaveBackend { latent_steps: 2, step_time: Duration::ZERO };
    let mut window = window_with(Some(path.clone()), backend);
    window.step_until("it is told", |harness| harness.state().log().to_text().contains("cannot be opened"));
    window.settle();
    assert!(window.harness.query_by_label("Not opened").is_some(), "{}", window.log());
    assert!(!window.app().preferences().recent_files.contains(&path));
    window.harness.get_by_label("Open Chignolin (CLN025)").click();
    window.wait_for_protein("chignolin");
}

#[test]
fn closing_waits_until_a_project_is_on_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("work.equijump");
    let (mut window, warden) = gated();
    hold_up(&mut window, &warden.0);
    window.dialogs.will_answer(FileAnswer::Picked(path.clone()));
    window.harness.key_press_modifiers(Modifiers::COMMAND, Key::S);
    closes_once_written(&mut window, &warden.0, &path);
    let written = SessionFile::parse(&std::fs::read_to_string(&path).unwrap()).unwrap();
    assert_eq!(written.entries, [Entry::Example("chignolin".to_owned())]);
}

#[test]
fn closing_waits_until_an_export_is_on_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.dcd");
    let (mut window, warden) = gated();
    window.harness.get_by_role_and_label(Role::SpinButton, "Frames").set_value_accesskit(5.0);
    window.settle();
    window.harness.key_press_modifiers(Modifiers::COMMAND, Key::R);
    window.step_until("the run is over", |harness| {
        let run = harness.state().project().run.as_ref();
        run.is_some_and(|run| !run.is_active() && run.frames == 6)
    });
    hold_up(&mut window, &warden.0);
    window.harness.key_press_modifiers(Modifiers::COMMAND, Key::E);
    window.settle();
    let field = window.harness.get_by_role_and_label(Role::TextInput, "File");
    field.focus();
    window.harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
    window.harness.get_by_role_and_label(Role::TextInput, "File").type_text(path.to_str().unwrap());
    window.settle();
    window.harness.key_press(Key::Enter);
    window.settle();
    closes_once_written(&mut window, &warden.0, &path);
    let runs = window.app().project().runs();
    assert!(runs.iter().all(|run| run.unsaved_frames(|_| 0) == 0));
}

#[test]
fn a_window_that_waited_for_a_file_that_cannot_be_written_stays() {
    let folder = tempfile::tempdir().unwrap();
    let (mut window, warden) = gated();
    hold_up(&mut window, &warden.0);
    let path = folder.path().join("no such folder").join("work.equijump");
    window.dialogs.will_answer(FileAnswer::Picked(path));
    window.harness.key_press_modifiers(Modifiers::COMMAND, Key::S);
    window.harness.run_steps(3);
    close(&mut window);
    assert!(told(&window, &ViewportCommand::CancelClose));
    warden.0.set(false);
    window.step_until("it is told", |harness| {
        let root = harness.output().viewport_output.get(&ViewportId::ROOT);
        assert!(!root.is_some_and(|root| root.commands.contains(&ViewportCommand::Close)));
        harness.state().log().to_text().contains("cannot be written")
    });
    for _ in 0..5 {
        window.harness.step();
        assert!(!told(&window, &ViewportCommand::Close), "what was to be saved is not lost");
    }
}

#[test]
fn closing_a_second_time_leaves_the_file_unfinished() {
    let folder = tempfile::tempdir().unwrap();
    let (mut window, warden) = gated();
    hold_up(&mut window, &warden.0);
    window.dialogs.will_answer(FileAnswer::Picked(folder.path().join("work.equijump")));
    window.harness.key_press_modifiers(Modifiers::COMMAND, Key::S);
    window.harness.run_steps(3);
    close(&mut window);
    assert!(told(&window, &ViewportCommand::CancelClose));
    window.harness.step();
    close(&mut window);
    assert!(!told(&window, &ViewportCommand::CancelClose), "now it goes");
}

#[test]
fn a_project_saved_by_its_typed_path_has_the_ending_and_replaces_nothing_unasked() {
    let folder = tempfile::tempdir().unwrap();
    let named = folder.path().join("work.v2.equijump");
    let (mut window, _warden) = gated();
    let save = |window: &mut Window| {
        window.dialogs.will_answer(FileAnswer::Unavailable);
        window.harness.key_press_modifiers(Modifiers::COMMAND, Key::S);
        window.settle();
        let label = "Project file (.equijump)";
        let field = window.harness.get_by_role_and_label(Role::TextInput, label);
        // The proposal is the protein's name; what is typed takes its place.
        assert!(field.value().is_some_and(|text| text.ends_with("chignolin-project.equijump")));
        field.focus();
        window.harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
        window.settle();
        let field = window.harness.get_by_role_and_label(Role::TextInput, label);
        field.type_text(folder.path().join("work.v2").to_str().unwrap());
        window.settle();
    };
    save(&mut window);
    window.harness.key_press(Key::Enter);
    window.step_until("it is written", |_| named.exists());

    std::fs::write(&named, "mine").unwrap();
    save(&mut window);
    window.harness.key_press(Key::Enter);
    window.settle();
    assert_eq!(std::fs::read_to_string(&named).unwrap(), "mine");
    window.harness.get_by_label("Replace the file that is there").click();
    window.settle();
    window.harness.get_by_role_and_label(Role::Button, "Save").click();
    window.step_until("it is replaced", |_| std::fs::read_to_string(&named).unwrap() != "mine");

    // The dialog of the desktop has asked about the name without the ending alone.
    std::fs::write(&named, "mine").unwrap();
    window.dialogs.will_answer(FileAnswer::Picked(folder.path().join("work.v2")));
    window.harness.key_press_modifiers(Modifiers::COMMAND, Key::S);
    window.step_until("it is told", |harness| harness.state().log().to_text().contains("is there already"));
    assert_eq!(std::fs::read_to_string(&named).unwrap(), "mine");
}
