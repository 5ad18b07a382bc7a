//! Words and parentheses of a selection, each with its place.

/// A word, or a parenthesis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    /// Characters before it.
    pub position: usize,
    /// As it was typed.
    pub text: String,
}

/// Signs that are words by themselves, wherever they stand.
const SIGNS: [char; 5] = ['(', ')', '!', '&', '|'];

/// Cuts a selection at blanks and signs. A comma separates like a blank.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::new();
    let mut in_word = false;
    for (position, character) in text.chars().enumerate() {
        let sign = SIGNS.contains(&character);
        if character.is_whitespace() || character == ',' {
            in_word = false;
        } else if in_word && !sign {
            if let Some(word) = tokens.last_mut() {
                word.text.push(character);
            }
        } else {
            // `&&` and `||` are `&` and `|`.
            let doubled = matches!(character, '&' | '|')
                && tokens
                    .last()
                    .is_some_and(|t| t.text == character.to_string() && t.position + 1 == position);
            if !doubled {
                tokens.push(Token { position, text: character.to_string() });
            }
            in_word = !sign;
        }
    }
    tokens
}
