//! What the tests of a model have in common: it draws from frames of a reference, several at once.

use std::ops::ControlFlow;

use serde::{Deserialize, Serialize};

use crate::session::backend::{LoadedModel, PreparedSampler, SamplerOrder};
use crate::session::job::{Halt, JobContext};
use crate::session::progress::Report;
use crate::session::request::{DevicePreference, ModelSource};
use crate::structure::Topology;
use crate::transport::{Advance, FrameSampler, Replica, SamplerSettings, TransportError};

/// Replicas advanced together at most.
pub(super) const BATCH: usize = 64;

/// A model that draws, and how.
#[derive(Clone, Debug)]
pub struct Drawing {
    /// The model.
    pub model: ModelSource,
    /// Integrator, latent steps, noise, seed.
    pub sampler: SamplerSettings,
    /// Where to compute.
    pub device: DevicePreference,
}

/// What came of a test of a model, with all that decides it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelTest<R> {
    /// Name of the model.
    pub model: String,
    /// Hash of its file, hexadecimal.
    pub model_checksum: String,
    /// How it was sampled.
    pub sampler: SamplerSettings,
    /// What computed: `CPU, 2 threads`.
    pub device: String,
    /// What came out.
    pub report: R,
}

impl Drawing {
    /// A sampler of at most [`BATCH`] of `replicas` at once, and its model.
    pub(super) fn prepare(
        &self,
        context: &JobContext<'_, Report>,
        topology: &Topology,
        replicas: usize,
    ) -> Result<(Box<dyn FrameSampler>, LoadedModel), Halt> {
        let (settings, replicas) = (&self.sampler, BATCH.min(replicas));
        let order = SamplerOrder { model: &self.model, topology, settings, replicas, device: &self.device };
        let PreparedSampler { sampler, model, notices } = context.backend().prepare_sampler(order)?;
        for notice in notices {
            context.notice(notice);
        }
        Ok((sampler, model))
    }

    /// The test of `model`, which drew with `sampler`.
    pub(super) fn tested<R>(self, model: LoadedModel, sampler: &dyn FrameSampler, report: R) -> ModelTest<R> {
        ModelTest {
            model: model.name,
            model_checksum: model.checksum,
            sampler: self.sampler,
            device: sampler.device_name(),
            report,
        }
    }
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
