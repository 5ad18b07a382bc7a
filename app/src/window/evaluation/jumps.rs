//! The one-step test from the window: jumps of the model in use from frames of the reference.

use std::path::PathBuf;

use equijump_engine::analysis::evaluation::jumps::JumpSettings;
use equijump_engine::session::JumpRequest;

use super::test::Test;
use crate::window::app::EquiJumpApp;

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

impl EquiJumpApp {
    /// Begins a test with the model and the sampling settings of the next run.
    pub(super) fn start_jumps(&mut self) {
        let form = &self.evaluation.form;
        // Files of samples play no part.
        let files = form
            .reference_in_files(&self.project)
            .and_then(|reference| form.request(&self.project, reference, Vec::<PathBuf>::new()));
        let (Some(request), Some(model)) = (files, self.model.source()) else { return };
        if self.evaluation.jumps.test.running.is_some() {
            return;
        }
        let run = &self.preferences.run;
        let settings = &form.settings;
        let request = JumpRequest {
            topology: request.topology,
            chain: request.chain,
            native: request.native,
            reference: request.reference,
            reference_selection: request.reference_selection,
            model,
            sampler: run.sampler.clone(),
            device: run.device.clone(),
            settings: JumpSettings {
                sources: self.evaluation.jumps.sources,
                draws: self.evaluation.jumps.draws,
                folded_below_angstrom: settings.folded_below_angstrom,
                unfolded_beyond_angstrom: settings.unfolded_beyond_angstrom,
                bootstrap: settings.bootstrap,
                confidence: settings.confidence,
                seed: settings.seed,
                ..JumpSettings::default()
            },
        };
        self.evaluation.jumps.test.begin(&self.session, request);
    }
}
