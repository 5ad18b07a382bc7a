//! TICA features: Cα pair distances.

use serde::{Deserialize, Serialize};

use super::error::AnalysisError;
use super::vectors::distance_angstrom;
use crate::structure::Topology;

/// Distances between pairs of Cα atoms, Å.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaPairFeatures {
    /// Number of residues of the chain.
    residues: usize,
    /// Pairs of residue indices, `i < j`.
    pairs: Vec<[usize; 2]>,
}

impl CaPairFeatures {
    /// Largest number of distances unless asked otherwise: all pairs of chains of up to 36 residues.
    ///
    /// Moments are dense `[F, F]` matrices and the fit costs `F³`, so longer chains are represented by 36
    /// residues spread evenly from the first to the last; slow collective motions are smooth along the chain.
    pub const DEFAULT_MAX: usize = 630;

    /// All Cα pairs, or those of as many evenly spread residues as keep within `max_features` pairs.
    ///
    /// # Errors
    /// Chains of fewer than three residues, or a limit below 3.
    pub fn new(topology: &Topology, max_features: usize) -> Result<Self, AnalysisError> {
        let residues = topology.residue_count();
        if residues < 3 {
            return Err(AnalysisError::TooFewResidues { residues });
        }
        if max_features < 3 {
            return Err(AnalysisError::FeatureLimit { limit: max_features });
        }
        let mut used = residues;
        while used * (used - 1) / 2 > max_features {
            used -= 1;
        }
        let chosen: Vec<usize> =
            (0..used).map(|k| (k * (residues - 1) + (used - 1) / 2) / (used - 1)).collect();
        let mut pairs = Vec::with_capacity(used * (used - 1) / 2);
        for a in 0..used {
            for b in a + 1..used {
                pairs.push([chosen[a], chosen[b]]);
            }
        }
        Ok(Self { residues, pairs })
    }

    /// Number of features, `F`.
    pub fn len(&self) -> usize {
        self.pairs.len()
    }

    /// Whether there are no features.
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// Pairs of residue indices.
    pub fn pairs(&self) -> &[[usize; 2]] {
        &self.pairs
    }

    /// Number of residues of the chain these features were made for.
    pub fn residue_count(&self) -> usize {
        self.residues
    }

    /// The distances of one frame, Å, `[F]`.
    ///
    /// # Panics
    /// When frame and topology do not belong to these features, which is a programming error.
    pub fn measure(&self, topology: &Topology, positions: &[[f32; 3]]) -> Vec<f64> {
        assert_eq!(topology.residue_count(), self.residues, "features of another protein");
        assert_eq!(positions.len(), topology.atom_count(), "positions do not belong to this topology");
        self.pairs
            .iter()
            .map(|&[i, j]| distance_angstrom(positions[topology.ca(i)], positions[topology.ca(j)]))
            .collect()
    }

    /// Whether the pairs are sound, for features read from a file.
    pub(super) fn is_valid(&self) -> bool {
        self.pairs.iter().all(|&[i, j]| i < j && j < self.residues)
    }
}
