//! Following the user's measurements through the run; part of the observer's thread.

use std::time::Instant;

use crate::analysis::{Measurement, MeasurementSeries};
use crate::session::FrameHistory;

use super::ObserveError;
use super::observations::MeasurementCurve;

/// Points kept of each series: more than a plot has pixels.
const MAX_POINTS: usize = 8_000;

/// The series of all measurements: of the replica shown, and of the others where they are asked for.
#[derive(Default)]
pub struct MeasurementTracker {
    wanted: Vec<Measurement>,
    replica: usize,
    /// Of each replica.
    series: Vec<Vec<MeasurementSeries>>,
    scratch: Vec<[f32; 3]>,
}

impl MeasurementTracker {
    /// Measures these from now on. Series of those that stay are kept.
    pub fn set_wanted(&mut self, wanted: &[Measurement]) {
        self.wanted = wanted.to_vec();
        for series in &mut self.series {
            series.retain(|series| wanted.contains(&series.measurement()));
        }
    }

    /// Measures another replica first.
    pub fn set_replica(&mut self, replica: usize) {
        self.replica = replica;
    }

    /// Measures frames until all are done or `deadline` is past, of the replica shown and then, if so wanted, of
    /// `all_replicas`. Returns whether anything was measured and whether frames are left.
    ///
    /// # Errors
    /// [`ObserveError::ReadBack`].
    pub fn catch_up(
        &mut self,
        history: &FrameHistory,
        all_replicas: bool,
        deadline: Instant,
    ) -> Result<(bool, bool), ObserveError> {
        self.scratch.resize(history.atom_count(), [0.0; 3]);
        self.series.resize_with(history.replica_count(), Vec::new);
        let others = (0..history.replica_count()).filter(|replica| all_replicas && *replica != self.replica);
        let frames = history.len();
        let mut changed = false;
        for replica in std::iter::once(self.replica).chain(others) {
            let Some(of_replica) = self.series.get_mut(replica) else { continue };
            for &measurement in &self.wanted {
                if !of_replica.iter().any(|series| series.measurement() == measurement) {
                    of_replica.push(MeasurementSeries::new(measurement, MAX_POINTS));
                }
            }
            // Series that have got equally far share the reading of frames.
            while let Some(next) =
                of_replica.iter().map(MeasurementSeries::frames).min().filter(|n| *n < frames)
            {
                if Instant::now() > deadline {
                    return Ok((changed, true));
                }
                history.read_into(next, replica, &mut self.scratch).map_err(|source| {
                    ObserveError::ReadBack { frame: next, purpose: "measurements", source }
                })?;
                for series in of_replica.iter_mut().filter(|series| series.frames() == next) {
                    series.push(&self.scratch);
                }
                changed = true;
            }
        }
        Ok((changed, false))
    }

    /// What is known of a replica, in the order in which the measurements were asked for.
    pub fn observed(&self, replica: usize) -> Vec<MeasurementCurve> {
        let Some(series) = self.series.get(replica) else { return Vec::new() };
        let of = |measurement: &Measurement| {
            let series = series.iter().find(|series| series.measurement() == *measurement)?;
            Some(MeasurementCurve {
                measurement: *measurement,
                points: series.points().to_vec(),
                mean_and_deviation: series.mean_and_deviation(),
            })
        };
        self.wanted.iter().filter_map(of).collect()
    }
}
