//! Distances between distributions.

use super::error::AnalysisError;
use super::histogram::{Binning, Histogram1d, Histogram2d};

/// Jensen–Shannon divergence of two unnormalised histograms over the same bins, in nats: `0..=ln 2`.
///
/// # Errors
/// Different numbers of bins, or a histogram without weight.
pub fn jensen_shannon_nats(p: &[f64], q: &[f64]) -> Result<f64, AnalysisError> {
    if p.len() != q.len() {
        return Err(AnalysisError::Binning { left: p.len(), right: q.len() });
    }
    let (p_total, q_total): (f64, f64) = (p.iter().sum(), q.iter().sum());
    let usable = |total: f64| total.is_finite() && total > 0.0;
    if !usable(p_total) || !usable(q_total) {
        return Err(AnalysisError::EmptyDistribution);
    }
    let term = |a: f64, mean: f64| if a > 0.0 { a * (a / mean).ln() } else { 0.0 };
    let sum: f64 = p
        .iter()
        .zip(q)
        .map(|(&p, &q)| {
            let (p, q) = (p / p_total, q / q_total);
            let mean = 0.5 * (p + q);
            0.5 * (term(p, mean) + term(q, mean))
        })
        .sum();
    Ok(sum.clamp(0.0, std::f64::consts::LN_2))
}

/// Jensen–Shannon divergence of two histograms of one binning, nats. What fell outside the range counts
/// as one more bin.
///
/// # Errors
/// Different binning, or no weight.
pub fn jensen_shannon_1d_nats(p: &Histogram1d, q: &Histogram1d) -> Result<f64, AnalysisError> {
    if p.binning != q.binning {
        return Err(AnalysisError::Binning { left: p.binning.bins, right: q.binning.bins });
    }
    jensen_shannon_nats(&with_outside(&p.weights, p.outside), &with_outside(&q.weights, q.outside))
}

/// Jensen–Shannon divergence of two maps of one binning, nats. What fell outside the range counts as one
/// more bin.
///
/// # Errors
/// Different binning, or no weight.
pub fn jensen_shannon_2d_nats(p: &Histogram2d, q: &Histogram2d) -> Result<f64, AnalysisError> {
    if (p.x, p.y) != (q.x, q.y) {
        return Err(AnalysisError::Binning { left: p.weights.len(), right: q.weights.len() });
    }
    jensen_shannon_nats(&with_outside(&p.weights, p.outside), &with_outside(&q.weights, q.outside))
}

/// Divergence of samples from a reference as the reports state it: 100 bins over the range of the
/// reference with a margin of 5 %, samples beyond it in one more bin; nats.
///
/// # Errors
/// No finite value on either side.
pub fn divergence_of_samples_nats(samples: &[f64], reference: &[f64]) -> Result<f64, AnalysisError> {
    let binning = Binning::of_data(reference.iter().copied(), Binning::BINS_1D)?;
    let histogram = |values: &[f64]| {
        let mut histogram = Histogram1d::new(binning);
        values.iter().for_each(|&v| histogram.add(v, 1.0));
        histogram
    };
    jensen_shannon_1d_nats(&histogram(samples), &histogram(reference))
}

fn with_outside(weights: &[f64], outside: f64) -> Vec<f64> {
    let mut all = weights.to_vec();
    all.push(outside);
    all
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn bounds_and_symmetry() {
        let (p, q) = ([1.0, 2.0, 3.0, 0.0], [0.5, 0.0, 1.0, 4.0]);
        let there = jensen_shannon_nats(&p, &q).unwrap();
        assert_eq!(there, jensen_shannon_nats(&q, &p).unwrap());
        assert!(jensen_shannon_nats(&p, &p).unwrap() < 1e-15);
        let apart = jensen_shannon_nats(&[1.0, 0.0], &[0.0, 7.0]).unwrap();
        assert!((apart - std::f64::consts::LN_2).abs() < 1e-15);
        assert!(jensen_shannon_nats(&p, &[1.0]).is_err());
        assert!(jensen_shannon_nats(&[0.0], &[1.0]).is_err());
    }

    #[test]
    fn samples_outside_the_reference_range_are_not_lost() {
        let reference: Vec<f64> = (0..1000).map(|i| f64::from(i) / 1000.0).collect();
        let far: Vec<f64> = reference.iter().map(|x| x + 50.0).collect();
        let divergence = divergence_of_samples_nats(&far, &reference).unwrap();
        assert!((divergence - std::f64::consts::LN_2).abs() < 1e-12);
    }
}
