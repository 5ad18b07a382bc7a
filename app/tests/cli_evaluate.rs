//! `equijump evaluate` as a user runs it: a report that stands alone, the numbers beside it, clear errors.

#![allow(clippy::unwrap_used)]

mod cli_common;

use cli_common::{Workplace, finish, write_conformations};

/// A folder with a topology, three reference and two sample trajectories.
fn prepared() -> Workplace {
    let workplace = Workplace::new();
    write_conformations(&workplace, "top.pdb", 0, 1);
    for k in 0..3 {
        write_conformations(&workplace, &format!("md{k}.dcd"), 11 * k, 120);
    }
    write_conformations(&workplace, "run_r000.dcd", 5, 100);
    write_conformations(&workplace, "run_r001.dcd", 9, 100);
    workplace
}

const COMMAND: [&str; 21] = [
    "evaluate",
    "--topology",
    "top.pdb",
    "--native",
    "chignolin",
    "--reference",
    "md0.dcd",
    "md1.dcd",
    "md2.dcd",
    "--samples",
    "run_r000.dcd",
    "run_r001.dcd",
    "--tica-lag-ps",
    "300",
    "--bootstrap",
    "20",
    "--clusters",
    "10",
    "--out",
    "report",
    "--seed=4",
];

#[test]
fn a_report_stands_alone_and_is_not_overwritten() {
    let workplace = prepared();
    let (code, stdout, stderr) = finish(&mut workplace.command(&COMMAND));
    assert_eq!(code, Some(0), "{stderr}");
    assert!(stdout.contains("TIC 1") && stdout.contains("report.html"), "{stdout}");

    let page = std::fs::read_to_string(workplace.path("report/report.html")).unwrap();
    assert!(page.matches("<svg").count() >= 10, "{} figures", page.matches("<svg").count());
    assert_eq!(page.matches("<svg").count(), page.matches("</svg>").count());
    for outside in ["src=", "url(", "@import", "<script", "<link"] {
        assert!(!page.contains(outside), "the page points outside with {outside}");
    }
    assert!(page.contains("equijump evaluate --topology top.pdb"), "the command is told");
    for line in page.lines().flat_map(|line| line.split("href=\"").skip(1)) {
        let file = line.split('"').next().unwrap();
        assert!(workplace.path("report").join(file).is_file(), "{file} is linked and not there");
    }

    let summary = std::fs::read_to_string(workplace.path("report/summary.json")).unwrap();
    let summary: serde_json::Value = serde_json::from_str(&summary).unwrap();
    assert_eq!(summary["settings"]["seed"], 4);
    assert_eq!(summary["ensembles"][0]["frames"], 360);
    assert_eq!(summary["ensembles"][1]["frames"], 200);
    assert_eq!(summary["ensembles"][1]["interval_ps"], 100.0);
    let table = std::fs::read_to_string(workplace.path("report/divergences.csv")).unwrap();
    for key in
        ["tic1", "tic2", "rmsd", "gdt", "radius_of_gyration", "native_contacts", "ramachandran", "janin"]
    {
        let line = table.lines().find(|line| line.starts_with(&format!("{key},none,"))).unwrap();
        let numbers: Vec<f64> = line.split(',').skip(2).map(|field| field.parse().unwrap()).collect();
        assert!(numbers[1] <= numbers[0] && numbers[0] <= numbers[2], "{line}");
        assert!((0.0..=std::f64::consts::LN_2).contains(&numbers[0]) && numbers[3] > 0.0, "{line}");
    }

    // The same command again: refused, and with --force the same numbers.
    let (code, _, stderr) = finish(&mut workplace.command(&COMMAND));
    assert_eq!(code, Some(1));
    assert!(stderr.contains("--force") && stderr.trim().lines().count() == 1, "{stderr}");
    let (code, _, stderr) = finish(workplace.command(&COMMAND).arg("--force"));
    assert_eq!(code, Some(0), "{stderr}");
    assert_eq!(std::fs::read_to_string(workplace.path("report/divergences.csv")).unwrap(), table);
}

#[test]
fn wrong_files_are_one_sentence_and_leave_nothing() {
    let workplace = prepared();
    let files = || std::fs::read_dir(workplace.folder.path()).unwrap().count();
    let before = files();
    let fails = |replace: (&str, &str), words: &[&str]| {
        let arguments: Vec<&str> =
            COMMAND.iter().map(|&word| if word == replace.0 { replace.1 } else { word }).collect();
        let (code, _, stderr) = finish(&mut workplace.command(&arguments));
        assert_eq!(code, Some(1), "{stderr}");
        let last = stderr.trim().lines().last().unwrap_or_default().to_owned();
        for word in words {
            assert!(last.contains(word), "{word:?} is not in {last:?}");
        }
        assert_eq!(files(), before, "{replace:?} left files behind");
    };
    fails(("chignolin", "trpcage"), &["sequence", "one protein"]);
    fails(("chignolin", "nothing"), &["no bundled structure"]);
    fails(("md1.dcd", "missing.dcd"), &["missing.dcd"]);
    fails(("300", "350"), &["whole number of frames"]);
    fails(("300", "90000"), &["shorten the lag"]);
    std::fs::write(workplace.path("run_r000.dcd"), "not a trajectory").unwrap();
    fails(("--seed=4", "--seed=5"), &["run_r000.dcd"]);
}

#[test]
fn many_proteins_are_one_report_beside_the_rows_of_the_paper() {
    let workplace = Workplace::new();
    for folder in ["set/chignolin", "set/notes", "runs/chignolin"] {
        std::fs::create_dir_all(workplace.path(folder)).unwrap();
    }
    write_conformations(&workplace, "set/chignolin/top.pdb", 0, 1);
    for k in 0..3 {
        write_conformations(&workplace, &format!("set/chignolin/md{k}.dcd"), 11 * k, 120);
    }
    write_conformations(&workplace, "runs/chignolin/run_r000.dcd", 5, 100);
    let command = |out: &str| {
        let words = ["evaluate", "--proteins", "set", "--samples", "runs", "--bootstrap", "20"];
        workplace.command(&[words.as_slice(), &["--clusters", "10", "--out", out]].concat())
    };
    let (code, stdout, stderr) = finish(&mut command("report"));
    assert_eq!(code, Some(0), "{stderr}");
    assert!(stdout.contains("Chignolin") && stdout.contains("Table 2: EquiJump 256"), "{stdout}");
    let page = std::fs::read_to_string(workplace.path("report/report.html")).unwrap();
    // Table A.8 has 0.253 for CG-MLFF on chignolin's RMSD, Table 3 15.7 % for EquiJump 256 on contacts.
    assert!(page.contains("0.253") && page.contains("15.7 %") && page.contains("not known"), "{page}");
    for line in page.lines().flat_map(|line| line.split("href=\"").skip(1)) {
        let file = line.split('"').next().unwrap();
        assert!(workplace.path("report").join(file).is_file(), "{file} is linked and not there");
    }
    // The frame that a trajectory starts from is not counted; that is so of one of the 100.
    let summary = std::fs::read_to_string(workplace.path("report/summary.json")).unwrap();
    let summary: serde_json::Value = serde_json::from_str(&summary).unwrap();
    assert_eq!(summary["proteins"][0]["numbers"]["samples"]["frames"], 99);
    assert_eq!(summary["proteins"][0]["numbers"]["molecular_dynamics"]["frames"], 360);
    let table = std::fs::read_to_string(workplace.path("report/fluctuation.csv")).unwrap();
    assert_eq!(table.lines().count(), 11);
    for line in table.lines().skip(1) {
        let numbers: Vec<f64> = line.split(',').skip(2).map(|field| field.parse().unwrap()).collect();
        assert!(numbers[1] <= numbers[0] && numbers[0] <= numbers[2] && numbers[0] > 0.0, "{line}");
    }
    let (code, _, stderr) = finish(&mut command("runs"));
    assert!(code == Some(1) && stderr.contains("the same folder"), "{stderr}");
}
