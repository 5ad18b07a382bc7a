//! The report of a study of sampling settings: a table of all cells, the figures, and the fast preset.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use equijump_engine::experiments::study::{
    CellResult, best_moving_cell, fast_cell, is_weighted, mean_divergence, motion_error,
};
use equijump_engine::trajectory::write_atomically;
use equijump_engine::transport::{Integrator, SamplerSettings};
use maud::{PreEscaped, html};

use super::files::ReportError;
use super::html::{document, escaped, figure, table};
use super::tables::{interval_cells, quoted};
use crate::figures::study::{Baseline, acceleration, all};
use crate::figures::{Figure, FigureError, FigureFormat};

/// Size of figures in files, pixels.
const SIZE: (u32, u32) = (1200, 840);

/// A study as far as it is done.
#[derive(Clone, Debug)]
pub struct StudyReport {
    /// What was studied: `chignolin`.
    pub name: String,
    /// The command, as it can be typed again.
    pub command: String,
    /// When the report was made, UTC.
    pub made: String,
    /// Trajectories and frames of each cell.
    pub sampled: (u32, u64),
    /// Confidence of the intervals.
    pub confidence: f64,
    /// What accelerations are counted from.
    pub baseline: Option<Baseline>,
    /// The cells done, the default settings first.
    pub cells: Vec<CellResult>,
}

/// Where the page lies.
pub fn page_path(out: &Path) -> PathBuf {
    out.join("study.html")
}

/// Writes table, figures and page into the folder of the study, each file as a whole.
///
/// # Errors
/// When a file cannot be written.
pub fn write(out: &Path, report: &StudyReport) -> Result<(), ReportError> {
    let put = |name: &str, text: &str| {
        let path = out.join(name);
        write_atomically(&path, text.as_bytes()).map_err(|source| ReportError::Io { path, source })
    };
    put("study.csv", &csv(report))?;
    put("study_motion.csv", &motion_csv(report))?;
    let mut svgs = Vec::new();
    for figure in all(&report.cells, report.baseline.as_ref()) {
        let stem = figure.stem.clone();
        let figure = Figure::Curves(figure);
        match figure.to_web_svg((500, 400)) {
            Ok(svg) => svgs.push((stem.clone(), svg)),
            Err(FigureError::Empty(_)) => continue,
            Err(error) => return Err(error.into()),
        }
        for format in [FigureFormat::Svg, FigureFormat::Png] {
            figure.write(&out.join(format!("{stem}.{}", format.extension())), format, SIZE, "")?;
        }
    }
    put("study.html", &page(report, &svgs))
}

/// One sentence about the settings that were found, if any are cheaper than the default ones.
pub fn finding(report: &StudyReport) -> Option<(SamplerSettings, String)> {
    let (default, fast) = (report.cells.first()?, fast_cell(&report.cells)?);
    let weighted = is_weighted(&report.cells);
    let (of_default, of_fast) = (mean_divergence(default, weighted)?, mean_divergence(fast, weighted)?);
    let sentence = format!(
        "{} network evaluations a frame instead of {}: mean divergence {:.4}, within {:.4} to {:.4}, the {:.0} % interval of {:.4} of the default settings; {:.1} % of the frames are intact, {:.1} % with the default settings{}",
        fast.network_calls,
        default.network_calls,
        of_fast.samples.value,
        of_default.samples.low,
        of_default.samples.high,
        100.0 * report.confidence,
        of_default.samples.value,
        100.0 * fast.quality.as_ref()?.intact,
        100.0 * default.quality.as_ref()?.intact,
        motion_sentence(default, fast),
    );
    Some((fast.settings.clone(), sentence))
}

/// `; unfolding rate 120 (default 130, MD 200), …` of what tells most about the motion.
fn motion_sentence(default: &CellResult, cell: &CellResult) -> String {
    let motion = |cell: &CellResult| cell.quality.as_ref().map(|q| q.motion.clone()).unwrap_or_default();
    let (of_default, of_cell) = (motion(default), motion(cell));
    let words = of_default.iter().filter_map(|row| {
        let value = of_cell.iter().find(|other| other.name == row.name)?.samples.value;
        let wanted = row.name.contains("rate") || row.name.contains('→');
        wanted.then(|| {
            let number = |value: f64| match value.abs() {
                size if size >= 10.0 => format!("{value:.0}"),
                _ => format!("{value:.3}"),
            };
            format!(
                "; {} {}, {} with the default settings, {} in the reference",
                row.name,
                number(value),
                number(row.samples.value),
                number(row.reference)
            )
        })
    });
    words.collect()
}

/// The settings whose motion comes closest to the reference, and a sentence about it.
pub fn best_motion(report: &StudyReport) -> Option<(SamplerSettings, String)> {
    let (default, best) = (report.cells.first()?, best_moving_cell(&report.cells)?);
    let SamplerSettings { integrator, schedule, .. } = &best.settings;
    let sentence = format!(
        "{integrator}, {schedule}, {}, {} latent steps: rates and single jumps {:.2} half intervals from the reference on average, {:.2} with the default settings{}",
        best.settings.noise_text(),
        best.settings.latent_steps,
        motion_error(default, best)?,
        motion_error(default, default)?,
        motion_sentence(default, best),
    );
    Some((best.settings.clone(), sentence))
}

fn csv(report: &StudyReport) -> String {
    let mut text = String::from(
        "integrator,schedule,epsilon,noise_gain,latent_steps,network_evaluations_per_frame,wall_seconds_per_frame,cpu_seconds_per_frame,acceleration,weighting,mean_divergence_nats,low,high,floor_nats,intact_percent,motion_error,",
    );
    let quantities = equijump_engine::analysis::evaluation::Quantity::OF_THE_PAPER;
    for quantity in quantities {
        write!(text, "{0}_nats,{0}_low,{0}_high,", quantity.key()).ok();
    }
    text.push_str("failure\n");
    let weighted = is_weighted(&report.cells);
    let number = |value: Option<f64>| value.map(|value| format!("{value:.6}")).unwrap_or_default();
    for cell in &report.cells {
        let SamplerSettings { integrator, schedule, .. } = &cell.settings;
        let mean = mean_divergence(cell, weighted);
        write!(
            text,
            "{integrator},{schedule},{},{},{},{},{},{},{},{},{},{},{},{},{},{},",
            cell.settings.epsilon,
            cell.settings.noise_gain,
            cell.settings.latent_steps,
            cell.network_calls,
            number(cell.seconds_per_frame()),
            number(cell.cost.cpu_seconds_per_unit()),
            number(acceleration(cell, report.baseline.as_ref())),
            if weighted { "markov" } else { "none" },
            number(mean.map(|m| m.samples.value)),
            number(mean.map(|m| m.samples.low)),
            number(mean.map(|m| m.samples.high)),
            number(mean.map(|m| m.floor.value)),
            number(cell.quality.as_ref().map(|quality| 100.0 * quality.intact)),
            number(report.cells.first().and_then(|default| motion_error(default, cell))),
        )
        .ok();
        for quantity in quantities {
            let rows = cell.quality.as_ref().map(|quality| &quality.divergences);
            let row = rows.and_then(|rows| rows.iter().find(|row| row.quantity == quantity));
            let divergence = row.and_then(|row| if weighted { row.weighted } else { Some(row.plain) });
            let samples = divergence.map(|divergence| divergence.samples);
            for value in [samples.map(|s| s.value), samples.map(|s| s.low), samples.map(|s| s.high)] {
                write!(text, "{},", number(value)).ok();
            }
        }
        writeln!(text, "{}", quoted(cell.failure.as_deref().unwrap_or_default())).ok();
    }
    text
}

fn motion_csv(report: &StudyReport) -> String {
    let mut text = String::from(
        "integrator,schedule,epsilon,noise_gain,latent_steps,measure,reference,value,low,high\n",
    );
    for cell in &report.cells {
        let SamplerSettings { integrator, schedule, .. } = &cell.settings;
        for row in cell.quality.iter().flat_map(|quality| &quality.motion) {
            writeln!(
                text,
                "{integrator},{schedule},{},{},{},\"{}\",{:.6},{}",
                cell.settings.epsilon,
                cell.settings.noise_gain,
                cell.settings.latent_steps,
                row.name,
                row.reference,
                interval_cells(&row.samples),
            )
            .ok();
        }
    }
    text
}

fn page(report: &StudyReport, figures: &[(String, String)]) -> String {
    let weighted = is_weighted(&report.cells);
    let weights = if weighted { "frames weighted by Markov models" } else { "all frames alike" };
    let number = |value: Option<f64>, decimals: usize| {
        value.map_or("–".to_owned(), |value| format!("{value:.decimals$}"))
    };
    let rows: Vec<Vec<String>> = report
        .cells
        .iter()
        .map(|cell| {
            let SamplerSettings { integrator, schedule, .. } = &cell.settings;
            let stochastic = *integrator == Integrator::Sde;
            let divergence = mean_divergence(cell, weighted);
            let quality = match (divergence, &cell.failure) {
                (Some(d), _) => format!(
                    "{:.4} <small>{:.4} – {:.4}</small>",
                    d.samples.value, d.samples.low, d.samples.high
                ),
                (None, Some(failure)) => escaped(failure),
                (None, None) => "–".to_owned(),
            };
            vec![
                if stochastic { format!("{integrator}, {schedule}") } else { integrator.to_string() },
                if stochastic { cell.settings.epsilon.to_string() } else { "–".to_owned() },
                cell.settings.noise_gain.to_string(),
                cell.settings.latent_steps.to_string(),
                cell.network_calls.to_string(),
                quality,
                number(cell.quality.as_ref().map(|quality| 100.0 * quality.intact), 1),
                number(report.cells.first().and_then(|default| motion_error(default, cell)), 2),
                number(cell.seconds_per_frame(), 4),
                number(acceleration(cell, report.baseline.as_ref()), 1),
            ]
        })
        .collect();
    let acceleration = report.baseline.as_ref().map_or(String::new(), |baseline| {
        format!(
            "; acceleration over molecular dynamics that takes {} s a frame ({})",
            baseline.seconds_per_frame,
            escaped(&baseline.name)
        )
    });
    let caption = format!(
        "Mean Jensen–Shannon divergence from the reference over TIC 1, TIC 2, RMSD, GDT, radius of gyration and native contacts, nats, {weights}, with {:.0} % intervals. Motion: mean distance of rates and single jumps from the reference, in half intervals of the default settings (study_motion.csv has them one by one). Time on the clock for one frame of one replica, all replicas together on one machine{acceleration}.",
        100.0 * report.confidence,
    );
    let header = [
        "Integrator",
        "ε",
        "Noise gain",
        "Latent steps",
        "Network evaluations",
        "Mean divergence",
        "Intact frames, %",
        "Motion",
        "s per frame",
        "Acceleration",
    ];
    let (replicas, frames) = report.sampled;
    let sentence = |label: &str, found: Option<(SamplerSettings, String)>| {
        html! { @if let Some((_, sentence)) = found { p { strong { (label) } " " (sentence) "." } } }
    };
    let content = html! {
        p.weak { "made " (report.made) " UTC by EquiJump " (env!("CARGO_PKG_VERSION")) }
        p { "Of every setting " (replicas) " trajectories of " (frames) " frames were sampled; the first row is the default." }
        (sentence("Fast preset.", finding(report)))
        (sentence("Closest motion.", best_motion(report)))
        (PreEscaped(table(&caption, &header, &rows)))
        div.group { @for (stem, svg) in figures { (figure(svg, stem)) } }
        pre { (report.command) }
        p { "Numbers beside this page: " a href="study.csv" { "study.csv" } "." }
    };
    document(&format!("{}: sampling settings", report.name), &content)
}
