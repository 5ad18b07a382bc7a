//! What the user was told: the line of messages, and the log pane that keeps everything.

use std::collections::VecDeque;
use std::time::Instant;

use super::action::Action;
use super::messages::Messages;

/// How much a message matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum Level {
    Info,
    Success,
    Warning,
    Error,
}

impl Level {
    /// Name in the log.
    pub fn name(self) -> &'static str {
        match self {
            Level::Info => "Info",
            Level::Success => "Done",
            Level::Warning => "Notice",
            Level::Error => "Error",
        }
    }
}

/// One line of the log.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Seconds since the window opened.
    pub time_s: f64,
    /// How much it matters.
    pub level: Level,
    /// One clear sentence.
    pub text: String,
}

/// More lines than anybody reads, few enough to show.
const KEPT_ENTRIES: usize = 2000;

/// The log and the line of messages.
pub struct Log {
    entries: VecDeque<Entry>,
    messages: Messages,
    started: Instant,
}

impl Default for Log {
    fn default() -> Self {
        Self { entries: VecDeque::new(), messages: Messages::default(), started: Instant::now() }
    }
}

impl Log {
    /// Only into the log.
    pub fn note(&mut self, level: Level, text: impl Into<String>) {
        if self.entries.len() == KEPT_ENTRIES {
            self.entries.pop_front();
        }
        let time_s = self.started.elapsed().as_secs_f64();
        self.entries.push_back(Entry { time_s, level, text: sentence(text.into()) });
    }

    /// Into the log and the line of messages.
    pub fn tell(&mut self, level: Level, text: impl Into<String>) {
        let text = sentence(text.into());
        self.messages.add(level, text.clone());
        self.note(level, text);
    }

    /// All lines kept, oldest first.
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = &Entry> + ExactSizeIterator {
        self.entries.iter()
    }

    /// Forgets all lines.
    pub fn clear(&mut self) {
        self.entries.clear();
    }

    /// The whole log as text.
    pub fn to_text(&self) -> String {
        self.entries
            .iter()
            .map(|entry| format!("{:9.1} s  {:<6}  {}\n", entry.time_s, entry.level.name(), entry.text))
            .collect()
    }

    /// Draws the line of messages.
    pub fn messages_ui(&mut self, ui: &mut egui::Ui, actions: &mut Vec<Action>) {
        self.messages.ui(ui, actions);
    }
}

/// Messages of the engine begin in lower case, to follow a colon; on their own they are sentences.
/// Numbers of the operating system's errors mean nothing to a reader and are left out.
pub(super) fn sentence(text: String) -> String {
    let text = without_error_numbers(super::wording::with_fields(&text));
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
pub(super) fn without_error_numbers(text: String) -> String {
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
    use super::*;

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

    #[test]
    fn the_log_keeps_the_newest_lines() {
        let mut log = Log::default();
        for index in 0..KEPT_ENTRIES + 5 {
            log.note(Level::Info, index.to_string());
        }
        assert_eq!(log.entries().len(), KEPT_ENTRIES);
        assert_eq!(log.entries().next().map(|e| e.text.as_str()), Some("5"));
    }
}
