//! The table of a comparison (paper, Table 1): divergences of every variant beside the floor of the reference,
//! and what each cost; as CSV, Markdown and one self-contained page.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use equijump_engine::analysis::PaperResults;
use equijump_engine::analysis::evaluation::{
    CurvePair, Divergence, Evaluation, Interval, Quantity, Scores, time_text,
};
use equijump_engine::experiments::compare::{ComparisonPlan, VariantResult};
use equijump_engine::network::NetworkConfig;
use equijump_engine::trajectory::write_atomically;
use maud::{Markup, PreEscaped, html};

use super::files::ReportError;
use super::html::{document, escaped, figure, table, warnings};
use super::tables::{DIVERGENCE_COLUMNS, add_divergences, quoted};
use crate::figures::{Curve, CurveRole, Figure, FigureError, evaluation as figures};

/// Variants whose curves are drawn in one figure; more cannot be told apart.
const MOST_CURVES: usize = 7;

/// Columns of the table: the quantities of the paper and their mean.
const COLUMNS: usize = Quantity::OF_THE_PAPER.len() + 1;

/// A comparison as far as it is done.
#[derive(Clone, Debug)]
pub struct ComparisonReport {
    /// What is compared.
    pub name: String,
    /// The command, as it can be typed again.
    pub command: String,
    /// When the report was made, UTC.
    pub made: String,
    /// Trajectories and frames of each variant.
    pub sampled: (u32, u64),
    /// One entry per variant, in the order of the plan.
    pub results: Vec<VariantResult>,
}

impl ComparisonReport {
    /// Of a comparison that has not begun.
    pub fn new(plan: &ComparisonPlan, command: String, made: String) -> Self {
        Self {
            name: plan.name.clone(),
            command,
            made,
            sampled: (plan.replicas, plan.frames),
            results: plan.variants.iter().cloned().map(VariantResult::pending).collect(),
        }
    }

    fn evaluated(&self) -> impl Iterator<Item = (&VariantResult, &Evaluation)> {
        self.results.iter().filter_map(|result| Some((result, result.evaluation.as_deref()?)))
    }

    /// Whether the table shows divergences weighted by Markov models: only where all variants have them, or
    /// numbers of two kinds would stand side by side.
    fn weighted(&self) -> bool {
        self.evaluated().next().is_some() && self.evaluated().all(|(_, e)| e.scores.weighted)
    }

    fn divergence(&self, scores: &Scores, quantity: Quantity) -> Option<Divergence> {
        let row = scores.divergences.iter().find(|row| row.quantity == quantity)?;
        if self.weighted() { row.weighted } else { Some(row.plain) }
    }

    /// The divergences of one variant, column by column: the quantities of the paper, then their mean.
    fn columns(&self, scores: &Scores) -> Vec<Option<Divergence>> {
        let each = Quantity::OF_THE_PAPER.into_iter().map(|quantity| self.divergence(scores, quantity));
        let mean = scores.mean;
        let mean = if self.weighted() { mean.weighted } else { Some(mean.plain) };
        each.chain([mean]).collect()
    }

    /// The lowest divergence of each column.
    fn best(&self) -> Vec<f64> {
        let mut best = vec![f64::INFINITY; COLUMNS];
        for (_, evaluation) in self.evaluated() {
            for (best, divergence) in best.iter_mut().zip(self.columns(&evaluation.scores)) {
                *best = divergence.map_or(*best, |divergence| best.min(divergence.samples.value));
            }
        }
        best
    }

    /// The floor of each column.
    fn floors(&self) -> Vec<Option<Interval>> {
        match self.evaluated().next() {
            Some((_, evaluation)) => {
                self.columns(&evaluation.scores).into_iter().map(|d| Some(d?.floor)).collect()
            }
            None => vec![None; COLUMNS],
        }
    }

    /// Rows of the paper for the same protein, with their tables: name, the columns, their mean.
    fn paper(&self) -> Vec<(String, Vec<f64>)> {
        let sequence = self.evaluated().next().map(|(_, evaluation)| evaluation.sequence.clone());
        let (Some(paper), Some(sequence)) = (PaperResults::bundled(), sequence) else { return Vec::new() };
        let with_mean = |columns: Vec<f64>| {
            let mean = columns.iter().sum::<f64>() / columns.len().max(1) as f64;
            columns.into_iter().chain([mean]).collect()
        };
        let mut rows = Vec::new();
        if let Some(table) = paper.transports_of(&sequence) {
            for row in &table.rows {
                for (column, sigma) in table.sigma_position_squared.iter().enumerate() {
                    let name = format!("paper, Table 1: {}, σ_P² = {sigma}", row.model);
                    let numbers = Quantity::OF_THE_PAPER.map(|quantity| row.divergences.of(quantity)[column]);
                    rows.push((name, with_mean(numbers.to_vec())));
                }
            }
        }
        if let Some(protein) = paper.protein(&sequence) {
            for (column, model) in paper.models.iter().enumerate() {
                let numbers = Quantity::OF_THE_PAPER.map(|quantity| protein.divergences.of(quantity)[column]);
                rows.push((format!("paper, Table A.8: {model}"), with_mean(numbers.to_vec())));
            }
        }
        rows
    }

    /// What is to be kept in mind about these rows.
    fn paper_remark(&self) -> Option<&'static str> {
        let paper = PaperResults::bundled()?;
        (!self.paper().is_empty()).then_some(paper.remark.as_str())
    }

    fn caption(&self) -> String {
        let confidence = self.evaluated().next().map_or(95.0, |(_, e)| 100.0 * e.settings.confidence);
        let weights = if self.weighted() { "frames weighted by Markov models" } else { "all frames alike" };
        format!(
            "Jensen–Shannon divergence from the reference, nats, {weights}, with {confidence:.0} % block-bootstrap intervals. Floor: one random half of the reference against the other, which so much data does not tell apart; longer samples may come closer to the whole.{}",
            self.paper_remark().map(|remark| format!(" Rows of the paper: {remark}")).unwrap_or_default()
        )
    }
}

/// Where the page lies.
pub fn page_path(out: &Path) -> PathBuf {
    out.join("comparison.html")
}

/// Writes tables and page into the folder of the comparison, each file as a whole.
///
/// # Errors
/// When a file cannot be written.
pub fn write(out: &Path, report: &ComparisonReport) -> Result<(), ReportError> {
    let files = [
        ("divergences.csv", divergences_csv(report)),
        ("variants.csv", variants_csv(report)),
        ("comparison.md", markdown(report)),
        ("comparison.html", page(report)?),
    ];
    for (name, text) in files {
        let path = out.join(name);
        write_atomically(&path, text.as_bytes()).map_err(|source| ReportError::Io { path, source })?;
    }
    Ok(())
}

/// The table for the terminal.
pub fn text(report: &ComparisonReport) -> String {
    let paper = report.paper();
    let labels = report.results.iter().map(|result| result.plan.label.chars().count());
    let width = labels.chain(paper.iter().map(|(name, _)| name.chars().count())).max().unwrap_or(0).max(8);
    let short = ["TIC 1", "TIC 2", "RMSD", "GDT", "Rg", "contacts", "mean"];
    let weights = if report.weighted() { "Markov-weighted" } else { "all frames alike" };
    let mut text = format!("Jensen–Shannon divergence, nats ({weights})\n{:width$}", "");
    for name in short {
        write!(text, " {name:>8}").ok();
    }
    for result in &report.results {
        write!(text, "\n{:width$}", result.plan.label).ok();
        match &result.evaluation {
            Some(evaluation) => {
                for divergence in report.columns(&evaluation.scores) {
                    match divergence {
                        Some(divergence) => write!(text, " {:>8.4}", divergence.samples.value).ok(),
                        None => write!(text, " {:>8}", "–").ok(),
                    };
                }
            }
            None if result.failure.is_some() => text.push_str(" failed"),
            None => text.push_str(" not done"),
        }
    }
    write!(text, "\n{:width$}", "floor").ok();
    for floor in report.floors() {
        match floor {
            Some(floor) => write!(text, " {:>8.4}", floor.value).ok(),
            None => write!(text, " {:>8}", "–").ok(),
        };
    }
    for row in seed_rows(report) {
        let [name, seeds, mean, range, _] = row.as_slice() else { continue };
        write!(text, "\n{name:width$} {mean:>8}, mean of {seeds} seeds ({range})").ok();
    }
    for (name, columns) in &paper {
        write!(text, "\n{name:width$}").ok();
        for value in columns {
            write!(text, " {value:>8.3}").ok();
        }
    }
    if let Some(remark) = report.paper_remark() {
        write!(text, "\n{remark}").ok();
    }
    text
}

fn divergences_csv(report: &ComparisonReport) -> String {
    let mut text =
        format!("variant,transport,sigma_position_angstrom,sigma_vector_angstrom,{DIVERGENCE_COLUMNS}");
    for (result, evaluation) in report.evaluated() {
        let NetworkConfig { transport, sigma_position_angstrom, sigma_vector_angstrom, .. } =
            &result.plan.network;
        let label = quoted(&result.plan.label);
        let begin = format!("{label},{transport},{sigma_position_angstrom},{sigma_vector_angstrom},");
        add_divergences(&mut text, &begin, &evaluation.scores.divergences);
    }
    text
}

/// Costs of a variant, scaled to all of its work where part of it was not timed.
struct Spent {
    training_cpu_seconds: Option<f64>,
    sampling_cpu_seconds: Option<f64>,
    cpu_seconds_per_frame: Option<f64>,
    /// Chemically intact frames, percent.
    intact: Option<f64>,
}

impl Spent {
    fn of(result: &VariantResult, (replicas, frames): (u32, u64)) -> Self {
        let per_frame = result.sampling.cpu_seconds_per_unit();
        let validity = result.evaluation.as_ref().map(|evaluation| &evaluation.samples.validity);
        Self {
            training_cpu_seconds: result.training.cpu_seconds_per_unit().map(|s| s * result.steps as f64),
            sampling_cpu_seconds: per_frame.map(|s| s * f64::from(replicas) * frames as f64),
            cpu_seconds_per_frame: per_frame,
            intact: validity.map(|validity| 100.0 * validity.per_frame(validity.intact_frames)),
        }
    }
}

fn variants_csv(report: &ComparisonReport) -> String {
    let mut text = String::from(
        "variant,transport,heads,sigma_position_angstrom,sigma_vector_angstrom,parameters,steps,batch_size,training_cpu_seconds,validation_loss,integrator,latent_steps,replicas,frames,sampling_cpu_seconds,cpu_seconds_per_frame,intact_percent,failure\n",
    );
    let number = |value: Option<f64>| value.map(|value| format!("{value:.6}")).unwrap_or_default();
    for result in &report.results {
        let (plan, network) = (&result.plan, &result.plan.network);
        let spent = Spent::of(result, report.sampled);
        let name = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        let [heads, integrator] =
            [serde_json::to_value(network.heads), serde_json::to_value(plan.sampler.integrator)]
                .map(|value| value.as_ref().map(name).unwrap_or_default());
        writeln!(
            text,
            "{},{},{heads},{},{},{},{},{},{},{},{integrator},{},{},{},{},{},{},{}",
            quoted(&plan.label),
            network.transport,
            network.sigma_position_angstrom,
            network.sigma_vector_angstrom,
            plan.parameters,
            result.steps,
            plan.training.batch_size,
            number(spent.training_cpu_seconds),
            number(result.validation_loss),
            plan.sampler.latent_steps,
            report.sampled.0,
            report.sampled.1,
            number(spent.sampling_cpu_seconds),
            number(spent.cpu_seconds_per_frame),
            number(spent.intact),
            quoted(result.failure.as_deref().unwrap_or_default()),
        )
        .ok();
    }
    text
}

/// `0.026 (0.018 – 0.041)`.
fn with_interval(interval: &Interval, open: &str, close: &str) -> String {
    let Interval { value, low, high } = *interval;
    if low.is_finite() && high.is_finite() {
        format!("{value:.4} {open}{low:.4} – {high:.4}{close}")
    } else {
        format!("{value:.4}")
    }
}

/// Rows of the table of divergences; the lowest of a column between `strong` marks.
fn divergence_rows(
    report: &ComparisonReport,
    [open, close]: [&str; 2],
    strong: [&str; 2],
) -> Vec<Vec<String>> {
    let (mut rows, best) = (Vec::new(), report.best());
    for result in &report.results {
        let mut row = vec![result.plan.label.clone()];
        match &result.evaluation {
            Some(evaluation) => {
                for (divergence, best) in report.columns(&evaluation.scores).into_iter().zip(&best) {
                    let Some(Divergence { samples, .. }) = divergence else {
                        row.push("–".to_owned());
                        continue;
                    };
                    let cell = with_interval(&samples, open, close);
                    row.push(match samples.value <= *best {
                        true => format!("{}{cell}{}", strong[0], strong[1]),
                        false => cell,
                    });
                }
            }
            None => {
                let why = if result.failure.is_some() { "failed" } else { "not done" };
                row.push(why.to_owned());
                row.resize(1 + COLUMNS, String::new());
            }
        }
        rows.push(row);
    }
    let mut floor = vec!["Floor".to_owned()];
    let cell =
        |floor: Option<Interval>| floor.map_or("–".to_owned(), |floor| with_interval(&floor, open, close));
    floor.extend(report.floors().into_iter().map(cell));
    rows.push(floor);
    rows.extend(report.paper().into_iter().map(|(name, columns)| {
        std::iter::once(name).chain(columns.iter().map(|value| format!("{value:.3}"))).collect()
    }));
    rows
}

const SEEDS_HEADER: [&str; 5] = ["", "Seeds", "Mean divergence", "Lowest – highest", "Intact frames"];

/// What the same variant with several seeds has in common: a row each; none where there is one seed.
fn seed_rows(report: &ComparisonReport) -> Vec<Vec<String>> {
    let mut names: Vec<&str> = Vec::new();
    for result in &report.results {
        if !names.contains(&result.plan.repeated.as_str()) {
            names.push(&result.plan.repeated);
        }
    }
    if names.len() == report.results.len() {
        return Vec::new();
    }
    let row = |name: &str| {
        let of_name = || report.evaluated().filter(|(result, _)| result.plan.repeated == name);
        let means: Vec<f64> = of_name()
            .filter_map(|(_, evaluation)| report.columns(&evaluation.scores).pop().flatten())
            .map(|mean| mean.samples.value)
            .collect();
        let intact: Vec<f64> =
            of_name().filter_map(|(result, _)| Spent::of(result, report.sampled).intact).collect();
        let average = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
        if means.is_empty() {
            return vec![name.to_owned(), "0".to_owned(), "–".to_owned(), "–".to_owned(), "–".to_owned()];
        }
        let (low, high) =
            (means.iter().copied().fold(f64::INFINITY, f64::min), means.iter().copied().fold(0.0, f64::max));
        vec![
            name.to_owned(),
            means.len().to_string(),
            format!("{:.4}", average(&means)),
            format!("{low:.4} – {high:.4}"),
            if intact.is_empty() { "–".to_owned() } else { format!("{:.1} %", average(&intact)) },
        ]
    };
    names.into_iter().map(row).collect()
}

const COST_HEADER: [&str; 8] = [
    "",
    "Parameters",
    "Optimizer steps × pairs",
    "Training, CPU s",
    "Held-out loss",
    "Sampling, CPU s",
    "CPU s per frame",
    "Intact frames",
];

fn cost_rows(report: &ComparisonReport) -> Vec<Vec<String>> {
    let number = |value: Option<f64>, decimals: usize| {
        value.map_or("–".to_owned(), |value| format!("{value:.decimals$}"))
    };
    report
        .results
        .iter()
        .map(|result| {
            let spent = Spent::of(result, report.sampled);
            vec![
                result.plan.label.clone(),
                format!("{:.2} M", result.plan.parameters as f64 / 1e6),
                format!("{} × {}", result.steps, result.plan.training.batch_size),
                number(spent.training_cpu_seconds, 0),
                number(result.validation_loss, 4),
                number(spent.sampling_cpu_seconds, 0),
                number(spent.cpu_seconds_per_frame, 3),
                spent.intact.map_or("–".to_owned(), |intact| format!("{intact:.1} %")),
            ]
        })
        .collect()
}

fn header() -> Vec<&'static str> {
    let labels = Quantity::OF_THE_PAPER.into_iter().map(Quantity::label);
    std::iter::once("").chain(labels).chain(["Mean"]).collect()
}

fn failures(report: &ComparisonReport) -> Vec<String> {
    let sentence = |result: &VariantResult| {
        result.failure.as_ref().map(|failure| format!("{}: {failure}", result.plan.label))
    };
    report.results.iter().filter_map(sentence).collect()
}

/// What went in, in one sentence.
fn facts(report: &ComparisonReport) -> String {
    let (replicas, frames) = report.sampled;
    let mut text = format!("Of every variant {replicas} trajectories of {frames} frames were sampled.");
    if let Some((_, evaluation)) = report.evaluated().next() {
        let reference = &evaluation.reference;
        write!(
            text,
            " Reference: {} trajectories, {} frames, {} in all, none of them trained on.",
            reference.trajectories,
            reference.frames,
            time_text(reference.frames as f64 * reference.interval_ps)
        )
        .ok();
    }
    text
}

fn markdown(report: &ComparisonReport) -> String {
    let mut text = format!("# {}\n\n{}\n\n", report.name, facts(report));
    let plain = |text: &str| text.replace('|', "\\|");
    let mut add = |header: &[&str], rows: &[Vec<String>]| {
        writeln!(text, "| {} |", header.join(" | ")).ok();
        writeln!(text, "|{}", " --- |".repeat(header.len())).ok();
        for row in rows {
            let cells: Vec<String> = row.iter().map(|cell| plain(cell)).collect();
            writeln!(text, "| {} |", cells.join(" | ")).ok();
        }
        text.push('\n');
    };
    let over_seeds = seed_rows(report);
    if !over_seeds.is_empty() {
        add(&SEEDS_HEADER, &over_seeds);
    }
    add(&header(), &divergence_rows(report, ["(", ")"], ["**", "**"]));
    add(&COST_HEADER, &cost_rows(report));
    writeln!(text, "{}\n", report.caption()).ok();
    for failure in failures(report) {
        writeln!(text, "- Failed: {}", plain(&failure)).ok();
    }
    writeln!(
        text,
        "\nMade {} UTC by `{}`, EquiJump {}.",
        report.made,
        report.command,
        env!("CARGO_PKG_VERSION")
    )
    .ok();
    text
}

fn page(report: &ComparisonReport) -> Result<String, ReportError> {
    let labeled = |mut rows: Vec<Vec<String>>| {
        rows.iter_mut().for_each(|row| row[0] = escaped(&row[0]));
        rows
    };
    let divergences = divergence_rows(report, ["<small>", "</small>"], ["<strong>", "</strong>"]);
    let cost = "Processor time of all cores together. The budget is the same for all: steps, pairs a step, trajectories and frames.";
    let folder = |result: &VariantResult| {
        result.plan.folder.file_name().unwrap_or_default().to_string_lossy().into_owned()
    };
    let any = report.evaluated().next().is_some();
    let (curves, maps, over_seeds) = (curves(report)?, maps(report)?, seed_rows(report));
    let content = html! {
        p.weak { "made " (report.made) " UTC by EquiJump " (env!("CARGO_PKG_VERSION")) }
        p { (facts(report)) }
        (warnings("Failed", &failures(report)))
        @if !over_seeds.is_empty() {
            h2 { "Over seeds" }
            (PreEscaped(table("Mean of the six divergences, averaged over the seeds that are done.", &SEEDS_HEADER, &labeled(over_seeds))))
        }
        h2 { "Divergences" }
        (PreEscaped(table(&report.caption(), &header(), &labeled(divergences))))
        h2 { "Cost" }
        (PreEscaped(table(cost, &COST_HEADER, &labeled(cost_rows(report)))))
        @if any {
            h2 { "Free-energy curves" }
            div.group { @for figure in &curves { (figure) } }
            h2 { "Free energy on the slow coordinates" }
            p {
                "−ln p over the first two TICA components of the reference; the cross marks the native structure. Bins that no frame reached are empty."
            }
            div.group { @for figure in &maps { (figure) } }
        }
        h2 { "Data and method" }
        dl {
            @for (result, _) in report.evaluated() {
                dt { (result.plan.label) }
                dd { a href=(format!("{}/report/report.html", folder(result))) { "whole report" } }
            }
        }
        pre { (report.command) }
        p {
            "Numbers beside this page: " a href="divergences.csv" { "divergences.csv" } ", "
            a href="variants.csv" { "variants.csv" } ", " a href="comparison.md" { "comparison.md" } "."
        }
    };
    Ok(document(&report.name, &content))
}

/// A figure, unless it has no data.
fn drawn(drawing: &Figure, size: (u32, u32), name: &str) -> Result<Option<Markup>, ReportError> {
    match drawing.to_web_svg(size) {
        Ok(svg) => Ok(Some(figure(&svg, name))),
        Err(FigureError::Empty(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Free-energy curves of all variants in one figure for each quantity.
fn curves(report: &ComparisonReport) -> Result<Vec<Markup>, ReportError> {
    let Some((_, first)) = report.evaluated().next() else { return Ok(Vec::new()) };
    let mut drawings = Vec::new();
    for quantity in Quantity::OF_THE_PAPER {
        let pair_of = |evaluation: &Evaluation| -> Option<CurvePair> {
            evaluation.scores.curves.iter().find(|curve| curve.quantity == quantity).cloned()
        };
        let Some(pair) = pair_of(first) else { continue };
        let mut figure = figures::free_energy_curve(&pair);
        figure.curves.truncate(1);
        for (number, (result, evaluation)) in report.evaluated().take(MOST_CURVES).enumerate() {
            let Some(pair) = pair_of(evaluation) else { continue };
            let own = figures::free_energy_curve(&pair).curves.pop();
            figure.curves.extend(own.map(|curve| Curve {
                label: result.plan.label.clone(),
                role: CurveRole::Other(number),
                band: Vec::new(),
                ..curve
            }));
        }
        drawings.extend(drawn(&Figure::Curves(figure), (500, 400), quantity.label())?);
    }
    Ok(drawings)
}

/// Free-energy maps on the slow coordinates (Figure 4 of the paper).
fn maps(report: &ComparisonReport) -> Result<Vec<Markup>, ReportError> {
    let mut drawings = Vec::new();
    for (result, evaluation) in report.evaluated() {
        if let Some(mut figure) = figures::tica_map(evaluation) {
            figure.titles[1].clone_from(&result.plan.label);
            drawings.extend(drawn(&Figure::MapPair(figure), (1020, 460), &result.plan.label)?);
        }
    }
    Ok(drawings)
}
