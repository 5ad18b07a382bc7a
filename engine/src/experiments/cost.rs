//! What work has cost, kept on disk so that it counts on when the work is resumed.

use std::path::{Path, PathBuf};
use std::time::Instant;

use cpu_time::ProcessTime;
use serde::{Deserialize, Serialize};

use crate::atomic_file::write_atomically;
use crate::file_error::FileError;
use crate::regular_file::{self, LONGEST_TEXT_BYTES};

/// Time spent on a number of units of work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Cost {
    /// Units that the times below were spent on: optimizer steps, or frames of all replicas.
    pub units: u64,
    /// Time of all processors of this machine, as the system counts it for the process, s; 0 where it does not.
    pub cpu_seconds: f64,
    /// Time on the clock, s.
    pub wall_seconds: f64,
}

impl Cost {
    /// Processor time of one unit, s; `None` where nothing was measured.
    pub fn cpu_seconds_per_unit(&self) -> Option<f64> {
        (self.units > 0 && self.cpu_seconds > 0.0).then(|| self.cpu_seconds / self.units as f64)
    }

    /// Clock time of one unit, s; `None` where nothing was measured.
    pub fn wall_seconds_per_unit(&self) -> Option<f64> {
        (self.units > 0 && self.wall_seconds > 0.0).then(|| self.wall_seconds / self.units as f64)
    }

    /// What was noted at `path`; nothing where nothing readable is there.
    pub(super) fn read(path: &Path) -> Self {
        let text = regular_file::read(path, LONGEST_TEXT_BYTES).unwrap_or_default();
        serde_json::from_slice(&text).unwrap_or_default()
    }
}

/// Adds up what work costs.
#[derive(Debug)]
pub(super) struct CostMeter {
    path: PathBuf,
    earlier: Cost,
    cpu: Option<ProcessTime>,
    wall: Instant,
}

impl CostMeter {
    /// Starts the clocks, on top of what was noted at `path` if `resume`, else from nothing.
    pub fn start(path: PathBuf, resume: bool) -> Self {
        let earlier = if resume { Cost::read(&path) } else { Cost::default() };
        Self { path, earlier, cpu: ProcessTime::try_now().ok(), wall: Instant::now() }
    }

    /// Starts the clocks again: what went before was preparation.
    pub fn restart(&mut self) {
        self.cpu = ProcessTime::try_now().ok();
        self.wall = Instant::now();
    }

    /// Time on the clock since the start, s.
    pub fn wall_seconds(&self) -> f64 {
        self.wall.elapsed().as_secs_f64()
    }

    /// Notes that `units` were done since the start, and returns the sum.
    ///
    /// # Errors
    /// [`FileError`] when the note cannot be written.
    pub fn note(&self, units: u64) -> Result<Cost, FileError> {
        let cpu = self.cpu.and_then(|start| start.try_elapsed().ok());
        let cost = Cost {
            units: self.earlier.units + units,
            cpu_seconds: self.earlier.cpu_seconds + cpu.map_or(0.0, |time| time.as_secs_f64()),
            wall_seconds: self.earlier.wall_seconds + self.wall_seconds(),
        };
        let json = serde_json::to_vec_pretty(&cost).map_err(FileError::write(&self.path))?;
        write_atomically(&self.path, &json).map_err(FileError::write(&self.path))?;
        Ok(cost)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn costs_add_up_over_interruptions() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cost.json");
        let first = CostMeter::start(path.clone(), true).note(3).unwrap();
        assert_eq!(first.units, 3);
        let meter = CostMeter::start(path.clone(), true);
        // Enough work for the clock of any system to see.
        let mut sum = 0.0f64;
        while meter.wall_seconds() < 0.05 {
            sum += sum.cos() + 1.0;
        }
        let second = meter.note(4).unwrap();
        assert!(sum.is_finite());
        assert_eq!(second.units, 7);
        assert!(second.wall_seconds >= first.wall_seconds + 0.05);
        assert!(second.cpu_seconds > first.cpu_seconds, "{second:?} after {first:?}");
        // Digits of a file may round in the last place.
        let read = Cost::read(&path);
        assert_eq!(read.units, second.units);
        assert!((read.cpu_seconds - second.cpu_seconds).abs() < 1e-9, "{read:?} for {second:?}");
        assert!((read.wall_seconds - second.wall_seconds).abs() < 1e-9, "{read:?} for {second:?}");
        assert_eq!(CostMeter::start(path, false).note(1).unwrap().units, 1);
        assert_eq!(Cost::default().cpu_seconds_per_unit(), None);
    }
}
