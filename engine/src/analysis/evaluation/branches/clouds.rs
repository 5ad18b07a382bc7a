//! Where trajectories from one start are at one time: two clouds of points and the distances among them.

use nalgebra::DMatrix;

use super::report::BranchMeasure;
use crate::analysis::dihedrals::DihedralTable;
use crate::analysis::features::CaPairFeatures;
use crate::analysis::superposition::{Superposition, ca_positions};
use crate::analysis::vectors::Vec3;
use crate::structure::Topology;

/// The end of one trajectory.
#[derive(Clone, Debug)]
pub(super) struct End {
    /// Cα positions after superposition on the start, Å, `[N]`.
    pub ca: Vec<Vec3>,
    /// Cα distances, Å, `[F]`.
    pub distances: Vec<f64>,
    /// Sine and cosine of every φ, ψ, χ1, χ2 that there is, `[2 A]`.
    pub torsions: Vec<f64>,
}

/// Measures ends of trajectories of one protein.
#[derive(Debug)]
pub(super) struct EndMeter {
    dihedrals: DihedralTable,
    features: CaPairFeatures,
}

impl EndMeter {
    pub fn new(topology: &Topology, features: CaPairFeatures) -> Self {
        Self { dihedrals: DihedralTable::new(topology), features }
    }

    /// `start` are Cα positions.
    pub fn measure(&self, topology: &Topology, start: &[Vec3], positions: &[[f32; 3]]) -> End {
        let ca = ca_positions(topology, positions);
        let fit = Superposition::of_points(&ca, start);
        let angles = self.dihedrals.measure(positions);
        let torsions = angles
            .iter()
            .flat_map(|a| [a.phi_rad, a.psi_rad, a.chi1_rad, a.chi2_rad])
            .flatten()
            .flat_map(|angle| [angle.sin(), angle.cos()])
            .collect();
        End {
            ca: ca.into_iter().map(|point| fit.apply_point(point)).collect(),
            distances: self.features.measure(topology, positions),
            torsions,
        }
    }
}

/// Both sides of one start at one time. Everything asked of them takes how often each trajectory counts.
#[derive(Clone, Debug)]
pub(super) struct Clouds {
    /// Cα of the start.
    start: Vec<Vec3>,
    pub dynamics: Vec<End>,
    pub model: Vec<End>,
    /// Distances between all ends, those of molecular dynamics first: on Cα distances and on torsions, each in units
    /// of the root of how many there are.
    distance: [DMatrix<f64>; 2],
}

/// One of the two sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Dynamics,
    Model,
}

impl Clouds {
    pub fn new(start: Vec<Vec3>, dynamics: Vec<End>, model: Vec<End>) -> Self {
        let all: Vec<&End> = dynamics.iter().chain(&model).collect();
        let matrix = |of: &dyn Fn(&End) -> &[f64], parts: usize| {
            let scale = 1.0 / (parts.max(1) as f64).sqrt();
            DMatrix::from_fn(all.len(), all.len(), |i, j| {
                let pairs = of(all[i]).iter().zip(of(all[j]));
                scale * pairs.map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt()
            })
        };
        let width = |of: &dyn Fn(&End) -> &[f64]| all.first().map_or(0, |end| of(end).len());
        let distance = [
            matrix(&|end| &end.distances, width(&|end| &end.distances)),
            matrix(&|end| &end.torsions, width(&|end| &end.torsions) / 2),
        ];
        Self { start, dynamics, model, distance }
    }

    fn of(&self, measure: BranchMeasure) -> &DMatrix<f64> {
        match measure {
            BranchMeasure::TorsionEnergy | BranchMeasure::TorsionSpread => &self.distance[1],
            _ => &self.distance[0],
        }
    }

    /// Row of an end in the matrices of distances.
    fn row(&self, side: Side) -> usize {
        match side {
            Side::Dynamics => 0,
            Side::Model => self.dynamics.len(),
        }
    }

    fn ends(&self, side: Side) -> &[End] {
        match side {
            Side::Dynamics => &self.dynamics,
            Side::Model => &self.model,
        }
    }

    /// Mean distance between ends of two sides that count so many times.
    fn mean_distance(&self, measure: BranchMeasure, a: (Side, &[f64]), b: (Side, &[f64])) -> f64 {
        let (matrix, rows, columns) = (self.of(measure), self.row(a.0), self.row(b.0));
        let mut sum = 0.0;
        for (i, times) in a.1.iter().enumerate().filter(|(_, times)| **times > 0.0) {
            let row = b.1.iter().enumerate();
            sum += times * row.map(|(j, other)| other * matrix[(rows + i, columns + j)]).sum::<f64>();
        }
        sum / (total(a.1) * total(b.1))
    }

    /// Energy distance between two sides, or two parts of one.
    pub fn energy(&self, measure: BranchMeasure, a: (Side, &[f64]), b: (Side, &[f64])) -> f64 {
        let mean = |a, b| self.mean_distance(measure, a, b);
        (2.0 * mean(a, b) - mean(a, a) - mean(b, b)).max(0.0)
    }

    /// Variance per Cα distance, Å², or per angle of its point on the circle: half the mean square of the distance
    /// between two ends, unbiased.
    pub fn variance(&self, measure: BranchMeasure, (side, times): (Side, &[f64])) -> f64 {
        let (matrix, first) = (self.of(measure), self.row(side));
        let mut sum = 0.0;
        for (i, a) in times.iter().enumerate().filter(|(_, times)| **times > 0.0) {
            let row = times.iter().enumerate();
            sum += a * row.map(|(j, b)| b * matrix[(first + i, first + j)].powi(2)).sum::<f64>();
        }
        let count = total(times);
        0.5 * sum / (count * (count - 1.0))
    }

    /// Mean square distance of one Cα from the start, or of all, Å².
    pub fn mean_square_jump(&self, residue: Option<usize>, (side, times): (Side, &[f64])) -> f64 {
        let sum = self.over_residues(residue, &|residue| {
            let ends = self.ends(side).iter().zip(times);
            ends.map(|(end, times)| times * (end.ca[residue] - self.start[residue]).norm_squared()).sum()
        });
        sum / total(times)
    }

    /// Variance of the position of one Cα about its mean, or the mean of all, Å², unbiased.
    pub fn fluctuation(&self, residue: Option<usize>, (side, times): (Side, &[f64])) -> f64 {
        let count = total(times);
        self.over_residues(residue, &|residue| {
            let ends = || self.ends(side).iter().zip(times);
            let mean = ends().map(|(end, times)| *times * end.ca[residue]).sum::<Vec3>() / count;
            let square = ends().map(|(end, times)| times * (end.ca[residue] - mean).norm_squared());
            square.sum::<f64>() / (count - 1.0)
        })
    }

    fn over_residues(&self, residue: Option<usize>, value: &dyn Fn(usize) -> f64) -> f64 {
        match residue {
            Some(residue) => value(residue),
            None => {
                let count = self.start.len();
                (0..count).map(value).sum::<f64>() / count.max(1) as f64
            }
        }
    }
}

fn total(times: &[f64]) -> f64 {
    times.iter().sum()
}
