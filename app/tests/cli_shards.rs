//! A run in shards, and runs that end in time, as the tasks of a job array make them.

#![allow(clippy::unwrap_used, clippy::panic)]

mod cli_common;

use cli_common::{Workplace, finish, frames, write_conformations};
use equijump_engine::training::EarlierRun;
use equijump_engine::trajectory::TrajectoryReader;

fn bytes(workplace: &Workplace, name: &str) -> Vec<u8> {
    std::fs::read(workplace.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn manifest(workplace: &Workplace, name: &str) -> serde_json::Value {
    serde_json::from_slice(&bytes(workplace, name)).unwrap()
}

#[test]
fn shards_write_the_very_files_of_one_run_and_the_same_line_goes_on() {
    let workplace = Workplace::new();
    let common = ["--replicas", "5", "--seed", "11", "--device", "cpu"];
    let run = |more: &[&str]| finish(workplace.simulate(&common).args(more));
    let (code, _, stderr) = run(&["--frames", "4", "--out", "whole.dcd"]);
    assert_eq!(code, Some(0), "{stderr}");
    // One shard in two goes, as if its task had been lost; the last one alone in its own process.
    for (frames, shard) in [("2", "1/3"), ("4", "1/3"), ("4", "0/3"), ("4", "2/3"), ("4", "2/3")] {
        let (code, _, stderr) = run(&["--frames", frames, "--out", "parts.dcd", "--shard", shard]);
        assert_eq!(code, Some(0), "{stderr}");
    }
    for replica in 0..5 {
        let name = |run: &str| format!("{run}_r{replica:03}.dcd");
        assert!(bytes(&workplace, &name("whole")) == bytes(&workplace, &name("parts")), "replica {replica}");
    }
    assert!(bytes(&workplace, "whole_r003.dcd") != bytes(&workplace, "whole_r004.dcd"));
    assert!(bytes(&workplace, "whole_topology.pdb") == bytes(&workplace, "parts_topology.pdb"));
    let told = manifest(&workplace, "parts_shard002of3.json");
    assert_eq!(told["finished"], true);
    assert_eq!(told["trajectories"], serde_json::json!(["parts_r003.dcd", "parts_r004.dcd"]));
    assert_eq!(told["run"]["shard"]["first_replica"], 3);
    assert_eq!(told["run"]["shard"]["of_replicas"], 5);
    let whole = manifest(&workplace, "whole.json");
    for same in ["model_checksum", "start_crc32", "settings", "sequence"] {
        assert!(!told["run"][same].is_null(), "{same}");
        assert_eq!(told["run"][same], whole["run"][same], "{same}");
    }
    assert_eq!(told["version"], env!("CARGO_PKG_VERSION"));
    // What does not belong into the campaign is refused, and touches nothing.
    for (more, word) in [
        (&["--shard", "0/2"][..], "division into shards"),
        (&["--shard", "1/3", "--latent-steps", "6"], "latent steps"),
        (&["--shard", "3/3"], "numbered from 0 to 2"),
        (&["--shard", "0/6"], "5 replicas"),
        (&["--shard", "/"], "SLURM_ARRAY_TASK_COUNT"),
        (&["--shard", "1/3", "--force"], "--force"),
    ] {
        let mut command = workplace.command(&["simulate", "chignolin", "--model", "model.safetensors"]);
        command.args(common).args(["--frames", "5", "--out", "parts.dcd"]);
        if !more.contains(&"--latent-steps") {
            command.args(["--latent-steps", "5"]);
        }
        let (code, _, stderr) = finish(command.args(more));
        assert!(code == Some(1) || code == Some(2), "{more:?}: {stderr}");
        assert!(stderr.contains(word), "{more:?}: {stderr}");
    }
    assert!(bytes(&workplace, "whole_r000.dcd") == bytes(&workplace, "parts_r000.dcd"));
}

#[test]
fn a_campaign_is_read_where_it_lies_and_missing_shards_are_named() {
    let workplace = Workplace::new();
    std::fs::create_dir(workplace.path("campaign")).unwrap();
    for shard in ["0/4", "2/4"] {
        let arguments = ["--replicas", "8", "--frames", "3", "--out", "campaign/run.dcd", "--shard", shard];
        let (code, _, stderr) = finish(&mut workplace.simulate(&arguments));
        assert_eq!(code, Some(0), "{stderr}");
    }
    for (named, out) in [("campaign", "a.store.safetensors"), ("campaign/run_r*.dcd", "b.store.safetensors")]
    {
        let topology = "campaign/run_topology.pdb";
        let arguments = ["import", named, "--topology", topology, "--out", out];
        let (code, stdout, stderr) = finish(&mut workplace.command(&arguments));
        assert_eq!(code, Some(0), "{stderr}");
        assert!(stderr.contains("of the 4 shards of") && stderr.contains("2 missing: 1, 3"), "{stderr}");
        assert!(stdout.contains("4 trajectories"), "{stdout}");
    }
    let arguments = ["import", "campaign/*.xtc", "--topology", "campaign/run_topology.pdb", "--out", "c"];
    let (code, _, stderr) = finish(&mut workplace.command(&arguments));
    assert_eq!(code, Some(1));
    assert!(stderr.contains("no file that fits campaign/*.xtc"), "{stderr}");
}

#[test]
fn a_run_out_of_time_says_so_with_75_and_the_same_line_makes_the_frames_of_one_run() {
    let workplace = Workplace::new();
    let limited = ["--frames", "1000000", "--seed", "2", "--max-hours", "0.0002", "--out", "run.dcd"];
    let count =
        || TrajectoryReader::open(&workplace.path("run.dcd")).map_or(0, |reader| reader.frame_count());
    let mut legs = 0;
    // However busy the machine is, some leg makes frames, and then one more goes on from them.
    let mut with_frames = 0;
    while with_frames < 2 && legs < 50 {
        let (code, _, stderr) = finish(&mut workplace.simulate(&limited));
        assert_eq!(code, Some(75), "{stderr}");
        legs += 1;
        with_frames += usize::from(count() > 1);
    }
    let made = count();
    assert!(made > 1, "no leg made frames");
    assert!(workplace.path("run.state.bak").exists(), "the state before is kept");
    assert_eq!(manifest(&workplace, "run.json")["frames_after_start"], made - 1);
    assert_eq!(manifest(&workplace, "run.json")["finished"], false);
    // A state that a crash has damaged: the one before it serves.
    std::fs::write(workplace.path("run.state"), "torn").unwrap();
    let total = (made + 2).to_string();
    let arguments = ["--frames", &total, "--seed", "2"];
    let patient = ["--max-hours", "1", "--out", "run.dcd"];
    let (code, _, stderr) = finish(workplace.simulate(&arguments).args(patient));
    assert_eq!(code, Some(0), "{stderr}");
    assert!(stderr.contains("continues from the state before"), "{stderr}");
    let (code, _, stderr) = finish(workplace.simulate(&arguments).args(["--out", "whole.dcd"]));
    assert_eq!(code, Some(0), "{stderr}");
    assert!(frames(&workplace.path("run.dcd")) == frames(&workplace.path("whole.dcd")));
    for hours in ["0", "-1", "nan"] {
        let (code, _, stderr) = finish(&mut workplace.simulate(&["--max-hours", hours, "--out", "x.dcd"]));
        assert!(code == Some(1) && stderr.contains("--max-hours"), "{hours}: {stderr}");
    }
}

#[test]
fn a_job_array_that_would_leave_shards_out_is_refused() {
    let workplace = Workplace::new();
    let arguments = ["--replicas", "4", "--frames", "1", "--out", "run.dcd", "--shard", "1/4"];
    let mut command = workplace.simulate(&arguments);
    // As Slurm sets them for --array=1-4.
    for (name, value) in [("ID", "1"), ("COUNT", "4"), ("MIN", "1"), ("MAX", "4")] {
        command.env(format!("SLURM_ARRAY_TASK_{name}"), value);
    }
    let (code, _, stderr) = finish(&mut command);
    assert_eq!(code, Some(1));
    assert!(stderr.contains("--array=0-3"), "{stderr}");
}

#[test]
fn a_training_out_of_time_says_so_with_75_and_the_same_line_goes_on() {
    let workplace = Workplace::new();
    for (name, start) in [("md1.dcd", 0), ("md2.dcd", 5)] {
        write_conformations(&workplace, name, start, 20);
    }
    let (code, _, stderr) = finish(&mut workplace.simulate(&["--frames", "1", "--out", "md.dcd"]));
    assert_eq!(code, Some(0), "{stderr}");
    let import = ["import", "md[12].dcd", "--topology", "md_topology.pdb", "--out", "md.store.safetensors"];
    let (code, _, stderr) = finish(&mut workplace.command(&import));
    assert_eq!(code, Some(0), "{stderr}");
    let line =
        [
            &[
                "train",
                "md.store.safetensors",
                "--out",
                "training",
                "--steps",
                "1000000",
                "--batch-size",
                "2",
            ][..],
            &["--multiplicity", "4", "--conditioner-layers", "1", "--header-layers", "1", "--threads", "1"],
            &["--max-hours", "0.0002"],
        ]
        .concat();
    let step = || EarlierRun::load(&workplace.path("training")).map_or(0, |run| run.step);
    // However busy the machine is, some leg gets somewhere, and a later one further.
    let (mut steps, mut legs) = (vec![0], 0);
    while steps.len() < 3 && legs < 50 {
        let (code, stdout, stderr) = finish(&mut workplace.command(&line));
        assert_eq!(code, Some(75), "{stderr}");
        legs += 1;
        assert!(step() >= steps[steps.len() - 1], "a leg lost steps");
        if step() > steps[steps.len() - 1] {
            assert!(stdout.contains("training: out of time after "), "{stdout}");
            assert!(stderr.contains("the same command line continues the training"), "{stderr}");
            steps.push(step());
        }
    }
    assert_eq!(steps.len(), 3, "the training does not get on: {steps:?}");
}
