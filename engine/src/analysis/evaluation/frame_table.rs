//! Measuring the frames of an ensemble, one at a time. Only numbers are kept: about 100 bytes a frame plus
//! 4 bytes a residue.

use std::sync::Arc;

use super::fluctuation::{StretchFluctuation, StretchMeter};
use super::settings::{EvaluationStage, ProgressCallback, report};
use super::{EvaluationError, FrameSource, Protein};
use crate::analysis::dihedrals::DihedralTable;
use crate::analysis::error::check_positions;
use crate::analysis::histogram::Binning;
use crate::analysis::observables::{
    NativeContacts, ca_distances_angstrom, gdt_ts, radius_of_gyration_angstrom,
};
use crate::analysis::superposition::{Superposition, ca_positions};
use crate::analysis::tica::TicaBasis;
use crate::analysis::validity::{ValidityChecker, ValiditySummary};
use crate::analysis::vectors::{angle_rad, distance_angstrom, vec3};
use crate::chemistry::{ClashFinder, ContactLimit};
use crate::structure::Topology;

/// Frames of an ensemble whose bonds, angles and overlaps are measured (Figure 10 of the paper: 3000).
const CHEMISTRY_FRAMES: usize = 3000;
/// Frames of an ensemble kept as Cα traces for the picture of the superposed ensemble.
const TRACES: usize = 250;

/// Bin numbers of several values per frame.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Codes {
    pub per_frame: usize,
    pub codes: Vec<u16>,
}

/// What was measured on the frames of one ensemble.
#[derive(Clone, Debug, PartialEq)]
pub struct FrameTable {
    /// Time between frames, ps.
    pub interval_ps: f64,
    /// First frame of each unbroken trajectory.
    pub trajectory_starts: Vec<usize>,
    /// Cα RMSD from the native structure, Å, `[T]`.
    pub rmsd_angstrom: Vec<f64>,
    /// Global distance test, `[T]`.
    pub gdt: Vec<f64>,
    /// Radius of gyration, Å, `[T]`.
    pub radius_of_gyration_angstrom: Vec<f64>,
    /// Fraction of native contacts, `[T]`; NaN when the native structure has none.
    pub native_contacts: Vec<f64>,
    /// TICA components, `[T · D]`, frame by frame.
    pub tics: Vec<f64>,
    /// Components per frame, `D`.
    pub components: usize,
    /// Frames whose chemistry was measured, evenly spread.
    pub chemistry_frames: Vec<usize>,
    /// Intersections of van der Waals spheres in each of those.
    pub clashes: Vec<f64>,
    /// Bonds, angles, chirality and clashes of those against reference geometry.
    pub validity: ValiditySummary,
    /// Mean Cα distance of every pair `i < j`, row by row, Å; all frames count alike.
    pub mean_ca_distances_angstrom: Vec<f64>,
    /// Cα traces of some frames, evenly spread, superposed on the native structure, Å.
    pub traces_angstrom: Vec<Vec<[f32; 3]>>,
    /// How much residues move within stretches of trajectories.
    pub fluctuation: StretchFluctuation,
    pub(super) ramachandran: Codes,
    pub(super) janin: Codes,
    pub(super) bond_lengths: Codes,
    pub(super) bond_angles: Codes,
}

impl FrameTable {
    /// Number of frames, `T`.
    pub fn len(&self) -> usize {
        self.rmsd_angstrom.len()
    }

    /// Whether there are no frames.
    pub fn is_empty(&self) -> bool {
        self.rmsd_angstrom.is_empty()
    }

    /// Frame ranges of the unbroken trajectories.
    pub fn trajectories(&self) -> impl Iterator<Item = std::ops::Range<usize>> + '_ {
        let ends = self.trajectory_starts.iter().skip(1).copied().chain([self.len()]);
        self.trajectory_starts.iter().copied().zip(ends).map(|(start, end)| start..end)
    }

    /// Components of one frame, `[D]`.
    pub fn tics_of(&self, frame: usize) -> &[f64] {
        &self.tics[frame * self.components..(frame + 1) * self.components]
    }
}

/// Grid of the angle maps: 50 × 50 over ±180° (ARCHITECTURE.md §8).
pub(super) fn angle_binning() -> Binning {
    Binning { min: -180.0, max: 180.0, bins: Binning::BINS_2D }
}

/// Bins of bond lengths, Å: 0.01 Å each; from C=O stretched in to S–S.
pub(super) fn bond_length_binning() -> Binning {
    Binning { min: 1.0, max: 2.2, bins: 120 }
}

/// Bins of bond angles, degrees: 1° each.
pub(super) fn bond_angle_binning() -> Binning {
    Binning { min: 70.0, max: 170.0, bins: 100 }
}

/// Measures every frame of `source`, from its start.
pub(super) fn measure(
    protein: &Protein,
    basis: &TicaBasis,
    source: &mut dyn FrameSource,
    ensemble: &'static str,
    stage: EvaluationStage,
    progress: &mut ProgressCallback<'_>,
) -> Result<FrameTable, EvaluationError> {
    source.rewind();
    let total = source.frame_count();
    let mut builder = FrameTableBuilder::new(protein, basis, source.interval_ps(), total);
    let mut trajectory = None;
    let mut read = 0;
    report(progress, stage, 0, total)?;
    while let Some((number, positions)) = source.next_frame()? {
        check_positions(&builder.topology, positions, number, read).map_err(EvaluationError::of(ensemble))?;
        if trajectory != Some(number) {
            trajectory = Some(number);
            builder.table.trajectory_starts.push(builder.table.len());
            builder.stretches.begin();
        }
        builder.add(positions);
        read += 1;
        report(progress, stage, read, total.max(read))?;
    }
    Ok(builder.finish())
}

struct FrameTableBuilder<'a> {
    topology: Arc<Topology>,
    native: &'a [[f32; 3]],
    basis: &'a TicaBasis,
    contacts: NativeContacts,
    dihedrals: DihedralTable,
    checker: ValidityChecker,
    overlaps: ClashFinder,
    angles: Vec<[usize; 3]>,
    chemistry_stride: usize,
    trace_stride: usize,
    stretches: StretchMeter,
    table: FrameTable,
}

impl<'a> FrameTableBuilder<'a> {
    fn new(protein: &'a Protein, basis: &'a TicaBasis, interval_ps: f64, frames: usize) -> Self {
        let topology = Arc::clone(&protein.topology);
        let residues = topology.residue_count();
        let angles = bond_angles(&topology);
        let table = FrameTable {
            interval_ps,
            trajectory_starts: Vec::new(),
            rmsd_angstrom: Vec::new(),
            gdt: Vec::new(),
            radius_of_gyration_angstrom: Vec::new(),
            native_contacts: Vec::new(),
            tics: Vec::new(),
            components: basis.len(),
            chemistry_frames: Vec::new(),
            clashes: Vec::new(),
            validity: ValiditySummary::default(),
            mean_ca_distances_angstrom: vec![0.0; residues * residues.saturating_sub(1) / 2],
            traces_angstrom: Vec::new(),
            fluctuation: StretchFluctuation::default(),
            ramachandran: Codes::default(),
            janin: Codes::default(),
            bond_lengths: Codes { per_frame: topology.bonds().len(), codes: Vec::new() },
            bond_angles: Codes { per_frame: angles.len(), codes: Vec::new() },
        };
        Self {
            native: &protein.native_angstrom,
            basis,
            contacts: NativeContacts::new(&topology, &protein.native_angstrom),
            dihedrals: DihedralTable::new(&topology),
            checker: ValidityChecker::new(&topology),
            overlaps: ClashFinder::new(&topology, ContactLimit::Overlap(0.0)),
            angles,
            chemistry_stride: frames.div_ceil(CHEMISTRY_FRAMES).max(1),
            trace_stride: frames.div_ceil(TRACES).max(1),
            stretches: StretchMeter::new(interval_ps),
            topology,
            table,
        }
    }

    fn add(&mut self, positions: &[[f32; 3]]) {
        let topology = &self.topology;
        let frame = self.table.len();
        self.stretches.add(topology, positions);
        let fit = Superposition::of_ca(topology, positions, self.native);
        let table = &mut self.table;
        table.rmsd_angstrom.push(fit.rmsd_angstrom);
        table.gdt.push(gdt_ts(topology, positions, self.native));
        table.radius_of_gyration_angstrom.push(radius_of_gyration_angstrom(topology, positions));
        table.native_contacts.push(self.contacts.fraction(positions).unwrap_or(f64::NAN));
        table.tics.extend(self.basis.project(topology, positions));
        for (sum, distance) in
            table.mean_ca_distances_angstrom.iter_mut().zip(ca_distances_angstrom(topology, positions))
        {
            *sum += distance;
        }
        if frame.is_multiple_of(self.trace_stride) {
            let trace = ca_positions(topology, positions).into_iter().map(|point| {
                let moved = fit.apply_point(point);
                [moved.x as f32, moved.y as f32, moved.z as f32]
            });
            table.traces_angstrom.push(trace.collect());
        }
        self.add_dihedrals(positions);
        if frame.is_multiple_of(self.chemistry_stride) {
            self.add_chemistry(frame, positions);
        }
    }

    fn add_dihedrals(&mut self, positions: &[[f32; 3]]) {
        let grid = angle_binning();
        let (ramachandran, janin) = (&mut self.table.ramachandran, &mut self.table.janin);
        let code = |into: &mut Codes, x: Option<f64>, y: Option<f64>| {
            if let (Some(x), Some(y)) = (x, y) {
                into.codes.push(map_code(grid, grid, x.to_degrees(), y.to_degrees()));
            }
        };
        for angles in self.dihedrals.measure(positions) {
            code(ramachandran, angles.phi_rad, angles.psi_rad);
            code(janin, angles.chi1_rad, angles.chi2_rad);
        }
        if self.table.rmsd_angstrom.len() == 1 {
            ramachandran.per_frame = ramachandran.codes.len();
            janin.per_frame = janin.codes.len();
        }
    }

    fn add_chemistry(&mut self, frame: usize, positions: &[[f32; 3]]) {
        let table = &mut self.table;
        table.chemistry_frames.push(frame);
        table.clashes.push(self.overlaps.find(positions).len() as f64);
        table.validity.add(&self.checker.check(positions));
        let lengths = bond_length_binning();
        for &[a, b] in self.topology.bonds() {
            table.bond_lengths.codes.push(code(lengths, distance_angstrom(positions[a], positions[b])));
        }
        let degrees = bond_angle_binning();
        for &[a, b, c] in &self.angles {
            let angle = angle_rad(vec3(positions[a]), vec3(positions[b]), vec3(positions[c])).to_degrees();
            table.bond_angles.codes.push(code(degrees, angle));
        }
    }

    fn finish(self) -> FrameTable {
        let mut table = self.table;
        let frames = table.len().max(1) as f64;
        table.mean_ca_distances_angstrom.iter_mut().for_each(|sum| *sum /= frames);
        table.fluctuation = self.stretches.finish();
        table
    }
}

/// Bin of a value, one past the last bin for values outside.
pub(super) fn code(binning: Binning, value: f64) -> u16 {
    binning.index(value).unwrap_or(binning.bins) as u16
}

/// Cell of a point, row by row as in `Histogram2d`, one past the last cell for points outside.
pub(super) fn map_code(x: Binning, y: Binning, x_value: f64, y_value: f64) -> u16 {
    match (x.index(x_value), y.index(y_value)) {
        (Some(ix), Some(iy)) => (iy * x.bins + ix) as u16,
        _ => (x.bins * y.bins) as u16,
    }
}

/// All angles between two bonds of one atom, apex in the middle.
fn bond_angles(topology: &Topology) -> Vec<[usize; 3]> {
    let mut neighbors = vec![Vec::new(); topology.atom_count()];
    for &[a, b] in topology.bonds() {
        neighbors[a].push(b);
        neighbors[b].push(a);
    }
    let mut angles = Vec::new();
    for (apex, ends) in neighbors.iter().enumerate() {
        for (k, &a) in ends.iter().enumerate() {
            angles.extend(ends[k + 1..].iter().map(|&c| [a, apex, c]));
        }
    }
    angles
}
