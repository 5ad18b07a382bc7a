//! Branches of a model against trajectories from one frame, as a process.

#![allow(clippy::unwrap_used)]

mod cli_common;

use std::sync::Arc;

use cli_common::{Workplace, finish};
use equijump_engine::structure::{OpenedStructure, ReadOptions, read_structure_bytes, write_pdb};
use equijump_engine::trajectory::TrajectoryWriter;

/// Eight trajectories of chignolin from its structure, which comes first where asked for, 50 ps a frame.
fn write_branches(workplace: &Workplace, name: &str, frames: usize, with_start: bool) -> Vec<String> {
    let chignolin = include_bytes!("../../assets/structures/chignolin.pdb");
    let OpenedStructure { topology, positions_angstrom, .. } =
        read_structure_bytes("chignolin.pdb", chignolin, &ReadOptions::default()).unwrap();
    let pdb = std::fs::File::create(workplace.path("top.pdb")).unwrap();
    write_pdb(&topology, &positions_angstrom, pdb).unwrap();
    (0..8)
        .map(|branch| {
            let file = format!("{name}{branch}.dcd");
            let mut writer =
                TrajectoryWriter::create(&workplace.path(&file), &Arc::clone(&topology), 50.0, false)
                    .unwrap();
            let first = usize::from(!with_start);
            for frame in first..frames {
                let size = 0.15 * (frame as f32).sqrt();
                let moved: Vec<[f32; 3]> = positions_angstrom
                    .iter()
                    .enumerate()
                    .map(|(atom, p)| {
                        let phase = (atom * 13 + frame * 7 + branch * 31) as f32;
                        [p[0] + size * phase.sin(), p[1] + size * (1.7 * phase).cos(), p[2]]
                    })
                    .collect();
                writer.write_frame(&moved, 50.0 * frame as f64).unwrap();
            }
            file
        })
        .collect()
}

#[test]
fn branches_are_compared_as_far_as_they_go_and_reported() {
    let workplace = Workplace::new();
    // 350 ps beyond the start: one jump and three, not ten.
    for (name, with_start) in [("with", true), ("without", false)] {
        let files = write_branches(&workplace, name, 8, with_start);
        let out = format!("report-{name}");
        let mut command = workplace.command(&["evaluate", "--branches", "--topology", "top.pdb"]);
        command.args(["--model", "model.safetensors", "--latent-steps", "4", "--out", &out]);
        if !with_start {
            command.args(["--start", "top.pdb"]);
        }
        let (code, stdout, stderr) = finish(command.arg("--reference").args(&files));
        assert_eq!(code, Some(0), "{stderr}");
        for words in ["8 branches", "after 1 jump, 100", "after 3 jumps", "not supported", "× floor"] {
            assert!(stdout.contains(words), "{words}: {stdout}");
        }
        let read = |file: &str| std::fs::read_to_string(workplace.path(&out).join(file)).unwrap();
        let summary: serde_json::Value = serde_json::from_str(&read("summary.json")).unwrap();
        let report = &summary["branches"]["report"];
        assert_eq!(report["starts"], serde_json::json!([8]));
        assert_eq!(report["horizons"][1]["asked_jumps"], serde_json::json!(10));
        assert_eq!(report["horizons"][0]["trajectories"], serde_json::json!([[8, 8]]));
        assert!(read("branches.csv").starts_with("jumps,time_ps,measure,start,residue,unit,md,"));
        let page = read("report.html");
        assert!(page.contains("Not supported") && page.contains("Residue by residue"));
    }
}

#[test]
fn branches_that_cannot_be_compared_are_refused_with_the_cause() {
    let workplace = Workplace::new();
    let files = write_branches(&workplace, "b", 8, false);
    let common = ["evaluate", "--branches", "--topology", "top.pdb", "--model", "model.safetensors"];
    let fails = |extra: &[&str], code: i32, words: &str| {
        let mut command = workplace.command(&common);
        command.args(["--out", "report", "--reference"]).args(&files).args(extra);
        let (found, _, stderr) = finish(&mut command);
        assert!(found == Some(code) && stderr.contains(words), "{stderr}");
        assert!(!workplace.path("report").exists());
    };
    // They do not begin with their start.
    fails(&[], 1, "name that frame as their start");
    fails(&["--start", "top.pdb:3"], 1, "no frame 3");
    fails(&["--start", "top.pdb", "--horizons", "10,1"], 1, "rising");
    fails(&["--start", "top.pdb", "--skip-ps", "100"], 1, "left out");
    // One test at a time, and none of samples.
    fails(&["--jumps"], 2, "cannot be used");
    fails(&["--samples", "b0.dcd"], 2, "cannot be used");
}
