//! What the plots show.

/// Cα RMSD from the start structure against time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RmsdSeries {
    /// Frame numbers.
    pub frames: Vec<u64>,
    /// Time, ns.
    pub time_ns: Vec<f64>,
    /// RMSD after superposition on the Cα atoms, Å.
    pub rmsd_angstrom: Vec<f64>,
}

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

    /// Centre of bin `index`.
    pub fn centre(&self, index: usize) -> [f64; 2] {
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

/// A Ramachandran plot: points of one frame over the density of the run.
#[derive(Clone, Debug, PartialEq)]
pub struct RamachandranFigure {
    /// Residues of the frame that have both angles.
    pub points: Vec<ResiduePoint>,
    /// Which frame.
    pub frame: usize,
    /// Fraction of all samples of the run in each bin over ±180°; NaN where there is none.
    pub density: Grid2,
    /// Regions of molecular dynamics: 3, 2, 1 for its inner 50, 90, 99 %, NaN outside.
    pub reference_regions: Option<Grid2>,
}

/// A free-energy map on the two slowest TICA coordinates.
#[derive(Clone, Debug, PartialEq)]
pub struct FreeEnergyFigure {
    /// `−ln p`, kT, zero at the deepest bin; NaN where no frame fell.
    pub free_energy_kt: Grid2,
    /// Replica, frame number and coordinates of the frames.
    pub projections: Vec<(u32, u32, [f64; 2])>,
    /// What the coordinates were fitted to, in words.
    pub basis: String,
    /// Regions of molecular dynamics: 3, 2, 1 for its inner 50, 90, 99 %, NaN outside.
    pub reference_regions: Option<Grid2>,
}
