//! Beginning the tests of the model in use, with the sampling settings of the next run.

use equijump_engine::analysis::evaluation::EvaluationSettings;
use equijump_engine::analysis::evaluation::branches::BranchSettings;
use equijump_engine::analysis::evaluation::jumps::JumpSettings;
use equijump_engine::session::{BranchRequest, Drawing, JumpRequest, ReferenceFiles, StructureSource};

use crate::window::app::EquiJumpApp;

impl EquiJumpApp {
    /// What tests of the model in use need of the form; files of samples play no part.
    fn tested(&self) -> Option<(ReferenceFiles, StructureSource, Drawing)> {
        let form = &self.evaluation.form;
        let run = &self.preferences.run;
        let (sampler, device) = (run.sampler.clone(), run.device.clone());
        let drawing = Drawing { model: self.model.source()?, sampler, device };
        Some((form.reference_in_files(&self.project)?, form.native_source(&self.project)?, drawing))
    }

    /// Begins the one-step test.
    pub(super) fn start_jumps(&mut self) {
        let Some((reference, native, drawing)) = self.tested() else { return };
        let state = &mut self.evaluation.jumps;
        if state.test.running.is_some() {
            return;
        }
        let form = &self.evaluation.form.settings;
        let settings = JumpSettings {
            sources: state.sources,
            draws: state.draws,
            folded_below_angstrom: form.folded_below_angstrom,
            unfolded_beyond_angstrom: form.unfolded_beyond_angstrom,
            bootstrap: form.bootstrap,
            confidence: form.confidence,
            seed: form.seed,
            ..JumpSettings::default()
        };
        state.test.begin(&self.session, JumpRequest { reference, native, drawing, settings });
    }

    /// Begins the branch test.
    pub(super) fn start_branches(&mut self) {
        let Some((reference, native, drawing)) = self.tested() else { return };
        let state = &mut self.evaluation.branches;
        if state.test.running.is_some() {
            return;
        }
        let (starts, horizons) = match state.typed() {
            Ok(typed) => typed,
            Err(sentence) => {
                state.test.error = Some(sentence);
                return;
            }
        };
        let EvaluationSettings { bootstrap, confidence, seed, .. } = self.evaluation.form.settings;
        let settings = BranchSettings { horizons, bootstrap, confidence, seed, ..BranchSettings::default() };
        let native = Some(native);
        state.test.begin(&self.session, BranchRequest { reference, native, starts, drawing, settings });
    }
}
