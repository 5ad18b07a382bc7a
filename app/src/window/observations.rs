//! What the observer thread has found out about a run, as the panes read it.

use std::sync::Arc;

use equijump_engine::analysis::{MeasuredPoint, Measurement, ProjectedPoint, SeriesPoint, ValiditySummary};

use super::validity_strip::ValidityStrip;
use crate::figures::{
    Curve, CurveFigure, CurveRole, FreeEnergyFigure, Grid2, MapPairFigure, RamachandranFigure, ResiduePoint,
    RmsdSeries,
};

/// Numbers over all frames that have been looked at.
#[derive(Clone, Debug, Default)]
pub struct Observations {
    /// Grows with every change; panes keep textures by it.
    pub revision: u64,
    /// Frames looked at, of each replica.
    pub frames: u64,
    /// Series of the replica shown; in very long runs thinned to evenly spaced frames.
    pub series: Vec<SeriesPoint>,
    /// Fraction of the samples in each bin of φ and ψ, degrees, all replicas together.
    pub dihedral_density: Option<Grid2>,
    /// What is known of the protein from molecular dynamics.
    pub reference: Option<Arc<Reference>>,
    /// RMSF of each Cα over all frames and replicas, Å; `None` before the second frame.
    pub rmsf_angstrom: Option<Vec<f64>>,
    /// How often residues touch; `None` before the second frame, and for long chains.
    pub contacts: Option<Arc<Contacts>>,
    /// The user's measurements, over the replica shown.
    pub measured: Vec<MeasuredSeries>,
    /// The map of slow coordinates, or why there is none yet.
    pub landscape: Landscape,
    /// The chemistry of all frames and replicas.
    pub validity: Option<ValiditySummary>,
    /// The frame of the replica shown with the most violations, and their number.
    pub worst_frame: Option<(usize, usize)>,
    /// Validity of the replica shown, over time.
    pub strip: ValidityStrip,
    /// Frame and RMSD (Å) of every replica, in long runs of evenly spaced frames; empty for a single one.
    pub replicas: Vec<Vec<(u32, f32)>>,
}

/// How often each pair of residues touches.
#[derive(Clone, Debug, PartialEq)]
pub struct Contacts {
    /// Residues from 1 along both axes: above the diagonal the part of the frames of the run, below it that of the
    /// start structure, which is 0 or 1.
    pub grid: Grid2,
}

/// A measurement over the frames of one replica.
#[derive(Clone, Debug, PartialEq)]
pub struct MeasuredSeries {
    /// What was measured.
    pub measurement: Measurement,
    /// Its values; in long runs of evenly spaced frames.
    pub points: Vec<MeasuredPoint>,
    /// Mean and standard deviation over all frames, Å or degrees; `None` before the second frame.
    pub mean_and_deviation: Option<(f64, f64)>,
}

/// Distributions of a long molecular dynamics simulation, as regions that hold 50, 90 and 99 % of it: a bin
/// is 3, 2, 1 or NaN (outside all three).
#[derive(Clone, Debug, PartialEq)]
pub struct Reference {
    /// What was simulated, in words.
    pub description: String,
    /// φ and ψ, degrees.
    pub dihedral_regions: Grid2,
    /// The two slowest coordinates.
    pub landscape_regions: Grid2,
}

/// The free-energy map.
#[derive(Clone, Debug, Default)]
pub enum Landscape {
    /// No run.
    #[default]
    Waiting,
    /// A run without a map, with the reason in words.
    NotYet(String),
    /// There is one.
    Map(Arc<LandscapeMap>),
}

/// A free-energy map on the two slowest coordinates.
#[derive(Clone, Debug, PartialEq)]
pub struct LandscapeMap {
    /// `−ln p`, kT, deepest bin 0; NaN where no frame fell.
    pub free_energy_kt: Grid2,
    /// Coordinates of the frames of all replicas; in very long runs thinned evenly.
    pub projections: Vec<ProjectedPoint>,
    /// What the coordinates were fitted to, in words.
    pub basis: String,
    /// Whether the coordinates are those of the reference, which all runs of the protein share.
    pub shared_coordinates: bool,
}

impl LandscapeMap {
    /// Frames of each of so many replicas inside a rectangle, as [`Self::frames_within`] has them, in one look at
    /// the points.
    pub fn frames_within_of_all(&self, selection: &MapSelection, replicas: usize) -> Vec<Vec<u64>> {
        let mut frames = vec![Vec::new(); replicas];
        for point in self.projections.iter().filter(|point| selection.holds(point)) {
            if let Some(own) = frames.get_mut(point.replica as usize) {
                own.push(u64::from(point.frame));
            }
        }
        frames.iter_mut().for_each(|own| own.sort_unstable());
        frames
    }

    /// Frames of a replica inside a rectangle, ascending; in very long runs of those that are kept.
    pub fn frames_within(&self, selection: &MapSelection, replica: usize) -> Vec<usize> {
        let own = self.projections.iter().filter(|point| point.replica as usize == replica);
        let mut frames: Vec<usize> =
            own.filter(|point| selection.holds(point)).map(|point| point.frame as usize).collect();
        frames.sort_unstable();
        frames
    }

    /// The frame whose coordinates are nearest to a point, distances measured in widths of the map: its
    /// number and replica. Frames of `replica` are preferred when they lie in the same bin.
    pub fn nearest_frame(&self, x: f64, y: f64, replica: usize) -> Option<(usize, usize)> {
        let grid = &self.free_energy_kt;
        let width = |range: [f64; 2]| (range[1] - range[0]).max(1e-12);
        let (wx, wy) = (width(grid.x_range), width(grid.y_range));
        let bin = (0.5 / grid.nx as f64).hypot(0.5 / grid.ny as f64);
        let distance = |point: &ProjectedPoint| {
            let [px, py] = point.tica.map(f64::from);
            let plain = ((px - x) / wx).hypot((py - y) / wy);
            if point.replica as usize == replica { plain } else { plain + bin }
        };
        self.projections
            .iter()
            .min_by(|a, b| distance(a).total_cmp(&distance(b)))
            .map(|point| (point.frame as usize, point.replica as usize))
    }
}

/// A rectangle of the free-energy map: the frames in it are played, the others passed over.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MapSelection {
    /// Lower and upper end along the first coordinate.
    pub x: [f64; 2],
    /// Lower and upper end along the second.
    pub y: [f64; 2],
}

impl MapSelection {
    /// The rectangle with two opposite corners.
    pub fn between(a: [f64; 2], b: [f64; 2]) -> Self {
        let ordered = |a: f64, b: f64| [a.min(b), a.max(b)];
        Self { x: ordered(a[0], b[0]), y: ordered(a[1], b[1]) }
    }

    fn holds(&self, point: &ProjectedPoint) -> bool {
        let [x, y] = point.tica.map(f64::from);
        (self.x[0]..=self.x[1]).contains(&x) && (self.y[0]..=self.y[1]).contains(&y)
    }
}

/// One kind of violation in one frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Name for the user: `Bond lengths`.
    pub name: &'static str,
    /// What counts as one.
    pub meaning: String,
    /// How many there are.
    pub count: usize,
    /// Of how many that were looked at, where that is a number that says something.
    pub of: Option<usize>,
    /// Which, in words; a few.
    pub examples: Vec<String>,
}

/// What is known of the one frame on screen.
#[derive(Clone, Debug, Default)]
pub struct FrameDetails {
    /// Which frame.
    pub frame: usize,
    /// Of which replica.
    pub replica: usize,
    /// Cα RMSD from the start structure, Å.
    pub rmsd_angstrom: f64,
    /// Distance of each Cα from the start structure, Å.
    pub deviations_angstrom: Vec<f64>,
    /// The two slowest coordinates, once there is a basis.
    pub tica: Option<[f64; 2]>,
    /// Backbone dihedrals of the residues that have both.
    pub dihedrals: Vec<ResiduePoint>,
    /// DSSP letters, one per residue.
    pub secondary_structure: Vec<char>,
    /// Physical validity, kind by kind.
    pub violations: Vec<Violation>,
    /// Atoms that have a part in a violation, ascending.
    pub violating_atoms: Vec<usize>,
}

impl Observations {
    /// The RMSD plot for a file.
    pub fn rmsd_figure(&self, interval_ns: f64) -> RmsdSeries {
        RmsdSeries {
            frames: self.series.iter().map(|point| u64::from(point.frame)).collect(),
            time_ns: self.series.iter().map(|point| f64::from(point.frame) * interval_ns).collect(),
            rmsd_angstrom: self.series.iter().map(|point| f64::from(point.rmsd_angstrom)).collect(),
        }
    }

    /// The Ramachandran plot for a file.
    pub fn ramachandran_figure(&self, details: &FrameDetails) -> RamachandranFigure {
        RamachandranFigure {
            points: details.dihedrals.clone(),
            frame: details.frame,
            density: self.dihedral_density.clone().unwrap_or_else(empty_dihedral_grid),
            reference_regions: self.reference.as_ref().map(|reference| reference.dihedral_regions.clone()),
        }
    }

    /// The fluctuation of each residue for a file; `numbers` are those of the residues.
    pub fn fluctuation_figure(&self, numbers: impl Iterator<Item = i32>) -> Option<CurveFigure> {
        let rmsf = self.rmsf_angstrom.as_ref()?;
        Some(CurveFigure {
            stem: "fluctuation".to_owned(),
            x_label: "Residue".to_owned(),
            y_label: "RMSF (Å)".to_owned(),
            logarithmic: false,
            curves: vec![Curve {
                label: String::new(),
                role: CurveRole::Samples,
                x: numbers.map(f64::from).collect(),
                y: rmsf.clone(),
                band: Vec::new(),
            }],
            points: true,
            bars: false,
        })
    }

    /// Contacts over the run and at the start for a file.
    pub fn contacts_figure(&self) -> Option<MapPairFigure> {
        let grid = &self.contacts.as_ref()?.grid;
        let mirrored = |above: bool| {
            let n = grid.nx;
            let value = |x: usize, y: usize| {
                let (low, high) = (x.min(y), x.max(y));
                if above { grid.values[high * n + low] } else { grid.values[low * n + high] }
            };
            Grid2 { values: (0..n * n).map(|bin| value(bin % n, bin / n)).collect(), ..grid.clone() }
        };
        Some(MapPairFigure {
            stem: "contacts".to_owned(),
            titles: ["Run".to_owned(), "Start structure".to_owned()],
            maps: [mirrored(true), mirrored(false)],
            x_label: "Residue".to_owned(),
            y_label: "Residue".to_owned(),
            value_label: "Part of the frames with a contact".to_owned(),
            mark: None,
        })
    }

    /// The plot of a measurement for a file.
    pub fn measurement_figure(
        series: &MeasuredSeries,
        stem: String,
        label: String,
        interval_ns: f64,
    ) -> CurveFigure {
        let measurement = series.measurement;
        let dihedral = matches!(measurement, Measurement::Dihedral(_));
        let (mut x, mut y) = (Vec::new(), Vec::new());
        let mut last = f64::NAN;
        for point in &series.points {
            let (time_ns, value) = (f64::from(point.frame) * interval_ns, f64::from(point.value));
            // A dihedral that leaves the scale at one end and returns at the other has not gone through it: the
            // line is broken there. Files of numbers leave such points out.
            if dihedral && (value - last).abs() > 180.0 {
                x.push(time_ns);
                y.push(f64::NAN);
            }
            x.push(time_ns);
            y.push(value);
            last = value;
        }
        CurveFigure {
            stem,
            x_label: "Time (ns)".to_owned(),
            y_label: format!("{} ({})", measurement.name(), measurement.unit()),
            logarithmic: false,
            curves: vec![Curve { label, role: CurveRole::Samples, x, y, band: Vec::new() }],
            points: false,
            bars: false,
        }
    }

    /// The free-energy map for a file, if there is one.
    pub fn free_energy_figure(&self) -> Option<FreeEnergyFigure> {
        let Landscape::Map(map) = &self.landscape else { return None };
        Some(FreeEnergyFigure {
            free_energy_kt: map.free_energy_kt.clone(),
            projections: map
                .projections
                .iter()
                .map(|p| (p.replica, p.frame, p.tica.map(f64::from)))
                .collect(),
            basis: map.basis.clone(),
            reference_regions: self.reference.as_ref().map(|reference| reference.landscape_regions.clone()),
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
        let grid =
            Grid2 { x_range: [0.0, 100.0], y_range: [0.0, 1.0], nx: 10, ny: 10, values: vec![0.0; 100] };
        let point = |replica, frame, tica| ProjectedPoint { replica, frame, tica };
        let map = LandscapeMap {
            free_energy_kt: grid,
            projections: vec![point(0, 5, [50.0, 0.0]), point(0, 6, [60.0, 1.0]), point(1, 7, [59.0, 1.0])],
            basis: String::new(),
            shared_coordinates: false,
        };
        // 10 units of x are a tenth of the plot, 0.6 units of y more than half of it.
        assert_eq!(map.nearest_frame(60.0, 0.4, 0), Some((5, 0)));
        assert_eq!(map.nearest_frame(50.0, 0.9, 0), Some((6, 0)));
        assert_eq!(map.nearest_frame(59.0, 1.0, 0), Some((6, 0)), "the replica shown goes first");
        assert_eq!(map.nearest_frame(59.0, 1.0, 1), Some((7, 1)));
        let selection = MapSelection::between([61.0, 1.5], [45.0, -0.5]);
        assert_eq!(map.frames_within(&selection, 0), [5, 6]);
        assert_eq!(map.frames_within(&selection, 1), [7]);
        assert!(map.frames_within(&MapSelection::between([0.0, 0.0], [10.0, 1.0]), 0).is_empty());
    }
}
