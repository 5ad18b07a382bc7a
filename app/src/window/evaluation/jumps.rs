//! The one-step test from the window: jumps of the model in use from frames of the reference.

use equijump_engine::analysis::evaluation::jumps::JumpSettings;
use equijump_engine::session::JumpRequest;

use super::test::Test;

/// Everything of the one-step test.
#[derive(Debug)]
pub struct JumpTestState {
    /// Frames that jumps start from.
    pub sources: usize,
    /// Jumps from each.
    pub draws: usize,
    /// The test.
    pub test: Test<JumpRequest>,
}

impl Default for JumpTestState {
    fn default() -> Self {
        let JumpSettings { sources, draws, .. } = JumpSettings::default();
        Self { sources, draws, test: Test::default() }
    }
}
