//! Training from the window: import, train, pause, resume, stop, go on, use the model; and what goes wrong.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use egui::accesskit::Role;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use equijump_app::window::file_dialogs::FileAnswer;
use equijump_app::window::runs::Phase;
use equijump_engine::session::{EarlierRun, JobOutcome};
use equijump_engine::structure::write_pdb;
use equijump_engine::trajectory::TrajectoryWriter;
use equijump_tests::proteins::{bundled, bundled_path};
use support::{Dropped, WaveBackend, Window, pick, press, set_number, window, window_with};

/// Two trajectories of chignolin that sways about its crystal structure, 50 ps a frame, and their topology.
fn trajectories(folder: &Path) -> (PathBuf, [PathBuf; 2]) {
    let protein = bundled("chignolin");
    let topology = folder.join("top.pdb");
    let mut pdb = Vec::new();
    write_pdb(&protein.topology, &protein.positions_angstrom, &mut pdb).unwrap();
    std::fs::write(&topology, pdb).unwrap();
    let paths = [0, 1].map(|which| folder.join(format!("run{which}.dcd")));
    for (which, path) in paths.iter().enumerate() {
        let mut writer = TrajectoryWriter::create(path, &protein.topology, 50.0, false).unwrap();
        for frame in 0..20 {
            let mut positions = protein.positions_angstrom.to_vec();
            for (atom, position) in positions.iter_mut().enumerate() {
                for (axis, x) in position.iter_mut().enumerate() {
                    let phase = 0.7 * atom as f32 + 2.1 * axis as f32 + 1.3 * frame as f32 + which as f32;
                    *x += 0.04 * phase.sin();
                }
            }
            writer.write_frame(&positions, f64::from(frame) * 50.0).unwrap();
        }
    }
    (topology, paths)
}

/// Brings the Simulation pane to the front; the menu of that name comes first.
#[track_caller]
fn show_simulation(window: &mut Window) {
    let tabs = window.harness.get_all_by_role_and_label(Role::Button, "Simulation");
    tabs.last().expect("its tab").click_accesskit();
    window.settle();
}

/// Unfolds a section.
#[track_caller]
fn unfold(window: &mut Window, name: &str) {
    window.harness.get_by_label(name).click_accesskit();
    window.settle();
}

/// The window with the Training pane in front.
fn training_window() -> Window {
    let mut window = window();
    window.wait_for_protein("chignolin");
    window.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::T);
    window.settle();
    window
}

/// Imports the trajectories of a folder through the form, and waits for the report.
fn import(window: &mut Window, folder: &Path) {
    let (topology, paths) = trajectories(folder);
    pick(window, "Browse for topology", &topology);
    for path in paths {
        pick(window, "Browse for trajectories", &path);
    }
    press(window, "Import");
    window.step_until("the report is shown", |harness| {
        harness.query_by_label_contains("Stored 40 frames in ").is_some()
    });
}

/// Fills in a training so small that a step takes no time.
fn fill_in(window: &mut Window, out: &Path) {
    pick(window, "Browse for folder", out);
    set_number(window, "Batch size", 2);
    unfold(window, "Network");
    for (setting, value) in [("Width H", 4), ("Conditioner", 1), ("Headers", 1)] {
        set_number(window, setting, value);
    }
    unfold(window, "Checkpoints");
    set_number(window, "Validate every", 5);
    unfold(window, "Frame pairs");
    let held_out = window.harness.get_by_role_and_label(Role::SpinButton, "Held out");
    held_out.set_value_accesskit(0.5);
    window.settle();
}

/// Whether the window shows a text, once or more often.
fn shown(window: &Window, text: &str) -> bool {
    window.harness.query_all_by_label(text).next().is_some()
}

fn step(window: &Window) -> u64 {
    window.app().training().run.as_ref().map_or(0, |run| run.step())
}

#[track_caller]
fn wait_for_step(window: &mut Window, least: u64) {
    window.step_until("the training makes steps", |harness| {
        harness.state().training().run.as_ref().is_some_and(|run| run.step() >= least)
    });
}

#[test]
fn from_trajectories_to_a_model_in_use() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("trained");
    let mut window = training_window();
    assert!(window.harness.query_by_label_contains("First give it data").is_some());
    import(&mut window, folder.path());
    let store = folder.path().join("top.store.safetensors");
    assert!(store.exists());
    assert_eq!(window.app().training().form.stores, [store], "the store just made is trained on");
    assert_eq!(window.app().training().form.folder_path(), folder.path().join("top-training"));
    fill_in(&mut window, &out);
    set_number(&mut window, "Steps", 1_000_000);
    window.step_until("a few steps have told how long it takes", |harness| {
        harness.query_by_label_contains("as a few steps on this machine took").is_some()
    });

    press(&mut window, "Train");
    wait_for_step(&mut window, 12);
    assert!(shown(&window, "Gradient norm"), "the curves have come to the front");
    press(&mut window, "Pause");
    window.step_until("it pauses", |harness| harness.query_by_label_contains("Paused after step").is_some());
    let paused_at = step(&window);
    for _ in 0..10 {
        std::thread::sleep(Duration::from_millis(10));
        window.harness.step();
    }
    assert_eq!(step(&window), paused_at, "a paused training makes no steps");
    press(&mut window, "Resume");
    wait_for_step(&mut window, paused_at + 5);
    press(&mut window, "Stop");
    window.step_until("it stops", |harness| harness.query_by_label_contains("Stopped after step").is_some());
    let stopped_at = step(&window);
    assert_eq!(EarlierRun::load(&out).unwrap().step, stopped_at, "the checkpoint is that of the last step");

    // What stopped can go on, with its curves.
    window.settle();
    press(&mut window, "Continue");
    wait_for_step(&mut window, stopped_at + 5);
    assert!(window.app().training().curves.points().next().unwrap().step < stopped_at);
    let best = window.app().training().run.as_ref().unwrap().best.expect("it was validated").1;
    assert!(best.is_finite() && best > 0.0);
    press(&mut window, "Use this model");
    press(&mut window, "Stop");
    window.step_until("it stops", |harness| harness.query_by_label_contains("Stopped after step").is_some());
    show_simulation(&mut window);
    window.step_until("the model is loaded", |harness| {
        harness.query_by_label_contains("Ready to simulate chignolin").is_some()
    });
    let models = window.harness.get_by_role_and_label(Role::ComboBox, "Model");
    assert_eq!(models.accesskit_node().value().as_deref(), Some("trained/best"));
}

#[test]
fn a_short_training_finishes_beside_a_simulation() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("trained");
    let mut window = window_with(None, WaveBackend { latent_steps: 4, step_time: Duration::from_millis(1) });
    window.wait_for_protein("chignolin");
    window.harness.get_by_label("Until stopped").click();
    window.settle();
    press(&mut window, "Simulate");
    window.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::T);
    window.settle();
    import(&mut window, folder.path());
    fill_in(&mut window, &out);
    set_number(&mut window, "Steps", 20);
    let frames = window.frames();
    press(&mut window, "Train");
    window
        .step_until("it finishes", |harness| harness.query_by_label_contains("Finished, 20 steps").is_some());
    window.step_until("frames were made meanwhile", |harness| {
        harness.state().timeline().frame_count() > frames + 2
    });
    assert!(window.app().project().is_running());
    assert!(out.join("best.safetensors").is_file());
    // The folder is taken now; the sentence is in the pane, in words of the window.
    press(&mut window, "Train");
    window.step_until("it is refused", |harness| harness.state().training().error.is_some());
    let sentence = window.app().training().error.clone().unwrap();
    assert!(sentence.contains("holds a training run already") && shown(&window, &sentence), "{sentence}");
    assert!(sentence.contains("“Continue”") && !sentence.contains("--"), "{sentence}");
}

#[test]
fn an_import_that_cannot_be_is_one_sentence_in_the_pane() {
    let folder = tempfile::tempdir().unwrap();
    let (_, paths) = trajectories(folder.path());
    let mut window = training_window();
    pick(&mut window, "Browse for topology", &bundled_path("trpcage"));
    pick(&mut window, "Browse for trajectories", &paths[0]);
    press(&mut window, "Import");
    window.step_until("the error is told", |harness| harness.state().training().import.error.is_some());
    let sentence = window.app().training().import.error.clone().unwrap();
    assert!(sentence.contains("atoms"), "{sentence}");
    window.settle();
    assert!(shown(&window, &sentence), "the sentence is in the pane");
    assert!(!folder.path().join("trpcage.store.safetensors").exists());
    assert!(window.app().training().form.stores.is_empty());
}

#[test]
fn trajectories_and_stores_dropped_on_the_training_pane_are_for_training() {
    let folder = tempfile::tempdir().unwrap();
    let (topology, paths) = trajectories(folder.path());
    let mut window = window();
    window.wait_for_protein("chignolin");
    window.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::T);
    window.settle();
    let store = folder.path().join("other.store.safetensors");
    for path in paths.iter().chain([&store]) {
        window.harness.input_mut().dropped_files.push(Arc::new(Dropped(path.clone())));
    }
    window.settle();
    pick(&mut window, "Browse for topology", &topology);
    let state = window.app().training();
    assert_eq!(state.import.form.trajectories, paths);
    assert_eq!(state.form.stores, [store]);
    assert!(state.import.form.output.ends_with("top.store.safetensors"), "a place for the store is proposed");
    assert_eq!(window.protein(), "chignolin");
}

#[test]
fn closing_the_window_writes_a_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("trained");
    let mut window = training_window();
    import(&mut window, folder.path());
    fill_in(&mut window, &out);
    set_number(&mut window, "Steps", 1_000_000);
    press(&mut window, "Train");
    wait_for_step(&mut window, 3);
    let seen = step(&window);
    drop(window);
    assert!(EarlierRun::load(&out).unwrap().step >= seen);
}

#[test]
fn a_training_that_fails_leaves_the_window_and_its_last_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("trained");
    let mut window = training_window();
    import(&mut window, folder.path());
    fill_in(&mut window, &out);
    set_number(&mut window, "Save every", 2);
    set_number(&mut window, "Steps", 1_000_000);
    press(&mut window, "Train");
    wait_for_step(&mut window, 3);
    // The store changes under the training, which must not learn from it.
    std::fs::write(folder.path().join("top.store.safetensors"), b"another file").unwrap();
    window.step_until("it fails", |harness| {
        let run = harness.state().training().run.as_ref();
        run.is_some_and(|run| matches!(run.phase, Phase::Ended(JobOutcome::Failed(_))))
    });
    window.settle();
    let sentence = window.app().training().error.clone().unwrap();
    assert!(shown(&window, &sentence), "the sentence is in the pane: {sentence}");
    assert!(EarlierRun::load(&out).unwrap().step >= 2);
    show_simulation(&mut window);
    press(&mut window, "Simulate");
    window.step_until("the window works on", |harness| harness.state().timeline().frame_count() > 3);
}

#[test]
fn all_fragments_that_came_with_the_program_are_imported_with_one_click() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = training_window();
    // What is written next goes where something was written last.
    window.dialogs.will_answer(FileAnswer::Picked(folder.path().to_owned()));
    window.harness.get_all_by_role_and_label(Role::Button, "Simulation").next().unwrap().click();
    window.settle();
    window.harness.get_by_label_contains("Make training data with OpenMM").click();
    window.step_until("the script is there", |_| folder.path().join("make_training_data.py").exists());

    window.harness.get_by_label_contains("Proteins (").click_accesskit();
    window.settle();
    let names = ["chignolin_crystal", "homeodomain"].map(|name| window.harness.get_by_label(name).rect());
    assert!(names.iter().all(|rect| rect.height() < 30.0), "each on one line: {names:?}");
    window.harness.key_press(egui::Key::Escape);
    window.settle();
    let import_all = |window: &mut Window| {
        window.harness.get_by_label_contains("Fragments (").click_accesskit();
        window.settle();
        window.harness.get_by_label_contains("Import all").click_accesskit();
        window.settle();
    };
    import_all(&mut window);
    window.step_until("all are imported", |harness| {
        let training = harness.state().training();
        training.import.queue.is_none() && training.import.running.is_none()
    });
    let stores = window.app().training().form.stores.clone();
    assert!(stores.len() >= 8 && stores.iter().all(|store| store.exists()), "{}", window.log());
    assert!(window.log().contains(&format!("{} stores are in", stores.len())), "{}", window.log());

    // What is there is not made again.
    let made = |store: &PathBuf| std::fs::metadata(store).unwrap().modified().unwrap();
    let before: Vec<_> = stores.iter().map(made).collect();
    import_all(&mut window);
    assert!(window.app().training().import.running.is_none());
    assert_eq!(stores.iter().map(made).collect::<Vec<_>>(), before);
    assert_eq!(window.app().training().form.stores, stores);
}
