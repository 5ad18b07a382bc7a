//! Opening real files in the window: several chains, broken chains, dropped files, and what is lost by it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use egui::accesskit::Role;
use egui_kittest::kittest::Queryable as _;
use equijump_tests::proteins::bundled_path;
use support::{Dropped, WaveBackend, Window, click, click_far, set_number, window, window_with};

fn example(name: &str) -> String {
    std::fs::read_to_string(bundled_path(name)).unwrap()
}

/// The atoms of chignolin as another chain, moved away.
fn second_chain() -> String {
    let moved = |line: &str| {
        let x: f64 = line[30..38].trim().parse().unwrap();
        format!("{}B{}{:8.3}{}\n", &line[..21], &line[22..30], x + 60.0, &line[38..])
    };
    example("chignolin").lines().filter(|line| line.starts_with("ATOM")).map(moved).collect()
}

fn opened_with(path: PathBuf) -> Window {
    window_with(Some(path), WaveBackend { latent_steps: 4, step_time: Duration::ZERO })
}

#[test]
fn of_several_chains_one_is_chosen() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pair.pdb");
    let first: String = example("trpcage")
        .lines()
        .filter(|line| line.starts_with("ATOM"))
        .map(|l| format!("{l}\n"))
        .collect();
    std::fs::write(&path, first + "TER\n" + &second_chain() + "TER\nEND\n").unwrap();
    let mut window = opened_with(path);
    window.step_until("the chain is asked for", |harness| harness.query_by_label("Choose a chain").is_some());
    window.settle();
    window.harness.get_by_label_contains("Chain B (10 residues)").click();
    window.settle();
    click(&mut window, "Open");
    window.wait_for_protein("pair");
    let topology = window.app().project().opened.as_ref().unwrap().structure.topology.clone();
    assert_eq!((topology.chain_id.as_str(), topology.residue_count()), ("B", 10));
}

#[test]
fn of_a_broken_chain_the_longest_segment_is_offered() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("broken.pdb");
    // Villin without its residues 11 to 13.
    let gap = |line: &&str| !matches!(line[22..26].trim().parse::<i32>(), Ok(11..=13));
    let atoms = example("villin");
    let kept: String = atoms
        .lines()
        .filter(|line| line.starts_with("ATOM") || line.starts_with("HETATM"))
        .filter(gap)
        .map(|line| format!("{line}\n"))
        .collect();
    std::fs::write(&path, kept + "END\n").unwrap();
    let mut window = opened_with(path);
    window.step_until("the break is told", |harness| harness.query_by_label("The chain is broken").is_some());
    window.settle();
    click(&mut window, "Open longest segment");
    window.wait_for_protein("broken");
    let topology = window.app().project().opened.as_ref().unwrap().structure.topology.clone();
    assert_eq!(topology.residue_count(), 22, "residues 14 to 35");
}

#[test]
fn a_dropped_file_is_opened_and_remembered() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dropped.pdb");
    std::fs::write(&path, example("bba")).unwrap();
    let mut window = window();
    window.wait_for_protein("chignolin");
    window.harness.input_mut().dropped_files.push(Arc::new(Dropped(path)));
    window.wait_for_protein("dropped");
    click(&mut window, "File");
    window.harness.get_by_label_contains("Open recent").click();
    window.settle();
    assert!(window.harness.query_by_label("dropped.pdb").is_some());
}

#[test]
fn replicas_are_shown_one_at_a_time() {
    let mut window = window();
    window.wait_for_protein("chignolin");
    for (name, value) in [("Frames", 12.0), ("Replicas", 3.0)] {
        set_number(&mut window, name, value);
    }
    click(&mut window, "Simulate");
    window.step_until("the run is over", |harness| {
        let state = harness.state();
        state.observations().frames == 13 && !state.project().is_running()
    });
    window.settle();
    let shown = |window: &Window| window.app().project().shown.clone().unwrap();
    let first = shown(&window);
    set_number(&mut window, "Replica", 2.0);
    let third = shown(&window);
    assert_eq!((third.frame, third.replica), (first.frame, 2));
    assert_ne!(first.positions, third.positions);
    window.step_until("the series of that replica is there", |harness| {
        let rmsd = harness.state().observations().series.last().map(|point| point.rmsd_angstrom);
        rmsd.is_some_and(|rmsd| {
            (f64::from(rmsd) - harness.state().details_for_test().unwrap().rmsd_angstrom).abs() < 1e-4
        })
    });
}

#[test]
fn a_trajectory_is_exported_with_its_topology_and_then_nothing_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.dcd");
    let mut window = window();
    window.wait_for_protein("chignolin");
    set_number(&mut window, "Frames", 10.0);
    click(&mut window, "Simulate");
    window.step_until("the run is over", |harness| {
        harness.state().timeline().frame_count() == 11 && !harness.state().project().is_running()
    });
    window.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::E);
    window.settle();
    window.harness.get_by_label("Some frames").click();
    window.settle();
    set_number(&mut window, "Every", 2.0);
    window.dialogs.will_answer(equijump_app::window::file_dialogs::FileAnswer::Picked(path.clone()));
    click(&mut window, "Browse…");
    click(&mut window, "Export");
    window.step_until("the file is written", |harness| {
        harness.state().log().to_text().contains("Wrote 6 frames")
    });
    assert!(path.exists() && folder.path().join("out_topology.pdb").exists());
    // Exported frames may be left behind without a question.
    click(&mut window, "Runs");
    click(&mut window, "Close run 1");
    assert!(window.harness.query_by_label_contains("would be lost").is_none());
    assert_eq!(window.frames(), 1);
}

#[test]
fn a_run_writes_its_file_as_it_goes_and_starts_from_the_frame_shown() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("live.dcd");
    let mut window = window();
    window.wait_for_protein("chignolin");
    set_number(&mut window, "Frames", 8.0);
    click_far(&mut window, Role::CheckBox, "Write a file while running");
    window.dialogs.will_answer(equijump_app::window::file_dialogs::FileAnswer::Picked(path.clone()));
    click_far(&mut window, Role::Button, "Choose output file");
    click(&mut window, "Simulate");
    window.step_until("the run is over", |harness| {
        harness.state().timeline().frame_count() == 9 && !harness.state().project().is_running()
    });
    assert!(path.exists());
    let last = window.app().project().shown.as_ref().unwrap().positions.clone();

    click_far(&mut window, Role::CheckBox, "Write a file while running");
    click_far(&mut window, Role::ComboBox, "Start from");
    window.harness.get_by_label("Frame shown").click();
    window.settle();
    click(&mut window, "Simulate");
    window.step_until("the second run is over", |harness| {
        let run = harness.state().project().run.as_ref();
        run.is_some_and(|run| run.number == 2 && run.frames == 9 && !run.is_active())
    });
    click(&mut window, "First frame");
    let start = window.app().project().shown.as_ref().unwrap().positions.clone();
    let largest =
        start.iter().flatten().zip(last.iter().flatten()).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(largest < 1e-3, "frame 0 is {largest} Å from where the run was");
}

#[test]
fn enter_confirms_a_question_that_no_field_has_the_keyboard_in() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pair.pdb");
    let atoms = |text: &str| -> String {
        text.lines().filter(|line| line.starts_with("ATOM")).map(|line| format!("{line}\n")).collect()
    };
    let first = atoms(&example("trpcage"));
    std::fs::write(&path, first + "TER\n" + &second_chain() + "TER\nEND\n").unwrap();
    let mut window = opened_with(path);
    window.step_until("the chain is asked for", |harness| harness.query_by_label("Choose a chain").is_some());
    window.settle();
    window.harness.key_press(egui::Key::Enter);
    window.wait_for_protein("pair");
    let topology = window.app().project().opened.as_ref().unwrap().structure.topology.clone();
    assert_eq!((topology.chain_id.as_str(), topology.residue_count()), ("A", 20));
}
