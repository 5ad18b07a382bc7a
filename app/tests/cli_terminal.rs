//! What reaches the terminal: whole results or an exit code that says otherwise, and nothing that controls it.

#![allow(clippy::unwrap_used)]

mod cli_common;

use std::process::Stdio;

use cli_common::{Workplace, finish};

const CASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures/cases");

#[test]
#[cfg(target_os = "linux")]
fn results_that_a_full_disk_swallows_are_an_error() {
    let workplace = Workplace::new();
    let file = format!("{CASES}/npt-1-top.pdb");
    for arguments in [vec!["info", "--json", &file], vec!["info", &file]] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = workplace.command(&arguments).stdout(full).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{stderr}");
        assert!(stderr.contains("cannot be written to standard output"), "{stderr}");
        assert_eq!(stderr.trim().lines().count(), 1, "{stderr}");
    }
}

#[test]
#[cfg(unix)]
fn a_reader_that_goes_away_ends_nothing_badly() {
    let workplace = Workplace::new();
    let file = format!("{CASES}/npt-1-top.pdb");
    let mut child = workplace
        .command(&["info", "--json", &file])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(0), ""));
}

#[test]
fn names_out_of_files_do_not_control_the_terminal() {
    let workplace = Workplace::new();
    let text = std::fs::read_to_string(format!("{CASES}/npt-1-top.pdb")).unwrap();
    std::fs::write(workplace.path("chain.pdb"), text.replace(" A  ", " \u{7}  ")).unwrap();
    std::fs::write(workplace.path("residue.pdb"), text.replace("GLU A", "\u{1b}[2 A")).unwrap();
    std::fs::write(workplace.path("\u{1b}[31mred.pdb"), &text).unwrap();
    for name in ["chain.pdb", "residue.pdb", "\u{1b}[31mred.pdb", "\u{1b}]0;title\u{7}.pdb"] {
        let (_, stdout, stderr) = finish(&mut workplace.command(&["info", name]));
        for stream in [stdout, stderr] {
            assert!(!stream.contains(|c: char| c.is_control() && c != '\n'), "{name:?}: {stream:?}");
        }
    }
}
