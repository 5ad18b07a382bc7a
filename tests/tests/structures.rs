//! Structure files as they come: entries of the PDB against Biopython, other programs' names, damage.
//! Fixtures are made by `tests/fixtures/structures/make.py`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "structures/bad_input.rs"]
mod bad_input;
#[path = "structures/entries.rs"]
mod entries;
#[path = "structures/naming.rs"]
mod naming;
#[path = "structures/rebuilding.rs"]
mod rebuilding;
#[path = "structures/writing.rs"]
mod writing;

use std::path::PathBuf;

use equijump_engine::structure::{OpenedStructure, ReadOptions, StructureError, read_structure_bytes};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn fixture(name: &str) -> PathBuf {
    root().join("tests/fixtures/structures").join(name)
}

/// The atom records of a bundled protein.
fn atom_lines(name: &str) -> Vec<String> {
    let text = std::fs::read_to_string(root().join(format!("assets/structures/{name}.pdb"))).unwrap();
    text.lines().filter(|l| l.starts_with("ATOM") || l.starts_with("HETATM")).map(str::to_owned).collect()
}

fn read(text: &str) -> Result<OpenedStructure, StructureError> {
    read_structure_bytes("test.pdb", text.as_bytes(), &ReadOptions::default())
}

fn read_lines(lines: &[String]) -> OpenedStructure {
    read(&(lines.join("\n") + "\nTER\nEND\n")).unwrap_or_else(|error| panic!("{error}"))
}

/// The sentence of the error.
fn complaint(text: &str) -> String {
    read(text).expect_err("this must be refused").to_string()
}

fn notices(opened: &OpenedStructure) -> String {
    opened.notices.iter().map(|notice| notice.0.as_str()).collect::<Vec<_>>().join("\n")
}

/// Columns of the PDB format, counted from 1 as its description does.
fn columns(line: &str, first: usize, last: usize) -> &str {
    line[first - 1..last].trim()
}

fn with_columns(line: &str, first: usize, text: &str) -> String {
    let mut line = line.to_owned();
    line.replace_range(first - 1..first - 1 + text.len(), text);
    line
}

fn distance(a: [f32; 3], b: [f32; 3]) -> f32 {
    (0..3).map(|axis| (a[axis] - b[axis]).powi(2)).sum::<f32>().sqrt()
}
