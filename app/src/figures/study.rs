//! The figures of a study of sampling settings: quality against cost (Figures 7 and 15 of the paper) and the
//! distribution of the slowest coordinate (Figure 16).

use equijump_engine::analysis::evaluation::{Divergence, Quantity};
use equijump_engine::experiments::study::{CellResult, is_weighted, mean_divergence};
use equijump_engine::transport::{Integrator, SamplerSettings, Schedule};

use super::data::{Curve, CurveFigure, CurveRole};
use super::evaluation::density_curve;

/// The molecular dynamics that accelerations are counted from.
#[derive(Clone, Debug, PartialEq)]
pub struct Baseline {
    /// Time that one frame takes it, s.
    pub seconds_per_frame: f64,
    /// What it is.
    pub name: String,
}

/// Acceleration of a cell over molecular dynamics; `None` where nothing was timed or there is nothing to compare
/// with.
pub fn acceleration(cell: &CellResult, baseline: Option<&Baseline>) -> Option<f64> {
    Some(baseline?.seconds_per_frame / cell.seconds_per_frame()?)
}

/// All figures for which there are data.
pub fn all(cells: &[CellResult], baseline: Option<&Baseline>) -> Vec<CurveFigure> {
    let weighted = is_weighted(cells);
    let mean = |cell: &CellResult| mean_divergence(cell, weighted);
    let calls = |cell: &CellResult| Some(f64::from(cell.network_calls));
    let mut figures = vec![
        quality(cells, "study_quality_against_evaluations", MEAN_LABEL, CALLS_LABEL, &calls, &mean),
        match baseline {
            Some(Baseline { seconds_per_frame, name }) => quality(
                cells,
                "study_quality_against_acceleration",
                MEAN_LABEL,
                &format!("Acceleration over MD ({seconds_per_frame} s per frame, {name})"),
                &|cell| acceleration(cell, baseline),
                &mean,
            ),
            None => quality(
                cells,
                "study_quality_against_time",
                MEAN_LABEL,
                "Time per frame of one replica (s)",
                &CellResult::seconds_per_frame,
                &mean,
            ),
        },
    ];
    for quantity in [Quantity::Tic1, Quantity::Tic2, Quantity::Rmsd] {
        figures.push(quality(
            cells,
            &format!("study_{}_against_evaluations", quantity.key()),
            &format!("Divergence of {} (nats)", quantity.label()),
            CALLS_LABEL,
            &calls,
            &|cell| {
                let row = cell.quality.as_ref()?.divergences.iter().find(|row| row.quantity == quantity)?;
                if weighted { row.weighted } else { Some(row.plain) }
            },
        ));
    }
    if let Some(base) = cells.first().map(|cell| &cell.settings) {
        let of_epsilon =
            |s: &SamplerSettings| SamplerSettings { epsilon: base.epsilon, ..s.clone() } == *base;
        let of_gain =
            |s: &SamplerSettings| SamplerSettings { noise_gain: base.noise_gain, ..s.clone() } == *base;
        let of_steps =
            |s: &SamplerSettings| SamplerSettings { latent_steps: base.latent_steps, ..s.clone() } == *base;
        figures
            .extend(slowest(cells, "study_tic1_by_epsilon", &of_epsilon, &|s| format!("ε = {}", s.epsilon)));
        figures.extend(slowest(cells, "study_tic1_by_noise_gain", &of_gain, &|s| {
            format!("noise gain {}", s.noise_gain)
        }));
        figures.extend(slowest(cells, "study_tic1_by_steps", &of_steps, &|s| {
            format!("{} latent steps", s.latent_steps)
        }));
    }
    figures.retain(|figure| figure.curves.iter().any(|curve| !curve.x.is_empty()));
    figures
}

const MEAN_LABEL: &str = "Mean divergence (nats)";
const CALLS_LABEL: &str = "Network evaluations per frame";

/// `SDE, ε = 0.5`: what cells of one curve have in common; the schedule where there are several.
fn family(settings: &SamplerSettings, several_schedules: bool) -> String {
    let name = match settings.integrator {
        Integrator::Ode => "ODE, Euler",
        Integrator::OdeHeun => "ODE, Heun",
        Integrator::Sde => {
            let schedule = match settings.schedule {
                _ if !several_schedules => "",
                Schedule::Window => ", window",
                Schedule::Matched => ", matched",
            };
            return format!("SDE, {}{schedule}", settings.noise_text());
        }
    };
    match settings.noise_gain {
        0.0 => name.to_owned(),
        gain => format!("{name}, noise gain {gain}"),
    }
}

/// A divergence against a cost, one curve for each family of settings, beside the floor of the reference.
fn quality(
    cells: &[CellResult],
    stem: &str,
    y_label: &str,
    x_label: &str,
    cost: &dyn Fn(&CellResult) -> Option<f64>,
    divergence: &dyn Fn(&CellResult) -> Option<Divergence>,
) -> CurveFigure {
    let several = cells.iter().any(|cell| cell.settings.schedule != cells[0].settings.schedule);
    let mut families: Vec<(String, Vec<(f64, Divergence)>)> = Vec::new();
    for cell in cells {
        let Some(point) = cost(cell).zip(divergence(cell)) else { continue };
        let name = family(&cell.settings, several);
        match families.iter_mut().find(|(known, _)| *known == name) {
            Some((_, points)) => points.push(point),
            None => families.push((name, vec![point])),
        }
    }
    let mut curves = Vec::new();
    let all = || families.iter().flat_map(|(_, points)| points);
    let (low, high) = all().fold((f64::INFINITY, f64::NEG_INFINITY), |r, p| (r.0.min(p.0), r.1.max(p.0)));
    if let Some((_, first)) = all().next()
        && low < high
    {
        curves.push(Curve {
            label: "Half of the reference against the other".into(),
            role: CurveRole::Reference,
            x: vec![low, high],
            y: vec![first.floor.value; 2],
            band: vec![[first.floor.low, first.floor.high]; 2],
        });
    }
    for (number, (label, mut points)) in families.into_iter().enumerate() {
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        curves.push(Curve {
            label,
            role: CurveRole::Other(number),
            x: points.iter().map(|p| p.0).collect(),
            y: points.iter().map(|p| p.1.samples.value).collect(),
            band: points.iter().map(|p| [p.1.samples.low, p.1.samples.high]).collect(),
        });
    }
    CurveFigure {
        stem: stem.to_owned(),
        x_label: x_label.to_owned(),
        y_label: y_label.to_owned(),
        logarithmic: false,
        points: true,
        bars: true,
        curves,
    }
}

/// Density of the slowest coordinate over the cells of one line through the grid.
fn slowest(
    cells: &[CellResult],
    stem: &str,
    on_line: &dyn Fn(&SamplerSettings) -> bool,
    label: &dyn Fn(&SamplerSettings) -> String,
) -> Option<CurveFigure> {
    let mut figure: Option<CurveFigure> = None;
    for (number, cell) in cells.iter().filter(|cell| on_line(&cell.settings)).enumerate() {
        let Some(pair) = cell.quality.as_ref().and_then(|quality| quality.slowest.as_ref()) else { continue };
        let mut density = density_curve(pair);
        let own = density.curves.pop();
        let figure = figure.get_or_insert(CurveFigure { stem: stem.to_owned(), ..density });
        figure.curves.extend(own.map(|curve| Curve {
            label: label(&cell.settings),
            role: CurveRole::Other(number),
            band: Vec::new(),
            ..curve
        }));
    }
    // The reference and one cell are no comparison.
    figure.filter(|figure| figure.curves.len() > 2)
}
