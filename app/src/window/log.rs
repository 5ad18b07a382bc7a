//! What the user was told: toasts that fade, and the log pane that keeps everything.

use std::collections::VecDeque;
use std::time::Duration;

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

/// The log and the toasts.
pub struct Log {
    entries: VecDeque<Entry>,
    toasts: egui_notify::Toasts,
    started: std::time::Instant,
}

impl Default for Log {
    fn default() -> Self {
        Self {
            entries: VecDeque::new(),
            toasts: egui_notify::Toasts::new()
                .with_anchor(egui_notify::Anchor::TopRight)
                .with_margin(egui::vec2(12.0, 40.0)),
            started: std::time::Instant::now(),
        }
    }
}

impl Log {
    /// Only into the log.
    pub fn note(&mut self, level: Level, text: impl Into<String>) {
        if self.entries.len() == KEPT_ENTRIES {
            self.entries.pop_front();
        }
        let time_s = self.started.elapsed().as_secs_f64();
        self.entries.push_back(Entry { time_s, level, text: text.into() });
    }

    /// Into the log and as a toast. Errors stay until they are closed.
    pub fn tell(&mut self, level: Level, text: impl Into<String>) {
        let text = text.into();
        let toast = match level {
            Level::Info => self.toasts.info(wrap(&text)),
            Level::Success => self.toasts.success(wrap(&text)),
            Level::Warning => self.toasts.warning(wrap(&text)),
            Level::Error => self.toasts.error(wrap(&text)),
        };
        let seconds = match level {
            Level::Info | Level::Success => 4,
            Level::Warning => 7,
            Level::Error => 12,
        };
        toast.duration(Some(Duration::from_secs(seconds))).closable(true);
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

    /// Draws the toasts.
    pub fn show_toasts(&mut self, ctx: &egui::Context) {
        self.toasts.show(ctx);
    }
}

/// Breaks a sentence into lines of about 64 characters: toasts do not wrap by themselves.
fn wrap(text: &str) -> String {
    const LINE_LENGTH: usize = 64;
    let mut wrapped = String::with_capacity(text.len() + 8);
    let mut length = 0;
    for word in text.split_whitespace() {
        let word_length = word.chars().count();
        if length > 0 && length + 1 + word_length > LINE_LENGTH {
            wrapped.push('\n');
            length = 0;
        } else if length > 0 {
            wrapped.push(' ');
            length += 1;
        }
        wrapped.push_str(word);
        length += word_length;
    }
    wrapped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_sentences_wrap_between_words() {
        let wrapped = wrap(&"residue ".repeat(30));
        assert!(wrapped.lines().all(|line| line.len() <= 64));
        assert_eq!(wrapped.split_whitespace().count(), 30);
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
