//! Progress on stderr: a bar on a terminal, now and then a line elsewhere.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use equijump_engine::session::Progress;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::terminal;

/// Time between two lines when stderr is no terminal.
const LINE_INTERVAL: Duration = Duration::from_secs(10);

/// Shows the progress of one job.
pub(super) struct ProgressDisplay {
    noun: &'static str,
    bar: Option<ProgressBar>,
    last_line: Option<(Instant, u64, Option<u64>)>,
}

impl ProgressDisplay {
    /// `noun` is what is counted: `frames`.
    pub fn new(noun: &'static str) -> Self {
        let bar = (std::io::stderr().is_terminal() && !terminal::is_silent()).then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            // The template is a constant; should it ever be wrong, indicatif's own style serves.
            if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}") {
                bar.set_style(style);
            }
            bar
        });
        Self { noun, bar, last_line: None }
    }

    /// Shows where the job stands. `rate` says how fast it goes, in words: `2.1 frames/s, 18 ns/day`.
    pub fn show(&mut self, progress: &Progress, rate: &str) {
        let mut message = rate.to_owned();
        if let Some(left) = progress.time_left {
            if !message.is_empty() {
                message.push_str(", ");
            }
            message.push_str(&format!("{} left", duration_text(left)));
        }
        if let Some(bar) = &self.bar {
            if let Some(total) = progress.total {
                bar.set_length(total);
            }
            bar.set_position(progress.done);
            bar.set_message(message);
            return;
        }
        if is_news(self.last_line, progress.done, progress.total) {
            self.last_line = Some((Instant::now(), progress.done, progress.total));
            let of_total = progress.total.map(|total| format!(" of {total}")).unwrap_or_default();
            let comma = if message.is_empty() { "" } else { ", " };
            terminal::remark(format_args!("{}{of_total} {}{comma}{message}", progress.done, self.noun));
        }
    }

    /// Writes a line above the bar.
    pub fn line(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| terminal::remark(text)),
            None => terminal::remark(text),
        }
    }
}

/// Whether a line is worth writing: nothing was written for a while, or the end is reached, and it says something
/// else than the last one.
fn is_news(last: Option<(Instant, u64, Option<u64>)>, done: u64, total: Option<u64>) -> bool {
    last.is_none_or(|(at, last_done, last_total)| {
        (last_done, last_total) != (done, total) && (total == Some(done) || at.elapsed() >= LINE_INTERVAL)
    })
}

impl Drop for ProgressDisplay {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.abandon();
        }
    }
}

/// `2 h 5 min`, `3 min 20 s`, `12 s`.
pub(super) fn duration_text(duration: Duration) -> String {
    let seconds = duration.as_secs_f64().round() as u64;
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    match (hours, minutes) {
        (0, 0) => format!("{seconds} s"),
        (0, _) => format!("{minutes} min {} s", seconds % 60),
        _ => format!("{hours} h {minutes} min"),
    }
}

/// `1 frame`, `31 frames`, `12,000 frames`.
pub(super) fn counted(count: u64, noun: &str) -> String {
    format!("{} {noun}{}", grouped(count), if count == 1 { "" } else { "s" })
}

/// A number with its thousands set apart.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Simulated time in the unit that suits it.
pub(super) fn simulated_text(time_ps: f64) -> String {
    match time_ps {
        t if t >= 1e6 => format!("{:.3} µs", t * 1e-6),
        t if t >= 1e3 => format!("{:.1} ns", t * 1e-3),
        t => format!("{t:.0} ps"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_a_log_nothing_is_said_twice() {
        let now = Instant::now();
        assert!(is_news(None, 0, Some(601)));
        assert!(!is_news(Some((now, 0, Some(601))), 5, Some(601)));
        assert!(is_news(Some((now, 5, Some(601))), 601, Some(601)));
        assert!(!is_news(Some((now, 601, Some(601))), 601, Some(601)));
        if let Some(long_ago) = now.checked_sub(2 * LINE_INTERVAL) {
            assert!(!is_news(Some((long_ago, 5, Some(601))), 5, Some(601)));
            assert!(is_news(Some((long_ago, 5, Some(601))), 6, Some(601)));
        }
    }

    #[test]
    fn times_and_counts_read_well() {
        assert_eq!(duration_text(Duration::from_secs_f64(11.6)), "12 s");
        assert_eq!(duration_text(Duration::from_secs(200)), "3 min 20 s");
        assert_eq!(duration_text(Duration::from_secs(7530)), "2 h 5 min");
        assert_eq!(counted(1, "frame"), "1 frame");
        assert_eq!(counted(0, "frame"), "0 frames");
        assert_eq!([999, 1000, 12_345, 1_234_567].map(grouped), ["999", "1,000", "12,345", "1,234,567"]);
        assert_eq!(simulated_text(100.0), "100 ps");
        assert_eq!(simulated_text(50_000.0), "50.0 ns");
        assert_eq!(simulated_text(2.5e6), "2.500 µs");
    }
}
