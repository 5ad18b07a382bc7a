//! `equijump study` as a user runs it: a table, figures, and a preset that `simulate` takes.

#![allow(clippy::unwrap_used)]

mod cli_common;

use cli_common::{Workplace, finish, write_conformations};

const COMMAND: [&str; 25] = [
    "study",
    "model.safetensors",
    "chignolin",
    "--topology",
    "top.pdb",
    "--reference",
    "md0.dcd",
    "md1.dcd",
    "md2.dcd",
    "--out",
    "study",
    "--epsilon",
    "0.5,1",
    "--latent-steps",
    "3,6",
    "--replicas",
    "2",
    "--frames",
    "30",
    "--tica-lag-ps",
    "300",
    "--bootstrap",
    "20",
    "--clusters",
    "10",
];

#[test]
fn a_study_ends_in_figures_and_a_preset_and_is_not_made_twice() {
    let workplace = Workplace::new();
    write_conformations(&workplace, "top.pdb", 0, 1);
    for k in 0..3 {
        write_conformations(&workplace, &format!("md{k}.dcd"), 11 * k, 120);
    }
    let study = |more: &[&str]| finish(workplace.command(&COMMAND).args(more));
    let (code, stdout, stderr) = study(&["--md-seconds", "7.5", "--md-name", "our cluster"]);
    assert_eq!(code, Some(0), "{stderr}");
    assert!(stdout.contains("study.html"), "{stdout}");
    let text = |name: &str| std::fs::read_to_string(workplace.path(name)).unwrap();
    let table = text("study/study.csv");
    // The default and four of the grid.
    assert_eq!(table.lines().count(), 6, "{table}");
    for (line, steps) in table.lines().skip(1).zip(["100", "3", "6", "3", "6"]) {
        let fields: Vec<&str> = line.split(',').collect();
        assert_eq!((fields[4], fields[5]), (steps, steps), "{line}");
        let numbers: Vec<f64> = [6, 8, 10, 11, 12].map(|k: usize| fields[k].parse().unwrap()).to_vec();
        assert!((numbers[1] - 7.5 / numbers[0]).abs() < 0.01 * numbers[1], "acceleration in {line}");
        assert!(numbers[3] <= numbers[2] && numbers[2] <= numbers[4], "{line}");
        // The mean of the six that follow.
        let six: f64 = (0..6).map(|k| fields[16 + 3 * k].parse::<f64>().unwrap()).sum();
        assert!((numbers[2] - six / 6.0).abs() < 1e-5, "{line}");
    }
    for figure in ["study_quality_against_evaluations", "study_quality_against_acceleration"] {
        assert!(text(&format!("study/{figure}.svg")).contains("ε = 0.5"), "{figure}");
        assert!(std::fs::metadata(workplace.path(&format!("study/{figure}.png"))).unwrap().len() > 1000);
    }
    assert!(text("study/study_quality_against_acceleration.svg").contains("our cluster"));
    let page = text("study/study.html");
    assert_eq!(page.matches("<svg").count(), page.matches("</svg>").count());

    // Once more: what is there is taken as it is.
    let samples = || {
        let path = workplace.path("study/cells/sde-matched-eps1-steps3/samples/run.state");
        std::fs::metadata(path).unwrap().modified().unwrap()
    };
    let before = samples();
    let (code, _, stderr) = study(&[]);
    assert_eq!(code, Some(0), "{stderr}");
    assert_eq!(samples(), before);
    let same = |text: String| -> Vec<String> {
        // All but the acceleration, which is counted from another baseline now.
        text.lines()
            .map(|l| l.split(',').enumerate().filter(|(k, _)| *k != 8).map(|(_, f)| f).collect())
            .collect()
    };
    assert_eq!(same(text("study/study.csv")), same(table));

    // The preset lies beside the model, and simulate takes it; a flag goes before it.
    let presets: serde_json::Value = serde_json::from_str(&text("presets.json")).unwrap();
    let steps = presets["fast"]["settings"]["latent_steps"].as_u64().unwrap();
    assert!([3, 6, 100].contains(&steps), "{presets}");
    assert_eq!(presets["default"]["settings"]["latent_steps"], 100);
    let run = |more: &[&str]| {
        let common = ["simulate", "chignolin", "--model", "model.safetensors", "--frames", "2", "--force"];
        finish(workplace.command(&common).args(["--out", "run.dcd"]).args(more))
    };
    let (code, _, stderr) = run(&["--preset", "fast", "--seed", "5"]);
    assert_eq!(code, Some(0), "{stderr}");
    let description = || -> serde_json::Value { serde_json::from_str(&text("run.json")).unwrap() };
    assert_eq!(description()["run"]["settings"]["latent_steps"].as_u64(), Some(steps));
    assert_eq!(description()["run"]["settings"]["seed"], 5);
    let (code, _, stderr) = run(&["--preset", "fast", "--latent-steps", "4"]);
    assert_eq!(code, Some(0), "{stderr}");
    assert_eq!(description()["run"]["settings"]["latent_steps"], 4);
    // Where none is named, the model's own default settings are taken.
    let mut changed = presets.clone();
    changed["default"]["settings"]["latent_steps"] = 7.into();
    std::fs::write(workplace.path("presets.json"), changed.to_string()).unwrap();
    for (more, steps) in [(&[][..], 7), (&["--latent-steps", "4"], 4)] {
        let (code, _, stderr) = run(more);
        assert_eq!(code, Some(0), "{stderr}");
        assert_eq!(description()["run"]["settings"]["latent_steps"], steps);
    }
    let (code, _, stderr) = run(&["--preset", "quick"]);
    assert_eq!(code, Some(1));
    assert!(stderr.contains("no preset quick") && stderr.contains("default, fast"), "{stderr}");
    // They are settings of this model alone.
    let crc = presets["fast"]["model_crc32"].as_u64().unwrap();
    assert_eq!(
        crc,
        u64::from(equijump_engine::trajectory::file_crc32(&workplace.path("model.safetensors")).unwrap())
    );
    let mut other = equijump_engine::network::Model::load(&workplace.path("model.safetensors")).unwrap();
    *other.parameters.last_mut().unwrap() += 1.0;
    other.save(&workplace.path("model.safetensors")).unwrap();
    let (code, _, stderr) = run(&["--preset", "fast"]);
    assert!(code == Some(1) && stderr.contains("no preset fast"), "{stderr}");
    let (code, _, _) = run(&[]);
    assert_eq!(code, Some(0));
}

#[test]
fn wrong_requests_are_one_sentence() {
    let workplace = Workplace::new();
    write_conformations(&workplace, "top.pdb", 0, 1);
    (0..3).for_each(|k| write_conformations(&workplace, &format!("md{k}.dcd"), 11 * k, 120));
    let fails = |replace: (&str, &str), words: &[&str]| {
        let arguments: Vec<&str> =
            COMMAND.iter().map(|&word| if word == replace.0 { replace.1 } else { word }).collect();
        let (code, _, stderr) = finish(&mut workplace.command(&arguments));
        assert_eq!(code, Some(1), "{stderr}");
        let last = stderr.trim().lines().last().unwrap_or_default().to_owned();
        for word in words {
            assert!(last.contains(word), "{word:?} is not in {last:?}");
        }
    };
    fails(("model.safetensors", "gone.safetensors"), &["gone.safetensors", "bundled model"]);
    fails(("chignolin", "trpcage"), &["sequence", "one protein"]);
    fails(("3,6", "3,1"), &["latent steps"]);
    fails(("md1.dcd", "gone.dcd"), &["gone.dcd"]);
    std::fs::write(workplace.path("presets.json"), "{").unwrap();
    fails(("3,6", "3,6"), &["presets.json"]);
}
