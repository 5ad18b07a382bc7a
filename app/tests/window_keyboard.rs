//! The window by keyboard alone: turning the molecule, coming to every control, and seeing where the keyboard is.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use equijump_app::viewport::Representation;
use equijump_app::window::file_dialogs::FileAnswer;
use equijump_app::window::ghost::Ghost;
use support::{Window, click, ready, set_number, simulate};

const CTRL_SHIFT: Modifiers = Modifiers::COMMAND.plus(Modifiers::SHIFT);

/// Presses a key and lets passes follow.
fn key(window: &mut Window, modifiers: Modifiers, key: Key) {
    window.harness.key_press_modifiers(modifiers, key);
    window.settle();
}

/// The name of what has the keyboard.
fn focused(window: &Window) -> String {
    let node = window.harness.root().children_recursive().find(|node| node.accesskit_node().is_focused());
    node.and_then(|node| node.accesskit_node().label()).unwrap_or_default()
}

#[test]
fn the_molecule_is_turned_moved_and_zoomed_by_keys_and_escape_gives_them_back() {
    let mut window = ready();
    let camera = |window: &Window| window.app().viewport().camera();
    let before = camera(&window);
    // Without the focus arrows are those of the timeline.
    key(&mut window, Modifiers::NONE, Key::ArrowUp);
    assert_eq!(camera(&window), before);
    key(&mut window, Modifiers::NONE, Key::V);
    assert!(window.app().viewport().has_focus(&window.harness.ctx));

    key(&mut window, Modifiers::NONE, Key::ArrowRight);
    let turned = camera(&window);
    assert_ne!(turned.world_from_view, before.world_from_view);
    assert_eq!(turned.target_angstrom, before.target_angstrom);
    key(&mut window, Modifiers::NONE, Key::ArrowLeft);
    let back = camera(&window).world_from_view;
    assert!(back.iter().zip(before.world_from_view).all(|(a, b)| (a - b).abs() < 1e-4), "{back:?}");
    key(&mut window, Modifiers::SHIFT, Key::ArrowDown);
    assert_ne!(camera(&window).target_angstrom, before.target_angstrom);
    key(&mut window, Modifiers::ALT, Key::ArrowDown);
    let near = camera(&window).distance_angstrom;
    key(&mut window, Modifiers::NONE, Key::Plus);
    assert!(camera(&window).distance_angstrom < near);
    key(&mut window, Modifiers::NONE, Key::Minus);
    assert!((camera(&window).distance_angstrom / near - 1.0).abs() < 1e-4);
    // Other keys still mean what they do elsewhere, and the focus stays.
    key(&mut window, Modifiers::NONE, Key::Num4);
    assert_eq!(
        window.app().preferences().style.representation,
        equijump_app::viewport::Representation::Ribbon
    );
    assert!(window.app().viewport().has_focus(&window.harness.ctx));

    key(&mut window, Modifiers::NONE, Key::Escape);
    assert!(!window.app().viewport().has_focus(&window.harness.ctx));
    let left = camera(&window);
    key(&mut window, Modifiers::NONE, Key::ArrowRight);
    assert_eq!(camera(&window), left);
}

#[test]
fn turns_by_key_are_one_step_to_undo() {
    let mut window = ready();
    let before = window.app().viewport().camera();
    key(&mut window, Modifiers::NONE, Key::V);
    for _ in 0..6 {
        window.harness.key_press(Key::ArrowRight);
        window.harness.step();
    }
    window.settle();
    assert_ne!(window.app().viewport().camera(), before);
    key(&mut window, Modifiers::COMMAND, Key::Z);
    assert_eq!(window.app().viewport().camera(), before);
    key(&mut window, CTRL_SHIFT, Key::Z);
    assert_ne!(window.app().viewport().camera(), before);
}

/// What Tab comes to, until it comes to the first again: role, name, place.
fn tab_stops(window: &mut Window) -> Vec<(String, String, egui::Rect)> {
    let mut stops = Vec::new();
    let mut first = None;
    for _ in 0..400 {
        window.harness.key_press(Key::Tab);
        // Past what has no name, and until scrolling has ended.
        window.harness.run_steps(10);
        let Some(id) = window.harness.ctx.memory(|memory| memory.focused()) else { continue };
        if *first.get_or_insert(id) == id && !stops.is_empty() {
            break;
        }
        let node = window.harness.root().children_recursive().find(|node| node.accesskit_node().is_focused());
        let response = window.harness.ctx.read_response(id);
        let rect = response.map_or(egui::Rect::NOTHING, |response| response.interact_rect);
        let named = node.map(|node| {
            let node = node.accesskit_node();
            (format!("{:?}", node.role()), node.label().or_else(|| node.value()).unwrap_or_default())
        });
        let (role, name) = named.unwrap_or_default();
        stops.push((role, name, rect));
    }
    stops
}

#[test]
fn a_pane_scrolls_to_its_own_controls_alone() {
    let mut window = ready();
    let place = |window: &Window| window.harness.get_by_label("Protein").rect();
    let before = place(&window);
    // The timeline lies over what of the settings is scrolled away.
    window.harness.get_by_label("Repeat").focus();
    window.harness.run_steps(14);
    assert_eq!(place(&window), before);
    window.harness.get_by_role_and_label(Role::ComboBox, "Device").focus();
    window.harness.run_steps(14);
    assert!(place(&window).top() < before.top());
}

#[test]
fn tab_comes_to_every_control_each_with_a_name_and_in_view() {
    let mut window = ready();
    simulate(&mut window, 10);
    let forms = [
        (egui::vec2(1280.0, 800.0), None, ["Simulate", "Frames", "Until stopped"]),
        (egui::vec2(960.0, 600.0), Some(Modifiers::COMMAND), ["Training", "Topology", "Threads"]),
        (egui::vec2(960.0, 600.0), Some(CTRL_SHIFT), ["Evaluation", "Native", "Stride"]),
    ];
    for (size, form, of_form) in forms {
        if let Some(modifiers) = form {
            key(&mut window, modifiers, Key::T);
        }
        window.harness.set_size(size);
        window.settle();
        let stops = tab_stops(&mut window);
        let told: Vec<String> =
            stops.iter().map(|(role, name, rect)| format!("{role} {name:?} {rect:?}")).collect();
        if std::env::var_os("EQUIJUMP_SHOW_TAB_STOPS").is_some() {
            println!("{}", told.join("\n"));
        }
        for (stop, told) in stops.iter().zip(&told) {
            assert!(!stop.1.is_empty(), "a stop without a name: {told}");
            assert!(stop.2.width() > 6.0 && stop.2.height() > 6.0, "a stop that is not in view: {told}");
        }
        let everywhere = ["3D view of chignolin", "Molecule", "Free energy", "Frame slider", "Select"];
        for wanted in of_form.into_iter().chain(everywhere) {
            assert!(
                stops.iter().any(|stop| stop.1 == wanted),
                "{wanted} is not reached:\n{}",
                told.join("\n")
            );
        }
    }
}

#[test]
fn the_keyboard_comes_back_to_where_it_was_before_a_dialog_or_a_menu() {
    let mut window = ready();
    window.harness.get_by_role_and_label(Role::SpinButton, "Seed").focus();
    window.settle();
    key(&mut window, CTRL_SHIFT, Key::O);
    assert_ne!(focused(&window), "Seed");
    key(&mut window, Modifiers::NONE, Key::Escape);
    assert_eq!(focused(&window), "Seed");

    window.harness.get_by_role_and_label(Role::ComboBox, "Preset").focus();
    window.settle();
    key(&mut window, Modifiers::NONE, Key::Enter);
    key(&mut window, Modifiers::NONE, Key::ArrowDown);
    assert_ne!(focused(&window), "Preset");
    key(&mut window, Modifiers::NONE, Key::Escape);
    assert_eq!(focused(&window), "Preset");

    // A pane that was asked for by keyboard is where the keyboard is then.
    key(&mut window, CTRL_SHIFT, Key::P);
    window.harness.input_mut().events.push(egui::Event::Text("pane contacts".to_owned()));
    window.settle();
    key(&mut window, Modifiers::NONE, Key::Enter);
    assert_eq!(focused(&window), "Contacts");
    // Who clicks has no use for it.
    key(&mut window, Modifiers::NONE, Key::Escape);
    click(&mut window, "More");
    key(&mut window, Modifiers::NONE, Key::Escape);
    assert!(window.harness.ctx.memory(|memory| memory.focused()).is_none());
}

#[test]
fn enter_on_a_file_that_is_there_leads_to_the_question_whether_to_replace_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("work.equijump");
    std::fs::write(&path, "mine").unwrap();
    let mut window = ready();
    window.dialogs.will_answer(FileAnswer::Unavailable);
    key(&mut window, Modifiers::COMMAND, Key::S);
    key(&mut window, Modifiers::COMMAND, Key::A);
    window.harness.input_mut().events.push(egui::Event::Text(path.display().to_string()));
    window.settle();
    key(&mut window, Modifiers::NONE, Key::Enter);
    window.step_until("it is asked", |harness| {
        let asked = harness.query_by_label("Replace the file that is there");
        asked.is_some_and(|node| node.accesskit_node().is_focused())
    });
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "mine");
    key(&mut window, Modifiers::NONE, Key::Space);
    key(&mut window, Modifiers::NONE, Key::Tab);
    key(&mut window, Modifiers::NONE, Key::Enter);
    window.step_until("it is replaced", |_| std::fs::read_to_string(&path).unwrap() != "mine");
}

#[test]
fn arrows_step_through_frames_on_the_slider_and_through_residues_on_the_sequence() {
    let mut window = ready();
    simulate(&mut window, 10);
    key(&mut window, Modifiers::NONE, Key::Home);
    window.harness.get_by_role_and_label(Role::Slider, "Frame slider").focus();
    window.settle();
    for _ in 0..3 {
        key(&mut window, Modifiers::NONE, Key::ArrowRight);
    }
    key(&mut window, Modifiers::NONE, Key::ArrowLeft);
    assert_eq!(window.app().timeline().frame(), 2);
    key(&mut window, Modifiers::NONE, Key::End);
    assert_eq!(window.app().timeline().frame(), 10, "other keys mean what they do elsewhere");

    window.harness.get_by_role_and_label(Role::GraphicsObject, "Sequence").focus();
    window.settle();
    for _ in 0..3 {
        key(&mut window, Modifiers::NONE, Key::ArrowRight);
    }
    let topology = window.app().project().opened.as_ref().unwrap().structure.topology.clone();
    assert_eq!(window.app().selected_atom(), Some(topology.ca(2)));
    key(&mut window, Modifiers::NONE, Key::ArrowLeft);
    assert_eq!(window.app().selected_atom(), Some(topology.ca(1)));
    assert_eq!(window.app().timeline().frame(), 10);
}

#[test]
fn the_menu_of_what_has_the_keyboard_is_opened_by_key_and_gives_the_keyboard_back() {
    let mut window = ready();
    simulate(&mut window, 10);
    let open = [(Modifiers::SHIFT, Key::F10), (Modifiers::NONE, Key::Menu)];
    for (what, entry, (modifiers, opens)) in [
        ("3D view of chignolin", "Reset view", open[0]),
        ("Free-energy map", "Show the whole map", open[1]),
        ("RMSD plot", "Go to frame", open[0]),
    ] {
        window.harness.get_by_role_and_label(Role::GraphicsObject, what).focus();
        window.settle();
        assert_eq!(focused(&window), what);
        key(&mut window, modifiers, opens);
        window.harness.run_steps(6);
        assert!(egui::Popup::is_any_open(&window.harness.ctx), "{what}");
        let entries = window.harness.get_all_by_label_contains(entry);
        assert!(entries.count() > 0, "{what}");
        let first = focused(&window);
        assert_ne!(first, what, "the keyboard goes on in the menu");
        key(&mut window, Modifiers::NONE, Key::ArrowDown);
        assert!(focused(&window) != first && !focused(&window).is_empty(), "{what}: {first}");
        key(&mut window, Modifiers::NONE, Key::Escape);
        window.harness.run_steps(6);
        assert!(!egui::Popup::is_any_open(&window.harness.ctx));
        assert_eq!(focused(&window), what);
    }
    click(&mut window, "Runs");
    let row = window.harness.get_by_role_and_label(Role::Button, "1  chignolin");
    row.focus();
    window.settle();
    key(&mut window, Modifiers::SHIFT, Key::F10);
    window.harness.run_steps(6);
    assert!(window.harness.query_by_label("Draw in the plots").is_some());
}

#[test]
fn plots_have_keys_of_their_own() {
    let mut window = ready();
    simulate(&mut window, 10);
    let whole = |window: &Window| window.harness.query_by_label("Whole map").is_none();
    window.harness.get_by_role_and_label(Role::GraphicsObject, "Free-energy map").focus();
    window.settle();
    for moves in [Key::Plus, Key::ArrowLeft, Key::Minus] {
        assert!(whole(&window));
        key(&mut window, Modifiers::NONE, moves);
        assert!(!whole(&window), "{moves:?}");
        key(&mut window, Modifiers::NONE, Key::Num0);
    }
    assert_eq!(focused(&window), "Free-energy map");
    key(&mut window, Modifiers::NONE, Key::Escape);
    key(&mut window, Modifiers::NONE, Key::Home);
    window.harness.get_by_role_and_label(Role::GraphicsObject, "RMSD plot").focus();
    window.settle();
    for _ in 0..2 {
        key(&mut window, Modifiers::NONE, Key::ArrowRight);
    }
    assert_eq!(window.app().timeline().frame(), 2);
    window.harness.get_by_role_and_label(Role::GraphicsObject, "Ramachandran plot").focus();
    window.settle();
    for _ in 0..2 {
        key(&mut window, Modifiers::NONE, Key::ArrowRight);
    }
    let topology = window.app().project().opened.as_ref().unwrap().structure.topology.clone();
    assert_eq!(window.app().selected_atom(), Some(topology.ca(1)));
}

#[test]
fn ghosts_spin_and_fit_are_undone_one_by_one() {
    let mut window = ready();
    key(&mut window, Modifiers::NONE, Key::G);
    key(&mut window, Modifiers::SHIFT, Key::R);
    key(&mut window, Modifiers::SHIFT, Key::F);
    let state = |window: &Window| {
        let preferences = window.app().preferences();
        (*window.app().ghost() == Ghost::Start, preferences.spin, preferences.fit_follows)
    };
    let mut seen = vec![state(&window)];
    for _ in 0..3 {
        key(&mut window, Modifiers::COMMAND, Key::Z);
        seen.push(state(&window));
    }
    assert_eq!(seen, [(true, true, true), (true, true, false), (true, false, false), (false, false, false)]);
    for expected in seen.iter().rev().skip(1) {
        key(&mut window, CTRL_SHIFT, Key::Z);
        assert_eq!(state(&window), *expected);
    }
}

#[test]
fn a_menu_opened_by_its_letter_takes_the_keyboard_and_gives_it_back() {
    let mut window = ready();
    window.harness.get_by_role_and_label(Role::CheckBox, "Until stopped").focus();
    window.settle();
    key(&mut window, Modifiers::ALT, Key::H);
    assert!(focused(&window).starts_with("Keyboard shortcuts"), "{}", focused(&window));
    key(&mut window, Modifiers::NONE, Key::Escape);
    assert_eq!(focused(&window), "Until stopped");
}

#[test]
fn letters_and_digits_work_while_a_tab_has_the_keyboard_and_not_while_a_path_is_typed() {
    let mut window = ready();
    simulate(&mut window, 10);
    window.harness.get_by_label("Log").focus();
    window.settle();
    assert_eq!(focused(&window), "Log");
    key(&mut window, Modifiers::NONE, Key::Num4);
    assert_eq!(window.app().preferences().style.representation, Representation::Ribbon);
    key(&mut window, Modifiers::NONE, Key::Home);
    assert_eq!(window.app().timeline().frame(), 0);
    window.harness.get_by_role_and_label(Role::TextInput, "Select").focus();
    window.settle();
    window.harness.get_by_role_and_label(Role::TextInput, "Select").type_text("1");
    key(&mut window, Modifiers::NONE, Key::Num1);
    assert_eq!(window.app().preferences().style.representation, Representation::Ribbon);
}

#[test]
fn alt_and_a_letter_open_a_menu_that_the_keyboard_goes_on_in() {
    let mut window = ready();
    simulate(&mut window, 10);
    set_number(&mut window, "Frame", 3);
    // F alone follows the newest frame; with Alt it is the menu's.
    window.harness.key_press_modifiers(egui::Modifiers::ALT, egui::Key::F);
    window.settle();
    assert_eq!(window.app().timeline().frame(), 3);
    let first = window.harness.query_by_label_contains("Open…");
    assert!(first.is_some());
    window.harness.key_press(egui::Key::Escape);
    window.settle();
    // In a slow pass Alt is up again by the time that the key is looked at.
    window.harness.input_mut().events.push(egui::Event::Key {
        key: egui::Key::F,
        physical_key: None,
        pressed: true,
        repeat: false,
        modifiers: egui::Modifiers::ALT,
    });
    window.settle();
    assert_eq!(window.app().timeline().frame(), 3);
    assert!(window.harness.query_by_label_contains("Open…").is_some());
    window.harness.key_press(egui::Key::Escape);
    window.settle();
    window.harness.key_press_modifiers(egui::Modifiers::ALT, egui::Key::V);
    window.settle();
    window.harness.get_by_label_contains("Light theme").click();
    window.settle();
    assert!(!window.harness.ctx.global_style().visuals.dark_mode);
}

#[test]
fn typing_does_not_trigger_shortcuts() {
    let mut window = ready();
    simulate(&mut window, 10);
    window.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::G);
    window.settle();
    assert!(window.harness.query_by_label_contains("Frame number, 0 to 10").is_some());
    // What is typed takes the place of the number that is there.
    window.harness.get_by_role_and_label(Role::TextInput, "Frame number, 0 to 10").type_text("7");
    window.settle();
    click(&mut window, "Go");
    assert_eq!(window.app().timeline().frame(), 7);
    window.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::G);
    window.settle();
    window.harness.key_press(egui::Key::Home);
    window.settle();
    assert_eq!(window.app().timeline().frame(), 7);
}

#[test]
fn keys_pressed_between_two_passes_all_count() {
    let mut window = ready();
    simulate(&mut window, 10);
    window.harness.key_press(egui::Key::Home);
    window.settle();
    for _ in 0..4 {
        for pressed in [true, false] {
            let key = egui::Key::ArrowRight;
            let modifiers = egui::Modifiers::NONE;
            let event = egui::Event::Key { key, physical_key: None, pressed, repeat: false, modifiers };
            window.harness.input_mut().events.push(event);
        }
    }
    window.settle();
    assert_eq!(window.app().timeline().frame(), 4);
}

#[test]
fn every_shortcut_is_listed_in_the_help() {
    let mut window = ready();
    window.harness.key_press(egui::Key::F1);
    window.settle();
    for &command in equijump_app::window::command::UiCommand::ALL {
        if command.text().shortcut.is_some() {
            let label = command.text().text.trim_end_matches('…');
            assert!(window.harness.query_all_by_label(label).next().is_some(), "{label} is not listed");
        }
    }
}

#[test]
fn space_plays_even_after_a_button_was_clicked() {
    let mut window = ready();
    simulate(&mut window, 20);
    click(&mut window, "First frame");
    window.harness.key_press(egui::Key::Space);
    window.step_until("playback has moved on", |harness| harness.state().timeline().frame() > 3);
}
