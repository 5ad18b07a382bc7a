//! Trajectory files of other programs, read by us, and ours, read by mdtraj and MDAnalysis.
//!
//! The first need only the fixtures, made by `tests/fixtures/trajectory/make_fixtures.py`. The second run
//! `check_written.py` beside it with the Python that `EQUIJUMP_ORACLE_PYTHON` names (it needs mdtraj and
//! MDAnalysis), and are skipped, with a line on the terminal, where the variable is not set.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use equijump_engine::random::Random;
use equijump_engine::remedy::Remedy;
use equijump_engine::structure::{OpenedStructure, read_topology_map, write_pdb};
use equijump_engine::trajectory::{
    Frame, ImportRequest, TrajectoryFormat, TrajectoryReader, TrajectoryStore, TrajectoryWriter, import,
};
use equijump_tests::proteins::{bundled, bundled_path, lengths_and_angles, repository};
use safetensors::SafeTensors;
use serde::Deserialize;
use serde_json::json;

fn fixtures() -> PathBuf {
    repository("tests/fixtures/trajectory")
}

#[derive(Deserialize)]
struct Expected {
    atoms: usize,
    times_ps: Option<Vec<f64>>,
    cell: Option<Vec<f64>>,
}

fn expected() -> (BTreeMap<String, Expected>, BTreeMap<String, Vec<f32>>) {
    let json = std::fs::read(fixtures().join("expected.json")).unwrap();
    let bytes = std::fs::read(fixtures().join("expected.safetensors")).unwrap();
    let positions = SafeTensors::deserialize(&bytes)
        .unwrap()
        .tensors()
        .into_iter()
        .map(|(name, view)| {
            let numbers = view.data().chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap()));
            (name, numbers.collect())
        })
        .collect();
    (serde_json::from_slice(&json).unwrap(), positions)
}

#[test]
fn files_of_other_programs_give_the_positions_times_and_cells_that_those_programs_read() {
    let (expected, positions) = expected();
    assert!(expected.len() >= 14);
    for (name, expected) in &expected {
        let mut reader = TrajectoryReader::open(&fixtures().join(name)).unwrap();
        let positions: Vec<&[f32]> = positions[name].chunks_exact(3 * expected.atoms).collect();
        assert_eq!(reader.frame_count(), positions.len(), "{name}");
        assert_eq!(reader.atom_count(), expected.atoms, "{name}");
        assert_eq!(reader.tail_bytes(), 0, "{name}");
        let mut frame = Frame::default();
        for index in (0..positions.len()).rev() {
            reader.read_frame(index, &mut frame).unwrap();
            // mdtraj goes through nm and back, which costs a few units in the last place.
            for (read, expected) in frame.positions_angstrom.as_flattened().iter().zip(positions[index]) {
                assert!(
                    (read - expected).abs() <= 4e-6 * expected.abs().max(1.0),
                    "{name}: {read} {expected}"
                );
            }
            match &expected.times_ps {
                None => assert_eq!(frame.time_ps, None, "{name}"),
                Some(times) => {
                    let time = frame.time_ps.unwrap();
                    assert!((time - times[index]).abs() < 1e-4, "{name}: {time} {}", times[index]);
                }
            }
            match (&expected.cell, frame.cell_angstrom) {
                (None, cell) => assert_eq!(cell, None, "{name}"),
                (Some(_), None) => panic!("{name}: the cell was not read"),
                (Some(expected), Some(cell)) => {
                    for (read, expected) in lengths_and_angles(cell).iter().zip(expected) {
                        assert!((read - expected).abs() < 2e-2, "{name}: {read} {expected}");
                    }
                }
            }
        }
    }
}

#[test]
fn cells_belong_to_the_model_after_them_or_all_to_the_model_before() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("cells.pdb");
    let atom = "ATOM      1  N   GLY A   1      11.104  -6.134 -16.504  1.00  0.00           N\n";
    let cell = |edge: u32| {
        format!("CRYST1{edge:5}.000{edge:5}.000{edge:5}.000  90.00  90.00  90.00 P 1           1\n")
    };
    let model = |number: u32| format!("MODEL {number:8}\n{atom}ENDMDL\n");
    let edges = |text: String| -> Vec<Option<f32>> {
        std::fs::write(&path, text).unwrap();
        let mut reader = TrajectoryReader::open(&path).unwrap();
        let mut frame = Frame::default();
        let edge = |index| {
            reader.read_frame(index, &mut frame).unwrap();
            frame.cell_angstrom.map(|cell| cell[0][0])
        };
        (0..3).map(edge).collect()
    };
    let text = |before: [&str; 4]| {
        format!(
            "{}{}{}{}{}{}{}END\n",
            before[0],
            model(1),
            before[1],
            model(2),
            before[2],
            model(3),
            before[3]
        )
    };
    let (a, b, c) = (cell(80), cell(70), cell(60));
    assert_eq!(edges(text([&a, &b, &c, ""])), [Some(80.0), Some(70.0), Some(60.0)]);
    assert_eq!(edges(text([&a, "", "", ""])), [Some(80.0); 3]);
    assert_eq!(edges(text(["", &a, &b, &c])), [Some(80.0), Some(70.0), Some(60.0)]);
    // A first model without a cell, and nothing behind the last.
    assert_eq!(edges(text(["", &a, &b, ""])), [None, Some(80.0), Some(70.0)]);
}

#[test]
fn what_cannot_be_read_is_refused_with_its_reason() {
    for (name, reason) in
        [("fixed_atoms.dcd", "fixed atoms"), ("velocities.dcd", "velocities"), ("wide_markers.dcd", "64-bit")]
    {
        let error = TrajectoryReader::open(&fixtures().join(name)).unwrap_err().to_string();
        assert!(error.contains(reason) && error.contains(name), "{error}");
    }
}

#[test]
fn foreign_files_are_imported_alike_from_every_format() {
    let directory = tempfile::tempdir().unwrap();
    let topology = bundled_path("chignolin");
    let map = read_topology_map(&topology).unwrap();
    let (_, positions) = expected();
    for name in
        ["mdtraj.dcd", "mdtraj.xtc", "mdtraj.pdb", "mdanalysis.dcd", "mdanalysis.xtc", "big_endian.dcd"]
    {
        let output = directory.path().join(format!("{name}.safetensors"));
        let request = ImportRequest {
            topology: topology.clone(),
            trajectories: vec![fixtures().join(name)],
            interval_ps: name.starts_with("mdtraj.").then_some(20.0),
            output: output.clone(),
            ..ImportRequest::default()
        };
        let report = import(&request, &mut |_| ControlFlow::Continue(())).unwrap();
        assert_eq!((report.frames, report.trajectories, report.interval_ps), (4, 1, 20.0), "{name}");
        let store = TrajectoryStore::open(&output).unwrap();
        for frame in 0..4 {
            for (atom, read) in store.frame(frame).unwrap().iter().enumerate() {
                let at = 3 * (frame * map.file_atom_count + map.indices[atom]);
                let expected = &positions[name][at..at + 3];
                assert!((0..3).all(|k| (read[k] - expected[k]).abs() < 1e-4), "{name}");
            }
        }
    }
    // mdtraj's DCD files hold no true time, PDB files none at all: say so rather than guess.
    for name in ["mdtraj.dcd", "mdtraj.pdb"] {
        let request = ImportRequest {
            topology: topology.clone(),
            trajectories: vec![fixtures().join(name)],
            output: directory.path().join("none.safetensors"),
            ..ImportRequest::default()
        };
        let error = import(&request, &mut |_| ControlFlow::Continue(())).unwrap_err().to_string();
        assert!(error.contains(Remedy::GiveInterval.words()), "{error}");
    }
}

/// Frames for writing: the structure, moving.
fn moving(structure: &OpenedStructure, frame: usize) -> Vec<[f32; 3]> {
    let shift = |atom: usize, axis: usize| ((atom * 3 + axis) as f32 * 1.37 + frame as f32 * 0.61).sin();
    structure
        .positions_angstrom
        .iter()
        .enumerate()
        .map(|(atom, p)| std::array::from_fn(|axis| p[axis] + shift(atom, axis) + 0.01 * frame as f32))
        .collect()
}

/// Runs `check_written.py`; skipped without a Python.
fn check_with_python(directory: &Path, files: Vec<serde_json::Value>) {
    let Some(python) = equijump_tests::oracle_python() else { return };
    let description = directory.join("description.json");
    let count = files.len();
    std::fs::write(&description, json!({ "files": files }).to_string()).unwrap();
    let output =
        Command::new(python).arg(fixtures().join("check_written.py")).arg(&description).output().unwrap();
    let (said, complained) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(
        output.status.success() && said.trim_end().ends_with(&format!("ok {count}")),
        "{said}\n{complained}"
    );
}

fn write_topology(directory: &Path, structure: &OpenedStructure) -> PathBuf {
    let path = directory.join("topology.pdb");
    let file = std::fs::File::create(&path).unwrap();
    write_pdb(&structure.topology, &structure.positions_angstrom, file).unwrap();
    path
}

#[test]
fn mdtraj_and_mdanalysis_read_what_we_write() {
    let directory = tempfile::tempdir().unwrap();
    let mut files = Vec::new();
    for (protein, first_frame) in [("chignolin", 0), ("villin", 7)] {
        let structure = bundled(protein);
        let folder = directory.path().join(protein);
        std::fs::create_dir(&folder).unwrap();
        let topology = write_topology(&folder, &structure);
        let frames: Vec<_> = (0..5).map(|k| moving(&structure, k)).collect();
        let raw = folder.join("positions.f32");
        std::fs::write(
            &raw,
            frames.iter().flatten().flatten().flat_map(|x| x.to_le_bytes()).collect::<Vec<_>>(),
        )
        .unwrap();
        let times: Vec<f64> = (0..5).map(|k| 100.0 * (first_frame + k) as f64).collect();
        for format in TrajectoryFormat::ALL {
            let path = folder.join(format!("run.{}", format.extension()));
            let mut writer = TrajectoryWriter::create(&path, &structure.topology, 100.0, false).unwrap();
            for (frame, &time) in frames.iter().zip(&times) {
                writer.write_frame(frame, time).unwrap();
            }
            // mdtraj keeps nm: a few units in the last place on top of the rounding of the format.
            let tolerance = format.rounding_angstrom() + 1e-5;
            files.push(json!({
                "path": path, "topology": topology, "frames": 5, "times_ps": times,
                "positions": raw, "tolerance": tolerance,
            }));
        }
    }
    check_with_python(directory.path(), files);
}

#[test]
fn every_complete_frame_of_a_cut_file_is_read_and_resuming_mends_the_file() {
    let directory = tempfile::tempdir().unwrap();
    let structure = bundled("chignolin");
    let topology = write_topology(directory.path(), &structure);
    let mut files = Vec::new();
    let mut random = Random::new(99);
    for format in TrajectoryFormat::ALL {
        let path = directory.path().join(format!("whole.{}", format.extension()));
        let mut writer = TrajectoryWriter::create(&path, &structure.topology, 100.0, false).unwrap();
        // Where each frame is complete. PDB needs no END.
        let mut complete = Vec::new();
        for k in 0..6 {
            writer.write_frame(&moving(&structure, k), 100.0 * k as f64).unwrap();
            let end = std::fs::metadata(&path).unwrap().len() as usize;
            complete.push(if format == TrajectoryFormat::Pdb { end - "\nEND\n".len() } else { end });
        }
        let whole = std::fs::read(&path).unwrap();
        for case in 0..12 {
            let length = complete[0] + random.index(whole.len() - complete[0]);
            let cut = directory.path().join(format!("cut{case}.{}", format.extension()));
            std::fs::write(&cut, &whole[..length]).unwrap();
            let frames = complete.iter().filter(|&&end| end <= length).count();
            let mut reader = TrajectoryReader::open(&cut).unwrap();
            assert_eq!(reader.frame_count(), frames, "{format} cut to {length} bytes");
            reader.read_frame(frames - 1, &mut Frame::default()).unwrap();
            let times: Vec<f64> = (0..frames).map(|k| 100.0 * k as f64).collect();
            let description = |path: &Path| {
                json!({
                    "path": path, "topology": topology, "frames": frames, "times_ps": times,
                    "positions": null, "tolerance": 0.0,
                })
            };
            // mdtraj refuses an XTC or PDB file with half a frame at its end; DCD files it reads as they are.
            if format == TrajectoryFormat::Dcd {
                let copy = directory.path().join(format!("raw{case}.dcd"));
                std::fs::copy(&cut, &copy).unwrap();
                files.push(description(&copy));
            }
            let (_, resumed) = TrajectoryWriter::append(&cut, &structure.topology, 100.0, None).unwrap();
            assert_eq!(resumed.frames, frames);
            files.push(description(&cut));
        }
    }
    check_with_python(directory.path(), files);
}

/// Set for the process that is to be killed: where it writes.
const VICTIM: &str = "EQUIJUMP_TEST_VICTIM";

/// Not a test by itself: the process that the next test kills.
#[test]
fn victim_that_writes_until_it_is_killed() {
    let Some(path) = std::env::var_os(VICTIM) else { return };
    let structure = bundled("chignolin");
    let mut writer = TrajectoryWriter::create(Path::new(&path), &structure.topology, 100.0, false).unwrap();
    for frame in 0..100_000 {
        writer.write_frame(&moving(&structure, frame), 100.0 * frame as f64).unwrap();
        if frame == 0 {
            println!("first frame written");
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn a_killed_run_leaves_readable_files_that_can_be_resumed() {
    let directory = tempfile::tempdir().unwrap();
    let structure = bundled("chignolin");
    let topology = write_topology(directory.path(), &structure);
    let mut files = Vec::new();
    for format in TrajectoryFormat::ALL {
        for (case, wait_us) in [700, 3_100, 9_300, 15_700].into_iter().enumerate() {
            let path = directory.path().join(format!("killed{case}.{}", format.extension()));
            let mut victim = Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "victim_that_writes_until_it_is_killed", "--nocapture"])
                .env(VICTIM, &path)
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            wait_for(victim.stdout.as_mut().unwrap(), "first frame written");
            std::thread::sleep(Duration::from_micros(wait_us));
            victim.kill().unwrap();
            victim.wait().unwrap();

            let mut reader = TrajectoryReader::open(&path).unwrap();
            let frames = reader.frame_count();
            assert!(frames >= 1);
            let mut frame = Frame::default();
            for index in 0..frames {
                reader.read_frame(index, &mut frame).unwrap();
                assert_eq!(frame.time_ps, Some(100.0 * index as f64));
                let written = moving(&structure, index);
                let tolerance = 1.02 * format.rounding_angstrom();
                assert!((frame.positions_angstrom[30][2] - written[30][2]).abs() <= tolerance);
            }
            let times: Vec<f64> = (0..frames).map(|k| 100.0 * k as f64).collect();
            if reader.tail_bytes() == 0 {
                let copy = directory.path().join(format!("copy{case}.{}", format.extension()));
                std::fs::copy(&path, &copy).unwrap();
                files.push(json!({
                    "path": copy, "topology": topology, "frames": frames, "times_ps": times,
                    "positions": null, "tolerance": 0.0,
                }));
            }
            let (mut writer, resumed) =
                TrajectoryWriter::append(&path, &structure.topology, 100.0, None).unwrap();
            assert_eq!(resumed.frames, frames);
            let time = 100.0 * frames as f64;
            writer.write_frame(&moving(&structure, frames), time).unwrap();
            files.push(json!({
                "path": path, "topology": topology, "frames": frames + 1,
                "times_ps": times.iter().copied().chain([time]).collect::<Vec<_>>(),
                "positions": null, "tolerance": 0.0,
            }));
        }
    }
    check_with_python(directory.path(), files);
}

/// A limit on the length of files stands in for a full disk: both make a write fail in its middle.
#[cfg(unix)]
#[test]
fn a_full_disk_leaves_whole_frames_only() {
    let directory = tempfile::tempdir().unwrap();
    let structure = bundled("chignolin");
    let topology = write_topology(directory.path(), &structure);
    let mut files = Vec::new();
    for format in TrajectoryFormat::ALL {
        let path = directory.path().join(format!("full.{}", format.extension()));
        let victim = std::env::current_exe().unwrap();
        let run = format!(
            "trap '' XFSZ; ulimit -f 50; exec {} --exact victim_that_writes_until_it_is_killed",
            victim.display()
        );
        let output = Command::new("sh").args(["-c", &run]).env(VICTIM, &path).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(!output.status.success() && said.contains("File too large"), "{said}");

        let reader = TrajectoryReader::open(&path).unwrap();
        let frames = reader.frame_count();
        assert!(frames > 1 && reader.tail_bytes() == 0, "{format}: {frames} frames");
        let times: Vec<f64> = (0..frames).map(|k| 100.0 * k as f64).collect();
        files.push(json!({
            "path": path, "topology": topology, "frames": frames, "times_ps": times,
            "positions": null, "tolerance": 0.0,
        }));
    }
    check_with_python(directory.path(), files);
}

fn wait_for(output: &mut impl std::io::Read, text: &str) {
    let mut seen = Vec::new();
    let mut byte = [0];
    while output.by_ref().read(&mut byte).unwrap() == 1 {
        seen.push(byte[0]);
        if seen.ends_with(text.as_bytes()) {
            return;
        }
    }
    panic!("the child ended: {}", String::from_utf8_lossy(&seen));
}
