//! The one-step test job: single jumps of a model from frames of reference trajectories.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::analysis::evaluation::EvaluationStage;
use crate::analysis::evaluation::jumps::{JumpReference, JumpReport, JumpSettings};
use crate::trajectory::FrameSelection;
use crate::transport::{Advance, FrameSampler, Replica, SamplerSettings, TransportError};

use crate::session::backend::{PreparedSampler, SamplerOrder};
use crate::session::job::{Halt, Job, JobContext};
use crate::session::jobs::evaluate::{observed, open_protein, open_reference};
use crate::session::lane::Lane;
use crate::session::progress::{ProgressUnit, RateMeter, Report};
use crate::session::request::{DevicePreference, ModelSource, StructureSource};

/// Jumps drawn together at most.
const BATCH: usize = 64;

/// Which model to test on which reference, and how.
#[derive(Clone, Debug)]
pub struct JumpRequest {
    /// PDB or mmCIF file with exactly the atoms of the reference trajectories, in their order.
    pub topology: PathBuf,
    /// Chain of the protein, where files hold several.
    pub chain: Option<String>,
    /// The structure that folded and unfolded refer to.
    pub native: StructureSource,
    /// Reference trajectories.
    pub reference: Vec<PathBuf>,
    /// Which of their frames; their interval must divide the time of one jump.
    pub reference_selection: FrameSelection,
    /// The model that draws.
    pub model: ModelSource,
    /// Integrator, latent steps, noise, seed.
    pub sampler: SamplerSettings,
    /// Where to compute.
    pub device: DevicePreference,
    /// How many jumps, and how they are compared.
    pub settings: JumpSettings,
}

/// The one-step test of a model, with all that decides it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JumpTest {
    /// Name of the model.
    pub model: String,
    /// Hash of its file, hexadecimal.
    pub model_checksum: String,
    /// How it was sampled.
    pub sampler: SamplerSettings,
    /// What computed: `CPU, 2 threads`.
    pub device: String,
    /// What came out.
    pub report: JumpReport,
}

impl Job for JumpRequest {
    type Update = Report;
    type Output = Arc<JumpTest>;
    const LANE: Lane = Lane::Compute;

    fn run(self, context: &JobContext<'_, Report>) -> Result<Arc<JumpTest>, Halt> {
        let settings = &self.settings;
        let (protein, map) = open_protein(&self.topology, self.chain.as_deref(), &self.native)?;
        let mut frames = open_reference(&map, &self.reference, self.reference_selection)?;
        settings.check()?;
        let PreparedSampler { mut sampler, model, notices } =
            context.backend().prepare_sampler(SamplerOrder {
                model: &self.model,
                topology: &protein.topology,
                settings: &self.sampler,
                replicas: BATCH.min(settings.sources * settings.draws),
                device: &self.device,
            })?;
        for notice in notices {
            context.notice(notice);
        }
        let lag_ps = sampler.frame_interval_ps();
        let reference = observed(context, |progress| {
            JumpReference::read(protein, &mut frames, lag_ps, settings.clone(), progress)
        })?;
        for notice in reference.notices() {
            context.notice(notice);
        }
        let report = test(context, sampler.as_mut(), &reference, settings.draws)?;
        Ok(Arc::new(JumpTest {
            model: model.name,
            model_checksum: model.checksum,
            sampler: self.sampler,
            device: sampler.device_name(),
            report,
        }))
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

/// A sampler that names a trajectory of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the sampler failed on a trajectory that it was not asked for")]
struct NotAskedFor;

/// Advances replicas by one frame; those that come to nothing are left out, with their sources. Returns how many.
pub(super) fn advance(
    context: &JobContext<'_, Report>,
    sampler: &mut dyn FrameSampler,
    sources: &mut Vec<usize>,
    replicas: &mut Vec<Replica>,
) -> Result<usize, Halt> {
    let mut lost = 0;
    while !replicas.is_empty() {
        let advanced = sampler.advance(replicas, &mut |_| match context.is_cancelled() {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        });
        match advanced {
            Ok(Advance::Cancelled) => return Err(Halt::Cancelled),
            Ok(Advance::Done) => break,
            Err(TransportError::NonFinite { replica, .. }) => {
                let Some(at) = replicas.iter().position(|r| r.index == replica) else {
                    return Err(NotAskedFor.into());
                };
                replicas.remove(at);
                sources.remove(at);
                lost += 1;
            }
            Err(error) => return Err(error.into()),
        }
    }
    if let Some(sentence) = sampler.take_notice() {
        context.notice(sentence);
    }
    Ok(lost)
}
