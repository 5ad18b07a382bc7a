//! Kernel density estimates in two dimensions.

use crate::analysis::error::AnalysisError;
use crate::analysis::histogram::{Binning, FreeEnergySurface};

/// Kernels are cut off at this many bandwidths.
const REACH: f64 = 4.0;
/// Nothing is said about the free energy where the density is less than this many bandwidths from a lone point.
const EXTRAPOLATED: f64 = 2.0;

/// A density of points, on the centers of a grid.
#[derive(Clone, Debug, PartialEq)]
pub struct SmoothDensity {
    /// Cells along x.
    pub x: Binning,
    /// Cells along y.
    pub y: Binning,
    /// Standard deviation of the Gaussian kernel along x and y, in the units of the coordinates.
    pub bandwidth: [f64; 2],
    /// Points that were counted.
    pub points: usize,
    /// Density at the center of each cell, row by row: cell `(ix, iy)` at `iy · x.bins + ix`.
    pub values: Vec<f64>,
}

impl SmoothDensity {
    /// `−ln p` in kT, lowest 0. NaN where the density is less than two bandwidths from a lone point: there it says only how
    /// a Gaussian falls off.
    pub fn free_energy(&self) -> FreeEnergySurface {
        let highest_of_one =
            1.0 / (std::f64::consts::TAU * self.bandwidth[0] * self.bandwidth[1] * self.points.max(1) as f64);
        let least = highest_of_one * (-0.5 * EXTRAPOLATED * EXTRAPOLATED).exp();
        let most = self.values.iter().copied().fold(0.0, f64::max);
        let values_kt = self
            .values
            .iter()
            .map(|&value| if value >= least && value > 0.0 { (most / value).ln() } else { f64::NAN })
            .collect();
        FreeEnergySurface { x: self.x, y: self.y, values_kt }
    }
}

/// Scott's rule in two dimensions, `σ n^(−1/6)` along each axis, times `factor`. Points that are not finite are left
/// out; where all lie on one line the bandwidth across it is small and positive.
///
/// # Errors
/// No finite point.
pub fn scott_bandwidth(points: &[[f64; 2]], factor: f64) -> Result<[f64; 2], AnalysisError> {
    let finite = || points.iter().filter(|point| point.iter().all(|value| value.is_finite()));
    let count = finite().count();
    if count == 0 {
        return Err(AnalysisError::EmptyDistribution);
    }
    let n = count as f64;
    let mut bandwidth = [0.0; 2];
    for (axis, width) in bandwidth.iter_mut().enumerate() {
        let mean = finite().map(|point| point[axis]).sum::<f64>() / n;
        let squares = finite().map(|point| (point[axis] - mean).powi(2)).sum::<f64>();
        let deviation = (squares / (n - 1.0).max(1.0)).sqrt();
        *width = (factor * deviation * n.powf(-1.0 / 6.0)).max(1e-6 * mean.abs().max(1.0));
    }
    Ok(bandwidth)
}

/// Gaussian kernel density of `points` on `cells` × `cells` cells, whose range is that of the points and of `include`
/// (lower and upper end per axis), with three bandwidths around. A bandwidth below the width of a cell is raised to it,
/// as [`SmoothDensity::bandwidth`] tells. Points are shared among the four nearest centers first, so that the cost does
/// not grow with their number.
///
/// # Errors
/// No finite point, no cells, or a bandwidth that is not positive.
pub fn smooth_density(
    points: &[[f64; 2]],
    bandwidth: [f64; 2],
    cells: usize,
    include: Option<[[f64; 2]; 2]>,
) -> Result<SmoothDensity, AnalysisError> {
    const MARGIN: f64 = 3.0;
    let finite = || points.iter().filter(|point| point.iter().all(|value| value.is_finite()));
    let axis = |axis: usize| -> Result<(Binning, f64), AnalysisError> {
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for point in finite() {
            low = low.min(point[axis]);
            high = high.max(point[axis]);
        }
        if low > high {
            return Err(AnalysisError::EmptyDistribution);
        }
        let width = bandwidth[axis];
        low -= MARGIN * width;
        high += MARGIN * width;
        if let Some(range) = include {
            low = low.min(range[axis][0]);
            high = high.max(range[axis][1]);
        }
        let binning = Binning::new(low, high, cells)?;
        Ok((binning, width.max(binning.width())))
    };
    let ((x, width_x), (y, width_y)) = (axis(0)?, axis(1)?);
    let mut values = vec![0.0; x.bins * y.bins];
    let mut counted = 0usize;
    for point in finite() {
        counted += 1;
        let (left, right_share) = shares(point[0], &x);
        let (below, above_share) = shares(point[1], &y);
        for (ix, share_x) in [(left, 1.0 - right_share), ((left + 1).min(x.bins - 1), right_share)] {
            for (iy, share_y) in [(below, 1.0 - above_share), ((below + 1).min(y.bins - 1), above_share)] {
                values[iy * x.bins + ix] += share_x * share_y;
            }
        }
    }
    let kernel_x = kernel(width_x, x.width());
    let kernel_y = kernel(width_y, y.width());
    let mut rows = vec![0.0; values.len()];
    for iy in 0..y.bins {
        let row = iy * x.bins..(iy + 1) * x.bins;
        convolve(&values[row.clone()], &kernel_x, &mut rows[row]);
    }
    let (mut column, mut smooth) = (vec![0.0; y.bins], vec![0.0; y.bins]);
    for ix in 0..x.bins {
        for iy in 0..y.bins {
            column[iy] = rows[iy * x.bins + ix];
        }
        smooth.fill(0.0);
        convolve(&column, &kernel_y, &mut smooth);
        for iy in 0..y.bins {
            values[iy * x.bins + ix] = smooth[iy] / counted as f64;
        }
    }
    Ok(SmoothDensity { x, y, bandwidth: [width_x, width_y], points: counted, values })
}

/// The center before a value, and the share of the center after it.
fn shares(value: f64, axis: &Binning) -> (usize, f64) {
    let position = (value - axis.min) / axis.width() - 0.5;
    let last = axis.bins - 1;
    if position <= 0.0 {
        return (0, 0.0);
    }
    let before = (position as usize).min(last);
    (before, if before == last { 0.0 } else { position - before as f64 })
}

/// A Gaussian at whole numbers of cells from its center, per unit of the coordinate.
fn kernel(bandwidth: f64, cell: f64) -> Vec<f64> {
    let reach = (REACH * bandwidth / cell).ceil() as usize;
    let norm = 1.0 / (bandwidth * std::f64::consts::TAU.sqrt());
    (0..=reach).map(|k| norm * (-0.5 * (k as f64 * cell / bandwidth).powi(2)).exp()).collect()
}

fn convolve(values: &[f64], kernel: &[f64], out: &mut [f64]) {
    let last = values.len() - 1;
    for (center, &value) in values.iter().enumerate().filter(|(_, value)| **value > 0.0) {
        let (from, to) = (center.saturating_sub(kernel.len() - 1), (center + kernel.len() - 1).min(last));
        for cell in from..=to {
            out[cell] += value * kernel[cell.abs_diff(center)];
        }
    }
}
