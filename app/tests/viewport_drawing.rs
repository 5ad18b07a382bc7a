//! What the viewport draws, against geometry worked out by hand: colors at projected atoms, sizes, depth
//! order, transparency, and that egui around it is left alone.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod gl_harness;

use std::sync::Arc;

use equijump_app::viewport::{
    Camera, Coloring, GraphicsError, ImageRequest, Projection, Representation, RibbonAtoms, Style, Viewport,
    palette,
};
use equijump_engine::structure::{Element, Residue, ResidueType, Topology};
use gl_harness::{ASPECT, Dialect, GlHarness, HEIGHT, REQUEST, WIDTH, plain, protein, viewport_of};

/// Glycine: N, CA, C, O wherever the test wants them.
fn glycine(positions: [[f32; 3]; 4], representation: Representation, projection: Projection) -> Viewport {
    let residue = Residue { kind: ResidueType::Gly, number: 1, insertion_code: None };
    let mut viewport = Viewport::new();
    viewport.set_molecule(Arc::new(Topology::new("GLY", "A", vec![residue])));
    assert!(viewport.set_positions(&positions));
    viewport.set_style(plain(representation));
    viewport.set_camera(Camera { projection, distance_angstrom: 40.0, ..Camera::default() });
    viewport
}

/// Far to the side, out of view.
const AWAY: [f32; 3] = [300.0, 0.0, 0.0];

fn pixel_at(image: &image::RgbaImage, x: f32, y: f32) -> [u8; 4] {
    let (width, height) = image.dimensions();
    let column = ((x + 1.0) / 2.0 * width as f32) as u32;
    let row = ((1.0 - y) / 2.0 * height as f32) as u32;
    image.get_pixel(column.min(width - 1), row.min(height - 1)).0
}

/// Largest difference of a channel.
fn difference(pixel: [u8; 4], color: [u8; 3]) -> u8 {
    (0..3).map(|k| pixel[k].abs_diff(color[k])).max().unwrap()
}

/// The element whose color is nearest to a pixel, brightness aside.
fn nearest_element(pixel: [u8; 4]) -> Element {
    let hue = |rgb: [u8; 3]| {
        let linear = palette::light_from_srgb(rgb);
        let length = linear.iter().map(|x| x * x).sum::<f32>().sqrt().max(1e-6);
        linear.map(|x| x / length)
    };
    let seen = hue([pixel[0], pixel[1], pixel[2]]);
    let distance = |element| {
        let own = hue(palette::element(element));
        (0..3).map(|k| (seen[k] - own[k]).powi(2)).sum::<f32>()
    };
    [Element::Carbon, Element::Nitrogen, Element::Oxygen, Element::Sulfur]
        .into_iter()
        .min_by(|&a, &b| distance(a).total_cmp(&distance(b)))
        .unwrap()
}

#[test]
fn visible_atoms_have_their_color_and_are_picked_at_their_center() {
    let Some(harness) = GlHarness::new(WIDTH, HEIGHT) else { return };
    for name in ["chignolin", "villin"] {
        let opened = protein(name);
        for representation in [Representation::BallAndStick, Representation::Spacefill] {
            let mut viewport = viewport_of(&opened);
            viewport.set_style(plain(representation));
            // Large enough that the smallest atom covers several pixels.
            let request = ImageRequest { width: 2 * WIDTH, height: 2 * HEIGHT, transparent: false };
            let image = viewport.render_to_image(&harness.gl, request).unwrap();
            let camera = viewport.camera();
            let mut visible = 0;
            for (index, atom) in opened.topology.atoms().iter().enumerate() {
                let ([x, y], _) = camera.project(opened.positions_angstrom[index], ASPECT).unwrap();
                // Something may be in front of it, and pixels on its edge mix colors.
                let pixel_wide = 2.0 / request.height as f32;
                let around = [(0.0, 0.0), (-1.0, 0.0), (1.0, 0.0), (0.0, -1.0), (0.0, 1.0)];
                let own = |&(dx, dy): &(f32, f32)| {
                    viewport.atom_at(x + dx * pixel_wide, y + dy * pixel_wide, ASPECT) == Some(index)
                };
                if !around.iter().all(own) {
                    continue;
                }
                visible += 1;
                let pixel = pixel_at(&image, x, y);
                let label = opened.topology.atom_label(index);
                assert_eq!(nearest_element(pixel), atom.element, "{label} in {name}: {pixel:?}");
            }
            let least = if representation == Representation::BallAndStick { 0.5 } else { 0.1 };
            assert!(visible as f32 > least * opened.topology.atom_count() as f32, "{visible} visible");
        }
    }
}

#[test]
fn a_sphere_facing_the_eye_shows_its_legend_color() {
    let Some(harness) = GlHarness::new(WIDTH, HEIGHT) else { return };
    for (offset, element) in [(0, Element::Nitrogen), (1, Element::Carbon), (3, Element::Oxygen)] {
        let mut positions = [AWAY; 4];
        positions[offset] = [0.0; 3];
        let mut viewport = glycine(positions, Representation::Spacefill, Projection::Perspective);
        let image = viewport.render_to_image(&harness.gl, REQUEST).unwrap();
        let pixel = pixel_at(&image, 0.0, 0.0);
        assert!(difference(pixel, palette::element(element)) < 24, "{element:?}: {pixel:?}");
    }
}

#[test]
fn nearer_atoms_hide_farther_ones() {
    let Some(harness) = GlHarness::new(WIDTH, HEIGHT) else { return };
    for projection in [Projection::Perspective, Projection::Orthographic] {
        for (nitrogen_z, front) in [(4.0, Element::Nitrogen), (-4.0, Element::Oxygen)] {
            let positions = [[0.0, 0.0, nitrogen_z], AWAY, AWAY, [0.0, 0.0, 0.0]];
            let mut viewport = glycine(positions, Representation::Spacefill, projection);
            let image = viewport.render_to_image(&harness.gl, REQUEST).unwrap();
            assert_eq!(nearest_element(pixel_at(&image, 0.0, 0.0)), front, "{projection:?}");
            let picked = viewport.atom_at(0.0, 0.0, ASPECT);
            assert_eq!(picked, Some(if front == Element::Nitrogen { 0 } else { 3 }));
        }
    }
}

/// Two spheres of nearly one size that overlap meet in the plane between them, which only true depth shows.
#[test]
fn overlapping_spheres_meet_in_the_middle() {
    let Some(harness) = GlHarness::new(WIDTH, HEIGHT) else { return };
    let positions = [[-0.6, 0.0, 0.0], AWAY, AWAY, [0.6, 0.0, 0.0]];
    let mut viewport = glycine(positions, Representation::Spacefill, Projection::Orthographic);
    let image = viewport.render_to_image(&harness.gl, REQUEST).unwrap();
    let half_width_angstrom = 0.5 * viewport.camera().angstrom_per_unit(1.0) * ASPECT;
    // Radii 1.55 and 1.52: the circle where they meet has x with (x+.6)² − 1.55² = (x−.6)² − 1.52².
    let meeting_x = (1.55f32.powi(2) - 1.52f32.powi(2)) / (4.0 * 0.6);
    let margin = 0.12;
    let left = pixel_at(&image, (meeting_x - margin) / half_width_angstrom, 0.0);
    let right = pixel_at(&image, (meeting_x + margin) / half_width_angstrom, 0.0);
    assert_eq!(nearest_element(left), Element::Nitrogen);
    assert_eq!(nearest_element(right), Element::Oxygen);
}

/// Area of the outline: in parallel projection that of the great circle, in perspective that of the cone
/// which touches the sphere.
#[test]
fn spheres_have_their_exact_size() {
    let Some(harness) = GlHarness::new(WIDTH, HEIGHT) else { return };
    let request = ImageRequest { transparent: true, ..REQUEST };
    for projection in [Projection::Orthographic, Projection::Perspective] {
        let mut viewport = glycine([AWAY, [0.0; 3], AWAY, AWAY], Representation::Spacefill, projection);
        viewport.set_camera(Camera { projection, distance_angstrom: 9.0, ..Camera::default() });
        let image = viewport.render_to_image(&harness.gl, request).unwrap();
        let covered = image.pixels().map(|pixel| f32::from(pixel.0[3]) / 255.0).sum::<f32>();
        let (radius, distance) = (1.70f32, 9.0f32);
        let seen_radius = match projection {
            Projection::Orthographic => radius,
            Projection::Perspective => distance * radius / (distance * distance - radius * radius).sqrt(),
        };
        let pixel_angstrom = viewport.camera().angstrom_per_unit(HEIGHT as f32);
        let expected = std::f32::consts::PI * (seen_radius / pixel_angstrom).powi(2);
        assert!((covered / expected - 1.0).abs() < 0.01, "{projection:?}: {covered} for {expected}");
    }
}

#[test]
fn bonds_are_halved_between_their_atoms() {
    let Some(harness) = GlHarness::new(WIDTH, HEIGHT) else { return };
    // N at the left, CA at the right, 1.46 Å apart; the camera near.
    let positions = [[-0.73, 0.0, 0.0], [0.73, 0.0, 0.0], AWAY, AWAY];
    for projection in [Projection::Perspective, Projection::Orthographic] {
        let mut viewport = glycine(positions, Representation::Sticks, projection);
        viewport.set_camera(Camera { projection, distance_angstrom: 8.0, ..Camera::default() });
        let image = viewport.render_to_image(&harness.gl, REQUEST).unwrap();
        let half_width_angstrom = 0.5 * viewport.camera().angstrom_per_unit(1.0) * ASPECT;
        for (x, element, atom) in [(-0.2, Element::Nitrogen, 0), (0.2, Element::Carbon, 1)] {
            let x = x / half_width_angstrom;
            assert_eq!(nearest_element(pixel_at(&image, x, 0.0)), element, "{projection:?} at {x}");
            assert_eq!(viewport.atom_at(x, 0.0, ASPECT), Some(atom));
        }
        // Nothing beside the stick.
        let beside = 0.4 / (0.5 * viewport.camera().angstrom_per_unit(1.0));
        assert_eq!(pixel_at(&image, 0.0, beside), [255, 255, 255, 255]);
        assert_eq!(viewport.atom_at(0.0, beside, ASPECT), None);
    }
}

#[test]
fn every_coloring_shows_different_colors() {
    let Some(harness) = GlHarness::new(WIDTH, HEIGHT) else { return };
    let opened = protein("villin");
    let mut seen: Vec<image::RgbaImage> = Vec::new();
    for coloring in Coloring::ALL.into_iter().chain([Coloring::ResidueValue]) {
        let mut viewport = viewport_of(&opened);
        let values: Vec<f32> = (0..opened.topology.residue_count()).map(|r| (r % 7) as f32).collect();
        viewport.set_residue_values(&values, (0.0, 6.0));
        viewport.set_style(Style { coloring, ..plain(Representation::Spacefill) });
        let image = viewport.render_to_image(&harness.gl, REQUEST).unwrap();
        assert!(!seen.contains(&image), "{coloring:?} looks like another");
        seen.push(image);
    }
}

#[test]
fn ribbons_have_the_color_of_their_residues() {
    let Some(harness) = GlHarness::new(WIDTH, HEIGHT) else { return };
    let opened = protein("lambda");
    let mut viewport = viewport_of(&opened);
    viewport.set_style(Style { coloring: Coloring::ResidueType, ..plain(Representation::Ribbon) });
    let image = viewport.render_to_image(&harness.gl, REQUEST).unwrap();
    let (mut hits, mut right) = (0, 0);
    for row in (0..HEIGHT).step_by(3) {
        for column in (0..WIDTH).step_by(3) {
            let x = (column as f32 + 0.5) / WIDTH as f32 * 2.0 - 1.0;
            let y = 1.0 - (row as f32 + 0.5) / HEIGHT as f32 * 2.0;
            let Some(atom) = viewport.atom_at(x, y, ASPECT) else { continue };
            hits += 1;
            let atom = &opened.topology.atoms()[atom];
            assert_eq!(atom.name, "CA");
            let own = palette::ResidueClass::of(opened.topology.residues()[atom.residue].kind);
            let pixel = image.get_pixel(column, row).0;
            let hue = |rgb: [u8; 3]| {
                let linear = palette::light_from_srgb(rgb);
                let sum = linear.iter().sum::<f32>().max(1e-6);
                linear.map(|x| x / sum)
            };
            let seen = hue([pixel[0], pixel[1], pixel[2]]);
            let distance = |class: palette::ResidueClass| {
                let color = hue(class.color());
                (0..3).map(|k| (seen[k] - color[k]).powi(2)).sum::<f32>()
            };
            let nearest = palette::ResidueClass::ALL
                .into_iter()
                .min_by(|&a, &b| distance(a).total_cmp(&distance(b)))
                .unwrap();
            right += usize::from(nearest == own);
        }
    }
    assert!(hits > 300, "{hits} hits");
    // Pixels on edges mix colors.
    assert!(right as f32 > 0.85 * hits as f32, "{right} of {hits}");
}

/// What is drawn is what can be picked, pixel by pixel: two independent computations of the same shapes,
/// with the molecule whole, cut off by the border, and from very near.
#[test]
fn drawn_pixels_are_those_that_can_be_picked() {
    let Some(harness) = GlHarness::new(WIDTH, HEIGHT) else { return };
    let opened = protein("proteing");
    let request = ImageRequest { transparent: true, ..REQUEST };
    for representation in Representation::ALL {
        for projection in [Projection::Perspective, Projection::Orthographic] {
            let mut viewport = viewport_of(&opened);
            viewport.set_style(Style { ribbon_atoms: RibbonAtoms::SideChains, ..plain(representation) });
            viewport.set_projection(projection);
            viewport.render_to_image(&harness.gl, request).unwrap(); // places the camera
            let whole = viewport.camera();
            let mut cut = whole;
            cut.pan(0.7, -0.4, 1.0);
            let mut near = whole;
            near.zoom(5.0);
            for camera in [whole, cut, near] {
                viewport.set_camera(camera);
                let image = viewport.render_to_image(&harness.gl, request).unwrap();
                let (mut looked_at, mut covered, mut wrong) = (0, 0, 0);
                for row in (1..HEIGHT).step_by(6) {
                    for column in (1..WIDTH).step_by(6) {
                        let alpha = image.get_pixel(column, row).0[3];
                        if alpha != 0 && alpha != 255 {
                            continue; // an edge
                        }
                        let x = (column as f32 + 0.5) / WIDTH as f32 * 2.0 - 1.0;
                        let y = 1.0 - (row as f32 + 0.5) / HEIGHT as f32 * 2.0;
                        looked_at += 1;
                        covered += i32::from(alpha == 255);
                        wrong += i32::from((alpha == 255) != viewport.atom_at(x, y, ASPECT).is_some());
                    }
                }
                assert!(covered > looked_at / 50, "{representation:?}: only {covered} covered");
                assert!(wrong <= 1, "{representation:?} {projection:?} {camera:?}: {wrong} of {looked_at}");
            }
            viewport.release_graphics();
        }
    }
}

#[test]
fn transparent_images_have_no_background() {
    let Some(harness) = GlHarness::new(WIDTH, HEIGHT) else { return };
    let mut viewport = viewport_of(&protein("chignolin"));
    let request = ImageRequest { transparent: true, ..REQUEST };
    let image = viewport.render_to_image(&harness.gl, request).unwrap();
    assert_eq!(image.get_pixel(0, 0).0[3], 0);
    assert!(image.pixels().any(|pixel| pixel.0[3] == 255));
    assert!(image.pixels().any(|pixel| (1..255).contains(&pixel.0[3])), "edges are smooth");
    let opaque = viewport.render_to_image(&harness.gl, REQUEST).unwrap();
    assert!(opaque.pixels().all(|pixel| pixel.0[3] == 255));
}

#[test]
fn images_that_are_too_large_are_an_error() {
    let Some(harness) = GlHarness::new(WIDTH, HEIGHT) else { return };
    let mut viewport = viewport_of(&protein("chignolin"));
    let request = ImageRequest { width: 1_000_000, height: 10, transparent: false };
    let error = viewport.render_to_image(&harness.gl, request).unwrap_err();
    assert!(matches!(error, GraphicsError::TooLarge { .. }), "{error}");
    assert!(viewport.render_to_image(&harness.gl, REQUEST).is_ok(), "and the next one works");
}

#[test]
fn positions_that_are_not_numbers_do_no_harm() {
    let Some(mut harness) = GlHarness::new(WIDTH, HEIGHT) else { return };
    let opened = protein("chignolin");
    let mut positions = opened.positions_angstrom.to_vec();
    positions[7] = [f32::NAN; 3];
    positions[20] = [f32::INFINITY, 0.0, 0.0];
    for representation in Representation::ALL {
        let mut viewport = viewport_of(&opened);
        viewport.set_style(plain(representation));
        assert!(viewport.set_positions(&positions));
        harness.show(&mut viewport, Vec::new());
        assert!(viewport.camera().is_valid());
        if representation != Representation::Ribbon {
            assert!(harness.image().pixels().any(|pixel| pixel.0 != [255, 255, 255, 255]));
        }
    }
    let mut all_bad = viewport_of(&opened);
    assert!(all_bad.set_positions(&vec![[f32::NAN; 3]; positions.len()]));
    harness.show(&mut all_bad, Vec::new());
    assert!(!all_bad.set_positions(&positions[1..]), "wrong number of atoms");
}

#[test]
fn opengl_es_draws_the_same_image() {
    let opened = protein("villin");
    let draw = |dialect, representation| {
        let harness = GlHarness::with_dialect(WIDTH, HEIGHT, dialect)?;
        let mut viewport = viewport_of(&opened);
        viewport.set_style(Style { representation, ..Style::default() });
        let image = viewport.render_to_image(&harness.gl, REQUEST).unwrap();
        viewport.release_graphics();
        Some(image)
    };
    for representation in Representation::ALL {
        let Some(core) = draw(Dialect::Core33, representation) else { return };
        let Some(es) = draw(Dialect::Es30, representation) else { return };
        let different = core
            .pixels()
            .zip(es.pixels())
            .filter(|(a, b)| difference(a.0, [b.0[0], b.0[1], b.0[2]]) > 8)
            .count();
        assert!(different < 100, "{representation:?}: {different} pixels");
    }
}

#[test]
fn the_window_around_the_view_is_left_alone() {
    let Some(mut harness) = GlHarness::new(WIDTH, HEIGHT) else { return };
    let mut viewport = viewport_of(&protein("chignolin"));
    viewport.set_style(plain(Representation::Spacefill));
    let red = egui::Color32::from_rgb(200, 10, 10);
    let blue = egui::Color32::from_rgb(10, 10, 200);
    let inner = egui::Rect::from_min_max(egui::pos2(100.0, 60.0), egui::pos2(300.0, 220.0));
    for _ in 0..2 {
        harness.pass(Vec::new(), |ui| {
            let all = ui.max_rect();
            ui.painter().rect_filled(all, 0.0, red);
            viewport.ui(&mut ui.new_child(egui::UiBuilder::new().max_rect(inner)));
            let badge = egui::Rect::from_min_size(egui::pos2(150.0, 120.0), egui::vec2(30.0, 20.0));
            ui.painter().rect_filled(badge, 0.0, blue);
        });
    }
    let image = harness.image();
    let at = |x, y| image.get_pixel(x, y).0;
    for (x, y) in [(5, 5), (99, 140), (301, 140), (200, 58), (200, 222), (315, 235)] {
        assert_eq!(at(x, y), [200, 10, 10, 255], "outside the view at {x}, {y}");
    }
    assert_eq!(at(101, 61), [255, 255, 255, 255], "background of the view");
    assert_eq!(at(165, 130), [10, 10, 200, 255], "drawn over the view");
    assert!(image.pixels().any(|p| nearest_element(p.0) == Element::Oxygen && p.0 != [200, 10, 10, 255]));
}

#[test]
fn the_same_image_in_the_window_and_in_a_file() {
    let Some(mut harness) = GlHarness::new(WIDTH, HEIGHT) else { return };
    let mut viewport = viewport_of(&protein("villin"));
    viewport.set_samples_per_axis(Some(3));
    for _ in 0..2 {
        harness.show(&mut viewport, Vec::new());
    }
    let window = harness.image();
    assert!(viewport.request_image(REQUEST));
    harness.show(&mut viewport, Vec::new());
    let file = viewport.take_image().unwrap().unwrap();
    let different = window.pixels().zip(file.pixels()).filter(|(a, b)| a != b).count();
    assert!(different < 20, "{different} pixels differ");
    assert!(viewport.take_image().is_none());
}
