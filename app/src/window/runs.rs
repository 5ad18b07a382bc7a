//! The runs of a session: the one on view and the others, which keep their frames, their numbers and the place
//! they were left at. Nothing is lost by starting or opening another one.

use std::path::PathBuf;
use std::sync::Arc;

use equijump_engine::observe::landscape::{Landscape, LandscapeMap, MapSettings};
use equijump_engine::observe::observations::Observations;
use equijump_engine::observe::observer::Observer;
use equijump_engine::session::RecordedRun;

use super::project::{Opened, Project, Run};
use super::session_file::Entry;

/// Where the frames of a run come from.
#[derive(Clone, Debug)]
pub enum Origin {
    /// Made in this window.
    Made,
    /// Opened from files.
    Opened {
        /// The files, as they are shown.
        files: Vec<PathBuf>,
        /// What made them, if it was this program.
        recorded: Option<RecordedRun>,
    },
}

/// A run that was asked for and has not begun: what is on view stays until it has.
#[derive(Debug)]
pub struct Starting {
    /// The run.
    pub run: Run,
    /// The structure that it starts from.
    pub opened: Opened,
    /// Whether it goes on with the run of its number.
    pub extends: bool,
}

/// Something that could not be opened.
#[derive(Clone, Debug)]
pub struct Unopened {
    /// How it would be opened.
    pub entry: Entry,
    /// Why it was not.
    pub reason: String,
}

/// A run that is not on view.
pub struct OtherRun {
    /// Its protein.
    pub opened: Opened,
    /// The run.
    pub run: Run,
    /// What is known of it.
    pub observations: Arc<Observations>,
    /// Looks at its frames; absent where the system refused a thread.
    pub(super) observer: Option<Observer>,
    /// The frame that was shown last.
    pub(super) frame: usize,
}

/// The letters of the basins on the map of the run on view: those of earlier runs of the protein keep their places.
pub fn basin_letters(project: &Project, map: &LandscapeMap) -> Vec<char> {
    let sequence = project.opened.as_ref().map(|opened| opened.structure.topology.sequence());
    let own = project.run.as_ref().map_or(u32::MAX, |run| run.number);
    let earlier = project.others.iter().filter(|other| {
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

impl OtherRun {
    /// Takes what its observer has found out. Returns whether it is news.
    pub(super) fn take_observations(&mut self) -> bool {
        let Some(observer) = &self.observer else { return false };
        let observations = observer.observations();
        let new = !Arc::ptr_eq(&observations, &self.observations);
        self.observations = observations;
        new
    }

    /// The frame of this run that is nearest to a frame of another one.
    pub fn nearest_frame(&self, frame: usize) -> usize {
        frame.min(usize::try_from(self.run.frames.saturating_sub(1)).unwrap_or(0))
    }

    /// Makes its free-energy map like this.
    pub(super) fn map(&self, settings: MapSettings) {
        if let Some(observer) = &self.observer {
            observer.map(settings);
        }
    }

    /// There are more frames.
    pub(super) fn frames_made(&self) {
        if let Some(observer) = &self.observer {
            observer.frames_made();
        }
    }
}
