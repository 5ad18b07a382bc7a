//! The branch test: its report, CSV and terminal table.

use std::fmt::Write as _;

use equijump_engine::analysis::evaluation::branches::{
    BranchHorizon, BranchMeasure, BranchReport, BranchRow, BranchVerdict,
};
use equijump_engine::analysis::evaluation::{Interval, time_text};
use equijump_engine::session::BranchTest;
use maud::{Markup, PreEscaped, html};
use serde::Serialize;

use super::html::{command_and_reference, document, escaped, made_line, table, warnings};
use super::tables::interval_cells_if_any;
use super::{Provenance, ReportError, ReportFolder, files};

/// What stands where data do not support a number.
const NOT_SUPPORTED: &str = "not supported";

fn number(measure: BranchMeasure, value: f64) -> String {
    match value {
        value if !value.is_finite() => "–".to_owned(),
        value if measure.is_energy() => format!("{value:.4}"),
        value => format!("{value:.2}"),
    }
}

fn interval(measure: BranchMeasure, interval: &Interval) -> String {
    format!("{} – {}", number(measure, interval.low), number(measure, interval.high))
}

/// Name of a row, with its residue or its start, and the unit.
pub fn row_name(report: &BranchReport, row: &BranchRow) -> String {
    let unit = match row.measure.unit() {
        "" => String::new(),
        unit => format!(" ({unit})"),
    };
    let of = match (row.residue.and_then(|residue| report.residue_labels.get(residue)), row.start) {
        (Some(residue), _) => format!(", {residue}"),
        (None, Some(start)) => format!(", start {}", start + 1),
        (None, None) => String::new(),
    };
    format!("{}{of}{unit}", row.measure.label())
}

/// Value and range of molecular dynamics, of the model, and of the floor, as people read them.
pub fn cell_texts(row: &BranchRow) -> [[String; 2]; 3] {
    let measure = row.measure;
    let Some(numbers) = &row.numbers else {
        return [(); 3].map(|()| [NOT_SUPPORTED.to_owned(), String::new()]);
    };
    let cell = |value: &Interval| [number(measure, value.value), interval(measure, value)];
    let dynamics = numbers.dynamics.as_ref().map_or(["–".to_owned(), String::new()], cell);
    [dynamics, cell(&numbers.model), cell(&numbers.floor)]
}

/// The verdict, of energy distances with the multiple of the floor.
pub fn verdict_text(row: &BranchRow) -> String {
    match row.floors() {
        Some(floors) => format!("{floors:.2} × floor, {}", row.verdict().label()),
        None => row.verdict().label().to_owned(),
    }
}

/// When a comparison is made: `after 10 jumps, 1.00 ns`.
pub fn horizon_text(horizon: &BranchHorizon) -> String {
    let jumps = if horizon.jumps == 1 { "jump" } else { "jumps" };
    let asked = horizon.asked_jumps.map(|asked| format!(" (not {asked}: the molecular dynamics is shorter)"));
    format!("after {} {jumps}, {}{}", horizon.jumps, time_text(horizon.time_ps), asked.unwrap_or_default())
}

/// The measures of the whole chain, for the terminal.
pub fn text(report: &BranchReport) -> String {
    let dynamics: usize = report.starts.iter().sum();
    let mut text = format!(
        "{dynamics} branches of {} from {} {}{}\n",
        report.protein,
        report.starts.len(),
        if report.starts.len() == 1 { "frame" } else { "frames" },
        if report.lost_draws > 0 {
            format!(", {} of the model lost", report.lost_draws)
        } else {
            String::new()
        },
    );
    for horizon in &report.horizons {
        writeln!(
            text,
            "\n{:<46} {:>13} {:<17} {:>13} {:<17} {:>8}",
            horizon_text(horizon),
            "MD",
            "  interval",
            "model",
            "  interval",
            "floor"
        )
        .ok();
        for row in horizon.rows.iter().filter(|row| row.residue.is_none()) {
            let name = row_name(report, row);
            if row.numbers.is_none() {
                writeln!(text, "{name:<46} {NOT_SUPPORTED:>13}").ok();
                continue;
            }
            let [dynamics, model, floor] = cell_texts(row);
            writeln!(
                text,
                "{name:<46} {:>13}   {:<15} {:>13}   {:<15} {:>8}   {}",
                dynamics[0],
                dynamics[1],
                model[0],
                model[1],
                floor[0],
                verdict_text(row),
            )
            .ok();
        }
    }
    for sentence in &report.not_supported {
        writeln!(text, "\nnot supported: {sentence}").ok();
    }
    text
}

fn cells(report: &BranchReport, row: &BranchRow) -> Vec<String> {
    let with = |[value, range]: [String; 2]| match range.is_empty() {
        true => value,
        false => format!("{value}<small>{range}</small>"),
    };
    let [dynamics, model, floor] = cell_texts(row);
    let verdict = verdict_text(row);
    let verdict = match row.verdict() {
        BranchVerdict::AsDynamics | BranchVerdict::NotSupported => verdict,
        _ => format!("<strong>{verdict}</strong>"),
    };
    vec![escaped(&row_name(report, row)), with(dynamics), with(model), with(floor), verdict]
}

fn section(report: &BranchReport, horizon: &BranchHorizon) -> Markup {
    let header = ["", "MD", "Model", "Floor", ""];
    let rows = |of: &dyn Fn(&BranchRow) -> bool| -> Vec<Vec<String>> {
        horizon.rows.iter().filter(|row| of(row)).map(|row| cells(report, row)).collect()
    };
    let counts: Vec<String> = horizon
        .trajectories
        .iter()
        .enumerate()
        .map(|(start, [dynamics, model])| {
            format!("start {}: {dynamics} of MD, {model} of the model", start + 1)
        })
        .collect();
    let mut heading = horizon_text(horizon);
    if let Some(first) = heading.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    let of_starts = rows(&|row| row.start.is_some());
    html! {
        h2 { (heading) }
        p.weak { "Trajectories that reach it: " (counts.join("; ")) "." }
        (PreEscaped(table(
            "All starts together. Energy distances: zero for one and the same cloud of points; beside them the floor, what as many trajectories of molecular dynamics give against themselves. Of the other rows the floor is by how much halves of the molecular dynamics differ, scaled to as many trajectories as are compared.",
            &header,
            &rows(&|row| row.residue.is_none() && row.start.is_none()),
        )))
        @if !of_starts.is_empty() {
            details {
                summary { "Start by start" }
                (PreEscaped(table("Each start for itself.", &header, &of_starts)))
            }
        }
        details {
            summary { "Residue by residue" }
            (PreEscaped(table(
                "Cα of each residue, superposed on the start.",
                &header,
                &rows(&|row| row.residue.is_some()),
            )))
        }
    }
}

#[derive(Serialize)]
struct Summary<'a> {
    #[serde(flatten)]
    provenance: &'a Provenance,
    branches: &'a BranchTest,
}

/// Writes page, tables and summary into an open folder.
///
/// # Errors
/// When a file cannot be written.
pub fn write(folder: &ReportFolder, test: &BranchTest, provenance: &Provenance) -> Result<(), ReportError> {
    let report = &test.report;
    folder.add("branches.csv", csv(report).as_bytes())?;
    let summary = Summary { provenance, branches: test };
    folder.add("summary.json", serde_json::to_string_pretty(&summary)?.as_bytes())?;
    let about = format!("{} · {} residues", report.sequence, report.residue_labels.len());
    let text = format!(
        "From {} {} the model {} ({} latent steps, {}, {}) drew trajectories beside those of molecular dynamics, all from the same frame with velocities of their own. Intervals of {:.0} % come from drawing the trajectories of both sides with replacement; the starts are given.{}",
        report.starts.len(),
        if report.starts.len() == 1 { "frame" } else { "frames" },
        test.model,
        test.sampler.latent_steps,
        test.sampler.noise_text(),
        test.device,
        100.0 * report.settings.confidence,
        match report.lost_draws {
            0 => String::new(),
            lost => format!(
                " {lost} trajectories of the model could not be used: their positions are not numbers."
            ),
        },
    );
    let content = html! {
        (made_line(&about, &provenance.made, &provenance.version))
        p { (text) }
        (warnings("Not supported", &report.not_supported))
        @for horizon in &report.horizons { (section(report, horizon)) }
        h2 { "Data and method" }
        (command_and_reference(provenance, &report.notices))
        p.weak { "Topology " (provenance.topology) ", model of checksum " (test.model_checksum) "." }
        p {
            "Numbers beside this page: " a href="branches.csv" { "branches.csv" } " and "
            a href="summary.json" { "summary.json" } "."
        }
    };
    let page = document(&format!("{}: branches against molecular dynamics", report.protein), &content);
    folder.add(files::PAGE, page.as_bytes())
}

fn csv(report: &BranchReport) -> String {
    let mut text = String::from("jumps,time_ps,measure,start,residue,unit");
    for column in ["md", "model", "floor", "difference"] {
        write!(text, ",{column},{column}_low,{column}_high").ok();
    }
    text.push_str(",verdict\n");
    for horizon in &report.horizons {
        for row in &horizon.rows {
            let residue = row.residue.and_then(|residue| report.residue_labels.get(residue));
            let residue = residue.map(String::as_str).unwrap_or_default();
            let start = row.start.map(|start| (start + 1).to_string()).unwrap_or_default();
            let (jumps, time_ps) = (horizon.jumps, horizon.time_ps);
            write!(text, "{jumps},{time_ps},{},{start},{residue},{}", row.measure.key(), row.measure.unit())
                .ok();
            let numbers = row.numbers.as_ref();
            for interval in [
                numbers.and_then(|n| n.dynamics),
                numbers.map(|n| n.model),
                numbers.map(|n| n.floor),
                numbers.map(|n| n.difference),
            ] {
                write!(text, ",{}", interval_cells_if_any(interval.as_ref())).ok();
            }
            writeln!(text, ",{}", row.verdict().label()).ok();
        }
    }
    text
}
