//! Measuring by clicks on atoms, and comparing with a ghost, as users do it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;
use equijump_app::window::file_dialogs::FileAnswer;
use equijump_app::window::ghost::Ghost;
use equijump_app::window::measurements::MeasurementTool;
use equijump_engine::analysis::Measurement;
use support::{Window, ready, set_number, simulate};

/// Atoms that nothing hides, with the places where they are seen.
fn visible_atoms(window: &Window) -> Vec<(usize, egui::Pos2)> {
    let view = window.harness.get_by_label("3D view of chignolin").rect();
    let viewport = window.app().viewport();
    let aspect = view.width() / view.height();
    let positions = &window.app().project().shown.as_ref().unwrap().displayed;
    let seen = |atom: usize| {
        let ([x, y], _) = viewport.camera().project(positions[atom], aspect)?;
        let place = view.center() + egui::vec2(0.5 * x * view.width(), -0.5 * y * view.height());
        (viewport.atom_at(x, y, aspect) == Some(atom)).then_some((atom, place))
    };
    (0..positions.len()).filter_map(seen).collect()
}

fn click_at(window: &mut Window, place: egui::Pos2) {
    window.harness.hover_at(place);
    window.settle();
    window.harness.drag_at(place);
    window.harness.drop_at(place);
    window.settle();
}

/// Presses a key and clicks as many atoms as it needs.
fn measure(window: &mut Window, key: Key, atoms: usize) -> Measurement {
    window.harness.key_press(key);
    window.settle();
    let visible = visible_atoms(window);
    let chosen: Vec<_> = visible.iter().step_by(visible.len() / atoms).take(atoms).copied().collect();
    for &(_, place) in &chosen {
        click_at(window, place);
    }
    let picked: Vec<usize> = chosen.iter().map(|(atom, _)| *atom).collect();
    Measurement::of_atoms(&picked).unwrap()
}

#[test]
fn clicked_atoms_are_measured_in_every_frame_of_the_run() {
    let mut window = ready();
    let distance = measure(&mut window, Key::D, 2);
    assert_eq!(window.app().measurements().list(), [distance]);
    assert_eq!(window.app().measurements().tool(), Some(MeasurementTool::Distance), "ready for the next one");
    let angle = measure(&mut window, Key::A, 3);
    let dihedral = measure(&mut window, Key::T, 4);
    assert_eq!(window.app().measurements().list(), [distance, angle, dihedral]);
    window.harness.key_press(Key::Escape);
    window.settle();
    assert_eq!(window.app().measurements().tool(), None);

    simulate(&mut window, 25);
    window.step_until("all frames are measured", |harness| {
        let measured = &harness.state().observations().measured;
        measured.len() == 3 && measured.iter().all(|series| series.points.len() == 26)
    });
    let history = window.app().project().run.as_ref().unwrap().history().unwrap().clone();
    for (series, measurement) in window.app().observations().measured.iter().zip([distance, angle, dihedral])
    {
        assert_eq!(series.measurement, measurement);
        for point in &series.points {
            let positions = history.read(u64::from(point.frame), 0).unwrap();
            assert_eq!(point.value, measurement.value(&positions) as f32, "frame {}", point.frame);
        }
    }

    // What is written over the molecule is the value of the frame shown.
    for frame in [25u64, 7] {
        set_number(&mut window, "Frame", frame as f64);
        let positions = history.read(frame, 0).unwrap();
        let marks = window.app().viewport().measurement_labels();
        assert_eq!(marks[0].text, distance.value_text(distance.value(&positions)));
        assert!(marks[2].highlighted && !marks[0].highlighted, "the newest is plotted");
    }
    let label = window.harness.query_by_label_contains("Distance (Å)");
    assert!(label.is_none() && window.harness.query_by_label("Measurement plot").is_some());

    // Measurements made after the run cover it as well.
    let late = measure(&mut window, Key::D, 2);
    window.step_until("the late one is measured", |harness| {
        let measured = &harness.state().observations().measured;
        measured.iter().any(|series| series.measurement == late && series.points.len() == 26)
    });
}

#[test]
fn measurements_are_removed_one_by_one_or_with_the_structure() {
    let mut window = ready();
    measure(&mut window, Key::D, 2);
    let angle = measure(&mut window, Key::A, 3);
    window.harness.get_all_by_label("Remove measurement").next().unwrap().click();
    window.settle();
    assert_eq!(window.app().measurements().list(), [angle]);
    window.dialogs.will_answer(FileAnswer::Picked(
        concat!(env!("CARGO_MANIFEST_DIR"), "/../assets/structures/trpcage.pdb").into(),
    ));
    window.harness.key_press_modifiers(Modifiers::COMMAND, Key::O);
    window.wait_for_protein("trpcage");
    window.settle();
    assert!(window.app().measurements().list().is_empty(), "other atoms, other measurements");
    assert!(window.harness.query_by_label("Nothing measured").is_some());
}

#[test]
fn measurements_are_exported_with_the_plots() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = ready();
    let distance = measure(&mut window, Key::D, 2);
    simulate(&mut window, 10);
    window.step_until("all frames are measured", |harness| {
        harness.state().observations().measured.first().is_some_and(|series| series.points.len() == 11)
    });
    window.dialogs.will_answer(FileAnswer::Picked(folder.path().to_owned()));
    window.harness.key_press_modifiers(Modifiers::COMMAND | Modifiers::SHIFT, Key::E);
    window.settle();
    for name in ["Browse…", "Export"] {
        window.harness.get_by_role_and_label(Role::Button, name).click();
        window.settle();
    }
    window.step_until("it is told", |harness| harness.state().log().to_text().contains("Wrote"));
    let written = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
    let csv = written
        .filter(|path| path.extension().is_some_and(|extension| extension == "csv"))
        .find(|path| path.display().to_string().contains("chignolin-distance-"))
        .expect("the distance is written");
    let text = std::fs::read_to_string(csv).unwrap();
    let last = text.lines().last().unwrap();
    let history = window.app().project().run.as_ref().unwrap().history().unwrap().clone();
    let expected = distance.value(&history.read(10, 0).unwrap());
    let (time, value) = last.split_once(',').unwrap();
    assert!((time.parse::<f64>().unwrap() - 1.0).abs() < 1e-9, "10 frames of 100 ps are 1 ns: {last}");
    assert!((value.parse::<f64>().unwrap() - expected).abs() < 1e-4, "{last}");
}

#[test]
fn a_click_without_a_tool_marks_the_atom() {
    let mut window = ready();
    let (atom, place) = visible_atoms(&window)[0];
    click_at(&mut window, place);
    assert!(window.app().measurements().list().is_empty());
    let topology = window.app().project().opened.as_ref().unwrap().structure.topology.clone();
    assert_eq!(window.app().selected_atom(), Some(atom), "{}", topology.atom_label(atom));
}

#[test]
fn the_ghost_is_the_start_or_a_frame_that_was_kept() {
    let mut window = ready();
    window.harness.key_press(Key::G);
    window.settle();
    assert!(matches!(window.app().ghost(), Ghost::Start));
    simulate(&mut window, 8);
    assert!(matches!(window.app().ghost(), Ghost::Start), "a run keeps it");
    window.harness.key_press_modifiers(Modifiers::SHIFT, Key::G);
    window.settle();
    let Ghost::Frame { frame, positions, .. } = window.app().ghost() else { panic!("no frame is kept") };
    let shown = window.app().project().shown.as_ref().unwrap();
    assert_eq!((*frame, positions), (8, &shown.positions));
    window.harness.key_press(Key::Home);
    window.settle();
    assert_eq!(window.app().ghost().caption(window.app().project()).unwrap(), "Ghost: frame 8");
    window.harness.key_press(Key::G);
    window.harness.run_steps(2);
    window.harness.key_press(Key::G);
    window.settle();
    assert!(matches!(window.app().ghost(), Ghost::None));
}
