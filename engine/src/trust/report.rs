//! What the meter says of one frame.

use serde::Serialize;

use super::THRESHOLD_QUANTILE;

/// Residues that a sentence names; more are counted.
const NAMED: usize = 8;

/// How familiar the surroundings of one residue are.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ResidueTrust {
    /// `TYR 2`.
    pub residue: String,
    /// Distance to the nearest reference of its type; `None` where the type was never trained on.
    pub distance: Option<f32>,
    /// The same over the threshold: above 1 the residue is unfamiliar. `None` as above.
    pub ratio: Option<f32>,
    /// Share of the residues of its type in held-out frames that are nearer, `0..=1`.
    pub quantile: f32,
}

impl ResidueTrust {
    /// Whether it is farther from the training data than the threshold.
    pub fn is_unfamiliar(&self) -> bool {
        self.ratio.is_none_or(|ratio| ratio > 1.0)
    }
}

/// How familiar a frame is, residue by residue.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TrustReport {
    /// In the order of the chain.
    pub residues: Vec<ResidueTrust>,
    /// Share of unfamiliar residues in training proteins that are left out of the references in turn, where there are
    /// enough of them.
    pub left_out_share: Option<f64>,
}

impl TrustReport {
    /// Positions of unfamiliar residues in the chain, ascending.
    pub fn unfamiliar(&self) -> Vec<usize> {
        let marked = self.residues.iter().enumerate().filter(|(_, residue)| residue.is_unfamiliar());
        marked.map(|(index, _)| index).collect()
    }

    /// Share of the residues that are unfamiliar, `0..=1`.
    pub fn unfamiliar_share(&self) -> f64 {
        self.unfamiliar().len() as f64 / self.residues.len().max(1) as f64
    }

    /// Middle of the residues' distances over their thresholds; infinite where half of them are of types never trained
    /// on.
    pub fn median_ratio(&self) -> f64 {
        let mut ratios: Vec<f32> =
            self.residues.iter().map(|residue| residue.ratio.unwrap_or(f32::INFINITY)).collect();
        ratios.sort_by(f32::total_cmp);
        ratios.get(ratios.len() / 2).copied().map_or(f64::NAN, f64::from)
    }

    /// `3 of 35 residues`, for a badge.
    pub fn count_text(&self) -> String {
        format!("{} of {} residues", self.unfamiliar().len(), self.residues.len())
    }

    /// The whole in one sentence, the farthest residues by name.
    pub fn sentence(&self) -> String {
        let beyond = 100.0 * (1.0 - THRESHOLD_QUANTILE);
        let mut expected = format!("of proteins trained on it is {beyond:.0} %");
        if let Some(share) = self.left_out_share {
            expected += &format!(", of training proteins left out in turn {:.0} %", 100.0 * share);
        }
        let mut marked = self.unfamiliar();
        if marked.is_empty() {
            return format!(
                "every residue is in surroundings like those trained on; unfamiliar residues: {expected}"
            );
        }
        let ratio = |&index: &usize| self.residues[index].ratio.unwrap_or(f32::INFINITY);
        marked.sort_by(|a, b| ratio(b).total_cmp(&ratio(a)));
        let name = |index: &usize| {
            let residue = &self.residues[*index];
            match residue.ratio {
                Some(ratio) => format!("{} ({ratio:.1} × the threshold)", residue.residue),
                None => format!("{} (a type never trained on)", residue.residue),
            }
        };
        let named: Vec<String> = marked.iter().take(NAMED).map(name).collect();
        let more = match marked.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        format!(
            "{}, {:.0} %, in surroundings unlike those trained on ({expected}): {}{more}",
            self.count_text(),
            100.0 * self.unfamiliar_share(),
            named.join(", "),
        )
    }
}
