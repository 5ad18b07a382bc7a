//! Wrong input on the command line: one sentence, the right exit code, no panic, no files left.

#![allow(clippy::unwrap_used)]

mod cli_common;

use cli_common::{Workplace, finish};

/// Checks that the command fails with one line that holds all of `words`.
fn fails(workplace: &Workplace, arguments: &[&str], words: &[&str]) {
    let files = || std::fs::read_dir(workplace.folder.path()).unwrap().count();
    let before = files();
    let (code, stdout, stderr) = finish(&mut workplace.command(arguments));
    assert_eq!(code, Some(1), "{arguments:?}: {stderr}");
    assert!(!stderr.contains("panicked"), "{stderr}");
    // What was left out of the structure is told in notes before.
    let sentences = stderr.trim().lines().filter(|line| !line.starts_with("note: ")).count();
    assert_eq!(sentences, 1, "{arguments:?}: {stderr}");
    for word in words {
        assert!(stderr.contains(word), "{arguments:?}: {word:?} is not in {stderr:?}");
    }
    assert!(stdout.is_empty(), "{stdout}");
    assert_eq!(files(), before, "{arguments:?} left files behind");
}

#[test]
fn without_a_display_the_window_is_one_sentence_that_names_the_headless_form() {
    fails(&Workplace::new(), &[], &["no display", "equijump simulate"]);
}

#[test]
#[cfg(target_os = "linux")]
fn a_display_that_does_not_answer_is_one_sentence_too() {
    let workplace = Workplace::new();
    let (code, _, stderr) = finish(workplace.command(&[]).env("DISPLAY", ":4242"));
    assert_eq!(code, Some(1), "{stderr}");
    assert_eq!(stderr.trim().lines().count(), 1, "{stderr}");
    assert!(stderr.contains("cannot be opened") && stderr.contains("equijump simulate"), "{stderr}");
    assert!(!stderr.contains(".rs:") && !stderr.contains("panicked"), "{stderr}");
}

/// Devices and pipes have no end.
#[cfg(unix)]
#[test]
fn what_is_no_regular_file_is_not_read() {
    let workplace = Workplace::new();
    let made = std::process::Command::new("mkfifo").arg(workplace.path("pipe")).status().unwrap();
    assert!(made.success());
    std::os::unix::fs::symlink(workplace.path("pipe"), workplace.path("pipe.toml")).unwrap();
    std::os::unix::fs::symlink("/dev/zero", workplace.path("zero.toml")).unwrap();
    for endless in ["/dev/zero", "pipe"] {
        let words = [endless, "regular file"];
        fails(&workplace, &["simulate", "chignolin", "--model", endless], &words);
        fails(&workplace, &["train", endless, "--out", "training"], &words);
    }
    for config in ["/dev/zero", "pipe.toml", "zero.toml"] {
        fails(&workplace, &["compare", config, "--out", "table"], &[config, "regular file"]);
    }
}

#[test]
fn structures_that_cannot_be_simulated() {
    let workplace = Workplace::new();
    let write = |name: &str, contents: &str| std::fs::write(workplace.path(name), contents).unwrap();
    write("empty.pdb", "");
    write("notes.pdb", "Dear diary\n");
    write(
        "water.pdb",
        "HETATM    1  O   HOH A   1       0.000   0.000   0.000  1.00  0.00           O  \nEND\n",
    );
    for (file, words) in [
        ("empty.pdb", ["empty.pdb", "empty"]),
        ("notes.pdb", ["notes.pdb", "no atoms"]),
        ("water.pdb", ["water.pdb", "no protein"]),
        ("absent.pdb", ["absent.pdb", "no file"]),
    ] {
        fails(&workplace, &["simulate", file, "--model", "model.safetensors"], &words);
    }
}

#[test]
fn several_chains_are_listed() {
    let workplace = Workplace::new();
    let chignolin = include_str!("../../assets/structures/chignolin.pdb");
    let atoms: Vec<&str> = chignolin.lines().filter(|line| line.starts_with("ATOM")).collect();
    let of_chain = |chain: &str| -> String {
        atoms.iter().map(|line| format!("{}{chain}{}\n", &line[..21], &line[22..])).collect()
    };
    let two = format!("{}TER\n{}TER\nEND\n", of_chain("A"), of_chain("B"));
    std::fs::write(workplace.path("two.pdb"), two).unwrap();
    let run = ["simulate", "two.pdb", "--model", "model.safetensors", "--frames", "1"];
    fails(&workplace, &run, &["several protein chains", "A (10 residues)", "B (10 residues)", "--chain"]);
    fails(&workplace, &[&run[..], &["--chain", "C"]].concat(), &["no protein chain C"]);
    let (code, _, stderr) =
        finish(workplace.command(&run).args(["--chain", "B", "--latent-steps", "2", "--out", "b.dcd"]));
    assert_eq!(code, Some(0), "{stderr}");
}

#[test]
fn models_outputs_and_devices_that_cannot_be_used() {
    let workplace = Workplace::new();
    std::fs::write(workplace.path("broken.safetensors"), [7; 400]).unwrap();
    let simulate = |extra: &[&'static str]| [&["simulate", "chignolin"], extra].concat();
    fails(&workplace, &simulate(&["--model", "absent.safetensors"]), &["absent.safetensors"]);
    fails(&workplace, &simulate(&["--model", "broken.safetensors"]), &["broken.safetensors"]);
    let model = ["--model", "model.safetensors"];
    let with = |extra: &[&'static str]| [simulate(&model), extra.to_vec()].concat();
    fails(&workplace, &with(&["--out", "run.trr"]), &["run.trr", ".dcd"]);
    fails(&workplace, &with(&["--out", "absent/run.dcd"]), &["absent/run"]);
    fails(&workplace, &with(&["--device", "no such card"]), &["no graphics adapter"]);
}

#[test]
fn trajectories_that_cannot_be_imported() {
    let workplace = Workplace::new();
    std::fs::write(workplace.path("run.xtc"), "no trajectory").unwrap();
    std::fs::write(workplace.path("top.pdb"), include_str!("../../assets/structures/chignolin.pdb")).unwrap();
    let import = |files: &[&'static str]| [&["import", "--out", "store.safetensors"], files].concat();
    fails(&workplace, &import(&["run.xtc", "--topology", "top.pdb"]), &["run.xtc"]);
    fails(&workplace, &import(&["absent.dcd", "--topology", "top.pdb"]), &["absent.dcd"]);
    fails(&workplace, &import(&["run.xtc", "--topology", "absent.pdb"]), &["absent.pdb"]);
    fails(&workplace, &import(&["run.xtc", "./run.xtc", "--topology", "top.pdb"]), &["not a readable XTC"]);
    // Not even --force replaces what it is made from.
    for input in ["run.xtc", "top.pdb"] {
        let command = ["import", "run.xtc", "--topology", "top.pdb", "--force", "--out", input];
        let before = std::fs::read(workplace.path(input)).unwrap();
        fails(&workplace, &command, &["another name"]);
        assert_eq!(std::fs::read(workplace.path(input)).unwrap(), before);
        let command = ["simulate", "top.pdb", "--model", "model.safetensors", "--force", "--out", "top.pdb"];
        fails(&workplace, &command, &["top.pdb", "another name"]);
    }
}

#[test]
fn training_and_benchmarks_that_cannot_start() {
    let workplace = Workplace::new();
    std::fs::write(workplace.path("notes.store"), "Dear diary").unwrap();
    let train = |store: &'static str, extra: &[&'static str]| {
        [&["train", store, "--out", "training"], extra].concat()
    };
    fails(&workplace, &train("absent.store", &[]), &["absent.store"]);
    fails(&workplace, &train("notes.store", &[]), &["notes.store", "equijump import"]);
    fails(&workplace, &train("model.safetensors", &[]), &["model.safetensors", "equijump import"]);
    fails(&workplace, &train("absent.store", &["--resume"]), &["training", "resumed"]);
    fails(&workplace, &train("absent.store", &["--batch-size", "0"]), &["batch size"]);
    fails(&workplace, &train("absent.store", &["--multiplicity", "0"]), &["multiplicity"]);
    let giant = ["--multiplicity", "1024", "--residual", "concat", "--header-layers", "64"];
    fails(&workplace, &train("absent.store", &giant), &["parameters"]);
    for seconds in ["0", "inf", "nan", "1e300"] {
        fails(&workplace, &["bench", "--seconds", seconds], &["--seconds"]);
    }
    fails(&workplace, &["bench", "--multiplicity", "0"], &["multiplicity"]);
    // Before anything is measured.
    fails(&workplace, &["bench", "--json", "notes.store"], &["notes.store", "--force"]);
    fails(&workplace, &["bench", "--json", "absent/bench.json"], &["no such folder"]);
}

#[test]
fn files_that_cannot_be_described() {
    let workplace = Workplace::new();
    std::fs::write(workplace.path("notes.txt"), "Dear diary\n").unwrap();
    fails(&workplace, &["info", "notes.txt"], &["notes.txt"]);
    fails(&workplace, &["info", "absent.dcd"], &["absent.dcd"]);
}

#[test]
fn wrong_usage_exits_with_2() {
    let workplace = Workplace::new();
    for arguments in [
        &["fly"][..],
        &["simulate"],
        &["simulate", "chignolin", "--latent-steps", "1"],
        &["simulate", "chignolin", "--replicas", "0"],
        &["simulate", "chignolin", "--force", "--resume"],
        &["import", "run.xtc"],
        &["bench", "--batch", "0"],
    ] {
        let (code, _, stderr) = finish(&mut workplace.command(arguments));
        assert_eq!(code, Some(2), "{arguments:?}: {stderr}");
    }
}
