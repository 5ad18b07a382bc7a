//! What the one-step test finds.

use serde::{Deserialize, Serialize};

use super::{JumpDraws, JumpReference, JumpSettings};
use crate::analysis::evaluation::Interval;
use crate::analysis::validity::ValiditySummary;

/// What is measured on jumps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum JumpMeasure {
    /// 2.5 % quantile of the motion.
    Motion025,
    /// 25 % quantile.
    Motion250,
    /// Median.
    Motion500,
    /// 75 % quantile.
    Motion750,
    /// 97.5 % quantile.
    Motion975,
    /// 2.5 % quantile of the motion from folded frames.
    FoldedMotion025,
    /// 25 % quantile.
    FoldedMotion250,
    /// Median.
    FoldedMotion500,
    /// 75 % quantile.
    FoldedMotion750,
    /// 97.5 % quantile.
    FoldedMotion975,
    /// Share of the jumps from folded frames that end unfolded.
    Unfolding,
    /// Share of the jumps from unfolded frames that end folded.
    Folding,
    /// Share of the jumps from frames with φ > 0 that keep it so.
    PhiPositiveKept,
    /// Share of the jumps that end in the basin of (φ, ψ) they start in.
    BasinKept,
    /// Share of the jumps that end in the rotamer well of χ1 they start in.
    Chi1Kept,
    /// Root mean square change of Cα distances, Å.
    DistanceChange,
    /// Root mean square change of the points of torsion angles on the unit circle.
    TorsionChange,
    /// The change of Cα distances of the model as a multiple of that of the reference.
    DistanceSpread,
    /// The change of torsion angles of the model as a multiple of that of the reference.
    TorsionSpread,
    /// Energy distance between the joint distributions of source and next frame, on Cα distances, Å.
    DistanceEnergy,
    /// The same on sines and cosines of torsion angles.
    TorsionEnergy,
    /// Share of chemically intact frames.
    Intact,
    /// Atoms of the wrong hand per frame.
    WrongHands,
    /// Clashes per frame.
    Clashes,
}

/// Measures that belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum JumpGroup {
    /// How far the chain moves.
    Motion,
    /// Folding and unfolding in one jump.
    Escape,
    /// Torsion angles.
    Torsions,
    /// The whole distribution.
    Distribution,
    /// The frames drawn.
    Chemistry,
}

impl JumpGroup {
    /// All, in the order of the report.
    pub const ALL: [Self; 5] =
        [Self::Motion, Self::Escape, Self::Torsions, Self::Distribution, Self::Chemistry];

    /// Name as shown to users.
    pub fn label(self) -> &'static str {
        match self {
            Self::Motion => "Motion of the Cα trace in one jump",
            Self::Escape => "Unfolding and folding in one jump",
            Self::Torsions => "Torsion angles kept",
            Self::Distribution => "Distribution of source and next frame",
            Self::Chemistry => "Chemistry of the frames drawn",
        }
    }
}

impl JumpMeasure {
    /// Quantiles of the motion, with their fractions.
    pub const QUANTILES: [(Self, f64); 5] = [
        (Self::Motion025, 0.025),
        (Self::Motion250, 0.25),
        (Self::Motion500, 0.5),
        (Self::Motion750, 0.75),
        (Self::Motion975, 0.975),
    ];
    /// Quantiles of the motion from folded frames, with their fractions.
    pub const FOLDED_QUANTILES: [(Self, f64); 5] = [
        (Self::FoldedMotion025, 0.025),
        (Self::FoldedMotion250, 0.25),
        (Self::FoldedMotion500, 0.5),
        (Self::FoldedMotion750, 0.75),
        (Self::FoldedMotion975, 0.975),
    ];

    /// Which it belongs to.
    pub fn group(self) -> JumpGroup {
        match self {
            Self::Motion025
            | Self::Motion250
            | Self::Motion500
            | Self::Motion750
            | Self::Motion975
            | Self::FoldedMotion025
            | Self::FoldedMotion250
            | Self::FoldedMotion500
            | Self::FoldedMotion750
            | Self::FoldedMotion975 => JumpGroup::Motion,
            Self::Unfolding | Self::Folding => JumpGroup::Escape,
            Self::PhiPositiveKept | Self::BasinKept | Self::Chi1Kept => JumpGroup::Torsions,
            Self::DistanceChange
            | Self::TorsionChange
            | Self::DistanceSpread
            | Self::TorsionSpread
            | Self::DistanceEnergy
            | Self::TorsionEnergy => JumpGroup::Distribution,
            Self::Intact | Self::WrongHands | Self::Clashes => JumpGroup::Chemistry,
        }
    }

    /// Short name for files.
    pub fn key(self) -> &'static str {
        match self {
            Self::Motion025 => "motion_q02.5",
            Self::Motion250 => "motion_q25",
            Self::Motion500 => "motion_q50",
            Self::Motion750 => "motion_q75",
            Self::Motion975 => "motion_q97.5",
            Self::FoldedMotion025 => "folded_motion_q02.5",
            Self::FoldedMotion250 => "folded_motion_q25",
            Self::FoldedMotion500 => "folded_motion_q50",
            Self::FoldedMotion750 => "folded_motion_q75",
            Self::FoldedMotion975 => "folded_motion_q97.5",
            Self::Unfolding => "unfolding",
            Self::Folding => "folding",
            Self::PhiPositiveKept => "phi_positive_kept",
            Self::BasinKept => "phi_psi_basin_kept",
            Self::Chi1Kept => "chi1_well_kept",
            Self::DistanceChange => "ca_distance_change",
            Self::TorsionChange => "torsion_change",
            Self::DistanceSpread => "ca_distance_spread_ratio",
            Self::TorsionSpread => "torsion_spread_ratio",
            Self::DistanceEnergy => "ca_distance_energy_distance",
            Self::TorsionEnergy => "torsion_energy_distance",
            Self::Intact => "intact",
            Self::WrongHands => "wrong_hands",
            Self::Clashes => "clashes",
        }
    }

    /// Name as shown to users.
    pub fn label(self) -> &'static str {
        match self {
            Self::Motion025 => "Cα motion, 2.5 % quantile",
            Self::Motion250 => "Cα motion, 25 % quantile",
            Self::Motion500 => "Cα motion, median",
            Self::Motion750 => "Cα motion, 75 % quantile",
            Self::Motion975 => "Cα motion, 97.5 % quantile",
            Self::FoldedMotion025 => "From folded frames, 2.5 % quantile",
            Self::FoldedMotion250 => "From folded frames, 25 % quantile",
            Self::FoldedMotion500 => "From folded frames, median",
            Self::FoldedMotion750 => "From folded frames, 75 % quantile",
            Self::FoldedMotion975 => "From folded frames, 97.5 % quantile",
            Self::Unfolding => "Folded → unfolded",
            Self::Folding => "Unfolded → folded",
            Self::PhiPositiveKept => "φ > 0 kept",
            Self::BasinKept => "(φ, ψ) basin kept",
            Self::Chi1Kept => "χ1 well kept",
            Self::DistanceChange => "Change of Cα distances, rms",
            Self::TorsionChange => "Change of torsions, rms",
            Self::DistanceSpread => "Spread ratio, Cα distances",
            Self::TorsionSpread => "Spread ratio, torsions",
            Self::DistanceEnergy => "Energy distance, Cα distances",
            Self::TorsionEnergy => "Energy distance, torsions",
            Self::Intact => "Intact frames",
            Self::WrongHands => "Atoms of the wrong hand per frame",
            Self::Clashes => "Clashes per frame",
        }
    }

    /// Unit as shown to users; empty for plain numbers.
    pub fn unit(self) -> &'static str {
        match self {
            Self::DistanceChange | Self::DistanceEnergy => "Å",
            _ if self.group() == JumpGroup::Motion => "Å",
            _ => "",
        }
    }

    /// Whether it is a share, shown in percent.
    pub fn is_share(self) -> bool {
        self == Self::Intact || matches!(self.group(), JumpGroup::Escape | JumpGroup::Torsions)
    }
}

/// One measure of the jumps of reference and model.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct JumpRow {
    /// What.
    pub measure: JumpMeasure,
    /// Of which residue, by its position in the chain; `None` for the whole chain.
    pub residue: Option<usize>,
    /// Of molecular dynamics.
    pub reference: Interval,
    /// Of the model.
    pub model: Interval,
    /// Model less reference, from resampling both together.
    pub difference: Interval,
    /// By how much halves of the reference differ: mean, and the range that holds the stated confidence.
    pub floor: Interval,
    /// Pairs of the reference that it is measured on.
    pub reference_pairs: u64,
    /// Draws of the model that it is measured on.
    pub model_pairs: u64,
}

impl JumpRow {
    /// Whether the difference is no more than chance: its interval holds zero.
    pub fn agrees(&self) -> bool {
        self.difference.low <= 0.0 && self.difference.high >= 0.0
    }
}

/// The one-step test of a model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JumpReport {
    /// Name of the protein.
    pub protein: String,
    /// One-letter sequence, norleucine as X.
    pub sequence: String,
    /// `TYR 2`, for each residue.
    pub residue_labels: Vec<String>,
    /// Settings in force.
    pub settings: JumpSettings,
    /// Time of one jump, ps.
    pub lag_ps: f64,
    /// Unbroken trajectories of the reference.
    pub trajectories: usize,
    /// Blocks, the units of resampling.
    pub blocks: usize,
    /// Whether blocks are whole trajectories.
    pub whole_trajectories: bool,
    /// Pairs of the reference that were measured.
    pub reference_pairs: usize,
    /// Frames that the model started from.
    pub sources: usize,
    /// Jumps that it made.
    pub draws: usize,
    /// Jumps that came to nothing: positions that are no numbers.
    pub lost_draws: usize,
    /// All measures.
    pub rows: Vec<JumpRow>,
    /// Chemistry of frames of the reference.
    pub reference_chemistry: ValiditySummary,
    /// Chemistry of the frames drawn.
    pub model_chemistry: ValiditySummary,
    /// What was special about the files, in sentences.
    pub notices: Vec<String>,
}

impl JumpReport {
    pub(super) fn new(reference: &JumpReference, draws: &JumpDraws, rows: Vec<JumpRow>) -> Self {
        let topology = &reference.protein.topology;
        Self {
            protein: topology.name.clone(),
            sequence: topology.sequence(),
            residue_labels: topology.residues().iter().map(|residue| residue.label()).collect(),
            settings: reference.settings.clone(),
            lag_ps: reference.lag_ps,
            trajectories: reference.trajectories,
            blocks: reference.blocks,
            whole_trajectories: reference.whole_trajectories,
            reference_pairs: reference.pairs.len(),
            sources: reference.sources.len(),
            draws: draws.table.len(),
            lost_draws: draws.lost,
            rows,
            reference_chemistry: reference.pairs.validity.clone(),
            model_chemistry: draws.table.validity.clone(),
            notices: reference.notices.clone(),
        }
    }

    /// The row of a measure, of one residue or of the whole chain.
    pub fn row(&self, measure: JumpMeasure, residue: Option<usize>) -> Option<&JumpRow> {
        self.rows.iter().find(|row| row.measure == measure && row.residue == residue)
    }
}
