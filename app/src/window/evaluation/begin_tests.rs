//! Beginning the tests of the model in use, with the sampling settings of the next run.

use std::path::PathBuf;

use equijump_engine::analysis::evaluation::branches::BranchSettings;
use equijump_engine::analysis::evaluation::jumps::JumpSettings;
use equijump_engine::session::{BranchRequest, JumpRequest};

use crate::window::app::EquiJumpApp;

impl EquiJumpApp {
    /// Begins the one-step test.
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

    /// Begins the branch test.
    pub(super) fn start_branches(&mut self) {
        let form = &self.evaluation.form;
        // Files of samples play no part.
        let files = form
            .reference_in_files(&self.project)
            .and_then(|reference| form.request(&self.project, reference, Vec::<PathBuf>::new()));
        let (Some(request), Some(model)) = (files, self.model.source()) else { return };
        if self.evaluation.branches.test.running.is_some() {
            return;
        }
        let (starts, horizons) = match self.evaluation.branches.typed() {
            Ok(typed) => typed,
            Err(sentence) => {
                self.evaluation.branches.test.error = Some(sentence);
                return;
            }
        };
        let run = &self.preferences.run;
        let settings = &form.settings;
        let request = BranchRequest {
            topology: request.topology,
            chain: request.chain,
            native: Some(request.native),
            reference: request.reference,
            reference_selection: request.reference_selection,
            starts,
            model,
            sampler: run.sampler.clone(),
            device: run.device.clone(),
            settings: BranchSettings {
                horizons,
                bootstrap: settings.bootstrap,
                confidence: settings.confidence,
                seed: settings.seed,
                ..BranchSettings::default()
            },
        };
        self.evaluation.branches.test.begin(&self.session, request);
    }
}
