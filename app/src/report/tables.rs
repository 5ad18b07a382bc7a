//! The tables of a report, for the page and as CSV.

use std::fmt::Write as _;

use equijump_engine::analysis::evaluation::kinetics::{Kinetics, MIN_TRANSITIONS};
use equijump_engine::analysis::evaluation::{
    Divergence, DivergenceRow, EnsembleSummary, Evaluation, ImpliedTimescales, Interval, Quantity, time_text,
};
use equijump_engine::analysis::paper::{PaperProtein, PaperResults};
use equijump_engine::analysis::validity::ValiditySummary;

use super::html::{escaped, table};

/// `0.0263 <small>0.0180 – 0.0410</small>`.
pub(super) fn with_interval(interval: &Interval, decimals: usize, unit: &str) -> String {
    let Interval { value, low, high } = *interval;
    if !low.is_finite() || !high.is_finite() {
        return format!("{value:.decimals$}{unit}");
    }
    format!("{value:.decimals$}{unit}<small>{low:.decimals$} – {high:.decimals$}</small>")
}

/// A cell of a CSV file that may hold commas.
pub(super) fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

/// Three cells of a CSV file.
pub(super) fn interval_cells(Interval { value, low, high }: &Interval) -> String {
    format!("{value:.6},{low:.6},{high:.6}")
}

/// Three cells of a CSV file, empty where there is no interval.
pub(super) fn interval_cells_if_any(interval: Option<&Interval>) -> String {
    interval.map_or_else(|| ",,".to_owned(), interval_cells)
}

/// Columns of divergences in CSV files.
pub(super) const DIVERGENCE_COLUMNS: &str =
    "quantity,weighting,divergence_nats,low,high,floor_nats,floor_low,floor_high,scaled_floor_nats\n";

/// Adds the cells of [`DIVERGENCE_COLUMNS`] to a CSV file, a line for each divergence, behind those of `begin`.
pub(super) fn add_divergences(text: &mut String, begin: &str, rows: &[DivergenceRow]) {
    for row in rows {
        for (weighting, divergence) in [("markov", row.weighted), ("none", Some(row.plain))] {
            let Some(Divergence { samples, floor, scaled_floor }) = divergence else { continue };
            let (key, samples, floor) =
                (row.quantity.key(), interval_cells(&samples), interval_cells(&floor));
            writeln!(text, "{begin}{key},{weighting},{samples},{floor},{scaled_floor:.6}").ok();
        }
    }
}

/// Divergences with intervals and floors.
pub(super) fn divergences(evaluation: &Evaluation) -> String {
    let scores = &evaluation.scores;
    let confidence = 100.0 * evaluation.settings.confidence;
    let cells = |divergence: &Divergence| {
        [
            with_interval(&divergence.samples, 4, ""),
            with_interval(&divergence.floor, 4, ""),
            format!("{:.4}", divergence.scaled_floor),
            format!("{:.1} ×", divergence.floors()),
        ]
    };
    let rows: Vec<Vec<String>> = scores
        .divergences
        .iter()
        .map(|row| {
            let mut line = vec![row.quantity.label().to_owned()];
            if scores.weighted {
                line.extend(row.weighted.as_ref().map_or([(); 4].map(|()| String::new()), cells));
            }
            line.extend(cells(&row.plain));
            line
        })
        .collect();
    let caption = format!(
        "Jensen–Shannon divergence of the samples from the reference, nats (0 to ln 2 = 0.693), with {confidence:.0} % block-bootstrap intervals. Floor: one random half of the reference against the other, mean and {confidence:.0} % range over {} halvings. Floor at this length: what that floor would be for as much time as was compared, {} of samples with {} of reference, instead of halves; samples of the same law would lie about it. In these floors: the divergence divided by the floor at this length, so that 1 × is as good as the reference itself.",
        evaluation.settings.halvings,
        time_text(evaluation.samples.frames as f64 * evaluation.samples.interval_ps),
        time_text(evaluation.reference.frames as f64 * evaluation.reference.interval_ps),
    );
    let header: &[&str] = if scores.weighted {
        &[
            "",
            "Markov-weighted",
            "Floor",
            "Floor at this length",
            "In these floors",
            "All frames alike",
            "Floor",
            "Floor at this length",
            "In these floors",
        ]
    } else {
        &["", "All frames alike", "Floor", "Floor at this length", "In these floors"]
    };
    table(&caption, header, &rows)
}

/// Averages and their percent errors.
pub(super) fn averages(evaluation: &Evaluation) -> String {
    let rows: Vec<Vec<String>> = evaluation
        .scores
        .averages
        .iter()
        .map(|row| {
            vec![
                super::super::figures::evaluation::labeled(row.quantity),
                with_interval(&row.reference, 3, ""),
                with_interval(&row.samples, 3, ""),
                with_interval(&row.percent_error, 1, " %"),
            ]
        })
        .collect();
    let weights = if evaluation.scores.weighted { "Markov-weighted averages" } else { "Averages" };
    table(
        &format!("{weights}, and the error of the samples in percent of the reference."),
        &["", "Reference", "Samples", "Error"],
        &rows,
    )
}

/// What the paper has of the protein of an evaluation.
pub(super) fn paper_of(sequence: &str) -> Option<(&'static PaperResults, &'static PaperProtein)> {
    let paper = PaperResults::bundled()?;
    Some((paper, paper.protein(sequence)?))
}

/// Ours, by the weighting that the paper uses where the data support it.
fn best_supported(evaluation: &Evaluation, quantity: Quantity) -> Option<f64> {
    Some(evaluation.scores.divergence(quantity)?.samples.value)
}

/// The paper's own models beside ours; nothing where it does not have the protein.
pub(super) fn paper(evaluation: &Evaluation) -> String {
    let Some((paper, protein)) = paper_of(&evaluation.sequence) else { return String::new() };
    let weights = if evaluation.scores.weighted { "Markov-weighted" } else { "all frames alike" };
    let rows: Vec<Vec<String>> = Quantity::OF_THE_PAPER
        .into_iter()
        .map(|quantity| {
            let ours =
                best_supported(evaluation, quantity).map_or("–".to_owned(), |value| format!("{value:.4}"));
            let theirs = protein.divergences.of(quantity).iter().map(|value| format!("{value:.3}"));
            [quantity.label().to_owned(), ours].into_iter().chain(theirs).collect()
        })
        .collect();
    let header: Vec<String> =
        ["".to_owned(), format!("Here, {weights}")].into_iter().chain(paper.models.iter().cloned()).collect();
    let header: Vec<&str> = header.iter().map(String::as_str).collect();
    let caption = format!(
        "Jensen–Shannon divergences of {} in Table A.8 of “{}”, beside those above. {}",
        escaped(&protein.label),
        escaped(&paper.source),
        escaped(&paper.remark)
    );
    format!("<h2>The paper’s models</h2>\n{}", table(&caption, &header, &rows))
}

/// The same for the terminal.
fn paper_text(evaluation: &Evaluation) -> String {
    let Some((paper, protein)) = paper_of(&evaluation.sequence) else { return String::new() };
    let mut text = format!("\n{:<34} {:>9}", format!("JSD of {}, Table A.8", protein.label), "here");
    for model in &paper.models {
        write!(text, " {model:>13}").ok();
    }
    text.push('\n');
    for quantity in Quantity::OF_THE_PAPER {
        let ours =
            best_supported(evaluation, quantity).map_or("–".to_owned(), |value| format!("{value:.4}"));
        write!(text, "{:<34} {ours:>9}", quantity.label()).ok();
        for value in protein.divergences.of(quantity) {
            write!(text, " {value:>13.3}").ok();
        }
        text.push('\n');
    }
    writeln!(text, "{}", paper.remark).ok();
    text
}

fn time_with_interval(interval: &Interval) -> String {
    let Interval { value, low, high } = *interval;
    format!("{}<small>{} – {}</small>", time_text(value), time_text(low), time_text(high))
}

/// Motion between two states.
pub(super) fn kinetics(kinetics: &Kinetics, confidence: f64) -> String {
    let rows: Vec<Vec<String>> = kinetics
        .rows
        .iter()
        .map(|row| {
            let cell = |interval: &Option<Interval>, events: f64| match interval {
                Some(interval) => with_interval(interval, row.measure.decimals(), ""),
                None => format!("not supported<small>{events:.0} seen</small>"),
            };
            vec![row.measure.label(), cell(&row.reference, row.events[0]), cell(&row.samples, row.events[1])]
        })
        .collect();
    let caption = format!(
        "Folded: Cα RMSD from the native structure below {} Å; unfolded: beyond {} Å; in between a frame belongs to the state visited last. Frames every {} of both. {:.0} % intervals from resampling blocks; what rests on fewer than {MIN_TRANSITIONS} transitions or frames is not supported.",
        kinetics.folded_below_angstrom,
        kinetics.unfolded_beyond_angstrom,
        time_text(kinetics.interval_ps),
        100.0 * confidence,
    );
    table(&caption, &["", "Reference", "Samples"], &rows)
}

/// What went in.
pub(super) fn ensembles(evaluation: &Evaluation) -> String {
    let (reference, samples) = (&evaluation.reference, &evaluation.samples);
    let both =
        |name: &str, f: &dyn Fn(&EnsembleSummary) -> String| vec![name.to_owned(), f(reference), f(samples)];
    let mut rows = vec![
        both("Trajectories", &|e| e.trajectories.to_string()),
        both("Frames", &|e| e.frames.to_string()),
        both("Time between frames", &|e| time_text(e.interval_ps)),
        both("Time in all", &|e| time_text(e.frames as f64 * e.interval_ps)),
        both("Blocks for resampling", &|e| {
            let kind = if e.whole_trajectories { "whole trajectories" } else { "pieces of trajectories" };
            format!("{} <small>{kind} of {}</small>", e.blocks, time_text(e.block_length_ps))
        }),
    ];
    let markov = |f: &dyn Fn(&equijump_engine::analysis::evaluation::MarkovSummary) -> String| {
        let of = |e: &EnsembleSummary| e.markov.as_ref().map_or("not supported".to_owned(), f);
        [of(reference), of(samples)]
    };
    let mut line = |name: &str, [a, b]: [String; 2]| rows.push(vec![name.to_owned(), a, b]);
    line("Markov states connected", markov(&|m| format!("{} of {}", m.states, evaluation.settings.clusters)));
    line("Frames in them", markov(&|m| format!("{:.1} %", 100.0 * m.connected_share)));
    line("Slowest timescale", markov(&|m| time_with_interval(&m.slowest_ps)));
    if let Some(common) = &evaluation.common_timescales {
        line(
            "Slowest timescale on the same states",
            [time_with_interval(&common.reference_ps), time_with_interval(&common.samples_ps)],
        );
        let share =
            |share: f64| format!("{} <small>{:.1} % of the frames</small>", common.states, 100.0 * share);
        line("States connected in both", common.shares.map(share));
    }
    table("What was compared.", &["", "Reference", "Samples"], &rows)
}

/// Deviations from reference geometry.
pub(super) fn chemistry(evaluation: &Evaluation) -> String {
    chemistry_of(("Reference", &evaluation.reference.validity), ("Samples", &evaluation.samples.validity))
}

/// The chemistry of two sets of frames under their names.
pub(super) fn chemistry_of(one: (&str, &ValiditySummary), other: (&str, &ValiditySummary)) -> String {
    let rows: Vec<Vec<String>> = chemistry_rows(one.1, other.1)
        .into_iter()
        .map(|(name, unit, [a, b])| {
            let cell = |value: f64| match unit {
                "" => format!("{value:.4}"),
                "frames" => format!("{value:.0}"),
                unit => format!("{value:.3} {unit}"),
            };
            vec![name.to_owned(), cell(a), cell(b)]
        })
        .collect();
    table(
        "Chemistry of the frames checked, against molecular dynamics (AMBER ff14SB, 350 K) of all residue types. Intact: every bond, angle, center, ring and peptide bond within its range there (0.1 to 99.9 % quantiles, widened by 15 %), no wrong hand, no clash. Clash: heavy atoms nearer than they come once in 20,000 frames.",
        &["", one.0, other.0],
        &rows,
    )
}

fn chemistry_rows(
    one: &ValiditySummary,
    other: &ValiditySummary,
) -> Vec<(&'static str, &'static str, [f64; 2])> {
    let both = |f: &dyn Fn(&ValiditySummary) -> f64| [f(one), f(other)];
    vec![
        ("Frames checked", "frames", both(&|v| v.frames as f64)),
        ("Intact frames", "%", both(&|v| 100.0 * v.per_frame(v.intact_frames))),
        ("Bond lengths, rms deviation", "Å", both(&|v| v.bonds_angstrom.rms())),
        ("Bond angles, rms deviation", "°", both(&|v| v.angles_degrees.rms())),
        ("Bond outliers per frame", "", both(&|v| v.per_frame(v.bond_outliers))),
        ("Angle outliers per frame", "", both(&|v| v.per_frame(v.angle_outliers))),
        ("Wrong chirality per frame", "", both(&|v| v.per_frame(v.chirality_errors))),
        ("Other centers out of range per frame", "", both(&|v| v.per_frame(v.center_outliers))),
        ("Rings and flat groups out of range per frame", "", both(&|v| v.per_frame(v.ring_outliers))),
        ("Twisted peptide bonds per frame", "", both(&|v| v.per_frame(v.twisted_peptides))),
        ("Cis peptide bonds per frame", "", both(&|v| v.per_frame(v.cis_peptides))),
        ("Clashes per frame", "", both(&|v| v.per_frame(v.clashes))),
    ]
}

/// Every table as a CSV file: name and text.
pub(super) fn all_csv(evaluation: &Evaluation) -> Vec<(&'static str, String)> {
    vec![
        ("divergences.csv", divergences_csv(evaluation)),
        ("averages.csv", averages_csv(evaluation)),
        ("chemistry.csv", chemistry_csv(evaluation)),
        ("kinetics.csv", kinetics_csv(evaluation)),
        ("timescales.csv", timescales_csv(evaluation)),
        ("densities.csv", densities_csv(evaluation)),
    ]
}

fn divergences_csv(evaluation: &Evaluation) -> String {
    let mut text = DIVERGENCE_COLUMNS.to_owned();
    add_divergences(&mut text, "", &evaluation.scores.divergences);
    text
}

fn averages_csv(evaluation: &Evaluation) -> String {
    let mut text = String::from(
        "quantity,unit,reference,reference_low,reference_high,samples,samples_low,samples_high,percent_error,percent_error_low,percent_error_high\n",
    );
    for row in &evaluation.scores.averages {
        let [reference, samples, error] =
            [row.reference, row.samples, row.percent_error].map(|x| interval_cells(&x));
        writeln!(text, "{},{},{reference},{samples},{error}", row.quantity.key(), row.quantity.unit()).ok();
    }
    text
}

fn chemistry_csv(evaluation: &Evaluation) -> String {
    let mut text = String::from("measure,unit,reference,samples\n");
    for (name, unit, [a, b]) in chemistry_rows(&evaluation.reference.validity, &evaluation.samples.validity) {
        writeln!(text, "\"{name}\",{unit},{a:.6},{b:.6}").ok();
    }
    text
}

fn kinetics_csv(evaluation: &Evaluation) -> String {
    let mut text = String::from(
        "measure,reference,reference_low,reference_high,samples,samples_low,samples_high,reference_events,samples_events\n",
    );
    for row in evaluation.kinetics.iter().flat_map(|kinetics| &kinetics.rows) {
        let [reference, samples] = [&row.reference, &row.samples].map(|x| interval_cells_if_any(x.as_ref()));
        let [of_reference, of_samples] = row.events;
        writeln!(text, "{},{reference},{samples},{of_reference:.0},{of_samples:.0}", row.measure.key()).ok();
    }
    text
}

fn timescales_csv(evaluation: &Evaluation) -> String {
    let mut text = String::from("ensemble,lag_ps,connected_share,process,timescale_ps\n");
    let ensembles = [("reference", &evaluation.reference), ("samples", &evaluation.samples)];
    for (name, ensemble) in ensembles {
        let ImpliedTimescales { lags_ps, timescales_ps, connected_share } = &ensemble.implied_timescales;
        for ((lag, timescales), share) in lags_ps.iter().zip(timescales_ps).zip(connected_share) {
            for (process, timescale) in timescales.iter().enumerate() {
                writeln!(text, "{name},{lag},{share:.4},{},{timescale:.3}", process + 1).ok();
            }
        }
    }
    text
}

/// Probabilities per bin of every one-dimensional quantity.
fn densities_csv(evaluation: &Evaluation) -> String {
    let mut text = String::from(
        "quantity,bin_center,reference,reference_low,reference_high,samples,samples_low,samples_high\n",
    );
    for pair in &evaluation.scores.curves {
        let (r, s) = (&pair.reference, &pair.samples);
        for bin in 0..pair.binning.bins {
            write!(text, "{},{:.6}", pair.quantity.key(), pair.binning.center(bin)).ok();
            for profile in [r, s] {
                let (p, low, high) = (profile.probability[bin], profile.low[bin], profile.high[bin]);
                write!(text, ",{p:.8},{low:.8},{high:.8}").ok();
            }
            text.push('\n');
        }
        writeln!(text, "{},outside,{:.8},,,{:.8},,", pair.quantity.key(), r.outside, s.outside).ok();
    }
    text
}

/// Divergences for the terminal.
pub fn divergences_text(evaluation: &Evaluation) -> String {
    let weighting = if evaluation.scores.weighted { "Markov-weighted" } else { "all frames alike" };
    let mut text = format!(
        "{:<34} {:>9}   {:<19} {:>7} {:>7} {:>8}\n",
        format!("JSD, nats ({weighting})"),
        "samples",
        "interval",
        "floor",
        "scaled",
        "× scaled"
    );
    for &quantity in Quantity::ALL {
        if let Some(divergence) = evaluation.scores.divergence(quantity) {
            let s = divergence.samples;
            writeln!(
                text,
                "{:<34} {:>9.4}   {:<19} {:>7.4} {:>7.4} {:>8.1}",
                quantity.label(),
                s.value,
                format!("{:.4} – {:.4}", s.low, s.high),
                divergence.floor.value,
                divergence.scaled_floor,
                divergence.floors()
            )
            .ok();
        }
    }
    if let Some(kinetics) = &evaluation.kinetics {
        writeln!(text, "\n{:<50} {:<26} {:<26}", "", "reference", "samples").ok();
        for row in &kinetics.rows {
            let decimals = row.measure.decimals();
            let cell = |interval: &Option<Interval>| match interval {
                Some(Interval { value, low, high }) => {
                    format!("{value:.decimals$} ({low:.decimals$} – {high:.decimals$})")
                }
                None => "not supported".to_owned(),
            };
            let (reference, samples) = (cell(&row.reference), cell(&row.samples));
            writeln!(text, "{:<50} {reference:<26} {samples:<26}", row.measure.label()).ok();
        }
    }
    text.push_str(&paper_text(evaluation));
    text
}
