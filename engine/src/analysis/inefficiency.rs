//! How many independent observations correlated frames are worth.

/// Frames of all trajectories that are looked at; longer ones are thinned evenly, which the errors allow for.
const MOST_FRAMES: usize = 8_000;
/// Autocorrelations up to this lag are summed even where noise has made one negative.
const LEAST_LAG: usize = 3;

/// Statistical inefficiency `g = 1 + 2 Σ C(t) (1 − t/N)` of an observable (Chodera et al., J. Chem. Theory Comput. 3,
/// 26, 2007): `n` frames are worth `n / g` independent ones. The sum over the autocorrelation `C` of all trajectories,
/// about their common mean, ends where it first is not positive, `N` is their mean length. 1 for an observable that does
/// not vary, and at least 1.
pub fn statistical_inefficiency(trajectories: &[Vec<f64>]) -> f64 {
    let count: usize = trajectories.iter().map(Vec::len).sum();
    let longest = trajectories.iter().map(Vec::len).max().unwrap_or(0);
    if count < 2 {
        return 1.0;
    }
    let mean = trajectories.iter().flatten().sum::<f64>() / count as f64;
    let variance = trajectories.iter().flatten().map(|x| (x - mean).powi(2)).sum::<f64>() / count as f64;
    if variance.is_nan() || variance <= 0.0 {
        return 1.0;
    }
    let length = count as f64 / trajectories.len() as f64;
    let mut inefficiency = 1.0;
    for lag in 1..longest.saturating_sub(1) {
        let (mut sum, mut pairs) = (0.0, 0usize);
        for trajectory in trajectories {
            let later = trajectory.iter().skip(lag);
            sum += trajectory.iter().zip(later).map(|(a, b)| (a - mean) * (b - mean)).sum::<f64>();
            pairs += trajectory.len().saturating_sub(lag);
        }
        let correlation = sum / (pairs.max(1) as f64 * variance);
        if correlation <= 0.0 && lag > LEAST_LAG {
            break;
        }
        inefficiency += 2.0 * correlation * (1.0 - lag as f64 / length).max(0.0);
    }
    inefficiency.max(1.0)
}

/// Share of the frames for which something holds, and its standard error `√(p (1 − p) g / n)`; NaN for fewer than four
/// frames, and where it always or never holds: that nothing else was seen tells nothing of how often it would be.
pub fn share_with_error(trajectories: &[Vec<bool>]) -> (f64, f64) {
    let count: usize = trajectories.iter().map(Vec::len).sum();
    let held = trajectories.iter().flatten().filter(|held| **held).count();
    let share = held as f64 / count as f64;
    if count < 4 || held == 0 || held == count {
        return (share, f64::NAN);
    }
    let stride = count.div_ceil(MOST_FRAMES);
    let thinned: Vec<Vec<f64>> = trajectories
        .iter()
        .map(|t| t.iter().step_by(stride).map(|held| f64::from(u8::from(*held))).collect())
        .collect();
    let kept: usize = thinned.iter().map(Vec::len).sum();
    let inefficiency = statistical_inefficiency(&thinned).min(kept as f64);
    (share, (share * (1.0 - share) * inefficiency / kept as f64).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_always_or_never_holds_has_no_error() {
        for held in [true, false] {
            let (share, error) = share_with_error(&[vec![held; 50], vec![held; 7]]);
            assert_eq!(share, f64::from(u8::from(held)));
            assert!(error.is_nan(), "{error}");
        }
        let (share, error) = share_with_error(&[(0..100).map(|frame| frame % 2 == 0).collect()]);
        assert!((share - 0.5).abs() < 1e-12 && error > 0.0, "{error}");
    }
}
