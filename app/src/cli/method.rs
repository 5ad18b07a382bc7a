//! Flags of how ensembles are compared, which `evaluate` and `study` share.

use equijump_engine::analysis::evaluation::EvaluationSettings;
use equijump_engine::analysis::msm::Estimator;
use equijump_engine::analysis::tica::TicaSettings;

/// How ensembles are compared.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Method {
    /// Lag of TICA, ps.
    #[arg(long, default_value_t = TicaSettings::default().lag_ps, value_name = "PS")]
    tica_lag_ps: f64,
    /// Lag of the Markov models, ps; by default chosen by implied timescales.
    #[arg(long, alias = "lag", value_name = "PS")]
    lag_ps: Option<f64>,
    /// Clusters, the states of the Markov models.
    #[arg(long, default_value_t = EvaluationSettings::default().clusters, value_name = "K")]
    clusters: usize,
    /// Estimator of the Markov models.
    #[arg(long, value_enum, default_value_t = Estimator::Reversible)]
    estimator: Estimator,
    /// Folded: Cα RMSD from the native structure below this, Å.
    #[arg(long, default_value_t = EvaluationSettings::default().folded_below_angstrom, value_name = "Å")]
    pub folded_below: f64,
    /// Unfolded: Cα RMSD from the native structure beyond this, Å.
    #[arg(long, default_value_t = EvaluationSettings::default().unfolded_beyond_angstrom, value_name = "Å")]
    pub unfolded_beyond: f64,
    /// Bootstrap replicates behind each confidence interval.
    #[arg(long, default_value_t = EvaluationSettings::default().bootstrap, value_name = "N")]
    bootstrap: usize,
    /// Confidence of the intervals.
    #[arg(long, default_value_t = EvaluationSettings::default().confidence, value_name = "FRACTION")]
    confidence: f64,
}

impl Method {
    /// As settings of the engine.
    pub fn settings(&self, seed: u64) -> EvaluationSettings {
        let defaults = EvaluationSettings::default();
        EvaluationSettings {
            tica: TicaSettings { lag_ps: self.tica_lag_ps, ..defaults.tica.clone() },
            markov_lag_ps: self.lag_ps,
            clusters: self.clusters,
            estimator: self.estimator,
            folded_below_angstrom: self.folded_below,
            unfolded_beyond_angstrom: self.unfolded_beyond,
            bootstrap: self.bootstrap,
            confidence: self.confidence,
            seed,
            ..defaults
        }
    }
}
