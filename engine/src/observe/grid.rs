//! Values on a grid, and residues on a plane.

/// A regular grid of values; NaN where there is nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct Grid2 {
    /// Lower and upper edge of the grid along x.
    pub x_range: [f64; 2],
    /// Lower and upper edge of the grid along y.
    pub y_range: [f64; 2],
    /// Bins along x.
    pub nx: usize,
    /// Bins along y.
    pub ny: usize,
    /// `[ny][nx]`, y ascending.
    pub values: Vec<f64>,
}

impl Grid2 {
    /// Index into `values` of the bin that holds a point, if any does.
    pub fn bin_of(&self, x: f64, y: f64) -> Option<usize> {
        let along = |value: f64, range: [f64; 2], bins: usize| {
            let position = (value - range[0]) / (range[1] - range[0]);
            // The upper edge belongs to the last bin, as in NumPy's histograms.
            (0.0..=1.0).contains(&position).then(|| ((position * bins as f64) as usize).min(bins - 1))
        };
        Some(along(y, self.y_range, self.ny)? * self.nx + along(x, self.x_range, self.nx)?)
    }

    /// Center of bin `index`.
    pub fn center(&self, index: usize) -> [f64; 2] {
        let (ix, iy) = (index % self.nx, index / self.nx);
        let at = |range: [f64; 2], bins: usize, bin: usize| {
            range[0] + (range[1] - range[0]) * (bin as f64 + 0.5) / bins as f64
        };
        [at(self.x_range, self.nx, ix), at(self.y_range, self.ny, iy)]
    }

    /// Largest finite value.
    pub fn max(&self) -> Option<f64> {
        self.values.iter().copied().filter(|v| v.is_finite()).reduce(f64::max)
    }
}

/// Backbone dihedrals of one residue.
#[derive(Clone, Debug, PartialEq)]
pub struct ResiduePoint {
    /// Index in the chain, from 0.
    pub index: usize,
    /// `TYR 2`.
    pub residue: String,
    /// `General`, `Glycine`, `Proline`, `Pre-proline`.
    pub class: &'static str,
    /// φ, degrees.
    pub phi_degrees: f64,
    /// ψ, degrees.
    pub psi_degrees: f64,
}
