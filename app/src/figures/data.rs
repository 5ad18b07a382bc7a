//! What the plots show.

use equijump_engine::analysis::Basin;
pub use equijump_engine::observe::{Grid2, ResiduePoint};

/// Cα RMSD from the start structure against time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RmsdSeries {
    /// Frame numbers.
    pub frames: Vec<u64>,
    /// Time, ns.
    pub time_ns: Vec<f64>,
    /// RMSD after superposition on the Cα atoms, Å.
    pub rmsd_angstrom: Vec<f64>,
    /// Which replica that is.
    pub replica: usize,
    /// The other replicas: number, and frame, time (ns) and RMSD (Å) of each point.
    pub others: Vec<(usize, Vec<(u64, f64, f64)>)>,
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

/// A basin of a free-energy map.
#[derive(Clone, Debug, PartialEq)]
pub struct BasinMark {
    /// Its letter.
    pub letter: char,
    /// Its deepest point.
    pub minimum: [f64; 2],
    /// Free energy there, kT.
    pub free_energy_kt: f64,
    /// Share of the frames in it.
    pub population: f64,
    /// Standard error of that share.
    pub population_error: f64,
    /// How often it was entered, or begun in.
    pub visits: usize,
}

impl BasinMark {
    /// The mark of a basin with its letter.
    pub fn new(letter: char, basin: &Basin) -> Self {
        Self {
            letter,
            minimum: basin.minimum,
            free_energy_kt: basin.free_energy_kt,
            population: basin.population,
            population_error: basin.population_error,
            visits: basin.visits,
        }
    }
}

/// A free-energy map on two coordinates.
#[derive(Clone, Debug, PartialEq)]
pub struct FreeEnergyFigure {
    /// Titles of the axes, with their units.
    pub axes: [String; 2],
    /// Lines of equal free energy: kT, and the points of the line.
    pub contours: Vec<(f64, Vec<[f64; 2]>)>,
    /// Basins, the most populated first.
    pub basins: Vec<BasinMark>,
    /// `−ln p`, kT, zero at the deepest bin; NaN where no frame fell.
    pub free_energy_kt: Grid2,
    /// Replica, frame number and coordinates of the frames.
    pub projections: Vec<(u32, u32, [f64; 2])>,
    /// What the coordinates were fitted to, in words.
    pub basis: String,
    /// Regions of molecular dynamics: 3, 2, 1 for its inner 50, 90, 99 %, NaN outside.
    pub reference_regions: Option<Grid2>,
}

/// Which ensemble a curve belongs to; decides its color.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CurveRole {
    /// Molecular dynamics.
    Reference,
    /// What is compared with it.
    Samples,
    /// One of several settings, by number.
    Other(usize),
}

/// One curve with its uncertainty.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    /// For the legend; empty for a curve that belongs to the one before.
    pub label: String,
    /// Color.
    pub role: CurveRole,
    /// Along x.
    pub x: Vec<f64>,
    /// Along y; NaN interrupts the curve.
    pub y: Vec<f64>,
    /// Lower and upper end of the confidence interval at each point, or empty.
    pub band: Vec<[f64; 2]>,
}

/// Curves on common axes.
#[derive(Clone, Debug, PartialEq)]
pub struct CurveFigure {
    /// Name for files.
    pub stem: String,
    /// Label of the x axis, with its unit.
    pub x_label: String,
    /// Label of the y axis, with its unit.
    pub y_label: String,
    /// Whether both axes are logarithmic.
    pub logarithmic: bool,
    /// The curves.
    pub curves: Vec<Curve>,
    /// Whether to show the points of the curves.
    pub points: bool,
    /// Whether the intervals of all curves but the reference are bars at the points: bands of many curves hide
    /// one another.
    pub bars: bool,
}

/// Two maps side by side with one scale of colors.
#[derive(Clone, Debug, PartialEq)]
pub struct MapPairFigure {
    /// Name for files.
    pub stem: String,
    /// Titles of the two maps.
    pub titles: [String; 2],
    /// The maps, on the same grid; NaN where there is nothing.
    pub maps: [Grid2; 2],
    /// Label of the x axis, with its unit.
    pub x_label: String,
    /// Label of the y axis, with its unit.
    pub y_label: String,
    /// Label of the colors, with its unit.
    pub value_label: String,
    /// A point marked in both, if there is one.
    pub mark: Option<[f64; 2]>,
}

/// Mean Cα distances of two ensembles, and their difference.
#[derive(Clone, Debug, PartialEq)]
pub struct DistanceFigure {
    /// Titles of the two ensembles.
    pub titles: [String; 2],
    /// Residues, `N`.
    pub residues: usize,
    /// Mean distance of every pair `i < j`, row by row, Å.
    pub mean_angstrom: [Vec<f64>; 2],
}

impl DistanceFigure {
    /// Position of the pair `i < j` in [`Self::mean_angstrom`].
    pub fn pair(&self, i: usize, j: usize) -> usize {
        i * (2 * self.residues - i - 1) / 2 + j - i - 1
    }
}

/// Superposed Cα traces of two ensembles.
#[derive(Clone, Debug, PartialEq)]
pub struct TraceFigure {
    /// Titles of the two ensembles.
    pub titles: [String; 2],
    /// The native structure in the plane of the picture, Å.
    pub native: Vec<[f64; 2]>,
    /// Traces in the plane of the picture, Å.
    pub traces: [Vec<Vec<[f64; 2]>>; 2],
}

/// Secondary structure of each residue against time.
#[derive(Clone, Debug, PartialEq)]
pub struct StructureFigure {
    /// Frame numbers.
    pub frames: Vec<u64>,
    /// Time of each frame, ns.
    pub time_ns: Vec<f64>,
    /// Numbers of the residues.
    pub residues: Vec<i32>,
    /// DSSP letters of each frame, one per residue; a blank for coil.
    pub states: Vec<Vec<char>>,
}
