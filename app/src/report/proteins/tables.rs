//! The tables of many proteins, for the page, the terminal and as CSV.

use std::fmt::Write as _;

use equijump_engine::analysis::PaperResults;
use equijump_engine::analysis::evaluation::{
    Divergence, EnsembleSummary, Evaluation, Interval, Quantity, STRETCH_PS, time_text,
};

use super::super::html::{escaped, table};
use super::super::tables::{interval_cells, quoted, with_interval};
use super::{ProteinResult, divergence, mean};

/// What stands where the data do not support a number.
const NOT_SUPPORTED: &str = "not supported";
/// Short names of the quantities of the paper, in their order.
const SHORT: [&str; 6] = ["TIC 1", "TIC 2", "RMSD", "GDT", "Rg", "Contacts"];

fn evaluated(results: &[ProteinResult]) -> impl Iterator<Item = (&ProteinResult, &Evaluation)> {
    results.iter().filter_map(|result| Some((result, result.evaluation()?)))
}

fn intact_percent(ensemble: &EnsembleSummary) -> f64 {
    100.0 * ensemble.validity.per_frame(ensemble.validity.intact_frames)
}

fn wrong_hands(ensemble: &EnsembleSummary) -> f64 {
    ensemble.validity.per_frame(ensemble.validity.chirality_errors)
}

/// What was compared, and whether frames are chemically intact.
pub(super) fn overview(results: &[ProteinResult]) -> String {
    let rows: Vec<Vec<String>> = results
        .iter()
        .map(|result| {
            let mut row = vec![
                escaped(&result.label()),
                result.sequence.chars().count().to_string(),
                escaped(result.model.as_deref().unwrap_or("given")),
                result.trained_text().to_owned(),
            ];
            match result.evaluation() {
                Some(evaluation) => {
                    for ensemble in [&evaluation.reference, &evaluation.samples] {
                        let time_ps = ensemble.frames as f64 * ensemble.interval_ps;
                        row.push(format!(
                            "{}<small>{} in {}</small>",
                            ensemble.frames,
                            time_text(time_ps),
                            ensemble.trajectories
                        ));
                    }
                    for ensemble in [&evaluation.reference, &evaluation.samples] {
                        row.push(format!("{:.1} %", intact_percent(ensemble)));
                        row.push(format!("{:.3}", wrong_hands(ensemble)));
                    }
                    let support = if evaluation.scores.weighted { "supported" } else { NOT_SUPPORTED };
                    row.push(support.to_owned());
                }
                None => row.extend((0..7).map(|_| "–".to_owned())),
            }
            row
        })
        .collect();
    table(
        "Frames with their time and the number of trajectories; intact frames and residues of the wrong hand per frame, in up to 3000 frames, by the ranges of molecular dynamics; whether Markov models, and with them free energies, populations and rates, are supported by both sides.",
        &[
            "",
            "Residues",
            "Model",
            "Trained on",
            "MD, frames",
            "Model, frames",
            "MD, intact",
            "wrong hands",
            "Model, intact",
            "wrong hands",
            "Free energies",
        ],
        &rows,
    )
}

fn with_floors(evaluation: &Evaluation, quantity: Quantity, weighted: bool) -> String {
    match divergence(evaluation, quantity, weighted) {
        Some(found) => {
            format!("{}<small>{:.1} × floor</small>", with_interval(&found.samples, 3, ""), found.floors())
        }
        None => "–".to_owned(),
    }
}

/// The means over the proteins that have a number, quantity by quantity.
fn mean_divergences(results: &[ProteinResult], weighted: bool) -> Vec<Option<(f64, usize)>> {
    let of = |quantity| {
        mean(evaluated(results).filter_map(|(_, e)| Some(divergence(e, quantity, weighted)?.samples.value)))
    };
    Quantity::OF_THE_PAPER.map(of).to_vec()
}

/// Rows of means: ours in both weightings, then those of the paper, which are of its 12 proteins.
fn mean_rows(results: &[ProteinResult]) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    for (weighted, weights) in [(true, "weighted by Markov models"), (false, "all frames alike")] {
        let means = mean_divergences(results, weighted);
        let count = means.iter().flatten().map(|(_, count)| *count).max();
        let mut row = vec![match count {
            Some(count) => format!("<strong>Mean of {count} here</strong>, {weights}"),
            None => format!("<strong>Mean here</strong>, {weights}"),
        }];
        let number =
            |found: &Option<(f64, usize)>| found.map_or(NOT_SUPPORTED.to_owned(), |(m, _)| format!("{m:.3}"));
        row.extend(means.iter().map(number));
        rows.push(row);
    }
    if let Some(paper) = PaperResults::bundled() {
        for (column, model) in paper.models.iter().enumerate() {
            let numbers =
                Quantity::OF_THE_PAPER.map(|quantity| paper.mean_divergences.of(quantity).get(column));
            let mut row = vec![format!("Table 2, mean of 12: {}", escaped(model))];
            row.extend(numbers.map(|number| number.map_or("–".to_owned(), |value| format!("{value:.2}"))));
            rows.push(row);
        }
    }
    rows
}

/// Divergences of every protein, with the rows of the paper's Table A.8 under ours, and the means of Table 2.
pub(super) fn divergences(results: &[ProteinResult]) -> String {
    let mut header = vec![""];
    header.extend(SHORT);
    let mut page = table(
        "Mean Jensen–Shannon divergences, nats. The paper’s are weighted by Markov models of another molecular dynamics, and its logarithm has a base that it does not state.",
        &header,
        &mean_rows(results),
    );
    let mut rows = Vec::new();
    for (result, evaluation) in evaluated(results) {
        let label = escaped(&result.label());
        let mut weighted = vec![format!("<strong>{label}</strong>, weighted by Markov models")];
        match result.not_supported() {
            Some(_) => weighted.extend(SHORT.map(|_| NOT_SUPPORTED.to_owned())),
            None => weighted.extend(Quantity::OF_THE_PAPER.map(|q| with_floors(evaluation, q, true))),
        }
        rows.push(weighted);
        let mut plain = vec![format!("<strong>{label}</strong>, all frames alike")];
        plain.extend(Quantity::OF_THE_PAPER.map(|quantity| with_floors(evaluation, quantity, false)));
        rows.push(plain);
        let Some((paper, protein)) = PaperResults::bundled().zip(result.paper()) else { continue };
        for (column, model) in paper.models.iter().enumerate() {
            let mut row = vec![format!("{label}, Table A.8: {}", escaped(model))];
            row.extend(Quantity::OF_THE_PAPER.map(|quantity| {
                protein
                    .divergences
                    .of(quantity)
                    .get(column)
                    .map_or("–".to_owned(), |value| format!("{value:.3}"))
            }));
            rows.push(row);
        }
    }
    let confidence = confidence_percent(results);
    page.push_str(&table(
        &format!("Jensen–Shannon divergence of the samples from molecular dynamics, nats, with {confidence:.0} % block-bootstrap intervals, and in units of the floor of molecular dynamics against itself, scaled to the time that was compared. Frames that all count alike compare what trajectories of one length did from the same starts, not equilibria."),
        &header,
        &rows,
    ));
    page
}

fn confidence_percent(results: &[ProteinResult]) -> f64 {
    evaluated(results).next().map_or(95.0, |(_, evaluation)| 100.0 * evaluation.settings.confidence)
}

fn average(evaluation: &Evaluation, quantity: Quantity) -> Option<(Interval, Interval, Interval)> {
    let row = evaluation.scores.averages.iter().find(|row| row.quantity == quantity)?;
    Some((row.reference, row.samples, row.percent_error))
}

/// Percent errors of averages, beside those of the paper.
pub(super) fn averages(results: &[ProteinResult]) -> String {
    let quantities = Quantity::AVERAGED;
    let mut rows: Vec<Vec<String>> = evaluated(results)
        .map(|(result, evaluation)| {
            let weights = if evaluation.scores.weighted { "weighted" } else { "all frames alike" };
            let mut row = vec![format!("{}, {weights}", escaped(&result.label()))];
            row.extend(quantities.iter().map(|&quantity| {
                average(evaluation, quantity).map_or("–".to_owned(), |(_, _, e)| with_interval(&e, 1, " %"))
            }));
            row
        })
        .collect();
    let of = |quantity| mean(evaluated(results).filter_map(|(_, e)| Some(average(e, quantity)?.2.value)));
    let means: Vec<Option<(f64, usize)>> = quantities.iter().map(|&quantity| of(quantity)).collect();
    let mut row = vec!["<strong>Mean here</strong>".to_owned()];
    row.extend(means.iter().map(|m| m.map_or("–".to_owned(), |(m, _)| format!("{m:.1} %"))));
    rows.push(row);
    if let Some(paper) = PaperResults::bundled() {
        for (column, model) in paper.models.iter().enumerate() {
            let mut row = vec![format!("Table 3, mean of 12: {}", escaped(model))];
            row.extend(quantities.iter().map(|&quantity| {
                let found = paper.mean_percent_errors.of(quantity).get(column);
                found.map_or("–".to_owned(), |value| format!("{value:.1} %"))
            }));
            rows.push(row);
        }
    }
    let mut header = vec![""];
    header.extend(quantities.iter().map(|quantity| quantity.label()));
    table("Errors of averages in percent of molecular dynamics.", &header, &rows)
}

/// Radius of gyration, contacts and fluctuation beside those of molecular dynamics.
pub(super) fn motion(results: &[ProteinResult]) -> String {
    let rows: Vec<Vec<String>> = evaluated(results)
        .map(|(result, evaluation)| {
            let mut row = vec![escaped(&result.label())];
            for (quantity, decimals) in [(Quantity::RadiusOfGyration, 2), (Quantity::NativeContacts, 3)] {
                match average(evaluation, quantity) {
                    Some((md, model, _)) => {
                        row.push(with_interval(&md, decimals, ""));
                        row.push(with_interval(&model, decimals, ""));
                    }
                    None => row.extend(["–".to_owned(), "–".to_owned()]),
                }
            }
            let (md, model) = (&evaluation.reference.fluctuation, &evaluation.samples.fluctuation);
            match model.share_within(md) {
                Some(share) => row.extend([
                    format!("{:.2}<small>{} stretches</small>", md.overall_angstrom(), md.stretches),
                    format!("{:.2}<small>{} stretches</small>", model.overall_angstrom(), model.stretches),
                    format!("{:.0} %", 100.0 * share),
                ]),
                None => row.extend([(); 3].map(|()| NOT_SUPPORTED.to_owned())),
            }
            row
        })
        .collect();
    table(
        &format!(
            "Means with {:.0} % intervals. RMSF: of each Cα within stretches of {} of a trajectory, each superposed on its first frame, mean over stretches and residues; the last column is the share of the residues whose mean lies where 90 % of the stretches of molecular dynamics lie. Residue by residue: fluctuation.csv.",
            confidence_percent(results),
            time_text(STRETCH_PS)
        ),
        &["", "Rg, MD (Å)", "Model", "Contacts, MD", "Model", "RMSF, MD (Å)", "Model", "Residues within"],
        &rows,
    )
}

/// The tables in short, for the terminal.
pub fn text(results: &[ProteinResult]) -> String {
    let labels = results.iter().map(|result| result.label().chars().count());
    let width = labels.max().unwrap_or(0).max(22);
    let mut text = format!("{:width$}", "JSD, nats");
    for name in SHORT {
        write!(text, " {name:>8}").ok();
    }
    writeln!(text, " {:>7} {:>6} {:>11}  free energies", "intact", "hands", "RMSF MD→").ok();
    for result in results {
        write!(text, "{:width$}", result.label()).ok();
        let Some(evaluation) = result.evaluation() else {
            text.push_str(" not evaluated\n");
            continue;
        };
        let weighted = evaluation.scores.weighted;
        for quantity in Quantity::OF_THE_PAPER {
            match divergence(evaluation, quantity, weighted) {
                Some(found) => write!(text, " {:>8.3}", found.samples.value).ok(),
                None => write!(text, " {:>8}", "–").ok(),
            };
        }
        let (md, model) = (&evaluation.reference.fluctuation, &evaluation.samples.fluctuation);
        let fluctuation = match model.share_within(md) {
            Some(_) => format!("{:.2}→{:.2}", md.overall_angstrom(), model.overall_angstrom()),
            None => "–".to_owned(),
        };
        writeln!(
            text,
            " {:>5.1} % {:>6.3} {fluctuation:>11}  {}",
            intact_percent(&evaluation.samples),
            wrong_hands(&evaluation.samples),
            if weighted { "weighted by Markov models" } else { "not supported: all frames alike" },
        )
        .ok();
    }
    if let Some(paper) = PaperResults::bundled() {
        for (column, model) in paper.models.iter().enumerate() {
            write!(text, "{:width$}", format!("Table 2: {model}")).ok();
            for quantity in Quantity::OF_THE_PAPER {
                match paper.mean_divergences.of(quantity).get(column) {
                    Some(value) => write!(text, " {value:>8.2}").ok(),
                    None => write!(text, " {:>8}", "–").ok(),
                };
            }
            text.push('\n');
        }
        text.push_str(&paper.remark);
    }
    text
}

/// Every number, one a line. What the data do not support has no numbers, and says why.
pub(super) fn csv(results: &[ProteinResult]) -> String {
    let mut text = String::from(
        "protein,trained_on,measure,weighting,md,md_low,md_high,model,model_low,model_high,scaled_floor,not_supported_because\n",
    );
    for (result, evaluation) in evaluated(results) {
        let trained = result.trained_on.map_or("", |trained| if trained { "yes" } else { "no" });
        let begin = format!("{},{trained}", quoted(&result.name));
        let why = result.not_supported();
        for row in &evaluation.scores.divergences {
            let key = row.quantity.key();
            let mut line = |weighting: &str, found: Option<Divergence>| {
                match found {
                    Some(Divergence { samples, scaled_floor, .. }) => {
                        let samples = interval_cells(&samples);
                        writeln!(text, "{begin},jsd_{key},{weighting},,,,{samples},{scaled_floor:.6},")
                    }
                    None => {
                        let why = quoted(why.as_deref().unwrap_or("no Markov models"));
                        writeln!(text, "{begin},jsd_{key},{weighting},,,,,,,,{why}")
                    }
                }
                .ok();
            };
            line("markov", row.weighted);
            line("none", Some(row.plain));
        }
        let weighting = if evaluation.scores.weighted { "markov" } else { "none" };
        for row in &evaluation.scores.averages {
            write!(text, "{begin},mean_{},{weighting}", row.quantity.key()).ok();
            let [md, model] = [row.reference, row.samples].map(|interval| interval_cells(&interval));
            writeln!(text, ",{md},{model},,").ok();
        }
        let mut pair = |measure: &str, of: &dyn Fn(&EnsembleSummary) -> f64| {
            let [md, model] = [of(&evaluation.reference), of(&evaluation.samples)];
            writeln!(text, "{begin},{measure},none,{md:.6},,,{model:.6},,,,").ok();
        };
        pair("intact_percent", &intact_percent);
        pair("wrong_hands_per_frame", &wrong_hands);
        pair("frames", &|ensemble| ensemble.frames as f64);
        pair("trajectories", &|ensemble| ensemble.trajectories as f64);
        pair("time_ns", &|ensemble| ensemble.frames as f64 * ensemble.interval_ps * 1e-3);
        if evaluation.samples.fluctuation.share_within(&evaluation.reference.fluctuation).is_some() {
            pair("rmsf_angstrom", &|ensemble| ensemble.fluctuation.overall_angstrom());
        }
    }
    text
}

/// RMSF residue by residue.
pub(super) fn fluctuation_csv(results: &[ProteinResult]) -> String {
    let mut text = String::from(
        "protein,residue,md_angstrom,md_5_percent_angstrom,md_95_percent_angstrom,model_angstrom,model_5_percent_angstrom,model_95_percent_angstrom\n",
    );
    for (result, evaluation) in evaluated(results) {
        let (md, model) = (&evaluation.reference.fluctuation, &evaluation.samples.fluctuation);
        if model.share_within(md).is_none() {
            continue;
        }
        for (residue, number) in evaluation.residue_numbers.iter().enumerate() {
            write!(text, "{},{number}", quoted(&result.name)).ok();
            for of in [md, model] {
                for values in [&of.mean_angstrom, &of.low_angstrom, &of.high_angstrom] {
                    write!(text, ",{:.4}", values.get(residue).copied().unwrap_or(f64::NAN)).ok();
                }
            }
            text.push('\n');
        }
    }
    text
}
