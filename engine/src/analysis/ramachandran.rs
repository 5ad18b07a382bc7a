//! Ramachandran classes and the histogram of (φ, ψ).

use serde::{Deserialize, Serialize};

use super::dihedrals::ResidueDihedrals;
use super::error::AnalysisError;
use crate::structure::{ResidueType, Topology};

/// A sum that a damaged file of counts cannot overflow.
fn sum(counts: impl Iterator<Item = u64>) -> u64 {
    counts.fold(0, u64::saturating_add)
}

/// Residues whose backbones move alike (Lovell et al., Proteins 50, 437, 2003).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RamachandranClass {
    /// All that is none of the others.
    General,
    /// Glycine, which has no side chain to be in the way.
    Glycine,
    /// Proline, whose ring holds φ near −65°.
    Proline,
    /// A residue before proline, neither glycine nor proline itself.
    PreProline,
}

impl RamachandranClass {
    /// All classes, in index order.
    pub const ALL: [Self; 4] = [Self::General, Self::Glycine, Self::Proline, Self::PreProline];

    /// Position in [`Self::ALL`].
    pub fn index(self) -> usize {
        self as usize
    }

    /// Name as shown to users.
    pub fn label(self) -> &'static str {
        match self {
            Self::General => "General",
            Self::Glycine => "Glycine",
            Self::Proline => "Proline",
            Self::PreProline => "Pre-proline",
        }
    }
}

/// The class of every residue of a chain.
pub fn ramachandran_classes(topology: &Topology) -> Vec<RamachandranClass> {
    let residues = topology.residues();
    (0..residues.len())
        .map(|r| match residues[r].kind {
            ResidueType::Gly => RamachandranClass::Glycine,
            ResidueType::Pro => RamachandranClass::Proline,
            _ if residues.get(r + 1).is_some_and(|n| n.kind == ResidueType::Pro) => {
                RamachandranClass::PreProline
            }
            _ => RamachandranClass::General,
        })
        .collect()
}

/// Counts of (φ, ψ) per class on a periodic grid over `[−180°, 180°)²`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "RamachandranFile", into = "RamachandranFile")]
pub struct RamachandranHistogram {
    bins: usize,
    /// Per class `[φ][ψ]`, φ the slow index.
    counts: [Vec<u64>; 4],
}

impl RamachandranHistogram {
    /// Bins per axis unless asked otherwise: 5° each.
    pub const DEFAULT_BINS: usize = 72;

    /// An empty histogram with `bins` bins per axis (at least one).
    pub fn new(bins: usize) -> Self {
        let bins = bins.max(1);
        Self { bins, counts: std::array::from_fn(|_| vec![0; bins * bins]) }
    }

    /// Bins per axis.
    pub fn bins(&self) -> usize {
        self.bins
    }

    /// Counts one (φ, ψ). Angles that are not finite are left out.
    pub fn add(&mut self, class: RamachandranClass, phi_rad: f64, psi_rad: f64) {
        if !(phi_rad.is_finite() && psi_rad.is_finite()) {
            return;
        }
        let cell = self.bin(phi_rad) * self.bins + self.bin(psi_rad);
        self.counts[class.index()][cell] += 1;
    }

    /// Counts every residue of a frame that has both angles.
    pub fn add_frame(&mut self, classes: &[RamachandranClass], dihedrals: &[ResidueDihedrals]) {
        for (&class, angles) in classes.iter().zip(dihedrals) {
            if let (Some(phi), Some(psi)) = (angles.phi_rad, angles.psi_rad) {
                self.add(class, phi, psi);
            }
        }
    }

    /// Adds the counts of another histogram.
    ///
    /// # Errors
    /// When the two differ in bins.
    pub fn merge(&mut self, other: &Self) -> Result<(), AnalysisError> {
        if self.bins != other.bins {
            return Err(AnalysisError::Binning { left: self.bins, right: other.bins });
        }
        for (mine, theirs) in self.counts.iter_mut().zip(&other.counts) {
            for (a, b) in mine.iter_mut().zip(theirs) {
                *a += b;
            }
        }
        Ok(())
    }

    /// Counts of one class, `[φ][ψ]`, φ the slow index.
    pub fn counts(&self, class: RamachandranClass) -> &[u64] {
        &self.counts[class.index()]
    }

    /// Counts of all classes together, `[φ][ψ]`.
    pub fn all_counts(&self) -> Vec<u64> {
        let of_cell = |cell: usize| sum(self.counts.iter().map(|counts| counts[cell]));
        (0..self.bins * self.bins).map(of_cell).collect()
    }

    /// Number of angle pairs counted.
    pub fn total(&self) -> u64 {
        sum(self.counts.iter().flatten().copied())
    }

    fn bin(&self, angle_rad: f64) -> usize {
        let turn = (angle_rad / std::f64::consts::TAU + 0.5).rem_euclid(1.0);
        ((turn * self.bins as f64) as usize).min(self.bins - 1)
    }
}

impl Default for RamachandranHistogram {
    fn default() -> Self {
        Self::new(Self::DEFAULT_BINS)
    }
}

/// The counts at which regions that hold the given fractions of all counts begin: the levels for
/// highest-density contours. A level of `fraction` encloses the most populated cells that together hold
/// that fraction. `None` where nothing was counted.
pub fn density_levels(counts: &[u64], fractions: &[f64]) -> Option<Vec<u64>> {
    let total: u64 = counts.iter().sum();
    if total == 0 {
        return None;
    }
    let mut sorted: Vec<u64> = counts.iter().copied().filter(|&c| c > 0).collect();
    sorted.sort_unstable_by(|a, b| b.cmp(a));
    Some(
        fractions
            .iter()
            .map(|&fraction| {
                let mut held = 0u64;
                for &count in &sorted {
                    held += count;
                    if held as f64 >= fraction * total as f64 {
                        return count;
                    }
                }
                sorted.last().copied().unwrap_or(0)
            })
            .collect(),
    )
}

/// How the histogram is kept in files: most cells are empty, so only the others are written.
#[derive(Serialize, Deserialize)]
struct RamachandranFile {
    bins: usize,
    /// Per class, pairs of cell index and count.
    classes: [Vec<(usize, u64)>; 4],
}

impl From<RamachandranHistogram> for RamachandranFile {
    fn from(histogram: RamachandranHistogram) -> Self {
        let classes = histogram
            .counts
            .map(|counts| counts.into_iter().enumerate().filter(|&(_, count)| count > 0).collect());
        Self { bins: histogram.bins, classes }
    }
}

/// What is wrong with a histogram in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
enum RamachandranFileError {
    #[error("a Ramachandran histogram cannot have {0} bins per axis")]
    Bins(usize),
    #[error("cell {0} lies outside the Ramachandran grid")]
    Cell(usize),
}

impl TryFrom<RamachandranFile> for RamachandranHistogram {
    type Error = RamachandranFileError;

    fn try_from(file: RamachandranFile) -> Result<Self, RamachandranFileError> {
        if file.bins == 0 || file.bins > 3600 {
            return Err(RamachandranFileError::Bins(file.bins));
        }
        let mut histogram = Self::new(file.bins);
        for (counts, cells) in histogram.counts.iter_mut().zip(file.classes) {
            for (cell, count) in cells {
                *counts.get_mut(cell).ok_or(RamachandranFileError::Cell(cell))? = count;
            }
        }
        Ok(histogram)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::f64::consts::PI;

    #[test]
    fn the_grid_is_periodic_and_sparse_on_disk() {
        let mut histogram = RamachandranHistogram::new(4);
        histogram.add(RamachandranClass::General, -PI, -PI);
        histogram.add(RamachandranClass::General, PI, PI);
        histogram.add(RamachandranClass::Proline, -1.0, 1.0);
        histogram.add(RamachandranClass::Proline, f64::NAN, 1.0);
        assert_eq!(histogram.counts(RamachandranClass::General)[0], 2);
        assert_eq!(histogram.counts(RamachandranClass::Proline)[4 + 2], 1);
        assert_eq!(histogram.total(), 3);
        let text = serde_json::to_string(&histogram).unwrap();
        assert_eq!(serde_json::from_str::<RamachandranHistogram>(&text).unwrap(), histogram);
        assert!(serde_json::from_str::<RamachandranHistogram>(&text.replace("[0,2]", "[99,2]")).is_err());
    }

    #[test]
    fn levels_enclose_their_fraction() {
        let counts = [50, 30, 15, 5, 0];
        assert_eq!(density_levels(&counts, &[0.5, 0.8, 0.95, 1.0]).unwrap(), [50, 30, 15, 5]);
        assert_eq!(density_levels(&[0, 0], &[0.5]), None);
    }
}
