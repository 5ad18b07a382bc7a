//! `equijump export`: frames with hydrogens, and OpenMM starting from them.

#![allow(clippy::unwrap_used, clippy::panic)]

mod cli_common;

use std::path::Path;
use std::process::Command;

use cli_common::{Workplace, finish, frames, write_conformations};
use equijump_tests::oracle_python_with;

/// Names of the atoms of the first model.
fn atom_names(path: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(path).unwrap();
    let model = text.lines().take_while(|line| !line.starts_with("ENDMDL"));
    model.filter(|line| line.starts_with("ATOM")).map(|line| line[12..16].trim().to_owned()).collect()
}

#[test]
fn a_frame_of_a_run_is_exported_with_hydrogens_alone_or_as_models() {
    let workplace = Workplace::new();
    let (code, _, stderr) = finish(&mut workplace.simulate(&["--frames", "3", "--out", "run.dcd"]));
    assert_eq!(code, Some(0), "{stderr}");
    let export = |arguments: &[&str]| finish(workplace.command(&["export", "run.json"]).args(arguments));

    let (code, stdout, stderr) = export(&["--frame", "2", "--hydrogens", "--out", "two.pdb"]);
    assert_eq!((code, stdout.as_str()), (Some(0), "1 frame\ntwo.pdb\n"), "{stderr}");
    // OpenMM's Modeller gives chignolin 73 hydrogens at pH 7.
    let names = atom_names(&workplace.path("two.pdb"));
    assert_eq!(names.len(), 166);
    assert_eq!(names.iter().filter(|name| name.starts_with('H')).count(), 73);
    let text = std::fs::read_to_string(workplace.path("two.pdb")).unwrap();
    assert!(!text.contains("MODEL"), "one frame is a file without models");
    let made = frames(&workplace.path("run.dcd"));
    let first: Vec<f32> = text.lines().find(|l| l.starts_with("ATOM")).unwrap()[30..54]
        .split_whitespace()
        .map(|x| x.parse().unwrap())
        .collect();
    assert!(first.iter().zip(made[2].positions_angstrom[0]).all(|(a, b)| (a - b).abs() < 6e-4), "{first:?}");

    let (code, _, stderr) = export(&["--hydrogens", "--out", "all.pdb"]);
    assert_eq!(code, Some(0), "{stderr}");
    let text = std::fs::read_to_string(workplace.path("all.pdb")).unwrap();
    assert_eq!(text.lines().filter(|line| line.starts_with("MODEL")).count(), 4);
    assert_eq!(text.lines().filter(|line| line.starts_with("ATOM")).count(), 4 * 166);
    let (code, _, stderr) = export(&["--hydrogens", "--out", "all.cif", "--first", "1", "--stride", "2"]);
    assert_eq!(code, Some(0), "{stderr}");
    let text = std::fs::read_to_string(workplace.path("all.cif")).unwrap();
    assert_eq!(text.lines().filter(|line| line.starts_with("ATOM")).count(), 2 * 166);

    for (arguments, said) in [
        (&["--hydrogens", "--out", "h.dcd"][..], ".pdb or .cif"),
        (&["--frame", "9", "--out", "nine.pdb"][..], "frame 9"),
        (&["--out", "two.pdb"][..], "there already"),
        (&["--frame", "9", "--openmm", "md"][..], "no frame 9"),
    ] {
        let (code, _, stderr) = export(arguments);
        assert!(code == Some(1) && stderr.contains(said), "{arguments:?}: {code:?} {stderr}");
    }
}

#[test]
fn a_structure_is_exported_as_a_run_of_one_frame() {
    let workplace = Workplace::new();
    let (code, _, stderr) = finish(&mut workplace.command(&["export", "trpcage", "--out", "heavy.pdb"]));
    assert_eq!(code, Some(0), "{stderr}");
    let (code, _, stderr) =
        finish(&mut workplace.command(&["export", "heavy.pdb", "--hydrogens", "--out", "all.pdb"]));
    assert_eq!(code, Some(0), "{stderr}");
    let heavy = atom_names(&workplace.path("heavy.pdb"));
    let all = atom_names(&workplace.path("all.pdb"));
    let kept: Vec<&String> = all.iter().filter(|name| !name.starts_with('H') && *name != "OXT").collect();
    assert_eq!(kept, heavy.iter().collect::<Vec<_>>());
}

#[test]
fn nothing_of_the_user_is_replaced_unasked() {
    let workplace = Workplace::new();
    let start = |force: bool| {
        let mut command = workplace.command(&["export", "chignolin", "--openmm", "md"]);
        finish(command.args(force.then_some("--force")))
    };
    assert_eq!(start(false).0, Some(0));
    assert_eq!(start(false).0, Some(0), "the same files again");
    std::fs::write(workplace.path("md/run.py"), "# mine\n").unwrap();
    let (code, _, stderr) = start(false);
    assert!(code == Some(1) && stderr.contains("run.py is there already"), "{stderr}");
    assert_eq!(std::fs::read_to_string(workplace.path("md/run.py")).unwrap(), "# mine\n");
    assert_eq!(start(true).0, Some(0));
    let (code, stdout, stderr) = finish(&mut workplace.command(&["export", "--training-data", "scripts"]));
    assert_eq!(code, Some(0), "{stderr}");
    assert!(stdout.starts_with("scripts/make_training_data.py"), "{stdout}");
}

/// Runs a script of a folder with OpenMM on the processor; what it printed.
fn run_script(python: &std::ffi::OsStr, folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new(python)
        .arg("-B")
        .args(arguments)
        .current_dir(folder)
        .env("OPENMM_CPU_THREADS", "1")
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}

// The script ends with an error where an energy is not finite, or minimizing does not lower it.
#[test]
fn openmm_starts_from_a_frame_of_every_residue() {
    let Some(python) = oracle_python_with("openmm") else { return };
    let workplace = Workplace::new();
    // Norleucine is in villin, residues 24 and 29; the peptides of the fixture have the other twenty.
    let peptides = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/structures/hydrogens.json");
    let peptides: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(peptides).unwrap()).unwrap();
    let mut sources = vec!["chignolin".to_owned(), "inner.pdb".to_owned(), "ends.pdb".to_owned()];
    let villin = Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets/structures/villin.pdb");
    let villin = std::fs::read_to_string(villin).unwrap();
    for (name, residues) in [("inner.pdb", 22..=27), ("ends.pdb", 24..=29)] {
        let within =
            |line: &&str| line[22..26].trim().parse().is_ok_and(|number: i32| residues.contains(&number));
        let atoms = villin.lines().filter(|line| line.starts_with("ATOM") || line.starts_with("HETATM"));
        let part: Vec<&str> = atoms.filter(within).collect();
        std::fs::write(workplace.path(name), part.join("\n")).unwrap();
    }
    for (number, peptide) in peptides.as_array().unwrap().iter().enumerate() {
        let mut pdb = String::new();
        for (index, residue) in peptide.as_array().unwrap().iter().enumerate() {
            for (name, position) in
                residue["heavy"].as_object().unwrap().iter().filter(|(name, _)| *name != "OXT")
            {
                let [x, y, z] = [0, 1, 2].map(|k| position[k].as_f64().unwrap());
                let (code, element) = (residue["name"].as_str().unwrap(), &name[..1]);
                let place = index + 1;
                pdb.push_str(&format!(
                    "ATOM      1  {name:<3} {code} A{place:4}    {x:8.3}{y:8.3}{z:8.3}  1.00  0.00          {element:>2}\n"
                ));
            }
        }
        let name = format!("peptide{number}.pdb");
        std::fs::write(workplace.path(&name), pdb).unwrap();
        sources.push(name);
    }
    for (number, source) in sources.iter().enumerate() {
        let folder = format!("md{number}");
        let (code, _, stderr) = finish(&mut workplace.command(&["export", source, "--openmm", &folder]));
        assert_eq!(code, Some(0), "{source}: {stderr}");
        // Minimizing and a tenth of a picosecond; one of them runs for a whole one.
        let picoseconds = if source == "chignolin" { "1" } else { "0.1" };
        let arguments = ["run.py", "--picoseconds", picoseconds, "--interval", "0.05", "--platform", "CPU"];
        let said = run_script(&python, &workplace.path(&folder), &arguments);
        assert!(said.contains("ps at 350 K"), "{source}: {said}");
        assert_eq!(
            said.contains("norleucine"),
            ["inner.pdb", "ends.pdb"].contains(&source.as_str()),
            "{said}"
        );
    }
    assert_eq!(frames(&workplace.path("md0/md.dcd")).len(), 20);
}

#[test]
fn openmm_makes_training_data_that_is_imported() {
    let Some(python) = oracle_python_with("openmm") else { return };
    let workplace = Workplace::new();
    for arguments in [
        &["export", "chignolin", "--hydrogens", "--out", "start.pdb"][..],
        &["export", "--training-data", "."][..],
    ] {
        let (code, _, stderr) = finish(&mut workplace.command(arguments));
        assert_eq!(code, Some(0), "{stderr}");
    }
    let script = ["make_training_data.py", "start.pdb", "--trajectories", "2", "--nanoseconds", "0.0004"];
    let short = ["--interval", "0.1", "--equilibrate", "0.1", "--platform", "CPU"];
    let program = ["--equijump", env!("CARGO_BIN_EXE_equijump")];
    let arguments = [&script[..], &short, &program].concat();
    let said = run_script(&python, workplace.folder.path(), &arguments);
    assert!(workplace.path("data/start.store.safetensors").exists(), "{said}");
    let (code, stdout, stderr) = finish(&mut workplace.command(&["info", "data/start.store.safetensors"]));
    assert_eq!(code, Some(0), "{stderr}");
    assert!(stdout.contains("YYDPETGTWY"), "{stdout}");
    let again = run_script(&python, workplace.folder.path(), &arguments);
    assert!(again.contains("md_001.dcd is there"), "finished trajectories are kept: {again}");
}

#[test]
fn a_selection_of_atoms_is_exported_in_every_format() {
    let workplace = Workplace::new();
    write_conformations(&workplace, "md_topology.pdb", 0, 1);
    write_conformations(&workplace, "md.dcd", 0, 12);
    let whole = frames(&workplace.path("md.dcd"));
    let export = |more: &[&str]| finish(workplace.command(&["export", "md.dcd"]).args(more));
    for name in ["ca.dcd", "ca2.xtc", "ca3.pdb"] {
        let (code, stdout, stderr) =
            export(&["--out", name, "--select", "name CA", "--first", "2", "--stride", "2"]);
        assert_eq!(code, Some(0), "{name}: {stderr}");
        assert!(stdout.contains(name), "{stdout}");
        let some = frames(&workplace.path(name));
        assert_eq!(some.len(), 5, "{name}");
        assert_eq!(some[0].positions_angstrom.len(), 10, "{name}: an atom for each residue");
        // The Cα is the second atom of a residue; that of the first residue the second of all.
        for (a, b) in some[0].positions_angstrom[0].iter().zip(whole[2].positions_angstrom[1]) {
            assert!((a - b).abs() < 0.0051, "{name}");
        }
    }
    let topology = std::fs::read_to_string(workplace.path("ca_topology.pdb")).unwrap();
    let names: Vec<&str> =
        topology.lines().filter(|line| line.starts_with("ATOM")).map(|l| &l[12..16]).collect();
    assert_eq!(names, [" CA "; 10]);
    let (code, _, stderr) = export(&["--out", "all.cif", "--select", "sidechain and resname TRP"]);
    assert_eq!(code, Some(0), "{stderr}");
    let text = std::fs::read_to_string(workplace.path("all.cif")).unwrap();
    assert_eq!(text.lines().filter(|line| line.starts_with("ATOM ")).count(), 12 * 10);

    let (code, _, stderr) = export(&["--out", "no.dcd", "--select", "name CA and"]);
    assert_eq!(code, Some(2), "{stderr}");
    assert!(stderr.contains("Character"), "{stderr}");
    let (code, _, stderr) = export(&["--out", "no.dcd", "--select", "chain Q"]);
    assert_eq!(code, Some(1));
    assert!(stderr.contains("selects no atom"), "{stderr}");
    assert!(!workplace.path("no.dcd").exists());
}
