//! The Python program of app/docs/python.md on a run of ours.

#![allow(clippy::unwrap_used, clippy::panic)]

mod cli_common;

use std::path::Path;
use std::process::Command;

use cli_common::{Workplace, finish};
use equijump_tests::oracle_python_with;

#[test]
fn python_reads_a_run_and_finds_the_slow_coordinates_that_we_do() {
    let Some(python) = oracle_python_with("mdtraj, MDAnalysis, deeptime, matplotlib") else { return };
    let workplace = Workplace::new();
    let run = ["--frames", "60", "--replicas", "2", "--out", "run.dcd"];
    let (code, _, stderr) = finish(&mut workplace.simulate(&run));
    assert_eq!(code, Some(0), "{stderr}");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let reference = folder.join("../assets/references/chignolin.json").display().to_string();
    let analyze = |arguments: &[&str]| {
        let script = folder.join("examples/python/free_energy.py");
        let mut command = Command::new(&python);
        command.arg("-B").arg(script).arg("run.json").args(arguments).current_dir(workplace.folder.path());
        let (code, stdout, stderr) = finish(&mut command);
        assert_eq!(code, Some(0), "{stdout}{stderr}");
        stdout
    };
    let said = analyze(&["--reference", &reference]);
    // The reader of mdtraj prints lines of its own.
    assert!(said.contains("2 replicas, 122 frames, 100 ps apart\n"), "{said}");
    let theirs: Vec<f64> = said
        .lines()
        .find_map(|line| line.strip_prefix("the start: tic1 "))
        .unwrap()
        .split(", tic2 ")
        .map(|x| x.parse().unwrap())
        .collect();
    let measure = ["segment", "chignolin", "--model", "model.safetensors", "--jumps", "0"];
    let slow = ["--start", "run_r000.dcd:0", "--coordinate", "tic1", "--coordinate", "tic2"];
    let (code, stdout, stderr) = finish(&mut workplace.command(&[&measure[..], &slow].concat()));
    assert_eq!(code, Some(0), "{stderr}");
    let ours: Vec<f64> = stdout.split_whitespace().map(|x| x.parse().unwrap()).collect();
    for (ours, theirs) in ours.iter().zip(&theirs) {
        assert!((ours - theirs).abs() < 2e-3, "{ours} {theirs}");
    }
    assert_eq!((ours.len(), theirs.len()), (2, 2));
    // A protein without a reference.
    analyze(&["--lag-frames", "5", "--out", "fitted"]);
    for file in ["free_energy.png", "free_energy.npz", "fitted.png", "fitted.npz"] {
        assert!(workplace.path(file).metadata().is_ok_and(|file| file.len() > 1000), "{file}");
    }
}
