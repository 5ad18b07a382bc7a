//! Writing to the terminal. Unlike `println!`, nothing here panics when the reader of a pipe has gone
//! (`equijump info run.dcd | head -1`): results that nobody reads are no reason to end a simulation. What else goes
//! wrong is remembered, and the program ends with it.

use std::borrow::Cow;
use std::fmt::Display;
use std::io::{self, ErrorKind, Write};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use equijump_engine::remedy::{Remedy, worded};

/// The first failure of standard output.
static FAILURE: Mutex<Option<io::Error>> = Mutex::new(None);

/// Whether another process talks for this one.
static SILENT: AtomicBool = AtomicBool::new(false);

/// From now on nothing is written, or all is: of several processes that do one work, one talks.
pub(super) fn set_silent(silent: bool) {
    SILENT.store(silent, Ordering::Relaxed);
}

/// Whether nothing is written.
pub(super) fn is_silent() -> bool {
    SILENT.load(Ordering::Relaxed)
}

/// A result, on stdout.
pub(super) fn result(text: impl Display) {
    if is_silent() {
        return;
    }
    let text = worded(&text.to_string(), flag);
    let mut out = io::stdout().lock();
    remember(writeln!(out, "{}", harmless(&text)));
}

/// A remark for the user, on stderr.
pub(super) fn remark(text: impl Display) {
    if is_silent() {
        return;
    }
    // There is nobody left to tell about a failure.
    let text = worded(&text.to_string(), flag);
    let _ = writeln!(io::stderr(), "{}", harmless(&text));
}

/// A remedy as the flag or command that is it.
fn flag(remedy: Remedy) -> &'static str {
    match remedy {
        Remedy::ChooseChain => "choose one with --chain",
        Remedy::LongestSegment => "take the longest unbroken segment with --longest-segment",
        Remedy::GiveInterval => "give it with --interval-ps",
        Remedy::GiveSampleInterval => "give it with --sample-interval-ps",
        Remedy::NameTopology => "name the file with the atoms of the trajectory with --topology",
        Remedy::NameSampleTopology => "name the file with the atoms of the samples with --sample-topology",
        Remedy::Replace => "replace it with --force",
        Remedy::Continue => "continue it with --resume",
        Remedy::BeginAnew => "leave out --resume to begin one",
        Remedy::OtherFolder => "take another folder with --out",
        Remedy::SmallerBatch => "use a smaller --batch-size",
        Remedy::MakeStore => "make one with `equijump import`",
        Remedy::FindFast => "`equijump study` finds a fast one",
    }
}

/// What kept results from being written, once all of them have been; nothing where the reader of a pipe went
/// away, who has read what he wanted.
pub(super) fn finish() -> io::Result<()> {
    remember(io::stdout().flush());
    match FAILURE.lock().map(|mut failure| failure.take()) {
        Ok(Some(error)) => Err(error),
        _ => Ok(()),
    }
}

fn remember(written: io::Result<()>) {
    let Err(error) = written else { return };
    if error.kind() != ErrorKind::BrokenPipe
        && let Ok(mut failure) = FAILURE.lock()
    {
        failure.get_or_insert(error);
    }
}

/// Text whose names come from files must not move the cursor or rename the window: characters that control a
/// terminal or turn the direction of writing are shown as escapes, as JSON writes them.
fn harmless(text: &str) -> Cow<'_, str> {
    let harmful = |c: char| {
        (c.is_control() && !matches!(c, '\n' | '\t'))
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if !text.contains(harmful) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if harmful(c) {
            safe.push_str(&format!("\\u{:04x}", u32::from(c)));
        } else {
            safe.push(c);
        }
    }
    Cow::Owned(safe)
}

/// The command as it was typed, quoted where a shell needs it.
pub(super) fn command_line() -> String {
    let quoted = |word: String| {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=+,:@%".contains(c);
        match !word.is_empty() && word.chars().all(plain) {
            true => word,
            false => format!("'{}'", word.replace('\'', r"'\''")),
        }
    };
    let words = std::env::args_os().skip(1).map(|word| quoted(word.to_string_lossy().into_owned()));
    std::iter::once("equijump".to_owned()).chain(words).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{Remedy, flag, harmless};

    #[test]
    fn every_remedy_is_a_flag_or_a_command_that_there_is() {
        let command = crate::cli::command();
        for &remedy in Remedy::ALL {
            if let Some((_, rest)) = flag(remedy).split_once("--") {
                let name = rest.split(' ').next();
                let mut arguments = command.get_subcommands().flat_map(|job| job.get_arguments());
                assert!(arguments.any(|argument| argument.get_long() == name), "{remedy:?}");
            } else {
                let (_, rest) = flag(remedy).split_once("`equijump ").unwrap();
                let name = rest.split('`').next();
                assert!(command.get_subcommands().any(|job| Some(job.get_name()) == name), "{remedy:?}");
            }
        }
    }

    #[test]
    fn nothing_that_controls_a_terminal_gets_there() {
        assert_eq!(harmless("Å ångström\t1\n2"), "Å ångström\t1\n2");
        assert_eq!(harmless("a\u{1b}[2Jb\r\u{9b}c\u{202e}"), "a\\u001b[2Jb\\u000d\\u009bc\\u202e");
    }
}
