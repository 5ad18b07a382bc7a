//! Logarithmic axes for egui_plot, which has none: values go in as their decimal logarithm, marks come out at
//! round numbers.

use egui_plot::{GridInput, GridMark};

/// Fewest marks that an axis is readable with.
const FEWEST_MARKS: usize = 3;

/// Marks at 1, 10, 100; if these are few, at 1, 2, 5 as well; if these are few, at round numbers.
pub(super) fn marks(input: &GridInput) -> Vec<GridMark> {
    let (low, high) = input.bounds;
    if !(low.is_finite() && high.is_finite()) || high <= low || high - low > 60.0 {
        return Vec::new();
    }
    let decades = || low.floor() as i32..=high.ceil() as i32;
    let of = |digits: &[f64]| -> Vec<f64> {
        decades()
            .flat_map(|decade| digits.iter().map(move |digit| f64::from(decade) + digit.log10()))
            .filter(|mark| (low..=high).contains(mark))
            .collect()
    };
    let mut values = of(&[1.0]);
    for digits in [&[1.0, 3.0][..], &[1.0, 2.0, 5.0], &[1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 7.0]] {
        if values.len() < FEWEST_MARKS {
            values = of(digits);
        }
    }
    if values.len() < FEWEST_MARKS {
        values = evenly(10f64.powf(low), 10f64.powf(high)).into_iter().map(f64::log10).collect();
    }
    let spacing = values.windows(2).map(|pair| pair[1] - pair[0]).fold(f64::INFINITY, f64::min);
    let step_size = if spacing.is_finite() { spacing } else { high - low };
    values.into_iter().map(|value| GridMark { value, step_size }).collect()
}

/// Some four round numbers within a range.
fn evenly(low: f64, high: f64) -> Vec<f64> {
    let rough = (high - low) / 4.0;
    let unit = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].map(|k| k * unit).into_iter().find(|s| *s >= rough).unwrap_or(rough);
    let first = (low / step).ceil() as i64;
    (first..first + 8).map(|k| k as f64 * step).filter(|v| *v > 0.0 && *v <= high).collect()
}

/// What stands beside a mark.
pub(super) fn label(mark: GridMark) -> String {
    number(10f64.powf(mark.value))
}

/// A number with as many digits as it has, up to five: `0.02`, `1.5`, `3000`.
pub(super) fn number(value: f64) -> String {
    if value == 0.0 {
        return "0".into();
    }
    if !(1e-4..1e5).contains(&value.abs()) {
        return format!("{value:.1e}").replace(".0e", "e");
    }
    let decimals = (4.0 - value.abs().log10().floor()).clamp(0.0, 8.0) as usize;
    let text = format!("{value:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(low: f64, high: f64) -> Vec<String> {
        let bounds = (low.log10(), high.log10());
        marks(&GridInput { bounds, base_step_size: 0.1 }).into_iter().map(label).collect()
    }

    #[test]
    fn marks_are_round_numbers_and_some_in_every_range() {
        assert_eq!(labels(0.5, 2000.0), ["1", "10", "100", "1000"]);
        assert_eq!(labels(0.05, 3.5), ["0.1", "0.3", "1", "3"]);
        assert_eq!(labels(2.0, 11.0), ["2", "5", "10"]);
        assert_eq!(labels(2.11, 2.35), ["2.2", "2.3"].map(str::to_owned).to_vec().as_slice());
        assert!(labels(1.0, 1.0).is_empty());
        assert!(marks(&GridInput { bounds: (f64::NAN, 1.0), base_step_size: 1.0 }).is_empty());
    }

    #[test]
    fn numbers_have_no_digits_for_show() {
        assert_eq!(
            ["0.02", "1.5", "3000", "1e-5"],
            [0.02, 1.5, 3000.0, 1e-5].map(number).each_ref().map(|t| t.as_str())
        );
    }
}
