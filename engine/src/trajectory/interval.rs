//! The time between frames, out of times that a format has rounded.

/// Time steps that differ by less than this fraction are the same.
const TOLERANCE: f64 = 1e-3;

/// Distance between neighboring `f32` numbers at `value`.
pub(super) fn ulp_f32(value: f64) -> f64 {
    let value = value.abs() as f32;
    if value.is_finite() { f64::from(value.next_up()) - f64::from(value) } else { f64::INFINITY }
}

/// The time step that most frames are apart. `rounding` tells how far apart two times must be to be told apart at
/// a time; the longest stretch of equal steps is measured as a whole, and the roundest number that
/// it allows is taken.
pub(super) fn even_interval(times_ps: &[f64], rounding: impl Fn(f64) -> f64) -> Option<f64> {
    let mut steps: Vec<f64> = times_ps.windows(2).map(|pair| pair[1] - pair[0]).collect();
    if steps.is_empty() {
        return None;
    }
    let middle = steps.len() / 2;
    let median = *steps.select_nth_unstable_by(middle, f64::total_cmp).1;
    if !(median.is_finite() && median > 0.0) {
        return Some(median);
    }
    let even = |pair: &[f64]| {
        let step = pair[1] - pair[0];
        (step - median).abs() <= TOLERANCE * median + 2.0 * rounding(pair[1])
    };
    let (mut longest, mut start) = (0..0, 0);
    for end in 1..=times_ps.len() {
        if end == times_ps.len() || !even(&times_ps[end - 1..=end]) {
            if end - start > longest.len() {
                longest = start..end;
            }
            start = end;
        }
    }
    let stretch = &times_ps[longest];
    let (Some(first), Some(last)) = (stretch.first(), stretch.last()) else { return Some(median) };
    if stretch.len() < 2 {
        return Some(median);
    }
    let count = (stretch.len() - 1) as f64;
    Some(roundest((last - first) / count, rounding(*last) / count))
}

/// The number of fewest decimal digits within `value ± uncertainty`.
pub(super) fn roundest(value: f64, uncertainty: f64) -> f64 {
    (0..16)
        .filter_map(|digits| format!("{value:.digits$e}").parse::<f64>().ok())
        .find(|rounded| (rounded - value).abs() <= uncertainty)
        .unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interval(times: &[f32]) -> Option<f64> {
        let times: Vec<f64> = times.iter().map(|&t| f64::from(t)).collect();
        even_interval(&times, ulp_f32)
    }

    #[test]
    fn rounded_times_of_long_runs_give_the_interval_they_were_made_with() {
        for start in [0.0, 1e6, 1e8] {
            for step in [100.0, 50.0, 20.0] {
                let times: Vec<f32> = (0..40).map(|k| (start + step * f64::from(k)) as f32).collect();
                assert_eq!(interval(&times), Some(step), "{start} {step}");
            }
        }
        let tenths: Vec<f32> = (0..100).map(|k| 0.1 * k as f32).collect();
        assert_eq!(interval(&tenths), Some(0.1));
        let odd: Vec<f32> = (0..100).map(|k| (4.8888 * f64::from(k)) as f32).collect();
        assert!(interval(&odd).is_some_and(|x| (x - 4.8888).abs() < 1e-5));
    }

    #[test]
    fn gaps_do_not_count() {
        assert_eq!(interval(&[0.0, 20.0, 40.0, 900.0, 920.0, 940.0, 960.0]), Some(20.0));
        assert_eq!(interval(&[5.0]), None);
        assert_eq!(interval(&[7.0, 7.0, 7.0]), Some(0.0));
    }
}
