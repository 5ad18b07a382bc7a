//! Import, training, simulation and description, one after the other as a user would run them.

#![allow(clippy::unwrap_used)]

mod cli_common;

use std::process::Command;
use std::sync::Arc;

use cli_common::{Workplace, finish, frames};
use equijump_engine::structure::{OpenedStructure, ReadOptions, read_structure_bytes, write_pdb};
use equijump_engine::trajectory::TrajectoryWriter;

fn succeeds(command: &mut Command) -> String {
    let (code, stdout, stderr) = finish(command);
    assert_eq!(code, Some(0), "{stderr}");
    stdout
}

/// Chignolin, moving a little: enough to import and to train on.
fn write_dynamics(workplace: &Workplace) {
    let chignolin = include_bytes!("../../assets/structures/chignolin.pdb");
    let OpenedStructure { topology, positions_angstrom, .. } =
        read_structure_bytes("chignolin.pdb", chignolin, &ReadOptions::default()).unwrap();
    let pdb = std::fs::File::create(workplace.path("md.pdb")).unwrap();
    write_pdb(&topology, &positions_angstrom, pdb).unwrap();
    for (run, name) in ["md1.dcd", "md2.dcd"].into_iter().enumerate() {
        let mut writer =
            TrajectoryWriter::create(&workplace.path(name), &Arc::clone(&topology), 100.0, false).unwrap();
        for frame in 0..20 {
            let moved: Vec<[f32; 3]> = positions_angstrom
                .iter()
                .enumerate()
                .map(|(atom, p)| p.map(|x| x + 0.04 * ((atom + 7 * frame + 31 * run) as f32).sin()))
                .collect();
            writer.write_frame(&moved, 100.0 * frame as f64).unwrap();
        }
    }
}

#[test]
fn imported_dynamics_trains_a_model_that_simulates() {
    let workplace = Workplace::new();
    write_dynamics(&workplace);
    let run = |arguments: &[&str]| succeeds(&mut workplace.command(arguments));
    let imported = run(&["import", "--topology", "md.pdb", "--out", "md.store", "md1.dcd", "md2.dcd"]);
    assert!(
        imported.contains("40 frames of md (10 residues, 92 heavy atoms) in 2 trajectories"),
        "{imported}"
    );

    let train = |steps: &str, extra: &[&str]| {
        let small = ["--multiplicity", "4", "--conditioner-layers", "1", "--header-layers", "1"];
        let brief = ["--steps", steps, "--batch-size", "2", "--threads", "1", "--validate-every", "2"];
        run(&[&["train", "md.store", "--out", "training", "--name", "tiny"], &small[..], &brief, extra]
            .concat())
    };
    assert!(train("3", &[]).contains("training: 3 steps"));
    assert!(train("5", &["--resume"]).contains("training: 5 steps"));
    // What a run cannot change is not changed silently.
    let other = ["train", "md.store", "--out", "training", "--resume", "--batch-size", "3"];
    let (code, _, stderr) = finish(&mut workplace.command(&other));
    assert!(code == Some(1) && stderr.contains("--batch-size is 2"), "{stderr}");
    // What is not given anew stays as it was, in the run and in the settings kept beside it.
    assert!(run(&["train", "md.store", "--out", "training", "--resume"]).contains("training: 5 steps"));
    let kept = std::fs::read_to_string(workplace.path("training/train.json")).unwrap();
    let kept: serde_json::Value = serde_json::from_str(&kept).unwrap();
    assert_eq!((&kept["settings"]["steps"], &kept["settings"]["threads"]), (&5.into(), &1.into()));
    assert_eq!((&kept["network"]["multiplicity"], &kept["name"]), (&4.into(), &"tiny".into()));

    let model = "training/model.safetensors";
    let common = ["simulate", "chignolin", "--model", model, "--latent-steps", "4", "--frames", "3"];
    run(&[&common[..], &["--out", "run.dcd"]].concat());
    assert_eq!(frames(&workplace.path("run.dcd")).len(), 4);

    // Frames that it made are sources of jumps, and no dynamics.
    let own =
        ["import", "--topology", "run_topology.pdb", "run.dcd", "--made-by-model", "--out", "own.store"];
    run(&own);
    assert!(run(&["info", "own.store"]).contains("jumps start from these frames"));
    assert!(run(&["info", "md.store"]).contains("molecular dynamics in equilibrium"));
    let again = ["train", "md.store", "own.store", "--out", "again", "--init", model, "--own-share", "1"];
    let size =
        ["--multiplicity", "4", "--conditioner-layers", "1", "--header-layers", "1", "--batch-size", "2"];
    let brief = ["--steps", "2", "--threads", "1", "--validate-every", "2"];
    let (code, _, stderr) = finish(&mut workplace.command(&[&again[..], &size, &brief].concat()));
    assert!(code == Some(0) && stderr.contains("of 4 frames made by a model are like"), "{stderr}");

    // What it was trained on goes with the model; the protein that it was trained on is familiar.
    let told = run(&["info", "md.pdb", "--trust", model]);
    assert!(told.contains("Trust: ") && told.contains("TYR 1"), "{told}");
    let described: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(workplace.path("run.json")).unwrap()).unwrap();
    assert_eq!(described["trust"]["residues"].as_array().map(Vec::len), Some(10), "{described}");
    assert!(run(&["info", "run.json"]).contains("of 10 residues"));
    assert!(!run(&["info", model]).contains("no trust data"));
    assert!(run(&["info", "model.safetensors"]).contains("no trust data"));
    let without = run(&["info", "md.pdb", "--trust", "model.safetensors"]);
    assert!(without.contains("no trust data"), "{without}");

    for (file, kind, key, value) in [
        ("md.store", "store", "frames", serde_json::json!(40)),
        ("run.dcd", "trajectory", "interval_ps", serde_json::json!(100.0)),
        ("run_topology.pdb", "structure", "format", serde_json::json!("PDB")),
        ("run.state", "run_state", "frame", serde_json::json!(3)),
        (model, "model", "format", serde_json::json!("equijump-model-1")),
    ] {
        let info: serde_json::Value = serde_json::from_str(&run(&["info", "--json", file])).unwrap();
        assert_eq!((info["kind"].as_str(), &info[key]), (Some(kind), &value), "{info}");
        assert!(!run(&["info", file]).is_empty());
    }
}

/// A user's first analysis: villin, with its norleucines, in mdtraj and MDAnalysis, by the
/// exported topology.
#[test]
fn other_programs_load_a_run_by_its_exported_topology() {
    let Some(python) = equijump_tests::oracle_python() else { return };
    let workplace = Workplace::new();
    for out in ["run.dcd", "run.xtc", "run.pdb"] {
        let arguments = ["simulate", "villin", "--model", "model.safetensors", "--latent-steps", "3"];
        succeeds(workplace.command(&arguments).args(["--frames", "6", "--out", out, "--force"]));
        let script = "import sys, warnings, mdtraj, MDAnalysis\n\
            warnings.simplefilter('ignore')\n\
            t = mdtraj.load(sys.argv[1], top='run_topology.pdb')\n\
            nle = sum(r.name == 'NLE' for r in t.topology.residues)\n\
            print('shape', t.n_frames, t.n_residues, nle, t.topology.n_bonds > 0)\n\
            u = MDAnalysis.Universe('run_topology.pdb', sys.argv[1])\n\
            print('times', *(round(float(ts.time), 2) for ts in u.trajectory))";
        let output = Command::new(&python)
            .args(["-c", script, out])
            .current_dir(workplace.folder.path())
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let error = String::from_utf8_lossy(&output.stderr);
        let line = |start: &str| text.lines().find(|line| line.starts_with(start)).map(str::to_owned);
        assert_eq!(line("shape").as_deref(), Some("shape 7 35 2 True"), "{out}: {text}{error}");
        // Both programs number the models of a PDB file instead of reading times.
        if out != "run.pdb" {
            let expected = "times 0.0 100.0 200.0 300.0 400.0 500.0 600.0";
            assert_eq!(line("times").as_deref(), Some(expected), "{out}: {error}");
        }
    }
}

#[test]
fn the_bundled_models_need_no_flag_and_say_what_they_were_not_trained_on() {
    let workplace = Workplace::new();
    let run = |protein: &str| {
        let arguments = ["simulate", protein, "--frames", "2", "--latent-steps", "10"];
        let (code, stdout, stderr) = finish(&mut workplace.command(&arguments));
        assert_eq!(code, Some(0), "{stderr}");
        assert!(stdout.contains(&format!("{protein}.dcd")), "{stdout}");
        assert_eq!(frames(&workplace.path(&format!("{protein}.dcd"))).len(), 3);
        stderr
    };
    // A model of its own, the one for any protein, and the same for a protein that it has never seen.
    assert!(!run("chignolin").contains("not trained"));
    assert!(!run("villin").contains("not trained"));
    assert!(run("homeodomain_uvf_2p6j").contains("was not trained on homeodomain_uvf_2p6j"));
}

#[test]
fn a_reader_that_goes_away_does_not_end_a_run() {
    let workplace = Workplace::new();
    let mut child = workplace
        .simulate(&["--frames", "30", "--out", "run.dcd"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    drop(child.stderr.take());
    assert!(child.wait().unwrap().success());
    assert_eq!(frames(&workplace.path("run.dcd")).len(), 31);
}
