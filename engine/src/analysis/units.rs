//! Quantities with their units, in words.

/// `20 ps`, `1.5 ns`, `2.25 µs`.
pub fn time_text(time_ps: f64) -> String {
    let trimmed = |value: f64, unit: &str| {
        let text = format!("{value:.2}");
        format!("{} {unit}", text.trim_end_matches('0').trim_end_matches('.'))
    };
    match time_ps {
        t if !t.is_finite() => "–".to_owned(),
        t if t >= 999_995.0 => trimmed(t * 1e-6, "µs"),
        t if t >= 999.995 => trimmed(t * 1e-3, "ns"),
        t => trimmed(t, "ps"),
    }
}

#[cfg(test)]
mod tests {
    use super::time_text;

    #[test]
    fn times_read_well() {
        assert_eq!(
            [20.0, 1500.0, 2_250_000.0, 3.456, 999.999].map(time_text),
            ["20 ps", "1.5 ns", "2.25 µs", "3.46 ps", "1 ns"]
        );
    }
}
