//! How many frames of a run are not intact, as the headline and the messages tell it.

use equijump_engine::observe::observations::Observations;

use super::numbers::grouped;
use super::runs::Run;

/// Frames that are not intact, once all have been looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Broken {
    /// Frames that were made, or all of a trajectory of another program.
    pub made: u64,
    /// Whether the structure that the run began from, which no model made, is one.
    pub start: bool,
}

impl Broken {
    /// Those of a run; `None` until all of its frames have been looked at.
    pub fn of(run: &Run, observations: &Observations) -> Option<Self> {
        let replicas = run.info.as_ref().map_or(1, |info| info.replicas) as u64;
        let validity = observations.validity.as_ref()?;
        if validity.frames < run.frames * replicas {
            return None;
        }
        let all = validity.frames - validity.intact_frames;
        let start = run.is_of_this_program() && observations.strip.first_is_intact() == Some(false);
        // Each replica begins from it.
        let made = if start { all.saturating_sub(replicas) } else { all };
        Some(Self { made, start })
    }

    /// In words: `3 not intact`.
    pub fn words(&self) -> String {
        match (self.made, self.start) {
            (0, false) => "all intact".to_owned(),
            (0, true) => "all intact but the start structure".to_owned(),
            (made, _) => format!("{} not intact", grouped(made)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_start_structure_is_none_of_the_frames_that_were_made() {
        let words = |made, start| Broken { made, start }.words();
        assert_eq!(words(0, false), "all intact");
        assert_eq!(words(0, true), "all intact but the start structure");
        assert_eq!(words(1200, true), "1\u{202f}200 not intact");
    }
}
