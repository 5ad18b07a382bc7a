//! The date, for results.

use std::time::{SystemTime, UNIX_EPOCH};

/// Now, UTC: `2026-11-25 03:12`.
pub(crate) fn utc_now() -> String {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
    utc_text(seconds)
}

fn utc_text(unix_seconds: u64) -> String {
    // Days to a date in the calendar whose year begins in March, so that the leap day comes last (H. Hinnant,
    // "chrono-compatible low-level date algorithms").
    let days = unix_seconds / 86_400 + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let minutes = unix_seconds % 86_400 / 60;
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02}", minutes / 60, minutes % 60)
}

#[cfg(test)]
mod tests {
    use super::utc_text;

    #[test]
    fn dates_are_those_of_gnu_date() {
        // date -u -d @SECONDS '+%F %R'
        for (seconds, expected) in [
            (0, "1970-01-01 00:00"),
            (951_826_554, "2000-02-29 12:15"),
            (1_709_251_199, "2024-02-29 23:59"),
            (1_709_251_200, "2024-03-01 00:00"),
            (4_102_444_799, "2099-12-31 23:59"),
        ] {
            assert_eq!(utc_text(seconds), expected);
        }
    }
}
