//! What a comparison of branches finds.

use serde::{Deserialize, Serialize};
use strum::VariantArray;

use super::BranchSettings;
use crate::analysis::evaluation::Interval;

/// What is measured on branches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, VariantArray)]
#[serde(rename_all = "kebab-case")]
pub enum BranchMeasure {
    /// Energy distance on Cα distances, Å.
    DistanceEnergy,
    /// Energy distance on sines and cosines of torsion angles.
    TorsionEnergy,
    /// Spread of Cα distances of the model as a multiple of that of molecular dynamics.
    DistanceSpread,
    /// Spread of torsion angles of the model as a multiple of that of molecular dynamics.
    TorsionSpread,
    /// Root mean square distance of Cα from the start, Å.
    JumpSize,
    /// Root mean square distance of Cα from its mean over the trajectories, Å.
    Rmsf,
}

impl BranchMeasure {
    /// All, in the order of the report.
    pub const ALL: &[Self] = Self::VARIANTS;

    /// Short name for files.
    pub fn key(self) -> &'static str {
        match self {
            Self::DistanceEnergy => "ca_distance_energy_distance",
            Self::TorsionEnergy => "torsion_energy_distance",
            Self::DistanceSpread => "ca_distance_spread_ratio",
            Self::TorsionSpread => "torsion_spread_ratio",
            Self::JumpSize => "jump_size",
            Self::Rmsf => "rmsf",
        }
    }

    /// Name as shown to users.
    pub fn label(self) -> &'static str {
        match self {
            Self::DistanceEnergy => "Energy distance, Cα distances",
            Self::TorsionEnergy => "Energy distance, torsions",
            Self::DistanceSpread => "Spread ratio, Cα distances",
            Self::TorsionSpread => "Spread ratio, torsions",
            Self::JumpSize => "Cα distance from the start, rms",
            Self::Rmsf => "Cα RMSF over the trajectories",
        }
    }

    /// Unit as shown to users; empty for plain numbers.
    pub fn unit(self) -> &'static str {
        match self {
            Self::DistanceEnergy | Self::JumpSize | Self::Rmsf => "Å",
            _ => "",
        }
    }

    /// Whether it is a distance between the two sides, which molecular dynamics has no value of.
    pub fn is_energy(self) -> bool {
        matches!(self, Self::DistanceEnergy | Self::TorsionEnergy)
    }

    /// Whether it is a ratio of the two sides.
    pub fn is_ratio(self) -> bool {
        matches!(self, Self::DistanceSpread | Self::TorsionSpread)
    }

    /// Whether it is also told residue by residue.
    pub fn has_residues(self) -> bool {
        matches!(self, Self::JumpSize | Self::Rmsf)
    }
}

/// The numbers of one measure.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct BranchNumbers {
    /// Of molecular dynamics; of a ratio 1, with the range of halves against halves, scaled; none of energy distances.
    pub dynamics: Option<Interval>,
    /// Of the model.
    pub model: Interval,
    /// What molecular dynamics does against itself with as many trajectories: of energy distances their mean over
    /// halvings, else by how much halves differ, each with the range that holds the stated confidence.
    pub floor: Interval,
    /// Model less molecular dynamics; less 1 of a ratio, less the floor of energy distances.
    pub difference: Interval,
}

/// What a row says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BranchVerdict {
    /// No more different than chance.
    AsDynamics,
    /// Lower.
    Lower,
    /// Higher.
    Higher,
    /// Too few trajectories.
    NotSupported,
}

impl BranchVerdict {
    /// As shown to users.
    pub fn label(self) -> &'static str {
        match self {
            Self::AsDynamics => "as MD",
            Self::Lower => "lower",
            Self::Higher => "higher",
            Self::NotSupported => "not supported",
        }
    }
}

/// One measure at one time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct BranchRow {
    /// What.
    pub measure: BranchMeasure,
    /// Of which residue, by its position in the chain; `None` for the whole chain.
    pub residue: Option<usize>,
    /// From which start, by its number; `None` for all together.
    pub start: Option<usize>,
    /// The numbers; `None` where too few trajectories reach this time.
    pub numbers: Option<BranchNumbers>,
}

impl BranchRow {
    /// Whether the model is as molecular dynamics.
    pub fn verdict(&self) -> BranchVerdict {
        match &self.numbers {
            None => BranchVerdict::NotSupported,
            Some(BranchNumbers { difference, .. }) => match difference {
                difference if difference.low > 0.0 => BranchVerdict::Higher,
                difference if difference.high < 0.0 => BranchVerdict::Lower,
                _ => BranchVerdict::AsDynamics,
            },
        }
    }

    /// An energy distance as a multiple of its floor.
    pub fn floors(&self) -> Option<f64> {
        let numbers = self.numbers.filter(|_| self.measure.is_energy())?;
        Some(numbers.model.value / numbers.floor.value).filter(|ratio| ratio.is_finite())
    }
}

/// Everything at one time after the starts.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BranchHorizon {
    /// Jumps after the start.
    pub jumps: usize,
    /// Time after the start, ps.
    pub time_ps: f64,
    /// Jumps that were asked for, where molecular dynamics does not go so far.
    pub asked_jumps: Option<usize>,
    /// Trajectories of molecular dynamics and of the model from each start that reach it.
    pub trajectories: Vec<[usize; 2]>,
    /// The rows: of all starts, residue by residue, then of each start where there are several.
    pub rows: Vec<BranchRow>,
}

impl BranchHorizon {
    /// A row of all starts together.
    pub fn row(&self, measure: BranchMeasure, residue: Option<usize>) -> Option<&BranchRow> {
        self.rows.iter().find(|row| (row.measure, row.residue, row.start) == (measure, residue, None))
    }
}

/// Branches of a model against those of molecular dynamics.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BranchReport {
    /// Name of the protein.
    pub protein: String,
    /// One-letter sequence, norleucine as X.
    pub sequence: String,
    /// `TYR 2`, for each residue.
    pub residue_labels: Vec<String>,
    /// Settings in force.
    pub settings: BranchSettings,
    /// Time of one jump, ps.
    pub lag_ps: f64,
    /// Trajectories of molecular dynamics from each start.
    pub starts: Vec<usize>,
    /// Trajectories of the model that came to nothing: positions that are no numbers.
    pub lost_draws: usize,
    /// What was found, time by time.
    pub horizons: Vec<BranchHorizon>,
    /// What could not be told and why, in sentences.
    pub not_supported: Vec<String>,
    /// What was special about the files, in sentences.
    pub notices: Vec<String>,
}
