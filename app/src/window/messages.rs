//! The line of messages at the foot of the window: the newest message for a time that grows with how much it
//! matters. It has a place of its own, so that it covers neither the molecule nor plots nor controls. The log
//! keeps everything.

use std::time::{Duration, Instant};

use egui::{RichText, Role, Sense, WidgetInfo};

use super::action::Action;
use super::layout::Pane;
use super::theme;

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

/// Messages that wait behind one another, at most.
const MOST_KEPT: usize = 8;

struct Message {
    level: Level,
    text: String,
    ends: Instant,
}

/// The messages that are still to be seen.
#[derive(Default)]
pub struct Messages {
    messages: Vec<Message>,
    /// The keyboard is on a button of the line: nothing is taken from under it.
    held: bool,
}

impl Messages {
    /// Shows a message.
    pub fn add(&mut self, level: Level, text: String) {
        let seconds = match level {
            Level::Info | Level::Success => 8,
            Level::Warning => 15,
            Level::Error => 60,
        };
        if self.messages.len() == MOST_KEPT {
            self.messages.remove(0);
        }
        self.messages.push(Message { level, text, ends: Instant::now() + Duration::from_secs(seconds) });
    }

    /// Draws the line; asks for a repaint only when the next message ends.
    pub fn ui(&mut self, ui: &mut egui::Ui, actions: &mut Vec<Action>) {
        let now = Instant::now();
        self.messages.retain(|message| self.held || message.ends > now);
        let ends = self.messages.iter().map(|message| message.ends);
        if let Some(next_end) = ends.min().filter(|_| !self.held) {
            ui.ctx().request_repaint_after(next_end.saturating_duration_since(now));
        }
        // An error is not hidden by what is less.
        let grave = self.messages.iter().rposition(|message| message.level == Level::Error);
        let Some(shown) = grave.or(self.messages.len().checked_sub(1)) else { return };
        let others = self.messages.len() - 1;
        let message = &self.messages[shown];
        let colors = theme::palette(ui.visuals().dark_mode);
        let color = match message.level {
            Level::Info => colors.accent,
            Level::Success => colors.good,
            Level::Warning => colors.warn,
            Level::Error => colors.bad,
        };
        let (mut dismissed, mut held) = (false, false);
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            let close = ui.small_button("×").on_hover_text("Dismiss; the log keeps it");
            close.widget_info(|| {
                WidgetInfo::labeled(Role::Button, true, format!("Dismiss: {}", message.text))
            });
            dismissed = close.clicked();
            let more = if others > 0 { format!("{others} more in the log") } else { "Log".to_owned() };
            let log = ui.small_button(more).on_hover_text("All messages of this session");
            held = close.has_focus() || log.has_focus();
            if log.clicked() {
                actions.push(Action::ShowPane(Pane::Log));
            }
            ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                ui.label(RichText::new(message.level.name()).font(theme::semibold(12.5)).color(color));
                let text = egui::Label::new(RichText::new(&message.text).size(12.5)).truncate();
                ui.add(text.sense(Sense::hover())).on_hover_text(&message.text);
            });
        });
        self.held = held && !dismissed;
        if dismissed {
            self.messages.remove(shown);
        }
    }
}
