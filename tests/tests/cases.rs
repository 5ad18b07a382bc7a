//! Files that were once read wrong, of the kinds that public reports brought up, each with the value that independent
//! readers give (`tests/fixtures/cases/README.md`).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "cases/structures.rs"]
mod structures;
#[path = "cases/trajectories.rs"]
mod trajectories;

use std::ops::ControlFlow;
use std::path::PathBuf;

use equijump_engine::structure::{OpenedStructure, ReadOptions, StructureError, read_structure};
use equijump_engine::trajectory::{ImportError, ImportReport, ImportRequest, TrajectoryStore, import};

fn case(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/cases").join(name)
}

fn try_open(name: &str, chain: Option<&str>) -> Result<OpenedStructure, StructureError> {
    read_structure(&case(name), &ReadOptions { chain: chain.map(str::to_owned), longest_segment: false })
}

fn open(name: &str, chain: Option<&str>) -> OpenedStructure {
    try_open(name, chain).unwrap_or_else(|error| panic!("{error}"))
}

fn sequence(name: &str) -> String {
    open(name, None).topology.sequence()
}

fn notices(opened: &OpenedStructure) -> String {
    opened.notices.iter().map(|notice| notice.0.as_str()).collect::<Vec<_>>().join("\n")
}

fn distance(a: [f32; 3], b: [f32; 3]) -> f32 {
    (0..3).map(|axis| (a[axis] - b[axis]).powi(2)).sum::<f32>().sqrt()
}

/// The longest bond, Å.
fn longest_bond(opened: &OpenedStructure) -> f32 {
    let p = &opened.positions_angstrom;
    opened.topology.bonds().iter().map(|&[a, b]| distance(p[a], p[b])).fold(0.0, f32::max)
}

/// An import of a case into a folder that is gone afterwards.
struct Imported {
    report: ImportReport,
    store: TrajectoryStore,
    _folder: tempfile::TempDir,
}

fn request(topology: &str, trajectory: &str) -> ImportRequest {
    ImportRequest {
        topology: case(topology),
        trajectories: vec![case(trajectory)],
        ..ImportRequest::default()
    }
}

fn try_import(request: ImportRequest) -> Result<Imported, ImportError> {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("out.store.safetensors");
    let request = ImportRequest { output: output.clone(), ..request };
    let report = import(&request, &mut |_| ControlFlow::Continue(()))?;
    let store = TrajectoryStore::open(&output).unwrap();
    Ok(Imported { report, store, _folder: folder })
}

fn imported(request: ImportRequest) -> Imported {
    try_import(request).unwrap_or_else(|error| panic!("{error}"))
}

fn refusal(request: ImportRequest) -> String {
    match try_import(request) {
        Ok(imported) => panic!("this must be refused: {:?}", imported.report),
        Err(error) => error.to_string(),
    }
}
