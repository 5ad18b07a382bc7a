//! Following the user's measurements through the run; part of the observer's thread.

use std::time::Instant;

use crate::analysis::{Measurement, MeasurementSeries};
use crate::session::FrameHistory;

use super::ObserveError;
use super::observations::MeasurementCurve;

/// Points kept of each series: more than a plot has pixels.
const MAX_POINTS: usize = 8_000;

/// The series of all measurements, of one replica.
#[derive(Default)]
pub struct MeasurementTracker {
    wanted: Vec<Measurement>,
    replica: usize,
    series: Vec<MeasurementSeries>,
    scratch: Vec<[f32; 3]>,
}

impl MeasurementTracker {
    /// Measures these from now on. Series of those that stay are kept.
    pub fn set_wanted(&mut self, wanted: &[Measurement]) {
        self.wanted = wanted.to_vec();
        self.series.retain(|series| wanted.contains(&series.measurement()));
    }

    /// Measures another replica.
    pub fn set_replica(&mut self, replica: usize) {
        if self.replica != replica {
            self.replica = replica;
            self.series.clear();
        }
    }

    /// Measures frames until all are done or `deadline` is past. Returns whether anything was measured and
    /// whether frames are left.
    ///
    /// # Errors
    /// [`ObserveError::ReadBack`].
    pub fn catch_up(
        &mut self,
        history: &FrameHistory,
        deadline: Instant,
    ) -> Result<(bool, bool), ObserveError> {
        for &measurement in &self.wanted {
            if !self.series.iter().any(|series| series.measurement() == measurement) {
                self.series.push(MeasurementSeries::new(measurement, MAX_POINTS));
            }
        }
        self.scratch.resize(history.atom_count(), [0.0; 3]);
        let frames = history.len();
        let mut changed = false;
        // Series that have got equally far share the reading of frames.
        while let Some(next) = self.series.iter().map(MeasurementSeries::frames).min().filter(|n| *n < frames)
        {
            if Instant::now() > deadline {
                return Ok((changed, true));
            }
            history
                .read_into(next, self.replica, &mut self.scratch)
                .map_err(|source| ObserveError::ReadBack { frame: next, purpose: "measurements", source })?;
            for series in self.series.iter_mut().filter(|series| series.frames() == next) {
                series.push(&self.scratch);
            }
            changed = true;
        }
        Ok((changed, false))
    }

    /// What is known, in the order in which the measurements were asked for.
    pub fn observed(&self) -> Vec<MeasurementCurve> {
        let of = |measurement: &Measurement| {
            let series = self.series.iter().find(|series| series.measurement() == *measurement)?;
            Some(MeasurementCurve {
                measurement: *measurement,
                points: series.points().to_vec(),
                mean_and_deviation: series.mean_and_deviation(),
            })
        };
        self.wanted.iter().filter_map(of).collect()
    }
}
