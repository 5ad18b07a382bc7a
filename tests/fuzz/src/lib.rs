//! What reads files, one function for each kind: bytes in, the sentences of all errors out. Whatever the bytes are, no
//! function panics, waits, or takes memory that the bytes do not justify.
//!
//! `cargo fuzz` calls these functions with bytes of its own making (`fuzz_targets`), and the tests of the workspace
//! with damaged copies of sound files (`tests/tests/malformed.rs`); both start from the same [`seeds`].
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

pub mod seeds;

use std::path::{Path, PathBuf};

use equijump_engine::analysis::{Coordinates, ReferenceData, Selection};
use equijump_engine::experiments::compare::{ComparisonConfig, ComparisonPlan};
use equijump_engine::network::Model;
use equijump_engine::session::DescribedRun;
use equijump_engine::structure::{
    OpenedStructure, ReadOptions, read_crystal, read_models, read_structure_bytes, read_topology_map,
};
use equijump_engine::training::EarlierRun;
use equijump_engine::training::checkpoint::{Checkpoint, CheckpointState};
use equijump_engine::trajectory::{
    Frame, ImportRequest, RunState, TrajectoryReader, TrajectoryStore, describe,
    import as import_trajectories,
};
use equijump_engine::transport::presets::Presets;

thread_local! {
    /// Readers that want a file get it here.
    static SCRATCH: tempfile::TempDir = tempfile::tempdir().expect("a folder for temporary files");
    /// What selections and coordinates are of.
    static PROTEIN: OpenedStructure = seeds::chignolin();
}

fn scratch(name: &str) -> PathBuf {
    SCRATCH.with(|folder| folder.path().join(name))
}

fn file(name: &str, bytes: &[u8]) -> PathBuf {
    let path = scratch(name);
    std::fs::write(&path, bytes).expect("the folder for temporary files takes a file");
    path
}

pub(crate) fn error_of<T, E: std::fmt::Display>(result: Result<T, E>) -> Option<String> {
    result.err().map(|error| error.to_string())
}

fn sentences<const N: usize>(errors: [Option<String>; N]) -> Vec<String> {
    errors.into_iter().flatten().collect()
}

fn structure(name: &str, bytes: &[u8]) -> Vec<String> {
    let path = file(name, bytes);
    let segment = ReadOptions { longest_segment: true, ..ReadOptions::default() };
    if let Ok(opened) = read_structure_bytes(name, bytes, &ReadOptions::default()) {
        assert_eq!(opened.positions_angstrom.len(), opened.topology.atom_count());
        assert!(opened.positions_angstrom.iter().flatten().all(|x| x.is_finite()));
    }
    sentences([
        error_of(read_structure_bytes(name, bytes, &ReadOptions::default())),
        error_of(read_structure_bytes(name, bytes, &segment)),
        error_of(read_topology_map(&path)),
        error_of(read_models(&path, None)),
        error_of(describe(&path)),
    ])
}

/// A structure in the PDB format.
pub fn pdb(bytes: &[u8]) -> Vec<String> {
    structure("a.pdb", bytes)
}

/// The same, packed.
pub fn pdb_packed(bytes: &[u8]) -> Vec<String> {
    structure("a.pdb.gz", bytes)
}

/// A structure as mmCIF.
pub fn mmcif(bytes: &[u8]) -> Vec<String> {
    structure("a.cif", bytes)
}

/// The same, packed.
pub fn mmcif_packed(bytes: &[u8]) -> Vec<String> {
    structure("a.cif.gz", bytes)
}

/// A structure of GROMACS.
pub fn gro(bytes: &[u8]) -> Vec<String> {
    structure("a.gro", bytes)
}

/// Cell and space group of a structure file; what tells none is no error.
pub fn crystal(bytes: &[u8]) -> Vec<String> {
    match read_crystal(&file("crystal", bytes)) {
        Some(crystal) => {
            assert!(crystal.cell_lengths_angstrom.iter().all(|x| x.is_finite() && *x > 0.0));
            Vec::new()
        }
        None => vec!["no crystal".to_owned()],
    }
}

fn frames(name: &str, bytes: &[u8]) -> Vec<String> {
    let path = file(name, bytes);
    let mut sentences: Vec<String> = error_of(describe(&path)).into_iter().collect();
    match TrajectoryReader::open(&path) {
        Ok(mut reader) => {
            let mut frame = Frame::default();
            let frames = reader.frame_count();
            sentences.extend((0..frames).filter_map(|k| error_of(reader.read_frame(k, &mut frame))));
            reader.interval_ps();
            assert!(reader.read_frame(frames, &mut frame).is_err(), "there is no such frame");
            if reader.tail_bytes() > 0 {
                sentences.push("a cut-off frame".to_owned());
            }
        }
        Err(error) => sentences.push(error.to_string()),
    }
    sentences
}

/// A DCD trajectory.
pub fn dcd(bytes: &[u8]) -> Vec<String> {
    frames("a.dcd", bytes)
}

/// An XTC trajectory.
pub fn xtc(bytes: &[u8]) -> Vec<String> {
    frames("a.xtc", bytes)
}

/// A PDB file of models, as a trajectory.
pub fn models(bytes: &[u8]) -> Vec<String> {
    frames("a.pdb", bytes)
}

fn imported(extension: &str, bytes: &[u8]) -> Vec<String> {
    let topology = file("topology.pdb", &seeds::topology());
    let trajectory = file(&format!("import.{extension}"), bytes);
    let output = scratch(&format!("{extension}.store.safetensors"));
    let request = ImportRequest {
        topology,
        trajectories: vec![trajectory],
        output: output.clone(),
        overwrite: true,
        ..ImportRequest::default()
    };
    match import_trajectories(&request, &mut |_| std::ops::ControlFlow::Continue(())) {
        Ok(report) => {
            let store = TrajectoryStore::open(&output).expect("what was imported opens");
            store.verify().expect("what was imported is whole");
            assert_eq!(store.frame_count(), report.frames);
            (store.frame_count() < seeds::FRAMES).then(|| "fewer frames".to_owned()).into_iter().collect()
        }
        Err(error) => vec![error.to_string()],
    }
}

/// A DCD trajectory of chignolin on its way into a store.
pub fn import_dcd(bytes: &[u8]) -> Vec<String> {
    imported("dcd", bytes)
}

/// The same as XTC.
pub fn import_xtc(bytes: &[u8]) -> Vec<String> {
    imported("xtc", bytes)
}

/// The same as PDB.
pub fn import_pdb(bytes: &[u8]) -> Vec<String> {
    imported("pdb", bytes)
}

/// A training store.
pub fn store(bytes: &[u8]) -> Vec<String> {
    let path = file("a.store.safetensors", bytes);
    let mut sentences: Vec<String> = error_of(describe(&path)).into_iter().collect();
    match TrajectoryStore::open(&path) {
        Ok(store) => {
            sentences.extend((0..store.frame_count()).filter_map(|k| {
                let errors = [error_of(store.frame(k)), error_of(store.time_ps(k))];
                errors.into_iter().flatten().next()
            }));
            assert!(store.frame(store.frame_count()).is_err(), "there is no such frame");
            sentences.extend(error_of(store.verify()));
            for lag_ps in [100.0, 200.0] {
                if let Ok(pairs) = store.pairs(lag_ps) {
                    assert!(pairs.iter().all(|(from, to)| from < to && to < store.frame_count()));
                }
            }
            for index in 0..store.trajectory_count() {
                assert!(store.trajectory(index).end <= store.frame_count());
                assert!(store.trajectory_source(index) < store.metadata().sources.len());
            }
        }
        Err(error) => sentences.push(error.to_string()),
    }
    sentences
}

/// A model.
pub fn model(bytes: &[u8]) -> Vec<String> {
    let path = file("model.safetensors", bytes);
    sentences([error_of(Model::from_bytes("model.safetensors", bytes)), error_of(describe(&path))])
}

/// A checkpoint of a training.
pub fn checkpoint(bytes: &[u8]) -> Vec<String> {
    let path = file("checkpoint.safetensors", bytes);
    sentences([
        error_of(Checkpoint::load(&path)),
        error_of(CheckpointState::load(&path)),
        error_of(describe(&path)),
    ])
}

/// The state of a run.
pub fn run_state(bytes: &[u8]) -> Vec<String> {
    let path = file("run.state", bytes);
    sentences([error_of(RunState::load(&path)), error_of(describe(&path))])
}

/// `run.json`.
pub fn run_description(bytes: &[u8]) -> Vec<String> {
    let path = file("run.json", bytes);
    let parsed = DescribedRun::parse(&String::from_utf8_lossy(bytes));
    if let Ok(described) = &parsed {
        let folder = Path::new("/a/folder/run.json");
        for name in &described.trajectories {
            assert_eq!(folder.with_file_name(name).parent(), folder.parent(), "{name} leads elsewhere");
        }
    }
    sentences([error_of(parsed), error_of(describe(&path))])
}

/// The file that describes a comparison, TOML or JSON.
pub fn config(bytes: &[u8]) -> Vec<String> {
    let extension = if bytes.trim_ascii_start().starts_with(b"{") { "json" } else { "toml" };
    let path = file(&format!("compare.{extension}"), bytes);
    let planned =
        ComparisonConfig::read(&path).and_then(|config| ComparisonPlan::new(&config, &scratch("out")));
    sentences([error_of(planned)])
}

/// The sampler settings that lie beside a model.
pub fn presets(bytes: &[u8]) -> Vec<String> {
    sentences([error_of(Presets::parse(bytes))])
}

/// What the live panes compare a run with.
pub fn reference(bytes: &[u8]) -> Vec<String> {
    match ReferenceData::from_json(&String::from_utf8_lossy(bytes)) {
        Ok(reference) => {
            // What is accepted can be drawn.
            reference.ramachandran.all_counts();
            Vec::new()
        }
        Err(error) => vec![error.to_string()],
    }
}

/// The folder of a training that was ended before its first checkpoint: its settings, and after a zero byte its log.
pub fn training_run(bytes: &[u8]) -> Vec<String> {
    let folder = scratch("training");
    std::fs::create_dir_all(&folder).expect("the folder for temporary files takes a folder");
    let end = bytes.iter().position(|&byte| byte == 0);
    let (settings, log) =
        (&bytes[..end.unwrap_or(bytes.len())], end.map_or(&[][..], |end| &bytes[end + 1..]));
    file("training/train.json", settings);
    file("training/log.csv", log);
    match EarlierRun::load(&folder) {
        // Rows that cannot be read are no error: they give no curve.
        Ok(run) if run.log.len() < seeds::LOG_ROWS => vec!["rows are missing".to_owned()],
        earlier => sentences([error_of(earlier), error_of(describe(&folder.join("train.json")))]),
    }
}

/// A selection of atoms, as it is typed.
pub fn selection(bytes: &[u8]) -> Vec<String> {
    match String::from_utf8_lossy(bytes).parse::<Selection>() {
        Ok(selection) => PROTEIN.with(|opened| {
            let atoms = selection.atoms(&opened.topology, &opened.positions_angstrom);
            assert!(atoms.is_sorted() && atoms.iter().all(|&atom| atom < opened.topology.atom_count()));
            Vec::new()
        }),
        Err(error) => vec![error.to_string()],
    }
}

/// Names of coordinates, one a line.
pub fn coordinates(bytes: &[u8]) -> Vec<String> {
    let names: Vec<String> = String::from_utf8_lossy(bytes).lines().map(str::to_owned).collect();
    PROTEIN.with(|opened| match Coordinates::new(&names, &opened.topology, &opened.positions_angstrom) {
        Ok(coordinates) => {
            let values = coordinates.values(&opened.topology, &opened.positions_angstrom);
            assert_eq!(values.len(), names.len());
            Vec::new()
        }
        Err(error) => vec![error.to_string()],
    })
}

/// Any of these trajectories, told by its first bytes, as one target of `cargo fuzz`.
pub fn import(bytes: &[u8]) -> Vec<String> {
    match bytes {
        [0, 0, 0x07, 0xcb, ..] => import_xtc(bytes),
        [_, _, _, _, b'C', b'O', b'R', b'D', ..] => import_dcd(bytes),
        _ => import_pdb(bytes),
    }
}

/// The bytes of a file with a checksum, the checksum made right again, as a program would that means harm: what the
/// checksum would keep away from the reader gets through to it.
pub fn resealed(mut bytes: Vec<u8>) -> Vec<u8> {
    let before = b"\"file_crc32\":\"";
    let Some(at) = bytes.windows(before.len()).position(|window| window == before) else { return bytes };
    let digits = at + before.len()..at + before.len() + 8;
    if digits.end > bytes.len() {
        return bytes;
    }
    bytes[digits.clone()].fill(b'0');
    let mut crc = flate2::Crc::new();
    crc.update(&bytes);
    bytes[digits].copy_from_slice(format!("{:08x}", crc.sum()).as_bytes());
    bytes
}
