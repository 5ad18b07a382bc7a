//! The one-step test job: single jumps of a model from frames of reference trajectories.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::analysis::evaluation::jumps::{JumpDraws, JumpReference, JumpReport, JumpSettings};
use crate::analysis::evaluation::{EvaluationError, EvaluationStage};
use crate::trajectory::FrameSelection;
use crate::transport::{Advance, FrameSampler, Replica, SamplerSettings, TransportError};

use super::backend::{ComputeBackend, PreparedSampler, SamplerOrder};
use super::context::JobContext;
use super::evaluate::{observed, open_protein, open_reference};
use super::protocol::{Event, JobOutcome, ProgressUnit};
use super::rate::RateMeter;
use super::request::{DevicePreference, ModelSource, StructureSource};

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

/// Runs the test.
pub(super) fn run(
    context: &JobContext<'_>,
    backend: &dyn ComputeBackend,
    request: &JumpRequest,
) -> Result<JobOutcome, String> {
    let (protein, map) = open_protein(&request.topology, request.chain.as_deref(), &request.native)?;
    let mut frames = open_reference(&map, &request.reference, request.reference_selection)?;
    let settings = &request.settings;
    settings.check().map_err(|error| error.to_string())?;
    let PreparedSampler { mut sampler, model, notices } = backend.prepare_sampler(SamplerOrder {
        model: &request.model,
        topology: &protein.topology,
        settings: &request.sampler,
        replicas: BATCH.min(settings.sources * settings.draws),
        device: &request.device,
    })?;
    for notice in notices {
        context.notice(notice);
    }
    let lag_ps = sampler.frame_interval_ps();
    let reference = observed(context, |progress| {
        JumpReference::read(protein, &mut frames, lag_ps, settings.clone(), progress)
    })?;
    let Some(reference) = reference else { return Ok(JobOutcome::Cancelled) };
    for notice in reference.notices() {
        context.notice(notice);
    }
    match test(context, sampler.as_mut(), &reference, settings.draws)? {
        Some(report) => {
            let test = JumpTest {
                model: model.name,
                model_checksum: model.checksum,
                sampler: request.sampler.clone(),
                device: sampler.device_name(),
                report,
            };
            context.post(Event::JumpsTested { job: context.job, test: Arc::new(test) });
            Ok(JobOutcome::Finished)
        }
        None => Ok(JobOutcome::Cancelled),
    }
}

/// Draws the jumps and judges them; `None` when the job was stopped.
pub(super) fn test(
    context: &JobContext<'_>,
    sampler: &mut dyn FrameSampler,
    reference: &JumpReference,
    draws_of_each: usize,
) -> Result<Option<JumpReport>, String> {
    let job = context.job;
    let jumps: Vec<usize> = (0..reference.sources().len())
        .flat_map(|source| std::iter::repeat_n(source, draws_of_each))
        .collect();
    let mut draws = reference.draws();
    let mut meter = RateMeter::start(ProgressUnit::Frames, 0, Some(jumps.len() as u64));
    context.post(Event::EvaluationStage { job, stage: EvaluationStage::DrawingJumps });
    let mut index = 0;
    for batch in jumps.chunks(BATCH) {
        let replicas = batch
            .iter()
            .map(|&source| {
                index += 1;
                let positions_angstrom = reference.sources()[source].positions_angstrom.clone();
                Replica { index: index - 1, frame: 0, positions_angstrom }
            })
            .collect();
        if draw(context, sampler, reference, &mut draws, (batch, replicas))? == Advance::Cancelled {
            return Ok(None);
        }
        if let Some(sentence) = sampler.take_notice() {
            context.notice(sentence);
        }
        meter.advance(batch.len() as u64);
        context.post(Event::Progress { job, progress: meter.progress() });
    }
    observed(context, |progress| reference.judge(&draws, progress))
}

/// Advances replicas by one frame and measures where they come to; those that come to nothing are counted.
fn draw(
    context: &JobContext<'_>,
    sampler: &mut dyn FrameSampler,
    reference: &JumpReference,
    draws: &mut JumpDraws,
    (sources, mut replicas): (&[usize], Vec<Replica>),
) -> Result<Advance, String> {
    let mut sources = sources.to_vec();
    while !replicas.is_empty() {
        let advanced = sampler.advance(&mut replicas, &mut |_| match context.control.is_cancelled() {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        });
        match advanced {
            Ok(Advance::Cancelled) => return Ok(Advance::Cancelled),
            Ok(Advance::Done) => break,
            Err(TransportError::NonFinite { replica, .. }) => {
                let Some(at) = replicas.iter().position(|r| r.index == replica) else {
                    return Err("the sampler failed on a jump that it was not asked for".to_owned());
                };
                replicas.remove(at);
                sources.remove(at);
                draws.add_lost();
            }
            Err(error) => return Err(error.to_string()),
        }
    }
    for (&source, replica) in sources.iter().zip(&replicas) {
        let added = reference.add_draw(draws, source, &replica.positions_angstrom);
        added.map_err(|error: EvaluationError| error.to_string())?;
    }
    Ok(Advance::Done)
}
