//! Files damaged at random: every reader answers with contents or with one sentence, and none panics.
//!
//! The damage is a pure function of a seed, so that a failure repeats; its message names the file, the seed
//! and the kind of damage. `EQUIJUMP_DAMAGES` sets how many damaged copies are made of each file (default
//! 60; a soak takes 10,000).
#![allow(clippy::unwrap_used, clippy::panic)]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use equijump_engine::analysis::ReferenceData;
use equijump_engine::network::{Heads, Model, ModelCard, NetworkConfig, ParameterLayout, initial_parameters};
use equijump_engine::structure::{
    OpenedStructure, ReadOptions, read_crystal, read_structure, read_structure_bytes, read_topology_map,
    write_mmcif, write_pdb,
};
use equijump_engine::trajectory::{
    Frame, ImportRequest, RunState, TrajectoryReader, TrajectoryStore, TrajectoryWriter, describe, import,
};

/// Longest sentence that still is one.
const LONGEST_SENTENCE: usize = 700;

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn damages() -> u64 {
    std::env::var("EQUIJUMP_DAMAGES").ok().and_then(|text| text.parse().ok()).unwrap_or(60)
}

/// SplitMix64 (Steele, Lea and Flood 2014): small, and good enough to break files with.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }
}

/// A damaged copy. Headers are hit as often as all the rest, since they are where lengths and counts stand.
fn damaged(whole: &[u8], seed: u64) -> Vec<u8> {
    let mut random = Random(seed);
    let mut bytes = whole.to_vec();
    let place = |random: &mut Random, length: usize| {
        let limit = if random.below(2) == 0 { length.min(400) } else { length };
        random.below(limit)
    };
    match seed % 6 {
        0 => bytes.truncate(random.below(whole.len())),
        1 => {
            for _ in 0..=random.below(4) {
                let at = place(&mut random, bytes.len());
                bytes[at] ^= 1 << random.below(8);
            }
        }
        2 => {
            for _ in 0..=random.below(8) {
                let at = place(&mut random, bytes.len());
                bytes[at] = random.next() as u8;
            }
        }
        // Numbers at the ends of their ranges, where lengths overflow.
        3 => {
            const ENDS: [[u8; 4]; 6] = [
                [0; 4],
                [0xff; 4],
                [0x7f, 0xff, 0xff, 0xff],
                [0xff, 0xff, 0xff, 0x7f],
                [0x80, 0, 0, 0],
                *b"9999",
            ];
            let at = place(&mut random, bytes.len().saturating_sub(4));
            let end = ENDS[random.below(ENDS.len())];
            bytes[at..at + 4].copy_from_slice(&end);
        }
        // A stretch cut out.
        4 => {
            let from = place(&mut random, bytes.len());
            let to = (from + 1 + random.below(200)).min(bytes.len());
            bytes.drain(from..to);
        }
        // A stretch that comes twice.
        _ => {
            let from = place(&mut random, bytes.len());
            let to = (from + 1 + random.below(200)).min(bytes.len());
            let copy = bytes[from..to].to_vec();
            bytes.splice(to..to, copy);
        }
    }
    bytes
}

/// Every copy goes through `read`, which returns the sentences of all errors.
fn check(name: &str, whole: &[u8], read: impl Fn(&[u8]) -> Vec<String>) {
    assert!(read(whole).is_empty(), "{name}: the undamaged file is refused: {:?}", read(whole));
    let mut refused = 0;
    for seed in 0..damages() {
        let bytes = damaged(whole, seed);
        let answer = catch_unwind(AssertUnwindSafe(|| read(&bytes)));
        let sentences = answer.unwrap_or_else(|_| panic!("{name}, damage {seed}: a panic"));
        for sentence in &sentences {
            let one = !sentence.trim().is_empty() && !sentence.contains('\n');
            assert!(one && sentence.len() < LONGEST_SENTENCE, "{name}, damage {seed}: {sentence:?}");
        }
        refused += usize::from(!sentences.is_empty());
    }
    assert!(refused > 0, "{name}: no damage was noticed at all");
}

fn error_of<T, E: std::fmt::Display>(result: Result<T, E>) -> Option<String> {
    result.err().map(|error| error.to_string())
}

fn chignolin() -> OpenedStructure {
    read_structure(&repository().join("assets/structures/chignolin.pdb"), &ReadOptions::default()).unwrap()
}

#[test]
fn structures() {
    let folder = tempfile::tempdir().unwrap();
    let pdb = std::fs::read(repository().join("assets/structures/chignolin.pdb")).unwrap();
    let opened = chignolin();
    let mut cif = Vec::new();
    write_mmcif(&opened.topology, &opened.positions_angstrom, &mut cif).unwrap();
    let villin = std::fs::read(repository().join("tests/fixtures/structures/2f4k.cif.gz")).unwrap();
    let entry = std::fs::read(repository().join("tests/fixtures/structures/2jof.pdb.gz")).unwrap();
    for (name, whole) in [("a.pdb", &pdb), ("a.cif", &cif), ("b.cif.gz", &villin), ("b.pdb.gz", &entry)] {
        let path = folder.path().join(name);
        check(name, whole, |bytes| {
            std::fs::write(&path, bytes).unwrap();
            let segment = ReadOptions { longest_segment: true, ..ReadOptions::default() };
            read_crystal(&path);
            [
                error_of(read_structure_bytes(name, bytes, &ReadOptions::default())),
                error_of(read_structure_bytes(name, bytes, &segment)),
                error_of(read_topology_map(&path)),
                error_of(describe(&path)),
            ]
            .into_iter()
            .flatten()
            .collect()
        });
    }
}

/// Six frames in which every atom moves.
fn trajectory(extension: &str, folder: &Path) -> Vec<u8> {
    let opened = chignolin();
    let path = folder.join(format!("whole.{extension}"));
    let mut writer = TrajectoryWriter::create(&path, &opened.topology, 100.0, false).unwrap();
    for frame in 0..6u8 {
        let shift = 0.3 * f32::from(frame);
        let moved: Vec<[f32; 3]> = opened.positions_angstrom.iter().map(|p| p.map(|x| x + shift)).collect();
        writer.write_frame(&moved, 100.0 * f64::from(frame)).unwrap();
    }
    drop(writer);
    std::fs::read(path).unwrap()
}

#[test]
fn trajectories() {
    let folder = tempfile::tempdir().unwrap();
    let fixtures = repository().join("tests/fixtures/trajectory");
    let fixture = |name: &str| std::fs::read(fixtures.join(name)).unwrap();
    let files = [
        ("ours.dcd", trajectory("dcd", folder.path())),
        ("ours.xtc", trajectory("xtc", folder.path())),
        ("ours.pdb", trajectory("pdb", folder.path())),
        ("cell.dcd", fixture("mdanalysis_cell.dcd")),
        ("big_endian.dcd", fixture("big_endian_cell.dcd")),
        ("mdtraj.xtc", fixture("mdtraj.xtc")),
        ("few_atoms.xtc", fixture("mdtraj_few_atoms.xtc")),
        ("mdtraj.pdb", fixture("mdtraj.pdb")),
    ];
    for (name, whole) in &files {
        let path = folder.path().join(name);
        check(name, whole, |bytes| {
            std::fs::write(&path, bytes).unwrap();
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
        });
    }
}

#[test]
fn trajectories_on_their_way_into_a_store() {
    let folder = tempfile::tempdir().unwrap();
    let heavy = folder.path().join("topology.pdb");
    let opened = chignolin();
    write_pdb(&opened.topology, &opened.positions_angstrom, std::fs::File::create(&heavy).unwrap()).unwrap();
    for extension in ["dcd", "xtc", "pdb"] {
        let whole = trajectory(extension, folder.path());
        let path = folder.path().join(format!("import.{extension}"));
        let output = folder.path().join(format!("{extension}.store.safetensors"));
        check(&format!("import.{extension}"), &whole, |bytes| {
            std::fs::write(&path, bytes).unwrap();
            let request = ImportRequest {
                topology: heavy.clone(),
                trajectories: vec![path.clone()],
                output: output.clone(),
                overwrite: true,
                ..ImportRequest::default()
            };
            match import(&request, &mut |_| std::ops::ControlFlow::Continue(())) {
                Ok(report) => {
                    let store = TrajectoryStore::open(&output).unwrap();
                    store.verify().unwrap();
                    assert_eq!(store.frame_count(), report.frames);
                    (store.frame_count() < 6).then(|| "fewer frames".to_owned()).into_iter().collect()
                }
                Err(error) => vec![error.to_string()],
            }
        });
    }
}

#[test]
fn stores() {
    let folder = tempfile::tempdir().unwrap();
    let heavy = folder.path().join("topology.pdb");
    let opened = chignolin();
    write_pdb(&opened.topology, &opened.positions_angstrom, std::fs::File::create(&heavy).unwrap()).unwrap();
    trajectory("dcd", folder.path());
    let output = folder.path().join("whole.store.safetensors");
    let request = ImportRequest {
        topology: heavy,
        trajectories: vec![folder.path().join("whole.dcd")],
        output: output.clone(),
        ..ImportRequest::default()
    };
    import(&request, &mut |_| std::ops::ControlFlow::Continue(())).unwrap();
    let whole = std::fs::read(output).unwrap();
    let path = folder.path().join("damaged.store.safetensors");
    check("store", &whole, |bytes| {
        std::fs::write(&path, bytes).unwrap();
        let mut sentences: Vec<String> = error_of(describe(&path)).into_iter().collect();
        match TrajectoryStore::open(&path) {
            Ok(store) => {
                sentences.extend((0..=store.frame_count()).filter_map(|k| {
                    let errors = [error_of(store.frame(k)), error_of(store.time_ps(k))];
                    // The frame after the last one is refused as it should be.
                    errors.into_iter().flatten().next().filter(|_| k < store.frame_count())
                }));
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
    });
}

#[test]
fn models() {
    let folder = tempfile::tempdir().unwrap();
    let config = NetworkConfig {
        multiplicity: 2,
        conditioner_layers: 1,
        header_layers: 1,
        heads: Heads::Endpoint,
        ..NetworkConfig::default()
    };
    let parameters = initial_parameters(&ParameterLayout::new(&config), |index| (index as f32 * 0.7).sin());
    let path = folder.path().join("model.safetensors");
    Model::new(&config, parameters, ModelCard::default()).save(&path).unwrap();
    let whole = std::fs::read(&path).unwrap();
    check("model", &whole, |bytes| {
        std::fs::write(&path, bytes).unwrap();
        [error_of(Model::from_bytes("model.safetensors", bytes)), error_of(describe(&path))]
            .into_iter()
            .flatten()
            .collect()
    });
}

#[test]
fn states_of_runs() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.state");
    let state = RunState {
        settings: serde_json::json!({"latent_steps": 30, "seed": 7}),
        seed: 7,
        frame: 12,
        replicas_angstrom: vec![chignolin().positions_angstrom.to_vec(); 2],
    };
    state.save(&path).unwrap();
    let whole = std::fs::read(&path).unwrap();
    check("run.state", &whole, |bytes| {
        std::fs::write(&path, bytes).unwrap();
        [error_of(RunState::load(&path)), error_of(describe(&path))].into_iter().flatten().collect()
    });
}

#[test]
fn descriptions_of_runs() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.json");
    let description = serde_json::json!({
        "program": "EquiJump",
        "version": "0.1.0",
        "run": {"settings": {"latent_steps": 30, "seed": 7}, "replicas": 2},
        "frames_after_start": 12,
        "finished": false,
        "trajectories": ["run_r000.dcd", "run_r001.dcd"],
    });
    let whole = serde_json::to_vec_pretty(&description).unwrap();
    check("run.json", &whole, |bytes| {
        std::fs::write(&path, bytes).unwrap();
        error_of(describe(&path)).into_iter().collect()
    });
}

#[test]
fn references() {
    let whole = std::fs::read(repository().join("assets/references/chignolin.json")).unwrap();
    check("reference", &whole, |bytes| {
        let text = String::from_utf8_lossy(bytes);
        match ReferenceData::from_json(&text) {
            Ok(reference) => {
                // What is accepted can be drawn.
                reference.ramachandran.all_counts();
                (text != String::from_utf8_lossy(&whole))
                    .then(|| "another reference".to_owned())
                    .into_iter()
                    .collect()
            }
            Err(error) => vec![error.to_string()],
        }
    });
}
