//! The report of many proteins (paper, Tables 2, 3 and A.8): one page with the tables, and for each protein a report of
//! its own in a folder beside it, with the figures.

mod tables;

use std::path::Path;
use std::sync::Arc;

use equijump_engine::analysis::PaperResults;
use equijump_engine::analysis::evaluation::{
    AverageRow, Divergence, DivergenceRow, EnsembleSummary, Evaluation, Quantity, StretchFluctuation,
};
use equijump_engine::analysis::paper::PaperProtein;
use equijump_engine::analysis::validity::ValiditySummary;
use maud::{PreEscaped, html};
use serde::Serialize;

use super::html::document;
use super::{Provenance, ReportError, ReportFolder, files};

pub use tables::text;

/// What became of one protein.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// Its samples against molecular dynamics.
    Evaluated(Arc<Evaluation>),
    /// There is no evaluation; why, in one sentence.
    Failed(String),
}

/// One protein of the report.
#[derive(Clone, Debug)]
pub struct ProteinResult {
    /// Name of its folder.
    pub name: String,
    /// One-letter sequence.
    pub sequence: String,
    /// What drew the samples; `None` where they were there.
    pub model: Option<String>,
    /// Whether that was trained on the protein; `None` where it is not known.
    pub trained_on: Option<bool>,
    /// What became of it.
    pub outcome: Outcome,
    /// Its files.
    pub provenance: Provenance,
}

impl ProteinResult {
    /// The evaluation, where there is one.
    pub fn evaluation(&self) -> Option<&Evaluation> {
        match &self.outcome {
            Outcome::Evaluated(evaluation) => Some(evaluation),
            Outcome::Failed(_) => None,
        }
    }

    /// What the paper has of the protein.
    fn paper(&self) -> Option<&'static PaperProtein> {
        PaperResults::bundled()?.protein(&self.sequence)
    }

    /// Name for people.
    fn label(&self) -> String {
        self.paper().map_or_else(|| self.name.clone(), |protein| protein.label.clone())
    }

    /// Whether the model was trained on it, in words.
    fn trained_text(&self) -> &'static str {
        match self.trained_on {
            Some(true) => "yes",
            Some(false) => "no",
            None => "not known",
        }
    }

    /// Why free energies, populations and rates are not told; `None` where they are.
    fn not_supported(&self) -> Option<String> {
        let scores = &self.evaluation()?.scores;
        let why = scores.unweighted_because.clone().unwrap_or_else(|| "no Markov models".to_owned());
        (!scores.weighted).then_some(why)
    }
}

/// The divergence of a quantity in one weighting.
fn divergence(evaluation: &Evaluation, quantity: Quantity, weighted: bool) -> Option<Divergence> {
    let row = evaluation.scores.divergences.iter().find(|row| row.quantity == quantity)?;
    if weighted { row.weighted } else { Some(row.plain) }
}

/// The mean over those that have a number, and how many they are.
fn mean(values: impl Iterator<Item = f64>) -> Option<(f64, usize)> {
    let values: Vec<f64> = values.filter(|value| value.is_finite()).collect();
    (!values.is_empty()).then(|| (values.iter().sum::<f64>() / values.len() as f64, values.len()))
}

/// Writes the report, and beside it that of each protein in a folder of its name.
///
/// # Errors
/// When a file cannot be written.
pub fn write(
    folder: ReportFolder,
    out: &Path,
    results: &[ProteinResult],
    provenance: &Provenance,
) -> Result<(), ReportError> {
    folder.add("proteins.csv", tables::csv(results).as_bytes())?;
    folder.add("fluctuation.csv", tables::fluctuation_csv(results).as_bytes())?;
    folder.add("summary.json", json(results, provenance)?.as_bytes())?;
    folder.add(files::PAGE, page(results, provenance).as_bytes())?;
    folder.commit()?;
    for result in results {
        if let Outcome::Evaluated(evaluation) = &result.outcome {
            // The folder of all was allowed to be replaced, or was not there.
            let own = ReportFolder::create(&out.join(&result.name), true)?;
            super::write(&own, evaluation, None, &result.provenance)?;
            own.commit()?;
        }
    }
    Ok(())
}

fn page(results: &[ProteinResult], provenance: &Provenance) -> String {
    let paper = PaperResults::bundled();
    let content = html! {
        p.weak {
            (results.len()) " proteins · made " (provenance.made) " UTC by EquiJump " (provenance.version)
        }
        p {
            "Trajectories of the model beside molecular dynamics. Those that the command drew begin in the first frames of the
            trajectories of molecular dynamics and are as long, so that both have the same starts and the same time; the
            starts themselves are not counted. Whether the model was trained on these very trajectories the command
            cannot know; whether it was on the protein, it tells where the model is a bundled one."
        }
        h2 { "Proteins" }
        (PreEscaped(tables::overview(results)))
        @let failures: Vec<_> = results.iter().filter_map(failure).collect();
        @if !failures.is_empty() {
            div.warnings role="note" {
                strong { "Not evaluated" }
                ul { @for (label, why) in &failures { li { (label) ": " (why) } } }
            }
        }
        h2 { "Divergences (Tables 2 and A.8)" }
        (PreEscaped(tables::divergences(results)))
        @let unsupported: Vec<_> = results.iter().filter_map(|r| Some((r.label(), r.not_supported()?))).collect();
        @if !unsupported.is_empty() {
            div.warnings role="note" {
                strong { "Free energies, populations and rates that the data do not support" }
                ul { @for (label, why) in &unsupported { li { (label) ": " (why) } } }
            }
        }
        h2 { "Averages (Table 3)" }
        (PreEscaped(tables::averages(results)))
        h2 { "Size, contacts and fluctuation" }
        (PreEscaped(tables::motion(results)))
        h2 { "Figures" }
        p {
            "Figures 5, 6 and 9 to 14 of each protein: traces, distances, dihedral angles, chemistry, maps and curves. "
            "Where free energies are not supported, maps and curves are of the frames as they are."
        }
        ul {
            @for result in results.iter().filter(|result| result.evaluation().is_some()) {
                li { a href={ (result.name) "/report.html" } { (result.label()) } }
            }
        }
        @if let Some(paper) = paper {
            p.weak { "The paper: “" (paper.source) "”. " (paper.remark) }
        }
        p { "Command" }
        pre { (provenance.command) }
        p {
            "Numbers beside this page: " a href="proteins.csv" { "proteins.csv" } ", "
            a href="fluctuation.csv" { "fluctuation.csv" } " and " a href="summary.json" { "summary.json" } "."
        }
    };
    document("Proteins: samples against molecular dynamics", &content)
}

fn failure(result: &ProteinResult) -> Option<(String, &str)> {
    match &result.outcome {
        Outcome::Failed(why) => Some((result.label(), why)),
        Outcome::Evaluated(_) => None,
    }
}

#[derive(Serialize)]
struct Summary<'a> {
    command: &'a str,
    version: &'a str,
    made: &'a str,
    proteins: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct Row<'a> {
    name: &'a str,
    sequence: &'a str,
    model: &'a Option<String>,
    trained_on: Option<bool>,
    files: &'a Provenance,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    numbers: Option<Numbers<'a>>,
}

#[derive(Serialize)]
struct Numbers<'a> {
    /// Why there are no free energies, populations and rates.
    not_supported: Option<String>,
    tica_lag_ps: f64,
    divergences_nats: &'a [DivergenceRow],
    averages: &'a [AverageRow],
    molecular_dynamics: Ensemble<'a>,
    samples: Ensemble<'a>,
    warnings: &'a [String],
}

#[derive(Serialize)]
struct Ensemble<'a> {
    trajectories: usize,
    frames: usize,
    interval_ps: f64,
    chemistry: &'a ValiditySummary,
    fluctuation: &'a StretchFluctuation,
}

impl<'a> Ensemble<'a> {
    fn of(summary: &'a EnsembleSummary) -> Self {
        Self {
            trajectories: summary.trajectories,
            frames: summary.frames,
            interval_ps: summary.interval_ps,
            chemistry: &summary.validity,
            fluctuation: &summary.fluctuation,
        }
    }
}

fn json(results: &[ProteinResult], provenance: &Provenance) -> Result<String, ReportError> {
    let proteins = results
        .iter()
        .map(|result| Row {
            name: &result.name,
            sequence: &result.sequence,
            model: &result.model,
            trained_on: result.trained_on,
            files: &result.provenance,
            failure: failure(result).map(|(_, why)| why),
            numbers: result.evaluation().map(|evaluation| Numbers {
                not_supported: result.not_supported(),
                tica_lag_ps: evaluation.tica.lag_ps,
                divergences_nats: &evaluation.scores.divergences,
                averages: &evaluation.scores.averages,
                molecular_dynamics: Ensemble::of(&evaluation.reference),
                samples: Ensemble::of(&evaluation.samples),
                warnings: &evaluation.warnings,
            }),
        })
        .collect();
    let Provenance { command, version, made, .. } = provenance;
    Ok(serde_json::to_string_pretty(&Summary { command, version, made, proteins })?)
}
