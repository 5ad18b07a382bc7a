//! X_τ beside what it came from.

use std::ops::Range;

use crate::network::{CloudBatch, NetworkConfig, SequenceBatch};

/// X_τ of a batch, with X^t where it started.
#[derive(Clone, Copy, Debug)]
pub struct LatentBatch<'a> {
    /// The network that sees it.
    pub config: &'a NetworkConfig,
    /// The proteins.
    pub sequence: &'a SequenceBatch,
    /// X^t.
    pub source: &'a CloudBatch,
    /// X_τ.
    pub latent: &'a CloudBatch,
    /// τ of each protein.
    pub tau: &'a [f32],
}

impl LatentBatch<'_> {
    /// The rows of each protein, and its τ.
    pub(super) fn proteins(&self) -> impl Iterator<Item = (Range<usize>, f32)> + '_ {
        self.sequence.starts.windows(2).zip(self.tau).map(|(pair, &tau)| (pair[0]..pair[1], tau))
    }
}
