//! The pointer in the viewport: naming, clicking, turning, moving and zooming.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod gl_harness;

use egui::{Event, Modifiers, PointerButton, Pos2, pos2};
use equijump_app::viewport::{Bounds, Camera, Representation, Style, Viewport};
use equijump_engine::structure::OpenedStructure;
use gl_harness::{GlHarness, protein, viewport_of};

const WIDTH: f32 = 400.0;
const HEIGHT: f32 = 300.0;

fn shown() -> Option<(GlHarness, Viewport, OpenedStructure)> {
    let mut harness = GlHarness::new(WIDTH as u32, HEIGHT as u32)?;
    harness.egui.all_styles_mut(|style| style.animation_time = 0.0);
    let opened = protein("chignolin");
    let mut viewport = viewport_of(&opened);
    harness.show(&mut viewport, Vec::new());
    Some((harness, viewport, opened))
}

/// Where an atom appears, points.
fn place(viewport: &Viewport, opened: &OpenedStructure, atom: usize) -> Pos2 {
    let ([x, y], _) = viewport.camera().project(opened.positions_angstrom[atom], WIDTH / HEIGHT).unwrap();
    pos2((x + 1.0) / 2.0 * WIDTH, (1.0 - y) / 2.0 * HEIGHT)
}

/// An atom that nothing hides.
fn visible_atom(viewport: &Viewport, opened: &OpenedStructure) -> usize {
    (0..opened.topology.atom_count())
        .find(|&atom| {
            let ([x, y], _) =
                viewport.camera().project(opened.positions_angstrom[atom], WIDTH / HEIGHT).unwrap();
            viewport.atom_at(x, y, WIDTH / HEIGHT) == Some(atom)
        })
        .unwrap()
}

fn button(pos: Pos2, button: PointerButton, pressed: bool, modifiers: Modifiers) -> Event {
    Event::PointerButton { pos, button, pressed, modifiers }
}

/// Presses, moves and releases, one event a pass as a window would.
fn drag(
    harness: &mut GlHarness,
    viewport: &mut Viewport,
    from: Pos2,
    to: Pos2,
    which: PointerButton,
    modifiers: Modifiers,
) {
    harness.show(viewport, vec![Event::PointerMoved(from)]);
    harness.show(viewport, vec![button(from, which, true, modifiers)]);
    for step in 1..=4 {
        let between = from + (to - from) * (step as f32 / 4.0);
        harness.show(viewport, vec![Event::PointerMoved(between)]);
    }
    harness.show(viewport, vec![button(to, which, false, modifiers)]);
}

#[test]
fn hovering_names_the_atom_and_clicking_selects_it() {
    let Some((mut harness, mut viewport, opened)) = shown() else { return };
    let atom = visible_atom(&viewport, &opened);
    let pos = place(&viewport, &opened, atom);
    harness.show(&mut viewport, vec![Event::PointerMoved(pos)]);
    let response = harness.show(&mut viewport, Vec::new());
    assert_eq!(response.hovered_atom, Some(atom));
    assert_eq!(response.clicked_atom, None);

    harness.show(&mut viewport, vec![button(pos, PointerButton::Primary, true, Modifiers::NONE)]);
    let response =
        harness.show(&mut viewport, vec![button(pos, PointerButton::Primary, false, Modifiers::NONE)]);
    assert_eq!(response.clicked_atom, Some(atom));

    let corner = pos2(2.0, 2.0);
    harness.show(&mut viewport, vec![Event::PointerMoved(corner)]);
    let response = harness.show(&mut viewport, Vec::new());
    assert_eq!(response.hovered_atom, None);
    harness.time_seconds += 2.0; // not a double click
    harness.show(&mut viewport, vec![button(corner, PointerButton::Primary, true, Modifiers::NONE)]);
    let response =
        harness.show(&mut viewport, vec![button(corner, PointerButton::Primary, false, Modifiers::NONE)]);
    assert!(response.clicked_background && response.clicked_atom.is_none());
}

#[test]
fn ribbons_name_residues_by_their_alpha_carbon() {
    let Some((mut harness, mut viewport, opened)) = shown() else { return };
    viewport.set_style(Style { representation: Representation::Ribbon, ..Style::default() });
    harness.show(&mut viewport, Vec::new());
    let named: Vec<usize> = (0..opened.topology.residue_count())
        .filter(|&residue| {
            let ca = opened.topology.ca(residue);
            let pos = place(&viewport, &opened, ca);
            harness.show(&mut viewport, vec![Event::PointerMoved(pos)]);
            harness.show(&mut viewport, Vec::new()).hovered_atom == Some(ca)
        })
        .collect();
    assert!(named.len() >= 5, "{named:?}");
}

#[test]
fn dragging_turns_about_the_target() {
    let Some((mut harness, mut viewport, _)) = shown() else { return };
    let before = viewport.camera();
    drag(
        &mut harness,
        &mut viewport,
        pos2(200.0, 150.0),
        pos2(280.0, 190.0),
        PointerButton::Primary,
        Modifiers::NONE,
    );
    let after = viewport.camera();
    assert_ne!(after.world_from_view, before.world_from_view);
    assert_eq!(after.target_angstrom, before.target_angstrom);
    assert_eq!(after.distance_angstrom, before.distance_angstrom);
}

#[test]
fn dragging_with_the_right_button_or_shift_moves_what_is_grabbed_along() {
    for (which, modifiers) in
        [(PointerButton::Secondary, Modifiers::NONE), (PointerButton::Middle, Modifiers::NONE)]
    {
        let Some((mut harness, mut viewport, opened)) = shown() else { return };
        // At the depth of the target, a pan follows the pointer exactly.
        let target = viewport.camera().target_angstrom;
        let from = pos2(200.0, 150.0);
        let to = pos2(262.0, 120.0);
        let before = viewport.camera();
        drag(&mut harness, &mut viewport, from, to, which, modifiers);
        let after = viewport.camera();
        assert_eq!(after.world_from_view, before.world_from_view);
        let ([x, y], _) = after.project(target, WIDTH / HEIGHT).unwrap();
        let moved = pos2((x + 1.0) / 2.0 * WIDTH, (1.0 - y) / 2.0 * HEIGHT);
        // The first points of a drag, before egui knows it from a click, may be lost.
        assert!((moved - to).length() < 8.0, "{moved:?} instead of {to:?}");
        drop(opened);
    }
}

#[test]
fn scrolling_zooms_towards_the_target() {
    let Some((mut harness, mut viewport, _)) = shown() else { return };
    let before = viewport.camera();
    harness.show(&mut viewport, vec![Event::PointerMoved(pos2(200.0, 150.0))]);
    for _ in 0..20 {
        harness.show(
            &mut viewport,
            vec![Event::MouseWheel {
                unit: egui::MouseWheelUnit::Point,
                source: egui::MouseWheelSource::Wheel,
                delta: egui::vec2(0.0, 10.0),
                phase: egui::TouchPhase::Move,
                modifiers: Modifiers::NONE,
            }],
        );
    }
    let after = viewport.camera();
    assert!(after.distance_angstrom < 0.9 * before.distance_angstrom);
    assert_eq!(after.target_angstrom, before.target_angstrom);
}

#[test]
fn a_double_click_focuses_an_atom_and_on_the_background_frames_all() {
    let Some((mut harness, mut viewport, opened)) = shown() else { return };
    let framed = viewport.camera();
    let atom = visible_atom(&viewport, &opened);
    let double_click = |harness: &mut GlHarness, viewport: &mut Viewport, pos: Pos2| {
        harness.time_seconds += 2.0;
        harness.show(viewport, vec![Event::PointerMoved(pos)]);
        for _ in 0..2 {
            harness.show(viewport, vec![button(pos, PointerButton::Primary, true, Modifiers::NONE)]);
            harness.show(viewport, vec![button(pos, PointerButton::Primary, false, Modifiers::NONE)]);
        }
        harness.show(viewport, Vec::new());
        harness.show(viewport, Vec::new());
    };
    let pos = place(&viewport, &opened, atom);
    double_click(&mut harness, &mut viewport, pos);
    assert_eq!(viewport.camera().target_angstrom, opened.positions_angstrom[atom]);
    // The molecule is larger than the view now; a corner that shows background is found by picking.
    let background = [(-0.99, 0.99), (0.99, 0.99), (-0.99, -0.99), (0.99, -0.99)]
        .into_iter()
        .find(|&(x, y)| viewport.atom_at(x, y, WIDTH / HEIGHT).is_none())
        .unwrap();
    let pos = pos2((background.0 + 1.0) / 2.0 * WIDTH, (1.0 - background.1) / 2.0 * HEIGHT);
    double_click(&mut harness, &mut viewport, pos);
    let back = viewport.camera();
    assert_eq!(back.target_angstrom, framed.target_angstrom);
    assert!((back.distance_angstrom - framed.distance_angstrom).abs() < 1e-3);
}

#[test]
fn playback_does_not_move_the_camera() {
    let Some((mut harness, mut viewport, opened)) = shown() else { return };
    let before = viewport.camera();
    let first = harness.image();
    for frame in 1..10 {
        let shifted: Vec<[f32; 3]> = opened
            .positions_angstrom
            .iter()
            .map(|p| [p[0] + 0.2 * frame as f32, p[1] * (1.0 + 0.02 * frame as f32), p[2]])
            .collect();
        assert!(viewport.set_positions(&shifted));
        harness.show(&mut viewport, Vec::new());
        assert_eq!(viewport.camera(), before);
    }
    assert_ne!(harness.image(), first, "but the molecule has moved");
}

#[test]
fn a_camera_of_another_session_stays_where_it_shows_the_molecule_and_is_fitted_where_it_does_not() {
    let Some((mut harness, before, opened)) = shown() else { return };
    let seen = |camera: &Camera| {
        let sees = |position: &&[f32; 3]| {
            let at = camera.project(**position, WIDTH / HEIGHT);
            at.is_some_and(|([x, y], _)| x.abs() <= 1.0 && y.abs() <= 1.0)
        };
        opened.positions_angstrom.iter().filter(sees).count()
    };
    let mut restored = |camera: Camera| {
        let mut viewport = viewport_of(&opened);
        viewport.restore_camera(camera);
        for _ in 0..60 {
            harness.show(&mut viewport, Vec::new());
        }
        viewport.camera()
    };
    let all = opened.positions_angstrom.len();
    let [x, y, z] = before.camera().target_angstrom;
    let elsewhere = Camera { target_angstrom: [x + 90.0, y, z], ..before.camera() };
    let far = Camera { distance_angstrom: 2000.0, ..before.camera() };
    for stale in [elsewhere, far] {
        let fitted = restored(stale);
        assert_eq!(seen(&fitted), all);
        assert!(fitted.distance_angstrom < 2.0 * before.camera().distance_angstrom);
        assert_eq!(fitted.world_from_view, stale.world_from_view, "the side is that of the other session");
    }
    let near = Camera { distance_angstrom: 15.0, ..before.camera() };
    assert!(seen(&near) < all);
    assert_eq!(restored(near), near, "the user had come near");
}

#[test]
fn a_molecule_that_has_left_the_view_is_followed() {
    let Some((mut harness, mut viewport, opened)) = shown() else { return };
    let before = viewport.camera();
    // To the right of the view, by 400 Å.
    let [x, y, z, w] = before.world_from_view;
    let way = [1.0 - 2.0 * (y * y + z * z), 2.0 * (x * y + w * z), 2.0 * (x * z - w * y)].map(|a| 400.0 * a);
    let moved = |p: &[f32; 3]| -> [f32; 3] { std::array::from_fn(|k| p[k] + way[k]) };
    let gone: Vec<[f32; 3]> = opened.positions_angstrom.iter().map(moved).collect();
    let first = harness.image();
    assert!(viewport.set_positions(&gone));
    for _ in 0..60 {
        harness.show(&mut viewport, Vec::new());
    }
    let (expected, after) = (moved(&before.target_angstrom), viewport.camera().target_angstrom);
    assert!(expected.iter().zip(after).all(|(a, b)| (a - b).abs() < 0.5), "{after:?}");
    // Depth cueing has gone with it: nothing has faded.
    let differing = |a: &image::Rgba<u8>, b: &image::Rgba<u8>| (0..3).any(|k| a.0[k].abs_diff(b.0[k]) > 24);
    let image = harness.image();
    let differing = first.pixels().zip(image.pixels()).filter(|(a, b)| differing(a, b)).count();
    assert!(differing < (WIDTH * HEIGHT / 20.0) as usize, "{differing} pixels differ");
}

#[test]
fn a_view_that_becomes_narrower_steps_back_until_all_of_the_molecule_is_in_it() {
    let Some((mut harness, mut viewport, opened)) = shown() else { return };
    let (width, height) = (WIDTH / 2.0, HEIGHT);
    let out = |viewport: &Viewport| {
        let seen = |position: [f32; 3]| viewport.camera().project(position, width / height);
        let is_out =
            |at: Option<([f32; 2], f32)>| at.is_none_or(|([x, y], _)| x.abs() > 1.0 || y.abs() > 1.0);
        opened.positions_angstrom.iter().filter(|position| is_out(seen(**position))).count()
    };
    assert!(out(&viewport) > 0, "it fills the whole view");
    for _ in 0..60 {
        harness.pass(Vec::new(), |ui| {
            let rect = egui::Rect::from_min_size(Pos2::ZERO, egui::vec2(width, height));
            let mut half = ui.new_child(egui::UiBuilder::new().max_rect(rect));
            viewport.ui(&mut half)
        });
    }
    assert_eq!(out(&viewport), 0);
}

#[test]
fn two_views_from_the_same_side_both_show_all_of_their_molecules_wherever_these_are() {
    let Some(mut harness) = GlHarness::new(WIDTH as u32, HEIGHT as u32) else { return };
    let (small, large) = (protein("chignolin"), protein("villin"));
    let aspect = WIDTH / 2.0 / HEIGHT;
    for own in [&small, &large] {
        let other = if std::ptr::eq(own, &small) { &large } else { &small };
        let mut view = viewport_of(own);
        harness.show(&mut view, Vec::new());
        let moved: Vec<[f32; 3]> =
            other.positions_angstrom.iter().map(|p| [p[0] + 500.0, p[1], p[2]]).collect();
        let mut tile = Viewport::new();
        tile.set_molecule(other.topology.clone());
        tile.set_positions(&moved);
        let center = Bounds::of_points(&moved, 0.0).unwrap().center;
        tile.set_camera(Camera { target_angstrom: center, ..view.camera() });
        for _ in 0..90 {
            if tile.is_moving() {
                view.look_like(&tile);
            } else {
                tile.look_like(&view);
            }
            harness.pass(Vec::new(), |ui| {
                for (view, x) in [(&mut tile, WIDTH / 2.0), (&mut view, 0.0)] {
                    let rect = egui::Rect::from_min_size(pos2(x, 0.0), egui::vec2(WIDTH / 2.0, HEIGHT));
                    view.ui(&mut ui.new_child(egui::UiBuilder::new().id_salt(x as u32).max_rect(rect)));
                }
            });
        }
        for (view, positions) in [(&view, &own.positions_angstrom[..]), (&tile, &moved[..])] {
            let out = |position: &&[f32; 3]| {
                let at = view.camera().project(**position, aspect);
                at.is_none_or(|([x, y], _)| x.abs() > 1.0 || y.abs() > 1.0)
            };
            assert_eq!(positions.iter().filter(out).count(), 0);
        }
        assert_eq!(view.camera().world_from_view, tile.camera().world_from_view);
        assert_eq!(view.camera().distance_angstrom, tile.camera().distance_angstrom);
    }
}
