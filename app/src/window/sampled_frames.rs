//! Frames of a run, evenly spread, for work that looks at all of them at once.

use std::sync::Arc;

use equijump_engine::analysis::{ReferenceData, TicaFit, TicaSettings};
use equijump_engine::session::FrameHistory;
use equijump_engine::structure::Topology;

use super::inquiry::Watch;

/// Frames of all replicas together at most.
const MOST_FRAMES: u64 = 20_000;
/// Distances that slow coordinates are fitted on: a fit needs twice as many pairs of frames.
const MAX_FEATURES: usize = 78;

/// Frames to look at.
#[derive(Clone)]
pub struct SampledFrames {
    /// The protein.
    pub topology: Arc<Topology>,
    /// Where they are.
    pub history: Arc<FrameHistory>,
    /// Numbers of the frames of each replica, ascending.
    pub numbers: Vec<Vec<u64>>,
    /// Frames from one to the next; 1 where only some frames were asked for.
    pub stride: u64,
}

impl SampledFrames {
    /// All frames that there are; of many, every N-th.
    pub fn all(topology: Arc<Topology>, history: Arc<FrameHistory>) -> Self {
        let replicas = history.replica_count();
        let stride = (history.len() * replicas as u64).div_ceil(MOST_FRAMES).max(1);
        let numbers = (0..history.len()).step_by(stride as usize).collect();
        Self { topology, history, numbers: vec![numbers; replicas], stride }
    }

    /// Only these frames of each replica; of many, every N-th.
    pub fn of(topology: Arc<Topology>, history: Arc<FrameHistory>, frames: &[Vec<u64>]) -> Self {
        let total: usize = frames.iter().map(Vec::len).sum();
        let step = (total as u64).div_ceil(MOST_FRAMES).max(1) as usize;
        let numbers = frames.iter().map(|own| own.iter().copied().step_by(step).collect()).collect();
        Self { topology, history, numbers, stride: 1 }
    }

    /// Frames to look at, of all replicas.
    pub fn count(&self) -> usize {
        self.numbers.iter().map(Vec::len).sum()
    }

    /// Replica and number of a frame by its place among all.
    pub fn frame(&self, place: usize) -> Option<(usize, u64)> {
        let mut before = 0;
        for (replica, numbers) in self.numbers.iter().enumerate() {
            if place < before + numbers.len() {
                return Some((replica, numbers[place - before]));
            }
            before += numbers.len();
        }
        None
    }

    /// Shows each frame to `look`, in order; `false` when it was stopped.
    ///
    /// # Errors
    /// One sentence when a frame cannot be read back.
    pub fn for_each(&self, watch: &Watch, mut look: impl FnMut(usize, &[[f32; 3]])) -> Result<bool, String> {
        let mut positions = vec![[0.0f32; 3]; self.history.atom_count()];
        let (total, mut done) = (self.count().max(1), 0usize);
        for (replica, numbers) in self.numbers.iter().enumerate() {
            for &number in numbers {
                if watch.is_stopped() {
                    return Ok(false);
                }
                self.history
                    .read_into(number, replica, &mut positions)
                    .map_err(|error| format!("Frame {number} could not be read back: {error}."))?;
                look(replica, &positions);
                done += 1;
                watch.done(done as f64 / total as f64);
            }
        }
        Ok(true)
    }

    /// The two slowest coordinates of each frame of each replica, and what they were fitted to: molecular dynamics of
    /// the protein, or these frames. `None` when it was stopped.
    ///
    /// # Errors
    /// One sentence when a frame cannot be read back, or there are too few for a fit.
    pub fn slow_coordinates(&self, watch: &Watch) -> Result<Option<(Vec<Vec<[f64; 2]>>, String)>, String> {
        let topology = &self.topology;
        let failed = |error| format!("Slow coordinates cannot be found: {error}.");
        let two = |point: &[f64]| [point[0], point.get(1).copied().unwrap_or(0.0)];
        let mut points = vec![Vec::new(); self.numbers.len()];
        if let Some(reference) = ReferenceData::bundled(topology) {
            let basis = &reference.basis;
            let whole = self.for_each(watch, |replica, positions| {
                points[replica].push(two(&basis.project(topology, positions)));
            })?;
            let source = format!("molecular dynamics of {}", reference.provenance.name);
            return Ok(whole.then_some((points, source)));
        }
        let interval_ps = self.history.frame_interval_ps() * self.stride as f64;
        let defaults = TicaSettings::default();
        let lag_ps = (defaults.lag_ps / interval_ps).round().max(1.0) * interval_ps;
        let settings = TicaSettings { components: 2, max_features: MAX_FEATURES, lag_ps, ..defaults };
        let mut fit = TicaFit::new(topology, interval_ps, settings).map_err(failed)?;
        let mut rows = vec![Vec::new(); self.numbers.len()];
        let whole = self.for_each(watch, |replica, positions| {
            rows[replica].push(fit.features().measure(topology, positions));
        })?;
        if !whole {
            return Ok(None);
        }
        for own in &rows {
            let mut window = fit.window();
            for row in own {
                fit.push(&mut window, row).map_err(failed)?;
            }
        }
        let basis = fit.fit(None).map_err(failed)?;
        for (own, projected) in rows.iter().zip(&mut points) {
            *projected = own.iter().map(|row| two(&basis.project_features(row))).collect();
        }
        Ok(Some((points, "these frames".to_owned())))
    }
}
