//! The ribbon as a mesh: closed, smooth, along the backbone, for all bundled proteins.
#![allow(clippy::unwrap_used, missing_docs)]

mod gl_harness;

use std::collections::HashMap;

use equijump_app::viewport::SecondaryStructureClass;
use equijump_app::viewport::ribbon::{ColorSteps, RibbonMesh};
use equijump_engine::structure::OpenedStructure;
use gl_harness::{protein, secondary_structure};

const PROTEINS: [&str; 12] = [
    "chignolin",
    "trpcage",
    "bba",
    "villin",
    "wwdomain",
    "ntl9",
    "bbl",
    "proteinb",
    "homeodomain",
    "proteing",
    "a3d",
    "lambda",
];

fn ribbon(opened: &OpenedStructure, structure: &[SecondaryStructureClass]) -> RibbonMesh {
    let mut mesh = RibbonMesh::default();
    let colors = vec![[0.5; 3]; opened.topology.residue_count()];
    mesh.rebuild(&opened.topology, &opened.positions_angstrom, structure, &colors, ColorSteps::Sharp);
    mesh
}

fn subtract(a: [f32; 3], b: [f32; 3]) -> [f32; 3] {
    [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
}

fn dot(a: [f32; 3], b: [f32; 3]) -> f32 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

fn cross(a: [f32; 3], b: [f32; 3]) -> [f32; 3] {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

fn all_kinds(opened: &OpenedStructure) -> Vec<Vec<SecondaryStructureClass>> {
    let count = opened.topology.residue_count();
    vec![
        vec![SecondaryStructureClass::Coil; count],
        vec![SecondaryStructureClass::Helix; count],
        vec![SecondaryStructureClass::Strand; count],
        secondary_structure(opened),
        (0..count)
            .map(|i| match i / 3 % 3 {
                0 => SecondaryStructureClass::Strand,
                1 => SecondaryStructureClass::Helix,
                _ => SecondaryStructureClass::Coil,
            })
            .collect(),
    ]
}

#[test]
fn meshes_are_finite_and_follow_the_backbone() {
    for name in PROTEINS {
        let opened = protein(name);
        for structure in all_kinds(&opened) {
            let mesh = ribbon(&opened, &structure);
            assert!(!mesh.indices.is_empty(), "{name}");
            assert_eq!(mesh.normals.len(), mesh.positions_angstrom.len());
            assert_eq!(mesh.albedo.len(), mesh.positions_angstrom.len());
            for (vertex, &position) in mesh.positions_angstrom.iter().enumerate() {
                let normal = mesh.normals[vertex];
                assert!((dot(normal, normal).sqrt() - 1.0).abs() < 1e-3, "{name}: normal {normal:?}");
                let residue = mesh.residues[vertex] as usize;
                let offset = subtract(position, opened.positions_angstrom[opened.topology.ca(residue)]);
                let distance = dot(offset, offset).sqrt();
                assert!(distance < 4.8, "{name}: {distance} Å from the Cα of residue {residue}");
            }
            assert!(mesh.indices.iter().all(|&i| (i as usize) < mesh.positions_angstrom.len()));
        }
    }
}

/// Every edge belongs to two triangles: nothing can be looked into. Vertices at one place count as one.
#[test]
fn meshes_are_closed() {
    for name in PROTEINS {
        let opened = protein(name);
        for structure in all_kinds(&opened) {
            let mesh = ribbon(&opened, &structure);
            let mut ids = HashMap::new();
            let welded: Vec<usize> = mesh
                .positions_angstrom
                .iter()
                .map(|position| {
                    let key = position.map(|x| (x * 2000.0).round() as i64);
                    let next = ids.len();
                    *ids.entry(key).or_insert(next)
                })
                .collect();
            let mut edges: HashMap<(usize, usize), i32> = HashMap::new();
            for triangle in mesh.indices.chunks_exact(3) {
                let corner = |k: usize| welded[triangle[k % 3] as usize];
                if (0..3).any(|k| corner(k) == corner(k + 1)) {
                    continue; // no area, at tips
                }
                for k in 0..3 {
                    let (a, b) = (corner(k), corner(k + 1));
                    // A closed surface passes each edge once in either direction.
                    *edges.entry((a.min(b), a.max(b))).or_default() += if a < b { 1 } else { -1 };
                }
            }
            let open = edges.values().filter(|&&balance| balance != 0).count();
            assert!(open * 1000 < edges.len(), "{name}: {open} open of {} edges", edges.len());
        }
    }
}

/// Normals point to the side that triangles face.
#[test]
fn normals_agree_with_the_triangles() {
    for name in PROTEINS {
        let opened = protein(name);
        for structure in all_kinds(&opened) {
            let mesh = ribbon(&opened, &structure);
            let (mut agreeing, mut area_sum) = (0.0, 0.0);
            for triangle in mesh.indices.chunks_exact(3) {
                let [a, b, c] = [0, 1, 2].map(|k| mesh.positions_angstrom[triangle[k] as usize]);
                let facing = cross(subtract(b, a), subtract(c, a));
                let area = dot(facing, facing).sqrt();
                area_sum += area;
                if triangle.iter().all(|&vertex| dot(facing, mesh.normals[vertex as usize]) > 0.0) {
                    agreeing += area;
                }
            }
            assert!(agreeing > 0.97 * area_sum, "{name}: {} of the area", agreeing / area_sum);
        }
    }
}

/// A chain that is turned carries its ribbon along: nothing depends on the axes of space.
#[test]
fn ribbons_turn_with_the_chain() {
    let opened = protein("proteing");
    let structure = secondary_structure(&opened);
    let turn = |[x, y, z]: [f32; 3]| [y + 3.0, z - 1.0, x + 7.0];
    let mut turned = opened.clone();
    turned.positions_angstrom =
        std::sync::Arc::new(opened.positions_angstrom.iter().map(|&p| turn(p)).collect());
    let (before, after) = (ribbon(&opened, &structure), ribbon(&turned, &structure));
    assert_eq!(before.indices, after.indices);
    for (&a, &b) in before.positions_angstrom.iter().zip(&after.positions_angstrom) {
        let miss = subtract(turn(a), b);
        assert!(dot(miss, miss).sqrt() < 1e-3);
    }
}

#[test]
fn short_and_broken_chains_have_no_ribbon() {
    let opened = protein("chignolin");
    let mut mesh = ribbon(&opened, &secondary_structure(&opened));
    assert!(!mesh.indices.is_empty());
    let mut positions = opened.positions_angstrom.to_vec();
    positions[3][1] = f32::NAN;
    let count = opened.topology.residue_count();
    let coil = vec![SecondaryStructureClass::Coil; count];
    let colors = vec![[0.5; 3]; count];
    mesh.rebuild(&opened.topology, &positions, &coil, &colors, ColorSteps::Blended);
    assert!(mesh.indices.is_empty() && mesh.positions_angstrom.is_empty());
    // All atoms in one place: no direction, but no harm either.
    let collapsed = vec![[1.0; 3]; positions.len()];
    mesh.rebuild(&opened.topology, &collapsed, &coil, &colors, ColorSteps::Blended);
    assert!(mesh.positions_angstrom.iter().chain(&mesh.normals).flatten().all(|x| x.is_finite()));
}
