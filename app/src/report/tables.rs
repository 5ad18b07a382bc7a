//! The tables of a report, for the page and as CSV.

use std::fmt::Write as _;

use equijump_engine::analysis::evaluation::{
    Divergence, EnsembleSummary, Evaluation, ImpliedTimescales, Interval, Quantity, time_text,
};
use equijump_engine::analysis::validity::ValiditySummary;

use super::html::table;

/// `0.0263 <small>0.0180 – 0.0410</small>`.
fn with_interval(interval: &Interval, decimals: usize, unit: &str) -> String {
    let Interval { value, low, high } = *interval;
    if !low.is_finite() || !high.is_finite() {
        return format!("{value:.decimals$}{unit}");
    }
    format!("{value:.decimals$}{unit}<small>{low:.decimals$} – {high:.decimals$}</small>")
}

/// Divergences with intervals and floors.
pub(super) fn divergences(evaluation: &Evaluation) -> String {
    let comparison = &evaluation.comparison;
    let confidence = 100.0 * evaluation.settings.confidence;
    let cells = |divergence: &Divergence| {
        [with_interval(&divergence.samples, 4, ""), with_interval(&divergence.floor, 4, "")]
    };
    let rows: Vec<Vec<String>> = comparison
        .divergences
        .iter()
        .map(|row| {
            let mut line = vec![row.quantity.label().to_owned()];
            if comparison.weighted {
                line.extend(row.weighted.as_ref().map_or(["".into(), "".into()], cells));
            }
            line.extend(cells(&row.plain));
            line
        })
        .collect();
    let caption = format!(
        "Jensen–Shannon divergence of the samples from the reference, nats (0 to ln 2 = 0.693), with {confidence:.0} % block-bootstrap intervals. Floor: one random half of the reference against the other, mean and {confidence:.0} % range over {} halvings: what so much data does not tell apart. Samples longer than half of the reference may come closer to the whole.",
        evaluation.settings.halvings
    );
    let header: &[&str] = if comparison.weighted {
        &["", "Markov-weighted", "Floor", "All frames alike", "Floor"]
    } else {
        &["", "All frames alike", "Floor"]
    };
    table(&caption, header, &rows)
}

/// Averages and their percent errors.
pub(super) fn averages(evaluation: &Evaluation) -> String {
    let rows: Vec<Vec<String>> = evaluation
        .comparison
        .averages
        .iter()
        .map(|row| {
            vec![
                super::super::figures::evaluation::labelled(row.quantity),
                with_interval(&row.reference, 3, ""),
                with_interval(&row.samples, 3, ""),
                with_interval(&row.percent_error, 1, " %"),
            ]
        })
        .collect();
    let weights = if evaluation.comparison.weighted { "Markov-weighted averages" } else { "Averages" };
    table(
        &format!("{weights}, and the error of the samples in percent of the reference."),
        &["", "Reference", "Samples", "Error"],
        &rows,
    )
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
        let of = |e: &EnsembleSummary| e.markov.as_ref().map_or("–".to_owned(), f);
        [of(reference), of(samples)]
    };
    let mut line = |name: &str, [a, b]: [String; 2]| rows.push(vec![name.to_owned(), a, b]);
    line("Markov states connected", markov(&|m| format!("{} of {}", m.states, evaluation.settings.clusters)));
    line("Frames in them", markov(&|m| format!("{:.1} %", 100.0 * m.connected_share)));
    line(
        "Slowest timescale",
        markov(&|m| {
            let Interval { value, low, high } = m.slowest_ps;
            format!("{}<small>{} – {}</small>", time_text(value), time_text(low), time_text(high))
        }),
    );
    table("What was compared.", &["", "Reference", "Samples"], &rows)
}

/// Deviations from reference geometry.
pub(super) fn chemistry(evaluation: &Evaluation) -> String {
    let rows: Vec<Vec<String>> = chemistry_rows(evaluation)
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
        "Chemistry of the frames checked, against mean geometry in the PDB. Intact: no bond off by more than 0.2 Å, no angle by more than 25°, no wrong chirality, no twisted peptide bond. Clash: heavy atoms that overlap by more than 0.6 Å.",
        &["", "Reference", "Samples"],
        &rows,
    )
}

fn chemistry_rows(evaluation: &Evaluation) -> Vec<(&'static str, &'static str, [f64; 2])> {
    let both = |f: &dyn Fn(&ValiditySummary) -> f64| {
        [f(&evaluation.reference.validity), f(&evaluation.samples.validity)]
    };
    vec![
        ("Frames checked", "frames", both(&|v| v.frames as f64)),
        ("Intact frames", "%", both(&|v| 100.0 * v.per_frame(v.intact_frames))),
        ("Bond lengths, rms deviation", "Å", both(&|v| v.bonds_angstrom.rms())),
        ("Bond angles, rms deviation", "°", both(&|v| v.angles_degrees.rms())),
        ("Bond outliers per frame", "", both(&|v| v.per_frame(v.bond_outliers))),
        ("Angle outliers per frame", "", both(&|v| v.per_frame(v.angle_outliers))),
        ("Wrong chirality per frame", "", both(&|v| v.per_frame(v.chirality_errors))),
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
        ("timescales.csv", timescales_csv(evaluation)),
        ("densities.csv", densities_csv(evaluation)),
    ]
}

fn divergences_csv(evaluation: &Evaluation) -> String {
    let mut text =
        String::from("quantity,weighting,divergence_nats,low,high,floor_nats,floor_low,floor_high\n");
    for row in &evaluation.comparison.divergences {
        for (weighting, divergence) in [("markov", row.weighted), ("none", Some(row.plain))] {
            let Some(Divergence { samples: s, floor: f }) = divergence else { continue };
            writeln!(
                text,
                "{},{weighting},{:.6},{:.6},{:.6},{:.6},{:.6},{:.6}",
                row.quantity.key(),
                s.value,
                s.low,
                s.high,
                f.value,
                f.low,
                f.high
            )
            .ok();
        }
    }
    text
}

fn averages_csv(evaluation: &Evaluation) -> String {
    let mut text = String::from(
        "quantity,unit,reference,reference_low,reference_high,samples,samples_low,samples_high,percent_error,percent_error_low,percent_error_high\n",
    );
    for row in &evaluation.comparison.averages {
        write!(text, "{},{}", row.quantity.key(), row.quantity.unit()).ok();
        for Interval { value, low, high } in [row.reference, row.samples, row.percent_error] {
            write!(text, ",{value:.6},{low:.6},{high:.6}").ok();
        }
        text.push('\n');
    }
    text
}

fn chemistry_csv(evaluation: &Evaluation) -> String {
    let mut text = String::from("measure,unit,reference,samples\n");
    for (name, unit, [a, b]) in chemistry_rows(evaluation) {
        writeln!(text, "\"{name}\",{unit},{a:.6},{b:.6}").ok();
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
    for pair in &evaluation.comparison.curves {
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
    let weighting = if evaluation.comparison.weighted { "Markov-weighted" } else { "all frames alike" };
    let mut text = format!(
        "{:<34} {:>9}   {:<19} {:>7}\n",
        format!("JSD, nats ({weighting})"),
        "samples",
        "interval",
        "floor"
    );
    for quantity in Quantity::ALL {
        if let Some(Divergence { samples: s, floor }) = evaluation.comparison.divergence(quantity) {
            writeln!(
                text,
                "{:<34} {:>9.4}   {:<19} {:>7.4}",
                quantity.label(),
                s.value,
                format!("{:.4} – {:.4}", s.low, s.high),
                floor.value
            )
            .ok();
        }
    }
    text
}
