//! What the observer thread has found out about a run, as the panes read it.

use std::sync::Arc;

use equijump_engine::analysis::{MeasuredPoint, Measurement, SeriesPoint, StructureColumn, ValiditySummary};
use equijump_engine::trust::TrustReport;

pub use super::landscape::{Landscape, LandscapeMap, MapPoint, MapSelection};
use super::validity_strip::ValidityStrip;
use crate::figures::{
    BasinMark, Curve, CurveFigure, CurveRole, DistanceFigure, FreeEnergyFigure, Grid2, MapPairFigure,
    RamachandranFigure, ResiduePoint, RmsdSeries, StructureFigure,
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
    /// Secondary structure of the replica shown; in long runs of evenly spaced frames.
    pub structure: Option<Arc<Vec<StructureColumn>>>,
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

/// How often each pair of residues touches, and how far apart they are: a value for each pair, row by row, of the run
/// and of the start structure.
#[derive(Clone, Debug, PartialEq)]
pub struct Contacts {
    /// Residues of the chain.
    pub residues: usize,
    /// Part of the frames of the run with a contact.
    pub share: Vec<f64>,
    /// Contacts at the start, 0 or 1.
    pub start_share: Vec<f64>,
    /// Mean Cα distance over the run, Å.
    pub mean_angstrom: Vec<f64>,
    /// Cα distance at the start, Å.
    pub start_angstrom: Vec<f64>,
}

impl Contacts {
    /// Values for each pair as a map, residues from 1 along both axes.
    pub fn grid(&self, values: Vec<f64>) -> Grid2 {
        let (n, edge) = (self.residues, [0.5, self.residues as f64 + 0.5]);
        Grid2 { x_range: edge, y_range: edge, nx: n, ny: n, values }
    }

    /// One set of values above the diagonal, another below it.
    pub fn halves(&self, above: &[f64], below: &[f64]) -> Grid2 {
        let n = self.residues;
        let value = |bin: usize| if bin / n >= bin % n { above[bin] } else { below[bin] };
        self.grid((0..n * n).map(value).collect())
    }
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
    /// Where it lies on the free-energy map, once there are coordinates.
    pub on_map: Option<[f64; 2]>,
    /// Backbone dihedrals of the residues that have both.
    pub dihedrals: Vec<ResiduePoint>,
    /// DSSP letters, one per residue.
    pub secondary_structure: Vec<char>,
    /// Physical validity, kind by kind.
    pub violations: Vec<Violation>,
    /// Atoms that have a part in a violation, ascending.
    pub violating_atoms: Vec<usize>,
    /// How familiar the frame is to the model in use; `None` where that has no trust data.
    pub trust: Option<TrustReport>,
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
        let contacts = self.contacts.as_ref()?;
        Some(MapPairFigure {
            stem: "contacts".to_owned(),
            titles: ["Run".to_owned(), "Start structure".to_owned()],
            maps: [contacts.grid(contacts.share.clone()), contacts.grid(contacts.start_share.clone())],
            x_label: "Residue".to_owned(),
            y_label: "Residue".to_owned(),
            value_label: "Part of the frames with a contact".to_owned(),
            mark: None,
        })
    }

    /// Mean Cα distances over the run and those at the start, for a file.
    pub fn distances_figure(&self) -> Option<DistanceFigure> {
        let contacts = self.contacts.as_ref()?;
        let n = contacts.residues;
        let pairs = |values: &[f64]| -> Vec<f64> {
            (0..n).flat_map(|i| (i + 1..n).map(move |j| i * n + j)).map(|bin| values[bin]).collect()
        };
        Some(DistanceFigure {
            titles: ["Start structure".to_owned(), "Run".to_owned()],
            residues: n,
            mean_angstrom: [pairs(&contacts.start_angstrom), pairs(&contacts.mean_angstrom)],
        })
    }

    /// Secondary structure of the replica shown against time, for a file; `numbers` are those of the residues.
    pub fn structure_figure(&self, interval_ns: f64, numbers: Vec<i32>) -> Option<StructureFigure> {
        let columns = self.structure.as_ref().filter(|columns| columns.len() > 1)?;
        Some(StructureFigure {
            frames: columns.iter().map(|column| column.frame).collect(),
            time_ns: columns.iter().map(|column| column.frame as f64 * interval_ns).collect(),
            residues: numbers,
            states: columns.iter().map(|c| c.states.iter().map(|state| state.code()).collect()).collect(),
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
            projections: map.projections.iter().map(|p| (p.replica, p.frame, p.at.map(f64::from))).collect(),
            axes: map.settings.axes.map(|axis| axis.label()),
            basis: map.caption(),
            contours: map.contours.iter().map(|line| (line.level_kt, line.points.clone())).collect(),
            basins: map.basins.list.iter().map(BasinMark::from).collect(),
            reference_regions: self
                .reference
                .as_ref()
                .filter(|_| map.has_reference_regions())
                .map(|reference| reference.landscape_regions.clone()),
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
