//! Texts of files made fit to be told: reasons that parsers give, made fit for a sentence: serde repeats the value it stumbled over, which in a
//! damaged file may be all that is left of it.

use std::any::Any;
use std::fmt::Display;

/// Longest reason that is told whole, characters.
const LONGEST: usize = 160;
/// Characters kept of the beginning and of the end of a longer one; the place of an error stands at the end.
const BEGINNING: usize = 90;
const END: usize = 60;

/// What a panic says.
pub fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no message".to_owned())
}

/// The reason on one line, its middle left out where it is long.
pub(crate) fn brief(reason: impl Display) -> String {
    let text: Vec<char> = reason.to_string().chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.len() <= LONGEST {
        return text.into_iter().collect();
    }
    let part = |range: std::ops::Range<usize>| text[range].iter().collect::<String>();
    format!("{} … {}", part(0..BEGINNING), part(text.len() - END..text.len()))
}

/// A text out of a file without what would act on a terminal or hide what it says: control characters become �,
/// and so do marks that change the direction of writing.
pub(crate) fn printable(text: &str) -> String {
    let acts = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().map(|c| if acts(c) { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_files_do_not_act_on_a_terminal() {
        assert_eq!(printable("σ_P = 0.1 Å"), "σ_P = 0.1 Å");
        assert_eq!(printable("\u{1b}]0;title\u{7}\r\n\u{9b}2J\u{202e}"), "�]0;title����2J�");
    }

    #[test]
    fn long_reasons_keep_both_ends_and_stay_on_one_line() {
        assert_eq!(brief("expected `,`\nat line 3"), "expected `,` at line 3");
        let long = brief(format!(
            "invalid type: string \"{}\", expected usize at line 1 column 7",
            "ä".repeat(5000)
        ));
        assert!(long.starts_with("invalid type: string") && long.ends_with("at line 1 column 7"), "{long}");
        assert!(long.chars().count() <= LONGEST && !long.contains('\n'));
    }
}
