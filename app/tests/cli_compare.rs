//! `equijump compare` as a user runs it: one file, one command, one table; gone on with, not done again.

#![allow(clippy::unwrap_used)]

mod cli_common;

use std::path::Path;

use cli_common::{Workplace, finish, frames, write_conformations};

const CONFIG: &str = include_str!("cli_common/comparison.toml");

/// A folder with a topology, six trajectories and the file.
fn prepared() -> Workplace {
    let workplace = Workplace::new();
    write_conformations(&workplace, "top.pdb", 0, 1);
    for k in 0..6 {
        write_conformations(&workplace, &format!("md{k}.dcd"), 11 * k, 120);
    }
    std::fs::write(workplace.path("compare.toml"), CONFIG).unwrap();
    workplace
}

fn text(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn one_command_makes_the_table_and_a_second_one_does_nothing_twice() {
    let workplace = prepared();
    let compare =
        |more: &[&str]| finish(workplace.command(&["compare", "compare.toml", "--out", "table"]).args(more));
    let (code, stdout, stderr) = compare(&["--dry-run"]);
    assert_eq!(code, Some(0), "{stderr}");
    assert!(stdout.contains("1. two-sided") && stdout.contains("2. Flow Matching"), "{stdout}");
    assert!(stdout.contains("4 steps of 2 pairs (0 done)"), "{stdout}");
    assert!(!workplace.path("table").exists(), "a dry run touches nothing");

    let (code, stdout, stderr) = compare(&[]);
    assert_eq!(code, Some(0), "{stderr}");
    assert!(stdout.contains("Flow Matching") && stdout.contains("floor"), "{stdout}");
    let table = text(&workplace.path("table/divergences.csv"));
    for (label, transport) in [("two-sided", "two-sided"), ("Flow Matching", "flow-matching")] {
        for quantity in ["tic1", "tic2", "rmsd", "gdt", "radius_of_gyration", "native_contacts"] {
            let start = format!("\"{label}\",{transport},3,1,{quantity},none,");
            let line = table.lines().find(|line| line.starts_with(&start)).unwrap();
            let numbers: Vec<f64> = line.split(',').skip(6).map(|n| n.parse().unwrap()).collect();
            assert!(numbers[1] <= numbers[0] && numbers[0] <= numbers[2], "{line}");
            assert!((0.0..=std::f64::consts::LN_2).contains(&numbers[0]) && numbers[3] > 0.0, "{line}");
        }
    }
    let variants = text(&workplace.path("table/variants.csv"));
    let fields: Vec<&str> = variants.lines().nth(1).unwrap().split(',').collect();
    assert_eq!(fields[6..8], ["4", "2"], "steps and pairs a step");
    let [training, sampling] = [8, 14].map(|k: usize| fields[k].parse::<f64>().unwrap());
    assert!(training > 0.0 && sampling > 0.0, "{variants}");
    let page = text(&workplace.path("table/comparison.html"));
    for line in page.lines().flat_map(|line| line.split("href=\"").skip(1)) {
        let file = line.split('"').next().unwrap();
        assert!(workplace.path("table").join(file).is_file(), "{file} is linked and not there");
    }
    let markdown = text(&workplace.path("table/comparison.md"));
    assert!(markdown.contains("| Flow Matching | ") && markdown.contains("| Mean |"), "{markdown}");
    for replica in ["run_r000.dcd", "run_r001.dcd"] {
        let samples = frames(&workplace.path(&format!("table/flow-matching/samples/{replica}")));
        assert_eq!(samples.len(), 31);
        // Each starts where the reference does, in turn.
        let reference = if replica == "run_r000.dcd" { "md3.dcd" } else { "md4.dcd" };
        let start = &frames(&workplace.path(reference))[0].positions_angstrom;
        let differs = |(a, b): (&[f32; 3], &[f32; 3])| (0..3).any(|axis| (a[axis] - b[axis]).abs() > 1e-3);
        assert!(!samples[0].positions_angstrom.iter().zip(start).any(differs));
    }

    // Once more: the same numbers, and nothing trained or sampled again.
    let checkpoint = || {
        let path = workplace.path("table/two-sided/training/checkpoint.safetensors");
        std::fs::metadata(path).unwrap().modified().unwrap()
    };
    let before = checkpoint();
    let (code, _, stderr) = compare(&[]);
    assert_eq!(code, Some(0), "{stderr}");
    assert_eq!(text(&workplace.path("table/divergences.csv")), table);
    assert_eq!(checkpoint(), before);

    // Killed between the last checkpoint and its model, it writes the model then.
    let model = workplace.path("table/two-sided/training/model.safetensors");
    let whole = std::fs::read(&model).unwrap();
    std::fs::remove_file(&model).unwrap();
    let (code, _, stderr) = compare(&[]);
    assert_eq!(code, Some(0), "{stderr}");
    assert!(std::fs::read(&model).unwrap() == whole);
    assert_eq!(text(&workplace.path("table/divergences.csv")), table);

    // More frames go on from those that are there; another network does not.
    std::fs::write(workplace.path("compare.toml"), CONFIG.replace("frames = 30", "frames = 33")).unwrap();
    let kept = frames(&workplace.path("table/two-sided/samples/run_r000.dcd"));
    let (code, _, stderr) = compare(&[]);
    assert_eq!(code, Some(0), "{stderr}");
    let longer = frames(&workplace.path("table/two-sided/samples/run_r000.dcd"));
    assert_eq!(longer.len(), 34);
    assert!(longer.iter().zip(&kept).all(|(a, b)| a.positions_angstrom == b.positions_angstrom));
    std::fs::write(workplace.path("compare.toml"), CONFIG.replace("multiplicity = 4", "multiplicity = 5"))
        .unwrap();
    let (code, _, stderr) = compare(&[]);
    assert_eq!(code, Some(1));
    assert!(stderr.contains("multiplicity = 4 instead of 5") && stderr.contains("--force"), "{stderr}");
}

#[test]
fn a_variant_that_fails_is_told_of_and_stops_no_other() {
    let workplace = prepared();
    std::fs::create_dir_all(workplace.path("table/two-sided/training")).unwrap();
    let checkpoint = workplace.path("table/two-sided/training/checkpoint.safetensors");
    std::fs::write(&checkpoint, "not a checkpoint").unwrap();
    let compare =
        |more: &[&str]| finish(workplace.command(&["compare", "compare.toml", "--out", "table"]).args(more));
    let (code, stdout, stderr) = compare(&[]);
    assert_eq!(code, Some(1), "{stderr}");
    assert!(stderr.lines().last().unwrap().contains("1 of 2 variants failed"), "{stderr}");
    assert!(stdout.lines().any(|line| line.starts_with("two-sided") && line.contains("failed")), "{stdout}");
    let variants = text(&workplace.path("table/variants.csv"));
    assert!(variants.lines().nth(1).unwrap().contains("checkpoint"), "{variants}");
    assert!(text(&workplace.path("table/comparison.md")).contains("- Failed: two-sided"));
    assert!(text(&workplace.path("table/divergences.csv")).contains("\"Flow Matching\""));

    let (code, stdout, stderr) = compare(&["--force"]);
    assert_eq!(code, Some(0), "{stderr}");
    assert!(!stdout.contains("failed"), "{stdout}");
}

#[test]
fn files_that_cannot_be_used_are_one_sentence() {
    let workplace = prepared();
    let fails = |text: String, words: &[&str]| {
        std::fs::write(workplace.path("compare.toml"), text).unwrap();
        let (code, _, stderr) =
            finish(&mut workplace.command(&["compare", "compare.toml", "--out", "table"]));
        assert_eq!(code, Some(1), "{stderr}");
        let last = stderr.trim().lines().last().unwrap_or_default().to_owned();
        for word in words {
            assert!(last.contains(word), "{word:?} is not in {last:?}");
        }
    };
    fails(CONFIG.replace("multiplicity", "multiplicty"), &["compare.toml", "multiplicty"]);
    fails(CONFIG.replace("[data]", "[data"), &["compare.toml", "line"]);
    fails(CONFIG.replace("md1.dcd", "gone.dcd"), &["gone.dcd"]);
    fails(CONFIG.replace("md4.dcd", "gone.dcd"), &["gone.dcd"]);
    fails(CONFIG.replace("md1.dcd", "md2.dcd"), &["data.store.safetensors", "--force"]);
    fails(CONFIG.replace("native = \"chignolin\"", "native = \"trpcage\""), &["sequence"]);
}
