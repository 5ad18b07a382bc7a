//! Weighted histograms in one and two dimensions, and the free energies they give.

use serde::{Deserialize, Serialize};

use super::error::AnalysisError;

/// Equal bins on a closed range.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Binning {
    /// Lower end of the first bin.
    pub min: f64,
    /// Upper end of the last bin, which belongs to it.
    pub max: f64,
    /// Number of bins.
    pub bins: usize,
}

impl Binning {
    /// Bins of one-dimensional comparisons (ARCHITECTURE.md §8).
    pub const BINS_1D: usize = 100;
    /// Bins per axis of two-dimensional maps (ARCHITECTURE.md §8).
    pub const BINS_2D: usize = 50;
    /// Empty margin on each side, as a fraction of the range of the data.
    pub const MARGIN: f64 = 0.05;

    /// A given range.
    ///
    /// # Errors
    /// No bins, a range that is empty or not finite.
    pub fn new(min: f64, max: f64, bins: usize) -> Result<Self, AnalysisError> {
        if bins == 0 || !min.is_finite() || !max.is_finite() || max <= min {
            return Err(AnalysisError::Range { bins, min, max });
        }
        Ok(Self { min, max, bins })
    }

    /// The range of `values` with a margin of 5 % on each side. Values that are not finite are left out; a
    /// single repeated value gets a range of ±0.5 around it.
    ///
    /// # Errors
    /// No finite value, or no bins.
    pub fn of_data(values: impl IntoIterator<Item = f64>, bins: usize) -> Result<Self, AnalysisError> {
        let (mut min, mut max) = (f64::INFINITY, f64::NEG_INFINITY);
        for value in values.into_iter().filter(|v| v.is_finite()) {
            min = min.min(value);
            max = max.max(value);
        }
        if min > max {
            return Err(AnalysisError::EmptyDistribution);
        }
        let margin = if max > min { Self::MARGIN * (max - min) } else { 0.5 };
        Self::new(min - margin, max + margin, bins)
    }

    /// The bin of a value; `None` outside the range and for NaN.
    pub fn index(&self, value: f64) -> Option<usize> {
        if !(value >= self.min && value <= self.max) {
            return None;
        }
        let bin = ((value - self.min) / (self.max - self.min) * self.bins as f64) as usize;
        Some(bin.min(self.bins - 1))
    }

    /// Width of a bin.
    pub fn width(&self) -> f64 {
        (self.max - self.min) / self.bins as f64
    }

    /// Middle of bin `index`.
    pub fn center(&self, index: usize) -> f64 {
        self.min + (index as f64 + 0.5) * self.width()
    }

    fn is_valid(&self) -> bool {
        Self::new(self.min, self.max, self.bins).is_ok()
    }
}

/// Weights per bin, and the weight that fell outside the range.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Histogram1d {
    /// Bins.
    pub binning: Binning,
    /// Weight of each bin.
    pub weights: Vec<f64>,
    /// Weight outside the range. Comparisons treat it as one more bin, so that nothing is lost silently.
    pub outside: f64,
}

impl Histogram1d {
    /// An empty histogram.
    pub fn new(binning: Binning) -> Self {
        Self { binning, weights: vec![0.0; binning.bins], outside: 0.0 }
    }

    /// Adds a value; NaN counts as outside.
    pub fn add(&mut self, value: f64, weight: f64) {
        match self.binning.index(value) {
            Some(bin) => self.weights[bin] += weight,
            None => self.outside += weight,
        }
    }

    /// Total weight, outside included.
    pub fn total(&self) -> f64 {
        self.weights.iter().sum::<f64>() + self.outside
    }

    /// Free energy of each bin, `−ln p` in kT, shifted so that the lowest is 0; NaN in empty bins.
    pub fn free_energy_kt(&self) -> Vec<f64> {
        free_energy_kt(&self.weights)
    }

    /// Whether the numbers fit together, for a histogram read from a file.
    pub fn is_valid(&self) -> bool {
        self.binning.is_valid() && self.weights.len() == self.binning.bins
    }
}

/// Weights on a grid, and the weight that fell outside.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Histogram2d {
    /// Bins along x.
    pub x: Binning,
    /// Bins along y.
    pub y: Binning,
    /// Weights row by row: cell `(ix, iy)` at `iy · x.bins + ix`.
    pub weights: Vec<f64>,
    /// Weight outside the range of either axis.
    pub outside: f64,
}

impl Histogram2d {
    /// An empty histogram.
    pub fn new(x: Binning, y: Binning) -> Self {
        Self { x, y, weights: vec![0.0; x.bins * y.bins], outside: 0.0 }
    }

    /// Adds a point; NaN counts as outside.
    pub fn add(&mut self, x: f64, y: f64, weight: f64) {
        match (self.x.index(x), self.y.index(y)) {
            (Some(ix), Some(iy)) => self.weights[iy * self.x.bins + ix] += weight,
            _ => self.outside += weight,
        }
    }

    /// Total weight, outside included.
    pub fn total(&self) -> f64 {
        self.weights.iter().sum::<f64>() + self.outside
    }

    /// The free-energy surface of the weights inside the range.
    pub fn free_energy(&self) -> FreeEnergySurface {
        FreeEnergySurface { x: self.x, y: self.y, values_kt: free_energy_kt(&self.weights) }
    }

    /// Whether the numbers fit together, for a histogram read from a file.
    pub fn is_valid(&self) -> bool {
        let cells = self.x.bins.checked_mul(self.y.bins);
        self.x.is_valid() && self.y.is_valid() && cells == Some(self.weights.len())
    }
}

/// A free-energy map, ready to draw.
#[derive(Clone, Debug, PartialEq)]
pub struct FreeEnergySurface {
    /// Bins along x.
    pub x: Binning,
    /// Bins along y.
    pub y: Binning,
    /// `−ln p` in kT, row by row as in [`Histogram2d::weights`], lowest 0. **NaN where nothing was ever
    /// seen**: draw those cells transparent, never in the color of a basin.
    pub values_kt: Vec<f64>,
}

impl FreeEnergySurface {
    /// Value of a cell, `None` where nothing was seen.
    pub fn value_kt(&self, ix: usize, iy: usize) -> Option<f64> {
        self.values_kt.get(iy * self.x.bins + ix).copied().filter(|v| v.is_finite())
    }
}

/// `−ln p` in kT of unnormalised weights, shifted so that the lowest is 0; NaN where the weight is zero.
/// The normalization cancels in the shift.
pub fn free_energy_kt(weights: &[f64]) -> Vec<f64> {
    let most = weights.iter().copied().fold(0.0, f64::max);
    weights.iter().map(|&w| if w > 0.0 { (most / w).ln() } else { f64::NAN }).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn margins_edges_and_outliers() {
        let binning = Binning::of_data([2.0, f64::NAN, 4.0, 3.0], 11).unwrap();
        assert!((binning.min - 1.9).abs() < 1e-12 && (binning.max - 4.1).abs() < 1e-12);
        assert_eq!(binning.index(1.9), Some(0));
        assert_eq!(binning.index(4.1), Some(10));
        assert_eq!(binning.index(4.2), None);
        assert_eq!(binning.index(f64::NAN), None);
        assert!(Binning::of_data([f64::NAN], 3).is_err());
        assert!(Binning::new(1.0, 1.0, 3).is_err());
        assert!(Binning::of_data([5.0, 5.0], 3).unwrap().index(5.0) == Some(1));
        let mut histogram = Histogram1d::new(binning);
        histogram.add(3.0, 2.0);
        histogram.add(9.0, 1.0);
        assert_eq!((histogram.outside, histogram.total()), (1.0, 3.0));
    }

    #[test]
    fn empty_bins_have_no_free_energy_and_the_deepest_is_zero() {
        let axis = Binning::new(0.0, 2.0, 2).unwrap();
        let mut map = Histogram2d::new(axis, axis);
        for (x, y, weight) in [(0.5, 0.5, 1.0), (1.5, 0.5, 4.0), (1.5, 1.5, 2.0)] {
            map.add(x, y, weight);
        }
        let surface = map.free_energy();
        assert!((surface.value_kt(0, 0).unwrap() - 4.0f64.ln()).abs() < 1e-15);
        assert_eq!(surface.value_kt(1, 0), Some(0.0));
        assert!((surface.value_kt(1, 1).unwrap() - 2.0f64.ln()).abs() < 1e-15);
        assert_eq!(surface.value_kt(0, 1), None);
        assert!(free_energy_kt(&[0.0, 0.0]).iter().all(|v| v.is_nan()));
    }
}
