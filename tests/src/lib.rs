//! What tests of all crates share: skipping where something is missing that they need, proteins, damage.
//!
//! `cargo test --workspace` passes with nothing but a Rust toolchain and a C compiler. Tests that need OpenGL,
//! Vulkan or Python [`skip`] themselves without it, and say so. [`REQUIRE_ALL`] turns every skip into a failure.

pub mod damage;
pub mod proteins;

use std::collections::HashSet;
use std::ffi::OsString;
use std::io::Write as _;
use std::process::Command;
use std::sync::{Mutex, PoisonError};

/// Where this is set, a test that would be skipped fails: for machines that have all that tests need.
pub const REQUIRE_ALL: &str = "EQUIJUMP_REQUIRE_ALL_TESTS";

/// Names the Python of the oracle tests.
pub const ORACLE: &str = "EQUIJUMP_ORACLE_PYTHON";

/// Says on the terminal that the calling test is skipped, and why. The test returns after it. The line goes past
/// the test harness, which hides what passing tests print; once, however often the test comes here.
///
/// # Panics
/// Where [`REQUIRE_ALL`] is set: there a test may not be skipped.
pub fn skip(reason: &str) {
    // The harness names a test's thread after the test.
    let thread = std::thread::current();
    let test = thread.name().unwrap_or("a test");
    if std::env::var_os(REQUIRE_ALL).is_some() {
        complain(&format!("{test} would be skipped, which {REQUIRE_ALL} forbids: {reason}"));
    }
    static TOLD: Mutex<Option<HashSet<String>>> = Mutex::new(None);
    let line = format!("SKIPPED {test}: {reason}\n");
    let mut told = TOLD.lock().unwrap_or_else(PoisonError::into_inner);
    if told.get_or_insert_default().insert(line.clone()) {
        // In one piece, for other threads write here as well.
        std::io::stderr().write_all(line.as_bytes()).ok();
    }
}

/// A Python that has mdtraj and MDAnalysis, or `None`: then the calling test has nothing to compare with and is
/// skipped.
///
/// # Panics
/// If the variable names something that is no such Python: a test that was asked for must not be skipped.
pub fn oracle_python() -> Option<OsString> {
    let Some(python) = std::env::var_os(ORACLE) else {
        skip(&format!(
            "{ORACLE} is not set; install tests/oracle-requirements.txt into a Python and name it there"
        ));
        return None;
    };
    let imported = Command::new(&python).args(["-c", "import mdtraj, MDAnalysis"]).output();
    match imported {
        Ok(output) if output.status.success() => Some(python),
        Ok(output) => {
            let reason = String::from_utf8_lossy(&output.stderr).into_owned();
            let last = reason.lines().last().unwrap_or("it ended without a word");
            complain(&format!("{ORACLE} names {python:?}, which cannot serve: {last}"))
        }
        Err(error) => complain(&format!("{ORACLE} names {python:?}, which cannot be run: {error}")),
    }
}

/// As [`oracle_python`], and it has these modules as well, `openmm, mdtraj`; a Python without them skips the test.
///
/// # Panics
/// As [`oracle_python`], and where [`REQUIRE_ALL`] is set and a module is missing.
pub fn oracle_python_with(modules: &str) -> Option<OsString> {
    let python = oracle_python()?;
    let imported = Command::new(&python).args(["-c", &format!("import {modules}")]).output();
    if imported.is_ok_and(|output| output.status.success()) {
        return Some(python);
    }
    skip(&format!(
        "the Python that {ORACLE} names lacks one of {modules}; install tests/oracle-requirements.txt"
    ));
    None
}

#[allow(clippy::panic)] // ends the test
fn complain(sentence: &str) -> ! {
    panic!("{sentence}")
}
