//! Real files of other projects, read by us and by gemmi and MDAnalysis.
//!
//! The files come with packages that the oracle Python installs (`tests/oracle-requirements.txt`); the test is
//! skipped, with a line on the terminal, where `EQUIJUMP_ORACLE_PYTHON` is not set. What differs is listed
//! in `tests/fixtures/corpus/differences.txt` with its reason; what differs and is not listed, and what is listed and
//! does not differ, fails the test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use equijump_engine::structure::{OpenedStructure, ReadOptions, StructureProblem, read_structure};
use equijump_engine::trajectory::{Frame, TrajectoryFormat, TrajectoryReader};
use equijump_tests::oracle_python;
use equijump_tests::proteins::lengths_and_angles;
use serde::Deserialize;

#[derive(Deserialize)]
struct Oracle {
    root: PathBuf,
    structures: BTreeMap<String, Reading<OracleStructure>>,
    trajectories: BTreeMap<String, Reading<OracleTrajectory>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Reading<T> {
    Read(T),
    Refused {
        #[allow(dead_code)]
        refused: String,
    },
}

#[derive(Deserialize)]
struct OracleStructure {
    /// Chains without a gap of three or more standard residues with whole backbones; only these must be readable.
    whole_chains: Vec<String>,
    /// Chain, number, insertion code, name, whether standard, positions of CA.
    residues: Vec<(String, i32, String, String, bool, Vec<[f32; 3]>)>,
}

#[derive(Deserialize)]
struct OracleTrajectory {
    atoms: usize,
    frames: usize,
    step: usize,
    read: Vec<OracleFrame>,
}

#[derive(Deserialize)]
struct OracleFrame {
    index: usize,
    time: f64,
    cell: Option<[f64; 6]>,
    positions: Vec<[f32; 3]>,
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/corpus")
}

/// Chains of a file with what reading each gives; the sentence where nothing can be chosen.
fn chains(path: &Path) -> Vec<(Option<String>, Result<OpenedStructure, String>)> {
    let read = |chain: Option<&str>| {
        let options = ReadOptions { chain: chain.map(str::to_owned), longest_segment: false };
        read_structure(path, &options)
    };
    match read(None) {
        Err(error) => match error.problem {
            StructureProblem::SeveralChains(choices) => choices
                .into_iter()
                .map(|choice| {
                    let opened = read(Some(&choice.id)).map_err(|error| error.problem.to_string());
                    (Some(choice.id), opened)
                })
                .collect(),
            problem => vec![(None, Err(problem.to_string()))],
        },
        opened => vec![(None, opened.map_err(|error| error.problem.to_string()))],
    }
}

fn near(a: [f32; 3], b: [f32; 3], tolerance: f32) -> bool {
    (0..3).all(|k| (a[k] - b[k]).abs() <= tolerance)
}

/// What differs between our reading of a structure and gemmi's, one sentence each, and how many chains were
/// compared. A refusal is no difference where gemmi finds no whole chain to read either.
fn structure_differences(path: &Path, oracle: &OracleStructure) -> (Vec<String>, usize) {
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    let mut compared = 0;
    let mut refused: Vec<String> = Vec::new();
    for (chain, opened) in chains(path) {
        let opened = match opened {
            Ok(opened) => opened,
            Err(sentence) => {
                // `A.1` is a molecule of chain A; chains without a name are numbered by us.
                let base = chain.as_deref().map(|id| id.split('.').next().unwrap_or(id));
                if oracle.whole_chains.iter().any(|c| c.is_empty() || base.is_none_or(|base| base == c)) {
                    found.push(format!("{}: {sentence}", chain.as_deref().unwrap_or("file")));
                }
                refused.extend(base.map_or_else(
                    || oracle.residues.iter().map(|r| r.0.clone()).collect(),
                    |base| vec![base.to_owned()],
                ));
                continue;
            }
        };
        compared += 1;
        let whole = opened.notices.iter().any(|n| n.0.contains("across its periodic cell"));
        let renumbered = opened.notices.iter().any(|n| n.0.contains("counted from 1"));
        for (index, residue) in opened.topology.residues().iter().enumerate() {
            let ca = opened.positions_angstrom[opened.topology.ca(index)];
            let code = residue.insertion_code.map(String::from).unwrap_or_default();
            let same = oracle.residues.iter().position(|(_, number, their_code, _, _, cas)| {
                (renumbered || (*number, their_code) == (residue.number, &code))
                    && (whole || cas.iter().any(|&theirs| near(ca, theirs, 0.0015)))
            });
            match same {
                Some(same) => {
                    seen.insert(same);
                    let name = &oracle.residues[same].3;
                    let own = residue.kind.code3();
                    let told = opened.notices.iter().any(|n| n.0.contains(&format!("Read {name} as {own}")));
                    if name != own && !told {
                        found.push(format!("{} is called {name}", residue.label()));
                    }
                }
                None => found.push(format!("{} at {ca:?} is not there", residue.label())),
            }
        }
    }
    let missing = oracle.residues.iter().enumerate().filter(|(i, r)| r.4 && !seen.contains(i));
    let missing = missing.filter(|(_, r)| !refused.contains(&r.0));
    let missing: Vec<String> = missing.map(|(_, r)| format!("{} {}{}", r.3, r.1, r.2)).collect();
    if !missing.is_empty() {
        found.push(format!("not read: {}", missing.join(", ")));
    }
    (found, compared)
}

/// What differs between our reading of a trajectory and MDAnalysis's.
fn trajectory_differences(path: &Path, oracle: &OracleTrajectory) -> Vec<String> {
    let mut reader = match TrajectoryReader::open(path) {
        Ok(reader) => reader,
        Err(error) => return vec![error.to_string().replace(&path.display().to_string(), "it")],
    };
    let mut found = Vec::new();
    let counts = (reader.frame_count(), reader.atom_count());
    if counts != (oracle.frames, oracle.atoms) {
        found.push(format!("{counts:?} frames and atoms, not {:?}", (oracle.frames, oracle.atoms)));
        return found;
    }
    let mut frame = Frame::default();
    for theirs in &oracle.read {
        if let Err(error) = reader.read_frame(theirs.index, &mut frame) {
            found.push(error.to_string().replace(&path.display().to_string(), "it"));
            continue;
        }
        let ours = frame.positions_angstrom.iter().step_by(oracle.step);
        let worst = ours.zip(&theirs.positions).position(|(&a, &b)| {
            !near(a, b, 1e-3 + 2e-6 * b.iter().fold(0.0, |most: f32, x| most.max(x.abs())))
        });
        if let Some(atom) = worst {
            found.push(format!("frame {}: atom {} elsewhere", theirs.index, atom * oracle.step));
        }
        let cell = theirs.cell.filter(|cell| cell[..3].iter().any(|&x| x > 1.0));
        match (cell, frame.cell_angstrom) {
            (Some(theirs), Some(ours)) => {
                let ours = lengths_and_angles(ours);
                if ours.iter().zip(theirs).any(|(a, b)| (a - b).abs() > 2e-2) {
                    found.push(format!("cell {ours:?}, not {theirs:?}"));
                }
            }
            (None, None) => {}
            (theirs, ours) => found.push(format!("cell {ours:?}, not {theirs:?}")),
        }
        // MDAnalysis makes up times where a format has none, and counts those of DCD from 0.
        if reader.format() == TrajectoryFormat::Xtc {
            let time = frame.time_ps.unwrap_or(f64::NAN);
            if (time - theirs.time).abs() > 1e-6 * theirs.time.abs() + 1e-6 {
                found.push(format!("time {time} ps, not {} ps", theirs.time));
            }
        }
    }
    if reader.format() == TrajectoryFormat::Dcd
        && let (Some(first), Some(last)) = (oracle.read.first(), oracle.read.last())
        && last.index > 0
    {
        let theirs = (last.time - first.time) / (last.index - first.index) as f64;
        match reader.interval_ps() {
            Some(ours) if (ours - theirs).abs() > 1e-5 * theirs => {
                found.push(format!("interval {ours} ps, not {theirs} ps"));
            }
            Some(_) => {}
            None => found.push(format!("no interval, {theirs} ps there")),
        }
    }
    found
}

/// The listed differences: `kind file | text that its sentence contains | reason`, one a line.
fn listed() -> Vec<(String, String)> {
    let text = std::fs::read_to_string(fixtures().join("differences.txt")).unwrap();
    text.lines()
        .filter(|line| !line.starts_with('#') && !line.trim().is_empty())
        .map(|line| {
            let mut parts = line.split(" | ");
            (parts.next().unwrap().trim().to_owned(), parts.next().unwrap_or("").trim().to_owned())
        })
        .collect()
}

#[test]
fn real_files_are_read_as_other_readers_read_them() {
    let Some(python) = oracle_python() else {
        return;
    };
    let output = Command::new(python).arg(fixtures().join("read.py")).output().unwrap();
    let oracle: Oracle = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    assert!(oracle.structures.len() > 100 && oracle.trajectories.len() > 100);
    let mut found: Vec<(String, String)> = Vec::new();
    let mut chains = 0;
    for (name, reading) in &oracle.structures {
        let Reading::Read(theirs) = reading else { continue };
        let (differences, compared) = structure_differences(&oracle.root.join(name), theirs);
        chains += compared;
        found.extend(differences.into_iter().map(|text| (format!("structure {name}"), text)));
    }
    for (name, reading) in &oracle.trajectories {
        let Reading::Read(theirs) = reading else { continue };
        let differences = trajectory_differences(&oracle.root.join(name), theirs);
        found.extend(differences.into_iter().map(|text| (format!("trajectory {name}"), text)));
    }
    assert!(chains > 100, "only {chains} chains were compared");
    let listed = listed();
    let unlisted: Vec<String> = found
        .iter()
        .filter(|(file, text)| !listed.iter().any(|(f, t)| f == file && text.contains(t)))
        .map(|(file, text)| format!("{file} | {text}"))
        .collect();
    assert!(unlisted.is_empty(), "not listed:\n{}", unlisted.join("\n"));
    let mended: Vec<String> = listed
        .iter()
        .filter(|(file, text)| !found.iter().any(|(f, t)| f == file && t.contains(text)))
        .map(|(file, text)| format!("{file} | {text}"))
        .collect();
    assert!(mended.is_empty(), "listed, and no longer different:\n{}", mended.join("\n"));
}
