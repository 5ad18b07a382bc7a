//! Opening trajectories and runs in the window, going on with them, and what stands in the way of a run.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use equijump_app::window::file_dialogs::FileAnswer;
use equijump_engine::trajectory::TrajectoryReader;
use equijump_tests::proteins::bundled_path;
use support::{Dropped, Window, click, click_far, ready, set_number};

/// Simulates and waits until there are so many frames after the start.
fn run_to(window: &mut Window, frames: u64) {
    click(window, "Simulate");
    wait_for_frames(window, frames);
}

fn wait_for_frames(window: &mut Window, frames: u64) {
    window.step_until("the run is over", |harness| {
        let project = harness.state().project();
        project.run.as_ref().is_some_and(|run| run.frames == frames + 1) && !project.is_running()
    });
}

fn open(window: &mut Window, path: &Path) {
    window.dialogs.will_answer(FileAnswer::Picked(path.to_owned()));
    window.harness.key_press_modifiers(Modifiers::COMMAND, Key::O);
    window.settle();
}

fn opened(window: &mut Window, frames: usize) {
    window.step_until("the frames are open", |harness| harness.state().timeline().frame_count() == frames);
    window.settle();
}

/// A run of 6 frames in a folder, made by a window of its own.
fn run_in(folder: &Path) -> PathBuf {
    let path = folder.join("run.dcd");
    let mut window = ready();
    set_number(&mut window, "Frames", 6);
    click_far(&mut window, Role::CheckBox, "Write a file while running");
    window.dialogs.will_answer(FileAnswer::Picked(path.clone()));
    click_far(&mut window, Role::Button, "Choose output file");
    run_to(&mut window, 6);
    path
}

#[test]
fn a_run_is_opened_again_and_extended_from_its_last_frame() {
    let folder = tempfile::tempdir().unwrap();
    let path = run_in(folder.path());
    let mut window = ready();
    open(&mut window, &folder.path().join("run.json"));
    opened(&mut window, 7);
    assert_eq!(window.protein(), "chignolin");
    assert!(window.harness.query_by_label_contains("Opened, 6 frames").is_some());
    window.step_until("all frames are measured", |harness| harness.state().observations().series.len() == 7);
    let series = &window.app().observations().series;
    assert!(series[0].rmsd_angstrom < 1e-3 && series[6].rmsd_angstrom > 0.01);

    set_number(&mut window, "Frames", 4);
    window.harness.get_by_label_contains("Extend run 1 by 4 frames").click();
    wait_for_frames(&mut window, 10);
    assert_eq!(TrajectoryReader::open(&path).unwrap().frame_count(), 11, "the file has grown");
    assert!(window.app().project().others.is_empty(), "it is the same run");
}

#[test]
fn a_trajectory_of_another_program_is_opened_with_the_topology_beside_it_or_the_one_that_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = run_in(folder.path());
    let at = |name: &str| folder.path().join(name);
    std::fs::create_dir(at("md")).unwrap();
    std::fs::create_dir(at("elsewhere")).unwrap();
    std::fs::rename(&path, at("md/production.dcd")).unwrap();
    std::fs::rename(at("run_topology.pdb"), at("md/system.pdb")).unwrap();
    let mut window = ready();
    open(&mut window, &at("md/production.dcd"));
    opened(&mut window, 7);
    assert_eq!(window.protein(), "production");

    std::fs::rename(at("md/system.pdb"), at("elsewhere/system.pdb")).unwrap();
    open(&mut window, &bundled_path("villin"));
    window.wait_for_protein("villin");
    open(&mut window, &at("md/production.dcd"));
    window.step_until("the topology is asked for", |harness| {
        harness.query_by_label("Which atoms are these?").is_some()
    });
    window.settle();
    window.dialogs.will_answer(FileAnswer::Picked(at("elsewhere/system.pdb")));
    click(&mut window, "Browse…");
    click(&mut window, "Open");
    opened(&mut window, 7);
}

#[test]
fn a_trajectory_dropped_with_its_topology_is_opened() {
    let folder = tempfile::tempdir().unwrap();
    let path = run_in(folder.path());
    let topology = folder.path().join("atoms.pdb");
    std::fs::rename(folder.path().join("run_topology.pdb"), &topology).unwrap();
    std::fs::remove_file(folder.path().join("run.json")).unwrap();
    let mut window = ready();
    for path in [path, topology] {
        window.harness.input_mut().dropped_files.push(Arc::new(Dropped(path)));
    }
    window.settle();
    opened(&mut window, 7);
}

#[test]
fn a_file_of_several_models_shows_them_all() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ensemble.pdb");
    let text = std::fs::read_to_string(bundled_path("chignolin")).unwrap();
    let atoms: String = text.lines().filter(|l| l.starts_with("ATOM")).map(|l| format!("{l}\n")).collect();
    let models: String = (1..=5).map(|n| format!("MODEL     {n:4}\n{atoms}ENDMDL\n")).collect();
    std::fs::write(&path, models + "END\n").unwrap();
    let mut window = ready();
    open(&mut window, &path);
    opened(&mut window, 5);
    assert_eq!(window.protein(), "ensemble");
}

#[test]
fn a_run_that_would_write_nothing_is_stopped_before_it_begins() {
    let mut window = ready();
    set_number(&mut window, "Frames", 3);
    click_far(&mut window, Role::CheckBox, "Write a file while running");
    assert!(window.harness.query_by_label_contains("Name the file").is_some());
    click(&mut window, "Simulate");
    assert!(window.harness.query_by_label_contains("no file is named").is_some());
    assert!(!window.app().project().is_running());
    click(&mut window, "Run without a file");
    wait_for_frames(&mut window, 3);
}

#[test]
fn a_run_into_files_that_are_there_offers_what_to_do_and_keeps_the_run_on_view() {
    let folder = tempfile::tempdir().unwrap();
    let path = run_in(folder.path());
    let before = std::fs::read(&path).unwrap();
    let mut window = ready();
    set_number(&mut window, "Frames", 3);
    run_to(&mut window, 3);
    click_far(&mut window, Role::CheckBox, "Write a file while running");
    let field = window.harness.get_by_role_and_label(Role::TextInput, "Write a file while running");
    field.focus();
    field.type_text(path.to_str().unwrap());
    window.settle();
    click(&mut window, "Simulate");
    assert!(window.harness.query_by_label_contains("is there already").is_some());
    assert!(window.harness.query_by_label_contains("--").is_none(), "no flags in dialogs");
    assert_eq!(window.frames(), 4, "the run on view stays");
    assert_eq!(std::fs::read(&path).unwrap(), before);
    click(&mut window, "Open that run");
    opened(&mut window, 7);
    assert_eq!(window.app().project().others.len(), 1);
}

#[test]
fn a_start_that_fails_says_so_and_keeps_the_run_on_view() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = ready();
    set_number(&mut window, "Frames", 3);
    run_to(&mut window, 3);
    click_far(&mut window, Role::CheckBox, "Write a file while running");
    let field = window.harness.get_by_role_and_label(Role::TextInput, "Write a file while running");
    field.focus();
    field.type_text(folder.path().join("missing/run.dcd").to_str().unwrap());
    window.settle();
    click(&mut window, "Simulate");
    window.step_until("the failure is told", |harness| {
        harness.query_by_label("The run did not start").is_some()
    });
    assert_eq!(window.frames(), 4);
    assert_eq!(window.app().project().run.as_ref().unwrap().number, 1);
    click(&mut window, "Close");
    let simulate = window.harness.get_by_role_and_label(Role::Button, "Simulate");
    assert!(!simulate.accesskit_node().is_disabled());
}

#[test]
fn what_the_molecule_is_worth_stands_beside_it() {
    let mut window = ready();
    window.step_until("the model is ready", |harness| {
        harness.query_by_label_contains("trained on waves").is_some()
    });
    assert!(window.harness.query_by_label_contains("350 K").is_some());
    assert!(window.harness.query_by_label_contains("a jump of 100 ps").is_some());
    assert!(window.harness.query_by_label_contains("Not trained on").is_none());
    open(&mut window, &bundled_path("villin"));
    window.wait_for_protein("villin");
    window.settle();
    assert!(window.harness.query_by_label("Not trained on villin").is_some());

    // A run of it that is opened again is worth no more.
    let folder = tempfile::tempdir().unwrap();
    set_number(&mut window, "Frames", 2);
    click_far(&mut window, Role::CheckBox, "Write a file while running");
    window.dialogs.will_answer(FileAnswer::Picked(folder.path().join("run.dcd")));
    click_far(&mut window, Role::Button, "Choose output file");
    run_to(&mut window, 2);
    open(&mut window, &folder.path().join("run.json"));
    window.step_until("the run is open", |harness| {
        let run = harness.state().project().run.as_ref();
        run.is_some_and(|run| run.number == 2)
    });
    window.settle();
    assert!(window.harness.query_by_label("Not trained on villin").is_some(), "{}", window.protein());
}

#[test]
fn a_trajectory_that_was_opened_is_no_run_to_extend() {
    let folder = tempfile::tempdir().unwrap();
    let path = run_in(folder.path());
    for name in ["run.json", "run.state"] {
        std::fs::remove_file(folder.path().join(name)).unwrap();
    }
    let mut window = ready();
    open(&mut window, &path);
    opened(&mut window, 7);
    assert!(window.harness.query_by_label_contains("Opened trajectory, 7 frames").is_some());
    assert!(window.harness.query_by_label_contains("Finished").is_none());
    assert!(window.harness.query_by_label_contains("Extend run 1").is_none());
    window.harness.get_by_label("Runs").click();
    window.settle();
    click(&mut window, "More about run 1");
    let extend = window.harness.get_by_label_contains("Extend run");
    assert!(extend.accesskit_node().is_disabled());
    window.harness.key_press(Key::Escape);
    window.settle();
    assert!(
        window.harness.query_by_label_contains("not known to be made by a model of this program").is_some()
    );
}

#[test]
fn a_run_that_would_repeat_another_one_says_so_and_offers_a_seed() {
    let mut window = ready();
    set_number(&mut window, "Frames", 3);
    run_to(&mut window, 3);
    let told = "The next run would make the frames of run 1 again";
    window.settle();
    assert!(window.harness.query_by_label_contains(told).is_some());
    click(&mut window, "Simulate");
    window.step_until("the second run is over", |harness| {
        let project = harness.state().project();
        project.runs().len() == 2 && !project.is_running()
    });
    assert!(window.log().contains("has the seed and the settings of run 1"), "{}", window.log());
    window.settle();
    window.harness.get_by_label("Take a new seed").click();
    window.settle();
    assert!(window.harness.query_by_label_contains(told).is_none());
}

#[test]
fn what_a_project_cannot_open_is_listed_with_the_reason_and_tried_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = run_in(folder.path());
    let project = folder.path().join("work.equijump");
    let moved = folder.path().join("elsewhere.json");
    let entry = |file: &Path| serde_json::json!({ "frames": { "files": [file], "topology": null, "chain": null, "interval_ps": null } });
    let text = serde_json::json!({ "version": 1, "entries": [entry(&moved), entry(&path)], "on_view": 1 });
    std::fs::write(&project, text.to_string()).unwrap();
    let mut window = ready();
    open(&mut window, &project);
    opened(&mut window, 7);
    window.step_until("the loss is listed", |harness| harness.state().project().unopened.len() == 1);
    window.harness.get_by_label("Runs").click();
    window.settle();
    let reason = window.app().project().unopened[0].reason.clone();
    assert!(!reason.is_empty());
    assert!(window.harness.query_by_label_contains("elsewhere.json, not opened").is_some());
    // In the list, and for a moment in the line of messages.
    assert!(window.harness.query_all_by_label_contains(&reason).next().is_some());

    // What the user opens and is no structure is told, and not kept for the next start.
    let text = folder.path().join("notes.pdb");
    std::fs::write(&text, "nothing to see").unwrap();
    open(&mut window, &text);
    window.step_until("it is told", |harness| harness.state().project().open_error.is_some());
    assert_eq!(window.app().project().unopened.len(), 1);

    std::fs::copy(folder.path().join("run.json"), &moved).unwrap();
    std::fs::copy(&path, folder.path().join("elsewhere.dcd")).unwrap();
    click(&mut window, "Forget elsewhere.json");
    assert!(window.app().project().unopened.is_empty());
}

#[test]
fn a_project_that_is_opened_while_another_one_is_coming_back_waits_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = run_in(folder.path());
    let entry = |file: &Path| serde_json::json!({ "frames": { "files": [file], "topology": null, "chain": null, "interval_ps": null } });
    let mut window = ready();
    for name in ["one", "two"] {
        let copy = folder.path().join(format!("{name}.dcd"));
        std::fs::copy(&path, &copy).unwrap();
        std::fs::copy(
            folder.path().join("run_topology.pdb"),
            folder.path().join(format!("{name}_topology.pdb")),
        )
        .unwrap();
        let project = folder.path().join(format!("{name}.equijump"));
        let text = serde_json::json!({ "version": 1, "entries": [entry(&copy)], "on_view": 0 });
        std::fs::write(&project, text.to_string()).unwrap();
        window.harness.input_mut().dropped_files.push(Arc::new(Dropped(project)));
        window.harness.step();
    }
    window.step_until("the second has taken its place", |harness| {
        let runs = harness.state().project().runs();
        let entries: Vec<String> = runs.iter().filter_map(|run| Some(run.entry.as_ref()?.name())).collect();
        matches!(entries.as_slice(), [only] if only.ends_with("two.dcd"))
    });
}

#[test]
fn the_headline_tells_torn_frames_and_the_strip_leads_to_the_worst() {
    let mut window = ready();
    set_number(&mut window, "Frames", 20);
    run_to(&mut window, 20);
    window.step_until("all frames are measured", |harness| harness.state().observations().frames == 21);
    window.settle();
    // The waves of the test sampler tear bonds in most frames.
    let validity = window.app().observations().validity.clone().unwrap();
    let broken = validity.frames - validity.intact_frames;
    assert!(broken > 0);
    let headline = format!("Finished, 20 frames, {broken} not intact");
    assert!(window.harness.query_by_label_contains(&headline).is_some(), "{}", window.log());
    let (worst, _) = window.app().observations().worst_frame.unwrap();
    let strip = window.harness.get_by_label_contains("Validity of 21 frames").rect();
    let at = strip.lerp_inside(egui::vec2((worst as f32 + 0.5) / 21.0, 0.5));
    window.harness.hover_at(at);
    window.settle();
    window.harness.drag_at(at);
    window.harness.drop_at(at);
    window.settle();
    assert_eq!(window.app().timeline().frame(), worst);
    window.step_until("the frame is measured", |harness| {
        harness.state().details_for_test().is_some_and(|details| details.frame == worst)
    });
    assert!(!window.app().viewport().flagged_atoms().is_empty(), "its atoms are marked");
}

#[test]
fn a_trajectory_of_the_same_protein_stands_beside_whatever_its_file_is_called_and_keeps_the_view() {
    let folder = tempfile::tempdir().unwrap();
    let first = run_in(folder.path());
    let second = folder.path().join("other.dcd");
    std::fs::copy(&first, &second).unwrap();
    std::fs::copy(folder.path().join("run_topology.pdb"), folder.path().join("other_topology.pdb")).unwrap();
    let mut window = ready();
    open(&mut window, &first);
    opened(&mut window, 7);
    open(&mut window, &second);
    window.step_until("both are open", |harness| harness.state().project().runs().len() == 2);
    window.settle();
    let numbers: Vec<u32> = window.app().project().runs().iter().map(|run| run.number).collect();
    let [first, second] = numbers[..] else { panic!("{numbers:?}") };
    window.harness.get_by_label("Runs").click();
    window.settle();
    click(&mut window, &format!("More about run {first}"));
    click(&mut window, "Show beside in 3D");
    assert_eq!(window.app().viewport().ghost_count(), 1);

    window.harness.get_by_role_and_label(Role::TextInput, "Select").focus();
    window.settle();
    window.harness.get_by_role_and_label(Role::TextInput, "Select").type_text("residue 2");
    window.settle();
    window.harness.key_press(Key::Enter);
    window.settle();
    let selected = window.app().selected().text.clone();
    assert_eq!(selected, "residue 2");
    click(&mut window, &format!("More about run {first}"));
    click(&mut window, "Show this run");
    window.settle();
    assert_eq!(window.app().project().run.as_ref().map(|run| run.number), Some(first));
    assert_eq!(window.app().viewport().ghost_count(), 1, "run {second} is beside it now");
    assert_eq!(window.app().selected().text, selected);
}
