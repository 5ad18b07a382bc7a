//! What the observer thread has found out about a run, as the panes read it.

use std::sync::Arc;

use crate::analysis::{Measurement, MeasurementPoint, SeriesPoint, StructureColumn, ValiditySummary};
use crate::trust::TrustReport;

pub use super::landscape::{Landscape, LandscapeMap, MapPoint, MapSelection};
use super::validity_strip::ValidityStrip;
use super::{Grid2, ResiduePoint};

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
    pub measured: Vec<MeasurementCurve>,
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
    /// Longer chains have no contacts: a number for each pair of residues would be much.
    pub const MOST_RESIDUES: usize = 400;

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
pub struct MeasurementCurve {
    /// What was measured.
    pub measurement: Measurement,
    /// Its values; in long runs of evenly spaced frames.
    pub points: Vec<MeasurementPoint>,
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
