//! From the words of a selection to its tree, by recursive descent.

use super::error::SelectionError;
use super::tokens::{Token, tokens};
use super::{Expression, Pattern, ResidueRange};
use crate::structure::Element;

/// The words that begin a selection, for messages.
const BEGINNINGS: &str = "all, protein, backbone, sidechain, helix, strand, coil, residue, resname, name, element, \
                          chain, index, within, around, byres, not or a parenthesis";

/// Longer and deeper selections are refused: the tree is walked by recursion.
const MOST_WORDS: usize = 1000;
const DEEPEST: usize = 100;

/// The tree of a selection.
pub(super) fn parse(text: &str) -> Result<Expression, SelectionError> {
    let mut parser = Parser { tokens: tokens(text), at: 0, end: text.trim_end().chars().count(), depth: 0 };
    if let Some(word) = parser.tokens.get(MOST_WORDS) {
        let expected = format!("no more than {MOST_WORDS} words");
        return Err(SelectionError::new(word.position, expected, Some(word.text.clone())));
    }
    let expression = parser.either()?;
    match parser.peek() {
        None => Ok(expression),
        Some(_) => Err(parser.expected("“and”, “or” or the end of the selection")),
    }
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    /// Characters of the whole selection.
    end: usize,
    /// How many selections this one is a part of.
    depth: usize,
}

/// What a word is, whatever its case.
fn is(token: Option<&Token>, words: &[&str]) -> bool {
    token.is_some_and(|token| words.iter().any(|word| token.text.eq_ignore_ascii_case(word)))
}

const AND: [&str; 2] = ["and", "&"];
const OR: [&str; 2] = ["or", "|"];
const NOT: [&str; 2] = ["not", "!"];
const RESIDUE: [&str; 4] = ["residue", "resid", "resi", "resnum"];
const RESNAME: [&str; 2] = ["resname", "resn"];
const ELEMENT: [&str; 2] = ["element", "elem"];
const CHAIN: [&str; 2] = ["chain", "chainid"];

/// Words that never are a value, so that lists of values end at them.
const RESERVED: [&str; 38] = [
    "and",
    "&",
    "or",
    "|",
    "not",
    "!",
    "(",
    ")",
    "all",
    "protein",
    "none",
    "backbone",
    "bb",
    "sidechain",
    "sc",
    "helix",
    "strand",
    "sheet",
    "coil",
    "name",
    "index",
    "within",
    "around",
    "byres",
    "same",
    "of",
    "as",
    "residue",
    "resid",
    "resi",
    "resnum",
    "resname",
    "resn",
    "element",
    "elem",
    "chain",
    "chainid",
    "to",
];

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn take(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.at).cloned();
        self.at += usize::from(token.is_some());
        token
    }

    fn take_if(&mut self, words: &[&str]) -> bool {
        let matches = is(self.peek(), words);
        self.at += usize::from(matches);
        matches
    }

    /// The error that something else was expected here.
    fn expected(&self, what: &str) -> SelectionError {
        match self.peek() {
            Some(token) => SelectionError::new(token.position, what, Some(token.text.clone())),
            None => SelectionError::new(self.end, what, None),
        }
    }

    fn either(&mut self) -> Result<Expression, SelectionError> {
        let mut expression = self.both()?;
        while self.take_if(&OR) {
            expression = Expression::Or(Box::new(expression), Box::new(self.both()?));
        }
        Ok(expression)
    }

    fn both(&mut self) -> Result<Expression, SelectionError> {
        let mut expression = self.single()?;
        // `name CA within 5 of resname TRP`, as PyMOL writes it, is the one and the other.
        while self.take_if(&AND) || is(self.peek(), &["within"]) {
            expression = Expression::And(Box::new(expression), Box::new(self.single()?));
        }
        Ok(expression)
    }

    fn single(&mut self) -> Result<Expression, SelectionError> {
        if self.depth == DEEPEST {
            return Err(self.expected(&format!("no more than {DEEPEST} selections within each other")));
        }
        self.depth += 1;
        let expression = self.part();
        self.depth -= 1;
        expression
    }

    fn part(&mut self) -> Result<Expression, SelectionError> {
        if self.take_if(&NOT) {
            return Ok(Expression::Not(Box::new(self.single()?)));
        }
        if self.take_if(&["("]) {
            let expression = self.either()?;
            if !self.take_if(&[")"]) {
                return Err(self.expected("“and”, “or” or a closing parenthesis"));
            }
            return Ok(expression);
        }
        if self.take_if(&["all", "protein"]) {
            return Ok(Expression::All);
        }
        if self.take_if(&["none"]) {
            return Ok(Expression::Not(Box::new(Expression::All)));
        }
        if self.take_if(&["backbone", "bb"]) {
            return Ok(Expression::Backbone);
        }
        if self.take_if(&["sidechain", "sc"]) {
            return Ok(Expression::Not(Box::new(Expression::Backbone)));
        }
        if self.take_if(&["helix"]) {
            return Ok(Expression::Helix);
        }
        if self.take_if(&["strand", "sheet"]) {
            return Ok(Expression::Strand);
        }
        if self.take_if(&["coil"]) {
            let ordered = Expression::Or(Box::new(Expression::Helix), Box::new(Expression::Strand));
            return Ok(Expression::Not(Box::new(ordered)));
        }
        if self.take_if(&RESIDUE) {
            return Ok(Expression::Residue(
                self.ranges("a residue number, such as 3 or 3-10", residue_range)?,
            ));
        }
        if self.take_if(&["index"]) {
            return Ok(Expression::Index(self.ranges("an atom index, such as 0 or 0-20", index_range)?));
        }
        if self.take_if(&["name"]) {
            return Ok(Expression::Name(self.patterns("an atom name, such as CA or C*")?));
        }
        if self.take_if(&RESNAME) {
            return Ok(Expression::ResidueName(self.patterns("a residue name, such as GLY")?));
        }
        if self.take_if(&CHAIN) {
            return Ok(Expression::Chain(self.patterns("a chain identifier, such as A")?));
        }
        if self.take_if(&ELEMENT) {
            return Ok(Expression::Element(self.elements()?));
        }
        if self.take_if(&["within"]) {
            let angstrom = self.distance()?;
            if !self.take_if(&["of"]) {
                return Err(self.expected("“of” and what to be near to"));
            }
            return Ok(Expression::Within { angstrom, of: Box::new(self.either()?), included: true });
        }
        if self.take_if(&["around"]) {
            let angstrom = self.distance()?;
            return Ok(Expression::Within { angstrom, of: Box::new(self.either()?), included: false });
        }
        if self.take_if(&["byres"]) {
            return Ok(Expression::WholeResidues(Box::new(self.either()?)));
        }
        if self.take_if(&["same"]) {
            for (words, expected) in [(&RESIDUE[..2], "“residue as”"), (&["as"][..], "“as” and a selection")]
            {
                if !self.take_if(words) {
                    return Err(self.expected(expected));
                }
            }
            return Ok(Expression::WholeResidues(Box::new(self.either()?)));
        }
        Err(self.expected(BEGINNINGS))
    }

    fn distance(&mut self) -> Result<f32, SelectionError> {
        let distance = self.peek().and_then(|token| token.text.parse::<f32>().ok());
        match distance.filter(|distance| distance.is_finite() && *distance > 0.0) {
            Some(distance) => {
                self.take();
                Ok(distance)
            }
            None => Err(self.expected("a distance in Å, such as 5")),
        }
    }

    /// The values up to the next word that is none. PyMOL joins them by `+`.
    fn values(&mut self, expected: &str) -> Result<Vec<Token>, SelectionError> {
        let mut values = Vec::new();
        while let Some(token) = self.peek().filter(|token| !is(Some(token), &RESERVED)).cloned() {
            self.at += 1;
            let mut position = token.position;
            for part in token.text.split('+') {
                if part.is_empty() {
                    return Err(SelectionError::new(position, expected, Some(token.text.clone())));
                }
                values.push(Token { position, text: part.to_owned() });
                position += part.chars().count() + 1;
            }
        }
        if values.is_empty() { Err(self.expected(expected)) } else { Ok(values) }
    }

    fn patterns(&mut self, expected: &str) -> Result<Vec<Pattern>, SelectionError> {
        Ok(self.values(expected)?.into_iter().map(|value| Pattern(value.text.to_ascii_uppercase())).collect())
    }

    fn elements(&mut self) -> Result<Vec<Element>, SelectionError> {
        const EXPECTED: &str = "an element of heavy atoms: C, N, O or S";
        let known = [Element::Carbon, Element::Nitrogen, Element::Oxygen, Element::Sulfur];
        let element = |value: Token| {
            let found = known.into_iter().find(|element| element.symbol().eq_ignore_ascii_case(&value.text));
            found.ok_or_else(|| SelectionError::new(value.position, EXPECTED, Some(value.text)))
        };
        self.values(EXPECTED)?.into_iter().map(element).collect()
    }

    /// Numbers and ranges; VMD writes `3 to 10`.
    fn ranges<T>(
        &mut self,
        expected: &str,
        range: impl Fn(&str, &str) -> Option<T>,
    ) -> Result<Vec<T>, SelectionError> {
        let mut ranges = Vec::new();
        loop {
            let mut values = self.values(expected)?;
            let joined = if self.take_if(&["to"]) {
                let upper = self.peek().filter(|token| !is(Some(token), &RESERVED)).cloned();
                let Some(upper) = upper else { return Err(self.expected(expected)) };
                self.at += 1;
                values.pop().map(|lower| (lower, upper))
            } else {
                None
            };
            for value in values {
                let (lower, upper) = ends(&value.text);
                let wrong = || SelectionError::new(value.position, expected, Some(value.text.clone()));
                ranges.push(range(lower, upper).ok_or_else(wrong)?);
            }
            let Some((lower, upper)) = joined else { return Ok(ranges) };
            let wrong = || {
                let typed = format!("{} to {}", lower.text, upper.text);
                SelectionError::new(lower.position, expected, Some(typed))
            };
            ranges.push(range(&lower.text, &upper.text).ok_or_else(wrong)?);
            if self.peek().is_none_or(|token| is(Some(token), &RESERVED)) {
                return Ok(ranges);
            }
        }
    }
}

/// The ends of `3-10`, `3:10`, `-5--1`; of `3` twice the same.
fn ends(text: &str) -> (&str, &str) {
    let separator = text.char_indices().skip(1).find(|(_, sign)| matches!(sign, '-' | ':'));
    match separator {
        Some((place, _)) => (&text[..place], &text[place + 1..]),
        None => (text, text),
    }
}

fn residue_range(lower: &str, upper: &str) -> Option<ResidueRange> {
    let end = |text: &str| {
        let code = text.chars().next_back().filter(char::is_ascii_alphabetic);
        let number = code.map_or(text, |_| &text[..text.len() - 1]);
        Some((number.parse::<i32>().ok()?, code.map(|code| code.to_ascii_uppercase())))
    };
    let range = ResidueRange { first: end(lower)?, last: end(upper)? };
    (range.first <= range.last).then_some(range)
}

fn index_range(lower: &str, upper: &str) -> Option<(usize, usize)> {
    let range: (usize, usize) = (lower.parse().ok()?, upper.parse().ok()?);
    (range.0 <= range.1).then_some(range)
}
