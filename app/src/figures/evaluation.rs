//! The figures of an evaluation, for the report and the window.

use equijump_engine::analysis::evaluation::{
    CurvePair, Evaluation, ImpliedTimescales, MapPair, Profile, Quantity,
};
use equijump_engine::analysis::histogram::free_energy_kt;

use super::data::{Curve, CurveFigure, CurveRole, DistanceFigure, Grid2, MapPairFigure, TraceFigure};

const REFERENCE: &str = "Reference";
const SAMPLES: &str = "Samples";

fn titles() -> [String; 2] {
    [REFERENCE.to_owned(), SAMPLES.to_owned()]
}

/// Label of a quantity with its unit: `Cα RMSD (Å)`.
pub fn labeled(quantity: Quantity) -> String {
    match quantity.unit() {
        "" => quantity.label().to_owned(),
        unit => format!("{} ({unit})", quantity.label()),
    }
}

/// Free energy against a quantity (Figures 12 to 14 of the paper).
pub fn free_energy_curve(pair: &CurvePair) -> CurveFigure {
    // GDT and contacts take few values, with empty bins between them that are no gaps.
    let discrete = matches!(pair.quantity, Quantity::Gdt | Quantity::NativeContacts);
    let curve = |label: &str, role: CurveRole, profile: &Profile| {
        let energy = profile.free_energy();
        let mut curve =
            Curve { label: label.to_owned(), role, x: Vec::new(), y: Vec::new(), band: Vec::new() };
        for bin in (0..pair.binning.bins).filter(|&bin| !discrete || energy.value_kt[bin].is_finite()) {
            curve.x.push(pair.binning.center(bin));
            curve.y.push(energy.value_kt[bin]);
            curve.band.push([energy.low_kt[bin], energy.high_kt[bin]]);
        }
        curve
    };
    CurveFigure {
        stem: format!("free_energy_{}", pair.quantity.key()),
        x_label: labeled(pair.quantity),
        y_label: "Free energy (kT)".into(),
        logarithmic: false,
        points: discrete,
        bars: false,
        curves: vec![
            curve(REFERENCE, CurveRole::Reference, &pair.reference),
            curve(SAMPLES, CurveRole::Samples, &pair.samples),
        ],
    }
}

/// Probability density of a quantity (Figures 10 and 16 of the paper).
pub fn density_curve(pair: &CurvePair) -> CurveFigure {
    // From the first bin that anything was seen in to the last, and one more on each side.
    let seen = |bin: &usize| pair.reference.probability[*bin] + pair.samples.probability[*bin] > 0.0;
    let first = (0..pair.binning.bins).find(seen).unwrap_or(0).saturating_sub(1);
    let last = (0..pair.binning.bins).rfind(seen).map_or(0, |bin| (bin + 1).min(pair.binning.bins - 1));
    let x: Vec<f64> = (first..=last).map(|bin| pair.binning.center(bin)).collect();
    let curve = |label: &str, role: CurveRole, profile: &Profile| {
        let per = |values: &[f64]| {
            values[first..=last].iter().map(|p| p / pair.binning.width()).collect::<Vec<f64>>()
        };
        let band = per(&profile.low).into_iter().zip(per(&profile.high)).map(|(a, b)| [a, b]).collect();
        Curve { label: label.to_owned(), role, x: x.clone(), y: per(&profile.probability), band }
    };
    CurveFigure {
        stem: format!("density_{}", pair.quantity.key()),
        x_label: labeled(pair.quantity),
        y_label: "Probability density".into(),
        logarithmic: false,
        points: false,
        bars: false,
        curves: vec![
            curve(REFERENCE, CurveRole::Reference, &pair.reference),
            curve(SAMPLES, CurveRole::Samples, &pair.samples),
        ],
    }
}

/// Free-energy maps of reference and samples (Figures 4 to 6, 9 and 11 of the paper).
pub fn map_pair(pair: &MapPair, mark: Option<[f64; 2]>) -> MapPairFigure {
    let grid = |weights: &[f64]| Grid2 {
        x_range: [pair.x.min, pair.x.max],
        y_range: [pair.y.min, pair.y.max],
        nx: pair.x.bins,
        ny: pair.y.bins,
        values: free_energy_kt(weights),
    };
    let [x_label, y_label] = match pair.quantity {
        Quantity::Ramachandran => ["φ (°)", "ψ (°)"],
        Quantity::Janin => ["χ1 (°)", "χ2 (°)"],
        _ => ["TIC 1", "TIC 2"],
    };
    MapPairFigure {
        stem: format!("map_{}", pair.quantity.key()),
        titles: titles(),
        maps: [grid(&pair.reference), grid(&pair.samples)],
        x_label: x_label.into(),
        y_label: y_label.into(),
        value_label: "Free energy (kT)".into(),
        mark,
    }
}

/// The map of the two slowest coordinates, the native structure marked.
pub fn tica_map(evaluation: &Evaluation) -> Option<MapPairFigure> {
    let pair = evaluation.scores.maps.iter().find(|map| map.quantity == Quantity::TicMap)?;
    let mark = evaluation.native_tics.first().zip(evaluation.native_tics.get(1)).map(|(&x, &y)| [x, y]);
    Some(map_pair(pair, mark))
}

/// Mean Cα distances (Figures 5 and 9 of the paper).
pub fn distances(evaluation: &Evaluation) -> DistanceFigure {
    DistanceFigure {
        titles: titles(),
        residues: evaluation.native_trace_angstrom.len(),
        mean_angstrom: [
            evaluation.reference.mean_ca_distances_angstrom.clone(),
            evaluation.samples.mean_ca_distances_angstrom.clone(),
        ],
    }
}

/// Superposed Cα traces (Figures 5 and 9 of the paper).
pub fn traces(evaluation: &Evaluation) -> TraceFigure {
    let flat = |trace: &Vec<[f32; 3]>| -> Vec<[f64; 2]> {
        trace.iter().map(|p| [f64::from(p[0]), f64::from(p[1])]).collect()
    };
    let all = |traces: &[Vec<[f32; 3]>]| traces.iter().map(flat).collect();
    TraceFigure {
        titles: titles(),
        native: flat(&evaluation.native_trace_angstrom),
        traces: [all(&evaluation.reference.traces_angstrom), all(&evaluation.samples.traces_angstrom)],
    }
}

/// The two slowest implied timescales of each ensemble against lag.
pub fn implied_timescales(evaluation: &Evaluation) -> CurveFigure {
    let mut curves = Vec::new();
    for (label, role, timescales) in [
        (REFERENCE, CurveRole::Reference, &evaluation.reference.implied_timescales),
        (SAMPLES, CurveRole::Samples, &evaluation.samples.implied_timescales),
    ] {
        curves.extend((0..2).map(|process| Curve {
            label: if process == 0 { label.to_owned() } else { String::new() },
            role,
            x: timescales.lags_ps.iter().map(|lag| lag * 1e-3).collect(),
            y: process_ns(timescales, process),
            band: Vec::new(),
        }));
    }
    // Below this line a process decays before the model can see it.
    let lags: Vec<f64> = curves.iter().flat_map(|c| c.x.iter().copied()).collect();
    let (low, high) =
        lags.iter().fold((f64::INFINITY, 0.0f64), |range, &lag| (range.0.min(lag), range.1.max(lag)));
    if low < high {
        curves.push(Curve {
            label: "Lag".into(),
            role: CurveRole::Other(1),
            x: vec![low, high],
            y: vec![low, high],
            band: Vec::new(),
        });
    }
    CurveFigure {
        stem: "implied_timescales".into(),
        x_label: "Lag (ns)".into(),
        y_label: "Implied timescale (ns)".into(),
        logarithmic: true,
        points: true,
        bars: false,
        curves,
    }
}

fn process_ns(timescales: &ImpliedTimescales, process: usize) -> Vec<f64> {
    let of = |slowest: &Vec<f64>| slowest.get(process).map_or(f64::NAN, |t| t * 1e-3);
    timescales.timescales_ps.iter().map(of).collect()
}
