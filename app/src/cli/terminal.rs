//! Writing to the terminal. Unlike `println!`, nothing here panics when the reader of a pipe has gone
//! (`equijump info run.dcd | head -1`): results that nobody reads are no reason to end a simulation.

use std::fmt::Display;
use std::io::Write;

/// A result, on stdout.
pub(super) fn result(text: impl Display) {
    // There is nobody left to tell about a failure.
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// A remark for the user, on stderr.
pub(super) fn remark(text: impl Display) {
    let _ = writeln!(std::io::stderr(), "{text}");
}
