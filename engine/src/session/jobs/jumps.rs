//! The one-step test job: single jumps of a model from frames of reference trajectories.

use std::sync::Arc;

use crate::analysis::evaluation::EvaluationStage;
use crate::analysis::evaluation::jumps::{JumpReference, JumpReport, JumpSettings};
use crate::transport::{FrameSampler, Replica};

use crate::session::job::{Halt, Job, JobContext};
use crate::session::jobs::drawing::{BATCH, Drawing, ModelTest, advance};
use crate::session::jobs::evaluate::{observed, open_protein, open_reference};
use crate::session::lane::Lane;
use crate::session::progress::{ProgressUnit, RateMeter, Report};
use crate::session::request::{ReferenceFiles, StructureSource};

/// Which model to test on which reference, and how.
#[derive(Clone, Debug)]
pub struct JumpRequest {
    /// What it is held against; the interval of the frames must divide the time of one jump.
    pub reference: ReferenceFiles,
    /// The structure that folded and unfolded refer to.
    pub native: StructureSource,
    /// The model that draws.
    pub drawing: Drawing,
    /// How many jumps, and how they are compared.
    pub settings: JumpSettings,
}

/// The one-step test of a model.
pub type JumpTest = ModelTest<JumpReport>;

impl Job for JumpRequest {
    type Update = Report;
    type Output = Arc<JumpTest>;
    const LANE: Lane = Lane::Compute;

    fn run(self, context: &JobContext<'_, Report>) -> Result<Arc<JumpTest>, Halt> {
        let settings = &self.settings;
        let (protein, map) = open_protein(&self.reference, &self.native)?;
        let mut frames = open_reference(&map, &self.reference)?;
        settings.check()?;
        let (mut sampler, model) =
            self.drawing.prepare(context, &protein.topology, settings.sources * settings.draws)?;
        let lag_ps = sampler.frame_interval_ps();
        let reference = observed(context, |progress| {
            JumpReference::read(protein, &mut frames, lag_ps, settings.clone(), progress)
        })?;
        for notice in reference.notices() {
            context.notice(notice);
        }
        let report = test(context, sampler.as_mut(), &reference, settings.draws)?;
        Ok(Arc::new(self.drawing.tested(model, sampler.as_ref(), report)))
    }
}

/// Draws the jumps and judges them.
pub(crate) fn test(
    context: &JobContext<'_, Report>,
    sampler: &mut dyn FrameSampler,
    reference: &JumpReference,
    draws_of_each: usize,
) -> Result<JumpReport, Halt> {
    let jumps: Vec<usize> = (0..reference.sources().len())
        .flat_map(|source| std::iter::repeat_n(source, draws_of_each))
        .collect();
    let mut draws = reference.draws();
    let mut meter = RateMeter::start(ProgressUnit::Frames, 0, Some(jumps.len() as u64));
    context.post(Report::Stage(EvaluationStage::DrawingJumps));
    let mut index = 0;
    for batch in jumps.chunks(BATCH) {
        let mut sources = batch.to_vec();
        let mut replicas = batch
            .iter()
            .map(|&source| {
                index += 1;
                let positions_angstrom = reference.sources()[source].positions_angstrom.clone();
                Replica { index: index - 1, frame: 0, positions_angstrom }
            })
            .collect();
        for _ in 0..advance(context, sampler, &mut sources, &mut replicas)? {
            draws.add_lost();
        }
        for (&source, replica) in sources.iter().zip(&replicas) {
            reference.add_draw(&mut draws, source, &replica.positions_angstrom)?;
        }
        meter.advance(batch.len() as u64);
        context.progress(meter.progress());
    }
    observed(context, |progress| reference.evaluate(&draws, progress))
}
