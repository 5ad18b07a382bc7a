//! Shared helpers of the end-to-end tests.

use std::ffi::OsString;
use std::io::Write as _;
use std::process::Command;

/// Names the Python of the oracle tests.
pub const ORACLE: &str = "EQUIJUMP_ORACLE_PYTHON";

/// A Python that has mdtraj and MDAnalysis, or `None`: then the test `name` has nothing to compare with and
/// says on the terminal that it is skipped. That goes past the test harness, which hides what passing tests
/// print.
///
/// # Panics
/// If the variable names something that is no such Python: a test that was asked for must not be skipped.
pub fn oracle_python(name: &str) -> Option<OsString> {
    let Some(python) = std::env::var_os(ORACLE) else {
        let advice = "install tests/oracle-requirements.txt into a Python and name it there";
        writeln!(std::io::stderr(), "SKIPPED {name}: {ORACLE} is not set; {advice}").ok();
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

#[allow(clippy::panic)] // ends the test
fn complain(sentence: &str) -> ! {
    panic!("{sentence}")
}
