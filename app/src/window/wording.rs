//! The engine's sentences as the window says them: a remedy is the field or button that does it.

use equijump_engine::remedy::{Remedy, worded};

/// The field or button for a remedy.
fn field(remedy: Remedy) -> &'static str {
    match remedy {
        Remedy::ChooseChain => "choose one under “Chain”",
        Remedy::GiveInterval => "give it under “Frame interval”",
        Remedy::GiveSampleInterval => "give it under “Frame interval” of the samples",
        Remedy::NameSampleTopology => "name the file with the atoms of the samples under “Sample topology”",
        Remedy::Replace => "choose “Replace”",
        Remedy::Continue => "choose “Continue”",
        Remedy::SmallerBatch => "use a smaller “Batch size”",
        Remedy::MakeStore => "make one under “Import trajectories”",
        Remedy::LongestSegment
        | Remedy::NameTopology
        | Remedy::BeginAnew
        | Remedy::OtherFolder
        | Remedy::FindFast => remedy.words(),
    }
}

/// A text of the engine with the fields of the window for its remedies.
pub(in crate::window) fn with_fields(text: &str) -> String {
    worded(text, field)
}

/// A sentence of the engine as the window says it: fields for remedies, a capital, a full stop.
pub(in crate::window) fn in_window_words(sentence: &str) -> String {
    let mut text = without_error_numbers(with_fields(sentence.trim()));
    // A name before a colon keeps its case.
    if !text.split(' ').next().is_some_and(|word| word.ends_with(':')) {
        text = self::sentence(text);
    }
    if !text.ends_with(['.', '!', '?']) {
        text.push('.');
    }
    text
}

/// Messages of the engine begin in lower case, to follow a colon; on their own they are sentences.
/// Numbers of the operating system's errors mean nothing to a reader and are left out.
pub(super) fn sentence(text: String) -> String {
    let text = without_error_numbers(with_fields(&text));
    let mut letters = text.chars();
    match letters.next() {
        // A file name or path keeps its case.
        Some(first)
            if first.is_lowercase() && !text.split(' ').next().is_some_and(|w| w.contains(['.', '/'])) =>
        {
            first.to_uppercase().chain(letters).collect()
        }
        _ => text,
    }
}

/// `Permission denied (os error 13)` as `Permission denied`.
fn without_error_numbers(text: String) -> String {
    const BEGIN: &str = " (os error ";
    let mut rest = text.as_str();
    let mut told = String::with_capacity(rest.len());
    while let Some(at) = rest.find(BEGIN) {
        let after = &rest[at + BEGIN.len()..];
        let digits = after.len() - after.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        if digits > 0 && after[digits..].starts_with(')') {
            told.push_str(&rest[..at]);
            rest = &after[digits + 1..];
        } else {
            told.push_str(&rest[..at + BEGIN.len()]);
            rest = after;
        }
    }
    told.push_str(rest);
    told
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::path::Path;

    use super::*;

    /// Texts in quotes that name a flag, line by line, in the files below a folder but for tests.
    fn flags_in(folder: &Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() && name != "tests" {
                flags_in(&path, found);
            } else if name.ends_with(".rs") && !name.ends_with("tests.rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
                for line in code.lines().filter(|line| !line.trim_start().starts_with("//")) {
                    let named = line.match_indices("--").any(|(at, _)| {
                        line[..at].ends_with([' ', '(', '"', '`', '“'])
                            && line[at + 2..].starts_with(|c: char| c.is_ascii_lowercase())
                    });
                    if named {
                        found.push(format!("{}: {line}", path.display()));
                    }
                }
            }
        }
    }

    #[test]
    fn no_text_of_the_engine_or_the_window_names_a_flag() {
        let mut found = Vec::new();
        for folder in ["src/window", "src/viewport", "src/figures", "../engine/src"] {
            flags_in(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut found);
        }
        assert!(found.is_empty(), "{}", found.join("\n"));
    }

    #[test]
    fn remedies_become_fields() {
        assert_eq!(
            in_window_words(&format!("the file holds several protein chains, A, B: {}", Remedy::ChooseChain)),
            "The file holds several protein chains, A, B: choose one under “Chain”."
        );
        assert_eq!(in_window_words("top: 20 training pairs"), "top: 20 training pairs.");
        for &remedy in Remedy::ALL {
            assert!(!field(remedy).contains("--") && !field(remedy).is_empty(), "{remedy:?}");
        }
    }

    #[test]
    fn errors_of_the_system_are_told_without_their_numbers() {
        let told = sentence("a.xtc cannot be read: No such file or directory (os error 2).".into());
        assert_eq!(told, "a.xtc cannot be read: No such file or directory.");
        assert_eq!(sentence("Left (os error x) as it is".into()), "Left (os error x) as it is");
    }

    #[test]
    fn messages_become_sentences_and_names_stay() {
        assert_eq!(sentence("the network failed".into()), "The network failed");
        assert_eq!(sentence("villin.pdb has no protein".into()), "villin.pdb has no protein");
        assert_eq!(sentence(String::new()), "");
    }
}
