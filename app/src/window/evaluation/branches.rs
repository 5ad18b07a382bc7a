//! The branch test from the window: trajectories of the model in use from the frames that the reference branches off.

use std::path::PathBuf;

use equijump_engine::analysis::evaluation::branches::BranchSettings;
use equijump_engine::session::{BranchRequest, StartFrame};

use super::test::Test;
use crate::window::wording::in_window_words;

/// Everything of the branch test.
#[derive(Debug)]
pub struct BranchTestState {
    /// Frame that the reference branches off, `start.pdb` or `run.xtc:120`; empty where each file begins with it.
    pub start: String,
    /// Jumps after which to compare, as typed.
    pub horizons: String,
    /// The test.
    pub test: Test<BranchRequest>,
}

impl Default for BranchTestState {
    fn default() -> Self {
        let horizons: Vec<String> = BranchSettings::default().horizons.iter().map(usize::to_string).collect();
        Self { start: String::new(), horizons: horizons.join(", "), test: Test::default() }
    }
}

impl BranchTestState {
    /// What was typed: frames and jumps.
    ///
    /// # Errors
    /// One sentence about what cannot be read.
    pub(super) fn typed(&self) -> Result<(Vec<StartFrame>, Vec<usize>), String> {
        let start = self.start.trim();
        let starts = match start.is_empty() {
            true => Vec::new(),
            false => {
                vec![start.parse().unwrap_or_else(|_| StartFrame { path: PathBuf::from(start), frame: 0 })]
            }
        };
        let parts = self.horizons.split([',', ' ']).filter(|part| !part.is_empty());
        let horizons: Result<Vec<usize>, _> = parts.map(str::parse).collect();
        let horizons =
            horizons.map_err(|_| "The jumps are whole numbers with commas between: 1, 10.".to_owned())?;
        let settings = BranchSettings { horizons, ..BranchSettings::default() };
        settings.check().map_err(|error| in_window_words(&error.to_string()))?;
        Ok((starts, settings.horizons))
    }
}

#[cfg(test)]
mod tests {
    use super::BranchTestState;

    #[test]
    fn what_is_typed_is_read_or_refused_with_a_sentence() {
        let state = |start: &str, horizons: &str| BranchTestState {
            start: start.to_owned(),
            horizons: horizons.to_owned(),
            ..BranchTestState::default()
        };
        assert_eq!(BranchTestState::default().typed(), Ok((Vec::new(), vec![1, 10])));
        let (starts, horizons) = state(" run.xtc:7 ", "2,5 9").typed().unwrap_or_default();
        assert_eq!((starts[0].frame, horizons), (7, vec![2, 5, 9]));
        let (starts, _) = state("start.pdb", "1").typed().unwrap_or_default();
        assert_eq!((starts[0].path.to_str(), starts[0].frame), (Some("start.pdb"), 0));
        for horizons in ["", "ten", "10, 1", "0"] {
            assert!(state("", horizons).typed().is_err(), "{horizons}");
        }
    }
}
