//! The summary for scripts.

use equijump_engine::analysis::evaluation::kinetics::Kinetics;
use equijump_engine::analysis::evaluation::{
    AverageRow, CommonTimescales, DivergenceRow, EnsembleSummary, Evaluation, EvaluationSettings, MarkovLag,
    MarkovSummary, Quantity, TicaSummary,
};
use equijump_engine::analysis::validity::ValiditySummary;
use equijump_engine::session::JumpTest;
use serde::Serialize;

use super::{Provenance, ReportError};

#[derive(Serialize)]
struct Summary<'a> {
    #[serde(flatten)]
    provenance: &'a Provenance,
    protein: &'a str,
    sequence: &'a str,
    settings: &'a EvaluationSettings,
    tica: &'a TicaSummary,
    markov_lag: &'a MarkovLag,
    ensembles: [Ensemble<'a>; 2],
    weighted: bool,
    divergences_nats: &'a [DivergenceRow],
    averages: &'a [AverageRow],
    common_timescales: &'a Option<CommonTimescales>,
    kinetics: &'a Option<Kinetics>,
    #[serde(skip_serializing_if = "Option::is_none")]
    jumps: Option<&'a JumpTest>,
    /// What the paper prints of the same protein.
    #[serde(skip_serializing_if = "Option::is_none")]
    paper: Option<Paper>,
    warnings: &'a [String],
}

#[derive(Serialize)]
struct Paper {
    source: &'static str,
    remark: &'static str,
    table: &'static str,
    models: &'static [String],
    /// One number for each model.
    divergences: Vec<(&'static str, &'static [f64])>,
}

impl Paper {
    fn of(sequence: &str) -> Option<Self> {
        let (paper, protein) = super::tables::paper_of(sequence)?;
        let divergences =
            Quantity::OF_THE_PAPER.map(|quantity| (quantity.key(), protein.divergences.of(quantity)));
        Some(Self {
            source: &paper.source,
            remark: &paper.remark,
            table: "A.8",
            models: &paper.models,
            divergences: divergences.to_vec(),
        })
    }
}

#[derive(Serialize)]
struct Ensemble<'a> {
    name: &'static str,
    trajectories: usize,
    frames: usize,
    interval_ps: f64,
    blocks: usize,
    block_length_ps: f64,
    markov: &'a Option<MarkovSummary>,
    no_markov_because: &'a Option<String>,
    chemistry: &'a ValiditySummary,
    notices: &'a [String],
}

impl<'a> Ensemble<'a> {
    fn new(name: &'static str, ensemble: &'a EnsembleSummary) -> Self {
        Self {
            name,
            trajectories: ensemble.trajectories,
            frames: ensemble.frames,
            interval_ps: ensemble.interval_ps,
            blocks: ensemble.blocks,
            block_length_ps: ensemble.block_length_ps,
            markov: &ensemble.markov,
            no_markov_because: &ensemble.no_markov_because,
            chemistry: &ensemble.validity,
            notices: &ensemble.notices,
        }
    }
}

/// Everything but curves and maps, which lie beside it as CSV.
pub(super) fn json(
    evaluation: &Evaluation,
    jumps: Option<&JumpTest>,
    provenance: &Provenance,
) -> Result<String, ReportError> {
    let summary = Summary {
        provenance,
        protein: &evaluation.protein,
        sequence: &evaluation.sequence,
        settings: &evaluation.settings,
        tica: &evaluation.tica,
        markov_lag: &evaluation.lag,
        ensembles: [
            Ensemble::new("reference", &evaluation.reference),
            Ensemble::new("samples", &evaluation.samples),
        ],
        weighted: evaluation.scores.weighted,
        divergences_nats: &evaluation.scores.divergences,
        averages: &evaluation.scores.averages,
        common_timescales: &evaluation.common_timescales,
        kinetics: &evaluation.kinetics,
        jumps,
        paper: Paper::of(&evaluation.sequence),
        warnings: &evaluation.warnings,
    };
    Ok(serde_json::to_string_pretty(&summary)?)
}
