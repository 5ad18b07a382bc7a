//! What users do in the window, driven by the names they read on it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::time::Duration;

use egui::accesskit::Role;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use equijump_app::window::file_dialogs::FileAnswer;
use equijump_engine::observe::observations::{Landscape, MapSelection};
use equijump_engine::trajectory::{Frame, TrajectoryReader};
use equijump_tests::proteins::bundled_path;
use support::{WaveBackend, click, ready, set_number, simulate, window_with};

#[test]
fn starts_with_chignolin_ready_to_simulate() {
    let mut window = ready();
    window.step_until("the model is ready", |harness| {
        harness.query_by_label_contains("Ready to simulate chignolin").is_some()
    });
    let button = window.harness.get_by_role_and_label(Role::Button, "Simulate");
    assert!(!button.accesskit_node().is_disabled());
    assert!(window.harness.query_by_label("Familiarity unknown").is_none(), "the model was trained on it");
    window.step_until("the start is measured", |harness| harness.state().details_for_test().is_some());
    assert_eq!(window.app().details_for_test().unwrap().dihedrals.len(), 8);
}

#[test]
fn a_run_makes_frames_and_follows_the_newest() {
    let mut window = ready();
    simulate(&mut window, 30);
    assert_eq!(window.frames(), 31);
    assert_eq!(window.app().timeline().frame(), 30, "the newest frame is shown");
    let series = &window.app().observations().series;
    assert_eq!(series.len(), 31);
    assert!(series[0].rmsd_angstrom < 1e-3 && series[1..].iter().all(|point| point.rmsd_angstrom > 0.01));
    assert!(window.harness.query_by_label_contains("Finished, 30 frames").is_some());
}

#[test]
fn pause_resume_and_stop() {
    let mut window = window_with(None, WaveBackend { latent_steps: 4, step_time: Duration::from_millis(1) });
    window.wait_for_protein("chignolin");
    window.harness.get_by_label("Until stopped").click();
    window.settle();
    click(&mut window, "Simulate");
    window.step_until("some frames are made", |harness| harness.state().timeline().frame_count() > 5);
    click(&mut window, "Pause");
    window.step_until("the run pauses", |harness| harness.query_by_label_contains("Paused after").is_some());
    let paused_at = window.frames();
    window.harness.run_steps(20);
    assert_eq!(window.frames(), paused_at);
    click(&mut window, "Resume");
    window.step_until("it goes on", |harness| harness.state().timeline().frame_count() > paused_at + 3);
    click(&mut window, "Stop");
    window.step_until("it stops", |harness| harness.query_by_label_contains("Stopped after").is_some());
    let run = window.app().project().run.as_ref().unwrap();
    assert!(run.frames > 1 && !run.is_active());
}

#[test]
fn opens_villin_from_the_examples_menu() {
    let mut window = ready();
    click(&mut window, "File");
    window.harness.get_by_label_contains("Open example").click();
    window.settle();
    window.harness.get_by_label_contains("Villin").click();
    window.wait_for_protein("villin");
    let topology = window.app().project().opened.as_ref().unwrap().structure.topology.clone();
    assert_eq!(topology.residue_count(), 35);
    // What the test model was trained on is chignolin alone.
    window.step_until("it is told", |harness| harness.query_by_label("Familiarity unknown").is_some());
    assert!(topology.sequence().contains('X'), "villin has its norleucines");
}

#[test]
fn opens_a_file_by_dialog_and_by_typed_path() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.pdb");
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/../assets/structures/trpcage.pdb");
    std::fs::copy(source, &path).unwrap();
    let mut window = ready();
    window.dialogs.will_answer(FileAnswer::Picked(path.clone()));
    window.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::O);
    window.wait_for_protein("mine");

    // Where the desktop has no dialog, the typed path comes up by itself.
    window.dialogs.will_answer(FileAnswer::Unavailable);
    window.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::O);
    window.settle();
    assert!(window.harness.query_by_label_contains("offers no file dialog").is_some());
    let label = "Structure (PDB, mmCIF), trajectory (DCD, XTC), run (run.json) or project";
    let field = window.harness.get_by_role_and_label(Role::TextInput, label);
    field.focus();
    field.type_text("/no/such/file.pdb");
    window.settle();
    click(&mut window, "Open");
    window.step_until("it is told", |harness| harness.query_by_label_contains("There is no file").is_some());
}

#[test]
fn a_file_that_is_no_structure_is_one_clear_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("letter.pdb");
    std::fs::write(&path, "Dear Sir or Madam\n").unwrap();
    let mut window = window_with(Some(path), WaveBackend { latent_steps: 4, step_time: Duration::ZERO });
    window.step_until("the error is told", |harness| harness.state().log().to_text().contains("Error"));
    assert!(window.app().project().opened.is_none());
    window.settle();
    assert!(window.harness.query_by_label("Not opened").is_some());
    assert!(
        window.harness.query_by_label_contains("Open a structure, a trajectory or a run").is_some(),
        "the empty state says what to do"
    );
}

#[test]
fn scrubbing_stepping_and_typing_reach_exact_frames() {
    let mut window = ready();
    simulate(&mut window, 40);
    click(&mut window, "First frame");
    assert_eq!(window.app().timeline().frame(), 0);
    click(&mut window, "Next frame");
    click(&mut window, "Next frame");
    click(&mut window, "Previous frame");
    assert_eq!(window.app().timeline().frame(), 1);
    set_number(&mut window, "Frame", 17);
    assert_eq!(window.app().timeline().frame(), 17);
    assert_eq!(window.app().project().shown.as_ref().unwrap().frame, 17);
    assert!(window.harness.query_by_label("1.7 ns").is_some());

    let slider = window.harness.get_by_label("Frame slider").rect();
    window.harness.drag_at(slider.left_center() + egui::vec2(10.0, 0.0));
    window.settle();
    window.harness.drop_at(slider.right_center() - egui::vec2(4.0, 0.0));
    window.settle();
    assert_eq!(window.app().timeline().frame(), 40);
    window.harness.key_press(egui::Key::Home);
    window.settle();
    assert_eq!(window.app().timeline().frame(), 0);
}

#[test]
fn playing_moves_the_frame_and_pausing_holds_it() {
    let mut window = ready();
    simulate(&mut window, 40);
    click(&mut window, "Play or pause");
    window.step_until("playback has moved on", |harness| harness.state().timeline().frame() > 10);
    click(&mut window, "Play or pause");
    let held = window.app().timeline().frame();
    window.harness.run_steps(20);
    assert_eq!(window.app().timeline().frame(), held);
}

#[test]
fn a_click_in_the_rmsd_plot_shows_that_frame() {
    let mut window = ready();
    simulate(&mut window, 40);
    let plot = window.harness.get_by_label("RMSD plot").rect();
    for fraction in [0.25, 0.75] {
        let at = plot.lerp_inside(egui::vec2(fraction, 0.5));
        window.harness.hover_at(at);
        window.settle();
        window.harness.drag_at(at);
        window.harness.drop_at(at);
        window.settle();
        let frame = window.app().timeline().frame() as f32;
        assert!((frame - 40.0 * fraction).abs() < 4.0, "frame {frame} at {fraction} of the plot");
    }
}

#[test]
fn a_rectangle_on_the_map_leaves_only_its_frames_to_play() {
    let mut window = ready();
    simulate(&mut window, 60);
    window.step_until("the map has every frame", |harness| {
        matches!(&harness.state().observations().landscape, Landscape::Map(map) if map.projections.len() == 61)
    });
    window.settle();
    let plot = window.harness.get_by_label("Free-energy map").rect();
    // From corner to corner of the plot: all frames, whatever the map.
    window.harness.hover_at(plot.left_top() + egui::vec2(2.0, 2.0));
    window.settle();
    window.harness.drag_at(plot.left_top() + egui::vec2(2.0, 2.0));
    window.settle();
    for place in [plot.center(), plot.right_bottom() - egui::vec2(2.0, 2.0)] {
        window.harness.hover_at(place);
        window.settle();
    }
    window.harness.drop_at(plot.right_bottom() - egui::vec2(2.0, 2.0));
    window.settle();
    assert!(window.harness.query_by_label_contains("61 of 61 frames selected").is_some());

    // A rectangle around one frame holds it, and not all.
    let Landscape::Map(map) = window.app().observations().landscape.clone() else { panic!("no map") };
    let [x, y] = map.projections[20].at.map(f64::from);
    let selection = MapSelection::between([x - 1e-3, y - 1e-3], [x + 1e-3, y + 1e-3]);
    let inside = map.frames_within(&selection, 0);
    assert!(inside.contains(&20) && inside.len() < 61, "{inside:?}");

    click(&mut window, "All frames");
    assert_eq!(window.app().timeline().subset(), None);
    assert!(window.harness.query_by_label_contains("frames selected").is_none());
}

#[test]
fn a_protein_with_a_reference_has_its_map_at_once_and_a_click_leads_to_the_nearest_frame() {
    let mut window = ready();
    simulate(&mut window, 30);
    let Landscape::Map(map) = &window.app().observations().landscape else { panic!("no map") };
    let map = map.clone();
    assert_eq!(map.projections.len(), 31);
    assert!(map.basis.contains("molecular dynamics"), "the panel says which basis it shows: {}", map.basis);
    assert!(window.harness.query_by_label_contains("Coordinates from molecular dynamics").is_some());
    click(&mut window, "First frame");
    window.step_until("the start is measured", |harness| {
        harness.state().details_for_test().is_some_and(|details| details.frame == 0)
    });
    window.settle();
    // Frame 12 is where it is; a click there goes there, or to a frame that lies as near.
    let target = map.projections.iter().find(|point| point.frame == 12).unwrap().at;
    let plot = window.harness.get_by_label("Free-energy map").rect();
    let fraction = |value: f32, range: [f64; 2]| (value - range[0] as f32) / (range[1] - range[0]) as f32;
    // The plot shows the map and the regions of molecular dynamics with a margin of 2 % on each side.
    let inner = |fraction: f32| (fraction + 0.02) / 1.04;
    let reference = window.app().observations().reference.clone().unwrap();
    let both = |a: [f64; 2], b: [f64; 2]| [a[0].min(b[0]), a[1].max(b[1])];
    let regions = &reference.landscape_regions;
    let at = plot.lerp_inside(egui::vec2(
        inner(fraction(target[0], both(map.free_energy_kt.x_range, regions.x_range))),
        1.0 - inner(fraction(target[1], both(map.free_energy_kt.y_range, regions.y_range))),
    ));
    window.harness.drag_at(at);
    window.harness.drop_at(at);
    window.settle();
    let shown = map.projections[window.app().timeline().frame()].at;
    let distance = (shown[0] - target[0]).hypot(shown[1] - target[1]);
    assert!(distance < 0.25, "{shown:?} is shown, {target:?} was clicked");
}

#[test]
fn a_protein_without_a_reference_says_what_the_map_waits_for() {
    let mut window = window_with(
        Some(bundled_path("trpcage")),
        WaveBackend { latent_steps: 4, step_time: Duration::ZERO },
    );
    window.wait_for_protein("trpcage");
    simulate(&mut window, 30);
    assert!(matches!(window.app().observations().landscape, Landscape::NotYet(_)));
    assert!(window.harness.query_by_label_contains("11 of 156 frame pairs").is_some());
    simulate(&mut window, 190);
    window.step_until("there is a map", |harness| {
        matches!(harness.state().observations().landscape, Landscape::Map(_))
    });
    window.settle();
    assert!(window.harness.query_by_label_contains("fitted to this run").is_some());
}

#[test]
fn the_frames_in_a_rectangle_of_the_map_are_exported_with_the_times_they_have_in_the_run() {
    let mut window = window_with(
        Some(bundled_path("trpcage")),
        WaveBackend { latent_steps: 4, step_time: Duration::ZERO },
    );
    window.wait_for_protein("trpcage");
    simulate(&mut window, 190);
    window.step_until("there is a map", |harness| {
        matches!(harness.state().observations().landscape, Landscape::Map(_))
    });
    window.settle();
    let mut select_up_to = |fraction: f32| {
        // Once frames are selected a line above the map says so, and the map lies lower.
        let plot = window.harness.get_by_label("Free-energy map").rect();
        let (from, to) =
            (plot.left_top() + egui::vec2(2.0, 2.0), plot.lerp_inside(egui::vec2(fraction, 0.99)));
        window.harness.hover_at(from);
        window.settle();
        window.harness.drag_at(from);
        window.settle();
        for place in [from.lerp(to, 0.5), to] {
            window.harness.hover_at(place);
            window.settle();
        }
        window.harness.drop_at(to);
        window.settle();
        window.app().timeline().subset().map_or(Vec::new(), <[usize]>::to_vec)
    };
    let inside = (1..20)
        .map(|twentieths| select_up_to(twentieths as f32 / 20.0))
        .find(|inside| !inside.is_empty() && inside.len() < 191)
        .expect("some part of the map holds some frames and not all");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("basin.xtc");
    window.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::E);
    window.settle();
    window.harness.get_by_label("Only those in the rectangle of the map").click();
    window.settle();
    window.dialogs.will_answer(FileAnswer::Picked(path.clone()));
    click(&mut window, "Browse…");
    click(&mut window, "Export");
    let wrote = format!("Wrote {} frame", inside.len());
    window.step_until("they are written", |harness| harness.state().log().to_text().contains(&wrote));
    let mut reader = TrajectoryReader::open(&path).unwrap();
    assert_eq!(reader.frame_count(), inside.len());
    let mut frame = Frame::default();
    reader.read_frame(inside.len() - 1, &mut frame).unwrap();
    let last_ps = 100.0 * *inside.last().unwrap() as f64;
    assert!((frame.time_ps.unwrap() - last_ps).abs() < 1e-3, "{:?}, {last_ps}", frame.time_ps);
}

#[test]
fn a_run_is_followed_by_another_without_a_question_and_comes_back_with_its_frames() {
    let mut window = ready();
    simulate(&mut window, 5);
    simulate(&mut window, 7);
    assert_eq!(window.app().project().others.len(), 1);
    click(&mut window, "Runs");
    click(&mut window, "1  chignolin");
    assert_eq!(window.frames(), 6);
    assert_eq!(window.app().observations().frames, 6, "its numbers come back with it");
    click(&mut window, "2  chignolin");
    assert_eq!(window.frames(), 8);
}

#[test]
fn frames_are_not_lost_without_asking() {
    let mut window = ready();
    simulate(&mut window, 5);
    simulate(&mut window, 7);
    click(&mut window, "Runs");
    click(&mut window, "Close run 2");
    assert!(window.harness.query_by_label_contains("7 frames of this run are in no file").is_some());
    click(&mut window, "Cancel");
    assert_eq!(window.frames(), 8);
    click(&mut window, "Close run 2");
    click(&mut window, "Discard frames");
    assert_eq!(window.frames(), 6, "the other run comes on view");
}

#[test]
fn a_run_is_extended_from_its_last_frame() {
    let mut window = ready();
    simulate(&mut window, 5);
    let before = window.app().project().shown.as_ref().unwrap().positions.clone();
    window.harness.get_by_label_contains("Extend run 1 by 5 frames").click();
    window.step_until("the run is over", |harness| {
        harness.state().timeline().frame_count() == 11 && !harness.state().project().is_running()
    });
    assert!(window.app().project().others.is_empty(), "it is the same run");
    set_number(&mut window, "Frame", 5);
    assert_eq!(window.app().project().shown.as_ref().unwrap().positions, before);
}

#[test]
fn plots_are_exported_with_their_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = ready();
    simulate(&mut window, 20);
    window.dialogs.will_answer(FileAnswer::Picked(folder.path().to_owned()));
    window.harness.key_press_modifiers(egui::Modifiers::COMMAND | egui::Modifiers::SHIFT, egui::Key::E);
    window.settle();
    window.harness.get_by_label("SVG").click();
    window.settle();
    click(&mut window, "Browse…");
    click(&mut window, "Export");
    window.step_until("the files are there", |harness| harness.state().log().to_text().contains("Wrote"));
    let csv = std::fs::read_to_string(folder.path().join("chignolin-rmsd.csv")).unwrap();
    assert_eq!(csv.lines().count(), 22);
    let origin = std::fs::read_to_string(folder.path().join("chignolin-plots.txt")).unwrap();
    assert!(origin.starts_with("chignolin · run 1 · model test") && origin.contains("seed"), "{origin}");
    assert!(folder.path().join("chignolin-ramachandran.svg").exists());
    assert!(folder.path().join("chignolin-free-energy.svg").exists());
    let figure = std::fs::read_to_string(folder.path().join("chignolin-ramachandran.svg")).unwrap();
    for entry in ["General", "Proline", "Molecular dynamics", "run 1"] {
        assert!(figure.contains(entry), "the legend lacks {entry}");
    }

    // A second time nothing is replaced unasked.
    std::fs::write(folder.path().join("chignolin-rmsd.csv"), "mine").unwrap();
    window.harness.key_press_modifiers(egui::Modifiers::COMMAND | egui::Modifiers::SHIFT, egui::Key::E);
    window.settle();
    let export = window.harness.get_by_role_and_label(Role::Button, "Export");
    assert!(export.accesskit_node().is_disabled());
    window.harness.get_by_label_contains("files that are there").click();
    window.settle();
    click(&mut window, "Export");
    let csv = folder.path().join("chignolin-rmsd.csv");
    window.step_until("it is replaced", |_| std::fs::read_to_string(&csv).unwrap() != "mine");
}

#[test]
fn a_project_is_written_beside_the_window_and_told_once_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("work.equijump");
    let mut window = ready();
    window.dialogs.will_answer(FileAnswer::Picked(path.clone()));
    window.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::S);
    window.step_until("it is told", |harness| harness.state().log().to_text().contains("Wrote the project"));
    assert!(path.exists());
    assert!(window.app().preferences().recent_files.contains(&path));
}

#[test]
fn a_project_that_cannot_be_written_is_told_and_is_not_among_the_recent_files() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("no such folder").join("work.equijump");
    let mut window = ready();
    window.dialogs.will_answer(FileAnswer::Picked(path.clone()));
    window.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::S);
    window.step_until("it is told", |harness| harness.state().log().to_text().contains("cannot be written"));
    assert!(!window.app().preferences().recent_files.contains(&path));
}

#[test]
fn themes_switch() {
    let mut window = ready();
    for (entry, dark) in [("Light theme", false), ("Dark theme", true)] {
        click(&mut window, "View");
        window.harness.get_by_label_contains(entry).click();
        window.settle();
        assert_eq!(window.harness.ctx.global_style().visuals.dark_mode, dark);
    }
}

#[test]
fn a_model_that_cannot_be_read_says_so_and_the_bundled_one_is_a_click_away() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.safetensors");
    std::fs::write(&path, "not a model").unwrap();
    let mut window = ready();
    window.dialogs.will_answer(FileAnswer::Picked(path));
    window.harness.get_by_role_and_label(Role::ComboBox, "Model").click();
    window.settle();
    click(&mut window, "Choose file…");
    window.step_until("the error is told", |harness| {
        harness.state().log().to_text().contains("is not an EquiJump model")
    });
    window.settle();
    window.harness.get_by_role_and_label(Role::ComboBox, "Model").click();
    window.settle();
    window.harness.get_by_label("test (bundled)").click();
    window.step_until("the bundled model is back", |harness| {
        harness.query_by_label_contains("Ready to simulate").is_some()
    });
}

#[test]
fn a_menu_is_as_high_as_its_entries_where_the_window_has_room() {
    let mut window = ready();
    window.harness.set_size(egui::vec2(1280.0, 720.0));
    window.settle();
    window.harness.key_press_modifiers(egui::Modifiers::ALT, egui::Key::M);
    window.harness.run_steps(12);
    let first = window.harness.get_by_label_contains("Ball and stick").rect();
    let entries = ["Sticks", "Side chains", "Remove measurements"];
    for entry in entries {
        let rect = window.harness.get_all_by_label_contains(entry).last().unwrap().rect();
        assert!(rect.top() > first.top() && rect.bottom() < 720.0, "{entry}: {rect:?}");
    }
    let measured = window.harness.get_all_by_label_contains("Remove measurements").last().unwrap().rect();
    assert!(measured.bottom() > 440.0, "it stands where it cannot be seen at 400 points: {measured:?}");
}

#[test]
fn the_run_that_goes_on_is_named_while_another_protein_is_on_view_and_leads_back() {
    let mut window = window_with(None, WaveBackend { latent_steps: 4, step_time: Duration::from_millis(20) });
    window.wait_for_protein("chignolin");
    window.settle();
    window.harness.get_by_role_and_label(Role::CheckBox, "Until stopped").click_accesskit();
    window.settle();
    click(&mut window, "Simulate");
    window.step_until("there are frames", |harness| harness.state().timeline().frame_count() > 2);
    assert!(window.harness.query_by_label("Run 1, chignolin").is_none(), "it is on view");
    click(&mut window, "File");
    window.harness.get_by_label_contains("Open example").click();
    window.settle();
    window.harness.get_by_label_contains("Villin").click();
    window.wait_for_protein("villin");
    window.settle();
    window.harness.get_by_label("Run 1, chignolin").click();
    window.settle();
    assert_eq!(window.protein(), "chignolin");
    click(&mut window, "Stop");
}

#[test]
fn a_low_window_shows_whole_menus_and_dialogs() {
    let mut window = ready();
    let size = egui::vec2(711.0, 444.0); // 1280 × 800 at 180 %
    window.harness.set_size(size);
    window.settle();
    window.harness.key_press_modifiers(egui::Modifiers::ALT, egui::Key::M);
    window.settle();
    window.harness.get_by_label_contains("Parallel projection").scroll_to_me();
    window.settle();
    window.harness.run_steps(30);
    let entry = window.harness.get_by_label_contains("Parallel projection").rect();
    assert!(entry.bottom() <= size.y, "{entry:?}");
    window.harness.key_press(egui::Key::Escape);
    window.settle();

    window.harness.key_press(egui::Key::F1);
    window.settle();
    // The list names itself as well.
    let titles = window.harness.get_all_by_label("Keyboard shortcuts").map(|title| title.rect());
    let title = titles.min_by(|a, b| a.top().total_cmp(&b.top())).unwrap();
    let close = window.harness.get_by_role_and_label(Role::Button, "Close").rect();
    let screen = egui::Rect::from_min_size(egui::Pos2::ZERO, size);
    assert!(screen.contains_rect(title) && screen.contains_rect(close), "{title:?}, {close:?}");
    // Enter presses the button that stands out.
    window.harness.key_press(egui::Key::Enter);
    window.settle();
    assert!(window.harness.query_all_by_label("Keyboard shortcuts").next().is_none());
}

#[test]
fn a_window_narrower_than_a_dialog_has_margins_is_drawn() {
    let mut window = ready();
    window.harness.key_press(egui::Key::F1);
    window.settle();
    for size in [egui::vec2(30.0, 300.0), egui::vec2(1.0, 1.0)] {
        window.harness.set_size(size);
        window.harness.run_steps(3);
    }
    window.harness.set_size(egui::vec2(1280.0, 800.0));
    window.settle();
    window.harness.get_by_role_and_label(Role::Button, "Close").click();
    window.settle();
    window.harness.key_press_modifiers(egui::Modifiers::ALT, egui::Key::M);
    window.settle();
    window.harness.set_size(egui::vec2(1.0, 1.0));
    window.harness.run_steps(3);
}
