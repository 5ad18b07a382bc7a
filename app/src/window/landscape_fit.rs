//! The live free-energy map: coordinates fitted to the run so far, refitted as it grows, and every frame
//! projected on them.

use std::sync::Arc;

use equijump_engine::analysis::covariance::LagWindow;
use equijump_engine::analysis::{Binning, Histogram2d, TicaBasis, TicaFit, TicaSettings};
use equijump_engine::structure::Topology;

use super::observations::{Landscape, LandscapeMap};
use crate::figures::Grid2;

/// Lag of live fits: 2 ns, as in the paper.
const LAG_PS: f64 = 2000.0;
/// Features of live fits. A fit costs the cube of it: 300 take some 50 ms.
const MAX_FEATURES: usize = 300;
/// Pairs of frames before the first fit; with fewer the slow directions are noise.
const FIRST_FIT_PAIRS: u64 = 60;
/// The basis is refitted when the run has grown by this factor.
const REFIT_GROWTH: f64 = 1.3;

/// State of the fit.
pub struct LandscapeFit {
    fit: Option<(TicaFit, LagWindow)>,
    /// Why there can be no fit for this protein.
    obstacle: Option<String>,
    lag_frames: u64,
    interval_ps: f64,
    frames: u64,
    /// The basis in force, with all frames projected on it.
    present: Option<Projected>,
    /// A newer basis, on which frames are being projected; takes over when it has caught up.
    coming: Option<Projected>,
    pairs_at_fit: u64,
}

struct Projected {
    basis: TicaBasis,
    projections: Vec<[f64; 2]>,
}

impl Projected {
    fn push(&mut self, topology: &Topology, positions: &[[f32; 3]]) {
        let coordinates = self.basis.project(topology, positions);
        // A chain that moves in one direction only has one coordinate.
        let at = |index: usize| coordinates.get(index).copied().unwrap_or(0.0);
        self.projections.push([at(0), at(1)]);
    }
}

impl LandscapeFit {
    /// No frames yet.
    pub fn new(topology: &Topology, interval_ps: f64) -> Self {
        let lag_frames = (LAG_PS / interval_ps).round().max(1.0);
        let settings = TicaSettings {
            lag_ps: lag_frames * interval_ps,
            components: 2,
            max_features: MAX_FEATURES,
            ..TicaSettings::default()
        };
        let (fit, obstacle) = match TicaFit::new(topology, interval_ps, settings) {
            Ok(fit) => {
                let window = fit.window();
                (Some((fit, window)), None)
            }
            Err(error) => (None, Some(format!("No map for this protein: {error}."))),
        };
        Self {
            fit,
            obstacle,
            lag_frames: lag_frames as u64,
            interval_ps,
            frames: 0,
            present: None,
            coming: None,
            pairs_at_fit: 0,
        }
    }

    /// The next frame that the coming basis wants, if there is one.
    pub fn next_frame_to_project(&self) -> Option<u64> {
        self.coming.as_ref().map(|coming| coming.projections.len() as u64)
    }

    /// Projects the frame asked for by [`Self::next_frame_to_project`].
    pub fn project(&mut self, topology: &Topology, positions: &[[f32; 3]]) {
        if let Some(coming) = &mut self.coming {
            coming.push(topology, positions);
        }
        self.adopt_when_complete();
    }

    /// Looks at the next frame of the run. A coming basis must have seen all frames before it.
    pub fn add_frame(&mut self, topology: &Topology, positions: &[[f32; 3]]) {
        self.frames += 1;
        for projected in [&mut self.present, &mut self.coming].into_iter().flatten() {
            if projected.projections.len() as u64 + 1 == self.frames {
                projected.push(topology, positions);
            }
        }
        let Some((fit, window)) = &mut self.fit else { return };
        if let Err(error) = fit.push(window, &fit.features().measure(topology, positions)) {
            self.obstacle = Some(format!("No map: {error}."));
            self.fit = None;
            return;
        }
        let wanted = FIRST_FIT_PAIRS.max((self.pairs_at_fit as f64 * REFIT_GROWTH) as u64);
        if fit.pair_count() >= wanted && self.coming.is_none() {
            self.pairs_at_fit = fit.pair_count();
            match fit.fit(self.present.as_ref().map(|present| &present.basis)) {
                Ok(basis) => {
                    let projections = Vec::with_capacity(self.frames as usize);
                    self.coming = Some(Projected { basis, projections });
                    self.obstacle = None;
                }
                Err(error) => self.obstacle = Some(format!("No map yet: {error}.")),
            }
        }
    }

    fn adopt_when_complete(&mut self) {
        if self.coming.as_ref().is_some_and(|coming| coming.projections.len() as u64 == self.frames) {
            self.present = self.coming.take();
        }
    }

    /// The map of all frames so far, or why there is none.
    pub fn landscape(&self) -> Landscape {
        match &self.present {
            Some(present) => match self.map(present) {
                Ok(map) => Landscape::Map(Arc::new(map)),
                Err(reason) => Landscape::NotYet(reason),
            },
            None => Landscape::NotYet(self.obstacle.clone().unwrap_or_else(|| self.waiting_text())),
        }
    }

    fn waiting_text(&self) -> String {
        let needed = FIRST_FIT_PAIRS + self.lag_frames;
        let so_far = self.frames.saturating_sub(1);
        format!(
            "There is no reference for this protein, so the coordinates are fitted to this run once it has \
             {needed} frames. So far it has {so_far}."
        )
    }

    fn map(&self, present: &Projected) -> Result<LandscapeMap, String> {
        let projections = present.projections.clone();
        // Few frames in many bins are a scatter plot; 50 bins, those of the reports, need some thousands.
        let bins = ((projections.len() as f64).sqrt() as usize).clamp(16, Binning::BINS_2D);
        let binning = |axis: usize| {
            Binning::of_data(projections.iter().map(|p| p[axis]), bins).map_err(|error| error.to_string())
        };
        let (x, y) = (binning(0)?, binning(1)?);
        let mut histogram = Histogram2d::new(x, y);
        for [a, b] in &projections {
            histogram.add(*a, *b, 1.0);
        }
        let surface = histogram.free_energy();
        let lag_ns = self.lag_frames as f64 * self.interval_ps / 1000.0;
        Ok(LandscapeMap {
            free_energy_kt: Grid2 {
                x_range: [x.min, x.max],
                y_range: [y.min, y.max],
                nx: x.bins,
                ny: y.bins,
                values: surface.values_kt,
            },
            projections,
            basis: format!(
                "Coordinates fitted to this run, lag {lag_ns:.1} ns, from {} pairs of frames",
                present.basis.pairs
            ),
        })
    }
}
