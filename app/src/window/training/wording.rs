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
    // A name before a colon keeps its case.
    if !text.split(' ').next().is_some_and(|word| word.ends_with(':')) {
        text = crate::window::log::sentence(text);
    }
    if !text.ends_with(['.', '!', '?']) {
        text.push('.');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

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
