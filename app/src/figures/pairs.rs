//! What training pairs start from (Figure 8 of the paper).

use equijump_engine::analysis::histogram::{Binning, Histogram2d, free_energy_kt};
use equijump_engine::session::Coverage;

use super::data::{Curve, CurveFigure, CurveRole, Grid2, MapPairFigure};

/// Bins along each axis of the maps.
const BINS: usize = 60;

/// Maps of the slow coordinates that uniform and enhanced pairs start from; `None` without points.
pub fn map(coverage: &Coverage) -> Option<MapPairFigure> {
    let all = || coverage.uniform.iter().chain(&coverage.enhanced);
    let x = Binning::of_data(all().map(|point| point[0]), BINS).ok()?;
    let y = Binning::of_data(all().map(|point| point[1]), BINS).ok()?;
    let grid = |points: &[[f64; 2]]| {
        let mut histogram = Histogram2d::new(x, y);
        points.iter().for_each(|point| histogram.add(point[0], point[1], 1.0));
        Grid2 {
            x_range: [x.min, x.max],
            y_range: [y.min, y.max],
            nx: x.bins,
            ny: y.bins,
            values: free_energy_kt(&histogram.weights),
        }
    };
    Some(MapPairFigure {
        stem: "pairs".into(),
        titles: [
            format!("{}: uniform pairs", coverage.protein),
            format!("Enhanced pairs, {} clusters", coverage.cluster_shares.len()),
        ],
        maps: [grid(&coverage.uniform), grid(&coverage.enhanced)],
        x_label: "TIC 1".into(),
        y_label: "TIC 2".into(),
        value_label: "−ln p".into(),
        mark: None,
    })
}

/// How often each cluster is drawn, by falling population.
pub fn populations(coverage: &Coverage) -> CurveFigure {
    let ranks: Vec<f64> = (1..=coverage.cluster_shares.len()).map(|rank| rank as f64).collect();
    let alike = 100.0 / coverage.cluster_shares.len().max(1) as f64;
    let curve = |label: &str, role: CurveRole, y: Vec<f64>| Curve {
        label: label.to_owned(),
        role,
        x: ranks.clone(),
        y,
        band: Vec::new(),
    };
    CurveFigure {
        stem: "pairs_clusters".into(),
        x_label: "Cluster, by falling population".into(),
        y_label: "Share of the pairs drawn (%)".into(),
        logarithmic: true,
        points: false,
        bars: false,
        curves: vec![
            curve(
                "Uniform pairs",
                CurveRole::Reference,
                coverage.cluster_shares.iter().map(|share| 100.0 * share).collect(),
            ),
            curve("Enhanced pairs", CurveRole::Samples, vec![alike; ranks.len()]),
        ],
    }
}
