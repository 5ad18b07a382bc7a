//! The engine's sentences name flags of the command line; in the window the same things have other names.

/// Flags and the fields of the window that stand for them.
const FIELDS: [(&str, &str); 7] = [
    (" (--longest-segment)", ""),
    ("--interval-ps", "“Frame interval”"),
    ("--chain", "“Chain”"),
    ("--force", "“Replace”"),
    ("--resume", "“Continue”"),
    ("--batch-size", "“Batch size”"),
    ("--sample-topology", "“Sample topology”"),
];

/// A sentence of the engine as the window says it: fields in place of flags, a capital, a full stop.
pub(in crate::window) fn in_window_words(sentence: &str) -> String {
    let mut text = sentence.trim().to_owned();
    for (flag, field) in FIELDS {
        text = text.replace(flag, field);
    }
    text = without_flags(&text);
    // A name before a colon keeps its case.
    if !text.split(' ').next().is_some_and(|word| word.ends_with(':')) {
        text = crate::window::log::sentence(text);
    }
    if !text.ends_with(['.', '!', '?']) {
        text.push('.');
    }
    text
}

/// Flags that no field is named for: left out where they stand in brackets, else their words.
fn without_flags(text: &str) -> String {
    let mut rest = text;
    let mut told = String::with_capacity(text.len());
    while let Some(at) = rest.find("--") {
        let flag_end = rest[at + 2..]
            .find(|c: char| !(c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'))
            .map_or(rest.len(), |end| at + 2 + end);
        let flag = rest[at + 2..flag_end].trim_end_matches('-');
        let begins_word = rest[..at].chars().next_back().is_none_or(|before| before == ' ' || before == '(');
        if flag.is_empty() || !begins_word {
            told.push_str(&rest[..flag_end]);
        } else if let Some(before) = rest[..at].strip_suffix(" (")
            && rest[flag_end..].starts_with(')')
        {
            told.push_str(before);
            rest = &rest[flag_end + 1..];
            continue;
        } else {
            told.push_str(&rest[..at]);
            let words = flag.replace('-', " ");
            let mut letters = words.chars();
            let capital: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
            told.push_str(&format!("“{capital}{}”", letters.as_str()));
        }
        rest = &rest[flag_end..];
    }
    told.push_str(rest);
    told
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// Every flag that stands in a sentence of the engine, in whatever file.
    #[test]
    fn no_flag_of_the_command_line_reaches_the_window() {
        fn sources(folder: &std::path::Path, found: &mut Vec<String>) {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    sources(&path, found);
                } else if path.extension().is_some_and(|extension| extension == "rs") {
                    let text = std::fs::read_to_string(&path).unwrap();
                    let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
                    found.extend(code.filter(|line| line.contains("--")).map(str::to_owned));
                }
            }
        }
        let mut lines = Vec::new();
        sources(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../engine/src"), &mut lines);
        let has_flag = |text: &str| {
            text.match_indices("--").any(|(at, _)| {
                let before = text[..at].chars().next_back();
                let after = text[at + 2..].chars().next();
                matches!(before, Some(' ' | '(')) && after.is_some_and(|c| c.is_ascii_lowercase())
            })
        };
        assert!(lines.iter().any(|line| has_flag(line)), "the engine names no flags any more");
        for line in lines {
            assert!(!has_flag(&in_window_words(&line)), "{}", in_window_words(&line));
        }
    }

    #[test]
    fn flags_become_fields() {
        assert_eq!(
            in_window_words("run.dcd does not tell the time between its frames: give it with --interval-ps"),
            "run.dcd does not tell the time between its frames: give it with “Frame interval”."
        );
        assert_eq!(in_window_words("top: 20 training pairs"), "top: 20 training pairs.");
        assert_eq!(
            in_window_words("the file holds several protein chains, A, B: choose one with --chain"),
            "The file holds several protein chains, A, B: choose one with “Chain”."
        );
    }
}
