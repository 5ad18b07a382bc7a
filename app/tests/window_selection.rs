//! Selecting atoms by words and on the sequence, undo and redo, runs and replicas beside each other, small windows.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;
use equijump_app::viewport::Representation;
use equijump_app::window::file_dialogs::FileAnswer;
use equijump_app::window::ghost::Ghost;
use support::{Window, click, ready, set_number, simulate};

/// Types a selection and presses Enter.
fn select(window: &mut Window, text: &str) {
    let field = window.harness.get_by_role_and_label(Role::TextInput, "Select");
    field.focus();
    window.settle();
    window.harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
    window.harness.key_press(Key::Backspace);
    window.settle();
    if !text.is_empty() {
        window.harness.get_by_role_and_label(Role::TextInput, "Select").type_text(text);
        window.settle();
    }
    window.harness.key_press(Key::Enter);
    window.settle();
    // The field keeps the keyboard, so that what is typed next is no command.
    assert!(window.harness.ctx.text_edit_focused());
    window.harness.key_press(Key::Escape);
    window.settle();
    assert!(!window.harness.ctx.text_edit_focused());
}

#[test]
fn atoms_are_selected_by_words_and_stand_out() {
    let mut window = ready();
    select(&mut window, "residue 3-6 and backbone");
    assert_eq!(window.app().selected().atoms.len(), 16);
    assert!(window.harness.query_by_label("16 atoms").is_some());
    assert_eq!(window.app().viewport().highlight().atoms.len(), 16);
    for name in ["Isolate", "Sticks", "Label"] {
        click(&mut window, name);
    }
    let highlight = window.app().viewport().highlight();
    assert!(highlight.alone && highlight.sticks);
    assert_eq!(window.app().viewport().labels().len(), 4, "a label for each residue");

    // What is not understood is told, and changes nothing.
    select(&mut window, "residue three");
    assert_eq!(window.app().selected().atoms.len(), 16);
    assert!(window.log().contains("expected a residue number"), "{}", window.log());

    select(&mut window, "residue 2 9 and name CA");
    click(&mut window, "Measure selection");
    assert_eq!(window.app().measurements().list().len(), 1);
    select(&mut window, "");
    assert!(window.app().selected().atoms.is_empty());
    assert!(window.app().viewport().highlight().atoms.is_empty());
}

#[test]
fn atoms_keep_the_color_they_were_given_when_others_are_selected() {
    let mut window = ready();
    let colors = |window: &Window| window.app().viewport().highlight().colors.clone();
    let color = |window: &mut Window, name: &str| {
        click(window, "Color");
        window.harness.get_by_role_and_label(Role::RadioButton, name).click();
        window.settle();
        window.harness.key_press(Key::Escape);
        window.settle();
    };
    select(&mut window, "resname TYR and name CA");
    color(&mut window, "Magenta");
    select(&mut window, "resname TRP and name CA");
    assert_eq!(colors(&window).len(), 3, "the tyrosines");
    color(&mut window, "Cyan");
    let painted = colors(&window);
    assert_eq!(painted.len(), 4);
    let mut different: Vec<_> = painted.values().collect();
    different.dedup();
    assert!(different.len() > 1, "two colors at once");
    select(&mut window, "");
    assert_eq!(colors(&window), painted);
    select(&mut window, "resname TYR");
    color(&mut window, "As the molecule");
    assert_eq!(colors(&window).len(), 1);
    window.harness.key_press_modifiers(Modifiers::COMMAND, Key::Z);
    window.settle();
    assert_eq!(colors(&window), painted, "undone");
}

#[test]
fn what_is_near_is_selected_anew_in_every_frame() {
    let mut window = ready();
    simulate(&mut window, 8);
    select(&mut window, "within 5 of resname TRP");
    let history = window.app().project().run.as_ref().unwrap().history().unwrap().clone();
    let topology = window.app().project().opened.as_ref().unwrap().structure.topology.clone();
    let selection: equijump_engine::analysis::Selection = "within 5 of resname TRP".parse().unwrap();
    let mut counts = Vec::new();
    for frame in [0, 4, 8] {
        window.harness.key_press(Key::Home);
        window.settle();
        for _ in 0..frame {
            window.harness.key_press(Key::ArrowRight);
            window.settle();
        }
        window.step_until("the frame is shown", |harness| {
            harness.state().project().shown.as_ref().is_some_and(|shown| shown.frame == frame)
        });
        let expected = selection.atoms(&topology, &history.read(frame as u64, 0).unwrap());
        assert_eq!(window.app().selected().atoms, expected, "frame {frame}");
        counts.push(expected.len());
    }
    // Frames are no steps to undo.
    window.harness.key_press_modifiers(Modifiers::COMMAND, Key::Z);
    window.settle();
    assert!(window.app().selected().text.is_empty(), "{counts:?}");
}

#[test]
fn what_was_selected_and_measured_comes_back_with_the_protein() {
    let mut window = ready();
    simulate(&mut window, 4);
    select(&mut window, "residue 2 9 and name CA");
    click(&mut window, "Measure selection");
    let camera = window.app().viewport().camera();
    window.dialogs.will_answer(FileAnswer::Picked(
        concat!(env!("CARGO_MANIFEST_DIR"), "/../assets/structures/trpcage.pdb").into(),
    ));
    window.harness.key_press_modifiers(Modifiers::COMMAND, Key::O);
    window.wait_for_protein("trpcage");
    window.settle();
    assert!(window.app().selected().text.is_empty() && window.app().measurements().list().is_empty());
    window.harness.get_by_label("Runs").click_accesskit();
    window.settle();
    window.harness.get_by_label_contains("1  chignolin").click_accesskit();
    window.settle();
    window.settle();
    assert_eq!(window.protein(), "chignolin");
    assert_eq!(window.app().selected().atoms.len(), 2);
    assert_eq!(window.app().measurements().list().len(), 1);
    assert_eq!(window.app().viewport().camera(), camera);
}

#[test]
fn a_drag_over_the_sequence_selects_its_residues() {
    let mut window = ready();
    let strip = window.harness.get_by_role_and_label(Role::GraphicsObject, "Sequence").rect();
    let at = |residue: f32| strip.left_center() + egui::vec2(12.0 * (residue + 0.5), 0.0);
    window.harness.hover_at(at(2.0));
    window.settle();
    window.harness.drag_at(at(2.0));
    window.harness.step();
    window.harness.hover_at(at(4.0));
    window.harness.step();
    window.harness.hover_at(at(5.0));
    window.settle();
    window.harness.drop_at(at(5.0));
    window.settle();
    assert_eq!(window.app().selected().text, "residue 3-6");
    assert!(window.app().selected_atom().is_none(), "a drag marks no atom");
    // One gesture is one step to undo.
    window.harness.key_press_modifiers(Modifiers::COMMAND, Key::Z);
    window.settle();
    assert!(window.app().selected().text.is_empty());
}

#[test]
fn a_right_click_on_a_residue_marks_it_and_offers_what_can_be_done_with_it() {
    let mut window = ready();
    window.harness.get_by_role_and_label(Role::GraphicsObject, "Sequence").click_secondary();
    window.settle();
    let atom = window.app().selected_atom().expect("the residue under the pointer is marked");
    let topology = window.app().project().opened.as_ref().unwrap().structure.topology.clone();
    let residue = topology.residues()[topology.atoms()[atom].residue].number;
    window.harness.get_by_label_contains("Select all within 5 Å").click();
    window.settle();
    assert_eq!(window.app().selected().text, format!("within 5 of (residue {residue})"));
    assert!(window.app().selected().atoms.len() > topology.atom_range(0).len());
}

#[test]
fn view_selection_and_settings_are_undone_and_done_again() {
    let mut window = ready();
    let representation = |window: &Window| window.app().preferences().style.representation;
    assert_eq!(representation(&window), Representation::BallAndStick);
    window.harness.key_press(Key::Num4);
    window.settle();
    select(&mut window, "name CA");
    set_number(&mut window, "Seed", 41.0);
    assert_eq!(window.app().preferences().run.sampler.seed, 41);

    let undo = |window: &mut Window| {
        window.harness.key_press_modifiers(Modifiers::COMMAND, Key::Z);
        window.settle();
    };
    undo(&mut window);
    assert_ne!(window.app().preferences().run.sampler.seed, 41);
    assert_eq!(window.app().selected().atoms.len(), 10);
    undo(&mut window);
    assert!(window.app().selected().atoms.is_empty());
    assert_eq!(representation(&window), Representation::Ribbon);
    undo(&mut window);
    assert_eq!(representation(&window), Representation::BallAndStick);
    for _ in 0..3 {
        window.harness.key_press_modifiers(Modifiers::COMMAND | Modifiers::SHIFT, Key::Z);
        window.settle();
    }
    assert_eq!(representation(&window), Representation::Ribbon);
    assert_eq!(window.app().selected().text, "name CA");
    assert_eq!(window.app().preferences().run.sampler.seed, 41);
}

#[test]
fn two_runs_stand_beside_each_other_and_are_evaluated_against_each_other() {
    let mut window = ready();
    simulate(&mut window, 4);
    set_number(&mut window, "Seed", 7.0);
    simulate(&mut window, 6);
    window.harness.get_by_label("Runs").click();
    window.settle();
    click(&mut window, "More about run 1");
    click(&mut window, "Show beside in 3D");
    assert!(matches!(window.app().ghost(), Ghost::Run(1)));
    assert_eq!(window.app().viewport().ghost_count(), 1);
    // Brought on view, it changes places with the other one.
    click(&mut window, "More about run 1");
    click(&mut window, "Show this run");
    assert!(matches!(window.app().ghost(), Ghost::Run(2)));

    click(&mut window, "More about run 2");
    click(&mut window, "Evaluate run 1 against run 2");
    assert_eq!(window.app().evaluation().form.reference_run, Some(2));
    assert!(window.harness.query_by_label_contains("Run 2, 6 frames, is used as the reference").is_some());
    let start = window.harness.get_by_role_and_label(Role::Button, "Evaluate");
    use egui_kittest::kittest::NodeT as _;
    assert!(!start.accesskit_node().is_disabled());
}

#[test]
fn frames_of_the_run_are_overlaid_and_those_of_a_group_when_one_is_selected() {
    let mut window = ready();
    simulate(&mut window, 60);
    window.step_until("the run is measured", |harness| harness.state().observations().frames == 61);
    assert_eq!(window.app().viewport().ghost_count(), 0, "nothing is overlaid unasked");
    window.harness.key_press_modifiers(Modifiers::SHIFT, Key::E);
    window.settle();
    let overlay = |window: &Window| match window.app().ghost() {
        Ghost::Overlay(overlay) => overlay.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!((overlay(&window).frames, overlay(&window).of), (40, 61));
    assert_eq!(overlay(&window).name, "run 1");
    assert_eq!(window.app().viewport().ghost_count(), 40);

    // One of three clusters has fewer frames than the run.
    window.harness.get_by_role_and_label(Role::Button, "Clusters").click_accesskit();
    window.settle();
    set_number(&mut window, "Clusters", 3.0);
    window.harness.get_by_role_and_label(Role::Button, "Group all frames").click_accesskit();
    window.step_until("clusters are found", |harness| {
        harness.query_by_role_and_label(Role::Button, "Cluster 2").is_some()
    });
    window.harness.get_by_role_and_label(Role::Button, "Cluster 2").click_accesskit();
    window.settle();
    let members = window.app().timeline().subset().map_or(0, <[usize]>::len);
    assert!((1..61).contains(&members), "{members}");
    assert_eq!((overlay(&window).name.as_str(), overlay(&window).of), ("cluster 2", members as u64));
    assert_eq!(window.app().viewport().ghost_count(), members.min(40));

    window.harness.key_press_modifiers(Modifiers::SHIFT, Key::E);
    window.settle();
    assert_eq!(window.app().viewport().ghost_count(), 0);
}

#[test]
fn the_other_replicas_are_shown_beside_the_one_that_is_followed() {
    let mut window = ready();
    set_number(&mut window, "Replicas", 3.0);
    simulate(&mut window, 3);
    window.harness.key_press_modifiers(Modifiers::SHIFT, Key::O);
    window.settle();
    assert!(matches!(window.app().ghost(), Ghost::Replicas));
    assert_eq!(window.app().viewport().ghost_count(), 2);
    window.harness.get_by_label("Runs").click();
    window.settle();
    click(&mut window, "More about run 1");
    click(&mut window, "Follow replica");
    click(&mut window, "Replica 2");
    assert_eq!(window.app().project().run.as_ref().map(|run| run.replica), Some(2));
    assert_eq!(window.app().viewport().ghost_count(), 2, "the two that are not followed");
}

#[test]
fn nothing_above_the_molecule_overlaps_in_small_and_in_magnified_windows() {
    let mut window = ready();
    // 960×600, and 1280×800 at 180 %.
    for size in [egui::vec2(960.0, 600.0), egui::vec2(711.0, 444.0)] {
        window.harness.set_size(size);
        window.settle();
        let rect = |role, name: &str| window.harness.get_by_role_and_label(role, name).rect();
        let rects = [
            ("Style", rect(Role::ComboBox, "Style")),
            ("Color by", rect(Role::ComboBox, "Color by")),
            ("More", rect(Role::Button, "More")),
        ];
        let view = window.harness.get_by_label_contains("3D view of").rect();
        for (index, (name, one)) in rects.iter().enumerate() {
            assert!(
                view.x_range().contains(one.left()) && view.x_range().contains(one.right()),
                "{size}: {name}"
            );
            for (other_name, other) in &rects[index + 1..] {
                assert!(!one.shrink(0.5).intersects(*other), "{size}: {name} and {other_name}");
            }
        }
        let tab = rect(Role::Button, "Evaluation");
        assert!(tab.right() < view.left(), "{size}: the tab {tab} is cut at {}", view.left());
        assert!(view.height() > 60.0, "{size}: {view}");
    }
}

#[test]
fn what_one_frame_is_can_be_read_in_every_window() {
    let mut window = ready();
    window.step_until("the model is ready", |harness| {
        harness.query_by_label_contains("trained on waves").is_some()
    });
    for size in [egui::vec2(1280.0, 800.0), egui::vec2(960.0, 600.0)] {
        window.harness.set_size(size);
        window.settle();
        let line = window.harness.get_by_label_contains("a frame is a jump of 100 ps");
        assert!(line.rect().width() > 20.0);
    }
}
