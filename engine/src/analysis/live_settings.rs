//! What the live analysis of a run may cost, and its settings.

use super::tica::TicaSettings;

/// Limits and settings of [`LiveObservables`](super::LiveObservables).
#[derive(Clone, Debug, PartialEq)]
pub struct LiveSettings {
    /// Points kept of the series of all replicas together (16 bytes each).
    pub max_points: usize,
    /// Bytes kept of the features from which the map is redrawn after a refit.
    pub max_feature_bytes: usize,
    /// The fit for proteins without a reference. The lag is rounded to whole frames.
    pub tica: TicaSettings,
}

impl Default for LiveSettings {
    /// 4 million points (40 replicas of 100,000 frames unthinned), 64 MB of features, and a fit on at most
    /// 190 distances: all pairs of chains of up to 20 residues, 20 evenly spread residues of longer ones,
    /// so that a refit takes well under a second.
    fn default() -> Self {
        Self {
            max_points: 4_000_000,
            max_feature_bytes: 64 << 20,
            tica: TicaSettings { components: 2, max_features: 190, ..TicaSettings::default() },
        }
    }
}
