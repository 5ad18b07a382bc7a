//! Measuring pairs of a frame and the frame one lag later.

use std::sync::Arc;

use crate::analysis::dihedrals::{DihedralTable, ResidueDihedrals};
use crate::analysis::evaluation::Protein;
use crate::analysis::features::CaPairFeatures;
use crate::analysis::superposition::{Superposition, ca_positions};
use crate::analysis::validity::{ValidityChecker, ValiditySummary};
use crate::analysis::vectors::Vec3;
use crate::structure::Topology;

/// Pairs of a set whose chemistry is checked at most.
const CHEMISTRY_PAIRS: usize = 3000;

/// Which wells the torsion angles of one residue lie in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Wells {
    /// Whether φ is positive.
    pub phi_positive: Option<bool>,
    /// Basin of (φ, ψ): 0 for φ > 0; 1 for α, ψ from −120° to 50°; 2 for β, all else.
    pub basin: Option<u8>,
    /// Third of the circle that χ1 lies in: from 0° (gauche+), from 120° (trans), from 240° (gauche−).
    pub chi1: Option<u8>,
}

impl Wells {
    pub fn of(angles: &ResidueDihedrals) -> Self {
        let degrees = |angle: Option<f64>| angle.map(f64::to_degrees);
        let (phi, psi) = (degrees(angles.phi_rad), degrees(angles.psi_rad));
        let basin = phi.zip(psi).map(|(phi, psi)| match phi > 0.0 {
            true => 0,
            false if (-120.0..50.0).contains(&psi) => 1,
            false => 2,
        });
        let third = |chi: f64| ((chi.rem_euclid(360.0) / 120.0) as u8).min(2);
        Self { phi_positive: phi.map(|phi| phi > 0.0), basin, chi1: degrees(angles.chi1_rad).map(third) }
    }
}

/// One frame, as far as jumps are judged by it.
#[derive(Clone, Debug)]
pub(super) struct MeasuredFrame {
    ca: Vec<Vec3>,
    pub rmsd_angstrom: f64,
    wells: Vec<Wells>,
    /// Cα distances, Å, `[F]`.
    pub distances: Vec<f32>,
    /// Sine and cosine of every φ, ψ, χ1, χ2 that there is, `[2 A]`.
    pub torsions: Vec<f32>,
}

/// Measures frames of one protein.
#[derive(Debug)]
pub(super) struct FrameMeter {
    topology: Arc<Topology>,
    native: Vec<Vec3>,
    dihedrals: DihedralTable,
    features: CaPairFeatures,
}

impl FrameMeter {
    pub fn new(protein: &Protein, features: CaPairFeatures) -> Self {
        Self {
            topology: Arc::clone(&protein.topology),
            native: ca_positions(&protein.topology, &protein.native_angstrom),
            dihedrals: DihedralTable::new(&protein.topology),
            features,
        }
    }

    pub fn measure(&self, positions: &[[f32; 3]]) -> MeasuredFrame {
        let ca = ca_positions(&self.topology, positions);
        let rmsd_angstrom = Superposition::of_points(&ca, &self.native).rmsd_angstrom;
        let angles = self.dihedrals.measure(positions);
        let torsions = angles
            .iter()
            .flat_map(|a| [a.phi_rad, a.psi_rad, a.chi1_rad, a.chi2_rad])
            .flatten()
            .flat_map(|angle| [angle.sin() as f32, angle.cos() as f32])
            .collect();
        let distances = self.features.measure(&self.topology, positions);
        MeasuredFrame {
            ca,
            rmsd_angstrom,
            wells: angles.iter().map(Wells::of).collect(),
            distances: distances.into_iter().map(|d| d as f32).collect(),
            torsions,
        }
    }
}

/// What was measured on a set of pairs, in the order of their trajectories.
#[derive(Clone, Debug, Default)]
pub(super) struct PairTable {
    /// Residues, `N`.
    pub residues: usize,
    /// Block of resampling that each pair belongs to, `[P]`.
    pub block: Vec<u32>,
    /// Cα RMSD between the two frames, Å, `[P]`.
    pub motion: Vec<f32>,
    /// Distance of each Cα between the two superposed frames, Å, `[P N]`.
    pub residue_motion: Vec<f32>,
    /// Cα RMSD from the native structure before and after, Å, `[P]`.
    pub rmsd: Vec<[f32; 2]>,
    /// Wells before and after, `[P N]`.
    pub wells: Vec<[Wells; 2]>,
    /// Mean square change of a Cα distance, Å², and of a point on the circle of a torsion angle, `[P]`.
    pub change: Vec<[f32; 2]>,
    /// Of pairs whose second frame's chemistry was checked: block, whether it is intact, its wrong hands and clashes.
    pub chemistry: Vec<(u32, [f32; 3])>,
    pub validity: ValiditySummary,
}

impl PairTable {
    pub fn new(residues: usize) -> Self {
        Self { residues, ..Self::default() }
    }

    /// Number of pairs, `P`.
    pub fn len(&self) -> usize {
        self.motion.len()
    }

    pub fn add(&mut self, block: u32, before: &MeasuredFrame, after: &MeasuredFrame) {
        let fit = Superposition::of_points(&after.ca, &before.ca);
        self.block.push(block);
        self.motion.push(fit.rmsd_angstrom as f32);
        let moved = after.ca.iter().zip(&before.ca);
        self.residue_motion.extend(moved.map(|(a, b)| (fit.apply_point(*a) - b).norm() as f32));
        self.rmsd.push([before.rmsd_angstrom as f32, after.rmsd_angstrom as f32]);
        self.wells.extend(before.wells.iter().zip(&after.wells).map(|(&b, &a)| [b, a]));
        let change = |b: &[f32], a: &[f32], of: usize| {
            let sum: f32 = b.iter().zip(a).map(|(b, a)| (a - b) * (a - b)).sum();
            sum / of.max(1) as f32
        };
        self.change.push([
            change(&before.distances, &after.distances, before.distances.len()),
            change(&before.torsions, &after.torsions, before.torsions.len() / 2),
        ]);
    }

    /// Checks the chemistry of the second frame of the pair added last.
    pub fn check(&mut self, checker: &ValidityChecker, positions: &[[f32; 3]]) {
        let report = checker.check(positions);
        let intact = f32::from(u8::from(report.is_intact()));
        let row = [intact, report.chirality_errors.len() as f32, report.clashes.len() as f32];
        self.chemistry.push((self.block.last().copied().unwrap_or(0), row));
        self.validity.add(&report);
    }

    /// Every `stride`-th pair, and the chemistry of all.
    pub fn thinned(&self, stride: usize) -> Self {
        let n = self.residues;
        let mut thin = Self::new(n);
        for pair in (0..self.len()).step_by(stride.max(1)) {
            thin.block.push(self.block[pair]);
            thin.motion.push(self.motion[pair]);
            thin.residue_motion.extend_from_slice(&self.residue_motion[pair * n..(pair + 1) * n]);
            thin.rmsd.push(self.rmsd[pair]);
            thin.wells.extend_from_slice(&self.wells[pair * n..(pair + 1) * n]);
            thin.change.push(self.change[pair]);
        }
        thin.chemistry = self.chemistry.clone();
        thin
    }
}

/// How often chemistry is checked among `pairs`.
pub(super) fn chemistry_stride(pairs: usize) -> usize {
    pairs.div_ceil(CHEMISTRY_PAIRS).max(1)
}

/// The jumps that a model drew.
#[derive(Clone, Debug)]
pub struct JumpDraws {
    pub(super) table: PairTable,
    /// Source of each draw, and the frame drawn: Cα distances and torsion angles.
    pub(super) frames: Vec<(usize, Vec<f32>, Vec<f32>)>,
    /// Draws that the model failed to make.
    pub(super) lost: usize,
    pub(super) chemistry_stride: usize,
}

impl JumpDraws {
    /// Counts a draw that came to nothing: its positions were no numbers.
    pub fn add_lost(&mut self) {
        self.lost += 1;
    }
}
