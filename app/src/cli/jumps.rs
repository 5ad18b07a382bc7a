//! The one-step test of `equijump evaluate --jumps`.

use std::path::PathBuf;
use std::sync::Arc;

use equijump_engine::analysis::evaluation::EvaluationSettings;
use equijump_engine::analysis::evaluation::jumps::JumpSettings;
use equijump_engine::session::{
    DevicePreference, Drawing, JumpRequest, JumpTest, ReferenceFiles, StructureSource,
};
use equijump_engine::transport::SamplerSettings;

use super::job::Jobs;
use super::method::Method;
use super::named::sequence_of;
use super::sampling::{model_of, settings_of};
use super::stages::StageDisplay;

/// Flags of the one-step test.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct JumpArgs {
    /// Test single jumps: draw with the model from frames of the reference and compare with what the reference
    /// itself does in the same time. Needs no samples; with --samples the report has both.
    #[arg(long, group = "drawing")]
    jumps: bool,
    /// Model that draws: a file, or the name of a bundled one; the bundled one by default.
    #[arg(long, value_name = "FILE", requires = "drawing")]
    model: Option<PathBuf>,
    /// Frames of the reference that jumps start from.
    #[arg(long, default_value_t = JumpSettings::default().sources, value_name = "N", requires = "jumps")]
    sources: usize,
    /// Jumps drawn from each of them.
    #[arg(long, default_value_t = JumpSettings::default().draws, value_name = "M", requires = "jumps")]
    draws: usize,
    /// Sampler settings that come with the model: default where none is named; flags given as well take precedence.
    #[arg(long, value_name = "NAME", requires = "drawing")]
    preset: Option<String>,
    // The seed is also that of clustering and resampling.
    #[command(flatten)]
    pub sampler: SamplerSettings,
    /// Where to draw: auto, cpu, gpu, or a graphics adapter by its number or part of its name.
    #[arg(long, default_value = "auto", value_name = "DEVICE", requires = "drawing")]
    device: DevicePreference,
}

impl JumpArgs {
    /// Whether jumps are to be tested.
    pub fn wanted(&self) -> bool {
        self.jumps
    }

    /// The model that draws for a protein of this sequence, and how.
    pub fn drawing(
        &self,
        jobs: &Jobs,
        sequence: &str,
        given: impl Fn(&str) -> bool,
    ) -> anyhow::Result<Drawing> {
        let model = model_of(self.model.as_deref(), sequence)?;
        let sampler = settings_of(jobs, &model, self.preset.as_deref(), &self.sampler, &given)?;
        Ok(Drawing { model, sampler, device: self.device.clone() })
    }

    /// Runs the test; `None` if the user interrupted.
    pub fn test(
        &self,
        jobs: &Jobs,
        reference: &ReferenceFiles,
        native: StructureSource,
        method: &Method,
        given: impl Fn(&str) -> bool,
    ) -> anyhow::Result<Option<Arc<JumpTest>>> {
        let drawing =
            self.drawing(jobs, &sequence_of(&reference.topology, reference.chain.as_deref()), given)?;
        let EvaluationSettings { bootstrap, confidence, seed, .. } = method.settings(drawing.sampler.seed);
        let request = JumpRequest {
            reference: reference.clone(),
            native,
            drawing,
            settings: JumpSettings {
                sources: self.sources,
                draws: self.draws,
                folded_below_angstrom: method.folded_below,
                unfolded_beyond_angstrom: method.unfolded_beyond,
                bootstrap,
                confidence,
                seed,
                ..JumpSettings::default()
            },
        };
        let mut display = StageDisplay::of_evaluation();
        Ok(jobs.run(request, |report| display.report(report))?.ok())
    }
}
