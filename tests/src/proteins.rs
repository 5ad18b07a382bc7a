//! Proteins that tests of all crates use.
#![allow(clippy::unwrap_used)] // tests call it

use std::path::{Path, PathBuf};

use equijump_engine::structure::{
    OpenedStructure, ReadOptions, Residue, ResidueType, Topology, read_structure,
};
use equijump_engine::trajectory::TrajectoryWriter;

/// A path in the repository.
pub fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

/// File of a bundled structure, `chignolin`.
pub fn bundled_path(name: &str) -> PathBuf {
    repository(&format!("assets/structures/{name}.pdb"))
}

/// A bundled structure.
///
/// # Panics
/// If there is none of this name.
pub fn bundled(name: &str) -> OpenedStructure {
    read_structure(&bundled_path(name), &ReadOptions::default()).unwrap()
}

/// A chain of these residues, numbered from 1.
pub fn chain(name: &str, kinds: impl IntoIterator<Item = ResidueType>) -> Topology {
    let residue = |(number, kind)| Residue { kind, number, insertion_code: None };
    Topology::new(name, "A", (1..).zip(kinds).map(residue).collect())
}

/// A chain of this sequence, by one-letter codes.
///
/// # Panics
/// If a letter is none of these codes.
pub fn chain_of(sequence: &str) -> Topology {
    let kind = |code| ResidueType::ALL.into_iter().find(|kind| kind.code1() == code).unwrap();
    chain("fixture", sequence.chars().map(kind))
}

/// Writes a trajectory of chignolin that walks back and forth through conformations of molecular dynamics, shaken a
/// little, a frame every 100 ps.
///
/// # Panics
/// If the file cannot be written.
pub fn write_conformations(path: &Path, start: usize, length: usize) {
    let text = std::fs::read_to_string(repository("tests/fixtures/analysis/frames.json")).unwrap();
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    let frames: Vec<Vec<[f32; 3]>> = serde_json::from_value(value["frames"].clone()).unwrap();
    let mut writer = TrajectoryWriter::create(path, &bundled("chignolin").topology, 100.0, false).unwrap();
    for t in 0..length {
        let position = (start + t / 3) % (2 * frames.len() - 2);
        let mut frame = frames[position.min(2 * frames.len() - 2 - position)].clone();
        for (k, p) in frame.iter_mut().enumerate() {
            (0..3).for_each(|axis| {
                p[axis] += 0.05 * ((start * 31 + t * 7 + k * 3 + axis * 5) as f32 * 1.7).sin();
            });
        }
        writer.write_frame(&frame, 100.0 * t as f64).unwrap();
    }
}

/// Lengths of the vectors of a cell, and the angles between them, degrees.
pub fn lengths_and_angles(cell: [[f32; 3]; 3]) -> [f64; 6] {
    let dot = |i: usize, j: usize| (0..3).map(|k| f64::from(cell[i][k]) * f64::from(cell[j][k])).sum::<f64>();
    let length = [0, 1, 2].map(|i| dot(i, i).sqrt());
    let angle =
        |i: usize, j: usize| (dot(i, j) / (length[i] * length[j])).clamp(-1.0, 1.0).acos().to_degrees();
    [length[0], length[1], length[2], angle(1, 2), angle(0, 2), angle(0, 1)]
}
