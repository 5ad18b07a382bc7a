//! Reasons that parsers give, made fit for a sentence: serde repeats the value it stumbled over, which in a
//! damaged file may be all that is left of it.

use std::fmt::Display;

/// Longest reason that is told whole, characters.
const LONGEST: usize = 160;
/// Characters kept of the beginning and of the end of a longer one; the place of an error stands at the end.
const BEGINNING: usize = 90;
const END: usize = 60;

/// The reason on one line, its middle left out where it is long.
pub(crate) fn brief(reason: impl Display) -> String {
    let text: Vec<char> = reason.to_string().chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.len() <= LONGEST {
        return text.into_iter().collect();
    }
    let part = |range: std::ops::Range<usize>| text[range].iter().collect::<String>();
    format!("{} … {}", part(0..BEGINNING), part(text.len() - END..text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

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
