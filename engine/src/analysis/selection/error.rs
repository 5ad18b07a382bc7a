//! Why a selection is not understood.

use crate::brief::{brief, printable};

/// A selection that is not understood: where, what was expected there, what was found.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", sentence(.position, .expected, .found.as_deref()))]
pub struct SelectionError {
    /// Characters before the place, from 0.
    pub position: usize,
    /// What was expected there.
    pub expected: String,
    /// What stands there; `None` at the end.
    pub found: Option<String>,
}

impl SelectionError {
    pub(super) fn new(position: usize, expected: impl Into<String>, found: Option<String>) -> Self {
        Self { position, expected: expected.into(), found }
    }
}

fn sentence(position: &usize, expected: &str, found: Option<&str>) -> String {
    match found {
        Some(found) => {
            let found = brief(printable(found));
            format!("Character {}: expected {expected}, found “{found}”.", position + 1)
        }
        None => format!("Character {}: expected {expected}, but the selection ends there.", position + 1),
    }
}
