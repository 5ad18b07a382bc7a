//! A folder that does not answer, as one on a network: writing into it and reading from it wait. What was made is not
//! lost, Ctrl-C ends the run with whole files as soon as the folder answers, and a second one ends it at once.
//!
//! The folder is stalled by a library in front of the C library, whose `read`, `pread64`, `write`, `pwrite64`, `fsync` and
//! `rename` wait there as long as a certain file exists.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

mod cli_common;

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use cli_common::{Workplace, finish};
use equijump_engine::trajectory::TrajectoryReader;

const SHIM: &str = include_str!("cli_common/stall.c");

/// A folder `slow`, and what stalls it.
struct Stalling {
    workplace: Workplace,
    shim: PathBuf,
}

impl Stalling {
    fn new() -> Self {
        let workplace = Workplace::new();
        std::fs::create_dir(workplace.path("slow")).unwrap();
        std::fs::write(workplace.path("shim.c"), SHIM).unwrap();
        let shim = workplace.path("shim.so");
        let mut compiler = Command::new("cc");
        compiler.args(["-shared", "-fPIC", "-o"]).arg(&shim).arg(workplace.path("shim.c")).arg("-ldl");
        let (code, _, stderr) = finish(&mut compiler);
        assert_eq!(code, Some(0), "{stderr}");
        Self { workplace, shim }
    }

    fn simulate(&self, frames: &str, name: &str) -> Command {
        let mut command = self.workplace.simulate(&["--frames", frames, "--device", "cpu", "--resume"]);
        command.args(["--out", name]);
        command
    }

    /// A run that writes into the folder, stalled after its first frames.
    fn stalled_run(&self) -> Child {
        let mut command = self.simulate("1000000", "slow/run.dcd");
        let child = self.spawn(&mut command);
        let deadline = Instant::now() + Duration::from_secs(60);
        while self.written() < 100_000 {
            assert!(Instant::now() < deadline, "the run makes no frames");
            std::thread::sleep(Duration::from_millis(5));
        }
        std::fs::write(self.workplace.path("stalled"), "").unwrap();
        // The frame that is being made may still be written.
        let mut before = 0;
        while before != self.written() {
            before = self.written();
            std::thread::sleep(Duration::from_millis(100));
        }
        child
    }

    fn spawn(&self, command: &mut Command) -> Child {
        command
            .env("LD_PRELOAD", &self.shim)
            .env("STALLED_FOLDER", self.workplace.path("slow").canonicalize().unwrap())
            .env("STALLED_WHILE", self.workplace.path("stalled"))
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        command.spawn().unwrap()
    }

    fn written(&self) -> u64 {
        std::fs::metadata(self.workplace.path("slow/run.dcd")).map_or(0, |file| file.len())
    }

    /// Goes on with the run, and compares all of it with one that nothing disturbed.
    fn goes_on_as_if_nothing_had_been(&self) {
        let path = self.workplace.path("slow/run.dcd");
        let frames = TrajectoryReader::open(&path).unwrap().frame_count().to_string();
        for name in ["slow/run.dcd", "whole.dcd"] {
            let (code, _, stderr) = finish(&mut self.simulate(&frames, name));
            assert_eq!(code, Some(0), "{stderr}");
        }
        assert!(std::fs::read(path).unwrap() == std::fs::read(self.workplace.path("whole.dcd")).unwrap());
    }
}

fn interrupt(children: &[&Child]) {
    let ids = children.iter().map(|child| child.id().to_string());
    assert!(Command::new("kill").arg("-INT").args(ids).status().unwrap().success());
}

/// Interrupts again until the process is over: on a busy machine two interrupts may reach it as one.
fn interrupt_for_good(child: &mut Child) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while child.try_wait().unwrap().is_none() {
        assert!(Instant::now() < deadline, "interrupts do not end it");
        interrupt(&[child]);
        std::thread::sleep(Duration::from_millis(300));
    }
}

#[test]
fn a_run_into_a_folder_that_stalls_loses_no_frame() {
    let stalling = Stalling::new();
    let mut child = stalling.stalled_run();
    // Twice, as `timeout` and batch systems do, to the process and to its group: that is one interrupt.
    interrupt(&[&child, &child]);
    std::thread::sleep(Duration::from_millis(200));
    assert!(child.try_wait().unwrap().is_none(), "it ended before its last frame was written");
    std::fs::remove_file(stalling.workplace.path("stalled")).unwrap();
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{stderr}");
    assert!(!stderr.contains("ended at once"), "{stderr}");
    stalling.goes_on_as_if_nothing_had_been();
}

#[test]
fn a_second_interrupt_ends_a_run_whose_folder_never_answers() {
    let stalling = Stalling::new();
    let mut child = stalling.stalled_run();
    interrupt(&[&child]);
    std::thread::sleep(Duration::from_millis(200));
    interrupt_for_good(&mut child);
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{stderr}");
    assert!(stderr.contains("ended at once; what is on the disk is whole"), "{stderr}");
    stalling.goes_on_as_if_nothing_had_been();
}

#[test]
fn an_import_from_a_folder_that_stalls_ends_and_leaves_nothing() {
    let stalling = Stalling::new();
    let (code, _, stderr) = finish(&mut stalling.simulate("4", "slow/run.dcd"));
    assert_eq!(code, Some(0), "{stderr}");
    std::fs::rename(stalling.workplace.path("slow/run_topology.pdb"), stalling.workplace.path("top.pdb"))
        .unwrap();
    let import = || {
        let arguments = ["import", "--topology", "top.pdb", "--out", "out.store.safetensors", "slow/run.dcd"];
        stalling.workplace.command(&arguments)
    };
    let left = || {
        let entries = std::fs::read_dir(stalling.workplace.folder.path()).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.contains("out.store")).collect::<Vec<_>>()
    };
    // Ended for good, and as soon as the folder answers.
    for answers in [false, true] {
        std::fs::write(stalling.workplace.path("stalled"), "").unwrap();
        let mut child = stalling.spawn(&mut import());
        let deadline = Instant::now() + Duration::from_secs(60);
        while !stalling.workplace.path("stalled.met").exists() {
            assert!(Instant::now() < deadline, "the import reads nothing");
            std::thread::sleep(Duration::from_millis(5));
        }
        std::fs::remove_file(stalling.workplace.path("stalled.met")).unwrap();
        interrupt(&[&child]);
        std::thread::sleep(Duration::from_millis(200));
        assert!(child.try_wait().unwrap().is_none(), "it ended while the folder did not answer");
        if answers {
            std::fs::remove_file(stalling.workplace.path("stalled")).unwrap();
        } else {
            interrupt_for_good(&mut child);
        }
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(130), "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(left(), Vec::<String>::new());
    }
    let (code, _, stderr) = finish(&mut import());
    assert_eq!(code, Some(0), "{stderr}");
    assert_eq!(left(), ["out.store.safetensors"]);
}
