//! What is open: the structure, the run made from it, and the frame shown. Changed only by events of the
//! engine and by actions, never while drawing.

use std::sync::Arc;

use equijump_engine::analysis::superposed_copy;
use equijump_engine::observe::landscape::{Landscape, LandscapeMap};

use super::runs::{Opened, OtherRun, Run, Starting, Unopened};

pub use equijump_engine::observe::Positions;

/// The frame on screen.
#[derive(Clone, Debug)]
pub struct Shown {
    /// Its number; 0 is the start structure.
    pub frame: usize,
    /// Its replica.
    pub replica: usize,
    /// Positions as they were made.
    pub positions: Positions,
    /// Positions as displayed: superposed on the start structure, if so chosen.
    pub displayed: Positions,
}

/// What is open.
#[derive(Default)]
pub struct Project {
    /// The structure.
    pub opened: Option<Opened>,
    /// Why the structure asked for last is not the one that is open.
    pub open_error: Option<String>,
    /// The run on view.
    pub run: Option<Run>,
    /// The run that was asked for and has not begun.
    pub starting: Option<Starting>,
    /// The other runs of the session, in the order they were begun.
    pub others: Vec<OtherRun>,
    /// What could not be opened, to be tried again or forgotten.
    pub unopened: Vec<Unopened>,
    /// Runs numbered so far.
    pub numbered: u32,
    /// The frame on screen.
    pub shown: Option<Shown>,
}

impl Project {
    /// The letters of the basins on the map of the run on view: those of earlier runs of the protein keep their places.
    pub fn basin_letters(&self, map: &LandscapeMap) -> Vec<char> {
        let sequence = self.opened.as_ref().map(|opened| opened.structure.topology.sequence());
        let own = self.run.as_ref().map_or(u32::MAX, |run| run.number);
        let earlier = self.others.iter().filter(|other| {
            other.run.number < own && Some(other.opened.structure.topology.sequence()) == sequence
        });
        let earlier: Vec<&LandscapeMap> = earlier
            .filter_map(|other| match &other.observations.landscape {
                Landscape::Map(map) => Some(map.as_ref()),
                _ => None,
            })
            .collect();
        map.letters(&earlier)
    }

    /// Whether a simulation is going on.
    pub fn is_running(&self) -> bool {
        self.starting.is_some() || self.active_run().is_some()
    }

    /// All runs that have begun, in the order of their numbers.
    pub fn runs(&self) -> Vec<&Run> {
        let mut runs: Vec<&Run> = self.others.iter().map(|other| &other.run).chain(&self.run).collect();
        runs.sort_by_key(|run| run.number);
        runs
    }

    /// The run that goes on, on view or not.
    pub fn active_run(&self) -> Option<&Run> {
        self.runs().into_iter().find(|run| run.is_active())
    }

    /// The run that goes on, or is about to.
    pub fn active_run_mut(&mut self) -> Option<&mut Run> {
        let begun = self.others.iter_mut().map(|other| &mut other.run).chain(self.run.as_mut());
        begun.chain(self.starting.as_mut().map(|starting| &mut starting.run)).find(|run| run.is_active())
    }

    /// The run of a number, to change it.
    pub fn run_mut(&mut self, number: u32) -> Option<&mut Run> {
        let begun = self.others.iter_mut().map(|other| &mut other.run).chain(self.run.as_mut());
        begun.into_iter().find(|run| run.number == number)
    }

    /// The run of a number.
    pub fn run_of_number(&self, number: u32) -> Option<&Run> {
        self.runs().into_iter().find(|run| run.number == number)
    }

    /// A number for one run more.
    pub fn next_number(&mut self) -> u32 {
        self.numbered += 1;
        self.numbered
    }

    /// Frames that can be shown.
    pub fn frame_count(&self) -> usize {
        let of_run = self.run.as_ref().filter(|run| run.history().is_some()).map(|run| run.frames as usize);
        of_run.unwrap_or(usize::from(self.opened.is_some()))
    }

    /// Time of a frame, ns; `None` before a model has told the interval between frames.
    pub fn time_ns(&self, frame: usize) -> Option<f64> {
        let interval_ps = self.run.as_ref()?.frame_interval_ps()?;
        Some(frame as f64 * interval_ps / 1000.0)
    }

    /// Makes `frame` the one on screen, unless it is already. Returns whether anything changed.
    ///
    /// # Errors
    /// One sentence when the frame cannot be read back.
    pub fn show(&mut self, frame: usize, superpose: bool) -> Result<bool, String> {
        let Some(opened) = &self.opened else { return Ok(false) };
        let replica = self.run.as_ref().map_or(0, |run| run.replica);
        if self.shown.as_ref().is_some_and(|shown| (shown.frame, shown.replica) == (frame, replica)) {
            return Ok(false);
        }
        let positions = match self.run.as_ref().and_then(Run::history) {
            Some(history) => Arc::new(
                history
                    .read(frame as u64, replica)
                    .map_err(|error| format!("Frame {frame} could not be read back: {error}"))?,
            ),
            None => opened.structure.positions_angstrom.clone(),
        };
        let displayed = displayed(opened, &positions, superpose);
        self.shown = Some(Shown { frame, replica, positions, displayed });
        Ok(true)
    }

    /// Positions as they are displayed: superposed on the start structure, if so chosen.
    pub fn displayed(&self, positions: &Positions, superpose: bool) -> Positions {
        match &self.opened {
            Some(opened) => displayed(opened, positions, superpose),
            None => positions.clone(),
        }
    }

    /// Superposition was switched on or off.
    pub fn set_superpose(&mut self, superpose: bool) {
        if let (Some(opened), Some(shown)) = (&self.opened, &mut self.shown) {
            shown.displayed = displayed(opened, &shown.positions, superpose);
        }
    }
}

/// Positions as they are displayed beside the structure that they belong to.
pub(super) fn displayed(opened: &Opened, positions: &Positions, superpose: bool) -> Positions {
    let reference = &opened.structure.positions_angstrom;
    if superpose && !Arc::ptr_eq(reference, positions) {
        Arc::new(superposed_copy(&opened.structure.topology, positions, reference))
    } else {
        positions.clone()
    }
}
