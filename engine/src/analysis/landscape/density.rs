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

/// Where the values of a coordinate end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Ends {
    /// There are none below `low` and none above `high`; infinite where there is no end. What a kernel would put beyond
    /// an end comes back from it.
    Walls {
        /// The least possible value.
        low: f64,
        /// The greatest possible value.
        high: f64,
    },
    /// After `high` comes `low`, as with dihedrals.
    Around {
        /// Where the coordinate is cut open.
        low: f64,
        /// The same place.
        high: f64,
    },
}

impl Ends {
    /// A coordinate of any value.
    pub const NONE: Self = Self::Walls { low: f64::NEG_INFINITY, high: f64::INFINITY };

    /// The cells up to one away from cell `index` of `bins`.
    pub(super) fn around(self, index: usize, bins: usize) -> impl Iterator<Item = usize> {
        let wraps = matches!(self, Self::Around { .. }) && bins > 2;
        [bins - 1, 0, 1].into_iter().filter_map(move |step| {
            let outside = (index == 0 && step == bins - 1) || (index + 1 == bins && step == 1);
            (wraps || !outside || step == 0).then_some((index + step) % bins)
        })
    }

    /// How far two values are apart, the shorter way around where there is one.
    pub fn apart(self, one: f64, other: f64) -> f64 {
        let plain = (one - other).abs();
        match self {
            Self::Walls { .. } => plain,
            Self::Around { low, high } => plain.min((high - low - plain).abs()),
        }
    }

    /// Standard deviation of `values`, the shorter way around where there is one.
    fn deviation(self, values: &[f64]) -> f64 {
        let n = values.len() as f64;
        let away: Vec<f64> = match self {
            Self::Walls { .. } => {
                let mean = values.iter().sum::<f64>() / n;
                values.iter().map(|value| value - mean).collect()
            }
            Self::Around { low, high } => {
                let turn = (high - low) / std::f64::consts::TAU;
                let (sines, cosines) = values
                    .iter()
                    .map(|v| (v / turn).sin_cos())
                    .fold((0.0, 0.0), |a, b| (a.0 + b.0, a.1 + b.1));
                let mean = turn * sines.atan2(cosines);
                let period = high - low;
                values
                    .iter()
                    .map(|value| (value - mean + 0.5 * period).rem_euclid(period) - 0.5 * period)
                    .collect()
            }
        };
        (away.iter().map(|x| x * x).sum::<f64>() / (n - 1.0).max(1.0)).sqrt()
    }

    /// The cell in which what is meant for cell `index` of `bins` lands; `None` beyond a grid that goes on.
    fn cell(self, index: i64, axis: &Binning) -> Option<usize> {
        let bins = axis.bins as i64;
        if (0..bins).contains(&index) {
            return Some(index as usize);
        }
        match self {
            Self::Around { .. } => Some(index.rem_euclid(bins) as usize),
            Self::Walls { low, high } => {
                let back = if index < 0 { -1 - index } else { 2 * bins - 1 - index };
                let wall = if index < 0 { low >= axis.min } else { high <= axis.max };
                (wall && (0..bins).contains(&back)).then_some(back as usize)
            }
        }
    }
}

/// Scott's rule in two dimensions, `σ n^(−1/6)` along each axis, times `factor`. Points that are not finite are left
/// out; where all lie on one line the bandwidth across it is small and positive.
///
/// # Errors
/// No finite point.
pub fn scott_bandwidth(points: &[[f64; 2]], factor: f64, ends: [Ends; 2]) -> Result<[f64; 2], AnalysisError> {
    let finite = || points.iter().filter(|point| point.iter().all(|value| value.is_finite()));
    let count = finite().count();
    if count == 0 {
        return Err(AnalysisError::EmptyDistribution);
    }
    let n = count as f64;
    let mut bandwidth = [0.0; 2];
    for (axis, width) in bandwidth.iter_mut().enumerate() {
        let values: Vec<f64> = finite().map(|point| point[axis]).collect();
        let least = 1e-6 * values.iter().map(|value| value.abs()).fold(1.0, f64::max);
        *width = (factor * ends[axis].deviation(&values) * n.powf(-1.0 / 6.0)).max(least);
    }
    Ok(bandwidth)
}

/// Gaussian kernel density of `points` on `cells` × `cells` cells, whose range is that of the points with three bandwidths
/// around, or up to where the coordinate ends; all of it where it goes around. A bandwidth below the width of a cell is
/// raised to it, as [`SmoothDensity::bandwidth`] tells. Points are shared among the four nearest centers first, so that
/// the cost does not grow with their number.
///
/// # Errors
/// No finite point, no cells, or a bandwidth that is not positive.
pub fn smooth_density(
    points: &[[f64; 2]],
    bandwidth: [f64; 2],
    cells: usize,
    ends: [Ends; 2],
) -> Result<SmoothDensity, AnalysisError> {
    let finite = || points.iter().filter(|point| point.iter().all(|value| value.is_finite()));
    let axis = |axis: usize| -> Result<(Binning, f64), AnalysisError> {
        let [low, high] = range(finite().map(|point| point[axis]), bandwidth[axis], ends[axis])?;
        let binning = Binning::new(low, high, cells)?;
        Ok((binning, bandwidth[axis].max(binning.width())))
    };
    let ((x, width_x), (y, width_y)) = (axis(0)?, axis(1)?);
    let [ends_x, ends_y] = ends;
    let mut values = vec![0.0; x.bins * y.bins];
    let mut counted = 0usize;
    for point in finite() {
        counted += 1;
        for (ix, share_x) in shares(point[0], &x, ends_x) {
            for (iy, share_y) in shares(point[1], &y, ends_y) {
                values[iy * x.bins + ix] += share_x * share_y;
            }
        }
    }
    let kernel_x = kernel(width_x, x.width());
    let kernel_y = kernel(width_y, y.width());
    let mut rows = vec![0.0; values.len()];
    for iy in 0..y.bins {
        let row = iy * x.bins..(iy + 1) * x.bins;
        convolve(&values[row.clone()], &kernel_x, (&x, ends_x), &mut rows[row]);
    }
    let (mut column, mut smooth) = (vec![0.0; y.bins], vec![0.0; y.bins]);
    for ix in 0..x.bins {
        for iy in 0..y.bins {
            column[iy] = rows[iy * x.bins + ix];
        }
        smooth.fill(0.0);
        convolve(&column, &kernel_y, (&y, ends_y), &mut smooth);
        for iy in 0..y.bins {
            values[iy * x.bins + ix] = smooth[iy] / counted as f64;
        }
    }
    Ok(SmoothDensity { x, y, bandwidth: [width_x, width_y], points: counted, values })
}

/// Range of a grid that holds `values`.
fn range(values: impl Iterator<Item = f64>, bandwidth: f64, ends: Ends) -> Result<[f64; 2], AnalysisError> {
    const MARGIN: f64 = 3.0;
    let [least, most] = values.fold([f64::INFINITY, f64::NEG_INFINITY], |[a, b], v| [a.min(v), b.max(v)]);
    if least > most {
        return Err(AnalysisError::EmptyDistribution);
    }
    let [from, to] = [least - MARGIN * bandwidth, most + MARGIN * bandwidth];
    Ok(match ends {
        Ends::Around { low, high } => [low, high],
        // Of values beyond a wall, which rounding makes, none is left out.
        Ends::Walls { low, high } => [from.max(low.min(least)), to.min(high.max(most))],
    })
}

/// The two centers nearest a value, each with its share.
fn shares(value: f64, axis: &Binning, ends: Ends) -> [(usize, f64); 2] {
    let position = (value - axis.min) / axis.width() - 0.5;
    let before = position.floor();
    let share = position - before;
    // A center beyond a grid that goes on is the last one of it.
    let nearest = (position.round().max(0.0) as usize).min(axis.bins - 1);
    let cell = |index: f64| ends.cell(index as i64, axis).unwrap_or(nearest);
    [(cell(before), 1.0 - share), (cell(before + 1.0), share)]
}

/// A Gaussian at whole numbers of cells from its center, per unit of the coordinate.
fn kernel(bandwidth: f64, cell: f64) -> Vec<f64> {
    let reach = (REACH * bandwidth / cell).ceil() as usize;
    let norm = 1.0 / (bandwidth * std::f64::consts::TAU.sqrt());
    (0..=reach).map(|k| norm * (-0.5 * (k as f64 * cell / bandwidth).powi(2)).exp()).collect()
}

fn convolve(values: &[f64], kernel: &[f64], (axis, ends): (&Binning, Ends), out: &mut [f64]) {
    let reach = kernel.len() as i64 - 1;
    for (center, &value) in values.iter().enumerate().filter(|(_, value)| **value > 0.0) {
        let center = center as i64;
        for index in center - reach..=center + reach {
            if let Some(cell) = ends.cell(index, axis) {
                out[cell] += value * kernel[index.abs_diff(center) as usize];
            }
        }
    }
}
