//! Evaluation from the window: the present run or files against reference trajectories, the figures, the
//! report; and what goes wrong.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::path::{Path, PathBuf};

use egui::accesskit::Role;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use equijump_app::window::evaluation::Shown;
use equijump_tests::proteins::write_conformations;
use support::{Window, pick, press, set_number, window};

/// A topology and three reference trajectories.
fn reference(folder: &Path) -> (PathBuf, Vec<PathBuf>) {
    let topology = folder.join("top.pdb");
    write_conformations(&topology, 0, 1);
    let paths: Vec<PathBuf> = (0..3).map(|k| folder.join(format!("md{k}.dcd"))).collect();
    for (k, path) in paths.iter().enumerate() {
        write_conformations(path, 11 * k, 120);
    }
    (topology, paths)
}

/// Chooses an entry of a list.
#[track_caller]
fn choose(window: &mut Window, list: &str, entry: &str) {
    window.harness.get_by_role_and_label(Role::ComboBox, list).click_accesskit();
    window.settle();
    window.harness.get_by_label(entry).click_accesskit();
    window.settle();
}

/// The window with the Evaluation pane in front and a reference in it.
fn evaluation_window(folder: &Path) -> Window {
    let (topology, paths) = reference(folder);
    let mut window = window();
    window.wait_for_protein("chignolin");
    let keys = egui::Modifiers::COMMAND | egui::Modifiers::SHIFT;
    window.harness.key_press_modifiers(keys, egui::Key::T);
    window.settle();
    assert!(window.harness.query_by_label_contains("Add reference trajectories").is_some());
    for path in &paths {
        pick(&mut window, "Browse for reference trajectories", path);
    }
    pick(&mut window, "Browse for topology", &topology);
    window.harness.get_by_label("Method").click_accesskit();
    window.settle();
    set_number(&mut window, "TICA lag", 300.0);
    set_number(&mut window, "Clusters", 10.0);
    set_number(&mut window, "Replicates", 20.0);
    window
}

#[track_caller]
fn evaluate(window: &mut Window) {
    press(window, "Evaluate");
    window.step_until("it is compared", |harness| {
        let state = harness.state().evaluation();
        assert!(state.error.is_none(), "{:?}", state.error);
        state.evaluated.is_some() && !state.is_evaluating()
    });
    window.settle();
}

#[test]
fn the_present_run_is_compared_browsed_and_reported() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = evaluation_window(folder.path());
    assert!(window.harness.query_by_label_contains("Simulate to have samples").is_some());
    window.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::R);
    // Enough that the quarter asked for below is more than the 50 frames that an evaluation needs.
    window.step_until("there are frames", |harness| harness.state().timeline().frame_count() > 300);
    window.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::Period);
    window.step_until("the run is over", |harness| !harness.state().project().is_running());
    let frames = window.frames();
    evaluate(&mut window);
    let evaluated = window.app().evaluation().evaluated.clone().unwrap();
    // The test sampler stretches some bonds so far that their frames are left out.
    let used = evaluated.evaluation.samples.frames;
    assert!(used > frames / 4 && used <= frames, "{used} of {frames} frames");
    assert_eq!(evaluated.evaluation.reference.frames, 360);
    assert!(evaluated.provenance.samples[0].contains("run of chignolin in the window"));

    // The table comes first; then every figure can be drawn and is another one.
    assert!(window.harness.query_by_label("Radius of gyration").is_some());
    let figures = evaluated.pages.iter().filter(|page| matches!(page.shown, Shown::Figure(..))).count();
    assert!(figures >= 10, "{figures} figures");
    for page in &evaluated.pages[1..] {
        press(&mut window, "Next figure");
        if matches!(page.shown, Shown::Figure(..)) {
            let name = format!("Figure: {}", page.title);
            assert!(window.harness.query_by_label(&name).is_some(), "{name} is not drawn");
        }
    }
    choose(&mut window, "Figure", "Superposed ensembles");
    assert!(window.harness.query_by_label("Figure: Superposed ensembles").is_some());

    let report = folder.path().join("report");
    pick(&mut window, "Browse for folder", &report);
    press(&mut window, "Save report");
    window.step_until("the report is written", |harness| harness.state().evaluation().saved.is_some());
    let page = std::fs::read_to_string(report.join("report.html")).unwrap();
    assert!(page.contains("run of chignolin in the window") && page.matches("<svg").count() == figures);
    // Nothing is replaced unasked, in words of the window.
    press(&mut window, "Save report");
    window.step_until("it is refused", |harness| harness.state().evaluation().error.is_some());
    let sentence = window.app().evaluation().error.clone().unwrap();
    assert!(sentence.contains("exists already") && !sentence.contains("--"), "{sentence}");
}

#[test]
fn files_are_compared_and_the_command_that_does_the_same_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = evaluation_window(folder.path());
    let samples = folder.path().join("made.dcd");
    write_conformations(&samples, 5, 100);
    choose(&mut window, "Samples", "Files");
    pick(&mut window, "Browse for sample trajectories", &samples);
    evaluate(&mut window);
    let evaluated = window.app().evaluation().evaluated.clone().unwrap();
    assert_eq!(evaluated.evaluation.samples.frames, 100);
    let command = &evaluated.provenance.command;
    for words in ["equijump evaluate --topology ", "md2.dcd --samples ", "--tica-lag-ps 300", "--clusters 10"]
    {
        assert!(command.contains(words), "{command}");
    }

    // Closing asks: nothing of it is in a file.
    let viewport = window.harness.input_mut().viewports.entry(egui::ViewportId::ROOT).or_default();
    viewport.events.push(egui::ViewportEvent::Close);
    window.settle();
    assert!(window.harness.query_by_label_contains("The evaluation is in no file").is_some());
    press(&mut window, "Show it");
    assert!(window.harness.query_by_label_contains("The evaluation is in no file").is_none());
}

#[test]
fn an_evaluation_stops_and_a_wrong_lag_is_one_sentence_in_the_pane() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = evaluation_window(folder.path());
    let samples = folder.path().join("made.dcd");
    write_conformations(&samples, 5, 100);
    choose(&mut window, "Samples", "Files");
    pick(&mut window, "Browse for sample trajectories", &samples);
    set_number(&mut window, "TICA lag", 350.0);
    press(&mut window, "Evaluate");
    window.step_until("the error is told", |harness| harness.state().evaluation().error.is_some());
    window.settle();
    let sentence = window.app().evaluation().error.clone().unwrap();
    assert!(sentence.contains("whole number of frames"), "{sentence}");
    assert!(window.harness.query_all_by_label(&sentence).next().is_some(), "the sentence is in the pane");

    set_number(&mut window, "TICA lag", 300.0);
    set_number(&mut window, "Replicates", 100_000.0);
    press(&mut window, "Evaluate");
    window.step_until("it goes on", |harness| harness.state().evaluation().is_evaluating());
    press(&mut window, "Stop");
    window.step_until("it stops", |harness| !harness.state().evaluation().is_evaluating());
    assert!(window.app().evaluation().evaluated.is_none());
    let stop = window.harness.get_by_role_and_label(Role::Button, "Stop");
    assert!(stop.accesskit_node().is_disabled());
}

/// The same trajectory with one more atom a frame, the second oxygen of the C-terminus.
fn with_terminal_oxygen(models: &str) -> String {
    let lines: Vec<&str> = models.lines().collect();
    let mut text = String::new();
    for (index, line) in lines.iter().enumerate() {
        text += &format!("{line}\n");
        let is_atom = |line: &str| line.starts_with("ATOM");
        if is_atom(line) && !lines.get(index + 1).is_some_and(|next| is_atom(next)) {
            text += &format!("{} OXT{} O\n", &line[..12], &line[16..76]);
        }
    }
    text
}

#[test]
fn a_trajectory_of_another_program_is_evaluated_whatever_atoms_its_file_holds() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = evaluation_window(folder.path());
    let path = folder.path().join("made.pdb");
    write_conformations(&path, 5, 100);
    let text = with_terminal_oxygen(&std::fs::read_to_string(&path).unwrap());
    std::fs::write(&path, text).unwrap();
    window.dialogs.will_answer(equijump_app::window::file_dialogs::FileAnswer::Picked(path));
    window.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::O);
    let question = "How far apart are the frames?";
    window.step_until("it is open", |harness| {
        harness.query_by_label(question).is_some() || harness.state().timeline().frame_count() == 100
    });
    window.settle();
    if window.harness.query_by_label(question).is_some() {
        window.harness.key_press(egui::Key::Enter);
        window.step_until("it is open", |harness| harness.state().timeline().frame_count() == 100);
    }
    evaluate(&mut window);
    let evaluated = window.app().evaluation().evaluated.clone().unwrap();
    assert_eq!(evaluated.evaluation.samples.frames, 100);
    assert!(evaluated.provenance.samples[0].contains("made.pdb"), "{:?}", evaluated.provenance.samples);
}
