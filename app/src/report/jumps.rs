//! The one-step test: its section of the report, its own report, CSV and terminal table.

use std::fmt::Write as _;

use equijump_engine::analysis::evaluation::jumps::{JumpGroup, JumpMeasure, JumpReport, JumpRow};
use equijump_engine::analysis::evaluation::{Interval, time_text};
use equijump_engine::session::JumpTest;
use maud::{PreEscaped, html};
use serde::Serialize;

use super::html::{command_and_reference, document, made_line, table};
use super::{Provenance, ReportError, ReportFolder, files, tables};

/// Share of the pairs of the reference that a torsion's row must rest on to be printed in the terminal.
const SHOWN_SHARE: f64 = 0.02;

/// A number of a measure as people read it, without its unit.
fn number(measure: JumpMeasure, value: f64) -> String {
    match value {
        value if !value.is_finite() => "–".to_owned(),
        value if measure.is_share() => format!("{:.1}", 100.0 * value),
        value => match measure {
            JumpMeasure::DistanceEnergy | JumpMeasure::TorsionEnergy => format!("{value:.4}"),
            JumpMeasure::WrongHands | JumpMeasure::Clashes | JumpMeasure::TorsionChange => {
                format!("{value:.3}")
            }
            _ => format!("{value:.2}"),
        },
    }
}

fn unit(measure: JumpMeasure) -> &'static str {
    if measure.is_share() { "%" } else { measure.unit() }
}

fn interval(measure: JumpMeasure, interval: &Interval) -> String {
    format!("{} – {}", number(measure, interval.low), number(measure, interval.high))
}

/// A value and its interval as people read them, with the unit.
pub fn cell_text(measure: JumpMeasure, value: &Interval) -> [String; 2] {
    let with_unit = |text: String| match unit(measure) {
        "" => text,
        unit => format!("{text} {unit}"),
    };
    [with_unit(number(measure, value.value)), with_unit(interval(measure, value))]
}

/// Name of a row, with its residue.
pub fn row_name(report: &JumpReport, row: &JumpRow) -> String {
    match row.residue.and_then(|residue| report.residue_labels.get(residue)) {
        Some(residue) => format!("{}, {residue}", row.measure.label()),
        None => row.measure.label().to_owned(),
    }
}

/// Whether the model is as molecular dynamics, lower or higher.
pub fn verdict(row: &JumpRow) -> &'static str {
    match row.agrees() {
        true => "as MD",
        false if row.difference.value < 0.0 => "lower",
        false => "higher",
    }
}

/// The measures of the whole chain and the torsions that matter, for the terminal.
pub fn text(report: &JumpReport) -> String {
    let mut text = format!(
        "{} jumps of {} from {} frames of {}{}\n{:<40} {:>8} {:<17} {:>8} {:<17} {:>8}\n",
        report.draws,
        time_text(report.lag_ps),
        report.sources,
        report.protein,
        if report.lost_draws > 0 { format!(", {} lost", report.lost_draws) } else { String::new() },
        "",
        "MD",
        "  interval",
        "model",
        "  interval",
        "floor",
    );
    for row in report.rows.iter().filter(|row| is_shown(report, row)) {
        let measure = row.measure;
        let unit = unit(measure);
        let label = match unit {
            "" => row_name(report, row),
            unit => format!("{} ({unit})", row_name(report, row)),
        };
        writeln!(
            text,
            "{label:<40} {:>8}   {:<15} {:>8}   {:<15} {:>8}   {}",
            number(measure, row.reference.value),
            interval(measure, &row.reference),
            number(measure, row.model.value),
            interval(measure, &row.model),
            number(measure, row.floor.value),
            verdict(row),
        )
        .ok();
    }
    text
}

fn is_shown(report: &JumpReport, row: &JumpRow) -> bool {
    match row.measure.group() {
        JumpGroup::Motion => row.residue.is_none(),
        JumpGroup::Torsions => row.reference_pairs as f64 >= SHOWN_SHARE * report.reference_pairs as f64,
        _ => true,
    }
}

/// The section of the report.
pub(super) fn section(test: &JumpTest) -> String {
    let report = &test.report;
    let settings = &report.settings;
    let text = format!(
        "The model {} ({}, {} latent steps, {}, {}) made {} jumps of {} from {} frames of the reference. The values of molecular dynamics are those of {} pairs of its frames so far apart, in {} trajectories; intervals of {:.0} % come from drawing {} with replacement, for both together. A difference is told where its interval does not hold zero. Floor: by how much one half of the trajectories differs from the other.{}",
        test.model,
        test.sampler.integrator,
        test.sampler.latent_steps,
        test.sampler.noise_text(),
        test.device,
        report.draws,
        time_text(report.lag_ps),
        report.sources,
        report.reference_pairs,
        report.trajectories,
        100.0 * settings.confidence,
        if report.whole_trajectories { "whole trajectories" } else { "pieces of trajectories" },
        if report.lost_draws > 0 {
            format!(" {} more jumps could not be used: their positions are not numbers.", report.lost_draws)
        } else {
            String::new()
        },
    );
    let mut page = html! { h2 { "Single jumps" } p { (text) } }.into_string();
    let header = ["", "MD", "Model", "Difference", "Floor", ""];
    for group in JumpGroup::ALL {
        let rows: Vec<Vec<String>> = report
            .rows
            .iter()
            .filter(|row| row.measure.group() == group && row.residue.is_none())
            .map(|row| cells(row, row.measure.label().to_owned()))
            .collect();
        if !rows.is_empty() {
            page.push_str(&table(&caption(group, report), &header, &rows));
        }
        if group == JumpGroup::Chemistry {
            page.push_str(&tables::chemistry_of(
                ("MD", &report.reference_chemistry),
                ("Model", &report.model_chemistry),
            ));
        }
    }
    page.push_str("<details><summary>Residue by residue</summary>\n");
    let residues = |measures: &[JumpMeasure], caption: &str| {
        let rows: Vec<Vec<String>> = report
            .rows
            .iter()
            .filter(|row| row.residue.is_some() && measures.contains(&row.measure))
            .map(|row| cells(row, row_name(report, row)))
            .collect();
        if rows.is_empty() { String::new() } else { table(caption, &header, &rows) }
    };
    page.push_str(&residues(
        &[JumpMeasure::PhiPositiveKept],
        "Share of the jumps from frames with φ &gt; 0 after which φ still is.",
    ));
    page.push_str(&residues(
        &[JumpMeasure::BasinKept],
        "Share of the jumps that end in the basin of (φ, ψ) they start in: φ &gt; 0; α, ψ from −120° to 50°; β, all else.",
    ));
    page.push_str(&residues(
        &[JumpMeasure::Chi1Kept],
        "Share of the jumps that end in the third of the circle that χ1 starts in.",
    ));
    page.push_str(&residues(
        &[JumpMeasure::Motion500, JumpMeasure::Motion975],
        "Distance of each Cα between the two frames, superposed.",
    ));
    page.push_str("</details>\n");
    page
}

fn cells(row: &JumpRow, name: String) -> Vec<String> {
    let measure = row.measure;
    let with = |value: &Interval| {
        let space = if unit(measure).is_empty() { "" } else { " " };
        format!(
            "{}{space}{}<small>{}</small>",
            number(measure, value.value),
            unit(measure),
            interval(measure, value)
        )
    };
    let judged =
        if row.agrees() { verdict(row).to_owned() } else { format!("<strong>{}</strong>", verdict(row)) };
    vec![
        name,
        with(&row.reference),
        with(&row.model),
        with(&row.difference),
        number(measure, row.floor.value),
        judged,
    ]
}

fn caption(group: JumpGroup, report: &JumpReport) -> String {
    let settings = &report.settings;
    match group {
        JumpGroup::Motion => "Cα RMSD between the frames before and after, superposed.".to_owned(),
        JumpGroup::Escape => format!(
            "Jumps from folded frames, Cα RMSD from the native structure below {} Å, that end beyond {} Å, and the other way.",
            settings.folded_below_angstrom, settings.unfolded_beyond_angstrom
        ),
        JumpGroup::Torsions => String::new(),
        JumpGroup::Distribution => "How much Cα distances and torsion angles change, root mean square, and the energy distance between the joint distributions of the frames before and after: zero for the same law, and of molecular dynamics from the same frames as in its column.".to_owned(),
        JumpGroup::Chemistry => "The frames that the jumps end in.".to_owned(),
    }
}

/// Adds the numbers as CSV.
pub(super) fn add_tables(folder: &ReportFolder, test: &JumpTest) -> Result<(), ReportError> {
    folder.add("jumps.csv", csv(&test.report).as_bytes())
}

fn csv(report: &JumpReport) -> String {
    let mut text = String::from("measure,residue,unit");
    for column in ["md", "model", "difference", "floor"] {
        write!(text, ",{column},{column}_low,{column}_high").ok();
    }
    text.push_str(",md_pairs,model_jumps\n");
    for row in &report.rows {
        let residue = row.residue.and_then(|residue| report.residue_labels.get(residue));
        let residue = residue.map(String::as_str).unwrap_or_default();
        write!(text, "{},{residue},{}", row.measure.key(), row.measure.unit()).ok();
        for interval in [row.reference, row.model, row.difference, row.floor] {
            write!(text, ",{}", tables::interval_cells(&interval)).ok();
        }
        writeln!(text, ",{},{}", row.reference_pairs, row.model_pairs).ok();
    }
    text
}

#[derive(Serialize)]
struct Summary<'a> {
    #[serde(flatten)]
    provenance: &'a Provenance,
    jumps: &'a JumpTest,
}

/// Writes the test alone into an open folder. Nothing is in place before [`ReportFolder::commit`].
///
/// # Errors
/// When a file cannot be written.
pub fn write(folder: &ReportFolder, test: &JumpTest, provenance: &Provenance) -> Result<(), ReportError> {
    add_tables(folder, test)?;
    folder.add(
        "summary.json",
        serde_json::to_string_pretty(&Summary { provenance, jumps: test })?.as_bytes(),
    )?;
    let report = &test.report;
    let about = format!("{} · {} residues", report.sequence, report.residue_labels.len());
    let content = html! {
        (made_line(&about, &provenance.made, &provenance.version))
        (PreEscaped(section(test)))
        (command_and_reference(provenance, &report.notices))
        p.weak {
            "Topology " (provenance.topology) ", native structure " (provenance.native) ", model of checksum "
            (test.model_checksum) "."
        }
        p {
            "Numbers beside this page: " a href="jumps.csv" { "jumps.csv" } " and " a href="summary.json" { "summary.json" } "."
        }
    };
    let page = document(&format!("{}: single jumps against molecular dynamics", report.protein), &content);
    folder.add(files::PAGE, page.as_bytes())
}
