//! From the window to OpenMM: the start of a run, and the script for training data.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use egui::accesskit::Role;
use egui_kittest::kittest::Queryable as _;
use equijump_app::window::file_dialogs::FileAnswer;
use support::{Window, window};

#[track_caller]
fn choose(window: &mut Window, menu: &str, entry: &str) {
    // A tab has the name of a menu; the menu bar comes first.
    window.harness.get_all_by_role_and_label(Role::Button, menu).next().unwrap().click();
    window.settle();
    window.harness.get_by_label_contains(entry).click();
    window.settle();
}

#[test]
fn the_frame_shown_and_the_scripts_are_written_and_nothing_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window();
    window.wait_for_protein("chignolin");
    window.dialogs.will_answer(FileAnswer::Picked(folder.path().to_owned()));
    choose(&mut window, "File", "Export start of an MD run");
    window.step_until("the script is there", |_| folder.path().join("run.py").exists());
    window.step_until("it is told", |harness| harness.state().log().to_text().contains("run it with"));
    let start = std::fs::read_to_string(folder.path().join("start.pdb")).unwrap();
    // Chignolin with its hydrogens and OXT, as OpenMM counts them.
    assert_eq!(start.lines().filter(|line| line.starts_with("ATOM")).count(), 166);

    window.dialogs.will_answer(FileAnswer::Picked(folder.path().to_owned()));
    choose(&mut window, "Simulation", "Make training data with OpenMM");
    window.step_until("the script is there", |_| folder.path().join("make_training_data.py").exists());

    std::fs::write(folder.path().join("run.py"), "# mine\n").unwrap();
    window.dialogs.will_answer(FileAnswer::Picked(folder.path().to_owned()));
    choose(&mut window, "File", "Export start of an MD run");
    window.step_until("it is refused", |harness| {
        harness.state().log().to_text().contains("run.py is there already")
    });
    assert_eq!(std::fs::read_to_string(folder.path().join("run.py")).unwrap(), "# mine\n");
}
