//! What the observer thread has found out about a run, as the panes read it.

use std::sync::Arc;

use crate::figures::{FreeEnergyFigure, Grid2, RamachandranFigure, ResiduePoint, RmsdSeries};

/// Numbers over all frames of one replica that have been looked at.
#[derive(Clone, Debug, Default)]
pub struct Observations {
    /// Grows with every change; panes keep textures by it.
    pub revision: u64,
    /// Cα RMSD from the start structure, Å, per frame.
    pub rmsd_angstrom: Vec<f64>,
    /// Fraction of the samples in each bin of φ and ψ, degrees.
    pub dihedral_density: Option<Grid2>,
    /// The map of slow coordinates, or why there is none yet.
    pub landscape: Landscape,
    /// Violations per frame: bonds, clashes and inverted centres together.
    pub violations: Vec<u32>,
}

/// The free-energy map.
#[derive(Clone, Debug, Default)]
pub enum Landscape {
    /// Not enough frames for a fit, and no reference for this protein.
    #[default]
    Waiting,
    /// Waiting, with the reason in words.
    NotYet(String),
    /// There is one.
    Map(Arc<LandscapeMap>),
}

/// A free-energy map on the two slowest coordinates.
#[derive(Clone, Debug, PartialEq)]
pub struct LandscapeMap {
    /// `−ln p`, kT, deepest bin 0; NaN where no frame fell.
    pub free_energy_kt: Grid2,
    /// Coordinates of every frame of the run looked at so far.
    pub projections: Vec<[f64; 2]>,
    /// What the coordinates were fitted to, in words.
    pub basis: String,
}

impl LandscapeMap {
    /// The frame whose coordinates are nearest to a point, distances measured in widths of the map.
    pub fn nearest_frame(&self, x: f64, y: f64) -> Option<usize> {
        let width = |range: [f64; 2]| (range[1] - range[0]).max(1e-12);
        let (wx, wy) = (width(self.free_energy_kt.x_range), width(self.free_energy_kt.y_range));
        let distance = |p: &[f64; 2]| ((p[0] - x) / wx).powi(2) + ((p[1] - y) / wy).powi(2);
        let candidates = self.projections.iter().enumerate();
        candidates.min_by(|a, b| distance(a.1).total_cmp(&distance(b.1))).map(|(frame, _)| frame)
    }
}

/// One kind of violation in one frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Name for the user: `Bond lengths`.
    pub name: &'static str,
    /// What counts as one.
    pub meaning: &'static str,
    /// How many there are.
    pub count: usize,
    /// Of how many that were looked at.
    pub of: usize,
    /// Which, in words, the worst first; a few.
    pub examples: Vec<String>,
}

/// What is known of the one frame on screen.
#[derive(Clone, Debug, Default)]
pub struct FrameDetails {
    /// Which frame.
    pub frame: usize,
    /// Of which replica.
    pub replica: usize,
    /// Backbone dihedrals of the residues that have both.
    pub dihedrals: Vec<ResiduePoint>,
    /// DSSP letters, one per residue.
    pub secondary_structure: Vec<char>,
    /// Physical validity, kind by kind.
    pub violations: Vec<Violation>,
}

impl Observations {
    /// The RMSD plot for a file.
    pub fn rmsd_figure(&self, interval_ns: f64) -> RmsdSeries {
        let time_ns = (0..self.rmsd_angstrom.len()).map(|frame| frame as f64 * interval_ns).collect();
        RmsdSeries { time_ns, rmsd_angstrom: self.rmsd_angstrom.clone() }
    }

    /// The Ramachandran plot for a file, if a frame has been looked at.
    pub fn ramachandran_figure(&self, details: &FrameDetails) -> RamachandranFigure {
        let density = self.dihedral_density.clone().unwrap_or_else(empty_dihedral_grid);
        RamachandranFigure { points: details.dihedrals.clone(), frame: details.frame, density }
    }

    /// The free-energy map for a file, if there is one.
    pub fn free_energy_figure(&self) -> Option<FreeEnergyFigure> {
        let Landscape::Map(map) = &self.landscape else { return None };
        Some(FreeEnergyFigure {
            free_energy_kt: map.free_energy_kt.clone(),
            projections: map.projections.clone(),
            basis: map.basis.clone(),
        })
    }
}

/// Bins of the Ramachandran density along each axis: 5° each.
pub const DIHEDRAL_BINS: usize = 72;

/// A grid over ±180° with nothing in it.
pub fn empty_dihedral_grid() -> Grid2 {
    Grid2 {
        x_range: [-180.0, 180.0],
        y_range: [-180.0, 180.0],
        nx: DIHEDRAL_BINS,
        ny: DIHEDRAL_BINS,
        values: vec![f64::NAN; DIHEDRAL_BINS * DIHEDRAL_BINS],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_frame_is_nearest_in_the_plot() {
        let grid = Grid2 { x_range: [0.0, 100.0], y_range: [0.0, 1.0], nx: 2, ny: 2, values: vec![0.0; 4] };
        let map = LandscapeMap {
            free_energy_kt: grid,
            projections: vec![[50.0, 0.0], [60.0, 1.0]],
            basis: String::new(),
        };
        // 10 units of x are a tenth of the plot, 0.6 units of y more than half of it.
        assert_eq!(map.nearest_frame(60.0, 0.4), Some(0));
        assert_eq!(map.nearest_frame(50.0, 0.9), Some(1));
    }
}
