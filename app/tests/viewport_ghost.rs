//! The ghost and the choice of atoms, by the pixels they leave.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod gl_harness;

use equijump_app::viewport::{
    AtomsShown, Coloring, Conformation, Representation, SecondaryStructureClass, Style, Viewport, palette,
};
use equijump_engine::analysis::dssp;
use equijump_engine::structure::OpenedStructure;
use gl_harness::{ASPECT, GlHarness, HEIGHT, REQUEST, WIDTH, plain, protein, viewport_of};

/// Pixels with the hue of the ghost: red and blue in its proportion, green the least.
fn ghost_pixels(image: &image::RgbaImage) -> usize {
    let [red, _, blue] = palette::light_from_srgb(palette::GHOST);
    image
        .pixels()
        .filter(|pixel| {
            let [r, g, b] = palette::light_from_srgb([pixel[0], pixel[1], pixel[2]]);
            g < r && r < b && b < 0.9 && (r / b - red / blue).abs() < 0.08 && g / b < 0.6
        })
        .count()
}

/// Another conformation, as the ghost is drawn.
fn ghost(positions: &[[f32; 3]]) -> Vec<Conformation> {
    let positions_angstrom = positions.to_vec();
    vec![Conformation { positions_angstrom, color: palette::GHOST, structure: Vec::new() }]
}

fn moved(opened: &OpenedStructure, by: f32) -> Vec<[f32; 3]> {
    opened.positions_angstrom.iter().map(|p| [p[0] + by, p[1] + by, p[2]]).collect()
}

#[test]
fn a_ghost_beside_the_molecule_is_seen_in_its_own_hue_and_one_inside_it_is_not() {
    let Some(harness) = GlHarness::new(WIDTH, HEIGHT) else { return };
    let opened = protein("chignolin");
    for representation in [Representation::BallAndStick, Representation::Ribbon] {
        let mut viewport = viewport_of(&opened);
        viewport.set_style(plain(representation));
        let without = viewport.render_to_image(&harness.gl, REQUEST).unwrap();
        // A few edges between blue and red atoms come near it.
        assert!(ghost_pixels(&without) < 20, "{representation:?}: {} pixels", ghost_pixels(&without));
        assert!(viewport.set_ghosts(ghost(&moved(&opened, 3.0))));
        let beside = viewport.render_to_image(&harness.gl, REQUEST).unwrap();
        assert!(ghost_pixels(&beside) > 150, "{representation:?}: {} pixels", ghost_pixels(&beside));
        if representation == Representation::BallAndStick {
            assert!(viewport.set_ghosts(ghost(&opened.positions_angstrom)));
            let inside = viewport.render_to_image(&harness.gl, REQUEST).unwrap();
            assert!(ghost_pixels(&inside) < 20, "{} pixels", ghost_pixels(&inside));
        }
        assert!(viewport.set_ghosts(Vec::new()));
        assert_eq!(viewport.render_to_image(&harness.gl, REQUEST).unwrap(), without);
    }
}

/// The same positions after a superposition that changed nothing: rounded differently.
fn rounded(opened: &OpenedStructure) -> Vec<[f32; 3]> {
    let nudge = |place: usize| 1e-5 * (place as f32 * 12.9898).sin();
    let positions = opened.positions_angstrom.iter().enumerate();
    positions.map(|(atom, p)| std::array::from_fn(|k| p[k] + nudge(3 * atom + k))).collect()
}

#[test]
fn a_ghost_in_the_place_of_a_ribbon_does_not_flicker_through_it() {
    let Some(harness) = GlHarness::new(WIDTH, HEIGHT) else { return };
    for name in ["chignolin", "villin"] {
        let opened = protein(name);
        let structure: Vec<SecondaryStructureClass> = dssp(&opened.topology, &opened.positions_angstrom)
            .into_iter()
            .map(SecondaryStructureClass::from)
            .collect();
        for known in [Vec::new(), structure.clone()] {
            let mut viewport = viewport_of(&opened);
            viewport.set_secondary_structure(&structure);
            viewport.set_style(plain(Representation::Ribbon));
            let without = viewport.render_to_image(&harness.gl, REQUEST).unwrap();
            let mut ghost = ghost(&rounded(&opened));
            let as_tube = known.is_empty();
            ghost[0].structure = known;
            assert!(viewport.set_ghosts(ghost));
            let with = viewport.render_to_image(&harness.gl, REQUEST).unwrap();
            let seen = ghost_pixels(&with).saturating_sub(ghost_pixels(&without));
            assert!(seen < 20, "{name}, as a tube {as_tube}: {seen} pixels");
        }
    }
}

#[test]
fn a_ghost_of_another_molecule_is_refused_and_is_never_picked() {
    let opened = protein("chignolin");
    let mut viewport = viewport_of(&opened);
    assert!(!viewport.set_ghosts(ghost(&opened.positions_angstrom[1..])));
    let Some(mut harness) = GlHarness::new(WIDTH, HEIGHT) else { return };
    harness.show(&mut viewport, Vec::new());
    let beside = moved(&opened, 40.0);
    assert!(viewport.set_ghosts(ghost(&beside)));
    harness.show(&mut viewport, Vec::new());
    for position in beside {
        if let Some(([x, y], _)) = viewport.camera().project(position, ASPECT) {
            assert_eq!(viewport.atom_at(x, y, ASPECT), None);
        }
    }
}

/// Atoms that the pointer finds at their own place.
fn found(viewport: &Viewport, opened: &OpenedStructure) -> Vec<&'static str> {
    (0..opened.topology.atom_count())
        .filter(|&atom| {
            let projected = viewport.camera().project(opened.positions_angstrom[atom], ASPECT);
            projected.is_some_and(|([x, y], _)| viewport.atom_at(x, y, ASPECT) == Some(atom))
        })
        .map(|atom| opened.topology.atoms()[atom].name)
        .collect()
}

#[test]
fn the_legend_lists_what_is_drawn() {
    let Some(mut harness) = GlHarness::new(WIDTH, HEIGHT) else { return };
    let names = |viewport: &Viewport| viewport.legend().iter().map(|(name, _)| *name).collect::<Vec<_>>();
    for (name, sulfur) in [("chignolin", false), ("villin", true)] {
        let mut viewport = viewport_of(&protein(name));
        harness.show(&mut viewport, Vec::new());
        assert_eq!(names(&viewport).contains(&"Sulfur"), sulfur, "{name}");
        viewport.set_style(plain(Representation::Ribbon));
        harness.show(&mut viewport, Vec::new());
        assert!(names(&viewport).is_empty(), "a ribbon alone shows no element");
        viewport.set_style(Style { coloring: Coloring::ResidueType, ..plain(Representation::Ribbon) });
        // YYDPETGTWY has no aliphatic residue.
        assert_eq!(names(&viewport).contains(&"Aliphatic"), sulfur, "{name}");
    }
}

#[test]
fn backbone_and_side_chains_are_shown_apart() {
    let Some(mut harness) = GlHarness::new(WIDTH, HEIGHT) else { return };
    let opened = protein("chignolin");
    let mut viewport = viewport_of(&opened);
    let backbone = |name: &&str| matches!(*name, "N" | "CA" | "C" | "O");
    for atoms in AtomsShown::ALL {
        viewport.set_style(Style { atoms, ..plain(Representation::BallAndStick) });
        harness.show(&mut viewport, Vec::new());
        let found = found(&viewport, &opened);
        let of_backbone = found.iter().filter(|name| backbone(name)).count();
        let carbonyls = found.iter().filter(|name| **name == "O").count();
        let side_chains = found.len() - of_backbone;
        match atoms {
            AtomsShown::All => assert!(of_backbone > 15 && side_chains > 15, "{found:?}"),
            AtomsShown::Backbone => assert!(of_backbone > 15 && side_chains == 0, "{found:?}"),
            AtomsShown::SideChains => assert!(carbonyls == 0 && side_chains > 15, "{found:?}"),
        }
    }
}

#[test]
fn pictures_of_a_film_are_fitted_to_each_frame_where_the_view_is() {
    let opened = protein("chignolin");
    let far = moved(&opened, 70.0);
    let size = [400, 200];
    let inside = |camera: &equijump_app::viewport::Camera, positions: &[[f32; 3]]| {
        positions.iter().all(|&position| {
            let at = camera.project(position, 2.0);
            at.is_some_and(|([x, y], _)| x.abs() <= 1.0 && y.abs() <= 1.0)
        })
    };
    let mut viewport = viewport_of(&opened);
    viewport.set_fit_following(true);
    let first = viewport.camera_for_picture(viewport.camera(), size);
    assert!(inside(&first, &opened.positions_angstrom) && !inside(&first, &far));
    assert!(viewport.set_positions(&far));
    let mut turned = first;
    turned.orbit(0.5, 0.0);
    let second = viewport.camera_for_picture(turned, size);
    assert!(inside(&second, &far) && !inside(&second, &opened.positions_angstrom));
    assert_eq!(
        second.world_from_view, turned.world_from_view,
        "the way around the molecule is the film's own"
    );

    // Without it the camera stays as long as all is seen.
    viewport.set_fit_following(false);
    assert_eq!(viewport.camera_for_picture(second, size), second);
    let grown: Vec<[f32; 3]> = opened.positions_angstrom.iter().map(|p| p.map(|x| 3.0 * x)).collect();
    assert!(viewport.set_positions(&grown));
    assert!(inside(&viewport.camera_for_picture(first, size), &grown), "it steps back");
}
