//! What the user was told: the line of messages, and the log pane that keeps everything.

use std::collections::VecDeque;
use std::time::Instant;

use super::action::Action;
use super::messages::Messages;
use super::wording::sentence;

pub use super::messages::Level;

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

#[cfg(test)]
mod tests {
    use super::*;

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
