//! `equijump simulate` as a user runs it: kills, interrupts, resuming, refusals.

#![cfg(unix)] // signals
#![allow(clippy::unwrap_used, clippy::panic)]

mod cli_common;

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use cli_common::{Workplace, finish, frames};
use equijump_engine::random::Random;
use equijump_engine::trajectory::TrajectoryReader;

fn start(command: &mut Command) -> Child {
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn signal(child: &Child, signal: &str) {
    let sent = Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

/// Waits until the trajectory holds `count` frames.
fn wait_for_frames(workplace: &Workplace, name: &str, count: usize) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while Instant::now() < deadline {
        if TrajectoryReader::open(&workplace.path(name)).is_ok_and(|reader| reader.frame_count() >= count) {
            return;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    panic!("{count} frames did not come");
}

#[test]
fn a_run_killed_at_any_moment_stays_readable_and_resumes_to_the_same_frames() {
    let workplace = Workplace::new();
    let mut random = Random::new(12_345);
    for kill in 0..8 {
        let arguments =
            ["--frames", "1000000", "--seed", "3", "--replicas", "2", "--out", "run.dcd", "--resume"];
        let mut child = start(&mut workplace.simulate(&arguments));
        // From before the first file on; half of the runs are left to make frames, however busy the machine is.
        if kill >= 4 {
            let held = TrajectoryReader::open(&workplace.path("run_r000.dcd")).map_or(0, |r| r.frame_count());
            wait_for_frames(&workplace, "run_r000.dcd", held.max(1) + 1);
        }
        std::thread::sleep(Duration::from_millis(20 + random.index(300) as u64));
        child.kill().unwrap(); // SIGKILL
        child.wait().unwrap();
        for replica in ["run_r000.dcd", "run_r001.dcd"] {
            if workplace.path(replica).exists() {
                match TrajectoryReader::open(&workplace.path(replica)) {
                    Ok(reader) => assert_eq!(reader.atom_count(), 92, "heavy atoms of chignolin"),
                    Err(error) => panic!("after kill {kill}: {error}"),
                }
            }
        }
    }
    let litter = |workplace: &Workplace| {
        let entries = std::fs::read_dir(workplace.folder.path()).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
        names.filter(|name| name.starts_with('.')).collect::<Vec<_>>()
    };
    let written = frames(&workplace.path("run_r000.dcd")).len();
    assert!(written > 1, "the test must kill runs that were under way");
    let total = (written + 5).to_string();
    let common = ["--frames", &total, "--seed", "3", "--replicas", "2"];
    let (code, _, stderr) = finish(workplace.simulate(&common).args(["--out", "run.dcd", "--resume"]));
    assert_eq!(code, Some(0), "{stderr}");
    let (code, _, stderr) = finish(workplace.simulate(&common).args(["--out", "whole.dcd"]));
    assert_eq!(code, Some(0), "{stderr}");
    assert_eq!(litter(&workplace), [""; 0], "what kills left behind is cleared away");
    for replica in ["r000", "r001"] {
        let whole = frames(&workplace.path(&format!("whole_{replica}.dcd")));
        assert_eq!(whole.len(), written + 6);
        assert!(whole == frames(&workplace.path(&format!("run_{replica}.dcd"))), "{replica}");
        assert!(whole[0].positions_angstrom != whole[written].positions_angstrom, "it moves");
    }
}

#[test]
fn ctrl_c_ends_with_whole_files_and_130() {
    let workplace = Workplace::new();
    let child = start(&mut workplace.simulate(&["--frames", "1000000", "--out", "run.xtc"]));
    wait_for_frames(&workplace, "run.xtc", 3);
    signal(&child, "-INT");
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", String::from_utf8_lossy(&output.stderr));
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(stdout.contains("interrupted"), "{stdout}");
    let reader = TrajectoryReader::open(&workplace.path("run.xtc")).unwrap();
    assert_eq!(reader.tail_bytes(), 0);
    let description: serde_json::Value =
        serde_json::from_slice(&std::fs::read(workplace.path("run.json")).unwrap()).unwrap();
    assert_eq!(description["frames_after_start"], reader.frame_count() - 1);
}

/// What a stalled network folder does to a log: nothing can be written, and nothing fails either.
#[test]
#[cfg(target_os = "linux")]
fn a_second_ctrl_c_ends_a_run_whose_log_stalls() {
    use std::io::Write;

    let workplace = Workplace::new();
    let (_reader, mut log) = std::io::pipe().unwrap();
    // As much as a pipe takes that nobody reads.
    log.write_all(&[b'x'; 65_536]).unwrap();
    let mut child = workplace
        .simulate(&["--frames", "1000000", "--out", "run.dcd"])
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .unwrap();
    let status = format!("/proc/{}/status", child.id());
    let listens = || {
        let text = std::fs::read_to_string(&status).unwrap();
        let caught = text.lines().find_map(|line| line.strip_prefix("SigCgt:")).unwrap();
        u64::from_str_radix(caught.trim(), 16).unwrap() & 0b10 != 0 // SIGINT
    };
    while !listens() {
        std::thread::sleep(Duration::from_millis(5));
    }
    signal(&child, "-INT");
    std::thread::sleep(Duration::from_millis(300));
    assert!(child.try_wait().unwrap().is_none(), "it can say nothing and does not end unasked");
    signal(&child, "-INT");
    assert_eq!(child.wait().unwrap().code(), Some(130));
    // Nothing is in the way of the next run.
    let output = workplace.simulate(&["--frames", "1", "--out", "run.dcd", "--resume"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_second_run_refuses_to_overwrite_and_force_replaces() {
    let workplace = Workplace::new();
    let run = |arguments: &[&str]| finish(&mut workplace.simulate(arguments));
    let (code, stdout, stderr) = run(&["--frames", "3", "--out", "run.pdb"]);
    assert_eq!(code, Some(0), "{stderr}");
    assert!(stdout.contains("run.pdb"));
    assert!(stderr.contains("3 of 3 frames"), "plain lines where there is no terminal: {stderr}");
    let before = std::fs::read(workplace.path("run.pdb")).unwrap();
    let (code, _, stderr) = run(&["--frames", "3", "--out", "run.pdb"]);
    assert_eq!(code, Some(1));
    assert!(stderr.contains("run.pdb") && stderr.contains("--force"), "{stderr}");
    assert!(std::fs::read(workplace.path("run.pdb")).unwrap() == before);
    let (code, _, stderr) = run(&["--frames", "4", "--seed", "9", "--out", "run.pdb", "--force"]);
    assert_eq!(code, Some(0), "{stderr}");
    assert_eq!(frames(&workplace.path("run.pdb")).len(), 5);
}

#[test]
fn a_replaced_run_leaves_no_replicas_behind_and_takes_no_file_of_others() {
    let workplace = Workplace::new();
    let run = |replicas: &str| {
        let arguments = ["--frames", "2", "--out", "run.dcd", "--force", "--replicas", replicas];
        let (code, _, stderr) = finish(&mut workplace.simulate(&arguments));
        assert_eq!(code, Some(0), "{stderr}");
    };
    let there = |names: [&str; 5]| names.map(|name| workplace.path(name).exists());
    let names = ["run.dcd", "run_r000.dcd", "run_r001.dcd", "run_r002.dcd", "run_r003.dcd"];
    std::fs::write(workplace.path("run_r003.dcd"), "of another program").unwrap();
    run("3");
    std::fs::write(workplace.path("run.dcd"), "of another program").unwrap();
    run("2");
    assert_eq!(there(names), [true, true, true, false, true]);
    assert_eq!(std::fs::read(workplace.path("run.dcd")).unwrap(), b"of another program");
    run("1");
    assert_eq!(there(names), [true, false, false, false, true]);
    run("2");
    assert_eq!(there(names), [false, true, true, false, true]);
}

#[test]
fn a_run_that_is_being_written_is_left_alone() {
    let workplace = Workplace::new();
    let mut child = start(&mut workplace.simulate(&["--frames", "1000000", "--out", "run.dcd"]));
    wait_for_frames(&workplace, "run.dcd", 3);
    for how in ["--resume", "--force"] {
        let (code, _, stderr) = finish(&mut workplace.simulate(&["--frames", "9", "--out", "run.dcd", how]));
        assert_eq!(code, Some(1), "{how}: {stderr}");
        assert!(stderr.contains("run.dcd is being written by another EquiJump"), "{stderr}");
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let arguments = ["--frames", "9", "--out", "run.dcd", "--force"];
    let (code, _, stderr) = finish(&mut workplace.simulate(&arguments));
    assert_eq!(code, Some(0), "{stderr}");
}

#[test]
fn the_same_seed_gives_the_same_trajectory_alone_or_among_replicas() {
    let workplace = Workplace::new();
    for (replicas, seed, out) in [("1", "5", "a.dcd"), ("3", "5", "b.dcd"), ("1", "6", "c.dcd")] {
        let arguments = ["--frames", "4", "--replicas", replicas, "--seed", seed, "--out", out];
        let (code, _, stderr) = finish(&mut workplace.simulate(&arguments));
        assert_eq!(code, Some(0), "{stderr}");
    }
    let a = frames(&workplace.path("a.dcd"));
    assert!(a == frames(&workplace.path("b_r000.dcd")));
    assert!(a != frames(&workplace.path("b_r001.dcd")));
    assert!(a != frames(&workplace.path("c.dcd")));
    assert_eq!(
        a.iter().map(|f| f.time_ps.unwrap().round()).collect::<Vec<_>>(),
        [0., 100., 200., 300., 400.]
    );
}

#[test]
fn resuming_where_there_is_no_run_starts_one_and_says_so() {
    let workplace = Workplace::new();
    let arguments = ["--frames", "2", "--out", "run.dcd", "--resume"];
    let (code, _, stderr) = finish(&mut workplace.simulate(&arguments));
    assert_eq!(code, Some(0), "{stderr}");
    assert!(stderr.contains("note: run.dcd holds no frames to continue from"), "{stderr}");
    let (code, _, stderr) =
        finish(&mut workplace.simulate(&["--frames", "4", "--out", "run.dcd", "--resume"]));
    assert_eq!(code, Some(0), "{stderr}");
    assert!(stderr.contains("continues from frame 2") && !stderr.contains("holds no frames"), "{stderr}");
}
