//! Frame times, printed; run with `cargo test -p equijump --test viewport_speed -- --ignored --nocapture`.
#![allow(clippy::unwrap_used, missing_docs)]

mod gl_harness;

use std::sync::Arc;
use std::time::Instant;

use equijump_app::viewport::{Representation, SecondaryStructure, Style, Viewport};
use equijump_engine::structure::Topology;
use gl_harness::{GlHarness, protein, secondary_structure};

/// Two copies of lambda repressor side by side, cut to 1,000 atoms or a little more.
#[test]
#[ignore = "a measurement, not a check"]
fn thousand_atoms() {
    let opened = protein("lambda");
    let mut residues = opened.topology.residues().to_vec();
    let mut positions = opened.positions_angstrom.to_vec();
    let mut structure = secondary_structure(&opened);
    for residue in 0..opened.topology.residue_count() {
        if positions.len() >= 1000 {
            break;
        }
        residues.push(opened.topology.residues()[residue].clone());
        structure.push(SecondaryStructure::Coil);
        positions.extend(opened.topology.atom_range(residue).map(|a| {
            let [x, y, z] = opened.positions_angstrom[a];
            [x + 30.0, y, z]
        }));
    }
    let topology = Arc::new(Topology::new("1000 atoms", "A", residues));
    for (width, height) in [(640, 480), (1280, 800)] {
        let Some(mut harness) = GlHarness::new(width, height) else { return };
        println!("{} atoms, {width} × {height}, {}", topology.atom_count(), harness.renderer());
        for representation in Representation::ALL {
            for samples in [1, 2] {
                let mut viewport = Viewport::new();
                viewport.set_molecule(topology.clone());
                viewport.set_positions(&positions);
                viewport.set_secondary_structure(&structure);
                viewport.set_style(Style { representation, ..Style::default() });
                viewport.set_samples_per_axis(Some(samples));
                harness.show(&mut viewport, Vec::new());
                let frames = 10;
                let started = Instant::now();
                for frame in 0..frames {
                    let moved: Vec<[f32; 3]> =
                        positions.iter().map(|p| [p[0] + 0.01 * frame as f32, p[1], p[2]]).collect();
                    viewport.set_positions(&moved);
                    harness.show(&mut viewport, Vec::new());
                    harness.finish();
                }
                let moving = started.elapsed() / frames;
                let started = Instant::now();
                for _ in 0..frames {
                    harness.show(&mut viewport, Vec::new());
                    harness.finish();
                }
                let still = started.elapsed() / frames;
                println!("  {representation:?}, {samples}² samples: {moving:.1?} moving, {still:.1?} still");
                viewport.release_graphics();
            }
        }
    }
}

/// The ribbon is rebuilt on the window's thread for every frame of playback, and searched when the pointer
/// moves.
#[test]
#[ignore = "a measurement, not a check"]
fn ribbons_of_long_chains() {
    let opened = protein("a3d");
    let (mut residues, mut positions) = (Vec::new(), Vec::new());
    for copy in 0..7 {
        residues.extend_from_slice(opened.topology.residues());
        positions.extend(opened.positions_angstrom.iter().map(|p| [p[0], p[1] + 14.0 * copy as f32, p[2]]));
    }
    let topology = Arc::new(Topology::new("long", "A", residues));
    let mut viewport = Viewport::new();
    viewport.set_molecule(topology.clone());
    viewport.set_positions(&positions);
    viewport.set_secondary_structure(&vec![SecondaryStructure::Helix; topology.residue_count()]);
    viewport.set_style(Style { representation: Representation::Ribbon, ..Style::default() });
    let frames = 10;
    let started = Instant::now();
    for frame in 0..frames {
        positions[0][0] += 0.01 * frame as f32 + 0.01;
        viewport.set_positions(&positions);
        viewport.atom_at(0.9, 0.9, 1.0);
    }
    let both = started.elapsed() / frames;
    let started = Instant::now();
    for _ in 0..frames {
        viewport.atom_at(0.9, 0.9, 1.0);
    }
    let search = started.elapsed() / frames;
    println!("{} residues: {:.1?} to build, {search:.1?} to search", topology.residue_count(), both - search);
}
