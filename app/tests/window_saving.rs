//! Runs saved with all that belongs to them: from their form, with a project, at the end.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::path::Path;
use std::time::Duration;

use egui::accesskit::Role;
use egui::{Key, Modifiers, ViewportEvent, ViewportId};
use egui_kittest::kittest::Queryable as _;
use equijump_app::window::file_dialogs::FileAnswer;
use equijump_app::window::session_file::{Entry, SessionFile};
use support::{WaveBackend, Window, click, ready, set_number, window_with};

fn simulate(window: &mut Window, frames: u64, replicas: u32) {
    set_number(window, "Replicas", replicas);
    support::simulate(window, frames);
}

fn reopened(path: &Path) -> Window {
    let backend = WaveBackend { latent_steps: 4, step_time: Duration::ZERO };
    let mut window = window_with(Some(path.to_owned()), backend);
    window.step_until("it is open", |harness| harness.state().timeline().frame_count() > 1);
    window
}

/// Saves the run on view.
fn save_as(window: &mut Window, path: &Path) {
    window.harness.key_press_modifiers(Modifiers::COMMAND, Key::E);
    window.settle();
    window.dialogs.will_answer(FileAnswer::Picked(path.to_owned()));
    click(window, "Browse…");
    click(window, "Save");
    let told = format!("{} opens it", path.with_extension("json").display());
    window.step_until("it is saved", |harness| harness.state().log().to_text().contains(&told));
}

fn unsaved(window: &Window) -> u64 {
    window.app().project().runs().iter().map(|run| run.unsaved_frames(|_| 0)).sum()
}

#[test]
fn a_whole_run_is_saved_with_all_replicas_and_opens_and_goes_on_as_if_written_meanwhile() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = ready();
    simulate(&mut window, 6, 2);
    assert_eq!(unsaved(&window), 12, "frames of all replicas count");
    window.harness.key_press_modifiers(Modifiers::COMMAND, Key::E);
    window.settle();
    assert!(window.harness.query_by_label_contains("7 frames of each of 2 replicas").is_some());
    assert!(window.harness.query_by_role_and_label(Role::RadioButton, "mmCIF").is_none());
    window.harness.key_press(Key::Escape);
    window.settle();
    save_as(&mut window, &folder.path().join("mine.dcd"));
    assert_eq!(unsaved(&window), 0);
    for name in ["mine_r000.dcd", "mine_r001.dcd", "mine_topology.pdb", "mine.json", "mine.state"] {
        assert!(folder.path().join(name).is_file(), "{name}");
    }

    // It goes on into its files.
    let size = || std::fs::metadata(folder.path().join("mine_r001.dcd")).unwrap().len();
    let before = size();
    window.harness.get_by_label_contains("Extend run 1 by 6 frames").click();
    window.step_until("the run is over", |harness| {
        harness.state().timeline().frame_count() == 13 && !harness.state().project().is_running()
    });
    assert!(size() > before);
    assert_eq!(unsaved(&window), 0);

    let mut window = reopened(&folder.path().join("mine.json"));
    let run = window.app().project().run.as_ref().unwrap();
    assert_eq!((run.frames, run.info.as_ref().unwrap().replicas), (13, 2));
    window.settle();
    assert!(window.harness.query_by_label_contains("Extend run 1 by").is_some());
}

#[test]
fn one_replica_exported_leaves_the_others_unsaved() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = ready();
    simulate(&mut window, 5, 3);
    window.harness.key_press_modifiers(Modifiers::COMMAND, Key::E);
    window.settle();
    window.harness.get_by_label("Some frames").click();
    window.settle();
    window.dialogs.will_answer(FileAnswer::Picked(folder.path().join("one.dcd")));
    click(&mut window, "Browse…");
    click(&mut window, "Export");
    window.step_until("it is written", |harness| harness.state().log().to_text().contains("one.dcd"));
    assert_eq!(unsaved(&window), 10);
}

#[test]
fn a_project_takes_runs_along_that_are_in_no_file_and_replaces_what_is_open() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("work.equijump");
    let mut window = ready();
    simulate(&mut window, 5, 1);
    simulate(&mut window, 7, 1);
    std::fs::write(folder.path().join("work-run-2.json"), "of somebody else").unwrap();
    window.dialogs.will_answer(FileAnswer::Picked(path.clone()));
    window.harness.key_press_modifiers(Modifiers::COMMAND, Key::S);
    window.settle();
    assert!(window.harness.query_by_label_contains("2 runs are in no file").is_some());
    assert!(!path.exists(), "not before the answer");
    click(&mut window, "Save them beside it");
    window.step_until("it is written", |_| path.exists());
    let project = SessionFile::parse(&std::fs::read_to_string(&path).unwrap()).unwrap();
    let names: Vec<String> = project.entries.iter().map(Entry::name).collect();
    assert!(names[0].ends_with("work-run-1.json"), "{names:?}");
    assert!(names[1].ends_with("work-run-2-2.json"), "nothing is replaced: {names:?}");

    // Opened again it is there once, whatever was open before; what is in no file stays.
    let mut window = reopened(&path);
    window.step_until("both runs are there", |harness| harness.state().project().runs().len() == 2);
    simulate(&mut window, 3, 1);
    window.dialogs.will_answer(FileAnswer::Picked(path));
    window.harness.key_press_modifiers(Modifiers::COMMAND, Key::O);
    window.step_until("the project is open again", |harness| {
        let frames: Vec<u64> = harness.state().project().runs().iter().map(|run| run.frames).collect();
        frames == [4, 6, 8]
    });
}

/// A window with 10 frames that are in no file, asked to close; the last export went into `folder`.
fn closing(folder: &Path) -> Window {
    let mut window = ready();
    simulate(&mut window, 3, 1);
    save_as(&mut window, &folder.join("first.xtc"));
    simulate(&mut window, 5, 2);
    let viewport = window.harness.input_mut().viewports.entry(ViewportId::ROOT).or_default();
    viewport.events.push(ViewportEvent::Close);
    window.settle();
    assert!(window.harness.query_by_label_contains("10 frames of your runs are in no file").is_some());
    window
}

fn until_nothing_is_lost(window: &mut Window) {
    window.step_until("nothing is lost", |harness| {
        harness.state().project().runs().iter().all(|run| run.unsaved_frames(|_| 0) == 0)
    });
}

#[test]
fn frames_that_closing_would_lose_are_saved_with_one_key() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = closing(folder.path());
    window.harness.key_press(Key::Enter);
    window.step_until("it is saved", |_| folder.path().join("chignolin-run-2.state").is_file());
    until_nothing_is_lost(&mut window);
}

#[test]
fn frames_that_closing_would_lose_go_into_a_folder_of_the_users_choice() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = closing(folder.path());
    let elsewhere = folder.path().join("elsewhere");
    window.dialogs.will_answer(FileAnswer::Picked(elsewhere.clone()));
    click(&mut window, "Browse…");
    window.step_until("the folder is missed", |harness| harness.query_by_label("Make folder").is_some());
    // Asked once more, the window keeps what was chosen.
    let viewport = window.harness.input_mut().viewports.entry(ViewportId::ROOT).or_default();
    viewport.events.push(ViewportEvent::Close);
    window.settle();
    click(&mut window, "Make folder");
    window.step_until("it is there", |harness| harness.query_by_label("There is no such folder.").is_none());
    click(&mut window, "Save and close");
    window.step_until("it is saved", |_| elsewhere.join("chignolin-run-2.state").is_file());
    until_nothing_is_lost(&mut window);
}

#[test]
fn a_missing_folder_is_made_from_the_form() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("today").join("my run v1.2");
    let mut window = ready();
    simulate(&mut window, 3, 1);
    window.harness.key_press_modifiers(Modifiers::COMMAND, Key::E);
    window.settle();
    window.dialogs.will_answer(FileAnswer::Picked(path));
    click(&mut window, "Browse…");
    window.step_until("the folder is missed", |harness| harness.query_by_label("Make folder").is_some());
    assert!(!folder.path().join("today").exists());
    click(&mut window, "Make folder");
    window.step_until("it is there", |harness| harness.query_by_label("There is no such folder.").is_none());
    click(&mut window, "Save");
    window.step_until("it is saved", |_| folder.path().join("today/my run v1.2.state").is_file());
    window.step_until("nothing is lost", |harness| {
        harness.state().project().runs().iter().all(|run| run.unsaved_frames(|_| 0) == 0)
    });
}
